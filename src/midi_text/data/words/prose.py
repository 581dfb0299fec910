"""Fragments become prose: noun phrases, clauses and sentences.

A noun phrase takes at most three words before its noun, in the order English gives them (mood, pace, length, period,
genre, metre, key, instrument), and the rest after it. A clause that starts with "it" can have another subject; two
such clauses share one. A phrase of place or manner ("in D minor", "over a walking bass") can open a sentence or close
it; one that clings to its noun ("that slows at the end", "of 16 bars") cannot.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import pairwise

from ...phrases_midi_text import PHRASES
from .fragments import Fragment, article, join_words

NOUNS = ("piece", "piece", "piece", "piece", "composition", "work", "piece of music", "music", "passage")
ASKED_NOUNS = ("piece", "piece", "piece", "song", "track", "composition", "piece of music", "music", "composition")
# Where a topic stands among the words before a noun.
_PLACES = {
    "mood": 0, "expression": 1, "dynamics": 1, "articulation": 1, "density": 1, "texture": 1, "register": 1,
    "difficulty": 1, "tonality": 1, "rhythm": 1, "parts": 1, "form": 1, "motifs": 1, "tempo": 2, "bars": 3,
    "duration": 3, "drumming": 4, "period": 4, "genre": 5, "metre": 6, "key": 7, "instruments": 8,
}  # fmt: skip
_QUALITIES = 2  # up to this place words are set off by commas: "a calm, slow waltz"
# How often a topic takes its place before the noun; figures seldom, and never two of them ("a 4/4 120 BPM piece").
_BEFORE = {"genre": 0.95, "mood": 0.9, "period": 0.9, "tempo": 0.5, "metre": 0.15, "key": 0.2, "bars": 0.35,
           "duration": 0.3, "instruments": 0.3}  # fmt: skip
_FIGURES = frozenset(("metre", "key", "bars", "duration"))
# What follows the noun: what it is for and in which key before what it is like.
_AFTER = {"instruments": 0, "key": 1, "source": 2, "metre": 3, "tempo": 4, "exclusion": 9}
_CLINGS = ("that ", "whose ", "of ", "which ")
# Set off by a comma after another phrase, or they would cling to its last word: "for piano, by a Polish composer".
_LOOSE = tuple(
    "that whose by marked called titled set lasting moving played scored written from to opening beginning ending "
    "closing composed dating on taken rooted cast going running featuring spanning flowing driven built full".split()
)
_MOST_BEFORE = 3


def noun_phrase(fragments: Sequence[Fragment], noun: str, rng: random.Random) -> str:
    """Such as "a slow folk waltz in D minor for violin and piano", with its article.

    Args:
        fragments: What it says, each once.
        noun: Its noun, such as "waltz".
        rng: Source of every choice.
    """
    before: list[tuple[int, str]] = []
    after: list[tuple[float, str]] = []
    taken = set(noun.lower().replace("-", " ").split())
    figures = 0
    for each in fragments:
        word = each.put("before", rng)
        parts = set(word.lower().replace("-", " ").split())
        figure = each.topic in _FIGURES or any(part.isdigit() for part in parts)
        fits = bool(word) and len(before) < _MOST_BEFORE and taken.isdisjoint(parts)  # no "drum drum beat"
        if each.topic == "instruments" and " " in noun:
            fits = False  # no "piano piece of music"
        if fits and not (figure and figures) and rng.random() < _BEFORE.get(each.topic, 0.4) * (0.3 if figure else 1):
            before.append((_PLACES.get(each.topic, 1), word))
            taken |= parts
            figures += figure
            continue
        phrase = each.put("after", rng)
        if phrase:
            after.append((_AFTER.get(each.topic, 5) + rng.random() * 1.5, phrase))
        elif fits:
            before.append((_PLACES.get(each.topic, 1), word))
            taken |= parts
        elif each.wordings.noun:
            after.append((6, f"with {each.put('noun', rng)}"))
    before.sort(key=lambda item: item[0])
    after.sort(key=lambda item: item[0])
    return _set(_before(before), noun, _with_list([phrase for _, phrase in after]), rng)


def _with_list(phrases: list[str]) -> list[str]:
    """The phrases, those that begin with "with" in one: "with a pickup, block chords and triplets"."""
    joins = [phrase.startswith("with ") and " other" not in phrase for phrase in phrases]  # a list of its own
    if sum(joins) < 2:
        return phrases
    place = joins.index(True)
    things = [phrase[5:] for phrase, joined in zip(phrases, joins, strict=True) if joined]
    others = [phrase for phrase, joined in zip(phrases, joins, strict=True) if not joined]
    return [*others[:place], f"with {join_words(things)}", *others[place:]]


def _before(words: list[tuple[int, str]]) -> str:
    """The words before a noun; "jazz" never beside "guitar", which would make it a jazz guitar."""
    text = ""
    for index, (place, word) in enumerate(words):
        comma = index and place <= _QUALITIES and words[index - 1][0] <= _QUALITIES
        if index and f"{words[index - 1][1].lower()} {word.lower()}" in PHRASES:
            continue
        text += f"{',' if comma else ''}{' ' if index else ''}{word}"
    return text


def _set(before: str, noun: str, after: Sequence[str], rng: random.Random) -> str:
    """Noun and surroundings with the commas that a reader needs."""
    text = f"{before} {noun}".strip()
    for index, phrase in enumerate(after):
        clings = phrase.split(" ", 1)[0] in _LOOSE or phrase.endswith((" long", " in length"))
        clings |= text.endswith("voice") and phrase.startswith("over")  # no voice-over
        clings |= text.endswith("among others")
        loose = index > 1 or (clings and index == 1) or (index == 1 and rng.random() < 0.25)
        text += f"{',' if loose else ''} {phrase}"
    if noun == "music":
        return text if rng.random() < 0.5 and not text.startswith("A ") else f"some {text}"
    return article(text)


def sentence(text: str, mark: str = ".") -> str:
    """The text with a capital and a stop; a numeral keeps its case ("iii" is no "Iii"), and a mark is enough."""
    first = text if _NUMERAL.match(text) else text[:1].upper() + text[1:]
    return first if text.endswith((".", "?", "!")) else first + mark


_NUMERAL = re.compile(r"b?(?:[iv]+|[IV]+)[°o]?7?(?![^\W\d_])")


def clause(each: Fragment, rng: random.Random) -> str:
    """A clause that says it: "it lasts 16 bars"."""
    said = each.put("says", rng)
    if said:
        return said
    thing = each.put("noun", rng)
    if thing:
        return f"it has {thing}"
    phrase = each.put("after", rng)
    return f"it is {phrase or each.put('before', rng)}"


def clauses(group: Sequence[Fragment], subject: str, rng: random.Random) -> str:
    """One sentence, without capital and stop, that says one to three fragments.

    Args:
        group: The fragments.
        subject: What "it" is to be called here: "it", "the waltz".
        rng: Source of every choice.
    """
    first, *others = group
    said = clause(first, rng)
    if not others:
        return _with_subject(said, subject)
    ours = [said, *(clause(each, rng) for each in others)]
    mine = [text[3:] for text in ours if text.startswith("it ")]
    front = first.put("after", rng)
    if len(others) == 1 and _can_lead(first, others[0], front) and rng.random() < 0.5:
        rest = ours[1]
        if rest.startswith("it "):
            alone = rng.random() < 0.35 and first.topic in _SCENES and not front.startswith(_PARTICIPLES)
            return _with_subject(f"{rest} {front}", subject) if alone else f"{front}, {_with_subject(rest, subject)}"
        if first.topic in _SCENES and front.split(" ", 1)[0] in _PREPOSITIONS:
            return f"{front}, {rest}"
    if len(mine) == len(ours):
        return f"{subject} {join_words(_joined(mine))}"
    others_said = [text for text in ours if not text.startswith("it ")]
    if mine and len(ours) == 2:
        pair = [f"{subject} {mine[0]}", others_said[0]]  # the other way about, "it" would be what was named last
        return rng.choice(("{}, and {}", "{}, while {}", "{}, while {}", "{}; {}")).format(*pair)
    if mine:
        return f"{subject} {join_words(_joined(mine))}; {join_words(others_said, ', and ')}"
    return join_words(others_said, ", and ") if len(ours) == 2 else "; ".join(others_said)


_PARTICIPLES = ("set ", "scored ", "written ", "played ", "lasting ", "moving ", "opening ", "beginning ", "marked ")
_PREPOSITIONS = frozenset("in at over on around under".split())
_SCENES = frozenset(("key", "metre", "tempo", "harmony", "drumming", "parts"))  # in, at or over which
_FRAMES = frozenset(("key", "metre", "tempo", "instruments", "bars", "duration"))


def trailed(first: Fragment, second: Fragment, subject: str, rng: random.Random) -> str:
    """A clause with another fragment hung on: "it lasts 16 bars, driven by a backbeat"; "" where that would not do."""
    said, phrase = clause(first, rng), second.put("after", rng)
    if (
        not said.startswith("it ")
        or not phrase
        or phrase.startswith(_CLINGS)
        or phrase.endswith((" long", " in length"))
    ):
        return ""
    if second.topic in ("instruments", "source", "roles") and first.topic not in _FRAMES:
        return ""
    comma = "," if phrase.split(" ", 1)[0] in _LOOSE or " with " in said or " in " in said or rng.random() < 0.4 else ""
    return f"{_with_subject(said, subject)}{comma} {phrase}"


def _can_lead(each: Fragment, other: Fragment, front: str) -> bool:
    """Whether a phrase can open a sentence about something else: "in D minor, …"."""
    leads = bool(front) and not front.startswith(_CLINGS) and not front.endswith((" long", " in length"))
    leads &= each.topic in _FRAMES or (each.topic in _SCENES and front.split(" ", 1)[0] in _PREPOSITIONS)
    return leads and other.topic not in ("expression", "difficulty", "source")


_SHARED = ("is", "has", "moves")


def _joined(predicates: list[str]) -> list[str]:
    """Predicates that share a subject and, where they can, their verb: "is in D minor" and "is in 3/4" -> "in 3/4"."""
    shared = [predicates[0]]
    for before, text in pairwise(predicates):
        verb, _, rest = text.partition(" ")
        same = before.startswith(f"{verb} ") and verb in _SHARED and " and " not in before
        shared.append(rest if same else text)
    return shared


def _with_subject(said: str, subject: str) -> str:
    return subject + said[2:] if said.startswith("it ") else said


def wish(each: Fragment, rng: random.Random) -> str:
    """What the piece should do: "last 16 bars", "have a walking bass"."""
    said = each.put("wish", rng)
    if said:
        return said
    phrase = each.put("after", rng)
    return f"be {phrase}" if phrase and not phrase.startswith(_CLINGS) else f"be {each.put('before', rng)}"


def tidy(text: str) -> str:
    """The text without doubled spaces."""
    return re.sub(r"  +", " ", text)
