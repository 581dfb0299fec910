"""The rows of a built corpus as the baselines read them: events, sources and counts of notes, no words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.shards import shards


@dataclass(frozen=True)
class Row:
    """One excerpt: event ids before merging, shape ``(E,)``."""

    source: str
    events: np.ndarray
    notes: int


class MusicTable:
    """The rows of one split, in memory.

    Args:
        folder: What `build` wrote.
        split: "train", "validation" or "test".
    """

    def __init__(self, folder: str | Path, split: str):
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = ["source", "events", "notes"]
        table = pa.concat_tables([pq.read_table(path, columns=columns) for path in shards(folder, split)])
        events = table["events"].combine_chunks()
        self._events = events.flatten().to_numpy()
        self._offsets = events.offsets.to_numpy() - events.offsets[0].as_py()
        self._sources = table["source"].to_pylist()
        self._notes = table["notes"].to_numpy()

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, index: int) -> Row:
        if not 0 <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        events = self._events[self._offsets[index] : self._offsets[index + 1]]
        return Row(self._sources[index], events, int(self._notes[index]))

    def spread(self, count: int) -> list[Row]:
        """At most so many rows, evenly over the split, so that every source has its share."""
        taken = min(count, len(self))
        return [self[number * len(self) // taken] for number in range(taken)]

    def draw(self, count: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Event ids of so many rows, drawn with replacement, long ones more often: every event is as likely."""
        ends = self._offsets[1:]
        at = np.searchsorted(ends, rng.integers(self._offsets[-1], size=count), side="right")
        return [self[int(index)].events for index in at]
