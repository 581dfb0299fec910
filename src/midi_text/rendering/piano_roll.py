"""A score as a picture: time to the right, pitch upwards, a colour an instrument.

Time is counted in bars, as notation does, so that a tempo change moves nothing. The darker a note, the louder. Drums
have a lane of their own below, a row for each kind of drum that sounds. Lost: exact velocities, tempi, and which of
two notes of one pitch and program that overlap is which.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import bar_starts
from ..facts_midi_text import measure_facts
from ..vocabulary_midi_text import DRUMS, gm_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_DRUM_NAMES = {
    35: "kick", 36: "kick", 37: "stick", 38: "snare", 39: "clap", 40: "snare", 41: "low tom", 42: "hi-hat",
    43: "low tom", 44: "pedal hat", 45: "tom", 46: "open hat", 47: "tom", 48: "high tom", 49: "crash", 50: "high tom",
    51: "ride", 52: "china", 53: "bell", 54: "tambourine", 55: "splash", 56: "cowbell", 57: "crash", 59: "ride",
}  # fmt: skip
_INCHES_A_BAR, _NARROWEST, _WIDEST = 0.7, 8.0, 40.0


def piano_roll_png(score: ScoreTick, path: str | os.PathLike[str], title: str = "") -> None:
    """Draws a score into a PNG file, whole or not at all.

    Args:
        score: As `read_score` gives it.
        path: Where to.
        title: Stands above; by default key, metre and tempo.

    Raises:
        ValueError: If the score has no note.
        ImportError: If matplotlib is not there.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError as error:
        raise ImportError("piano rolls need matplotlib: pip install 'midi-text[eval]'") from error
    facts = measure_facts(score)
    lines = bar_starts(score)
    tracks = _notes_by_program(score)
    pitched = [program for program in facts.programs if program != DRUMS]
    kit = sorted(set(tracks[DRUMS]["pitch"].tolist())) if DRUMS in tracks else []
    width = min(_WIDEST, max(_NARROWEST, _INCHES_A_BAR * (len(lines) - 1)))
    figure = Figure(figsize=(width, 1.2 + 4.0 * bool(pitched) + 0.2 * len(kit)), layout="constrained")
    heights = [4.0] * bool(pitched) + [max(0.2 * len(kit), 0.4)] * bool(kit)
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    colours = _colours(pitched)
    for program, colour in colours.items():
        notes = tracks[program]
        _draw(axes[0], notes, notes["pitch"], notes["duration"], colour)
    if pitched and facts.lowest_pitch is not None and facts.highest_pitch is not None:
        _pitch_axis(axes[0], facts.lowest_pitch, facts.highest_pitch)
        patches = [Patch(color=colour, label=gm_name(program)) for program, colour in colours.items()]
        axes[0].legend(handles=patches, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")
    if kit:
        hits = tracks[DRUMS]  # a drum sounds as long as it likes: its length is not drawn
        _draw(axes[-1], hits, np.searchsorted(kit, hits["pitch"]), score.ticks_per_quarter / 6, (0.2, 0.2, 0.2))
        axes[-1].set_yticks(range(len(kit)), [_DRUM_NAMES.get(p, str(p)) for p in kit], fontsize="x-small")
    for each in axes:
        _bar_lines(each, lines)
    axes[-1].set_xlabel("bar")
    about = [
        facts.key.name if facts.key else "no key",
        "{}/{}".format(*facts.time_signature),
        f"{facts.tempo_bpm:g} BPM",
    ]
    figure.suptitle(title or ", ".join(about), fontsize="medium")
    _save(figure, Path(path))


def _notes_by_program(score: ScoreTick) -> dict[int, dict[str, np.ndarray]]:
    """The notes of all tracks of a program together; 128 stands for drums."""
    found: dict[int, list[dict[str, np.ndarray]]] = {}
    for track in score.tracks:
        if len(track.notes):
            found.setdefault(DRUMS if track.is_drum else track.program, []).append(track.notes.numpy())
    names = ("time", "duration", "pitch", "velocity")
    return {
        program: {name: np.concatenate([part[name] for part in parts]).astype(np.int64) for name in names}
        for program, parts in found.items()
    }


def _colours(programs: Sequence[int]) -> dict[int, Any]:
    import matplotlib

    few = len(programs) <= 10
    palette = matplotlib.colormaps["tab10" if few else "turbo"]
    return {program: palette(i if few else i / (len(programs) - 1))[:3] for i, program in enumerate(programs)}


def _draw(axes: Axes, notes: dict[str, np.ndarray], rows: np.ndarray, widths: Any, colour: Any) -> None:
    """Notes as bars on their rows, a hair apart where they touch."""
    shades = np.empty((len(rows), 4))
    shades[:, :3] = colour
    shades[:, 3] = 0.35 + 0.65 * notes["velocity"] / 127
    axes.barh(rows, widths, height=0.9, left=notes["time"], color=shades, edgecolor="white", linewidth=0.3)


def _pitch_axis(axes: Axes, lowest: int, highest: int) -> None:
    axes.set_ylim(lowest - 1.5, highest + 1.5)
    marked = [pitch for pitch in range(lowest, highest + 1) if pitch % 12 in (0, 7)] or [lowest]
    axes.set_yticks(marked, [f"{_NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in marked], fontsize="x-small")
    axes.grid(axis="y", color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)


def _bar_lines(axes: Axes, lines: np.ndarray) -> None:
    every = max(1, (len(lines) - 1) // 50)
    axes.vlines(lines, *axes.get_ylim(), color="0.75", linewidth=0.6, zorder=0)
    axes.set_xticks(lines[:-1:every], [str(bar + 1) for bar in range(0, len(lines) - 1, every)], fontsize="x-small")
    axes.set_xlim(lines[0], lines[-1])
    axes.margins(y=0)


def _save(figure: Any, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        figure.savefig(part, format="png", dpi=110)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
