"""What the closer look found, as fragments: keys that change, chords, form, who plays what, and traits.

A trait is said in the words of its table and only where it was measured; the rest is said where it is clear: a loop
where the chords repeat, a role where one part has it and no other part shares its instrument, a form of at most eight
sections. Bars are counted from one. Commonplace traits ("steady tempo" of an engraved score) are seldom worth a word.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from ...facts.analysis import Analysis
from ...facts.chord import chord_names, roman_numeral
from ...facts.form import LISTED
from ...facts.parts import Part
from ...facts.traits import TRAITS
from ...facts_midi_text import MusicFacts
from ...trait_words_midi_text import TRAIT_WORDS
from ...truth_midi_text import contradicts
from ...vocabulary_midi_text import DRUMS, INSTRUMENTS
from .fragments import Fragment, fragment, is_plural, join_words, with_article
from .wordings import trait_wordings

_FIELDS = {"tonality": "harmony", "motifs": "motifs", "drumming": "beat", "parts": "texture", "difficulty": "level"}
_CHORDAL = 1.8  # sounding pitched notes on average
_MOST = 7  # findings in a text: more would be a list, not prose
# How often a usual caption names a trait that holds; what most pieces are, or happen to be, is seldom worth a word.
_TELLING, _ORDINARY, _COMMONPLACE = 0.75, 0.35, 0.1
_SHARES = {
    **dict.fromkeys(
        ("diatonic", "stays in one key", "on the beat", "steady tempo", "even dynamics", "engraved", "performed",
         "melody and accompaniment", "slow harmonic rhythm"), _COMMONPLACE),
    **dict.fromkeys(
        ("seventh chords", "chromatic", "authentic cadence at the end", "half cadence at the end", "homophonic",
         "repetitive", "returning motif", "intermediate piano", "easy piano", "block chords", "through-composed",
         "dotted rhythms"), _ORDINARY),
}  # fmt: skip
TOPIC_OF_TRAIT = {name: topic for topic, names in TRAITS.items() for name in names}

Maker = Callable[[MusicFacts, Analysis, random.Random], Fragment | None]


def trait_fragments(analysis: Analysis, rng: random.Random, appetite: float, kind: str) -> list[Fragment]:
    """Some of the traits that hold.

    Args:
        analysis: The closer look.
        rng: Source of every choice.
        appetite: How much there is to say: 1 for a usual caption.
        kind: "caption" or "prompt"; nobody asks for what most pieces are.
    """
    chosen = []
    least = _COMMONPLACE if kind == "prompt" else 0.0
    for name in sorted(analysis.traits):
        if name in TRAIT_WORDS and rng.random() < appetite * (_SHARES.get(name, _TELLING) - least / 2):
            topic = TOPIC_OF_TRAIT[name]
            chosen.append(Fragment(topic, trait_wordings(name, _FIELDS.get(topic, topic)), {}, (("trait", name),)))
    return chosen


def _key_change(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
    spans = analysis.tonality.spans
    if len(spans) < 2 or "modulates" not in analysis.traits:
        return None
    span = rng.choice(spans[1:4])
    old, new, where = spans[0].key, span.key, f"in bar {span.first_bar + 1}"
    slots = {"old": old.name, "new": new.name, "where": where, "where_first": where.capitalize()}
    changed = ("key_change", new)
    if span is spans[1] and old == facts.key and new != old and rng.random() < 0.6:
        return fragment("tonality", "key journey", slots, ("key", old), changed)
    return fragment("tonality", "key change", slots, changed) if new != facts.key else None


def _shown(names: Sequence[str], rng: random.Random) -> str:
    """Chords or numerals in a row: "Am-F-C-G"."""
    separator = rng.choice(("-", "-", "–", " ", ", ", ", ", " - ", " → ", "→", " | "))
    return separator.join(names)


def _chords(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
    harmony = analysis.harmony
    loop = tuple(chord.in_root_position for chord in harmony.loop)
    if 2 < len(loop) <= 8 and "repeated chord loop" in analysis.traits:
        shown = _shown(chord_names(loop, facts.key), rng)
        return fragment("harmony", "chord loop", {"chords": shown}, ("chords", loop))
    opening = harmony.progression[: rng.choice((3, 4, 4, 5))]
    thin = facts.polyphony < _CHORDAL or any(chord.quality == "5" for chord in opening)
    if len(opening) < 3 or thin or "unaccompanied line" in analysis.traits:
        return None  # chords that one line only hints at
    shown = _shown(chord_names(opening, facts.key), rng)
    return fragment("harmony", "opening chords", {"chords": shown}, ("chords", opening))


_PLAIN_NUMERAL = re.compile("b?[IViv]+°?7?")


def _roman(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
    loop = analysis.harmony.loop
    if facts.key is None or len(loop) not in range(3, 7):
        return None
    numerals = tuple(roman_numeral(chord, facts.key) for chord in loop)
    if not all(map(_PLAIN_NUMERAL.fullmatch, numerals)) or contradicts("roman", numerals, facts, analysis):
        return None
    shown = rng.choice(("-", "-", "–")).join(numerals)
    return fragment("harmony", "roman", {"numerals": shown}, ("roman", tuple(n.replace("°", "o") for n in numerals)))


def _form(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
    sections, plan = analysis.form.sections, analysis.form.plan
    if not 2 <= len(sections) <= 8 or len(set(plan)) < 2 or (len(set(plan)) == len(plan) and len(plan) > 2):
        return None  # nothing returns: the letters would say nothing
    if len(sections) <= LISTED and rng.random() < 0.3:
        slots = {"plan": plan, "sections": join_words(analysis.form.listed, rng.choice((" and ", ", ")))}
        return fragment("form", "sections", slots, ("form", plan))
    return fragment("form", "form", {"plan": plan}, ("form", plan))


_VERBS = {  # singular: plural
    "carries": "carry", "has": "have", "plays": "play", "fills": "fill", "accompanies": "accompany",
    "adds": "add", "spans": "span", "takes": "take",
}  # fmt: skip


def _part_slots(program: int, rng: random.Random) -> dict[str, str]:
    written = INSTRUMENTS[program].written
    name = written[0] if rng.random() < 0.8 else rng.choice(written)
    plural = is_plural(name)
    verbs = {verb: many if plural else verb for verb, many in _VERBS.items()}
    return {"name": name, "a_name": with_article(name), "carry": "carry", "play": "play", **verbs}


def _alone(part: Part, parts: Sequence[Part]) -> bool:
    """Whether no other part has its instrument, so that "the violin" is this one."""
    return sum(other.program == part.program for other in parts) == 1


def _role(role: str) -> Maker:
    def maker(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
        parts = analysis.parts.parts
        players = analysis.parts.role(role)
        if len(parts) < 2 or len(players) != 1 or not _alone(players[0], parts) or players[0].program == DRUMS:
            return None
        program = players[0].program
        stated = [("program", program)]
        if role in ("melody", "bass"):
            stated.insert(0, (f"{role}_program", program))
        return fragment("roles", role, _part_slots(program, rng), *stated)

    return maker


def _figure(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> Fragment | None:
    parts = [
        part for part in analysis.parts.parts
        if part.figure in analysis.traits and _alone(part, analysis.parts.parts)
        and (part.role == "bass" or part.figure != "walking bass")  # who has it has the bass line
    ]  # fmt: skip
    if len(analysis.parts.parts) < 2 or not parts:
        return None
    part = rng.choice(parts)
    words = TRAIT_WORDS[str(part.figure)]
    if not words.noun:
        return None
    figure = rng.choice(words.noun)
    comes = "come" if figure.endswith("s") else "comes"
    slots = {**_part_slots(part.program, rng), "figure": figure, "figure_key": words.keyword, "comes": comes}
    return fragment("parts", "figure", slots, ("trait", part.figure), ("program", part.program))


# What is worth saying, how often a usual caption with room for it says so, and the traits that it makes redundant.
ANALYSIS_MAKERS: tuple[tuple[float, Maker, frozenset[str]], ...] = (
    (0.45, _key_change, frozenset(("modulates",))),
    (0.45, _chords, frozenset(("repeated chord loop",))),
    (0.15, _roman, frozenset()),
    (0.35, _form, frozenset(("binary form", "ternary form", "rondo form", "through-composed"))),
    (0.4, _role("melody"), frozenset(("melody and accompaniment",))),
    (0.25, _role("bass"), frozenset()),
    (0.08, _role("accompaniment"), frozenset()),
    (0.2, _role("countermelody"), frozenset()),
    (0.25, _figure, frozenset()),
)


def analysis_fragments(
    facts: MusicFacts, analysis: Analysis, rng: random.Random, appetite: float, kind: str = "caption"
) -> tuple[list[Fragment], bool]:
    """A random choice of what the closer look found, and whether any of it names an instrument.

    Args:
        facts: The basic facts of the same score.
        analysis: The closer look.
        rng: Source of every choice.
        appetite: How much there is to say: 1 for a usual caption.
        kind: "caption" or "prompt".
    """
    found: list[Fragment] = []
    said: set[str] = set()
    for share, maker, redundant in ANALYSIS_MAKERS:
        if rng.random() < share * appetite:
            made = maker(facts, analysis, rng)
            if made is not None:
                found.append(made)
                said |= redundant | {str(value) for fact, value in made.stated if fact == "trait"}
    found += [each for each in trait_fragments(analysis, rng, appetite, kind) if each.stated[0][1] not in said]
    most = round(_MOST * min(appetite, 1.0))
    found = rng.sample(found, most) if len(found) > most else found
    return found, any(fact == "program" for each in found for fact, _ in each.stated)
