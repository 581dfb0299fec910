"""Captions of many pieces, each written once and kept, so that every part that judges captions judges the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

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
) -> list[Described]:
    """Lets a pipeline describe pieces, going on where an earlier run stopped.

    Args:
        pipeline: A midi-to-text pipeline; called with a list of files, ``batch_size`` and ``seed``.
        pieces: Standard MIDI Files; None, where there is no music, is described by "".
        path: The journal, see `Journal`; None keeps nothing.
        batch_size: Pieces described together. The words depend on it, as sampling does on a batch.
        seed: Of the first batch; the batch that starts with piece i has ``seed + i``.
        checkpoint_hash: SHA-256 of the weights, which keeps the words of two checkpoints apart.

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
    with tqdm(total=len(pieces), desc="describing", unit="piece", disable=None, leave=False) as progress:
        for start in range(0, len(pieces), batch_size):
            batch = pieces[start : start + batch_size]
            if start >= len(journal.items):
                there = [piece for piece in batch if piece is not None]
                said = iter(pipeline(there, batch_size=len(there), seed=seed + start) if there else ())
                found = [Described("", "") if piece is None else _said(next(said)) for piece in batch]
                journal.add(each._asdict() for each in found)
            progress.update(len(batch))
    return [Described(**item) for item in journal.items]


def _said(description: Any) -> Described:
    return Described(description.model_text, description.text)
