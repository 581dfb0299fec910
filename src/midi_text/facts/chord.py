"""Chords by name: "Am7/C" is a root, a quality and a bass.

A root and a bass are pitch classes, 0 = C .. 11 = B. A quality is the set of intervals above the root that `QUALITIES`
gives; an inversion is the same chord with another bass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# quality -> intervals in semitones above the root, suffix of its symbol
QUALITIES: dict[str, tuple[tuple[int, ...], str]] = {
    "maj": ((0, 4, 7), ""),
    "min": ((0, 3, 7), "m"),
    "dim": ((0, 3, 6), "dim"),
    "aug": ((0, 4, 8), "aug"),
    "sus2": ((0, 2, 7), "sus2"),
    "sus4": ((0, 5, 7), "sus4"),
    "5": ((0, 7), "5"),
    "6": ((0, 4, 7, 9), "6"),
    "min6": ((0, 3, 7, 9), "m6"),
    "7": ((0, 4, 7, 10), "7"),
    "maj7": ((0, 4, 7, 11), "maj7"),
    "min7": ((0, 3, 7, 10), "m7"),
    "minmaj7": ((0, 3, 7, 11), "mMaj7"),
    "dim7": ((0, 3, 6, 9), "dim7"),
    "hdim7": ((0, 3, 6, 10), "m7b5"),
}
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_SYMBOL = re.compile(r"([A-G])([#♯b♭]?)([^/]*)(?:/([A-G])([#♯b♭]?))?")
_BY_SUFFIX = {suffix: quality for quality, (_, suffix) in QUALITIES.items()}


@dataclass(frozen=True, order=True)
class Chord:
    """A chord.

    Attributes:
        root: Pitch class, 0 = C .. 11 = B.
        quality: One of `QUALITIES`.
        bass: Pitch class of the lowest note; `root` in root position.
    """

    root: int
    quality: str
    bass: int

    @property
    def name(self) -> str:
        """Its symbol, such as "Am7/C"."""
        symbol = NAMES[self.root] + QUALITIES[self.quality][1]
        return symbol if self.bass == self.root else f"{symbol}/{NAMES[self.bass]}"

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes of its quality."""
        return frozenset((self.root + interval) % 12 for interval in QUALITIES[self.quality][0])

    def transposed(self, semitones: int) -> Chord:
        """The chord `semitones` higher."""
        return Chord((self.root + semitones) % 12, self.quality, (self.bass + semitones) % 12)

    @classmethod
    def parse(cls, name: str) -> Chord:
        """The chord of a symbol.

        Raises:
            ValueError: If it is no chord symbol.
        """
        match = _SYMBOL.fullmatch(name.strip())
        if match is None or match.group(3) not in _BY_SUFFIX:
            raise ValueError(f"a chord must read like 'Am7' or 'C/E', got {name!r}")
        letter, sign, suffix, bass, bass_sign = match.groups()
        root = (_LETTERS[letter] + _SIGNS[sign]) % 12
        return cls(root, _BY_SUFFIX[suffix], (_LETTERS[bass] + _SIGNS[bass_sign]) % 12 if bass else root)
