"""Colours for pictures on white, on black and on anything.

Categories have the colours of Okabe and Ito ("Color Universal Design", 2008), lengths those of viridis (S. van der Walt
and N. Smith, 2015): people of all kinds of sight tell them apart, and in grey print the order of lengths remains. Of
each, the shades too close to the ground are left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Attributes:
        ground: Behind everything; "none" lets the page show through.
        ink: Titles and labels.
        soft_ink: What may be overlooked: bar numbers, units.
        line: Bar lines.
        faint: Octave lines, keys of a keyboard, beats.
        block: Fill of chords and keys.
        categories: Instruments and sections, in order; from the 9th on they come again.
        lengths: Part of viridis, 0..1, from the longest notes to the shortest.
        alike: matplotlib's map of a matrix, from unlike to alike.
    """

    ground: str
    ink: str
    soft_ink: str
    line: str
    faint: str
    block: str
    categories: tuple[str, ...]
    lengths: tuple[float, float]
    alike: str


_ON_WHITE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6A3D9A", "#4D4D4D")
_ON_BLACK = ("#56B4E9", "#E69F00", "#2FC99A", "#E79BC4", "#F0E442", "#FF8A4C", "#B79CF0", "#BDBDBD")
_ON_ANY = ("#2A8FCB", "#D9721F", "#1FA67F", "#CC79A7", "#C9971A", "#5FA8D8", "#8F6FC8", "#8A8A8A")

THEMES = {
    "light": Theme("#FFFFFF", "#1B1F24", "#69707A", "#B9BFC7", "#EBEEF1", "#F1F3F6", _ON_WHITE, (0.0, 0.7), "Blues"),
    "dark": Theme("#14171C", "#E8EBEF", "#98A1AD", "#49515C", "#22272E", "#222830", _ON_BLACK, (0.38, 1.0), "magma"),
    "transparent": Theme(
        "none", "#7D8590", "#7D8590", "#8B939E80", "#8B939E30", "#8B939E28", _ON_ANY, (0.25, 0.7), "viridis"
    ),
}


def find_theme(name: str) -> Theme:
    """A theme by name.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in THEMES:
        raise ValueError(f"a theme must be one of {', '.join(THEMES)}; got {name!r}")
    return THEMES[name]
