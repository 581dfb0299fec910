"""The transformer: tensors in, ModelOutput out. It knows no music and imports no music library.

An encoder reads the source, text and music mixed, in both directions; a decoder writes the target, text or music.
Both are pre-norm: RMSNorm, attention or SwiGLU, add. Queries and keys are normalised per head, which keeps the
attention logits bounded at high learning rates. Self-attention turns queries and keys by their position (RoPE);
cross-attention is without position. One embedding matrix serves source, target and output scores.

Positions are relative and nothing is stored about them: any length runs, left padding changes nothing, and no
buffer can be lost on the way to disk. Shapes are written with these letters:

    B batch   S source length   T target length   L length of either   P length of the cached past and L
    D width   F feed-forward width   H query heads   K key-value heads   E head width = D / H   V vocabulary
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.cache_utils import Cache, DynamicCache, EncoderDecoderCache
from transformers.masking_utils import create_bidirectional_mask, create_causal_mask
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import (
    BaseModelOutput,
    BaseModelOutputWithPastAndCrossAttentions,
    Seq2SeqLMOutput,
    Seq2SeqModelOutput,
)
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils import can_return_tuple
from transformers.utils.generic import merge_with_config_defaults
from transformers.utils.output_capturing import OutputRecorder, capture_outputs

from .configuration_midi_text import MidiTextConfig

IGNORED_LABEL = -100  # the label that torch's cross entropy and transformers' collators leave out of the loss


def shift_right(labels: Tensor, pad_token_id: int, decoder_start_token_id: int) -> Tensor:
    """Makes decoder inputs from labels: each position sees the label before it, the first the start id.

    Args:
        labels: Target ids, `(B, T)`; positions left out of the loss hold -100.
        pad_token_id: Stands where a label is left out.
        decoder_start_token_id: The first input of every row.

    Returns:
        Ids of shape `(B, T)`.
    """
    start = labels.new_full((labels.shape[0], 1), decoder_start_token_id)
    shifted = torch.cat((start, labels[:, :-1]), dim=1)
    return shifted.masked_fill(shifted == IGNORED_LABEL, pad_token_id)


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
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(value.dtype)
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
    """The target attends to the encoded source, whose keys and values are computed once per generation."""

    def __init__(self, config: MidiTextConfig, layer_idx: int, branches: int) -> None:
        super().__init__(config, layer_idx, branches)
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


class MidiTextPreTrainedModel(PreTrainedModel):
    """Loading, saving and initial weights."""

    config_class = MidiTextConfig
    config: MidiTextConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _no_split_modules: ClassVar[list[str]] = ["MidiTextEncoderLayer", "MidiTextDecoderLayer"]
    _skip_keys_device_placement: ClassVar[list[str]] = ["past_key_values"]
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _can_compile_fullgraph = True

    def __init__(self, config: MidiTextConfig, *args: Any, **kwargs: Any) -> None:
        config.validate()  # fields changed after construction are not checked anywhere else
        super().__init__(config, *args, **kwargs)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Normal with `initializer_range`; the last matrix of each residual branch is smaller.

        A stack adds its branches to the residual stream; dividing each by the root of their number keeps the
        stream's variance independent of the depth.
        """
        super()._init_weights(module)
        if branches := getattr(module, "residual_branches", None):
            init.normal_(module.weight, mean=0.0, std=self.config.initializer_range / branches**0.5)


def embed(embedding: nn.Embedding, input_ids: Tensor | None, inputs_embeds: Tensor | None, what: str) -> Tensor:
    """Looks ids up, or takes ready embeddings, and scales them to the residual stream.

    The embedding matrix also scores the output and is small for that; times the root of D its rows are as large
    as what the layers add to them.

    Raises:
        ValueError: Neither or both were given.
    """
    if (input_ids is None) == (inputs_embeds is None):
        found = "neither" if input_ids is None else "both"
        raise ValueError(f"The {what} needs either ids or embeddings, found {found}. Pass exactly one of them.")
    if inputs_embeds is None:
        inputs_embeds = embedding(input_ids)
    return inputs_embeds * embedding.embedding_dim**0.5


