"""The growing cache writes what transformers' own writes."""

import pytest
import torch

from midi_text import MidiTextConfig, MidiTextForConditionalGeneration
from midi_text.cache_midi_text import growing_cache


@pytest.fixture(scope="module")
def model() -> MidiTextForConditionalGeneration:
    torch.manual_seed(0)
    sizes = {"vocab_size": 97, "music_offset": 31, "d_model": 32, "num_heads": 2, "num_key_value_heads": 1, "d_ff": 48}
    config = MidiTextConfig(**sizes, num_encoder_layers=1, num_decoder_layers=2, initializer_range=0.3)
    return MidiTextForConditionalGeneration(config).eval()


@pytest.mark.parametrize(
    "settings",
    [
        {"do_sample": False},
        {"do_sample": True, "num_return_sequences": 3},
        {"do_sample": False, "num_beams": 4, "num_return_sequences": 2},
    ],
    ids=["greedy", "sampled", "beams"],
)
def test_the_same_ids_past_its_first_room(model: MidiTextForConditionalGeneration, settings: dict):
    source = torch.randint(3, 97, (2, 5), generator=torch.Generator().manual_seed(1))
    given = {"max_new_tokens": 150, "min_new_tokens": 150, "no_repeat_ngram_size": 3, **settings}
    written = []
    for cache in (None, growing_cache(model.config)):
        torch.manual_seed(7)
        with torch.inference_mode():
            written.append(model.generate(source, past_key_values=cache, **given))
    assert torch.equal(*written)
    assert len(set(written[0][0].tolist())) > 5


def test_what_was_cropped_is_written_over(model: MidiTextForConditionalGeneration):
    layer = growing_cache(model.config).self_attention_cache.layers[0]
    first, second = torch.randn(2, 1, 1, 90, 16).unbind(0)
    layer.update(first, -first)
    layer.crop(-40)
    keys, values = layer.update(second[:, :, :1], second[:, :, :1])
    assert torch.equal(keys, torch.cat((first[:, :, :50], second[:, :, :1]), dim=2))
    assert values.shape == (1, 1, 51, 16)
    assert layer.get_seq_length() == 51
