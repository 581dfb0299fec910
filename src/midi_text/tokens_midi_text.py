"""A text as the reader sees it: words, numbers and signs, each with its place.

Quotes and brackets vanish, and hyphens too except between two numbers. A word is lower case and without accents,
translated where a text is in another language (`foreign_words`) and mended where its typing error has one likely
meaning (`typing_errors`); `raw` is the word before either.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from .foreign_words_midi_text import ELISION, SPACED, TRANSLATIONS, UNSPACED, language, without_accents
from .phrases_midi_text import PHRASES
from .typing_errors_midi_text import mend


class Token(NamedTuple):
    """A word, number or sign of the text and where it stands; a line end counts as a sign.

    Attributes:
        low: Lower case, without accents, translated and mended.
        start: First character.
        end: After the last character.
        raw: Lower case, without accents, as it was typed.
    """

    low: str
    start: int
    end: int
    raw: str


_TOKEN = re.compile(rf"[wW]/[oO]\b|[0-9]+(?:\.[0-9]+)?|{UNSPACED}|{SPACED}+(?:['’]{SPACED}+)*|['’]s\b|\n|[^\w\s]")
_WIDE = str.maketrans("、，。：；！？（）", ",,.:;!?()")
_LONGEST_WORD = 40  # no word of ours is longer; cutting keeps hostile texts cheap
_SILENT = frozenset("\"“”„«»`*'’()[]{}")
HYPHENS = frozenset("-‐‑–")
_DASHES = HYPHENS | {"—"}
_ENDINGS = frozenset("e en er es em".split())  # of German adjectives
_SHORTENED = frozenset("approx ca".split())
_HEARD = 400  # words by which a language is told


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order."""
    tokens: list[Token] = []
    hyphen: Token | None = None
    for match in _TOKEN.finditer(text):
        low = match.group()[:_LONGEST_WORD].lower().translate(_WIDE)
        if low in _SILENT:
            continue
        if low == "." and tokens and tokens[-1].low in _SHORTENED and tokens[-1].end == match.start():
            continue
        if not low.isascii():
            low = without_accents(low)
        token = Token(low, match.start(), match.end(), low)
        if low in _DASHES:
            hyphen = token
            continue
        if hyphen is not None:
            spaced = tokens and hyphen.start > tokens[-1].end and token.start > hyphen.end
            numbers = tokens and tokens[-1].low[-1].isdigit() and low[0].isdigit()
            if spaced or numbers or hyphen.low == "—" or low == ">":
                tokens.append(Token("-", hyphen.start, hyphen.end, "-"))
            hyphen = None
        tokens.append(token)
    return _translated(tokens)


def _translated(tokens: list[Token]) -> list[Token]:
    """The tokens with English words, rightly spelt."""
    words = islice((token.low for token in tokens if token.low.isalpha()), _HEARD)
    spoken = language(words)
    known = TRANSLATIONS[spoken]
    result = []
    for token in tokens:
        low = ELISION.sub("", token.low) if "'" in token.low or "’" in token.low else token.low
        if spoken == "de" and low not in PHRASES:
            low = next((low[:-n] for n in (1, 2) if low[-n:] in _ENDINGS and low[:-n] in PHRASES), low)
        low = known.get(low) or mend(low)
        result.append(token if low == token.low else token._replace(low=low))
    return result
