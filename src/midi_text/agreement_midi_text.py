"""A prompt's wishes beside the measured facts: asked, measured, met.

One judge, `truth_midi_text`, serves this table, the repair of captions and the caption writer. What only the analysis
can tell has a row only where there is one; styles have none, for they are not measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .ask_midi_text import Ask, shown_number, shown_range
from .facts.analysis import Analysis
from .facts_midi_text import MusicFacts
from .truth_midi_text import class_holds, class_number, contradicts, role_programs, unnamed_programs
from .vocabulary_midi_text import CLASSES, FAMILIES, instrument_name


@dataclass(frozen=True)
class Agreement:
    """One wish and how it fared.

    Attributes:
        fact: A field of `Ask`, or "instrument", "excluded instrument", "other instruments", "key change", "melody",
            "bass", "trait", "excluded trait".
        asked: In words, such as "D minor" or "90 to 100 BPM".
        measured: What the music holds, in the same terms.
        met: Whether that fulfils the wish.
    """

    fact: str
    asked: str
    measured: str
    met: bool


def agreement(ask: Ask, facts: MusicFacts, analysis: Analysis | None = None) -> tuple[Agreement, ...]:
    """Every wish of an `Ask` beside what was measured, in the order of its fields; () where nothing was asked.

    Args:
        ask: The wishes.
        facts: The basic facts of the music.
        analysis: The closer look at it; without one the wishes that need it have no rows.
    """
    rows = []
    for fact, asked, measured in (
        ("tempo_bpm", ask.tempo_bpm and f"{shown_range(ask.tempo_bpm)} BPM", f"{shown_number(facts.tempo_bpm)} BPM"),
        ("time_signature", ask.time_signature and "{}/{}".format(*ask.time_signature),
         "{}/{}".format(*facts.time_signature)),
        ("key", ask.key and ask.key.name, facts.key.name if facts.key else "none"),
        ("mode", ask.mode, facts.key.mode if facts.key else "none"),
    ):  # fmt: skip
        if asked:
            rows.append(Agreement(fact, asked, measured, not contradicts(fact, getattr(ask, fact), facts)))
    rows += _instrument_rows(ask, facts)
    if ask.bars:
        met = not contradicts("bars", ask.bars, facts)
        rows.append(Agreement("bars", shown_range(ask.bars), str(facts.bars), met))
    if ask.duration_seconds:
        met = not contradicts("duration_seconds", ask.duration_seconds, facts)
        asked, measured = f"{shown_range(ask.duration_seconds)} s", f"{shown_number(facts.duration_seconds)} s"
        rows.append(Agreement("duration_seconds", asked, measured, met))
    for fact in CLASSES:
        name = getattr(ask, fact)
        if name:
            rows.append(Agreement(fact, name, _class_measure(fact, name, facts), class_holds(fact, name, facts)))
    return (*rows, *(_analysis_rows(ask, facts, analysis) if analysis else ()))


_MOST_CHORDS = 12  # of a progression that are shown


def _analysis_rows(ask: Ask, facts: MusicFacts, analysis: Analysis) -> Iterable[Agreement]:
    """The wishes that only the analysis can bear out."""
    names = [chord.name for chord in analysis.harmony.loop or analysis.harmony.progression]
    progression = " ".join(names[:_MOST_CHORDS]) + (" …" if len(names) > _MOST_CHORDS else "")
    keys = ", ".join(span.key.name for span in analysis.tonality.spans[1:])
    roles = {role: ", ".join(map(instrument_name, role_programs(role, analysis))) for role in ("melody", "bass")}
    wishes: list[tuple[str, str, Any, str, str]] = []  # row, fact to judge, value, asked, measured
    if ask.chords:
        wishes.append(("chords", "chords", ask.chords, " ".join(c.name for c in ask.chords), progression))
    if ask.roman:
        wishes.append(("roman", "roman", ask.roman, " ".join(ask.roman), progression))
    if ask.form:
        wishes.append(("form", "form", ask.form, ask.form, analysis.form.plan))
    wishes += [("key change", "key_change", key, key.name, keys) for key in ask.key_changes]
    for role, measured in roles.items():
        programs, families = getattr(ask, f"{role}_programs"), getattr(ask, f"{role}_families")
        wishes += [(role, f"{role}_program", p, f"{role} on {instrument_name(p)}", measured) for p in programs]
        wishes += [(role, f"{role}_family", name, f"{role} on {name}", measured) for name in families]
    wishes += [("trait", "trait", name, name, name if name in analysis.traits else "") for name in ask.traits]
    for name in ask.excluded_traits:
        wishes.append(("excluded trait", "no_trait", name, f"no {name}", name if name in analysis.traits else ""))
    for row, fact, value, asked, measured in wishes:
        yield Agreement(row, asked, measured or "none", not contradicts(fact, value, facts, analysis))


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
    return "no pitches" if number is None else f"{shown_number(number)} {units[fact]}"
