"""The whole analysis of a score, and its JSON.

`analyze` asks every question once and in order: later ones may use what earlier ones found. The result is a frozen
dataclass of frozen dataclasses; as JSON, keys and chords stand by name and spans as objects.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from symusic.core import ScoreTick

from ..facts_midi_text import MusicFacts
from ..key_midi_text import Key
from .chord import Chord
from .difficulty import Difficulty, measure_difficulty
from .drumming import Drumming, measure_drumming
from .expression import Expression, measure_expression
from .form import Form, measure_form
from .harmony import Harmony, measure_harmony
from .keys import Tonality, measure_tonality
from .motifs import Motifs, measure_motifs
from .parts import Parts, measure_parts
from .rhythm import Rhythm, measure_rhythm
from .texture import Texture, measure_texture
from .view import View, view_score


@dataclass(frozen=True)
class Analysis:
    """What a closer look at a score finds, beyond its `MusicFacts`.

    Attributes:
        tonality: Keys and where they change.
        harmony: Chords, progressions, cadences.
        form: Sections.
        motifs: Motifs that return.
        rhythm: Swing, syncopation, subdivision, upbeat.
        drumming: Drum patterns.
        parts: Who plays what.
        texture: How the voices go together.
        expression: The course of tempo and dynamics.
        difficulty: Of a piano piece.
    """

    tonality: Tonality
    harmony: Harmony
    form: Form
    motifs: Motifs
    rhythm: Rhythm
    drumming: Drumming
    parts: Parts
    texture: Texture
    expression: Expression
    difficulty: Difficulty

    @property
    def traits(self) -> frozenset[str]:
        """Every trait that holds, names of `traits.ALL_TRAITS`."""
        return frozenset(trait for field in fields(self) for trait in getattr(self, field.name).traits)

    def transposed(self, semitones: int) -> Analysis:
        """The analysis of the same score moved by `semitones`; drums do not move."""
        moved = {name: getattr(self, name).transposed(semitones) for name in ("tonality", "harmony", "parts")}
        return replace(self, **moved)

    def to_dict(self) -> dict[str, Any]:
        """The analysis as JSON can hold it."""
        return typing.cast("dict[str, Any]", _plain(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Analysis:
        """The analysis of a `to_dict`.

        Raises:
            KeyError: If a field is missing.
        """
        return typing.cast(Analysis, _read(cls, values))


def analyze(score: ScoreTick, facts: MusicFacts | None = None) -> Analysis:
    """Takes a closer look at a score, as `read_score` gives it.

    Args:
        score: The score.
        facts: Its basic facts, where they have been measured already.

    Raises:
        ValueError: If it has no notes.
    """
    return analyze_view(view_score(score, facts))


def analyze_view(view: View) -> Analysis:
    """The same for a score that is laid out already."""
    tonality = measure_tonality(view)
    parts = measure_parts(view)
    form = measure_form(view)
    return Analysis(
        tonality=tonality,
        harmony=measure_harmony(view, tonality, form),
        form=form,
        motifs=measure_motifs(view),
        rhythm=measure_rhythm(view),
        drumming=measure_drumming(view),
        parts=parts,
        texture=measure_texture(view, parts),
        expression=measure_expression(view),
        difficulty=measure_difficulty(view),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Key | Chord):
        return value.name
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    if kind in (Key, Chord):
        return kind.parse(value)
    if is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        made = {field.name: _read(hints[field.name], value[field.name]) for field in fields(kind)}
        return typing.cast(type, kind)(**made)
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):  # X | None
        return None if value is None else _read(arguments[0], value)
    if typing.get_origin(kind) is tuple:
        each = arguments[0] if arguments[-1] is Ellipsis else None
        kinds = [each] * len(value) if each else arguments
        return tuple(_read(item_kind, item) for item_kind, item in zip(kinds, value, strict=True))
    return value
