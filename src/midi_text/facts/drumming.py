"""What the drums play."""

from __future__ import annotations

from dataclasses import dataclass

from .view import View


@dataclass(frozen=True)
class Drumming:
    """The drums of a piece.

    Attributes:
        pattern: The trait that names the main pattern best; None without drums or a clear one.
        pattern_share: Share of the bars with drums in which it holds, 0..1.
        fill_bars: Bars (from 0) with a fill.
        traits: See `traits.TRAITS`.
    """

    pattern: str | None
    pattern_share: float
    fill_bars: tuple[int, ...]
    traits: tuple[str, ...]


def measure_drumming(view: View) -> Drumming:
    """What the drums play."""
    return Drumming(None, 0.0, (), ())
