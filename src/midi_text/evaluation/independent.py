"""A second opinion on a MIDI file: the facts as pretty_midi and music21 find them, with none of our code.

The captions of the training data were written from our own measurements; a model that repeats our mistakes would look
faultless to them. So captions are judged by these libraries too. pretty_midi (Raffel & Ellis, ISMIR 2014) reads the
file: tempo and metre that hold longest in seconds, the programs that have notes, downbeats before the last note ends,
the end of the last note. music21 (Cuthbert & Ariza, ISMIR 2010) finds the key with its default, the Aarden-Essen
weights, from the pitch classes alone: unlike ours it does not look at the key signature.
Judged: key, mode, tempo, metre, instruments (wanted, excluded, and that there are no others), bars and duration; of
everything else it has no opinion. Lost: the words are still read by `read_prompt`, and "about 30 seconds" means the
same range and tolerance to both judges.

On 200 held-out excerpts of human music the two say the same key in .85 (.78 to .90), the same or the relative in .88,
and the same tempo, metre, instruments, bars and duration in all (`agreement_rows`). It takes 45 ms a file.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..facts_midi_text import DRUMS, Key
from ..records import Measurement
from ..truth_midi_text import DURATION_TOLERANCE_SECONDS, DURATION_TOLERANCE_SHARE, TEMPO_TOLERANCE_BPM
from ..vocabulary_midi_text import FAMILIES
from .caption_facts import Measured
from .intervals import ratio

_SAME_TIME = 1e-3  # seconds: a note that ends within this of a bar line ends on it


@dataclass(frozen=True)
class Independent:
    """What the libraries find in one file.

    Attributes:
        tempo_bpm: Quarter notes a minute of the tempo that sounds longest.
        time_signature: Of the metre that sounds longest; 4/4 where none is given.
        key: None without pitched notes.
        programs: That have notes; 128 stands for drums.
        bars: Downbeats before the end of the last note.
        duration_seconds: The end of the last note.
    """

    tempo_bpm: float
    time_signature: tuple[int, int]
    key: Key | None
    programs: tuple[int, ...]
    bars: int
    duration_seconds: float

    def holds(self, fact: str, value: Any) -> bool | None:
        """Whether a claim is borne out; None where this analyzer has no opinion. See `caption_facts.claims`."""
        judge = _JUDGES.get(fact)
        return None if judge is None else judge(value, self)


def _within(value: tuple[float, float], measured: float, slack: float, share: float = 0.0) -> bool:
    return value[0] * (1 - share) - slack <= measured <= value[1] * (1 + share) + slack


_JUDGES: dict[str, Callable[[Any, Independent], bool]] = {
    "tempo_bpm": lambda value, heard: _within(value, heard.tempo_bpm, TEMPO_TOLERANCE_BPM),
    "duration_seconds": lambda value, heard: _within(
        value, heard.duration_seconds, DURATION_TOLERANCE_SECONDS, DURATION_TOLERANCE_SHARE
    ),
    "bars": lambda value, heard: _within(value, heard.bars, 0),
    "time_signature": lambda value, heard: value == heard.time_signature,
    "key": lambda value, heard: value == heard.key,
    "mode": lambda value, heard: heard.key is not None and heard.key.mode == value,
    "program": lambda value, heard: value in heard.programs,
    "no_program": lambda value, heard: value not in heard.programs,
    "family": lambda value, heard: not FAMILIES[value].programs.isdisjoint(heard.programs),
    "no_family": lambda value, heard: FAMILIES[value].programs.isdisjoint(heard.programs),
    "only": lambda value, heard: value.issuperset(heard.programs),
}


def measure_independently(midi: bytes | str | os.PathLike[str]) -> Independent:
    """What pretty_midi and music21 find in a file.

    Args:
        midi: A Standard MIDI File, or where one lies.

    Raises:
        ImportError: If pretty_midi or music21 is missing; ``pip install 'midi-text[eval]'`` installs them.
        ValueError: If the file has no notes.
        OSError: If it cannot be read.
    """
    try:
        import pretty_midi
    except ImportError as error:
        raise ImportError("The independent analyzer needs pretty_midi: pip install 'midi-text[eval]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # tempo events outside the first track: read all the same
        file = pretty_midi.PrettyMIDI(io.BytesIO(midi) if isinstance(midi, bytes) else os.fspath(midi))
    tracks = [track for track in file.instruments if track.notes]
    if not tracks:
        raise ValueError("an independent look needs at least one note; the file has none")
    end = max(note.end for track in tracks for note in track.notes)
    times, tempi = file.get_tempo_changes()
    metres = file.time_signature_changes
    bars = file.get_downbeats()
    return Independent(
        tempo_bpm=float(_longest(np.round(tempi, 2).tolist(), times, end)),
        time_signature=_longest(
            [(4, 4), *((metre.numerator, metre.denominator) for metre in metres)],
            [0.0, *(metre.time for metre in metres)],
            end,
        ),
        key=_key(file, tracks),
        programs=tuple(sorted({DRUMS if track.is_drum else int(track.program) for track in tracks})),
        bars=int((bars < end - _SAME_TIME).sum()),
        duration_seconds=float(end),
    )


def _longest(values: Sequence[Any], starts: Sequence[float] | np.ndarray, end: float) -> Any:
    """The value that holds longest up to the end."""
    held: dict[Any, float] = {}
    for value, start, until in zip(values, starts, [*starts[1:], end], strict=True):
        held[value] = held.get(value, 0.0) + max(0.0, min(until, end) - start)
    return max(held, key=held.__getitem__)


def _key(file: Any, tracks: Sequence[Any]) -> Key | None:
    """Music21's key of the file.

    Its estimate depends on how long each pitch class sounds and on nothing else, so it is given twelve notes of those
    lengths instead of thousands: the same answer in milliseconds.
    """
    try:
        from music21 import note, stream
    except ImportError as error:
        raise ImportError("The independent analyzer needs music21: pip install 'midi-text[eval]'") from error
    lengths = np.zeros(12)
    for track in tracks:
        for each in () if track.is_drum else track.notes:
            ticks = file.time_to_tick(each.end) - file.time_to_tick(each.start)
            lengths[each.pitch % 12] += ticks / file.resolution
    if not lengths.any():
        return None
    summed = stream.Stream()
    for pitch_class in np.flatnonzero(lengths):
        summed.append(note.Note(60 + int(pitch_class), quarterLength=float(lengths[pitch_class])))
    found = summed.analyze("key")
    return Key(found.tonic.pitchClass, found.mode)


def agreement_rows(pairs: Sequence[tuple[Measured, Independent]]) -> list[Measurement]:
    """How often the two analyzers say the same of the same files: rows ``analyzers_agree/<fact>``.

    Facts: key (of the pieces where either finds one), key_or_relative, mode, metre, tempo (within half a beat a
    minute), instruments (the same set), bars, duration (within 5 % and a second).

    Args:
        pairs: What ours and the other measured of each piece.

    Raises:
        ValueError: If there is none.
    """
    rows: dict[str, list[bool]] = {}
    for ours, other in pairs:
        a, b = ours.facts, other
        if a.key or b.key:
            rows.setdefault("key", []).append(a.key == b.key)
            near = a.key and b.key and b.key in (a.key, a.key.relative)
            rows.setdefault("key_or_relative", []).append(bool(near))
            rows.setdefault("mode", []).append(bool(a.key and b.key and a.key.mode == b.key.mode))
        rows.setdefault("metre", []).append(a.time_signature == b.time_signature)
        rows.setdefault("tempo", []).append(bool(b.holds("tempo_bpm", (a.tempo_bpm, a.tempo_bpm))))
        rows.setdefault("instruments", []).append(set(a.programs) == set(b.programs))
        rows.setdefault("bars", []).append(a.bars == b.bars)
        rows.setdefault("duration", []).append(bool(b.holds("duration_seconds", (a.duration_seconds,) * 2)))
    if not rows:
        raise ValueError("the agreement of two analyzers needs at least one piece; got none")
    return [ratio(f"analyzers_agree/{fact}", same) for fact, same in rows.items()]
