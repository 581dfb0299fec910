"""Style words of captions against what people said of the piece: genre, period, mood, kind of piece, composer.

No analyzer hears style reliably, so the gold is people's labels, given as the canonical words they bear out for each
kind (`data.words.gold` makes them of a corpus' labels). A caption is read by `read_prompt`, which knows 164 words of
style; a composer is a name after "by" or "in the style of" (but not "words by"), right if its last word is one of the
label's name.
- ``precision``: words that the labels bear out / words of a kind on which the labels speak; ``wrong``: the others.
- ``judged``: the share of style words on whose kind the labels speak. A folk tune without a mood mark is no evidence
  against "cheerful".
- ``stated``: style words a caption; ``captions_with_style``: the share of captions with any.
The labels are incomplete, so precision is a lower bound: a requiem that its catalogue calls "Mass" is not wrong music.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..prompt_midi_text import read_prompt
from ..records import Measurement
from ..style_words_midi_text import STYLE_KIND
from .intervals import ratio

COMPOSER = "composer"
KINDS = (*dict.fromkeys(STYLE_KIND.values()), COMPOSER)
# "Johann Sebastian Bach", "J. S. Bach", "de F. Tárrega", "Lola "Blue" Harvey"; a dot ends more than an initial.
_NAME = r"""(?:[A-ZÀ-ÖØ-ÞŁŚŻŹĆ]\.|["“]?[A-ZÀ-ÖØ-ÞŁŚŻŹĆ][\w'’-]*["”]?|von|van|de|di|da|del)"""
_COMPOSER = re.compile(
    rf"(?<!words )(?<!text )(?<!poem )(?<!lyrics )\b(?:[Bb]y|[Ii]n the (?:style|manner) of)\s+({_NAME}(?:\s+{_NAME})*)"
)


class StyleCase(NamedTuple):
    """A caption and what people said of its piece: kind -> canonical words; a kind that is absent was not spoken of."""

    text: str
    gold: Mapping[str, frozenset[str]]


def stated_styles(text: str) -> list[tuple[str, str]]:
    """The different style words of a text with their kinds; of a composer's name the last word, lower case."""
    ask = read_prompt(text)
    found = [(STYLE_KIND[word], word) for word in ask.styles]
    for match in _COMPOSER.finditer(text):
        is_fact = any(s.start < match.end(1) and match.start(1) < s.end for s in ask.statements)  # "by French horn"
        words = name_words(match.group(1))
        if words and not is_fact and len(words[-1]) > 1:
            found.append((COMPOSER, words[-1]))
    return list(dict.fromkeys(found))


def name_words(name: str) -> list[str]:
    """The words of a composer's name, lower case, without signs and years: ["j", "s", "bach"]."""
    return [word.lower() for word in re.findall(r"[^\W\d_]+", re.sub(r"\(.*?\)", "", name))]


def style_rows(cases: Sequence[StyleCase], name: str) -> list[Measurement]:
    """The rows of one kind of captions.

    Args:
        cases: Captions of held-out works with their gold.
        name: Of the kind of captions.

    Returns:
        ``stated``, ``captions_with_style`` and, where a word is judged, ``judged``, ``precision`` and ``wrong`` as
        ``<figure>/<name>`` and ``<figure>/<name>/<kind>``.

    Raises:
        ValueError: If there is no case.
    """
    if not cases:
        raise ValueError("the precision of styles needs at least one caption; got none")
    said = [(stated_styles(case.text), _by_word(case.gold)) for case in cases]
    rows = [ratio(f"captions_with_style/{name}", [float(bool(words)) for words, _ in said])]
    for kind in ("", *KINDS):
        own = [([w for w in words if kind in ("", w[0])], gold) for words, gold in said]
        stated = [len(words) for words, _ in own]
        judged = [sum(of in gold for of, _ in words) for words, gold in own]
        right = [sum(word in gold.get(of, ()) for of, word in words) for words, gold in own]
        place = f"{name}/{kind}" if kind else name
        if any(stated) or not kind:
            rows.append(ratio(f"stated/{place}", stated))
        if any(judged):
            rows.append(ratio(f"judged/{place}", judged, stated))
            rows.append(ratio(f"precision/{place}", right, judged))
            rows.append(ratio(f"wrong/{place}", [j - r for j, r in zip(judged, right, strict=True)], judged))
    return rows


def _by_word(gold: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """The gold with every word of the composers' names, so that "Lola", "Harvey" and "Lola Harvey" are one."""
    if COMPOSER not in gold:
        return gold
    return {**gold, COMPOSER: frozenset(word for name in gold[COMPOSER] for word in name_words(name))}
