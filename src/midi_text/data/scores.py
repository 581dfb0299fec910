"""Scores become MIDI: MusicXML, Humdrum kern and ABC, and the corpus that comes with music21.

The converter is music21 (Cuthbert & Ariza 2010; extra ``scores``), which reads all three, plays repeats, dynamics and
metronome marks, and keeps the header. What the header says becomes labels: title, composer, lyricist, the key where it
names a mode (a signature alone says no key), the first metre, and the tempo word. Its copyright line joins the credit.

Lost: lyrics, fingerings, trills and turns as notes, percussion staves without instruments. Headers seldom name a
licence, so that of a score comes from notes beside the file or from the caller; the collections of music21's corpus
differ in their terms too, and whoever takes one has to look them up.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import signal
import threading
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .found import MAX_BYTES, Found

CORPUS = "music21"
MAX_SECONDS = 120  # for a piece
SCORE_FORMS = (".musicxml", ".xml", ".mxl", ".krn", ".abc")
_FORMATS = {".musicxml": "musicxml", ".xml": "musicxml", ".mxl": "musicxml", ".krn": "humdrum", ".abc": "abc"}


def require_converter() -> None:
    """Makes sure that scores can be converted.

    Raises:
        RuntimeError: If music21 is not installed.
    """
    if importlib.util.find_spec("music21") is None:
        raise RuntimeError(
            "scores are converted by music21, which is not installed; run: pip install 'midi-text[scores]'"
        )


class ScoreError(ValueError):
    """A score that cannot be converted."""


@dataclass(frozen=True)
class Converted:
    """One piece of a score file; a book of tunes has several.

    Attributes:
        midi: A Standard MIDI File.
        labels: What the header says.
        credit: Its copyright line; empty without one.
    """

    midi: bytes
    labels: dict[str, Any]
    credit: str


def read_corpus(part: str = "") -> Iterator[Found]:
    """The scores of music21's corpus, by name; only those below ``part``, such as "bach", if it is given.

    Raises:
        RuntimeError: If music21 is not installed.
        ValueError: If it has no such part.
    """
    require_converter()
    from music21 import common

    root = Path(common.getCorpusFilePath())
    paths = sorted(path for path in (root / part).rglob("*") if path.suffix.lower() in SCORE_FORMS)
    if not paths:
        raise ValueError(f"music21's corpus has no scores below {part!r}; its parts are the folders in {root}")
    for path in paths:
        name = path.relative_to(root)
        yield Found(
            name.as_posix(), path.read_bytes, {"form": path.suffix.lower(), "source": f"music21 {name.parts[0]}"}
        )


def convert(content: bytes, form: str) -> list[Converted | ScoreError]:
    """The pieces of a score file, and in the place of a piece that cannot be converted the reason.

    Args:
        content: The file.
        form: Its kind, one of ``SCORE_FORMS``.

    Raises:
        ScoreError: If it is no text that could be a score.
    """
    text = _text(_unpacked(content) if form == ".mxl" else content)
    return [_try(one, _FORMATS[form]) for one in (_tunes(text) if form == ".abc" else [text])]


def _tunes(text: str) -> list[str]:
    """The tunes of an ABC book, each with the book's header: together music21 takes minutes over what needs seconds."""
    header, *tunes = re.split(r"^(?=X:)", text, flags=re.MULTILINE)
    return [header + tune for tune in tunes] or [text]


def _try(text: str, form: str) -> Converted | ScoreError:
    from music21 import converter

    with warnings.catch_warnings(), _time_limit():
        warnings.simplefilter("ignore")  # music21 remarks on every oddity of a file
        try:
            return _converted(converter.parseData(text, format=form))
        except ScoreError as error:
            return error
        except Exception as error:
            return _refusal(error)


def _refusal(error: Exception) -> ScoreError:
    """A parser of the world's files raises whatever it stumbles over."""
    return ScoreError(f"music21 cannot convert it ({type(error).__name__})")


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """Ends what takes longer than `MAX_SECONDS` of the processor, so that no file holds up all others."""

    def stop(*_: object) -> None:
        raise ScoreError(f"takes longer than {MAX_SECONDS} seconds to convert")

    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGPROF"):
        yield  # signals reach the main thread only
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _unpacked(content: bytes) -> bytes:
    """The score inside a compressed MusicXML file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if PurePosixPath(name).suffix in (".xml", ".musicxml")]
            names = [name for name in names if not name.startswith("META-INF/")]
            with archive.open(names[0]) as file:
                inside = file.read(MAX_BYTES + 1)
    except (IndexError, OSError, RuntimeError, zipfile.BadZipFile) as error:
        raise ScoreError("it is no compressed MusicXML") from error
    if len(inside) > MAX_BYTES:
        raise ScoreError(f"larger than {MAX_BYTES:,} bytes")
    return inside


def _text(content: bytes) -> str:
    """A score's text, in the encodings that people used."""
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ScoreError("its encoding is not known")


def _converted(score: Any) -> Converted:
    from music21 import midi, repeat

    try:
        file = midi.translate.music21ObjectToMidiFile(score)
    except repeat.ExpanderException:  # repeats that do not match are played once
        for mark in list(score.recurse().getElementsByClass(["RepeatMark", "RepeatBracket"])):
            score.remove(mark, recurse=True)
        for measure in score.recurse().getElementsByClass("Measure"):
            measure.leftBarline = measure.rightBarline = None
        file = midi.translate.music21ObjectToMidiFile(score)
    written = file.writestr()
    header = score.metadata
    return Converted(written, _labels(score, header), _line(header.copyright) if header and header.copyright else "")


def _labels(score: Any, header: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if header is not None:
        title = header.title or header.movementName
        found = {"title": title, "composer": _name(header.composer), "lyricist": _name(header.lyricist)}
        if header.title and header.movementName and header.movementName != header.title:
            found["movement"] = header.movementName
    key = next((one for one in score.recurse().getElementsByClass("Key")), None)
    if key is not None:
        found["key"] = f"{key.tonic.name.replace('-', 'b')} {key.mode}"
    metre = next((one for one in score.recurse().getElementsByClass("TimeSignature")), None)
    if metre is not None:
        found["metre"] = metre.ratioString
    tempo = next((one for one in score.recurse().getElementsByClass("TempoIndication")), None)
    if tempo is not None and getattr(tempo, "text", None) and not getattr(tempo, "textImplicit", False):
        found["tempo_word"] = tempo.text
    return {name: _line(value) for name, value in found.items() if value}


def _name(value: Any) -> str:
    """A person's name as it is spoken: catalogues write "Palestrina, Giovanni Pierluigi da"."""
    parts = _line(value or "").split(", ")
    return " ".join(reversed(parts)) if len(parts) == 2 else ", ".join(parts)


def _line(value: Any) -> str:
    return " ".join(str(value).split())
