"""How surely a motif is found: planted among bars that have nothing to do with each other.

A piece is 32 bars of the tunes of Nottingham in 4/4, from here and there; one more bar is planted five times, each time
at another pitch. In pieces without a motif the pitches of every bar change places, so that what returns does so by
chance. What that cannot tell: real motifs return in a style that repeats itself anyway, and are varied.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import symusic
from symusic.core import ScoreTick

from ...facts.motifs import measure_motifs
from ...facts.view import View, view_score
from .made import note_list
from .row import AccuracyRow, LabelledPiece

BARS = 32
TIMES = 5
TICKS = 480
FEWEST_NOTES = 5


def measure(pieces: Sequence[LabelledPiece], count: int = 100, seed: int = 0) -> list[AccuracyRow]:
    """How often the first motif is the planted one, and how often one returns where none was planted.

    Args:
        pieces: Any; Nottingham's tunes in 4/4 outside of training are used.
        count: How many pieces to make, with and without a motif each.
        seed: Of the choice of bars.
    """
    views = [view_score(piece.score) for piece in pieces if piece.source == "nottingham" and piece.split != "train"]
    bars = [bar for view in views for bar in _bars(view)]
    if len(bars) <= BARS:
        return []
    rng = np.random.default_rng(seed)
    found, invented = [], []
    for _ in range(count):
        *plain, planted = (bars[index] for index in rng.permutation(len(bars))[: BARS + 1])
        places = np.sort(rng.choice(BARS, TIMES, replace=False)).tolist()
        pitches = rng.permutation(np.arange(-5, 6))[:TIMES].tolist()
        motifs = measure_motifs(
            view_score(_joined(plain, {p: planted + [0, 0, up] for p, up in zip(places, pitches, strict=True)}))
        )
        bars_of_first = set(motifs.motifs[0].bars) if motifs.motifs else set()
        found.append(len(bars_of_first & set(places)) >= TIMES - 1 and len(bars_of_first) <= TIMES + 1)
        mixed = [np.column_stack([bar[:, :2], rng.permutation(bar[:, 2])]) for bar in plain]
        invented.append("returning motif" in measure_motifs(view_score(_joined(mixed, {}))).traits)
    note = "bars of Nottingham's tunes outside of training, from here and there"
    return [
        AccuracyRow("motifs", name, "synthetic", 100 * float(np.mean(values)), count, note)
        for name, values in (("planted motif first, %", found), ("motif returns though none is planted, %", invented))
    ]


def _bars(view: View) -> list[np.ndarray]:
    """Bars of the tune with enough notes: onset in ticks of `TICKS`, length, pitch; shape (notes, 3)."""
    if view.metres.tolist() != [[4, 4]] * view.bars:
        return []
    notes = view.tracks[0].notes
    bar, found = view.bar_of(notes.time), []
    scale = TICKS / view.ticks_per_quarter
    for number in range(view.bars):
        inside = bar == number
        if inside.sum() >= FEWEST_NOTES:
            onsets = (notes.time[inside] - view.bar_lines[number]) * scale
            found.append(
                np.stack([onsets, notes.duration[inside] * scale, notes.pitch[inside]], axis=1).astype(np.int64)
            )
    return found


def _joined(bars: Sequence[np.ndarray], instead: dict[int, np.ndarray]) -> ScoreTick:
    """The bars one after the other, some replaced."""
    placed = [instead.get(place, bar) + [4 * TICKS * place, 0, 0] for place, bar in enumerate(bars)]
    time, duration, pitch = np.concatenate(placed).T
    track = symusic.Track()
    track.notes = note_list(time, duration, pitch, np.full(len(time), 80))
    score = symusic.Score(TICKS)
    score.tracks.append(track)
    return score
