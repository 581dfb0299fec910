"""The folder that a corpus is made in: claimed at the start, so that two are never mixed; with papers at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..records import DataManifest, installed_versions, write_whole
from .shards import content_hash
from .sources import SPLITS
from .tally import Tally


def claim(note: Path, said: Mapping[str, Any], what: str) -> None:
    """Makes a folder with a note of what is made in it, or finds the same note there.

    Args:
        note: The note's file.
        said: All that settles what is made, as JSON can hold it.
        what: What another note would be of, such as "a build with other settings".

    Raises:
        ValueError: If there is another note.
        OSError: If the folder cannot be written.
    """
    note.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(said, sort_keys=True)
    if note.exists() and (there := note.read_text(encoding="utf-8")) != text:
        raise ValueError(
            f"{note.parent} holds {what}; choose an empty folder or remove it. There: {there}. Now: {text}"
        )
    write_whole(note, text.encode())


def leave_papers(
    target: Path, tally: Tally, *, name: str, settings: Mapping[str, Any], seed: int = 0, tokenizer_hash: str = ""
) -> DataManifest:
    """Writes ``CREDITS.md`` and ``manifest.json`` beside the shards in ``data/``.

    Args:
        target: The folder.
        tally: What became of the pieces.
        name: Of the data set.
        settings: What it was made with.
        seed: Of what was drawn.
        tokenizer_hash: Where there is a tokenizer.

    Raises:
        OSError: If they cannot be written.
    """
    manifest = DataManifest(
        name=name,
        sources=tally.sources,
        splits={split: tally.rows[split] for split in SPLITS},
        failures=tally.sorted_failures,
        settings=settings,
        seed=seed,
        tokenizer_hash=tokenizer_hash,
        content_hash=content_hash(target / "data"),
        versions=installed_versions(),
    )
    write_whole(target / "CREDITS.md", tally.credits_page.encode())
    manifest.save(target / "manifest.json")
    return manifest
