"""The model goes on from what was played, note by note, in a thread of its own.

The decoder starts with the music so far, under the task of composing and the words that steer; so a checkpoint that has
only learnt to compose can go on. It writes under the locks of the words, the tempo and metre of the grid, and for
exactly the bars of its turn. The first token opens a bar: nothing is added to what has been played.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from ..constraints_midi_text import Locks, MusicLogitsProcessor
from ..grammar_midi_text import Event, metre_code
from ..request_midi_text import Request, Wishes, understand
from .phrase import encode_bars
from .stream import LiveNote, NoteStream

MEMORY_IDS = 400  # of music that the model goes on from: reading 400 ids takes 0.1 s on one core
TEMPO_LIMITS = (30, 250)  # the vocabulary's


@dataclass(frozen=True)
class Turn:
    """What to write.

    Attributes:
        words: The prompt.
        notes: The music so far.
        first_bar: The bar from which it is remembered.
        start: The first bar to write.
        end: The bar after the last.
        tempo_bpm: Quarter notes a minute.
        metre: Numerator and denominator.
        seed: Of the sampling.
        closes: Whether the music should come to a close at the end; else it could go on.
    """

    words: str
    notes: tuple[LiveNote, ...]
    first_bar: int
    start: int
    end: int
    tempo_bpm: float
    metre: tuple[int, int]
    seed: int = 0
    closes: bool = True


class Writer(Protocol):
    """Whoever writes the answers."""

    def write(self, turn: Turn, on_note: Callable[[LiveNote], None], wanted: Callable[[], bool]) -> None:
        """Calls `on_note` for each note in the order of time, until the turn is written or no longer wanted."""


def read_words(words: str, turn_metre: tuple[int, int], tempo_bpm: float | None = None) -> Request:
    """What words ask of an answer; lengths in them are not meant for it.

    Raises:
        ValueError: If they contradict themselves.
    """
    tempo = None if tempo_bpm is None else float(round(min(TEMPO_LIMITS[1], max(TEMPO_LIMITS[0], tempo_bpm))))
    return understand(words, Wishes(tempo_bpm=tempo, time_signature=turn_metre))


class ModelWriter:
    """Writes with a model.

    Args:
        pipeline: A text-to-midi pipeline: its model and processor are used.
        temperature: Of the sampling.
        top_p: Of the sampling.
    """

    def __init__(self, pipeline: Any, temperature: float = 1.0, top_p: float = 0.95) -> None:
        self.model, self.processor = pipeline.model, pipeline.processor
        self.temperature, self.top_p = temperature, top_p

    def write(self, turn: Turn, on_note: Callable[[LiveNote], None], wanted: Callable[[], bool]) -> None:
        """See `Writer`.

        Raises:
            ValueError: If the words cannot be held in so few bars.
        """
        tokenizer, config = self.processor.tokenizer, self.model.config
        primed, first = self._memory(turn)
        bars = turn.end - first + (not turn.closes)  # the bar in which it would close is not played
        request = read_words(turn.words, turn.metre, turn.tempo_bpm)
        locks = replace(request.locks, bars=(bars, bars), duration_seconds=None)
        limit = config.max_target_length
        stream = _Stream(NoteStream(tokenizer.token_events, first), turn, on_note, wanted)
        rules = _Answer(tokenizer, limit, locks, len(primed) + 1)
        start = torch.tensor([[config.decoder_start_token_id, *primed]], device=self.model.device)
        request = replace(request, sketch=replace(request.sketch, bars=None))
        source = self.processor.pad([self.processor.encode_request("compose", request)]).to(self.model.device)
        with torch.random.fork_rng([]), torch.inference_mode():
            torch.manual_seed(turn.seed)
            self.model.generate(
                **source,
                decoder_input_ids=start,
                generation_config=GenerationConfig(
                    do_sample=True,
                    temperature=self.temperature,
                    top_p=self.top_p,
                    top_k=0,
                    max_length=limit,
                    pad_token_id=config.pad_token_id,
                    bos_token_id=config.bos_token_id,
                    eos_token_id=config.eos_token_id,
                    decoder_start_token_id=config.decoder_start_token_id,
                ),
                logits_processor=LogitsProcessorList([rules]),
                stopping_criteria=StoppingCriteriaList([_Stop(stream)]),
                streamer=stream,
            )

    def _memory(self, turn: Turn) -> tuple[list[int], int]:
        """The music so far as ids, the latest bars of it, and the first bar in them."""
        first = turn.first_bar
        while True:
            grid = turn.tempo_bpm, turn.metre
            ids, start = encode_bars(self.processor.tokenizer, turn.notes, (first, turn.start), grid)
            if len(ids) <= MEMORY_IDS:
                return ids, start
            first = start + max(1, (turn.start - start) // 4)


class _Stream(BaseStreamer):
    """Hands notes on as their tokens come; first come the ids that the decoder starts with."""

    def __init__(
        self, notes: NoteStream, turn: Turn, on_note: Callable[[LiveNote], None], wanted: Callable[[], bool]
    ) -> None:
        self.notes, self.turn, self.on_note, self.wanted = notes, turn, on_note, wanted

    def put(self, value: torch.Tensor) -> None:
        for token in value.flatten().tolist():
            for note in self.notes.push(token):
                if self.turn.start <= note.bar < self.turn.end:
                    self.on_note(note)

    def end(self) -> None:
        pass


class _Stop(StoppingCriteria):
    """Ends a turn that is written, or that nobody wants any more."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        over = self._stream.notes.bar >= self._stream.turn.end or not self._stream.wanted()
        return torch.full((len(input_ids),), over, device=input_ids.device)


