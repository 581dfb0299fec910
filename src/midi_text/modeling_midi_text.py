"""The transformer: tensors in, ModelOutput out. It knows no music and imports no music library.

An encoder reads the source, text and music mixed, in both directions; a decoder writes the target, text or music.
Their layers have a file of their own; one embedding matrix serves source, target and output scores. A checkpoint with a
shared space also gives features of words and of music (`get_text_features`, `get_midi_features`).

Positions are relative and nothing is stored about them: any length runs, left padding changes nothing, and no
buffer can be lost on the way to disk. Shapes are written with these letters:

    B batch   S source length   T target length   L length of either   P length of the cached past and L
    D width   F feed-forward width   H query heads   K key-value heads   E head width = D / H   V vocabulary
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.masking_utils import create_bidirectional_mask, create_causal_mask
from transformers.modeling_outputs import (
    BaseModelOutput,
    BaseModelOutputWithPastAndCrossAttentions,
    Seq2SeqLMOutput,
    Seq2SeqModelOutput,
)
from transformers.utils import can_return_tuple
from transformers.utils.generic import merge_with_config_defaults
from transformers.utils.output_capturing import OutputRecorder, capture_outputs

from .alignment_midi_text import INITIAL_LOGIT_SCALE, Alignment, AlignmentOutput
from .configuration_midi_text import MidiTextConfig
from .layers_midi_text import (
    MidiTextCrossAttention,
    MidiTextDecoderLayer,
    MidiTextEncoderLayer,
    MidiTextRMSNorm,
    MidiTextSelfAttention,
    rotary_tables,
)

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
        stream's variance independent of the depth. The last layers' attention to the source passes it on unchanged:
        see `MidiTextCrossAttention.copies`.
        """
        super()._init_weights(module)
        if isinstance(module, MidiTextCrossAttention) and module.copies:
            keys, _ = module.kv_proj.weight.detach().chunk(2)
            identity = torch.eye(self.config.d_model, dtype=keys.dtype, device=keys.device)
            init.copy_(module.kv_proj.weight, torch.cat((keys, identity)))
            init.copy_(module.o_proj.weight, identity)
        if branches := getattr(module, "residual_branches", None):
            init.normal_(module.weight, mean=0.0, std=self.config.initializer_range / branches**0.5)
        if (scale := module._parameters.get("logit_scale")) is not None:
            init.constant_(scale, INITIAL_LOGIT_SCALE)


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
        self.alignment = Alignment(config) if config.projection_dim else None
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        """The embedding that source and target share."""
        return self.shared

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        """Replaces the embedding that source and target share."""
        self.shared = self.encoder.embed_tokens = self.decoder.embed_tokens = value

    def get_text_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Where words stand in the space they share with music.

        Args:
            input_ids: Sources without music, led by the task token of `embed`: `(B, S)`.
            attention_mask: `(B, S)`; 0 is padding.

        Returns:
            Unit vectors in float32, `(B, projection_dim)`; the dot product with those of music is the cosine.

        Raises:
            ValueError: This model was not trained for it.
        """
        alignment = self._aligned()
        hidden_states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return alignment.features(alignment.text_projection, hidden_states, attention_mask)

    def get_midi_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Where music stands in the space it shares with words; all as in `get_text_features`."""
        alignment = self._aligned()
        hidden_states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return alignment.features(alignment.midi_projection, hidden_states, attention_mask)

    def align(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        midi_input_ids: Tensor,
        midi_attention_mask: Tensor | None,
    ) -> AlignmentOutput:
        """The features of words and of the music they belong to, and the scale of their cosines."""
        return AlignmentOutput(
            text_features=self.get_text_features(input_ids, attention_mask),
            midi_features=self.get_midi_features(midi_input_ids, midi_attention_mask),
            logit_scale=self._aligned().scale,
        )

    @property
    def logit_scale(self) -> float:
        """The factor from cosines to logits that the shared space was trained with.

        Raises:
            ValueError: This model was not trained for it.
        """
        return float(self._aligned().scale.detach())

    def _aligned(self) -> Alignment:
        if self.alignment is None:
            raise ValueError(
                "features need a shared space of words and music, and this model has none (its projection_dim is 0). "
                "Load a checkpoint that was trained with the task contrast, or train one: "
                "midi-text train DATA OUTPUT --tasks contrast"
            )
        return self.alignment

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

    def get_text_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """See `MidiTextModel.get_text_features`."""
        return self.model.get_text_features(input_ids, attention_mask)

    def get_midi_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """See `MidiTextModel.get_midi_features`."""
        return self.model.get_midi_features(input_ids, attention_mask)

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
        midi_input_ids: Tensor | None = None,
        midi_attention_mask: Tensor | None = None,
        **kwargs: Any,
    ) -> Seq2SeqLMOutput | AlignmentOutput:
        """Scores the target's next ids and, given labels, takes the loss; or aligns words with music.

        Args: as in `MidiTextModel.forward`; without decoder inputs the labels are taken, shifted right. Besides:
            labels: Ids the decoder should write, `(B, T)`; -100 is left out of the loss.
            logits_to_keep: Score only the last so many positions, or those at these indices; 0 scores all.
            num_items_in_batch: Divides the summed loss (ids in all accumulated batches); None takes the mean.
            midi_input_ids: A second source `(B, S)`, the music that the words of the first belong to: nothing is
                decoded, and the features of both come back. Training goes this way, see `AlignmentOutput`.
            midi_attention_mask: Of the second source.

        Returns:
            `loss` (natural logarithm, per id), `logits` `(B, T, V)`, and what `MidiTextModel` returns.

        Raises:
            ValueError: Neither or both of ids and embeddings were given, for the source or the target.
        """
        if midi_input_ids is not None:
            if input_ids is None:
                raise ValueError("Music to be aligned needs its words: pass input_ids of shape (B, S), found None.")
            return self.model.align(input_ids, attention_mask, midi_input_ids, midi_attention_mask)
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
