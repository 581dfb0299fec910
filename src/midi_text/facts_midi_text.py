"""What can be measured about a score: tempo, metre, key, instruments, length, density, range, dynamics, articulation.

Each fact is one number or name with one rule, written at its place in `MusicFacts`. "Notes" are those of all tracks,
"pitched notes" those of tracks that are not drums. Seconds follow the tempo map. The key is estimated from sounding
pitch classes, with the key signature as a witness, and is the only fact that can be wrong of a faultless file; it
carries a confidence (`key_midi_text`).

Measured on the validation and test pieces of an open-licence corpus: the metre equals the catalogue's in 96 % of 715
pieces (it gives the first metre, this the longest), the tempo in 100 % of 238.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from .bars_midi_text import bar_segments, seconds_at, tempo_map
from .key_midi_text import Key as Key
from .key_midi_text import estimate_key as estimate_key
from .key_midi_text import estimate_piece_key

DRUMS = 128


@dataclass(frozen=True)
class InstrumentFacts:
    """All tracks of one General MIDI program together.

    Attributes:
        program: 0..127; 128 stands for drums.
        notes: Number of notes, >= 1.
        lowest_pitch: MIDI pitch, 60 = middle C; for drums the lowest drum key.
        highest_pitch: Likewise the highest.
    """

    program: int
    notes: int
    lowest_pitch: int
    highest_pitch: int


@dataclass(frozen=True)
class MusicFacts:
    """The facts of one score.

    Attributes:
        tempo_bpm: Quarter notes per minute of the tempo that sounds longest, in seconds, up to the end of the last
            note; tempi of the same whole number count as one, the longest of them is reported, to 0.01. 120 where no
            tempo is given. It is the written tempo: a file recorded without a click may say 120 and mean another.
        tempo_changes: Whether tempi more than 5 % away from it sound for more than 5 % of the time.
        time_signature: Numerator and denominator of the metre that holds longest, in ticks; 4/4 where none is given.
        metre_changes: Whether any bar has another metre; a first bar that is shorter (an upbeat) does not count.
        key: Estimated from all pitched notes and the key signature that holds longest (`estimate_piece_key`); None
            without pitched notes.
        key_confidence: Probability that the key is right, 0..1; 0 without pitched notes.
        instruments: Per program, most notes first, then by program.
        bars: Bars up to the end of the last note; a note that ends on a bar line opens no new bar.
        duration_seconds: From tick 0 to the end of the last note.
        notes: Number of notes, drums included.
        notes_per_second: notes / duration_seconds.
        lowest_pitch: Of the pitched notes; None without any.
        highest_pitch: Likewise.
        polyphony: Mean number of pitched notes sounding, over the ticks at which any sounds; 0 without any.
        max_polyphony: Most pitched notes sounding at once; a note that ends as another starts is not counted with it.
        velocity_mean: Mean MIDI velocity of all notes, 1..127.
        velocity_spread: Its standard deviation; 0 for a score without dynamics.
        articulation: Median over pitched notes of length / ticks to the next later onset in the same track; < 1
            detached, 1 joined, > 1 overlapping. Notes of a track's last onset have none; 1 where no note has one.
    """

    tempo_bpm: float
    tempo_changes: bool
    time_signature: tuple[int, int]
    metre_changes: bool
    key: Key | None
    key_confidence: float
    instruments: tuple[InstrumentFacts, ...]
    bars: int
    duration_seconds: float
    notes: int
    notes_per_second: float
    lowest_pitch: int | None
    highest_pitch: int | None
    polyphony: float
    max_polyphony: int
    velocity_mean: float
    velocity_spread: float
    articulation: float

    @property
    def programs(self) -> tuple[int, ...]:
        """The programs that sound, most notes first; 128 stands for drums."""
        return tuple(instrument.program for instrument in self.instruments)

    @property
    def has_drums(self) -> bool:
        """Whether drums sound."""
        return DRUMS in self.programs

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON can hold them: the key by name, tuples as lists."""
        result = asdict(self)
        result["key"] = self.key.name if self.key else None
        result["time_signature"] = list(self.time_signature)
        result["instruments"] = [asdict(instrument) for instrument in self.instruments]
        return result

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> MusicFacts:
        """The facts of a `to_dict`.

        Raises:
            TypeError: If a fact is missing or unknown.
        """
        numerator, denominator = values["time_signature"]
        changed = {
            "time_signature": (numerator, denominator),
            "key": Key.parse(values["key"]) if values["key"] else None,
            "instruments": tuple(InstrumentFacts(**instrument) for instrument in values["instruments"]),
        }
        return cls(**{**values, **changed})

    def transposed(self, semitones: int) -> MusicFacts:
        """The facts of the same score moved by `semitones`: key and pitches move, drums do not."""

        def moved(pitch: int | None) -> int | None:
            return None if pitch is None else pitch + semitones

        return replace(
            self,
            key=self.key.transposed(semitones) if self.key else None,
            lowest_pitch=moved(self.lowest_pitch),
            highest_pitch=moved(self.highest_pitch),
            instruments=tuple(
                i
                if i.program == DRUMS
                else replace(i, lowest_pitch=i.lowest_pitch + semitones, highest_pitch=i.highest_pitch + semitones)
                for i in self.instruments
            ),
        )


