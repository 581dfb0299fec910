"""The course of tempo, dynamics and density through a piece, above one another over the same bars.

Tempo is what the tempo map says, in quarter notes a minute; every bar at its mean, the map itself faint behind it.
Dynamics are note velocities: each bar's mean, and the band in which the middle eight of ten notes lie; the letters
beside them are where notation programs commonly put pp to ff. Density is notes a quarter note. Silent bars are left
out of the last two. Lost: what happens inside a bar, but for the tempo map.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import seconds_at, tempo_map
from ..facts.analysis import Analysis, analyze_view
from ..facts.view import View, view_score
from .lanes import LANE, draw_lanes, find_lanes
from .sheet import FOOT, HEAD, LEFT, RIGHT, SMALL, WIDTH, Sheet, draw_head, new_sheet, picture_path, save
from .themes import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL, _BETWEEN = 1.5, 0.28  # inches
_DYNAMICS = {"pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112}
_LEAST_RANGE = 0.15  # of the tempo: what is steady shall look steady
_MARKS = 24  # bar numbers at most


def draw_curves(
    score: ScoreTick,
    path: str | os.PathLike[str],
    *,
    theme: str = "light",
    title: str = "",
    analysis: Analysis | None = None,
) -> None:
    """Draws tempo, dynamics and density of a score as PNG or SVG; the file appears whole or not at all.

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
    found = find_lanes(view, analysis or analyze_view(view), colours)
    lanes = {name: found[name] for name in ("form", "key") if name in found}
    beats = 0.0, float(view.beats(view.bar_lines[-1]))
    top = HEAD + LANE * len(lanes) + 0.2
    sheet = new_sheet(colours, top + 3 * (_PANEL + _BETWEEN) + FOOT - 0.2)
    draw_head(sheet, view, title)
    width = WIDTH - LEFT - RIGHT
    if lanes:
        axes = sheet.axes(LEFT, HEAD, width, LANE * len(lanes), xlim=beats)
        draw_lanes(axes, list(lanes.values()), colours, beats, width / beats[1])
        axes.set_yticks(np.arange(len(lanes)) + 0.5, list(lanes))
    for row, draw in enumerate((_draw_tempo, _draw_dynamics, _draw_density)):
        axes = _panel(sheet, view, top + row * (_PANEL + _BETWEEN), beats)
        draw(axes, view, colours)
        if row < 2:
            axes.set_xticklabels([])
    axes.set_xlabel("bar", color=colours.soft_ink, fontsize=SMALL)
    save(sheet, target)


def _panel(sheet: Sheet, view: View, top: float, beats: tuple[float, float]) -> Axes:
    """Empty axes over the bars."""
    axes = sheet.axes(LEFT, top, WIDTH - LEFT - RIGHT, _PANEL, xlim=beats)
    step = 1 << max(0, (-(-view.bars // _MARKS) - 1).bit_length())
    lines = view.beats(view.bar_lines)
    axes.set_xticks(lines[:-1:step], [str(bar + 1) for bar in range(0, view.bars, step)])
    axes.grid(axis="x", color=sheet.theme.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set(visible=True, color=sheet.theme.line, linewidth=0.8)
    return axes


def _name(axes: Axes, theme: Theme, name: str) -> None:
    axes.set_title(name, loc="left", fontsize=SMALL + 0.5, color=theme.ink, pad=4, fontweight="bold")


def _steps(axes: Axes, edges: np.ndarray, values: np.ndarray, colour: str, faint: bool = False) -> None:
    """A value for every stretch between edges; NaN is a gap."""
    width, opacity = (0.7, 0.45) if faint else (1.8, 1.0)
    axes.stairs(values, edges, baseline=None, color=colour, linewidth=width, alpha=opacity)


def _draw_tempo(axes: Axes, view: View, theme: Theme) -> None:
    lines = view.bar_lines
    minutes = np.diff(seconds_at(view.score, lines)) / 60
    by_bar = np.diff(view.beats(lines)) / np.maximum(minutes, 1e-9)
    times, mspq = tempo_map(view.score)
    times = np.append(np.minimum(times, lines[-1]), lines[-1])
    inside = np.diff(times) > 0
    edges = view.beats(np.append(times[:-1][inside], lines[-1]))
    _steps(axes, edges, 60e6 / mspq[inside], theme.categories[0], faint=True)
    _steps(axes, view.beats(lines), by_bar, theme.categories[0])
    middle = float(np.median(by_bar))
    low, high = (min(by_bar.min(), (1 - _LEAST_RANGE) * middle), max(by_bar.max(), (1 + _LEAST_RANGE) * middle))
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    _level_marks(axes, theme)
    _name(axes, theme, "tempo, quarter notes a minute")


def _draw_dynamics(axes: Axes, view: View, theme: Theme) -> None:
    notes = view.notes
    bar = view.bar_of(notes.time)
    velocity = notes.velocity[np.lexsort((notes.velocity, bar))]
    filled, starts, counts = np.unique(np.sort(bar), return_index=True, return_counts=True)
    low, mean, high = (np.full(view.bars, np.nan) for _ in range(3))
    for line, share in ((low, 0.1), (high, 0.9)):
        line[filled] = velocity[starts + np.round(share * (counts - 1)).astype(np.int64)]
    mean[filled] = np.add.reduceat(velocity, starts) / counts
    edges = view.beats(view.bar_lines)
    colour = theme.categories[1]
    axes.stairs(high, edges, baseline=low, fill=True, color=colour, alpha=0.22, linewidth=0)
    _steps(axes, edges, mean, colour)
    axes.set_ylim(0, 127)
    axes.set_yticks(list(_DYNAMICS.values()), list(_DYNAMICS), style="italic", fontfamily="DejaVu Serif")
    axes.grid(axis="y", color=theme.faint, linewidth=0.8)
    _name(axes, theme, "dynamics, velocity")


def _draw_density(axes: Axes, view: View, theme: Theme) -> None:
    counts = np.bincount(view.bar_of(view.notes.time), minlength=view.bars).astype(np.float64)
    counts[counts == 0] = np.nan
    edges = view.beats(view.bar_lines)
    density = counts / np.diff(edges)
    axes.stairs(np.nan_to_num(density), edges, fill=True, color=theme.categories[2], alpha=0.22, linewidth=0)
    _steps(axes, edges, density, theme.categories[2])
    axes.set_ylim(0, 1.08 * float(np.nanmax(density)))
    _level_marks(axes, theme)
    _name(axes, theme, "density, notes a quarter note")


def _level_marks(axes: Axes, theme: Theme) -> None:
    """A few round numbers on the left."""
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color=theme.faint, linewidth=0.8)
