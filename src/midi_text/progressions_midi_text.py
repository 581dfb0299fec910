"""Progressions and plans in free text: "over Am F C G", "ii-V-I", "AABA"; and what only looks like one.

Chord symbols are read in company: three in a row of which one is more than a bare letter, two with a dash between
them or with figures ("Em7 A7"), or any two or more beside a word for chords. Bare letters alone ("C D E") need such a
word. Numerals come in rows of three, or two beside such a word, and not as a count ("I, II, III", "Part I"). A plan is
A's and B's in the order in which letters first come, three or more with a repeat; less needs the word "form".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .facts.chord import Chord
from .tokens_midi_text import Token

Found = tuple[str, Any, int, int]  # fact, value, first token, token after the last
NOTHING = ""
"""The "fact" of a run that states nothing and need not be looked at again from its middle."""

_SYMBOL = re.compile(
    r"[A-G][#b♯♭]?(?:maj|Maj|MAJ|min|mi|ma|dim|aug|sus|add|alt|mM|m|M|°|o(?=7?(?![a-z]))|ø|Δ|△|\+(?!\+)|-(?=[679])|[0-9]{1,2}"
    r"|[#b♯♭](?=[0-9])|\([^()\s]{1,8}\)){0,6}(?:/[A-G][#b♯♭]?)?(?![\w'’#♯♭°ø+])"
)
_NAMED = re.compile(r"([A-G])[ -]?(#|♯|b|♭|sharp|flat)?[ -](major|minor|maj|min)\b")
_BETWEEN = re.compile(
    r"[ \t]*(?:->|→|>|\||,|-|–|—|·|•|/(?=\s)|\n)?[ \t]*(?:(?:and|then|to|und|et|y|e)[ \t]+)?\|?[ \t]*"
)
_DEGREE = "(?:VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)"
_NUMERAL = re.compile(
    rf"[b#♭♯]?{_DEGREE}(?:°|o|ø|dim|\+)?(?:maj7|M7|min7|7|65|64|6|43|42|9|5)?(?:add[2469]|sus[24])?"
    rf"(?:/[b#♭♯]?{_DEGREE}(?:°|o)?)?(?![\w'’])"
)
_CHORD_WORDS = frozenset(
    """chord chords progression progressions changes vamp loop over harmony harmonies akkorde akkorden accords
    accord acordes accordi progressione sequence""".split()
)
_VAMPS = frozenset("vamp jam groove".split())
_NOT_NUMERALS = frozenset(
    """part parts movement movements act acts chapter volume book section sections phase op opus no war type class
    grade level category figure table appendix article world""".split()
)
_FORM_WORDS = frozenset("form structure pattern plan format forme forma scheme song section sections layout".split())
_NOT_ROOTS = frozenset("form section sections part parts structure theme themes side plan vitamin grade".split())
_PLAN = re.compile(r"A(?:['’]?(?:[ \t]?[-–][ \t]?|[ \t])?[A-P]){1,31}['’]?(?![\w'’])|a[a-p]{1,31}(?!\w)")
_LETTERS = "ABCDEFGHIJKLMNOP"
_MOST_CHORDS = 64


def _near_words(tokens: list[Token], index: int, end: int) -> Iterator[str]:
    """The words just before and after a run."""
    for near in (*range(max(0, index - 4), index), *range(end, min(len(tokens), end + 2))):
        yield tokens[near].low


def _after(tokens: list[Token], index: int, place: int) -> int:
    """The first token that starts at or after a character."""
    while index < len(tokens) and tokens[index].start < place:
        index += 1
    return index


def _chord_at(text: str, place: int, named: bool) -> tuple[Chord, int] | None:
    """The chord at a character and the character after it; in words ("A minor") only where chords are spoken of."""
    match = _NAMED.match(text, place) if named else None
    if match:
        letter, sign, mode = match.groups()
        symbol = letter + {"sharp": "#", "flat": "b"}.get(sign or "", sign or "") + ("m" if mode[:3] == "min" else "")
    else:
        match = _SYMBOL.match(text, place)
        symbol = match.group() if match else ""
    try:
        return (Chord.parse(symbol), match.end()) if match else None
    except ValueError:
        return None


def read_chords(text: str, tokens: list[Token], index: int) -> Found | None:
    """A progression in chord symbols that starts at a token."""
    place = tokens[index].start
    if text[place] not in "ABCDEFG" or (place and (text[place - 1].isalnum() or text[place - 1] in "&#_@$'’")):
        return None
    before = {token.low for token in tokens[max(0, index - 4) : index]}
    named = not before.isdisjoint(_CHORD_WORDS)
    chords: list[Chord] = []
    symbols: list[str] = []
    dashed = False
    last = place
    while len(chords) < _MOST_CHORDS:
        found = _chord_at(text, place, named)
        if found is None:
            break
        chords.append(found[0])
        symbols.append(text[place : found[1]])
        last = found[1]
        joint = _BETWEEN.match(text, last)
        if joint is None or joint.end() == last:
            break
        dashed |= bool(re.search(r"[-–—>→|]", joint.group()))
        place = joint.end()
    if len(chords) < 2:
        return _vamp(text, tokens, index, chords, last)
    end = _after(tokens, index, last)
    around = {tokens[near].low for near in (index - 1, end) if 0 <= near < len(tokens)}
    if not around.isdisjoint(_NOT_ROOTS):
        return NOTHING, (), index, end
    spoken = named or not _CHORD_WORDS.isdisjoint(_near_words(tokens, index, end))
    rich = sum(len(symbol) > 1 for symbol in symbols)
    figured = sum(any(c.isdigit() or c in "°øΔ△" for c in symbol) for symbol in symbols)
    wanted = spoken or (len(chords) >= 3 and rich > 0) or (dashed and rich > 0) or figured >= 2
    wanted = wanted or (dashed and len(chords) >= 4)
    return ("chords" if wanted else NOTHING, tuple(chords), index, end)


def _vamp(text: str, tokens: list[Token], index: int, chords: list[Chord], last: int) -> Found | None:
    """One chord that is all of the harmony: "a vamp on E7", "one chord only: Dm7", not "ending on E7"."""
    end = _after(tokens, index, last)
    before = [token.low for token in tokens[max(0, index - 4) : index]]
    figured = any(c.isdigit() or c in "°øΔ△" for c in text[tokens[index].start : last])
    vamp = (before[-1:] == [":"] and {"one", "chord"} <= {*before}) or (end < len(tokens) and tokens[end].low in _VAMPS)
    vamp = vamp or (len(before) > 1 and before[-2] in _VAMPS and before[-1] in ("on", "over", "in"))
    return ("chords", tuple(chords), index, end) if chords and figured and vamp else None


def read_numerals(text: str, tokens: list[Token], index: int) -> Found | None:
    """A progression in Roman numerals that starts at a token."""
    place = tokens[index].start
    if text[place] not in "IViv#b♭♯" or (place and text[place - 1].isalnum()):
        return None
    numerals: list[str] = []
    dashed, last = False, place
    while len(numerals) < _MOST_CHORDS:
        match = _NUMERAL.match(text, place)
        if match is None:
            break
        numerals.append(_plain(match.group()))
        last = match.end()
        joint = _BETWEEN.match(text, last)
        if joint is None or joint.end() == last:
            break
        dashed |= bool(re.search(r"[-–—>→|]", joint.group()))
        place = joint.end()
    if not numerals:
        return None
    end = _after(tokens, index, last)
    if len(set(numerals)) < 2 or _counts(numerals):
        return NOTHING, (), index, end
    before = tokens[index - 1].low if index else ""
    spoken = not _CHORD_WORDS.isdisjoint(_near_words(tokens, index, end))
    wanted = before not in _NOT_NUMERALS and (len(numerals) >= 3 or (spoken and dashed))
    return "roman" if wanted else NOTHING, tuple(numerals), index, end


def _plain(numeral: str) -> str:
    """A numeral in plain letters: "♭VII" -> "bVII", "vii°7" -> "viio7"."""
    return re.sub("°|dim", "o", numeral.replace("♭", "b").replace("♯", "#"))


def _counts(numerals: list[str]) -> bool:
    """Whether numerals only count: "I, II, III"."""
    upper = [numeral.upper() for numeral in numerals]
    return (
        upper == ["I", "II", "III", "IV", "V", "VI", "VII"][: len(upper)] and len({n.isupper() for n in numerals}) == 1
    )


def read_form(text: str, tokens: list[Token], index: int) -> Found | None:
    """A plan of sections that starts at a token: "AABA", "A-B-A form"."""
    place = tokens[index].start
    if text[place] not in "Aa" or (place and (text[place - 1].isalnum() or text[place - 1] in "'’-")):
        return None
    match = _PLAN.match(text, place)
    if match is None:
        return None
    letters = re.sub(r"[^A-P]", "", match.group().upper())
    first = "".join(dict.fromkeys(letters))
    if first != _LETTERS[: len(first)] or first == "A":
        return NOTHING, "", index, _after(tokens, index, match.end())
    if letters == "ABBA" or match.group().islower():
        return _spoken_form(letters, tokens, index, match.end())
    joined = len(match.group().replace("'", "").replace("’", "")) == len(letters)
    repeats = len(letters) > len(first) and len(letters) >= 3
    if repeats and (joined or "-" in match.group() or "–" in match.group()):
        return "form", letters, index, _after(tokens, index, match.end())
    return _spoken_form(letters, tokens, index, match.end())


def _spoken_form(letters: str, tokens: list[Token], index: int, last: int) -> Found:
    """A plan beside the word "form"."""
    end = _after(tokens, index, last)
    near = {token.low for token in (*tokens[max(0, index - 2) : index], *tokens[end : end + 1])}
    return NOTHING if near.isdisjoint(_FORM_WORDS) else "form", letters, index, end
