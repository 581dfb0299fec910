"""Lines: the notes of one program as steps from note to note, free of transposition.

A step is sixteen bits: the interval in semitones (plus 128) and the time in twelfths of a quarter note (plus 1, at most
255); the first note of a line has the step 0, which separates lines. So a line has as many steps as notes, and one flat
array holds all lines. `novelty` says what counts and why. Lines of training examples are read straight from their
events, thousands at a time, since decoding each would take an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...events_midi_text import TICKS_PER_QUARTER
from ...facts.view import View
from .built import BuiltEvents
from .heard import STEPS, steps

_LONGEST = 254  # twelfths of a quarter note
_PITCHES = 128


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines one after the other.

    Attributes:
        steps: uint16, shape (notes,), 0 where a line begins.
        starts: Where each begins, int32, shape (lines,).
        owners: The example or piece of each, int32, shape (lines,).
    """

    steps: np.ndarray
    starts: np.ndarray
    owners: np.ndarray


def make_lines(owner: np.ndarray, program: np.ndarray, onset: np.ndarray, pitch: np.ndarray) -> Lines:
    """Lines of pitched notes in any order.

    Args:
        owner: The example or piece of each note, shape (n,).
        program: 0..127.
        onset: In `STEPS` a quarter note.
        pitch: 0..127.
    """
    line = owner.astype(np.int64) * 128 + program
    order = np.lexsort((onset * _PITCHES + pitch, line))
    line, onset, pitch = line[order], onset[order], pitch[order]
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    later = np.minimum(np.diff(onset, prepend=0), _LONGEST) + 1
    found = (np.diff(pitch, prepend=0) + 128) * 256 + later
    found[starts] = 0
    return Lines(found.astype(np.uint16), starts.astype(np.int32), (line[starts] // 128).astype(np.int32))


def lines_of_view(view: View) -> Lines:
    """The lines of a piece."""
    notes = view.pitched
    programs = np.array([track.program for track in view.tracks])
    return make_lines(np.zeros(len(notes), np.int64), programs[notes.track], steps(view, notes.time), notes.pitch)


def lines_of_events(events: BuiltEvents, names: Sequence[str], first: int, last: int) -> Lines:
    """The lines of examples ``first`` .. ``last - 1``, as those of their scores are.

    Args:
        events: As the encoder writes them: a metre after every bar, a position and a program before every note.
        names: The events by id.
        first: An example.
        last: The one after the last.
    """
    flat = events.flat[events.offsets[first] : events.offsets[last]].astype(np.int64)
    kinds = np.array([name.split("_", 1)[0] for name in names])
    values = [name.split("_", 1)[1] for name in names]
    tables = {kind: _numbers(kinds, values, kind) for kind in ("Position", "Program", "Pitch")}
    bar_ticks, position_ticks = _metre_tables(kinds, values)
    metres, moments, programs, pitches = (
        np.flatnonzero((kinds == kind)[flat]) for kind in ("TimeSig", "Position", "Program", "Pitch")
    )
    lengths = bar_ticks[flat[metres]]
    begins = np.cumsum(lengths) - lengths
    bar = np.searchsorted(metres, pitches) - 1
    moment = flat[moments[np.searchsorted(moments, pitches) - 1]]
    begin_of = events.offsets[first : last + 1] - events.offsets[first]
    owner = np.searchsorted(begin_of, pitches, side="right") - 1
    origin = begins[np.searchsorted(metres, begin_of[owner])]
    ticks = begins[bar] - origin + tables["Position"][moment] * position_ticks[flat[metres[bar]]]
    program = tables["Program"][flat[programs[np.searchsorted(programs, pitches) - 1]]]
    onset = (2 * STEPS * ticks + TICKS_PER_QUARTER) // (2 * TICKS_PER_QUARTER)
    return make_lines(owner + first, program, onset, tables["Pitch"][flat[pitches]])


def join_lines(parts: Sequence[Lines]) -> Lines:
    """Lines of several sets as one; none of none."""
    if not parts:
        return Lines(np.zeros(0, np.uint16), np.zeros(0, np.int32), np.zeros(0, np.int32))
    sizes = np.cumsum([0, *(len(part.steps) for part in parts)])
    return Lines(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.starts + size for part, size in zip(parts, sizes[:-1], strict=True)]).astype(np.int32),
        np.concatenate([part.owners for part in parts]),
    )


def _numbers(kinds: np.ndarray, values: Sequence[str], kind: str) -> np.ndarray:
    """The number in the name of every event of a kind, 0 of others."""
    return np.array([int(value) if of == kind else 0 for of, value in zip(kinds, values, strict=True)])


def _metre_tables(kinds: np.ndarray, values: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Ticks of a bar and of a position in every metre, 0 where an event is none."""
    table = np.zeros((2, len(values)), np.int64)
    for number in np.flatnonzero(kinds == "TimeSig").tolist():
        numerator, denominator = map(int, values[number].split("/"))
        beat = 4 * TICKS_PER_QUARTER // denominator
        table[:, number] = numerator * beat, beat // 12
    return table[0], table[1]
