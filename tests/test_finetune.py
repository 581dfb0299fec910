"""A folder of music and a checkpoint become a checkpoint: it loads, exports, keeps its flags, and can be stopped."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from reports_made import made_report
from safetensors.torch import load_file
from test_build import TERMS, piece
from transformers import AutoModelForSeq2SeqLM, AutoProcessor, pipeline

from midi_text.cli import main
from midi_text.data.batches import ExampleTable
from midi_text.data.build import BuildSettings, build_dataset
from midi_text.data.mixture import mix
from midi_text.processing_midi_text import MidiTextProcessor
from midi_text.publishing.cards import model_card
from midi_text.publishing.export import export
from midi_text.records import DataManifest, Papers, RecordError, hash_file
from midi_text.score_midi_text import write_score
from midi_text.tokenization_midi_text import MidiTextTokenizer
from midi_text.training.finetune import FinetuneSettings, finetune, training_settings
from midi_text.training.pack import pack

SETTINGS = FinetuneSettings(
    steps=4, events_per_batch=1500, learning_rate=0.02, training={"samples": 0, "trackers": (), "mixed_precision": "no"}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pieces, some with words beside them, and a file that cannot be read."""
    path = tmp_path_factory.mktemp("mine")
    for seed in range(12):
        write_score(piece(seed, bars=6 + seed), path / f"{seed:02d}.mid")
    (path / "03.txt").write_text("A tune for the evening.")
    (path / "broken.mid").write_bytes(b"MThd but no more")
    return path


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that reads sketches, with credits of its own."""
    path = tmp_path_factory.mktemp("base") / "tiny"
    shutil.copytree(tiny_checkpoint, path)
    MidiTextProcessor(MidiTextTokenizer.from_pretrained(path), sketches=True).save_pretrained(path)
    (path / "CREDITS.md").write_text("# Credits\n\n- Ann Example\n")
    return path


@pytest.fixture(scope="module")
def built(folder: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same music as data, under a licence."""
    target = tmp_path_factory.mktemp("built")
    tokenizer = MidiTextTokenizer.from_pretrained(base)
    build_dataset(folder, target, BuildSettings(), terms=TERMS, tokenizer=tokenizer, held_out=0.25)
    return target


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path / "model.safetensors")


def test_a_share_of_the_works_is_held_out_and_the_tokenizer_kept(built: Path, base: Path):
    pieces = {split: {row.piece for row in rows(built, split)} for split in ("train", "validation")}
    assert len(pieces["validation"]) == 3
    assert len(pieces["train"]) == 9
    assert not pieces["train"] & pieces["validation"]
    assert hash_file(built / "tokenizer" / "event_merges.json") == hash_file(base / "event_merges.json")


def rows(data: Path, split: str) -> list:
    table = ExampleTable(data, split)
    return [table[number] for number in range(len(table))]


def test_known_rows_are_mixed_in_with_their_credits(built: Path, folder: Path, base: Path, tmp_path: Path):
    new = tmp_path / "new"
    tokenizer = MidiTextTokenizer.from_pretrained(base)
    build_dataset(folder, new, BuildSettings(seed=1), terms=dataclasses.replace(TERMS, attribution="By another"),
                  tokenizer=tokenizer, held_out=0.25)  # fmt: skip
    manifest = mix(new, built, tmp_path / "both", 4)
    own, both = len(rows(new, "train")), len(rows(tmp_path / "both", "train"))
    assert both == own + 4 == manifest.splits["train"]
    assert len(rows(tmp_path / "both", "validation")) == len(rows(new, "validation"))
    said = (tmp_path / "both" / "CREDITS.md").read_text()
    assert "By another" in said
    assert TERMS.attribution in said
    assert DataManifest.load(tmp_path / "both" / "manifest.json") == manifest
    assert manifest.sources[-1].pieces <= 4
    assert not list(tmp_path.glob(".*.part"))


def test_packed_data_cannot_be_mixed_in(built: Path, tmp_path: Path):
    pack(built, tmp_path / "packed")
    with pytest.raises(ValueError, match="not what pack made of it"):
        mix(built, tmp_path / "packed", tmp_path / "both", 4)


