"""SoundFonts: which recorded sound a note of a program and a velocity has, and how it swells and dies away.

A SoundFont 2 file holds samples, instruments that lay them over the keyboard, and presets that lay instruments over
programs. `SoundFont.zones` flattens this: the zones that a note sounds, every value summed and in plain units. SF3 is
the same with samples as Ogg Vorbis. A program that is missing sounds as the nearest that is there: the same program of
bank 0, then the family's first, then the piano.

What is lost: modulators, both oscillators, chorus and reverb sends, the filter's resonance; of the modulation envelope
only what it does to the filter is kept.

Source: E-mu Systems, "SoundFont Technical Specification 2.04" (2006), sections 7 and 8. Attenuation counts 0.4 as much
as written, as in the E-mu hardware that SoundFonts are made by ear for, and in FluidSynth.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

DRUM_BANK = 128
MAX_BYTES = 2_000_000_000
_ATTENUATION = 0.4

# Generators by number, with the value that holds where a file gives none.
_START, _END, _LOOP_START, _LOOP_END, _START_COARSE, _FILTER, _OPENS, _END_COARSE = 0, 1, 2, 3, 4, 8, 11, 12
_PAN, _DELAY, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE, _KEY_TO_HOLD, _KEY_TO_DECAY = (
    17,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    40,
)
_OPEN_HOLD, _OPEN_DECAY, _OPEN_SUSTAIN = 27, 28, 29
_INSTRUMENT, _KEYS, _VELOCITIES, _LOOP_START_COARSE, _KEY, _LOUDER, _LOOP_END_COARSE = 41, 43, 44, 45, 46, 48, 50
_COARSE, _FINE, _SAMPLE, _MODES, _SCALE, _CLASS, _ROOT = 51, 52, 53, 54, 56, 57, 58
_DEFAULTS = {
    _FILTER: 13500, _DELAY: -12000, _ATTACK: -12000, _HOLD: -12000, _DECAY: -12000, _RELEASE: -12000,
    _OPEN_HOLD: -12000, _OPEN_DECAY: -12000, _SCALE: 100, _ROOT: -1, _KEY: -1,
}  # fmt: skip
_OF_INSTRUMENTS_ONLY = {_START, _END, _LOOP_START, _LOOP_END, _START_COARSE, _END_COARSE, _LOOP_START_COARSE,
                        _LOOP_END_COARSE, _KEY, _SAMPLE, _MODES, _CLASS, _ROOT}  # fmt: skip
_ANY = (0, 127)


@dataclass(frozen=True, eq=False)
class Zone:
    """One sample as some keys and velocities of an instrument sound it.

    Attributes:
        keys: Lowest and highest pitch.
        velocities: Lowest and highest velocity.
        samples: float32 of -1..1, shape (n,).
        rate: Of the samples, in Hz.
        loop: First and last-but-one index that repeat, or None.
        loops_until_release: Whether the sample runs to its end after the key is let go.
        root: Pitch at which it sounds as recorded, in semitones; the tuning is in it.
        semitones_per_key: 1 but for drums and effects that ignore the key.
        gain: Factor of the amplitude.
        pan: -0.5 left .. 0.5 right.
        envelope: Seconds of delay, attack, hold, decay (by 100 dB) and release (by 100 dB); the sustain's loss in dB.
        per_key: Timecents by which hold and decay shorten a key above middle C.
        cutoff_hz: Of the low-pass filter, as it opens and as it closes.
        closing: Seconds that the filter stays open, and seconds that it then takes to close.
        group: Notes of one group (not 0) silence each other, such as an open and a closed hi-hat.
    """

    keys: tuple[int, int]
    velocities: tuple[int, int]
    samples: np.ndarray
    rate: int
    loop: tuple[int, int] | None
    loops_until_release: bool
    root: float
    semitones_per_key: float
    gain: float
    pan: float
    envelope: tuple[float, float, float, float, float, float]
    per_key: tuple[float, float]
    cutoff_hz: tuple[float, float]
    closing: tuple[float, float]
    group: int


class SoundFont:
    """A SoundFont file, its zones made when they are asked for.

    Args:
        path: An `.sf2` or `.sf3` file.

    Raises:
        ValueError: If it is no SoundFont, or a broken one.
        OSError: If it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        size = self.path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"{self.path.name}: a sound font may have {MAX_BYTES / 1e9:g} GB at most")
        self._data = self.path.read_bytes()
        try:
            self._chunks = dict(_chunks(self._data))
            self._presets = self._read_presets()
        except (KeyError, IndexError, ValueError, struct.error) as error:
            raise ValueError(f"{self.path.name} must be a sound font (.sf2 or .sf3); it is none, or broken") from error
        self._zones: dict[tuple[int, int], tuple[Zone, ...]] = {}
        self._decoded: dict[int, np.ndarray] = {}

    def zones(self, program: int, *, drums: bool = False) -> tuple[Zone, ...]:
        """Every zone of a General MIDI program, or of the drum kit.

        Raises:
            ValueError: If the file is broken there.
        """
        wanted = (DRUM_BANK, program) if drums else (0, program)
        family = [(DRUM_BANK, 0)] if drums else [(0, program // 8 * 8), (0, 0)]
        found = next((key for key in (wanted, *family) if key in self._presets), min(self._presets))
        if found not in self._zones:
            try:
                self._zones[found] = tuple(self._make(found))
            except (IndexError, ValueError, struct.error) as error:
                raise ValueError(f"{self.path.name}: the sound of program {program} is broken: {error}") from error
        return self._zones[found]

    # -- tables ------------------------------------------------------------------------------------------------------

    def _read_presets(self) -> dict[tuple[int, int], int]:
        """Bank and program -> index of the preset; the last record of a table only closes it."""
        found: dict[tuple[int, int], int] = {}
        for index, (_, program, bank, *_) in enumerate(
            list(struct.iter_unpack("<20sHHHIII", self._chunk("phdr")))[:-1]
        ):
            found.setdefault((bank, program), index)
        if not found or not len(self._headers):
            raise ValueError("no presets")
        return found

    def _chunk(self, name: str) -> bytes:
        start, size = self._chunks[name]
        return self._data[start : start + size]

    @cached_property
    def _headers(self) -> list[tuple[int, ...]]:
        """Start, end, loop start, loop end, rate, pitch, correction and kind of every sample."""
        return [row[1:8] + row[9:] for row in struct.iter_unpack("<20sIIIIIBbHH", self._chunk("shdr"))][:-1]

    @cached_property
    def _generators(self) -> dict[str, list[tuple[int, int]]]:
        return {name: list(struct.iter_unpack("<HH", self._chunk(name))) for name in ("pgen", "igen")}

    @cached_property
    def _bags(self) -> dict[str, list[int]]:
        return {name: [row[0] for row in struct.iter_unpack("<HH", self._chunk(name))] for name in ("pbag", "ibag")}

    @cached_property
    def _firsts(self) -> dict[str, list[int]]:
        """The first bag of every preset and every instrument, and one more."""
        presets = [row[3] for row in struct.iter_unpack("<20sHHHIII", self._chunk("phdr"))]
        return {"p": presets, "i": [row[1] for row in struct.iter_unpack("<20sH", self._chunk("inst"))]}

    def _layers(self, kind: str, index: int) -> Iterator[dict[int, int]]:
        """The zones of a preset ("p") or an instrument ("i") as generators, global ones under their own."""
        points_to = _INSTRUMENT if kind == "p" else _SAMPLE
        bags, generators = self._bags[f"{kind}bag"], self._generators[f"{kind}gen"]
        shared: dict[int, int] = {}
        first, last = self._firsts[kind][index], self._firsts[kind][index + 1]
        for bag in range(first, last):
            own = dict(generators[bags[bag] : bags[bag + 1]])
            if points_to in own:
                yield {**shared, **own}
            elif bag == first:
                shared = own

    # -- zones -------------------------------------------------------------------------------------------------------

    def _make(self, preset: tuple[int, int]) -> Iterator[Zone]:
        for upper in self._layers("p", self._presets[preset]):
            for lower in self._layers("i", upper[_INSTRUMENT]):
                keys, velocities = _overlap(upper, lower, _KEYS), _overlap(upper, lower, _VELOCITIES)
                if keys[0] <= keys[1] and velocities[0] <= velocities[1]:
                    values = {n: _signed(v) for n, v in lower.items()}
                    for number, value in upper.items():
                        if number not in _OF_INSTRUMENTS_ONLY:
                            values[number] = values.get(number, _DEFAULTS.get(number, 0)) + _signed(value)
                    yield self._zone(keys, velocities, values, lower[_SAMPLE])

    def _zone(self, keys: tuple[int, int], velocities: tuple[int, int], values: dict[int, int], sample: int) -> Zone:
        def value(number: int) -> int:
            return values.get(number, _DEFAULTS.get(number, 0))

        start, _, loop_start, loop_end, rate, pitch, correction, _ = self._headers[sample]
        samples = self._samples(sample)
        skip = value(_START) + 32768 * value(_START_COARSE)
        compressed = self._headers[sample][-1] & 0x10
        base = (0 if compressed else start) + skip
        loop = (
            loop_start + value(_LOOP_START) + 32768 * value(_LOOP_START_COARSE) - base,
            loop_end + value(_LOOP_END) + 32768 * value(_LOOP_END_COARSE) - base,
        )
        cut = value(_END) + 32768 * value(_END_COARSE)
        samples = samples[max(skip, 0) : len(samples) + min(cut, 0)]
        if len(samples) < 4 or not rate:
            samples, rate = np.zeros(4, np.float32), 44100
        root = value(_ROOT) if value(_ROOT) >= 0 else (pitch if pitch <= 127 else 60)
        loops = value(_MODES) & 1 and 0 <= loop[0] < loop[1] - 4 and loop[1] <= len(samples)
        delay, attack, hold, decay, release, stays, closes = (
            2.0 ** (min(max(value(n), -12000), 8000) / 1200)
            for n in (_DELAY, _ATTACK, _HOLD, _DECAY, _RELEASE, _OPEN_HOLD, _OPEN_DECAY)
        )
        kept = 1 - min(max(value(_OPEN_SUSTAIN), 0), 1000) / 1000
        cents = [min(max(value(_FILTER) + share * value(_OPENS), 1500), 13500) for share in (1, kept)]
        return Zone(
            keys=keys,
            velocities=velocities,
            samples=samples,
            rate=rate,
            loop=loop if loops else None,
            loops_until_release=value(_MODES) & 3 == 3,
            root=root - value(_COARSE) - (value(_FINE) + correction) / 100,
            semitones_per_key=value(_SCALE) / 100,
            gain=10 ** (-_ATTENUATION * max(value(_LOUDER), 0) / 200),
            pan=min(max(value(_PAN), -500), 500) / 1000,
            envelope=(delay, attack, hold, decay, release, min(max(value(_SUSTAIN), 0), 1000) / 10),
            per_key=(value(_KEY_TO_HOLD), value(_KEY_TO_DECAY)),
            cutoff_hz=(8.176 * 2.0 ** (cents[0] / 1200), 8.176 * 2.0 ** (cents[1] / 1200)),
            closing=(stays, closes * (1 - kept)),
            group=value(_CLASS),
        )

    def _samples(self, index: int) -> np.ndarray:
        if index not in self._decoded:
            start, end, *_, kind = self._headers[index]
            at, size = self._chunks["smpl"]
            if kind & 0x10:
                self._decoded[index] = _vorbis(self._data[at + start : at + min(end, size)])
            else:
                raw = self._data[at + 2 * start : at + min(2 * end, size)]
                self._decoded[index] = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768
        return self._decoded[index]


def _chunks(data: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, start and size of every chunk inside the three lists of the file."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("no sound font")
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"LIST":
            at += 4  # the list's own name; its chunks follow
            continue
        yield name.decode("latin-1"), (at, min(size, len(data) - at))
        at += size + size % 2


def _vorbis(data: bytes) -> np.ndarray:
    import soundfile

    try:
        return np.asarray(soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0][:, 0])
    except soundfile.LibsndfileError as error:
        raise ValueError(str(error)) from error


def _signed(value: int) -> int:
    return value - 65536 if value >= 32768 else value


def _overlap(upper: dict[int, int], lower: dict[int, int], number: int) -> tuple[int, int]:
    """The keys, or velocities, that both zones sound."""
    ranges = [(zone[number] & 0xFF, zone[number] >> 8) if number in zone else _ANY for zone in (upper, lower)]
    return max(low for low, _ in ranges), min(high for _, high in ranges)
