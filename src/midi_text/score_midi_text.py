"""Reading, writing and cutting scores: any MIDI in, one clean symusic Score out, or an error that says why not.

`read_score` walks the file's bytes first and rewrites them into a plain, whole MIDI file; only that reaches symusic,
which trusts its input. What can be repaired without guessing is repaired and said in `ReadResult.repairs`;
everything else is a `MidiError` that names the file, the defect and what to do about it.

Times are integer ticks from the start of the piece; bars are those of `bars_midi_text`. Lost on the way in:
system-exclusive data, aftertouch, free text that is not a track name, lyric or marker, and every event that is no
note before the start or after the end of the last note.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import symusic
from symusic.core import (
    KeySignatureTickList,
    NoteTickList,
    ScoreTick,
    TempoTickList,
    TextMetaTickList,
    TimeSignatureTickList,
    TrackTickList,
)

from .bars_midi_text import MAX_BARS, bar_segments, last_of_each_tick, seconds_at, tempo_map
from .bars_midi_text import bar_starts as bar_starts
from .bars_midi_text import last_tick as last_tick
from .smf_midi_text import LAST_TICK, sanitise
from .smf_midi_text import MidiError as MidiError

MAX_HOURS = 24
MAX_REPAIRS = 20  # sentences; a file with 1,000 broken tracks needs no 1,000 of them
MAX_TEMPO_BPM = 1000.0
MIN_MSPQ = round(60_000_000 / MAX_TEMPO_BPM)  # microseconds per quarter note
DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)

MidiSource = str | os.PathLike[str] | bytes | BinaryIO | Any  # Any: a symusic Score of any time unit


@dataclass(frozen=True)
class ReadResult:
    """A clean score and what was done to get it.

    Attributes:
        score: At least one note; every list sorted by time; no empty track; velocities 1..127, durations >= 1 tick.
        name: The file's name, or "<bytes>", "<file object>", "<score>".
        repairs: Plain sentences on what was dropped or repaired, empty for a faultless file.
    """

    score: ScoreTick
    name: str
    repairs: tuple[str, ...]


def read_score(source: MidiSource, *, max_bytes: int = 20_000_000, max_notes: int = 1_000_000) -> ReadResult:
    """Read MIDI from a path, bytes, a binary file object or a symusic Score.

    Args:
        source: A `str` or path-like is a file's path; `bytes` are the MIDI itself. A Score is copied, never changed.
        max_bytes: Larger files are refused before they are read.
        max_notes: Scores with more notes are refused.

    Returns:
        The clean score with its name and the repairs made.

    Raises:
        MidiError: If the source cannot be opened or is too large, is not MIDI, holds no notes or too many, has no
            usable time base, or lasts longer than `MAX_HOURS` or `MAX_BARS`.
    """
    repairs: list[str] = []
    if _is_score(source):
        name, score = "<score>", _to_ticks(source)
    else:
        name, data = _read_bytes(source, max_bytes)
        clean = sanitise(data, name, max_notes, repairs)
        try:
            score = symusic.Score.from_midi(clean)
        except Exception as error:
            raise MidiError(f"{name}: symusic cannot read it ({error}); export the piece again") from error
    _clean_score(score, name, max_notes, repairs)
    _check_length(score, name)
    if len(repairs) > MAX_REPAIRS:
        repairs[MAX_REPAIRS:] = [f"And {len(repairs) - MAX_REPAIRS} more repairs of this kind."]
    return ReadResult(score, name, tuple(repairs))


def write_score(score: ScoreTick, path: str | os.PathLike[str] | None = None) -> bytes:
    """Write a score as a standard MIDI file.

    Args:
        score: Any symusic Score in ticks.
        path: Where to write, all or nothing: the file appears whole or not at all. None only returns the bytes.

    Returns:
        The file's bytes.

    Raises:
        OSError: If the file cannot be written.
    """
    data = score.dumps_midi()
    if path is None:
        return data
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")  # beside it: a rename cannot be half done
    try:
        part.write_bytes(data)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return data


def slice_bars(score: ScoreTick, first: int, last: int) -> ScoreTick:
    """Cut bars `first` .. `last - 1` (counted from 0) out of a score.

    The slice begins at tick 0. It holds the notes that start inside; those that sound past its end are clipped there.
    The tempo, metre and key signature in force are carried to its start; tracks that fall silent are dropped.

    Raises:
        ValueError: If `0 <= first < last <= bars` does not hold.
    """
    lines = bar_starts(score)
    if not 0 <= first < last <= len(lines) - 1:
        raise ValueError(
            f"bars must satisfy 0 <= first < last <= {len(lines) - 1}, the number of bars; got {first}, {last}"
        )
    begin, end = int(lines[first]), int(lines[last])
    result = symusic.Score(score.ticks_per_quarter)
    for track in score.tracks:
        notes = track.notes.numpy()
        inside = (notes["time"] >= begin) & (notes["time"] < end)
        if not inside.any():
            continue
        cut = symusic.Track(track.name, track.program, track.is_drum)
        time = notes["time"][inside]
        duration = np.minimum(notes["duration"][inside], end - time).astype(np.int32)
        shifted = (time - begin).astype(np.int32)
        cut.notes = NoteTickList.from_numpy(shifted, duration, notes["pitch"][inside], notes["velocity"][inside])
        for kind in ("controls", "pitch_bends", "lyrics", "pedals"):
            events = getattr(track, kind)
            setattr(cut, kind, type(events)(_window(events, begin, end)))
        result.tracks.append(cut)
    for start, numerator, denominator, count in bar_segments(score, end):
        if start + count * numerator * 4 * score.ticks_per_quarter // denominator > begin:
            result.time_signatures.append(symusic.TimeSignature(max(start - begin, 0), numerator, denominator))
    for time, mspq in zip(*tempo_map(score), strict=True):
        if time < end:
            held = symusic.Tempo(max(int(time) - begin, 0), mspq=int(mspq))
            if time <= begin:
                result.tempos = TempoTickList([held])
            else:
                result.tempos.append(held)
    before = [k for k in score.key_signatures if k.time <= begin][-1:]
    inside_keys = [k for k in score.key_signatures if begin < k.time < end]
    result.key_signatures = KeySignatureTickList(
        [symusic.KeySignature(max(k.time - begin, 0), k.key, k.tonality) for k in before + inside_keys]
    )
    result.markers = TextMetaTickList(_window(score.markers, begin, end))
    return result


def transpose(score: ScoreTick, semitones: int) -> ScoreTick:
    """A copy with every pitched note moved by `semitones`; drums stay, key signatures move along.

    Raises:
        ValueError: If a pitch would leave 0..127.
    """
    result = score.copy()
    if semitones == 0:
        return result
    result.key_signatures = KeySignatureTickList(  # a semitone up is seven fifths up: -5..6 sharps
        [symusic.KeySignature(k.time, (k.key + 7 * semitones + 5) % 12 - 5, k.tonality) for k in score.key_signatures]
    )
    for track in result.tracks:
        if track.is_drum or not len(track.notes):
            continue
        notes = track.notes.numpy()
        moved = notes["pitch"].astype(np.int64) + semitones
        if moved.min() < 0 or moved.max() > 127:
            raise ValueError(
                f"pitches must stay in 0..127; moved by {semitones} they span {moved.min()}..{moved.max()}"
            )
        track.notes = NoteTickList.from_numpy(
            notes["time"], notes["duration"], moved.astype(np.int8), notes["velocity"]
        )
    return result


def _is_score(source: Any) -> bool:
    return isinstance(source, (symusic.core.ScoreTick, symusic.core.ScoreQuarter, symusic.core.ScoreSecond))


def _to_ticks(source: Any) -> ScoreTick:
    if not 1 <= source.ticks_per_quarter <= 32_767:
        raise MidiError(f"<score>: ticks_per_quarter must be 1..32767, got {source.ticks_per_quarter}; resample it")
    return source.copy() if isinstance(source, symusic.core.ScoreTick) else source.to("Tick")


def _read_bytes(source: MidiSource, max_bytes: int) -> tuple[str, bytes]:
    """The name and content of a source, at most `max_bytes` of it."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, data = "<bytes>", bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        name, data = _read_file(source, max_bytes)
    elif hasattr(source, "read"):
        name = Path(str(getattr(source, "name", ""))).name or "<file object>"
        data = source.read(max_bytes + 1)
        if not isinstance(data, bytes):
            raise MidiError(f"{name}: it was opened as text; open it with mode 'rb'")
    else:
        raise MidiError(
            f"a MIDI source must be a path, bytes, a binary file object or a symusic Score; got {type(source).__name__}"
        )
    if len(data) > max_bytes:
        raise MidiError(f"{name}: larger than {max_bytes:,} bytes; cut the piece or raise max_bytes")
    return name, data


