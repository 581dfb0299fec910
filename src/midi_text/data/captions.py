"""Facts and labels become English: captions that describe a piece and prompts that ask for one.

Each chosen fact becomes a `Fragment`: the same statement as an adjective, a phrase after the noun, a
keyword and a field. A plan (noun phrase, order, sentences, keywords, fields) then sets the fragments
into text, so any subset of facts comes in any order. Facts are written only where they are true: classes
and tempo words by their ranges, numbers rounded within the tolerance that `agreement` grants, keys only
above a confidence. Labels are repeated as the source gave them, never inferred, and left out where
their words would state something that the notes contradict (a "waltz" in 4/4, "Sonata in C" transposed).
All randomness comes from the `random.Random` passed in; a text takes some 0.1 ms.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..facts_midi_text import MusicFacts
from ..phrases_midi_text import PHRASES
from ..truth_midi_text import contradicts
from ..vocabulary_midi_text import CLASSES
from .fragments import MAKERS, Fragment, Stated, article, class_fragment, instruments_fragment, join_words, key_fragment
from .label_words import LabelWords, label_words


class Written(NamedTuple):
    """A text and what it states, as (fact, value) in the reader's terms."""

    text: str
    stated: tuple[Stated, ...]


def write_caption(
    facts: MusicFacts, labels: Mapping[str, object], rng: random.Random, *, min_key_confidence: float = 0.7
) -> str:
    """A text that describes the piece; every statement in it is true of `facts` or stands in `labels`."""
    return compose_text(facts, labels, rng, kind="caption", min_key_confidence=min_key_confidence).text


def write_prompt(
    facts: MusicFacts, labels: Mapping[str, object], rng: random.Random, *, min_key_confidence: float = 0.7
) -> str:
    """A text that asks for such a piece: an order, a phrase, keywords; for a random subset of the facts."""
    return compose_text(facts, labels, rng, kind="prompt", min_key_confidence=min_key_confidence).text


def compose_text(
    facts: MusicFacts,
    labels: Mapping[str, object],
    rng: random.Random,
    *,
    kind: str = "caption",
    min_key_confidence: float = 0.7,
) -> Written:
    """Write one text and say what it states.

    Args:
        facts: What was measured; every stated fact is true of it.
        labels: What people said in the source (corpus label names, and "title", "composer"); unknown keys
            are ignored.
        rng: Source of every choice.
        kind: "caption" (describes) or "prompt" (asks).
        min_key_confidence: The key is stated only when `facts.key_confidence` reaches it.

    Raises:
        ValueError: `kind` is neither "caption" nor "prompt".
    """
    if kind not in ("caption", "prompt"):
        raise ValueError(f"kind must be 'caption' or 'prompt', found {kind!r}")
    words = label_words(labels, rng)
    words = words.without(lambda stated: contradicts(stated[0], stated[1], facts))
    fragments = _choose(facts, rng, kind, min_key_confidence)
    if words.empty or rng.random() < 0.35:
        words = LabelWords()
    if not fragments and words.empty:
        fragments = [instruments_fragment(facts, rng, kind)]
    plan = rng.choices(*(_PROMPT_PLANS if kind == "prompt" else _CAPTION_PLANS))[0]
    text = plan(fragments, words, rng, kind)
    if kind == "prompt" and rng.random() < 0.25 and not _CASE_COUNTS.search(text):
        text = text.lower()
    stated = tuple(s for f in fragments for s in f.stated) + words.stated
    return Written(text, stated)


# Lower case would turn these keys into an article or a word: "A minor", "Am", "in D".
_CASE_COUNTS = re.compile(r"\bA\b|\b[A-G][#b♯♭]?m\b")


# -- which facts


# Prompts say what users care to say; captions say most of what matters.
_SHARES: dict[str, float] = {
    "tempo": 0.68, "key": 0.68, "metre": 0.6, "instruments": 0.78, "bars": 0.55, "duration": 0.12,
    "density": 0.1, "dynamics": 0.1, "articulation": 0.06, "register": 0.06, "texture": 0.08, "exclusion": 0.06,
}  # fmt: skip
_CAPTION_SHARES = _SHARES | {
    "tempo": 0.85, "key": 0.9, "metre": 0.75, "instruments": 0.92, "bars": 0.5, "exclusion": 0.03
}  # fmt: skip


