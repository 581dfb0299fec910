"""What a prompt asks, as a benchmark holds it: the gold of every adherence figure.

Gold is written beside the words by whoever wrote them, and never guessed by the system that is judged. As JSON a fact
that is not asked has no key; keys and chords stand by name, ranges as ``[low, high]`` with equal ends for a number:

    {"tempo_bpm": [96, 96], "key": "D minor", "programs": [40, 0], "only": true, "bars": [16, 16]}

A prompt of words alone gets the gold that our own reader finds (`gold_of`); a report then has to say so, because what
the reader misses is not asked of anyone. Lost: order in time ("first slow, then fast"), and everything that nobody can
measure; words of genre and mood are carried along in ``styles`` for those who judge them by other means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..ask_midi_text import Ask
from ..facts.chord import Chord
from ..key_midi_text import Key
from ..vocabulary_midi_text import FAMILIES

INTENSITIES = ("serene", "moderate", "intense")


@dataclass(frozen=True)
class Gold:
    """What is asked; None, () or False where nothing is.

    Attributes:
        tempo_bpm: Inclusive range of quarter notes a minute: a number n is (n, n), a word its range.
        time_signature: Numerator and denominator.
        key: Tonic and mode.
        mode: "major" or "minor", where no key is asked.
        programs: General MIDI programs that must sound, 128 for drums.
        families: Names of `vocabulary_midi_text.FAMILIES` of which one program must sound.
        excluded_programs: Programs that must not sound.
        excluded_families: Families of which none may.
        only: Whether nothing but the programs and families may sound.
        bars: Inclusive range.
        duration_seconds: Inclusive range.
        chords: Chord symbols, in order.
        form: Letters of the sections, such as "AABA".
        octaves: Whole octaves from the lowest to the highest pitch.
        rhythm_intensity: One of `INTENSITIES`: onsets a beat, see `attributes`.
        danceable: Whether the drums should be on the beat; None where nobody asks.
        styles: Words of genre and mood; not measured here.

    Raises:
        ValueError: If a family or an intensity is unknown, or a range is upside down.
    """

    tempo_bpm: tuple[float, float] | None = None
    time_signature: tuple[int, int] | None = None
    key: Key | None = None
    mode: str | None = None
    programs: tuple[int, ...] = ()
    families: tuple[str, ...] = ()
    excluded_programs: tuple[int, ...] = ()
    excluded_families: tuple[str, ...] = ()
    only: bool = False
    bars: tuple[int, int] | None = None
    duration_seconds: tuple[float, float] | None = None
    chords: tuple[Chord, ...] = ()
    form: str | None = None
    octaves: int | None = None
    rhythm_intensity: str | None = None
    danceable: bool | None = None
    styles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("tempo_bpm", "bars", "duration_seconds"):
            ends = getattr(self, name)
            if ends is not None and not 0 < ends[0] <= ends[1]:
                raise ValueError(f"{name} must be a range [low, high] of positive numbers; got {ends!r}")
        for name in (*self.families, *self.excluded_families):
            if name not in FAMILIES:
                raise ValueError(f"a family must be one of {', '.join(FAMILIES)}; got {name!r}")
        for program in (*self.programs, *self.excluded_programs):
            if not 0 <= program <= 128:
                raise ValueError(f"a program must be 0..127, or 128 for drums; got {program!r}")
        if self.mode not in (None, "major", "minor"):
            raise ValueError(f"mode must be 'major' or 'minor'; got {self.mode!r}")
        if self.rhythm_intensity not in (None, *INTENSITIES):
            raise ValueError(f"rhythm_intensity must be one of {', '.join(INTENSITIES)}; got {self.rhythm_intensity!r}")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values of what is asked, nothing else."""
        values = {f.name: (getattr(self, f.name), f.default) for f in fields(self)}
        return {name: _plain(value) for name, (value, default) in values.items() if value != default}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Gold:
        """The gold of a `to_dict`; a key with the value null is not asked, as in tables that know every column.

        Raises:
            ValueError: If a key is unknown or a value impossible.
        """
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"gold may have the keys {', '.join(sorted(known))}; got {', '.join(unknown)}")
        read: dict[str, Any] = {}
        for name, value in values.items():
            if value is None:
                continue
            if name == "key":
                read[name] = Key.parse(value)
            elif name == "chords":
                read[name] = tuple(Chord.parse(symbol) for symbol in value)
            else:
                read[name] = tuple(value) if isinstance(value, list) else value
        return cls(**read)


@dataclass(frozen=True)
class Prompt:
    """Words and their gold.

    Attributes:
        id: Names the prompt, and by default the file that answers it.
        text: The words.
        gold: What they ask.
        group: Part of the set, such as "grid" or "free"; figures are told for each.
        file_name: Where the answer lies in a folder of answers, if it is not named after `id` or the place in the list.
    """

    id: str
    text: str
    gold: Gold = field(default_factory=Gold)
    group: str = ""
    file_name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A line of a prompt file."""
        more = {name: getattr(self, name) for name in ("group", "file_name") if getattr(self, name)}
        return {"id": self.id, "text": self.text, **more, "gold": self.gold.to_dict()}


def gold_of(ask: Ask) -> Gold:
    """What our reader found in words, as gold."""
    same = ("tempo_bpm", "time_signature", "key", "mode", "programs", "families", "excluded_programs",
            "excluded_families", "bars", "duration_seconds", "chords", "form", "styles")  # fmt: skip
    return Gold(only=not ask.open_instruments, **{name: getattr(ask, name) for name in same})


def _plain(value: Any) -> Any:
    if isinstance(value, Key | Chord):
        return value.name
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
