"""Writing many rows that end at different times.

``generate`` works on every row of a batch until the last one ends, and of pieces that were asked together the longest
often has twice the length of the rest. Here it is called for a stretch of steps at a time, on the same cache, and rows
that have ended leave the batch between two stretches.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from transformers import GenerationConfig, LogitsProcessorList

from .cache_midi_text import growing_cache

_STRETCH = 64  # steps


class RowProcessor(Protocol):
    """A logits processor that can be told which of its rows go on."""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """See ``LogitsProcessor``."""

    def keep(self, rows: list[int], count: int) -> None:
        """From now on only these of ``count`` rows are there, in this order."""


def write_rows(
    model: Any,
    inputs: Mapping[str, torch.Tensor],
    config: GenerationConfig,
    processors: Sequence[RowProcessor],
    streamer: Any = None,
) -> list[list[int]]:
    """What the model writes to each source, without the end.

    Args:
        model: Encoder and decoder.
        inputs: ``input_ids`` and ``attention_mask`` of shape ``(B, S)``, on the model's device; with
            ``decoder_input_ids`` and ``decoder_attention_mask`` the rows go on from there, padded on the left.
        config: As ``generate`` takes it; ``num_return_sequences`` rows of one source stand together.
        processors: Change the logits, one after the other; they say what may not be written.
        streamer: Receives the ids of a single row as they come.

    Returns:
        Ids of each row, those it started with among them, up to the end or ``max_new_tokens``.
    """
    if streamer is not None or (config.num_beams or 1) > 1:
        cache = growing_cache(model.config)
        rules = LogitsProcessorList(processors)
        out = model.generate(
            **inputs, generation_config=config, logits_processor=rules, past_key_values=cache, streamer=streamer
        )
        first = model.config.decoder_start_token_id
        return [_written(row[row.index(first) + 1 :], model.config) for row in out.tolist()]
    return _in_stretches(model, inputs, config, processors)


def _in_stretches(
    model: Any, inputs: Mapping[str, torch.Tensor], config: GenerationConfig, processors: Sequence[RowProcessor]
) -> list[list[int]]:
    many, mask = config.num_return_sequences or 1, inputs["attention_mask"]
    encoded = model.get_encoder()(input_ids=inputs["input_ids"], attention_mask=mask, return_dict=True)
    start = mask.new_full((len(mask), 1), model.config.decoder_start_token_id)
    ids = inputs.get("decoder_input_ids", start).repeat_interleave(many, 0)
    heard = inputs.get("decoder_attention_mask", torch.ones_like(start)).repeat_interleave(many, 0)
    ids[:, 0] = model.config.decoder_start_token_id  # padding or not: once no row begins with it, `generate` adds one
    mask = mask.repeat_interleave(many, 0)
    encoded.last_hidden_state = encoded.last_hidden_state.repeat_interleave(many, 0)
    cache, rules, left = growing_cache(model.config), LogitsProcessorList(processors), config.max_new_tokens
    config = copy.copy(config)
    config.num_return_sequences = 1
    padding = (heard == 0).sum(1).tolist()
    written: list[list[int]] = [[] for _ in ids]
    places = list(range(len(ids)))  # whose rows they are
    while places:
        config.max_new_tokens = min(_STRETCH, left)
        before = ids.shape[1]
        ids = model.generate(
            encoder_outputs=encoded,
            attention_mask=mask,
            decoder_input_ids=ids,
            decoder_attention_mask=heard,
            past_key_values=cache,
            generation_config=config,
            logits_processor=rules,
        )
        left -= config.max_new_tokens
        ended = (ids[:, before:] == model.config.eos_token_id).any(1).tolist()
        for place, row, end in zip(places, ids.tolist(), ended, strict=True):
            if end or left <= 0:
                written[place] = _written(row[padding[place] + 1 :], model.config)
        on = [number for number, end in enumerate(ended) if not end] if left > 0 else []
        if len(on) < len(places) and on:
            for processor in processors:
                processor.keep(on, len(places))
            rows = torch.tensor(on, device=ids.device)
            ids, mask, heard = ids[rows], mask[rows], heard[rows]
            encoded.last_hidden_state = encoded.last_hidden_state[rows]
            for half in (cache.self_attention_cache, cache.cross_attention_cache):
                half.batch_select_indices(rows)
        heard = torch.cat([heard, heard.new_ones(len(heard), ids.shape[1] - heard.shape[1])], 1)
        places = [places[number] for number in on]
    return written


def _written(row: list[int], config: Any) -> list[int]:
    """The ids before the end."""
    return row[: row.index(config.eos_token_id)] if config.eos_token_id in row else row


__all__ = ["RowProcessor", "write_rows"]
