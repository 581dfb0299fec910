"""Guidance: ids are chosen by what the source changes, whatever the batch, the start and the stretch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GenerationConfig, pipeline

from midi_text import decoding_midi_text as decoding
from midi_text.guidance_midi_text import GuidanceLogitsProcessor

SCALE = 2.5


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint: Path) -> Any:
    return pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")


class Dictated:
    """Lets each row write given ids alone, and keeps the scores it was given for them."""

    def __init__(self, texts: list[list[int]], end: int) -> None:
        self.texts, self.step = [[*text, end] for text in texts], 0
        self.scores: list[list[torch.Tensor]] = [[] for _ in texts]
        self.rows = list(range(len(texts)))

    def keep(self, rows: list[int], count: int) -> None:
        self.rows = [self.rows[row] for row in rows]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        out = torch.full_like(scores, -torch.inf)
        for place, row in enumerate(self.rows):
            text = self.texts[row]
            if self.step < len(text):
                self.scores[row].append(scores[place])
            out[place, text[min(self.step, len(text) - 1)]] = 0
        self.step += 1
        return out


@pytest.mark.parametrize("primed", [False, True])
@pytest.mark.parametrize("many", [1, 2])
def test_scores_move_away_from_those_of_a_source_that_asks_nothing(
    pipe: Any, monkeypatch: pytest.MonkeyPatch, primed: bool, many: int
):
    monkeypatch.setattr(decoding, "_STRETCH", 3)
    model, processor, config = pipe.model, pipe.processor, pipe.model.config
    sources, untold = [[5, 300 + row, 301, 302 + row] for row in range(3)], [5]
    starts = [[config.decoder_start_token_id, *([290] * row if primed else [])] for row in range(3)]
    inputs, asking_nothing = dict(processor.pad(sources)), dict(processor.pad([untold] * 3))
    if primed:
        padded = {f"decoder_{name}": value for name, value in processor.pad_left(starts).items()}
        inputs, asking_nothing = inputs | padded, asking_nothing | padded
    texts = [
        [270 + 3 * row + step for step in range(length)] for row, length in enumerate((2, 9, 5, 7, 4, 8)[: 3 * many])
    ]
    dictated = Dictated(texts, config.eos_token_id)
    generation = GenerationConfig(
        max_new_tokens=12, do_sample=True, num_return_sequences=many, pad_token_id=config.pad_token_id,
        bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
    )  # fmt: skip
    with torch.inference_mode():
        guidance = GuidanceLogitsProcessor(model, asking_nothing, SCALE)
        rows = decoding.write_rows(model, inputs, generation, [guidance, dictated])
        for row, text in enumerate(texts):
            start = starts[row // many]
            assert rows[row] == [*start[1:], *text]
            ids = torch.tensor([[*start, *text]])
            told, nothing = (
                model(input_ids=torch.tensor([source]), decoder_input_ids=ids)
                .logits[0, len(start) - 1 :]
                .log_softmax(-1)
                for source in (sources[row // many], untold)
            )
            expected = nothing + SCALE * (told - nothing)
            assert (told - nothing).abs().max() > 1e-3
            torch.testing.assert_close(torch.stack(dictated.scores[row]), expected, rtol=1e-3, atol=1e-3)


def test_guidance_is_for_more_not_for_less(pipe: Any):
    for scale in (0, 0.5, float("nan")):
        with pytest.raises(ValueError, match=rf"guidance_scale must be at least 1, .* got {scale}"):
            pipe("a song", guidance_scale=scale)
    with pytest.raises(ValueError, match="guidance_scale and num_beams exclude each other"):
        pipe("a song", guidance_scale=2.0, num_beams=2)


def test_the_pipeline_guides_all_that_it_writes(pipe: Any):
    song = pipe("a song", seed=1, bars=4)
    for words, given in (("a sad violin", {"bars": 8}), ("a violin, ABA", {"bars": 12}), ("sad", {"midi": song.midi})):
        plain, guided = (pipe(words, seed=1, guidance_scale=scale, **given) for scale in (1, 4.0))
        assert plain.midi != guided.midi
        assert pipe(words, seed=1, guidance_scale=4.0, **given).midi == guided.midi
