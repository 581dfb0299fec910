"""The regression behind the learned tables, on examples whose answer is known."""

import numpy as np
import pytest
from test_accuracy_keys import CADENCES, score_of

from midi_text.evaluation.accuracy.learning import fit, learn_bar_profile, learn_piece_key, same_bars
from midi_text.evaluation.accuracy.row import LabelledPiece
from midi_text.facts.metre_weights import METRES
from midi_text.score_midi_text import transpose


def test_fit_finds_the_odds_it_was_shown():
    """One feature, two kinds: where it is 1, the second kind is right three times in four; where it is 0, once."""
    feature = np.array([0.0] * 40 + [1.0] * 40)[:, None, None]
    kind = np.array(([0] * 30 + [1] * 10) + ([1] * 30 + [0] * 10))
    table = fit(feature, np.zeros(80, np.int64), kind, np.ones(80), 2, ridge=1e-6)
    odds = (np.array([[0.0, 1.0], [1.0, 1.0]]) @ table) @ [-1, 1]
    assert odds == pytest.approx([-np.log(3), np.log(3)], abs=0.01)


def test_a_heavier_example_counts_more():
    feature = np.zeros((2, 1, 1))
    table = fit(feature, np.zeros(2, np.int64), np.array([0, 1]), np.array([3.0, 1.0]), 2, ridge=1e-6)
    assert table[-1] @ [1, -1] == pytest.approx(np.log(3), abs=0.01)


def test_a_ridge_keeps_weights_small():
    feature = np.array([[[0.0]], [[1.0]]])
    free, held = (
        fit(feature, np.zeros(2, np.int64), np.array([0, 1]), np.ones(2), 2, ridge=ridge) for ridge in (0.01, 10.0)
    )
    assert abs(held[0] @ [-1, 1]) < abs(free[0] @ [-1, 1]) / 5


def test_places_share_their_weights():
    """The place with the larger feature is right, wherever it stands."""
    rng = np.random.default_rng(0)
    feature = rng.random((60, 3, 1))
    table = fit(feature, feature[:, :, 0].argmax(1), np.zeros(60, np.int64), np.ones(60), 1, ridge=0.01)
    assert table[0, 0] > 5


def test_same_bars():
    assert same_bars((4, 2), (2, 1))
    assert same_bars((2, 4), (4, 8))
    assert not same_bars((3, 4), (6, 8))
    assert [metre for metre in METRES if same_bars(metre, (6, 16))] == [(3, 8)]


def test_a_tonic_triad_is_learned_from_cadences_in_many_keys():
    pieces = []
    for sharps, semitones in ((0, 0), (1, 7), (2, 2), (-1, 5), (-2, 10)):
        score = transpose(score_of(CADENCES * 2), semitones)
        score.key_signatures[0].key = sharps
        pieces.append(LabelledPiece(str(sharps), "train", "mutopia", score, {}))
    profile = learn_bar_profile(pieces)[:12, 0]
    assert {0, 4, 7} <= set(np.argsort(profile)[-5:])
    assert profile[[1, 3, 6, 8, 10]].max() < profile[[0, 4, 7]].min()
    assert learn_piece_key(pieces).shape == (61, 2)
