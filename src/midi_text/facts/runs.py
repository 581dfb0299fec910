"""Runs: where a statement about bars or onsets begins to hold, and where it ceases.

Most patterns are runs: rounds of a loop, bars of an ostinato, a fill. One way to find them serves all, and knows no
music.
"""

from __future__ import annotations

import numpy as np


def runs(flags: np.ndarray) -> np.ndarray:
    """First and end (the place after the last) of every run of True, in order, int64 of shape (runs, 2)."""
    padded = np.zeros(len(flags) + 2, np.int8)
    padded[1:-1] = flags
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
