"""Repetition and form: the sections of a piece, by letters.

`boundaries` says where sections begin; here they get letters in the order in which they appear. Two sections are alike
if, laid over each other from their first bars (or one bar off, since a boundary may be), the diagonal of the similarity
matrices is bright: mostly the same notes by the same parts, or the same melody at another pitch. So a varied return
keeps its letter, and a new accompaniment under the same tune does as a rule. The two thresholds were chosen on the
human section plans of POP909's training split, where the rule tells like from unlike sections in nine cases of ten.
A section that goes on after a shorter one that it begins like is cut there; two short neighbours that never come
without each other are made one, so that plans stay short. Sections are what is written out in the file: a repeat sign
that was not played is not heard.

Source: diagonals of the similarity matrix as in `boundaries`; how letters are given is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from string import ascii_uppercase

import numpy as np

from .boundaries import SHORTEST, find_boundaries
from .similarity import Likeness, compare_bars
from .view import View

MELODY_WEIGHT = 0.4  # of the melody's likeness beside the content's, by the same fit
ALIKE = 0.56  # content and weighed melody of sections with one letter
SAME_TUNE = 0.8  # melody alone: a return at another pitch or over other parts
SAME_BAR = 0.8  # content of a bar that comes again: four notes of five in their places
THEME = 8  # bars, the usual length: two neighbours no longer than that may be heard as one
REPETITIVE = 0.8  # share of bars
NOTHING_RETURNS = 0.1  # share of bars
LISTED = 5  # sections that a text can tell one by one


@dataclass(frozen=True)
class Section:
    """Some bars that belong together; sections with one letter are alike. `first_bar` counts from 0."""

    letter: str
    first_bar: int
    bars: int


@dataclass(frozen=True)
class Form:
    """The sections of a piece.

    Attributes:
        sections: In order, without gaps, every bar in one; of 4 bars or more where the piece has 8. Letters in order
            of appearance, from A; where a 27th would be needed, the section counts to the one before it. In pieces of
            more than 512 bars, sections begin at every 2nd, 3rd … bar only.
        repeated_share: Share of bars that come again somewhere with nearly the same notes (content at least 0.8
            alike), 0..1; silent bars do not count as coming again.
        traits: Of `TRAITS["form"]`, where a plan is read with neighbouring equal letters as one block:
            "binary form": two blocks, each of the same number of sections, two or more, such as AABB.
            "ternary form": three blocks, the third the return of the first, such as ABA or AABA, in 16 bars or more;
            no section is shorter than half the first, and half of the bars of the last come again.
            "rondo form": five blocks or more of at least 8 bars, every other one A, beginning and ending with A, and
            two different letters or more between.
            "through-composed": six sections and 48 bars or more, no two sections alike, and at most 0.1 of the bars
            come again; less music cannot tell, since it may be a part of a piece.
            "repetitive": at least 0.8 of 8 or more bars come again.
            "opening returns at the end": the last section is an A whose bars for half come again, and other letters
            lie between it and the first.
    """

    sections: tuple[Section, ...]
    repeated_share: float
    traits: tuple[str, ...]

    @property
    def plan(self) -> str:
        """The letters in order, such as "AABA"."""
        return "".join(section.letter for section in self.sections)

    @property
    def listed(self) -> tuple[str, ...]:
        """The sections as a text tells them, bars counted from one: "A (bars 1-8)"."""
        return tuple(
            f"{s.letter} (bar {s.first_bar + 1})" if s.bars == 1
            else f"{s.letter} (bars {s.first_bar + 1}-{s.first_bar + s.bars})" for s in self.sections
        )  # fmt: skip


def measure_form(view: View) -> Form:
    """The sections of a piece."""
    alike = compare_bars(view)
    starts = find_boundaries(view, alike)
    likeness = section_likeness(starts, alike)
    while len(further := _cuts(starts, likeness, alike.rows)):
        starts = np.union1d(starts, further)
        likeness = section_likeness(starts, alike)
    sections = _joined(_sections(starts * alike.bars_per_row, _letters(likeness), view.bars))
    again = _come_again(alike)
    return Form(sections, float(again.mean()), _traits(sections, again))


def _cuts(starts: np.ndarray, likeness: np.ndarray, rows: int) -> np.ndarray:
    """Where sections go on after the end of a shorter one that they begin like: A and AB were read as A and A."""
    if len(starts) < 2:
        return starts[:0]
    lengths = np.diff(np.append(starts, rows))
    nearest = likeness.argmax(1)
    every = np.arange(len(starts))
    longer = np.where(lengths > lengths[nearest], every, nearest)
    shorter = np.minimum(lengths, lengths[nearest])
    cut = (likeness[every, nearest] >= 0) & (lengths[longer] - shorter >= SHORTEST)
    cut_once, first = np.unique(longer[cut], return_index=True)
    return np.asarray(starts[cut_once] + shorter[cut][first])


def _letters(likeness: np.ndarray) -> str:
    """One letter for each section; "-" for those that found none left."""
    letters = ""
    for strength in likeness:
        nearest = int(strength.argmax())
        if strength[nearest] >= 0:
            letters += letters[nearest]
        else:
            used = len(set(letters) - {"-"})
            letters += ascii_uppercase[used] if used < len(ascii_uppercase) else "-"
    return letters


def section_likeness(starts: np.ndarray, alike: Likeness) -> np.ndarray:
    """By how much sections are more alike than sections of one letter must be, shape (sections, sections).

    The lower triangle only; as many rows as the shorter has are compared.
    """
    content = _diagonal_sums(alike.content + MELODY_WEIGHT * alike.melody)
    melody = _diagonal_sums(alike.melody)
    lengths = np.diff(np.append(starts, alike.rows))
    later, earlier = np.tril_indices(len(starts), -1)
    shorter = np.minimum(lengths[later], lengths[earlier])
    most = np.full(len(later), -np.inf)
    for shift in (-1, 0, 1):
        a, b = starts[later] + shift, starts[earlier]
        end = np.minimum(shorter, alike.rows - a)
        over = np.maximum(end, 1)
        both = (_stripe(content, a, b, over) - ALIKE, _stripe(melody, a, b, over) - SAME_TUNE)
        most = np.where(2 * end >= shorter, np.maximum(most, np.maximum(*both)), most)
    result = np.full((len(starts), len(starts)), -np.inf)
    result[later, earlier] = most
    return result


def _diagonal_sums(matrix: np.ndarray) -> np.ndarray:
    """sums[i, j]: all of a matrix on the diagonal before (i, j), shape (rows + 1, rows + 1)."""
    sums = np.zeros((len(matrix) + 1, len(matrix) + 1))
    for row, values in enumerate(matrix):
        sums[row + 1, 1:] = sums[row, :-1] + values
    return sums


def _stripe(sums: np.ndarray, a: np.ndarray, b: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The mean of `length` values of the diagonal from (a, b)."""
    return (sums[a + length, b + length] - sums[a, b]) / length


