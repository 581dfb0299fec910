"""Music that nobody wrote: the facts of a piece with its metre, length, density, form and traits drawn at random.

In real music these hang together and repeat themselves: most pieces of a corpus are in 4/4, 16 bars long and moderately
dense, and so a model that should copy "139 bars" writes "13 bars", and "AB" where the form is unclear. What was drawn
can only be read. Where there are no notes to describe, nothing contradicts it.
"""

from __future__ import annotations

import math
import random
from dataclasses import fields, replace
from typing import Any

from ..facts.analysis import Analysis
from ..facts.form import Form, Section
from ..facts.traits import TRAITS
from ..facts_midi_text import MusicFacts

_METRES = (
    (2, 4), (3, 4), (4, 4), (6, 8), (2, 2), (3, 8), (9, 8), (12, 8), (3, 2), (5, 4), (7, 8), (6, 4), (4, 8), (4, 2),
    (2, 1),
)  # fmt: skip
_BARS, _NOTES_PER_SECOND = (2, 400), (0.3, 25.0)  # each size as likely as its double
_MOST_SECTIONS = 10
_KEPT, _ADDED = 0.5, 0.06  # shares of the traits that hold and stay, and of all traits that come to them
_PLAYING = {"performed", "engraved"}  # follow from another fact, and stay


def invented(facts: MusicFacts, analysis: Analysis, rng: random.Random) -> tuple[MusicFacts, Analysis]:
    """The facts and the closer look of a piece that could have been; keys, chords, tempo and players are the old ones.

    Args:
        facts: Of a real piece.
        analysis: Of the same.
        rng: Source of every choice.
    """
    metre, bars = rng.choice(_METRES), round(_drawn(_BARS, rng))
    seconds = bars * 4 * metre[0] / metre[1] * 60 / facts.tempo_bpm
    notes = max(1, round(seconds * _drawn(_NOTES_PER_SECOND, rng)))
    figures = replace(
        facts,
        time_signature=metre,
        bars=bars,
        duration_seconds=seconds,
        notes=notes,
        notes_per_second=notes / seconds,
        velocity_mean=rng.uniform(20, 120),
        articulation=rng.uniform(0.2, 1.2),
    )
    form = Form(_sections(bars, rng), analysis.form.repeated_share, analysis.form.traits)
    found: dict[str, Any] = {field.name: getattr(analysis, field.name) for field in fields(analysis)} | {"form": form}
    for name, part in found.items():
        apt = facts.has_drums if name == "drumming" else name != "difficulty"
        found[name] = replace(part, traits=_traits(TRAITS[name] if apt else (), part.traits, rng))
    return figures, Analysis(**found)


def _drawn(limits: tuple[float, float], rng: random.Random) -> float:
    return math.exp(rng.uniform(*map(math.log, limits)))


def _sections(bars: int, rng: random.Random) -> tuple[Section, ...]:
    """Sections of any lengths, some alike; one in three pieces has but one."""
    count = min(bars, rng.randint(2, _MOST_SECTIONS) if rng.random() < 2 / 3 else 1)
    starts = [0, *sorted(rng.sample(range(1, bars), count - 1)), bars]
    letters = "A"
    while len(letters) < count:
        letters += rng.choice((rng.choice(letters), chr(ord(max(letters)) + 1)))
    return tuple(Section(letter, starts[i], starts[i + 1] - starts[i]) for i, letter in enumerate(letters))


def _traits(every: tuple[str, ...], own: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    chances = dict.fromkeys(every, _ADDED) | dict.fromkeys(own, _KEPT)
    chances |= {trait: float(trait in own) for trait in _PLAYING & chances.keys()}
    return tuple(trait for trait, chance in chances.items() if rng.random() < chance)
