"""Chords and what they make: progressions, loops, cadences."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .chord import Chord
from .keys import Tonality
from .view import View


@dataclass(frozen=True)
class ChordSpan:
    """A chord from one beat to another, in quarter notes from the start; None where no chord sounds."""

    start_beat: float
    end_beat: float
    chord: Chord | None


@dataclass(frozen=True)
class Cadence:
    """A close.

    Attributes:
        bar: The bar of its last chord.
        kind: "authentic", "half", "plagal" or "deceptive".
    """

    bar: int
    kind: str


@dataclass(frozen=True)
class Harmony:
    """The chords of a piece.

    Attributes:
        chords: Spans in order without gaps, neighbours differ; at most two a bar; () without pitched notes.
        loop: The most repeated progression, one chord each change; () if none repeats.
        loop_repeats: How often it comes.
        cadences: At the ends of sections.
        traits: See `traits.TRAITS`.
    """

    chords: tuple[ChordSpan, ...]
    loop: tuple[Chord, ...]
    loop_repeats: int
    cadences: tuple[Cadence, ...]
    traits: tuple[str, ...]

    @property
    def progression(self) -> tuple[Chord, ...]:
        """The chords in order, one each change, without inversions."""
        roots = [replace(s.chord, bass=s.chord.root) for s in self.chords if s.chord]
        return tuple(c for i, c in enumerate(roots) if not i or c != roots[i - 1])

    def transposed(self, semitones: int) -> Harmony:
        """The same, `semitones` higher."""
        return replace(
            self,
            chords=tuple(replace(s, chord=s.chord and s.chord.transposed(semitones)) for s in self.chords),
            loop=tuple(c.transposed(semitones) for c in self.loop),
        )


def measure_harmony(view: View, tonality: Tonality) -> Harmony:
    """The chords of a piece and what they make."""
    return Harmony((), (), 0, (), ())
