"""What one call asks for: a prompt and explicit arguments become wishes, words for the model, and locks.

Explicit arguments win over the prompt's words. Wishes that a lock can hold become locks: tempo, metre, key,
instruments, length, chords. What is asked only loosely is settled here, by the seed or by custom: "in a minor key"
becomes one minor key, bars and seconds together become a tempo, a progression in words has a bar for each chord.
Wishes that no lock can hold (form, traits, roles, later keys) stay in `Request.ask`, so that candidates are ranked by
them and the agreement table shows how they fared. Everything else is the model's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .chord_locks_midi_text import BarChords, read_progression
from .events_midi_text import remi_config
from .facts.chord import Chord
from .facts_midi_text import DRUMS, Key
from .locks_midi_text import Locks
from .prompt_midi_text import Ask, read_prompt
from .sketch_midi_text import Sketch
from .vocabulary_midi_text import FAMILIES, gm_name

_TEMPO_LIMITS = (30, 250)  # the vocabulary's
_METRES = {(beats, unit) for unit, each in remi_config()["time_signature_range"].items() for beats in each}
# Where only a mode is asked: the keys that are common in it.
_COMMON_TONICS = {"major": (0, 2, 3, 5, 7, 8, 9, 10), "minor": (0, 2, 4, 5, 7, 9, 11)}


@dataclass(frozen=True)
class Wishes:
    """Explicit arguments of a call; None is "not asked".

    Attributes:
        tempo_bpm: Quarter notes per minute, 30 … 250.
        key: A `Key` or its name, ``"D minor"``.
        time_signature: ``"3/4"`` or ``(3, 4)``.
        instruments: Names as in a prompt (``"violin"``, ``"strings"``, ``"drums"``) or GM programs, 128 for drums.
        bars: Number of bars.
        duration_seconds: Length. Where bars are asked too, they hold, and the tempo serves the seconds as it can.
        chords: A bar each, ``["Dm", "C G"]``, or as a string ``"Dm | C G"``; over and over. A progression in a
            prompt has a bar for each chord.
    """

    tempo_bpm: float | None = None
    key: Key | str | None = None
    time_signature: str | tuple[int, int] | None = None
    instruments: Sequence[str | int] | None = None
    bars: int | None = None
    duration_seconds: float | None = None
    chords: str | Sequence[str] | None = None


@dataclass(frozen=True)
class Request:
    """One call, understood.

    Attributes:
        ask: What prompt and arguments ask together.
        text: The words the model reads.
        locks: What the generation may not leave.
        sketch: The same as the encoder hears it, behind the words.
    """

    ask: Ask
    text: str
    locks: Locks
    sketch: Sketch


def understand(prompt: str, wishes: Wishes | None = None, seed: int = 0) -> Request:
    """Reads a prompt and arguments.

    Args:
        prompt: Any words; may be empty.
        wishes: Explicit arguments.
        seed: Settles what is asked only loosely.

    Raises:
        TypeError: If the prompt is not a string.
        ValueError: If an argument is out of range or contradicts another.
    """
    if not isinstance(prompt, str):
        raise TypeError(f"a prompt must be a str; got {type(prompt).__name__}")
    wishes = wishes or Wishes()
    ask = _merged(read_prompt(prompt), wishes)
    fields = _fields(ask, wishes)
    text = f"{prompt.strip()} {fields}".strip()
    rng = random.Random(seed)
    locks = _locks(ask, rng)
    locks = replace(locks, chords=_bar_chords(ask, wishes, locks.key))
    return Request(ask, text, locks, _sketch(ask, locks, rng))


def _merged(ask: Ask, wishes: Wishes) -> Ask:
    """The prompt's wishes, overridden by the arguments."""
    changes: dict[str, Any] = {}
    if wishes.tempo_bpm is not None:
        low, high = _TEMPO_LIMITS
        if not low <= wishes.tempo_bpm <= high:
            raise ValueError(f"tempo_bpm must be from {low} to {high}; got {wishes.tempo_bpm}")
        tempo = float(round(wishes.tempo_bpm))
        changes["tempo_bpm"] = (tempo, tempo)
    if wishes.key is not None:
        changes["key"] = wishes.key if isinstance(wishes.key, Key) else Key.parse(wishes.key)
        changes["mode"] = None
    if wishes.time_signature is not None:
        changes["time_signature"] = _metre(wishes.time_signature)
    if wishes.instruments is not None:
        changes.update(_instruments(wishes.instruments))
    if wishes.bars is not None:
        if wishes.bars < 1:
            raise ValueError(f"bars must be at least 1; got {wishes.bars}")
        changes["bars"] = (wishes.bars, wishes.bars)
    if wishes.duration_seconds is not None:
        if not wishes.duration_seconds > 0:
            raise ValueError(f"duration_seconds must be positive; got {wishes.duration_seconds}")
        changes["duration_seconds"] = (wishes.duration_seconds, wishes.duration_seconds)
    if wishes.chords is not None:
        changes |= {"chords": tuple(c for bar in read_progression(wishes.chords) for c in bar), "roman": ()}
    return replace(ask, **changes)


def _metre(value: str | tuple[int, int]) -> tuple[int, int]:
    try:
        beats, unit = (int(part) for part in (value.split("/") if isinstance(value, str) else value))
    except ValueError as error:
        raise ValueError(f"time_signature must read like '3/4' or (3, 4); got {value!r}") from error
    if (beats, unit) not in _METRES:
        known = ", ".join(f"{b}/{u}" for b, u in sorted(_METRES))
        raise ValueError(f"time_signature must be one of {known}; got {beats}/{unit}")
    return beats, unit


