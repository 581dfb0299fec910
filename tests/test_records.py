"""Papers survive JSON exactly, and a paper that is not whole is refused with words that help."""

import dataclasses
import json
from pathlib import Path

import pytest

from midi_text.records import (
    DataManifest,
    EvaluationReport,
    LossPoint,
    Measurement,
    Paper,
    RecordError,
    RunRecord,
    SourceRecord,
    git_commit,
    hash_file,
    installed_versions,
)

MANIFEST = DataManifest(
    name="corpus",
    sources=(
        SourceRecord("Tunes", "https://example.org/tunes", "CC0-1.0", "Tunes, given to the public", 12, 3456, 1.5),
        SourceRecord("Fugues – Präludien", "https://example.org/f", "CC-BY-4.0", "J. S. Bach", 3, 900, 0.25),
    ),
    splits={"train": 10, "validation": 3, "test": 2},
    failures={"no notes": 1},
    settings={"max_bars": 32, "split_by": "work", "ratios": [0.8, 0.1, 0.1], "augment": None},
    seed=7,
    tokenizer_hash="ab" * 32,
    content_hash="cd" * 32,
    versions={"symusic": "0.5.9"},
)
RUN = RunRecord(
    name="tiny",
    data_manifest_hash=MANIFEST.hash,
    git_commit="unknown",
    versions={"torch": "2.13.0"},
    hardware="2 CPU cores",
    settings={"learning_rate": 3e-4},
    seed=1,
    parameters=1234,
    losses=(LossPoint(0, 9.5, None), LossPoint(100, 4.25, 4.5)),
    best_step=100,
    wall_seconds=12.5,
    tokens_seen=4096,
    bits_per_note=8.2,
)
REPORT = EvaluationReport(
    name="prompt adherence",
    checkpoint_hash="ef" * 32,
    examples=500,
    seed=3,
    rows=(Measurement("key", 0.875, 0.84, 0.9), Measurement("decodes", 1.0, None, None)),
)
PAPERS = [MANIFEST, RUN, REPORT]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: type(paper).__name__)
def test_round_trip_is_exact(paper: Paper, tmp_path: Path):
    path = tmp_path / "paper.json"
    paper.save(path)
    again = type(paper).load(path)
    assert again == paper
    assert again.hash == paper.hash
    assert [p.name for p in path.parent.iterdir()] == ["paper.json"]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: type(paper).__name__)
def test_every_key_is_needed_and_no_other_is_taken(paper: Paper):
    for field in dataclasses.fields(paper):
        data = paper.to_dict()
        del data[field.name]
        with pytest.raises(RecordError, match=f"misses {field.name}"):
            type(paper).from_json(json.dumps(data))
    with pytest.raises(RecordError, match=r"has unknown colour\."):
        type(paper).from_json(json.dumps({**paper.to_dict(), "colour": "blue"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": "7"}, r"p\.json: seed must be of type int, found '7'"),
        ({"seed": True}, "seed must be of type int, found True"),
        ({"splits": {"train": 1.5}}, r"splits\['train'\] must be of type int"),
        ({"splits": []}, "splits must be an object"),
        ({"sources": {}}, "sources must be a list"),
        ({"sources": [{"name": "x"}]}, r"sources\[0\] must have exactly the keys .* misses url"),
        ({"sources": ["x"]}, r"sources\[0\] must be an object with the keys of SourceRecord"),
        ({"kind": "RunRecord"}, 'must be a JSON object of kind "DataManifest", found RunRecord'),
    ],
)
def test_wrong_values_are_named(change: dict, message: str):
    with pytest.raises(RecordError, match=message):
        DataManifest.from_json(json.dumps({**MANIFEST.to_dict(), **change}), "p.json")


@pytest.mark.parametrize(("text", "message"), [("{", "must be a JSON file"), ("[]", "found a list"), ("{}", "no kind")])
def test_other_files_are_refused(text: str, message: str):
    with pytest.raises(RecordError, match=message):
        RunRecord.from_json(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_must_be_finite_both_ways(value: float, tmp_path: Path):
    paper = dataclasses.replace(RUN, bits_per_note=value)
    with pytest.raises(RecordError, match="finite"):
        paper.save(tmp_path / "run.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(RecordError, match="bits_per_note must be a finite number"):
        RunRecord.from_json(json.dumps(paper.to_dict()))


def test_integers_are_read_as_floats_where_floats_are_meant():
    again = RunRecord.from_json(RUN.to_json().replace('"wall_seconds": 12.5', '"wall_seconds": 12'))
    assert isinstance(again.wall_seconds, float)


def test_the_hash_ignores_the_order_of_mappings_and_nothing_else():
    assert dataclasses.replace(MANIFEST, splits=dict(reversed(MANIFEST.splits.items()))).hash == MANIFEST.hash
    assert dataclasses.replace(MANIFEST, seed=8).hash != MANIFEST.hash


def test_a_failed_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "run.json"
    RUN.save(path)
    with pytest.raises(UnicodeEncodeError):
        dataclasses.replace(RUN, name="no \ud800 text").save(path)
    assert RunRecord.load(path) == RUN
    assert list(tmp_path.iterdir()) == [path]


def test_report_rows_are_found_by_name():
    assert REPORT.value("key") == 0.875
    with pytest.raises(KeyError, match="no row 'tempo'; it has key, decodes"):
        REPORT.value("tempo")


def test_surroundings(tmp_path: Path):
    assert installed_versions()["transformers"].startswith("5.")
    assert git_commit(tmp_path) == "unknown"
    (tmp_path / "empty").touch()
    assert hash_file(tmp_path / "empty").startswith("e3b0c44298fc")
