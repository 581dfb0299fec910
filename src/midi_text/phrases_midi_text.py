"""Every phrase the prompt reader knows, in one dictionary built from the vocabulary, and its tokens.

A phrase is lower case, its words joined by single spaces (hyphens count as spaces); the longest phrase
that starts at a word wins, so "bass clarinet" is never "bass". A phrase with no meanings is there to keep
a shorter one from being read: "drum and bass" names no instruments, "slow down" no tempo.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .vocabulary_midi_text import (
    CLASSES,
    DANCE_METRES,
    ENSEMBLES,
    FAMILIES,
    INSTRUMENTS,
    METRE_WORDS,
    ORCHESTRA,
    TEMPO_WORDS,
)


class Token(NamedTuple):
    """A word, number or sign of the text and where it stands; a line end counts as a sign."""

    low: str
    start: int
    end: int


_TOKEN = re.compile(r"[wW]/[oO]\b|[0-9]+(?:\.[0-9]+)?|[^\W\d_]+(?:['’][^\W\d_]+)*|['’]s\b|\n|[^\w\s]")
_LONGEST_WORD = 40  # no word of ours is longer; cutting keeps hostile texts cheap
_SILENT = frozenset("\"“”„«»`*'’()[]")
_DASHES = frozenset("-‐‑–—")


def tokenize(text: str) -> list[Token]:
    """Split a text: quotes and brackets vanish, and hyphens too except between two numbers."""
    tokens: list[Token] = []
    hyphen: Token | None = None
    for match in _TOKEN.finditer(text):
        low = match.group()[:_LONGEST_WORD].lower()
        if low in _SILENT:
            continue
        token = Token(low, match.start(), match.end())
        if low in _DASHES:
            hyphen = token
            continue
        if hyphen is not None:
            spaced = tokens and hyphen.start > tokens[-1].end and token.start > hyphen.end
            numbers = tokens and tokens[-1].low[-1].isdigit() and low[0].isdigit()
            if spaced or numbers or hyphen.low == "—":
                tokens.append(Token("-", hyphen.start, hyphen.end))
            hyphen = None
        tokens.append(token)
    return tokens


Meanings = tuple[tuple[str, Any], ...]


def _plurals(name: str) -> tuple[str, ...]:
    if name.endswith(("s", "ss", "x")):
        return (name, name + "es") if name.endswith(("bass", "brass", "sax")) else (name,)
    return (name, name + "s")


def _instrument_phrases() -> dict[str, Meanings]:
    phrases: dict[str, Meanings] = {}
    for name, family in FAMILIES.items():
        for word in family.written + family.read_only:
            for form in _plurals(word):
                phrases[form] = (("family", name),)
    for instrument in INSTRUMENTS:
        gm_name = re.sub(r"[^a-z0-9+]+", " ", instrument.gm_name.lower()).strip()
        for word in (gm_name, *instrument.written, *instrument.read_only):
            for form in _plurals(word.lower().replace("-", " ")):
                phrases.setdefault(form, (("program", instrument.program),))
    for ensemble, programs in ENSEMBLES.items():
        for form in _plurals(ensemble):
            phrases[form] = tuple(("program", program) for program in programs)
    for name in ("orchestra", "full orchestra", "symphony orchestra", "chamber orchestra", "philharmonic orchestra"):
        phrases[name] = (*(("family", family) for family in ORCHESTRA), ("open", True))
    return phrases


_SILENCERS = (
    "drum and bass", "drum & bass", "drum n bass", "drums and bass music", "bass line", "bass lines", "walking bass",
    "walking bass line", "bass clef", "bass drop", "bass drops", "bass heavy", "bass boosted", "bass notes",
    "bass note", "bass part", "bass clarinet", "bass flute", "alto flute", "bass register", "voice leading",
    "inner voice", "inner voices", "upper voice", "upper voices", "lower voice", "lower voices", "middle voice",
    "middle voices", "bells and whistles", "tape recorder", "strings attached", "string of", "strings of",
    "singer songwriter", "synth pop", "synth wave", "piano roll", "keyboard shortcut", "organ donation",
    "internal organ", "internal organs", "vocal chops", "marching band", "voice over",
    "slow down", "slow downs", "slows down", "slowing down", "slow jam", "fast notes", "fast runs", "fast passages",
    "fast food", "fast forward", "fast changing", "quick question", "fast arpeggios", "slow build", "slow motion",
    "soft rock", "soft skills", "quiet storm", "loud and clear", "my forte", "busy street", "busy city",
    "busy day", "busy market", "busy road", "busy office", "moderate difficulty", "moderate dynamics", "slow cooker",
    "moderate volume", "moderate length", "moderate level", "moderate range", "quick succession", "fast paced world",
    "tempo changes", "key changes", "key change", "white keys", "black keys", "waltz of the", "polka dot", "polka dots",
)  # fmt: skip
_OPENERS = (
    "other instruments", "others", "and more", "among others", "etc", "and so on", "including", "includes", "include",
    "featuring", "features", "such as", "with accompaniment",
    "and accompaniment", "concerto", "some other", "anything else", "and friends",
)  # fmt: skip


def _build() -> dict[str, Meanings]:
    phrases = _instrument_phrases()
    for entry in TEMPO_WORDS:
        for word in entry.written + entry.read_only:
            phrases[word.replace("-", " ")] = (("tempo_bpm", (entry.low, entry.high)),)
    for word, metre in METRE_WORDS.items():
        timed = (f"{word} time", f"{word} metre", f"{word} meter")
        for form in (word, *(timed if not word.endswith("time") else ())):
            phrases[form] = (("time_signature", metre),)
    for word, metre in DANCE_METRES.items():
        for form in _plurals(word):
            phrases[form] = (("implied_metre", metre),)
    for fact, classes in CLASSES.items():
        for name, band in classes.items():
            for word in band.written + band.read_only:
                phrases[word.replace("-", " ")] = ((fact, name),)
            if fact == "texture" and name in ("monophonic", "polyphonic", "thin", "full"):
                phrases[f"{name} texture"] = ((fact, name),)
    for name, program in (("violin", 40), ("cello", 42), ("flute", 73), ("clarinet", 71), ("viola", 41)):
        phrases[f"{name} sonata"] = (("program", program), ("open", True))  # with or without piano
    phrases |= {"drumless": (("no_program", 128),), "drum less": (("no_program", 128),)}
    phrases |= dict.fromkeys(_OPENERS, (("open", True),))
    phrases |= dict.fromkeys(_SILENCERS, ())
    return phrases


PHRASES: dict[str, Meanings] = _build()
LONGEST: dict[str, int] = {}  # first word -> words of its longest phrase
for _phrase in PHRASES:
    _words = _phrase.split()
    LONGEST[_words[0]] = max(LONGEST.get(_words[0], 0), len(_words))

STOP_WORDS = frozenset(
    """a an the and or of in at on to for with by from as is are be it its this that i you we me my us our your please
    write make compose generate create produce give want need would could can should must like let hear play i'd i'm
    piece music song composition work track tune some any about around approximately roughly between exactly
    key tempo time signature metre meter bar bars measure measures bpm beats per minute minutes seconds second long
    lasting length duration instruments instrumentation played scored here there very too so not no without but
    then than into over under more less least most up down out off if when while which who what how all also just
    only one two three do does don't will has have having had was were using use used called marked style genre kind
    mode density dynamics articulation register texture range tonality pace speed looking""".split()
)
