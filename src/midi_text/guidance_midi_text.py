"""Classifier-free guidance (Ho and Salimans 2022, https://arxiv.org/abs/2207.12598): what is asked counts more.

The model also knows what it would write had it been told nothing. With guidance w a token's log probability is
``untold + w (told - untold)``: at 1 that of the model, above 1 further from what it would have written anyway. Each
step then costs two passes through the decoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from transformers import LogitsProcessor

from .cache_midi_text import growing_cache


class GuidanceLogitsProcessor(LogitsProcessor):
    """Weighs what the model makes of its source against what it makes of another that asks nothing.

    Comes first: it needs the model's own logits.

    Args:
        model: That writes.
        inputs: ``input_ids`` and ``attention_mask`` of the sources that ask nothing, shape ``(B, S)``, on the model's
            device; where the decoder starts with more than its first id, ``decoder_attention_mask`` too. Rows of one
            source stand together, as ``generate`` lays them out.
        scale: The weight of what is asked, at least 1.

    Raises:
        ValueError: If the scale is less than 1.
    """

    def __init__(self, model: Any, inputs: Mapping[str, torch.Tensor], scale: float) -> None:
        if not scale >= 1:
            raise ValueError(f"guidance_scale must be at least 1, the weight of what is asked; got {scale}")
        self.scale = scale
        self._model, self._mask = model, inputs["attention_mask"]
        self._heard = inputs.get("decoder_attention_mask")
        self._encoded = model.get_encoder()(input_ids=inputs["input_ids"], attention_mask=self._mask, return_dict=True)
        self._cache = growing_cache(model.config)

    @torch.no_grad()
    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Guided log probabilities, shape ``(B, V)``.

        Args:
            input_ids: What the decoder has so far, shape ``(B, T)``; of the last call's rows, some tokens further.
            scores: The model's logits, shape ``(B, V)``.
        """
        self._spread(len(input_ids))
        heard = self._heard
        if heard is not None:
            heard = torch.cat([heard, heard.new_ones(len(heard), input_ids.shape[1] - heard.shape[1])], 1)
        untold = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._mask,
            decoder_input_ids=input_ids[:, self._cache.get_seq_length() :],
            decoder_attention_mask=heard,
            past_key_values=self._cache,
            use_cache=True,
        ).logits[:, -1]
        told, untold = scores.float().log_softmax(-1), untold.float().log_softmax(-1)
        return untold + self.scale * (told - untold)

    def _spread(self, count: int) -> None:
        """A row for each of the sequences of one source."""
        if (many := count // len(self._mask)) > 1:
            self._mask = self._mask.repeat_interleave(many, 0)
            self._heard = None if self._heard is None else self._heard.repeat_interleave(many, 0)
            self._encoded.last_hidden_state = self._encoded.last_hidden_state.repeat_interleave(many, 0)

    def keep(self, rows: list[int], count: int) -> None:
        """From now on only these of ``count`` rows are there, in this order."""
        self._spread(count)
        at = torch.tensor(rows, device=self._mask.device)
        self._mask = self._mask[at]
        self._heard = None if self._heard is None else self._heard[at]
        self._encoded.last_hidden_state = self._encoded.last_hidden_state[at]
        for half in (self._cache.self_attention_cache, self._cache.cross_attention_cache):
            half.batch_select_indices(at)


__all__ = ["GuidanceLogitsProcessor"]
