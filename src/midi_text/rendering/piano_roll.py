"""A score as a picture: time to the right, pitch upwards, bars in lines like notation.

Time is counted in quarter notes, so that a tempo change moves nothing. A note's colour says how long it is, on a scale
that is the same for all pieces, or which instrument plays it; the fainter, the softer. Drums have a lane of their own,
a row for each kind. Above stand the form, the keys where they change, and the chords, all as measured. Lost: exact
velocities, tempi, which of two notes of one pitch and colour that overlap is which, and whatever comes after 512 bars.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from symusic.core import ScoreTick

from ..facts.analysis import Analysis, analyze_view
from ..facts.view import Notes, View, view_score
from ..vocabulary_midi_text import DRUMS, gm_name
from .lanes import LANE, Block, draw_lanes, find_lanes
from .sheet import FOOT, HEAD, LEFT, RIGHT, SMALL, WIDTH, Sheet, draw_head, new_sheet, picture_path, save, width_of
from .themes import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS, MAX_LINES = 512, 32  # lines: of bars that are very long
MAX_NOTES = 50_000  # an SVG of 10 MB
COLOURS = ("duration", "instrument")
_BEATS_A_LINE = 64  # sixteen bars of common time
_MANY_LINES = 8  # from which on they hold twice as much
_SEMITONE, _SMALLEST_SEMITONE = {2: 0.062, 5: 0.05}, 0.04  # inches, by the number of lines up to which it holds
_LONGEST_NAME = 24
_SCALE, _GAP = 3.2, 0.3  # inches of the scale of lengths, and between it and the facts
_DRUM_ROW, _DRUM_ROW_ALONE, _BETWEEN = 0.12, 0.2, 0.42  # inches
_WIDEST_BEAT, _NARROWEST = 0.75, 9.0  # inches of a quarter note, and of a sheet: two bars need no whole page
_BAR_NUMBER = 0.32  # inches
_BEAT_LINES = 0.14  # inches of a quarter note from which on beats have lines
_SHORTEST, _LONGEST = 0.125, 8.0  # quarter notes: a thirty-second and two whole notes end the scale of colours
_LENGTHS = {0.125: "32nd", 0.25: "16th", 0.5: "eighth", 1: "quarter", 2: "half", 4: "whole", 8: "breve"}
_BLACK_KEYS = (1, 3, 6, 8, 10)
_FAINTEST, _LOUD = 0.35, 104  # opacity of silence; velocity from which on notes are opaque: between f and ff
_DRUM_NAMES = {
    35: "kick", 36: "kick", 37: "stick", 38: "snare", 39: "clap", 40: "snare", 41: "low tom", 42: "hi-hat",
    43: "low tom", 44: "pedal hat", 45: "mid tom", 46: "open hat", 47: "mid tom", 48: "high tom", 49: "crash",
    50: "high tom", 51: "ride", 52: "china", 53: "bell", 54: "tambourine", 55: "splash", 56: "cowbell", 57: "crash",
    59: "ride", 60: "bongo", 61: "bongo", 62: "conga", 63: "conga", 64: "conga", 69: "cabasa", 70: "maracas",
    75: "claves", 76: "wood block", 77: "wood block", 80: "triangle", 81: "triangle",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Roll:
    """What all lines of one picture share."""

    view: View
    theme: Theme
    lanes: dict[str, list[Block]]
    colours: np.ndarray  # of every note of `view.notes`, RGBA, shape (n, 4)
    pitches: tuple[int, int] | None
    kit: tuple[str, ...]
    lines: tuple[tuple[int, int], ...]  # first bar and last but one
    beats: float  # in the longest line
    semitone: float
    parts: dict[tuple[int, str], str]  # program and track name of every pitched part -> what the legend calls it

    @property
    def inch(self) -> float:
        """Inches of a quarter note."""
        return min((WIDTH - LEFT - RIGHT) / self.beats, _WIDEST_BEAT)

    @property
    def width(self) -> float:
        """Inches of the sheet."""
        return max(_NARROWEST, self.beats * self.inch + LEFT + RIGHT)

    @property
    def heights(self) -> tuple[float, float, float]:
        """Inches of lanes, pitches and drums in every line."""
        pitched = (self.pitches[1] - self.pitches[0] + 3) * self.semitone if self.pitches else 0.0
        return LANE * len(self.lanes), pitched, (_DRUM_ROW if self.pitches else _DRUM_ROW_ALONE) * len(self.kit)


def draw_piano_roll(
    score: ScoreTick,
    path: str | os.PathLike[str],
    *,
    colour: str = "duration",
    theme: str = "light",
    title: str = "",
    analysis: Analysis | None = None,
) -> None:
    """Draws a score as PNG or SVG, by the ending of `path`; the file appears whole or not at all.

    Args:
        score: As `read_score` gives it.
        path: Where to.
        colour: What colour means: "duration" or "instrument".
        theme: "light", "dark" or "transparent".
        title: Stands above.
        analysis: Of the score, where it has been made already.

    Raises:
        ValueError: If the score has no note, or an argument is none that can be used.
        ModuleNotFoundError: If matplotlib is not installed.
        OSError: If the file cannot be written.
    """
    target, colours = picture_path(path), find_theme(theme)
    if colour not in COLOURS:
        raise ValueError(f"colour must be one of {', '.join(COLOURS)}; got {colour!r}")
    view = view_score(score)
    shown, lines = _divide(view)
    roll = _lay_out(view, analysis or analyze_view(view), colours, colour, lines)
    legend = _legend(roll) if colour == "instrument" else []
    top = HEAD + (0.2 * (legend[-1][0] + 1) if legend else 0.0)
    line_height = sum(roll.heights) + _BETWEEN
    sheet = new_sheet(colours, top + line_height * len(roll.lines) + FOOT - 0.2, roll.width)
    scaled = bool(roll.pitches) and colour != "instrument"
    remark = f"bars 1 to {shown} shown" if shown < view.bars else ""
    head_end = draw_head(sheet, view, title, remark, _SCALE + _GAP if scaled else 0.0)
    if colour == "instrument":
        _draw_legend(sheet, legend)
    elif scaled:
        _draw_scale(sheet, head_end)
    for number, (first, end) in enumerate(roll.lines):
        _draw_line(sheet, roll, top + line_height * number, number, first, end)
    save(sheet, target)


def _divide(view: View) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Bars shown, and the first and last but one of every line."""
    notes_up_to = np.searchsorted(view.notes.time, view.bar_lines[1:], side="left")
    shown = max(1, min(view.bars, MAX_BARS, int((notes_up_to <= MAX_NOTES).sum())))
    length = float(np.median(np.diff(view.beats(view.bar_lines[: shown + 1]))))
    bars = max(1, round(_BEATS_A_LINE / length))
    bars = bars // 4 * 4 if bars > 4 else bars
    bars *= 1 if shown <= bars * _MANY_LINES else 2
    shown = min(shown, bars * MAX_LINES)
    bars = _even(shown, bars)
    return shown, tuple((first, min(first + bars, shown)) for first in range(0, shown, bars))


