"""How long each pitch class sounds between lines: what keys and chords are heard from.

Up to a line t, a pitch class has sounded sum(t - onset) over its notes begun, less sum(t - end) over those ended; sums
over notes in order answer that for all lines at once, and long notes cost no more than short ones.

Source: the idea of summed-area tables, F. Crow, "Summed-area tables for texture mapping", SIGGRAPH (1984).
"""

from __future__ import annotations

import numpy as np

from .view import Notes


def sounding_time(
    notes: Notes, lines: np.ndarray, weight: np.ndarray | None = None, *, classes: int = 12
) -> np.ndarray:
    """Ticks that each pitch class sounds between neighbouring lines.

    Args:
        notes: The notes.
        lines: Ticks, rising, shape (n + 1,).
        weight: What each note counts, 1 without, shape (notes,).
        classes: 12, or 1 to count all pitches together.

    Returns:
        float64 of shape (n, classes).
    """
    span = int(lines[-1]) + 1
    asked = np.arange(classes)[:, None] * span + lines
    total = np.zeros(asked.shape)
    for sign, time in ((1, notes.time), (-1, notes.end)):
        time = np.minimum(time, lines[-1])
        place = notes.pitch % classes * span + time
        order = np.argsort(place, kind="stable")
        ordered = place[order]
        upto = np.searchsorted(ordered, asked, side="right")
        base = np.searchsorted(ordered, np.arange(classes)[:, None] * span)
        counts, moments = np.ones(len(order)), time[order]
        if weight is not None:
            counts = weight[order]
            moments = counts * moments
        begun, moment = np.zeros(len(order) + 1), np.zeros(len(order) + 1)
        np.cumsum(counts, out=begun[1:])
        np.cumsum(moments, out=moment[1:])
        total += sign * (lines * (begun[upto] - begun[base]) - (moment[upto] - moment[base]))
    return np.maximum(np.diff(total, axis=1).T, 0)
