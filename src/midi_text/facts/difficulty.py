"""How hard a piano piece is to play."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Difficulty:
    """How hard a piano piece is to play.

    Attributes:
        grade: 1 (first lessons) .. 9 (virtuoso); None unless the piece is for one piano.
        largest_span: Widest reach of one hand, in semitones.
        notes_per_second: Fastest second of one hand.
        traits: See `traits.TRAITS`.
    """

    grade: int | None
    largest_span: int
    notes_per_second: float
    traits: tuple[str, ...]


def measure_difficulty(view: View) -> Difficulty:
    """How hard a piano piece is to play."""
    return Difficulty(None, 0, 0.0, ())
