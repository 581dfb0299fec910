"""Figures of accompaniment: Alberti bass, oom-pah, walking bass and their kin, bar by bar of every strand.

Each rule looks at the onsets of one hand or instrument in one bar (`strands`) and is strict: a bar that only resembles
the figure does not count, because captions repeat a figure as truth. The rules stand at the functions of `RULES`. Lost:
figures in other metres than their own, hemiolas, and what is hidden by ornaments.

Source: what a figure is follows the New Grove Dictionary ("Alberti bass", "Walking bass", "Ostinato", "Tremolo"); the
rules, in terms of onsets and pitches, are ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .roles import BASSES
from .runs import runs
from .strands import KEYBOARDS, TOGETHER, Strands
from .view import View

NEAR = 0.1  # quarter notes by which a played onset may miss its place
SUNG = range(52, 55)
CHORDAL = np.isin(np.arange(129), [*KEYBOARDS, *range(24, 32), *range(48, 52), *range(88, 96), 61, 62, 63])


def find_figures(view: View, strands: Strands) -> dict[str, np.ndarray]:
    """Which figures the bars hold: name -> bool of shape (c,), over the cells of the strands."""
    return {name: rule(view, strands) for name, rule in RULES.items()}


def _ahead(values: np.ndarray, steps: int) -> np.ndarray:
    """The values `steps` onsets later; the last ones repeat the last."""
    return np.concatenate([values[steps:], np.full(min(steps, len(values)), values[-1])])


def _within(strands: Strands, steps: int) -> np.ndarray:
    """Whether the next `steps` onsets are in the same cell, at even distances."""
    later = np.arange(len(strands)) + steps
    inside = (later < len(strands)) & (_ahead(strands.cell, steps) == strands.cell)
    for step in range(1, steps):
        inside &= np.abs(_ahead(strands.next_beats, step) - strands.next_beats) <= 0.25 * strands.next_beats
    return inside


def _alberti(view: View, strands: Strands) -> np.ndarray:
    """Under a melody, fours (low, high, middle, high), or sixes of it, of even notes fill at least half of the bar."""
    gap = strands.next_beats
    first, high, middle, *rest = (_ahead(strands.low, step) for step in range(6))
    single = np.stack([_ahead(strands.size == 1, step) for step in range(6)])
    four = (first < middle) & (middle < high) & (high - first <= 12) & (rest[0] == high) & (gap <= 0.5 + NEAR)
    covered = np.zeros(len(strands))
    for length, shape in ((4, four), (6, four & (rest[1] == middle) & (rest[2] == high))):
        phase = strands.position / np.maximum(gap, 1e-3) / length
        fits = shape & single[:length].all(0) & _within(strands, length - 1) & (np.abs(phase - np.round(phase)) < 0.1)
        covered += np.where(fits, length * np.minimum(gap, 1), 0)
    return strands.under[strands.cell_strand] & (strands.total(covered) >= 0.5 * strands.bar_beats - NEAR)


def _broken(view: View, strands: Strands) -> np.ndarray:
    """Four or more even single notes, at most a beat apart, that leap by less than an octave over 3-4 classes."""
    inside = _ahead(strands.cell, 1) == strands.cell
    inside[-1] = False
    move = np.abs(_ahead(strands.low, 1) - strands.low)
    leaps = strands.total(inside & (move >= 3) & (move < 12) & (strands.next_beats <= 1 + NEAR))
    moves = strands.count - 1
    classes = np.bitwise_count(np.bitwise_or.reduceat(1 << (strands.low % 12), strands.cell_start))
    gap = strands.next_beats[strands.cell_start][strands.cell]
    even = strands.total(inside & (np.abs(strands.next_beats - gap) <= 0.25 * gap))
    singles = strands.total(strands.size == 1)
    return (
        (strands.count >= 4)
        & (singles == strands.count)
        & (leaps >= 0.8 * moves)
        & (even >= 0.8 * moves)
        & (classes >= 3)
        & (classes <= 4)
    )


def _on_beats(strands: Strands, unit: np.ndarray) -> np.ndarray:
    """Whether each onset lies on a multiple of its cell's unit."""
    beats = strands.position / unit[strands.cell]
    return np.abs(beats - np.round(beats)) * unit[strands.cell] <= NEAR