def _instruments(wanted: Sequence[str | int]) -> dict[str, Any]:
    """Names and numbers as programs and families."""
    if isinstance(wanted, str):
        raise ValueError(f"instruments must be a list of names or programs; got the string {wanted!r}")
    if not wanted:
        raise ValueError("instruments must name at least one; leave the argument out to let the model choose")
    programs: list[int] = []
    families: list[str] = []
    for item in wanted:
        if isinstance(item, int):
            if not 0 <= item <= DRUMS:
                raise ValueError(f"a program must be from 0 to 127, or {DRUMS} for drums; got {item}")
            programs.append(item)
            continue
        read = read_prompt(item)
        if not read.programs and not read.families:
            raise ValueError(f"instruments must be names such as 'violin', 'strings' or 'drums'; {item!r} is none")
        programs += read.programs
        families += read.families
    return {
        "programs": tuple(dict.fromkeys(programs)),
        "families": tuple(dict.fromkeys(families)),
        "open_instruments": False,
        "excluded_programs": (),
        "excluded_families": (),
    }


def _fields(ask: Ask, wishes: Wishes) -> str:
    """The arguments as words, in the manner of a form, so that the model hears them too."""
    parts = []
    if wishes.tempo_bpm is not None and ask.tempo_bpm is not None:
        parts.append(f"Tempo: {ask.tempo_bpm[0]:.0f} BPM.")
    if wishes.key is not None and ask.key is not None:
        parts.append(f"Key: {ask.key.name}.")
    if wishes.time_signature is not None and ask.time_signature is not None:
        parts.append("Time signature: {}/{}.".format(*ask.time_signature))
    if wishes.instruments is not None:
        parts.append(f"Instruments: {', '.join([*map(gm_name, ask.programs), *ask.families])}.")
    if wishes.bars is not None:
        parts.append(f"Length: {wishes.bars} bars.")
    if wishes.chords is not None:
        bars = (" ".join(chord.name for chord in bar) for bar in read_progression(wishes.chords))
        parts.append(f"Chords: {' | '.join(bars)}.")
    return " ".join(parts)


def _locks(ask: Ask, rng: random.Random) -> Locks:
    """The wishes that a lock can hold; where bars and seconds are both asked, bars hold and the tempo serves."""
    excluded = set(ask.excluded_programs).union(*(FAMILIES[name].programs for name in ask.excluded_families))
    families = []
    for name in ask.families:
        members = FAMILIES[name].programs - excluded
        if members and members.isdisjoint(ask.programs):
            families.append(
                tuple(program for program in FAMILIES[name].default if program in members) or tuple(members)
            )
    key = ask.key
    if key is None and ask.mode is not None:
        key = Key(rng.choice(_COMMON_TONICS[ask.mode]), ask.mode)
    tempo, metre = None, ask.time_signature
    if ask.tempo_bpm is not None:
        low, high = _TEMPO_LIMITS
        tempo = (min(high, max(low, ask.tempo_bpm[0])), min(high, max(low, ask.tempo_bpm[1])))
    if ask.bars is not None and ask.duration_seconds is not None:
        metre = metre or (4, 4)
        tempo = _tempo_for(ask.bars, ask.duration_seconds, metre, tempo or _TEMPO_LIMITS)
    return Locks(
        tempo_bpm=tempo,
        time_signature=metre if metre in _METRES else None,
        key=key,
        programs=tuple(program for program in ask.programs if program not in excluded) or None,
        families=tuple(families),
        excluded_programs=tuple(sorted(excluded)),
        open_programs=ask.open_instruments,
        bars=ask.bars,
        duration_seconds=ask.duration_seconds if ask.bars is None else None,
    )


def _bar_chords(ask: Ask, wishes: Wishes, key: Key | None) -> tuple[BarChords, ...]:
    """The chords of each bar: as given, or a bar for each chord or numeral of the prompt."""
    if wishes.chords is not None:
        return read_progression(wishes.chords)
    if ask.chords or key is None:
        return tuple((chord,) for chord in ask.chords)
    try:
        return tuple((Chord.from_roman(numeral, key),) for numeral in ask.roman)
    except ValueError:  # no numeral of ours
        return ()


def _sketch(ask: Ask, locks: Locks, rng: random.Random) -> Sketch:
    """One answer to what is asked loosely: a tempo and a length in the range, a member of each family."""
    tempo = None
    if locks.tempo_bpm is not None:
        low, high = math.ceil(locks.tempo_bpm[0]), math.floor(locks.tempo_bpm[1])
        tempo = rng.randint(low, high) if low <= high else round(locks.tempo_bpm[0])
    return Sketch(
        time_signature=locks.time_signature,
        tempo_bpm=tempo,
        programs=(*(locks.programs or ()), *(rng.choice(family[:3]) for family in locks.families)),
        key=locks.key,
        bars=rng.randint(*map(int, locks.bars)) if locks.bars is not None else None,
        chords=tuple(bar[0] for bar in locks.chords),
    )


def _tempo_for(
    bars: tuple[int, int], seconds: tuple[float, float], metre: tuple[int, int], limits: tuple[float, float]
) -> tuple[float, float]:
    """The one tempo at which so many bars last so many seconds, as near as the limits allow."""
    quarters = 4 * metre[0] / metre[1] * sum(bars) / 2
    wanted = quarters * 60 / (sum(seconds) / 2)
    exact = float(round(min(limits[1], max(limits[0], wanted))))
    return exact, exact


__all__ = ["Request", "Wishes", "understand"]
