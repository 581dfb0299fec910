"""Motifs that return: a few notes that come again, at any pitch.

Every track is read as the line of its highest notes, on the grid of `grid`; a motif is 3 to 12 notes of it, as
intervals and steps, so it is found again higher or lower. Patterns that recur are ranked by what they save: how often
they come, less once, times their information under a model that knows how frequent each interval and step of the piece
is, so repeated notes and scales save little. Patterns that begin where a listener would begin are preferred. Lost:
motifs in inner voices, inverted, augmented or ornamented.

Source: counting what repetition saves is D. Meredith's, "COSIATEC and SIATECCompress: Pattern Discovery by Geometric
Compression" (2013); weighing it by what chance would bring is D. Conklin's, "Discovery of Distinctive Patterns in
Music" (2010), here with the piece itself as background.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .grid import TWELFTHS, hand_lines, lay_out
from .view import Notes, View

SHORTEST, LONGEST = 3, 12  # notes
LONGEST_STEP = 4 * TWELFTHS  # a longer wait for the next note ends a phrase …
PAUSE = 4  # … and so does one of so many times the track's median step
WIDEST = 24  # semitones; wider intervals count as one
SUNG = 7  # semitones: wider intervals are rare in melodies (Huron 2006, "Sweet Anticipation") and cost a pattern score
FEWEST = 3  # times that a motif comes
MOST_MOTIFS = 5
MORE_THAN_CHANCE = 40  # bits; of tunes whose bars were shuffled inside, nine in ten first motifs save 32 or less
CANDIDATES = 64  # of the best patterns, most are parts or shifts of one another


@dataclass(frozen=True)
class Motif:
    """A few notes that come again, perhaps higher or lower.

    Attributes:
        track: Index of the track it comes in first.
        intervals: Semitones from note to note.
        steps: Quarter notes from onset to onset, as many as intervals.
        bars: The bars (from 0) in which it starts, in order.
    """

    track: int
    intervals: tuple[int, ...]
    steps: tuple[float, ...]
    bars: tuple[int, ...]


@dataclass(frozen=True)
class Motifs:
    """The motifs of a piece.

    Attributes:
        motifs: At most 5, the most telling first; each of 3 to 12 notes that come three times or more without
            overlapping; not all on one pitch, and in even steps no scale, no to and fro between two pitches and not
            for three quarters repeated notes. Where motifs share notes, the more telling one has them.
        traits: Of `TRAITS["motifs"]`:
            "returning motif": the first motif has four notes or more, starts in at least four bars, and its bars
            after the first times its information (see above) are 40 bits or more.
            "sequences": the top line of a track states a group of 4 to 12 notes three times in a row, each time
            higher, or each time lower, by the same interval give or take a semitone, in the same rhythm; the group
            changes direction.
    """

    motifs: tuple[Motif, ...]
    traits: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Line:
    """The highest notes of every track, track after track in time.

    Of shape (n,): track, bar, time in twelfths of a quarter note, whether a listener would begin there (on a bar
    line, or after a longer wait than the next), and how well the track is heard: half for every octave that it lies
    lower than the highest. Of shape (n - 1,), from note to note: interval, step in twelfths, whether the two belong
    to one phrase.
    """

    track: np.ndarray
    bar: np.ndarray
    time: np.ndarray
    begins: np.ndarray
    weight: np.ndarray
    interval: np.ndarray
    step: np.ndarray
    joined: np.ndarray


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Where some notes recur: `length` intervals from each of the notes `at`, shape (k,), with so much information."""

    length: int
    at: np.ndarray
    bits: float


def measure_motifs(view: View) -> Motifs:
    """The motifs of a piece."""
    line = _lay_out(view)
    chosen = _choose(line, _rank(line))
    found = {
        "returning motif": bool(chosen) and _returns(*chosen[0]),
        "sequences": _has_sequence(line),
    }
    return Motifs(tuple(motif for motif, _ in chosen), tuple(name for name, holds in found.items() if holds))


def _returns(motif: Motif, bits: float) -> bool:
    """Whether a motif is long enough, comes in enough bars, and saves more than chance brings."""
    return len(motif.intervals) >= 3 and len(motif.bars) >= 4 and (len(motif.bars) - 1) * bits >= MORE_THAN_CHANCE


