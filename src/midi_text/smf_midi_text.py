"""Standard MIDI files, byte by byte: any bytes in, a whole and plain file out, or an error that says why not.

Readers written for speed trust their input: a damaged file can crash them or fill the memory. `sanitise` therefore
walks the chunks and events itself (MIDI 1.0, "Standard MIDI Files 1.0") and writes each track anew with what a score
needs: notes, programs, controllers, pitch bends, tempo, metre, key, and names, lyrics and markers as UTF-8.
A track that breaks off or turns to nonsense keeps what stands before the damage; notes that never end get an end.
Each such repair is one sentence. What would have to be guessed (no time base, several independent sequences) is an
error. Lost without a word: system-exclusive data, aftertouch, other texts, running status.
"""

from __future__ import annotations

import struct

LAST_TICK = 2**28 - 1  # the largest time step the format can write: so any two events can follow each other
MAX_TRACKS = 65_535  # what the header can count
_END_OF_TRACK = b"\x00\xff\x2f\x00"
_TEXTS = {0x03: "track name", 0x05: "lyric", 0x06: "marker"}
_FIXED = {0x51: 3, 0x58: 4, 0x59: 2}  # tempo, time signature, key signature: exact lengths
_FRAME_RATES = {24: 1_000_000, 25: 1_000_000, 29: 1_001_000, 30: 1_000_000}  # SMPTE code -> microseconds of a "second"


class MidiError(ValueError):
    """A MIDI source cannot be read; the message names the source, the defect and what to do."""


class _DamageError(Exception):
    """The current track makes no sense from here on."""


def sanitise(data: bytes, name: str, max_notes: int, repairs: list[str]) -> bytes:
    """Rewrite the bytes of a MIDI file as a whole, plain file of the same music.

    Args:
        data: The file's content.
        name: How errors call it.
        max_notes: More note-ons than this are refused.
        repairs: Receives one sentence per kind of repair.

    Returns:
        A standard MIDI file of type 0 or 1 in which every chunk and event is whole.

    Raises:
        MidiError: If it is no MIDI file, has no usable time base, is of type 2, or has no notes or too many.
    """
    if not data:
        raise MidiError(f"{name}: the file is empty; give a MIDI file with at least one note")
    start = data.find(b"MThd", 0, 4096)  # not at 0 in RIFF (.rmi) and MacBinary files
    if start < 0:
        raise MidiError(
            f"{name}: not a MIDI file: it begins with {data[:8]!r} where 'MThd' must stand; "
            "audio and score formats must be exported as MIDI (.mid) first"
        )
    if len(data) < start + 14:
        raise MidiError(f"{name}: the file breaks off inside its header; copy or download it again")
    length, kind, declared, division = struct.unpack_from(">IHHH", data, start + 4)
    if kind == 2 and declared > 1:
        raise MidiError(f"{name}: type 2 MIDI (independent sequences) has no single score; save it as type 0 or 1")
    if kind > 2:
        raise MidiError(f"{name}: MIDI type {kind} does not exist (0 and 1 can be read); export the piece again")
    division, frame_tempo = _time_base(division, name, repairs)
    tracks = _tracks(data, start + 8 + max(min(length, 4096), 6))
    if len(tracks) != declared:
        repairs.append(f"The header promises {declared} tracks; {len(tracks)} were found and read.")
    out, notes = [], 0
    for number, (begin, end, cut) in enumerate(tracks, 1):
        if cut:
            repairs.append(f"Track {number} breaks off before its end; what is there was read.")
        track = _Track(keep_tempo=frame_tempo is None)
        track.walk(data, begin, end)
        notes += track.notes
        if notes > max_notes:
            raise MidiError(f"{name}: more than {max_notes:,} notes; cut the piece or raise max_notes")
        repairs.extend(f"Track {number}: {sentence}" for sentence in track.finish(division))
        if len(track.out) > 0:
            out.append(bytes(track.out) + _END_OF_TRACK)
    if notes == 0:
        why = f" ({repairs[0].rstrip('.')})" if repairs else ""
        raise MidiError(f"{name}: there are no notes in it{why}; give a MIDI file with at least one note")
    if frame_tempo is not None:
        out.insert(0, b"\x00\xff\x51\x03" + frame_tempo.to_bytes(3, "big") + _END_OF_TRACK)
    header = b"MThd" + struct.pack(">IHHH", 6, 1, min(len(out), MAX_TRACKS), division)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in out)


def _time_base(division: int, name: str, repairs: list[str]) -> tuple[int, int | None]:
    """Ticks per quarter note, and for SMPTE time the tempo (microseconds) that makes a quarter note of each second."""
    if division == 0:
        raise MidiError(f"{name}: 0 ticks per quarter note, so nothing has a time; export the piece again")
    if division < 0x8000:
        return division, None
    rate, subframes = 256 - (division >> 8), division & 0xFF
    if rate not in _FRAME_RATES or subframes == 0:
        raise MidiError(
            f"{name}: the time base {division} is neither 1..32767 ticks per quarter note nor SMPTE time; "
            "export the piece again"
        )
    repairs.append("Its times are SMPTE frames, without beats: read as one quarter note per second.")
    if rate == 29:
        return 30 * subframes, _FRAME_RATES[rate]
    return rate * subframes, _FRAME_RATES[rate]


