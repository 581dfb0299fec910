"""Rows that leave a batch when they end change nothing of what the others write."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GenerationConfig, LogitsProcessor, pipeline

from midi_text import decoding_midi_text as decoding


class Ends(LogitsProcessor):
    """Ends the rows at given lengths, and never before; notes how many rows it sees."""

    def __init__(self, lengths: list[int], end: int):
        self.lengths, self.end, self.seen = lengths, end, []

    def keep(self, rows: list[int], count: int) -> None:
        assert count == len(self.lengths)
        self.lengths = [self.lengths[row] for row in rows]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(input_ids))
        now = torch.tensor([length <= input_ids.shape[1] for length in self.lengths])
        out = scores.clone()
        out[:, self.end] = -torch.inf
        out[now] = -torch.inf
        out[now, self.end] = 0.0
        return out


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint: Path) -> Any:
    return pipeline("text-to-midi", model=str(tiny_checkpoint))


def written(pipe: Any, monkeypatch: pytest.MonkeyPatch, stretch: int, primed: bool, many: int = 1, **options: Any):
    monkeypatch.setattr(decoding, "_STRETCH", stretch)
    config = pipe.model.config
    sources = [[5, 300 + row, 301, 302 + row] for row in range(4)]
    inputs = pipe.processor.pad(sources)
    if primed:
        starts = pipe.processor.pad_left([[config.decoder_start_token_id, *[400] * row] for row in range(4)])
        inputs.update({f"decoder_{name}": value for name, value in starts.items()})
    ends = Ends([length for length in (9, 30, 14, 99) for _ in range(many)], config.eos_token_id)
    generation = GenerationConfig(
        max_new_tokens=40, pad_token_id=config.pad_token_id, bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id, decoder_start_token_id=config.decoder_start_token_id,
        num_return_sequences=many, **options,
    )  # fmt: skip
    with torch.inference_mode():
        torch.manual_seed(1)
        return decoding.write_rows(pipe.model, dict(inputs), generation, [ends]), ends.seen


@pytest.mark.parametrize("primed", [False, True])
def test_stretches_write_what_one_call_writes(pipe: Any, monkeypatch: pytest.MonkeyPatch, primed: bool):
    whole, seen = written(pipe, monkeypatch, 1000, primed, do_sample=False)
    assert seen == [4] * 40
    rows, seen = written(pipe, monkeypatch, 4, primed, do_sample=False)
    assert rows == whole
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 4
    assert seen[-1] == 1, "who has ended has left"
    assert len({tuple(row) for row in rows}) == 4
    assert len(rows[3]) == 40 + (3 if primed else 0), "the limit ends it"
    assert rows[2][:2] == [400] * 2 or not primed


def test_rows_of_one_source_stand_together(pipe: Any, monkeypatch: pytest.MonkeyPatch):
    rows, seen = written(pipe, monkeypatch, 4, False, many=3, do_sample=True)
    assert len(rows) == 12
    assert seen[0] == 12
    assert seen[-1] == 3
    assert {len(row) for row in rows[:3]} == {8}
    assert {len(row) for row in rows[9:]} == {40}
    again, _ = written(pipe, monkeypatch, 4, False, many=3, do_sample=True)
    assert again == rows


def test_beams_are_one_call(pipe: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoding, "_in_stretches", None)
    made = pipe("2 bars for piano in C major", num_beams=2, seed=0)
    assert made.facts.bars == 2


def test_on_a_cpu_it_computes_in_float32(pipe: Any):
    assert pipe.model.dtype == torch.float32
