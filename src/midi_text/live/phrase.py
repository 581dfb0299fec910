"""What has been played: by the player in seconds, by us on the grid; together the music that the model goes on from.

A player's onsets are laid on sixteenths or triplets of a quarter note, whichever fits all onsets of that quarter better
(grid fitting as in `facts.grid`); ends go to the nearest twelfth of a quarter. The sustain pedal is not heard.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import symusic

from ..tokenization_midi_text import MidiTextTokenizer
from .grid import POSITIONS, Timeline
from .stream import DRUMS, LiveNote

DRUM_CHANNEL = 9
_TICKS_PER_QUARTER = 48  # as the events: 12 positions a beat, down to sixteenth-note beats
_RECORDED_TICKS = 480  # in a quarter note of a recording: a millisecond at 125 BPM
_SHORTEST = 2  # twelfths of a beat; a staccato that is shorter would be a grace note on paper


@dataclass
class Heard:
    """A note as it was played; `end` is None while it sounds."""

    start: float
    pitch: int
    velocity: int
    program: int
    end: float | None = None


class Listener:
    """Turns a player's messages into notes.

    Attributes:
        notes: In the order of their onsets.
    """

    def __init__(self) -> None:
        self.notes: list[Heard] = []
        self._sounding: dict[tuple[int, int], Heard] = {}
        self._programs: dict[int, int] = {}

    def hear(self, message: Sequence[int], at: float) -> None:
        """Takes in one MIDI message; what is no note or program is passed over."""
        if len(message) < 2:
            return
        kind, channel = message[0] >> 4, message[0] & 15
        if kind == 0xC:
            self._programs[channel] = message[1]
        elif kind in (0x8, 0x9):
            key = channel, message[1]
            before = self._sounding.pop(key, None)
            if before is not None:
                before.end = at
            if kind == 0x9 and message[2] > 0:
                program = DRUMS if channel == DRUM_CHANNEL else self._programs.get(channel, 0)
                self._sounding[key] = Heard(at, message[1], message[2], program)
                self.notes.append(self._sounding[key])

    def since(self, time: float) -> list[Heard]:
        """Notes that began at `time` or later."""
        return self.notes[bisect_left(self.notes, time, key=lambda note: note.start) :]


def quantise(notes: Sequence[Heard], timeline: Timeline, now: float) -> list[LiveNote]:
    """A player's notes on the grid; one that still sounds is taken to end now."""
    if not notes:
        return []
    metre = timeline.now.metre
    beats_in_quarter, bar_quarters = metre[1] / 4, 4 * metre[0] / metre[1]
    start = np.array([timeline.bar_at(note.start) for note in notes]) * bar_quarters
    end = np.array([timeline.bar_at(now if note.end is None else note.end) for note in notes]) * bar_quarters
    unit = beats_in_quarter * POSITIONS  # positions in a quarter
    onset = np.round(snap(start) * unit).astype(np.int64)
    length = np.maximum(np.round(end * unit).astype(np.int64) - onset, _SHORTEST)
    bars, positions = np.divmod(onset, POSITIONS * metre[0])
    return [
        LiveNote(int(bar), int(position), int(long), note.pitch, note.velocity, note.program)
        for note, bar, position, long in zip(notes, bars, positions, length, strict=True)
    ]


def snap(quarters: np.ndarray) -> np.ndarray:
    """Onsets in quarter notes, moved to the fourths or thirds of each quarter note, whichever lies nearer to all."""
    fours, threes = np.round(quarters * 4) / 4, np.round(quarters * 3) / 3
    _, quarter = np.unique(np.floor(quarters + 0.1), return_inverse=True)  # an early onset belongs to its beat
    off_fours = np.bincount(quarter, np.abs(quarters - fours))
    off_threes = np.bincount(quarter, np.abs(quarters - threes))
    return np.where((off_threes < 0.5 * off_fours)[quarter], threes, fours)


def encode_bars(
    tokenizer: MidiTextTokenizer, notes: Iterable[LiveNote], bars: tuple[int, int], grid: tuple[float, tuple[int, int]]
) -> tuple[list[int], int]:
    """The music of some bars as joint ids.

    Args:
        tokenizer: The tokenizer.
        notes: Notes; those of other bars are left out.
        bars: First bar, and the bar after the last; empty bars at the start are left out, at the end they are written.
        grid: Tempo in quarter notes a minute and metre.

    Returns:
        The ids, () where no note is left, and the number of the first bar that stands in them.
    """
    inside = [note for note in notes if bars[0] <= note.bar < bars[1]]
    if not inside:
        return [], bars[1]
    first = min(note.bar for note in inside)
    tempo, metre = grid
    tick = 4 * _TICKS_PER_QUARTER // metre[1] // POSITIONS
    score = symusic.Score(_TICKS_PER_QUARTER)
    score.tempos.append(symusic.Tempo(0, qpm=round(tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for program in sorted({note.program for note in inside}):
        track = symusic.Track(program=program % DRUMS, is_drum=program == DRUMS)
        for note in inside:
            if note.program == program:
                at = ((note.bar - first) * metre[0] * POSITIONS + note.position) * tick
                track.notes.append(symusic.Note(at, note.length * tick, note.pitch, note.velocity))
        score.tracks.append(track)
    encoded = tokenizer.encode_score(score)
    names = tokenizer.base_events
    empty = tokenizer.merge([[names.index("Bar_None"), names.index("TimeSig_{}/{}".format(*metre))]])[0]
    return encoded.ids + empty * (bars[1] - first - encoded.bars_total), first


def recording(parts: dict[str, Sequence[Heard]], timeline: Timeline, now: float) -> symusic.Score | None:
    """What was played, as it was played, with a tempo for every grid; None where nothing was.

    Args:
        parts: Notes by whose they are; tracks are named so.
        timeline: The grids of the session.
        now: When notes end that still sound.
    """
    if not timeline or not any(parts.values()):
        return None
    metre = timeline.now.metre
    bar_ticks = _RECORDED_TICKS * 4 * metre[0] / metre[1]

    def tick(time: float) -> int:
        return max(0, round(timeline.bar_at(time) * bar_ticks))

    score = symusic.Score(_RECORDED_TICKS)
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for grid in timeline.grids:
        score.tempos.append(symusic.Tempo(round(grid.first_bar * bar_ticks), qpm=grid.tempo_bpm))
    for name, notes in parts.items():
        for program in sorted({note.program for note in notes}):
            track = symusic.Track(name=name, program=program % DRUMS, is_drum=program == DRUMS)
            for note in notes:
                if note.program == program:
                    at = tick(note.start)
                    length = max(1, tick(now if note.end is None else note.end) - at)
                    track.notes.append(symusic.Note(at, length, note.pitch, note.velocity))
            score.tracks.append(track)
    return score
