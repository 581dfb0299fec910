"""Where bars and beats lie in seconds while people play.

A `Grid` is a steady beat from one bar line on; a `Timeline` is the grids of a session, one after another, because a
player's tempo drifts and words may change it. Bars are numbered from 0 through the whole session and all have one
metre. Positions are twelfths of the metre's denominator, as the model's events count them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

POSITIONS = 12  # a beat, the beat being the metre's denominator


@dataclass(frozen=True)
class Grid:
    """A steady beat.

    Attributes:
        start: Seconds at which bar `first_bar` begins.
        first_bar: Number of that bar.
        tempo_bpm: Quarter notes a minute, any positive number.
        metre: Numerator and denominator.
    """

    start: float
    first_bar: int
    tempo_bpm: float
    metre: tuple[int, int]

    @property
    def quarter_seconds(self) -> float:
        """Length of a quarter note."""
        return 60 / self.tempo_bpm

    @property
    def bar_seconds(self) -> float:
        """Length of a bar."""
        return self.quarter_seconds * 4 * self.metre[0] / self.metre[1]

    def time_of(self, bar: int, position: float = 0.0) -> float:
        """Seconds of a position in a bar; both may lie before the grid begins."""
        beat = self.quarter_seconds * 4 / self.metre[1]
        return self.start + (bar - self.first_bar) * self.bar_seconds + position / POSITIONS * beat

    def bar_at(self, time: float) -> float:
        """The bar at a moment, with its fraction."""
        return self.first_bar + (time - self.start) / self.bar_seconds


class Timeline:
    """The grids of a session; empty until somebody has set a beat."""

    def __init__(self) -> None:
        self.grids: list[Grid] = []

    def __bool__(self) -> bool:
        return bool(self.grids)

    @property
    def now(self) -> Grid:
        """The latest grid. Raises IndexError while there is none."""
        return self.grids[-1]

    def add(self, grid: Grid) -> None:
        """Lets a grid hold from its first bar on; grids that would have begun there or later are forgotten."""
        self.grids = [*(old for old in self.grids if old.first_bar < grid.first_bar), grid]

    def time_of(self, bar: int, position: float = 0.0) -> float:
        """Seconds of a position in a bar, on the grid that holds there."""
        holding = [grid for grid in self.grids if grid.first_bar <= bar] or self.grids[:1]
        return holding[-1].time_of(bar, position)

    def bar_at(self, time: float) -> float:
        """The bar at a moment, with its fraction; never beyond the bar line at which the next grid takes over."""
        index = max((i for i, grid in enumerate(self.grids) if grid.start <= time), default=0)
        limit = self.grids[index + 1].first_bar if index + 1 < len(self.grids) else math.inf
        return min(self.grids[index].bar_at(time), limit)
