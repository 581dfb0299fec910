"""What a number of bars or seconds measures: the whole piece, a part of it, or the way to a place in it.

"The first 4 bars", "after 8 bars" and "the last 4 bars" are places, "intro 4 bars" and "phrases of 4 bars" parts; "it
stops after 16 bars" and "the music is over in 30 seconds" are the whole, but not "the drums stop after 4 bars".
"""

from __future__ import annotations

from collections.abc import Sequence

from .style_words_midi_text import KINDS
from .tokens_midi_text import Token

_PLACES = frozenset("every first next final each opening closing after another previous these those".split())
_AFTER_IT = frozenset(
    "blues intro introduction outro phrase phrases section sections ending pickup rest rests each form turnaround "
    "count verse verses chorus choruses bridge cadence".split()
)
_PARTS = frozenset("intro introduction verse chorus prechorus bridge interlude break breakdown solo outro coda".split())
_WHERE = (("in", "the", "middle"), ("at", "the", "start"), ("at", "the", "end"))
_PART_IS = frozenset("is are lasts last has have : =".split())
_STOPS = frozenset(
    """stop stops stopping end ends ending finish finishes finishing conclude concludes close closes loop loops over
    done finished fade fades""".split()
)
_STOPS_HOW = frozenset(
    "must should shall will can could has have to needs is be then that the this an come comes out".split()
)
_WHOLE = frozenset("it piece song music track tune composition cue everything".split()) | KINDS.keys()
_BREAKS = frozenset(("", ",", ".", ";", "|", "\n", "!", "?"))


def is_place(tokens: Sequence[Token], first: int, end: int) -> bool:
    """Whether so many bars at `tokens[first:end]` are a place in the piece or a part of it, and not its length."""
    before, after = _low(tokens, first - 1), _low(tokens, end)
    if before in _PLACES and not ends_at(tokens, first):
        return True
    if after in _AFTER_IT or (after == "of" and _low(tokens, end + 1) in _AFTER_IT) or is_last(tokens, first):
        return True
    if before == "of":
        return _low(tokens, first - 2) in ("phrases", "sections", "verses", "parts")
    part = first - 1
    while _low(tokens, part) in _PART_IS:
        part -= 1
    if tuple(_low(tokens, place) for place in range(part - 2, part + 1)) in _WHERE:
        part -= 3
    return _low(tokens, part) in _PARTS


def is_last(tokens: Sequence[Token], first: int) -> bool:
    """Whether "the last" stands before, as in "the last 4 bars", and not the verb, as in "should last 4 bars"."""
    return _low(tokens, first - 1) == "last" and _low(tokens, first - 2) in ("the", "its", "my", "our", "their")


def ends_at(tokens: Sequence[Token], first: int) -> bool:
    """Whether the whole piece is said to end at a number: "it stops after", "the music is over in", "loop it after"."""
    limit = _low(tokens, first - 2), _low(tokens, first - 1)
    if limit[1] != "after" and limit != ("over", "in"):
        return False
    place, verbs = first - 2, 0
    while _low(tokens, place) in _STOPS or _low(tokens, place) in _STOPS_HOW:
        verbs += _low(tokens, place) in _STOPS
        place -= 1
    if _low(tokens, place) == "it" and not verbs:
        return _low(tokens, place - 1) in _STOPS
    return verbs > 0 and (_low(tokens, place) in _WHOLE or _low(tokens, place) in _BREAKS)


def _low(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""
