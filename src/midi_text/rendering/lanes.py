"""Lanes above music: sections, keys and chords as blocks over the beats they last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from ..facts.analysis import Analysis
from ..facts.view import View
from .sheet import BODY, SMALL, with_signs
from .themes import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LANE = 0.2  # inches
_LETTER_WIDTH = 0.0088  # inches a letter and point; DejaVu Sans's mean
_SMALLEST = 5.0  # points that can be read in print


@dataclass(frozen=True)
class Block:
    """A stretch of quarter notes with a name and a colour."""

    start: float
    end: float
    name: str
    colour: str
    bold: bool = False


def find_lanes(view: View, analysis: Analysis, theme: Theme) -> dict[str, list[Block]]:
    """The lanes that have something to say, from the top: a form of one section and a key that stays have not."""
    lines = view.beats(view.bar_lines)
    sections, keys, chords = analysis.form.sections, analysis.tonality.spans, analysis.harmony.chords
    lanes = {}
    if len(sections) > 1:
        lanes["form"] = [
            Block(lines[s.first_bar], lines[s.first_bar + s.bars], s.letter, section_colour(s.letter, theme), bold=True)
            for s in sections
        ]
    if len(keys) > 1:
        lanes["key"] = [Block(lines[k.first_bar], lines[k.end_bar], with_signs(k.key.name), theme.block) for k in keys]
    if any(span.chord for span in chords):
        ends = np.array([lines[k.end_bar] for k in keys])
        lanes["chords"] = [
            Block(
                span.start_beat,
                span.end_beat,
                with_signs(span.chord.spelled(keys[min(int((ends <= span.start_beat).sum()), len(keys) - 1)].key))
                if keys
                else with_signs(span.chord.name),
                theme.block,
            )
            for span in chords
            if span.chord
        ]
    return lanes


def section_colour(letter: str, theme: Theme) -> str:
    """The colour of a section's letter."""
    return theme.categories[ascii_uppercase.index(letter) % len(theme.categories)]


def draw_lanes(axes: Axes, lanes: Sequence[list[Block]], theme: Theme, beats: tuple[float, float], inch: float) -> None:
    """Draws lanes from the top of some axes down.

    Args:
        axes: As high as the lanes are many; its x runs in quarter notes.
        lanes: Their blocks.
        theme: Colours.
        beats: First and last quarter note shown.
        inch: Inches of a quarter note.
    """
    from matplotlib.patches import Rectangle

    axes.set_ylim(len(lanes), 0)
    first, last = beats
    gap = 0.02 / inch
    for row, blocks in enumerate(lanes):
        for block in blocks:
            start, end = max(block.start, first), min(block.end, last)
            if end - start <= gap:
                continue
            shade = 0.32 if block.bold else None  # None: as clear as the colour says
            axes.add_patch(
                Rectangle(
                    (start, row + 0.06), end - start - gap, 0.88, facecolor=block.colour, alpha=shade, linewidth=0
                )
            )
            size = _fitting(block.name, (end - start) * inch, BODY if block.bold else SMALL)
            if size:
                axes.text(
                    start + 0.05 / inch,
                    row + 0.52,
                    block.name,
                    fontsize=size,
                    fontweight="bold" if block.bold else "normal",
                    color=theme.ink,
                    va="center",
                    parse_math=False,
                )


def _fitting(name: str, inches: float, size: float) -> float:
    """Points in which a name fits a width; 0 where it could not be read."""
    fits = (inches - 0.07) / (_LETTER_WIDTH * max(len(name), 1))
    return min(size, fits) if fits >= _SMALLEST else 0.0
