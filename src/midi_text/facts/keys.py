"""Where the key changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..key_midi_text import Key
from .view import View


@dataclass(frozen=True)
class KeySpan:
    """Bars in one key: from `first_bar` up to, not including, `end_bar`."""

    first_bar: int
    end_bar: int
    key: Key


@dataclass(frozen=True)
class Tonality:
    """The keys of a piece.

    Attributes:
        spans: The keys in order; they cover every bar; () without pitched notes.
        traits: See `traits.TRAITS`.
    """

    spans: tuple[KeySpan, ...]
    traits: tuple[str, ...]

    def transposed(self, semitones: int) -> Tonality:
        """The same, `semitones` higher."""
        return replace(self, spans=tuple(replace(s, key=s.key.transposed(semitones)) for s in self.spans))


def measure_tonality(view: View) -> Tonality:
    """The keys of a piece."""
    key = view.facts.key
    return Tonality((KeySpan(0, view.bars, key),) if key else (), ())
