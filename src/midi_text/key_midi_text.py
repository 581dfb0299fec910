"""Keys: their names, and which one a piece is in.

Pieces are named after the key they open and close in, wherever they go between. `estimate_piece_key` therefore weighs
which pitch classes sound in the whole, in the first four bars, the first bar and the last bar, and which note the bass
ends on, each counted from the tonic of every key, with weights learned by logistic regression (a "profile" for each of
the five) on the training pieces of an open-licence corpus, whole and in excerpts; the textbook fit of the whole is
added, and where the file states a key signature, that counts too. `estimate_key` is the plain textbook method, for
notes without a place in time.

How often it is right is measured by `evaluation.accuracy.keys`. What it cannot tell: church modes (they come out as
the major or minor key of the same final), a relative key where a song hovers between both, and the key of a piece that
ends elsewhere than it began.

References: J. Albrecht and D. Shanahan, "The Use of Large Corpora to Train a New Type of Key-Finding Algorithm",
Music Perception 31 (2013): profiles, Euclidean distance, opening and close. B. Aarden, "Dynamic Melodic Expectancy",
PhD thesis, Ohio State University (2003): the Aarden-Essen profiles, with correlation as in C. Krumhansl, "Cognitive
Foundations of Musical Pitch" (1990).
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
    return _most_likely(_CONFIDENCE[profile] * fit)


def _key_fit(pitches: np.ndarray, weights: np.ndarray, profile: str) -> np.ndarray:
    """How well each of `KEYS` fits the weighted pitch classes, shape (24,); more is better."""
    weight = np.bincount(pitches.astype(np.int64) % 12, weights, minlength=12)
    histogram = weight / weight.sum()
    rows = TURNED[profile]
    if profile == "albrecht-shanahan":
        return -np.linalg.norm(rows - histogram, axis=1)
    rows = rows - rows.mean(1, keepdims=True)
    histogram = histogram - histogram.mean()
    return rows @ histogram / (np.linalg.norm(rows, axis=1) * max(float(np.linalg.norm(histogram)), 1e-12))


def estimate_piece_key(notes: dict[str, np.ndarray], bar: int, sharps: int = 0) -> tuple[Key, float]:
    """The key of a piece: of its notes, its opening, its close, and of the key signature where one is written.

    Args:
        notes: Pitched notes: "time", "duration" (ticks, >= 1) and "pitch", each of shape (n,), n >= 1.
        bar: Length of a bar in ticks.
        sharps: Sharps of the key signature, flats negative; 0 where there is none or none is known, since a program
            that knows nothing writes a signature without accidentals.

    Returns:
        The key, and the probability that it is right, 0..1.
    """
    features = piece_key_features(notes, bar)
    fit = np.concatenate([features[:, _FROM_TONIC].transpose(1, 0, 2).reshape(12, -1) @ w for w in _PIECE_WEIGHTS])
    fit[12:] += _MINOR_BIAS
    fit = _LEARNED * fit + _TEXTBOOK * _key_fit(notes["pitch"], notes["duration"], "albrecht-shanahan")
    if sharps:
        fit += _SIGNATURE_FIT[(_SHARPS - sharps) % 12]
    return _most_likely(fit)


def piece_key_features(notes: dict[str, np.ndarray], bar: int) -> np.ndarray:
    """What tells the key of a piece, by pitch class.

    Args:
        notes: As `estimate_piece_key`.
        bar: Likewise.

    Returns:
        Shape (5, 12): the root of the share of time that each pitch class sounds in the whole, in the first four bars,
        in the first bar and in the last bar (a bar's length up to the end); then 1 for the lowest of the notes that
        sound when the last one starts.
    """
    time, end, pitch = notes["time"], notes["time"] + notes["duration"], notes["pitch"].astype(np.int64)
    first, last = int(time.min()), int(end.max())
    features = np.zeros((5, 12))
    for row, (begin, finish) in enumerate(
        ((first, last), (first, first + 4 * bar), (first, first + bar), (last - bar, last))
    ):
        sounding = np.maximum(np.minimum(end, finish) - np.maximum(time, begin), 0)
        weight = np.bincount(pitch % 12, sounding, minlength=12)
        features[row] = np.sqrt(weight / weight.sum())
    features[4, pitch[end > time.max()].min() % 12] = 1
    return features


# Hundredths; rows as in `piece_key_features`, columns semitones above the tonic. Learned by multinomial logistic
# regression over the 24 keys, so that exp(fit) is calibrated, by `evaluation.accuracy.learning`.
_MAJOR = (
    (824, -570, 222, -449, 577, 451, -579, 829, -302, -65, -841, 216),
    (175, -177, 200, -253, 148, 90, -279, 263, -106, 108, -341, -3),
    (125, 9, 11, -78, 103, -59, -113, 106, 11, -9, -150, -72),
    (97, 33, 69, -74, 79, -22, -63, 59, -27, 70, -86, 8),
    (75, 13, -15, 55, -74, -72, 32, -6, 39, -53, 27, -22),
)
_MINOR = (
    (810, -954, 146, 314, -598, 231, -132, 924, 155, -908, 9, -308),
    (138, -38, 136, 233, -311, 195, -235, 214, 71, -281, 70, -19),
    (220, -228, 18, 60, 11, 20, -64, 161, -86, -105, 15, 97),
    (63, -86, -38, 29, -4, 45, -125, 44, -104, -26, -11, 71),
    (88, 43, 20, -50, -2, -49, 14, -62, -23, 21, 11, -10),
)
_MINOR_BIAS = 0.60
# The two fits together are as right as the learned one in whole pieces, better calibrated in excerpts (log loss on
# held-out ones 0.44, without the textbook fit 0.46), and in less doubt about music made to fit such profiles.
_LEARNED, _TEXTBOOK = 0.8, 10.0
_PIECE_WEIGHTS = np.array([_MAJOR, _MINOR], np.float64).reshape(2, -1) / 100
_FROM_TONIC = (np.arange(12)[:, None] + np.arange(12)) % 12  # [tonic, semitones above it] -> pitch class
_SHARPS = np.array([7 * (key if key.mode == "major" else key.relative).tonic % 12 for key in KEYS])  # mod 12
# How much less likely a signature is than the key's own, as a log: of 1,900 training pieces with a signature and a
# named key 92 % agree, 5 % are a fifth off; no signature weighs more than clear notes, should a file be wrong.
_SIGNATURE_FIT = np.array([0, -3, *[-5] * 9, -3.0])
_CONFIDENCE = {"albrecht-shanahan": 33.0, "aarden-essen": 13.0}  # sharpness of least log loss on training pieces


def _most_likely(fit: np.ndarray) -> tuple[Key, float]:
    """The key of the best fit and its probability, where exp(fit), normalised over the keys, is that of each."""
    probability = np.exp(fit - fit.max())
    best = int(np.argmax(fit))
    return KEYS[best], float(probability[best] / probability.sum())