def _tracks(data: bytes, position: int) -> list[tuple[int, int, bool]]:
    """(begin, end, breaks off) of the content of each track chunk; other chunks and rubbish between are passed over."""
    tracks: list[tuple[int, int, bool]] = []
    while len(tracks) < MAX_TRACKS:
        position = data.find(b"MTrk", position)
        if position < 0 or position + 8 > len(data):
            break
        begin = position + 8
        end = begin + int.from_bytes(data[position + 4 : begin], "big")
        tracks.append((begin, min(end, len(data)), end > len(data)))
        position = min(end, len(data))
    return tracks


class _Track:
    """One track on its way from the file to `out`, which gets absolute time right though events are left out."""

    def __init__(self, keep_tempo: bool) -> None:
        self.keep_tempo = keep_tempo
        self.out = bytearray()
        self.notes = 0
        self.written = 0  # tick of the last event in `out`
        self.sounding: dict[int, int] = {}  # (channel << 7 | pitch) -> notes not yet ended
        self.repairs: list[str] = []

    def walk(self, data: bytes, begin: int, end: int) -> None:
        """Read the events in data[begin:end] up to the end-of-track event, the end, or the first damage."""
        position, now, status = begin, 0, 0
        try:
            while position < end:
                delta, position = _variable_length(data, position, end)
                if position >= end:
                    raise _DamageError
                now += delta
                first = data[position]
                if first == 0xFF:
                    kind, content, position = _meta(data, position, end)
                    if kind == 0x2F:
                        return
                    if now <= LAST_TICK:
                        self._keep_meta(now, kind, content)
                    continue
                if first in (0xF0, 0xF7):
                    length, position = _variable_length(data, position + 1, end)
                    position += length
                    if position > end:
                        raise _DamageError
                    continue
                if first >= 0xF0:
                    raise _DamageError
                if first >= 0x80:
                    status = first
                    position += 1
                elif status == 0:
                    raise _DamageError
                size = 1 if 0xC0 <= status < 0xE0 else 2
                if position + size > end:
                    raise _DamageError
                body = data[position : position + size]
                if body[0] > 127 or body[-1] > 127:
                    raise _DamageError
                position += size
                if now > LAST_TICK:
                    self.repairs.append(f"what follows tick {LAST_TICK:,} was left out.")
                    return
                self._keep_event(now, status, body)
        except _DamageError:
            if position < end:  # else the file breaks off here, which is said of the chunk
                self.repairs.append(f"damaged at byte {position:,}, its last {end - position:,} bytes were left out.")

    def _keep_event(self, now: int, status: int, body: bytes) -> None:
        command = status & 0xF0
        if command == 0x90 or command == 0x80:
            key = (status & 0x0F) << 7 | body[0]
            if command == 0x90 and body[1]:
                self.notes += 1
                self.sounding[key] = self.sounding.get(key, 0) + 1
            elif self.sounding.get(key, 0):
                self.sounding[key] -= 1
            else:
                return
        elif command == 0xA0 or command == 0xD0:
            return
        self._write(now, bytes((status,)) + body)

    def _keep_meta(self, now: int, kind: int, content: bytes) -> None:
        if kind in _TEXTS:
            text, encoding = _decode(content)
            if encoding != "UTF-8":
                self.repairs.append(f"a {_TEXTS[kind]} was read as {encoding}.")
            content = text.encode("utf-8")
        elif kind not in _FIXED or (kind == 0x51 and not self.keep_tempo):
            return
        elif len(content) < _FIXED[kind]:
            self.repairs.append("a tempo, metre or key event that is too short was left out.")
            return
        else:
            content = content[: _FIXED[kind]]
        self._write(now, b"\xff" + bytes((kind,)) + _as_variable_length(len(content)) + content)

    def _write(self, now: int, event: bytes) -> None:
        self.out += _as_variable_length(now - self.written) + event
        self.written = now

    def finish(self, ticks_per_quarter: int) -> list[str]:
        """End the notes that still sound a quarter note after the last event; returns the repairs, each once."""
        endless = [key for key, count in self.sounding.items() for _ in range(count)]
        end = self.written + ticks_per_quarter
        for key in endless:
            self._write(end, bytes((0x80 | key >> 7, key & 0x7F, 0)))
        if endless:
            self.repairs.append(f"notes that never end, ended a quarter note after its last event: {len(endless)}.")
        return list(dict.fromkeys(self.repairs))


def _variable_length(data: bytes, position: int, end: int) -> tuple[int, int]:
    """The number of at most four 7-bit bytes at `position`, and the position after it."""
    value = 0
    for index in range(position, min(position + 4, end)):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise _DamageError


def _as_variable_length(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    septets = [value & 0x7F]
    while value := value >> 7:
        septets.append(value & 0x7F | 0x80)
    return bytes(reversed(septets))


def _meta(data: bytes, position: int, end: int) -> tuple[int, bytes, int]:
    """Kind and content of the meta event whose 0xFF stands at `position`, and the position after it."""
    length, start = _variable_length(data, position + 2, end)
    if start + length > end and data[position + 1] != 0x2F:
        raise _DamageError
    return data[position + 1], data[start : start + length], start + length


def _decode(content: bytes) -> tuple[str, str]:
    """A text and its encoding; files say nothing on it. Latin-1 takes any bytes, so it comes last."""
    for codec, encoding in (("utf-8", "UTF-8"), ("shift_jis", "Shift-JIS")):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" or any("\u3040" <= c <= "\u9fff" for c in text):
            return text, encoding
    return content.decode("latin-1"), "Latin-1"
