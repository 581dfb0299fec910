"""What a command says: results on standard output, as JSON or for people, and remarks on standard error."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..facts_midi_text import MusicFacts
from ..vocabulary_midi_text import gm_name

CELL_WIDTH = 60


class Output:
    """Standard output, one item at a time.

    Args:
        stream: Where items go; None where the process has no standard output.
        as_json: Whether an item is one line of JSON instead of text.
    """

    def __init__(self, stream: TextIO | None, as_json: bool = False):
        self.stream, self.as_json = stream, as_json

    def item(self, values: Mapping[str, Any], text: str) -> None:
        """Writes one item in whichever form was asked for, at once.

        Raises:
            BrokenPipeError: If nobody reads any more.
        """
        if self.stream is None:
            return
        encoding = self.stream.encoding or "utf-8"
        shown = to_json(values) if self.as_json else printable(text).encode(encoding, "replace").decode(encoding)
        self.stream.write(shown + "\n")
        self.stream.flush()


class JsonLines:
    """A file with one JSON object a line, to which only whole lines are added, so that a stopped job can go on.

    Args:
        path: The file; made if it is not there. A last line that was cut off in writing is removed.
        key: The value under this key says which item a line is about.

    Attributes:
        known: The items that have a line already.

    Raises:
        ValueError: If the file holds anything else than such lines.
        OSError: If it cannot be read or written.
    """

    def __init__(self, path: Path, key: str):
        self.path, self.key = path, key
        self.known: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = 0
        with path.open("ab+") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n") and line.startswith(b"{"):
                    break
                self.known.add(self._item(line, number))
                whole += len(line)
            if file.seek(0, 2) > whole:
                say(f"{path}: the last line was cut off and is written again")
                file.truncate(whole)

    def _item(self, line: bytes, number: int) -> str:
        try:
            return str(json.loads(line)[self.key])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.path} must hold JSON objects with {self.key!r}, one a line; line {number} is none. "
                "Name another file"
            ) from error

    def add(self, values: Mapping[str, Any]) -> None:
        """Adds a line in one write.

        Raises:
            OSError: If it cannot be written.
        """
        with self.path.open("ab", buffering=0) as file:
            file.write((to_json(values) + "\n").encode())
        self.known.add(str(values[self.key]))


def say(message: str) -> None:
    """Writes a remark or an error to standard error, on one line."""
    if sys.stderr is not None:
        sys.stderr.write(printable(f"midi-text: {message}") + "\n")
        sys.stderr.flush()


def to_json(values: Mapping[str, Any]) -> str:
    """JSON on one line, in ASCII: every terminal and every file name can be told."""
    return json.dumps(values, ensure_ascii=True)


def printable(text: str) -> str:
    """The text without what would steer a terminal; file names and models can hold anything."""
    return "".join(char if char.isprintable() or char in "\n " else "\N{REPLACEMENT CHARACTER}" for char in text)


def table(rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    """Rows as aligned text, the first one the heading; what is too long for its column is cut."""
    cells = [[textwrap.shorten(printable(cell), CELL_WIDTH, placeholder=" …") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def facts_line(facts: MusicFacts) -> str:
    """The facts people ask for first, on one line."""
    key = f"{facts.key.name} (confidence {facts.key_confidence:.2f})" if facts.key else "no key"
    return "; ".join(
        (
            "{}/{}".format(*facts.time_signature) + f", {facts.tempo_bpm:.0f} BPM, {key}",
            ", ".join(map(gm_name, facts.programs)),
            length_line(facts),
        )
    )


def length_line(facts: MusicFacts) -> str:
    """How long the music is."""
    counts = (f"{n:,} {unit}{'s' * (n != 1)}" for n, unit in ((facts.bars, "bar"), (facts.notes, "note")))
    return ", ".join((*counts, f"{facts.duration_seconds:.1f} s"))
