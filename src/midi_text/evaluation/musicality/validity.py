"""Validity: is there a piece of music at all?

A piece is valid if its file could be read, it came to an end by itself, it has at least 16 notes, never more than 64 at
one onset, and does not hang in a loop (`loops`). Whether it ended by itself only its maker knows; a foreign file is
taken to have. What is not valid stays in every denominator.
"""

from __future__ import annotations

import numpy as np

from ...facts.view import View
from .loops import loops

FEWEST_NOTES = 16
MOST_AT_ONCE = 64


def is_valid(view: View | None, *, ended: bool = True) -> bool:
    """Whether a piece is valid.

    Args:
        view: The piece; None where its file could not be read or has no note.
        ended: Whether its maker finished it, as against being cut off at a limit.
    """
    if view is None or not ended or len(view.notes) < FEWEST_NOTES:
        return False
    return int(np.unique(view.notes.time, return_counts=True)[1].max()) <= MOST_AT_ONCE and not loops(view)
