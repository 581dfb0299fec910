"""The configuration refuses what cannot be built, and survives the way to disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import StrictDataclassError

from midi_text.configuration_midi_text import MidiTextConfig
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration


def test_default_is_the_documented_model() -> None:
    config = MidiTextConfig()
    assert (config.d_model, config.num_encoder_layers, config.num_decoder_layers) == (320, 3, 6)
    assert config.head_dim == 64


def test_generic_names_mean_the_decoder() -> None:
    config = MidiTextConfig(num_encoder_layers=4, num_decoder_layers=7, d_model=96, num_heads=3, num_key_value_heads=1)
    assert (config.num_hidden_layers, config.hidden_size, config.num_attention_heads) == (7, 96, 3)
    assert MidiTextConfig(hidden_size=640).d_model == 640


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"d_model": 0}, "d_model must be positive, found 0"),
        ({"num_decoder_layers": -1}, "num_decoder_layers must be positive, found -1"),
        ({"max_target_length": 0}, "max_target_length must be positive"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), found 1.0"),
        ({"d_model": 322}, "multiple of 2 . num_heads .*found d_model=322 and num_heads=5"),
        ({"num_key_value_heads": 3}, "multiple of num_key_value_heads, found num_heads=5 and num_key_value_heads=3"),
        ({"music_offset": 7000}, "music_offset must not exceed vocab_size, found music_offset=7000"),
        ({"eos_token_id": 2048}, "eos_token_id must be a text id, 0 to music_offset - 1 = 2047, found 2048"),
        ({"bos_token_id": -1}, "bos_token_id must be a text id"),
        ({"pad_token_id": 2}, "pad_token_id must differ"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings must be True"),
        ({"is_encoder_decoder": False}, "is_encoder_decoder must be True"),
        ({"d_model": "320"}, "d_model"),
        ({"rms_norm_eps": None}, "rms_norm_eps"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises((StrictDataclassError, TypeError), match=message):
        MidiTextConfig(**wrong)


@pytest.mark.parametrize("key", ["num_encoder_layer", "temperature", "n_heads"])
def test_unknown_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"knows no '{key}'.*num_encoder_layers.*generation configuration"):
        MidiTextConfig(**{key: 1})


def test_unknown_key_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "midi_text", "num_experts": 8}))
    with pytest.raises(ValueError, match="knows no 'num_experts'"):
        MidiTextConfig.from_pretrained(tmp_path)


def test_round_trip_through_disk(tmp_path: Path) -> None:
    config = MidiTextConfig(
        vocab_size=211, music_offset=53, d_model=60, num_heads=6, num_key_value_heads=2, dropout=0, rope_theta=5000
    )
    config.save_pretrained(tmp_path)
    loaded = MidiTextConfig.from_pretrained(tmp_path)
    assert {**loaded.to_dict(), "transformers_version": None} == {**config.to_dict(), "transformers_version": None}


def test_a_field_changed_while_loading_is_checked_by_the_model(tmp_path: Path) -> None:
    MidiTextConfig().save_pretrained(tmp_path)
    config = MidiTextConfig.from_pretrained(tmp_path, num_key_value_heads=3)
    with pytest.raises(StrictDataclassError, match="multiple of num_key_value_heads"):
        MidiTextForConditionalGeneration(config)


def test_installed_class_leaves_custom_pipelines_out(tmp_path: Path) -> None:
    contents = {"model_type": "midi_text", "custom_pipelines": {"text-to-midi": {}}, "auto_map": {"AutoConfig": "x.Y"}}
    (tmp_path / "config.json").write_text(json.dumps(contents))
    config = MidiTextConfig.from_pretrained(tmp_path)
    assert not hasattr(config, "custom_pipelines")
    assert config.auto_map == {"AutoConfig": "x.Y"}

    class Remote(MidiTextConfig):
        pass

    Remote.__module__ = "transformers_modules.somebody.model.configuration_midi_text"
    assert Remote.from_pretrained(tmp_path).custom_pipelines == {"text-to-midi": {}}
