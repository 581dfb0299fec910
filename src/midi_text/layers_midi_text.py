"""The layers of the transformer: rotary positions, attention, feed-forward, encoder layer and decoder layer.

Both kinds of layer are pre-norm: RMSNorm, attention or SwiGLU, add. Queries and keys are normalised per head, which
keeps the attention logits bounded at high learning rates. Self-attention turns queries and keys by their position
(RoPE); cross-attention is without position. Positions are relative and nothing is stored about them. The letters of the
shapes are those of the model: B, S, T, L, P, D, F, H, K, E.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.cache_utils import Cache, EncoderDecoderCache
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from .configuration_midi_text import MidiTextConfig

_COPYING = 2  # decoder layers


def rotary_tables(positions: Tensor, width: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines that turn a head by its position.

    Args:
        positions: `(1 or B, L)`, counted from 0.
        width: Width of a head, even.
        theta: Base of the wavelengths, which run from 2π to 2π·theta positions.
        dtype: Of the tables; angles are computed in float32.

    Returns:
        Two tensors `(1 or B, L, 1, E)`. The sines of the first half are negative, so that `rotate` needs
        no negation.
    """
    exponents = torch.arange(0, width, 2, device=positions.device, dtype=torch.float32) / width
    angles = positions[..., None, None].float() * theta**-exponents
    cosines, sines = angles.cos().to(dtype), angles.sin().to(dtype)
    return torch.cat((cosines, cosines), dim=-1), torch.cat((-sines, sines), dim=-1)


