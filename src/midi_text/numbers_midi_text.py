"""Numbers in free text: tempo, metre, bars and duration; and the numbers that are none of these.

A number counts only with its unit or its name ("120 bpm", "tempo = 120", "16-bar", "1:20", "3/4", "in three"). Ranges
("between 90 and 100 BPM", "8-16 bars"), bounds ("at least 8 bars") and "about" widen it; number words up to
the hundreds are read. Not read: places in a piece ("the first 4 bars", but "it stops after 4 bars"), its parts ("verse:
8 bars"), deadlines ("in 3 minutes"), decades ("80s"), dates, forms ("12-bar blues"), note values ("1/8 notes").
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .ask_midi_text import Statement
from .places_midi_text import ends_at, is_last, is_place
from .tokens_midi_text import Token
from .vocabulary_midi_text import (
    ABOUT_SHARE,
    BARS_LIMITS,
    DURATION_LIMITS,
    METRE_DENOMINATORS,
    NUMBER_WORDS,
    TEMPO_LIMITS,
    TENS,
    about,
)

Found = tuple[str, Any, int, int]  # fact, value, first token, token after the last

_UNITS = {word: float(i) for i, word in enumerate(NUMBER_WORDS)}
_TENS = {word: float(n) for word, n in TENS.items()}
_ABOUT = frozenset("about around approximately approx roughly circa ca nearly almost ~ ≈".split())
_FEWER = frozenset("less fewer slower shorter".split())
_MINUTES = frozenset("minute minutes min mins minuter".split())
_SECONDS = frozenset("second seconds sec secs s".split())
_ORDINALS = frozenset("st nd rd th".split())
_SHORT_PIECES = frozenset("loop loops jingle clip long cue sting".split())  # "30s loop"
_DRUM_MACHINES = (303, 606, 707, 808, 909)  # "808s"
_HOURS = frozenset("hour hours".split())
_BARS = frozenset("bar bars measure measures".split())
_DEADLINES = frozenset("in within every after first next per another ago".split())
_BREAKS = frozenset(("", ",", ".", ";", "|", "\n", "!", "?"))
_LENGTH_WORDS = frozenset("lasting lasts last duration length long for of runs running time : =".split()) | _ABOUT
_AFTER_A = frozenset("minute second couple".split())
_BEFORE_A_MINUTE = _LENGTH_WORDS | {"under", "than"}
_TEMPO_LEADS = frozenset("tempo bpm speed pace mm ♩ q".split())
_TEMPO_FILLERS = frozenset(": = of is at be should must set to marking mark range exactly . - (".split())
_BEATS = {"quarter": 1.0, "crotchet": 1.0, "half": 2.0, "minim": 2.0, "eighth": 0.5, "quaver": 0.5}
_ENDS = _BREAKS | frozenset("in for with and on using".split())
_COUNTED = {"three": (3, 4), "four": (4, 4), "five": (5, 4), "six": (6, 8)}  # "a waltz in three"
_COUNTING = _BREAKS | frozenset("""count counted felt feel time metre meter bars waltz piece song tune melody groove
    beat ballad march dance hymn music jazz written something""".split())  # fmt: skip


class _Amount(NamedTuple):
    """A number or a range of numbers with the words around it."""

    low: float
    high: float
    first: int  # token of the qualifier, or else of the number
    end: int  # token after
    near: bool  # "about"


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _attached(tokens: list[Token], index: int) -> bool:
    """Whether no space stands before a token."""
    return 0 < index < len(tokens) and tokens[index].start == tokens[index - 1].end


def _and_a_half(tokens: list[Token], index: int) -> bool:
    return _low(tokens, index) == "and" and _low(tokens, index + 1) == "a" and _low(tokens, index + 2) == "half"


def _number(tokens: list[Token], index: int) -> tuple[float, int] | None:
    """A number in digits or words and the token after it."""
    low = _low(tokens, index)
    if low[:1].isdigit() and low[0].isascii():
        if _low(tokens, index + 1) in _ORDINALS and _attached(tokens, index + 1):
            return None  # "18th-century"
        value = float(low) if len(low) < 9 else 1e9
        if _low(tokens, index + 1) == "½":
            return value + 0.5, index + 2
        if _and_a_half(tokens, index + 1):
            return value + 0.5, index + 4
        return value, index + 1
    value, end = 0.0, index
    if low in ("a", "one") and _low(tokens, index + 1) == "hundred":
        value, end = 100.0, index + 2
        end += _low(tokens, end) == "and"
        low = _low(tokens, end)
    if low in _TENS:
        unit = _UNITS.get(_low(tokens, end + 1), 0.0)
        if 1 <= unit <= 9:
            return value + _TENS[low] + unit, end + 2
        return value + _TENS[low], end + 1
    if low in _UNITS:
        value, end = value + _UNITS[low], end + 1
        if _and_a_half(tokens, end):
            return value + 0.5, end + 3
        return value, end
    if value:
        return value, end - (_low(tokens, end - 1) == "and")
    return None


def _amount(tokens: list[Token], index: int) -> _Amount | None:
    """A number at a token, with "to 100" after it and "between", "at least", "about" before it."""
    number = _number(tokens, index)
    if number is None:
        return None
    low, end = number
    high, first = low, index
    if _low(tokens, end) == "ish":  # "100-ish"
        return _Amount(low, low, index, end + 1, True)
    before = _low(tokens, index - 1)
    joiner = _low(tokens, end)
    if joiner in ("-", "to", "or", "~") or (joiner == "and" and before == "between"):
        second = _number(tokens, end + 1)
        if second is not None and second[0] >= low:
            high, end = second
            first -= before in ("between", "from")
            return _Amount(low, high, first, end, False)
    two = (_low(tokens, index - 2), before)
    if two[1] == "than" and _low(tokens, index - 3) in (
        "no",
        "not",
        "nothing",
        "never",
    ):  # "no more than", "not faster than"
        if two[0] in _FEWER:
            return _Amount(low, float("inf"), index - 3, end, False)
        return _Amount(0, high, index - 3, end, False)
    if before in _ABOUT and two[0] not in ("how", "what"):
        return _Amount(low, high, index - 1, end, True)
    if two == ("at", "least") or (before == "than" and two[0] in ("more", "faster", "longer")):
        return _Amount(low, float("inf"), index - 2, end, False)
    if two in (("at", "most"), ("up", "to")) or (before == "than" and two[0] in _FEWER):
        return _Amount(0, high, index - 2, end, False)
    if before in ("over", "above", "min", "minimum"):
        return _Amount(low, float("inf"), index - 1, end, False) if before != "over" or high > 32 else None
    if before in ("under", "below", "max", "maximum"):
        return _Amount(0, high, index - 1, end, False)
    return _Amount(low, high, first, end, False)


def read_carried(text: str, tokens: list[Token], index: int, last: Statement) -> Found | None:
    """A bound without a unit after a statement with one, "at most 20 bars, at least 8"; "Andante (about 88)".

    Args:
        text: The text.
        tokens: Of the text.
        index: Where the number stands.
        last: The statement before it.
    """
    fact = last.fact
    amount = _amount(tokens, index) if tokens[index].low[0].isdigit() else None
    if amount is None or _low(tokens, amount.end) not in _ENDS:
        return None
    bracket = text[tokens[amount.first].start - 1 : tokens[amount.first].start] == "("
    if bracket and fact == "tempo_bpm" and amount.low >= 30 and amount.high <= 300:
        return _tempo(amount, amount.first, amount.end)
    if amount.low == amount.high or amount.first >= index:
        return None
    if fact == "bars":
        return _bars(tokens, amount, amount.first, amount.end)
    if fact == "duration_seconds":
        scale = 60 if "min" in last.text.lower() else 1
        value = _within(amount.low * scale, amount.high * scale, DURATION_LIMITS)
        return ("duration_seconds", value, amount.first, amount.end) if value else None
    return _tempo(amount, amount.first, amount.end) if fact == "tempo_bpm" else None


def read_number_statement(text: str, tokens: list[Token], index: int) -> Found | None:
    """The statement whose number, or whose name for a number, stands at a token."""
    low = tokens[index].low
    if low in _TEMPO_LEADS or low in _BEATS or low == "dotted":
        found = _named_tempo(tokens, index)
        if found:
            return found
    if low == "in":
        return _counted(tokens, index)
    if low in _BARS and _low(tokens, index + 1) in (":", "="):
        amount = _amount(tokens, index + 2 + (_low(tokens, index + 2) in _ABOUT))
        return _bars(tokens, amount, index, amount.end) if amount else None
    if low == "half" or (low == "a" and _low(tokens, index + 1) in _AFTER_A):
        found = _a_minute(tokens, index)
        if found:
            return found
    if low[0].isdigit():
        found = _metre(text, tokens, index) or _clock(tokens, index)
        if found:
            return found
    amount = _amount(tokens, index)
    if amount is None:
        return None
    unit = _low(tokens, amount.end)
    if unit in _BARS:
        return _bars(tokens, amount, amount.first, amount.end + 1)
    if unit == "m" and _attached(tokens, amount.end) and _low(tokens, amount.end + 1)[:1].isdigit():
        return _duration(tokens, amount)  # "2m30s"
    if unit in _MINUTES or unit in _SECONDS or unit in _HOURS:
        return _duration(tokens, amount)
    if unit in ("beat", "beats") and amount.low == amount.high and amount.low in (2, 3, 4, 5, 7):
        end = _a_bar(tokens, amount.end + 1)
        if end:
            return ("time_signature", (int(amount.low), 4), amount.first, end)
    after = _after_bpm(tokens, amount.end)
    if after:
        return _tempo(amount, amount.first, after)
    at = _low(tokens, amount.first - 1) in ("at", "@") and amount.low >= 40 and amount.high <= 240 and low[0].isdigit()
    return _tempo(amount, amount.first, amount.end) if at and unit in _ENDS else None


def _after_bpm(tokens: list[Token], index: int) -> int:
    """The token after "bpm" or "beats per minute" at `index`, or 0."""
    words = [_low(tokens, index + i) for i in range(5)]
    if words[0] == "bpm":
        return index + 1
    if words[:2] == ["quarter", "notes"]:
        words, index = words[1:], index + 1
    beats = words[0] in ("beats", "beat", "crotchets", "quarters", "notes")
    if beats and words[1] in ("per", "a", "/", "in") and words[2] in (*_MINUTES, "a"):
        return index + 3
    if words in (["b", ".", "p", ".", "m"], ["b", ".", "p", ".", "m."]):
        return index + 5 + (_low(tokens, index + 5) == "." and _attached(tokens, index + 5))
    return 0


def _tempo(amount: _Amount, first: int, end: int, scale: float = 1.0) -> Found | None:
    low, high = amount.low * scale, amount.high * scale
    if amount.near and low == high:
        low, high = about(low, ABOUT_SHARE / 2)
    value = _within(low, high, TEMPO_LIMITS)
    return ("tempo_bpm", value, first, end) if value else None


def _within(low: float, high: float, limits: tuple[float, float]) -> tuple[float, float] | None:
    """The part of a range inside the limits, if any."""
    low, high = max(low, limits[0]), min(high, limits[1])
    return (low, high) if low <= high else None


def _named_tempo(tokens: list[Token], index: int) -> Found | None:
    """Such as "tempo: 96", "bpm=120", "quarter = 96", "dotted quarter = 60"."""
    position, scale = index, 1.0
    if _low(tokens, position) == "dotted":
        scale, position = 1.5, position + 1
    low = _low(tokens, position)
    position += 1
    if low == "♩" and _low(tokens, position) == ".":
        scale, position = 1.5, position + 1
    if low in _BEATS:
        position += _low(tokens, position) in ("note", "notes")
        if _low(tokens, position) not in ("=", "equals"):
            return None
        scale, position = scale * _BEATS[low], position + 1
    elif low not in _TEMPO_LEADS:
        return None
    for _ in range(4):
        position += _low(tokens, position) in _TEMPO_FILLERS
    for _ in range(2):
        position += _low(tokens, position) in (*_ABOUT, "between", "from", "least", "most", "over", "under")
    amount = _amount(tokens, position)
    if amount is None or _low(tokens, amount.end) in (_BARS | _SECONDS | _MINUTES):
        return None
    if _low(tokens, amount.end) in ("/", ":") and _attached(tokens, amount.end):
        return None
    return _tempo(amount, index, _after_bpm(tokens, amount.end) or amount.end, scale)


def _a_bar(tokens: list[Token], index: int) -> int:
    """The token after "per bar", "to the bar", "in each measure" at `index`, or 0."""
    article = _low(tokens, index + 1) in ("a", "the", "each", "every")
    end = index + 1 + article
    return end + 1 if _low(tokens, index) in ("per", "to", "in", "a") and _low(tokens, end) in _BARS else 0


def _counted(tokens: list[Token], index: int) -> Found | None:
    """A metre by its number of beats: "a waltz in three", "counted in five"; not "in three, two, one"."""
    metre, follower = _COUNTED.get(_low(tokens, index + 1)), _low(tokens, index + 2)
    if metre is None or _low(tokens, index - 1) not in _COUNTING or follower not in (*_BREAKS, "for", "with", "at"):
        return None
    return None if _number(tokens, index + 3) else ("time_signature", metre, index, index + 2)


def _metre(text: str, tokens: list[Token], index: int) -> Found | None:
    """Such as "3/4", "3/4 time", "3-4 time", "time signature 3 4"."""
    top, sign, bottom = (_low(tokens, index + i) for i in range(3))
    words_after = ("time", "metre", "meter")
    if sign == "/" and _attached(tokens, index + 1) and _attached(tokens, index + 2):
        end = index + 3
        named = _low(tokens, end) in words_after
    elif sign == "-" and _low(tokens, index + 3) in words_after:
        end, named = index + 3, True
    elif sign.isdigit() and (_low(tokens, index + 2) in words_after):
        bottom, end, named = sign, index + 2, True
    else:
        return None
    if not (top.isdigit() and bottom.isdigit() and len(top) < 3 and len(bottom) < 3):
        return None
    date = _low(tokens, end) == "/" and _attached(tokens, end)
    date = date or (_low(tokens, index - 1) == "/" and _attached(tokens, index))
    numerator, denominator = int(top), int(bottom)
    values = (numerator == 1 and not named) or _low(tokens, end) in ("notes", "minute")
    values = values or (_low(tokens, end) == "of" and _low(tokens, end + 1) in ("the", "a", "an", "all", "it"))
    if date or values or not 1 <= numerator <= 64 or denominator not in METRE_DENOMINATORS:
        return None
    return ("time_signature", (numerator, denominator), index, end + named)


def _bars(tokens: list[Token], amount: _Amount, first: int, end: int) -> Found | None:
    low, high = about(amount.low) if amount.near and amount.low == amount.high else (amount.low, amount.high)
    if amount.near:
        low, high = min(round(low), amount.low - 1), max(round(high), amount.high + 1)
    value = _within(low, high, BARS_LIMITS)
    added = _low(tokens, amount.first - 1) == "+" and _attached(tokens, amount.first)  # "16+1 bars"
    if is_place(tokens, amount.first, end) or added or amount.low != int(amount.low) or value is None:
        return None
    return ("bars", (int(value[0]), int(value[1])), first, end)


def _clock(tokens: list[Token], index: int) -> Found | None:
    """Such as "1:20", as minutes and seconds."""
    minutes, sign, seconds = (_low(tokens, index + i) for i in range(3))
    if sign != ":" or not (_attached(tokens, index + 1) and _attached(tokens, index + 2)):
        return None
    if not (minutes.isdigit() and len(minutes) < 3 and len(seconds) == 2 and seconds.isdigit() and int(seconds) < 60):
        return None
    of_day = _low(tokens, index - 1) == "at" or _low(tokens, index + 3) in ("am", "pm", ":", "o'clock")
    if of_day or (_low(tokens, index - 1) == ":" and _low(tokens, index - 2).isdigit()):
        return None
    near = _low(tokens, index - 1) in _ABOUT
    n = 60.0 * int(minutes) + int(seconds)
    if not n:
        return None
    return ("duration_seconds", about(n) if near else (n, n), index - near, index + 3)


def _a_minute(tokens: list[Token], index: int) -> Found | None:
    """Such as "half a minute", "a minute and a half", "about a minute", "a minute long"."""
    before = _low(tokens, index - 1)
    words = [_low(tokens, index + i) for i in range(5)]
    if words[0] == "half":
        end = index + 3 if words[1] == "a" and words[2] == "minute" else index + 2 if words[1] == "minute" else 0
        n = 30.0
    elif words[1] in ("minute", "second") and words[2:5] == ["and", "a", "half"]:
        n, end = (90.0 if words[1] == "minute" else 1.5), index + 5
    elif words[1:3] == ["couple", "of"] and words[3] == "minutes":
        return ("duration_seconds", about(120.0), index, index + 4)
    elif words[1] == "minute":
        n, end = 60.0, index + 2
    else:
        return None
    near = before in _ABOUT
    ends = ends_at(tokens, index - near)
    if n == 60 and not (ends or before in _BEFORE_A_MINUTE or words[2] in ("long", "of", "in", "or")):
        return None
    if not end or (not ends and _low(tokens, index - 1 - near) in _DEADLINES):
        return None
    if before in ("under", "than"):  # "under a minute", "less than half a minute", "longer than a minute"
        more = before == "than" and _low(tokens, index - 2) not in _FEWER
        value = (n, DURATION_LIMITS[1]) if more else (DURATION_LIMITS[0], n)
        return ("duration_seconds", value, index - 1 - (before == "than"), end)
    return ("duration_seconds", about(n) if near else (n, n), index - near, end)


def _duration(tokens: list[Token], amount: _Amount) -> Found | None:
    """Such as "30 seconds", "2 minutes", "1 minute and 20 seconds", "30s"."""
    unit, end = _low(tokens, amount.end), amount.end + 1
    before = _low(tokens, amount.first - 1)
    scale = 1.0 if unit in _SECONDS else 3600.0 if unit in _HOURS else 60.0
    low, high = amount.low * scale, amount.high * scale
    if scale == 60 and low == high:
        position = end + (_low(tokens, end) == "and")
        rest = _number(tokens, position)
        if rest and (_low(tokens, rest[1]) in _SECONDS or (rest[0] < 60 and _low(tokens, rest[1]) in (*_ENDS, "of"))):
            low = high = low + rest[0]
            end = rest[1] + (_low(tokens, rest[1]) in _SECONDS)
        elif _and_a_half(tokens, end):
            low = high = low + 30
            end += 3
    decade = unit == "s" and _attached(tokens, amount.end) and amount.low % 10 == 0 and amount.low >= 20
    ordinal = unit in ("second", "minute") and amount.low > 1 and _low(tokens, end)[:5] in ("violi", "flute", "cello")
    decade = decade and _low(tokens, end) not in _SHORT_PIECES
    long = _low(tokens, end) in ("long", "in")
    machine = unit == "s" and amount.low in _DRUM_MACHINES
    deadline = machine or (before in _DEADLINES and not long and not ends_at(tokens, amount.first))
    deadline = deadline or is_last(tokens, amount.first)
    if deadline or ordinal or (decade and before not in _LENGTH_WORDS):
        return None
    value = _within(*(about(low) if amount.near and low == high else (low, high)), DURATION_LIMITS)
    return ("duration_seconds", value, amount.first, end) if value else None
