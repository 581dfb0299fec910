"""Loops: does a piece hang, saying one thing again and again?

Every onset is what sounds at once and how long ago the last onset was. A piece loops where half of its notes or more
lie in one stretch in which the onsets repeat exactly, eight times or more, whatever the length of what repeats and
wherever bar lines are. Velocities, durations and instruments do not count.

It guards figures that a loop would win: repetition and compression. People write such music too, over short stretches:
the rate among human pieces stands beside every other in a table.
"""

from __future__ import annotations

import numpy as np

from ...facts.runs import runs
from ...facts.view import View
from .heard import steps

TIMES = 8  # a period must stand in a row
SHARE = 0.5  # of the notes
_LONGEST = 512  # onsets in a period


def loops(view: View) -> bool:
    """Whether a piece hangs."""
    notes = view.notes
    pitch = notes.pitch + 128 * np.array([track.is_drums for track in view.tracks])[notes.track]
    begins = notes.onsets()
    chords = np.add.reduceat(_NAMES[pitch], begins)
    gaps = steps(view, np.diff(notes.time[begins]))
    sizes = np.diff(np.append(begins, len(notes)))
    return _longest_loop(chords, gaps, sizes) >= SHARE * len(notes)


def _longest_loop(chords: np.ndarray, gaps: np.ndarray, sizes: np.ndarray) -> int:
    """The most notes in one stretch of onsets that repeats a period `TIMES` times.

    Args:
        chords: A name of what begins at each onset, shape (n,).
        gaps: The time from each to the next, shape (n - 1,).
        sizes: Notes of each, shape (n,).
    """
    most = 0
    for period in range(1, min(_LONGEST, len(chords) // TIMES) + 1):
        same = chords[period:] == chords[:-period]
        same[1:] &= gaps[period:] == gaps[: len(gaps) - period]
        if np.count_nonzero(same) < (TIMES - 1) * period:
            continue
        for first, end in runs(same):
            if end - first >= (TIMES - 1) * period:
                most = max(most, int(sizes[first : end + period].sum()))
    return most


# A name for every pitch and drum, so that a sum of names stands for a chord.
_NAMES = np.random.default_rng(0).integers(0, 2**64, 256, dtype=np.uint64)
