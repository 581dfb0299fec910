"""The sizes, special ids and limits of the model, checked where they are set.

A configuration is a strict dataclass: wrong types, impossible combinations and unknown keys are errors, at
construction, when it is saved and again when a model is built from it (a field changed through
`from_pretrained(..., field=value)` is only seen there). Text and music share one vocabulary: an id below
`music_offset` is text or a special token, an id from there on is a music event. What the events mean is the
tokenizer's knowledge; how to sample is the generation configuration's.
"""

# No `from __future__ import annotations`: the strict dataclass reads the types themselves.
from typing import Any, ClassVar

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig

# Keys which are no fields but which transformers or the Hub write into config.json or pass to the constructor.
PLATFORM_KEYS = frozenset(
    {
        "attn_implementation",
        "auto_map",
        "custom_pipelines",
        "experts_implementation",
        "model_type",
        "name_or_path",
        "num_labels",
        "output_attentions",
        "per_layer_config",
        "quantization_config",
        "tie_last_hidden_states",
        "torch_dtype",
    }
)


@strict
class MidiTextConfig(PreTrainedConfig):
    """What a MidiText model is made of.

    Attributes:
        vocab_size: Number of ids, text and music together.
        music_offset: First music id; the ids below are text and special tokens.
        d_model: Width of the residual stream.
        num_encoder_layers: Depth of the encoder.
        num_decoder_layers: Depth of the decoder (also `num_hidden_layers`: caches are built by it).
        num_heads: Query heads; `d_model / num_heads` is the head width and must be even (rotary positions).
        num_key_value_heads: Key and value heads; equal to `num_heads` is multi-head, 1 is multi-query attention.
        d_ff: Inner width of the gated feed-forward.
        dropout: Probability of dropping a residual branch's element or an attention weight in training, [0, 1).
        rope_theta: Base of the rotary wavelengths; larger reaches farther.
        max_source_length: Longest source the model was trained for, in ids. Positions are relative, so longer
            sources run; what comes out is unproven.
        max_target_length: The same for the target.
        projection_dim: Width of the space that words and music share (`get_text_features`, `get_midi_features`);
            0 is a model without one.
        rms_norm_eps: Added to the mean square before its root is taken.
        initializer_range: Standard deviation of the initial weights.
        use_cache: Keep keys and values between decoding steps.
        pad_token_id: Fills batches; never attended to, never scored.
        bos_token_id: Starts a sequence.
        eos_token_id: Ends a sequence.
        decoder_start_token_id: The decoder's first input.
        tie_word_embeddings: Always True: one matrix embeds source and target and scores the output.

    Raises:
        huggingface_hub.errors.StrictDataclassError: A field has the wrong type, or fields contradict each other.
        ValueError: A key is not known.
    """

    model_type = "midi_text"
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]
    # The generic names are read by transformers' caches, masks and `generate`, which mean the decoder.
    attribute_map: ClassVar[dict[str, str]] = {
        "hidden_size": "d_model",
        "num_attention_heads": "num_heads",
        "num_hidden_layers": "num_decoder_layers",
        "intermediate_size": "d_ff",
    }

    vocab_size: int = 6144
    music_offset: int = 2048
    d_model: int = 320
    num_encoder_layers: int = 3
    num_decoder_layers: int = 6
    num_heads: int = 5
    num_key_value_heads: int = 5
    d_ff: int = 896
    dropout: float | int = 0.0
    rope_theta: float | int = 10_000.0
    max_source_length: int = 1024
    max_target_length: int = 1024
    projection_dim: int = 0
    rms_norm_eps: float = 1e-6
    initializer_range: float = 0.02
    use_cache: bool = True
    is_encoder_decoder: bool = True
    pad_token_id: int = 0
    bos_token_id: int = 1
    eos_token_id: int = 2
    decoder_start_token_id: int = 1
    tie_word_embeddings: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        unknown = sorted(
            key
            for key in kwargs
            if not key.startswith("_") and key not in PLATFORM_KEYS and key not in self.attribute_map
        )
        if unknown:
            raise ValueError(
                f"MidiTextConfig knows no {', '.join(map(repr, unknown))}. Its fields are: "
                f"{', '.join(MidiTextConfig.__annotations__)}. Check the spelling; settings of generate() belong "
                "in the generation configuration; a file written by a newer midi-text needs that version."
            )
        super().__post_init__(**kwargs)

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.num_heads

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Builds a configuration from the contents of a config.json.

        `custom_pipelines` makes `pipeline(...)` ask for `trust_remote_code`, which is right for a process
        without this package and wrong for one that has it: the installed class leaves the key out.
        """
        if not cls.__module__.startswith("transformers_modules"):
            config_dict = {key: value for key, value in config_dict.items() if key != "custom_pipelines"}
        return super().from_dict(config_dict, **kwargs)

    def validate_sizes(self) -> None:
        """Checks that every size and depth is a positive number."""
        for name in (
            "vocab_size",
            "music_offset",
            "d_model",
            "num_encoder_layers",
            "num_decoder_layers",
            "num_heads",
            "num_key_value_heads",
            "d_ff",
            "max_source_length",
            "max_target_length",
            "rope_theta",
            "rms_norm_eps",
            "initializer_range",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, found {getattr(self, name)}.")
        if self.projection_dim < 0:
            raise ValueError(f"projection_dim must not be negative, found {self.projection_dim}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), found {self.dropout}.")

    def validate_heads(self) -> None:
        """Checks that the heads divide the width, and the key-value heads the heads."""
        if self.d_model % (2 * self.num_heads):
            raise ValueError(
                "d_model must be a multiple of 2 * num_heads (rotary positions turn pairs within a head), "
                f"found d_model={self.d_model} and num_heads={self.num_heads}."
            )
        if self.num_heads % self.num_key_value_heads:
            raise ValueError(
                "num_heads must be a multiple of num_key_value_heads, "
                f"found num_heads={self.num_heads} and num_key_value_heads={self.num_key_value_heads}."
            )

    def validate_token_ids(self) -> None:
        """Checks that special ids lie below the music, and the music inside the vocabulary."""
        if self.music_offset > self.vocab_size:
            raise ValueError(
                "music_offset must not exceed vocab_size, "
                f"found music_offset={self.music_offset} and vocab_size={self.vocab_size}."
            )
        for name in ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"):
            if not 0 <= getattr(self, name) < self.music_offset:
                raise ValueError(
                    f"{name} must be a text id, 0 to music_offset - 1 = {self.music_offset - 1}, "
                    f"found {getattr(self, name)}."
                )
        if self.pad_token_id in (self.eos_token_id, self.decoder_start_token_id):
            raise ValueError(
                "pad_token_id must differ from eos_token_id and decoder_start_token_id, or ends and starts are "
                f"masked as padding; found pad {self.pad_token_id}, eos {self.eos_token_id}, "
                f"decoder start {self.decoder_start_token_id}."
            )

    def validate_kind(self) -> None:
        """Checks the two properties that the architecture fixes."""
        for name in ("is_encoder_decoder", "tie_word_embeddings"):
            if not getattr(self, name):
                raise ValueError(f"{name} must be True: the architecture has no other form; leave it out.")


__all__ = ["MidiTextConfig"]
