"""Standard MIDI files from single bytes, for tests that need them exactly so, also wrongly so."""

import struct

END = b"\x00\xff\x2f\x00"


def number(value: int) -> bytes:
    """A variable-length quantity."""
    septets = [value & 0x7F]
    while value := value >> 7:
        septets.append(value & 0x7F | 0x80)
    return bytes(reversed(septets))


def on(delta: int, pitch: int = 60, velocity: int = 80, channel: int = 0) -> bytes:
    return number(delta) + bytes((0x90 | channel, pitch, velocity))


def off(delta: int, pitch: int = 60, channel: int = 0) -> bytes:
    return number(delta) + bytes((0x80 | channel, pitch, 0))


def meta(delta: int, kind: int, content: bytes) -> bytes:
    return number(delta) + bytes((0xFF, kind)) + number(len(content)) + content


def tempo(delta: int, microseconds: int) -> bytes:
    return meta(delta, 0x51, microseconds.to_bytes(3, "big"))


def metre(delta: int, numerator: int, power: int) -> bytes:
    return meta(delta, 0x58, bytes((numerator, power, 24, 8)))


def smf(*tracks: bytes, kind: int = 1, division: int = 480, declared: int | None = None) -> bytes:
    header = struct.pack(">IHHH", 6, kind, len(tracks) if declared is None else declared, division)
    return b"MThd" + header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)
