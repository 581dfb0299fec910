import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.evaluation.accuracy import motifs as accuracy
from midi_text.evaluation.accuracy.row import LabelledPiece
from midi_text.facts.motifs import LONGEST, MOST_MOTIFS, SHORTEST, measure_motifs
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

BEAT = 480
FATE = [(0.5, 67), (0.5, 67), (0.5, 67), (2.5, 63)]  # Beethoven's fifth, without its rest


def score_of(*lines, jitter=0):
    """A score of tracks; a line is (length in quarter notes, pitch or None for a rest) in order."""
    rng = np.random.default_rng(0)
    score = symusic.Score(BEAT)
    for number, line in enumerate(lines):
        track, at = symusic.Track(program=number), 0.0
        for length, pitch in line:
            if pitch is not None:
                time = max(0, round(at * BEAT) + int(rng.integers(-jitter, jitter + 1)))
                track.notes.append(symusic.Note(time, round(length * BEAT), pitch, 80))
            at += length
        score.tracks.append(track)
    return view_score(read_score(score).score)


def motifs_of(*lines, **how):
    return measure_motifs(score_of(*lines, **how))


def moved(line, semitones):
    return [(length, pitch and pitch + semitones) for length, pitch in line]


def filler(seed, quarters, low=60, high=84):
    """A line without a plan, a whole number of quarter notes long."""
    rng = np.random.default_rng(seed)
    line, left = [], float(quarters)
    while left > 0:
        length = min(left, float(rng.choice([0.25, 0.5, 0.75, 1.0, 1.5])))
        line.append((length, int(rng.integers(low, high))))
        left -= length
    return line


def test_a_motif_is_found_at_any_pitch_with_its_bars():
    line = []
    for bar, higher in enumerate((0, -2, 5, 3)):  # bars 0, 3, 6 and 9
        line += moved(FATE, higher) + filler(bar, 8)
    (first, *_) = motifs_of(line).motifs
    assert first.intervals == (0, 0, -4)
    assert first.steps == (0.5, 0.5, 0.5)
    assert first.bars == (0, 3, 6, 9)
    assert first.track == 0


@pytest.mark.parametrize("jitter", [0, 12])
def test_the_motif_that_was_planted_is_the_first(jitter):
    head = [(0.75, 72), (0.25, 74), (0.5, 76), (0.5, 71), (1, 67), (1, 72)]
    line = []
    for bar in range(8):
        line += moved(head, 2 * (bar % 3)) + filler(bar, 4)
    (first, *_) = motifs_of(line, jitter=jitter).motifs
    assert first.intervals[:5] == (2, 2, -5, -4, 5)
    assert first.steps[:5] == (0.75, 0.25, 0.5, 0.5, 1)
    assert first.bars == (0, 2, 4, 6, 8, 10, 12, 14)


def test_notes_without_a_plan_have_no_returning_motif():
    found = motifs_of(filler(1, 48))
    assert "returning motif" not in found.traits
    assert all(len(motif.intervals) <= 3 for motif in found.motifs)


@pytest.mark.parametrize(
    "line",
    [
        [(0.5, 60)] * 64,  # one pitch
        [(0.5, pitch) for pitch in (60, 62, 64, 65, 67, 69, 71, 72)] * 1 + [(4, 48)],  # one scale
        [(0.5, 60), (0.5, 64)] * 32,  # to and fro
        [(0.25, 60)] * 7 + [(0.25, 62)] + [(0.25, 62)] * 7 + [(0.25, 60)],  # a drum roll with two pitches
    ],
)
def test_trivial_figures_are_no_motifs(line):
    assert motifs_of(line).motifs == ()


def test_runs_are_no_motifs_however_often_they_come():
    run = [(0.25, pitch) for pitch in (60, 62, 64, 65, 67, 69)] + [(2.5, None)]
    assert motifs_of([note for place in range(6) for note in moved(run, 2 * place)]).motifs == ()


def test_two_times_are_too_few():
    line = FATE + filler(3, 8) + FATE + filler(4, 8)
    assert (0, 0, -4) not in [motif.intervals for motif in motifs_of(line).motifs]


def test_places_in_one_track_do_not_overlap():
    turn = [(0.5, 72), (0.25, 71), (0.25, 72), (1, 67)] * 12
    (first, *_) = motifs_of(turn).motifs
    quarters = 2 * (len(first.bars) - 1) + sum(first.steps)
    assert quarters <= 24
    assert len(first.bars) <= 12


def test_a_doubled_line_is_counted_once():
    line = FATE + filler(3, 8) + FATE + filler(4, 8)
    assert (0, 0, -4) not in [motif.intervals for motif in motifs_of(line, moved(line, 12)).motifs]


