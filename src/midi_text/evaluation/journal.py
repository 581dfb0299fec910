"""What a run has done so far, so that one that was stopped goes on where it ended.

A file of JSON lines: the first says which run it is (``{"run": …}``), every other is one finished item. It is written
anew with every batch, to a temporary name, so it is whole at any time; and a run that is not the same (another seed,
checkpoint, list of prompts) does not get mixed into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..records import write_whole


class Journal:
    """The items that a run has finished.

    Args:
        path: The file; its folder is made. None keeps them in memory only.
        run: What makes two runs the same.

    Attributes:
        items: In the order in which they were added.

    Raises:
        ValueError: If the file is of another run.
    """

    def __init__(self, path: Path | None, run: Mapping[str, Any]):
        self.path, self._run = path, {"run": dict(run)}
        lines = read_lines(path) if path is not None else []
        if lines and lines[0] != self._run:
            raise ValueError(
                f"{path} must be of the same run ({dict(run)}); found {lines[0]}. Remove it or choose another folder"
            )
        self.items: list[dict[str, Any]] = lines[1:]

    def add(self, items: Iterable[dict[str, Any]]) -> None:
        """Adds finished items.

        Raises:
            OSError: If the file cannot be written.
        """
        self.items += items
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(json.dumps(line) + "\n" for line in (self._run, *self.items))
            write_whole(self.path, text.encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a file; [] where there is none."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