@pytest.mark.parametrize("rank", [0, 2])
def test_a_fine_tune_is_a_checkpoint_like_any_other(folder: Path, base: Path, built: Path, tmp_path: Path, rank: int):
    settings, known = dataclasses.replace(SETTINGS, lora_rank=rank), built if rank else None
    output = tmp_path / "my-model"
    stopped = finetune(folder, output, base, dataclasses.replace(settings, max_seconds=0.0), known=known)
    assert stopped.report is None
    assert not output.exists()
    with pytest.raises(FileExistsError, match="resume"):
        finetune(folder, output, base, settings, known=known)
    made = finetune(folder, output, base, settings, known=known, resume=True)
    assert made.step == 4
    assert sum(made.manifest.failures.values()) == 1, "the broken file"

    before, after = weights(base), weights(output)
    assert before.keys() == after.keys()
    assert not all(torch.equal(before[name].float(), after[name].float()) for name in before)
    assert AutoProcessor.from_pretrained(output).sketches, "as the base"
    assert AutoModelForSeq2SeqLM.from_pretrained(output).config.d_model == 24
    assert pipeline("text-to-midi", model=str(output))("4 bars in 3/4", seed=1, max_new_tokens=40).facts.bars <= 4
    credits_page = (output / "CREDITS.md").read_text()
    assert "not stated" in credits_page
    assert "Ann Example" in credits_page

    papers = Papers.load(output)
    assert papers.report.checkpoint_hash == hash_file(output / "model.safetensors")
    assert {row.metric for row in papers.report.rows} == {"bits_per_note/before", "bits_per_note/after"}
    with pytest.raises(RecordError, match="midi-text evaluate"):
        export(output, tmp_path / "exported", repo_id="me/mine", verify=False)
    made_report(checkpoint_hash=papers.report.checkpoint_hash).save(output / "evaluation_report.json")
    card = model_card(Papers.load(output), repo_id="me/mine")
    assert "base_model: tiny" in card
    assert f'fine-tune of tiny{" by low-rank adapters, merged into it," if rank else ""} on "' in card
    exported = export(output, tmp_path / "exported", repo_id="me/mine", verify=False)
    assert json.loads((exported / "processor_config.json").read_text())["sketches"] is True


def test_what_the_base_has_learned_is_trained_on(base: Path, run_record: dict, tmp_path: Path):
    home = tmp_path / "home"
    shutil.copytree(base, home)
    assert set(training_settings(home, "x", SETTINGS).tasks) == {"compose", "opening", "caption"}
    run_record["settings"]["tasks"] = {"compose": 0.3, "caption": 0.3, "infill": 0.2, "vary": 0.0, "contrast": 0.2}
    (home / "run_record.json").write_text(json.dumps(run_record))
    settings = training_settings(home, "x", SETTINGS)
    assert set(settings.tasks) == {"compose", "caption", "infill"}
    assert settings.sketches
    assert settings.matrix_learning_rate == 0


@pytest.fixture
def run_record() -> dict:
    from test_records import RUN

    return RUN.to_dict()


def test_too_little_music_is_refused(base: Path, tmp_path: Path):
    few = tmp_path / "few"
    few.mkdir()
    with pytest.raises(ValueError, match="it holds neither"):
        finetune(few, tmp_path / "a", base, SETTINGS)
    for seed in range(3):
        write_score(piece(seed), few / f"{seed}.mid")
    with pytest.raises(ValueError, match="at least 5 pieces that can be read"):
        finetune(few, tmp_path / "b", base, SETTINGS)
    assert {path.name for path in tmp_path.iterdir()} == {"few"}, "nothing is left that would stand in the way"


def test_no_such_checkpoint(folder: Path, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"folder with config\.json or a name on the Hub"):
        finetune(folder, tmp_path / "a", tmp_path, SETTINGS)


def test_without_peft_the_command_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "peft" else object())
    assert main(["finetune", str(folder), "-o", str(tmp_path / "mine"), "--lora"]) == 1
    assert "pip install 'midi-text[finetune]'" in capsys.readouterr().err
