"""Two built corpora as one to train on: what is new, and some of what was known, so that it is not forgotten."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..records import DataManifest
from .shards import content_hash, shards
from .sources import Piece
from .stopping import whole_folder
from .tally import Tally

_SHARD = "train-known.parquet"


def mix(new: str | Path, known: str | Path, output: str | Path, rows: int, seed: int = 0) -> DataManifest:
    """Writes the corpus ``new`` with some training rows of another one added to its own.

    Args:
        new: A folder that ``build_dataset`` wrote; its tokenizer and what it holds out stay.
        known: Another one.
        output: The folder to make.
        rows: How many rows of ``known`` to draw, at most.
        seed: Of the draw.

    Returns:
        The manifest of both, with the sources and credits of the rows that were drawn.

    Raises:
        FileNotFoundError: If one is no built corpus.
        ValueError: If ``known`` was packed, so that nobody knows whose music it is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = shards(known, "train")
    schema = pq.read_schema(shards(new, "train")[0])
    if not set(schema.names) <= set(pq.read_schema(paths[0]).names):
        raise ValueError(f"{known} must be what build wrote, not what pack made of it: credits of its rows are missing")
    table = pa.concat_tables([pq.read_table(path, columns=schema.names) for path in paths])
    drawn = np.random.default_rng(seed).permutation(len(table))[:rows]
    table = table.take(np.sort(drawn))
    tally = Tally()
    counted: set[str] = set()
    for row in table.select(["piece", "source", "licence", "attribution", "notes", "facts"]).to_pylist():
        _count(tally, row, first=row["piece"] not in counted)
        counted.add(row["piece"])
    manifest = DataManifest.load(Path(new) / "manifest.json")
    with whole_folder(Path(output)) as folder:
        for name in ("data", "tokenizer"):
            shutil.copytree(Path(new) / name, folder / name)
        pq.write_table(table.cast(schema.remove_metadata()), folder / "data" / _SHARD, compression="zstd")
        credits_page = Path(new) / "CREDITS.md"
        own = credits_page.read_text(encoding="utf-8") if credits_page.exists() else ""
        (folder / credits_page.name).write_text(f"{own}\n{tally.credits_page}", encoding="utf-8")
        manifest = replace(
            manifest,
            sources=(*manifest.sources, *tally.sources),
            splits={**manifest.splits, "train": manifest.splits["train"] + len(table)},
            settings={**manifest.settings, "mixed_in": {"rows": len(table), "of": Path(known).resolve().name}},
            content_hash=content_hash(folder / "data"),
        )
        manifest.save(folder / "manifest.json")
    return manifest


def _count(tally: Tally, row: Mapping[str, Any], first: bool) -> None:
    """Counts a row; its piece only where it is the first row of it."""
    piece = Piece(row["piece"], b"", "train", row["source"], row["licence"], row["attribution"], {})
    seconds = json.loads(row["facts"])["duration_seconds"]
    tally.take(piece, row["notes"], seconds)
    if not first:
        tally.counts[piece.source]["pieces"] -= 1
