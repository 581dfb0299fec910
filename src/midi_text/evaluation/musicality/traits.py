"""Traits: six plain figures of a piece, and whether they lie where those of human music do (the band score).

The figures are those that the field has used longest, after MusPy (Dong et al., ISMIR 2020), with two of its habits
left: groove is compared at sixteen steps a bar (at a file's native resolution it is 1.0 for everything), and polyphony
is the mean number of pitches that sound while any does (its rate "2" means three voices or more). More is not better in
any of them; what matters is whether people write so. The band of a figure holds the middle 90 % of a reference set,
and the score of a piece is the share of its figures inside: about 0.90 for such music itself, by construction.

A figure that a piece cannot have (pitch classes of drums alone, groove of one bar) is left out of its share.
"""

from __future__ import annotations

import numpy as np

from ...facts.similarity import POSITIONS
from ...facts.view import Notes, View

TRAITS = ("pitch_class_entropy", "scale_consistency", "polyphony", "groove", "empty_beat_rate", "notes_per_beat")
BAND = (5, 95)  # percentiles
_SCALES = np.array(
    [np.isin((np.arange(12) - tonic) % 12, scale) for scale in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
     for tonic in range(12)]
)  # fmt: skip


def measure_traits(view: View) -> np.ndarray:
    """The figures of a piece in the order of `TRAITS`, float64, shape (6,); NaN where it has none.

    Pitch-class entropy in bits, of numbers of notes; scale consistency as the share of notes in the best major or
    natural minor scale; polyphony in pitches; groove as 1 less the share of sixteen steps in which neighbouring bars
    differ in whether a note begins; empty beats as a share of the quarter notes up to the end in which nothing begins;
    notes, drums included, per quarter note.
    """
    entropy = consistency = polyphony = np.nan
    if len(view.pitched):
        counts = np.bincount(view.pitched.pitch % 12, minlength=12).astype(np.float64)
        entropy = pitch_class_entropy(counts)
        consistency = float((_SCALES @ counts).max() / counts.sum())
        polyphony = _polyphony(view.pitched)
    beats = max(int(np.ceil(view.beats(view.notes.end.max()))), 1)
    begun = np.unique(view.notes.time // view.ticks_per_quarter)
    empty = 1 - len(begun) / max(beats, int(begun[-1]) + 1)
    return np.array([entropy, consistency, polyphony, _groove(view), empty, len(view.notes) / beats])


def pitch_class_entropy(counts: np.ndarray) -> float:
    """Bits of a histogram, 0 .. log2 of its bins.

    Raises:
        ValueError: If nothing was counted.
    """
    if not counts.sum() > 0:
        raise ValueError("a histogram must count something to have an entropy; its sum is 0")
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _polyphony(notes: Notes) -> float:
    """Notes that sound, on average over the ticks in which any does."""
    ends = np.maximum.accumulate(notes.end)
    silence = np.maximum(notes.time[1:] - ends[:-1], 0).sum()
    return float(notes.duration.sum() / (ends[-1] - notes.time[0] - silence))


def _groove(view: View) -> float:
    bar = view.bar_of(view.notes.time)
    start, length = view.bar_lines[bar], np.maximum(np.diff(view.bar_lines)[bar], 1)
    step = np.minimum((2 * (view.notes.time - start) * POSITIONS + length) // (2 * length), POSITIONS - 1)
    begins = np.zeros((view.bars, POSITIONS), bool)
    begins[bar, step] = True
    return float(1 - (begins[1:] != begins[:-1]).mean()) if view.bars > 1 else np.nan


def band_of(traits: np.ndarray) -> np.ndarray:
    """The band of each figure of a reference set.

    Args:
        traits: Shape (pieces, 6), as `measure_traits` of each.

    Returns:
        Lowest and highest value inside, shape (2, 6).

    Raises:
        ValueError: If a figure has no value at all.
    """
    if traits.ndim != 2 or traits.shape[1] != len(TRAITS) or np.isnan(traits).all(0).any():
        raise ValueError(f"a band needs {len(TRAITS)} figures, each known of one piece or more; got {traits.shape}")
    return np.nanpercentile(traits, BAND, axis=0)


def inside_band(traits: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Of each figure, 1.0 inside the band, 0.0 outside, NaN where there is none; shape of `traits`, (..., 6)."""
    inside = ((traits >= band[0]) & (traits <= band[1])).astype(np.float64)
    return np.where(np.isnan(traits), np.nan, inside)
