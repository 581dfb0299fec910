"""Novelty: how long is the longest run of notes that a piece shares with a training piece?

What is compared is a *line*: the notes of one program in order of onset, then pitch, each said by its interval from the
note before and by the time since it in twelfths of a quarter note. So a run is found in any transposition, at any tempo
mark and under any accompaniment, and copying a whole texture is found as copying its lines. Drums are left out: most
drumming is shared. Neither durations nor velocities count, because a copy with another touch is a copy. Not found: a
melody that moved to an instrument which plays other notes between, in doubled values, or with an ornament added.

Scales, trills and repeated notes are shared by everybody. So the figure only means something beside that of held-out
human pieces; `OVER` notes in a row, which is some eight bars of a melody, is what we call a copy.

The index is a suffix array over the lines of all training examples as the model saw them (Manber and Myers, 1993; built
by doubling, Larsson and Sadakane, 2007): six bytes a note, exact, and no hash that could lie. A run never crosses from
one example into another.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from symusic.core import ScoreTick

from ...facts.view import view_score
from ...records import write_whole
from .built import BuiltEvents
from .lines import Lines, join_lines, lines_of_events, lines_of_view

logger = logging.getLogger(__name__)
OVER = 32  # notes
_FORMAT = "midi-text novelty index 1"
_BLOCK = 4  # steps in a key of 64 bits
_EXAMPLES = 4096  # of a corpus read together
_PIECES = 64  # looked up together


@dataclass(frozen=True)
class SharedRun:
    """The longest run of a piece that stands in the training music.

    Attributes:
        notes: How many; 0 of a piece without pitched notes.
        example: Number of a training example that has it; -1 where there is none.
    """

    notes: int
    example: int


class NoveltyIndex:
    """The lines of the training music, in an order that makes any run easy to find.

    Args:
        lines: Of all examples.
        order: Where the suffixes of ``lines.steps`` begin, sorted; int32, same shape.
    """

    def __init__(self, lines: Lines, order: np.ndarray):
        self._lines, self._order = lines, order
        self._keys = _keys(lines.steps)

    @classmethod
    def build(cls, events: BuiltEvents, names: Sequence[str]) -> Self:
        """Indexes training examples; 17 million notes take about a minute and a gigabyte.

        Args:
            events: See `built_events`.
            names: The events by id, as `EventVocabulary.names`.

        Raises:
            ValueError: If no example has a pitched note.
        """
        parts = [
            lines_of_events(events, names, first, min(first + _EXAMPLES, len(events)))
            for first in range(0, len(events), _EXAMPLES)
        ]
        lines = join_lines(parts)
        if not len(lines.steps):
            raise ValueError("an index needs training music with pitched notes; there are none")
        return cls(lines, _sorted_suffixes(lines.steps))

    @property
    def notes(self) -> int:
        """Pitched notes of the training music."""
        return len(self._lines.steps)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the index, whole or not at all.

        Raises:
            OSError: If the file cannot be written.
        """
        arrays = {
            "steps": self._lines.steps,
            "starts": self._lines.starts,
            "examples": self._lines.owners,
            "order": self._order,
        }
        write_whole(path, save(arrays, {"format": _FORMAT}))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote.

        Raises:
            ValueError: If the file is no such index.
            OSError: If it cannot be read.
        """
        try:
            with safe_open(path, "np") as file:
                found = (file.metadata() or {}).get("format")
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(f"{path} must be an index that `NoveltyIndex.save` wrote: {error}") from error
        if found != _FORMAT:
            raise ValueError(f"{path} must be of the format {_FORMAT!r}, found {found!r}; build the index anew")
        return cls(Lines(arrays["steps"], arrays["starts"], arrays["examples"]), arrays["order"])

    def longest_runs(self, scores: Iterable[ScoreTick | None]) -> list[SharedRun]:
        """The longest shared run of each piece.

        Args:
            scores: As `read_score` gives them; None for a piece that could not be read.
        """
        lines = [None if score is None else _lines_of(score) for score in scores]
        found = []
        for first in range(0, len(lines), _PIECES):
            found += self._look_up(lines[first : first + _PIECES])
        return found

    def _look_up(self, pieces: Sequence[Lines | None]) -> list[SharedRun]:
        runs = [SharedRun(0, -1)] * len(pieces)
        known = [(number, lines) for number, lines in enumerate(pieces) if lines is not None and len(lines.steps)]
        if not known:
            return runs
        length, there = self._matches(np.concatenate([lines.steps for _, lines in known]))
        first = 0
        for number, lines in known:
            own = slice(first, first + len(lines.steps))
            best = int(length[own].argmax()) + first
            line = int(np.searchsorted(self._lines.starts, there[best], side="right")) - 1
            steps = int(length[best])
            runs[number] = SharedRun(steps + 1, int(self._lines.owners[line])) if steps else SharedRun(1, -1)
            first = own.stop
        return runs

    def _matches(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For every step, how many steps from it on stand in the training music, and where; both of shape (n,)."""
        length, there = np.zeros(len(steps), np.int64), np.zeros(len(steps), np.int64)
        ends = np.append(np.flatnonzero(steps == 0), len(steps))
        left = ends[np.searchsorted(ends, np.arange(len(steps)))] - np.arange(len(steps))  # steps up to the line's end
        keys = _keys(steps)
        at = np.flatnonzero(left > 0)
        low, high = np.zeros(len(at), np.int64), np.full(len(at), len(self._order), np.int64)
        depth = 0
        while len(at):
            wanted = keys[at + depth].astype(np.uint64)
            place = self._search(wanted, low, high, depth)
            for neighbour in (place - 1, place):  # what shares most with a key stands beside where it would stand
                inside = (neighbour >= low) & (neighbour < high)
                where = self._order[np.where(inside, neighbour, 0)].astype(np.int64)
                shared = np.where(inside, _shared(self._key(where, depth), wanted), 0)
                reached = depth + np.minimum(shared, left[at] - depth)
                better = inside & (reached > length[at])
                length[at[better]], there[at[better]] = reached[better], where[better]
            on = (length[at] == depth + _BLOCK) & (left[at] > depth + _BLOCK)
            end = self._search(wanted[on] + np.uint64(1), place[on], high[on], depth)
            at, low, high, depth = at[on], place[on], end, depth + _BLOCK
        return length, there

    def _key(self, suffix: np.ndarray, depth: int) -> np.ndarray:
        """The four steps of suffixes from a depth on, uint64."""
        return self._keys[np.minimum(suffix + depth, len(self._keys) - 1)].astype(np.uint64)

    def _search(self, wanted: np.ndarray, low: np.ndarray, high: np.ndarray, depth: int) -> np.ndarray:
        """The first place in each range of the order whose key is not below the wanted one."""
        low, high = low.copy(), high.copy()
        while (open_ := np.flatnonzero(low < high)).size:
            middle = (low[open_] + high[open_]) // 2
            below = self._key(self._order[middle].astype(np.int64), depth) < wanted[open_]
            low[open_] = np.where(below, middle + 1, low[open_])
            high[open_] = np.where(below, high[open_], middle)
        return low


