"""How right the chords are: against POP909's annotations, Nottingham's chord symbols and pieces made from chords.

Conventions are those of mir_eval's `chord` module (C. Raffel et al., ISMIR 2014): time is cut wherever either side
changes, each piece of time counts by its length, and "root" asks for the root, "maj-min" for root and triad where the
reference's triad is major or minor, "sevenths" for root and quality where the reference is a major or minor triad or
such a triad with a seventh. One thing differs: time that the reference calls N (no chord) is left out throughout.
POP909's annotations are its authors' machine estimates from the same notes, so that they measure agreement; chords of
the synthetic pieces are certain, but the music is simple. Nottingham's symbols stand without times: the first sixteen
are aligned with the chords found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ...facts.chord import QUALITIES, Chord
from ...facts.form import measure_form
from ...facts.harmony import Harmony, measure_harmony
from ...facts.keys import measure_tonality
from ...facts.view import view_score
from .chord_pieces import ChordPiece, chord_pieces
from .row import AccuracyRow, LabelledPiece

Labels = Sequence[tuple[float, float, Chord | None]]
_SEVENTHS = ("maj", "min", "maj7", "7", "min7")
_POP909 = "annotations of the dataset's authors, estimated by machine from the same MIDI"
_SYNTHETIC = "pieces made from random progressions: the chords are certain, the music is simple"
_FOLK = "nottingham"
_NOTTINGHAM = "first sixteen chord symbols of the ABC source, without times, aligned by edit distance"


def measure(pieces: Sequence[LabelledPiece], synthetic: int = 200) -> list[AccuracyRow]:
    """The rows on chords, loops and cadences.

    Args:
        pieces: Labelled pieces of any source; those with labelled chords are used.
        synthetic: How many pieces to make.
    """
    rows = []
    annotated = [piece for piece in pieces if piece.annotations.get("chords")]
    if annotated:
        scored = [
            compare(_harmony(piece), [(begin, end, harte(name)) for begin, end, name in piece.annotations["chords"]])
            for piece in annotated
        ]
        held_out = [score for score, piece in zip(scored, annotated, strict=True) if piece.split != "train"]
        rows += _duration_rows("pop909", held_out, _POP909) if held_out else []
        if len(held_out) < len(annotated):
            rows += _duration_rows("pop909, all splits", scored, _POP909)
    written = [(piece, _symbols(str(piece.labels.get("chords", "")))) for piece in pieces if piece.source == _FOLK]
    values = [_symbols_found(symbols, _harmony(piece).progression) for piece, symbols in written if symbols]
    if values:
        share = 100 * float(np.mean(values))
        rows.append(AccuracyRow("chords", "symbols, 1 - edits / symbols, %", _FOLK, share, len(values), _NOTTINGHAM))
    made = chord_pieces(synthetic)
    return rows + _synthetic_rows(made) if made else rows


def harte(name: str) -> Chord | None:
    """The chord of an annotation such as "A:min7/b3"; None for "N" and "X".

    Raises:
        ValueError: If it is neither.
    """
    return None if name in ("N", "X") else Chord.parse(name)


def compare(found: Harmony, labels: Labels) -> np.ndarray:
    """Time compared and time right.

    Args:
        found: The chords found.
        labels: Start and end in quarter notes, and the chord.

    Returns:
        Quarter notes, shape (4, 2): root, maj-min, sevenths, and bass where the root is right; compared and right.
    """
    spans = [(span.start_beat, span.end_beat, span.chord) for span in found.chords]
    time = np.zeros((4, 2))
    for length, reference, chord in _common(labels, spans):
        if reference is None:
            continue
        right_root = chord is not None and chord.root == reference.root
        asked = (True, _triad(reference) in ("maj", "min"), reference.quality in _SEVENTHS, right_root)
        right = (
            right_root,
            right_root and chord is not None and _triad(chord) == _triad(reference),
            right_root and chord is not None and chord.quality == reference.quality,
            right_root and chord is not None and chord.bass == reference.bass,
        )
        time[:, 0] += length * np.array(asked)
        time[:, 1] += length * (np.array(asked) & np.array(right))
    return time


def _harmony(piece: LabelledPiece | ChordPiece) -> Harmony:
    view = view_score(piece.score)
    return measure_harmony(view, measure_tonality(view), measure_form(view))


def _triad(chord: Chord) -> str:
    """The quality of a chord's triad, "" where it has none, as mir_eval compares pitch classes up to the fifth."""
    lower = tuple(interval for interval in QUALITIES[chord.quality][0] if interval <= 8)
    return "maj" if lower == (0, 4, 7) else "min" if lower == (0, 3, 7) else ""


