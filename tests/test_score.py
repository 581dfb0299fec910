"""Reading and writing clean scores, bar lines, slices and transposition."""

import io

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st
from midi_bytes import END, meta, metre, off, on, smf, tempo
from random_scores import scores

from midi_text.bars_midi_text import seconds_at
from midi_text.score_midi_text import (
    MidiError,
    bar_starts,
    last_tick,
    read_score,
    slice_bars,
    transpose,
    write_score,
)

QUARTERS = b"".join(on(0, 60 + n) + off(480, 60 + n) for n in range(12))


def notes_of(score):
    return [(n.time, n.duration, n.pitch, n.velocity) for track in score.tracks for n in track.notes]


def test_every_kind_of_source_gives_the_same_score(tmp_path):
    data = smf(QUARTERS + END)
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    with path.open("rb") as file:
        results = [read_score(s) for s in (path, str(path), file, data, bytearray(data), io.BytesIO(data))]
    results += [read_score(results[0].score), read_score(results[0].score.to("quarter"))]
    assert [r.name for r in results] == [
        *["song.mid"] * 3, "<bytes>", "<bytes>", "<file object>", "<score>", "<score>"
    ]  # fmt: skip
    assert all(notes_of(r.score) == notes_of(results[0].score) for r in results)
    assert all(r.repairs == () for r in results)


def test_a_read_score_is_sorted_and_has_no_empty_track():
    late_first = on(480, 60) + off(10, 60) + END
    result = read_score(smf(meta(0, 3, b"only a name") + END, late_first, QUARTERS + END))
    assert len(result.score.tracks) == 2
    score = symusic.Score(480)
    track = symusic.Track()
    track.notes.extend([symusic.Note(t, 10, 60, 80) for t in (960, 0, 480)])
    score.tracks.append(track)
    score.tempos.extend([symusic.Tempo(480, 90), symusic.Tempo(0, 100), symusic.Tempo(0, 60)])
    clean = read_score(score).score
    assert [n.time for n in clean.tracks[0].notes] == [0, 480, 960]
    assert [(t.time, round(t.qpm)) for t in clean.tempos] == [(0, 60), (480, 90)]  # of two at once the later holds


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    score = read_score(smf(QUARTERS + END)).score
    target = tmp_path / "out.mid"
    data = write_score(score, target)
    assert target.read_bytes() == data == write_score(score)
    assert notes_of(read_score(target).score) == notes_of(score)

    def fail(self, other):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_score(score, tmp_path / "other.mid")
    assert [p.name for p in tmp_path.iterdir()] == ["out.mid"]


@pytest.mark.parametrize(
    ("signatures", "quarters", "lines"),
    [
        ([], 4, [0, 4]),  # a note that ends on the bar line opens no bar
        ([], 4.25, [0, 4, 8]),
        ([(0, 3, 4)], 7, [0, 3, 6, 9]),
        ([(0, 6, 8)], 4, [0, 3, 6]),
        ([(4, 3, 4)], 8, [0, 4, 7, 10]),
        ([(5, 3, 4)], 9, [0, 4, 8, 11]),  # a change inside a bar waits for the bar line
        ([(5, 3, 4), (6, 2, 4)], 11, [0, 4, 8, 10, 12]),  # of two changes that wait, the later holds
        ([(0, 3, 4), (0, 2, 4)], 3, [0, 2, 4]),
        ([(4, 3, 4)], 4, [0, 4]),
        ([(0, 5, 8)], 5, [0, 2.5, 5]),
    ],
)
def test_bar_lines(signatures, quarters, lines):
    score = symusic.Score(480)
    track = symusic.Track()
    track.notes.append(symusic.Note(0, round(480 * quarters), 60, 80))
    score.tracks.append(track)
    for quarter, numerator, denominator in signatures:
        score.time_signatures.append(symusic.TimeSignature(quarter * 480, numerator, denominator))
    assert (bar_starts(score) / 480).tolist() == lines


