"""The course of tempo and dynamics, and whether people played it."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Expression:
    """How a piece is played.

    Attributes:
        tempo_course: "steady", "rubato", "slows at the end", "speeds up", "slows down" or "changes".
        dynamics_course: "even", "crescendo", "diminuendo", "swells and fades", "contrasting" or "varied".
        loudness: Mean velocity of eight equal stretches of the piece, 1..127.
        performed: Whether it was played by people (True), engraved (False), or cannot be told (None).
        traits: See `traits.TRAITS`.
    """

    tempo_course: str
    dynamics_course: str
    loudness: tuple[int, ...]
    performed: bool | None
    traits: tuple[str, ...]


def measure_expression(view: View) -> Expression:
    """How a piece is played."""
    return Expression("steady", "varied", (), None, ())
