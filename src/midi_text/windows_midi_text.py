"""Pieces longer than the model's context, and pieces with a form, written bar by bar through overlapping windows.

A long piece is a row of steps: so many new bars, or bars that were there before. New bars are written by the model, as
many at a time as half its context holds: the encoder reads the words again, the decoder starts with the latest bars,
and the locks count bars from the true start, so that chords go on where they were and only the last window closes in
the key. A section that comes back ("AABA") is its first occurrence note for note but for its last bar, which the model
writes anew towards what follows: a repeat that leads on, and a close at the end, as composers write them.

Tempo and metre of the first window hold to the end. Lost: a repeated note keeps its length, so that one that sounded
into the bar which is now new may overlap what is written there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from transformers.generation.streamers import BaseStreamer

from .events_midi_text import grammatical
from .locks_midi_text import Locks
from .masks_midi_text import Columns, bar_sizes, column_reader
from .request_midi_text import Request

LONG_BARS = 32  # more do not fit the context of usual music
LONG_SECONDS = 75.0
_FIRST, _FIRST_SECONDS = 16, 30.0  # of a first window: bars, or how long it lasts where seconds are asked
_ANY_BARS = 1000
_BEYOND = 1.2  # "at least two minutes" are 2.4 at most
_EACH_BAR = 24.0  # ids that a bar is expected to take where none has been written
_ROOMIER = 1.5
_LEAST_SECTION = 4  # bars below which a letter is no section to repeat


@dataclass(frozen=True)
class Step:
    """The next bars of a piece.

    Attributes:
        bars: How many.
        source: The first of the bars that come back, from 0; None for new ones.
    """

    bars: int
    source: int | None = None


def plan_steps(bars: int, form: str | None = None) -> tuple[Step, ...]:
    """The steps of a piece; sections share the bars as evenly as whole bars allow, longer ones first.

    Args:
        bars: Of the whole piece.
        form: Letters of its sections, such as "AABA"; None for none.

    Returns:
        New bars for each letter that is new; for one that returns, its bars again, as many as both have, and new ones
        for the last bar and what is missing.
    """
    if not form or bars < _LEAST_SECTION * len(form) or len(set(form)) == len(form):
        return (Step(bars),)
    each, longer = divmod(bars, len(form))
    known: dict[str, tuple[int, int]] = {}
    steps: list[Step] = []
    at = 0
    for number, letter in enumerate(form):
        size = each + (number < longer)
        if letter in known:
            source, length = known[letter]
            again = min(size, length) - 1
            steps += [Step(again, source), Step(size - again)]
        else:
            known[letter] = (at, size)
            steps.append(Step(size))
        at += size
    return tuple(steps)


def is_long(request: Request, held: bool, copies: bool = True) -> bool:
    """Whether a request needs windows: it is longer than the context, or sections that come back are copied."""
    locks = request.locks
    if not held:
        return False
    if locks.duration_seconds is not None:
        return locks.duration_seconds[0] > LONG_SECONDS
    if locks.bars is None:
        return False
    bars = int(locks.bars[0])
    return bars > LONG_BARS or (copies and len(plan_steps(bars, request.ask.form)) > 1)


class LongPiece:
    """One long piece that is being written, draft after draft.

    Args:
        tokenizer: Of the model.
        request: What is asked; its locks say how long.
        room: Ids that the decoder may have.
        copies: Whether a section that comes back is copied; else the model writes it anew, as all the rest.

    Attributes:
        columns: The piece as it stands; None before the first window.
    """

    def __init__(self, tokenizer: Any, request: Request, room: int, copies: bool = True) -> None:
        self.tokenizer, self.request, self.room = tokenizer, request, room
        self._form = request.ask.form if copies else None
        self.reader = column_reader(tokenizer)
        self.columns: Columns | None = None
        locks = request.locks
        self._bars = int(locks.bars[0]) if locks.bars is not None else 0  # 0: not known before the tempo is
        low, high = locks.duration_seconds or (0.0, 0.0)
        self._seconds = min((low + high) / 2, _BEYOND * low)
        self._steps = list(plan_steps(self._bars, self._form)) if self._bars else [Step(_ANY_BARS)]
        self._count = self._remembered = 0

    @property
    def written(self) -> int:
        """Bars that are there."""
        return self.columns.bars if self.columns is not None else 0

    def draft(self) -> tuple[list[int], Locks] | None:
        """Ids that the decoder starts with, and what it may not leave; None when all is written."""
        while self._steps and self._steps[0].source is not None:
            self._repeat(self._steps.pop(0))
        if not self._steps:
            return None
        locks, wanted, done = self.request.locks, self._steps[0].bars, self.written
        if self.columns is None:
            self._count = count = min(wanted, _FIRST) if self._bars else wanted
            seconds = min(_FIRST_SECONDS, self._seconds / 2)
            return [], replace(
                locks,
                bars=(count, count) if self._bars else None,
                duration_seconds=None if self._bars else (seconds, seconds),
                tempo_bpm=locks.tempo_bpm or (30, 250),  # any, but one
                closes=False,
                families=locks.families,
            )
        sizes = bar_sizes(self.tokenizer, self._ids(self.columns), self.columns.bars)
        each = max(10.0, min(_ROOMIER * float(sizes[-16:].mean()), self.room / 4))
        self._count = min(wanted, max(1, int(self.room / 2 / each)))
        reach = np.cumsum(sizes[::-1]) <= self.room - int(self._count * each) - 8
        self._remembered = remembered = int(np.cumprod(reach).sum())
        primed = self._ids(self.columns.window(done - remembered, done)) if remembered else []
        metres = [*self.columns.metres[done - remembered :].tolist(), *[self.columns.metres[-1]] * self._count]
        tempo = float(self.reader.values[self.columns.tempi[-1, 2]])
        turn = done % len(locks.chords) if locks.chords else 0
        last = len(self._steps) == 1 and self._count == wanted
        return primed, replace(
            locks,
            time_signature=None,
            metres=tuple(divmod(int(self.reader.values[code]), 100) for code in metres),
            bars=(len(metres), len(metres)),
            begin=remembered,
            duration_seconds=None,
            tempo_bpm=(tempo, tempo),
            closes=last,
            chords=locks.chords[turn:] + locks.chords[:turn],
            **self._players(),
        )

    def take(self, ids: Sequence[int]) -> None:
        """Takes in what was written for the last draft, what the decoder started with included."""
        events = grammatical(event for id_ in ids for event in self.tokenizer.token_events[id_])
        found = self.reader.read(np.array(self.tokenizer.event_ids(events)) - self.tokenizer.music_offset)
        # At least one, lest a piece never end: where no new bar came, the last is heard again.
        new = max(1, min(self._count, found.bars - self._remembered))  # fewer where the ids did not suffice
        first = min(self._remembered, found.bars - 1)
        self._append(found, first, first + new)
        if not self._bars:
            self._bars = max(self.written + 1, self._bars_for_seconds())
            form = plan_steps(self._bars, self._form)
            self._steps = [Step(self._bars)] if len(form) == 1 or form[0].bars < self.written else list(form)
        left = self._steps[0].bars - new
        self._steps[:1] = [Step(left)] if left > 0 else []

    def ids(self) -> list[int]:
        """The whole piece."""
        return [] if self.columns is None else self._ids(self.columns)

    def ids_from(self, bar: int) -> list[int]:
        """The piece from a bar on."""
        return self._ids(self.columns.window(bar, self.written)) if self.columns and bar < self.written else []

    def _players(self) -> dict[str, Any]:
        """Those of a family that play stay the same; with a short turn nobody has to play."""
        locks, sounding = self.request.locks, self.columns.programs if self.columns is not None else ()
        families = tuple(tuple(p for p in family if p in sounding) or family for family in locks.families)
        if self._count >= 4 or not (locks.programs or families) or locks.open_programs:
            return {"families": families}
        allowed = {*(locks.programs or ()), *(p for family in families for p in family)} - set(locks.excluded_programs)
        barred = tuple(p for p in range(129) if p not in allowed)
        return {"programs": None, "families": (), "excluded_programs": barred}

    def _bars_for_seconds(self) -> int:
        columns = self.columns
        if columns is None:
            return 0
        beats, unit = divmod(int(self.reader.values[columns.metres[-1]]), 100)
        bar = beats * 4 / unit * 60 / float(self.reader.values[columns.tempi[-1, 2]])
        return round(self._seconds / bar)

    def _ids(self, columns: Columns) -> list[int]:
        (ids,) = self.tokenizer.merge([self.reader.write(columns)])
        return ids

    def _repeat(self, step: Step) -> None:
        """The bars of a section once more."""
        if self.columns is not None and step.source is not None:
            self._append(self.columns, step.source, step.source + step.bars)

    def _append(self, source: Columns, first: int, last: int) -> None:
        window = source.window(first, last)
        if self.columns is None:
            self.columns = window
            return
        notes, tempi = window.notes.copy(), window.tempi[window.tempi[:, 2] != self.columns.tempi[-1, 2]].copy()
        notes[:, 0] += self.columns.bars
        tempi[:, 0] += self.columns.bars
        self.columns = Columns(
            np.concatenate([self.columns.metres, window.metres]),
            np.concatenate([self.columns.tempi, tempi]),
            np.concatenate([self.columns.notes, notes]),
        )


class Onward(BaseStreamer):
    """Hands one stream of ids on while a piece is written in several windows.

    Args:
        streamer: Receives every id once, those of repeated bars before the window that follows them; `close` ends it.
        eos_token_id: The id that ends a window; handed on by nobody.
    """

    def __init__(self, streamer: BaseStreamer, eos_token_id: int) -> None:
        self.streamer, self._eos, self._sent, self._opening = streamer, eos_token_id, 0, True

    def begin(self, piece: LongPiece) -> None:
        """Before a window and at the end: sends the repeated bars that no window wrote."""
        repeated = piece.ids_from(self._sent)
        if repeated:
            self.streamer.put(torch.tensor(repeated))
        self._sent, self._opening = piece.written, True

    def put(self, value: torch.Tensor) -> None:
        """Ids as ``generate`` hands them on: first what the decoder starts with, then one at a time."""
        if self._opening:
            self._opening = False
            if not self._sent:
                self.streamer.put(value)
        elif value.flatten().tolist() != [self._eos]:
            self.streamer.put(value)

    def took(self, piece: LongPiece) -> None:
        """After a window: what it wrote has been sent."""
        self._sent = piece.written

    def end(self) -> None:
        """One window is written; the piece may go on."""

    def close(self) -> None:
        """The piece is written."""
        self.streamer.end()


__all__ = ["LongPiece", "Onward", "Step", "is_long", "plan_steps"]