def _lay_out(view: View) -> _Line:
    notes = _upper_hand(view)
    each = lay_out(view, notes, np.arange(len(notes)))  # a line each, so that all of them come back, in order
    order = np.lexsort((notes.pitch, each.time, notes.track))
    track, time = notes.track[order], each.time[order]
    last = np.ones(len(order), bool)
    last[:-1] = (track[1:] != track[:-1]) | (time[1:] != time[:-1])
    order, track, time = order[last], track[last], time[last]
    pitch, on_line = notes.pitch[order], each.step[order] == 0
    step, longest, weight = np.diff(time), np.zeros(len(order)), np.zeros(len(order))
    edges = [0, *(np.flatnonzero(np.diff(track)) + 1).tolist(), len(order)]
    for begin, end in pairwise(edges):
        if end - begin > 1:
            longest[begin:end] = min(PAUSE * np.median(step[begin : end - 1]), LONGEST_STEP)
            weight[begin:end] = pitch[begin:end].mean() / 12
    joined = (track[1:] == track[:-1]) & (step <= longest[:-1])
    wait = np.where(joined, step, LONGEST_STEP + 1)
    return _Line(
        track=track,
        bar=np.minimum(each.bar[order], view.bars - 1),
        time=time,
        begins=on_line | (np.append(LONGEST_STEP + 1, wait) > np.append(wait, 0)),
        weight=2.0 ** (weight - weight.max(initial=0)),
        interval=np.diff(pitch).clip(-WIDEST, WIDEST),
        step=step,
        joined=joined,
    )


def _upper_hand(view: View) -> Notes:
    """The pitched notes without the lower half of tracks that play in two registers, where they do."""
    notes = view.pitched
    upper = hand_lines(view, notes) % 2 == 1
    cell = notes.track * view.bars + view.bar_of(notes.time)
    parted = np.zeros(len(view.tracks) * view.bars, np.bool_)
    parted[cell[upper]] = True
    return notes.where(upper | ~parted[cell])


def _rank(line: _Line) -> list[_Pattern]:
    """The most telling patterns, best first, each with all its places."""
    if line.joined.sum() < FEWEST:
        return []
    symbol = np.unique((line.interval + WIDEST) * (LONGEST_STEP + 1) + line.step * line.joined, return_inverse=True)[1]
    share = np.bincount(symbol, line.joined) / line.joined.sum()
    information = _sums(-np.log2(np.where(line.joined, share[symbol], 1)))
    sung, dull = _sums(np.abs(line.interval) <= SUNG), _dullness(line)
    found: list[tuple[float, int, int, np.ndarray]] = []
    name = np.where(line.joined, symbol, -1)
    first = name
    for length in range(2, LONGEST):
        name = _longer(name, first[length - 1 :])
        at = np.flatnonzero(name >= 0)
        if not len(at):
            break
        if length < SHORTEST - 1:
            continue
        bits = (information[at + length] - information[at]) * ((sung[at + length] - sung[at]) / length) ** 2
        scores = _saved(line, name[at], at, length, bits * line.weight[at] * ~_trivial(dull, at, length))
        best = np.argsort(-scores, kind="stable")[:CANDIDATES]
        found += [(float(scores[i]), length, int(i), name) for i in best if scores[i] > 0]
    found.sort(key=lambda pattern: (-pattern[0], pattern[1], pattern[2]))
    patterns = []
    for _, length, number, names in found[:CANDIDATES]:
        at = np.flatnonzero(names == number)
        patterns.append(_Pattern(length, at, float(information[at[0] + length] - information[at[0]])))
    return patterns


