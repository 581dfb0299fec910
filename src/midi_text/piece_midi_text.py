"""The piece so far, and what it asks of the next token.

:class:`Piece` follows one sequence token by token and answers, before the next (:meth:`Piece.next_step`): how far may
a token reach, and is something compulsory now — an instrument that was asked for and is still silent, the next bar
when this one has used up its share of tokens, the tonic at the end, or, when the tokens that are left only just
suffice, the shortest way to a well-formed end.

Where bars or a duration are locked, the metre of the first bar holds to the end; with a tempo or a duration locked,
its tempo does. Bars count from 1, positions are twelfths of the metre's denominator, ticks 192nds of a whole note.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .grammar_midi_text import KINDS, NO_LIMIT, Demand, Event, Kind, Phase, follow, state_of
from .locks_midi_text import CHROMATIC, Rules
from .locks_midi_text import Locks as Locks

MAX_NOTES_HERE = 24  # notes that may start together; real scores stay below
_FIRST_HAND, _EACH_HAND = 6, 4  # and where few instruments are asked: so many, and so many more for each
_MARGIN = 12  # more than one token can add to the shortest way to an end
_TAIL = 8  # the most a last note on the tonic can cost: Bar TimeSig Position Program Pitch Velocity Duration, and one
_TO_FINISH = (4, 3, 2, 1, 1, 0, 0, 0, 3, 2, 1, 0)  # per Phase: events until the note or the start is complete
_COMPULSORY = {  # the one type of event that can follow
    Phase.START: Event.BAR,
    Phase.FIRST_BAR: Event.METRE,
    Phase.FIRST_METRE: Event.POSITION,
    Phase.FIRST_POSITION: Event.TEMPO,
    Phase.BAR: Event.METRE,
    Phase.PITCH: Event.VELOCITY,
    Phase.VELOCITY: Event.DURATION,
}
_NOTE_MAY_START = (Phase.POSITION, Phase.TEMPO, Phase.NOTE)


class Step(NamedTuple):
    """What may come next.

    Attributes:
        limits: In the order of ``Demand``, then what the token may take of the chromatic budget.
        only: The only tokens allowed, shape (M,); None for no such restriction.
        may_end: Whether the piece may end here.
    """

    limits: list[int]
    only: np.ndarray | None
    may_end: bool


class Piece:
    """One sequence so far. All numbers; :meth:`copy` is cheap.

    Attributes:
        durations: How long each pitch class has sounded, in quarter notes, shape (12,).
        heard: The same as it stood at the last of every four pitched notes, shape (12,); may be a view.
        ended: Whether the end has been written.
    """

    def __init__(self, rules: Rules, heard: np.ndarray) -> None:
        self.rules, self.heard, self.durations = rules, heard, np.zeros(12)
        self.state = state_of(Phase.START, Kind.NONE)
        self.bars = self.quiet_bars = self.bar_tokens = self.bar_notes = 0
        bars = rules.locks.bars or (1, 0)
        self.min_bars, self.max_bars = int(bars[0]), int(bars[1])  # most 0: no limit
        self.metre, self.bar_length = 0, 48
        self.fixed_metre = rules.metre_codes[0] if rules.metre_codes else 0  # of the next metre to be written
        self.bar_start, self.tick = 0, 4
        self.position = self.program = self.pitch = -1
        self.tempi = self.chromatic = self.pitched = 0
        self.foreign, self.chord_span, self.chord_tones = 0, -1, 0  # see `ChordRules`
        self.silent: frozenset[frozenset[int]] = frozenset(rules.groups)
        closed = self.silent and not rules.locks.open_programs
        self.max_here = min(MAX_NOTES_HERE, _FIRST_HAND + _EACH_HAND * len(self.silent)) if closed else MAX_NOTES_HERE
        self.here: list[tuple[int, int]] = []  # (program, pitch) of the notes that started at this position
        self.lowest = NO_LIMIT  # of the pitched notes that started at the last position that has any
        self.held: list[tuple[int, int]] = []  # (end, pitch) of pitched notes that still sounded at that position
        self.fresh = True  # no pitched note has started at this position
        self.ended = False

    def copy(self, heard: np.ndarray) -> Piece:
        """The same piece, with what was heard written into ``heard``."""
        twin = object.__new__(Piece)
        twin.__dict__.update(self.__dict__)
        twin.here, twin.held = self.here.copy(), self.held.copy()
        heard[:] = self.heard
        twin.heard, twin.durations = heard, self.durations.copy()
        return twin

    @property
    def phase(self) -> int:
        """The event just written, a ``Phase``."""
        return self.state // KINDS

    @property
    def in_last_bar(self) -> bool:
        """Whether the piece goes on in the last bar that the locks allow."""
        return not self.ended and self.bars == self.max_bars

    @property
    def chord_bar(self) -> int:
        """The present bar of a locked progression, from 0; -1 before the first."""
        return self.bars - 1 - self.rules.locks.begin

    @property
    def kind(self) -> int:
        """What the current instrument plays, a ``Kind``."""
        return self.state % KINDS

    # -- following -----------------------------------------------------------------------------------------------

    def advance(self, token: int) -> None:
        """Takes in one joint id; text and special tokens leave the piece as it is."""
        grammar = self.rules.grammar
        local = token - grammar.offset
        if token == grammar.eos_token_id:
            self.ended = self.phase != Phase.START
        elif 0 <= local < grammar.size:
            self.bar_tokens += 1
            for event, value in grammar.events[local]:
                self.state, _ = follow(self.state, event, value)
                self._take[event](self, value)

    def _open_bar(self, _: int) -> None:
        self.quiet_bars = self.quiet_bars + 1 if self.bars and not self.bar_notes else 0
        self.bar_start += self.bar_length * self.tick if self.bars else 0
        self.bars += 1
        self.bar_notes, self.bar_tokens, self.position = 0, 1, -1
        self.here, self.fresh = [], True
        if self.rules.metre_codes:
            self.fixed_metre = self._locked_metre(self.bars)
        if self.bars == self.rules.locks.begin + 1 > 1:
            self._begin()

    def _begin(self) -> None:
        """What the locks count begins here: before was music that is gone on from."""
        self.silent = frozenset(self.rules.groups)
        self.chromatic = self.pitched = self.foreign = self.chord_tones = 0
        self.durations[:], self.heard[:] = 0, 0

    def _locked_metre(self, bar: int) -> int:
        """The metre of a bar, counted from 1; that of the last bar beyond it."""
        codes = self.rules.metre_codes
        return codes[min(bar, len(codes)) - 1]

    def _set_metre(self, value: int) -> None:
        self.metre = value
        numerator, denominator = divmod(value, 100)
        self.bar_length, self.tick = 12 * numerator, 16 // denominator
        if self.rules.metre_codes:
            self.fixed_metre = self._locked_metre(self.bars + 1)
        elif not self.fixed_metre and self.max_bars:
            self.fixed_metre = value

    def _set_position(self, value: int) -> None:
        self.position, self.here, self.fresh = value, [], True

    def _set_tempo(self, value: int) -> None:
        self.tempi += 1
        seconds = self.rules.locks.duration_seconds
        if seconds is not None and not self.max_bars:
            bar = self.bar_length * self.tick / 48 * 60 / value
            fewest, most = math.ceil(seconds[0] / bar - 0.01), math.floor(seconds[1] / bar + 0.01)
            if fewest > most:
                fewest = most = round(sum(seconds) / 2 / bar)
            self.min_bars, self.max_bars, self.fixed_metre = max(1, fewest), max(1, most), self.metre

    def _set_program(self, value: int) -> None:
        self.program = value
        if self.silent:
            self.silent = frozenset(group for group in self.silent if value not in group)

    def _start_note(self, pitch: int) -> None:
        self.here.append((self.program, pitch))
        self.bar_notes += 1
        self.pitch = -1

    def _start_pitch(self, pitch: int) -> None:
        self._start_note(pitch)
        self.pitch = pitch
        self.pitched += 1
        self.chromatic += self.rules.pitch_costs[pitch % 12]
        if self.rules.chords is not None:
            self.rules.chords.hear(self, pitch)
        if self.fresh:
            now = self._now()
            self.held = [(end, held) for end, held in self.held if end > now]
            self.fresh, self.lowest = False, NO_LIMIT
        self.lowest = min(self.lowest, pitch)

    def _end_note(self, duration: int) -> None:
        if self.pitch >= 0:
            self.durations[self.pitch % 12] += duration * self.tick / 48
            if self.pitched < 4 or self.pitched % 4 == 0:
                self.heard[:] = self.durations
            self.held.append((self._now() + duration * self.tick, self.pitch))

    def _now(self) -> int:
        return self.bar_start + max(self.position, 0) * self.tick

    def _pass(self, _: int) -> None:
        pass

    _take = (  # in the order of Event
        _open_bar,
        _set_metre,
        _set_position,
        _set_tempo,
        _set_program,
        _start_pitch,
        _start_note,
        _pass,
        _end_note,
    )

    # -- where it stands -----------------------------------------------------------------------------------------

    def bass(self) -> int:
        """The lowest pitch that sounds at the present position, NO_LIMIT if none does."""
        now = self._now()
        sounding = min((pitch for end, pitch in self.held if end > now), default=NO_LIMIT)
        return sounding if self.fresh else min(sounding, self.lowest)

    def _rests_on_tonic(self) -> bool:
        """Whether the last pitched notes have the tonic as their lowest, and nothing else sounds below."""
        key = self.rules.closing_key
        if key is None:
            return True
        bass = min((pitch for _, pitch in self.held), default=self.lowest)
        if bass < key.tonic:  # no tonic lies below
            bass = self.lowest
        return self.lowest < NO_LIMIT and self.lowest % 12 == bass % 12 == key.tonic

    def is_whole(self) -> bool:
        """Whether the piece would be well-formed and long enough if it ended here."""
        return self.phase == Phase.NOTE and self.bars >= self.min_bars

    def can_end(self) -> bool:
        """Whether the piece may end here."""
        return self.is_whole() and not self.silent and self._rests_on_tonic()

    def cost(self) -> int:
        """At most so many more tokens are needed to end, the end token included."""
        return self._cost(self.can_end())

    def _cost(self, can_end: bool) -> int:
        tail = 0 if can_end else _TAIL
        bars = 2 * max(0, self.min_bars - self.bars)
        return _TO_FINISH[self.phase] + 4 * len(self.silent) + bars + tail + 1

    def _progress(self) -> float:
        """0 at the start, 1 where every instrument has to have come in: half the bars, or eight."""
        begin = self.rules.locks.begin
        half = max(0.5, (self.max_bars - begin) / 2) if self.max_bars else 8
        return (self.bars - begin - 1 + max(self.position, 0) / self.bar_length) / half

    def urgency(self) -> float:
        """0..1: how much an instrument that is still silent should be preferred now."""
        starts = self.phase in _NOTE_MAY_START
        return min(1.0, 0.2 + max(0.0, self._progress())) if self.silent and starts else 0.0

    def _may_wait(self, left: float) -> int:
        """How many groups of instruments may still be silent when a share ``left`` of the tokens remains."""
        share = max(0.0, min(1 - self._progress(), 2 * left - 1))
        return 0 if self.bars == self.max_bars else math.ceil(len(self.rules.groups) * share)

    # -- what may come -------------------------------------------------------------------------------------------

    def _ending(self) -> int:
        """In the last bar, the position from which what starts has to rest on the tonic: its last quarter note."""
        return self.bar_length - min(max(12, 48 // self.tick), self.bar_length // 2)

    def _in_ending(self) -> bool:
        return self.rules.closing_key is not None and self.bars == self.max_bars and self.position >= self._ending()

    def next_step(self, remaining: int, total: int) -> Step:
        """What may come next, and what has to.

        Args:
            remaining: Tokens that may still be written, the end token included.
            total: Tokens that could be written from the start.
        """
        may_end = self.can_end()
        needed = self._cost(may_end)
        if needed > remaining and self.min_bars > self.bars:  # a long duration, or a long start: end well, if early
            self.min_bars = max(self.bars, self.min_bars - (needed - remaining + 1) // 2)
            may_end = self.can_end()
            needed = self._cost(may_end)
        full = self.bars == self.max_bars and len(self.here) >= self.max_here and not may_end
        hurry = full or remaining <= needed + _MARGIN
        only = self._shortest_way(may_end) if hurry else self._restriction(remaining - needed, remaining / total)
        return Step([*self._limits(hurry), self._chromatic_limit()], only, may_end)

    def _chromatic_limit(self) -> int:
        budget = int(CHROMATIC * self.rules.locks.chromatic_share * (self.pitched + 4))
        return min(NO_LIMIT, max(0, budget - self.chromatic))

    def _limits(self, hurry: bool) -> list[int]:
        rules, most = self.rules, self.max_bars
        out = [NO_LIMIT] * len(Demand)
        out[Demand.AFTER] = -(self.position + 1)
        out[Demand.LAST_POSITION] = self.bar_length - 1
        if rules.closing_key is not None and most:
            if self.bars == most:
                out[Demand.NOTE_POSITION] = self._ending() - 1
            elif self.bars == most - 1:
                out[Demand.NEXT_NOTE_POSITION] = self._ending() - 1
            if self._in_ending() and not self.fresh:  # the tonic has been put below: stay above
                out[Demand.DEPTH] = -self.lowest
        if most:
            room, next_room = self._room()
            out[Demand.REACH] = room - max(self.position, 0)
            out[Demand.BAR_REACH], out[Demand.NEXT_BAR_REACH] = room, next_room
        if rules.chords is not None and self.phase in (Phase.PITCH, Phase.VELOCITY) and self.pitch >= 0:
            out[Demand.REACH] = min(out[Demand.REACH], rules.chords.reach(self))
        may_be_quiet = self.bars != 1 and self.quiet_bars == 0  # never the first bar, never two in a row
        may_be_quiet = may_be_quiet or rules.locks.rests or 0 < self.bars <= rules.locks.begin
        may_be_quiet = may_be_quiet or self.bar_notes > 0 or hurry
        out[Demand.BARS] = int(may_be_quiet and (not most or self.bars < most))
        one_tempo = rules.locks.tempo_bpm is not None or rules.locks.duration_seconds is not None
        out[Demand.TEMPI] = int(not (one_tempo and self.tempi))
        must_play = hurry or self.phase == Phase.PROGRAM or bool(self.silent)
        out[Demand.NOTES] = max(self.max_here - len(self.here), int(must_play))
        return out

    def _room(self) -> tuple[int, int]:
        """Positions from the start of this bar to the end of the piece, and from the next bar's, each in its metre."""
        codes = self.rules.metre_codes
        if not codes:
            room = min(NO_LIMIT, (self.max_bars - self.bars + 1) * self.bar_length)
            return room, room - self.bar_length
        rest = sum(12 * numerator * (16 // unit) for numerator, unit in (divmod(c, 100) for c in codes[self.bars :]))
        beat = 16 // (self._locked_metre(self.bars + 1) % 100)
        return min(NO_LIMIT, self.bar_length + rest // self.tick), min(NO_LIMIT, rest // beat)

    def _tonic_is_due(self) -> bool:
        """Whether the next pitched note is the first at its position, so that a piece to end here needs the tonic."""
        return self.rules.closing_key is not None and self.fresh

    def _restriction(self, spare: int, left: float) -> np.ndarray | None:
        """The only tokens allowed, None for no restriction; ``spare`` tokens and a share ``left`` of all remain."""
        rules, phase = self.rules, self.phase
        only: np.ndarray | None = None
        if phase in _NOTE_MAY_START and len(self.silent) > self._may_wait(left):
            only = rules.entering(self.silent)
        elif phase == Phase.NOTE and self._bar_is_full(spare):
            only = rules.grammar.leading[Event.BAR]
        if 0 < self.bars <= rules.locks.begin and phase in (Phase.NOTE, Phase.METRE, Phase.TEMPO):
            return rules.grammar.leading[Event.BAR]
        if self._in_ending() and self._tonic_is_due():
            tonic = rules.tonic(self.bass())
            only = tonic if only is None else only & tonic
        return only

    def _bar_is_full(self, spare: int) -> bool:
        """Whether this bar has used up its fair share of the tokens, half as much again allowed."""
        following = self.max_bars - self.bars
        if following <= 0:
            return False
        return self.bar_tokens > 8 + 1.5 * spare / (following + 1)

    def _shortest_way(self, can_end: bool) -> np.ndarray:
        """The tokens, of one event each, that lead to an end soonest."""
        rules, single, phase = self.rules, self.rules.grammar.single, Phase(self.phase)
        note = single[Event.PITCH] | single[Event.DRUM]
        if phase in _COMPULSORY:
            return single[_COMPULSORY[phase]]
        more_bars = self.bars < self.min_bars
        tonic_due = not more_bars and self._tonic_is_due()
        if phase == Phase.PROGRAM:
            return note & rules.tonic(self.bass()) if tonic_due else note
        if phase == Phase.METRE:
            return single[Event.BAR if more_bars and not self.silent else Event.POSITION]
        if self.silent:
            return rules.entering(self.silent) & single[Event.PROGRAM]
        if phase == Phase.NOTE:
            if can_end:
                return np.zeros_like(note)
            if more_bars:
                return single[Event.BAR]
            if not self.fresh:
                last = self.position >= self.bar_length - 1
                return single[Event.BAR if last else Event.POSITION]
        if tonic_due:
            pitched = self.kind == Kind.PITCHED
            return single[Event.PITCH] & rules.tonic(self.bass()) if pitched else rules.pitched_program
        return single[Event.PROGRAM] if self.kind == Kind.NONE else note