def _read_file(source: str | os.PathLike[str], max_bytes: int) -> tuple[str, bytes]:
    path = Path(source)
    try:
        path.stat()  # raises what is wrong; is_file would only say no
        if not path.is_file():  # a pipe or device could make us wait or read for ever
            raise MidiError(f"{path}: not a file; give the path of one MIDI file")
        with path.open("rb") as file:
            return path.name, file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise MidiError(f"{path}: there is no such file; check the path") from error
    except (OSError, ValueError) as error:
        if isinstance(error, MidiError):
            raise
        raise MidiError(f"{str(path)!r}: cannot be opened ({error}); check the path and its permissions") from error


def _clean_score(score: ScoreTick, name: str, max_notes: int, repairs: list[str]) -> None:
    """Drop what cannot sound, sort, and drop empty tracks and out-of-range events, in place."""
    dropped = zero = count = 0
    for track in score.tracks:
        if not len(track.notes):
            continue
        notes = track.notes.numpy()
        time, duration = notes["time"].astype(np.int64), notes["duration"].astype(np.int64)
        bad = (
            (time < 0) | (time + np.maximum(duration, 1) > LAST_TICK) | (notes["pitch"] < 0) | (notes["velocity"] <= 0)
        )
        flat = duration < 1
        count += len(time)
        if bad.any() or flat.any():
            dropped += int(bad.sum())
            zero += int((flat & ~bad).sum())
            time, duration = time.astype(np.int32)[~bad], np.maximum(duration, 1).astype(np.int32)[~bad]
            track.notes = NoteTickList.from_numpy(time, duration, notes["pitch"][~bad], notes["velocity"][~bad])
        if track.program > 127:
            raise MidiError(f"{name}: a track has program {track.program}; programs must be 0..127, correct it")
    if count > max_notes:
        raise MidiError(f"{name}: more than {max_notes:,} notes; cut the piece or raise max_notes")
    if dropped:
        repairs.append(f"Notes with an impossible time, pitch or velocity, left out: {dropped}.")
    if zero:
        repairs.append(f"Notes without length, given one tick: {zero}.")
    score.tracks = TrackTickList([track for track in score.tracks if len(track.notes)])
    end = last_tick(score)
    if end == 0:
        raise MidiError(f"{name}: there are no notes in it; give a MIDI file with at least one note")
    for track in score.tracks:
        _drop_outside(track, end)
    _clean_tempos(score, end, repairs)
    _clean_time_signatures(score, end, repairs)
    score.key_signatures = KeySignatureTickList(
        [k for k in score.key_signatures if 0 <= k.time < end and -7 <= k.key <= 7]
    )
    score.markers = TextMetaTickList([m for m in score.markers if 0 <= m.time <= end])
    score.sort()


