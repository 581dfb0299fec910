"""Words are cut out of English so that English is left: what falls with them, and what is no sentence any more.

A cut takes along the little words that held what was cut (a preposition, an article, the comma or "and" of a list), or
the whole clause, and leaves a mark (`CUT`) in its place. `mended` then reads each sentence that was cut: one that hangs
in the air ("One soon notices a.", "come in bar 4.") goes as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .ask_midi_text import Statement
from .trait_words_midi_text import TRAIT_WORDS

CUT = "\x00"  # stands where words were cut, until `mended`

_NOUN_AFTER = re.compile(
    r"\s+(?:dynamics|articulation|registers?|range|texture|density|tempo|pace|speed|volume|time|metre|meter|key|long|form|"
    r"progression|chords?|loop|accompaniment|feel|writing|figures?|lines?)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:,?\s+(?:and\s+)?|^)(?:with(?:\s+no)?|without(?:\s+any)?|no|in|at|played|for|of|lasting|by|over|on|to|into)\s+"
    r"(?:an?\s+|the\s+)?(?:solo\s+)?(?:key\s+of\s+)?$",
    re.IGNORECASE,
)  # fmt: skip
AND = r"(?:and|&|plus|as well as|together with|along with)"  # joins the last of a list
_ITEM_LEAD = re.compile(rf"(?:\s*,\s*(?:{AND}\s+)?|\s+{AND}\s+)(?:an?\s+|the\s+)?$")
_ITEM_TAIL = re.compile(rf"^(?:\s*,\s*(?:{AND}\s+)?|\s+{AND}\s+)(?!(?:in|at|with|is|has|lasts|it|one|the|there|its)\b)")


def cut(text: str, start: int, end: int) -> str:
    """The text without a statement and the little words that held it, a mark in its place."""
    noun = _NOUN_AFTER.match(text, end)
    end = noun.end() if noun else end
    before, after = text[:start], text[end:].lstrip(CUT)
    item = _ITEM_LEAD.search(before[-40:])
    if item:
        return before[: len(before) - len(item.group())] + CUT + after
    tail = _ITEM_TAIL.match(after)
    lead = _LEAD.search(before[-60:])
    if tail and not noun:
        return before + CUT + after[tail.end() :]
    if lead and (noun or not re.match(r"\s+[^\W\d]", after) or re.match(r"\s+(?:in|at|for|with|and|of)\b", after)):
        return before[: len(before) - len(lead.group())] + CUT + after
    return before + CUT + after


# Where a clause that states something of the analysis can be cut off: before it, and after it.
_CLAUSE_STARTS = re.compile(r"(?:^|(?<=[.!?])\s+|\n|;|,(?:\s+(?:and|but))?|\s+(?:and|but|with|over)\b|\s[/|])\s*")
_CLAUSE_ENDS = re.compile(r"(?=[.!?](?:\s|$)|\n|;|,|\s(?:and|but|with|for|over|in|at)\s|\s[/|]\s|$)")
_LONGEST_CLAUSE = 200


def clauses(text: str, statement: Statement, others: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The clause that holds a false statement of the analysis and nothing else, as a range of the text; at most one.

    "The tempo bends freely." goes wholly, "…, driven by a backbeat" from its comma on; a word before the noun ("a
    syncopated waltz") is no clause.
    """
    words = TRAIT_WORDS.get(str(statement.value))
    if words and statement.text.lower() in words.before and re.match(r"\s+\w", text[statement.end :]):
        return []
    offset = max(0, statement.start - _LONGEST_CLAUSE)
    starts = [m for m in _CLAUSE_STARTS.finditer(text[offset : statement.start]) if m.end() or not offset]
    ends = _CLAUSE_ENDS.search(text, statement.end)
    if not starts or ends is None:
        return []
    start, inner, end = offset + starts[-1].start(), offset + starts[-1].end(), ends.start()
    opening = start == 0 or text[start - 1] in ".!?\n" or text[start] == "\n"
    if opening and text[end : end + 1] not in ("", ".", "!", "?", "\n", ";"):
        return []  # what follows hangs on the opening of the sentence
    if opening and text[end : end + 1] in (".", "!", "?", ";"):
        end += 1
    if any(first < end and last > inner for first, last in others):
        return []
    return [(start, end)]


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# What no sentence ends with, or begins with, and which words do not follow each other.
_VERBS = r"(?:keep|run|span|drive|come|goe|take|wind|flow|move|turn|carrie|pushe|lie|spin|seal|close|end|hold|ha)s"
_BROKEN = re.compile(
    r"\b(?:an?|the|by|with|for|of|and|or|as|at|in|on|over|from|to|into|is|are|plus|no)\s*[.,;:!?]*$|\b(?:is|are|has|have),"
    rf"|\b(?:an?|the)\s+(?:the|an?|in|with|and|is|are|of|for|at|by|over|on|but|that|plus|{_VERBS})\b"
    r"|\b(?:by|with|for|of|from|plus|in|on|over)\s+(?:in|with|and|is|are|of|for|at|by|has|but|plus)\b"
    r"|\bas\s+(?:in|with|and|is|are|at)\b|:\s*(?:in|at|of|with)\b|^(?:as|of|with|and|but|in the)\b[^,]*$",
    re.IGNORECASE,
)
_EMPTY = re.compile(  # "It is scored for.", "The mass setting is cast.", "Its key is."
    r"(?:It|(?:The|This|Its)(?:\s+[\w’'-]+){1,3}?)\s+(?:is|are|has|have|lasts|runs|moves|goes|opens|sits|lies)"
    r"(?:\s+(?:played|scored|written|set|cast|rooted|grounded|pitched|counted|notated|barred|taken|meant|intended))?"
    r"(?:\s+(?:by|for|with|in|at|on|to))?"
)
_BARE = re.compile(r"(?:It|The|This|One|As|Note|There)\b(?:\s+\S+){0,2}")  # "It draws.", "The notes stand."
_SENTENCE = re.compile(rf"(?:[^.!?;\n]|[.!?;](?![\s{CUT}]|$))*(?:[.!?;]+\s*|\n+|$)")


