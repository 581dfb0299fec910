"""The tasks that change a piece: continue, infill, vary, refine; from what is asked to a change that can be written.

Each task is a :class:`Change`. Pieces longer than the model are written in several drafts: a window slides over them,
which hears what the earlier ones wrote. Bars keep their metres, and the tempo map stays, but for ``refine`` and where
words ask a continuation for another. Words may bring in instruments ("add strings") and leave out others; without them
those of the piece play on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from .ask_midi_text import Ask
from .drafts_midi_text import Change, Draft, Piece
from .facts_midi_text import measure_facts
from .grammar_midi_text import read_event
from .instruments_midi_text import gm_name
from .locks_midi_text import Locks
from .masks_midi_text import LEAD_IN, Columns, Mask, Window, lead_in, masked_ids, windows
from .request_midi_text import Wishes, understand
from .splice_midi_text import Splice

CHANGES = ("continue", "infill", "vary", "refine")
BARS, STRENGTH = 8, 0.4  # of a continuation and a variation where nothing is said
_ONLY = re.compile(r"\b(?:only|just|solo|nothing but|alone)\b", re.IGNORECASE)
_SLOWER, _FASTER = 0.6, 1.5  # a refined tempo stays between, as shares of the piece's
_ROOMIER = 1.4  # new bars may be so much fuller than those of the piece


@dataclass(frozen=True)
class ChangeWishes:
    """What should change.

    Attributes:
        task: One of ``CHANGES``.
        bars: New bars of a continuation.
        seconds: Or its length in seconds, met in whole bars.
        at_bars: Bars to fill in, as people count, from 1: ``"9-16"``, ``"1,3,5-8"``, or a list of numbers; None: all.
        at_tracks: Instruments to fill in, from 1, in the order of `MusicFacts.programs`; None: all.
        strength: Share of the bars that a variation writes anew, in (0, 1].

    Raises:
        ValueError: If a value is impossible, or belongs to another task.
    """

    task: str = "continue"
    bars: int | None = None
    seconds: float | None = None
    at_bars: str | Sequence[int] | None = None
    at_tracks: Sequence[int] | None = None
    strength: float | None = None

    def __post_init__(self) -> None:
        if self.task not in CHANGES:
            raise ValueError(f"a task that changes music must be one of {', '.join(CHANGES)}; got {self.task!r}")
        for name, task in _BELONGS.items():
            if getattr(self, name) is not None and self.task != task:
                raise ValueError(f"{name} belongs to the task {task!r}; leave it out of {self.task!r}")
        if self.task == "infill" and self.at_bars is None and self.at_tracks is None:
            raise ValueError("infill needs at_bars, at_tracks or both: which bars, which tracks")
        if self.strength is not None and not 0 < self.strength <= 1:
            raise ValueError(f"strength must be in (0, 1], the share of bars to write anew; got {self.strength}")
        if self.bars is not None and self.bars < 1:
            raise ValueError(f"bars must be at least 1, the number of new bars; got {self.bars}")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"the seconds of a continuation must be positive; got {self.seconds}")


_BELONGS = {
    "bars": "continue",
    "seconds": "continue",
    "at_bars": "infill",
    "at_tracks": "infill",
    "strength": "vary",
}


def read_bars(text: str | Sequence[int], total: int) -> tuple[int, ...]:
    """``"1,3,5-8"`` or ``[1, 3]`` as people count -> bars from 0, ascending.

    Raises:
        ValueError: If it cannot be read, or a bar lies outside the piece.
    """
    found: set[int] = set()
    for part in text.split(",") if isinstance(text, str) else map(str, text):
        match = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?", part)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            raise ValueError(f"bars must read like '9-16', '1,3,5-8' or [1, 3]; got {text!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= total:
            raise ValueError(f"the piece has bars 1 to {total}; got {part.strip()}")
        found.update(range(first - 1, last))
    if not found:
        raise ValueError("bars must name at least one bar of the piece; got none")
    return tuple(sorted(found))


class Continuation(Change):
    """New bars after the last; the decoder is primed with the latest music that fits."""

    task = "continue"

    def __init__(self, piece: Piece, wishes: ChangeWishes) -> None:
        super().__init__(piece)
        asked = piece.request.locks if piece.held else Locks()
        self._metre = asked.time_signature or self._metres([self.columns.bars - 1])[0]
        self._bpm: int | None = None  # a tempo that is not that of the piece
        now = self.columns.tempi[-1, 2]
        tempo = int(self.reader.values[now])
        if asked.tempo_bpm is not None and not asked.tempo_bpm[0] <= tempo <= asked.tempo_bpm[1]:
            low, high = asked.tempo_bpm
            self._bpm = tempo = round(low if tempo < low else high)
        self._bars = wishes.bars or self._said() or BARS
        if wishes.seconds is not None:
            bar = self._metre[0] * 4 / self._metre[1] * 60 / tempo
            self._bars = max(1, round(wishes.seconds / bar))
        self.changed_bars = tuple(range(self.before.bars, self.before.bars + self._bars))

    def _said(self) -> int:
        """The number of bars that the words say, 0 for none."""
        bars = self.piece.request.ask.bars
        return round(sum(bars) / 2) if bars else 0

    @property
    def _left(self) -> int:
        return self.before.bars + self._bars - self.columns.bars

    def draft(self) -> Draft | None:
        if self._left <= 0:
            return None
        columns, room = self.columns, self.piece.target_room
        sizes = self._sizes(columns)
        each = max(10.0, _ROOMIER * float(sizes[-16:].mean()))
        self._count = min(self._left, max(1, int(room / 2 / each)))
        memory = room - int(self._count * each) - 8
        reach = np.cumsum(sizes[::-1]) <= max(memory, 0)
        self._first = columns.bars - int(reach.sum())
        remembered = columns.bars - self._first
        primed: list[int] = []
        if remembered:
            primed = self._ids(columns.window(self._first, columns.bars))
        metres = (*self._metres(range(self._first, columns.bars)), *[self._metre] * self._count)
        if self._bpm is not None and columns.bars == self.before.bars:
            primed += self.piece.tokenizer.event_ids(
                ["Bar_None", "TimeSig_{}/{}".format(*self._metre), "Position_0", f"Tempo_{float(self._bpm)}"]
            )
        tempo = self._bpm or int(self.reader.values[columns.tempi[-1, 2]])
        asked = self.piece.request.locks if self.piece.held else Locks()
        locks = replace(
            self._instruments(),
            key=asked.key,
            tempo_bpm=(tempo, tempo),
            bars=(len(metres), len(metres)),
            metres=metres,
            begin=remembered,
            closes=self._count == self._left,
        )
        return Draft((), primed, locks)

    def take(self, ids: Sequence[int]) -> None:
        written, bars = self._read(ids), self.columns.bars
        from_bar = bars - self._first
        count = min(self._count, max(1, written.bars - from_bar))  # fewer where the ids did not suffice
        last = from_bar + count
        columns = []
        for rows in (written.tempi, written.notes):
            new = rows[(rows[:, 0] >= from_bar) & (rows[:, 0] < last)].copy()
            new[:, 0] += self._first
            columns.append(new)
        tokenizer = self.piece.tokenizer
        code = tokenizer.event_ids(["TimeSig_{}/{}".format(*self._metre)])[0] - tokenizer.music_offset
        self.columns = Columns(
            np.concatenate([self.columns.metres, np.repeat(code, count)]),
            np.concatenate([self.columns.tempi, columns[0]]),
            np.concatenate([self.columns.notes, columns[1]]),
        )

    def part(self) -> Columns:
        return self.columns.window(self.before.bars, self.columns.bars)

    def ask(self) -> Ask:
        return replace(super().ask(), bars=(self._bars, self._bars))

    def _splice(self, splice: Splice) -> ScoreTick:
        return splice.appended(self.columns)

    def _kept(self, columns: Columns) -> np.ndarray:
        return columns.notes[columns.notes[:, 0] < self.before.bars]


class Rewriting(Change):
    """Bars or instruments written anew between what stays: ``infill`` and ``vary``."""

    def __init__(self, piece: Piece, wishes: ChangeWishes) -> None:
        super().__init__(piece)
        self.task, total = wishes.task, self.columns.bars
        bars: Sequence[int] = range(total)
        if wishes.task == "vary":
            count = max(1, round((wishes.strength or STRENGTH) * total))
            bars = sorted(random.Random(piece.seed).sample(range(total), count))
        elif wishes.at_bars is not None:
            bars = read_bars(wishes.at_bars, total)
        self.mask = Mask(tuple(bars), self._tracks(wishes.at_tracks))
        self.changed_bars = self._left = self.mask.bars

    def _tracks(self, tracks: Sequence[int] | None) -> tuple[int, ...] | None:
        if tracks is None:
            return None
        programs = measure_facts(self.heard).programs
        wrong = [number for number in tracks if not 1 <= number <= len(programs)]
        if wrong or not tracks:
            known = ", ".join(f"{number} {gm_name(program)}" for number, program in enumerate(programs, 1))
            raise ValueError(f"the tracks of the piece are {known}; got {', '.join(map(str, wrong)) or 'none'}")
        return tuple(sorted({programs[number - 1] for number in tracks}))

    def _next(self) -> tuple[Window, int]:
        """The window in which the next of the masked bars are written, and the ids that they leave the decoder."""
        mask, total = Mask(self._left, self.mask.programs), np.arange(self.columns.bars)
        own, shown = self._sizes(self.columns), self._sizes(self.columns.shown(mask))
        shown = shown + np.isin(total, mask.bars)
        room, mean = self.piece.target_room, float((own - shown).sum()) / len(mask.bars)
        expected = np.minimum(_ROOMIER * np.maximum(own - shown, max(12.0, mean)), room // 2)
        hidden = np.where(np.isin(total, mask.bars), expected.astype(np.int64), 0)
        source_room = self.piece.source_room - 1 - len(mask.programs or ())
        window = windows(shown, hidden, mask.bars, source_room, room)[0]
        return window, room - int(hidden[list(window.bars)].sum())

    def draft(self) -> Draft | None:
        if not self._left:
            return None
        self._window, free = self._next()
        window = self._window
        around = self.columns.window(window.first, window.last)
        mask = Mask(tuple(bar - window.first for bar in window.bars), self.mask.programs)
        self._begin, primed = lead_in(self.piece.tokenizer, around, mask, min(LEAD_IN, free))
        bars = (*range(window.bars[0] - self._begin, window.bars[0]), *window.bars)
        tempo, count = self._tempo(window.bars[0]), len(bars)
        if self.mask.programs is None:
            asked = self.piece.request.locks if self.piece.held else Locks()
            closes = window.bars[-1] == self.columns.bars - 1
            locks = replace(self._instruments(), key=asked.key, closes=closes)
        else:
            locks = Locks(programs=self.mask.programs, rests=True)
        locks = replace(
            locks, tempo_bpm=(tempo, tempo), bars=(count, count), metres=self._metres(bars), begin=self._begin
        )
        return Draft(masked_ids(self.piece.tokenizer, around, mask), primed, locks)

    def take(self, ids: Sequence[int]) -> None:
        written = self._read(ids)
        written = written.window(self._begin, max(self._begin, written.bars))
        bars = self._window.bars[: max(1, written.bars)]  # fewer where the ids did not suffice
        self.columns = self.columns.filled(Mask(bars, self.mask.programs), written)
        self._left = self._left[len(bars) :]

    def part(self) -> Columns:
        return self.columns.hidden(self.mask)

    def ask(self) -> Ask:
        if self.mask.programs is None:
            return super().ask()
        return Ask(programs=self.mask.programs, open_instruments=False)

    def _splice(self, splice: Splice) -> ScoreTick:
        return splice.filled(self.mask, self.columns)

    def _kept(self, columns: Columns) -> np.ndarray:
        bars = tuple(bar for bar in self.mask.bars if bar < columns.bars)
        return columns.notes[~columns.hides(Mask(bars, self.mask.programs))] if bars else columns.notes


class Refinement(Change):
    """The same notes with dynamics and tempi."""

    task = "refine"

    def __init__(self, piece: Piece) -> None:
        super().__init__(piece)
        self.flat = self.columns = self.before.flat(self.reader.middle_velocity)
        self.changed_bars = tuple(range(self.before.bars))
        self._done = 0
        self._flat_sizes = self._sizes(self.flat)
        bpm = int(self.reader.values[self.flat.tempi[0, 2]])
        self._tempi = max(30, round(_SLOWER * bpm)), min(250, round(_FASTER * bpm))

    def draft(self) -> Draft | None:
        done, total = self._done, self.flat.bars
        if done >= total:
            return None
        room = int(0.7 * min(self.piece.source_room, self.piece.target_room))
        back = np.cumsum(self._flat_sizes[:done][::-1])
        self._first = done - int((back <= room // 3).sum())
        used = int(self._flat_sizes[self._first : done].sum())
        ahead = np.cumsum(self._flat_sizes[done:])
        self._last = done + max(1, int((used + ahead <= room).sum()))
        script = self.reader.write(self.flat.window(self._first, self._last))
        (music,) = self.piece.tokenizer.merge([script])
        primed = self._ids(self.columns.window(self._first, done)) if done > self._first else []
        names = self.piece.tokenizer.base_events
        coded = tuple(event for event in (read_event(names[i]) for i in script.tolist()) if event is not None)
        return Draft(music, primed, script=coded, tempi=self._tempi)

    def take(self, ids: Sequence[int]) -> None:
        written = self._read(ids)
        new = written.notes[written.notes[:, 0] >= self._done - self._first]
        notes = self.columns.notes.copy()
        inside = (notes[:, 0] >= self._done) & (notes[:, 0] < self._last)
        notes[inside, 4] = new[:, 4]
        tempi = written.tempi[written.tempi[:, 0] >= self._done - self._first].copy()
        tempi[:, 0] += self._first
        kept = self.columns.tempi if self._done else self.columns.tempi[:0]
        tempi = np.concatenate([kept, tempi])
        changes = np.append(True, tempi[1:, 2] != tempi[:-1, 2])
        self.columns = replace(self.columns, notes=notes, tempi=tempi[changes])
        self._done = self._last

    def part(self) -> Columns:
        return self.columns

    def _splice(self, splice: Splice) -> ScoreTick:
        return splice.restyled(self.columns)

    def _kept(self, columns: Columns) -> np.ndarray:
        return columns.notes[:, [0, 1, 2, 3, 5]]


def read_change(
    tokenizer: Any,
    score: ScoreTick,
    prompt: str,
    change: ChangeWishes,
    wishes: Wishes | None = None,
    *,
    held: bool = True,
    seed: int = 0,
    rooms: tuple[int, int] = (1024, 1024),
) -> Change:
    """A change of one piece, ready to be written.

    Args:
        tokenizer: Of the model.
        score: The clean score, see `read_score`.
        prompt: Words that steer; may be empty.
        change: What should change.
        wishes: Explicit wishes; a length among them is that of a continuation.
        held: Whether wishes become locks.
        seed: Settles what is drawn: the bars of a variation, what is asked loosely.
        rooms: Ids that the encoder and the decoder take, words included.

    Raises:
        ValueError: If something is asked of bars or tracks that the piece does not have.
    """
    wishes = wishes or Wishes()
    request = understand(prompt, replace(wishes, bars=None, duration_seconds=None), seed)
    exclusive = wishes.instruments is not None or bool(_ONLY.search(prompt))
    words = min(len(tokenizer.encode_text(request.text)), rooms[0] // 4)  # longer texts are not read to the end
    source_room = rooms[0] - words - 3
    piece = Piece(tokenizer, score, request, exclusive, held, seed, source_room, rooms[1])
    if change.task == "continue":
        change = replace(change, bars=change.bars or wishes.bars, seconds=change.seconds or wishes.duration_seconds)
        return Continuation(piece, change)
    return Refinement(piece) if change.task == "refine" else Rewriting(piece, change)


__all__ = ["CHANGES", "ChangeWishes", "read_bars", "read_change"]
