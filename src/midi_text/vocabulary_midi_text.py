"""The words for what a score says: one table for writing captions and for reading prompts.

Conventions. A *class* is a word with a measurable meaning; every class here is a closed range of one
number of `MusicFacts`, and ranges may overlap, because words do (72 BPM is both "slow" and "andante").
Tempi are quarter notes per minute, as in MIDI files, whatever the metre. Program 128 stands for drums.
A *family* is a word that several programs satisfy ("guitar", "strings"); `Family.default` is what a
composer should take when only the family was asked. In a table row the words before the semicolon are
written and read, those after it are only read.
Lost: how many players share a program ("two violins" is one program), and moods and styles, which are
the model's to learn.
"""

from __future__ import annotations

from typing import NamedTuple

from .facts_midi_text import Key
from .instruments_midi_text import DRUMS as DRUMS
from .instruments_midi_text import INSTRUMENTS as INSTRUMENTS
from .instruments_midi_text import Instrument as Instrument
from .instruments_midi_text import gm_name as gm_name
from .instruments_midi_text import instrument_name as instrument_name


class Family(NamedTuple):
    """A word that any of `programs` satisfies; `default` is what to take when only the family is asked."""

    programs: frozenset[int]
    default: tuple[int, ...]
    written: tuple[str, ...]
    read_only: tuple[str, ...] = ()


def _family(programs: str, default: int, written: str, read_only: str = "") -> Family:
    members: set[int] = set()
    for part in programs.split():
        first, _, last = part.partition("-")
        members.update(range(int(first), int(last or first) + 1))
    words = [tuple(w.strip() for w in text.split(",") if w.strip()) for text in (written, read_only)]
    return Family(frozenset(members), (default,), words[0], words[1])


FAMILIES: dict[str, Family] = {
    "strings": _family("40-45 48-51", 48, "strings, string instruments", "bowed strings, orchestral strings"),
    "brass": _family("56-63", 61, "brass, brass instruments"),
    "woodwinds": _family("64-79", 73, "woodwinds, woodwind instruments", "woodwind, wind instruments"),
    "guitar": _family("24-31", 24, "guitar"),
    "acoustic guitar": _family("24-25", 25, "acoustic guitar"),
    "electric guitar": _family("26-31", 27, "electric guitar"),
    "bass": _family("32-39 43", 33, "bass"),
    "organ": _family("16-20", 19, "organ"),
    "electric piano": _family("2 4-5", 4, "electric piano", "e piano"),
    "keyboards": _family("0-7 16-20", 0, "keyboards, keyboard instruments", "keyboard"),
    "saxophone": _family("64-67", 65, "saxophone, sax", "saxes"),
    "voices": _family("52-54 85 91", 52, "voices, vocals", "singers"),
    "mallets": _family("9 11-13", 12, "mallet percussion, mallet instruments", "tuned percussion, mallets"),
    "synth lead": _family("80-87", 81, "synth lead, lead synth", "synthesizer lead, lead synthesizer"),
    "synth pad": _family("88-95", 89, "synth pad, pad", "synthesizer pad, ambient pad"),
    "synth": _family(
        "38-39 50-51 54 62-63 80-103", 81, "synthesizer, synth", "synthesiser, electronic synth, analog synth"
    ),
}

# An ensemble states every program it holds.
ENSEMBLES: dict[str, tuple[int, ...]] = {
    "string quartet": (40, 41, 42),
    "string trio": (40, 41, 42),
    "string quintet": (40, 41, 42),
    "piano trio": (0, 40, 42),
    "piano quartet": (0, 40, 41, 42),
    "piano quintet": (0, 40, 41, 42),
    "wind quintet": (73, 68, 71, 60, 70),
    "woodwind quintet": (73, 68, 71, 60, 70),
    "brass quintet": (56, 60, 57, 58),
    "brass quartet": (56, 60, 57, 58),
    "rock band": (29, 33, 128),
    "metal band": (30, 33, 128),
    "jazz trio": (0, 32, 128),
    "jazz piano trio": (0, 32, 128),
    "jazz quartet": (66, 0, 32, 128),
    "jazz combo": (66, 0, 32, 128),
    "big band": (56, 57, 65, 66, 0, 32, 128),
}
ORCHESTRA = ("strings", "woodwinds", "brass")  # what "orchestra" asks for, beside whatever else sounds


class TempoWord(NamedTuple):
    """A tempo word: it is true of every tempo from `low` to `high` quarter notes per minute."""

    low: float
    high: float
    written: tuple[str, ...]
    read_only: tuple[str, ...] = ()
    italian: bool = False