def mended(text: str, dropped: list[str]) -> str:
    """The text without the marks of cuts, and without the sentences that they have left hanging.

    Args:
        text: With marks.
        dropped: Gets the words of the sentences that go.
    """
    kept: list[str] = []
    capital = False
    for sentence in _SENTENCE.findall(text):
        whole = tidy(sentence.replace(CUT, ""))
        words = whole.rstrip(" .,;:!?")
        glued = re.search(rf"\w{CUT}+\w", sentence)
        beheaded = re.match(rf"\W*{CUT}\s*[a-z]", sentence) and whole.endswith((".", "!", "?"))
        empty = not words or _EMPTY.fullmatch(words) or _BARE.fullmatch(words)
        if CUT in sentence and (empty or glued or beheaded or _BROKEN.search(whole)):
            dropped += [words] if words else []
            capital |= sentence[:1].isupper()
        elif sentence.replace(CUT, ""):
            kept.append(_capital(sentence.replace(CUT, "")) if capital else sentence.replace(CUT, ""))
            capital = False
    return tidy("".join(part if part[-1].isspace() else f"{part} " for part in kept))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_DOUBLED = re.compile(r"\b([A-Za-z]{4,})(?: \1\b)+")


def undoubled(text: str) -> str:
    """The text without words that come twice in a row: "a folk folk piece"."""
    return _DOUBLED.sub(r"\1", text)


def tidy(text: str) -> str:
    """The text with the spaces, commas and capitals that writing has."""
    text = re.sub(r"(^|\s[/|])(?:\s*[/|])+(?=\s)", r"\1", text)
    text = re.sub(r"[ \t]{2,}", " ", text)
    text = re.sub(r"\s+([,.;!?])", r"\1", text)
    text = re.sub(r"([,;])(?:[,;])+", r"\1", text)
    text = re.sub(r",(\s*[.!?])", r"\1", text)
    text = re.sub(r"(?<!\.)([.!?])[.;](?!\.)", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeio][a-z]{3})(?!one)", r"\1n ", text)
    text = re.sub(r"^[\s,;]+|\s+$", "", text)
    return _capital(text) if text[:1].islower() and text.endswith(".") else text
