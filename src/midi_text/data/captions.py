"""Facts, analysis and labels become English: captions that describe a piece and prompts that ask for one.

Each chosen fact becomes a `Fragment`: the same statement in every place it can take. A plan (a phrase, prose, notes,
keywords, fields, an order, a question) then sets the fragments into text, so any subset of facts comes in any order.
Facts are written only where they are true: classes and tempo words by their ranges, numbers rounded within the
tolerance that `agreement` grants, keys only above a confidence, traits only where they were measured. Labels are
repeated as the source gave them, never inferred, and left out where their words would state something that the notes
contradict (a "waltz" in 4/4, "Sonata in C" transposed). Where instruments are named at all, the text lists every one
or says that there are others, since a reader takes a list for complete.
All randomness comes from the `random.Random` passed in; a text takes some 0.1 ms.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import NamedTuple

from ..cuts_midi_text import undoubled
from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..prompt_midi_text import read_prompt
from ..truth_midi_text import contradicts, unnamed_programs
from ..vocabulary_midi_text import CLASSES, DRUMS, FAMILIES
from .words.analysis import analysis_fragments
from .words.fragments import MAKERS, Fragment, Stated, class_fragment, key_fragment
from .words.labels import LabelWords, label_words
from .words.plans import CAPTION_PLANS, PROMPT_PLANS, Plan


class Written(NamedTuple):
    """A text and what it states, as (fact, value) in the reader's terms."""

    text: str
    stated: tuple[Stated, ...]


def write_caption(
    facts: MusicFacts,
    labels: Mapping[str, object],
    rng: random.Random,
    *,
    analysis: Analysis | None = None,
    min_key_confidence: float = 0.7,
) -> str:
    """A text that describes the piece; every statement is true of `facts` and `analysis` or stands in `labels`."""
    return compose_text(facts, labels, rng, analysis=analysis, min_key_confidence=min_key_confidence).text


def write_prompt(
    facts: MusicFacts,
    labels: Mapping[str, object],
    rng: random.Random,
    *,
    analysis: Analysis | None = None,
    min_key_confidence: float = 0.7,
) -> str:
    """A text that asks for such a piece: an order, a question, keywords; for a random subset of the facts."""
    return compose_text(
        facts, labels, rng, kind="prompt", analysis=analysis, min_key_confidence=min_key_confidence
    ).text


def captions_for(
    facts: MusicFacts,
    labels: Mapping[str, object],
    rng: random.Random,
    analysis: Analysis | None = None,
    count: int = 4,
    kind: str = "caption",
) -> tuple[str, ...]:
    """Several different texts of one piece: of different kinds, the usual ones first, and of different facts.

    Each has been read back: one in some thousands brings words together that a reader takes for something untrue, and
    is left out.

    Args:
        facts: What was measured.
        labels: What people said in the source.
        rng: Source of every choice.
        analysis: The closer look, if it was taken.
        count: How many; fewer come back only where a piece with little to say gave the same text time and again.
        kind: "caption" or "prompt".

    Raises:
        ValueError: `kind` is neither.
    """
    plans = tuple(zip(*_plans(kind), strict=True))
    texts: dict[str, None] = {}
    order: list[Plan] = []
    for _ in range(4 * count):
        order = order or [plan for plan, _ in sorted(plans, key=lambda item: rng.random() ** (1 / item[1]))]
        text = compose_text(facts, labels, rng, kind=kind, analysis=analysis, plan=order.pop()).text
        if _reads_true(text, facts, analysis):
            texts.setdefault(text)
        if len(texts) == count:
            break
    return tuple(texts)


def _reads_true(text: str, facts: MusicFacts, analysis: Analysis | None) -> bool:
    ask = read_prompt(text)
    wrong = any(contradicts(each.fact, each.value, facts, analysis) for each in ask.statements)
    return not wrong and not unnamed_programs(ask, facts)


def compose_text(
    facts: MusicFacts,
    labels: Mapping[str, object],
    rng: random.Random,
    *,
    kind: str = "caption",
    analysis: Analysis | None = None,
    min_key_confidence: float = 0.7,
    plan: Plan | None = None,
) -> Written:
    """Write one text and say what it states.

    Args:
        facts: What was measured; every stated fact is true of it.
        labels: What people said in the source (corpus label names, and "title", "composer"); unknown keys
            are ignored.
        rng: Source of every choice.
        kind: "caption" (describes) or "prompt" (asks).
        analysis: The closer look; None where nobody took it.
        min_key_confidence: The key is stated only when `facts.key_confidence` reaches it.
        plan: How to set it, of `plans`; None for a usual one.

    Raises:
        ValueError: `kind` is neither "caption" nor "prompt".
    """
    choices, weights = _plans(kind)

    def contradicted(stated: tuple[Stated, ...]) -> bool:
        return any(contradicts(fact, value, facts, analysis) for fact, value in stated) or _forgets(stated, facts)

    words = LabelWords()
    if rng.random() > 0.3:
        words = label_words(labels, rng, kind).without(contradicted)
    if _other_mode(labels.get("key"), facts):
        min_key_confidence = 2.0
    fragments = _choose(facts, analysis, rng, kind, min_key_confidence)
    noun = words.noun or (rng.choice(_DRUM_NOUNS) if facts.programs == (DRUMS,) else "")
    if ("program", DRUMS) in LabelWords(noun).stated:
        fragments = [each for each in fragments if each.topic != "instruments"]  # no "drum beat for drums"
    fragments = _filled(fragments, len(words.fragments) + bool(words.noun), facts, rng, kind)
    fragments += words.fragments
    plan = plan or rng.choices(choices, weights)[0]
    text = undoubled(plan(fragments, noun, rng, kind))
    if kind == "prompt":
        text = _as_typed(text, rng)
    stated = tuple(s for f in fragments for s in f.stated) + LabelWords(noun).stated
    return Written(text, stated)