class MidiTextEncoder(MidiTextPreTrainedModel):
    """Reads the source in both directions."""

    _can_record_outputs: ClassVar[dict[str, Any]] = {
        "hidden_states": MidiTextEncoderLayer,
        "attentions": MidiTextSelfAttention,
    }

    def __init__(self, config: MidiTextConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.d_model, config.pad_token_id)
        self.layers = nn.ModuleList([MidiTextEncoderLayer(config, index) for index in range(config.num_encoder_layers)])
        self.norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.gradient_checkpointing = False
        self.post_init()

    @merge_with_config_defaults
    @capture_outputs
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        **kwargs: Any,
    ) -> BaseModelOutput:
        """Encodes a batch of sources.

        Args:
            input_ids: `(B, S)`.
            attention_mask: `(B, S)`; 1 is read, 0 is padding. None reads everything.
            inputs_embeds: `(B, S, D)` in place of ids.
            **kwargs: `output_hidden_states`, `output_attentions`, or what the attention implementation needs.

        Returns:
            `last_hidden_state` `(B, S, D)`.

        Raises:
            ValueError: Neither or both of ids and embeddings were given.
        """
        hidden_states = embed(self.embed_tokens, input_ids, inputs_embeds, "encoder")
        mask = create_bidirectional_mask(config=self.config, inputs_embeds=hidden_states, attention_mask=attention_mask)
        positions = torch.arange(hidden_states.shape[1], device=hidden_states.device)[None]
        tables = rotary_tables(positions, self.config.head_dim, self.config.rope_theta, hidden_states.dtype)
        for layer in self.layers:
            hidden_states = layer(hidden_states, tables, mask, **kwargs)
        return BaseModelOutput(last_hidden_state=self.norm(hidden_states))


class MidiTextDecoder(MidiTextPreTrainedModel):
    """Writes the target from left to right."""

    _can_record_outputs: ClassVar[dict[str, Any]] = {
        "hidden_states": MidiTextDecoderLayer,
        "attentions": OutputRecorder(MidiTextSelfAttention, index=1),
        "cross_attentions": OutputRecorder(MidiTextCrossAttention, index=1),
    }

    def __init__(self, config: MidiTextConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.d_model, config.pad_token_id)
        self.layers = nn.ModuleList([MidiTextDecoderLayer(config, index) for index in range(config.num_decoder_layers)])
        self.norm = MidiTextRMSNorm(config.d_model, eps=config.rms_norm_eps)
        self.gradient_checkpointing = False
        self.post_init()

    @merge_with_config_defaults
    @capture_outputs
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        encoder_hidden_states: Tensor | None = None,
        encoder_attention_mask: Tensor | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """Decodes a batch of targets, or their next ids.

        Args:
            input_ids: `(B, T)`; with a cache only the ids that it has not seen.
            attention_mask: `(B, past + T)`; 0 is padding, on either side. None reads everything.
            encoder_hidden_states: The encoded source, `(B, S, D)`.
            encoder_attention_mask: `(B, S)`; 0 is padding.
            past_key_values: Keys and values of the ids before; extended in place.
            inputs_embeds: `(B, T, D)` in place of ids.
            use_cache: Return a cache; None asks the configuration.
            **kwargs: `output_hidden_states`, `output_attentions`, or what the attention implementation needs.

        Returns:
            `last_hidden_state` `(B, T, D)` and the cache.

        Raises:
            ValueError: Neither or both of ids and embeddings were given, or no source.
        """
        if encoder_hidden_states is None:
            raise ValueError("The decoder needs a source: pass encoder_hidden_states of shape (B, S, D), found None.")
        hidden_states = embed(self.embed_tokens, input_ids, inputs_embeds, "decoder")
        if use_cache and past_key_values is None:
            past_key_values = EncoderDecoderCache(DynamicCache(config=self.config), DynamicCache(config=self.config))
        mask = create_causal_mask(
            config=self.config,
            inputs_embeds=hidden_states,
            attention_mask=attention_mask,
            past_key_values=past_key_values.self_attention_cache if past_key_values is not None else None,
        )
        source_mask = create_bidirectional_mask(
            config=self.config,
            inputs_embeds=hidden_states,
            attention_mask=encoder_attention_mask,
            encoder_hidden_states=encoder_hidden_states,
        )
        past_length = past_key_values.get_seq_length() if past_key_values is not None else 0
        positions = torch.arange(hidden_states.shape[1], device=hidden_states.device)[None] + past_length
        tables = rotary_tables(positions, self.config.head_dim, self.config.rope_theta, hidden_states.dtype)
        for layer in self.layers:
            hidden_states = layer(
                hidden_states,
                encoder_hidden_states,
                tables,
                mask,
                source_mask,
                past_key_values=past_key_values,
                **kwargs,
            )
        return BaseModelOutputWithPastAndCrossAttentions(
            last_hidden_state=self.norm(hidden_states), past_key_values=past_key_values
        )


