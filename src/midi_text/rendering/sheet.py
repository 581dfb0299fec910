"""A sheet of paper measured in inches, and what all pictures on one have: a head, bar numbers, a way into a file.

The same input gives the same bytes. Text in SVG stays text, so that it can be searched, read aloud and edited.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..facts.view import View
from ..facts_midi_text import MusicFacts
from ..records import write_whole
from ..vocabulary_midi_text import gm_name
from .themes import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 13.0  # inches: a landscape page, a laptop's screen
LEFT, RIGHT, HEAD, FOOT = 0.75, 0.25, 0.85, 0.45  # inches of margin
TITLE, BODY, SMALL = 14, 8.5, 7  # points
_DOTS_PER_INCH = 120
_FORMATS = {".png": "png", ".svg": "svg"}
_LETTER_WIDTH = 0.0084  # inches a letter and point; DejaVu Sans's mean


@dataclass(frozen=True, eq=False)
class Sheet:
    """A figure and its size in inches; places on it are given in inches from the left and from the top."""

    figure: Figure
    theme: Theme
    width: float
    height: float

    def axes(self, left: float, top: float, width: float, height: float, **options: Any) -> Axes:
        """Empty axes without frame and ticks."""
        place = (
            left / self.width,
            1 - (top + height) / self.height,
            width / self.width,
            height / self.height,
        )
        made = self.figure.add_axes(place, facecolor="none", **options)
        made.spines[:].set_visible(False)
        made.tick_params(length=0, colors=self.theme.soft_ink, labelsize=SMALL, pad=3)
        made.set_xticks([])
        made.set_yticks([])
        return made

    def text(self, left: float, top: float, words: str, **options: Any) -> None:
        """Words that hang from a place."""
        style = {"va": "top", "color": self.theme.ink, "fontsize": BODY, "zorder": -1, **options}  # read first
        self.figure.text(left / self.width, 1 - top / self.height, drawable(words), parse_math=False, **style)


def new_sheet(theme: Theme, height: float, width: float = WIDTH) -> Sheet:
    """An empty sheet.

    Raises:
        ModuleNotFoundError: If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    return Sheet(Figure(figsize=(width, height), facecolor=theme.ground), theme, width, height)


def require_matplotlib() -> None:
    """Makes sure that matplotlib is installed.

    Raises:
        ModuleNotFoundError: If it is not.
    """
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError("pictures need matplotlib; run: pip install 'midi-text[eval]'")


def picture_path(path: str | os.PathLike[str]) -> Path:
    """The path, if a picture of its ending can be written.

    Raises:
        ValueError: If not.
    """
    target = Path(path)
    if target.suffix.lower() not in _FORMATS:
        raise ValueError(f"a picture's name must end in {' or '.join(_FORMATS)}; got {target.name}")
    return target


def draw_head(sheet: Sheet, view: View, title: str, remark: str = "", taken: float = 0.0) -> float:
    """Title and facts above a picture.

    Args:
        sheet: The picture.
        view: Of the piece.
        title: Above the facts.
        remark: Says what is shown of the piece, where that is not all.
        taken: Inches beside the facts, on the right, that are needed for other things.

    Returns:
        Where they end, inches from the left.
    """
    if title:
        sheet.text(LEFT, 0.22, title, fontsize=TITLE, fontweight="bold")
    room = int((sheet.width - LEFT - RIGHT - taken) / (_LETTER_WIDTH * BODY))
    facts = next(line for line in _lines_about(view.facts, remark) if len(line) <= room or not line)
    sheet.text(LEFT, 0.52 if title else 0.3, facts, color=sheet.theme.soft_ink, fontsize=BODY)
    return LEFT + max(width_of(title, TITLE), width_of(facts, BODY))


def width_of(words: str, size: float) -> float:
    """About how wide words are, inches."""
    return _LETTER_WIDTH * size * len(words)


def _lines_about(facts: MusicFacts, remark: str) -> Iterator[str]:
    """The facts people ask for first, on lines that name fewer and fewer instruments."""
    minutes, seconds = divmod(round(facts.duration_seconds), 60)
    names = [gm_name(program) for program in facts.programs]
    for named in range(len(names), 0, -1):
        more = f", {len(names) - named} more" if len(names) > named else ""
        parts = (
            with_signs(facts.key.name) if facts.key else "",
            "{}/{}".format(*facts.time_signature),
            f"{facts.tempo_bpm:.0f} BPM",
            f"{facts.bars:,} bar{'s' * (facts.bars != 1)}",
            f"{minutes}:{seconds:02}",
            remark,
            ", ".join(names[:named]) + more,
        )
        yield " · ".join(filter(None, parts))
    yield ""


def with_signs(name: str) -> str:
    """A note, chord or key with ♯ and ♭: "Bb minor" is "B♭ minor"."""
    first, *rest = name.split(" ")
    return " ".join([first.replace("#", "♯").replace("b", "♭"), *rest])


def drawable(words: str) -> str:
    """The words on one line, with a box for every character that the font of the pictures lacks."""
    return "".join(char if ord(char) in _characters() else "▯" for char in " ".join(words.split()))


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def save(sheet: Sheet, path: Path) -> None:
    """Writes the picture, whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    from matplotlib import rc_context

    kind = _FORMATS[path.suffix.lower()]
    metadata = {"Date": None} if kind == "svg" else {}
    made = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "midi-text"}):
        sheet.figure.savefig(made, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata, facecolor=sheet.theme.ground)
    write_whole(path, made.getvalue())
