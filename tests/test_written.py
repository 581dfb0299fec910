"""The words of a built dataset are judged by the facts and the analysis of their rows."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import symusic

from midi_text.evaluation.written import evaluate_written, written_texts
from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.score_midi_text import read_score


def flute_scale() -> symusic.Score:
    """Four bars of C major for flute, 3/4, 120 BPM."""
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 120))
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    track = symusic.Track(program=73)
    for beat, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 71, 67, 64, 60)):
        track.notes.append(symusic.Note(480 * beat, 480, pitch, 80))
    score.tracks.append(track)
    return read_score(score).score


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    score = flute_scale()
    facts = measure_facts(score)
    row: dict[str, Any] = {
        "facts": json.dumps(facts.to_dict()),
        "analysis": json.dumps(analyze(score, facts).to_dict()),
        "labels": json.dumps({"captions": ["A piece for tuba."]}),
        "captions": ["A piece for tuba.", "A piece for flute in 3/4.", "A piece for flute over a walking bass."],
        "prompts": ["four bars for solo flute", "write me a piece for flute at 120 BPM"],
    }
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "data" / "test-00000.parquet")
    return tmp_path


def test_texts_that_people_wrote_are_not_judged(dataset: Path) -> None:
    assert [each.text for each in written_texts(dataset, "test")] == [
        "A piece for flute in 3/4.",
        "A piece for flute over a walking bass.",
        "four bars for solo flute",
        "write me a piece for flute at 120 BPM",
    ]


def test_what_is_not_borne_out_is_counted_and_logged(dataset: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        report = evaluate_written(dataset, "test")
    assert "walking bass" in caplog.text
    assert report.examples == 4
    assert report.value("texts_contradicted/captions") == 0.5
    assert report.value("contradicted/captions") == 1 / 6  # each states flute and no others; then 3/4, a walking bass
    assert report.value("contradicted/prompts") == 0
    assert report.value("identical/prompts") == 0


def test_a_split_without_shards_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="build the dataset first"):
        evaluate_written(tmp_path)
