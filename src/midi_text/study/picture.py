"""A performance as a picture: the reference's notes by how they fared, and the tempo below them.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), which people of all kinds of sight tell apart; each
verdict has a shape of its own as well.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from ..facts.view import View, view_score
from ..records import write_whole
from .assess import EXTRA, MISSING, RIGHT, WRONG, Assessment

COLOURS = {RIGHT: "#009E73", WRONG: "#D55E00", MISSING: "#000000", EXTRA: "#CC79A7"}


def draw_assessment(assessment: Assessment, reference: Any, path: str | os.PathLike[str]) -> None:
    """Draws one assessment as PNG, SVG or PDF, by the ending of `path`; the file appears whole or not at all.

    Args:
        assessment: Of a performance of `reference`.
        reference: The score it was compared with.
        path: Where to.

    Raises:
        ModuleNotFoundError: If matplotlib is not installed.
        ValueError: If the ending names no format.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("drawing needs matplotlib; run: pip install 'midi-text[study]'") from error
    target = Path(path)
    kind = target.suffix.lower().lstrip(".")
    if kind not in ("png", "svg", "pdf"):
        raise ValueError(f"a picture's name must end in .png, .svg or .pdf; got {target.name}")
    view = view_score(reference)
    beats = float(view.beats(view.bar_lines[-1]))
    figure = Figure(figsize=(min(max(8.0, beats / 6), 60.0), 6.0), layout="constrained")
    roll, tempo = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_notes(roll, assessment, view)
    curve = list(zip(*assessment.tempo_curve, strict=True))
    tempo.plot(*curve, color="#0072B2")
    tempo.axhline(assessment.reference_tempo_bpm, color="0.6", linestyle=":", label="reference, mean")
    tempo.set_ylabel("quarters a minute")
    tempo.set_xlabel("bar")
    lines = view.beats(view.bar_lines)
    step = max(1, len(lines) // 24)
    tempo.set_xticks(lines[:-1:step], [str(bar + 1) for bar in range(0, view.bars, step)])
    tempo.legend(loc="upper right", frameon=False)
    made = io.BytesIO()
    with rc_context({"svg.fonttype": "none"}):  # text stays text
        figure.savefig(made, format=kind, dpi=110)
    write_whole(target, made.getvalue())


def _draw_notes(axes: Any, assessment: Assessment, view: View) -> None:
    """Right notes as bars of their length, others as marks where they should have been or came."""
    notes = view.pitched
    length = dict(zip(zip(view.beats(notes.time), notes.pitch, strict=True), view.beats(notes.duration), strict=True))
    for verdict, marker in ((RIGHT, ""), (MISSING, "o"), (WRONG, "x"), (EXTRA, "+")):
        of = [note for note in assessment.notes if note.verdict == verdict]
        label = f"{verdict} ({len(of)})"
        pitches = [note.expected_pitch if verdict in (RIGHT, MISSING) else note.played_pitch for note in of]
        starts = [note.beat for note in of]
        if verdict == RIGHT:
            widths = [length.get((note.beat, note.expected_pitch), 0.25) * 0.95 for note in of]
            axes.barh(pitches, widths, left=starts, height=0.8, color=COLOURS[verdict], label=label)
        else:
            faces = "none" if verdict == MISSING else COLOURS[verdict]
            edges = {"edgecolors": COLOURS[verdict]} if verdict == MISSING else {}
            axes.scatter(starts, pitches, marker=marker, s=45, facecolors=faces, label=label, zorder=3, **edges)
    for line in view.beats(view.bar_lines):
        axes.axvline(line, color="0.88", linewidth=0.7, zorder=0)
    axes.set_ylabel("pitch")
    axes.legend(loc="upper right", ncols=4, frameon=False)
