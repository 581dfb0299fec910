"""Built examples as batches: read the shards, plan an epoch, pad.

An epoch is a plan: a list of batches, each of one task and of examples of similar length, that follows from the seed
and the epoch's number alone. So a run can stop anywhere and go on exactly there, and ranks share the work by taking
every n-th batch of the same plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..modeling_midi_text import shift_right
from .shards import shards

COLUMNS = ["source", "piece", "events", "facts", "analysis", "labels", "notes"]  # of a shard, that training reads
IGNORED = -100  # label of positions that no loss is taken of
_BUCKET = 4096  # examples sorted by length together: long enough to pad little, short enough to mix


@dataclass(frozen=True)
class Row:
    """One built example, see ``build``; ``events`` are event ids before merging, shape ``(E,)``."""

    source: str
    events: np.ndarray
    facts: MusicFacts
    analysis: Analysis
    labels: Mapping[str, Any]
    piece: str = ""


@dataclass(frozen=True)
class Example:
    """What the model reads and what it should write, as joint ids.

    Attributes:
        source_ids: For the encoder.
        target_ids: For the decoder.
        notes: In the music of the target.
        given: So many of the target's first ids are given: the decoder reads them and need not write them.
    """

    source_ids: Sequence[int]
    target_ids: Sequence[int]
    notes: int
    given: int = 0


@dataclass(frozen=True)
class Batch:
    """The examples of one optimisation step: a task and numbers of rows, see `plan_epoch`."""

    task: str
    rows: tuple[int, ...]


class ExampleTable:
    """The rows of one split, in memory: events as one flat array, words parsed when asked for.

    Args:
        folder: What ``build_dataset`` or ``pack`` wrote.
        split: Its name.
        max_events: Longer rows are left out; None takes all.
    """

    def __init__(self, folder: str | Path, split: str, max_events: int | None = None):
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        paths = shards(folder, split)
        names = pq.read_schema(paths[0]).names  # corpora packed before pairs were learned do not name their pieces
        columns = [name for name in COLUMNS if name in names or name != "piece"]
        table = pa.concat_tables([pq.read_table(path, columns=columns) for path in paths])
        if max_events is not None:
            table = table.filter(pc.less_equal(pc.list_value_length(table["events"]), max_events))
        events = table["events"].combine_chunks()
        self._events = events.flatten().to_numpy()
        self._offsets = events.offsets.to_numpy() - events.offsets[0].as_py()
        self._sources = table["source"].to_pylist()
        self._pieces = table["piece"].to_pylist() if "piece" in columns else [""] * len(table)
        self._facts = table["facts"].to_pylist()
        self._analyses = table["analysis"].to_pylist()
        self._labels = table["labels"].to_pylist()
        self.notes = table["notes"].to_numpy()

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def events(self) -> np.ndarray:
        """Event ids of all rows, one after the other, shape ``(sum(lengths),)``."""
        flat: np.ndarray = self._events[self._offsets[0] : self._offsets[-1]]
        return flat

    @property
    def lengths(self) -> np.ndarray:
        """Events of every row, shape ``(len(self),)``."""
        return np.diff(self._offsets)

    @property
    def sources(self) -> list[str]:
        """The source of every row."""
        return self._sources

    def weights(self, by_source: Mapping[str, float]) -> np.ndarray | None:
        """How often each row comes in an epoch, shape ``(len(self),)``; None where no source is weighed.

        Args:
            by_source: Sources and their weights; others have 1.

        Raises:
            ValueError: If there is no such source.
        """
        if unknown := sorted(set(by_source) - set(self._sources)):
            raise ValueError(
                f"sources must be of the data, {', '.join(sorted(set(self._sources)))}; got {', '.join(unknown)}"
            )
        return np.array([by_source.get(source, 1.0) for source in self._sources]) if by_source else None

    def __getitem__(self, index: int) -> Row:
        return Row(
            source=self._sources[index],
            piece=self._pieces[index] or f"row {index}",
            events=self._events[self._offsets[index] : self._offsets[index + 1]],
            facts=MusicFacts.from_dict(json.loads(self._facts[index])),
            analysis=Analysis.from_dict(json.loads(self._analyses[index])),
            labels=json.loads(self._labels[index]),
        )


def plan_epoch(
    lengths: np.ndarray,
    shares: Mapping[str, float],
    events_per_batch: int,
    seed: int,
    epoch: int,
    caps: Mapping[str, int] | None = None,
    suited: Mapping[str, np.ndarray] | None = None,
    weights: np.ndarray | None = None,
) -> list[Batch]:
    """Every row once, or as often as its weight says, in batches of one task and similar length.

    Args:
        lengths: Events of every row, shape ``(rows,)``.
        shares: How often each task is drawn; need not sum to one.
        events_per_batch: Rows times the longest row's events, at most; a longer row makes a batch of its own.
        seed: Of the run.
        epoch: Its number; another epoch draws other tasks and other company.
        caps: Tasks whose rows count for so many events at most.
        suited: Tasks that want certain rows, and for each row whether it is one, shape ``(rows,)``: they get those as
            far as there are any.
        weights: How often each row comes, shape ``(rows,)``: 1.5 is once or twice. None is once.

    Returns:
        Batches of numbers: of a row, and of its further copies, which are that number plus multiples of ``rows``.

    Raises:
        ValueError: If no share is positive.
    """
    total = sum(shares.values())
    if not total > 0 or min(shares.values()) < 0:
        raise ValueError(f"task shares must not be negative and one must be positive; got {dict(shares)}")
    rng = np.random.default_rng((seed, epoch))
    numbers = _numbers(len(lengths), weights, rng)
    rows = numbers % max(len(lengths), 1)
    tasks = list(shares)
    drawn = rng.choice(len(tasks), len(rows), p=[shares[task] / total for task in tasks])
    for task, fits in (suited or {}).items():
        number = tasks.index(task) if task in tasks else -1
        wrong = np.flatnonzero((drawn == number) & ~fits[rows])
        right = rng.permutation(np.flatnonzero((drawn != number) & fits[rows]))[: len(wrong)]
        drawn[wrong[: len(right)]], drawn[right] = drawn[right], number
    batches: list[Batch] = []
    for number, task in enumerate(tasks):
        places = rng.permutation(np.flatnonzero(drawn == number))
        for start in range(0, len(places), _BUCKET):
            bucket = places[start : start + _BUCKET]
            sizes = lengths[rows[bucket]]
            order = np.argsort(sizes, kind="stable")[::-1]
            bucket, sizes = bucket[order], sizes[order]
            first = 0
            while first < len(bucket):
                longest = min(int(sizes[first]), (caps or {}).get(task, 2**31))
                count = max(1, events_per_batch // longest)
                batches.append(Batch(task, tuple(int(numbers[i]) for i in bucket[first : first + count])))
                first += count
    return [batches[i] for i in rng.permutation(len(batches))]


def _numbers(rows: int, weights: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """The rows of an epoch, each as often as its weight says."""
    numbers = np.arange(rows)
    if weights is None:
        return numbers
    times = np.floor(weights + rng.random(rows))
    copies = range(int(times.max(initial=0)))
    return np.concatenate([numbers[:0], *(numbers[times > copy] + copy * rows for copy in copies)])


def collate(examples: Sequence[Example], pad_id: int, start_id: int, multiple: int = 16) -> dict[str, torch.Tensor]:
    """Pads examples to tensors whose lengths are multiples of ``multiple``, so that few shapes occur.

    Returns:
        ``input_ids`` and ``attention_mask`` of shape ``(B, S)``; ``labels`` and ``decoder_input_ids`` of shape
        ``(B, T)``, the one with ``IGNORED`` where padded or given, the other led by ``start_id``; and ``notes`` of
        shape ``(B,)``.
    """
    input_ids = padded([example.source_ids for example in examples], pad_id, multiple)
    labels = padded([example.target_ids for example in examples], IGNORED, multiple)
    decoder_input_ids = shift_right(labels, pad_id, start_id)
    for row, example in zip(labels, examples, strict=True):
        row[: example.given] = IGNORED
    return {
        "input_ids": input_ids,
        "attention_mask": (input_ids != pad_id).long(),
        "labels": labels,
        "decoder_input_ids": decoder_input_ids,
        "notes": torch.tensor([example.notes for example in examples]),
    }


def padded(sequences: Sequence[Sequence[int]], value: int, multiple: int = 16) -> torch.Tensor:
    """Ids as a matrix, filled up with ``value`` to a multiple of ``multiple``."""
    longest = max(len(ids) for ids in sequences)
    out = torch.full((len(sequences), -(-longest // multiple) * multiple), value)
    for row, ids in zip(out, sequences, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    return out