def test_the_upper_part_is_heard_before_an_accompaniment_that_repeats_as_often():
    tune = [(1.5, 76), (0.5, 74), (1, 77), (1, 72)]
    broken = [(0.5, 48), (0.5, 55), (0.5, 52), (0.5, 55)] * 2
    line, below = [], []
    for bar in range(6):
        line += moved(tune, bar % 3) + filler(bar, 4, 70)
        below += moved(broken, bar % 3) * 2
    (first, *_) = motifs_of(below, line).motifs
    assert first.track == 1
    assert first.intervals[:3] == (-2, 3, -5)


def test_a_pause_ends_a_motif():
    line = []
    for bar in range(4):
        line += [
            (0.5, 67),
            (0.5, 69),
            (0.5, 64),
            (0.5, None),
            (4, None),
            (0.5, 72),
            (0.5, 65),
            (1, 60 + bar),
            (4, None),
        ]
    for motif in motifs_of(line).motifs:
        assert sum(motif.steps) < 4


def test_a_returning_motif_needs_four_bars():
    line = [note for seed in range(8) for note in FATE + filler(seed, 8)]
    assert "returning motif" in motifs_of(line).traits
    line = [note for seed in range(3) for note in FATE + filler(seed, 8)]
    assert "returning motif" not in motifs_of(line).traits


GROUP = [(1, 76), (0.5, 74), (0.5, 76), (1, 72)]


@pytest.mark.parametrize(
    "line",
    [
        GROUP + moved(GROUP, -2) + moved(GROUP, -4),  # down by whole tones
        [(0.25, p) for p in (72, 71, 72, 69, 71, 69, 71, 67, 69, 67, 69, 65)],  # down the scale: one step is a semitone
        filler(1, 7) + GROUP + moved(GROUP, 5) + moved(GROUP, 10) + filler(2, 5),
    ],
)
def test_three_statements_one_after_the_other_are_a_sequence(line):
    assert "sequences" in motifs_of(line).traits


@pytest.mark.parametrize(
    "line",
    [
        GROUP + moved(GROUP, -2),  # twice only
        GROUP * 4,  # at one pitch
        GROUP + moved(GROUP, -2) + moved(GROUP, 3),  # down, then up
        GROUP + filler(1, 2) + moved(GROUP, -2) + filler(2, 2) + moved(GROUP, -4),  # not one after the other
        [(0.5, pitch) for pitch in range(60, 84, 2)],  # a scale
        [(0.5, pitch) for pitch in (60, 64, 62, 65, 64, 67, 65, 69)],  # groups of two
        GROUP + [(2, 74), (0.5, 72), (0.5, 74), (1, 70)] + moved(GROUP, -4),  # in another rhythm
    ],
)
def test_other_repetitions_are_no_sequence(line):
    assert "sequences" not in motifs_of(line).traits


@given(scores())
def test_motifs_of_any_score_are_what_they_promise(score):
    view = view_score(score)
    found = measure_motifs(view)
    assert len(found.motifs) <= MOST_MOTIFS
    assert set(found.traits) <= set(TRAITS["motifs"])
    for motif in found.motifs:
        assert SHORTEST <= len(motif.intervals) + 1 <= LONGEST
        assert len(motif.steps) == len(motif.intervals)
        assert min(motif.steps) > 0
        assert list(motif.bars) == sorted(set(motif.bars))
        assert motif.bars[0] >= 0
        assert motif.bars[-1] < view.bars
        assert not view.tracks[motif.track].is_drums
    assert measure_motifs(view) == found


def test_a_loop_of_20_000_notes_has_its_motif():
    line = [(0.25, 60 + pitch) for pitch in (0, 4, 7, 12, 7, 4, 9, 2)] * 2500
    (first, *_) = motifs_of(line).motifs
    assert len(first.bars) > 1000


def test_bars_of_chance_have_no_returning_motif_and_a_planted_one_is_found():
    rng = np.random.default_rng(2)
    pieces = []
    for number in range(8):
        lengths = rng.permutation([1, 0.5, 0.5, 0.5, 0.5, 1] * 10).tolist()
        score = symusic.Score(BEAT)
        track, at = symusic.Track(), 0.0
        for length in [1, 1, 1, 1, *lengths] * 2:
            track.notes.append(symusic.Note(round(at * BEAT), round(length * BEAT), int(rng.integers(60, 80)), 80))
            at += length
        score.tracks.append(track)
        pieces.append(LabelledPiece(f"nottingham/{number}", "test", "nottingham", read_score(score).score, {}))
    planted, invented = accuracy.measure(pieces, count=10)
    assert planted.value >= 90
    assert invented.value == 0
    assert accuracy.measure(pieces[:0]) == []
