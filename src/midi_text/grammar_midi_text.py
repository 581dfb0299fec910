"""What may follow what: the grammar of music tokens, as tables.

A music token is one or more *events* (``Bar_None``, ``Pitch_60`` …) joined by learned merges, so whether a token may
come next is a question about all its events at once. It is answered in three parts, each precomputed per token:

1. an automaton over event types (12 phases × what the current instrument is: none yet, pitched, drums), followed
   through all events of a token: ``EventGrammar.follows[state, token]``;
2. *demands*: small integers that a token asks for ("its first position is 12", "it sounds 24 positions past here").
   A token is allowed when every demand is at most the *limit* that the piece so far sets; ``Demand`` names them;
3. lists by content, for what is neither: tokens that start a note of one pitch, that name one instrument, and so on.

Grammar of a piece: ``(Bar TimeSig (Position Tempo? (Program? Pitch Velocity Duration)*)*)+``, where the first bar
starts with ``Position_0 Tempo``, a position holds a tempo or a note, positions grow inside a bar, and ``Program``
comes only when the instrument changes. Positions and durations count twelfths of the metre's denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

import numpy as np

DRUMS = 128  # the program number that stands for the drum kit


class Event(IntEnum):
    """Types of events."""

    BAR = 0
    METRE = 1
    POSITION = 2
    TEMPO = 3
    PROGRAM = 4
    PITCH = 5
    DRUM = 6
    VELOCITY = 7
    DURATION = 8


class Phase(IntEnum):
    """The event just written; NOTE is a finished note, FIRST_… are the compulsory start of a piece."""

    START = 0
    FIRST_BAR = 1
    FIRST_METRE = 2
    FIRST_POSITION = 3
    BAR = 4
    METRE = 5
    POSITION = 6
    TEMPO = 7
    PROGRAM = 8
    PITCH = 9
    VELOCITY = 10
    NOTE = 11


class Kind(IntEnum):
    """What the current instrument plays."""

    NONE = 0
    PITCHED = 1
    DRUMS = 2


class Demand(IntEnum):
    """The columns of ``EventGrammar.demands``: a token is allowed when each is at most its limit."""

    AFTER = 0  # minus its first position, if in the present bar; limit: minus the next free position
    LAST_POSITION = 1  # its last position in the present metre; limit: the bar's last position
    NOTE_POSITION = 2  # its last position with a note, in the present bar
    NEXT_NOTE_POSITION = 3  # the same in a bar that the token opens
    REACH = 4  # its longest duration from the present position; limit: what is left of the piece
    BAR_REACH = 5  # where its other notes end, from the start of the present bar
    NEXT_BAR_REACH = 6  # the same from the start of the bar that the token opens
    BARS = 7  # bars it opens
    TEMPI = 8  # tempi it states
    NOTES = 9  # notes it starts, or announces by a program, at the present position
    DEPTH = 10  # minus its lowest pitch, drums apart


NO_LIMIT = 32_000
_NOTHING = -NO_LIMIT
KINDS = len(Kind)
STATES = len(Phase) * KINDS

_AFTER = {  # the phase after an event; the automaton would be in it whatever came before
    Event.BAR: Phase.BAR,
    Event.METRE: Phase.METRE,
    Event.POSITION: Phase.POSITION,
    Event.TEMPO: Phase.TEMPO,
    Event.PROGRAM: Phase.PROGRAM,
    Event.PITCH: Phase.PITCH,
    Event.DRUM: Phase.PITCH,
    Event.VELOCITY: Phase.VELOCITY,
    Event.DURATION: Phase.NOTE,
}
_ONSET = {Event.PROGRAM, Event.PITCH, Event.DRUM}
_MAY_FOLLOW: dict[Phase, set[Event]] = {
    Phase.START: {Event.BAR},
    Phase.FIRST_BAR: {Event.METRE},
    Phase.FIRST_METRE: {Event.POSITION},
    Phase.FIRST_POSITION: {Event.TEMPO},
    Phase.BAR: {Event.METRE},
    Phase.METRE: {Event.POSITION, Event.BAR},
    Phase.POSITION: {Event.TEMPO} | _ONSET,
    Phase.TEMPO: {Event.POSITION, Event.BAR} | _ONSET,
    Phase.PROGRAM: {Event.PITCH, Event.DRUM},
    Phase.PITCH: {Event.VELOCITY},
    Phase.VELOCITY: {Event.DURATION},
    Phase.NOTE: {Event.POSITION, Event.BAR} | _ONSET,
}
_FIRST = {Phase.START: Phase.FIRST_BAR, Phase.FIRST_BAR: Phase.FIRST_METRE, Phase.FIRST_METRE: Phase.FIRST_POSITION}
_NAMES = {
    "Bar": Event.BAR,
    "TimeSig": Event.METRE,
    "Position": Event.POSITION,
    "Tempo": Event.TEMPO,
    "Program": Event.PROGRAM,
    "Pitch": Event.PITCH,
    "PitchDrum": Event.DRUM,
    "Velocity": Event.VELOCITY,
    "Duration": Event.DURATION,
}
Coded = tuple[Event, int]


def state_of(phase: int, kind: int) -> int:
    """The automaton's state as one number below ``STATES``."""
    return phase * KINDS + kind


