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
    time = steps(view, view.notes.time)
    pitch = view.notes.pitch + 128 * np.isin(view.notes.track, [t.index for t in view.tracks if t.is_drums])
    order = np.lexsort((pitch, time))
    time, pitch = time[order], pitch[order]
    begins = np.flatnonzero(np.diff(time, prepend=time[0] - 1))
    with np.errstate(over="ignore"):
        names = np.add.reduceat(_MIXED[pitch], begins) ^ np.diff(time[begins], prepend=time[0]).astype(np.uint64)
    return _longest_loop(names[1:], np.diff(np.append(begins, len(time)))[1:]) >= SHARE * len(time)


def _longest_loop(names: np.ndarray, notes: np.ndarray) -> int:
    """The most notes in one stretch of onsets that repeats a period `TIMES` times."""
    most = 0
    for period in range(1, min(_LONGEST, len(names) // TIMES) + 1):
        same = names[period:] == names[:-period]
        if np.count_nonzero(same) < (TIMES - 1) * period:
            continue
        for first, end in runs(same):
            if end - first >= (TIMES - 1) * period:
                most = max(most, int(notes[first : end + period].sum()))
    return most


# A name for every pitch, so that a sum of names stands for a chord.
_MIXED = np.random.default_rng(0).integers(0, 2**64, 256, dtype=np.uint64)