def _walking(view: View, strands: Strands) -> np.ndarray:
    """One low note on every beat of three or four, not sung, mostly by step, and no chords that march along.

    At most two notes lie between the beats; at least three pitches a bar, no more than one repeated; half of the moves
    within the bar and into the next are by one or two semitones, or, on a bass, none is wider than a fifth and no
    pitch comes twice in the bar; mean pitch at most 55 (G3); at most half of the beats have chords of three or more
    notes struck with the bass. It is a left hand or a track below a melody, above which something strikes between its
    notes too, or a bass.
    """
    numerator, denominator = view.metres[strands.cell_bar].T
    unit = 4 / denominator
    on = _on_beats(strands, unit)
    onsets = np.unique(view.pitched.time, return_counts=True)
    struck = onsets[1][np.searchsorted(onsets[0], strands.time)]
    same = np.append(np.diff(strands.strand) == 0, False)
    move = np.where(same, np.abs(_ahead(strands.low, 1) - strands.low), 0)
    steps, still = strands.total((move > 0) & (move < 3)), strands.total(same & (move == 0))
    beats, extra = strands.total(on), strands.total(~on)
    pitches, far = strands.pitches, strands.total(move > 7)
    program = np.array([track.program for track in view.tracks])[strands.track]
    is_bass = ((program >= BASSES[0]) & (program <= BASSES[-1]))[strands.cell_strand]
    all_notes = np.bincount(view.bar_of(view.pitched.time), minlength=view.bars)[strands.cell_bar]
    under = strands.under[strands.cell_strand] & (all_notes > strands.total(struck))
    played = (strands.track != TOGETHER) & ((program < SUNG[0]) | (program > SUNG[-1]))
    return (
        played[strands.cell_strand]
        & (under | is_bass)
        & (strands.total(strands.size == 1) == strands.count)
        & ((numerator == 3) | (numerator == 4))
        & (denominator >= 2)
        & (denominator <= 4)
        & (beats == numerator)
        & (extra <= 2)
        & (pitches >= 3)
        & (still <= 1)
        & ((steps >= 0.5 * strands.count) | (is_bass & (far == 0) & (pitches == strands.count)))
        & (strands.total(strands.low) <= 55 * strands.count)
        & (strands.total(on & (struck >= 3)) <= 0.5 * beats)
    )


def _oom_pah(view: View, strands: Strands) -> np.ndarray:
    """Bass and chord by turns, two or four even strokes in a duple bar: single note, then two or more above it."""
    numerator = view.metres[strands.cell_bar, 0]
    duple = (numerator == 2) | (numerator == 4)
    four, two = strands.count == 4, strands.count == 2
    strokes = np.where(four, 4, 2)
    unit = strands.bar_beats / strokes
    turn = np.round(strands.position / unit[strands.cell]).astype(np.int64)
    bass = strands.one & (turn % 2 == 0)
    before = strands.low[np.maximum(np.arange(len(strands)) - 1, 0)]
    chord = (strands.size >= 2) & ~strands.octaves & (turn % 2 == 1) & (strands.low > before)
    good = strands.total(_on_beats(strands, unit) & (bass | chord))
    # Two strokes a bar only where they are quarter notes: in slower music they are just a bass and a chord.
    return duple & (four | (two & (strands.bar_beats <= 2))) & (good == strands.count)


def _oom_pah_pah(view: View, strands: Strands) -> np.ndarray:
    """In a bar of three beats a low note, then two chords of two or more notes above it, and nothing between."""
    numerator = view.metres[strands.cell_bar, 0]
    unit = strands.bar_beats / 3
    turn = np.round(strands.position / unit[strands.cell]).astype(np.int64)
    bass = strands.low[strands.cell_start][strands.cell]
    first = (turn == 0) & strands.one
    chord = (turn > 0) & (strands.size >= 2) & ~strands.octaves & (strands.low > bass)
    good = strands.total(_on_beats(strands, unit) & (first | chord))
    return (numerator == 3) & (strands.count == 3) & (good == 3)


