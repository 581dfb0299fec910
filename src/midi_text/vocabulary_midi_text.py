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

DRUMS = 128

# General MIDI name | words written (first: the usual one); words only read
_PROGRAMS = """\
Acoustic Grand Piano|piano, grand piano, acoustic piano; pianoforte, fortepiano, upright piano
Bright Acoustic Piano|bright piano, bright acoustic piano
Electric Grand Piano|electric grand piano, electric grand
Honky-tonk Piano|honky-tonk piano; honky tonk, saloon piano
Electric Piano 1|electric piano 1, Rhodes piano; rhodes, tine piano, fender rhodes, wurlitzer
Electric Piano 2|electric piano 2, FM electric piano; fm piano, dx7 piano
Harpsichord|harpsichord; cembalo, clavecin
Clavi|clavinet; clavi, clav
Celesta|celesta; celeste
Glockenspiel|glockenspiel; orchestra bells
Music Box|music box
Vibraphone|vibraphone
Marimba|marimba
Xylophone|xylophone
Tubular Bells|tubular bells; church bells, chimes
Dulcimer|dulcimer; hammered dulcimer, santur
Drawbar Organ|drawbar organ, Hammond organ; hammond, jazz organ
Percussive Organ|percussive organ
Rock Organ|rock organ
Church Organ|church organ, pipe organ; cathedral organ
Reed Organ|reed organ, harmonium
Accordion|accordion; accordeon
Harmonica|harmonica; mouth organ, blues harp
Tango Accordion|bandoneon, tango accordion
Acoustic Guitar (nylon)|nylon-string guitar, classical guitar, nylon guitar; spanish guitar, flamenco guitar
Acoustic Guitar (steel)|steel-string guitar, steel-string acoustic guitar, folk guitar; steel string guitar
Electric Guitar (jazz)|jazz guitar, jazz electric guitar; hollow body guitar
Electric Guitar (clean)|clean electric guitar, clean guitar
Electric Guitar (muted)|muted electric guitar, muted guitar; palm muted guitar
Overdriven Guitar|overdriven guitar, overdriven electric guitar; overdrive guitar
Distortion Guitar|distorted guitar, distortion guitar, distorted electric guitar; heavy metal guitar, fuzz guitar
Guitar Harmonics|guitar harmonics
Acoustic Bass|acoustic bass, upright bass; stand up bass, jazz bass
Electric Bass (finger)|electric bass, fingered bass, bass guitar; electric bass guitar, fingered electric bass
Electric Bass (pick)|picked bass, picked electric bass; pick bass
Fretless Bass|fretless bass
Slap Bass 1|slap bass; slap bass 1, slapped bass
Slap Bass 2|slap bass 2, second slap bass
Synth Bass 1|synth bass, synth bass 1; synthesizer bass, synthesiser bass
Synth Bass 2|synth bass 2, second synth bass
Violin|violin; violino
Viola|viola
Cello|cello, violoncello; celli
Contrabass|double bass, contrabass; string bass, contrabasso
Tremolo Strings|tremolo strings, tremolo string section
Pizzicato Strings|pizzicato strings, plucked strings
Orchestral Harp|harp, concert harp; orchestral harp
Timpani|timpani, kettledrums; timpanis, kettle drums
String Ensemble 1|string ensemble, string orchestra, string section; string ensemble 1, ensemble strings
String Ensemble 2|slow strings, string ensemble 2; slow string ensemble
Synth Strings 1|synth strings, synth strings 1; synthesizer strings, synthstrings
Synth Strings 2|synth strings 2, second synth strings
Choir Aahs|choir, vocal choir; choir aahs, satb, satb choir, mixed choir, vocal ensemble, choral voices
Voice Oohs|voice, solo voice, singing voice; voice oohs, singer, vocal, vocalist, vocal line, soprano, \
mezzo soprano, soprano voice, tenor voice, alto voice, bass voice, baritone voice
Synth Voice|synth voice, synth choir; synth vox
Orchestra Hit|orchestra hit, orchestral hit
Trumpet|trumpet; cornet
Trombone|trombone; bass trombone
Tuba|tuba
Muted Trumpet|muted trumpet
French Horn|French horn, horn; f horn, hunting horn
Brass Section|brass section, brass ensemble; horn section
Synth Brass 1|synth brass, synth brass 1; synthesizer brass
Synth Brass 2|synth brass 2, second synth brass
Soprano Sax|soprano saxophone, soprano sax
Alto Sax|alto saxophone, alto sax
Tenor Sax|tenor saxophone, tenor sax
Baritone Sax|baritone saxophone, baritone sax; bari sax
Oboe|oboe
English Horn|English horn, cor anglais
Bassoon|bassoon; fagott, fagotto
Clarinet|clarinet
Piccolo|piccolo; piccolo flute
Flute|flute; transverse flute, concert flute
Recorder|recorder; blockflute
Pan Flute|pan flute, panpipes; pan pipes, panflute
Blown Bottle|blown bottle
Shakuhachi|shakuhachi
Whistle|whistle, tin whistle; penny whistle, irish whistle
Ocarina|ocarina
Lead 1 (square)|square lead, square-wave lead; square wave synth
Lead 2 (sawtooth)|sawtooth lead, saw lead; saw synth
Lead 3 (calliope)|calliope lead, calliope
Lead 4 (chiff)|chiff lead
Lead 5 (charang)|charang lead
Lead 6 (voice)|voice lead, solo vox
Lead 7 (fifths)|fifths lead
Lead 8 (bass + lead)|bass-and-lead synth, bass and lead
Pad 1 (new age)|new age pad, fantasia pad
Pad 2 (warm)|warm pad
Pad 3 (polysynth)|polysynth pad, polysynth
Pad 4 (choir)|choir pad, space choir
Pad 5 (bowed)|bowed pad, bowed glass pad
Pad 6 (metallic)|metallic pad, metal pad
Pad 7 (halo)|halo pad
Pad 8 (sweep)|sweep pad
FX 1 (rain)|rain effect, ice rain synth
FX 2 (soundtrack)|soundtrack effect, soundtrack synth
FX 3 (crystal)|crystal effect, crystal synth
FX 4 (atmosphere)|atmosphere effect, atmosphere synth
FX 5 (brightness)|brightness effect, brightness synth
FX 6 (goblins)|goblins effect, goblin synth
FX 7 (echoes)|echoes effect, echo drops synth
FX 8 (sci-fi)|sci-fi effect, star theme synth
Sitar|sitar
Banjo|banjo
Shamisen|shamisen
Koto|koto
Kalimba|kalimba; thumb piano, mbira
Bagpipe|bagpipe, bagpipes; pipes and drones, highland pipes
Fiddle|fiddle
Shanai|shanai; shehnai
Tinkle Bell|tinkle bell
Agogo|agogo, agogo bells
Steel Drums|steel drums, steelpan; steel drum, steel pan
Woodblock|woodblock; wood block
Taiko Drum|taiko drum, taiko
Melodic Tom|melodic tom, melodic toms
Synth Drum|synth drum; electronic tom
Reverse Cymbal|reverse cymbal
Guitar Fret Noise|guitar fret noise
Breath Noise|breath noise
Seashore|seashore sound, sea shore effect
Bird Tweet|bird tweet, birdsong effect
Telephone Ring|telephone ring
Helicopter|helicopter sound
Applause|applause sound
Gunshot|gunshot sound
Drums|drums, drum kit, drum set, percussion; drum, drumkit, drumset, drum track, drum beat, drum fill, \
drum groove, drum loop, drum pattern, drum solo, drum machine, drumming, acoustic drums, \
percussion section, drummer, bass drum, snare drum, snare, kick drum, hi hat, cymbal, tambourine, shaker, maracas, \
conga, bongo, timbales, cajon, djembe, bodhrán, hand drum, hand percussion, 808 drums"""


