"""The kinds of text: each plan sets the same fragments into another form.

Captions come as a phrase, as prose of a few sentences, as notes, keywords or fields; prompts as a phrase, an order, a
question, an order with wishes after it, keywords, fields, or a mixture.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

from .fragments import Fragment, join_words
from .prose import ASKED_NOUNS, NOUNS, clauses, noun_phrase, sentence, tidy, trailed, wish
from .voices import (
    ABOUT,
    ASIDES,
    BRIEFS,
    ENDINGS,
    GIFTS,
    ORDERS,
    PARAGRAPH,
    PROGRAMME,
    QUESTIONS,
    STUDENT,
    WISHES,
    Voice,
)

Plan = Callable[[list[Fragment], str, random.Random, str], str]

# What belongs together, in the order in which one usually tells it.
_GROUPS = (
    {"mood", "genre", "period", "source"},
    {"tempo", "metre", "key", "bars", "duration"},
    {"instruments", "roles", "exclusion"},
    {"harmony", "tonality"},
    {"parts", "texture", "density", "register", "articulation"},
    {"rhythm", "drumming"},
    {"form", "motifs"},
    {"expression", "dynamics", "difficulty"},
)
_GROUP_OF = {topic: number for number, topics in enumerate(_GROUPS) for topic in topics}
_STYLE = ("genre", "period", "mood")  # always in the first sentence
_OPENERS = (*_STYLE, "instruments", "key", "tempo", "metre", "source")
_SIZES = (1, 2, 3, 2)  # fragments of a sentence
_HEARD = ("harmony", "parts", "texture", "rhythm", "drumming", "motifs", "tonality")
_LONGEST_SUBJECT = 70  # characters
_TRIES = 5  # sentences written before one that opens like another is let pass


def as_phrase(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """A noun phrase that says everything: "a slow folk waltz in D minor for violin and piano"."""
    return tidy(noun_phrase(fragments, noun or rng.choice(ASKED_NOUNS if kind == "prompt" else NOUNS), rng))


def as_statement(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """The phrase as a sentence; what would overload it follows in others."""
    if len(fragments) > 6:
        return (as_study if kind == "prompt" else as_prose)(fragments, noun, rng, kind)
    voice = rng.choice((PARAGRAPH, PARAGRAPH, PROGRAMME))
    return sentence(rng.choice(voice.first).format(as_phrase(fragments, noun, rng, kind)))


def as_bare(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Only the phrase, as users type it: often without article, capital or stop."""
    text = as_phrase(fragments, noun, rng, kind)
    if rng.random() < 0.35:
        bare = text.split(" ", 1)[1] if text.startswith(("a ", "an ", "some ")) else text
        text = text if bare.startswith("A ") else bare  # "A minor waltz" would be read as a minor waltz
    return text if rng.random() < 0.6 else sentence(text)


