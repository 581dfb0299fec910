"""Locks: what a generation may not leave, and the same as tables over a vocabulary.

:class:`Locks` is what a caller states; it refuses what is impossible or contradicts itself. :class:`Rules` are locks
read against one :class:`~.grammar_midi_text.EventGrammar`: which tokens stay inside them, what a token costs of the
chromatic budget, which tokens let an instrument enter or put the tonic below everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .chord_locks_midi_text import MOST_IN_A_BAR, BarChords, ChordRules
from .grammar_midi_text import DRUMS, Event, EventGrammar, metre_code
from .key_midi_text import Key

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
CHROMATIC = 4  # what a note outside the key costs of the chromatic budget
_REMEMBER = 4096  # answers, of one byte a token
_MINOR_COSTS = {11: 1, 9: 2}  # the raised seventh and sixth belong to the minor key, in measure


@dataclass(frozen=True)
class Locks:
    """What a generation may not leave; what is None or empty is free.

    Attributes:
        tempo_bpm: Lowest and highest tempo, inclusive, within 30..250. The tempo then never changes.
        time_signature: Metre of every bar.
        key: Notes come from its scale, but for ``chromatic_share``; the lowest last note is the tonic; and choices are
            weighted, gently and only while needed, so that a key finder hears this key. Idle where only drums play.
        programs: General MIDI programs that all have to sound, 128 for drums.
        families: Groups of programs; of each at least one has to sound.
        excluded_programs: Programs that must not sound.
        open_programs: Whether others than ``programs`` and ``families`` may sound; needless where both are empty.
        bars: Fewest and most bars.
        duration_seconds: Shortest and longest duration, met in whole bars; not together with ``bars``.
        chromatic_share: Share of pitched notes that may lie outside the key, 0..1.
        metres: Metre of each bar, where they differ; not together with ``time_signature``, and as many as ``bars``.
        begin: Bars that are there when the writing starts, with which the decoder is primed: the first token opens the
            next bar, and instruments, key and chromatic budget count from there. ``bars`` and ``metres`` count all.
        rests: Whether bars may be silent, as those of one part often are; else never the first, never two in a row.
        closes: Whether a locked key has to be left on its tonic.
        chords: The chords of each bar, over and over, from the bar after ``begin``: see `chord_locks_midi_text`.

    Raises:
        ValueError: If a value is impossible or two locks contradict each other.
    """

    tempo_bpm: tuple[float, float] | None = None
    time_signature: tuple[int, int] | None = None
    key: Key | None = None
    programs: tuple[int, ...] | None = None
    families: tuple[tuple[int, ...], ...] = ()
    excluded_programs: tuple[int, ...] = ()
    open_programs: bool = False
    bars: tuple[int, int] | None = None
    duration_seconds: tuple[float, float] | None = None
    chromatic_share: float = 0.04
    metres: tuple[tuple[int, int], ...] = ()
    begin: int = 0
    rests: bool = False
    closes: bool = True
    chords: tuple[BarChords, ...] = ()

    def __post_init__(self) -> None:
        for name, low, high in (("tempo_bpm", 30, 250), ("bars", 1, 1000), ("duration_seconds", 0.5, 3600)):
            _check_range(name, getattr(self, name), low, high)
        if self.bars is not None and any(count != int(count) for count in self.bars):
            raise ValueError(f"bars must be whole numbers, got {self.bars}")
        if self.bars is not None and self.duration_seconds is not None:
            raise ValueError("bars and duration_seconds cannot both be locked: keep the one that matters more")
        if self.metres and (self.time_signature is not None or self.bars != (len(self.metres), len(self.metres))):
            raise ValueError(f"metres must be one for each of bars = {self.bars}, without time_signature")
        if self.begin < 0 or (self.begin and (self.bars is None or self.bars[0] <= self.begin)):
            raise ValueError(f"begin must be 0 or more and below bars, which count all; got {self.begin}, {self.bars}")
        if any(not 1 <= len(bar) <= MOST_IN_A_BAR for bar in self.chords):
            raise ValueError(f"chords must be bars of one to {MOST_IN_A_BAR} chords each; got {self.chords}")
        if not 0 <= self.chromatic_share <= 1:
            raise ValueError(f"chromatic_share must be between 0 and 1, got {self.chromatic_share}")
        groups = (*((p,) for p in self.programs or ()), *self.families, self.excluded_programs)
        wrong = [program for group in groups for program in group if not 0 <= program <= DRUMS]
        if wrong:
            raise ValueError(f"programs must be 0..127, or 128 for drums; got {wrong}")
        if len(set(self.excluded_programs)) > DRUMS:
            raise ValueError("excluded_programs must leave an instrument to play with, got all 129")
        for group in groups[:-1]:
            if not set(group) - set(self.excluded_programs):
                raise ValueError(
                    f"programs {sorted(group)} are asked for and excluded: take them out of one of the two"
                )

    @property
    def groups(self) -> tuple[frozenset[int], ...]:
        """Sets of programs; of each one has to sound."""
        out = [frozenset((program,)) for program in dict.fromkeys(self.programs or ())]
        return (*out, *(frozenset(family) - set(self.excluded_programs) for family in self.families))

    @property
    def allowed_programs(self) -> frozenset[int]:
        """The programs that may sound."""
        asked = frozenset().union(*self.groups)
        free = self.open_programs or not asked
        return (frozenset(range(DRUMS + 1)) if free else asked) - set(self.excluded_programs)


def _check_range(name: str, value: tuple[float, float] | None, low: float, high: float) -> None:
    if value is None:
        return
    if len(value) != 2 or not value[0] <= value[1]:
        raise ValueError(f"{name} must be (lowest, highest) with lowest <= highest, got {value}")
    if not low <= value[0] <= value[1] <= high:
        raise ValueError(f"{name} must lie within {low}..{high}, got {value}")


class Rules:
    """Locks as tables over the local tokens of a grammar. One object serves all pieces with these locks.

    Attributes:
        key: The key to hold, None where nothing pitched may sound.
        closing_key: The key to close in, None where the end is free.
        chords: The progression to keep to, None where there is none or nothing pitched may sound.
        metre_codes: ``metre_code`` of each bar, () where the locks do not say.
        pitch_costs: What a pitch class takes of the chromatic budget, 12 numbers.

    Raises:
        ValueError: If the vocabulary has no such metre, or no tempo in the range.
    """

    def __init__(self, grammar: EventGrammar, locks: Locks) -> None:
        self.grammar, self.locks = grammar, locks
        self.groups = locks.groups
        self.key = locks.key if locks.allowed_programs - {DRUMS} else None
        self.closing_key = self.key if locks.closes and _ends_on_tonic(locks) else None
        self.chords = None
        if locks.chords and locks.allowed_programs - {DRUMS}:
            self.chords = ChordRules(grammar, locks.chords, _scale(self.key))
        self.metre_codes = tuple(map(metre_code, locks.metres))
        for metre in dict.fromkeys([*([locks.time_signature] if locks.time_signature else ()), *locks.metres]):
            if metre not in grammar.metres:
                known = ", ".join(f"{n}/{d}" for n, d in grammar.metres)
                raise ValueError(f"time_signature must be one of {known}; got {metre}")
        self.tempi = [t for t in grammar.tempi if _inside(t, locks.tempo_bpm)]
        if not self.tempi:
            raise ValueError(
                f"tempo_bpm must hold one of the tempi {grammar.tempi[0]}..{grammar.tempi[-1]} in steps of 1, "
                f"got {locks.tempo_bpm}; widen the range to whole numbers"
            )
        self.pitch_costs = [0] * 12
        if self.key is not None and self.chords is None:  # chords know what is foreign to them
            for degree in set(range(12)) - set(SCALES[self.key.mode]):
                cost = _MINOR_COSTS.get(degree, CHROMATIC) if self.key.mode == "minor" else CHROMATIC
                self.pitch_costs[(self.key.tonic + degree) % 12] = cost
        chromatic = (np.array(self.pitch_costs) @ grammar.pitch_classes).astype(np.int16)
        self._demands = np.concatenate([grammar.demands, chromatic[None]])
        self._largest: list[int] = self._demands.max(1).tolist()
        self._remembered: dict[tuple[int, ...], np.ndarray] = {}
        self.unpitched: np.ndarray = np.logical_not(grammar.pitch_classes.any(0))
        self._masks: dict[int, np.ndarray] = {}
        self._entering: dict[frozenset[frozenset[int]], np.ndarray] = {}

    def allowed(self, state: int, program: int, metre: int, limits: Sequence[int]) -> np.ndarray:
        """The tokens that may come where the automaton is in ``state`` and ``program`` plays.

        Most moments of a piece have been there before, in another bar, so the answers are remembered.

        Args:
            state: See ``follow``.
            program: The instrument that plays, -1 for none.
            metre: The only metre allowed, 0 for any.
            limits: In the order of ``Demand``, then what a token may take of the chromatic budget.

        Returns:
            Shape (M,), bool; not to be written to.
        """
        key = (state, program, metre, *map(min, limits, self._largest))
        ok = self._remembered.get(key)
        if ok is None:
            ok = self.mask(metre) & self.grammar.follows[state]
            if program >= 0:
                ok &= self.grammar.first_program != program
            for demand, limit, largest in zip(self._demands, limits, self._largest, strict=True):
                if limit < largest:
                    ok &= demand <= limit
            if len(self._remembered) >= _REMEMBER:
                self._remembered.clear()
            self._remembered[key] = ok
        return ok

    def mask(self, metre: int) -> np.ndarray:
        """The tokens that do not leave the locks, shape (M,). ``metre`` is the only metre allowed, 0 for any."""
        if metre not in self._masks:
            grammar = self.grammar
            locked = self.locks.time_signature
            metre_only = metre or (metre_code(locked) if locked else 0)
            ok = grammar.usable.copy()
            for other in map(metre_code, grammar.metres):
                if metre_only and other != metre_only:
                    ok[grammar.naming(Event.METRE, other)] = False
            for tempo in set(grammar.tempi) - set(self.tempi):
                ok[grammar.naming(Event.TEMPO, tempo)] = False
            for program in set(range(DRUMS + 1)) - self.locks.allowed_programs:
                ok[grammar.naming(Event.PROGRAM, program)] = False
            self._masks[metre] = ok
        return self._masks[metre]

    def entering(self, groups: frozenset[frozenset[int]]) -> np.ndarray:
        """The tokens that start with a program of these groups, shape (M,)."""
        if groups not in self._entering:
            programs = sorted(frozenset().union(*groups))
            leads = self.grammar.leading[Event.PROGRAM]
            self._entering[groups] = leads & np.isin(self.grammar.first_program, programs)
        return self._entering[groups]

    @cached_property
    def pitched_program(self) -> np.ndarray:
        """The tokens that are just the name of a pitched program, shape (M,)."""
        return self.grammar.single[Event.PROGRAM] & (self.grammar.first_program < DRUMS)

    def tonic(self, bass: int) -> np.ndarray:
        """The tokens without pitches, or that are just the tonic not above ``bass``, shape (M,)."""
        ok: np.ndarray = self.unpitched.copy()
        if self.key is None:
            return ok
        pitches = [p for p in range(self.key.tonic, 128, 12) if p <= bass] or range(self.key.tonic, 128, 12)
        for pitch in pitches:
            token = self.grammar.single_token(Event.PITCH, pitch)
            if token is not None:
                ok[token] = True
        return ok


def _ends_on_tonic(locks: Locks) -> bool:
    """Whether the chords, if any, let the piece close in its key."""
    if not locks.chords or locks.key is None:
        return True
    if locks.bars is None or locks.bars[0] != locks.bars[1]:
        return False  # nobody knows which chord will be the last
    last = locks.chords[(int(locks.bars[1]) - locks.begin - 1) % len(locks.chords)][-1]
    return last.root == last.bass == locks.key.tonic


def _scale(key: Key | None) -> frozenset[int] | None:
    """The notes of a key, a minor one with its raised sixth and seventh."""
    if key is None:
        return None
    degrees = {*SCALES[key.mode], *(_MINOR_COSTS if key.mode == "minor" else ())}
    return frozenset((key.tonic + degree) % 12 for degree in degrees)


def _inside(value: float, bounds: tuple[float, float] | None) -> bool:
    return bounds is None or bounds[0] <= value <= bounds[1]
