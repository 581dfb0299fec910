"""Features: a piece as 47 numbers that the Fréchet distance compares sets of pieces by.

Of the first 600 pitched notes: how long each pitch class sounds, counted from the tonic (12); histograms of the time
between onsets (8), of durations (9) and of the size of the interval from note to note in onset order (7); where in the
quarter note notes begin, by sixteenths (4); mean pitch, its spread and its range, notes and onsets per quarter note,
notes per onset, and how many notes sound (7). Times are quarter notes. Nothing is learned, so that anyone gets the same
figures, and every number can be read.
"""

from __future__ import annotations

import numpy as np

from ...facts.view import View

NOTES = 600
_GAPS = (0.19, 0.3, 0.45, 0.6, 0.9, 1.2, 2.1)  # quarter notes; between them lie the usual note values
_LENGTHS = (0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 2.1, 4.1)
_INTERVALS = (1, 2, 3, 5, 8, 13)  # semitones
_FINEST = 8  # onsets that lie in the same eighth of a quarter note are one
FEATURES = (
    *(f"chroma_{degree}" for degree in range(12)),
    *(f"gap_{number}" for number in range(len(_GAPS) + 1)),
    *(f"length_{number}" for number in range(len(_LENGTHS) + 1)),
    *(f"interval_{number}" for number in range(len(_INTERVALS) + 1)),
    *(f"phase_{quarter}" for quarter in range(4)),
    *("pitch_mean", "pitch_spread", "pitch_range", "note_density", "onset_density", "notes_per_onset", "sounding"),
)


def measure_features(view: View) -> np.ndarray | None:
    """The features of a piece in the order of `FEATURES`, float64, shape (47,); None with fewer than two pitched notes.

    The scale of the last seven is such that music differs by about as much in each.
    """
    if len(view.pitched) < 2 or view.facts.key is None:
        return None
    notes = view.pitched.where(np.arange(min(len(view.pitched), NOTES)))
    onset, length = view.beats(notes.time), view.beats(notes.duration)
    chroma = np.bincount((notes.pitch - view.facts.key.tonic) % 12, length, 12)
    onsets = np.unique(np.round(onset * _FINEST) / _FINEST)
    span = float(onset[-1] - onset[0]) + 1
    return np.concatenate(
        [
            chroma / chroma.sum(),
            _histogram(np.diff(onsets), _GAPS),
            _histogram(length, _LENGTHS),
            _histogram(np.abs(np.diff(notes.pitch)), _INTERVALS),
            np.bincount(np.round(onset % 1 * 4).astype(np.int64) % 4, minlength=4) / len(onset),
            [notes.pitch.mean() / 30, notes.pitch.std() / 10, np.ptp(notes.pitch) / 40],
            [np.log(len(onset) / span + 0.1), len(onsets) / span, len(onset) / len(onsets), length.sum() / span / 4],
        ]
    )


def _histogram(values: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
    """Shares of the values below the first edge, from it to the second, … and from the last on; zeros of no values."""
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return counts / max(len(values), 1)
