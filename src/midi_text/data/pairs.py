"""A folder of music with notes beside it: which words, labels and terms belong to which file.

Beside ``song.mid`` may lie ``song.txt`` (captions, one a paragraph) and ``song.json`` (an object: ``caption``,
``licence``, ``attribution``, ``url``, ``split``, any label). Instead or as well, one ``metadata.csv`` or
``metadata.jsonl`` in a folder may speak of the files below it by ``file_name``, as in the image folders of `datasets`.
The nearer note wins: the file's own over the table, a table further in over one further out.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .found import MAX_BYTES, Found, stated

TABLES = ("metadata.csv", "metadata.jsonl")


def read_folder(folder: Path, midi: Collection[str], scores: Collection[str]) -> Iterator[Found]:
    """Yields the music below a folder, by name.

    Args:
        folder: The folder.
        midi: Endings of MIDI files.
        scores: Endings of scores.

    Raises:
        ValueError: If a note beside the music is not what it should be.
    """
    table = _tables(folder)
    for path in sorted(folder.rglob("*")):
        ending = _ending(path, scores)
        if path.suffix.lower() not in midi and not ending:
            continue
        name = path.relative_to(folder).as_posix()
        values = stated(*table.get(name, ()), *_sidecars(path))
        yield Found(name, partial(_read, path), {"form": ending, **values})


def _ending(path: Path, scores: Collection[str]) -> str:
    """The ending that makes a file a score; ``.xml`` does only where it says so in its first lines."""
    ending = path.suffix.lower()
    if ending not in scores:
        return ""
    if ending == ".xml":
        with path.open("rb") as file:
            return ".musicxml" if b"score-" in file.read(1000) else ""
    return ending


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path}: larger than {MAX_BYTES:,} bytes")
    return path.read_bytes()


def _tables(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the tables below a folder say of each file, those further out first."""
    said: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((path for name in TABLES for path in folder.rglob(name)), key=lambda path: len(path.parts)):
        for number, row in enumerate(_rows(path), 1):
            name = row.pop("file_name", None)
            if not name:
                raise ValueError(f"{path} must name a file under 'file_name' in every row; row {number} does not")
            said.setdefault((path.parent / str(name)).relative_to(folder).as_posix(), []).append(row)
    return said


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file)
            return
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _object(line, f"{path}, line {number},")


def _sidecars(path: Path) -> Iterator[dict[str, Any]]:
    words, said = path.with_suffix(".txt"), path.with_suffix(".json")
    if words.is_file():
        paragraphs = words.read_text(encoding="utf-8-sig").replace("\r\n", "\n").split("\n\n")
        yield {"captions": [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip()]}
    if said.is_file():
        yield _object(said.read_text(encoding="utf-8-sig"), str(said))


def _object(text: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{place} must be a JSON object: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{place} must be a JSON object; found a {type(found).__name__}")
    return found
