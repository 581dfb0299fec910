"""How the tables of `key_midi_text`, `facts.keys` and `facts.metre_weights` were learned, to learn them again.

All three are multinomial logistic regressions with a ridge, on pieces of the training split, fitted by accelerated
gradient descent (Y. Nesterov, 1983), which needs nothing but numpy. A key is heard the same a semitone higher, so that
its twelve tonics share their weights: the features are turned to each of them. A source of n examples weighs as the
root of n, lest the largest collection decide alone. The tables in the code were learned on 9,335 training pieces: all
of up to 12,000 notes, of the Polish scores two in five.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from symusic.core import ScoreTick

from ...bars_midi_text import bar_starts
from ...facts.metre import metre_class, metre_features
from ...facts.metre_weights import METRES
from ...facts.sounding import sounding_time
from ...facts.view import View, view_score
from ...key_midi_text import KEYS, Key, piece_key_features
from ...score_midi_text import slice_bars
from .key_pieces import DESIGNATED, firm_key, signed_key, stated_key
from .metre import stated_metre
from .row import LabelledPiece

STEPS = 1500
_TURN = (np.arange(12)[:, None] + np.arange(12)) % 12  # [tonic, semitones above it] -> pitch class


def learn_piece_key(pieces: Iterable[LabelledPiece], seed: int = 0) -> np.ndarray:
    """Weights of `piece_key_features` (rows, 12 semitones each) for major and minor, then the bias: shape (61, 2).

    Whole pieces, and 8 to 16 bars of each, half as heavy: the opening, anywhere for dance tunes.
    """
    rng = np.random.default_rng(seed)
    features, keys, sources, halves = [], [], [], []
    for piece in pieces:
        key = signed_key(piece) if piece.source in DESIGNATED else stated_key(piece)
        if key is None:
            continue
        for score, weight in ((piece.score, 1.0), (_excerpt(piece, rng), 0.5)):
            view = view_score(score) if score is not None and score.note_num() else None
            if view is not None and len(view.pitched):
                features.append(_piece_features(view))
                keys.append(key)
                sources.append(piece.source)
                halves.append(weight)
    turned = np.array(features)[:, :, _TURN].transpose(0, 2, 1, 3).reshape(len(keys), 12, -1)
    return fit(turned, *_places(keys), _source_weights(sources) * halves, 2, ridge=0.2)


def learn_bar_profile(pieces: Iterable[LabelledPiece], seed: int = 0) -> np.ndarray:
    """Weights of the roots of a bar's shares of pitch classes for major and minor, then the bias: shape (13, 2).

    From the first 4 to 8 bars and from the last of each piece with a firm key.
    """
    rng = np.random.default_rng(seed)
    sums, keys, sources = [], [], []
    for piece in pieces:
        key = firm_key(piece)
        if key is None:
            continue
        view = view_score(piece.score)
        chroma = sounding_time(view.pitched, view.bar_lines)
        roots = np.sqrt(chroma / np.maximum(chroma.sum(1, keepdims=True), 1))
        bars = int(rng.integers(4, 9))
        sums += [roots[:bars].sum(0), roots[-bars:].sum(0)]
        keys += [key, key]
        sources += [piece.source] * 2
    return fit(np.array(sums)[:, _TURN], *_places(keys), _source_weights(sources), 2, ridge=0.6)


def learn_metre(pieces: Iterable[LabelledPiece], seed: int = 0) -> np.ndarray:
    """Weights of `metre_features`, then the bias, a column for each of `METRES`: shape (features + 1, metres).

    From pieces whose file states one metre, whole and in 8 to 24 bars from anywhere; a metre that is not in the list
    counts as the one of its class with bars as long (2/1 as 4/2), or not at all.
    """
    rng = np.random.default_rng(seed)
    features, metres, sources = [], [], []
    for piece in pieces:
        stated = stated_metre(piece.score)
        listed = [m for m in METRES if stated and same_bars(m, stated)]
        if not listed:
            continue
        bars, length = len(bar_starts(piece.score)) - 1, int(rng.integers(8, 25))
        first = int(rng.integers(max(bars - length, 0) + 1))
        cut = slice_bars(piece.score, first, first + length) if bars > 1.3 * length else None
        for score in (piece.score, cut):
            if score is not None and score.note_num() >= 16:
                view = view_score(score)
                features.append(metre_features(view.notes, view.pitched, view.ticks_per_quarter))
                metres.append(METRES.index(stated if stated in METRES else listed[0]))
                sources.append(piece.source)
    place = np.zeros(len(metres), np.int64)
    shape = (len(metres), 1, -1)
    weights = _source_weights(sources)
    return fit(np.array(features).reshape(shape), place, np.array(metres), weights, len(METRES), ridge=5.0)


def same_bars(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two metres have the same class and length of bar."""
    return one[0] * other[1] == other[0] * one[1] and metre_class(*one) == metre_class(*other)


