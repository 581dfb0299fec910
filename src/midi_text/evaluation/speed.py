"""Speed: how long a user waits, on this machine, with this many threads.

One run is one call of the text-to-midi pipeline with the same prompts and a new seed; figures are medians of the
runs, after warm-up calls that do not count (first calls build tables and allocate memory). Wall time is the whole
call: reading the prompt, generating, decoding, measuring. What is reported for each batch size:

- ``notes_per_second``, ``tokens_per_second``: over all pieces of the batch.
- ``real_time_factor``: seconds of music over seconds of waiting, all pieces together; above 1 is faster than it plays.
- ``seconds_to_first_token``: from the call to the first token; nothing can sound before.
- ``seconds``: the whole call.
- ``share_of_constraints``: of the call, spent in the logits processor that holds grammar and locks.

Figures of busy machines, or of other prompts, cannot be compared: name both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import torch
from transformers.generation.streamers import BaseStreamer

from ..constraints_midi_text import MusicLogitsProcessor
from ..records import EvaluationReport, Measurement

PROMPT = "a lively piece in D minor for violin and piano, 4/4, 110 BPM, 16 bars"


@dataclass(frozen=True)
class Run:
    """One timed call; see the module for what each field means."""

    notes_per_second: float
    tokens_per_second: float
    real_time_factor: float
    seconds_to_first_token: float
    seconds: float
    share_of_constraints: float


def time_call(pipeline: Any, prompts: Sequence[str], seed: int) -> Run:
    """Times one call of a text-to-midi pipeline with a list of prompts, as one batch."""
    stopwatch = _FirstToken()
    with _clocked(MusicLogitsProcessor) as constraints:
        started = time.perf_counter()
        pieces = list(pipeline(list(prompts), batch_size=len(prompts), seed=seed, streamer=stopwatch))
        seconds = time.perf_counter() - started
    return Run(
        notes_per_second=sum(piece.facts.notes for piece in pieces) / seconds,
        tokens_per_second=sum(piece.tokens for piece in pieces) / seconds,
        real_time_factor=sum(piece.facts.duration_seconds for piece in pieces) / seconds,
        seconds_to_first_token=(stopwatch.at or started + seconds) - started,
        seconds=seconds,
        share_of_constraints=sum(constraints) / seconds,
    )


def evaluate_speed(
    pipeline: Any,
    *,
    prompts: Sequence[str] = (PROMPT,),
    batch_sizes: Sequence[int] = (1, 16),
    runs: int = 5,
    warmup: int = 1,
    seed: int = 0,
    checkpoint_hash: str = "",
) -> EvaluationReport:
    """Times a text-to-midi pipeline.

    Args:
        pipeline: The pipeline.
        prompts: A batch takes them in turn, from the first.
        batch_sizes: Each is timed by itself.
        runs: Calls that count; run i has ``seed + i``.
        warmup: Calls before, for each batch size.
        seed: Of the first run.
        checkpoint_hash: SHA-256 of the weights, for the report.

    Returns:
        ``threads``, their number, and ``<figure>/batch_<size>`` for each field of `Run`.

    Raises:
        ValueError: If a number is too small.
    """
    if not prompts or runs < 1 or warmup < 0 or min(batch_sizes, default=0) < 1:
        raise ValueError(
            "speed needs a prompt, runs >= 1, warmup >= 0 and batch sizes >= 1; "
            f"got {len(prompts)} prompts, {runs}, {warmup}, {tuple(batch_sizes)}"
        )
    rows = [Measurement("threads", float(torch.get_num_threads()), None, None)]
    for size in batch_sizes:
        batch = [prompts[i % len(prompts)] for i in range(size)]
        for _ in range(warmup):
            time_call(pipeline, batch, seed)
        timed = [time_call(pipeline, batch, seed + i) for i in range(runs)]
        for field in fields(Run):
            median = statistics.median(getattr(run, field.name) for run in timed)
            rows.append(Measurement(f"{field.name}/batch_{size}", median, None, None))
    return EvaluationReport("speed", checkpoint_hash, runs, seed, tuple(rows))


class _FirstToken(BaseStreamer):
    """Notes when the first token came; before it, `generate` hands over what the decoder starts with."""

    def __init__(self) -> None:
        self.calls, self.at = 0, 0.0

    def put(self, value: torch.Tensor) -> None:
        self.calls += 1
        if self.calls == 2:
            self.at = time.perf_counter()

    def end(self) -> None:
        pass


@contextmanager
def _clocked(kind: type) -> Iterator[list[float]]:
    """Collects the seconds of every call of instances of a class while the context lasts."""
    spent: list[float] = []
    plain = kind.__call__

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        result = plain(*args, **kwargs)
        spent.append(time.perf_counter() - started)
        return result

    kind.__call__ = timed  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        kind.__call__ = plain  # type: ignore[method-assign]
