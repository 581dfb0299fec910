"""Where music comes from: a `datasets` folder with MIDI in a column, or a plain folder of MIDI files.

Every piece carries its licence and its credit from here on; what has neither is marked so and never loses the mark.
Labels are what people said of a piece (composer, genre, form, dance …), never what was measured.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPLITS = ("train", "validation", "test")
UNKNOWN = "unknown"
_SUFFIXES = (".mid", ".midi", ".kar")


@dataclass(frozen=True)
class Piece:
    """One piece of a source.

    Attributes:
        id: Unique in the corpus.
        midi: A Standard MIDI File.
        split: One of ``SPLITS``.
        source: The collection it comes from.
        licence: Its licence, ``"unknown"`` where nobody said.
        attribution: The credit line the licence asks for.
        labels: What the source says of it; ``title`` and ``composer`` included where known.
        group: The work it belongs to, which never crosses a split; its ``id`` where nobody said.
    """

    id: str
    midi: bytes
    split: str
    source: str
    licence: str
    attribution: str
    labels: Mapping[str, Any]
    group: str = ""


def read_pieces(source: str | Path, *, limit: int | None = None) -> Iterator[Piece]:
    """Yields the pieces of a `datasets` folder (Parquet with a ``midi`` column) or of a folder of MIDI files.

    Args:
        source: The folder.
        limit: Stop each split after this many pieces; all of them by default.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If it holds neither Parquet files nor MIDI files, or the Parquet files lack a column.
    """
    folder = Path(source)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} must be a folder of MIDI files or a datasets folder; it does not exist")
    if any(folder.rglob("*.parquet")):
        yield from _from_dataset(folder, limit)
        return
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not files:
        raise ValueError(
            f"{folder} must hold Parquet files with a 'midi' column or files ending in {', '.join(_SUFFIXES)}; "
            "it holds neither"
        )
    counts = dict.fromkeys(SPLITS, 0)
    for path in files:
        name = path.relative_to(folder).as_posix()
        split = _split_of(name)
        counts[split] += 1
        if limit is None or counts[split] <= limit:
            yield Piece(name, path.read_bytes(), split, folder.name, UNKNOWN, UNKNOWN, {})


def _from_dataset(folder: Path, limit: int | None) -> Iterator[Piece]:
    import datasets

    loaded = datasets.load_dataset(str(folder), streaming=True)
    missing = {"id", "midi", "source", "licence", "attribution"} - set(next(iter(loaded.values())).column_names)
    if missing:
        raise ValueError(f"the dataset in {folder} must have the columns {', '.join(sorted(missing))}; it lacks them")
    for split, rows in loaded.items():
        if split not in SPLITS:
            raise ValueError(f"the splits of {folder} must be among {', '.join(SPLITS)}; found {split!r}")
        for row in rows if limit is None else rows.take(limit):
            labels = json.loads(row.get("labels") or "{}")
            for key in ("title", "composer"):
                if row.get(key):
                    labels[key] = row[key]
            yield Piece(
                row["id"],
                row["midi"],
                split,
                row["source"],
                row["licence"],
                row["attribution"],
                labels,
                row.get("group") or row["id"],
            )


def _split_of(name: str) -> str:
    """94 % train, 3 % validation, 3 % test, by a hash of the name: the same file always falls in the same split."""
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    return "train" if draw < 0.94 else "validation" if draw < 0.97 else "test"
