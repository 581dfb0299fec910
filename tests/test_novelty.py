"""Novelty: shared runs are found wherever they hide, and are as long as they are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scores import scores

from midi_text.evaluation.musicality.built import BuiltEvents, built_events
from midi_text.evaluation.musicality.lines import lines_of_events, lines_of_view
from midi_text.evaluation.musicality.novelty import NoveltyIndex, SharedRun
from midi_text.events_midi_text import EventVocabulary
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

VOCABULARY = EventVocabulary()
RNG = np.random.default_rng(0)
TUNES = [RNG.integers(50, 80, 60).tolist() for _ in range(6)]


def piece(*parts):
    """A score of (program, start in eighths, pitches in eighths); program -1 is the drums."""
    score = symusic.Score(48)
    for program, start, pitches in parts:
        track = symusic.Track(program=max(program, 0), is_drum=program < 0)
        for place, pitch in enumerate(pitches):
            track.notes.append(symusic.Note((start + place) * 24, 24, pitch, 80))
        score.tracks.append(track)
    return read_score(score).score


def built(pieces):
    events = [np.array(VOCABULARY.encode(each), np.uint16) for each in pieces]
    return BuiltEvents(np.concatenate(events), np.cumsum([0, *map(len, events)]))


@pytest.fixture(scope="module")
def index() -> NoveltyIndex:
    training = [piece((0, 0, TUNES[0]), (32, 4, TUNES[1])), piece((73, 0, TUNES[2])), piece((-1, 0, TUNES[3]))]
    return NoveltyIndex.build(built(training), VOCABULARY.names)


def longest(index, *parts) -> SharedRun:
    return index.longest_runs([piece(*parts)])[0]


def test_a_copy_is_found_whole(index: NoveltyIndex) -> None:
    assert index.notes == 180  # drums are left out
    assert longest(index, (0, 0, TUNES[0])) == SharedRun(60, 0)
    assert longest(index, (0, 0, TUNES[2])) == SharedRun(60, 1)


def test_a_copy_is_found_transposed_on_another_instrument_among_others(index: NoveltyIndex) -> None:
    moved = [pitch + 5 for pitch in TUNES[1][10:50]]
    assert longest(index, (40, 3, moved), (0, 0, TUNES[4]), (-1, 0, TUNES[5])) == SharedRun(40, 0)


def test_a_run_ends_where_a_note_differs(index: NoveltyIndex) -> None:
    changed = list(TUNES[0])
    changed[20] += 1
    assert longest(index, (0, 0, changed)) == SharedRun(39, 0)  # notes 21 to 59; the interval to 21 is another


def test_a_run_does_not_cross_from_example_to_example_or_line_to_line(index: NoveltyIndex) -> None:
    joined = [*TUNES[0][30:], *TUNES[1][:30]]
    assert longest(index, (0, 0, joined)).notes == 30


def test_drums_are_no_line(index: NoveltyIndex) -> None:
    assert longest(index, (-1, 0, TUNES[0])) == SharedRun(0, -1)
    assert longest(index, (0, 0, TUNES[3])).notes < 8
    assert index.longest_runs([None, piece((0, 0, [60]))]) == [SharedRun(0, -1), SharedRun(1, -1)]


def test_the_time_between_notes_counts_but_the_tempo_does_not(index: NoveltyIndex) -> None:
    score = piece((0, 0, TUNES[0]))
    score.tempos.append(symusic.Tempo(0, 77))
    slow = symusic.Score(48)
    slow.tracks.append(score.tracks[0].copy())
    for note in slow.tracks[0].notes:
        note.time *= 2
    found = index.longest_runs([score, read_score(slow).score])
    assert found[0].notes == 60
    assert found[1].notes < 8


@given(st.lists(st.lists(st.integers(60, 62), min_size=1, max_size=30), min_size=1, max_size=5), st.data())
@settings(max_examples=60)
def test_runs_are_as_long_as_brute_force_finds(tunes, data) -> None:
    index = NoveltyIndex.build(built([piece((0, 0, tune)) for tune in tunes]), VOCABULARY.names)
    asked = data.draw(st.lists(st.integers(60, 62), min_size=1, max_size=30))

    def steps(tune):
        return [after - before for before, after in pairwise(tune)]

    own = steps(asked)
    best = 0
    for training in map(steps, tunes):
        for i in range(len(own)):
            for j in range(len(training)):
                n = 0
                while i + n < len(own) and j + n < len(training) and own[i + n] == training[j + n]:
                    n += 1
                best = max(best, n)
    assert index.longest_runs([piece((0, 0, asked))])[0].notes == best + 1


@given(st.lists(scores(), min_size=1, max_size=3))
@settings(max_examples=40)
def test_lines_are_read_from_events_as_from_scores(pieces) -> None:
    pieces = [VOCABULARY.quantize(each) for each in pieces]
    found = lines_of_events(built(pieces), VOCABULARY.names, 0, len(pieces))
    wanted = [lines_of_view(view_score(each)) for each in pieces]
    assert found.steps.tolist() == [step for lines in wanted for step in lines.steps.tolist()]
    assert found.owners.tolist() == [number for number, lines in enumerate(wanted) for _ in lines.starts]


def test_index_round_trip(index: NoveltyIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "novelty.safetensors")
    read = NoveltyIndex.load(tmp_path / "novelty.safetensors")
    assert longest(read, (0, 0, TUNES[2])) == SharedRun(60, 1)
    (tmp_path / "x").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"must be an index that `NoveltyIndex.save` wrote"):
        NoveltyIndex.load(tmp_path / "x")


def test_an_index_needs_music(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="training music with pitched notes; there are none"):
        NoveltyIndex.build(built([piece((-1, 0, TUNES[0]))]), VOCABULARY.names)
    with pytest.raises(FileNotFoundError, match="build the dataset first"):
        built_events(tmp_path, "train")
