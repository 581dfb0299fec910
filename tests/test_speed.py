"""The FLOPs of a step are those that torch itself counts, but for the half of causal attention that nobody needs."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from midi_text.configuration_midi_text import MidiTextConfig
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
from midi_text.training.speed import measure_peak_flops, model_flops

CONFIG = MidiTextConfig(vocab_size=80, music_offset=40, d_model=24, num_encoder_layers=2, num_decoder_layers=3,
                        num_heads=3, num_key_value_heads=1, d_ff=40)  # fmt: skip


def batch(rows: int, source: int, target: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(3, 80, (rows, source), generator=torch.Generator().manual_seed(0))
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "decoder_input_ids": torch.full((rows, target), 5),
    }


def test_the_flops_of_a_step_are_those_that_torch_counts():
    model = MidiTextForConditionalGeneration(CONFIG)
    model.set_attn_implementation("eager")
    given = batch(2, 16, 32)
    with FlopCounterMode(display=False) as counter:
        model(**given, labels=given["decoder_input_ids"], use_cache=False).loss.backward()
    causal_half = CONFIG.num_decoder_layers * 12 * CONFIG.d_model * 2 * 32**2 / 2
    assert model_flops(CONFIG, given) + causal_half == counter.get_total_flops()


def test_padding_counts_as_nothing():
    given = batch(2, 16, 32)
    given["attention_mask"][1, 8:] = 0
    given["decoder_input_ids"][1, 10:] = CONFIG.pad_token_id
    alone = [{k: v[:1] for k, v in batch(1, 16, 32).items()}, batch(1, 8, 10)]
    assert model_flops(CONFIG, given) == sum(model_flops(CONFIG, each) for each in alone)


def test_a_peak_is_a_speed_and_draws_nothing():
    state = torch.get_rng_state()
    assert 1e8 < measure_peak_flops(torch.device("cpu")) < 1e16
    assert torch.equal(state, torch.get_rng_state())
