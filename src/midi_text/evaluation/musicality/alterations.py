"""Music made worse in known ways: the reference points that a musicality figure must tell from music.

`shuffled_bars` keeps every bar and loses how they follow; `corrupted` keeps the plan and spoils a share of the notes. A
figure that does not move is blind to what was lost, and a table that shows both says how much a difference is worth.
The same seed spoils the same notes first, so that what is spoiled at 5 % is among what is spoiled at 10 %.
"""

from __future__ import annotations

import numpy as np
from symusic.core import NoteTickList, ScoreTick

from ...bars_midi_text import bar_starts

SHARES = (0.05, 0.1, 0.25, 0.5)
_LEAPS = np.array([-6, -4, -3, -2, -1, 1, 2, 3, 4, 6])  # semitones
_SHIFTS = np.array([-0.25, 0.25, 0.5])  # quarter notes
_JITTER = 0.12


def shuffled_bars(score: ScoreTick, seed: int) -> ScoreTick:
    """The bars of a piece in random order; tempi and metres stay, since a bar only takes the place of one as long.

    Args:
        score: As `read_score` gives it.
        seed: Of the order.
    """
    lines = bar_starts(score)
    lengths = np.diff(lines)
    rng = np.random.default_rng(seed)
    place = np.arange(len(lengths))  # where each bar goes
    for length in np.unique(lengths):
        own = np.flatnonzero(lengths == length)
        place[own] = rng.permutation(own)
    result = score.copy()
    for track in result.tracks:
        notes = track.notes.numpy()
        bar = np.searchsorted(lines[1:-1], notes["time"], side="right")
        time = notes["time"] - lines[bar] + lines[place[bar]]
        track.notes = _note_list(time, notes["duration"], notes["pitch"], notes["velocity"])
    return result


def corrupted(score: ScoreTick, share: float, seed: int) -> ScoreTick:
    """A piece with a share of its notes spoiled.

    A spoiled note moves by one to four semitones or a tritone, up or down, and every other one also by a sixteenth
    back, or a sixteenth or an eighth on, and there up to 0.12 quarter notes off the beat. Drums move in time only.

    Args:
        score: As `read_score` gives it.
        share: Of the notes, 0..1.
        seed: Of which, and how.

    Raises:
        ValueError: If the share is none.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1; got {share}")
    rng = np.random.default_rng(seed)
    result, beat = score.copy(), score.ticks_per_quarter
    counts = [len(track.notes) for track in result.tracks]
    total = sum(counts)
    spoiled = np.zeros(total, bool)
    spoiled[rng.permutation(total)[: round(share * total)]] = True
    leap = rng.choice(_LEAPS, total)
    shift = np.round((rng.choice(_SHIFTS, total) + rng.uniform(-_JITTER, _JITTER, total)) * beat).astype(np.int64)
    shift = np.where(rng.random(total) < 0.5, shift, 0)
    first = 0
    for track, count in zip(result.tracks, counts, strict=True):
        own = slice(first, first + count)
        notes, bad = track.notes.numpy(), spoiled[own]
        time = np.maximum(notes["time"] + np.where(bad, shift[own], 0), 0)
        pitch = notes["pitch"].astype(np.int64)
        if not track.is_drum:
            moved = pitch + np.where(bad, leap[own], 0)
            pitch = np.where((moved < 0) | (moved > 127), pitch - np.where(bad, leap[own], 0), moved)
        track.notes = _note_list(time, notes["duration"], pitch, notes["velocity"])
        first += count
    return result


def _note_list(time: np.ndarray, duration: np.ndarray, pitch: np.ndarray, velocity: np.ndarray) -> NoteTickList:
    """Notes in order."""
    order = np.lexsort((pitch, time))
    return NoteTickList.from_numpy(
        time[order].astype(np.int32), duration[order].astype(np.int32), pitch[order].astype(np.int8), velocity[order]
    )