class Instrument(NamedTuple):
    """One program and its words; `written` are also read."""

    program: int
    gm_name: str
    written: tuple[str, ...]
    read_only: tuple[str, ...]


def _row(program: int, line: str) -> Instrument:
    gm_name, words = line.split("|")
    written, _, read_only = words.partition(";")
    split = [tuple(w.strip() for w in part.split(",") if w.strip()) for part in (written, read_only)]
    return Instrument(program, gm_name, split[0], split[1])


INSTRUMENTS: tuple[Instrument, ...] = tuple(_row(i, line) for i, line in enumerate(_PROGRAMS.splitlines()))


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


def instrument_name(program: int) -> str:
    """The usual English name of a program ("violin"); 128 is "drums".

    Raises:
        ValueError: `program` is not in 0..128.
    """
    if not 0 <= program <= DRUMS:
        raise ValueError(f"program must lie in 0..128 (128 stands for drums), found {program}")
    return INSTRUMENTS[program].written[0]


def gm_name(program: int) -> str:
    """The General MIDI name of a program ("Acoustic Grand Piano"); 128 is "Drums".

    Raises:
        ValueError: `program` is not in 0..128.
    """
    instrument_name(program)
    return INSTRUMENTS[program].gm_name


def tempo_words(tempo_bpm: float, italian: bool | None = None) -> tuple[str, ...]:
    """Every written tempo word that is true of a tempo; English or Italian only when `italian` is set."""
    return tuple(
        word
        for entry in TEMPO_WORDS
        if entry.low <= tempo_bpm <= entry.high and italian in (None, entry.italian)
        for word in entry.written
    )
