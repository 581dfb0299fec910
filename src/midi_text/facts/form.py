"""Repetition and form: the sections of a piece."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Section:
    """Some bars that belong together; sections with one letter are alike. `first_bar` counts from 0."""

    letter: str
    first_bar: int
    bars: int


@dataclass(frozen=True)
class Form:
    """The sections of a piece.

    Attributes:
        sections: In order, without gaps, every bar in one.
        repeated_share: Share of bars that come again somewhere, 0..1.
        traits: See `traits.TRAITS`.
    """

    sections: tuple[Section, ...]
    repeated_share: float
    traits: tuple[str, ...]

    @property
    def plan(self) -> str:
        """The letters in order, such as "AABA"."""
        return "".join(section.letter for section in self.sections)


def measure_form(view: View) -> Form:
    """The sections of a piece."""
    return Form((Section("A", 0, view.bars),), 0.0, ())
