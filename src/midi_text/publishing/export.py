"""Export: from a training checkpoint to a folder that works on the Hub for people who do not have this package.

The folder holds the weights in bfloat16, the tokenizer and processor, the code of the ground floor (`portable`), a
config that names them (`auto_map` for the Auto classes, `custom_pipelines` for both pipelines), the three
papers and the card made from them. It is put together beside its destination and renamed last, so a failure leaves
nothing; before that a fresh process without the package loads it and goes once each way.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from ..modeling_midi_text import MidiTextForConditionalGeneration
from ..processing_midi_text import MidiTextProcessor
from ..records import WEIGHTS_FILE, Papers
from ..style_midi_text import PROBE_FILE
from .cards import model_card
from .portable import PACKAGE, portable_files

CREDITS = "CREDITS.md"  # every credit line that the licences of the training data ask for
VISIT_SECONDS = 600

# The Auto classes by the file whose "auto_map" transformers reads them from.
AUTO_MAPS: dict[str, dict[str, Any]] = {
    "config.json": {
        "AutoConfig": "configuration_midi_text.MidiTextConfig",
        "AutoModel": "modeling_midi_text.MidiTextModel",
        "AutoModelForSeq2SeqLM": "modeling_midi_text.MidiTextForConditionalGeneration",
    },
    # A tokenizer is a pair: the slow one, of which there is none, and the fast one.
    "tokenizer_config.json": {"AutoTokenizer": [None, "tokenization_midi_text.MidiTextTokenizer"]},
    "processor_config.json": {"AutoProcessor": "processing_midi_text.MidiTextProcessor"},
}
# "pt" must name classes that transformers itself exports.
CUSTOM_PIPELINES = {
    "text-to-midi": {"impl": "pipeline_midi_text.TextToMidiPipeline", "pt": ["AutoModelForSeq2SeqLM"]},
    "midi-to-text": {"impl": "pipeline_midi_text.MidiToTextPipeline", "pt": ["AutoModelForSeq2SeqLM"]},
}


class ExportError(RuntimeError):
    """An exported folder that does not work for others; nothing was left behind."""


def export(
    checkpoint: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    *,
    repo_id: str,
    papers: Papers | None = None,
    verify: bool = True,
) -> Path:
    """Writes a Hub-ready folder.

    Args:
        checkpoint: A folder with model and tokenizer as `save_pretrained` writes them, such as `best/` of a run.
        output_dir: The folder to make; it must not exist, or be empty.
        repo_id: The name it will have on the Hub, "user/name"; the card speaks of it.
        papers: What the card is made from. None: the papers that lie in `checkpoint`.
        verify: Load the result in a process without the package and go once each way. Leave it on.

    Returns:
        The folder.

    Raises:
        FileExistsError: `output_dir` has content.
        FileNotFoundError: `checkpoint` lacks weights or papers.
        RecordError: A number for the card is missing, or the papers speak of other weights.
        ExportError: The folder does not work without the package.
    """
    source, target = Path(checkpoint), Path(output_dir)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"The folder to export to must be new or empty, found content in {target}.")
    papers = Papers.load(source) if papers is None else papers
    papers.check_weights(source / WEIGHTS_FILE)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        folder = Path(scratch) / "export"
        _write_model(source, folder)
        papers.save(folder)
        for name in (CREDITS, PROBE_FILE):
            if (source / name).exists():
                shutil.copyfile(source / name, folder / name)
        (folder / "README.md").write_text(model_card(papers, repo_id=repo_id), encoding="utf-8")
        if verify:
            visit_as_stranger(folder)
        if target.exists():
            target.rmdir()
        folder.rename(target)
    return target


def visit_as_stranger(model: str | os.PathLike[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Loads `model` in a fresh process without the package and goes once each way.

    Args:
        model: An exported folder, or a repository's name with an `environment` that lets it be reached.
        environment: Variables for the process beside this one's; by default the network is closed to it.

    Returns:
        The names of the loaded classes (`parts`), the size of the MIDI (`midi_bytes`) and the `caption`.

    Raises:
        ExportError: Something failed there; the message ends with that process's own words.
    """
    with tempfile.TemporaryDirectory(prefix="midi-text-stranger-") as home:
        variables = {"HF_HUB_OFFLINE": "1", **(environment or {}), "HF_HOME": home}
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(PACKAGE / "publishing" / "stranger.py"), os.fspath(model)],
                env=os.environ | variables,
                cwd=home,
                stdin=subprocess.DEVNULL,  # a question would wait for an answer
                capture_output=True,
                text=True,
                timeout=VISIT_SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise ExportError(
                f"{model} must work within {VISIT_SECONDS} s without the package; it took longer."
            ) from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip()[-2000:]
            raise ExportError(f"{model} must work in a process without midi-text, but it failed:\n{said}") from error
    return json.loads(done.stdout.splitlines()[-1])


def _write_model(source: Path, folder: Path) -> None:
    """Weights, tokenizer and processor as transformers writes them, then the code and the keys that name it."""
    model = MidiTextForConditionalGeneration.from_pretrained(source, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    MidiTextProcessor.from_pretrained(source).save_pretrained(folder)  # with what it says of the checkpoint
    for name, text in portable_files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name, auto_map in AUTO_MAPS.items():
        _rewrite(folder / name, {"auto_map": auto_map})
    _rewrite(folder / "config.json", {"custom_pipelines": CUSTOM_PIPELINES})


def _rewrite(path: Path, keys: dict[str, Any]) -> None:
    """Adds `keys` to a JSON object, and drops what only speaks of the machine that wrote it."""
    content = json.loads(path.read_text(encoding="utf-8")) | keys
    kept = {key: value for key, value in content.items() if key not in ("is_local", "local_files_only")}
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
