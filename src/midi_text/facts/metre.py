"""The metre that is heard in the notes, whatever bar lines a file draws or leaves out.

Notes fall on a grid of a twelfth of a quarter note, which holds sixteenths and triplets alike. Four things that mark
the beginning of a bar are laid on the grid: attacks, long notes, changes of harmony and the return of the same
pitches. How much each resembles itself a lag later (autocorrelation, for lags of half a quarter to two bars) tells the
metre; a multinomial logistic regression, whose coefficients are in `metre_weights`, weighs them. Bar lines and time
signatures are not looked at; the length of the quarter note is what the file says.

What cannot be heard: whether two bars of 3/8 were written as one of 6/8, two of 2/4 as one of 4/4, or 3/4 in pairs as
6/4. Hence the classes of `metre_class`, which go by the smallest three: none (duple), three quarters or longer notes
(triple), three eighths or shorter (compound). Single bars and fills of drums say little.

Source: J. Brown, "Determination of the meter of musical scores by autocorrelation", JASA 94 (1993); the marks are
those of F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal Music" (1983), metrical preference rules 3-6.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .metre_weights import METRES, SCALE, WEIGHTS
from .view import Notes, View

GRID = 12  # steps in a quarter note
QUARTERS = 384  # the metre is heard in the first 384 quarter notes: two minutes or more, and bounded work
LAGS = (6, 9, 12, 15, 18, 24, 27, 30, 36, 42, 48, 54, 60, 72, 84, 96, 108, 120, 144, 192, 216, 240, 288)  # in steps
FEWEST_ATTACKS = 8  # fewer are hardly two bars, and no metre without a second bar
_LONGEST = 4 * GRID  # a note over a whole note long marks a bar no more than a whole note does
_WEIGHTS = np.array(WEIGHTS, np.float64) / SCALE


def metre_class(numerator: int, denominator: int) -> str:
    """What is heard of a metre: "duple", "triple", "compound" or "irregular".

    Duple metres divide by two on every level: 2/4, 4/4, 2/2, 4/2. Compound ones have groups of three eighths or
    shorter notes: 6/8, 9/8, 12/8 and 3/8, which is 6/8 in short bars. Triple ones have groups of three quarters or
    longer notes: 3/4, 3/2 and 6/4, which is 3/4 in long bars. The rest (5/4, 7/8) are irregular.
    """
    if numerator % 3 == 0:
        return "compound" if denominator >= 8 else "triple"
    return "duple" if numerator & (numerator - 1) == 0 else "irregular"


def hear_metre(view: View) -> tuple[tuple[int, int], float]:
    """The metre heard in a score.

    Returns:
        Numerator and denominator of the most probable metre of `METRES` in the most probable class, and the
        probability of that class (`metre_class`), 0..1: the metre inside the class is often a matter of notation.
        4/4 with probability 0 where there are too few attacks to hear any.
    """
    if len(np.unique(view.notes.time)) < FEWEST_ATTACKS:
        return (4, 4), 0.0
    fit = np.append(metre_features(view.notes, view.pitched, view.ticks_per_quarter), 1.0) @ _WEIGHTS
    probability = np.exp(fit - fit.max())
    probability /= probability.sum()
    classes = np.array([metre_class(*metre) for metre in METRES])
    best = max(sorted(set(classes)), key=lambda name: float(probability[classes == name].sum()))
    inside = np.where(classes == best, probability, 0.0)
    return METRES[int(inside.argmax())], float(inside.sum())


def metre_features(notes: Notes, pitched: Notes, ticks_per_quarter: int) -> np.ndarray:
    """How much the marks of a bar resemble themselves a lag later.

    Args:
        notes: All notes, n >= 1.
        pitched: Those that are not drums.
        ticks_per_quarter: Ticks in a quarter note.

    Returns:
        Shape (lags * 4,), by lag, then attacks, long notes, harmony (correlations, -1..1), returning pitches (0..1).
    """
    begin = int(notes.time[0])
    step = _steps(notes.time - begin, ticks_per_quarter)
    step = step[step < QUARTERS * GRID]
    count = np.bincount(step)
    size = len(count)
    pitched = pitched.where(pitched.time - begin < ticks_per_quarter * QUARTERS)
    onset = np.minimum(_steps(pitched.time - begin, ticks_per_quarter), size - 1)
    length = np.maximum(_steps(pitched.duration, ticks_per_quarter), 1)
    pitch_class = pitched.pitch % 12
    longest = np.zeros(size)
    np.maximum.at(longest, onset, np.minimum(length, _LONGEST))
    harmony = np.where(count > 0, _harmonic_change(onset, length, pitch_class, size), 0.0)
    marks = np.stack([np.log1p(count), np.sqrt(longest), harmony])
    marks -= marks.mean(1, keepdims=True)
    struck = np.zeros((size, 12))
    struck[onset, pitch_class] = 1.0
    features = np.zeros((len(LAGS), 4))
    lags = [lag for lag in LAGS if lag < size]
    features[: len(lags)] = np.stack([*(_likeness(mark, lags) for mark in marks), _likeness(struck, lags)], axis=1)
    return features.ravel()


def _steps(ticks: np.ndarray, ticks_per_quarter: int) -> np.ndarray:
    """The nearest step of the grid to each tick, same shape."""
    return (2 * GRID * ticks + ticks_per_quarter) // (2 * ticks_per_quarter)


def _harmonic_change(onset: np.ndarray, length: np.ndarray, pitch_class: np.ndarray, size: int) -> np.ndarray:
    """How different the pitch classes of the quarter before and after each step are, 0..1, shape (size,)."""
    change = np.zeros((12, size + 1))
    np.add.at(change, (pitch_class, onset), 1)
    np.add.at(change, (pitch_class, np.minimum(onset + length, size)), -1)
    sounding = np.minimum(np.cumsum(change, axis=1)[:, :size], 1)
    total = np.concatenate([np.zeros((12, 1)), np.cumsum(sounding, axis=1)], axis=1)
    here = np.arange(size)
    before = total[:, here] - total[:, np.maximum(here - GRID, 0)]
    after = total[:, np.minimum(here + GRID, size)] - total[:, here]
    both = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
    return np.where(both > 0, 1 - (before * after).sum(0) / np.where(both > 0, both, 1), 0)


def _likeness(marks: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """The cosine of what is marked from each lag on and what is marked up to it before the end, shape (lags,).

    0 where nothing is marked; `marks` has the steps first, shape (steps, ...).
    """
    flat, width = marks.ravel(), marks.size // len(marks)
    upto = np.zeros(len(flat) + 1)
    np.cumsum(flat * flat, out=upto[1:])
    shift = np.array(lags, np.int64) * width
    both = np.sqrt(np.maximum(upto[-1] - upto[shift], 0) * upto[len(flat) - shift])
    products = np.array([flat[begin:] @ flat[:-begin] for begin in shift.tolist()])
    return np.where(both > 1e-9, products / np.maximum(both, 1e-9), 0)
