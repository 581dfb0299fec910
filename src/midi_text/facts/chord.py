"""Chords by name and by Roman numeral: "Am7/C", "vi7".

A root and a bass are pitch classes, 0 = C .. 11 = B. A quality is the set of intervals above the root that `QUALITIES`
gives; an inversion is the same chord with another bass. `Chord.name` and `Chord.parse` are exact inverses, and so are
`roman_numeral` and `Chord.from_roman` but for the bass, which a numeral leaves out.

Lost in reading a symbol: what a quality cannot hold. Ninths, elevenths, thirteenths and added notes go ("C9" is C7,
"Cadd9" is C), a suspended chord loses its seventh ("A7sus4" is Asus4), a seventh chord its altered fifth ("G7#5" is
G7; "m7b5" is a quality of its own).

Numerals follow the usual textbook: upper case for a major third and lower for a minor, "°" diminished, "ø" half
diminished, "+" augmented, "7" a minor seventh above the root (of "°" a diminished one), "maj7" a major one, "add6" an
added sixth, because "6" alone is a first inversion. Degrees count from the major scale in major and from the natural
minor in minor, where "vii°" and "viiø" nonetheless stand on the leading note. "V7/V" is the dominant of the dominant.

Source: C. Harte et al., "Symbolic representation of musical chords" (ISMIR 2005), whose "A:min7/b3" is read too; S.
Kostka and D. Payne, "Tonal Harmony", for the numerals; M. Cuthbert's music21, `roman`, for the minor mode.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..key_midi_text import Key

# quality -> intervals in semitones above the root, suffix of its symbol, suffix of its numeral
QUALITIES: dict[str, tuple[tuple[int, ...], str, str]] = {
    "maj": ((0, 4, 7), "", ""),
    "min": ((0, 3, 7), "m", ""),
    "dim": ((0, 3, 6), "dim", "°"),
    "aug": ((0, 4, 8), "aug", "+"),
    "sus2": ((0, 2, 7), "sus2", "sus2"),
    "sus4": ((0, 5, 7), "sus4", "sus4"),
    "5": ((0, 7), "5", "5"),
    "6": ((0, 4, 7, 9), "6", "add6"),
    "min6": ((0, 3, 7, 9), "m6", "add6"),
    "7": ((0, 4, 7, 10), "7", "7"),
    "maj7": ((0, 4, 7, 11), "maj7", "maj7"),
    "min7": ((0, 3, 7, 10), "m7", "7"),
    "minmaj7": ((0, 3, 7, 11), "mMaj7", "maj7"),
    "dim7": ((0, 3, 6, 9), "dim7", "°7"),
    "hdim7": ((0, 3, 6, 10), "m7b5", "ø7"),
}
_BY_INTERVALS = {intervals: quality for quality, (intervals, *_) in QUALITIES.items()}
_STRANGE = re.compile("##|bb|^[BE]#|^[CF]b")  # spellings that few people read at sight
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_FIFTHS = "FCGDAEB"  # the letters along the line of fifths; F is -1, C is 0
_FLATTEST = -8  # F flat
# Fifths from a root up to each interval as a chord spells it; a sixth is major but in the diminished seventh chord.
_CHORD_FIFTHS = {0: 0, 2: 2, 3: -3, 4: 4, 5: -1, 6: -6, 7: 1, 8: 8, 9: 3, 10: -2, 11: 5}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}

_NOTE = r"([A-G])([#♯]+|[b♭]+|)"
_DEGREE = r"[b#♭♯]?(?:1[0-3]|[1-9])"
_SYMBOL = re.compile(rf"{_NOTE}((?:[^/]|/9|/[Mm]aj|/M)*?)(?:/(?:{_NOTE}|((?!(?<=6/)9){_DEGREE})))?")
_SUFFIX = re.compile(
    r"(?:(?P<minor>[Mm]in(?:or)?|MIN|mi|m|[-–−])|(?P<half>[Hh]alf-?dim(?:inished)?|hdim|h|[øØ])"
    r"|(?P<dim>[Dd]im(?:inished)?|DIM|[°º]|o(?=7))|(?P<aug>[Aa]ug(?:mented)?|AUG|\+)|dom(?:inant)?)?"
    r"(?:/?(?P<major>[Mm]aj(?:or)?|MAJ|[Mm]a|M|j)|(?P<delta>[Δ△∆^]))?"
    r"(?P<number>6/?9|1[13]|[5679])?(?:th)?(?P<seventh>M|maj)?"
    r"(?P<tail>(?:sus(?:pended)?[24]?|add[#b]?\d+|(?:no|omit)[35]|[#b+-](?:5|7|9|11|13)|\+|alt)*)"
)
_NUMERAL = re.compile(r"([b#♭♯]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/]*)(?:/([b#♭♯]?[IViv]+.*))?")
_DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")
_DEGREES_BY_FIFTHS = ("IV", "I", "V", "II", "VI", "III", "VII")
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_FIGURES = {"6": 1, "63": 1, "64": 2, "65": 1, "43": 2, "42": 3, "2": 3}  # figured bass -> which chord note is lowest
_FIGURED = re.compile(r"(.*?)(64|63|65|43|42|6|2)")
_PLAIN = str.maketrans("♭♯", "b#", "()")
_DIMINISHED = ("dim", "dim7", "hdim7")


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
        """Its symbol, such as "Am7/C", the root spelled as the tonic of the key of its third."""
        mode = "minor" if 3 in QUALITIES[self.quality][0] else "major"
        return self._symbol(_fifths_of(Key(self.root, mode).name), Key(self.root, mode))

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes of its quality."""
        return frozenset(self.tones)

    @property
    def tones(self) -> tuple[int, ...]:
        """The same in the order of the quality, the root first."""
        return tuple((self.root + interval) % 12 for interval in QUALITIES[self.quality][0])

    @property
    def in_root_position(self) -> Chord:
        """The chord with its root as the bass."""
        return replace(self, bass=self.root)

    def transposed(self, semitones: int) -> Chord:
        """The chord `semitones` higher."""
        return Chord((self.root + semitones) % 12, self.quality, (self.bass + semitones) % 12)

    def spelled(self, key: Key) -> str:
        """Its symbol as a piece in `key` spells it: "Ebm7" or "D#m7", "G#dim" in A minor, "E/G#" not "E/Ab".

        A root is no double flat: the lowered second of Db major is D.
        """
        root = _fifths_in(self.root, key, self.quality in _DIMINISHED)
        return self._symbol(root if root >= _FLATTEST else root + 12, key)

    def _symbol(self, root: int, key: Key) -> str:
        """The symbol with the root `root` fifths above C; a bass foreign to the chord is spelled as in `key`."""
        intervals, suffix, _ = QUALITIES[self.quality]
        symbol = _note_name(root) + suffix
        above = (self.bass - self.root) % 12
        if not above:
            return symbol
        if above in intervals:
            bass = root + (-9 if (above, self.quality) == (9, "dim7") else _CHORD_FIFTHS[above])
        else:
            bass = _fifths_in(self.bass, key, False)
        return f"{symbol}/{_note_name(bass)}"

    @classmethod
    def parse(cls, name: str) -> Chord:
        """The chord of a symbol in any usual spelling: "Am", "A-", "Amin7", "AM7", "A△7", "Aø", "A°", "Asus", "C/E".

        Raises:
            ValueError: If it is no chord symbol.
        """
        match = _SYMBOL.fullmatch(re.sub(r"[\s,:]", "", name))
        quality = _quality(match.group(3), minor=False) if match else None
        if match is None or quality is None:
            raise ValueError(f"a chord must read like 'Am7' or 'C/E', got {name!r}")
        letter, sign, _, bass, bass_sign, degree = match.groups()
        root = _pitch_class(letter + sign)
        if degree:
            return cls(root, quality, (root + _interval(degree)) % 12)
        return cls(root, quality, _pitch_class(bass + bass_sign) if bass else root)

    @classmethod
    def from_roman(cls, numeral: str, key: Key) -> Chord:
        """The chord of a numeral in a key: "vi", "V7", "bVII", "ii65", "vii°7/V".

        Figured bass sets the bass. In minor, "bIII", "bVI" and "bVII" are the degrees of the natural minor, as
        those write them who count from the major scale.

        Raises:
            ValueError: If it is no numeral.
        """
        match = _NUMERAL.fullmatch(re.sub(r"\s", "", numeral))
        if match is None:
            raise ValueError(f"a numeral must read like 'vi', 'V7' or 'V7/V', got {numeral!r}")
        sign, degree, suffix, target = match.groups()
        suffix = re.sub("^o", "°", suffix)
        if target:
            aim = cls.from_roman(target, key)
            key = Key(aim.root, "minor" if 3 in QUALITIES[aim.quality][0] else "major")
        figured = _FIGURED.fullmatch(suffix) if "add" not in suffix and "sus" not in suffix else None
        inversion = _FIGURES[figured.group(2)] if figured else 0
        if figured:
            suffix = figured.group(1) + ("7" if figured.group(2) in ("65", "43", "42", "2") else "")
        quality = _quality(suffix, minor=degree.islower())
        if quality is None or inversion >= len(QUALITIES[quality][0]):
            raise ValueError(f"a numeral must read like 'vi', 'V7' or 'V7/V', got {numeral!r}")
        place = _DEGREES.index(degree.upper())
        alteration = _ACCIDENTALS[sign]
        if key.mode == "minor" and place == 6 and quality in _DIMINISHED:
            alteration = min(alteration + 1, 1)
        elif key.mode == "minor" and place in (2, 5, 6):
            alteration = max(alteration, 0)
        root = (key.tonic + _SCALES[key.mode][place] + alteration) % 12
        return cls(root, quality, (root + QUALITIES[quality][0][inversion]) % 12)