def as_something(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """What one says without a noun at hand: "something slow in D minor, with a walking bass"."""
    quality = next((each for each in fragments if each.topic in ("tempo", "mood", "dynamics")), None)
    word = quality.put("before", rng) if quality else ""
    if quality is None or not word or noun:
        return as_bare(fragments, noun, rng, kind)
    rest = noun_phrase([f for f in fragments if f is not quality], "something", rng)
    text = rest.removeprefix("a ").removeprefix("an ")
    if not text.startswith("something"):
        return as_bare(fragments, noun, rng, kind)
    text = text.replace("something", f"something {word}", 1)
    return tidy(rng.choice(("{}", "{}", "I want {}", "give me {}", "maybe {}", "play me {}")).format(text))


def as_order(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """An order, a wish or a question."""
    phrase = as_phrase(fragments, noun, rng, kind)
    if rng.random() < 0.3:
        frame = rng.choice(QUESTIONS)
        long = len(phrase) > _LONGEST_SUBJECT and not frame.endswith("{}")  # "would … be possible" must not gape
        text = (QUESTIONS[0] if long else frame).format(phrase)
        return (text[:1].upper() + text[1:] if rng.random() < 0.7 else text) + "?"
    text = rng.choice(ORDERS).format(phrase)
    if "composition" in text:
        text = text.replace("compose ", "create ", 1)
    if rng.random() < 0.15:
        text += rng.choice(ENDINGS)
    return text if rng.random() < 0.4 else sentence(text)


def as_keywords(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Keywords in any order; too few of them are a phrase."""
    if len(fragments) + bool(noun) < 3:
        return as_bare(fragments, noun, rng, kind)
    shuffled = rng.sample(fragments, len(fragments))
    shuffled.sort(key=lambda each: each.topic == "tonality")  # a key after a change of key would be one more change
    keys = [each.put("keyword", rng) for each in shuffled]
    if noun:
        keys.insert(rng.randint(0, len(keys)), noun)
    if _has_chords(fragments):
        return "; ".join(keys)
    return rng.choice((", ", ", ", ", ", "; ", " | ", " / ", "\n")).join(keys)


def _has_chords(fragments: Sequence[Fragment]) -> bool:
    """Whether what follows a comma or a dash could be taken for one chord more: "Am-F-C-G, D minor"."""
    return any(fact == "chords" for each in fragments for fact, _ in each.stated)


def as_notes(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Short notes as a producer makes them: "Waltz. 3/4, D minor. Violin and piano. Walking bass."."""
    if len(fragments) + bool(noun) < 3:
        return as_statement(fragments, noun, rng, kind)
    groups = _grouped(fragments, rng, 3)
    said = [", ".join(each.put("keyword", rng) for each in group) for group in groups]
    if noun:
        said.insert(0, noun)
    if kind == "prompt":
        said[0] = rng.choice(BRIEFS).format(said[0])
    if rng.random() < 0.3 and not _has_chords(fragments):
        return sentence(rng.choice(("; ", " / ", " – ")).join(said))
    return " ".join(sentence(text) for text in said)


def as_fields(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Fields such as "key: D minor", on lines or in one."""
    if len(fragments) + bool(noun) < 3:
        return as_bare(fragments, noun, rng, kind)
    lines = [each.put("field", rng) for each in fragments]
    if noun:
        lines.insert(rng.randint(0, len(lines)), f"{rng.choice(('kind', 'type', 'piece'))}: {noun}")
    if rng.random() < 0.5:
        lines = [line[:1].upper() + line[1:] for line in lines]
    return rng.choice(("\n", "\n", "; ", " | ", ". ")).join(lines)


def as_mixture(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """An order or phrase that says a part, and fields or keywords for the rest."""
    cut = rng.randint(0, len(fragments))
    text = rng.choice((as_bare, as_order))(fragments[:cut], noun, rng, kind)
    if cut == len(fragments):
        return text
    if rng.random() < 0.4 and not text.endswith("?"):
        joint = "; " if _has_chords(fragments) else rng.choice((", ", ", ", "; "))
        rest = joint.join(each.put("keyword", rng) for each in fragments[cut:])
        return f"{text.rstrip('.')}{joint}{rest}"
    fields = ". ".join(sentence(each.put("field", rng), "") for each in fragments[cut:]) + "."
    return f"{text}{'' if text.endswith(('.', '?')) else rng.choice(('.', ';'))} {fields}"


def as_prose(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """A paragraph as of a catalogue: what it is, then the rest in a few sentences more."""
    return _prose(fragments, noun, rng, PARAGRAPH)


def as_programme(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """A programme note."""
    return _prose(fragments, noun, rng, PROGRAMME)


def as_wishes(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """An order that says what it is, and wishes for the rest."""
    first, rest = _opened(fragments, rng)
    order = as_order(first, noun, rng, kind)
    return _with_wishes(order, rest, rng)


def as_study(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """What students ask."""
    first, rest = (fragments, []) if len(fragments) < 5 else _opened(fragments, rng)
    text = sentence(rng.choice(STUDENT).format(as_phrase(first, noun, rng, kind)))
    return _with_wishes(text, rest, rng)


def _opened(fragments: list[Fragment], rng: random.Random) -> tuple[list[Fragment], list[Fragment]]:
    """What the first sentence says, and the rest."""
    openers = [each for each in fragments if each.topic in _OPENERS]
    openers.sort(key=lambda each: each.topic not in _STYLE)
    styles = sum(each.topic in _STYLE for each in openers)
    first = openers[: max(styles, rng.randint(1, 4))] if openers else fragments[:1]
    return first, [each for each in fragments if not any(each is one for one in first)]


def _prose(fragments: list[Fragment], noun: str, rng: random.Random, voice: Voice) -> str:
    first, rest = _opened(fragments, rng)
    groups = _grouped(rest, rng, 3)
    said: list[str] = []
    if groups and rng.random() < 0.4:  # "This slow waltz for violin lasts 16 bars."
        this = f"this {as_phrase(first, noun, rng, 'caption').removeprefix('a ').removeprefix('an ')}"
        text = clauses(groups[0], this, rng)
        if (
            len(this) < _LONGEST_SUBJECT
            and text.startswith(this)
            and "," not in this
            and not this.startswith("this some")
        ):
            said, groups = [sentence(text)], groups[1:]
    said = said or [sentence(rng.choice(voice.first).format(as_phrase(first, noun, rng, "caption")))]
    subjects = [*voice.subjects, *((f"the {noun}", f"this {noun}") if noun and noun[0].islower() else ())]
    used = {_opening(said[0])}
    for group in groups:
        for _ in range(_TRIES):
            text = sentence(_told(group, rng.choice(subjects), voice, rng))
            if _opening(text) not in used:
                break
        used.add(_opening(text))
        said.append(text)
    return tidy(" ".join(said))


def _told(group: list[Fragment], subject: str, voice: Voice, rng: random.Random) -> str:
    """One sentence that says a group, without capital and stop."""
    things = [each.put("noun", rng) if each.topic in _HEARD else "" for each in group]
    if all(things) and rng.random() < 0.4:
        return rng.choice(voice.points).format(join_words(things))
    if len(group) == 2 and rng.random() < 0.35:
        text = trailed(group[0], group[1], subject, rng)
        if text:
            return text
    text = clauses(group, subject, rng)
    about = ABOUT.get(group[0].topic)
    if about and len(group) == 1 and rng.random() < 0.35 and text.startswith(("it ", "the ")):
        return rng.choice(about).format(text)
    return text


def _opening(text: str) -> str:
    """The words by which two sentences would be heard to begin alike."""
    words = text.lower().split(" ", 2)
    return words[0] if words[0] in ("it", "this") else " ".join(words[:2])


def _with_wishes(order: str, rest: Sequence[Fragment], rng: random.Random) -> str:
    """The order with an aside and wishes after it, each put in another way."""
    said = [order if order.endswith((".", "?")) else order + "."]
    groups = _grouped(rest, rng, 3)
    if groups and len(groups[0]) == 1 and said[0][-1] == "." and rng.random() < 0.3:
        aside = groups[0][0].put("after", rng)
        if aside and not aside.startswith(("that ", "whose ", "of ", "which ")):
            said[0] = said[0][:-1] + rng.choice(ASIDES).format(aside) + "."
            groups = groups[1:]
    used: set[str] = set()
    for group in groups:
        for _ in range(_TRIES):
            text = sentence(_wished(group, rng))
            if _opening(text) not in used:
                break
        used.add(_opening(text))
        said.append(text)
    return tidy(" ".join(said))


def _wished(group: list[Fragment], rng: random.Random) -> str:
    things = [each.put("noun", rng) if each.topic in _HEARD else "" for each in group]
    if all(things) and rng.random() < 0.5:
        return rng.choice(GIFTS).format(join_words(things))
    return rng.choice(WISHES).format(join_words([wish(each, rng) for each in group]))


def _grouped(fragments: Sequence[Fragment], rng: random.Random, most: int) -> list[list[Fragment]]:
    """Fragments in groups of at most `most` that belong together; now and then in any order."""
    ordered = list(fragments)
    if rng.random() < 0.85:
        ordered.sort(key=lambda each: _GROUP_OF.get(each.topic, 9))
    if not ordered:
        return []
    groups = [[ordered[0]]]
    size = rng.choice(_SIZES[:most])
    for before, each in pairwise(ordered):
        akin = _GROUP_OF.get(before.topic) == _GROUP_OF.get(each.topic) or rng.random() < 0.25
        if akin and len(groups[-1]) < size:
            groups[-1].append(each)
        else:
            groups.append([each])
            size = rng.choice(_SIZES[: most + 1])
    for group in groups:
        group.sort(key=lambda each: each.topic == "exclusion")  # what follows "no drums and" would be excluded, too
    return groups


CAPTION_PLANS: tuple[tuple[Plan, ...], tuple[float, ...]] = (
    (as_statement, as_prose, as_programme, as_keywords, as_fields, as_bare, as_notes),
    (0.27, 0.32, 0.2, 0.05, 0.04, 0.05, 0.07),
)
SHORT_PLANS: tuple[Plan, ...] = (as_keywords, as_notes, as_fields)
"""Those with the fewest words a fact."""
PROMPT_PLANS: tuple[tuple[Plan, ...], tuple[float, ...]] = (
    (as_bare, as_order, as_something, as_keywords, as_wishes, as_study, as_notes, as_fields, as_mixture),
    (0.2, 0.2, 0.07, 0.14, 0.13, 0.08, 0.06, 0.05, 0.07),
)
