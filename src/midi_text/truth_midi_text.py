"""Whether the facts bear out one statement: the judge of prompts, captions and the caption writer.

Tolerances: a tempo number is met within half a beat per minute (MIDI stores microseconds), a duration
within 5 % and one second (music ends on a beat), a number of bars exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .facts_midi_text import MusicFacts
from .prompt_midi_text import Ask
from .vocabulary_midi_text import CLASSES, FAMILIES, register_is

TEMPO_TOLERANCE_BPM = 0.5
DURATION_TOLERANCE_SHARE, DURATION_TOLERANCE_SECONDS = 0.05, 1.0


def class_number(fact: str, name: str, facts: MusicFacts) -> float | None:
    """The number that decides a class ("density" -> notes per second); None where there is nothing to measure.

    Raises:
        KeyError: `fact` is not one of "density", "dynamics", "articulation", "texture".
    """
    if fact in ("articulation", "texture") and facts.lowest_pitch is None:
        return None
    by_maximum = fact == "texture" and name in ("monophonic", "polyphonic")
    return {
        "density": facts.notes_per_second,
        "dynamics": facts.velocity_mean,
        "articulation": facts.articulation,
        "texture": float(facts.max_polyphony) if by_maximum else facts.polyphony,
    }[fact]


def class_holds(fact: str, name: str, facts: MusicFacts) -> bool:
    """Whether a class word is true, such as fact "density", name "sparse".

    Raises:
        KeyError: No such fact or class in `vocabulary.CLASSES`.
    """
    if fact == "register":
        return register_is(name, facts.lowest_pitch, facts.highest_pitch)
    band, number = CLASSES[fact][name], class_number(fact, name, facts)
    return number is not None and band.low <= number < band.high


def unnamed_programs(ask: Ask, facts: MusicFacts) -> tuple[int, ...]:
    """Programs that sound though the text lists its instruments and leaves no room for others, most notes first.

    "for piano" and "for solo piano" are untrue of a duo; "for piano and other instruments" is not.
    """
    if ask.open_instruments:
        return ()
    named = {*ask.programs}.union(*(FAMILIES[family].programs for family in ask.families))
    return tuple(program for program in facts.programs if program not in named)


def contradicts(fact: str, value: Any, facts: MusicFacts) -> bool:
    """Whether the facts contradict one statement, given as in `Statement.fact` and `Statement.value`."""
    return not _JUDGES[fact](value, facts) if fact in _JUDGES else not class_holds(fact, value, facts)


def _tempo_holds(value: tuple[float, float], facts: MusicFacts) -> bool:
    return value[0] - TEMPO_TOLERANCE_BPM <= facts.tempo_bpm <= value[1] + TEMPO_TOLERANCE_BPM


def _duration_holds(value: tuple[float, float], facts: MusicFacts) -> bool:
    low = value[0] * (1 - DURATION_TOLERANCE_SHARE) - DURATION_TOLERANCE_SECONDS
    high = value[1] * (1 + DURATION_TOLERANCE_SHARE) + DURATION_TOLERANCE_SECONDS
    return low <= facts.duration_seconds <= high


_JUDGES: dict[str, Callable[[Any, MusicFacts], bool]] = {
    "tempo_bpm": _tempo_holds,
    "duration_seconds": _duration_holds,
    "time_signature": lambda value, facts: value == facts.time_signature,
    "key": lambda value, facts: value == facts.key,
    "mode": lambda value, facts: facts.key is not None and value == facts.key.mode,
    "bars": lambda value, facts: value[0] <= facts.bars <= value[1],
    "program": lambda value, facts: value in facts.programs,
    "family": lambda value, facts: not FAMILIES[value].programs.isdisjoint(facts.programs),
    "no_program": lambda value, facts: value not in facts.programs,
    "no_family": lambda value, facts: FAMILIES[value].programs.isdisjoint(facts.programs),
}
