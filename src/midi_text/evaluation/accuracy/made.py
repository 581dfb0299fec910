"""Notes of pieces that are made to be known: columns of numbers become a list of notes.

The types are those that symusic wants; what leaves MIDI's range, or has no length, is brought back.
"""

from __future__ import annotations

import numpy as np
from symusic.core import NoteTickList


def note_list(time: np.ndarray, duration: np.ndarray, pitch: np.ndarray, velocity: np.ndarray) -> NoteTickList:
    """Notes from their onsets and lengths in ticks, pitches and velocities, each of shape (n,) and of any type."""
    return NoteTickList.from_numpy(
        np.asarray(time).astype(np.int32),
        np.maximum(duration, 1).astype(np.int32),
        np.clip(pitch, 0, 127).astype(np.int8),
        np.clip(velocity, 1, 127).astype(np.int8),
    )
