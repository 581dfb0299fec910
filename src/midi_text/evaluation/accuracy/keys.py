"""How right the main key is, how well its confidence is calibrated, and where the key is heard to change.

The main key is compared with the labels of `key_pieces`: the firm ones and all that are stated; "from the notes" is
without the written signature, as in music that has none. Signature and last bass note make the label of engraved
music, so that only the figures from the notes are independent of the signature there. CK and CKD of the adherence
tables are "exact" and "exact or relative" here.

Changes of key are measured on pieces put together from others, where they are certain, though cruder than a composer's,
and on POP909's songs with several annotated keys. A change is found if one is heard within two bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from symusic.core import ScoreTick

from ...bars_midi_text import bar_starts
from ...facts.keys import measure_tonality
from ...facts.view import view_score
from ...facts_midi_text import measure_facts
from ...key_midi_text import Key
from .key_pieces import DESIGNATED, ENGRAVED, firm_key, harte_key, modulating_pieces, signed_key, stated_key
from .row import AccuracyRow, LabelledPiece

_NOTES = {
    "nottingham": "ABC designation",
    "polish": "kern designation",
    "pop909": "the dataset's estimate from the recording",
    **dict.fromkeys(ENGRAVED, "signature and last bass note"),
}
_FIRM = {
    **dict.fromkeys(DESIGNATED, "; that signature and last bass note bear out"),
    "pop909": "; that the first or last annotated chord bears out",
}
_ALL = "; every one, those in error too, church modes as major or minor"
_Estimate = tuple[Key | None, float]


def measure(pieces: Sequence[LabelledPiece], synthetic: int = 200) -> list[AccuracyRow]:
    """The rows on keys, of the pieces outside the training split.

    Args:
        pieces: Labelled pieces of any source.
        synthetic: How many pieces to put together.
    """
    held = [piece for piece in pieces if piece.split != "train" and piece.source in _NOTES]
    written = {piece.id: _estimate(piece) for piece in held}
    heard = {piece.id: _estimate(piece, signature=False) for piece in held}
    rows = []
    for source in _NOTES:
        own = [piece for piece in held if piece.source == source]
        note = _NOTES[source]
        firm, stated = _labelled(own, firm_key), _labelled(own, stated_key)
        rows += _main_rows(source, firm, written, "", note + _FIRM.get(source, ""))
        if source != "pop909":
            rows += _main_rows(source, firm, heard, ", from the notes", note + _FIRM.get(source, ""))
        if source in DESIGNATED:
            signed = _labelled(own, signed_key)
            rows += _main_rows(source, signed, written, ", signature agrees", note + "; that the signature bears out")
        if source not in ENGRAVED:
            rows += _main_rows(source, stated, written, ", all labels", note + _ALL)
    rows += _confidence_rows(_labelled(held, firm_key), heard)
    return rows + _change_rows(held, synthetic)


def _estimate(piece: LabelledPiece, signature: bool = True) -> _Estimate:
    score = piece.score if signature else piece.score.copy()
    if not signature:
        score.key_signatures.clear()
    facts = measure_facts(score)
    return facts.key, facts.key_confidence


def _labelled(
    pieces: Iterable[LabelledPiece], label: Callable[[LabelledPiece], Key | None]
) -> list[tuple[LabelledPiece, Key]]:
    return [(piece, key) for piece in pieces if (key := label(piece)) is not None]


def _main_rows(
    source: str, labelled: list[tuple[LabelledPiece, Key]], found: dict[str, _Estimate], what: str, note: str
) -> list[AccuracyRow]:
    if not labelled:
        return []
    exact = [found[piece.id][0] == key for piece, key in labelled]
    either = [found[piece.id][0] in (key, key.relative) for piece, key in labelled]
    return [
        AccuracyRow("key", f"exact{what}, %", source, 100 * float(np.mean(exact)), len(exact), note),
        AccuracyRow("key", f"exact or relative{what}, %", source, 100 * float(np.mean(either)), len(either), note),
    ]


def _confidence_rows(labelled: list[tuple[LabelledPiece, Key]], found: dict[str, _Estimate]) -> list[AccuracyRow]:
    """What is right of the statements made with some confidence, over all sources."""
    confidence = np.array([found[piece.id][1] for piece, _ in labelled])
    right = np.array([found[piece.id][0] == key for piece, key in labelled])
    rows = []
    for low, high in ((0.0, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = (confidence >= low) & (confidence < high)
        if inside.any():
            name = f"right at confidence {low:g} to {min(high, 1):g}, %"
            note = f"all firm labels, from the notes; mean confidence {confidence[inside].mean():.2f}"
            rows.append(AccuracyRow("key", name, "all", 100 * float(right[inside].mean()), int(inside.sum()), note))
    return rows


def _change_rows(held: Sequence[LabelledPiece], synthetic: int) -> list[AccuracyRow]:
    made = [(piece.score, piece.keys) for piece in modulating_pieces(held, synthetic)]
    songs = [(p.score, _keys_of_bars(p)) for p in held if p.annotations.get("key")]
    note = "openings of other pieces in a row, transposed; 8 to 20 bars each"
    rows = _path_rows("synthetic", made, note)
    rows += _path_rows("pop909", songs, "the dataset's estimates from the recording; mostly one key")
    return rows


def _keys_of_bars(piece: LabelledPiece) -> tuple[Key | None, ...]:
    lines = bar_starts(piece.score) / piece.score.ticks_per_quarter
    middles = (lines[:-1] + lines[1:]) / 2
    spans = [(begin, end, harte_key(name)) for begin, end, name in piece.annotations["key"]]
    return tuple(next((key for begin, end, key in spans if begin <= at < end), None) for at in middles)


def _path_rows(source: str, scored: Sequence[tuple[ScoreTick, tuple[Key | None, ...]]], note: str) -> list[AccuracyRow]:
    """Bars in the right key, changes found, and whether "modulates" is right."""
    if not scored:
        return []
    exact, either, modulates = [], [], []
    hits = heard = real = 0
    for score, truth in scored:
        found = measure_tonality(view_score(score))
        keys = [span.key for span in found.spans for _ in range(span.first_bar, span.end_bar)]
        pairs = [(key, true) for key, true in zip(keys, truth, strict=True) if true is not None]
        exact.append(np.mean([key == true for key, true in pairs]))
        either.append(np.mean([key in (true, true.relative) for key, true in pairs]))
        hit, found_changes, true_changes = matched_changes([p[0] for p in pairs], [p[1] for p in pairs])
        hits, heard, real = hits + hit, heard + found_changes, real + true_changes
        modulates.append(("modulates" in found.traits, true_changes > 0))
    said = [truth for claim, truth in modulates if claim]
    n = len(scored)
    rows = [
        AccuracyRow("key changes", "bars in the right key, %", source, 100 * float(np.mean(exact)), n, note),
        AccuracyRow("key changes", "or in its relative, %", source, 100 * float(np.mean(either)), n, note),
        AccuracyRow("key changes", "changes heard, precision", source, hits / max(heard, 1), heard, note),
        AccuracyRow("key changes", "changes heard, recall", source, hits / max(real, 1), real, note),
    ]
    if said:
        rows.append(
            AccuracyRow("key changes", "'modulates' right, %", source, 100 * float(np.mean(said)), len(said), note)
        )
    return rows


def matched_changes(found: Sequence[Key], truth: Sequence[Key], within: int = 2) -> tuple[int, int, int]:
    """Changes of key heard within some bars of a true one, each once; changes heard; true changes."""
    heard = [bar for bar in range(1, len(found)) if found[bar] != found[bar - 1]]
    real = [bar for bar in range(1, len(truth)) if truth[bar] != truth[bar - 1]]
    left = list(heard)
    for change in real:
        near = [bar for bar in left if abs(bar - change) <= within]
        if near:
            left.remove(near[0])
    return len(heard) - len(left), len(heard), len(real)