def _drop_outside(track: Any, end: int) -> None:
    """Drop controllers, bends, pedals and lyrics before tick 0 or after the last note: nothing sounds there."""
    for kind in ("controls", "pitch_bends", "pedals"):
        events = getattr(track, kind)
        time = events.numpy()["time"] if len(events) else np.zeros(0, np.int32)
        if ((time < 0) | (time > end)).any():
            setattr(track, kind, type(events)([event for event in events if 0 <= event.time <= end]))
    for pedal in track.pedals:
        pedal.duration = min(max(pedal.duration, 0), end - pedal.time)
    track.lyrics = TextMetaTickList([lyric for lyric in track.lyrics if 0 <= lyric.time <= end])


def _clean_tempos(score: ScoreTick, end: int, repairs: list[str]) -> None:
    tempos = score.tempos.numpy()
    time, mspq = tempos["time"], tempos["mspq"]
    good = (time >= 0) & (mspq >= MIN_MSPQ) & (mspq < 2**24)
    if not good.all():
        repairs.append(
            f"Tempo events of 0 or over {MAX_TEMPO_BPM:,.0f} beats a minute, left out: {int((~good).sum())}."
        )
    time, mspq = time[good & (time < end)], mspq[good & (time < end)]
    keep = last_of_each_tick(time)
    score.tempos = TempoTickList.from_numpy(time[keep], mspq[keep])


def _clean_time_signatures(score: ScoreTick, end: int, repairs: list[str]) -> None:
    signatures = score.time_signatures.numpy()
    time, numerator, denominator = (signatures[k] for k in ("time", "numerator", "denominator"))
    good = (time >= 0) & (numerator > 0) & np.isin(denominator, DENOMINATORS)
    if not good.all():
        repairs.append(f"Time signatures that are not n/1 .. n/64, left out: {int((~good).sum())}.")
    time, numerator, denominator = (a[good & (time < end)] for a in (time, numerator, denominator))
    keep = last_of_each_tick(time)
    score.time_signatures = TimeSignatureTickList.from_numpy(time[keep], numerator[keep], denominator[keep])


def _check_length(score: ScoreTick, name: str) -> None:
    end = last_tick(score)
    hours = float(seconds_at(score, end)) / 3600
    bars = sum(count for *_, count in bar_segments(score, end))
    if hours > MAX_HOURS or bars > MAX_BARS:
        raise MidiError(
            f"{name}: it lasts {hours:,.1f} hours, {bars:,} bars; at most {MAX_HOURS} hours and {MAX_BARS:,} bars "
            "can be read: check it for a stray note far after the end"
        )


def _window(events: Any, begin: int, end: int) -> list[Any]:
    """Copies of the events with begin <= time < end, with times counted from `begin`."""
    return [event.shift_time(-begin) for event in events if begin <= event.time < end]
