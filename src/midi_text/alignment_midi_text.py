"""The space that words and music share: the encoder's states, pooled and projected to unit vectors.

The encoder reads words or music, led by a task token of its own (`EMBED` of the tokenizer). The mean of its last states
over what is not padding goes through a linear projection, one for words and one for music, and is scaled to length one;
the dot product of two such vectors is their cosine. A learned scale, the inverse of a temperature, sharpens cosines to
logits in training (CLIP: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML
2021). `contrastive_loss` is their symmetric InfoNCE, but pairs that share their words or their piece are nobody's
negatives. Everything after the encoder is float32: at the smallest temperature the third digit of a cosine decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.utils import ModelOutput

from .configuration_midi_text import MidiTextConfig

INITIAL_LOGIT_SCALE = math.log(1 / 0.07)  # as in CLIP
MAX_SCALE = 100.0


@dataclass
class AlignmentOutput(ModelOutput):
    """Features of pairs.

    Attributes:
        text_features: Unit vectors of the words, `(B, projection_dim)`.
        midi_features: Unit vectors of the music, `(B, projection_dim)`; row i belongs to words i.
        logit_scale: Factor from cosines to logits, a scalar.
    """

    text_features: Tensor | None = None
    midi_features: Tensor | None = None
    logit_scale: Tensor | None = None


class Alignment(nn.Module):
    """Pooling, projections and scale."""

    def __init__(self, config: MidiTextConfig) -> None:
        super().__init__()
        self.text_projection = nn.Linear(config.d_model, config.projection_dim, bias=False)
        self.midi_projection = nn.Linear(config.d_model, config.projection_dim, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(INITIAL_LOGIT_SCALE))

    @property
    def scale(self) -> Tensor:
        """The factor from cosines to logits, at most 100."""
        return self.logit_scale.float().exp().clamp(max=MAX_SCALE)

    def features(self, projection: nn.Linear, hidden_states: Tensor, attention_mask: Tensor | None) -> Tensor:
        """Encoder states `(B, S, D)` as unit vectors `(B, projection_dim)`; the mask `(B, S)` is 0 at padding."""
        states = hidden_states.float()
        if attention_mask is None:
            pooled = states.mean(1)
        else:
            weight = attention_mask.to(states.dtype)[..., None]
            pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1)
        with torch.autocast(pooled.device.type, enabled=False):
            return functional.normalize(functional.linear(pooled, projection.weight.float()), dim=-1)


def contrastive_loss(
    text_features: Tensor, midi_features: Tensor, scale: Tensor, words: Tensor, pieces: Tensor
) -> Tensor:
    """Symmetric InfoNCE: words find their music among all of the batch, and music its words.

    Args:
        text_features: `(B, P)`, unit vectors.
        midi_features: `(B, P)`, unit vectors.
        scale: Factor from cosines to logits.
        words: `(B,)`, equal where the words are the same.
        pieces: `(B,)`, equal where the music is of the same piece.

    Returns:
        Nats per pair, the mean of both directions; 0 where no pair has a negative.
    """
    logits = scale * text_features @ midi_features.T
    own = torch.arange(len(words), device=words.device)
    counted = strangers(words, pieces) | (own[:, None] == own)
    logits = logits.masked_fill(~counted, float("-inf"))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


def strangers(words: Tensor, pieces: Tensor) -> Tensor:
    """Which pairs may count as wrong for each other: those of other words and another piece; `(B, B)`, boolean."""
    return (words[:, None] != words) & (pieces[:, None] != pieces)


__all__ = ["INITIAL_LOGIT_SCALE", "Alignment", "AlignmentOutput", "contrastive_loss", "strangers"]