# Numbers outside are neither written nor read; a bound such as "at least 8 bars" ends here.
TEMPO_LIMITS = (10.0, 500.0)
BARS_LIMITS = (1, 1000)
DURATION_LIMITS = (0.5, 3600.0)
_SLOWEST, _FASTEST = 20.0, 300.0


def _tempo(low: float, high: float, written: str, read_only: str = "", italian: bool = False) -> TempoWord:
    words = [tuple(w.strip() for w in text.split(",") if w.strip()) for text in (written, read_only)]
    return TempoWord(low, high, words[0], words[1], italian)


TEMPO_WORDS: tuple[TempoWord, ...] = (
    _tempo(_SLOWEST, 56, "very slow", "extremely slow, really slow, super slow"),
    _tempo(_SLOWEST, 76, "slow, slow-paced", "slowly, slow tempo, slow paced, langsam, lent"),
    _tempo(60, 92, "moderately slow, slowish", "rather slow, fairly slow, quite slow"),
    _tempo(
        76,
        120,
        "moderate, medium-tempo, mid-tempo",
        "moderate tempo, moderate pace, moderate speed, medium tempo, medium pace, medium speed, mid tempo, "
        "midtempo, moderately paced, medium paced, walking pace, not too fast, not too slow, walking tempo",
    ),
    _tempo(100, 144, "moderately fast", "fairly fast, rather fast, quite fast, medium fast"),
    _tempo(104, 180, "lively, brisk", "upbeat, up beat"),
    _tempo(
        120,
        _FASTEST,
        "fast, quick, fast-paced, up-tempo",
        "quickly, fast tempo, fast paced, rapid, uptempo, up tempo, high tempo, high speed, schnell, speedy",
    ),
    _tempo(160, _FASTEST, "very fast", "extremely fast, really fast, super fast, breakneck, blistering"),
    _tempo(_SLOWEST, 48, "larghissimo", "grave tempo, tempo grave", italian=True),
    _tempo(38, 62, "largo", italian=True),
    _tempo(40, 66, "lento", italian=True),
    _tempo(54, 72, "larghetto", italian=True),
    _tempo(52, 78, "adagio", italian=True),
    _tempo(64, 84, "adagietto", italian=True),
    _tempo(70, 108, "andante", italian=True),
    _tempo(76, 112, "andantino", italian=True),
    _tempo(84, 120, "moderato", italian=True),
    _tempo(98, 130, "allegretto", italian=True),
    _tempo(96, 136, "allegro moderato", italian=True),
    _tempo(112, 170, "allegro", italian=True),
    _tempo(124, 180, "allegro vivace, vivace", "allegro assai, molto allegro, allegro molto", italian=True),
    _tempo(160, 220, "presto", italian=True),
    _tempo(190, _FASTEST, "prestissimo", italian=True),
)

# Metres in words, and the dances whose name fixes the metre unless another one is stated.
METRE_WORDS: dict[str, tuple[int, int]] = {
    "waltz time": (3, 4), "three four": (3, 4), "three quarter time": (3, 4), "common time": (4, 4),
    "four four": (4, 4), "cut time": (2, 2), "alla breve": (2, 2), "two four": (2, 4), "two two": (2, 2),
    "three eight": (3, 8), "five four": (5, 4), "five eight": (5, 8), "six eight": (6, 8), "six four": (6, 4),
    "seven eight": (7, 8), "seven four": (7, 4), "nine eight": (9, 8), "twelve eight": (12, 8),
}  # fmt: skip
DANCE_METRES: dict[str, tuple[int, int]] = {
    "waltz": (3, 4), "waltzes": (3, 4), "minuet": (3, 4), "menuet": (3, 4), "mazurka": (3, 4), "ländler": (3, 4),
    "polonaise": (3, 4), "jig": (6, 8), "slip jig": (9, 8), "polka": (2, 4),
}  # fmt: skip
METRE_DENOMINATORS = (1, 2, 4, 8, 16, 32)


class Band(NamedTuple):
    """A class word of one fact: true when the measured number lies in [low, high)."""

    low: float
    high: float
    written: tuple[str, ...]
    read_only: tuple[str, ...] = ()


_INF = float("inf")

