"""Who plays what, in free text: "flute melody", "bass line on tuba", "Melody: violin", "the cello has the tune"."""

from __future__ import annotations

from .tokens_midi_text import Token

_MELODY = frozenset("melody melodies tune theme lead melodie melodia leads".split())
_LINES = frozenset("line lines part bassline".split())
_ARTICLES = frozenset("the a an solo main some".split())
_ON = frozenset("on in by to : = is played lies sits goes belongs given taken carried sung left".split())
_CARRIES = frozenset("plays play playing carries carry carrying takes taking has have having sings singing on".split())


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _role_at(tokens: list[Token], index: int) -> str:
    """The role that a word names: "melody", or "bass" of "bass line"; else ""."""
    low = _low(tokens, index)
    if low in _MELODY:
        return "melody"
    return "bass" if low == "bassline" or (low == "bass" and _low(tokens, index + 1) in _LINES) else ""


def role_of(tokens: list[Token], first: int, end: int) -> str:
    """The role of an instrument that stands at `tokens[first:end]`: "melody", "bass" or ""."""
    after = _role_at(tokens, end)
    if after:
        return after
    if _low(tokens, end) in _CARRIES:
        place = end + 1
        while _low(tokens, place) in _ARTICLES:
            place += 1
        carried = _role_at(tokens, place)
        if carried:
            return carried
    place = first - 1
    while _low(tokens, place) in _ARTICLES:
        place -= 1
    if _low(tokens, place) not in _ON:
        return ""
    while place >= 0 and _low(tokens, place) in _ON:
        place -= 1
    if _low(tokens, place) in _LINES:
        place -= 1
    if _low(tokens, place) in _MELODY and not (_low(tokens, place) == "lead" and _low(tokens, place + 1) != ":"):
        return "melody"
    return "bass" if _low(tokens, place) in ("bass", "bassline") and _before_bass(tokens, place) else ""


def _before_bass(tokens: list[Token], place: int) -> bool:
    """Whether "bass" names the part and not an instrument: "bass line on", "bass: cello"."""
    return _low(tokens, place + 1) in (":", "=", "on", *_LINES) or _low(tokens, place) == "bassline"


def is_label(tokens: list[Token], first: int, end: int, meanings: tuple[tuple[str, object], ...]) -> bool:
    """Whether "bass" at `tokens[first:end]` is only the label of a part: "Bass: cello", "bass on tuba"."""
    follower = _low(tokens, end)
    return meanings == (("family", "bass"),) and end - first == 1 and (
        follower in (":", "=") or (follower == "on" and _low(tokens, end + 1) in ("tuba", "cello", "the", "bassoon"))
    )  # fmt: skip
