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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..agreement_midi_text import class_holds, contradicts
from ..facts_midi_text import Key, MusicFacts
from ..vocabulary_midi_text import (
    ABOUT_SHARE,
    CLASSES,
    DRUMS,
    FAMILIES,
    INSTRUMENTS,
    METRE_WORDS,
    NUMBER_WORDS,
    TEMPO_WORDS,
    about,
    key_spellings,
)
from .label_words import LabelWords, label_words

Stated = tuple[str, Any]


class Fragment(NamedTuple):
    """One statement in its grammatical forms; "" where a form does not exist."""

    adjective: str  # "slow", "16-bar"
    after: str  # "in D minor", "for violin and piano"
    keyword: str  # "D minor"
    field: str  # "key: D minor"
    stated: tuple[Stated, ...]  # what the prompt reader must find in any of the forms


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
        fragments = [_instruments(facts, rng, kind)]
    plan = rng.choices(*(_PROMPT_PLANS if kind == "prompt" else _CAPTION_PLANS))[0]
    text = plan(fragments, words, rng, kind)
    if kind == "prompt" and rng.random() < 0.25 and not _CASE_COUNTS.search(text):
        text = text.lower()
    stated = tuple(s for f in fragments for s in f.stated) + words.stated
    return Written(text, stated)


# Lower case would turn these keys into an article or a word: "A minor", "Am", "in D".
_CASE_COUNTS = re.compile(r"\bA\b|\b[A-G][#b♯♭]?m\b")


# -- which facts


_SHARES: dict[str, float] = {
    "tempo": 0.68, "key": 0.68, "metre": 0.6, "instruments": 0.78, "bars": 0.55, "duration": 0.12,
    "density": 0.1, "dynamics": 0.1, "articulation": 0.06, "register": 0.06, "texture": 0.08, "exclusion": 0.06,
}  # fmt: skip


def _choose(facts: MusicFacts, rng: random.Random, kind: str, min_key_confidence: float) -> list[Fragment]:
    """Fragments of a random subset of the facts, in random order."""
    mood = rng.random()
    if mood < 0.06:
        chosen: list[str] = []  # only style words, if there are labels
    elif mood < 0.18:
        chosen = [rng.choice(("tempo", "key", "metre", "instruments", "instruments", "bars", "duration"))]
    else:
        chosen = [name for name, share in _SHARES.items() if rng.random() < share]
    if "bars" in chosen and "duration" in chosen and rng.random() < 0.8:
        chosen.remove("duration")
    rng.shuffle(chosen)
    fragments = []
    for name in chosen:
        if name == "key":
            fragment = _key(facts.key, rng) if facts.key and facts.key_confidence >= min_key_confidence else None
        elif name in CLASSES:
            fragment = _class(name, facts, rng)
        else:
            fragment = _MAKERS[name](facts, rng, kind)
        if fragment is not None:
            fragments.append(fragment)
    return fragments


