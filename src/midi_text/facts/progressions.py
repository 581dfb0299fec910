"""What chords do in a row: loops, the twelve-bar blues, falling fifths, pedal points.

Two chords count as the same here if they have the same root and neither third contradicts the other: a C7 or a Csus4
stands in for C, not for Cm. A loop is looked for bar by bar: bars that hold the same chords as the bars one period
later, for every period of up to sixteen bars, so that one chord misheard in one round does not break it; what the
loop's chords are is decided by the majority of its rounds.

Lost: loops whose rounds differ in length, and those of more than sixteen bars or eight chords.

Source: P. Tagg, "Everyday Tonality" (2009), on chord loops; S. Kostka and D. Payne, "Tonal Harmony", on progressions
by falling fifths; the plan of the twelve-bar blues (`_BLUES`) is the one that every textbook gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..key_midi_text import Key
from .chord import QUALITIES, Chord
from .chords import SILENT, STATES, Grid, Sound
from .runs import runs

LONGEST_PERIOD = 16  # bars
LONGEST_LOOP = 8  # chords
_ALIKE = 0.75  # share of its beats in which a bar of one round must agree with the same bar of the next
_LEAST = 0.25  # share of the bars with chords that a loop must cover to be one
# Degrees in semitones that each bar of a twelve-bar blues may stand on.
_BLUES = ((0,), (0, 5), (0,), (0,), (5,), (5,), (0,), (0,), (7,), (5, 7), (0,), (0, 7))
_MINOR, _MAJOR, _OPEN = 1, 2, 0
_THIRD = np.array(
    [_MINOR if 3 in QUALITIES[c.quality][0] else _MAJOR if 4 in QUALITIES[c.quality][0] else _OPEN for c in STATES]
    + [_OPEN]
)
_ROOT = np.array([chord.root for chord in STATES] + [12])


@dataclass(frozen=True)
class Loop:
    """A progression that comes round.

    Attributes:
        chords: One each change.
        repeats: Full rounds.
        first_bar: Bar of the first.
        covered: Share of the bars with chords that lie in a round.
    """

    chords: tuple[Chord, ...]
    repeats: int
    first_bar: int
    covered: float


def find_loop(grid: Grid, found: np.ndarray, key: Key | None) -> Loop | None:
    """The loop that covers most of a piece; of several that cover alike the shortest; None if none comes twice.

    A run of rounds may begin at any bar of the loop: it is taken to begin where the most speaks for it, of the run's
    own beginning, the first bar with a chord and its multiples of the period, and the tonic.
    """
    table = _bar_table(grid, found)
    filled = np.any((table >= 0) & (table < SILENT), axis=1)
    sounding = int(filled.sum())
    best: Loop | None = None
    for period in range(1, min(LONGEST_PERIOD, len(table) // 2) + 1):
        same = _agree(table[:-period], table[period:]) & filled[:-period] & filled[period:]
        rounds_of_it = runs(_mended(same, period))
        stretches = [(first, end + period) for first, end in rounds_of_it.tolist() if end - first >= period]
        if not stretches:
            continue
        covered = sum(end - begin for begin, end in stretches) / sounding
        if covered < (best.covered + 0.1 if best else _LEAST):
            continue
        begin, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
        states = _majority(table[begin:end], period)
        phase = _phase(states, begin, int(np.flatnonzero(filled)[0]), key)
        chords = _changes(np.roll(states, -phase, axis=0).ravel())
        rounds = _rounds(chords)
        chords = chords[: len(chords) // rounds]
        if 2 <= len(chords) <= LONGEST_LOOP:
            repeats = rounds * sum((finish - start) // period for start, finish in stretches)
            best = Loop(chords, repeats, begin + phase, covered)
    return best


def _bar_table(grid: Grid, found: np.ndarray) -> np.ndarray:
    """The state of every beat by bar, shape (bars, beats of the longest bar), -1 beyond the end of a bar."""
    table = np.full((int(grid.bar[-1]) + 1, int(grid.size.max())), -1, np.int64)
    table[grid.bar, grid.place] = found
    return table


def _agree(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether bars hold the same chords in nearly all beats, shape (bars,); bars of different lengths never do."""
    third, other_third = _THIRD[one], _THIRD[other]
    same = (_ROOT[one] == _ROOT[other]) & ((third == other_third) | (third == _OPEN) | (other_third == _OPEN))
    inside = one >= 0
    equal_length = (inside == (other >= 0)).all(1)
    return equal_length & ((same & inside).sum(1) >= _ALIKE * inside.sum(1))