def metre_code(metre: tuple[int, int]) -> int:
    """``(3, 4)`` -> 304, the value of ``TimeSig_3/4``."""
    return 100 * metre[0] + metre[1]


def _follow(state: int, event: Event, special: bool) -> tuple[int, bool]:
    phase, kind = Phase(state // KINDS), state % KINDS
    legal = event in _MAY_FOLLOW[phase]
    if phase == Phase.FIRST_METRE and event == Event.POSITION and not special:
        legal = False
    if event == Event.PROGRAM:
        kind = Kind.DRUMS if special else Kind.PITCHED
    elif event in (Event.PITCH, Event.DRUM):
        wanted = Kind.PITCHED if event == Event.PITCH else Kind.DRUMS
        legal = legal and kind == wanted
        kind = wanted
    after = _FIRST.get(phase, _AFTER[event]) if legal else _AFTER[event]
    return state_of(after, kind), legal


_SPECIAL = [{Event.PROGRAM: DRUMS, Event.POSITION: 0}.get(event, -1) for event in Event]
_TABLE = [[[_follow(state, event, x) for x in (False, True)] for event in Event] for state in range(STATES)]


def follow(state: int, event: Event, value: int) -> tuple[int, bool]:
    """The state after an event, and whether the event was allowed; after a wrong one the state is a sensible one."""
    return _TABLE[state][event][value == _SPECIAL[event]]


def read_event(event: str) -> Coded | None:
    """``"Duration_1.6.12"`` -> ``(Event.DURATION, 18)``; None for what is no event of the grammar.

    Values: metres are 100 · numerator + denominator, drums are program 128, tempi whole beats per minute, durations
    twelfths of a beat, everything else its number.
    """
    name, _, text = event.partition("_")
    code = _NAMES.get(name)
    try:
        if code is None:
            return None
        if code == Event.BAR:
            return code, 0
        if code == Event.METRE:
            numerator, denominator = text.split("/")
            return code, metre_code((int(numerator), int(denominator)))
        if code == Event.DURATION:
            beats, part, resolution = (int(x) for x in text.split("."))
            return code, 12 * beats + part * 12 // resolution
        value = round(float(text))
        return code, DRUMS if code == Event.PROGRAM and value == -1 else value
    except ValueError:
        return None


class EventGrammar:
    """The tables of one vocabulary. Token numbers here are *local*: joint id minus ``offset``.

    Attributes:
        offset: The first joint id that is music.
        size: Number of local tokens ``M``; the last ones may be something else than music and are never allowed.
        eos_token_id: Joint id that ends a piece.
        events: Coded events of each local token.
        usable: Whether the token can stand in any piece at all, shape (M,).
        follows: Whether the automaton can pass through the token, shape (STATES, M).
        demands: See ``Demand``, shape (len(Demand), M), int16.
        first_program: The first program that the token names, else -1, shape (M,).
        leading: For each event type the tokens that start with it, shape (9, M).
        single: For each event type the tokens that are just it, shape (9, M).
        pitch_classes: Pitched notes of each token per pitch class, shape (12, M), float32.
        metres: The vocabulary's metres.
        tempi: The vocabulary's tempi, ascending.
    """

    def __init__(self, token_events: Sequence[Sequence[str]], eos_token_id: int) -> None:
        music = [i for i, events in enumerate(token_events) if events]
        if not music:
            raise ValueError("token_events must hold at least one music token, found none; pass tokenizer.token_events")
        self.offset, self.eos_token_id = music[0], eos_token_id
        read = {event: read_event(event) for events in token_events for event in events}
        coded = [[read[event] for event in events] for events in token_events[self.offset :]]
        self.events: list[tuple[Coded, ...]] = [
            tuple(e for e in events if e is not None) if None not in events else () for events in coded
        ]
        self.size = len(self.events)
        self.usable = np.array([_is_sound(events) for events in self.events])
        self._index()
        self._check_base()
        self.follows = np.zeros((STATES, self.size), bool)
        for state in range(STATES):
            self.follows[state] = self._passable(state)
        self.demands = np.array([_demands(events) for events in self.events], np.int16).T.copy()
        self.pitch_classes = np.zeros((12, self.size), np.float32)
        here: dict[tuple[int, int], list[int]] = {}
        for token, events in enumerate(self.events):
            for event, value in events:
                if event == Event.PITCH:
                    self.pitch_classes[value % 12, token] += 1
            for note in _notes_here(events):
                here.setdefault(note, []).append(token)
        self._here = {note: np.array(sorted(set(tokens))) for note, tokens in here.items()}

    def _index(self) -> None:
        self.first_program = np.full(self.size, -1, np.int16)
        self.leading = np.zeros((len(Event), self.size), bool)
        self.single = np.zeros((len(Event), self.size), bool)
        self._with: dict[Coded, list[int]] = {}
        for token, events in enumerate(self.events):
            for coded in set(events):
                self._with.setdefault(coded, []).append(token)
            if events and self.usable[token]:
                self.leading[events[0][0], token] = True
                self.single[events[0][0], token] = len(events) == 1
            self.first_program[token] = next((value for event, value in events if event == Event.PROGRAM), -1)
        self.metres = tuple(sorted(divmod(v, 100) for e, v in self._with if e == Event.METRE))
        self.tempi = tuple(sorted(v for e, v in self._with if e == Event.TEMPO))

    def _check_base(self) -> None:
        missing = [event.name for event in Event if event != Event.DRUM and not self.single[event].any()]
        if missing:
            raise ValueError(
                f"every event type must have tokens of its own, so that any piece can be finished; {missing} has none"
            )

    def _passable(self, state: int) -> np.ndarray:
        ok = np.zeros(self.size, bool)
        for token in np.nonzero(self.usable)[0]:
            here = state
            for event, value in self.events[token]:
                here, legal = follow(here, event, value)
                if not legal:
                    break
            else:
                ok[token] = True
        return ok

    def naming(self, event: Event, value: int) -> np.ndarray:
        """Local tokens that hold this event anywhere."""
        return np.array(self._with.get((event, value), []), np.int64)

    def single_token(self, event: Event, value: int) -> int | None:
        """The local token that is just this event."""
        return next((t for t in self._with.get((event, value), []) if len(self.events[t]) == 1), None)

    def playing_here(self, program: int, pitch: int) -> np.ndarray:
        """Local tokens with this note before any new position; program -1: by the instrument that plays already."""
        return self._here.get((program, pitch), _EMPTY)


_EMPTY = np.array([], np.int64)


@lru_cache(maxsize=4)
def _cached(token_events: tuple[tuple[str, ...], ...], eos_token_id: int) -> EventGrammar:
    return EventGrammar(token_events, eos_token_id)


def event_grammar(token_events: Sequence[Sequence[str]], eos_token_id: int) -> EventGrammar:
    """The grammar of a vocabulary, built once (about half a second for 4,000 tokens).

    Args:
        token_events: For every joint id its events, ``()`` for what is not music: ``tokenizer.token_events``.
        eos_token_id: Joint id that ends a piece.

    Raises:
        ValueError: If there is no music in the vocabulary, or an event type has no token of its own.
    """
    return _cached(tuple(map(tuple, token_events)), eos_token_id)


def _is_sound(events: Sequence[Coded]) -> bool:
    """Whether the events can stand together: one bar at most and first, positions grow and fit, nothing repeats."""
    position, length, program = -1, NO_LIMIT, -1
    notes: set[tuple[int, int]] = set()
    for i, (event, value) in enumerate(events):
        if event == Event.BAR and i > 0:
            return False
        if event == Event.METRE:
            length = 12 * (value // 100)
        elif event == Event.POSITION:
            if not position < value < length:
                return False
            position, notes = value, set()
        elif event == Event.PROGRAM:
            if value == program:
                return False
            program = value
        elif event in (Event.PITCH, Event.DRUM):
            if (program, value) in notes:
                return False
            notes.add((program, value))
    return bool(events)


def _demands(events: Sequence[Coded]) -> list[int]:
    """What a token asks for, in the order of ``Demand``."""
    out = [_NOTHING] * len(Demand)
    out[Demand.BARS] = out[Demand.TEMPI] = out[Demand.NOTES] = 0
    opens_bar = bool(events) and events[0][0] == Event.BAR
    states_metre = any(event == Event.METRE for event, _ in events)
    position: int | None = None
    for event, value in events:
        if event == Event.BAR:
            out[Demand.BARS] = 1
        elif event == Event.TEMPO:
            out[Demand.TEMPI] += 1
        elif event == Event.POSITION:
            if position is None and not opens_bar:
                out[Demand.AFTER] = -value
            position = value
            if not states_metre:
                out[Demand.LAST_POSITION] = value
        elif event in (Event.PITCH, Event.DRUM):
            if position is None:
                out[Demand.NOTES] += 1
            else:
                out[Demand.NEXT_NOTE_POSITION if opens_bar else Demand.NOTE_POSITION] = position
            if event == Event.PITCH:
                out[Demand.DEPTH] = max(out[Demand.DEPTH], -value)
        elif event == Event.DURATION:
            column = Demand.REACH if position is None else Demand.NEXT_BAR_REACH if opens_bar else Demand.BAR_REACH
            out[column] = max(out[column], value + (position or 0))
    if position is None and events and events[-1][0] == Event.PROGRAM:
        out[Demand.NOTES] += 1
    return out


def _notes_here(events: Sequence[Coded]) -> list[tuple[int, int]]:
    """(program, pitch) of the notes before any new position; program -1 where the token names none before."""
    program = -1
    notes: list[tuple[int, int]] = []
    for event, value in events:
        if event in (Event.BAR, Event.POSITION):
            break
        if event == Event.PROGRAM:
            program = value
        elif event in (Event.PITCH, Event.DRUM):
            notes.append((program, value))
    return notes
