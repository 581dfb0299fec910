"""What a bare number or letter says in a list of keywords: "dub techno, 124, Gm", "jig, 6/8, G", "dubstep 140".

Who lists keywords leaves out "bpm" and "key". A whole item from 60 to 200 is a tempo, a capital letter a major key, but
not beside another bare number or letter: "1, 120, 300" and "A, B, C" count things. Right after a genre a number is a
tempo from 100 on ("punk 77" is a year) and never 101. That music is spoken of, and not in a sentence, is for
`prompt_midi_text` to know.
"""

from __future__ import annotations

from typing import Any

from .facts_midi_text import Key
from .tokens_midi_text import Token

Found = tuple[str, Any, int, int]  # fact, value, first token, token after the last

_SEPARATORS = frozenset(("", ",", ".", ";", "|", "/", "\n", "·", "•"))
_TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SLOWEST, _FASTEST, _LEAST_AFTER_A_GENRE, _COURSE = 60, 200, 100, 101


def read_keyword(text: str, tokens: list[Token], index: int, *, genre_before: bool, key_after: bool) -> Found | None:
    """The tempo or the key that a number or a letter states by itself.

    Args:
        text: The text.
        tokens: Of the text.
        index: Where the number or letter stands.
        genre_before: Whether a word of genre ends before it.
        key_after: Whether a key stands after it.
    """
    token = tokens[index]
    item = _is_item(text, tokens, index)
    beside = [tokens[near].low for near in (index - 2, index + 2) if _is_item(text, tokens, near)]
    if token.low.isdecimal():
        number = int(token.low) if len(token.low) < 4 else 0
        after_a_genre = genre_before and (key_after or (number >= _LEAST_AFTER_A_GENRE and number != _COURSE))
        after_a_genre &= key_after or _low(tokens, index + 1) in _SEPARATORS
        listed = item and index > 0 and not any(word.isdecimal() for word in beside)
        if _SLOWEST <= number <= _FASTEST and (listed or after_a_genre):
            return "tempo_bpm", (float(number), float(number)), index, index + 1
        return None
    tonic = _TONICS.get(text[token.start : token.end])
    if tonic is None or not item or not index or any(len(word) == 1 for word in beside):
        return None
    return "key", Key(tonic, "major"), index, index + 1


def _is_item(text: str, tokens: list[Token], index: int) -> bool:
    """Whether a token is a whole item of a list; no part of "3/4" or "C/G" is."""
    if not 0 <= index < len(tokens):
        return False
    start, end = tokens[index].start, tokens[index].end
    around = _low(tokens, index - 1), _low(tokens, index + 1)
    return _SEPARATORS.issuperset(around) and "/" not in (text[start - 1 : start], text[end : end + 1])


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""