def _mended(same: np.ndarray, period: int) -> np.ndarray:
    """The bars that agree, and those that alone do not between others, in rounds of four bars or more."""
    if period < 4 or len(same) < 3:
        return same
    mended = same.copy()
    mended[1:-1] |= same[:-2] & same[2:]
    return mended


def _majority(bars: np.ndarray, period: int) -> np.ndarray:
    """The most frequent state of every beat over the rounds, shape (period, beats of the longest bar)."""
    rounds = bars[: len(bars) // period * period].reshape(-1, period * bars.shape[1])
    return np.array([np.bincount(beat + 1).argmax() - 1 for beat in rounds.T]).reshape(period, -1)


def _phase(states: np.ndarray, begin: int, first: int, key: Key | None) -> int:
    """The bar of a run at which its loop begins."""
    period = len(states)
    bars = np.arange(period)
    weight = 3.0 * (bars == 0) + 4.0 * ((begin + bars - first) % period == 0)
    if key is not None:
        weight += 2.0 * (_ROOT[states[:, 0]] == key.tonic)
    return int(weight.argmax())


def _changes(states: np.ndarray) -> tuple[Chord, ...]:
    """The chords of beats, one each change; a round that ends on the chord it begins with is the shorter by it."""
    chords = [STATES[state] for state in states.tolist() if 0 <= state < SILENT]
    changed = [chord for place, chord in enumerate(chords) if not place or chord != chords[place - 1]]
    if len(changed) > 2 and changed[-1] == changed[0]:
        changed.pop()
    return tuple(changed)


def _rounds(chords: tuple[Chord, ...]) -> int:
    """How many times some chords are the same fewer chords: three in one and a half bars come twice in three."""
    divisors = [length for length in range(1, len(chords) + 1) if len(chords) % length == 0]
    return next(len(chords) // length for length in divisors if chords == chords[:length] * (len(chords) // length))


def is_blues(grid: Grid, found: np.ndarray, key: Key | None) -> bool:
    """Whether twelve bars in a row stand on the roots of a blues in the key of the first of them.

    That root must be the tonic of the key or its dominant: the sevenths of a blues on C sound like F major.
    """
    table = _bar_table(grid, found)
    if len(table) < 12 or key is None:
        return False
    beats = (table >= 0).sum(axis=1)
    on = np.stack([((_ROOT[table] == root) & (table >= 0)).sum(axis=1) >= _ALIKE * beats for root in range(12)])
    for tonic in (key.tonic, (key.tonic + 7) % 12):
        fits = [
            np.any([on[(tonic + degree) % 12, bar : len(table) - 11 + bar] for degree in allowed], axis=0)
            for bar, allowed in enumerate(_BLUES)
        ]
        if np.all(fits, axis=0).any():
            return True
    return False


def falling_fifths(chords: Sequence[Chord]) -> float:
    """Share of the chords that stand in runs of five different roots or more, each a fifth below the last.

    One of the falls may be a diminished fifth, as there is one among the degrees of a scale.
    """
    inside, run, diminished = 0, [chord.root for chord in chords[:1]], 0
    for before, after in pairwise((*chords, None)):
        step = (after.root - before.root) % 12 if before and after else None
        if after and (step == 5 or (step == 6 and not diminished)) and after.root not in run:
            run.append(after.root)
            diminished += step == 6
        elif step != 0:
            inside += len(run) if len(run) >= 5 else 0
            run, diminished = [after.root] if after else [], 0
    return inside / max(len(chords), 1)


def has_pedal_point(grid: Grid, found: np.ndarray, sound: Sound) -> bool:
    """Whether one bass note lasts at least three bars and eight beats under three chords, two beats foreign to it."""
    held = np.where(sound.bass.max(1) > 0.7, sound.bass.argmax(1), -1)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(held)) + 1, [len(held)]])
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        note = held[begin]
        if note < 0 or end - begin < 8 or grid.bar[end - 1] - grid.bar[begin] < 2:
            continue
        states = found[begin:end]
        foreign = [state for state in states.tolist() if state < SILENT and note not in STATES[state].tones]
        if np.count_nonzero(np.diff(states)) >= 2 and len(foreign) >= 2:
            return True
    return False
