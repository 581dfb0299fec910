"""Which notes of a piece its music is judged by, and the grid that some figures lay them on.

Pitch, harmony and repetition are read from the pitched notes; drums have no pitch. A piece of drums alone is judged by
its drums where that makes sense (repetition, timing) and has no figure where it does not (scales, pitch classes).
"""

from __future__ import annotations

import numpy as np

from ...facts.view import Notes, View

STEPS = 12  # a quarter note: sixteenths and triplets are whole, as in the events that models write


def heard_notes(view: View) -> Notes:
    """The pitched notes, or the drums of a piece that has nothing else."""
    return view.pitched if len(view.pitched) else view.drums


def steps(view: View, ticks: np.ndarray) -> np.ndarray:
    """Ticks to the nearest twelfth of a quarter note, int64, same shape."""
    return (2 * STEPS * ticks + view.ticks_per_quarter) // (2 * view.ticks_per_quarter)
