"""A `datasets` folder: pieces as rows of Parquet, with MIDI in the column ``midi``.

The other columns may be those of any data set of ours: ``id``, ``source``, ``licence``, ``attribution``, ``url``,
``group``, ``title``, ``composer``, ``captions`` and ``labels`` (a JSON object). What only describes the file (its hash,
its counts) is no label.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .found import MAX_BYTES, Found, stated

_MEASURED = ("id", "midi", "n_notes", "duration_s", "programs", "sha256")


def read_dataset(folder: Path) -> Iterator[Found]:
    """Yields the rows of a folder that `datasets.load_dataset` reads, split by split.

    Raises:
        ValueError: If there is no column ``midi``.
    """
    import datasets

    loaded = datasets.load_dataset(str(folder), streaming=True)
    for split, rows in loaded.items():
        if rows.column_names is not None and "midi" not in rows.column_names:
            raise ValueError(f"the data set in {folder} must have the column 'midi'; it has {rows.column_names}")
        for number, row in enumerate(rows):
            note = {name: value for name, value in row.items() if name not in _MEASURED}
            yield Found(
                str(row.get("id") or f"{split}/{number:07d}"), _Content(row["midi"]), {**stated(note), "split": split}
            )


class _Content:
    """A cell that holds a file, as bytes or as `datasets` keeps files in other features."""

    def __init__(self, cell: Any):
        self._cell = cell

    def __call__(self) -> bytes:
        content = self._cell.get("bytes") if isinstance(self._cell, dict) else self._cell
        if not isinstance(content, bytes):
            raise ValueError(f"the column 'midi' must hold bytes; found {type(content).__name__}")
        if len(content) > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES:,} bytes")
        return content