def _lay_out(view: View, analysis: Analysis, theme: Theme, colour: str, lines: tuple[tuple[int, int], ...]) -> _Roll:
    beats = view.beats(view.bar_lines)
    longest = max(float(beats[end] - beats[first]) for first, end in lines)
    pitch = view.pitched.pitch
    return _Roll(
        view=view,
        theme=theme,
        lanes=find_lanes(view, analysis, theme),
        colours=_note_colours(view, theme, colour),
        pitches=(int(pitch.min()), int(pitch.max())) if len(pitch) else None,
        kit=_kit(view.drums),
        lines=lines,
        beats=longest,
        semitone=next((inches for many, inches in _SEMITONE.items() if len(lines) <= many), _SMALLEST_SEMITONE),
        parts=_parts(view),
    )


def _even(shown: int, bars: int) -> int:
    """Bars a line, so that no bar or two are left over for the last; a multiple of four where lines are long."""
    lines = max(1, int(np.ceil(shown / bars - 1 / 8)))
    even = -(-shown // lines)
    return -(-even // 4) * 4 if even > 4 and lines > 1 else even


def _kit(drums: Notes) -> tuple[str, ...]:
    """The kinds of drums that sound, from the lowest."""
    return tuple(dict.fromkeys(_drum_name(pitch) for pitch in np.unique(drums.pitch).tolist()))


def _drum_name(pitch: int) -> str:
    return _DRUM_NAMES.get(pitch, f"drum {pitch}")


# -- colours -------------------------------------------------------------------------------------------------------


def _note_colours(view: View, theme: Theme, colour: str) -> np.ndarray:
    from matplotlib.colors import to_rgba_array

    notes = view.notes
    programs = np.array([track.program for track in view.tracks])[notes.track]
    if colour == "duration":
        rgba = _length_colours(view.beats(notes.duration), theme)
    else:
        order = {part: number for number, part in enumerate(_parts(view))}
        part = np.array([order.get((track.program, track.name), 0) for track in view.tracks])[notes.track]
        palette = to_rgba_array(theme.categories)
        rgba = palette[part % len(palette)]
    rgba[programs == DRUMS] = to_rgba_array(theme.soft_ink)[0]
    rgba[:, 3] = _FAINTEST + (1 - _FAINTEST) * np.minimum(notes.velocity / _LOUD, 1)
    return rgba


def _length_colours(quarters: np.ndarray, theme: Theme) -> np.ndarray:
    """Colours of lengths on the fixed scale, RGBA, shape (n, 4)."""
    import matplotlib

    scale = np.log(_LONGEST / _SHORTEST)
    share = np.clip(np.log(_LONGEST / np.maximum(quarters, 1e-6)) / scale, 0, 1)
    low, high = theme.lengths
    return np.array(matplotlib.colormaps["viridis"](low + (high - low) * share), np.float64).reshape(-1, 4)


def _parts(view: View) -> dict[tuple[int, str], str]:
    """Program and track name of every pitched part -> its instrument, with the name where a program has several."""
    parts = list(dict.fromkeys((track.program, track.name) for track in view.tracks if not track.is_drums))
    programs = [program for program, _ in parts]
    return {
        (program, name): gm_name(program)
        + (f" ({name[:_LONGEST_NAME]})" if name and programs.count(program) > 1 else "")
        for program, name in parts
    }


def _draw_scale(sheet: Sheet, head_end: float) -> None:
    """What the colours mean: a strip from short to long, and in words where the facts leave room for them."""
    left = sheet.width - RIGHT - _SCALE
    axes = sheet.axes(left, 0.3, _SCALE, 0.11)
    marks = np.geomspace(_SHORTEST, _LONGEST, 97)
    axes.imshow(_length_colours(marks, sheet.theme)[None], aspect="auto", extent=(0, 1, 0, 1), interpolation="nearest")
    places = [np.log(length / _SHORTEST) / np.log(_LONGEST / _SHORTEST) for length in _LENGTHS]
    axes.set_xticks(places, list(_LENGTHS.values()), fontsize=SMALL)
    for label, place in zip(axes.get_xticklabels(), places, strict=True):
        label.set(va="baseline", y=-0.85, ha="left" if place == 0 else "right" if place == 1 else "center")
    words = "length of notes (the fainter, the softer)"
    if head_end + _GAP + width_of(words, SMALL) <= left - 0.12:
        sheet.text(left - 0.12, 0.29, words, ha="right", color=sheet.theme.soft_ink, fontsize=SMALL)


def _legend(roll: _Roll) -> list[tuple[int, float, str]]:
    """Row, inches from the left, and name of every part."""
    places, row, left = [], 0, LEFT
    for name in roll.parts.values():
        width = 0.34 + 0.066 * len(name)
        if left > LEFT and left + width > roll.width - RIGHT:
            row, left = row + 1, LEFT
        places.append((row, left, name))
        left += width
    return places


def _draw_legend(sheet: Sheet, places: list[tuple[int, float, str]]) -> None:
    """What the colours mean: a square and a name each."""
    for number, (row, left, name) in enumerate(places):
        top = 0.78 + 0.2 * row
        square = sheet.axes(left, top, 0.12, 0.12)
        square.patch.set_facecolor(sheet.theme.categories[number % len(sheet.theme.categories)])
        sheet.text(left + 0.17, top + 0.06, name, va="center", fontsize=SMALL + 0.5)


# -- one line of bars ----------------------------------------------------------------------------------------------


def _draw_line(sheet: Sheet, roll: _Roll, top: float, number: int, first: int, end: int) -> None:
    view, theme = roll.view, roll.theme
    lines = view.beats(view.bar_lines[first : end + 1])
    beats = float(lines[0]), float(lines[-1])
    width = (beats[1] - beats[0]) * roll.inch
    for_lanes, for_pitches, for_drums = roll.heights
    if roll.lanes:
        above = sheet.axes(LEFT, top, width, for_lanes, xlim=beats)
        draw_lanes(above, list(roll.lanes.values()), theme, beats, roll.inch)
        above.set_yticks(np.arange(len(roll.lanes)) + 0.5, list(roll.lanes))
    if roll.pitches:
        low, high = roll.pitches
        axes = sheet.axes(LEFT, top + for_lanes, width, for_pitches, xlim=beats, ylim=(low - 1.5, high + 1.5))
        _draw_keyboard(axes, theme, low, high, beats)
        _draw_bars(axes, roll, lines)
        _draw_notes(axes, roll, number, beats, drums=False)
    if roll.kit:
        axes = sheet.axes(
            LEFT, top + for_lanes + for_pitches, width, for_drums, xlim=beats, ylim=(-0.6, len(roll.kit) - 0.4)
        )
        _draw_bars(axes, roll, lines)
        axes.axhline(len(roll.kit) - 0.4, color=theme.line, linewidth=0.8)
        axes.set_yticks(range(len(roll.kit)), roll.kit, fontsize=SMALL - 1)
        _draw_notes(axes, roll, number, beats, drums=True)
    every = max(1, int(np.ceil(_BAR_NUMBER / (float(np.median(np.diff(lines))) * roll.inch))))
    axes.set_xticks(lines[:-1:every], [str(bar + 1) for bar in range(first, end, every)], ha="left")
    _write_metres(sheet, roll, top + for_lanes, first, end)


def _draw_keyboard(axes: Axes, theme: Theme, low: int, high: int, beats: tuple[float, float]) -> None:
    """The black keys as faint stripes, and a line under every C."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    black = [pitch for pitch in range(low - 1, high + 2) if pitch % 12 in _BLACK_KEYS]
    rows = np.array(black, np.float64)
    stripes = _rectangles(np.full(len(rows), beats[0]), np.full(len(rows), beats[1]), rows - 0.5, rows + 0.5)
    faint = to_rgba(theme.faint)  # may be clear already
    stripes = PolyCollection(stripes, facecolors=(*faint[:3], 0.55 * faint[3]), linewidths=0, zorder=0)
    axes.add_collection(stripes, autolim=False)
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0] or [low]
    axes.hlines([pitch - 0.5 for pitch in octaves], *beats, color=theme.faint, linewidth=0.8, zorder=0.5)
    names = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
    axes.set_yticks(octaves, [f"{names[pitch % 12]}{pitch // 12 - 1}" for pitch in octaves])


def _draw_bars(axes: Axes, roll: _Roll, lines: np.ndarray) -> None:
    if roll.inch >= _BEAT_LINES:
        beats = np.concatenate([np.arange(*bar) for bar in pairwise(lines.tolist())])
        axes.vlines(beats, *axes.get_ylim(), color=roll.theme.faint, linewidth=0.6, zorder=0.8)
    axes.vlines(lines, *axes.get_ylim(), color=roll.theme.line, linewidth=0.8, zorder=1, clip_on=False)


def _draw_notes(axes: Axes, roll: _Roll, number: int, beats: tuple[float, float], *, drums: bool) -> None:
    """Notes as rectangles, a hair apart, short ones before long ones; those held over from the line before go on."""
    from matplotlib.collections import PolyCollection

    view, notes = roll.view, roll.view.notes
    of_drums = np.array([track.is_drums for track in view.tracks])[notes.track]
    start, end = view.beats(notes.time), view.beats(notes.end)
    hair = 0.02 / roll.inch
    if drums:
        end = start + min(0.2, 0.09 / roll.inch)  # a drum sounds as long as it likes: its length is not drawn
    chosen = np.flatnonzero((of_drums == drums) & (start < beats[1]) & (end > beats[0]))
    if not len(chosen):
        return
    chosen = chosen[np.argsort(-notes.duration[chosen], kind="stable")]
    left = np.maximum(start[chosen], beats[0])
    right = np.minimum(np.maximum(end[chosen] - hair, left + 1.5 * hair), beats[1])
    if drums:
        rows = {name: row for row, name in enumerate(roll.kit)}
        y = np.array([rows[_drum_name(pitch)] for pitch in notes.pitch[chosen].tolist()], np.float64)
    else:
        y = notes.pitch[chosen].astype(np.float64)
    half = 0.36 if drums else 0.46
    corners = _rectangles(left, right, y - half, y + half)
    edge: Any = "none" if roll.theme.ground == "none" else roll.theme.ground
    made = PolyCollection(corners, facecolors=roll.colours[chosen], edgecolors=edge, linewidths=0.25, zorder=2)
    made.set_gid(f"{'drums' if drums else 'notes'}-{number + 1}")
    axes.add_collection(made, autolim=False)


def _rectangles(left: np.ndarray, right: np.ndarray, bottom: np.ndarray, top: np.ndarray) -> Any:
    """Corners, shape (n, 4, 2)."""
    return np.stack([np.stack(corner, 1) for corner in ((left, bottom), (right, bottom), (right, top), (left, top))], 1)


def _write_metres(sheet: Sheet, roll: _Roll, top: float, first: int, end: int) -> None:
    """The metre where it changes."""
    view = roll.view
    lines = view.beats(view.bar_lines)
    for bar in range(max(first, 1), end):
        if (view.metres[bar] != view.metres[bar - 1]).any():
            left = LEFT + float(lines[bar] - lines[first]) * roll.inch + 0.03
            name = "{}/{}".format(*view.metres[bar])
            sheet.text(left, top + 0.02, name, fontsize=SMALL, fontweight="bold", color=roll.theme.soft_ink)
