"""Masked music: what is hidden, what the encoder reads, what the decoder should write, and putting that back.

A :class:`Mask` hides the notes of some bars, of all programs or of a few. The encoder reads ``<infill> words <midi>
[<mask> Program_40 …] <mask> Bar_None TimeSig_4/4 … Bar_None … </midi>``: every hidden bar has ``<mask>`` before it and
keeps its metre, its tempi and the notes that are not hidden; where only some programs are hidden, they are named first.
The decoder writes the hidden notes of the hidden bars, one after the other, as a piece of its own: exactly what
`EventVocabulary.encode` gives for it, so silent bars after its last note are no part of it. It goes on from the bars
before the first hidden one, of the programs that are hidden (`lead_in`): what it remembers best is what it wrote.

Music is taken apart into columns (:class:`Columns`), by array operations alone: training makes many examples a second.
Bars count from 0, positions are those of the events, program 128 is the drum kit. Reading and writing lose nothing of
what `EventVocabulary.encode` wrote; a piece is read in windows of bars where it is longer than the model reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .grammar_midi_text import Event, read_event

LEAD_IN = 512  # ids of the default model
_PLACES = 4  # kinds of things at one position, in their order: bar line, position, tempo, notes
_POSITIONS = 4096  # more than a bar has
_EDGE = 4  # a window begins with a position and a tempo of its own


@dataclass(frozen=True)
class Mask:
    """What is hidden: the notes of some bars.

    Attributes:
        bars: The bars, from 0, ascending.
        programs: Whose notes, ascending, 128 for drums; None for all.
    """

    bars: tuple[int, ...]
    programs: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.bars or list(self.bars) != sorted(set(self.bars)) or self.bars[0] < 0:
            raise ValueError(f"a mask's bars must be one or more, ascending, from 0 on; got {self.bars}")
        if self.programs is not None and (not self.programs or list(self.programs) != sorted(set(self.programs))):
            raise ValueError(f"a mask's programs must be one or more, ascending, or None for all; got {self.programs}")

    def led(self, bars: int) -> Mask:
        """With so many of the bars before its first."""
        first = self.bars[0]
        return Mask((*range(first - bars, first), *self.bars), self.programs)


@dataclass(frozen=True)
class Columns:
    """Events taken apart; all arrays int64.

    Attributes:
        metres: The event id of every bar's metre, shape (bars,).
        tempi: Bar, position and event id of every tempo, shape (tempi, 3), ascending.
        notes: Bar, position, program, and the event ids of pitch, velocity and duration, shape (notes, 6), as written.
    """

    metres: np.ndarray
    tempi: np.ndarray
    notes: np.ndarray

    @property
    def bars(self) -> int:
        """How many."""
        return len(self.metres)

    @property
    def programs(self) -> tuple[int, ...]:
        """Those that sound, ascending."""
        return tuple(np.unique(self.notes[:, 2]).tolist())

    def hides(self, mask: Mask) -> np.ndarray:
        """Which notes a mask hides, shape (notes,), bool.

        Raises:
            ValueError: If it names a bar that the piece does not have.
        """
        if mask.bars[-1] >= self.bars:
            raise ValueError(f"a mask's bars must be from 0 to {self.bars - 1}; got {mask.bars[-1]}")
        chosen = np.zeros(self.bars, bool)
        chosen[list(mask.bars)] = True
        hidden: np.ndarray = chosen[self.notes[:, 0]]
        return hidden if mask.programs is None else hidden & np.isin(self.notes[:, 2], mask.programs)

    def shown(self, mask: Mask) -> Columns:
        """The piece without the hidden notes."""
        return replace(self, notes=self.notes[~self.hides(mask)])

    def hidden(self, mask: Mask) -> Columns:
        """The hidden notes as a piece of the hidden bars alone, up to the last that sounds.

        Raises:
            ValueError: If the mask hides no note.
        """
        notes = self.notes[self.hides(mask)]
        if not len(notes):
            raise ValueError("a mask must hide at least one note; hide other bars or other programs")
        return self._of_bars(np.array(mask.bars), notes)

    def window(self, first: int, last: int) -> Columns:
        """The bars from ``first`` to the one before ``last``, as a piece of its own; it may end in silence."""
        inside = (self.notes[:, 0] >= first) & (self.notes[:, 0] < last)
        return self._of_bars(np.arange(first, last), self.notes[inside], ends=False)

    def _of_bars(self, bars: np.ndarray, notes: np.ndarray, ends: bool = True) -> Columns:
        """Some bars joined, with notes of theirs; with ``ends`` the last note's bar is the last."""
        place = np.full(self.bars + 1, -1)
        place[bars] = np.arange(len(bars))
        notes = notes.copy()
        notes[:, 0] = place[notes[:, 0]]
        # Each bar says the tempo that holds at its start; then all that repeat the one before go.
        holding = np.searchsorted(self._keys(self.tempi), bars * _POSITIONS, side="right") - 1
        starts = np.column_stack([np.arange(len(bars)), np.zeros_like(bars), self.tempi[np.maximum(holding, 0), 2]])
        inside = self.tempi[(place[self.tempi[:, 0]] >= 0) & (self.tempi[:, 1] > 0)].copy()
        inside[:, 0] = place[inside[:, 0]]
        tempi = np.concatenate([starts, inside])
        tempi = tempi[np.argsort(self._keys(tempi), kind="stable")]
        if ends:
            last = self._keys(notes).max()
            tempi = tempi[self._keys(tempi) <= last]
            bars = bars[: last // _POSITIONS + 1]
        changes = np.append(True, tempi[1:, 2] != tempi[:-1, 2])
        return Columns(self.metres[bars], tempi[changes], notes)

    @staticmethod
    def _keys(rows: np.ndarray) -> np.ndarray:
        """One number for bar and position."""
        keys: np.ndarray = rows[:, 0] * _POSITIONS + rows[:, 1]
        return keys

    def filled(self, mask: Mask, written: Columns) -> Columns:
        """The piece with what was written in place of what the mask hides; nothing else changes.

        Args:
            mask: What was hidden.
            written: A piece whose bars are the hidden ones, in order; what lies beyond, and notes of programs that
                are not hidden, are left out, and so are its metres and tempi.
        """
        notes = written.notes[written.notes[:, 0] < len(mask.bars)].copy()
        notes[:, 0] = np.array(mask.bars)[notes[:, 0]]
        if mask.programs is not None:
            notes = notes[np.isin(notes[:, 2], mask.programs)]
        notes = np.concatenate([self.notes[~self.hides(mask)], notes])
        order = np.lexsort([notes[:, 3], notes[:, 2], notes[:, 1], notes[:, 0]])
        return replace(self, notes=notes[order])

    def flat(self, velocity: int) -> Columns:
        """The same notes with one velocity (an event id) and one tempo: of all its tempi the weighted median."""
        keys = self._keys(self.tempi)
        spans = np.diff(np.append(keys, self.bars * _POSITIONS))
        order = np.argsort(self.tempi[:, 2], kind="stable")  # ids ascend with the tempo
        middle = np.searchsorted(np.cumsum(spans[order]), spans.sum() / 2)
        notes = self.notes.copy()
        notes[:, 4] = velocity
        return replace(self, notes=notes, tempi=np.array([[0, 0, self.tempi[order[middle], 2]]]))


class ColumnReader:
    """Event ids to columns and back, for one vocabulary.

    Args:
        names: The events by id.

    Attributes:
        values: What each event id says, see ``read_event``: a pitch, a velocity, twelfths of a beat …; shape (events,).
        middle_velocity: The event id of the velocity that flat music has.
        velocities: The event ids of all velocities, soft to loud.
        programs: The event id of every program, shape (129,).
    """

    def __init__(self, names: Sequence[str]) -> None:
        coded = [read_event(name) for name in names]
        self._kind = np.array([-1 if each is None else each[0] for each in coded])
        self.values = np.array([0 if each is None else each[1] for each in coded])
        self._bar = names.index("Bar_None")
        self._position = self._table(Event.POSITION)
        self.programs = self._table(Event.PROGRAM)
        velocities = np.flatnonzero(self._kind == Event.VELOCITY)
        self.velocities: list[int] = velocities[np.argsort(self.values[velocities])].tolist()
        self.middle_velocity = min(self.velocities, key=lambda i: abs(int(self.values[i]) - 64))

    def _table(self, kind: Event) -> np.ndarray:
        ids = np.flatnonzero(self._kind == kind)
        table = np.full(self.values[ids].max() + 1, -1)
        table[self.values[ids]] = ids
        return table

    def read(self, event_ids: Sequence[int] | np.ndarray) -> Columns:
        """Takes events apart that follow the grammar: each bar has its metre, each note its velocity and duration."""
        ids = np.asarray(event_ids, np.int64)
        kind, value = self._kind[ids], self.values[ids]
        bar = np.cumsum(kind == Event.BAR) - 1
        position = self._holding(kind == Event.POSITION, value)
        program = self._holding(kind == Event.PROGRAM, value)
        tempo = np.flatnonzero(kind == Event.TEMPO)
        note = np.flatnonzero((kind == Event.PITCH) | (kind == Event.DRUM))
        columns = [bar[note], position[note], program[note], ids[note], ids[note + 1], ids[note + 2]]
        return Columns(
            metres=ids[kind == Event.METRE],
            tempi=np.column_stack([bar[tempo], position[tempo], ids[tempo]]),
            notes=np.column_stack(columns),
        )

    @staticmethod
    def _holding(states: np.ndarray, value: np.ndarray) -> np.ndarray:
        """At every event the value that was stated last."""
        where = np.maximum.accumulate(np.where(states, np.arange(len(value)), 0))
        held: np.ndarray = value[where]
        return held

    def write(self, columns: Columns) -> np.ndarray:
        """The event ids, shape (events,); a program is named where it changes."""
        notes, tempi, bars = columns.notes, columns.tempi, np.arange(columns.bars)
        keys = np.concatenate([notes[:, 0] * _POSITIONS + notes[:, 1], tempi[:, 0] * _POSITIONS + tempi[:, 1]])
        moments = np.unique(keys)
        named = np.append(True, notes[1:, 2] != notes[:-1, 2])[: len(notes)]
        programs = np.where(named, self.programs[notes[:, 2]], -1)
        places = [
            (bars * _POSITIONS, [np.full(len(bars), self._bar), columns.metres]),
            (moments, [self._position[moments % _POSITIONS]]),
            (keys[len(notes) :], [tempi[:, 2]]),
            (keys[: len(notes)], [programs, notes[:, 3], notes[:, 4], notes[:, 5]]),
        ]
        rows = np.full((sum(len(each) for each, _ in places), 4), -1)
        first = 0
        for each, ids in places:
            for column, values in enumerate(ids):
                rows[first : first + len(each), column] = values
            first += len(each)
        order = np.argsort(
            np.concatenate([each * _PLACES + place for place, (each, _) in enumerate(places)]), kind="stable"
        )
        out = rows[order].ravel()
        return out[out >= 0]


@lru_cache(maxsize=4)
def _reader(names: tuple[str, ...]) -> ColumnReader:
    return ColumnReader(names)


def column_reader(tokenizer: Any) -> ColumnReader:
    """The reader of a tokenizer's events."""
    return _reader(tuple(tokenizer.base_events))


def bar_sizes(tokenizer: Any, ids: Sequence[int], bars: int) -> np.ndarray:
    """Ids of every bar, the ``<mask>`` before it included, shape (bars,); bars that ``ids`` do not reach have none."""
    events, sign = tokenizer.token_events, tokenizer.mask_token_id
    firsts = [i for i, id_ in enumerate(ids) if events[id_][:1] == ("Bar_None",)]
    starts = [i - (i > 0 and ids[i - 1] == sign) for i in firsts]
    found = np.diff([*starts, len(ids)])
    return np.append(found, np.zeros(max(0, bars - len(found)), np.int64))[:bars]


def masked_ids(tokenizer: Any, columns: Columns, mask: Mask) -> list[int]:
    """What the encoder reads of a masked piece: joint ids, as `prompt_ids` takes them for its music."""
    reader = column_reader(tokenizer)
    (ids,) = tokenizer.merge([reader.write(columns.shown(mask))])
    hidden, bar, sign = set(mask.bars), -1, tokenizer.mask_token_id
    programs = [tokenizer.music_offset + int(reader.programs[program]) for program in mask.programs or ()]
    out = [sign, *programs] if programs else []
    for id_ in ids:
        if tokenizer.token_events[id_][0] == "Bar_None":
            bar += 1
            if bar in hidden:
                out.append(sign)
        out.append(id_)
    return out


def hidden_ids(tokenizer: Any, columns: Columns, mask: Mask) -> list[int]:
    """What the decoder should write: joint ids of the hidden notes as a piece of their own, without the end.

    Raises:
        ValueError: If the mask hides no note.
    """
    (ids,) = tokenizer.merge([column_reader(tokenizer).write(columns.hidden(mask))])
    return ids


def lead_in(tokenizer: Any, columns: Columns, mask: Mask, room: int = LEAD_IN) -> tuple[int, list[int]]:
    """What the decoder goes on from: the bars before the first hidden one, without the programs that are not hidden.

    Args:
        tokenizer: Of the model.
        columns: The piece.
        mask: What is hidden.
        room: Ids, at most.

    Returns:
        How many bars, and their joint ids: those that ``hidden_ids(tokenizer, columns, mask.led(bars))`` begins with.
    """
    first = mask.bars[0]
    if not first:
        return 0, []
    if mask.programs is not None:
        columns = replace(columns, notes=columns.notes[np.isin(columns.notes[:, 2], mask.programs)])
    reader = column_reader(tokenizer)
    (ids,) = tokenizer.merge([reader.write(columns.window(0, first))])
    bars = int((np.cumsum(bar_sizes(tokenizer, ids, first)[::-1]) <= room - _EDGE).sum())
    if 0 < bars < first:  # the bar that it begins with states its tempo
        (ids,) = tokenizer.merge([reader.write(columns.window(first - bars, first))])
    return (bars, ids) if bars else (0, [])


class Window(NamedTuple):
    """A stretch of a piece that the model reads at once.

    Attributes:
        first: Its first bar.
        last: The bar after its last.
        bars: The hidden bars that are to be written in it, counted from the start of the piece.
    """

    first: int
    last: int
    bars: tuple[int, ...]


def windows(
    shown: Sequence[int] | np.ndarray,
    hidden: Sequence[int] | np.ndarray,
    bars: Sequence[int],
    source_room: int,
    target_room: int,
) -> list[Window]:
    """Shares hidden bars out among windows that fit, in order, and gives each the bars around it that still fit.

    No window shows a hidden bar of a later one; those of an earlier one are written by then.

    Args:
        shown: Ids that the encoder reads of each bar, ``<mask>`` included.
        hidden: Ids to write for each bar of the piece, known or expected.
        bars: The hidden bars, ascending.
        source_room: Ids that the encoder may read.
        target_room: Ids that the decoder may write.

    Raises:
        ValueError: If one bar alone does not fit.
    """
    read = np.concatenate([[0], np.cumsum(shown)])
    source_room, target_room = source_room - _EDGE, target_room - _EDGE
    groups: list[list[int]] = []
    written = 0
    for bar in bars:
        if shown[bar] > source_room or hidden[bar] > target_room:
            raise ValueError(
                f"bar {bar + 1} must fit the model by itself: {source_room} ids to read and {target_room} to write; "
                f"it has {shown[bar]} and {hidden[bar]}; leave it out"
            )
        if groups and read[bar + 1] - read[groups[-1][0]] <= source_room and written + hidden[bar] <= target_room:
            groups[-1].append(bar)
            written += int(hidden[bar])
        else:
            groups.append([bar])
            written = int(hidden[bar])
    nexts = [*(group[0] for group in groups[1:]), len(shown)]
    found = []
    for group, limit in zip(groups, nexts, strict=True):
        sizes = np.add(shown, hidden)  # what earlier windows have written is read in full
        sizes[group] = np.take(shown, group)
        stretch = _widened(np.concatenate([[0], np.cumsum(sizes)]), group[0], group[-1] + 1, limit, source_room)
        found.append(Window(*stretch, tuple(group)))
    return found


def _widened(read: np.ndarray, first: int, last: int, limit: int, room: int) -> tuple[int, int]:
    """The stretch with as many bars on both sides as fit, no bar from ``limit`` on."""
    grew = True
    while grew:
        grew = False
        if first > 0 and read[last] - read[first - 1] <= room:
            first, grew = first - 1, True
        if last < limit and read[last + 1] - read[first] <= room:
            last, grew = last + 1, True
    return first, last


__all__ = [
    "LEAD_IN",
    "ColumnReader",
    "Columns",
    "Mask",
    "Window",
    "bar_sizes",
    "column_reader",
    "hidden_ids",
    "lead_in",
    "masked_ids",
    "windows",
]
