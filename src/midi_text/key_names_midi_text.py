"""Keys in free text: "in D minor", "F#m", "key: Eb", "ré mineur", "B-Dur"; and what only looks like one.

A letter is a key only in good company: with a mode word ("d minor"), as a capital with "m" outside a chord
sequence ("Am" but not "Am F C G"), after "key of", or as a capital after "in" where the phrase ends
("a waltz in D for piano"), but not where it names an instrument's pitch ("clarinet in B flat"). The article "a" is the
trap: "in a minor key" states the mode, "in a minor" the key, "a minor issue" nothing. A tonic without mode is major,
as in "Sonata in D". German letters ("H-Dur", "Es-Dur", and "B-Dur" for B flat) and the syllables do, re, mi need a
mode word of their languages beside them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .facts_midi_text import Key
from .foreign_words_midi_text import FOREIGN_MODES, without_accents
from .phrases_midi_text import LONGEST
from .tokens_midi_text import Token

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SYLLABLES = {
    "do": 0, "ut": 0, "re": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11,
    "до": 0, "ре": 2, "ми": 4, "фа": 5, "соль": 7, "ля": 9, "си": 11,
}  # fmt: skip
_GERMAN = {
    "c": 0, "cis": 1, "des": 1, "d": 2, "dis": 3, "es": 3, "e": 4, "f": 5, "fis": 6, "ges": 6, "g": 7, "gis": 8,
    "as": 8, "a": 9, "ais": 10, "b": 10, "h": 11, "ces": 11, "his": 0,
}  # fmt: skip
_NAME = re.compile(r"([a-g])(b)?(m|min|maj|minor|major)?")
_SIGNS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_FOREIGN_SIGNS = {"diese": 1, "sostenido": 1, "diesis": 1, "диез": 1, "bemol": -1, "bemolle": -1, "бемоль": -1} | _SIGNS
_SIGNS_BEFORE = {"升": 1, "降": -1}  # Chinese: "降E大调"
_MODES = {"major": "major", "maj": "major", "minor": "minor", "min": "minor"}
_GERMAN_MODES = {"dur": "major", "moll": "minor"}
_FOREIGN_MODES = {without_accents(word): mode for word, mode in FOREIGN_MODES.items()}
_KINDS_OF_SCALE = frozenset("harmonic natural melodic".split())
_CHORD = re.compile(r"[A-G][#b♯♭]?(?:m|maj|min|dim|aug|sus)?[2-9]?7?")
_BREAKS = frozenset(("", ",", ".", ";", "|", "\n", "/", "!", "?", "-", ":", "=", "·", "•", "+"))
_FOLLOWERS = _BREAKS | frozenset(
    """for at with w and in on using featuring lasting played scored composed of by without & but about around
    roughly approximately that which called marked from please throughout over only then to or > → ends
    modulates moves closes stays keeps lasts is has taken spans runs starts begins opens goes""".split()
)
_KEY_NOUNS = frozenset("key keys mode tonality scale feel mood sound".split())
_PIECES = frozenset(
    "waltz melody ballad tune lullaby nocturne prelude fugue sonata etude blues jig reel mazurka polonaise".split()
)
_NOT_KEYS = frozenset(
    """chord chords triad triads arpeggio arpeggios third thirds sixth sixths seventh sevenths ninth interval
    7 9 11 13""".split()
)
_CHORD_WORDS = frozenset("chord chords progression over changes".split())
_TRANSPOSING = frozenset(
    "clarinet clarinets trumpet trumpets horn horns cornet cornets sax saxophone saxophones flugelhorn".split()
)

Found = tuple[str, Any, int, int]  # fact, value, first token, token after the last


class _Tonic(NamedTuple):
    """A tonic without its mode word: its pitch class, the token after it, and how it was written."""

    pitch: int
    end: int
    sign: bool
    mode: str | None  # glued to the letter: "Am", "Eminor"
    short: bool  # ... as a mere "m"


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _raw(tokens: list[Token], index: int) -> str:
    return tokens[index].raw if 0 <= index < len(tokens) else ""


def _gap(tokens: list[Token], index: int) -> int:
    """Characters between a token and the one before it."""
    return tokens[index].start - tokens[index - 1].end if 0 < index < len(tokens) else 99


def _sign(tokens: list[Token], index: int, signs: dict[str, int]) -> int:
    """The sharp (1) or flat (-1) at a token, or 0; a lone "b" must touch the letter."""
    raw = _raw(tokens, index)
    near = _gap(tokens, index) <= (0 if raw == "b" else 1)
    return signs.get(raw, 0) if near else 0


def _tonic(text: str, tokens: list[Token], index: int) -> _Tonic | None:
    """The English tonic at a token: "D", "Eb", "F sharp", "Am", "F#m"."""
    match = _NAME.fullmatch(tokens[index].raw)
    if match is None:
        return None
    letter, flat, glued = match.groups()
    shift, end = -1 if flat else 0, index + 1
    if not flat and not glued:
        shift = _sign(tokens, end, _SIGNS)
        end += shift != 0
        if shift and _raw(tokens, end) in ("m", "min", "maj") and not _gap(tokens, end):
            glued, end = _raw(tokens, end), end + 1
    if glued and len(glued) == 3 and text[tokens[index].start].islower() and end == index + 1:
        return None  # "fmin" is a name in a program, "Fmin" a key
    mode = None if glued is None else "minor" if glued.startswith("m") and not glued.startswith("ma") else "major"
    return _Tonic((_LETTERS[letter] + shift) % 12, end, bool(shift), mode, glued == "m")


def _mode_at(tokens: list[Token], index: int) -> tuple[str, int] | None:
    """The mode word at a token, perhaps after "harmonic", and the token after it."""
    if _low(tokens, index) in _KINDS_OF_SCALE:
        index += 1
    word = _raw(tokens, index) if _low(tokens, index) not in _MODES else _low(tokens, index)
    mode = _MODES.get(word) or _GERMAN_MODES.get(word)
    return (mode, index + 1) if mode and _gap(tokens, index) <= 2 else None


def _foreign_key(tokens: list[Token], index: int) -> Found | None:
    """A key in German letters or in syllables, with a mode word of those languages: "H-Dur", "fa dièse mineur"."""
    raw = tokens[index].raw
    if raw in _GERMAN and _raw(tokens, index + 1) in _GERMAN_MODES and _gap(tokens, index + 1) <= 2:
        return "key", Key(_GERMAN[raw], _GERMAN_MODES[_raw(tokens, index + 1)]), index, index + 2
    names = _SYLLABLES | _LETTERS
    if raw not in names:
        return None
    shift = _sign(tokens, index + 1, _FOREIGN_SIGNS)
    end = index + 1 + (shift != 0)
    shift += _SIGNS_BEFORE.get(_raw(tokens, index - 1)[-1:], 0)
    mode = _FOREIGN_MODES.get(_raw(tokens, end))
    if mode is None or _gap(tokens, end) > 2:
        return None
    return "key", Key((names[raw] + shift) % 12, mode), index, end + 1


def read_key(text: str, tokens: list[Token], index: int) -> Found | None:
    """The key named at a token, if any, as ("key", Key, first, after) or a mode taken for one by its letter."""
    token = tokens[index]
    if len(token.raw) > 6:
        return None
    foreign = _foreign_key(tokens, index)
    tonic = None if foreign else _tonic(text, tokens, index)
    if tonic is None:
        return foreign
    end = tonic.end
    last = tokens[end - 1].end
    if (token.start and text[token.start - 1] in "&#_@$") or text[last : last + 1].isdigit():
        return None
    letter = text[token.start]
    mode = _mode_at(tokens, end) if tonic.mode is None and text[last : last + 1] != "_" else None
    if mode or (tonic.mode and not tonic.short):
        name, end = mode or (str(tonic.mode), end)
        if token.raw == "a" and not tonic.sign:
            return _after_a(text, tokens, index, end, name)
        return None if _low(tokens, end) in _NOT_KEYS else ("key", Key(tonic.pitch, name), index, end)
    key: Found = ("key", Key(tonic.pitch, tonic.mode or "major"), index, end)
    follower = _low(tokens, end)
    known = follower in _FOLLOWERS or follower in LONGEST or follower.isdigit()
    if known and _named_as_key(tokens, index) and (tonic.short or tonic.sign or letter.isupper() or token.raw != "a"):
        return key
    inside = known and _low(tokens, index - 1) == "in"
    if tonic.short:
        plain = (
            letter.isupper()
            and text[last - 1] == "m"
            and not (token.raw == "am" and _is_verb(text, tokens, index, end))
        )
        if not plain and not tonic.sign:
            return key if inside and letter.islower() else None
        return None if _in_chords(text, tokens, index, end) else key
    if letter.islower():
        inside = inside and token.raw != "a" and (tonic.sign or follower in _FOLLOWERS)
    spelt = letter.isupper() or tokens[end - 1].raw in ("flat", "sharp")  # "Db, slow", "d flat, slow"
    alone = tonic.sign and spelt and _low(tokens, index - 1) in _BREAKS and follower in (*_BREAKS, *_PIECES)
    if not (inside or alone) or _low(tokens, index - 2) in _TRANSPOSING:
        return None
    return None if _in_chords(text, tokens, index, end) else key


def _is_verb(text: str, tokens: list[Token], index: int, end: int) -> bool:
    """Whether "Am" is a word: "Am I", "I Am", "AM" of the morning."""
    near = (_low(tokens, index - 1), _low(tokens, end))
    of_day = near[0].isdecimal() and (int(near[0][:3]) <= 12 or _low(tokens, index - 2) == ":")
    return "i" in near or of_day or text[tokens[index].start : tokens[index].end] == "AM"


def _named_as_key(tokens: list[Token], index: int) -> bool:
    """Whether "key of", "key:", "key is" or "key" stand before."""
    before, two_before = _low(tokens, index - 1), _low(tokens, index - 2)
    if before in ("of", ":", "=", "is"):
        return two_before in ("key", "tonality")
    return before == "key" and tokens[index].end - tokens[index].start <= 2


def _after_a(text: str, tokens: list[Token], index: int, end: int, mode: str) -> Found | None:
    """What "a minor" says: the key, only its mode, or nothing."""
    before, follower = _low(tokens, index - 1), _low(tokens, end)
    key: Found = ("key", Key(9, mode), index, end)
    capital = text[tokens[index].start] == "A" and not text[tokens[end - 1].start].isupper()
    if follower in _NOT_KEYS:
        return None
    if follower in _KEY_NOUNS and before != "an" and not (follower == "scale" and capital):
        return ("mode", mode, index, end + 1)
    ends = follower in _FOLLOWERS or follower[:1].isdigit()
    if ends and (
        before in ("in", "key", "of", "from", "to", "into", "not") or before in _BREAKS or before in (">", "→")
    ):
        return key
    if before == "an" or (capital and before not in ("", ".", "!", "?", "\n")):
        return key
    return ("mode", mode, index, end) if follower in _PIECES else None


def _in_chords(text: str, tokens: list[Token], first: int, end: int) -> bool:
    """Whether a chord stands next to this one, or a word for chords before it."""
    for near in (first - 1, end):
        while _low(tokens, near) in ("-", "|", ","):
            near += -1 if near < first else 1
        if 0 <= near < len(tokens):
            token = tokens[near]
            low = text[token.start : token.end]
            if len(low) <= 6 and _CHORD.fullmatch(low) and (low != "A" or near > first):
                return True
    return _low(tokens, first - 1) in _CHORD_WORDS


def read_mode(text: str, tokens: list[Token], index: int) -> Found | None:
    """A mode stated by itself: "minor key", "in major", "mode: minor", or alone between commas."""
    low = tokens[index].low
    if low not in ("minor", "major"):
        return None
    before, follower = _low(tokens, index - 1), _low(tokens, index + 1)
    if follower in _KEY_NOUNS:
        return ("mode", low, index, index + 2)
    ends = follower in _FOLLOWERS or follower[:1].isdigit()
    if follower in _PIECES or (ends and (before in ("in", "harmonic") or before in _BREAKS)):
        return ("mode", low, index, index + 1)
    return None
