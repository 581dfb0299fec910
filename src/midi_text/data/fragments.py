"""One fact in words: the same true statement as an adjective, a phrase after the noun, a keyword and a field.

Every maker picks words from the vocabulary that are true of the facts and says in `Fragment.stated` what
the prompt reader must find in any of the forms. Numbers are rounded within the tolerance of
`truth_midi_text`; a fact without a true word, or one not worth saying, gives None.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..facts_midi_text import Key, MusicFacts
from ..truth_midi_text import class_holds
from ..vocabulary_midi_text import (
    ABOUT_SHARE,
    BARS_LIMITS,
    CLASSES,
    DRUMS,
    DURATION_LIMITS,
    FAMILIES,
    INSTRUMENTS,
    METRE_WORDS,
    NUMBER_WORDS,
    TEMPO_WORDS,
    about,
    gm_name,
    key_spellings,
)

Stated = tuple[str, Any]


class Fragment(NamedTuple):
    """One statement in its grammatical forms; "" where a form does not exist."""

    adjective: str  # "slow", "16-bar"
    after: str  # "in D minor", "for violin and piano"
    keyword: str  # "D minor"
    field: str  # "key: D minor"
    stated: tuple[Stated, ...]  # what the prompt reader must find in any of the forms


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
    """Such as "a, b and c", with `separator` before the last."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + separator + words[-1]


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


def key_fragment(key: Key, rng: random.Random) -> Fragment:
    """The key in one of its spellings, or now and then only its mode."""
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


def _bars(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment | None:
    n = facts.bars
    if not BARS_LIMITS[0] <= n <= BARS_LIMITS[1]:
        return None
    shown = NUMBER_WORDS[n] if n < len(NUMBER_WORDS) and rng.random() < 0.2 else str(n)
    unit = rng.choice(("bar", "bar", "measure"))
    plural = unit if n == 1 else unit + "s"
    after = rng.choice((f"{shown} {plural} long", f"of {shown} {plural}", f"lasting {shown} {plural}"))
    field = rng.choice((f"length: {shown} {plural}", f"{plural}: {n}"))
    return Fragment(f"{shown}-{unit}", after, f"{shown} {plural}", field, (("bars", (n, n)),))


def _duration(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment | None:
    seconds = facts.duration_seconds
    if not 1 <= seconds <= 0.9 * DURATION_LIMITS[1]:
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


def instruments_fragment(facts: MusicFacts, rng: random.Random, kind: str) -> Fragment:
    """All instruments, or a few of many with a word that says there are others."""
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
    formal = [gm_name(v) if fact == "program" else v for fact, v in stated] if rng.random() < 0.2 else names
    return Fragment(adjective, after, ", ".join(names) + more, f"{field}: {', '.join(formal)}{more}", tuple(stated))


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


def class_fragment(fact: str, facts: MusicFacts, rng: random.Random) -> Fragment | None:
    """A fragment for one of the class facts, if any of its words is true and worth saying."""
    if not facts.polyphony and fact != "density" and fact != "dynamics":
        return None  # drums alone have no register, texture or joined notes
    flat = fact == "dynamics" and facts.velocity_spread < 1
    if flat or (fact == "articulation" and 0.85 < facts.articulation < 1.05):
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


MAKERS: dict[str, Callable[[MusicFacts, random.Random, str], Fragment | None]] = {
    "tempo": _tempo, "metre": _metre, "bars": _bars, "duration": _duration, "instruments": instruments_fragment,
    "exclusion": _exclusion,
}  # fmt: skip