def _choose(facts: MusicFacts, rng: random.Random, kind: str, min_key_confidence: float) -> list[Fragment]:
    """Fragments of a random subset of the facts, in random order."""
    shares = _SHARES if kind == "prompt" else _CAPTION_SHARES
    mood = rng.random() * (1 if kind == "prompt" else 3)  # captions are seldom so short
    if mood < 0.06:
        chosen: list[str] = []  # only style words, if there are labels
    elif mood < 0.18:
        chosen = [rng.choice(("tempo", "key", "metre", "instruments", "instruments", "bars", "duration"))]
    else:
        chosen = [name for name, share in shares.items() if rng.random() < share]
    if "bars" in chosen and "duration" in chosen and rng.random() < 0.8:
        chosen.remove("duration")
    rng.shuffle(chosen)
    fragments = []
    for name in chosen:
        if name == "key":
            sure = facts.key_confidence >= min_key_confidence
            fragment = key_fragment(facts.key, rng) if facts.key and sure else None
        elif name in CLASSES:
            fragment = class_fragment(name, facts, rng)
        else:
            fragment = MAKERS[name](facts, rng, kind)
        if fragment is not None:
            fragments.append(fragment)
    return fragments


# -- plans: fragments become text


def _phrase(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    """A noun phrase that says everything: "a slow folk waltz in D minor for violin and piano"."""
    first: list[Fragment] = []
    after: list[str] = []
    noun = words.nouns[0] if words.nouns else rng.choice(_NOUNS)
    for fragment in fragments:
        repeats = not set(fragment.adjective.split()).isdisjoint(noun.split())  # "drum drum beat"
        as_adjective = fragment.adjective and not repeats and len(first) < 3 and rng.random() < 0.5
        if as_adjective or not fragment.after:
            first.append(fragment)
        else:
            after.append(fragment.after)
    if rng.random() < 0.8:  # "slow 3/4 piano piece" sooner than "piano 3/4 slow piece"
        first.sort(key=lambda f: _NEAR_THE_NOUN.get(f.stated[0][0], 0))
    before = [f.adjective for f in first]
    place = len(before) - (len(first) > 0 and first[-1].stated[0][0] in ("program", "family"))
    if any(f"{word.lower()} {name}" in PHRASES for word in words.adjectives for name in before[place:]):
        place = len(before)  # "jazz guitar" and "rock organ" are instruments
    before[place:place] = words.adjectives
    after += words.after
    if words.after and rng.random() < 0.5:
        after = list(words.after) + after[: -len(words.after)]
    joint = ", " if rng.random() < 0.3 else " "
    phrase = joint.join([" ".join([*before, noun]), *after])
    if noun == "music":
        return phrase if rng.random() < 0.5 and not phrase.startswith("A ") else f"some {phrase}"
    return article(phrase)


_NEAR_THE_NOUN = {"bars": 1, "time_signature": 2, "key": 3, "mode": 3, "program": 4, "family": 4}
_NOUNS = (
    "piece", "piece", "piece", "composition", "tune", "work", "piece of music", "music", "track", "number", "passage"
)  # fmt: skip
_ORDERS = (
    "write {}", "write me {}", "compose {}", "please compose {}", "generate {}", "create {}", "make {}", "make me {}",
    "I want {}", "I'd like {}", "give me {}", "I need {}", "could you write {}", "can you compose {}",
    "please write {}", "produce {}", "I am looking for {}", "let me hear {}", "play {}", "we need {}", "try {}",
    "how about {}", "imagine {}", "come up with {}",
)  # fmt: skip
_DESCRIBES = (
    "This is {}", "{}", "{}", "{}", "{}", "The music is {}", "We hear {}", "Here is {}", "It is {}",
    "What we hear is {}", "The file holds {}", "One hears {}", "The recording is of {}", "You are listening to {}",
)  # fmt: skip


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _as_caption(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    return _sentence(rng.choice(_DESCRIBES).format(_phrase(fragments, words, rng, kind)))


def _as_bare(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    """Only the phrase, as users type it: often without article, capital or stop."""
    text = _phrase(fragments, words, rng, kind)
    if rng.random() < 0.35:
        bare = text.split(" ", 1)[1] if text.startswith(("a ", "an ", "some ")) else text
        text = text if bare.startswith("A ") else bare  # "A minor waltz" would be read as a minor waltz
    return text if rng.random() < 0.6 else _sentence(text)


def _as_order(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    order = rng.choice(_ORDERS)
    text = order.format(_phrase(fragments, words, rng, kind))
    if order.startswith(("could", "can")):
        return text[:1].upper() + text[1:] + "?"
    return text if rng.random() < 0.4 else _sentence(text)


def _as_keywords(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    keys = [f.keyword for f in fragments] + [*words.adjectives, *words.nouns, *words.after]
    rng.shuffle(keys)
    return rng.choice((", ", ", ", ", ", "; ", " | ", " / ", "\n")).join(keys)


def _as_mixture(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    """An order or phrase that says a part, and fields for the rest."""
    cut = rng.randint(0, len(fragments))
    text = rng.choice((_as_bare, _as_order))(fragments[:cut], words, rng, kind)
    if cut == len(fragments):
        return text
    fields = ". ".join(f.field[:1].upper() + f.field[1:] for f in fragments[cut:]) + "."
    return f"{text}{'' if text.endswith(('.', '?')) else rng.choice(('.', ';'))} {fields}"


def _as_fields(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    lines = [f.field for f in fragments]
    style = " ".join([*words.adjectives, *words.nouns])
    if style:
        lines.insert(rng.randint(0, len(lines)), f"{rng.choice(('style', 'genre', 'kind'))}: {style}")
    lines += words.after
    if rng.random() < 0.5:
        lines = [line[:1].upper() + line[1:] for line in lines]
    return rng.choice(("\n", "; ", ", ", " | ", ". ")).join(lines)


def _as_sentences(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    """A first sentence with some of the facts, then the rest in one or two more."""
    first = rng.randint(0, min(3, len(fragments)))
    opening = _as_order if kind == "prompt" else _as_caption
    text = opening(fragments[:first], words, rng, kind)
    sentences = [text if text.endswith((".", "?")) else text + "."]
    rest = fragments[first:]
    while rest:
        size = rng.randint(1, 2)
        group, rest = rest[:size], rest[size:]
        name, _, value = group[0].field.partition(": ")
        if size == 1 and name in _NAMED_FACTS and rng.random() < 0.4:
            sentences.append(f"The {name} {rng.choice(_SHOULD) if kind == 'prompt' else 'is'} {value}.")
            continue
        subject = rng.choice(_WISHES if kind == "prompt" else _SUBJECTS)
        front = group[0].after
        if size == 2 and len(group) == 2 and front and not front.startswith("of ") and rng.random() < 0.25:
            subject = f"{front[:1].upper()}{front[1:]}, {subject if subject.startswith('I ') else subject.lower()}"
            group = group[1:]
        said = join_words([_predicate(f.after or f.adjective, kind == "prompt", rng) for f in group])
        sentences.append(f"{subject} {said}.")
    return " ".join(sentences)


_NAMED_FACTS = ("key", "tempo", "time signature", "metre", "meter", "dynamics", "register", "texture", "duration")
_SHOULD = ("should be", "is", "must be")
_SUBJECTS = ("It", "It", "The piece", "The music", "The work", "This music", "The whole")
_WISHES = ("It should", "It must", "I want it to", "Please let it", "It needs to", "The piece should")
_REPLACED = {"lasting": ("lasts", "last"), "with": ("has", "have"), "of": ("has", "have")}  # by a verb
_KEPT = {  # after a verb
    "at": (("is", "be"), ("moves", "move"), ("runs", "run")),
    "in": (("is", "be"), ("is", "be"), ("is written", "be written"), ("is set", "be set")),
    "for": (("is", "be"), ("is written", "be written"), ("is scored", "be scored")),
}


def _predicate(said: str, infinitive: bool, rng: random.Random) -> str:
    """A phrase as the end of a sentence: "lasting 16 bars" -> "lasts 16 bars", "in D minor" -> "is in D minor"."""
    first, _, others = said.partition(" ")
    if first in _REPLACED:
        return f"{_REPLACED[first][infinitive]} {others}"
    verb = rng.choice(_KEPT[first])[infinitive] if first in _KEPT else ("is", "be")[infinitive]
    return f"{verb} {said}"


_Plan = Callable[[list[Fragment], LabelWords, random.Random, str], str]
_CAPTION_PLANS: tuple[tuple[_Plan, ...], tuple[float, ...]] = (
    (_as_caption, _as_sentences, _as_keywords, _as_fields, _as_bare), (0.42, 0.44, 0.05, 0.03, 0.06)
)  # fmt: skip
_PROMPT_PLANS: tuple[tuple[_Plan, ...], tuple[float, ...]] = (
    (_as_bare, _as_order, _as_keywords, _as_sentences, _as_fields, _as_mixture), (0.32, 0.24, 0.2, 0.13, 0.05, 0.06)
)  # fmt: skip
