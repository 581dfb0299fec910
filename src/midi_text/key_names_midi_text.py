"""Keys in free text: "in D minor", "F#m", "key: Eb", "a minor-key"; and what only looks like one.

A letter is a key only in good company: with a mode word ("d minor"), as a capital with "m" outside a chord
sequence ("Am" but not "Am F C G"), after "key of", or as a capital after "in" where the phrase ends
("a waltz in D for piano"). The article "a" is the trap: "in a minor key" states the mode, "in a minor"
the key, "a minor issue" nothing. A tonic without mode is major, as in "Sonata in D".
"""

from __future__ import annotations

import re
from typing import Any

from .facts_midi_text import Key
from .tokens_midi_text import Token

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_KEY = re.compile(
    r"([a-g])(?:(b|♭|#|♯)(?=$|[^a-z]|m(?:$|[^a-z])|maj|min)| ?(♭|#|♯)|[ -]?(sharp|flat)(?![a-z]))?"
    r"(?:[ -]{0,2}(?:(?:harmonic|natural|melodic) )?(major|minor|maj|min|moll|dur)(?![a-z])|(m)(?![a-z]))?"
    r"(?![a-z0-9'’])",
    re.IGNORECASE,
)
_CHORD = re.compile(r"[A-G][#b♯♭]?(?:m|maj|min|dim|aug|sus)?[2-9]?7?")
_BREAKS = frozenset(("", ",", ".", ";", "|", "\n", "/", "!", "?", "-", ":", "=", "·", "•", "+"))
_FOLLOWERS = _BREAKS | frozenset(
    """for at with w and in on using featuring lasting played scored composed of by without & but about around
    roughly approximately that which called marked from""".split()
)
_KEY_NOUNS = frozenset("key keys mode tonality scale feel mood sound".split())
_PIECES = frozenset(
    "waltz melody ballad tune lullaby nocturne prelude fugue sonata etude blues jig reel mazurka polonaise".split()
)
_NOT_KEYS = frozenset(
    "chord chords triad triads arpeggio arpeggios third thirds sixth sixths seventh sevenths ninth interval".split()
)
_CHORD_WORDS = frozenset("chord chords progression over changes".split())

Found = tuple[str, Any, int, int]  # fact, value, first token, token after the last


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _after(tokens: list[Token], index: int, end: int) -> int:
    """The first token that starts at or after a character."""
    while index < len(tokens) and tokens[index].start < end:
        index += 1
    return index


def read_key(text: str, tokens: list[Token], index: int) -> Found | None:
    """The key named at a token, if any, as ("key", Key, first, after) or a mode taken for one by its letter."""
    token = tokens[index]
    if token.low[0] not in _LETTERS or len(token.low) > 12:
        return None
    match = _KEY.match(text, token.start)
    if match is None:
        return None
    letter, *accidentals, mode_word, short = match.groups()
    accidental = "".join(a for a in accidentals if a).lower()
    end = _after(tokens, index, match.end())
    if end == index or tokens[end - 1].end > match.end() or (token.start and text[token.start - 1] in "&#_@$"):
        return None
    shift = {"": 0, "b": -1, "♭": -1, "flat": -1}.get(accidental, 1)
    tonic = (_LETTERS[letter.lower()] + shift) % 12
    if mode_word:
        mode = "minor" if mode_word.lower() in ("minor", "min", "moll") else "major"
        if letter in "aA" and not accidental:
            return _after_a(text, tokens, index, end, mode)
        return None if _low(tokens, end) in _NOT_KEYS else ("key", Key(tonic, mode), index, end)
    mode = "minor" if short else "major"
    if _named_as_key(text, tokens, index) and (short or accidental or letter.isupper() or token.low != "a"):
        return ("key", Key(tonic, mode), index, end)
    inside = _low(tokens, index - 1) == "in" and _low(tokens, end) in _FOLLOWERS
    if short:
        plain = letter.isupper() and text[match.end() - 1] == "m"
        if (inside and letter.islower()) or ((plain or accidental) and not _in_chords(text, tokens, index, end)):
            return ("key", Key(tonic, mode), index, end)
        return None
    if inside and (token.low != "a" or letter == "A") and not _in_chords(text, tokens, index, end):
        return ("key", Key(tonic, mode), index, end)
    return None


def _named_as_key(text: str, tokens: list[Token], index: int) -> bool:
    """Whether "key of", "key:", "key is" or "key" stand before."""
    before, two_before = _low(tokens, index - 1), _low(tokens, index - 2)
    if before in ("of", ":", "=", "is"):
        return two_before in ("key", "tonality")
    return before == "key" and tokens[index].end - tokens[index].start <= 2


def _after_a(text: str, tokens: list[Token], index: int, end: int, mode: str) -> Found | None:
    """What "a minor" says: the key, only its mode, or nothing."""
    before, follower = _low(tokens, index - 1), _low(tokens, end)
    key: Found = ("key", Key(9, mode), index, end)
    if follower in _NOT_KEYS:
        return None
    if follower in _KEY_NOUNS and before != "an" and not (follower == "scale" and text[tokens[index].start] == "A"):
        return ("mode", mode, index, end + 1)
    ends = follower in _FOLLOWERS or follower[:1].isdigit()
    if ends and (before in ("in", "key", "of") or before in _BREAKS):
        return key
    if before == "an" or (text[tokens[index].start] == "A" and before not in ("", ".", "!", "?", "\n")):
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
