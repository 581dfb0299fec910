"""How right the sections are: against what two listeners heard in POP909, and on pieces made to a plan.

POP909's section plans (Dai et al. 2020, "Automatic Analysis and Influence of Hierarchical Structure on Melody, Rhythm
and Harmony in Popular Music") are letters with lengths in bars: capitals for phrases that are sung. They begin with the
first full bar of the song, which is not always the first of the file, so every plan is laid over the music at the
offset where it agrees best with it: sung bars with onsets of the melody track in their first half (an upbeat lies in
the second), and phrases of one letter with bars that are alike. Nothing that was found enters that search. Both plans
get one offset, so the other listener's figure does not depend on it.

Figures are those of mir_eval's `segment` (Raffel et al. 2014), with bars for seconds: `detection` with a window of one
bar and of none, without the outer boundaries, and `pairwise` for the letters, whose case counts here. Sections are held
against each listener in turn, where the plan lies. Every figure stands beside the other listener's, which is what
people agree on, and beside those of a boundary at every eighth and at every fourth bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from symusic.core import ScoreTick

from ...facts.form import Section, measure_form
from ...facts.similarity import compare_bars
from ...facts.view import View, view_score
from .form_pieces import PHRASE, make_forms
from .row import AccuracyRow, LabelledPiece

TRAITS: dict[str, set[str]] = {  # that pieces of a plan have
    "AABB": {"binary form"},
    "ABA": {"ternary form", "opening returns at the end"},
    "AABA": {"ternary form", "opening returns at the end"},
    "ABACA": {"rondo form", "opening returns at the end"},
}
OFFSETS = range(-2, 13)  # bars: files that lost an empty first bar, and songs that begin after up to 12


_Plan = tuple[np.ndarray, str]  # the bars with which sections begin, and the last bar line; the letters


@dataclass(frozen=True)
class _Song:
    """A song with two listeners' plans laid over it."""

    view: View
    plans: tuple[_Plan, _Plan]


def measure(pieces: Sequence[LabelledPiece], synthetic: int = 200) -> list[AccuracyRow]:
    """Accuracy of the sections of POP909's songs outside of training, of all its songs, and of pieces made to a plan.

    Args:
        pieces: Any; POP909's songs with `structure` labels and Nottingham's tunes are used.
        synthetic: How many pieces to make.
    """
    songs = [piece for piece in pieces if piece.source == "pop909" and "structure_2" in piece.labels]
    held = [_lay_over(piece) for piece in songs if piece.split != "train"]
    rows = _songs(held, "pop909", "two listeners; validation and test")
    if len(held) < len(songs):
        everything = held + [_lay_over(piece) for piece in songs if piece.split == "train"]
        rows += _songs(everything, "pop909, all splits", "two listeners; training fitted the weights")
    tunes = [piece for piece in pieces if piece.source == "nottingham" and piece.split != "train"]
    return rows + _planned(make_forms(tunes, synthetic))


def detection(truth: np.ndarray, found: np.ndarray, window: int) -> tuple[int, int, int]:
    """Boundaries found, said and true.

    Args:
        truth: Inner boundaries, rising, shape (n,).
        found: Inner boundaries, rising, shape (m,).
        window: How many bars a hit may be off; each boundary is hit once, as many as can be.
    """
    hits = i = j = 0
    while i < len(truth) and j < len(found):
        if abs(int(truth[i]) - int(found[j])) <= window:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < found[j]:
            i += 1
        else:
            j += 1
    return hits, len(found), len(truth)


def pairwise(truth: np.ndarray, found: np.ndarray) -> tuple[int, int, int]:
    """Pairs of bars with one letter in both, in `found`, in `truth`; letters by bar, both of shape (bars,)."""
    same_truth, same_found = (np.equal.outer(letters, letters) for letters in (truth, found))
    upper = np.triu_indices(len(truth), 1)
    return (
        int((same_truth & same_found)[upper].sum()),
        int(same_found[upper].sum()),
        int(same_truth[upper].sum()),
    )


def f_measure(hits: int, said: int, true: int) -> float:
    """Harmonic mean of precision and recall; 1 where nothing was to be found and nothing was."""
    return 2 * hits / (said + true) if said + true else 1.0


def read_plan(text: str) -> list[tuple[str, int]]:
    """Letters and lengths in bars of a plan such as "i8 A8 b4"."""
    return [(letter, int(bars)) for letter, bars in re.findall(r"([A-Za-z])(\d+)", text)]


def find_offset(view: View, plans: Sequence[Sequence[tuple[str, int]]]) -> int:
    """The bar of the file with which the plans begin, as the essay says."""
    content = compare_bars(view).content
    sung = np.zeros(view.bars, bool)
    for track in view.tracks:
        if track.name.upper() == "MELODY":
            bar = view.bar_of(track.notes.time)
            early = 2 * (track.notes.time - view.bar_lines[bar]) < np.diff(view.bar_lines)[bar]
            sung[bar[early]] = True
    fits = [sum(_fit(plan, offset, sung, content) for plan in plans) for offset in OFFSETS]
    return OFFSETS[int(np.argmax(fits))]


