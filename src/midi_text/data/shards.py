"""Shards: Parquet files that are written whole or not at all, and know what became of the pieces they were made from.

A shard is made as bytes, wherever there is a processor, and written in one place under a temporary name that is renamed
when the file is whole; a full disk or an interrupt leaves no half of one. What happened on the way (pieces, credits,
reasons) stands in the Parquet file's own metadata: a build that goes on counts the shards it finds without making them
again, and there is no second file that could be lost.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from ..records import hash_file, write_whole
from .processes import Job, Runner
from .tally import Tally

_REPORT = b"midi_text"


def shards(folder: str | Path, split: str) -> list[Path]:
    """The shards of a split, in order. Raises FileNotFoundError if there are none."""
    found = sorted((Path(folder) / "data").glob(f"{split}-*.parquet"))
    if not found:
        raise FileNotFoundError(f"{folder} must hold data/{split}-*.parquet; build the dataset first")
    return found


def to_shard(rows: list[dict[str, Any]], schema: Any, tally: Tally) -> bytes:
    """Rows and what happened to their pieces as a Parquet file: the same rows give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    report = {_REPORT: json.dumps(tally.to_dict(), sort_keys=True).encode()}
    out = io.BytesIO()
    table = pa.Table.from_pylist(rows, schema=schema.with_metadata(report))
    pq.write_table(table, out, compression="zstd", compression_level=9)
    return out.getvalue()


def make_shards(
    folder: Path, function: Callable[[Job], bytes], jobs: Iterable[Job], runner: Runner, title: str
) -> Tally:
    """Makes the shards that a folder lacks, and counts all.

    Args:
        folder: Where ``<job's name>.parquet`` go.
        function: Makes a shard of a job, as `to_shard` does.
        jobs: In any order.
        runner: Runs it.
        title: Of the progress bar.

    Raises:
        OSError: If a shard cannot be written; those that are whole stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tally, waiting = Tally(), deque[Job]()
    with tqdm(desc=title, unit=" pieces") as bar:

        def lacking() -> Iterator[Job]:
            for job in jobs:
                if (known := _read_tally(folder / f"{job.name}.parquet")) is None:
                    waiting.append(job)
                    yield job
                else:
                    tally.add(known)
                    bar.update(len(job.pieces))

        for shard in runner(function, lacking()):
            job = waiting.popleft()
            write_whole(folder / f"{job.name}.parquet", shard)
            tally.add(_tally_of(io.BytesIO(shard)))
            bar.update(len(job.pieces))
            bar.set_postfix(left_out=sum(tally.failures.values()))
    return tally


def _read_tally(path: Path) -> Tally | None:
    """What a shard reports; None if there is none."""
    return _tally_of(path) if path.exists() else None


def _tally_of(file: Any) -> Tally:
    import pyarrow.parquet as pq

    return Tally.from_dict(json.loads(pq.read_schema(file).metadata[_REPORT]))


def content_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's shards."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.parquet")):
        digest.update(path.name.encode())
        digest.update(hash_file(path).encode())
    return digest.hexdigest()
