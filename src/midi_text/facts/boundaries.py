"""Where one section ends and the next begins.

Each bar line is weighed by nine clues over the four bars before and after it: novelty (the checkerboard of Foote
2000, "Automatic Audio Segmentation Using a Measure of Audio Novelty") of content, rhythm and texture; whether a
repetition begins or ends there (diagonals of the similarity matrices, as the structure features of Serrà et al. 2014,
"Unsupervised Music Structure Annotation by Time Series Structure Features and Segment Similarity"); a pause of the
parts near it; and parts that fall silent or enter. A logistic regression turns the clues at the bar line and at its
two neighbours into log odds; places that continue the same music share theirs, so that what is alike is cut alike;
dynamic programming then chooses the sections whose bar lines and lengths are together most likely. Weights and lengths
were fitted to the human section plans of POP909's training split, so sections are phrases or themes of mostly 4 or 8
bars, and shorter than `SHORTEST` only in a piece that is.
"""

from __future__ import annotations

import numpy as np

from .similarity import LANES, Likeness
from .view import View

REACH = 4  # rows before and after a bar line
SHORTEST = 4  # rows of a section
LONGEST_PAUSE = 2.0  # bars
SAME_MUSIC = 0.6  # mean content of `REACH` rows

# Clues in the order of `clues`: weights at the bar line before, at the bar line itself, at the one after.
WEIGHTS = np.array(
    [
        [-0.68, 0.01, 1.48],  # novelty of content
        [-0.20, 0.44, 0.42],  # novelty of rhythm
        [0.27, 2.23, -1.26],  # novelty of texture
        [-2.15, 6.41, -3.37],  # content: a stripe begins
        [-0.12, 4.11, -3.09],  # content: a stripe has ended
        [-2.71, 3.41, -1.39],  # melody: a stripe begins
        [-0.53, 1.82, -1.71],  # melody: a stripe has ended
        [-0.42, 0.96, -0.35],  # pause
        [0.27, 1.16, -0.54],  # lanes that fall silent or enter
    ]
)
INTERCEPT = -1.58
# What a section of 0, 1, 2 … rows costs, in log odds against the usual 4 or 8; every row beyond the last costs more.
LENGTH_COST = np.array([0.0, 1.1, 1.2, 1.1, 0.0, 1.1, 1.3, 1.4, 0.0, 1.0, 1.4, 2.1, 1.7, 2.1, 2.2, 2.5, 1.3, 3.6])
LENGTHY = len(LENGTH_COST) - 1
COST_PER_ROW = 0.1  # so that a featureless stretch is still cut, about every 20 rows


def find_boundaries(view: View, alike: Likeness) -> np.ndarray:
    """The rows with which sections begin, rising, the first 0."""
    return most_likely_sections(share_odds(log_odds(clues(view, alike)), alike))


def log_odds(found: np.ndarray) -> np.ndarray:
    """Log odds that a section begins with each row, shape (rows,), from `clues`."""
    padded = np.pad(found, ((1, 1), (0, 0)), mode="edge")
    before, at, after = (padded[i : i + len(found)] @ WEIGHTS[:, i] for i in range(3))
    return before + at + after + INTERCEPT


def share_odds(odds: np.ndarray, alike: Likeness) -> np.ndarray:
    """The mean of the log odds over all rows that continue, or end, the same music: so what is alike is cut alike."""
    after, before = _stripes(alike.content)
    same = (np.maximum(after, before) > SAME_MUSIC) | np.eye(alike.rows, dtype=bool)
    return np.asarray(same @ odds / same.sum(1))


def clues(view: View, alike: Likeness) -> np.ndarray:
    """What speaks for a section to begin with each row, float64 of shape (rows, 9)."""
    playing = alike.counts > 0
    changes = np.append(0, (playing[1:] != playing[:-1]).mean(1))
    return np.stack(
        [
            _novelty(alike.content),
            _novelty(alike.rhythm),
            _novelty(alike.texture),
            *_edges(alike.content),
            *_edges(alike.melody),
            _pauses(view, alike),
            changes,
        ],
        axis=1,
    )


