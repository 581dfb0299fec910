"""Examples of the tasks that change music: what is hidden, and what the model then reads and writes.

``infill`` hides a run of bars, whole programs, or some programs for a run of bars; ``vary`` a random share of the bars;
``refine`` hides the dynamics: the source has one velocity and one tempo; ``touch`` does so with a few bars alone. No
target is ever cut: where a piece is longer than the model, the example is a window of bars that holds the hidden ones,
or as many of them as fit.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from ..data.batches import ExampleTable
from ..masks_midi_text import (
    LEAD_IN,
    ColumnReader,
    Columns,
    Mask,
    bar_sizes,
    column_reader,
    hidden_ids,
    lead_in,
    masked_ids,
    windows,
)
from ..tokenization_midi_text import MidiTextTokenizer

MAX_SOURCE, MAX_TARGET = 1024, 1024  # ids of the default model
LONGEST_RUN = 8  # bars
VARIED = (0.2, 0.8)  # share of the bars, at least and at most
TOUCHED = 32  # notes of a few bars, at most
_AROUND = 4  # <task>, <midi>, </midi> and, on the other side, the end
_EVEN = 0.8  # of the notes have one velocity: nobody played this
_TEMPI_A_BAR = 0.25


class Pair(NamedTuple):
    """The music of an example, as joint ids, and the notes that the target holds, but for its first ``given`` ids."""

    music: list[int]
    target: list[int]
    notes: int
    given: int = 0


def draw_infill(columns: Columns, rng: random.Random) -> Mask:
    """A run of bars, one or more programs, or both, so that a note is hidden."""
    programs = columns.programs
    kind = rng.choice(("bars", "programs", "both")) if len(programs) > 1 else "bars"
    chosen = None
    if kind != "bars":
        most = 1 if rng.random() < 0.7 else len(programs) - 1
        chosen = tuple(sorted(rng.sample(programs, rng.randint(1, most))))
    notes = columns.notes if chosen is None else columns.notes[np.isin(columns.notes[:, 2], chosen)]
    if kind == "programs":
        return _sounding(columns, Mask(tuple(range(columns.bars)), chosen))
    length = rng.randint(1, max(1, min(LONGEST_RUN, columns.bars - (chosen is None))))
    inside = int(notes[rng.randrange(len(notes)), 0])
    first = rng.randint(max(0, inside - length + 1), min(inside, columns.bars - length))
    return _sounding(columns, Mask(tuple(range(first, first + length)), chosen))


def draw_vary(columns: Columns, rng: random.Random) -> Mask:
    """A random share of the bars, a sounding one among them."""
    count = max(1, round(rng.uniform(*VARIED) * columns.bars))
    bars = set(rng.sample(range(columns.bars), min(count, columns.bars)))
    if not np.isin(columns.notes[:, 0], list(bars)).any():
        bars.add(int(columns.notes[rng.randrange(len(columns.notes)), 0]))
    return _sounding(columns, Mask(tuple(sorted(bars))))


def _sounding(columns: Columns, mask: Mask) -> Mask:
    """The mask up to the last bar in which it hides a note: no more can be written as a piece of its own."""
    last = int(columns.notes[columns.hides(mask), 0].max())
    return Mask(tuple(bar for bar in mask.bars if bar <= last), mask.programs)


def is_expressive(columns: Columns) -> bool:
    """Whether velocities or tempi really vary, so that there is something to refine."""
    commonest = np.bincount(columns.notes[:, 4]).max() / len(columns.notes)
    return bool(commonest <= _EVEN or len(columns.tempi) - 1 >= max(2, _TEMPI_A_BAR * columns.bars))


def played_rows(table: ExampleTable, reader: ColumnReader) -> np.ndarray:
    """Which rows have velocities that vary, shape ``(rows,)``, bool."""
    steps = len(reader.velocities)
    step = np.full(len(reader.values), -1, np.int8)
    step[reader.velocities] = range(steps)
    found = step[table.events]
    places = np.flatnonzero(found >= 0)
    rows = np.searchsorted(np.cumsum(table.lengths), places, side="right")
    counts = np.bincount(rows * steps + found[places], minlength=len(table) * steps).reshape(-1, steps)
    played: np.ndarray = counts.max(1) <= _EVEN * counts.sum(1)
    return played


def masked_pair(
    tokenizer: MidiTextTokenizer, columns: Columns, mask: Mask, words: int, rng: random.Random | None = None
) -> Pair:
    """Source and target of a mask, in a window of the piece where the whole is too long.

    Args:
        tokenizer: Of the run.
        columns: The piece.
        mask: What is hidden.
        words: Ids that the words take in the source.
        rng: Chooses among the windows; None takes the first.
    """
    source, target = masked_ids(tokenizer, columns, mask), hidden_ids(tokenizer, columns, mask)
    if words + len(source) + _AROUND > MAX_SOURCE or len(target) >= MAX_TARGET:
        named = 1 + len(mask.programs or ())
        hidden = np.zeros(columns.bars, np.int64)
        hidden[list(mask.bars)] = bar_sizes(tokenizer, target, len(mask.bars))
        shown = bar_sizes(tokenizer, source, columns.bars)
        sounding = set(columns.notes[columns.hides(mask), 0].tolist())
        source_room, target_room = MAX_SOURCE - words - named - _AROUND, MAX_TARGET - 1
        fits = [bar for bar in mask.bars if shown[bar] <= source_room // 2 and hidden[bar] <= target_room // 2]
        found = windows(shown, hidden, fits, source_room, target_room) if fits else []
        found = [each for each in found if sounding.intersection(each.bars)]
        if found:  # else every bar is a giant, and the whole has to do
            window = rng.choice(found) if rng else found[0]
            columns = columns.window(window.first, window.last)
            mask = _sounding(columns, Mask(tuple(bar - window.first for bar in window.bars), mask.programs))
            source, target = masked_ids(tokenizer, columns, mask), hidden_ids(tokenizer, columns, mask)
    bars, given = lead_in(tokenizer, columns, mask, min(LEAD_IN, MAX_TARGET - 1 - len(target)))
    if bars:
        target = hidden_ids(tokenizer, columns, mask.led(bars))
    return Pair(source, target, int(columns.hides(mask).sum()), len(given))


def refine_pair(
    tokenizer: MidiTextTokenizer, columns: Columns, words: int, rng: random.Random | None = None, few: bool = False
) -> Pair | None:
    """Flat music and the same as it was played, or None where it was played flat.

    Args:
        tokenizer: Of the run.
        columns: The piece.
        words: Ids that the words take in the source.
        rng: Chooses the bars where not all are taken; None takes the first.
        few: Whether only bars of `TOUCHED` notes together are taken.
    """
    if not is_expressive(columns):
        return None
    columns = _few(columns, rng) if few else columns
    reader = column_reader(tokenizer)
    while True:
        flat = reader.write(columns.flat(reader.middle_velocity))
        music, target = tokenizer.merge([flat, reader.write(columns)])
        fits = words + len(music) + _AROUND <= MAX_SOURCE and len(target) < MAX_TARGET
        if fits or columns.bars == 1:
            return Pair(music, target, len(columns.notes))
        columns = _half(columns, rng)


def _few(columns: Columns, rng: random.Random | None) -> Columns:
    """Bars in a row with no more than `TOUCHED` notes, or a single one, from one that sounds."""
    sounding = np.unique(columns.notes[:, 0])
    first = int(rng.choice(sounding.tolist()) if rng else sounding[0])
    reach = np.searchsorted(columns.notes[:, 0], first) + TOUCHED  # of the notes, which stand in the order of time
    last = int(columns.notes[reach, 0]) if reach < len(columns.notes) else columns.bars
    last = int(sounding[sounding < max(last, first + 1)][-1]) + 1
    return columns.window(first, last)


def whole_target(
    tokenizer: MidiTextTokenizer, columns: Columns, events: np.ndarray, rng: random.Random | None = None
) -> Pair:
    """The music alone, for ``continue``: all of it, or a window that the decoder can write."""
    while True:
        (target,) = tokenizer.merge([events])
        if len(target) < MAX_TARGET or columns.bars == 1:
            return Pair([], target, len(columns.notes))
        columns = _half(columns, rng)
        events = column_reader(tokenizer).write(columns)


def _half(columns: Columns, rng: random.Random | None) -> Columns:
    """The first or the second half of the bars, whichever has notes."""
    middle = columns.bars // 2
    halves = [columns.window(0, middle), columns.window(middle, columns.bars)]
    halves = [half for half in halves if len(half.notes)]
    half = rng.choice(halves) if rng else halves[0]
    return half.window(0, int(half.notes[-1, 0]) + 1)