def _common(labels: Labels, spans: Labels) -> Iterable[tuple[float, Chord | None, Chord | None]]:
    """The pieces of time in which neither side changes: length, label, what was found."""
    times = np.unique([time for begin, end, _ in (*labels, *spans) for time in (begin, end)])
    middles = (times[:-1] + times[1:]) / 2
    for length, label, span in zip(np.diff(times), _at(labels, middles), _at(spans, middles), strict=True):
        if label is not None:
            yield float(length), labels[label][2], None if span is None else spans[span][2]


def _at(spans: Labels, times: np.ndarray) -> list[int | None]:
    """Index of the span around each time; None where there is none."""
    begins, ends = (np.array([span[side] for span in spans], np.float64) for side in (0, 1))
    place = np.searchsorted(begins, times, side="right") - 1
    inside = (place >= 0) & (times < ends[place])
    return [int(index) if ok else None for index, ok in zip(place, inside, strict=True)]


def _duration_rows(source: str, scored: Sequence[np.ndarray], note: str) -> list[AccuracyRow]:
    total = np.sum(scored, axis=0)
    names = ("root, % of time", "maj-min, % of time", "sevenths, % of time", "bass where the root is right, % of time")
    return [
        AccuracyRow("chords", name, source, 100 * float(right / compared), len(scored), note)
        for name, (compared, right) in zip(names, total, strict=True)
        if compared
    ]


def _symbols(text: str) -> list[Chord]:
    """The chords of a label such as "D A7 D/f+ Gd", where "d" is diminished; [] where notes slipped in among them."""
    try:
        return [Chord.parse(re.sub("d$", "dim", symbol.partition("/")[0])) for symbol in text.split()]
    except ValueError:
        return []


def _symbols_found(symbols: Sequence[Chord], progression: Sequence[Chord]) -> float:
    """1 - edits / symbols between the labelled triads and those found, where these may go on after the labels end."""
    labelled = _triads(symbols)
    found = _triads(progression)
    row = np.arange(len(found) + 1)
    for place, symbol in enumerate(labelled):
        new = np.empty_like(row)
        new[0] = place + 1
        for at, other in enumerate(found):
            new[at + 1] = min(row[at] + (symbol != other), row[at + 1] + 1, new[at] + 1)
        row = new
    return max(1 - float(row.min()) / len(labelled), 0.0)


def _triads(chords: Iterable[Chord]) -> list[tuple[int, str]]:
    """Roots and triads, repetitions left out."""
    kinds = [(chord.root, _triad(chord)) for chord in chords]
    return [kind for place, kind in enumerate(kinds) if not place or kind != kinds[place - 1]]


def _synthetic_rows(made: Sequence[ChordPiece]) -> list[AccuracyRow]:
    found = [_harmony(piece) for piece in made]
    rows = _duration_rows(
        "synthetic", [compare(harmony, piece.spans) for harmony, piece in zip(found, made, strict=True)], _SYNTHETIC
    )
    loops = [(piece, harmony) for piece, harmony in zip(made, found, strict=True) if piece.loop]
    hits = [_same_loop(piece.loop, harmony.loop) for piece, harmony in loops]
    named = [
        (piece.close, harmony.cadences[-1].kind)
        for piece, harmony in zip(made, found, strict=True)
        if any(trait.endswith("cadence at the end") for trait in harmony.traits)
    ]
    closes = [piece for piece in made if piece.close != "deceptive"]
    right = sum(close == kind for close, kind in named)
    return [
        *rows,
        AccuracyRow("loop", "recall, %", "synthetic", 100 * float(np.mean(hits)), len(hits), "up to rotation; triads"),
        AccuracyRow("cadence", "recall, %", "synthetic", 100 * right / len(closes), len(closes), "at the end, by kind"),
        AccuracyRow("cadence", "precision, %", "synthetic", 100 * right / max(len(named), 1), len(named), "likewise"),
    ]


def _same_loop(one: Sequence[Chord], other: Sequence[Chord]) -> bool:
    """Whether two loops are the same triads, begun anywhere."""
    first, second = ([(chord.root, _triad(chord)) for chord in loop] for loop in (one, other))
    return len(first) == len(second) and any(first == second[turn:] + second[:turn] for turn in range(len(second)))
