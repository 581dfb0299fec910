"""A progression as a lock: which notes may start where, how long they may sound, and what is gently preferred.

A progression is a row of bars, each of one chord or of several that share its beats; it comes round until the piece
ends. On strong beats (the bar line, the middle of an even bar, wherever the chord changes) only tones of the chord in
force start, and where it changes nothing below middle C but its bass. Elsewhere a few notes may be foreign to the
chord: short ones of the key that was asked. No note sounds on into a chord to which it is foreign. So our own chord
finder (`facts.chords`) hears what was asked, and a listener does.

Chords win over a key: a chord may leave it, and the piece ends on the tonic only where that is the last chord's bass.
Positions are twelfths of the metre's denominator, as everywhere in the grammar. The metre of a bar that is not yet
stated is taken to be that of the bar before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .facts.chord import Chord
from .grammar_midi_text import Event, EventGrammar

BarChords = tuple[Chord, ...]
MOST_IN_A_BAR = 4
_FOREIGN_SHARE = 0.12  # of the pitched notes that may be foreign to their chord
_LONGEST_FOREIGN = 6  # twelfths of a beat
_LOW = 60  # below it the chord's bass is due where the chord changes
_AGAINST = 1.5  # nats against each foreign note
_MISSING = 1.0  # nats for a tone of the chord that has not sounded in it yet
_REMEMBER = 1024  # answers, of five bytes a token


def read_progression(chords: str | Sequence[str]) -> tuple[BarChords, ...]:
    """``["Dm", "C G"]``, ``"Dm | C G"`` or ``"Dm Gm A7"`` -> the chords of each bar.

    Args:
        chords: A bar each; in a string bars are divided by ``|``, and where none is each chord has a bar of its own.

    Raises:
        ValueError: If a chord cannot be read, or a bar has none or more than four.
    """
    if isinstance(chords, str):
        divided = chords.strip().strip("|")
        chords = divided.split("|") if "|" in divided else re.split(r"[\s,;]+|\s[-–]\s", divided)
    bars = []
    for bar in chords:
        names = re.split(r"[\s,]+", bar.strip()) if bar.strip() else []
        if not 1 <= len(names) <= MOST_IN_A_BAR:
            raise ValueError(f"chords must be one to {MOST_IN_A_BAR} names a bar, such as 'Dm' or 'C G'; got {bar!r}")
        bars.append(tuple(map(Chord.parse, names)))
    if not bars:
        raise ValueError("chords must name at least one; leave them out to let the model choose")
    return tuple(bars)


class Place(Protocol):
    """Where a piece stands: what `ChordRules` needs to know of `Piece`."""

    bar_length: int
    metre: int
    position: int
    pitch: int
    pitched: int
    foreign: int
    chord_span: int
    chord_tones: int

    @property
    def chord_bar(self) -> int:
        """The bar of the progression, from 0; below 0 before the first."""


@dataclass(frozen=True, eq=False)
class _Bar:
    """One bar of the progression in one metre; arrays over its positions.

    Attributes:
        tones: Whether a pitch class belongs to the chord in force, shape (L, 12).
        ends: Where a note of a pitch class that starts there has to end, from the bar's start, shape (L, 12).
        start: Where the chord in force began, shape (L,).
        strict: Whether only tones of the chord may start there, shape (L,).
        bass: The bass that is due there, -1 where no chord begins, shape (L,).
    """

    tones: np.ndarray
    ends: np.ndarray
    start: np.ndarray
    strict: np.ndarray
    bass: np.ndarray


@dataclass(frozen=True, eq=False)
class _Notes:
    """Pitched notes of tokens, flat."""

    token: np.ndarray
    pitch: np.ndarray
    position: np.ndarray  # -1: where the piece stands
    duration: np.ndarray  # 0: not yet stated


class ChordRules:
    """A progression read against one vocabulary.

    Args:
        grammar: Of the vocabulary.
        bars: The chords of each bar, over and over.
        scale: Pitch classes that notes foreign to a chord are taken from; None for any.
    """

    def __init__(self, grammar: EventGrammar, bars: tuple[BarChords, ...], scale: frozenset[int] | None) -> None:
        self._size, self._bars = grammar.size, bars
        self._scale = np.array([scale is None or pc in scale for pc in range(12)])
        self._groups = _grouped(grammar)
        self._tables: dict[tuple[int, int], _Bar] = {}
        self._remembered: dict[tuple[int, int, int, bool, int], tuple[np.ndarray, np.ndarray]] = {}

    # -- following a piece ---------------------------------------------------------------------------------------

    def hear(self, place: Place, pitch: int) -> None:
        """Takes in a note that starts where the piece stands."""
        bar, at, span = self._where(place)
        if place.chord_span != span:
            place.chord_span, place.chord_tones = span, 0
        if bar.tones[at, pitch % 12]:
            place.chord_tones |= 1 << pitch % 12
        else:
            place.foreign += 1

    def _where(self, place: Place) -> tuple[_Bar, int, int]:
        """The bar's table, the position in it, and a number for the chord in force there."""
        bar = self._bar(place.chord_bar, place.metre)
        at = max(0, min(place.position, len(bar.strict) - 1))
        return bar, at, place.chord_bar * 4096 + int(bar.start[at])

    def reach(self, place: Place) -> int:
        """How long the note may be that has just started, in positions."""
        bar, at, _ = self._where(place)
        return int(bar.ends[at, place.pitch % 12]) - at

    # -- what may come -------------------------------------------------------------------------------------------

    def judge(self, place: Place) -> tuple[np.ndarray, np.ndarray]:
        """The tokens that keep to the chords, shape (M,) bool, and nats to add to each, shape (M,) float32."""
        tight = place.foreign >= _FOREIGN_SHARE * (place.pitched + 4)
        cycle = place.chord_bar % len(self._bars) if place.chord_bar >= 0 else -1
        _, at, span = self._where(place)
        heard = place.chord_tones if place.chord_span == span else 0
        key = (cycle, place.metre, at, tight, heard)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _REMEMBER:
                self._remembered.clear()
            found = self._remembered[key] = self._judged(*key)
        return found

    def _judged(self, cycle: int, metre: int, position: int, tight: bool, heard: int) -> tuple[np.ndarray, np.ndarray]:
        ok = np.ones(self._size, bool)
        tilt = np.zeros(self._size, np.float32)
        for (opens, stated), notes in self._groups.items():
            bar = self._bar(cycle + opens, stated or metre)
            at = np.where(notes.position < 0, position, notes.position).clip(0, len(bar.strict) - 1)
            classes = notes.pitch % 12
            tone = bar.tones[at, classes]
            free = ~bar.strict[at] & self._scale[classes] & (not tight)
            fits = (tone | free) & (at + notes.duration <= bar.ends[at, classes])
            fits &= (bar.bass[at] < 0) | (notes.pitch >= _LOW) | (classes == bar.bass[at])
            ok[notes.token[~fits]] = False
            np.add.at(tilt, notes.token[~tone], -_AGAINST)
            if not opens:
                missing = tone & (bar.start[at] == bar.start[position]) & (heard >> classes & 1 == 0)
                new = notes.token[missing]
                tilt[new] = np.maximum(tilt[new], _MISSING)
        return ok, tilt

    def _bar(self, bar: int, metre: int) -> _Bar:
        """The table of a bar of the piece; where the metre is unknown, of four quarters."""
        key = bar % len(self._bars), metre or 404
        if key not in self._tables:
            self._tables[key] = self._table(*key)
        return self._tables[key]

    def _table(self, bar: int, metre: int) -> _Bar:
        length = 12 * (metre // 100)
        spans = [(at, chord) for at, chord in zip(starts(self._bars[bar], metre), self._bars[bar], strict=True)]
        later = []  # the chords of a round after this bar, so far as one note may reach
        for step in range(1, len(self._bars) + 1):
            chords = self._bars[(bar + step) % len(self._bars)]
            later += [(step * length + at, c) for at, c in zip(starts(chords, metre), chords, strict=True)]
        tones, ends = np.zeros((length, 12), bool), np.zeros((length, 12), np.int64)
        start, strict, bass = np.zeros(length, np.int64), np.zeros(length, bool), np.full(length, -1)
        strict[0] = True
        if metre // 100 % 2 == 0:
            strict[length // 2] = True
        following = [*spans, *later]
        for number, (at, chord) in enumerate(spans):
            until = following[number + 1][0]
            tones[at:until, list(_sounding(chord))] = True
            start[at:until], strict[at], bass[at] = at, True, chord.bass
            for pc in range(12):
                turns = (place for place, other in following[number + 1 :] if pc not in _sounding(other))
                ends[at:until, pc] = next(turns, 32_000)
        brief = np.arange(length)[:, None] + _LONGEST_FOREIGN
        return _Bar(tones, np.where(tones, ends, np.minimum(ends, brief)), start, strict, bass)


def _sounding(chord: Chord) -> frozenset[int]:
    return chord.pitch_classes | {chord.bass}


def starts(chords: BarChords, metre: int) -> list[int]:
    """Where each chord of a bar begins: on beats, as evenly as they allow, in twelfths of the metre's denominator."""
    beats, unit = divmod(metre, 100)
    threes = unit >= 8 and beats % 3 == 0
    beat = 36 if threes else 12
    count = 12 * beats // beat
    if count < len(chords):
        beat, count = 12 * beats // len(chords), len(chords)
    return [beat * -(-number * count // len(chords)) for number in range(len(chords))]


def _grouped(grammar: EventGrammar) -> dict[tuple[int, int], _Notes]:
    """The pitched notes of all tokens by whether they stand in a bar that the token opens, and its metre if stated."""
    rows: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for token, events in enumerate(grammar.events):
        opens, stated, position = 0, 0, -1
        for number, (event, value) in enumerate(events):
            if event == Event.BAR:
                opens = 1
            elif event == Event.METRE:
                stated = value
            elif event == Event.POSITION:
                position = value
            elif event == Event.PITCH:
                last = events[number + 2] if number + 2 < len(events) else None
                duration = last[1] if last is not None and last[0] == Event.DURATION else 0
                rows.setdefault((opens, stated), []).append((token, value, position, duration))
    return {key: _Notes(*np.array(found, np.int64).T) for key, found in rows.items()}


__all__ = ["MOST_IN_A_BAR", "BarChords", "ChordRules", "read_progression", "starts"]