def fit(
    features: np.ndarray, place: np.ndarray, kind: np.ndarray, weights: np.ndarray, kinds: int, *, ridge: float
) -> np.ndarray:
    """Fits softmax(features @ table + bias) over all places and kinds to the ones that are right.

    Args:
        features: Shape (n, places, d): what is seen from each place, such as each tonic.
        place: The right place of each example, shape (n,).
        kind: The right kind, such as major or minor, shape (n,).
        weights: Of the examples, shape (n,), any scale.
        kinds: How many kinds there are.
        ridge: Penalty on the squares, for all examples together.

    Returns:
        Shape (d + 1, kinds), the bias last; centred over the kinds where there is one place, as it means nothing.
    """
    n, places, _ = features.shape
    centre, spread = features.mean((0, 1)), features.std((0, 1)) + 1e-9
    seen = np.concatenate([(features - centre) / spread, np.ones((n, places, 1))], axis=2).astype(np.float32)
    weights = (weights / weights.sum()).astype(np.float32)
    penalty = np.full((seen.shape[2], 1), ridge / n, np.float32)
    penalty[-1] = 0
    flat = seen.reshape(n * places, -1)
    steepest = 0.5 * float(np.linalg.eigvalsh((flat * np.repeat(weights, places)[:, None]).T @ flat)[-1])
    rate = 1 / (steepest + float(penalty.max()))
    table = ahead = np.zeros((seen.shape[2], kinds), np.float32)
    for step in range(STEPS):
        score = (flat @ ahead).reshape(n, places, kinds)
        probability = np.exp(score - score.max((1, 2), keepdims=True))
        probability /= probability.sum((1, 2), keepdims=True)
        probability[np.arange(n), place, kind] -= 1
        slope = flat.T @ (probability * weights[:, None, None]).reshape(n * places, kinds)
        after = ahead - rate * (slope + penalty * ahead)
        table, ahead = after, after + step / (step + 3) * (after - table)
    result = table.astype(np.float64)
    result[:-1] /= spread[:, None]
    result[-1] -= centre @ result[:-1]
    return result - result.mean(1, keepdims=True) if places == 1 else result


def _piece_features(view: View) -> np.ndarray:
    numerator, denominator = view.facts.time_signature
    notes = {"time": view.pitched.time, "duration": view.pitched.duration, "pitch": view.pitched.pitch}
    return piece_key_features(notes, max(4 * view.ticks_per_quarter * numerator // denominator, 1))


def _excerpt(piece: LabelledPiece, rng: np.random.Generator) -> ScoreTick | None:
    """8 to 16 bars: the opening, anywhere for dance tunes, which keep their key; None of a piece hardly longer."""
    bars, length = len(bar_starts(piece.score)) - 1, int(rng.integers(8, 17))
    if bars < 1.3 * length:
        return None
    first = int(rng.integers(bars - length + 1)) if piece.source == "nottingham" else 0
    return slice_bars(piece.score, first, first + length)


def _places(keys: Sequence[Key]) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.array([KEYS.index(key) for key in keys])
    return numbers % 12, numbers // 12


def _source_weights(sources: Sequence[str]) -> np.ndarray:
    count = Counter(sources)
    return np.array([count[source] ** -0.5 for source in sources])
