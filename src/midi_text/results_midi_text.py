"""What the two pipelines return: a piece that was written to words, and what a piece is in words."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import symusic

from .agreement_midi_text import Agreement
from .ask_midi_text import Ask
from .facts.analysis import Analysis
from .facts_midi_text import MusicFacts
from .repair_midi_text import CheckedCaption
from .score_midi_text import write_score
from .style_midi_text import StyleGuess


@dataclass(frozen=True)
class Composition:
    """A piece written to a prompt.

    Attributes:
        prompt: The words, as given.
        seed: Gives the same piece again, with the same prompt, arguments, batch and checkpoint.
        score: The music, 48 ticks a quarter.
        midi: The same as a Standard MIDI File.
        facts: Measured on the music.
        analysis: The closer look: harmony, form, parts …
        ask: What was understood of prompt and arguments.
        agreement: Asked, measured and met, a row for each wish.
        generation_seconds: Wall time of the batch it was written in.
        tokens: Music tokens written.
        cosine: How close it is to the prompt in the model's space of words and music, -1 … 1; None where the model has
            no such space, the prompt is empty or there was but one candidate.
        others: The other candidates, best first.
        task: "compose", or how a given piece was changed; then ``agreement`` is of the part that was written.
        original: The given piece, quantized as the model heard it.
        changed_bars: Bars of ``score`` that were written anew, from 0.
    """

    prompt: str
    seed: int
    score: symusic.Score
    midi: bytes
    facts: MusicFacts
    analysis: Analysis
    ask: Ask
    agreement: tuple[Agreement, ...]
    generation_seconds: float
    tokens: int
    cosine: float | None = None
    others: tuple[Composition, ...] = ()
    task: str = "compose"
    original: symusic.Score | None = None
    changed_bars: tuple[int, ...] = ()

    @property
    def share_met(self) -> float:
        """Share of the wishes that are met, 1.0 where nothing measurable was asked."""
        return sum(row.met for row in self.agreement) / len(self.agreement) if self.agreement else 1.0

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the MIDI file, whole or not at all."""
        write_score(self.score, path)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the music, as plain JSON values."""
        return {
            "prompt": self.prompt,
            "seed": self.seed,
            "notes": self.facts.notes,
            "bars": self.facts.bars,
            "duration_seconds": round(self.facts.duration_seconds, 2),
            "generation_seconds": round(self.generation_seconds, 3),
            **({} if self.task == "compose" else {"task": self.task, "changed_bars": list(self.changed_bars)}),
            **({} if self.cosine is None else {"cosine": self.cosine}),
            "facts": self.facts.to_dict(),
            "analysis": self.analysis.to_dict(),
            "agreement": [asdict(row) for row in self.agreement],
        }


@dataclass(frozen=True)
class Description:
    """What a MIDI file is, in words.

    Attributes:
        text: The description; every fact it states is true of the file.
        model_text: The model's own words, before a statement was repaired or dropped.
        check: What was stated, repaired and dropped.
        facts: Measured on the whole file.
        analysis: The closer look: harmony, form, parts …
        styles: What the style probe is sure of; () where the checkpoint has none.
        bars_read: Bars the model read.
        bars_total: Bars of the file, up to the last onset.
        repairs: What reading the file dropped or repaired.
    """

    text: str
    model_text: str
    check: CheckedCaption
    facts: MusicFacts
    analysis: Analysis
    styles: tuple[StyleGuess, ...]
    bars_read: int
    bars_total: int
    repairs: tuple[str, ...]

    @property
    def truncated(self) -> bool:
        """Whether the file is longer than the model read."""
        return self.bars_read < self.bars_total

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "caption": self.text,
            "facts": self.facts.to_dict(),
            "analysis": self.analysis.to_dict(),
            "styles": [asdict(style) for style in self.styles],
            "bars_read": self.bars_read,
            "bars_total": self.bars_total,
            "truncated": self.truncated,
            "repairs": list(self.repairs),
        }


__all__ = ["Composition", "Description"]