def chord_names(chords: Sequence[Chord], key: Key | None) -> list[str]:
    """Their symbols, spelled as the key spells them; each by itself where there is none or the spelling is strange."""
    spelled = [chord.spelled(key) if key else chord.name for chord in chords]
    return [chord.name for chord in chords] if any(_STRANGE.search(name) for name in spelled) else spelled


def roman_numeral(chord: Chord, key: Key, following: Chord | None = None) -> str:
    """The numeral of a chord in a key, without its inversion.

    Args:
        chord: The chord.
        key: The key.
        following: The chord after it. A chord foreign to the key that is the dominant of `following`, itself a
            degree of the key other than the tonic, is named after it: "V7/V", "vii°7/ii".
    """
    if following is not None and chord.root != following.root:
        applied = _applied(chord, key, following)
        if applied:
            return applied
    diminished = chord.quality in _DIMINISHED
    accidentals, letter = divmod(_fifths_in(chord.root, key, diminished) - _fifths_of(key.name) + 1, 7)
    degree = _DEGREES_BY_FIFTHS[letter]
    if key.mode == "minor" and degree in ("III", "VI", "VII"):
        accidentals += 0 if diminished and degree == "VII" else 1
    sign = "#" * accidentals if accidentals > 0 else "b" * -accidentals
    _, _, suffix = QUALITIES[chord.quality]
    return sign + (degree.lower() if 3 in QUALITIES[chord.quality][0] else degree) + suffix