def _tempo(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment | None:
    words = [w for w in TEMPO_WORDS if w.low <= facts.tempo_bpm <= w.high]
    if words and (facts.tempo_changes or rng.random() < 0.45):
        entry = rng.choice(words)
        word = rng.choice(entry.written)
        value = ("tempo_bpm", (entry.low, entry.high))
        if entry.italian:
            shown = word.capitalize() if rng.random() < 0.4 else word
            keyword = rng.choice((shown, f"{shown} tempo"))
            after = rng.choice((f"at {article(shown)} tempo", f"in {shown} tempo", f"played {shown}"))
            return Fragment(word, after, keyword, f"tempo: {shown}", (value,))
        plain = word if "-" not in word else entry.written[0]
        keyword = rng.choice((word, f"{plain} tempo"))
        after = f"at {article(plain)} {rng.choice(('tempo', 'tempo', 'pace', 'speed'))}"
        return Fragment(word, after, keyword, f"tempo: {plain}", (value,))
    bpm = round(facts.tempo_bpm)
    if rng.random() < 0.2:
        near = rng.choice(("about", "around", "approximately", "roughly"))
        shown, value = f"{near} {bpm}", ("tempo_bpm", about(bpm, ABOUT_SHARE / 2))
    else:
        shown, value = str(bpm), ("tempo_bpm", (float(bpm), float(bpm)))
    unit = rng.choice((" BPM", " BPM", " bpm", "bpm", " beats per minute"))
    after = rng.choice((f"at {shown}{unit}", f"at a tempo of {shown}{unit}", f"with a tempo of {shown}{unit}"))
    adjective = f"{shown}{unit}" if shown.isdigit() and "beats" not in unit else ""
    keyword = rng.choice((f"{shown}{unit}", f"tempo {shown}"))
    return Fragment(adjective, after, keyword, f"tempo: {shown}{rng.choice(('', unit))}", (value,))


def _key(key: Key, rng: random.Random) -> Fragment:
    if rng.random() < 0.14:
        mode = key.mode
        after = rng.choice((f"in a {mode} key", f"in a {mode} tonality", f"in {mode}", f"in a {mode} mode"))
        return Fragment(f"{mode}-key", after, f"{mode} key", f"mode: {mode}", (("mode", mode),))
    name = rng.choice(key_spellings(key))
    after = rng.choice((f"in {name}", f"in {name}", f"in the key of {name}"))
    tonic = key.name.split()[0]
    short = name
    if rng.random() < 0.3:
        short = f"{tonic}m" if key.mode == "minor" else f"{tonic} maj"
    keyword = rng.choice((name, short, f"key of {name}"))
    return Fragment(name, after, keyword, f"key: {short}", (("key", key),))


def _metre(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment:
    numerator, denominator = facts.time_signature
    shown = f"{numerator}/{denominator}"
    name = shown
    if rng.random() < 0.15:
        name = rng.choice([w for w, metre in METRE_WORDS.items() if metre == (numerator, denominator)] or [shown])
    timed = name if name.endswith(("time", "breve")) else f"{name} time"
    after = rng.choice((f"in {timed}", f"in {timed}" if name != shown else f"in {shown}", f"in {shown}"))
    word = rng.choice(("time signature", "metre", "meter", "time"))
    keyword = rng.choice((shown, timed, f"{shown} time signature"))
    return Fragment(shown, after, keyword, f"{word}: {shown}", (("time_signature", (numerator, denominator)),))


def _bars(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment:
    n = facts.bars
    shown = NUMBER_WORDS[n] if n < len(NUMBER_WORDS) and rng.random() < 0.2 else str(n)
    unit = rng.choice(("bar", "bar", "measure"))
    plural = unit if n == 1 else unit + "s"
    after = rng.choice((f"{shown} {plural} long", f"of {shown} {plural}", f"lasting {shown} {plural}"))
    field = rng.choice((f"length: {shown} {plural}", f"{plural}: {n}"))
    return Fragment(f"{shown}-{unit}", after, f"{shown} {plural}", field, (("bars", (n, n)),))


def _duration(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment | None:
    seconds = facts.duration_seconds
    if seconds < 1:
        return None
    n = round(seconds) if seconds < 40 else 5 * round(seconds / 5)
    forms = [f"{n} seconds" if n != 1 else "1 second"]
    if n == 30:
        forms.append("half a minute")
    if n >= 60:
        minutes, rest = divmod(n, 60)
        forms = [f"{minutes}:{rest:02d}"]
        if rest == 0:
            forms += [f"{minutes} minutes", f"{NUMBER_WORDS[minutes]} minutes"] if 1 < minutes <= 12 else []
        elif minutes > 1:
            forms.append(f"{minutes} minutes {rest} seconds")
        if n == 90:
            forms.append("a minute and a half")
    shown = rng.choice(forms)
    value: tuple[float, float] = (float(n), float(n))
    if rng.random() < 0.6:
        shown, value = f"{rng.choice(('about', 'around', 'roughly'))} {shown}", about(n)
    adjective = f"{n}-second" if shown == f"{n} seconds" else ""
    after = rng.choice((f"{shown} long", f"lasting {shown}"))
    return Fragment(adjective, after, f"{shown} long", f"duration: {shown}", (("duration_seconds", value),))


def _instruments(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment:
    programs = list(facts.programs)
    more = ""
    if len(programs) > 6 or (len(programs) >= 3 and rng.random() < 0.1):
        programs = programs[: rng.randint(2, min(4, len(programs) - 1))]
        more = rng.choice((" and other instruments", ", among others", " and more"))
    names, stated = [], []
    for program in programs:
        name, value = _instrument_word(program, rng)
        if value not in stated:
            names.append(name)
            stated.append(value)
    if rng.random() < 0.25:
        pairs = list(zip(names, stated, strict=True))
        rng.shuffle(pairs)
        names, stated = [p[0] for p in pairs], [p[1] for p in pairs]
    separator = ", " if more else rng.choice((" and ", " and ", " and ", " & ", ", "))
    listed = join_words(names, separator) + more
    lead = rng.choice(("for", "for", "for", "with", "scored for", "played by"))
    after = f"{lead} {listed}"
    adjective = ""
    if len(names) == 1 and not more and programs[0] == DRUMS:
        adjective = "drum"
    elif len(names) == 1 and not more:
        alone = f"solo {names[0]}" if programs[0] in _SOLOISTS else names[0]
        adjective = rng.choice((names[0], alone))
        after = rng.choice((after, f"for {alone}"))
    field = rng.choice(("instruments", "instrumentation", "played by", "instruments"))
    return Fragment(adjective, after, ", ".join(names) + more, f"{field}: {', '.join(names)}{more}", tuple(stated))


def _instrument_word(program: int, rng: random.Random) -> tuple[str, Stated]:
    """A name of a program, or at times a family word that it satisfies."""
    if rng.random() < 0.18:
        names = _GENERIC.get(program)
        if names:
            family = rng.choice(names)
            return rng.choice(FAMILIES[family].written[:1]), ("family", family)
    written = INSTRUMENTS[program].written
    name = written[0] if rng.random() < 0.7 else rng.choice(written)
    return name, ("program", program)


_SOLOISTS = frozenset((*range(38), 40, 41, 42, 43, 46, *range(56, 61), *range(64, 80), *range(104, 112)))
# Family words that may stand for one instrument in a list ("guitar" for a clean electric guitar).
_GENERIC: dict[int, list[str]] = {
    program: [
        name
        for name in ("guitar", "acoustic guitar", "electric guitar", "bass", "organ", "electric piano",
                     "saxophone", "synth", "synth lead", "synth pad")
        if program in FAMILIES[name].programs
    ]
    for program in range(128)
}  # fmt: skip


def _exclusion(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment | None:
    absent = [p for p in (DRUMS, DRUMS, DRUMS, 0, 40, 52) if p not in facts.programs]
    if not absent or (kind == "caption" and rng.random() < 0.5):
        return None
    program = rng.choice(absent)
    name = rng.choice(INSTRUMENTS[program].written)
    after = f"{rng.choice(('without', 'with no'))} {name}"
    return Fragment("", after, f"no {name}", f"excluded: no {name}", (("no_program", program),))


def _class(fact: str, facts: MusicFacts, rng: random.Random) -> Fragment | None:
    """A fragment for one of the class facts, if any of its words is true and worth saying."""
    if not facts.polyphony and fact != "density" and fact != "dynamics":
        return None  # drums alone have no register, texture or joined notes
    if (fact == "dynamics" and facts.velocity_spread < 1) or (fact == "articulation" and 0.85 < facts.articulation < 1.05):
        return None  # true, but only a default of the notation program
    true = [name for name in CLASSES[fact] if class_holds(fact, name, facts)]
    if not true:
        return None
    name = rng.choice(true)
    word = rng.choice(CLASSES[fact][name].written)
    after, keyword = "", word
    if fact == "dynamics":
        after = f"with {word} dynamics"
    elif fact == "articulation":
        after = rng.choice((f"with {word} articulation", f"played {word}"))
    elif fact == "register":
        noun = "register" if name in ("high", "low") else "range"
        after, keyword = f"with {article(name)} {noun}", f"{name} {noun}"
    elif fact == "texture":
        plain = name if name != "full" else rng.choice(("full", "thick"))
        after, keyword = f"with {article(plain)} texture", f"{plain} texture"
    return Fragment(word, after, keyword, f"{fact}: {keyword}", ((fact, name),))


_MAKERS: dict[str, Callable[[MusicFacts, random.Random, str], Fragment | None]] = {
    "tempo": _tempo, "metre": _metre, "bars": _bars, "duration": _duration, "instruments": _instruments,
    "exclusion": _exclusion,
}  # fmt: skip


# -- plans: fragments become text


def article(noun: str) -> str:
    """The noun with "a" or "an" before it, by sound: "an 8-bar", "an F# minor", "a one-bar"."""
    first = noun.split()[0].split("-")[0]
    if first[0].isdigit():
        vowel = first[0] == "8" or first.split("/")[0].rstrip("bpm") in ("11", "18")
    elif len(first.rstrip("#b♯♭m")) <= 1 and first[0].isupper():
        vowel = first[0] in "AEF"
    else:
        vowel = first[0] in "aeiouAEIOUÉ" and not first.lower().startswith(("one", "uk", "uni", "eu"))
        vowel = vowel or first == "FM"
    return f"{'an' if vowel else 'a'} {noun}"


def join_words(words: Sequence[str], separator: str = " and ") -> str:
    """ "a, b and c" with `separator` before the last."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + separator + words[-1]


def _phrase(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    """A noun phrase that says everything: "a slow folk waltz in D minor for violin and piano"."""
    before, after = [], []
    for fragment in fragments:
        as_adjective = fragment.adjective and (not fragment.after or (len(before) < 3 and rng.random() < 0.5))
        (before if as_adjective else after).append(fragment.adjective if as_adjective else fragment.after)
    noun = words.nouns[0] if words.nouns else rng.choice(_NOUNS)
    if "drum" in noun:
        before = [b for b in before if b != "drum"]
    before += words.adjectives
    after += words.after
    if words.after and rng.random() < 0.5:
        after = list(words.after) + after[: -len(words.after)]
    joint = ", " if rng.random() < 0.3 else " "
    phrase = joint.join([" ".join([*before, noun]), *after])
    if noun == "music":
        return phrase if rng.random() < 0.5 and not phrase.startswith("A ") else f"some {phrase}"
    return article(phrase)


_NOUNS = ("piece", "piece", "piece", "composition", "tune", "work", "piece of music", "music", "track")
_ORDERS = (
    "write {}", "write me {}", "compose {}", "please compose {}", "generate {}", "create {}", "make {}", "make me {}",
    "I want {}", "I'd like {}", "give me {}", "I need {}", "could you write {}", "can you compose {}", "please write {}",
    "produce {}", "I am looking for {}", "let me hear {}", "play {}", "we need {}",
)  # fmt: skip
_DESCRIBES = ("This is {}", "{}", "{}", "{}", "The music is {}", "We hear {}", "Here is {}", "It is {}")


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


def _as_fields(fragments: list[Fragment], words: LabelWords, rng: random.Random, kind: str) -> str:
    lines = [f.field for f in fragments]
    style = " ".join([*words.adjectives, *words.nouns, *words.after])
    if style:
        lines.insert(rng.randint(0, len(lines)), f"{rng.choice(('style', 'genre', 'kind'))}: {style}")
    if rng.random() < 0.5:
        lines = [line[:1].upper() + line[1:] for line in lines]
    return rng.choice(("\n", "; ", ", ", " | ")).join(lines)


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
        said = join_words([_predicate(f.after or f.adjective, kind == "prompt") for f in group])
        subject = rng.choice(_WISHES if kind == "prompt" else _SUBJECTS)
        sentences.append(f"{subject} {said}.")
    return " ".join(sentences)


_NAMED_FACTS = ("key", "tempo", "time signature", "metre", "meter", "dynamics", "register", "texture", "duration")
_SHOULD = ("should be", "is", "must be")
_SUBJECTS = ("It", "It", "The piece", "The music")
_WISHES = ("It should", "It must", "I want it to", "Please let it", "It needs to", "The piece should")
_VERBS = {"lasting": ("lasts", "last"), "with": ("has", "have"), "of": ("has", "have")}


def _predicate(said: str, infinitive: bool) -> str:
    """A phrase as the end of a sentence: "lasting 16 bars" -> "lasts 16 bars", "in D minor" -> "is in D minor"."""
    first, _, others = said.partition(" ")
    if first in _VERBS:
        return f"{_VERBS[first][infinitive]} {others}"
    return f"{'be' if infinitive else 'is'} {said}"


_Plan = Callable[[list[Fragment], LabelWords, random.Random, str], str]
_CAPTION_PLANS: tuple[tuple[_Plan, ...], tuple[float, ...]] = (
    (_as_caption, _as_sentences, _as_keywords, _as_fields, _as_bare), (0.4, 0.35, 0.1, 0.05, 0.1)
)  # fmt: skip
_PROMPT_PLANS: tuple[tuple[_Plan, ...], tuple[float, ...]] = (
    (_as_bare, _as_order, _as_keywords, _as_sentences, _as_fields), (0.34, 0.26, 0.2, 0.14, 0.06)
)  # fmt: skip
