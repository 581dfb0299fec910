"""Two ways to form: a section that comes back is copied by the decoder, or written anew from the plan in the words.

Pieces of the same prompts, "… in AABA form", are written both ways with the locks on, and each way has its rows:

- ``rc4``: the share of bars in a repeated run of four, see `musicality.repetition`.
- ``form``: the sections that our analysis hears are those that were asked, letter for letter.
- ``pairs``: of the pairs of sections that should be alike ("A" and "A") or not ("A" and "B"), the share that are so,
  measured on the bars where they were asked to stand, without any analysis of form: two sections are alike where the
  mean likeness of their bars, in order, exceeds 0.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np
from symusic.core import ScoreTick

from ..facts.analysis import analyze_view
from ..facts.view import View, view_score
from ..records import Measurement
from .intervals import ratio
from .musicality.repetition import ALIKE, bar_likeness, rc4

FORMS = ("AABA", "ABAB", "ABA", "AABB", "ABAC", "ABACA")
PLAYERS = ("a piano waltz in D minor", "a folk tune in G major for flute and guitar", "pop with piano, bass and drums")
SECTION_BARS = (4, 8)
WAYS = {"copied": True, "written": False}  # the pipeline's ``copy_sections``


def form_prompts() -> list[tuple[str, str, int]]:
    """Prompts, each with its form and its bars."""
    return [
        (f"{player}, {bars * len(form)} bars, in {form} form", form, bars * len(form))
        for form, player, bars in product(FORMS, PLAYERS, SECTION_BARS)
    ]


def pairs_right(view: View, form: str, bars: int) -> tuple[int, int]:
    """How many pairs of sections are alike where their letters are, and how many pairs there are.

    Args:
        view: The piece.
        form: Its letters, which share the bars evenly.
        bars: Asked; what a piece lacks is like nothing.
    """
    length = bars // len(form)
    likeness = np.zeros((bars, bars))
    found = bar_likeness(view)[:bars, :bars]
    likeness[: len(found), : len(found)] = found
    right = 0
    for first, second in combinations(range(len(form)), 2):
        alike = np.diagonal(likeness[first * length :, second * length :])[:length].mean() > ALIKE
        right += bool(alike) == (form[first] == form[second])
    return right, len(form) * (len(form) - 1) // 2


def form_rows(answers: Mapping[str, Sequence[ScoreTick | None]]) -> list[Measurement]:
    """Both ways on the same prompts.

    Args:
        answers: By way (see `WAYS`): a piece for each of `form_prompts`; None, where there is none, has failed.

    Returns:
        ``rc4/<way>``, ``form/<way>`` and ``pairs/<way>`` for each way, with 95 % intervals over prompts.
    """
    prompts, rows = form_prompts(), []
    for way, pieces in answers.items():
        views = [None if piece is None else view_score(piece) for piece in pieces]
        returns, heard, pairs = [], [], []
        for view, (_, form, bars) in zip(views, prompts, strict=True):
            returns.append((rc4(view) if view else None) or 0.0)
            heard.append(view is not None and analyze_view(view).form.plan == form)
            pairs.append(pairs_right(view, form, bars) if view else (0, len(form) * (len(form) - 1) // 2))
        rows += [
            ratio(f"rc4/{way}", returns),
            ratio(f"form/{way}", heard),
            ratio(f"pairs/{way}", *zip(*pairs, strict=True)),
        ]
    return rows