def roman_numerals(chords: tuple[Chord, ...], key: Key) -> tuple[str, ...]:
    """The numerals of a progression, applied dominants named after the chord that follows them."""
    following = (*chords[1:], None)
    return tuple(roman_numeral(chord, key, after) for chord, after in zip(chords, following, strict=True))


def is_diatonic(chord: Chord, key: Key) -> bool:
    """Whether its notes lie in the scale of the key; in minor the leading note may stand for the seventh degree."""
    above = {(pitch - key.tonic) % 12 for pitch in chord.pitch_classes}
    return above <= set(_SCALES[key.mode]) or (key.mode == "minor" and above <= {0, 2, 3, 5, 7, 8, 11})


def _applied(chord: Chord, key: Key, following: Chord) -> str | None:
    """The numeral of a dominant of `following`; None if it is none."""
    if is_diatonic(chord, key) or not is_diatonic(following, key) or following.root == key.tonic:
        return None
    step = (following.root - chord.root) % 12
    if chord.quality in ("maj", "7") and step == 5:
        head = "V" + QUALITIES[chord.quality][2]
    elif chord.quality in _DIMINISHED and step == 1:
        head = "vii" + QUALITIES[chord.quality][2]
    else:
        return None
    plain = "min" if 3 in QUALITIES[following.quality][0] else "maj"
    if following.quality in _DIMINISHED:
        return None  # a diminished chord is no key to have a dominant in
    return f"{head}/{roman_numeral(Chord(following.root, plain, following.root), key)}"


