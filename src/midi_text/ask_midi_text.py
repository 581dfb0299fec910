"""What a text states about music, and that in words again.

A `Statement` is one fact and its place in the text; an `Ask` sums them up. `summarise` decides which statement counts
where several speak of one fact: a number before a word ("fast, 90 BPM" is 90 BPM), a stated metre before the one that
a dance implies, a key before a mode, which only says what a bare tonic leaves open ("a minor blues in C"); ranges that
overlap narrow each other, and else the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .facts.chord import Chord
from .facts_midi_text import Key
from .vocabulary_midi_text import BARS_LIMITS, CLASSES, DURATION_LIMITS, TEMPO_LIMITS, instrument_name


@dataclass(frozen=True)
class Statement:
    """One stated fact and where it stands: `text[start:end]`.

    Attributes:
        fact: A field of `Ask`, or for one item of a list its singular: "program", "family", "no_program", "no_family",
            "trait", "no_trait", "style", "key_change", "melody_program", "melody_family", "bass_program",
            "bass_family".
        value: In the unit of that field: a range, a pair, a `Key`, a program number, a name, a tuple of chords.
        start: First character.
        end: After the last character.
        text: The words themselves.
    """

    fact: str
    value: Any
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Ask:
    """What a text states; None or () where it says nothing.

    Attributes:
        tempo_bpm: Inclusive range of quarter notes per minute: a number n is (n, n), a word its range.
        time_signature: Numerator and denominator.
        key: Tonic and mode.
        mode: "major" or "minor", only where no key is stated.
        programs: General MIDI programs asked by name, in order; 128 stands for drums.
        families: Names of `vocabulary.FAMILIES` asked without naming a program, in order.
        excluded_programs: Programs that must not sound.
        excluded_families: Families of which no program may sound.
        open_instruments: Whether other instruments may sound: the text says so, or names none.
        bars: Inclusive range.
        duration_seconds: Inclusive range.
        density: A class of `vocabulary.DENSITY`; likewise `dynamics`, `articulation`, `register`, `texture`.
        key_changes: Keys that the piece goes to after its first.
        chords: A progression in chord symbols, in order.
        roman: A progression in Roman numerals, in order.
        form: Letters of the sections, such as "AABA".
        melody_programs: Programs that play the melody.
        melody_families: Families of which one plays the melody.
        bass_programs: Programs that play the bass.
        bass_families: Families of which one plays the bass.
        traits: Names of `facts.traits.ALL_TRAITS` that must hold.
        excluded_traits: Those that must not.
        styles: Canonical words of genre, mood, period or kind of piece (`style_words`); the model's, never measured.
        statements: Everything that was read, in order of the text.
        unread: Words left to the model, once each, without stop words.
    """

    tempo_bpm: tuple[float, float] | None = None
    time_signature: tuple[int, int] | None = None
    key: Key | None = None
    mode: str | None = None
    programs: tuple[int, ...] = ()
    families: tuple[str, ...] = ()
    excluded_programs: tuple[int, ...] = ()
    excluded_families: tuple[str, ...] = ()
    open_instruments: bool = True
    bars: tuple[int, int] | None = None
    duration_seconds: tuple[float, float] | None = None
    density: str | None = None
    dynamics: str | None = None
    articulation: str | None = None
    register: str | None = None
    texture: str | None = None
    key_changes: tuple[Key, ...] = ()
    chords: tuple[Chord, ...] = ()
    roman: tuple[str, ...] = ()
    form: str | None = None
    melody_programs: tuple[int, ...] = ()
    melody_families: tuple[str, ...] = ()
    bass_programs: tuple[int, ...] = ()
    bass_families: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    excluded_traits: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    unread: tuple[str, ...] = ()

    def report(self) -> tuple[tuple[str, str], ...]:
        """What was read, in words: pairs such as ("key", "D minor") in the order of the fields.

        The styles and the unread words stand last, as ("style, left to the model", …) and ("words left to the
        model", …); a pair is missing where there is nothing to say.
        """
        rows = [(name, _shown(name, getattr(self, name))) for name in _REPORTED if getattr(self, name)]
        named = (*map(instrument_name, self.programs), *self.families)
        if named:
            rows.append(("instruments", ", ".join(named) + (" and others" if self.open_instruments else "")))
        for role in ("melody", "bass"):
            players = (*map(instrument_name, getattr(self, f"{role}_programs")), *getattr(self, f"{role}_families"))
            rows += [(f"{role} on", ", ".join(players))] if players else []
        without = (*map(instrument_name, self.excluded_programs), *self.excluded_families, *self.excluded_traits)
        for name, words in (
            ("traits", self.traits), ("without", without),
            ("style, left to the model", self.styles), ("words left to the model", self.unread),
        ):  # fmt: skip
            rows += [(name, ", ".join(words))] if words else []
        return tuple((_NAMES.get(name, name.replace("_", " ")), words) for name, words in rows)


_REPORTED = (
    "tempo_bpm", "time_signature", "key", "mode", "key_changes", "chords", "roman", "form", "bars", "duration_seconds",
    *CLASSES,
)  # fmt: skip
_NAMES = {"tempo_bpm": "tempo", "time_signature": "metre", "duration_seconds": "duration", "roman": "numerals"}
_UNITS = {"tempo_bpm": ("BPM", TEMPO_LIMITS), "bars": ("bars", BARS_LIMITS), "duration_seconds": ("s", DURATION_LIMITS)}


def _shown(name: str, value: Any) -> str:
    """A value of `Ask` in words."""
    if name in _UNITS:
        unit, limits = _UNITS[name]
        return f"{shown_range(value, limits)} {unit}"
    if name == "time_signature":
        return "{}/{}".format(*value)
    if isinstance(value, str):
        return value
    items = value if isinstance(value, tuple) else (value,)
    return " – ".join(item if isinstance(item, str) else item.name for item in items)


def shown_number(number: float) -> str:
    """A number without idle digits: "72", "72.5"."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def shown_range(ends: tuple[float, float], limits: tuple[float, float] | None = None) -> str:
    """A range in words: "90", "90 to 100", and, where an end is that of `limits`, "at least 90", "at most 100"."""
    low, high = map(shown_number, ends)
    if low == high:
        return low
    if limits and ends[1] == limits[1]:
        return f"at least {low}"
    return f"at most {high}" if limits and ends[0] == limits[0] else f"{low} to {high}"


class Read(NamedTuple):
    """A statement as it was read.

    Attributes:
        statement: It.
        rank: 0 explicit, 1 a word for a number, 2 implied by another word; the lowest counts. What is only implied
            ("a rock band", "the drummer") gives way to what is excluded, where an instrument that is named stays.
        weak: Whether its words mean this only where music is spoken of.
    """

    statement: Statement
    rank: int
    weak: bool


_TONIC = re.compile(r"[a-g](?:[ -]?(?:[#♯♭b]|sharp|flat))?", re.IGNORECASE)  # of a key without its mode
_NEAR = 12  # characters from a tonic to its mode: "Key: C. Mode: minor"
_RANGES = ("tempo_bpm", "bars", "duration_seconds")
_LISTS = {
    "program": "programs", "family": "families", "no_program": "excluded_programs", "no_family": "excluded_families",
    "key_change": "key_changes", "melody_program": "melody_programs", "melody_family": "melody_families",
    "bass_program": "bass_programs", "bass_family": "bass_families", "trait": "traits", "no_trait": "excluded_traits",
    "style": "styles",
}  # fmt: skip


def summarise(read: Sequence[Read], opened: bool, unread: Iterable[str]) -> Ask:
    """Sum up statements in the order of the text.

    Args:
        read: What was read.
        opened: Whether the text leaves room for instruments that it does not name.
        unread: Words that were not understood.
    """
    unwanted = {(each.statement.fact, each.statement.value) for each in read}
    read = [
        each for each in read if not each.rank or (f"no_{each.statement.fact}", each.statement.value) not in unwanted
    ]
    fields: dict[str, Any] = {}
    best: dict[str, int] = {}
    stated: dict[str, Statement] = {}
    lists: dict[str, dict[Any, None]] = {name: {} for name in _LISTS.values()}
    for statement, rank, _ in read:
        fact, value = statement.fact, statement.value
        if fact in _LISTS:
            lists[_LISTS[fact]].setdefault(value)
        elif rank < best.get(fact, 9):
            fields[fact], best[fact], stated[fact] = value, rank, statement
        elif rank == best[fact] and fact in _RANGES:
            low, high = max(fields[fact][0], value[0]), min(fields[fact][1], value[1])
            fields[fact] = (low, high) if low <= high else fields[fact]
    if "key" in fields:
        mode, key = fields.pop("mode", None), stated["key"]
        if mode and _TONIC.fullmatch(key.text) and stated["mode"].start <= key.end + _NEAR:
            fields["key"] = Key(key.value.tonic, mode)
    for wanted, excluded in (("programs", "excluded_programs"), ("families", "excluded_families"),
                             ("traits", "excluded_traits")):  # fmt: skip
        for value in lists[wanted]:
            lists[excluded].pop(value, None)
    fields |= {name: tuple(values) for name, values in lists.items()}
    return Ask(
        **fields,
        open_instruments=opened or not (fields["programs"] or fields["families"]),
        statements=tuple(each.statement for each in read),
        unread=tuple(unread),
    )
