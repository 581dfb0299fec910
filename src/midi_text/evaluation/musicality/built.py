"""The music of a built corpus as event ids, without the words: what a reference and an index of novelty start from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class BuiltEvents:
    """The examples of a split as event ids before merging; ``events[i]`` are those of example i.

    Attributes:
        flat: All of them, uint16, shape (events,).
        offsets: Where each example begins, and the end, shape (examples + 1,).
    """

    flat: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        return self.flat[self.offsets[index] : self.offsets[index + 1]]


def built_events(folder: str | os.PathLike[str], split: str) -> BuiltEvents:
    """Reads the events of a split, in the order of its rows.

    Args:
        folder: What ``midi-text build`` wrote.
        split: "train", "validation" or "test".

    Raises:
        FileNotFoundError: If there is no such split.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    shards = sorted((Path(folder) / "data").glob(f"{split}-*.parquet"))
    if not shards:
        raise FileNotFoundError(f"{folder} must hold data/{split}-*.parquet; build the dataset first")
    table = pa.concat_tables([pq.read_table(shard, columns=["events"]) for shard in shards])
    events = table["events"].combine_chunks()
    return BuiltEvents(events.flatten().to_numpy(), events.offsets.to_numpy() - events.offsets[0].as_py())
