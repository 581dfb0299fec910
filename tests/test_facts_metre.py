"""The metre heard in notes without bar lines: small tunes written out, whatever the file states."""

import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.facts.metre import LAGS, hear_metre, metre_class, metre_features
from midi_text.facts.metre_weights import METRES, WEIGHTS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score


def heard(bass, tune, quarters, bars, stated=None, tpq=480, shift=0.0):
    """Hears a tune of one bar, `(quarter, length, pitches)` each, moved with the chords of I IV V I."""
    score = symusic.Score(tpq)
    if stated:
        score.time_signatures.append(symusic.TimeSignature(0, *stated))
    track = symusic.Track()
    for bar in range(bars):
        root = (0, 5, 7, 0)[bar % 4]
        for onset, length, pitches in [*bass, *tune]:
            for pitch in pitches:
                begin = round((shift + bar * quarters + onset) * tpq)
                track.notes.append(symusic.Note(begin, round(length * tpq), pitch + root, 80))
    score.tracks.append(track)
    return hear_metre(view_score(read_score(score).score))


WALTZ = ([(0, 1, [48]), (1, 1, [64, 67]), (2, 1, [64, 67])], [(0, 2, [72]), (2, 1, [76])], 3)
MARCH = ([(0, 1, [48]), (1, 1, [64]), (2, 1, [55]), (3, 1, [64])], [(0, 2, [72]), (2, 1, [76]), (3, 1, [74])], 4)
JIG = (
    [(0, 1.5, [48]), (1.5, 1.5, [55])],
    [(0, 0.5, [72]), (0.5, 0.5, [76]), (1, 0.5, [79]), (1.5, 1, [76]), (2.5, 0.5, [74])],
    3,
)


@pytest.mark.parametrize(
    ("tune", "kind"), [(WALTZ, "triple"), (MARCH, "duple"), (JIG, "compound")], ids=["waltz", "march", "jig"]
)
@pytest.mark.parametrize("stated", [None, (4, 4), (3, 4), (6, 8), (5, 8)])
def test_tunes_are_heard_whatever_is_stated(tune, kind, stated):
    metre, confidence = heard(*tune, bars=12, stated=stated)
    assert metre_class(*metre) == kind
    assert 0.5 < confidence <= 1


def test_an_upbeat_and_the_time_base_change_nothing():
    plain = heard(*WALTZ, bars=12)
    assert heard(*WALTZ, bars=12, shift=1.0) == plain
    assert heard(*WALTZ, bars=12, tpq=96) == plain


def test_a_waltz_and_a_march_by_name():
    assert heard(*WALTZ, bars=16)[0] == (3, 4)
    assert heard(*MARCH, bars=16)[0] == (4, 4)


def test_one_chord_says_nothing():
    assert heard([(0, 1, [60, 64, 67])], [], 4, bars=1) == ((4, 4), 0.0)


@pytest.mark.parametrize(
    ("metre", "kind"),
    [
        ((4, 4), "duple"), ((2, 2), "duple"), ((2, 1), "duple"), ((3, 4), "triple"), ((3, 2), "triple"),
        ((6, 4), "triple"), ((3, 8), "compound"), ((6, 8), "compound"), ((9, 8), "compound"), ((12, 16), "compound"),
        ((5, 4), "irregular"), ((7, 8), "irregular"), ((10, 8), "irregular"),
    ],
)  # fmt: skip
def test_classes(metre, kind):
    assert metre_class(*metre) == kind


def test_the_table_fits_the_features():
    assert len(WEIGHTS) == 4 * len(LAGS) + 1
    assert {len(row) for row in WEIGHTS} == {len(METRES)}


def test_features_of_a_pulse_in_threes():
    """One long low note every three quarters: alike after 3 and 6 quarters, unlike after 2 and 4."""
    score = symusic.Score(480)
    track = symusic.Track()
    for bar in range(8):
        track.notes.append(symusic.Note(1440 * bar, 1440, 43, 80))
        track.notes.append(symusic.Note(1440 * bar + 480, 480, 60, 80))
        track.notes.append(symusic.Note(1440 * bar + 960, 480, 60, 80))
    score.tracks.append(track)
    view = view_score(read_score(score).score)
    features = metre_features(view.notes, view.pitched, 480).reshape(len(LAGS), 4)
    long_notes = dict(zip(LAGS, features[:, 1], strict=True))
    assert min(long_notes[36], long_notes[72]) > max(long_notes[24], long_notes[48]) + 0.08
    returning = dict(zip(LAGS, features[:, 3], strict=True))
    assert returning[36] == pytest.approx(1)
    assert returning[12] < 0.5


@given(scores())
def test_any_score_has_a_metre(score):
    metre, confidence = hear_metre(view_score(score))
    assert metre in METRES
    assert 0 <= confidence <= 1


def test_a_score_of_twenty_thousand_bars_is_heard_in_bounded_work():
    score = symusic.Score(480)
    track = symusic.Track(is_drum=True)
    track.notes = symusic.core.NoteTickList.from_numpy(
        np.arange(20_000, dtype=np.int32) * 1920,
        np.full(20_000, 480, np.int32),
        np.full(20_000, 36, np.int8),
        np.full(20_000, 90, np.int8),
    )
    score.tracks.append(track)
    assert hear_metre(view_score(read_score(score).score))[0] in METRES