class _Answer(LogitsProcessor):
    """Grammar and locks, and a bar line first."""

    def __init__(self, tokenizer: Any, limit: int, locks: Locks, primed: int) -> None:
        self._inner = MusicLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, limit, locks)
        grammar, metre = self._inner.grammar, locks.time_signature
        opens = grammar.leading[Event.BAR] & self._inner.rules[0].mask(metre_code(metre) if metre else 0)
        self._opens = torch.from_numpy(np.flatnonzero(opens) + grammar.offset)
        self._primed = primed

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        out = self._inner(input_ids, scores)
        if input_ids.shape[1] > self._primed or self._primed == 1:
            return out
        barred = torch.full_like(out, -torch.inf)
        opens = self._opens.to(out.device)
        held = out[:, opens]
        barred[:, opens] = held if bool(held.isfinite().any()) else scores[:, opens]
        return barred


class WritingThread:
    """Runs a writer away from the music; only the latest turn is wanted.

    Args:
        writer: The writer.
        clock: Seconds.

    Attributes:
        latencies: Seconds from each request to its first note.
        error: What the writer raised last.
    """

    def __init__(self, writer: Writer, clock: Callable[[], float] = time.perf_counter) -> None:
        self._writer, self._clock = writer, clock
        self.latencies: list[float] = []
        self.error: Exception | None = None
        self._asked: queue.SimpleQueue[tuple[int, Turn, Callable[[LiveNote], None], float] | None] = queue.SimpleQueue()
        self._latest = 0
        self._thread = threading.Thread(target=self._run, name="midi-text-writer", daemon=True)
        self._thread.start()

    def start(self, turn: Turn, on_note: Callable[[LiveNote], None]) -> None:
        """Begins a turn; one that is being written is given up."""
        self._latest += 1
        self._asked.put((self._latest, turn, on_note, self._clock()))

    def cancel(self) -> None:
        """Gives up what is being written."""
        self._latest += 1

    def close(self) -> None:
        """Ends the thread after the token that it is at."""
        self.cancel()
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            number, turn, on_note, since = asked
            if number != self._latest:
                continue
            try:
                self._write(number, turn, on_note, since)
            except Exception as error:
                self.error = error

    def _write(self, number: int, turn: Turn, on_note: Callable[[LiveNote], None], since: float) -> None:
        first = True

        def note_came(note: LiveNote) -> None:
            nonlocal first
            if number != self._latest:
                return
            if first:
                self.latencies.append(self._clock() - since)
                first = False
            on_note(note)

        self._writer.write(turn, note_came, lambda: number == self._latest)