def _block_chords(view: View, strands: Strands) -> np.ndarray:
    """A hand or chord instrument strikes at least two chords, and three or more notes at three in four of its onsets.

    All notes of a chord sound for a like time because they belong to one strand.
    """
    programs = np.array([track.program for track in view.tracks])
    able = CHORDAL[programs[strands.track]] & (strands.track != TOGETHER)
    chords = strands.total(strands.size >= 3)
    return able[strands.cell_strand] & (chords >= 2) & (chords >= 0.75 * strands.count)


def _ostinato(view: View, strands: Strands) -> np.ndarray:
    """A pattern of one bar sounds four times running, or one of two bars, with three or more onsets that move."""
    what = np.round(strands.position * 12).astype(np.int64)
    for part in (strands.low, strands.high, strands.size):
        what = what * 131 + part
    mixed = what.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    content = np.add.reduceat(mixed * np.uint64(0xBF58476D1CE4E5B9), strands.cell_start)
    moving = (strands.count >= 3) & (strands.pitches >= 2) & (strands.track[strands.cell_strand] != TOGETHER)
    found = np.zeros(len(content), np.bool_)
    for bars in (1, 2):
        equal = np.zeros(len(content), np.bool_)
        equal[bars:] = (
            (content[bars:] == content[:-bars])
            & (strands.cell_strand[bars:] == strands.cell_strand[:-bars])
            & (strands.cell_bar[bars:] - strands.cell_bar[:-bars] == bars)
            & moving[bars:]
            & moving[:-bars]
        )
        for begin, end in runs(equal).tolist():
            if end - begin >= 3 * bars:
                found[begin - bars : end] = True  # with the round that the first one repeats
    return found


def _octaves(view: View, strands: Strands) -> np.ndarray:
    """A hand or instrument strikes three or more onsets, and three in four of them in octaves, not all on one pitch."""
    octaves = strands.total(strands.octaves & (strands.track != TOGETHER)[strands.strand])
    return (strands.count >= 3) & (octaves >= 0.75 * strands.count) & (strands.pitches >= 2)


def _thirds(view: View, strands: Strands) -> np.ndarray:
    """A hand or instrument strikes pairs of notes in thirds at three in four of three or more onsets, and they move."""
    width = strands.high - strands.low
    thirds = strands.total((strands.size == 2) & ((width == 3) | (width == 4)))
    own = (strands.track != TOGETHER)[strands.cell_strand]
    return own & (thirds >= 3) & (thirds >= 0.75 * strands.count) & (strands.pitches >= 3)


def _tremolo(view: View, strands: Strands) -> np.ndarray:
    """Two notes or chords a third or more apart alternate, or one repeats, nine times a second or faster.

    It lasts for at least half of the bar and half a second.
    """
    fast = strands.next_seconds <= 1 / 9 + 0.005
    for step in (1, 2):
        fast &= _ahead(strands.next_seconds, step) <= 1 / 9 + 0.005
    after, second, third = (_ahead(strands.low, step) for step in (1, 2, 3))
    shakes = (strands.low == second) & (after == third) & ((np.abs(after - strands.low) >= 3) | (after == strands.low))
    fast &= shakes & (_ahead(strands.cell, 3) == strands.cell)
    fast[-3:] = False
    own = (strands.track != TOGETHER)[strands.strand]
    busy = fast & own
    # Each match speaks for its own step; the three after the last match of a run belong to it too.
    steps = strands.total(busy)
    mean_gap = strands.total(np.where(busy, strands.next_beats, 0)) / np.maximum(steps, 1)
    seconds = strands.total(np.where(busy, strands.next_seconds, 0)) / np.maximum(steps, 1)
    notes = np.where(steps > 0, steps + 3, 0)
    return (notes * mean_gap >= 0.5 * strands.bar_beats) & (notes * seconds >= 0.5)


RULES: dict[str, Callable[[View, Strands], np.ndarray]] = {
    "walking bass": _walking,
    "Alberti bass": _alberti,
    "oom-pah": _oom_pah,
    "oom-pah-pah": _oom_pah_pah,
    "block chords": _block_chords,
    "broken chords": _broken,
    "ostinato": _ostinato,
    "octave doubling": _octaves,
    "parallel thirds": _thirds,
    "tremolo": _tremolo,
}