class MidiTextModel(MidiTextPreTrainedModel):
    """Encoder and decoder over one embedding, without the output scores."""

    _tied_weights_keys: ClassVar[dict[str, str]] = {
        "encoder.embed_tokens.weight": "shared.weight",
        "decoder.embed_tokens.weight": "shared.weight",
    }

    def __init__(self, config: MidiTextConfig) -> None:
        super().__init__(config)
        self.shared = nn.Embedding(config.vocab_size, config.d_model, config.pad_token_id)
        self.encoder = MidiTextEncoder(config)
        self.decoder = MidiTextDecoder(config)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        """The embedding that source and target share."""
        return self.shared

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        """Replaces the embedding that source and target share."""
        self.shared = self.encoder.embed_tokens = self.decoder.embed_tokens = value

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | tuple[Tensor, ...] | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> Seq2SeqModelOutput:
        """Encodes the source, unless `encoder_outputs` has it, and decodes the target.

        Args:
            input_ids: Source, `(B, S)`.
            attention_mask: `(B, S)`; 0 is padding.
            decoder_input_ids: Target, `(B, T)`; with a cache only the ids that it has not seen.
            decoder_attention_mask: `(B, past + T)`; 0 is padding.
            encoder_outputs: What the encoder returned for this source.
            past_key_values: Keys and values of the target's ids before.
            inputs_embeds: `(B, S, D)` in place of `input_ids`.
            decoder_inputs_embeds: `(B, T, D)` in place of `decoder_input_ids`.
            use_cache: Return a cache; None asks the configuration.
            **kwargs: `output_hidden_states`, `output_attentions`, `return_dict`.

        Returns:
            `last_hidden_state` `(B, T, D)`, `encoder_last_hidden_state` `(B, S, D)`, the cache.

        Raises:
            ValueError: Neither or both of ids and embeddings were given, for the source or the target.
        """
        encoded: Any = encoder_outputs
        if encoded is None:
            encoded = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask, inputs_embeds=inputs_embeds, **kwargs
            )
        elif isinstance(encoded, tuple):
            encoded = BaseModelOutput(*encoded)
        decoded = self.decoder(
            input_ids=decoder_input_ids,
            attention_mask=decoder_attention_mask,
            encoder_hidden_states=encoded.last_hidden_state,
            encoder_attention_mask=attention_mask,
            past_key_values=past_key_values,
            inputs_embeds=decoder_inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        return Seq2SeqModelOutput(
            last_hidden_state=decoded.last_hidden_state,
            past_key_values=decoded.past_key_values,
            decoder_hidden_states=decoded.hidden_states,
            decoder_attentions=decoded.attentions,
            cross_attentions=decoded.cross_attentions,
            encoder_last_hidden_state=encoded.last_hidden_state,
            encoder_hidden_states=encoded.hidden_states,
            encoder_attentions=encoded.attentions,
        )


class MidiTextForConditionalGeneration(MidiTextPreTrainedModel, GenerationMixin):
    """The whole model: source in, scores of the target's next ids out; `generate` writes."""

    _tied_weights_keys: ClassVar[dict[str, str]] = {"lm_head.weight": "model.shared.weight"}

    def __init__(self, config: MidiTextConfig) -> None:
        super().__init__(config)
        self.model = MidiTextModel(config)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.post_init()

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """Decoder inputs for labels `(B, T)`; transformers' sequence-to-sequence collator calls this."""
        return shift_right(labels, self.config.pad_token_id, self.config.decoder_start_token_id)

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | tuple[Tensor, ...] | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        num_items_in_batch: Tensor | int | None = None,
        **kwargs: Any,
    ) -> Seq2SeqLMOutput:
        """Scores the target's next ids and, given labels, takes the loss.

        Args: as in `MidiTextModel.forward`; without decoder inputs the labels are taken, shifted right. Besides:
            labels: Ids the decoder should write, `(B, T)`; -100 is left out of the loss.
            logits_to_keep: Score only the last so many positions, or those at these indices; 0 scores all.
            num_items_in_batch: Divides the summed loss (ids in all accumulated batches); None takes the mean.

        Returns:
            `loss` (natural logarithm, per id), `logits` `(B, T, V)`, and what `MidiTextModel` returns.

        Raises:
            ValueError: Neither or both of ids and embeddings were given, for the source or the target.
        """
        if labels is not None:
            use_cache = False
            if decoder_input_ids is None and decoder_inputs_embeds is None:
                decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            decoder_attention_mask=decoder_attention_mask,
            encoder_outputs=encoder_outputs,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            decoder_inputs_embeds=decoder_inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept, :])
        loss = None
        if labels is not None:
            # The inputs are shifted already; `labels=` would shift them again.
            sizes = {"vocab_size": self.config.vocab_size, "num_items_in_batch": num_items_in_batch}
            loss = self.loss_function(logits=logits, labels=None, shift_labels=labels, **sizes)
        return Seq2SeqLMOutput(
            loss=loss, logits=logits, **{k: v for k, v in outputs.items() if k != "last_hidden_state"}
        )


__all__ = ["MidiTextForConditionalGeneration", "MidiTextModel", "MidiTextPreTrainedModel"]