def measure_facts(score: ScoreTick) -> MusicFacts:
    """Measure the facts of a score, as `read_score` gives it.

    Raises:
        ValueError: If it has no notes.
    """
    tracks = [(DRUMS if t.is_drum else t.program, t.notes.numpy()) for t in score.tracks if len(t.notes)]
    if not tracks:
        raise ValueError("facts need at least one note; the score has none")
    all_notes = _joined([notes for _, notes in tracks])
    pitched_tracks = [notes for program, notes in tracks if program != DRUMS]
    end = int((all_notes["time"] + all_notes["duration"]).max())
    seconds = float(seconds_at(score, end))
    count = len(all_notes["time"])
    tempo_bpm, tempo_changes = _tempo(score, end)
    signature, metre_changes, bars = _metre(score, end)
    key, confidence, low, high, polyphony, most = None, 0.0, None, None, 0.0, 0
    if pitched_tracks:
        pitched = _joined(pitched_tracks)
        bar = max(4 * score.ticks_per_quarter * signature[0] // signature[1], 1)
        key, confidence = estimate_piece_key(pitched, bar, _sharps(score, end))
        low, high = int(pitched["pitch"].min()), int(pitched["pitch"].max())
        polyphony, most = _polyphony(pitched["time"], pitched["duration"])
    return MusicFacts(
        tempo_bpm=tempo_bpm,
        tempo_changes=tempo_changes,
        time_signature=signature,
        metre_changes=metre_changes,
        key=key,
        key_confidence=confidence,
        instruments=_instruments(tracks),
        bars=bars,
        duration_seconds=seconds,
        notes=count,
        notes_per_second=count / seconds,
        lowest_pitch=low,
        highest_pitch=high,
        polyphony=polyphony,
        max_polyphony=most,
        velocity_mean=float(all_notes["velocity"].mean()),
        velocity_spread=float(all_notes["velocity"].std()),
        articulation=_articulation(pitched_tracks),
    )


def _joined(tracks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The notes of several tracks in one, 64-bit so that sums and squares do not overflow."""
    names = ("time", "duration", "pitch", "velocity")
    return {name: np.concatenate([notes[name] for notes in tracks]).astype(np.int64) for name in names}


def _tempo(score: ScoreTick, end: int) -> tuple[float, bool]:
    times, mspq = tempo_map(score)
    inside = times < end
    times, bpm = times[inside], np.round(60e6 / mspq[inside], 2)
    held = np.diff(np.append(seconds_at(score, times), seconds_at(score, end)))
    if len(bpm) == 1:
        return float(bpm[0]), False
    whole = np.round(bpm)
    groups, group = np.unique(whole, return_inverse=True)
    main = groups[np.argmax(np.bincount(group, held))]
    values, value = np.unique(bpm[whole == main], return_inverse=True)
    tempo = float(values[np.argmax(np.bincount(value, held[whole == main]))])
    elsewhere = held[np.abs(bpm / tempo - 1) > 0.05].sum()
    return tempo, bool(elsewhere > 0.05 * held.sum())


def _metre(score: ScoreTick, end: int) -> tuple[tuple[int, int], bool, int]:
    """The metre that holds longest, whether it changes, and the number of bars."""
    segments = bar_segments(score, end)
    held: dict[tuple[int, int], float] = {}
    for _, numerator, denominator, count in segments:
        held[numerator, denominator] = held.get((numerator, denominator), 0) + count * numerator / denominator
    main = max(held, key=held.__getitem__)
    _, first, of, count = segments[0]
    upbeat = len(segments) > 1 and count == 1 and first / of < main[0] / main[1]
    others = {(numerator, denominator) for _, numerator, denominator, _ in segments[upbeat:]} - {main}
    return main, bool(others), sum(count for *_, count in segments)


def _sharps(score: ScoreTick, end: int) -> int:
    """Sharps (flats negative) of the key signature that holds longest; 0 where none is stated."""
    held: dict[int, int] = {}
    ends = [*(signature.time for signature in score.key_signatures), end][1:]
    for signature, until in zip(score.key_signatures, ends, strict=True):
        held[signature.key] = held.get(signature.key, 0) + until - signature.time
    return max(held, key=held.__getitem__, default=0)


def _instruments(tracks: list[tuple[int, dict[str, np.ndarray]]]) -> tuple[InstrumentFacts, ...]:
    found = []
    for program in {program for program, _ in tracks}:
        pitch = np.concatenate([notes["pitch"] for other, notes in tracks if other == program])
        found.append(InstrumentFacts(program, len(pitch), int(pitch.min()), int(pitch.max())))
    return tuple(sorted(found, key=lambda instrument: (-instrument.notes, instrument.program)))


def _polyphony(time: np.ndarray, duration: np.ndarray) -> tuple[float, int]:
    """Mean over the sounding ticks, and maximum, of the number of notes that sound together."""
    ticks = np.concatenate([time + duration, time])  # ends first: at one tick they come before the starts
    step = np.repeat([-1, 1], len(time))
    order = np.argsort(ticks, kind="stable")
    sounding = np.cumsum(step[order])
    gaps = np.diff(ticks[order])
    return float(duration.sum() / gaps[sounding[:-1] > 0].sum()), int(sounding.max())


def _articulation(tracks: list[dict[str, np.ndarray]]) -> float:
    ratios = []
    for notes in tracks:
        onsets, which = np.unique(notes["time"], return_inverse=True)
        if len(onsets) > 1:
            before = which < len(onsets) - 1
            gap = np.diff(onsets)[which[before]]
            ratios.append(notes["duration"][before] / gap)
    return float(np.median(np.concatenate(ratios))) if ratios else 1.0
