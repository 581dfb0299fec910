"""A prepared score becomes event ids: those that miditok's REMI writes, in arrays instead of one object an event.

Writing was the slowest step of reading a corpus. Every event has a place in the stream: its tick, and at one tick bars
with their metre come before the position, the position before the tempo, the tempo before the notes, track by track.
So a stable sort of whole columns is all there is to it. What a prepared score is, and the grammar, stand in
`events_midi_text`; a test compares every id with miditok's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from symusic.core import ScoreTick

POSITIONS = 12  # a beat
_WIDTH = 4  # ids of the longest place: program, pitch, velocity, duration


class EventWriter:
    """The tables of one vocabulary.

    Args:
        names: The events by id.
    """

    def __init__(self, names: Sequence[str]):
        self._ids = {name: i for i, name in enumerate(names)}
        self._pitch = np.stack([self._table("Pitch", 128), self._table("PitchDrum", 128)])
        self._program = np.append(self._table("Program", 128), self._ids["Program_-1"])
        self._velocity = self._table("Velocity", 128)
        self._position = self._table("Position", 1 + max(self._values("Position")))
        self._durations: dict[int, np.ndarray] = {}

    def write(self, score: ScoreTick) -> list[int]:
        """The event ids of a score whose every value stands in the vocabulary.

        Args:
            score: Onsets on the grid, at least one note, a metre and a tempo at tick 0 and none after the last onset.
        """
        metres, tempos = score.time_signatures.numpy(), score.tempos.numpy()
        starts = metres["time"].astype(np.int64)
        beats = 4 * score.ticks_per_quarter // metres["denominator"].astype(np.int64)  # in ticks
        time, notes = self._notes(score, starts, beats)
        ends = np.append(starts[1:], time[-1] + 1)
        lines, bars = self._bars(metres, starts, ends, beats)
        changes = tempos["time"].astype(np.int64)
        tempo_ids = np.array([self._ids[f"Tempo_{float(round(60e6 / mspq))}"] for mspq in tempos["mspq"].tolist()])
        moments = np.unique(np.concatenate([time, changes]))
        inside = moments - lines[np.searchsorted(lines, moments, side="right") - 1]
        positions = self._position[inside * POSITIONS // beats[np.searchsorted(starts, moments, side="right") - 1]]
        places = [(lines, bars), (moments, positions[:, None]), (changes, tempo_ids[:, None]), (time, notes)]
        order = np.argsort(np.concatenate([ticks for ticks, _ in places]), kind="stable")
        rows = np.full((len(order), _WIDTH), -1)
        first = 0
        for ticks, ids in places:
            rows[first : first + len(ticks), : ids.shape[1]] = ids
            first += len(ticks)
        ids = rows[order].ravel()
        return ids[ids >= 0].tolist()

    def _bars(
        self, metres: dict[str, np.ndarray], starts: np.ndarray, ends: np.ndarray, beats: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ticks of the bar lines, shape (bars,), and what stands there, shape (bars, 2)."""
        stretches = [np.arange(*span) for span in zip(starts, ends, beats * metres["numerator"], strict=True)]
        names = zip(metres["numerator"].tolist(), metres["denominator"].tolist(), strict=True)
        metre_ids = [self._ids[f"TimeSig_{numerator}/{denominator}"] for numerator, denominator in names]
        of_bar = np.repeat(metre_ids, [len(stretch) for stretch in stretches])
        return np.concatenate(stretches), np.column_stack([np.full(len(of_bar), self._ids["Bar_None"]), of_bar])

    def _notes(self, score: ScoreTick, starts: np.ndarray, beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The onsets in order, shape (n,), and program (where it changes, else -1), pitch, velocity, duration."""
        tracks = [(track.notes.numpy(), track.program, track.is_drum) for track in score.tracks]
        counts = [len(notes["time"]) for notes, *_ in tracks]
        columns = {
            name: np.concatenate([notes[name] for notes, *_ in tracks]).astype(np.int64)
            for name in ("time", "duration", "pitch", "velocity")
        }
        drums = np.repeat([int(is_drum) for *_, is_drum in tracks], counts)
        program = self._program[np.repeat([128 if is_drum else program for _, program, is_drum in tracks], counts)]
        beat = beats[np.searchsorted(starts, columns["time"], side="right") - 1]
        duration = np.empty_like(beat)
        for length in np.unique(beat).tolist():
            duration[beat == length] = self._duration(length)[columns["duration"][beat == length]]
        velocity = self._velocity[columns["velocity"]]
        rows = np.column_stack([program, self._pitch[drums, columns["pitch"]], velocity, duration])
        order = np.argsort(columns["time"], kind="stable")
        rows = rows[order]
        rows[1:, 0][rows[1:, 0] == rows[:-1, 0]] = -1
        return columns["time"][order], rows

    def _duration(self, beat: int) -> np.ndarray:
        """The id of every duration in ticks, -1 where there is none, in a metre whose beat has so many ticks."""
        if beat not in self._durations:
            values = [tuple(map(int, value.split("."))) for value in self._values_of("Duration")]
            ticks = [(whole * parts + rest) * beat // parts for whole, rest, parts in values]
            table = np.full(max(ticks) + 1, -1)
            table[ticks] = [self._ids[f"Duration_{value}"] for value in self._values_of("Duration")]
            self._durations[beat] = table
        return self._durations[beat]

    def _values_of(self, kind: str) -> list[str]:
        return [name.split("_", 1)[1] for name in self._ids if name.startswith(f"{kind}_")]

    def _values(self, kind: str) -> list[int]:
        return [int(value) for value in self._values_of(kind)]

    def _table(self, kind: str, size: int) -> np.ndarray:
        """The id of every whole number below `size`, -1 where the vocabulary has none."""
        table = np.full(size, -1)
        for value in self._values(kind):
            if value >= 0:
                table[value] = self._ids[f"{kind}_{value}"]
        return table


__all__ = ["EventWriter"]
