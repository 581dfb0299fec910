"""The tests are hermetic: no test reaches the network, the user's caches or the user's Hub login.

The variables must stand before transformers or huggingface_hub is imported, so they are set here, at import.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

HF_HOME = tempfile.mkdtemp(prefix="midi-text-tests-hf-")
atexit.register(shutil.rmtree, HF_HOME, ignore_errors=True)
os.environ.update(
    HF_HOME=HF_HOME,
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_XET="1",
    TOKENIZERS_PARALLELISM="false",
    OMP_NUM_THREADS="1",  # models this small gain nothing from threads, and lose much on a busy machine
)
for name in ("HF_TOKEN", "HF_ENDPOINT", "HF_MODULES_CACHE", "TRANSFORMERS_CACHE"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as training leaves it: a random model of a few thousand parameters and its processor."""
    import torch

    from midi_text.configuration_midi_text import MidiTextConfig
    from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
    from midi_text.processing_midi_text import MidiTextProcessor
    from midi_text.tokenization_midi_text import MidiTextTokenizer

    words = ["a slow waltz in D minor for violin and piano"]
    tokenizer = MidiTextTokenizer.from_corpus(words, [[]], text_vocab_size=320, music_vocab_size=1024)
    torch.manual_seed(0)
    config = MidiTextConfig(
        vocab_size=len(tokenizer),
        music_offset=tokenizer.music_offset,
        d_model=24,
        num_encoder_layers=1,
        num_decoder_layers=2,
        num_heads=3,
        num_key_value_heads=1,
        d_ff=40,
    )
    folder = tmp_path_factory.mktemp("tiny")
    MidiTextForConditionalGeneration(config).save_pretrained(folder)
    MidiTextProcessor(tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as build leaves it, of sixty short pieces; only to be read."""
    from test_build import SETTINGS, TERMS, piece

    from midi_text.data.build import build_dataset
    from midi_text.score_midi_text import write_score

    folder, target = tmp_path_factory.mktemp("midi"), tmp_path_factory.mktemp("data")
    for seed in range(60):
        write_score(piece(seed, bars=8), folder / f"{seed:02d}.mid")
    build_dataset(folder, target, SETTINGS, terms=TERMS)
    return target
