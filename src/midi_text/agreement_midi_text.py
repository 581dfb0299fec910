"""A prompt's wishes beside the measured facts: asked, measured, met.

One judge, `truth_midi_text`, serves this table, the repair of captions and the caption writer.
"""

from __future__ import annotations

from dataclasses import dataclass

from .facts_midi_text import MusicFacts
from .prompt_midi_text import Ask
from .truth_midi_text import class_holds, class_number, contradicts, unnamed_programs
from .vocabulary_midi_text import CLASSES, FAMILIES, instrument_name


@dataclass(frozen=True)
class Agreement:
    """One wish and how it fared.

    Attributes:
        fact: A field of `Ask`, or "instrument", "excluded instrument", "other instruments".
        asked: In words, such as "D minor" or "90 to 100 BPM".
        measured: What the music holds, in the same terms.
        met: Whether that fulfils the wish.
    """

    fact: str
    asked: str
    measured: str
    met: bool


def agreement(ask: Ask, facts: MusicFacts) -> tuple[Agreement, ...]:
    """Every wish of an `Ask` beside the measured facts, in the order of its fields; () where nothing was asked."""
    rows = []
    for fact, asked, measured in (
        ("tempo_bpm", ask.tempo_bpm and f"{_range(ask.tempo_bpm)} BPM", f"{_plain(facts.tempo_bpm)} BPM"),
        ("time_signature", ask.time_signature and "{}/{}".format(*ask.time_signature),
         "{}/{}".format(*facts.time_signature)),
        ("key", ask.key and ask.key.name, facts.key.name if facts.key else "none"),
        ("mode", ask.mode, facts.key.mode if facts.key else "none"),
    ):  # fmt: skip
        if asked:
            rows.append(Agreement(fact, asked, measured, not contradicts(fact, getattr(ask, fact), facts)))
    rows += _instrument_rows(ask, facts)
    if ask.bars:
        rows.append(Agreement("bars", _range(ask.bars), str(facts.bars), not contradicts("bars", ask.bars, facts)))
    if ask.duration_seconds:
        met = not contradicts("duration_seconds", ask.duration_seconds, facts)
        asked, measured = f"{_range(ask.duration_seconds)} s", f"{_plain(facts.duration_seconds)} s"
        rows.append(Agreement("duration_seconds", asked, measured, met))
    for fact in CLASSES:
        name = getattr(ask, fact)
        if name:
            rows.append(Agreement(fact, name, _class_measure(fact, name, facts), class_holds(fact, name, facts)))
    return tuple(rows)


def _instrument_rows(ask: Ask, facts: MusicFacts) -> list[Agreement]:
    rows = []
    wishes = [(instrument_name(p), frozenset((p,))) for p in ask.programs]
    wishes += [(family, FAMILIES[family].programs) for family in ask.families]
    for name, programs in wishes:
        found = _names(programs, facts)
        rows.append(Agreement("instrument", name, found or "absent", bool(found)))
    wishes = [(instrument_name(p), frozenset((p,))) for p in ask.excluded_programs]
    wishes += [(family, FAMILIES[family].programs) for family in ask.excluded_families]
    for name, programs in wishes:
        found = _names(programs, facts)
        rows.append(Agreement("excluded instrument", f"no {name}", found or "absent", not found))
    if not ask.open_instruments:
        others = ", ".join(instrument_name(program) for program in unnamed_programs(ask, facts))
        rows.append(Agreement("other instruments", "none", others or "none", not others))
    return rows


def _names(programs: frozenset[int], facts: MusicFacts) -> str:
    return ", ".join(instrument_name(p) for p in facts.programs if p in programs)


def _class_measure(fact: str, name: str, facts: MusicFacts) -> str:
    if fact == "register":
        return "no pitches" if facts.lowest_pitch is None else f"pitches {facts.lowest_pitch} to {facts.highest_pitch}"
    number = class_number(fact, name, facts)
    units = {"density": "notes per second", "dynamics": "mean velocity", "articulation": "of the time to the next note",
             "texture": "notes at once"}  # fmt: skip
    return "no pitches" if number is None else f"{_plain(number)} {units[fact]}"


def _plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _range(ends: tuple[float, float]) -> str:
    low, high = map(_plain, ends)
    return low if low == high else f"{low} to {high}"
