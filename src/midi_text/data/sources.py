"""Where music comes from: one door for folders, data sets, archives and scores.

`read_pieces` takes a folder of MIDI files or scores with notes beside them (`pairs`), a `datasets` folder with MIDI in
a column, MidiCaps' layout of captions beside an archive (`archives`), the name of a data set on the Hub, or music21's
corpus (`scores`), and yields pieces of one kind.

Every piece carries its licence and its credit from here on: a source that names neither must be given them, and what
the terms do not accept is left out and counted. Labels are what people said of a piece (composer, genre, form, dance,
captions …), never what was measured. A group is a work: pieces of one group never fall into different splits.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from .archives import read_archives
from .columns import read_dataset
from .found import Found
from .licences import allowed, normalise
from .pairs import read_folder
from .scores import CORPUS, SCORE_FORMS, read_corpus, require_converter

SPLITS = ("train", "validation", "test")
MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
_ABSENT = ("", "unknown", "none", "n/a")
_REPO = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Piece:
    """One piece of a source.

    Attributes:
        id: Unique in the source.
        midi: A Standard MIDI File, or what `form` says.
        split: One of ``SPLITS``.
        source: The collection it comes from.
        licence: Its licence, as `normalise` names it.
        attribution: The credit line the licence asks for.
        labels: What the source says of it; ``title``, ``composer`` and ``captions`` included where known.
        group: The work it belongs to, which never crosses a split; its ``id`` where nobody said.
        url: Where it can be found; empty where nobody said.
        form: Empty for MIDI, else the kind of score that `midi` holds, one of ``SCORE_FORMS``.
        drawn: Whether the split was drawn here, because the source has none.
    """

    id: str
    midi: bytes
    split: str
    source: str
    licence: str
    attribution: str
    labels: Mapping[str, Any]
    group: str = ""
    url: str = ""
    form: str = ""
    drawn: bool = False


@dataclass(frozen=True)
class Terms:
    """On what terms pieces are taken.

    Attributes:
        licence: Of pieces whose source names none.
        attribution: The credit line of pieces whose source gives none.
        accepted: Licences to take, as in `allowed`; all of them by default.
    """

    licence: str = ""
    attribution: str = ""
    accepted: tuple[str, ...] = ()


class UnlicensedError(ValueError):
    """A source that does not say on what terms it may be used."""


def read_pieces(
    source: str | Path, *, terms: Terms | None = None, limit: int | None = None, left_out: Counter[str] | None = None
) -> Iterator[Piece]:
    """Yields the pieces of a source, in an order that never changes.

    Args:
        source: A folder, ``user/name`` of a data set on the Hub, or ``music21`` (``music21:bach`` for a part of it).
        terms: Licence and credit where the source is silent, and what is accepted.
        limit: Stop each split after this many pieces; all of them by default.
        left_out: Counts what was left out, by reason.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no music, or lacks what a piece must have.
        RuntimeError: If there are scores, and nothing that converts them is installed.
        UnlicensedError: If no piece has a licence and a credit line.
    """
    terms, counts = terms or Terms(), Counter[str]()
    reasons: Counter[str] = Counter() if left_out is None else left_out
    silent = yielded = 0
    for found in _reader(source):
        values = found.values
        name = str(values.get("source") or _name(source))
        licence = normalise(_stated(values.get("licence")) or terms.licence)
        attribution = _stated(values.get("attribution")) or terms.attribution
        group = str(values.get("group") or found.id)
        given = str(values.get("split") or "")
        split = _split(given, source) or draw_split(group)
        reason = _objection(licence, attribution, terms)
        silent += reason in (_NO_LICENCE, _NO_CREDIT)
        if reason:
            reasons[reason] += 1
            continue
        counts[split] += 1
        if limit is not None and counts[split] > limit:
            if all(counts[name] >= limit for name in SPLITS):
                return
            continue
        try:
            content = found.read()
        except (OSError, ValueError) as error:
            reasons[f"cannot be read: {type(error).__name__}"] += 1
            continue
        yielded += 1
        if values.get("form"):
            require_converter()
        labels, url, form = values.get("labels") or {}, str(values.get("url") or ""), str(values.get("form") or "")
        yield Piece(found.id, content, split, name, licence, attribution, labels, group, url, form, not given)
    if silent and not yielded:
        raise UnlicensedError(
            f"{source} does not say under which licence and with which credit its music may be used; put 'licence' "
            "and 'attribution' into a metadata.csv or a .json beside each file, or, where one holds for all, give "
            "--licence and --attribution, such as --licence CC-BY-4.0 --attribution 'Ann Example, example.org'"
        )


_NO_LICENCE, _NO_CREDIT = "no licence is given", "no attribution is given"


def _objection(licence: str, attribution: str, terms: Terms) -> str:
    if not licence:
        return _NO_LICENCE
    if not attribution:
        return _NO_CREDIT
    return "" if allowed(licence, terms.accepted) else f"its licence is not accepted ({licence[:60]})"


def draw_split(group: str) -> str:
    """94 % train, 3 % validation, 3 % test, by a hash of the group: the same work always falls into the same split."""
    draw = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
    return "train" if draw < 0.94 else "validation" if draw < 0.97 else "test"


def _split(given: str, source: str | Path) -> str:
    known = {"valid": "validation", "val": "validation", "dev": "validation", "training": "train"}.get(given, given)
    if known and known not in SPLITS:
        raise ValueError(f"the splits of {source} must be among {', '.join(SPLITS)}; found {given!r}")
    return known


def _stated(value: Any) -> str:
    text = " ".join(str(value or "").split())
    return "" if text.lower() in _ABSENT else text


def _name(source: str | Path) -> str:
    return Path(source).resolve().name if Path(source).exists() else str(source)


def _reader(source: str | Path) -> Iterator[Found]:
    """The reader for what the source is."""
    text = str(source)
    if text == CORPUS or text.startswith(f"{CORPUS}:"):
        return read_corpus(text.partition(":")[2])
    folder = Path(source)
    if not folder.exists() and _REPO.fullmatch(text):
        folder = _download(text)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} must be a folder, the name of a data set on the Hub, or {CORPUS}; it does not exist"
        )
    if any(folder.rglob("*.parquet")):
        return read_dataset(folder)
    if (found := read_archives(folder)) is not None:
        return found
    files = read_folder(folder, MIDI_SUFFIXES, SCORE_FORMS)
    if (first := next(files, None)) is None:
        raise ValueError(
            f"{folder} must hold Parquet files with a 'midi' column, captions beside an archive, or files ending in "
            f"{', '.join((*MIDI_SUFFIXES, *SCORE_FORMS))}; it holds neither"
        )
    return chain([first], files)


def _download(repo_id: str) -> Path:
    """The files of a data set on the Hub that can hold music or words."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    kinds = [*(f"*{suffix}" for suffix in (*MIDI_SUFFIXES, *SCORE_FORMS)), "*.parquet", "*.json", "*.jsonl", "*.csv"]
    kinds += ["*.txt", "*.zip", "*.tar", "*.tar.gz", "*.tgz"]
    try:
        return Path(snapshot_download(repo_id, repo_type="dataset", allow_patterns=kinds))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FileNotFoundError(
            f"{repo_id} is no folder here, and cannot be had from the Hub as a data set: {error}"
        ) from error
