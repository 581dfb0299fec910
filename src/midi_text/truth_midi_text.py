"""Whether the facts bear out one statement: the judge of prompts, captions and the caption writer.

Tolerances: a tempo number is met within half a beat per minute (MIDI stores microseconds), a duration
within 5 % and one second (music ends on a beat), a number of bars exactly. A progression is met where its chords follow
one another without others between; inversions do not count, and a triad is met by a seventh chord on it, as musicians
say "Am" for either. A statement that only the analysis can bear out is not borne out where there is none. Styles are
nobody's to judge here: they always hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ask_midi_text import Ask
from .facts.analysis import Analysis
from .facts.chord import QUALITIES, Chord
from .facts_midi_text import Key, MusicFacts
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


def contradicts(fact: str, value: Any, facts: MusicFacts, analysis: Analysis | None = None) -> bool:
    """Whether one statement is not borne out.

    Args:
        fact: As in `Statement.fact`.
        value: As in `Statement.value`.
        facts: The basic facts.
        analysis: The closer look; None where nobody took it, and then nothing of its facts is borne out.
    """
    if fact == "style":
        return False
    if fact in ANALYSIS_FACTS:
        return analysis is None or not ANALYSIS_FACTS[fact](value, facts, analysis)
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


def _triad(chord: Chord) -> tuple[int, frozenset[int]]:
    """Root and the first three notes of a chord, by which Roman numerals and plain symbols are met."""
    return chord.root, frozenset(QUALITIES[chord.quality][0][:3])


def is_chord(asked: Chord, measured: Chord) -> bool:
    """Whether a measured chord is the one asked, whatever its bass."""
    if asked.root == measured.root and asked.quality == measured.quality:
        return True
    return len(asked.pitch_classes) == 3 and _triad(asked) == _triad(measured)


def _follows(asked: tuple[Any, ...], measured: tuple[Chord, ...], same: Callable[[Any, Chord], bool]) -> bool:
    """Whether a progression holds others in their order, one after the other."""
    asked = tuple(c for i, c in enumerate(asked) if not i or c != asked[i - 1])  # "C C F" is one change
    size = len(asked)
    runs = (measured[i : i + size] for i in range(len(measured) - size + 1))
    return any(all(map(same, asked, run)) for run in runs)


def _chords_hold(value: tuple[Chord, ...], facts: MusicFacts, analysis: Analysis) -> bool:
    """In order somewhere, or the whole loop from another of its chords on."""
    harmony = analysis.harmony
    if _follows(value, harmony.progression, is_chord):
        return True
    loop = harmony.loop
    return len(loop) == len(value) and _follows(value, loop + loop, is_chord)


def _roman_holds(value: tuple[str, ...], facts: MusicFacts, analysis: Analysis) -> bool:
    if facts.key is None:
        return False
    try:
        return _chords_hold(tuple(Chord.from_roman(numeral, facts.key) for numeral in value), facts, analysis)
    except ValueError:  # no numeral of ours
        return False


def _form_holds(value: str, facts: MusicFacts, analysis: Analysis) -> bool:
    return value == analysis.form.plan


def role_programs(role: str, analysis: Analysis) -> tuple[int, ...]:
    """The programs that play a role, in the order of the tracks."""
    return tuple(dict.fromkeys(part.program for part in analysis.parts.role(role)))


def _key_change_holds(value: Key, facts: MusicFacts, analysis: Analysis) -> bool:
    return value in [span.key for span in analysis.tonality.spans[1:]]


def _cadence_holds(value: str, facts: MusicFacts, analysis: Analysis) -> bool:
    return f"{value} cadence at the end" in analysis.traits


ANALYSIS_FACTS: dict[str, Callable[[Any, MusicFacts, Analysis], bool]] = {
    "trait": lambda value, facts, analysis: value in analysis.traits,
    "no_trait": lambda value, facts, analysis: value not in analysis.traits,
    "chords": _chords_hold,
    "roman": _roman_holds,
    "form": _form_holds,
    "key_change": _key_change_holds,
    "cadence": _cadence_holds,
    "performed": lambda value, facts, analysis: analysis.expression.performed is value,
    "pickup": lambda value, facts, analysis: value == ("pickup" in analysis.traits),
    "melody_program": lambda value, facts, analysis: value in role_programs("melody", analysis),
    "bass_program": lambda value, facts, analysis: value in role_programs("bass", analysis),
    "melody_family": lambda value, facts, a: not FAMILIES[value].programs.isdisjoint(role_programs("melody", a)),
    "bass_family": lambda value, facts, a: not FAMILIES[value].programs.isdisjoint(role_programs("bass", a)),
}
"""The facts that only the analysis can bear out, and their judges."""