def _sections(starts: np.ndarray, letters: str, bars: int) -> tuple[Section, ...]:
    chosen = [i for i, letter in enumerate(letters) if letter != "-"]
    edges = [*(int(starts[i]) for i in chosen), bars]
    return tuple(
        Section(letters[i], begin, end - begin) for i, (begin, end) in zip(chosen, pairwise(edges), strict=True)
    )


def _joined(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Neighbours that never come without each other made one, up to `THEME` bars; letters in order again."""
    parts = list(sections)
    while pair := _inseparable(parts):
        whole: list[Section] = []
        for part in parts:
            if whole and (whole[-1].letter, part.letter) == pair:
                whole[-1] = replace(whole[-1], bars=whole[-1].bars + part.bars)
            else:
                whole.append(part)
        parts = whole
    order = dict(zip(dict.fromkeys(part.letter for part in parts), ascii_uppercase, strict=False))
    return tuple(replace(part, letter=order[part.letter]) for part in parts)


def _inseparable(parts: list[Section]) -> tuple[str, str] | None:
    """The first two letters that never come without each other, and are short enough together."""
    plan = "".join(part.letter for part in parts)
    for first, second in pairwise(parts):
        a, b = first.letter, second.letter
        if a != b and plan.count(a) == plan.count(b) == plan.count(a + b):
            lengths = (x.bars + y.bars for x, y in pairwise(parts) if x.letter == a)
            if max(lengths) <= THEME:
                return a, b
    return None


def _come_again(alike: Likeness) -> np.ndarray:
    """Which rows are nearly the same as another row, shape (rows,)."""
    playing = alike.counts.any(1)
    again = np.logical_and(alike.content >= SAME_BAR, np.outer(playing, playing))
    np.fill_diagonal(again, False)
    return np.asarray(again.any(1))


def _traits(sections: tuple[Section, ...], again: np.ndarray) -> tuple[str, ...]:
    plan = "".join(section.letter for section in sections)
    blocks = [list(run) for _, run in groupby(sections, lambda section: section.letter)]
    letters = "".join(block[0].letter for block in blocks)
    long_blocks = min(sum(section.bars for section in block) for block in blocks) >= THEME
    shortest, last = min(section.bars for section in sections), sections[-1]
    bars = last.first_bar + last.bars
    comes_home = letters[-1] == "A" and len(letters) >= 3 and again[-len(again) * last.bars // bars :].mean() >= 0.5
    nothing_returns = again.mean() <= NOTHING_RETURNS
    found = {
        "binary form": len(blocks) == 2 and len(blocks[0]) == len(blocks[1]) >= 2,
        "ternary form": comes_home and len(letters) == 3 and bars >= 16 and 2 * shortest >= sections[0].bars,
        "rondo form": comes_home and long_blocks and set(letters[::2]) == {"A"} and len(set(letters[1::2])) > 1,
        "through-composed": min(len(plan), bars // 8) >= 6 and len(set(plan)) == len(plan) and nothing_returns,
        "repetitive": bars >= 2 * SHORTEST and again.mean() >= REPETITIVE,
        "opening returns at the end": comes_home,
    }
    return tuple(name for name, holds in found.items() if holds)
