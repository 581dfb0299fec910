"""How often figures take which values: some sets of pieces over one another, a panel a figure.

The first set is filled, the others are lines; the band in which the middle 90 % of the first lie is shaded. Every set
has the same area, whatever its size. Values beyond the first set's outermost hundredths by more than half its width are
counted at the panel's edge, so that one odd piece does not squeeze the rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .sheet import SMALL, Sheet, new_sheet, picture_path, save
from .themes import find_theme

_COLUMNS, _PANEL, _HEIGHT, _BETWEEN = 3, 3.5, 1.5, 0.75  # inches
_LEFT, _TOP, _GAP = 0.35, 0.75, 0.6
_BINS = 24


@dataclass(frozen=True, eq=False)
class Panel:
    """One figure.

    Attributes:
        title: What it is, with its unit.
        values: By the name of the set, shape (pieces,), NaN where a piece has none; the first set is filled.
    """

    title: str
    values: Mapping[str, np.ndarray]


def draw_distributions(panels: Sequence[Panel], path: str | os.PathLike[str], *, theme: str = "light") -> None:
    """Draws panels as PNG or SVG; the file appears whole or not at all.

    Args:
        panels: At least one; all with the same sets.
        path: Where to.
        theme: "light", "dark" or "transparent".

    Raises:
        ValueError: If there is no panel, or an argument is none that can be used.
        ModuleNotFoundError: If matplotlib is not installed.
        OSError: If the file cannot be written.
    """
    target, colours = picture_path(path), find_theme(theme)
    if not panels:
        raise ValueError("a picture of distributions needs at least one panel; got none")
    rows = -(-len(panels) // _COLUMNS)
    columns = min(_COLUMNS, len(panels))
    sheet = new_sheet(colours, _TOP + rows * (_HEIGHT + _BETWEEN), _LEFT + columns * (_PANEL + _GAP))
    _draw_names(sheet, list(panels[0].values))
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        _draw_panel(sheet, panel, _LEFT + column * (_PANEL + _GAP), _TOP + row * (_HEIGHT + _BETWEEN))
    save(sheet, target)


def _draw_names(sheet: Sheet, names: Sequence[str]) -> None:
    """What the colours mean."""
    left = _LEFT
    for number, name in enumerate(names):
        square = sheet.axes(left, 0.2, 0.14, 0.14)
        square.patch.set_facecolor(_colour(sheet, number))
        sheet.text(left + 0.2, 0.27, name, va="center")
        left += 0.45 + 0.075 * len(name)


def _colour(sheet: Sheet, number: int) -> str:
    return sheet.theme.soft_ink if number == 0 else sheet.theme.categories[number - 1]


def _draw_panel(sheet: Sheet, panel: Panel, left: float, top: float) -> None:
    from matplotlib.ticker import MaxNLocator

    sets = [values[~np.isnan(values)] for values in panel.values.values()]
    first = sets[0] if len(sets[0]) else np.concatenate(sets)
    axes = sheet.axes(left, top, _PANEL, _HEIGHT)
    axes.set_title(panel.title, loc="left", fontsize=SMALL + 1.5, color=sheet.theme.ink, pad=5, fontweight="bold")
    if not len(first):
        return
    low, high = np.quantile(first, (0.01, 0.99))
    reach = max(high - low, 1e-6) / 2
    ends = [float(each.min()) for each in sets if len(each)], [float(each.max()) for each in sets if len(each)]
    edges = np.linspace(max(low - reach, min(ends[0])), min(high + reach, max(ends[1])) + 1e-9, _BINS + 1)
    axes.axvspan(*np.quantile(first, (0.05, 0.95)), color=sheet.theme.block, linewidth=0, zorder=0)
    for number, values in enumerate(sets):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        heights = counts / max(counts.sum(), 1)
        filled = number == 0
        axes.stairs(
            heights,
            edges,
            fill=filled,
            color=_colour(sheet, number),
            alpha=0.45 if filled else 1.0,
            linewidth=0 if filled else 1.6,
        )
    axes.set_xlim(edges[0], edges[-1])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.spines["bottom"].set(visible=True, color=sheet.theme.line, linewidth=0.8)
