"""The index of a folder: each MIDI file's basic facts and, where the checkpoint has a shared space, its vector.

It is one safetensors file: a matrix of vectors, and JSON in its header that says which file each row is of, with size,
time of change and facts; also of the files that could not be read, with the reason, so that they are not tried again.
`update` reads only what is new or has changed, forgets what is gone, and starts over with another checkpoint. It saves
now and then, so that an interruption loses little.

Vectors are of the bars that the model reads, the beginning of a long piece; facts are of all of it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from tqdm.auto import tqdm

from ..embedding_midi_text import Embedder
from ..facts_midi_text import MusicFacts, measure_facts
from ..records import write_whole
from ..score_midi_text import MidiError, read_score

INDEX_FILE = ".midi-text-index.safetensors"
MIDI_SUFFIXES = frozenset((".mid", ".midi", ".kar", ".rmi"))
_FORM = "midi-text index 1"
_SAVE_SECONDS = 60.0
_BATCH = 32


@dataclass(frozen=True)
class Entry:
    """One file of the folder.

    Attributes:
        file: Its path below the folder, with forward slashes.
        size: In bytes.
        changed: Time of the last change, nanoseconds.
        facts: What was measured; None where the file could not be read.
        error: Why not; empty where it could.
    """

    file: str
    size: int
    changed: int
    facts: MusicFacts | None
    error: str = ""


class MusicIndex:
    """What is known of a folder.

    Args:
        folder: Searched through, recursively.
        path: The index file; by default a hidden one in the folder.

    Attributes:
        entries: The files by their path below the folder.
        vectors: A vector for each readable file, if the checkpoint has a shared space.
        checkpoint: Names the weights that the vectors are of; "" before there are any.

    Raises:
        NotADirectoryError: `folder` is none.
        ValueError: `path` holds something else than an index.
    """

    def __init__(self, folder: str | os.PathLike[str], path: str | os.PathLike[str] | None = None):
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise NotADirectoryError(f"there must be a folder to search through; {self.folder} is none")
        self.path = Path(path) if path is not None else self.folder / INDEX_FILE
        self.entries: dict[str, Entry] = {}
        self.vectors: dict[str, np.ndarray] = {}
        self.checkpoint = ""
        if self.path.exists():
            self._read()

    @property
    def failed(self) -> list[Entry]:
        """The files that could not be read, by name."""
        return [entry for entry in self.entries.values() if entry.facts is None]

    def update(self, embedder: Embedder | None, checkpoint: str = "") -> int:
        """Brings the index up to date with the folder.

        Args:
            embedder: Gives the vectors; None, or one without a shared space, leaves the index with facts alone.
            checkpoint: Names its weights, such as their hash: with another name the vectors are made anew.

        Returns:
            How many files were read.

        Raises:
            OSError: The index cannot be written.
        """
        if embedder is not None and not embedder.has_space:
            embedder = None
        checkpoint = checkpoint if embedder is not None else ""
        present = dict(self._present())
        gone = self.entries.keys() - present.keys()
        for name in gone:
            self._forget(name)
        if checkpoint != self.checkpoint:
            self.vectors, self.checkpoint = {}, checkpoint
        todo = [name for name, stamp in present.items() if not self._knows(name, stamp, embedder is not None)]
        saved = time.monotonic()
        waiting = iter(tqdm(todo, desc="files", unit="file", disable=not todo))
        while batch := list(islice(waiting, _BATCH)):
            self._add(batch, present, embedder)
            if time.monotonic() - saved > _SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        if todo or gone or not self.path.exists():
            self.save()
        return len(todo)

    def save(self) -> None:
        """Writes the index, whole or not at all."""
        rows = [name for name in self.entries if name in self.vectors]
        width = len(self.vectors[rows[0]]) if rows else 0
        matrix = np.stack([self.vectors[name] for name in rows]) if rows else np.zeros((0, width), np.float32)
        entries = [
            {**vars(entry), "facts": entry.facts.to_dict() if entry.facts else None} for entry in self.entries.values()
        ]
        header = {
            "form": _FORM,
            "checkpoint": self.checkpoint,
            "rows": json.dumps(rows),
            "entries": json.dumps(entries),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, save({"vectors": np.ascontiguousarray(matrix, np.float32)}, header))

    def _read(self) -> None:
        try:
            with safe_open(self.path, framework="numpy") as file:
                header = file.metadata() or {}
                if header.get("form") != _FORM:
                    raise ValueError(f"its form is {header.get('form')!r}, not {_FORM!r}")
                matrix = file.get_tensor("vectors")
            for values in json.loads(header["entries"]):
                facts = values["facts"] and MusicFacts.from_dict(values["facts"])
                self.entries[values["file"]] = Entry(**{**values, "facts": facts})
            self.vectors = dict(zip(json.loads(header["rows"]), matrix, strict=True))
            self.checkpoint = header["checkpoint"]
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.path} must be an index of this package; remove it or name another: {error}"
            ) from error

    def _present(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The MIDI files there are, with size and time of change."""
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in MIDI_SUFFIXES and path.is_file():
                about = path.stat()
                yield path.relative_to(self.folder).as_posix(), (about.st_size, about.st_mtime_ns)

    def _knows(self, name: str, stamp: tuple[int, int], with_vector: bool) -> bool:
        entry = self.entries.get(name)
        if entry is None or (entry.size, entry.changed) != stamp:
            return False
        return entry.facts is None or name in self.vectors or not with_vector

    def _forget(self, name: str) -> None:
        self.entries.pop(name, None)
        self.vectors.pop(name, None)

    def _add(self, names: Sequence[str], stamps: dict[str, tuple[int, int]], embedder: Embedder | None) -> None:
        """Reads files, measures them and gives them vectors."""
        music: dict[str, list[int]] = {}
        for name in names:
            self._forget(name)
            entry = Entry(name, *stamps[name], facts=None)
            try:
                score: Any = read_score(self.folder / name).score
                entry = replace(entry, facts=measure_facts(score))
                if embedder is not None:
                    music[name] = embedder.processor.read_music(score).ids
            except (MidiError, OSError, ValueError) as error:
                entry = replace(entry, facts=None, error=" ".join(str(error).split()))
            self.entries[name] = entry
        if embedder is not None and music:
            self.vectors.update(zip(music, embedder.embed_music(list(music.values())), strict=True))
