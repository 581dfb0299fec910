"""Repetition (RC4): does what was heard come back?

Each bar is a vector of pitch classes at sixteen positions; bars are alike where the cosine exceeds 0.7. A bar is
*covered* where it lies on a run of at least four bars that are alike, in order, to four bars somewhere else, at least
four bars away: a diagonal of the self-similarity matrix (J. Foote, 1999). RC4 is the share of bars that are covered.
Shuffling the bars of a song leaves every bar as it was and takes the figure to nearly nothing; compression hardly
notices.

Transposed returns do not count, nor do pieces of fewer than eight bars, which can have no such run. A loop has 1.0 by
nature: ask `loops` too.
"""

from __future__ import annotations

import numpy as np

from ...facts.runs import runs
from ...facts.similarity import POSITIONS
from ...facts.view import View
from .heard import heard_notes

RUN = 4  # bars
ALIKE = 0.7
MOST_BARS = 2048  # of a longer piece the first bars are judged, so that the matrix stays small


def rc4(view: View) -> float | None:
    """The share of the bars of a piece that lie in a repeated run of four, 0..1; None below eight bars."""
    bars = min(view.bars, MOST_BARS)
    return repeated_share(bar_likeness(view)[:bars, :bars]) if bars >= 2 * RUN else None


def bar_likeness(view: View) -> np.ndarray:
    """Cosines of the bars' pitch classes by position, float32 of 0..1, shape (bars, bars); a silent bar is like none.

    Of more than `MOST_BARS` bars the first ones.
    """
    notes = heard_notes(view)
    bar = view.bar_of(notes.time)
    start, length = view.bar_lines[bar], np.maximum(np.diff(view.bar_lines)[bar], 1)
    position = np.minimum((2 * (notes.time - start) * POSITIONS + length) // (2 * length), POSITIONS - 1)
    bars = min(view.bars, MOST_BARS)
    kept = bar < bars
    vectors = np.zeros((bars, POSITIONS * 12), np.float32)
    vectors[bar[kept], position[kept] * 12 + notes.pitch[kept] % 12] = 1
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.minimum(vectors @ vectors.T, 1)


def repeated_share(likeness: np.ndarray) -> float:
    """The share of the rows of a self-similarity matrix that lie on a diagonal run of `RUN` rows or more, 0..1.

    Args:
        likeness: Symmetric, shape (bars, bars).

    Raises:
        ValueError: If it is not a square matrix with at least one row.
    """
    if likeness.ndim != 2 or likeness.shape[0] != likeness.shape[1] or not len(likeness):
        raise ValueError(f"a self-similarity matrix must be square and have a row; got shape {likeness.shape}")
    bars = len(likeness)
    covered = np.zeros(bars, bool)
    alike = likeness > ALIKE
    for lag in range(RUN, bars - RUN + 1):
        for first, end in runs(np.diagonal(alike, lag)):
            if end - first >= RUN:
                covered[first:end] = covered[first + lag : end + lag] = True
    return float(covered.mean())