def _lines_of(score: ScoreTick) -> Lines | None:
    return lines_of_view(view_score(score)) if any(len(track.notes) for track in score.tracks) else None


def _keys(steps: np.ndarray) -> np.ndarray:
    """Every four steps in a row as one number that sorts like them: overlapping views, no copy for each."""
    padded = np.zeros(len(steps) + 2 * _BLOCK, ">u2")
    padded[: len(steps)] = steps
    return np.ndarray((len(steps) + _BLOCK + 1,), ">u8", padded, strides=(2,))


def _shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """How many of the four steps in two keys are equal before one differs."""
    differ = first ^ second
    return sum(((differ >> np.uint64(16 * place)) == 0).astype(np.int64) for place in range(_BLOCK))


def _sorted_suffixes(steps: np.ndarray) -> np.ndarray:
    """Where the suffixes of a sequence begin, in order, int32: groups equal so far are split by what follows."""
    count = len(steps)
    key = _keys(steps)[:count].astype(np.uint64)
    order = np.argsort(key).astype(np.int32)
    key = key[order]
    begins = np.append(True, key[1:] != key[:-1])
    depth = _BLOCK
    rank = np.zeros(count + 1, np.int32)  # one more than where a suffix' group begins; 0 beyond the end
    rank[order] = np.maximum.accumulate(np.where(begins, np.arange(1, count + 1), 0))
    tied = np.flatnonzero(~(begins & np.append(begins[1:], True)))
    while len(tied) and depth < count:  # what is alike beyond that differs in length alone
        logger.info("index: %d of %d suffixes alike in their first %d steps", len(tied), count, depth)
        suffix = order[tied]
        follow = rank[np.minimum(suffix.astype(np.int64) + depth, count)]
        key = rank[suffix].astype(np.uint64) << np.uint64(32) | follow.astype(np.uint64)
        sorting = np.argsort(key)
        key, suffix = key[sorting], suffix[sorting]
        order[tied] = suffix  # a group keeps its places
        begins = np.append(True, key[1:] != key[:-1])
        rank[suffix] = np.maximum.accumulate(np.where(begins, tied + 1, 0))
        tied = tied[~(begins & np.append(begins[1:], True))]
        depth *= 2
    return order
