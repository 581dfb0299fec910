"""A piece compared with itself: every bar with every other, the more alike the stronger.

A stripe beside the diagonal is a passage that comes again; a block on it, a section of one make. The letters along two
sides are the sections that the analysis hears. What "alike" means stands in `facts.similarity`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from ..facts.analysis import Analysis
from ..facts.form import Section, measure_form
from ..facts.similarity import MAX_ROWS, self_similarity
from ..facts.view import view_score
from .lanes import section_colour
from .sheet import BODY, SMALL, Sheet, draw_head, new_sheet, picture_path, save
from .themes import find_theme

_WIDTH, _SIDE, _LEFT, _TOP = 8.0, 6.6, 0.95, 1.2  # inches
_LANE = 0.22
_MARKS = 20  # bar numbers at most


def draw_matrix(
    score: ScoreTick,
    path: str | os.PathLike[str],
    *,
    theme: str = "light",
    title: str = "",
    analysis: Analysis | None = None,
) -> None:
    """Draws the self-similarity of a score as PNG or SVG; the file appears whole or not at all.

    Args:
        score: As `read_score` gives it.
        path: Where to.
        theme: "light", "dark" or "transparent".
        title: Stands above.
        analysis: Of the score, where it has been made already.

    Raises:
        ValueError: If the score has no note, or an argument is none that can be used.
        ModuleNotFoundError: If matplotlib is not installed.
        OSError: If the file cannot be written.
    """
    target, colours = picture_path(path), find_theme(theme)
    view = view_score(score)
    sections = (analysis.form if analysis else measure_form(view)).sections
    matrix = self_similarity(view)
    sheet = new_sheet(colours, _TOP + _SIDE + 0.5, _WIDTH)
    grouped = -(-view.bars // MAX_ROWS)
    draw_head(sheet, view, title, f"{grouped} bars a row" if grouped > 1 else "")
    axes = sheet.axes(_LEFT, _TOP, _SIDE, _SIDE)
    axes.imshow(
        matrix,
        cmap=colours.alike,
        vmin=0,
        vmax=1,
        extent=(0, view.bars, view.bars, 0),
        interpolation="nearest",
        aspect="auto",
    )
    edges = [section.first_bar for section in sections][1:]
    axes.hlines(edges, 0, view.bars, color=colours.line, linewidth=0.6)
    axes.vlines(edges, 0, view.bars, color=colours.line, linewidth=0.6)
    step = 1 << max(0, (-(-view.bars // _MARKS) - 1).bit_length())
    places = np.arange(0, view.bars, step)
    names = [str(place + 1) for place in places.tolist()]
    axes.set_xticks(places + 0.5, names)
    axes.set_yticks(places + 0.5, names)
    axes.set_xlabel("bar", color=colours.soft_ink, fontsize=SMALL)
    _draw_sections(sheet, sections, view.bars)
    _draw_scale(sheet)
    save(sheet, target)


def _draw_sections(sheet: Sheet, sections: tuple[Section, ...], bars: int) -> None:
    """The sections along the top and down the left side."""
    from matplotlib.patches import Rectangle

    top = sheet.axes(_LEFT, _TOP - _LANE - 0.04, _SIDE, _LANE, xlim=(0, bars), ylim=(0, 1))
    left = sheet.axes(_LEFT - 0.36 - _LANE, _TOP, _LANE, _SIDE, xlim=(0, 1), ylim=(bars, 0))
    gap = 0.02 / _SIDE * bars
    for section in sections:
        colour, length = section_colour(section.letter, sheet.theme), section.bars - gap
        middle = section.first_bar + section.bars / 2
        style: dict[str, Any] = {"facecolor": colour, "alpha": 0.32, "linewidth": 0}
        top.add_patch(Rectangle((section.first_bar, 0), length, 1, **style))
        left.add_patch(Rectangle((0, section.first_bar), 1, length, **style))
        if section.bars / bars * _SIDE >= 0.12:
            words: dict[str, Any] = {"color": sheet.theme.ink, "fontsize": BODY, "fontweight": "bold", "ha": "center"}
            top.text(middle, 0.47, section.letter, va="center", **words)
            left.text(0.5, middle, section.letter, va="center", **words)


def _draw_scale(sheet: Sheet) -> None:
    width = 1.3
    axes = sheet.axes(_LEFT + _SIDE - width, 0.3, width, 0.11)
    axes.imshow(np.linspace(0, 1, 64)[None], cmap=sheet.theme.alike, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_xticks([0, 1], ["unlike", "alike"])
    for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        label.set(va="baseline", y=-0.85, ha=side)
