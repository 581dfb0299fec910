"""One fact in words: the same true statement in every place it can take in a text.

Every maker picks words from the vocabulary that are true of the facts and says in `Fragment.stated` what the prompt
reader must find wherever the fragment is put. Numbers are rounded within the tolerance of `truth_midi_text`; a fact
without a true word, or one not worth saying, gives None.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ...facts_midi_text import Key, MusicFacts
from ...truth_midi_text import class_holds
from ...vocabulary_midi_text import (
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
from .wordings import WORDINGS, Wordings

Stated = tuple[str, Any]


class Fragment(NamedTuple):
    """One statement and its wordings.

    Attributes:
        topic: What it speaks of: "tempo", "key", "harmony".
        wordings: Of each grammatical place.
        slots: What fills the names in braces.
        stated: What the prompt reader must find wherever it is put.
    """

    topic: str
    wordings: Wordings
    slots: Mapping[str, str]
    stated: tuple[Stated, ...]

    def put(self, place: str, rng: random.Random) -> str:
        """One wording for a place, a field of `Wordings`; "" where there is none."""
        forms: tuple[str, ...] = getattr(self.wordings, place)
        if not forms:
            return ""
        form = forms[int(rng.random() * len(forms))]
        return form.format_map(self.slots) if "{" in form else form


def fragment(topic: str, row: str, slots: Mapping[str, str], *stated: Stated) -> Fragment:
    """A fragment with the wordings of a row of `WORDINGS`."""
    return Fragment(topic, WORDINGS[row], slots, stated)


def article(noun: str) -> str:
    """The noun with "a" or "an" before it, by sound: "an 8-bar", "an F# minor", "a one-bar"."""
    first = next(iter(re.split(r"[\s-]+", noun.strip(" -"))), "") or "x"
    if first[0].isdigit():
        vowel = first[0] == "8" or re.sub(r"\D.*", "", first) in ("11", "18")
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


def is_plural(name: str) -> bool:
    """Whether the name of an instrument is a plural: "drums", "steel drums", not "bass"."""
    return name.endswith("s") and not name.endswith(("ss", "panpipes"))


def with_article(name: str) -> str:
    """The name of an instrument as one would speak of it: "a violin", but "drums", "percussion"."""
    return name if is_plural(name) or name.endswith(_UNCOUNTED) else article(name)


_UNCOUNTED = ("percussion", "brass", "woodwind", "harmonics", "noise", "applause sound", "effect")


def _tempo(facts: MusicFacts, rng: random.Random) -> Fragment | None:
    words = [w for w in TEMPO_WORDS if w.low <= facts.tempo_bpm <= w.high]
    if words and (facts.tempo_changes or rng.random() < 0.45):
        entry = rng.choice(words)
        word = rng.choice(entry.written)
        value = ("tempo_bpm", (entry.low, entry.high))
        if entry.italian:
            return fragment(
                "tempo", "tempo italian", {"word": word, "Word": word.capitalize(), "a_word": article(word)}, value
            )
        plain = word if "-" not in word else entry.written[0]
        return fragment("tempo", "tempo word", {"word": word, "plain": plain, "a_plain": article(plain)}, value)
    bpm = round(facts.tempo_bpm)
    if rng.random() < 0.2:
        near = rng.choice(("about", "around", "approximately", "roughly"))
        shown, value = f"{near} {bpm}", ("tempo_bpm", about(bpm, ABOUT_SHARE / 2))
    else:
        shown, value = str(bpm), ("tempo_bpm", (float(bpm), float(bpm)))
    unit = rng.choice((" BPM", " BPM", " bpm", "bpm", " beats per minute"))
    plain = f"{shown}{unit}" if shown.isdigit() and "beats" not in unit else ""
    return fragment("tempo", "tempo number", {"n": shown, "bpm": f"{shown}{unit}", "plain": plain}, value)


def key_fragment(key: Key, rng: random.Random) -> Fragment:
    """The key in one of its spellings, or now and then only its mode."""
    if rng.random() < 0.12:
        return fragment("key", "mode", {"mode": key.mode}, ("mode", key.mode))
    name, tonic = rng.choice(key_spellings(key)), key.name.split()[0]
    if name[0] != tonic[0] and rng.random() < 0.8:
        name = key.name  # "A# major" is read, and seldom written
    short = name
    if rng.random() < 0.3:
        short = f"{tonic}m" if key.mode == "minor" else f"{tonic} maj"
    return fragment("key", "key", {"key": name, "short": short}, ("key", key))


def _metre(facts: MusicFacts, rng: random.Random) -> Fragment:
    numerator, denominator = facts.time_signature
    shown = f"{numerator}/{denominator}"
    name = shown
    if rng.random() < 0.3:
        name = rng.choice([w for w, metre in METRE_WORDS.items() if metre == (numerator, denominator)] or [shown])
    timed = name if name.endswith(("time", "breve")) else f"{name} time"
    row = "mostly metre" if facts.metre_changes else "metre"
    return fragment("metre", row, {"metre": shown, "timed": timed}, ("time_signature", (numerator, denominator)))


def _bars(facts: MusicFacts, rng: random.Random) -> Fragment | None:
    n = facts.bars
    if not BARS_LIMITS[0] <= n <= BARS_LIMITS[1]:
        return None
    shown = NUMBER_WORDS[n] if n < len(NUMBER_WORDS) and rng.random() < 0.25 else str(n)
    unit = rng.choice(("bar", "bar", "bar", "measure"))
    units = unit if n == 1 else unit + "s"
    slots = {"n": shown, "unit": unit, "units": units, "n_units": f"{shown} {units}", "digits": str(n)}
    return fragment("bars", "bars", slots, ("bars", (n, n)))


def _duration(facts: MusicFacts, rng: random.Random) -> Fragment | None:
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
    return fragment("duration", "duration", {"time": shown, "adjective": adjective}, ("duration_seconds", value))


def instruments_fragment(facts: MusicFacts, rng: random.Random) -> Fragment:
    """All instruments, or a few of many with a word that says there are others."""
    programs = list(facts.programs)
    some = len(programs) > 6 or (len(programs) >= 3 and rng.random() < 0.1)
    if some:
        programs = programs[: rng.randint(2, min(4, len(programs) - 1))]
    names, stated = [], []
    for program in programs:
        name, value = _instrument_word(program, rng)
        if value not in stated:
            names.append(name)
            stated.append(value)
    if rng.random() < 0.5:
        pairs = list(zip(names, stated, strict=True))
        rng.shuffle(pairs)
        names, stated = [p[0] for p in pairs], [p[1] for p in pairs]
    separator = ", " if some else rng.choice(_JOINTS)
    formal = [gm_name(v) if fact == "program" else v for fact, v in stated] if rng.random() < 0.2 else names
    slots = {
        "list": join_words(names, separator),
        "a_list": join_words([with_article(name) for name in names], separator),
        "list_and": join_words(names),
        "a_list_and": join_words([with_article(name) for name in names]),
        "formal": ", ".join(formal),
    }
    if some:
        return fragment("instruments", "open instruments", slots, *stated)
    if len(names) > 1:
        return fragment("instruments", "instruments", slots, *stated)
    if programs[0] in _SOLOISTS and not is_plural(names[0]):
        return fragment("instruments", "one instrument", slots, *stated)
    adjective = "drum" if programs[0] == DRUMS else names[0]
    return fragment("instruments", "one group", {**slots, "adjective": adjective}, *stated)


def _instrument_word(program: int, rng: random.Random) -> tuple[str, Stated]:
    """A name of a program, or at times a family word that it satisfies."""
    if rng.random() < 0.25:
        names = _GENERIC.get(program)
        if names:
            family = rng.choice(names)
            return rng.choice(FAMILIES[family].written[:1]), ("family", family)
    written = INSTRUMENTS[program].written
    name = written[0] if rng.random() < 0.5 else rng.choice(written)
    return name, ("program", program)


_JOINTS = (" and ", " and ", " and ", " & ", ", ", " plus ", " with ", " as well as ", " together with ")
_SOLOISTS = frozenset((*range(38), 40, 41, 42, 43, 46, 53, *range(56, 61), *range(64, 80), *range(104, 112)))
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


def _exclusion(facts: MusicFacts, rng: random.Random) -> Fragment | None:
    absent = [p for p in (DRUMS, DRUMS, DRUMS, DRUMS, 0, 40) if p not in facts.programs]
    if not absent or facts.programs == (DRUMS,):
        return None  # nobody looks for a piano in a drum beat
    program = rng.choice(absent)
    name = rng.choice(("drums", "percussion")) if program == DRUMS else INSTRUMENTS[program].written[0]
    slots = {"names": name, "are": "are" if is_plural(name) else "is"}
    return fragment("exclusion", "exclusion", slots, ("no_program", program))


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
    slots = {"word": word, "a_word": article(word), "name": name, "a_name": article(name), "noun": "register"}
    row = "range" if name in ("wide", "narrow") else fact
    return fragment(fact, row, slots, (fact, name))


MAKERS: dict[str, Callable[[MusicFacts, random.Random], Fragment | None]] = {
    "tempo": _tempo, "metre": _metre, "bars": _bars, "duration": _duration, "instruments": instruments_fragment,
    "exclusion": _exclusion,
}  # fmt: skip
