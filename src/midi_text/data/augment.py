"""The same music otherwise: faster or slower, louder or softer, with a part less.

An augmented excerpt is measured and described anew, so its words stay true of it; labels that its change could make
untrue are left out. Transposition needs no file of its own: training moves the events, and facts and analysis move
along (`MusicFacts.transposed`). Excerpts are cut on bar lines by `build`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from symusic.core import ScoreTick

_TEMPO_REACH = 0.25  # share by which a tempo moves at most
_VELOCITY_REACH = 20
_TEMPO_LIMITS = (30.0, 250.0)  # those of the tokens
_OF_ALL_PARTS = frozenset(("instrumentation", "arrangement"))
_OF_THE_TEMPO = frozenset(("tempo_word", "tempo_source", "bpm"))


def augment(
    score: ScoreTick, labels: Mapping[str, Any], rng: random.Random, *, keep: frozenset[int] = frozenset()
) -> tuple[ScoreTick, dict[str, Any]]:
    """Another version of an excerpt, in at least one way.

    Args:
        score: With notes in every track; it is not changed.
        labels: Of its piece.
        rng: Source of every choice.
        keep: Indices of tracks that must not be dropped, such as the melody's.

    Returns:
        The version and the labels that are still true of it.
    """
    droppable = [i for i in range(len(score.tracks)) if i not in keep]
    ways = ["velocity"]
    if len(score.tempos):
        ways.append("tempo")
    if droppable and len(score.tracks) > 1:
        ways.append("drop")
    chosen = rng.sample(ways, rng.randint(1, len(ways)))
    made, kept = score.copy(), dict(labels)
    if "tempo" in chosen:
        _retime(made, rng.uniform(1 - _TEMPO_REACH, 1 + _TEMPO_REACH))
        kept = {name: value for name, value in kept.items() if name not in _OF_THE_TEMPO}
    if "velocity" in chosen:
        shift = rng.choice([v for v in range(-_VELOCITY_REACH, _VELOCITY_REACH + 1) if abs(v) > 4])
        for track in made.tracks:
            for note in track.notes:
                note.velocity = min(127, max(1, note.velocity + shift))
    if "drop" in chosen:
        del made.tracks[rng.choice(droppable)]
        kept = {name: value for name, value in kept.items() if name not in _OF_ALL_PARTS}
    return made, kept


def _retime(score: ScoreTick, factor: float) -> None:
    """All tempi by one factor, to the nearest whole numbers that the tokens can say."""
    low, high = _TEMPO_LIMITS
    for mark in score.tempos:
        mark.qpm = float(round(min(high, max(low, mark.qpm * factor))))