def most_likely_sections(odds: np.ndarray) -> np.ndarray:
    """The starts of the sections with the greatest sum of log odds less the cost of their lengths."""
    rows = len(odds)
    if rows < 2 * SHORTEST:
        return np.zeros(1, np.int64)
    lengths = np.arange(rows + 1)
    cost = LENGTH_COST[np.minimum(lengths, LENGTHY)] + COST_PER_ROW * np.maximum(lengths - LENGTHY, 0)
    best = np.full(rows + 1, -np.inf)
    best[0], last = 0.0, np.zeros(rows + 1, np.int64)
    for end in range(SHORTEST, rows + 1):
        totals = best[: end - SHORTEST + 1] - cost[SHORTEST : end + 1][::-1]
        last[end] = totals.argmax()
        best[end] = totals[last[end]] + (odds[end] if end < rows else 0)
    starts = [int(last[rows])]
    while starts[-1]:
        starts.append(int(last[starts[-1]]))
    return np.array(starts[::-1])


def _novelty(matrix: np.ndarray) -> np.ndarray:
    """How alike the rows before and the rows after are among themselves, less how alike they are to each other."""
    rows = len(matrix)
    sums = np.zeros((rows + 1, rows + 1))
    sums[1:, 1:] = matrix.cumsum(0, dtype=np.float64).cumsum(1)
    at = np.arange(1, rows)
    reach = np.minimum(REACH, np.minimum(at, rows - at))
    low, high = at - reach, at + reach
    before = sums[at, at] - sums[low, at] - sums[at, low] + sums[low, low]
    after = sums[high, high] - sums[at, high] - sums[high, at] + sums[at, at]
    across = sums[at, high] - sums[low, high] - sums[at, at] + sums[low, at]
    return np.append(0, (before + after - 2 * across) / (2 * reach * reach)) if rows > 1 else np.zeros(1)


def _edges(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How clearly a stripe of likeness to some other place begins with each row, and how clearly one has ended."""
    after, before = _stripes(matrix)
    gain = after - before
    place = np.arange(len(matrix))
    elsewhere = np.abs(place[:, None] - place) > 1
    return gain.max(1, where=elsewhere, initial=0), -gain.min(1, where=elsewhere, initial=0)


def _stripes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the diagonals over the `REACH` rows from each pair of rows, and over those before it."""
    rows = len(matrix)
    padded = np.pad(matrix, REACH)
    stripes = np.mean([padded[i : i + rows + REACH, i : i + rows + REACH] for i in range(REACH)], axis=0)
    return stripes[REACH:, REACH:], stripes[:-REACH, :-REACH]


def _pauses(view: View, alike: Likeness) -> np.ndarray:
    """The longest stretch between two onsets of a lane that ends within half a bar of each row's bar line, in bars.

    The mean over the lanes.
    """
    lines, starts = view.bar_lines, view.bar_lines[:-1]
    lane = view.notes.track % LANES
    order = np.lexsort((view.notes.time, lane))
    lane, time = lane[order], view.notes.time[order]
    bar = view.bar_of(time)
    length = np.maximum(np.diff(lines)[bar], 1)
    first = np.append(True, lane[1:] != lane[:-1])
    pause = np.where(first, LONGEST_PAUSE, np.diff(time, prepend=time[0]) / length).clip(0, LONGEST_PAUSE)
    nearest = bar + (2 * (time - starts[bar]) >= length).astype(np.int64)
    row, rest = np.divmod(nearest, alike.bars_per_row)
    at_line = (rest == 0) & (row < alike.rows)
    longest = np.zeros(alike.counts.shape)
    np.maximum.at(longest, (row[at_line], lane[at_line]), pause[at_line])
    return longest.mean(1)