def _fit(plan: Sequence[tuple[str, int]], offset: int, sung: np.ndarray, content: np.ndarray) -> float:
    """Share of bars that are sung where they should be, plus the likeness of phrases with one letter."""
    letters = np.repeat([letter for letter, _ in plan], [bars for _, bars in plan])
    at = np.arange(len(letters)) + offset
    inside = (at >= 0) & (at < len(sung))
    agree = inside & (sung[at.clip(0, len(sung) - 1)] == np.char.isupper(letters))
    starts = np.cumsum([0, *(bars for _, bars in plan)]) + offset
    alike = []
    for later, (letter, bars) in enumerate(plan):
        for earlier in range(later):
            if plan[earlier][0] == letter and letter not in "Xxio":  # which mean "something else", intro and outro
                common = min(bars, plan[earlier][1])
                stripe = np.diagonal(content[max(starts[later], 0) :, max(starts[earlier], 0) :])[:common]
                alike.append(stripe.sum() / common)
    return float(agree.mean() + (np.mean(alike) if alike else 0))


def _lay_over(piece: LabelledPiece) -> _Song:
    view = view_score(piece.score)
    plans = [read_plan(piece.labels[name]) for name in ("structure", "structure_2")]
    offset = find_offset(view, plans)
    laid = []
    for plan in plans:
        lines = np.cumsum([0, *(bars for _, bars in plan)]) + offset
        laid.append((lines.clip(0, view.bars), "".join(letter for letter, _ in plan)))
    return _Song(view, (laid[0], laid[1]))


def _plan_of(sections: Iterable[Section], bars: int) -> _Plan:
    sections = list(sections)
    return np.array([*(s.first_bar for s in sections), bars]), "".join(s.letter for s in sections)


def _every(step: int, view: View) -> _Plan:
    """Boundaries at every so many bars, all of one letter."""
    lines = np.append(np.arange(0, view.bars, step), view.bars)
    return lines, "A" * (len(lines) - 1)


def _songs(songs: Sequence[_Song], source: str, note: str) -> list[AccuracyRow]:
    """Means over songs and listeners."""
    if not songs:
        return []
    said = {
        "": [_plan_of(measure_form(song.view).sections, song.view.bars) for song in songs],
        ", every eighth bar": [_every(8, song.view) for song in songs],
        ", every fourth bar": [_every(4, song.view) for song in songs],
    }
    pairs = {
        who: [(truth, plan) for song, plan in zip(songs, plans, strict=True) for truth in song.plans]
        for who, plans in said.items()
    }
    pairs[", the other listener"] = [pair for song in songs for pair in (song.plans, song.plans[::-1])]
    measures: dict[str, Callable[[_Plan, _Plan], tuple[int, int, int]]] = {
        "boundary F1 within one bar": lambda truth, plan: _boundaries(truth, plan, 1),
        "boundary F1 in the very bar": lambda truth, plan: _boundaries(truth, plan, 0),
        "pairwise F1 of letters": _letters,
    }
    rows = []
    for name, count in measures.items():
        for who, both in pairs.items():
            value = float(np.mean([f_measure(*count(truth, plan)) for truth, plan in both]))
            rows.append(AccuracyRow("form", name + who, source, value, len(songs), note))
    return rows


def _boundaries(truth: _Plan, said: _Plan, window: int) -> tuple[int, int, int]:
    (lines, _), (other, _) = truth, said
    inner = [a[(a > lines[0]) & (a < lines[-1])] for a in (lines, other)]
    return detection(inner[0], inner[1], window)


def _letters(truth: _Plan, said: _Plan) -> tuple[int, int, int]:
    bars = np.arange(truth[0][0], min(truth[0][-1], said[0][-1]))
    a, b = (
        np.array(list(letters))[np.searchsorted(lines, bars, side="right").clip(1, len(letters)) - 1]
        for lines, letters in (truth, said)
    )
    return pairwise(a, b)


def _planned(made: Sequence[tuple[ScoreTick, str]]) -> list[AccuracyRow]:
    """Plans and boundaries found in pieces made to a plan."""
    if not made:
        return []
    exact, scores, traits = [], [], np.zeros(3, np.int64)
    for score, plan in made:
        view = view_score(score)
        form = measure_form(view)
        truth = np.arange(0, (len(plan) + 1) * PHRASE, PHRASE)
        exact.append(form.plan == plan)
        scores.append(f_measure(*_boundaries((truth, plan), _plan_of(form.sections, view.bars), 0)))
        said, true = set(form.traits) & set().union(*TRAITS.values()), TRAITS.get(plan, set())
        traits += [len(said & true), len(said), len(true)]
    hits, stated, held = traits.tolist()
    note = "eight-bar phrases of Nottingham's tunes outside of training, varied when they return"
    named = f"binary, ternary and rondo form, and the opening's return; {note}"
    return [
        AccuracyRow("form", "plan exact, %", "synthetic", 100 * float(np.mean(exact)), len(made), note),
        AccuracyRow("form", "boundary F1 in the very bar", "synthetic", float(np.mean(scores)), len(made), note),
        AccuracyRow("form", "traits: precision, %", "synthetic", 100 * hits / max(stated, 1), stated, named),
        AccuracyRow("form", "traits: recall, %", "synthetic", 100 * hits / max(held, 1), held, named),
    ]