def rotate(heads: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Turns each pair (e, e + E/2) of every head `(B, L, heads, E)` by its position's angle."""
    cosines, sines = tables
    swapped = heads.roll(heads.shape[-1] // 2, dims=-1)
    return torch.addcmul(heads * cosines, swapped, sines)


def eager_attention(
    module: MidiTextAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[Tensor, Tensor]:
    """Attention written out: it returns its weights, and trains faster than sdpa on CPUs (up to 512 ids).

    Args:
        module: The calling layer.
        query: `(B, H, L, E)`.
        key: `(B, K, P, E)`.
        value: `(B, K, P, E)`.
        attention_mask: Added to the scores, `(B, 1, L, P)`: 0 lets through, a large negative number does not.
        scaling: Factor on the scores.
        dropout: Probability of dropping a weight.
        **kwargs: What other implementations need.

    Returns:
        Output `(B, L, H, E)` and weights `(B, H, L, P)`.
    """
    if (groups := module.num_key_value_groups) > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    scores = (query * scaling) @ key.transpose(2, 3)  # the queries are the smaller
    if attention_mask is not None:
        scores = scores + attention_mask.to(scores.dtype)
    weights = functional.softmax(scores, dim=-1).to(value.dtype)  # summed in float32 inside, whatever the dtype
    weights = functional.dropout(weights, p=dropout, training=module.training)
    return (weights @ value).transpose(1, 2).contiguous(), weights


def branch_output(inputs: int, config: MidiTextConfig, branches: int) -> nn.Linear:
    """The last matrix of a residual branch, one of `branches` in its stack: this sets its initial scale."""
    linear = nn.Linear(inputs, config.d_model, bias=False)
    linear.residual_branches = branches  # type: ignore[assignment]
    return linear


class MidiTextRMSNorm(nn.RMSNorm):
    """Divides by the root mean square of the last dimension, then applies a learned gain."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(…, D)` to `(…, D)`."""
        # Under autocast the input may be bf16 while the gain is float32.
        return functional.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


class MidiTextAttention(nn.Module):
    """What self- and cross-attention share: head sizes, the normalisation of heads, the attention itself."""

    is_causal = False

    def __init__(self, config: MidiTextConfig, layer_idx: int, branches: int) -> None:
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.head_dim = config.head_dim
        self.query_width = config.num_heads * config.head_dim
        self.key_width = config.num_key_value_heads * config.head_dim
        self.num_key_value_groups = config.num_heads // config.num_key_value_heads
        self.scaling = config.head_dim**-0.5
        self.q_norm = MidiTextRMSNorm(config.head_dim, eps=config.rms_norm_eps)
        self.k_norm = MidiTextRMSNorm(config.head_dim, eps=config.rms_norm_eps)
        self.o_proj = branch_output(self.query_width, config, branches)

    def split_heads(self, x: Tensor) -> Tensor:
        """`(B, L, heads * E)` becomes `(B, L, heads, E)`."""
        return x.unflatten(-1, (-1, self.head_dim))

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Attends with the configured implementation and projects back: `(B, L, D)` and, if it gives any, weights.

        `query` is `(B, H, L, E)`, `key` and `value` `(B, K, P, E)`; `mask` is of the implementation's own kind.
        """
        attention = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager_attention)
        dropout = self.config.dropout if self.training else 0.0
        output, weights = attention(self, query, key, value, mask, dropout=dropout, scaling=self.scaling, **kwargs)
        return self.o_proj(output.flatten(-2)), weights


class MidiTextSelfAttention(MidiTextAttention):
    """A sequence attends to itself; positions enter here."""

    def __init__(self, config: MidiTextConfig, layer_idx: int, branches: int, is_causal: bool) -> None:
        super().__init__(config, layer_idx, branches)
        self.is_causal = is_causal
        # One product instead of three: at one id a step the number of calls is the cost.
        self.qkv_proj = nn.Linear(config.d_model, self.query_width + 2 * self.key_width, bias=False)

    def forward(
        self,
        hidden_states: Tensor,
        tables: tuple[Tensor, Tensor],
        mask: Tensor | None = None,
        past_key_values: Cache | None = None,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        """Maps `(B, L, D)` to `(B, L, D)` and the weights; `past_key_values` is read and extended."""
        widths = (self.query_width, self.key_width, self.key_width)
        query, key, value = (self.split_heads(x) for x in self.qkv_proj(hidden_states).split(widths, dim=-1))
        query = rotate(self.q_norm(query), tables).transpose(1, 2)
        key = rotate(self.k_norm(key), tables).transpose(1, 2)
        value = value.transpose(1, 2)
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)
        return self.attend(query, key, value, mask, **kwargs)


class MidiTextCrossAttention(MidiTextAttention):
    """The target attends to the encoded source, whose keys and values are computed once per generation.

    Attributes:
        copies: Whether its values and output start as the identity, as those of the last two layers do. Source and
            target share their embedding, so that from the first step what is attended to scores higher as the next id,
            and only where to look has to be learned. It helps a little: after 40 steps of openings with whole sketches
            a tempo in the source cost 1.4 nats to repeat, 1.9 without it, from weights that had not heard it (4.4).
    """

    def __init__(self, config: MidiTextConfig, layer_idx: int, branches: int) -> None:
        super().__init__(config, layer_idx, branches)
        last = layer_idx >= config.num_decoder_layers - _COPYING
        self.copies = last and self.query_width == self.key_width == config.d_model
        self.q_proj = nn.Linear(config.d_model, self.query_width, bias=False)
        self.kv_proj = nn.Linear(config.d_model, 2 * self.key_width, bias=False)

    def forward(
        self,
        hidden_states: Tensor,
        source: Tensor,
        mask: Tensor | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor | None]:
        """Maps target `(B, T, D)` and source `(B, S, D)` to `(B, T, D)` and the weights."""
        query = self.q_norm(self.split_heads(self.q_proj(hidden_states))).transpose(1, 2)
        if past_key_values is not None and past_key_values.is_updated.get(self.layer_idx):
            cached = past_key_values.cross_attention_cache.layers[self.layer_idx]
            return self.attend(query, cached.keys, cached.values, mask, **kwargs)
        key, value = (self.split_heads(x) for x in self.kv_proj(source).chunk(2, dim=-1))
        key, value = self.k_norm(key).transpose(1, 2), value.transpose(1, 2)
        if past_key_values is not None:
            key, value = past_key_values.cross_attention_cache.update(key, value, self.layer_idx)
            past_key_values.is_updated[self.layer_idx] = True
        return self.attend(query, key, value, mask, **kwargs)


class MidiTextFeedForward(nn.Module):
    """SwiGLU: one projection gates the other."""

    def __init__(self, config: MidiTextConfig, branches: int) -> None:
        super().__init__()
        self.gate_up_proj = nn.Linear(config.d_model, 2 * config.d_ff, bias=False)
        self.down_proj = branch_output(config.d_ff, config, branches)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Maps `(B, L, D)` to `(B, L, D)`."""
        gate, up = self.gate_up_proj(hidden_states).chunk(2, dim=-1)
        return self.down_proj(functional.silu(gate) * up)


class MidiTextEncoderLayer(GradientCheckpointingLayer):
    """Self-attention in both directions, then feed-forward."""

    def __init__(self, config: MidiTextConfig, layer_idx: int) -> None:
        super().__init__()
        branches = 2 * config.num_encoder_layers
        self.self_attn_norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.self_attn = MidiTextSelfAttention(config, layer_idx, branches, is_causal=False)
        self.feed_forward_norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.feed_forward = MidiTextFeedForward(config, branches)
        self.dropout = config.dropout

    def forward(
        self, hidden_states: Tensor, tables: tuple[Tensor, Tensor], mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        """Maps `(B, S, D)` to `(B, S, D)`."""
        branch, _ = self.self_attn(self.self_attn_norm(hidden_states), tables, mask, **kwargs)
        hidden_states = hidden_states + functional.dropout(branch, self.dropout, self.training)
        branch = self.feed_forward(self.feed_forward_norm(hidden_states))
        return hidden_states + functional.dropout(branch, self.dropout, self.training)


class MidiTextDecoderLayer(GradientCheckpointingLayer):
    """Self-attention to the past, cross-attention to the source, then feed-forward."""

    def __init__(self, config: MidiTextConfig, layer_idx: int) -> None:
        super().__init__()
        branches = 3 * config.num_decoder_layers
        self.self_attn_norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.self_attn = MidiTextSelfAttention(config, layer_idx, branches, is_causal=True)
        self.cross_attn_norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.cross_attn = MidiTextCrossAttention(config, layer_idx, branches)
        self.feed_forward_norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.feed_forward = MidiTextFeedForward(config, branches)
        self.dropout = config.dropout

    def forward(
        self,
        hidden_states: Tensor,
        source: Tensor,
        tables: tuple[Tensor, Tensor],
        mask: Tensor | None,
        source_mask: Tensor | None,
        past_key_values: EncoderDecoderCache | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Maps `(B, T, D)` to `(B, T, D)`, reading the source `(B, S, D)`."""
        past = past_key_values.self_attention_cache if past_key_values is not None else None
        branch, _ = self.self_attn(self.self_attn_norm(hidden_states), tables, mask, past, **kwargs)
        hidden_states = hidden_states + functional.dropout(branch, self.dropout, self.training)
        branch, _ = self.cross_attn(self.cross_attn_norm(hidden_states), source, source_mask, past_key_values, **kwargs)
        hidden_states = hidden_states + functional.dropout(branch, self.dropout, self.training)
        branch = self.feed_forward(self.feed_forward_norm(hidden_states))
        return hidden_states + functional.dropout(branch, self.dropout, self.training)


__all__ = [
    "MidiTextCrossAttention",
    "MidiTextDecoderLayer",
    "MidiTextEncoderLayer",
    "MidiTextRMSNorm",
    "MidiTextSelfAttention",
    "rotary_tables",
    "rotate",
]
