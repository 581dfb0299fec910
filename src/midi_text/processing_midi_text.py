"""Words and MIDI to the model's inputs for a task, and what the model wrote back to words and scores.

This is the one door to the encoder: ``<task> words <midi> events </midi>``, padded, with a mask. Music that is longer
than the model reads is cut on a bar line, and the cut is reported. What is known of the input stands on its other side:
behind the words of a request its sketch, before music to describe what was measured of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import symusic
import torch
from transformers import BatchFeature, ProcessorMixin

from .facts.analysis import Analysis, analyze
from .facts_midi_text import MusicFacts, measure_facts
from .measured_midi_text import measured_words
from .request_midi_text import Request
from .score_midi_text import MidiSource, ReadResult, read_score
from .tokenization_midi_text import MidiTextTokenizer

MAX_TEXT_IDS = 256  # a prompt is read up to here; nobody describes a piece in more
_ROOM = 2  # <midi> and </midi>


@dataclass(frozen=True)
class ReadMusic:
    """A score as the encoder reads it.

    Attributes:
        score: The clean score.
        ids: Joint ids, as many bars as fit.
        bars_read: Bars in ``ids``.
        bars_total: Bars of the score, up to the last onset.
        repairs: What reading dropped or repaired.
    """

    score: symusic.Score
    ids: list[int]
    bars_read: int
    bars_total: int
    repairs: tuple[str, ...]


class MidiTextProcessor(ProcessorMixin):
    """Wraps the tokenizer: `__call__` makes inputs, `read_music` and the ``decode_*`` methods travel between forms.

    Args:
        tokenizer: Of the checkpoint.
        max_source_length: Ids that the encoder reads.
        sketches: Whether the checkpoint has learned to read sketches behind the words of a request, and measurements
            before music to describe; it must not be shown what it does not know.
    """

    def __init__(
        self, tokenizer: MidiTextTokenizer, max_source_length: int = 1024, sketches: bool = False, **kwargs: Any
    ):
        self.max_source_length, self.sketches = max_source_length, sketches
        super().__init__(tokenizer, **kwargs)

    def __call__(
        self,
        text: str | Sequence[str] | None = None,
        midi: MidiSource | Sequence[MidiSource] | None = None,
        task: str | None = None,
    ) -> BatchFeature:
        """Inputs for the encoder.

        Args:
            text: The words, one string or one an example; none for a task without words.
            midi: The music, one source (path, bytes, file object or Score) or one an example.
            task: By default ``"caption"`` with music and ``"compose"`` without.

        Returns:
            ``input_ids`` and ``attention_mask``, int64, shape ``(B, S)``.

        Raises:
            MidiError: If a source cannot be read.
            ValueError: If there is neither text nor midi, or their numbers differ.
        """
        texts = [text] if isinstance(text, str) else list(text or ())
        pieces = list(midi) if isinstance(midi, list | tuple) else [midi] if midi is not None else []
        if not texts and not pieces:
            raise ValueError("a processor needs text, midi or both; got neither")
        if texts and pieces and len(texts) != len(pieces):
            raise ValueError(f"text and midi must have the same length; got {len(texts)} and {len(pieces)}")
        task = task or ("caption" if pieces else "compose")
        if task == "caption" and pieces and not texts:
            read = [read_score(piece) for piece in pieces]
            heard = [(each, measure_facts(each.score)) for each in read]
            return self.pad([self.encode_measured(r, facts, analyze(r.score, facts))[0] for r, facts in heard])
        music = [self.read_music(piece).ids for piece in pieces] or [[] for _ in texts]
        return self.pad(
            [self.encode(task, words, ids) for words, ids in zip(texts or [""] * len(music), music, strict=True)]
        )

    def encode(self, task: str, text: str = "", music: Sequence[int] = ()) -> list[int]:
        """One example as joint ids; words beyond ``MAX_TEXT_IDS`` are not read.

        Args:
            task: One of ``TASKS``.
            text: The words.
            music: Joint ids: of the score, or the events of a sketch.
        """
        ids: list[int] = self.tokenizer.prompt_ids(task, music=music)
        ids[1:1] = self.tokenizer.encode_text(text[: 16 * MAX_TEXT_IDS])[:MAX_TEXT_IDS]
        return ids

    def pad(self, examples: Sequence[Sequence[int]], multiple: int = 16) -> BatchFeature:
        """Examples of ids as tensors, padded right to a multiple (few shapes: a compiled model is not recompiled)."""
        length = -(-max(len(ids) for ids in examples) // multiple) * multiple
        input_ids = torch.full((len(examples), length), self.tokenizer.pad_token_id)
        for row, ids in zip(input_ids, examples, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        mask = (input_ids != self.tokenizer.pad_token_id).long()
        return BatchFeature({"input_ids": input_ids, "attention_mask": mask})

    def encode_request(self, task: str, request: Request) -> list[int]:
        """A request as joint ids: its words, and behind them its sketch, for a checkpoint that reads sketches."""
        return self.encode(task, request.text, self.tokenizer.event_ids(request.sketch.events) if self.sketches else ())

    def pad_left(self, starts: Sequence[Sequence[int]]) -> BatchFeature:
        """What decoders start with, as tensors padded left: all go on from the same column."""
        flipped = self.pad([ids[::-1] for ids in starts], multiple=1)
        return BatchFeature({name: value.flip(1) for name, value in flipped.items()})

    def read_music(self, midi: MidiSource) -> ReadMusic:
        """Reads, cleans and encodes a score, as many bars as the encoder takes.

        Raises:
            MidiError: If it cannot be read.
        """
        return self._fitted(read_score(midi))

    def encode_measured(self, read: ReadResult, facts: MusicFacts, analysis: Analysis) -> tuple[list[int], ReadMusic]:
        """Music to describe as joint ids: what was measured of it, for a checkpoint that reads that, and its notes.

        Args:
            read: The piece.
            facts: What was measured of it.
            analysis: The closer look.
        """
        words = measured_words(facts, analysis) if self.sketches else ""
        music = self._fitted(read, min(MAX_TEXT_IDS, len(self.tokenizer.encode_text(words))))
        return self.encode("caption", words, music.ids), music

    def _fitted(self, read: ReadResult, words: int = 0) -> ReadMusic:
        """As many bars as the encoder takes beside so many ids of words."""
        encoded = self.tokenizer.encode_score(read.score, self.max_source_length - _ROOM - 1 - words)
        return ReadMusic(read.score, encoded.ids, encoded.bars_read, encoded.bars_total, read.repairs)

    def decode_text(self, ids: Iterable[int]) -> str:
        """The words among ids."""
        return self.tokenizer.decode_text(ids)

    def decode_score(self, ids: Iterable[int]) -> symusic.Score:
        """The music among ids, as a score of 48 ticks a quarter; it may be empty."""
        return self.tokenizer.decode_score(ids)


__all__ = ["MidiTextProcessor", "ReadMusic"]