def _longer(name: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Names of the patterns that are one interval longer; -1 where they end or come less than `FEWEST` times."""
    head = name[: len(following)]
    longer = np.full(len(following), -1, np.int64)
    at = np.flatnonzero((head >= 0) & (following >= 0))
    if len(at):
        code = head[at] * (following.max() + 1) + following[at]
        _, named, count = np.unique(code, return_inverse=True, return_counts=True)
        often = count >= FEWEST
        renamed = np.where(often, np.cumsum(often) - 1, -1)
        longer[at] = renamed[named]
    return longer


def _saved(line: _Line, name: np.ndarray, at: np.ndarray, length: int, bits: np.ndarray) -> np.ndarray:
    """What each pattern saves, in bits, for the share of its places that begin well; shape (patterns,)."""
    order = np.lexsort((line.time[at], name))
    name, at, bits = name[order], at[order], bits[order]
    time = line.time[at]
    span = (line.time[at + length] - time) * (length + 1) / length  # with as long a last step as the others
    fresh = np.append(True, name[1:] != name[:-1])
    # A place that overlaps the one before, or doubles it in another track, counts for the part that is new.
    counts = np.bincount(name, np.where(fresh, 1, np.minimum(np.diff(time, prepend=time[:1]) / span, 1)))
    begins = np.bincount(name, line.begins[at]) / np.bincount(name)
    return np.where(counts >= FEWEST - 0.01, (counts - 1) * bits[fresh] * (0.25 + begins), 0)


def _dullness(line: _Line) -> np.ndarray:
    """Running sums of the intervals that go up or down by step or stay, and that the next does in time or undoes."""
    interval, step = line.interval, line.step
    masks = np.zeros((5, len(interval) + 1), np.int64)
    masks[0, 1:] = (interval > 0) & (interval <= 2)
    masks[1, 1:] = (interval < 0) & (interval >= -2)
    masks[2, 1:] = interval == 0
    masks[3, 1:-1] = step[1:] == step[:-1]
    masks[4, 1:-1] = interval[1:] == -interval[:-1]
    return np.cumsum(masks, axis=1)


def _trivial(dull: np.ndarray, at: np.ndarray, length: int) -> np.ndarray:
    """Whether the pattern from each place stays on one pitch, or goes evenly by step, to and fro, or mostly nowhere."""
    up, down, still = dull[:3, at + length] - dull[:3, at]
    even, back = dull[3:, at + length - 1] - dull[3:, at] == length - 1
    return (still == length) | (even & ((up == length) | (down == length) | back | (4 * still >= 3 * length)))


def _sums(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(values)])


def _choose(line: _Line, patterns: list[_Pattern]) -> list[tuple[Motif, float]]:
    """The best patterns that do not share notes, and the information of each."""
    taken = np.zeros(len(line.time), bool)
    motifs: list[tuple[Motif, float]] = []
    before = _sums(taken)
    for pattern in patterns:
        free = pattern.at[before[pattern.at + pattern.length + 1] == before[pattern.at]]
        if len(free) < max(FEWEST, len(pattern.at) / 2):
            continue
        places = _apart(line, free, pattern.length)
        moments = line.time[places]
        if 1 + np.count_nonzero(moments[1:] != moments[:-1]) < FEWEST:
            continue
        taken[places[:, None] + np.arange(pattern.length + 1)] = True
        before = _sums(taken)
        first = slice(places[0], places[0] + pattern.length)
        motif = Motif(
            track=int(line.track[places[0]]),
            intervals=tuple(line.interval[first].tolist()),
            steps=tuple((line.step[first] / TWELFTHS).tolist()),
            bars=tuple(np.unique(line.bar[places]).tolist()),
        )
        motifs.append((motif, pattern.bits))
        if len(motifs) == MOST_MOTIFS:
            break
    return motifs


def _apart(line: _Line, places: np.ndarray, length: int) -> np.ndarray:
    """As many of the places as do not overlap within a track, in order of time."""
    chosen, free_from = [], -1
    for place in np.sort(places).tolist():
        if place >= free_from:
            chosen.append(place)
            free_from = place + length + 1
    kept = np.array(chosen, np.int64)
    return kept[np.argsort(line.time[kept], kind="stable")]


def _has_sequence(line: _Line) -> bool:
    """Whether a group of notes comes three times in a row, as the rule of the trait says."""
    height = _sums(line.interval)  # pitch, from the first note's
    turns = _sums(np.append(line.interval[1:] * line.interval[:-1] < 0, False))
    for size in range(SHORTEST + 1, LONGEST + 1):
        if len(height) < 3 * size:
            break
        move = height[size:] - height[:-size]
        alike = line.joined[size:] & line.joined[:-size] & (line.step[size:] == line.step[:-size])
        alike = alike & (np.sign(move[1:]) == np.sign(move[:-1])) & (move[1:] != 0)
        for close in (move // 2, (move + 1) // 2):  # moves of one value, or of two that differ by a semitone
            run = _sums(alike & (close[1:] == close[:-1]))
            starts = np.flatnonzero(run[2 * size - 1 :] - run[: -2 * size + 1] == 2 * size - 1)
            if (turns[starts + size - 2] > turns[starts]).any():
                return True
    return False
