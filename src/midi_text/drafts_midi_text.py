"""A piece that is being changed, draft by draft: what the tasks of `changes_midi_text` share.

A :class:`Change` holds the piece. It says what the model should write next (:class:`Draft`: what the encoder reads,
what the decoder starts with, what it may not leave), takes in what was written, and gives the new score. What is not
asked to change does not change, note for note: see `splice_midi_text` for what is kept beside the notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from .agreement_midi_text import Agreement, agreement
from .ask_midi_text import Ask
from .events_midi_text import grammatical
from .facts.analysis import analyze
from .facts_midi_text import measure_facts
from .grammar_midi_text import DRUMS, Coded
from .instruments_midi_text import gm_name
from .locks_midi_text import Locks
from .masks_midi_text import Columns, bar_sizes, column_reader
from .request_midi_text import Request
from .splice_midi_text import Splice


@dataclass(frozen=True)
class Draft:
    """What the model should write next.

    Attributes:
        music: Joint ids that the encoder reads behind the words.
        primed: Joint ids that the decoder starts with.
        locks: What it may not leave; with a script needless.
        script: Coded events of the notes it has to keep, for ``refine``.
        tempi: Slowest and fastest tempo of a script.
    """

    music: Sequence[int]
    primed: Sequence[int] = ()
    locks: Locks | None = None
    script: tuple[Coded, ...] = ()
    tempi: tuple[int, int] = (30, 250)


@dataclass(frozen=True)
class Piece:
    """The piece to change, and what is to be heard beside it.

    Attributes:
        tokenizer: Of the model.
        score: As it was read.
        request: The words, understood, without a length.
        exclusive: Whether the instruments asked are the only ones.
        held: Whether wishes are locks.
        seed: Settles what is drawn.
        source_room: Ids of music that the encoder may read.
        target_room: Ids that the decoder may have.
    """

    tokenizer: Any
    score: ScoreTick
    request: Request
    exclusive: bool
    held: bool
    seed: int
    source_room: int
    target_room: int


class Change:
    """One piece that is being changed: draft, take, draft, take …, result.

    Attributes:
        columns: The piece as it stands.
        before: As it was.
        heard: The quantized score that the model heard.
        changed_bars: Bars that are written anew, from 0.
        tokens: Music tokens written so far.
    """

    task = ""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        vocabulary = piece.tokenizer.events
        events, self.heard = vocabulary.encode_and_quantize(piece.score)
        self.reader = column_reader(piece.tokenizer)
        self.columns = self.before = self.reader.read(events)
        self.changed_bars: tuple[int, ...] = ()
        self.tokens = 0

    def draft(self) -> Draft | None:
        """What to write next; None when all is written."""
        raise NotImplementedError

    def take(self, ids: Sequence[int]) -> None:
        """Takes in the joint ids that were written for the last draft, what the decoder started with included."""
        raise NotImplementedError

    def part(self) -> Columns:
        """What was written, as a piece of its own."""
        raise NotImplementedError

    def ask(self) -> Ask:
        """What can be measured of the words in the part that was written."""
        return replace(self.piece.request.ask, bars=None, duration_seconds=None, open_instruments=not self._only)

    def _splice(self, splice: Splice) -> ScoreTick:
        raise NotImplementedError

    def _kept(self, columns: Columns) -> np.ndarray:
        """The notes that nobody asked to change, shape (notes, ≤ 6), in one order."""
        raise NotImplementedError

    # -- the result ----------------------------------------------------------------------------------------------

    def result(self) -> tuple[ScoreTick, int, int]:
        """The new score, how many notes should not have changed, and how many of them have not."""
        wanted = self._kept(self.before)
        for score in (self.piece.score, self.heard):
            made = self._splice(Splice(score, self.heard, self.before, self.reader))
            found = self._kept(self.reader.read(self.piece.tokenizer.events.encode(made)))
            same = len(set(map(tuple, wanted.tolist())) & set(map(tuple, found.tolist())))
            if same == len(wanted) == len(found):
                break
        return made, len(wanted), same

    def agreement(self, wanted: int, kept: int) -> tuple[Agreement, ...]:
        """The words' wishes beside the part that was written; whether all else is as it was comes last."""
        score = self.piece.tokenizer.events.decode(self._names(self.part()))
        facts = measure_facts(score)
        rows = agreement(self.ask(), facts, analyze(score, facts))
        stays = Agreement("unchanged", "what nobody asked to change", f"{kept} of {wanted} notes", kept == wanted)
        return (*rows, stays)

    # -- what the tasks share ------------------------------------------------------------------------------------

    def _names(self, columns: Columns) -> list[str]:
        names = self.piece.tokenizer.base_events
        return [names[i] for i in self.reader.write(columns).tolist()]

    def _ids(self, columns: Columns) -> list[int]:
        (ids,) = self.piece.tokenizer.merge([self.reader.write(columns)])
        return ids

    def _read(self, ids: Sequence[int]) -> Columns:
        tokenizer = self.piece.tokenizer
        events = grammatical(event for id_ in ids for event in tokenizer.token_events[id_])
        return self.reader.read(np.array(tokenizer.event_ids(events)) - tokenizer.music_offset)

    def _sizes(self, columns: Columns) -> np.ndarray:
        return bar_sizes(self.piece.tokenizer, self._ids(columns), columns.bars)

    def _metres(self, bars: Sequence[int]) -> tuple[tuple[int, int], ...]:
        return tuple(divmod(code, 100) for code in self.reader.values[self.columns.metres[list(bars)]].tolist())

    def _tempo(self, bar: int) -> int:
        """The tempo that holds at the start of a bar, quarter notes a minute."""
        return int(self.reader.values[self.columns.window(bar, bar + 1).tempi[0, 2]])

    @property
    def _only(self) -> bool:
        asked = self.piece.request.locks
        return self.piece.exclusive and bool(asked.programs or asked.families)

    def _instruments(self) -> Locks:
        """Locks on instruments: those of the piece may play, those that the words ask for have to."""
        asked = self.piece.request.locks if self.piece.held else Locks()
        named = {program for group in asked.groups for program in group}
        allowed = (named if self._only else named | set(self.before.programs)) - set(asked.excluded_programs)
        if not allowed:
            raise ValueError(
                "the words leave no instrument to play: the piece has only "
                f"{', '.join(map(gm_name, self.before.programs))}; name another or leave one in"
            )
        return Locks(
            programs=asked.programs,
            families=asked.families,
            excluded_programs=tuple(program for program in range(DRUMS + 1) if program not in allowed),
            open_programs=True,
        )


__all__ = ["Change", "Draft", "Piece"]