DENSITY: dict[str, Band] = {  # notes per second
    "sparse": Band(0, 3, ("sparse", "spacious"), ("few notes", "not many notes", "uncluttered")),
    "moderate": Band(3, 9, ("moderately dense", "moderately busy"), ("moderate density", "medium density")),
    "dense": Band(9, _INF, ("busy", "dense", "note-heavy"), ("many notes", "lots of notes", "high density")),
}
DYNAMICS: dict[str, Band] = {  # mean velocity, 0 to 127
    "very soft": Band(0, 44, ("very soft", "very quiet", "pianissimo"), ("pp", "ppp", "hushed", "extremely soft")),
    "soft": Band(0, 64, ("soft", "quiet"), ("softly", "quietly")),
    "moderately soft": Band(54, 74, ("moderately soft", "mezzo-piano"), ("mp", "mezzopiano")),
    "moderately loud": Band(68, 94, ("moderately loud", "mezzo-forte"), ("mf", "mezzoforte")),
    "loud": Band(88, _INF, ("loud", "forte"), ("loudly", "ff and louder")),
    "very loud": Band(104, _INF, ("very loud", "fortissimo"), ("ff", "fff", "extremely loud", "thunderous")),
}
ARTICULATION: dict[str, Band] = {  # sounding length over the time to the next onset
    "staccato": Band(0, 0.65, ("staccato",), ("short notes", "staccatissimo", "short detached notes")),
    "detached": Band(0, 0.85, ("detached", "non-legato"), ("portato",)),
    "legato": Band(0.9, _INF, ("legato", "smoothly connected"), ("smooth and connected", "connected notes")),
}
TEXTURE: dict[str, Band] = {  # mean number of pitched notes sounding (monophonic, polyphonic: the maximum)
    "monophonic": Band(0, 2, ("monophonic", "single-line"), ("single line", "single note line", "one note at a time")),
    "polyphonic": Band(2, _INF, ("polyphonic",), ()),
    "thin": Band(0, 2.2, ("thin-textured",), ("thin texture", "light texture", "transparent texture")),
    "full": Band(3.8, _INF, ("full-textured", "thick-textured"),
                 ("full texture", "thick texture", "rich texture", "dense texture", "thick chords")),
}  # fmt: skip
REGISTER: dict[str, Band] = {  # see `register_is`: a rule on the lowest and highest pitch
    "high": Band(60, 128, ("high-register", "high-pitched"), ("high register", "upper register", "high range")),
    "low": Band(0, 65, ("low-register", "low-pitched"), ("low register", "lower register", "low range")),
    "wide": Band(48, 128, ("wide-ranging",), ("wide range", "wide pitch range", "broad range", "large range")),
    "narrow": Band(0, 17, ("narrow-ranged",), ("narrow range", "small range", "narrow pitch range")),
}
CLASSES: dict[str, dict[str, Band]] = {
    "density": DENSITY, "dynamics": DYNAMICS, "articulation": ARTICULATION, "register": REGISTER, "texture": TEXTURE,
}  # fmt: skip

NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
ABOUT_SHARE = 0.1  # "about 30" is true from 27 to 33; for a tempo half of that


def about(number: float, share: float = ABOUT_SHARE) -> tuple[float, float]:
    """The range that "about `number`" stands for."""
    return round(number * (1 - share), 2), round(number * (1 + share), 2)


_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


def key_spellings(key: Key) -> tuple[str, ...]:
    """The ways a key is written, the usual one several times: "Eb major", "E-flat major", "D# major"."""
    usual = key.name.split()[0]
    spelt = [f"{usual} {key.mode}"] * 2
    for tonic in (usual, usual, _SHARP[key.tonic], _FLAT[key.tonic]):
        if len(tonic) == 2:
            sign, symbol = ("sharp", "♯") if tonic[1] == "#" else ("flat", "♭")
            spelt += [f"{tonic[0]}{separator}{key.mode}" for separator in (f"-{sign} ", f" {sign} ", f"{symbol} ")]
            spelt.append(f"{tonic} {key.mode}")
    return tuple(spelt)


def register_is(word: str, lowest: int | None, highest: int | None) -> bool:
    """Whether a register class holds: high/low bound the lowest/highest pitch, wide/narrow the range."""
    if lowest is None or highest is None:
        return False
    number = {"high": lowest, "low": highest}.get(word, highest - lowest)
    band = REGISTER[word]
    return band.low <= number < band.high


def tempo_words(tempo_bpm: float, italian: bool | None = None) -> tuple[str, ...]:
    """Every written tempo word that is true of a tempo; English or Italian only when `italian` is set."""
    return tuple(
        word
        for entry in TEMPO_WORDS
        if entry.low <= tempo_bpm <= entry.high and italian in (None, entry.italian)
        for word in entry.written
    )
