"""Compression: how much shorter a piece becomes when what recurs is written once (CR@100, CR@200, CR@400).

Notes are points of onset and pitch. A maximal translatable pattern is all points that a vector carries onto points; its
translational equivalence class (TEC) is every place where the same shape stands. A TEC of k points and m places says
what it covers with k points and m - 1 vectors; COSIATEC takes the TEC that compresses most, removes what it covers, and
goes on with the rest until nothing compresses (D. Meredith, "COSIATEC and SIATECCompress: Pattern discovery by
geometric compression", MIREX 2013; SIATEC: Meredith, Lemström and Wiggins, J. New Music Research 31, 2002). The ratio
is points over what was said. Of equal ratios the more compact pattern wins, then the larger coverage, the larger
pattern and the smaller vector; places that add nothing are kept, unlike in some of Meredith's versions.

The ratio grows with the number of notes, so only a fixed number compares: the first 400 points, on a grid of twelfths
of a quarter note, or the first 200 or 100 where pieces are short. A looped bar compresses sevenfold; whoever reports
the figure asks `loops` first.

The search is exact, but looks only at shapes whose bound can win: two neighbouring points of a pattern recur wherever
the pattern does, so the rarest such pair says how often it may.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...facts.view import View
from .heard import heard_notes, steps

POINTS = (100, 200, 400)
_PITCHES = 256  # room for a pitch and a leap in one code, so that a vector is one number
_SILENCE = 192  # steps; longer ones, 16 quarter notes, count as this long
_SPAN = 100_000  # steps that points may span: the search looks points up in a table of all places
_EQUAL = 1e-9  # ratios that differ by less are equal
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOOKS = (64, 1024)  # patterns looked at together: first a few, so that the bound of most others cannot win


@dataclass(frozen=True, eq=False)
class Tec:
    """One pattern and where it stands.

    Attributes:
        pattern: Its points, onset and pitch, int64, shape (k, 2).
        translators: From the pattern to each of its places, itself included, shape (m, 2).
        covered: How many points the places cover.
    """

    pattern: np.ndarray
    translators: np.ndarray
    covered: int

    @property
    def cost(self) -> int:
        """Points and vectors that say it."""
        return len(self.pattern) + len(self.translators) - 1


def compression_of(view: View) -> tuple[float | None, ...]:
    """The compression ratios of the first `POINTS` different points of a piece; None for more than it has."""
    notes = heard_notes(view)
    points = np.unique(np.column_stack([steps(view, notes.time), notes.pitch]), axis=0)[: max(POINTS)]
    points[:, 0] = np.cumsum(np.minimum(np.diff(points[:, 0], prepend=points[0, 0]), _SILENCE))
    return tuple(compression_ratio(points[:count]) if len(points) >= count else None for count in POINTS)


def compression_ratio(points: np.ndarray) -> float:
    """Points over the points and vectors that COSIATEC needs to say them, at least 1.

    Args:
        points: See `cosiatec`.

    Raises:
        ValueError: See `cosiatec`.
    """
    tecs, rest = cosiatec(points)
    cost = sum(tec.cost for tec in tecs) + len(rest)
    return (sum(tec.covered for tec in tecs) + len(rest)) / cost


def cosiatec(points: np.ndarray) -> tuple[list[Tec], np.ndarray]:
    """Says a set of points as patterns that recur.

    Args:
        points: Onset and pitch 0..127, whole numbers, shape (n, 2), n >= 1; a point counts once.

    Returns:
        The classes in the order they were taken, and the points that are left over, shape (r, 2).

    Raises:
        ValueError: If the shape is another, there is no point, a pitch lies outside 0..127, or the onsets lie more
            than 100,000 apart.
    """
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points must have the shape (n, 2) with n >= 1; got {points.shape}")
    if points[:, 1].min() < 0 or points[:, 1].max() > 127:
        raise ValueError(f"pitches must lie in 0..127; got {points[:, 1].min()}..{points[:, 1].max()}")
    points = np.unique(points.astype(np.int64), axis=0)
    if points[-1, 0] - points[0, 0] > _SPAN:
        raise ValueError(f"onsets must span at most {_SPAN:,} steps; got {points[-1, 0] - points[0, 0]:,}")
    search, tecs = _Search(points), []
    while (best := search.best()) is not None:
        pattern, places, covered = best
        vectors = points[places] - points[pattern[0]]
        tecs.append(Tec(points[pattern], vectors, int(covered.sum())))
        search.remove(covered)
    return tecs, points[search.alive]


@dataclass(frozen=True, eq=False)
class _Patterns:
    """Maximal patterns as stretches of the sorted vectors: where each starts, how many points it has (2 or more)."""

    starts: np.ndarray
    sizes: np.ndarray

    def where(self, chosen: np.ndarray) -> _Patterns:
        return _Patterns(self.starts[chosen], self.sizes[chosen])

    @property
    def members(self) -> np.ndarray:
        """The places of all their points in the sorted vectors, pattern by pattern."""
        return _ranges(self.starts, self.sizes)

    @property
    def offsets(self) -> np.ndarray:
        """Where each begins in `members`."""
        return np.cumsum(self.sizes) - self.sizes


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """start, start + 1 … of each stretch, one after the other."""
    return np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)


class _Search:
    """All vectors between the points that are left, sorted, and the best class among their patterns.

    Args:
        points: Sorted, different, shape (n, 2).
    """

    def __init__(self, points: np.ndarray):
        self._points = points
        self._codes = ((points[:, 0] - points[0, 0]) * _PITCHES + points[:, 1]).astype(np.int32)
        first, second = np.triu_indices(len(points), 1)
        vectors = self._codes[second] - self._codes[first]
        order = np.argsort(vectors, kind="stable")  # within a vector by first point
        self._vectors = vectors[order]
        self._first, self._second = first[order].astype(np.int16), second[order].astype(np.int16)
        self.alive = np.ones(len(points), bool)
        # Codes of absent points lead to the place after the last, which is never covered.
        span = int(self._codes[-1]) + 2 * _PITCHES
        self._place = np.full(3 * span, len(points), np.int16)
        self._zero = span  # a translated pattern may lie before the first point or after the last
        self._place[self._zero + self._codes] = np.arange(len(points))
        self._often = np.zeros((len(points), len(points)), np.int16)

    def remove(self, covered: np.ndarray) -> None:
        """Takes the points of a mask away."""
        self.alive &= ~covered
        kept = self.alive[self._first] & self.alive[self._second]
        self._vectors, self._first, self._second = self._vectors[kept], self._first[kept], self._second[kept]
        self._place[self._zero + self._codes[covered]] = len(self._codes)

    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """The pattern (indices of points), its places (index of the first point of each), what they cover (mask)."""
        patterns = self._patterns()
        bound = self._bounds(patterns)
        order = np.argsort(-bound, kind="stable")
        highest, found, done = 1 + 2 * _EQUAL, np.zeros((0, 3)), 0
        while done < len(order) and bound[order[done]] > highest - _EQUAL:
            looked = order[done : done + _LOOKS[done > 0]]
            done += len(looked)
            looked = looked[bound[looked] > highest - _EQUAL]
            ratio, covered = self._evaluate(patterns.where(looked))
            highest = max(highest, float(ratio.max()))
            found = np.concatenate([found, np.column_stack([looked, ratio, covered])])
            found = found[found[:, 1] > highest - _EQUAL]
        if not len(found):
            return None
        number = found[:, 0].astype(np.int64)
        tied = patterns.where(number)
        winner = number[np.lexsort((number, -tied.sizes, -found[:, 2], -self._compactness(tied)))[0]]
        chosen = patterns.where(winner[None])
        where, complete, _ = self._places(chosen)
        where = where.reshape(-1, chosen.sizes[0])[complete]
        covered_points = np.zeros(len(self._codes), bool)
        covered_points[where] = True
        return self._first[chosen.members], where[:, 0], covered_points

    def _patterns(self) -> _Patterns:
        """The patterns of two or more points, in the order of their vectors; counts how often each vector occurs."""
        starts = np.flatnonzero(np.diff(self._vectors, prepend=-1))
        sizes = np.diff(np.append(starts, len(self._vectors)))
        self._often[self._first, self._second] = np.repeat(sizes, sizes)
        return _Patterns(starts[sizes > 1], sizes[sizes > 1])

    def _bounds(self, patterns: _Patterns) -> np.ndarray:
        """What the ratio of each pattern cannot exceed, shape (patterns,)."""
        if not len(patterns.starts):
            return np.zeros(0)
        pairs = self._pairs(patterns)
        most = np.minimum.reduceat(pairs, patterns.offsets)
        ends = self._first[patterns.starts + patterns.sizes - 1]
        most = np.minimum(most, self._often[self._first[patterns.starts], ends])
        most = np.minimum(most, np.count_nonzero(self.alive) / patterns.sizes)  # more places cover nothing more
        most = np.maximum(most, 1)
        return patterns.sizes * most / (patterns.sizes + most - 1)

    def _pairs(self, patterns: _Patterns) -> np.ndarray:
        """How often the vector from each member to the next occurs; at the last of a pattern more than it can."""
        first = self._first[patterns.members]
        often = np.full(len(first), len(self._codes), np.int16)
        often[:-1] = self._often[first[:-1], first[1:]]
        often[patterns.offsets + patterns.sizes - 1] = len(self._codes)
        return often

    def _evaluate(self, patterns: _Patterns) -> tuple[np.ndarray, np.ndarray]:
        """The ratio of each pattern and how many points its places cover, each of shape (patterns,)."""
        codes = self._codes[self._first[patterns.members]]
        shape = (codes - np.repeat(codes[patterns.offsets], patterns.sizes)).astype(np.uint64)
        mixed = np.add.reduceat((shape + _MIX) * (shape + (_MIX >> 7)) * _MIX, patterns.offsets)
        _, first, same = np.unique(mixed, return_index=True, return_inverse=True)  # equal shapes are one class
        patterns = patterns.where(first)
        where, complete, owner = self._places(patterns)
        places = np.bincount(owner[complete], minlength=len(first))
        points = np.repeat(complete, patterns.sizes[owner])
        covers = np.zeros((len(first), len(self._codes)), bool)
        covers[np.repeat(owner, patterns.sizes[owner])[points], where[points]] = True
        covered = np.count_nonzero(covers, axis=1)
        ratio = covered / (patterns.sizes + places - 1)
        return ratio[same], covered[same]

    def _places(self, patterns: _Patterns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tries each pattern wherever the rarest of its pairs of neighbours occurs.

        Returns:
            The points that the trials hit, `len(codes)` for none, trial by trial; whether each trial hits a point
            with every one of its pattern's; the pattern of each trial. Trials that miss at once are left out.
        """
        pairs, members = self._pairs(patterns), self._first[patterns.members]
        owner = np.repeat(np.arange(len(patterns.sizes)), patterns.sizes)
        least = np.minimum.reduceat(pairs, patterns.offsets)
        candidates = np.flatnonzero(pairs == least[owner])
        rarest = candidates[np.unique(owner[candidates], return_index=True)[1]]
        vector = self._codes[members[rarest + 1]] - self._codes[members[rarest]]
        often = least.astype(np.int64)
        trial = np.repeat(np.arange(len(often)), often)
        there = self._first[_ranges(np.searchsorted(self._vectors, vector), often)]
        moved = self._codes[there] - self._codes[members[rarest]][trial]
        for end in (patterns.offsets + patterns.sizes - 1, patterns.offsets):  # most trials miss one of the two
            kept = self._place[self._zero + self._codes[members[end]][trial] + moved] < len(self._codes)
            trial, moved = trial[kept], moved[kept]
        size = patterns.sizes[trial]
        point = self._codes[members[_ranges(patterns.offsets[trial], size)]]
        where = self._place[self._zero + point + np.repeat(moved, size)]
        hit = np.add.reduceat(where < len(self._codes), np.cumsum(size) - size, dtype=np.int64)
        return where, hit == size, trial

    def _compactness(self, patterns: _Patterns) -> np.ndarray:
        """Points of each pattern over the points that are left within its bounding box, shape (patterns,)."""
        own, left = self._points[self._first[patterns.members]], self._points[self.alive]
        low = np.minimum.reduceat(own, patterns.offsets)[:, None]
        high = np.maximum.reduceat(own, patterns.offsets)[:, None]
        return patterns.sizes / ((left >= low) & (left <= high)).all(2).sum(1)
