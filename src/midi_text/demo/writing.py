"""The model writes in a thread; the page sees every bar as it is finished.

One streamer does three things: it collects ids and hands out the bars that are whole, it ends a piece that takes too
long, and it ends one that nobody waits for any more. The thread is waited for in either case, so that the next visitor
finds the model free.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from symusic.core import ScoreTick
from transformers.generation.streamers import BaseStreamer

from ..bars_midi_text import bar_starts
from ..pipeline_midi_text import Composition
from ..score_midi_text import slice_bars
from .limits import MAX_SECONDS

try:  # on the Hub's shared GPUs, what needs one must say so
    from spaces import GPU
except ImportError:

    def GPU(answer: Any) -> Any:  # noqa: N802 - the name that the Hub looks for
        """Elsewhere it changes nothing."""
        return answer


@dataclass(frozen=True, eq=False)
class Draft:
    """What has been written so far: whole bars.

    Attributes:
        score: The music.
        bars: How many bars are whole.
    """

    score: ScoreTick
    bars: int


class _StoppedError(Exception):
    """Nobody waits for this piece any more."""


class _BarStream(BaseStreamer):
    def __init__(self, processor: Any, out: queue.SimpleQueue[Any], seconds: float) -> None:
        self._processor, self._out, self._end = processor, out, time.monotonic() + seconds
        events = processor.tokenizer.token_events
        self._opens = [sum(name.startswith("Bar") for name in names) for names in events]
        self._ids: list[int] = []
        self._bars = 0
        self._started = False
        self.stopped = False

    def put(self, value: torch.Tensor) -> None:
        if self.stopped:
            raise _StoppedError
        if time.monotonic() > self._end:
            raise TimeoutError("This took too long, so it was stopped. Please ask for fewer bars, or try again later.")
        ids = value.flatten().tolist()
        if not self._started:  # the decoder's start, and the music that it goes on from
            self._started, ids = True, ids[1:]
        opened = sum(self._opens[token] for token in ids)
        self._ids += ids
        self._bars += opened
        if opened and self._bars > 1:
            self._out.put((self._ids.copy(), self._bars - 1))

    def end(self) -> None:
        pass


@GPU
def write(pipeline: Any, prompt: Mapping[str, Any], **options: Any) -> Iterator[Draft | Composition]:
    """Writes a piece: drafts while it grows, then the composition.

    Args:
        pipeline: A text-to-midi pipeline.
        prompt: Its input, a mapping.
        options: Call arguments; several candidates have no drafts.

    Raises:
        TimeoutError: If it takes longer than `MAX_SECONDS`.
        ValueError: As the pipeline.
    """
    out: queue.SimpleQueue[Any] = queue.SimpleQueue()
    streamer = _BarStream(pipeline.processor, out, MAX_SECONDS)

    def work() -> None:
        try:
            alone = options.get("num_candidates", 1) == 1
            out.put(pipeline(dict(prompt), **options, **({"streamer": streamer} if alone else {})))
        except BaseException as error:
            out.put(error)

    thread = threading.Thread(target=work, name="midi-text-demo", daemon=True)
    thread.start()
    try:
        while True:
            found = out.get()
            if isinstance(found, BaseException):
                raise found
            if isinstance(found, Composition):
                yield found
                return
            draft = _draft(pipeline.processor, *found)
            if draft is not None and out.empty():  # a page that lags behind sees the latest only
                yield draft
    finally:
        streamer.stopped = True
        thread.join()


def _draft(processor: Any, ids: list[int], bars: int) -> Draft | None:
    score = processor.decode_score(ids)
    there = len(bar_starts(score)) - 1
    if not there:
        return None
    return Draft(slice_bars(score, 0, min(bars, there)), bars)
