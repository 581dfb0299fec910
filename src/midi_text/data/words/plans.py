"""The kinds of text: each plan sets the same fragments into another form.

Captions come as a phrase, as prose of a few sentences, as notes, keywords or fields; prompts as a phrase, an order, a
question, an order with wishes after it, keywords, fields, or a mixture.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from .fragments import Fragment, join_words
from .prose import ASKED_NOUNS, NOUNS, clauses, noun_phrase, sentence, tidy, wish

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
_POINTS = ("listen for {}", "note {}", "one can hear {}", "the ear catches {}")
_LONGEST_SUBJECT = 70  # characters
_DESCRIBES = (
    "{}", "{}", "{}", "{}", "{}", "{}", "{}", "This is {}", "This is {}", "Here is {}", "We hear {}", "One hears {}",
    "You are listening to {}", "What we have here is {}", "{}", "{}", "{}", "Here we have {}",
    "What follows is {}", "In these bars we hear {}", "The score shows {}",
)  # fmt: skip
_ORDERS = (
    "write {}", "write me {}", "compose {}", "please compose {}", "generate {}", "create {}", "make {}", "make me {}",
    "I want {}", "I'd like {}", "give me {}", "I need {}", "please write {}", "produce {}", "I am looking for {}",
    "let me hear {}", "play {}", "we need {}", "try {}", "imagine {}", "come up with {}", "I would love {}",
    "looking for {}", "put together {}", "sketch {}", "I'm after {}", "need {}", "hey, make me {}", "hi, I need {}",
    "hello, please write {}", "my request is {}", "build {}", "draft {}", "write down {}", "let's have {}", "start {}",
    "I was hoping for {}", "it would be great to hear {}", "today I want {}", "we are searching for {}", "turn out {}",
)  # fmt: skip
_QUESTIONS = (
    "could you write {}", "can you compose {}", "can you make me {}", "would you write {}", "how about {}",
    "could I have {}", "may I have {}", "got {}", "can I get {}", "would you compose {} for me", "how would {} sound",
    "what would {} sound like", "could you come up with {}", "do you have {}", "can u make {}",
)  # fmt: skip
_ENDINGS = (", please", ", please", ", thanks", ", thank you", ", pls", " for a video", " for my game",
            " for a short film")  # fmt: skip
_SUBJECTS = ("it", "it", "it", "it", "it", "the piece", "the music")
_WISHES = ("It should", "It must", "I want it to", "Please let it", "It needs to", "The piece should", "Let it",
           "I'd like it to")  # fmt: skip


def as_phrase(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """A noun phrase that says everything: "a slow folk waltz in D minor for violin and piano"."""
    return tidy(noun_phrase(fragments, noun or rng.choice(ASKED_NOUNS if kind == "prompt" else NOUNS), rng))


def as_statement(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """The phrase as a sentence; what would overload it follows in others."""
    if len(fragments) > 6:
        return as_prose(fragments, noun, rng, kind)
    return sentence(rng.choice(_DESCRIBES).format(as_phrase(fragments, noun, rng, kind)))


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
        text = rng.choice(_QUESTIONS).format(phrase)
        return (text[:1].upper() + text[1:] if rng.random() < 0.7 else text) + "?"
    text = rng.choice(_ORDERS).format(phrase)
    if rng.random() < 0.15:
        text += rng.choice(_ENDINGS)
    return text if rng.random() < 0.4 else sentence(text)


def as_keywords(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Keywords in any order."""
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
    """Short notes: "Waltz. 3/4, D minor. Violin and piano. Walking bass."."""
    groups = _grouped(fragments, rng, 3)
    said = [", ".join(each.put("keyword", rng) for each in group) for group in groups]
    if noun:
        said.insert(0, noun)
    return " ".join(sentence(text) for text in said)


def as_fields(fragments: list[Fragment], noun: str, rng: random.Random, kind: str) -> str:
    """Fields such as "key: D minor", on lines or in one."""
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
    """A first sentence that says what it is, then the rest in a few more."""
    openers = [each for each in fragments if each.topic in _OPENERS]
    openers.sort(key=lambda each: each.topic not in _STYLE)
    styles = sum(each.topic in _STYLE for each in openers)
    first = openers[: max(styles, rng.randint(1, 4))] if openers else fragments[:1]
    rest = [each for each in fragments if not any(each is one for one in first)]
    if kind == "prompt":
        return _with_wishes(as_order(first, noun, rng, kind), rest, rng)
    groups = _grouped(rest, rng, 3)
    said: list[str] = []
    if groups and rng.random() < 0.4:  # "This slow waltz for violin lasts 16 bars."
        this = f"this {as_phrase(first, noun, rng, kind).removeprefix('a ').removeprefix('an ')}"
        text = clauses(groups[0], this, rng)
        if len(this) < _LONGEST_SUBJECT and this in text and "," not in this and not this.startswith("this some"):
            said, groups = [sentence(text)], groups[1:]
    said = said or [sentence(rng.choice(_DESCRIBES).format(as_phrase(first, noun, rng, kind)))]
    subjects = [*_SUBJECTS, *((f"the {noun}",) * 2 if noun and noun[0].islower() else ())]
    subject = "it"
    for group in groups:
        thing = group[0].put("noun", rng) if len(group) == 1 and group[0].topic in _HEARD else ""
        if thing and rng.random() < 0.15:
            said.append(sentence(rng.choice(_POINTS).format(re.sub("^an? ", "the ", thing))))
            continue
        subject = rng.choice([each for each in subjects if each != subject] if subject != "it" else subjects)
        said.append(sentence(clauses(group, subject, rng)))
    return tidy(" ".join(said))


def _with_wishes(order: str, rest: Sequence[Fragment], rng: random.Random) -> str:
    said = [order if order.endswith((".", "?")) else order + "."]
    for group in _grouped(rest, rng, 3):
        said.append(f"{rng.choice(_WISHES)} {join_words([wish(each, rng) for each in group])}.")
    return tidy(" ".join(said))


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
    (as_statement, as_prose, as_keywords, as_fields, as_bare, as_notes), (0.3, 0.5, 0.05, 0.04, 0.05, 0.06)
)  # fmt: skip
PROMPT_PLANS: tuple[tuple[Plan, ...], tuple[float, ...]] = (
    (as_bare, as_order, as_something, as_keywords, as_prose, as_fields, as_mixture),
    (0.24, 0.24, 0.08, 0.17, 0.14, 0.05, 0.08),
)
