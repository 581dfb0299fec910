"""Words against notes: whether what a text states is true of what was measured.

`contradicts` judges one statement, `agreement` tabulates a prompt's wishes beside the measured facts, and
`check_caption` repairs or drops the statements of a caption that the facts contradict. All read with
`read_prompt`, so a caption is held to what a reader would understand, not to what the writer meant.
Tolerances: a tempo number is met within half a beat per minute (MIDI stores microseconds), a duration
within 5 % and one second (music ends on a beat), a number of bars exactly.
"""

from __future__ import annotations

from typing import Any

from .facts_midi_text import MusicFacts
from .vocabulary_midi_text import CLASSES, DRUMS, FAMILIES, gm_name, instrument_name, register_is

TEMPO_TOLERANCE_BPM = 0.5
DURATION_TOLERANCE_SHARE, DURATION_TOLERANCE_SECONDS = 0.05, 1.0


def class_holds(fact: str, name: str, facts: MusicFacts) -> bool:
    """Whether a class word is true: fact one of `CLASSES`, such as ("density", "sparse").

    Raises:
        KeyError: No such fact or class.
    """
    band = CLASSES[fact][name]
    if fact == "register":
        return register_is(name, facts.lowest_pitch, facts.highest_pitch)
    if fact == "density":
        number = facts.notes_per_second
    elif fact == "dynamics":
        number = facts.velocity_mean
    else:
        if facts.lowest_pitch is None:
            return False
        number = facts.articulation
        if fact == "texture":
            number = float(facts.max_polyphony) if name in ("monophonic", "polyphonic") else facts.polyphony
    return band.low <= number < band.high


def contradicts(fact: str, value: Any, facts: MusicFacts) -> bool:
    """Whether the facts contradict one statement, given as in `Statement.fact` and `Statement.value`."""
    programs = facts.programs
    if fact == "tempo_bpm":
        return not value[0] - TEMPO_TOLERANCE_BPM <= facts.tempo_bpm <= value[1] + TEMPO_TOLERANCE_BPM
    if fact == "time_signature":
        return bool(value != facts.time_signature)
    if fact == "key":
        return bool(value != facts.key)
    if fact == "mode":
        return facts.key is None or bool(value != facts.key.mode)
    if fact == "program":
        return value not in programs
    if fact == "family":
        return FAMILIES[value].programs.isdisjoint(programs)
    if fact == "no_program":
        return value in programs
    if fact == "no_family":
        return not FAMILIES[value].programs.isdisjoint(programs)
    if fact == "bars":
        return not value[0] <= facts.bars <= value[1]
    if fact == "duration_seconds":
        low = value[0] * (1 - DURATION_TOLERANCE_SHARE) - DURATION_TOLERANCE_SECONDS
        high = value[1] * (1 + DURATION_TOLERANCE_SHARE) + DURATION_TOLERANCE_SECONDS
        return not low <= facts.duration_seconds <= high
    return not class_holds(fact, value, facts)
