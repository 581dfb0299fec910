"""Tokens become notes while they are written: `MidiTextTokenizer.decode_score` for one token at a time.

The event stream is ordered in time, so a note is known as soon as its duration stands, and everything before it has
been said. Holds for tokens under the grammar, which `MusicLogitsProcessor` guarantees; there the notes are those of
`decode_score`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..grammar_midi_text import DRUMS, Event, read_event


class LiveNote(NamedTuple):
    """A note on the grid.

    Attributes:
        bar: Number of its bar.
        position: Twelfths of the metre's denominator from the bar line.
        length: In the same unit.
        pitch: 0..127.
        velocity: 1..127.
        program: General MIDI program, 128 for drums.
    """

    bar: int
    position: int
    length: int
    pitch: int
    velocity: int
    program: int


class NoteStream:
    """One piece as it is written.

    Args:
        token_events: ``tokenizer.token_events``.
        first_bar: The number that the first bar gets.

    Attributes:
        bar: The bar being written, ``first_bar - 1`` before the first.
    """

    def __init__(self, token_events: Sequence[Sequence[str]], first_bar: int = 0) -> None:
        self._events, self.bar = token_events, first_bar - 1
        self._position = self._pitch = 0
        self._program, self._velocity = 0, 64

    def push(self, token: int) -> list[LiveNote]:
        """Takes one joint id; the notes that it completes."""
        made = []
        for name in self._events[token]:
            coded = read_event(name)
            if coded is None:
                continue
            event, value = coded
            if event == Event.BAR:
                self.bar += 1
            elif event == Event.POSITION:
                self._position = value
            elif event == Event.PROGRAM:
                self._program = value
            elif event == Event.PITCH or event == Event.DRUM:
                self._pitch = value
            elif event == Event.VELOCITY:
                self._velocity = value
            elif event == Event.DURATION:
                made.append(LiveNote(self.bar, self._position, value, self._pitch, self._velocity, self._program))
        return made


__all__ = ["DRUMS", "LiveNote", "NoteStream"]