def _filled(fragments: list[Fragment], labels: int, facts: MusicFacts, rng: random.Random, kind: str) -> list[Fragment]:
    """The fragments and, where they say too little, others: a caption says three things, a prompt one."""
    wanted = 1 if kind == "prompt" else 3
    have = {each.topic for each in fragments}
    for name in rng.sample(_EVERYDAY, len(_EVERYDAY)):
        if len(fragments) + min(labels, wanted - 1) >= wanted:
            break
        drums = name == "instruments" and facts.programs == (DRUMS,)
        made = None if name in have or drums else MAKERS[name](facts, rng)
        fragments += [made] if made else []
    return fragments


def _as_typed(text: str, rng: random.Random) -> str:
    """The text as people type: a quarter in lower case where that changes nothing, now and then with "w/"."""
    if rng.random() < 0.25 and not _CASE_COUNTS.search(text):
        text = text.lower()
    if rng.random() < 0.06:
        text = text.replace(" with ", " w/ ")
    return text


def _other_mode(label: object, facts: MusicFacts) -> bool:
    """Whether a source's label gives the key another mode; its tonic says nothing once the music is transposed."""
    found = re.search("major|minor", label) if isinstance(label, str) else None
    return found is not None and facts.key is not None and found.group() != facts.key.mode


def _plans(kind: str) -> tuple[tuple[Plan, ...], tuple[float, ...]]:
    if kind not in ("caption", "prompt"):
        raise ValueError(f"kind must be 'caption' or 'prompt', found {kind!r}")
    return PROMPT_PLANS if kind == "prompt" else CAPTION_PLANS


_DRUM_NOUNS = ("drum beat", "drum pattern", "drum groove", "drum part")  # where no label has a better word
_EVERYDAY = ("instruments", "tempo", "metre", "bars")  # what can be said of all music
# Lower case would turn these keys, chords, numerals and forms into words or into others: "A minor", "Am", "IV", "ABA".
_CASE_COUNTS = re.compile(
    r"\bA\b|\b[A-G][#b♯♭]?(?:m|dim|aug|sus|[0-9])|\b[A-G][#b]?-|\b[IV]+\b|\b[A-G]{2,}\b|\b(?:chord|loop|progression)|–"
)


def _forgets(stated: tuple[Stated, ...], facts: MusicFacts) -> bool:
    """Whether words of a label name some instruments and not the others."""
    named: set[int] = set()
    for fact, value in stated:
        if fact == "program":
            named.add(value)
        elif fact == "family":
            named |= FAMILIES[value].programs
    return bool(named) and not named.issuperset(facts.programs)


# -- which facts


# Prompts say what users care to say; captions say most of what matters.
_SHARES: dict[str, float] = {
    "tempo": 0.6, "key": 0.6, "metre": 0.5, "instruments": 0.72, "bars": 0.45, "duration": 0.12,
    "density": 0.08, "dynamics": 0.1, "articulation": 0.06, "register": 0.06, "texture": 0.06, "exclusion": 0.06,
}  # fmt: skip
_CAPTION_SHARES = _SHARES | {
    "tempo": 0.66, "key": 0.8, "metre": 0.48, "instruments": 0.8, "bars": 0.4, "exclusion": 0.03
}  # fmt: skip


def _choose(
    facts: MusicFacts, analysis: Analysis | None, rng: random.Random, kind: str, min_key_confidence: float
) -> list[Fragment]:
    """Fragments of a random subset of the facts, in random order."""
    shares = _SHARES if kind == "prompt" else _CAPTION_SHARES
    mood = rng.random() * (1 if kind == "prompt" else 3)  # captions are seldom so short
    appetite = rng.choice((0.0, 0.4, 0.7, 1.0) if kind == "prompt" else (0.0, 0.6, 0.9, 1.3))
    if mood < 0.06:
        chosen: list[str] = []  # only style words, if there are labels
        appetite = 0.0
    elif mood < 0.18:
        chosen = [rng.choice(("tempo", "key", "metre", "instruments", "instruments", "bars", "duration"))]
        appetite = 0.0 if rng.random() < 0.7 else 0.5
    else:
        chosen = [name for name, share in shares.items() if rng.random() < share]
    if "bars" in chosen and "duration" in chosen and rng.random() < 0.8:
        chosen.remove("duration")
    fragments: list[Fragment] = []
    if analysis is not None and appetite:
        fragments, names_instruments = analysis_fragments(facts, analysis, rng, appetite, kind)
        if names_instruments and "instruments" not in chosen:
            chosen.append("instruments")
        if any(stated[0] == "key" for each in fragments for stated in each.stated) and "key" in chosen:
            chosen.remove("key")
    for name in chosen:
        if name == "key":
            sure = facts.key_confidence >= min_key_confidence
            made = key_fragment(facts.key, rng) if facts.key and sure else None
        elif name in CLASSES:
            made = class_fragment(name, facts, rng)
        else:
            made = MAKERS[name](facts, rng)
        if made is not None:
            fragments.append(made)
    rng.shuffle(fragments)
    fragments.sort(key=_changes_key)
    return fragments


def _changes_key(each: Fragment) -> bool:
    """Whether it tells of a change of key: a key that came after it would be taken for one more change."""
    return any(fact == "key_change" for fact, _ in each.stated)
