"""Steadiness: do the notes keep to the beat, and how many of them are noise?

*Tempo consistency* is the length of the mean of exp(2πi · 4 · onset in quarter notes) over the notes: 1 where every
onset lies on one grid of sixteenths, wherever it begins, 0 where they lie anywhere. Triplets lower it, a moved
sixteenth does not.

*Symbolic SNR* is 10 · log10((S + ½) / (N + ½)) in decibels, S and N the notes of signal and of noise. A note is noise:

- if its onset is more than 0.08 quarter notes off the grid of sixteenths and off that of triplets,
- if it is shorter than a sixteenth of a quarter note, or
- if it is foreign to the key of the piece (a minor key has its raised seventh, too) and neither belongs to a sounding
  chord (two other notes or more sound at its onset a third, fourth, fifth, sixth or octave above or below) nor moves by
  step (a note begins a semitone or a tone away within a quarter note).

Both count quarter notes, in every metre. Drums have no key and need no length. What SNR does not forgive: written
thirty-seconds, freely played onsets, and passages in another key than the piece's.
"""

from __future__ import annotations

import numpy as np

from ...facts.view import Notes, View

OFF_GRID = 0.08  # quarter notes
SHORTEST = 1 / 16
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
_CONSONANT = np.isin(np.arange(12), (0, 3, 4, 7, 8, 9))  # a member of a triad hears the others at these intervals
_TOGETHER, _STILL_SOUNDING, _RESOLVED = 1e-3, 0.05, 1.01  # quarter notes
_BLOCK = 256  # foreign notes judged at once


def tempo_consistency(onsets: np.ndarray) -> float:
    """How well onsets agree on one grid of sixteenths, 0..1.

    Args:
        onsets: In quarter notes, shape (n,), n >= 1.

    Raises:
        ValueError: If there is no onset.
    """
    if not len(onsets):
        raise ValueError("tempo consistency needs at least one onset; got none")
    return float(abs(np.exp(2j * np.pi * 4 * np.asarray(onsets)).mean()))


def symbolic_snr(view: View) -> float:
    """Signal over noise in decibels."""
    noise = int(noise_notes(view).sum())
    return float(10 * np.log10((len(view.notes) - noise + 0.5) / (noise + 0.5)))


def noise_notes(view: View) -> np.ndarray:
    """Which of `view.notes` are noise, bool, shape (n,)."""
    notes = view.notes
    onset, length = view.beats(notes.time), view.beats(notes.duration)
    drums = np.array([track.is_drums for track in view.tracks])[notes.track]
    off = np.minimum(*(np.abs(onset * parts - np.round(onset * parts)) / parts for parts in (4, 3)))
    noise = (off > OFF_GRID) | ((length < SHORTEST) & ~drums)
    noise[~drums] |= _out_of_place(view)
    return noise


def _out_of_place(view: View) -> np.ndarray:
    """Which of `view.pitched` are foreign to the key, in no chord and not resolved."""
    notes, key = view.pitched, view.facts.key
    wrong = np.zeros(len(notes), bool)
    if key is None:
        return wrong
    foreign = np.flatnonzero(~np.isin((notes.pitch - key.tonic) % 12, _SCALES[key.mode]))
    onset, longest = view.beats(notes.time), float(view.beats(notes.duration.max()))
    for first in range(0, len(foreign), _BLOCK):
        block = foreign[first : first + _BLOCK]
        low = np.searchsorted(onset, onset[block[0]] - longest - _TOGETHER)
        high = np.searchsorted(onset, onset[block[-1]] + _RESOLVED)
        near = np.arange(low, high)
        wrong[block] = ~_explained(view, notes, block, near)
    return wrong


def _explained(view: View, notes: Notes, block: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Which notes of a block belong to a sounding chord or move by step to one of the notes near them."""
    onset, end = view.beats(notes.time), view.beats(notes.end)
    later = onset[near] - onset[block][:, None]
    leap = notes.pitch[near] - notes.pitch[block][:, None]
    sounding = (later <= _TOGETHER) & (end[near] > onset[block][:, None] + _STILL_SOUNDING) & (near != block[:, None])
    in_chord = (sounding & _CONSONANT[leap % 12]).sum(1) >= 2
    follows = (later > _TOGETHER) & (later < _RESOLVED)
    return in_chord | (follows & np.isin(np.abs(leap), (1, 2))).any(1)
