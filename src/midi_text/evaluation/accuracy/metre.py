"""How right the metre is that is heard when a file states none.

The truth is the metre that the file states, where one holds for 95 % of the piece; the score is then heard without its
time signatures, whole and in an excerpt of 12 bars from the middle. "Classes" are those of `facts.metre.metre_class`,
which join what sounds alike (3/8 and 6/8, 3/4 and 6/4); "strict classes" go by the numerator as theory books do (3/8
and 3/4 triple; 6/8, 9/8, 12/8 and 6/4 compound); "exact" is the same fraction, where 2/4, 4/4 and 2/2 are different.
Fills of the drummers of the Groove MIDI Dataset last a bar or two and are counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from symusic.core import ScoreTick

from ...bars_midi_text import bar_segments, bar_starts, last_tick
from ...facts.metre import hear_metre, metre_class
from ...facts.view import view_score
from ...score_midi_text import slice_bars
from .row import AccuracyRow, LabelledPiece

EXCERPT = 12  # bars
_NOTE = "the file's own time signature, which was taken away before"
_Heard = tuple[tuple[int, int], tuple[int, int], float]  # stated, heard, confidence


def measure(pieces: Sequence[LabelledPiece]) -> list[AccuracyRow]:
    """The rows on metre, of the pieces outside the training split that keep one metre."""
    whole: dict[str, list[_Heard]] = {}
    cut: list[_Heard] = []
    for piece in pieces:
        stated = stated_metre(piece.score) if piece.split != "train" else None
        if stated is None:
            continue
        fill = piece.labels.get("beat_or_fill") == "fill"
        whole.setdefault("groove fills" if fill else piece.source, []).append((stated, *_heard(piece.score)))
        bars = len(bar_starts(piece.score)) - 1
        if bars > EXCERPT and not fill:
            first = (bars - EXCERPT) // 2
            excerpt = slice_bars(piece.score, first, first + EXCERPT)
            if excerpt.note_num() > 0:
                cut.append((stated, *_heard(excerpt)))
    everything = [heard for source, list_ in whole.items() if source != "groove fills" for heard in list_]
    rows = []
    for source, list_ in [("all but fills", everything), *sorted(whole.items())]:
        rows += _rows(source, list_, "", _NOTE) if list_ else []
    rows += _rows("all but fills", cut, f", {EXCERPT} bars", _NOTE) if cut else []
    return rows + _confidence_rows([*everything, *cut])


def stated_metre(score: ScoreTick) -> tuple[int, int] | None:
    """The metre that a file states for at least 95 % of its length; None where it states none or several."""
    if not len(score.time_signatures):
        return None
    held: dict[tuple[int, int], float] = {}
    for _, numerator, denominator, count in bar_segments(score, last_tick(score)):
        held[numerator, denominator] = held.get((numerator, denominator), 0) + count * numerator / denominator
    main = max(held, key=held.__getitem__)
    return main if held[main] >= 0.95 * sum(held.values()) else None


def strict_class(numerator: int, denominator: int) -> str:
    """Duple, triple, compound or irregular as theory books have it."""
    if numerator % 3 == 0 and numerator > 3:
        return "compound"
    return "triple" if numerator == 3 else metre_class(numerator, denominator)


def _heard(score: ScoreTick) -> tuple[tuple[int, int], float]:
    bare = score.copy()
    bare.time_signatures.clear()
    return hear_metre(view_score(bare))


def _rows(source: str, heard: Sequence[_Heard], what: str, note: str) -> list[AccuracyRow]:
    shares = {
        "classes": [metre_class(*found) == metre_class(*stated) for stated, found, _ in heard],
        "strict classes": [strict_class(*found) == strict_class(*stated) for stated, found, _ in heard],
        "exact": [found == stated for stated, found, _ in heard],
    }
    return [
        AccuracyRow("heard metre", f"{name}{what}, %", source, 100 * float(np.mean(right)), len(right), note)
        for name, right in shares.items()
    ]


def _confidence_rows(heard: Sequence[_Heard]) -> list[AccuracyRow]:
    """What is right of the classes heard with some confidence."""
    rows = []
    for low, high in ((0.0, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = [
            (metre_class(*found) == metre_class(*stated), sure) for stated, found, sure in heard if low <= sure < high
        ]
        if inside:
            right, sure = np.mean(inside, axis=0)
            name = f"classes right at confidence {low:g} to {min(high, 1):g}, %"
            note = f"whole pieces and excerpts; mean confidence {sure:.2f}"
            rows.append(AccuracyRow("heard metre", name, "all but fills", 100 * float(right), len(inside), note))
    return rows
