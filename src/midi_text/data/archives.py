"""Captions beside an archive of MIDI: the layout of MidiCaps (Melechovsky, Roy & Herremans 2024).

A ``.json`` or ``.jsonl`` file has one JSON object a line, with ``location`` (a path in the archive) and ``caption``; a
``.tar``, ``.tar.gz`` or ``.zip`` holds the files. Of MidiCaps' other fields none travels: its keys, tempi, moods and
genres were estimated by programs, and labels are what people say. Lines of its ``test_set`` fall into the test split.

An archive is read from front to back and never unpacked: no name in it can become a path on this machine, links and
devices are passed over, and no file may be larger than ``MAX_BYTES`` unpacked, whatever its header claims.
"""

from __future__ import annotations

import io
import json
import logging
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from .found import MAX_BYTES, Found, stated

logger = logging.getLogger(__name__)
_DAMAGE = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, tarfile.TarError, zlib.error)
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")
_LISTS = (".json", ".jsonl")
_KEPT = (
    "caption",
    "captions",
    "licence",
    "license",
    "attribution",
    "credit",
    "url",
    "split",
    "group",
    "title",
    "composer",
)


def read_archives(folder: Path) -> Iterator[Found] | None:
    """The captioned files of a folder's archives, archive by archive; None if it has no such layout."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    archives = [path for path in files if path.name.lower().endswith(_ARCHIVES)]
    if not archives:
        return None
    lists = [path for path in files if path.suffix.lower() in _LISTS and _has_locations(path)]
    return _read(archives, lists) if lists else None


def _has_locations(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        line = file.readline(1_000_000)
    try:
        return "location" in json.loads(line)
    except (ValueError, TypeError):
        return False


def _read(archives: list[Path], lists: list[Path]) -> Iterator[Found]:
    said = dict(line for path in lists for line in _captions(path))
    for archive in archives:
        members = _zip_members if archive.suffix.lower() == ".zip" else _tar_members
        try:
            for name, read in members(archive):
                key = str(PurePosixPath(name))
                if key in said:
                    yield Found(key, read, said.pop(key))
        except _DAMAGE as error:
            logger.warning("%s is damaged and was left where it could not be read any further: %s", archive, error)
    for key, values in said.items():
        yield Found(key, _missing, values)


def _missing() -> bytes:
    raise FileNotFoundError("the captions name a file that is in no archive")


def _captions(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                location = str(PurePosixPath(row["location"]))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}, must be a JSON object with 'location': {error}") from error
            values = stated({name: row[name] for name in _KEPT if name in row})
            yield location, {**values, "split": "test"} if row.get("test_set") else values


def _zip_members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, partial(_bounded, partial(archive.open, member))


def _tar_members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if member.isfile():
                yield member.name, partial(_bounded, partial(archive.extractfile, member))


def _bounded(opening: Callable[[], IO[bytes] | None]) -> bytes:
    """The content of a member, and not more than is allowed: a small archive can unpack to anything."""
    try:
        with opening() or io.BytesIO() as file:
            content = file.read(MAX_BYTES + 1)
    except _DAMAGE as error:
        raise ValueError(f"it is damaged: {error}") from error
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes")
    return content
