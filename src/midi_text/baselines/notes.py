"""Music as the note models hear it: pitched notes of the 88 piano keys, each with a step and a duration in quarters.

A step is the time from the onset before (or from the start) to this onset: notes of one chord have steps of 0. Notes
are in the order of onset, then pitch. Lost on the way: drums, which instrument plays, velocities, tempi, metres; notes
outside A0 … C8 are moved in by octaves. Reading works on event ids before merging, as built rows hold them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import symusic
from symusic.core import ScoreTick

from ..events_midi_text import TICKS_PER_QUARTER

KEYS = 88
LOWEST = 21  # A0
GRID = 12  # steps of a quarter on which notes are written down
_KINDS = {"Bar": 1, "TimeSig": 2, "Position": 3, "Program": 4, "Pitch": 5}


@dataclass(frozen=True)
class Notes:
    """Notes as arrays of shape ``(N,)``: ``key`` 0 … 87, ``step`` and ``duration`` in quarters, float32."""

    key: np.ndarray
    step: np.ndarray
    duration: np.ndarray

    def __len__(self) -> int:
        return len(self.key)


class NoteReader:
    """Event ids to `Notes`.

    Args:
        names: The events by id, ``EventVocabulary().names``.
    """

    def __init__(self, names: Sequence[str]):
        self._kind = np.zeros(len(names), np.int8)
        self._value = np.zeros(len(names), np.int64)
        self._beat = np.zeros(len(names))  # of a metre, in quarters
        for i, name in enumerate(names):
            kind, value = name.split("_", 1)
            self._kind[i] = _KINDS.get(kind, 0)
            if kind == "TimeSig":
                numerator, denominator = map(int, value.split("/"))
                self._value[i], self._beat[i] = numerator, 4 / denominator
            elif kind in ("Position", "Pitch", "Program"):
                self._value[i] = int(value)
            elif kind == "Duration":
                beats, part, parts = map(int, value.split("."))
                self._value[i] = 12 * beats + part * 12 // parts

    def read(self, events: np.ndarray) -> Notes:
        """The pitched notes of well-formed events, shape ``(E,)``; there may be none."""
        events = np.asarray(events, np.int64)
        kind, value = self._kind[events], self._value[events]
        metres = events[kind == _KINDS["TimeSig"]]
        beats = self._beat[metres]
        lines = np.concatenate([[0.0], np.cumsum(self._value[metres] * beats)])
        at = np.flatnonzero(kind == _KINDS["Pitch"])
        bar = np.cumsum(kind == _KINDS["Bar"])[at] - 1
        last = np.maximum.accumulate(np.where(kind == _KINDS["Position"], np.arange(len(events)), 0))[at]
        onset = lines[bar] + value[last] / 12 * beats[bar]
        key = _folded(value[at]) - LOWEST
        order = np.lexsort((key, onset))
        onset = onset[order]
        duration = (value[at + 2] / 12 * beats[bar])[order]
        return Notes(key[order], np.diff(onset, prepend=0.0).astype(np.float32), duration.astype(np.float32))


def _folded(pitch: np.ndarray) -> np.ndarray:
    """MIDI pitches moved by octaves into the 88 keys."""
    high = LOWEST + KEYS - 1
    up = -(-np.maximum(LOWEST - pitch, 0) // 12)
    down = -(-np.maximum(pitch - high, 0) // 12)
    return pitch + 12 * (up - down)


def write_notes(notes: Notes, program: int = 0, tempo_bpm: float = 120.0) -> ScoreTick:
    """Notes as a score of one instrument in 4/4, all equally loud, on a grid of twelfths of a quarter.

    Of two notes that fall on the same key and place, the first stays.

    Raises:
        ValueError: If there is no note.
    """
    if not len(notes):
        raise ValueError("a score needs at least one note to be written; got none")
    tick = TICKS_PER_QUARTER // GRID
    onset = np.rint(np.cumsum(notes.step.astype(np.float64)) * GRID).astype(int)
    length = np.maximum(np.rint(notes.duration * GRID).astype(int), 1)
    score = symusic.Score(TICKS_PER_QUARTER)
    score.tempos.append(symusic.Tempo(0, tempo_bpm))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(program=program)
    taken = set()
    for key, start, duration in zip(notes.key.tolist(), onset.tolist(), length.tolist(), strict=True):
        if (key, start) not in taken:
            taken.add((key, start))
            track.notes.append(symusic.Note(start * tick, duration * tick, key + LOWEST, 80))
    score.tracks.append(track)
    return score


def leading_program(score: ScoreTick) -> int:
    """The program of the track with the most pitched notes; 0 where only drums play."""
    pitched = [track for track in score.tracks if not track.is_drum]
    return max(pitched, key=lambda track: len(track.notes)).program if pitched else 0


def first_tempo(score: ScoreTick) -> float:
    """The first tempo in quarters a minute, 120 where none is stated."""
    return float(score.tempos[0].qpm) if len(score.tempos) else 120.0
