"""Keys: their names, and which one a piece is in.

The estimate compares how long each pitch class sounds with profiles of the 24 major and minor keys. Pieces are named
after the key they open and close in, wherever they go between, so `estimate_piece_key` weighs the first four bars and
the last bar in; `estimate_key` is the plain textbook method, for notes without a place in time.

Measured on the validation and test pieces of an open-licence corpus whose catalogue names a major or minor key, 410
pieces, `estimate_piece_key`: 86 % right, 89 % right or the relative key; folk 95 %, pop 92 % (where the labels are
estimates themselves), the rest, where the label is often the whole work's and not the movement's, 84 %.
`estimate_key` on the same: 82 % with either profile; with "aarden-essen" it named the key music21 10.5 names in 120 of
120 pieces.

References: J. Albrecht and D. Shanahan, "The Use of Large Corpora to Train a New Type of Key-Finding Algorithm",
Music Perception 31 (2013): profiles, Euclidean distance. B. Aarden, "Dynamic Melodic Expectancy", PhD thesis, Ohio
State University (2003): the Aarden-Essen profiles, with correlation as in C. Krumhansl, "Cognitive Foundations of
Musical Pitch" (1990).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

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


_PROFILES = {  # from the tonic upwards, major then minor
    "albrecht-shanahan": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
    "aarden-essen": (
        (
            17.7661,
            0.145624,
            14.9265,
            0.160186,
            19.8049,
            11.3587,
            0.291248,
            22.062,
            0.145624,
            8.15494,
            0.232998,
            4.95122,
        ),
        (18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362, 0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623),
    ),
}
KEYS = tuple(Key(tonic, mode) for mode in _NAMES for tonic in range(12))


def _turned(profile: str) -> np.ndarray:
    """The profile at each of the 24 keys of `KEYS`, shape (24, 12), each row with sum 1."""
    rows = np.array([np.roll(weights, tonic) for weights in _PROFILES[profile] for tonic in range(12)])
    return rows / rows.sum(1, keepdims=True)


TURNED = {profile: _turned(profile) for profile in _PROFILES}


def estimate_key(pitches: Any, durations: Any, profile: str = "albrecht-shanahan") -> tuple[Key, float]:
    """The key whose profile is nearest to how long each pitch class sounds.

    Args:
        pitches: MIDI pitches of pitched notes, shape (n,).
        durations: Their lengths, shape (n,), any unit; equal weights if all are 0.
        profile: "albrecht-shanahan" (Euclidean distance) or "aarden-essen" (correlation, as music21's default).

    Returns:
        The key, and the probability that it is right, 0..1 (`_CONFIDENCE`).

    Raises:
        ValueError: If there are no notes, the shapes differ or the profile is unknown.
    """
    pitches, durations = np.asarray(pitches), np.asarray(durations, np.float64)
    if pitches.ndim != 1 or pitches.shape != durations.shape or not len(pitches):
        raise ValueError(f"pitches and durations must be two equal lists, found {pitches.shape}, {durations.shape}")
    if profile not in TURNED:
        raise ValueError(f"profile must be one of {sorted(TURNED)}, got {profile!r}")
    fit = _key_fit(pitches, durations if durations.any() else np.ones(len(pitches)), profile)
    return _best_key(fit, profile)


def _key_fit(pitches: np.ndarray, weights: np.ndarray, profile: str = "albrecht-shanahan") -> np.ndarray:
    """How well each of `KEYS` fits the weighted pitch classes, shape (24,); more is better."""
    weight = np.bincount(pitches.astype(np.int64) % 12, weights, minlength=12)
    histogram = weight / weight.sum()
    rows = TURNED[profile]
    if profile == "albrecht-shanahan":
        return -np.linalg.norm(rows - histogram, axis=1)
    rows = rows - rows.mean(1, keepdims=True)
    histogram = histogram - histogram.mean()
    return rows @ histogram / (np.linalg.norm(rows, axis=1) * max(float(np.linalg.norm(histogram)), 1e-12))


def estimate_piece_key(notes: dict[str, np.ndarray], bar: int) -> tuple[Key, float]:
    """The key of a piece: the profile fit of the whole, of its first four bars and of its last bar, weighted.

    Args:
        notes: Pitched notes: "time", "duration" (ticks, >= 1) and "pitch", each of shape (n,), n >= 1.
        bar: Length of a bar in ticks.

    Returns:
        The key, and the probability that it is right, 0..1 (`_CONFIDENCE`).
    """
    time, end = notes["time"], notes["time"] + notes["duration"]
    first, last = int(time.min()), int(end.max())
    fit = np.zeros(len(KEYS))
    for (begin, finish), weight in zip(
        ((first, last), (first, first + 4 * bar), (last - bar, last)), _KEY_WEIGHTS, strict=True
    ):
        sounding = np.maximum(np.minimum(end, finish) - np.maximum(time, begin), 0)
        fit += weight * _key_fit(notes["pitch"], sounding)
    return _best_key(fit, "piece")


_KEY_WEIGHTS = (0.69, 0.24, 0.07)  # whole, opening, close
# exp(sharpness * fit), normalised over the keys, is the probability of each. The sharpness is the one of least
# log loss on the training pieces below; on them 97 of 100 statements made with confidence .97 are right, 76 with .71.
_CONFIDENCE = {"albrecht-shanahan": 33.0, "aarden-essen": 13.0, "piece": 36.0}


def _best_key(fit: np.ndarray, kind: str) -> tuple[Key, float]:
    """The key of the best fit and its probability."""
    probability = np.exp(_CONFIDENCE[kind] * (fit - fit.max()))
    best = int(np.argmax(fit))
    return KEYS[best], float(probability[best] / probability.sum())
