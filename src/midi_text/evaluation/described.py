"""Captions of many pieces, each written once and kept, so that every part that judges captions judges the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from ..workers import work_through
from .journal import Journal


class Described(NamedTuple):
    """What a model said of a piece.

    Attributes:
        own_words: Its caption as it wrote it.
        checked: The caption after its statements were checked.
    """

    own_words: str
    checked: str


def describe_all(
    pipeline: Any,
    pieces: Sequence[bytes | None],
    path: Path | None = None,
    *,
    batch_size: int = 16,
    seed: int = 0,
    checkpoint_hash: str = "",
    num_proc: int = 1,
) -> list[Described]:
    """Lets a pipeline describe pieces, going on where an earlier run stopped.

    Args:
        pipeline: A midi-to-text pipeline; called with a list of files, ``batch_size`` and ``seed``.
        pieces: Standard MIDI Files; None, where there is no music, is described by "".
        path: The journal, see `Journal`; None keeps nothing.
        batch_size: Pieces described together. The words depend on it, as sampling does on a batch.
        seed: Of the first batch; the batch that starts with piece i has ``seed + i``.
        checkpoint_hash: SHA-256 of the weights, which keeps the words of two checkpoints apart.
        num_proc: Processes that describe side by side, each with one thread.

    Returns:
        In the order of the pieces.

    Raises:
        MidiError: If a piece cannot be read.
        ValueError: If the journal is of another run.
        OSError: If it cannot be written.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(hashlib.sha256(piece or b"").digest())
    run = {"seed": seed, "batch_size": batch_size, "checkpoint_hash": checkpoint_hash, "pieces": digest.hexdigest()}
    journal = Journal(path, run)
    starts = [start for start in range(0, len(pieces), batch_size) if start >= len(journal.items)]
    said = work_through(
        Describing(pipeline), [(pieces[start : start + batch_size], seed + start) for start in starts], num_proc
    )
    done = len(journal.items)
    with tqdm(total=len(pieces), initial=done, desc="describing", unit="piece", disable=None, leave=False) as progress:
        for batch in said:
            journal.add(each._asdict() for each in batch)
            progress.update(len(batch))
    return [Described(**item) for item in journal.items]


class Describing:
    """Lets a pipeline describe a batch of pieces.

    Args:
        pipeline: See `describe_all`.
    """

    def __init__(self, pipeline: Any):
        self.pipeline = pipeline

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes the checkpoint's name; there it is loaded anew."""
        return _loaded, (self.pipeline.model.name_or_path, str(self.pipeline.device))

    def __call__(self, pieces: Sequence[bytes | None], seed: int) -> list[Described]:
        """In the order of the pieces."""
        there = [piece for piece in pieces if piece is not None]
        said = iter(self.pipeline(there, batch_size=len(there), seed=seed) if there else ())
        return [Described("", "") if piece is None else _said(next(said)) for piece in pieces]


def _loaded(checkpoint: str, device: str) -> Describing:
    from transformers import pipeline

    return Describing(pipeline("midi-to-text", model=checkpoint, device=device))


def _said(description: Any) -> Described:
    return Described(description.model_text, description.text)
