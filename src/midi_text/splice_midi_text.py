"""New bars set into a score as it was read, so that what nobody asked to change stays as it is.

The model hears a score on its grid (`EventVocabulary.quantize`). :class:`Splice` knows which note of the score as it
was read each heard note is. So untouched notes keep their exact ticks, durations, velocities and tracks, and the score
keeps its controllers, pedals, pitch bends, lyrics, markers, key signatures and tempo map; only what was written anew
stands on the grid. Tracks keep their order and names; a program that no track has gets a track of its own.

Where a score cannot be followed onto the grid (metres that the vocabulary lacks, a time base too coarse), the quantized
score takes its place, and what quantizing loses is lost: see `EventVocabulary.quantize`. A new note that would start
while the same pitch of the same track still sounds, or end after it starts again, gives way: MIDI cannot say it.
"""

from __future__ import annotations

import numpy as np
import symusic
from symusic.core import NoteTickList, ScoreTick, TempoTickList, TimeSignatureTickList

from .bars_midi_text import bar_starts
from .events_midi_text import TICKS_PER_QUARTER
from .grammar_midi_text import DRUMS
from .instruments_midi_text import gm_name
from .masks_midi_text import ColumnReader, Columns, Mask

_POSITIONS = 12  # a beat


class Splice:
    """A score and the columns in which the model heard it.

    Args:
        score: As it was read; never changed.
        heard: The same quantized, 48 ticks a quarter.
        columns: The same as columns.
        reader: Which read them.

    Attributes:
        score: What new bars are set into: the score as it was read, or the quantized one.
        exact: Whether it is the score as it was read.
    """

    def __init__(self, score: ScoreTick, heard: ScoreTick, columns: Columns, reader: ColumnReader) -> None:
        self.columns, self.reader = columns, reader
        self.metres = [divmod(code, 100) for code in reader.values[columns.metres].tolist()]
        self.exact = self._follow(score)
        if not self.exact and not self._follow(heard):
            raise ValueError("a quantized score must lie on the grid of its own events; this one does not")

    def _follow(self, score: ScoreTick) -> bool:
        """Finds each note's bar and position; False where they are not those that the model heard."""
        scale = score.ticks_per_quarter / TICKS_PER_QUARTER
        if min(4 * score.ticks_per_quarter // unit for _, unit in self.metres) < _POSITIONS:
            return False
        lengths = [48 * beats * 4 // unit for beats, unit in self.metres]
        grid = np.concatenate([[0], np.cumsum(lengths)])
        lines = bar_starts(score)
        known = min(len(lines), len(grid))
        if known < self.columns.bars or np.abs(lines[:known] / scale - grid[:known]).max() > 0.5 / scale + 1e-9:
            return False
        if known < len(grid):
            lines = np.append(lines, round(grid[-1] * scale))
        per_quarter = 3 * max(4, *(unit for _, unit in self.metres))
        near = score.resample(per_quarter, min_dur=1)
        beats = np.array([48 * 4 // (unit * _POSITIONS) for _, unit in self.metres])
        self.places: list[np.ndarray] = []
        found: set[tuple[int, ...]] = set()
        for track, moved in zip(score.tracks, near.tracks, strict=True):
            ticks = moved.notes.numpy()["time"].astype(np.int64) * (TICKS_PER_QUARTER // per_quarter)
            if len(ticks) != len(track.notes):
                return False
            bar = np.minimum(np.searchsorted(grid, ticks, side="right") - 1, self.columns.bars - 1)
            position = np.round((ticks - grid[bar]) / beats[bar]).astype(np.int64)
            over = (position * beats[bar] >= np.array(lengths)[bar]) & (bar + 1 < self.columns.bars)
            bar, position = bar + over, np.where(over, 0, position)
            pitch = track.notes.numpy()["pitch"].astype(np.int64)
            program = np.full_like(bar, DRUMS if track.is_drum else track.program)
            self.places.append(np.column_stack([bar, position, program, pitch]))
            found.update(map(tuple, self.places[-1].tolist()))
        self.score, self.lines = score, lines[: self.columns.bars + 1]
        return found == set(map(tuple, self._keys(self.columns).tolist()))

    def _keys(self, columns: Columns) -> np.ndarray:
        return np.column_stack([columns.notes[:, :3], self.reader.values[columns.notes[:, 3]]])

    # -- the three ways to change it -----------------------------------------------------------------------------

    def filled(self, mask: Mask, written: Columns) -> ScoreTick:
        """The score with new notes in place of the masked ones.

        Args:
            mask: What goes.
            written: Columns of the whole piece; of them the notes that the mask hides.
        """
        out = self.score.copy()
        chosen = np.zeros(self.columns.bars, bool)
        chosen[list(mask.bars)] = True
        for track, places in zip(out.tracks, self.places, strict=True):
            gone = chosen[places[:, 0]]
            if mask.programs is not None:
                gone &= np.isin(places[:, 2], mask.programs)
            track.notes = _kept(track.notes, ~gone)
        self._add(out, written.notes[written.hides(mask)])
        return _without_empty(out)

    def appended(self, longer: Columns) -> ScoreTick:
        """The score and, from the bar line after its last bar with an onset, what a longer piece has beyond it.

        Args:
            longer: Columns that begin with those of the score.
        """
        out, bars = self.score.copy(), self.columns.bars
        end = int(self.lines[-1])
        out.tempos = TempoTickList([tempo for tempo in out.tempos if tempo.time < end])
        out.time_signatures = TimeSignatureTickList([metre for metre in out.time_signatures if metre.time < end])
        metres = [divmod(code, 100) for code in self.reader.values[longer.metres].tolist()]
        lines = [end]
        for bar in range(bars, longer.bars):
            if metres[bar] != metres[bar - 1]:
                out.time_signatures.append(symusic.TimeSignature(lines[-1], *metres[bar]))
            lines.append(lines[-1] + metres[bar][0] * 4 * out.ticks_per_quarter // metres[bar][1])
        self.lines, self.metres = np.append(self.lines[:-1], lines), metres
        for bar, position, tempo in longer.tempi[longer.tempi[:, 0] >= bars].tolist():
            time = self._ticks(np.array([bar]), np.array([position]))[0]
            out.tempos.append(symusic.Tempo(int(time), float(self.reader.values[tempo])))
        self._add(out, longer.notes[longer.notes[:, 0] >= bars])
        return out

    def restyled(self, refined: Columns) -> ScoreTick:
        """The score with other velocities and another tempo map; every note keeps its ticks.

        Args:
            refined: Columns with the same notes.
        """
        out = self.score.copy()
        velocities = dict(
            zip(
                map(tuple, self._keys(refined).tolist()),
                self.reader.values[refined.notes[:, 4]].tolist(),
                strict=True,
            )
        )
        for track, places in zip(out.tracks, self.places, strict=True):
            notes = track.notes.numpy()
            loud = [velocities[tuple(place)] for place in places.tolist()]
            track.notes = NoteTickList.from_numpy(
                notes["time"], notes["duration"], notes["pitch"], np.array(loud, np.int8)
            )
        times = self._ticks(refined.tempi[:, 0], refined.tempi[:, 1])
        tempi = self.reader.values[refined.tempi[:, 2]].tolist()
        out.tempos = TempoTickList(
            [symusic.Tempo(int(time), float(tempo)) for time, tempo in zip(times, tempi, strict=True)]
        )
        return out

    # -- writing notes -------------------------------------------------------------------------------------------

    def _ticks(self, bar: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Ticks of positions in bars, which may count past a bar's end."""
        beat = np.array([4 * self.score.ticks_per_quarter / unit for _, unit in self.metres])
        ticks: np.ndarray = np.rint(self.lines[bar] + position * beat[bar] / _POSITIONS).astype(np.int64)
        return ticks

    def _add(self, out: ScoreTick, notes: np.ndarray) -> None:
        """Adds notes, each to the first track of its program."""
        for program in np.unique(notes[:, 2]).tolist():
            own = notes[notes[:, 2] == program]
            track = next((t for t in out.tracks if (DRUMS if t.is_drum else t.program) == program), None)
            if track is None:
                drums = program == DRUMS
                track = symusic.Track(gm_name(program), 0 if drums else program, drums)
                out.tracks.append(track)
                track = out.tracks[-1]
            start = self._ticks(own[:, 0], own[:, 1])
            end = self._ticks(own[:, 0], own[:, 1] + self.reader.values[own[:, 5]])
            new = np.column_stack([start, np.maximum(end, start + 1), *self.reader.values[own[:, 3:5]].T])
            old = track.notes.numpy()
            kept = np.column_stack(
                [old["time"], old["time"].astype(np.int64) + old["duration"], old["pitch"], old["velocity"]]
            ).astype(np.int64)
            rows = np.concatenate([kept, _giving_way(new, kept)])
            rows = rows[np.lexsort([rows[:, 2], rows[:, 0]])]
            track.notes = NoteTickList.from_numpy(
                rows[:, 0].astype(np.int32),
                (rows[:, 1] - rows[:, 0]).astype(np.int32),
                rows[:, 2].astype(np.int8),
                rows[:, 3].astype(np.int8),
            )


def _giving_way(new: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """New notes (start, end, pitch, velocity) that leave the kept ones whole, and one another."""
    out = []
    for pitch in np.unique(new[:, 2]).tolist():
        old = kept[kept[:, 2] == pitch]
        own = new[new[:, 2] == pitch]
        own = own[np.argsort(own[:, 0], kind="stable")]
        for row, following in zip(own, [*own[1:, 0].tolist(), 2**62], strict=True):
            later = old[old[:, 0] >= row[0], 0]
            until = min(int(row[1]), following, int(later.min()) if len(later) else 2**62)
            sounds = (old[:, 0] <= row[0]) & (old[:, 1] > row[0])
            if until > row[0] and not sounds.any():
                out.append([row[0], until, row[2], row[3]])
    return np.array(out, np.int64).reshape(-1, 4)


def _kept(notes: NoteTickList, keep: np.ndarray) -> NoteTickList:
    columns = notes.numpy()
    return NoteTickList.from_numpy(*(columns[name][keep] for name in ("time", "duration", "pitch", "velocity")))


def _without_empty(score: ScoreTick) -> ScoreTick:
    """The score without tracks that have fallen silent."""
    silent = [index for index, track in enumerate(score.tracks) if not len(track.notes)]
    for index in reversed(silent):
        del score.tracks[index]
    return score


__all__ = ["Splice"]