def test_bars_that_are_no_whole_ticks_do_not_drift():
    score = symusic.Score(10)
    score.time_signatures.append(symusic.TimeSignature(0, 3, 16))  # 7.5 ticks
    score.tracks.append(symusic.Track())
    score.tracks[0].notes.append(symusic.Note(0, 30, 60, 80))
    assert bar_starts(score).tolist() == [0, 7, 15, 22, 30]


def test_seconds_follow_the_tempo():
    score = read_score(smf(tempo(0, 1_000_000) + tempo(960, 500_000) + END, QUARTERS + END)).score
    assert seconds_at(score, np.array([0, 480, 960, 1440, 5760])).tolist() == [0, 1, 2, 2.5, 7]
    assert seconds_at(score, 240) == 0.5


def test_a_slice_carries_what_is_in_force():
    conductor = metre(0, 3, 2) + tempo(0, 600_000) + tempo(1440, 300_000) + metre(1440, 2, 2) + END
    long = on(1500, 72) + off(1380 + 2880, 72) + END
    score = read_score(smf(conductor, QUARTERS + END, long)).score
    cut = slice_bars(score, 1, 3)  # the second bar of 3/4 and the first of 2/4
    assert [(t.time, t.numerator) for t in cut.time_signatures] == [(0, 3), (1440, 2)]
    assert [(t.time, round(t.qpm)) for t in cut.tempos] == [(0, 200)]
    assert notes_of(cut)[0] == (0, 480, 63, 80)
    assert notes_of(cut)[-1] == (60, 2340, 72, 80)  # clipped at the end of the slice
    assert bar_starts(cut).tolist() == [0, 1440, 2400]


@pytest.mark.parametrize(("first", "last"), [(-1, 1), (0, 0), (2, 1), (0, 4)])
def test_a_slice_must_lie_inside(first, last):
    score = read_score(smf(QUARTERS + END)).score
    with pytest.raises(ValueError, match=r"0 <= first < last <= 3, the number of bars; got"):
        slice_bars(score, first, last)


def test_transposing_moves_notes_and_key_signatures_but_no_drums():
    drums = b"".join(on(0, 36, channel=9) + off(480, 36, channel=9) for _ in range(2))
    score = read_score(smf(meta(0, 0x59, b"\xfd\x00") + QUARTERS + END, drums + END)).score  # three flats
    moved = transpose(score, 2)
    assert [n[2] for n in notes_of(moved)] == [*range(62, 74), 36, 36]
    assert moved.key_signatures[0].key == -1
    assert notes_of(transpose(moved, -2)) == notes_of(score)
    with pytest.raises(ValueError, match=r"0\.\.127; moved by 60 they span 120\.\.131"):
        transpose(score, 60)


@given(scores())
def test_scores_survive_writing_and_reading(score):
    again = read_score(write_score(score))
    assert again.repairs == ()
    assert last_tick(again.score) == last_tick(score)
    assert bar_starts(again.score).tolist() == bar_starts(score).tolist()
    assert len(notes_of(again.score)) == len(notes_of(score))


@given(scores())
def test_bar_lines_rise_and_cover_the_piece(score):
    lines = bar_starts(score)
    assert lines[0] == 0
    assert lines[-2] < last_tick(score) <= lines[-1]
    if score.ticks_per_quarter > 1:
        assert (np.diff(lines) > 0).all()


@given(scores(), st.data())
def test_slices_share_out_the_notes_and_keep_their_bars(score, data):
    bars = len(bar_starts(score)) - 1
    middle = data.draw(st.integers(0, bars))
    halves = [slice_bars(score, a, b) for a, b in ((0, middle), (middle, bars)) if a < b]
    assert sum(len(notes_of(half)) for half in halves) == len(notes_of(score))
    lines = bar_starts(score)
    first = data.draw(st.integers(0, bars - 1))
    last = data.draw(st.integers(first + 1, bars))
    cut = slice_bars(score, first, last)
    assert last_tick(cut) <= lines[last] - lines[first]
    if score.ticks_per_quarter > 1:  # with a tick a quarter, bars of 5/8 have no exact place
        expected = (lines[first : last + 1] - lines[first])[: len(bar_starts(cut))]
        assert bar_starts(cut).tolist() == expected.tolist()


def test_an_error_is_a_value_error():
    assert issubclass(MidiError, ValueError)
