"""Long pieces and pieces with a form, on a random model with a short context."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import pipeline
from transformers.generation.streamers import BaseStreamer

from midi_text import TextToMidiPipeline
from midi_text.evaluation.forms import pairs_right
from midi_text.facts.view import view_score
from midi_text.request_midi_text import Wishes, understand
from midi_text.windows_midi_text import Step, is_long, plan_steps


@pytest.fixture(scope="module")
def compose(tiny_checkpoint: Path) -> TextToMidiPipeline:
    pipe = pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")
    pipe.model.config.max_target_length = 160
    return pipe


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("midi_text.windows_midi_text.LONG_BARS", 6)
    monkeypatch.setattr("midi_text.windows_midi_text.LONG_SECONDS", 4.0)
    monkeypatch.setattr("midi_text.windows_midi_text._FIRST", 3)


def notes_of(made: Any, first: int, last: int, length: int) -> set[tuple[int, ...]]:
    return {
        (track.program, note.time - first * length, note.duration, note.pitch, note.velocity)
        for track in made.score.tracks
        for note in track.notes
        if first * length <= note.time < last * length
    }


class Kept(BaseStreamer):
    def __init__(self) -> None:
        self.ids: list[int] = []
        self.ends = 0

    def put(self, value: torch.Tensor) -> None:
        self.ids += value.flatten().tolist()

    def end(self) -> None:
        self.ends += 1


@pytest.mark.usefixtures("short_windows")
def test_a_piece_longer_than_the_context_holds_its_locks_to_the_end(compose: TextToMidiPipeline):
    stream = Kept()
    made = compose(
        "a waltz in D minor for violin and piano", seed=1, bars=11, tempo_bpm=90, chords="Dm | Gm | A7", streamer=stream
    )
    assert made.facts.bars == 11
    held = {row.fact: row.met for row in made.agreement if row.fact != "chords" and row.fact != "key"}
    assert set(held.values()) == {True}
    bars = [(2, 5, 9), (7, 10, 2), (9, 1, 4, 7)]
    placed = [n.pitch % 12 in bars[n.time // 144 % 3] for t in made.score.tracks for n in t.notes]
    assert len(placed) > 30
    assert sum(placed) > 0.75 * len(placed)  # a progression that lost its place would have a third fewer
    streamed = compose.processor.decode_score(stream.ids)
    assert stream.ends == 1
    assert streamed.note_num() >= made.score.note_num()


@pytest.mark.usefixtures("short_windows")
def test_a_duration_is_met_in_whole_bars(compose: TextToMidiPipeline):
    made = compose("", seed=2, duration_seconds=8, tempo_bpm=150, time_signature="2/4", instruments=["flute"])
    assert abs(made.facts.duration_seconds - 8) <= 1


@pytest.mark.usefixtures("short_windows")
def test_long_bars_do_not_make_a_piece_longer_than_it_may_last(compose: TextToMidiPipeline):
    made = compose("", seed=2, duration_seconds=16, tempo_bpm=30, time_signature="4/4", instruments=["flute"])
    assert made.facts.bars == 2


@pytest.mark.usefixtures("short_windows")
def test_a_piece_of_at_least_some_seconds_is_not_much_longer(compose: TextToMidiPipeline):
    made = compose("at least 10 seconds", seed=2, tempo_bpm=150, time_signature="2/4", instruments=["flute"])
    assert 9 <= made.facts.duration_seconds <= 13


def test_sections_come_back_note_for_note_but_for_their_last_bar(compose: TextToMidiPipeline):
    made = compose("form AABA, 16 bars", seed=4, time_signature="4/4", tempo_bpm=100, instruments=["piano"])
    assert made.facts.bars == 16
    first = notes_of(made, 0, 3, 192)
    assert first
    assert first == notes_of(made, 4, 7, 192) == notes_of(made, 12, 15, 192)
    assert notes_of(made, 8, 11, 192) != first


@pytest.mark.parametrize(
    ("bars", "form", "steps"),
    [
        (16, None, (Step(16),)),
        (16, "AABA", (Step(4), Step(3, 0), Step(1), Step(4), Step(3, 0), Step(1))),
        (9, "AA", (Step(5), Step(3, 0), Step(1))),
        (6, "AABA", (Step(6),)),
        (24, "ABC", (Step(24),)),
    ],
)
def test_a_form_is_a_plan_of_steps(bars: int, form: str | None, steps: tuple[Step, ...]):
    assert plan_steps(bars, form) == steps
    assert sum(step.bars for step in plan_steps(bars, form)) == bars


def test_only_what_needs_windows_has_them():
    assert not is_long(understand("a song", Wishes(bars=16)), True)
    assert is_long(understand("a song", Wishes(bars=200)), True)
    assert is_long(understand("a song, AABA form", Wishes(bars=32)), True)
    assert not is_long(understand("a song", Wishes(bars=200)), False)


def test_a_form_that_is_not_copied_is_written_in_one_window(compose: TextToMidiPipeline):
    request = understand("a song, AABA form", Wishes(bars=32))
    assert is_long(request, True)
    assert not is_long(request, True, copies=False)
    made = compose("form AABA, 16 bars", seed=4, time_signature="4/4", instruments=["piano"], copy_sections=False)
    assert made.facts.bars == 16
    assert notes_of(made, 0, 3, 192) != notes_of(made, 4, 7, 192)


def test_pairs_of_sections_are_judged_where_they_were_asked(compose: TextToMidiPipeline):
    made = compose("form AABA, 16 bars", seed=4, time_signature="4/4", tempo_bpm=100, instruments=["piano"])
    view = view_score(made.score)
    assert pairs_right(view, "AABA", 16) == (6, 6)
    assert pairs_right(view, "ABBA", 16) == (3, 6)  # the outer As, and two pairs that differ
