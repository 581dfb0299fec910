"""The grid of FactPrompts: prompts whose every fact is known, balanced, in sentences of this module's own.

Every factor has levels, and each level occurs equally often (up to one), independently of the others: tonic and mode;
tempo as a number anywhere in one of the nine TB bins, or as a word; metre; number of instruments, with or without
drums; length in bars or seconds; a progression; a form; words of genre and mood; an attribute of MuseCoco's; which of
them a prompt leaves out; and the voice it speaks in. Two voices are sentences, one is a form to fill in, one a line of
keywords, so that no system is examined in one template. The sentences are not those that captions and training prompts
are made from: a model is not examined in the words it was taught in. The same seed gives the same prompts.

What a range of words means ("slow" is 20 to 76 quarter notes a minute) is `vocabulary_midi_text.TEMPO_WORDS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..facts.chord import Chord
from ..key_midi_text import Key
from ..vocabulary_midi_text import DRUMS, INSTRUMENTS, TEMPO_WORDS, TempoWord, key_spellings
from .adherence import TEMPO_MARKS
from .gold import INTENSITIES, Gold, Prompt

TEMPO_LIMITS = (30, 250)
METRES = ((4, 4), (3, 4), (2, 4), (6, 8), (2, 2), (12, 8))
BARS = range(4, 33)
SECONDS = (10, 20, 30, 40, 50, 60, 75, 90)
PITCHED = range(1, 6)  # pitched instruments, with and without drums beside them
FORMS = ("ABA", "AABA", "AABB", "ABAB", "AABBA", "ABACA")
PROGRESSIONS = {
    "major": ("I V vi IV", "I vi IV V", "ii V I", "I IV V I", "vi IV I V", "I iii IV V", "I ii V I", "I IV I V"),
    "minor": ("i VI III VII", "i iv V i", "i VII VI V", "i iv VII III", "i VI iv V", "i III VII iv", "i v iv i"),
}
MOODS = ("sad", "cheerful", "mysterious", "peaceful", "energetic", "dreamy", "solemn", "playful", "tense", "nostalgic",
         "triumphant", "gentle")  # fmt: skip
GENRES = ("jazz", "rock", "folk", "classical", "pop", "film", "blues", "ambient", "video game", "funk", "Latin",
          "electronic")  # fmt: skip
# Piano, harpsichord, vibraphone, marimba, organs, accordion, guitars, basses, strings, choir, brass, reeds, flutes,
# synthesizers, sitar, banjo, fiddle, steel drums.
_PROGRAMS = (0, 4, 6, 11, 12, 16, 19, 21, 24, 25, 27, 29, 32, 33, 40, 41, 42, 43, 46, 48, 52, 53, 56, 57, 58, 60,
             61, 65, 66, 68, 70, 71, 73, 74, 75, 81, 89, 104, 105, 110, 114)  # fmt: skip
# What a prompt leaves out; the empty tuple leaves out nothing.
_OMITTED = ((), (), ("key",), ("tempo",), ("metre",), ("band",), ("length",), ("key", "length"), ("tempo", "metre"),
            ("key", "band", "style"), ("metre", "length", "style"), ("tempo", "band"))  # fmt: skip
_ORDER = ("style", "length", "band", "key", "metre", "tempo", "chords", "form", "attribute")
_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "style": ("What I am after is {style}.", "Think {style}.", "The brief says {style}."),
    "bars": ("It stops after {bars} bars.", "Fill exactly {bars} bars.", "I count {bars} measures in all."),
    "seconds": ("It is over in {seconds} seconds.", "We have {seconds} seconds of screen time to fill with music."),
    "band": ("On stage: {band}.", "The players are {band}, nobody else.", "Give the notes to {band}."),
    "drumless": ("On stage: {band}; no drums.", "The players are {band}, without drums."),
    "key": ("Its home key is {key}.", "Everything sits in {key}.", "Tune your ears to {key}."),
    "metre": ("The beat is counted in {metre} time.", "Bars are in {metre}.", "Notate it with {metre} as the metre."),
    "tempo": ("Set the click to {tempo} BPM.", "We play at {tempo} bpm.", "The metronome is at {tempo} BPM."),
    "tempo word": ("Its tempo is {tempo word}.", "Tempo marking: {tempo word}."),
    "chords": ("Below it the chords {chords} go round.", "Harmony: {chords}.", "The changes are {chords}."),
    "form": ("Its sections follow the form {form}.", "Structure: {form}."),
    "octaves": ("From the lowest to the highest note it spans {octaves} octaves.",),
    "intensity": ("The rhythm is {intensity}.", "Rhythmic intensity: {intensity}."),
    "danceable": ("One could {danceable}dance to it.",),
}
_FIELDS: Mapping[str, str] = {
    "style": "character = {style}", "bars": "bars = {bars}", "seconds": "duration = {seconds} seconds",
    "band": "instruments = {band}", "drumless": "instruments = {band} (no drums)", "key": "key = {key}",
    "metre": "time signature = {metre}", "tempo": "tempo = {tempo} bpm", "tempo word": "tempo = {tempo word}",
    "chords": "chords = {chords}", "form": "form = {form}", "octaves": "pitch range = {octaves} octaves",
    "intensity": "rhythmic intensity = {intensity}", "danceable": "{danceable}danceable",
}  # fmt: skip
_KEYWORDS: Mapping[str, str] = {
    "style": "{style}", "bars": "{bars} bars", "seconds": "{seconds} seconds long", "band": "{band}",
    "drumless": "{band}, no drums", "key": "{key}", "metre": "{metre}", "tempo": "{tempo} bpm",
    "tempo word": "{tempo word} tempo", "chords": "chords {chords}", "form": "form {form}",
    "octaves": "range {octaves} octaves", "intensity": "{intensity} rhythm", "danceable": "{danceable}danceable",
}  # fmt: skip
_OPENINGS = (
    "Dear composer, I have a commission.",
    "Here is what we need.",
    "New cue for Monday.",
    "An exercise in style.",
)
_Level = TypeVar("_Level")


def grid_prompts(n: int = 1000, seed: int = 0) -> list[Prompt]:
    """The ``n`` prompts of the grid that ``seed`` draws.

    Raises:
        ValueError: If ``n`` is not positive.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n}")
    rng = random.Random(f"fact prompts:{seed}")

    def levels(of: Sequence[_Level]) -> list[_Level]:
        return _balanced(of, n, rng)

    low, high = TEMPO_LIMITS
    bins = list(zip((low - 1, *TEMPO_MARKS), (*TEMPO_MARKS, high), strict=True))
    tempi: list[tuple[int, int] | TempoWord] = [*bins * 3, *TEMPO_WORDS[: len(TEMPO_WORDS) // 2]]
    drawn: dict[str, Sequence[Any]] = {
        "key": levels([Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]),
        "tempo": levels(tempi),
        "metre": levels(METRES),
        "band": levels([(pitched, drums) for pitched in PITCHED for drums in ("drums", "no drums", "")]),
        "length": levels([*(("bars", bars) for bars in BARS), *(("seconds", seconds) for seconds in SECONDS)]),
        "chords": levels([True, False, False, False]),
        "form": levels([*FORMS, *[None] * 12]),
        "style": levels([(mood, genre) for mood in MOODS for genre in GENRES]),
        "attribute": levels([*[""] * 20, "danceable", "not danceable", *INTENSITIES, *map(str, range(2, 6))]),
    }
    omitted, voices = levels(_OMITTED), levels(_VOICES)
    prompts = []
    for i in range(n):
        facts = _facts({name: values[i] for name, values in drawn.items()}, rng)
        kept = {name: facts[name] for name in _ORDER if name in facts and name not in omitted[i]}
        gold = Gold()
        for _, asked in kept.values():
            gold = replace(gold, **{name: getattr(asked, name) for name in asked.to_dict()})
        prompts.append(Prompt(f"grid-{i:04d}", voices[i](kept, rng), gold, "grid"))
    return prompts


def _balanced(levels: Sequence[_Level], n: int, rng: random.Random) -> list[_Level]:
    """``n`` levels in random order, each as often as any other up to one."""
    rounds = [level for _ in range(n // len(levels)) for level in levels]
    drawn = rounds + rng.sample(list(levels), n % len(levels))
    rng.shuffle(drawn)
    return drawn


def _facts(drawn: Mapping[str, Any], rng: random.Random) -> dict[str, tuple[dict[str, str], Gold]]:
    """Each factor's words, by the name of their wording, and its gold."""
    key: Key = drawn["key"]
    mood, genre = drawn["style"]
    pitched, drums = drawn["band"]
    facts = {
        "style": ({"style": f"{mood} {genre} music"}, Gold(styles=(mood, genre))),
        "key": ({"key": rng.choice(key_spellings(key))}, Gold(key=key)),
        "metre": ({"metre": "{}/{}".format(*drawn["metre"])}, Gold(time_signature=drawn["metre"])),
        "tempo": _tempo(drawn["tempo"], rng),
        "band": _band(pitched, drums, rng),
    }
    kind, amount = drawn["length"]
    ends = (amount, amount)
    facts["length"] = ({kind: str(amount)}, Gold(bars=ends) if kind == "bars" else Gold(duration_seconds=ends))
    if drawn["chords"]:
        numerals = rng.choice(PROGRESSIONS[key.mode]).split()
        chords = tuple(Chord.from_roman(numeral, key) for numeral in numerals)
        facts["chords"] = (
            {"chords": rng.choice((" ", " – ")).join(c.spelled(key) for c in chords)},
            Gold(chords=chords),
        )
    if drawn["form"] and kind == "bars" and amount >= 4 * len(drawn["form"]):  # sections of four bars at least
        facts["form"] = ({"form": drawn["form"]}, Gold(form=drawn["form"]))
    if drawn["attribute"]:
        facts["attribute"] = _attribute(drawn["attribute"])
    return facts


def _tempo(level: tuple[int, int] | TempoWord, rng: random.Random) -> tuple[dict[str, str], Gold]:
    if isinstance(level, TempoWord):
        return {"tempo word": rng.choice(level.written)}, Gold(tempo_bpm=(level.low, level.high))
    tempo = rng.randint(level[0] + 1, level[1])
    return {"tempo": str(tempo)}, Gold(tempo_bpm=(tempo, tempo))


def _band(pitched: int, drums: str, rng: random.Random) -> tuple[dict[str, str], Gold]:
    programs = (*rng.sample(_PROGRAMS, pitched), *((DRUMS,) if drums == "drums" else ()))
    *first, last = (rng.choice(INSTRUMENTS[program].written) for program in programs)
    words = f"{', '.join(first)}{rng.choice((' and ', ', ')) if first else ''}{last}"
    excluded = (DRUMS,) if drums == "no drums" else ()
    kind = "drumless" if excluded else "band"
    return {kind: words, "band": words}, Gold(programs=programs, only=True, excluded_programs=excluded)


def _attribute(level: str) -> tuple[dict[str, str], Gold]:
    if level.isdecimal():
        return {"octaves": level}, Gold(octaves=int(level))
    if level in INTENSITIES:
        words = {"moderate": "medium"}.get(level, level)  # "moderate" alone would be a word for a tempo
        return {"intensity": words}, Gold(rhythm_intensity=level)
    return {"danceable": level.removesuffix("danceable")}, Gold(danceable=level == "danceable")


_Kept = Mapping[str, tuple[dict[str, str], Gold]]


def _wordings(kept: _Kept, table: Mapping[str, str | tuple[str, ...]], rng: random.Random) -> list[str]:
    """The facts in the wordings of a table."""
    said = []
    for words, _ in kept.values():
        wording = table[next(iter(words))]
        said.append((wording if isinstance(wording, str) else rng.choice(wording)).format_map(words))
    return said


def _letter(kept: _Kept, rng: random.Random) -> str:
    return " ".join([rng.choice(_OPENINGS), *_wordings(kept, _SENTENCES, rng)])


def _note(kept: _Kept, rng: random.Random) -> str:
    said = _wordings(kept, _SENTENCES, rng)
    rng.shuffle(said)
    return " ".join(said)


def _form(kept: _Kept, rng: random.Random) -> str:
    said = _wordings(kept, _FIELDS, rng)
    rng.shuffle(said)
    return rng.choice(("\n", "; ", " | ")).join(said)


def _keywords(kept: _Kept, rng: random.Random) -> str:
    said = _wordings(kept, _KEYWORDS, rng)
    return rng.choice((", ", " / ", ". ")).join(said)


_VOICES: tuple[Callable[[_Kept, random.Random], str], ...] = (_letter, _note, _form, _keywords)
