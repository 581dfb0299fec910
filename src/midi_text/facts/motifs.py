"""Motifs that return."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Motif:
    """A few notes that come again, perhaps higher or lower.

    Attributes:
        track: Index of the track it comes in first.
        intervals: Semitones from note to note.
        steps: Quarter notes from onset to onset, as many as intervals.
        bars: The bars (from 0) in which it starts, in order.
    """

    track: int
    intervals: tuple[int, ...]
    steps: tuple[float, ...]
    bars: tuple[int, ...]


@dataclass(frozen=True)
class Motifs:
    """The motifs of a piece, the most telling first, and their traits."""

    motifs: tuple[Motif, ...]
    traits: tuple[str, ...]


def measure_motifs(view: View) -> Motifs:
    """The motifs of a piece."""
    return Motifs((), ())