def _quality(suffix: str, minor: bool) -> str | None:
    """The quality of what follows the root in a symbol, of a lower-case numeral if `minor`; None if it is none."""
    match = _SUFFIX.fullmatch(suffix.translate(_PLAIN))
    if match is None:
        return None
    part, tail = match.groupdict(), match.group("tail")
    diminished = bool(part["dim"] or part["half"])
    lowered, raised = re.search("[b-]5", tail), part["aug"] or re.search(r"[#+]5|\+$", tail)
    number = part["number"] or ""
    third = 3 if minor or part["minor"] or diminished else 4
    fifth = 6 if diminished or lowered else 8 if raised else 7
    if number == "5" or "no3" in tail or "omit3" in tail:
        return "5"
    if "sus" in tail:
        return "sus2" if "2" in tail.partition("sus")[2][:7] and "sus4" not in tail else "sus4"
    top: tuple[int, ...] = ()
    if number in ("6", "69", "6/9") or "add6" in tail or "add13" in tail:
        top = (9,)
    elif part["seventh"] or part["delta"] or (part["major"] and (number or minor or part["minor"])):
        top = (11,)
    elif number or part["half"]:
        top = (9,) if part["dim"] else (10,)
    for intervals in ((0, third, fifth, *top), (0, third, 7, *top), (0, third, fifth)):
        if intervals in _BY_INTERVALS:
            return _BY_INTERVALS[intervals]
    return None


def _pitch_class(note: str) -> int:
    """The pitch class of a note name, a letter and its accidentals."""
    return _fifths_of(note) * 7 % 12


def _fifths_of(note: str) -> int:
    """Fifths from C up to a note name, or to the tonic of the name of a key."""
    return _FIFTHS.index(note[0]) - 1 + 7 * sum(_ACCIDENTALS[sign] for sign in note.split()[0][1:])


def _note_name(fifths: int) -> str:
    """The name of the note so many fifths above C."""
    accidentals, letter = divmod(fifths + 1, 7)
    return _FIFTHS[letter] + ("#" * accidentals if accidentals > 0 else "b" * -accidentals)


def _fifths_in(pitch_class: int, key: Key, leading: bool) -> int:
    """Fifths from C up to a pitch class as a key spells it: from the lowered second to the raised fourth.

    A note that leads upwards (`leading`), as the root of a diminished chord does, is a raised first too, in major also
    a raised second and fifth.
    """
    above = (pitch_class - key.tonic) * 7 % 12  # fifths above the tonic, 0..11
    highest = 6 if not leading else 9 if key.mode == "major" else 7
    return _fifths_of(key.name) + (above if above <= highest else above - 12)


def _interval(degree: str) -> int:
    """Semitones of a degree of the major scale, such as "b7"."""
    sign, number = (degree[0], degree[1:]) if degree[0] in _ACCIDENTALS else ("", degree)
    return _SCALES["major"][(int(number) - 1) % 7] + _ACCIDENTALS[sign]
