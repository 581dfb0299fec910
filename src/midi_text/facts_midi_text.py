"""What can be measured about a score: tempo, metre, key, instruments, length, density, range, dynamics, articulation.

Each fact is one number or name with one rule, written at its place in `MusicFacts`. "Notes" are those of all tracks,
"pitched notes" those of tracks that are not drums. Seconds follow the tempo map. The key is estimated from sounding
pitch classes and is the only fact that can be wrong of a faultless file; it carries a confidence.

References: J. Albrecht and D. Shanahan, "The Use of Large Corpora to Train a New Type of Key-Finding Algorithm",
Music Perception 31 (2013): profiles, Euclidean distance. B. Aarden, "Dynamic Melodic Expectancy", PhD thesis, Ohio
State University (2003): the Aarden-Essen profiles, with correlation as in C. Krumhansl, "Cognitive Foundations of
Musical Pitch" (1990).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from .score_midi_text import bar_segments, seconds_at, tempo_map

DRUMS = 128
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "natural": 0}
_NAMES = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
_KEY_NAME = re.compile(r"([A-Ga-g])[\s-]*(#|♯|b|♭|sharp|flat|natural)?[\s-]*(major|minor|maj|min)\.?", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Key:
    """A major or minor key.

    Attributes:
        tonic: Pitch class, 0 = C .. 11 = B.
        mode: "major" or "minor".
    """

    tonic: int
    mode: str

    def __post_init__(self) -> None:
        if self.mode not in _NAMES or not 0 <= self.tonic <= 11:
            raise ValueError(
                f"a key needs a tonic 0..11 and the mode 'major' or 'minor', got {self.tonic!r}, {self.mode!r}"
            )

    @property
    def name(self) -> str:
        """Such as "D minor" or "Eb major": the spelling with fewer accidentals, "F# major" and "Eb minor" on a tie."""
        return f"{_NAMES[self.mode][self.tonic]} {self.mode}"

    @property
    def relative(self) -> Key:
        """The key of the other mode with the same notes."""
        return Key((self.tonic + 9) % 12, "minor") if self.mode == "major" else Key((self.tonic + 3) % 12, "major")

    def transposed(self, semitones: int) -> Key:
        """The key `semitones` higher."""
        return Key((self.tonic + semitones) % 12, self.mode)

    @classmethod
    def parse(cls, name: str) -> Key:
        """The key of a name in any spelling: "D minor", "Eb major", "E flat major", "D# minor", "c♯ min".

        Raises:
            ValueError: If it is no such name.
        """
        match = _KEY_NAME.fullmatch(name.strip())
        if match is None:
            raise ValueError(f"a key must read like 'D minor' or 'Eb major', got {name!r}")
        letter, accidental, mode = match.groups()
        tonic = (_LETTERS[letter.upper()] + _ACCIDENTALS[(accidental or "").lower()]) % 12
        return cls(tonic, "major" if mode.lower().startswith("maj") else "minor")


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
        key: Estimated over the whole piece (`estimate_key`); None without pitched notes.
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
                i if i.program == DRUMS
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
        key, confidence = estimate_key(pitched["pitch"], pitched["duration"])
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


_PROFILES = {  # from the tonic upwards, major then minor
    "albrecht-shanahan": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
    "aarden-essen": (
        (17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587, 0.291248, 22.062, 0.145624, 8.15494, 0.232998,
         4.95122),
        (18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362, 0.702494, 18.6161, 4.56621, 1.93186, 7.37619,
         1.75623),
    ),
}
_KEYS = tuple(Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12))


def _turned(profile: str) -> np.ndarray:
    """The profile at each of the 24 keys of `_KEYS`, shape (24, 12), each row with sum 1."""
    rows = np.array([np.roll(weights, tonic) for weights in _PROFILES[profile] for tonic in range(12)])
    return rows / rows.sum(1, keepdims=True)


_TURNED = {profile: _turned(profile) for profile in _PROFILES}


def estimate_key(pitches: Any, durations: Any, profile: str = "albrecht-shanahan") -> tuple[Key, float]:
    """The key whose profile is nearest to how long each pitch class sounds.

    Args:
        pitches: MIDI pitches of pitched notes, shape (n,).
        durations: Their lengths, shape (n,), any unit; equal weights if all are 0.
        profile: "albrecht-shanahan" (Euclidean distance) or "aarden-essen" (correlation, as music21's default).

    Returns:
        The key, and a confidence: the probability that it is right.

    Raises:
        ValueError: If there are no notes, the shapes differ or the profile is unknown.
    """
    pitches, durations = np.asarray(pitches), np.asarray(durations, np.float64)
    if pitches.ndim != 1 or pitches.shape != durations.shape or not len(pitches):
        raise ValueError(f"pitches and durations must be two equal lists, found {pitches.shape}, {durations.shape}")
    if profile not in _TURNED:
        raise ValueError(f"profile must be one of {sorted(_TURNED)}, got {profile!r}")
    weights = durations if durations.any() else np.ones(len(pitches))
    histogram = np.bincount(pitches.astype(np.int64) % 12, weights, minlength=12)
    histogram /= histogram.sum()
    rows = _TURNED[profile]
    if profile == "aarden-essen":
        rows = rows - rows.mean(1, keepdims=True)
        centred = histogram - histogram.mean()
        norm = np.linalg.norm(rows, axis=1) * max(np.linalg.norm(centred), 1e-12)
        scores = rows @ centred / norm
    else:
        scores = -np.linalg.norm(rows - histogram, axis=1)
    best, second = np.argsort(-scores, kind="stable")[:2]
    return _KEYS[best], _confidence(scores[best] - scores[second])


def _confidence(margin: float) -> float:
    """Probability that the nearest key is right, from how much nearer it is than the second."""
    return float(1 / (1 + np.exp(-(0.5 + 40.0 * margin))))


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
