"""Speed: how many tokens a second a run learns from, and what share of the device that is (model-FLOP utilisation).

Model FLOPs are those that the mathematics of a step needs, forward and backward, whatever a program computes beside
them: 6 for every weight of a matrix and token that it is applied to, and 12 · width · queries · keys for every
attention of a layer, half of it where it is causal (Chowdhery et al., "PaLM", 2022, appendix B, which counts the causal
half as whole). Padding counts as nothing, an embedding that is only looked up neither. The peak is the fastest of a few
products of two square matrices on the same device, in the run's precision or in float32, whichever is faster.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from ..configuration_midi_text import MidiTextConfig

_SIZES = {"cpu": 1024}  # of the matrices; others are accelerators
_SIZE, _TRIES = 8192, 3


class Speed:
    """Counts what the steps of a run take, their data included; validation, saving and samples do not count.

    Args:
        config: Of the model.
        accelerator: Of the processes.
        mixed_precision: See `measure_peak_flops`, which is called here.
    """

    def __init__(self, config: MidiTextConfig, accelerator: Any, mixed_precision: str):
        self.config, self.accelerator = config, accelerator
        self.peak = measure_peak_flops(accelerator.device, mixed_precision)
        self.seconds = self.flops = self.tokens = 0.0
        self.go_on()

    def go_on(self) -> None:
        """Time counts from now on."""
        self._since = time.perf_counter()

    def take(self, batch: dict[str, torch.Tensor]) -> None:
        """Counts one step, which is over, on this process' batch."""
        now = time.perf_counter()
        self.seconds, self._since = self.seconds + now - self._since, now
        self.flops += model_flops(self.config, batch)
        paired = "midi_attention_mask" in batch
        targets = batch["midi_attention_mask"].sum() if paired else _targets(self.config, batch).sum()
        self.tokens += float(batch["attention_mask"].sum() + targets)

    def figures(self) -> dict[str, float]:
        """Since the last call: source and target tokens a second of all processes, and the utilisation of this one."""
        seconds = max(self.seconds, 1e-9)
        rate = self.accelerator.num_processes * self.tokens / seconds
        utilisation = self.flops / seconds / self.peak
        self.seconds = self.flops = self.tokens = 0.0
        return {"tokens_per_second": rate, "model_flop_utilisation": utilisation, "peak_flops": self.peak}


def model_flops(config: MidiTextConfig, batch: dict[str, torch.Tensor]) -> float:
    """The FLOPs that learning from a batch needs, as this process sees it.

    Args:
        config: Of the model.
        batch: With ``attention_mask`` of shape (B, S) and ``decoder_input_ids`` of shape (B, T), or what
            `collate_pairs` gives.
    """
    source = batch["attention_mask"].sum(1).double()
    if "midi_attention_mask" in batch:
        return _encoder(config, source) + _encoder(config, batch["midi_attention_mask"].sum(1).double())
    return _encoder(config, source) + _decoder(config, source, _targets(config, batch))


def _targets(config: MidiTextConfig, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Ids that the decoder reads, shape (B,)."""
    return (batch["decoder_input_ids"] != config.pad_token_id).sum(1).double()


def _encoder(c: MidiTextConfig, source: torch.Tensor) -> float:
    """Of sequences of so many ids, shape (B,)."""
    pairs = float((source**2).sum())
    return c.num_encoder_layers * (6 * float(source.sum()) * _own_weights(c) + 12 * c.d_model * pairs)


def _decoder(c: MidiTextConfig, source: torch.Tensor, target: torch.Tensor) -> float:
    """Likewise; keys and values of the encoder's states are made once for each of them."""
    sources, targets = float(source.sum()), float(target.sum())
    matrices = targets * (_own_weights(c) + 2 * c.d_model**2) + sources * 2 * c.d_model * _key_width(c)
    pairs = float((target**2).sum()) / 2 + float((target * source).sum())
    return c.num_decoder_layers * (6 * matrices + 12 * c.d_model * pairs) + 6 * targets * c.d_model * c.vocab_size


def _own_weights(c: MidiTextConfig) -> int:
    """Weights of a layer's self-attention and feed-forward matrices."""
    return c.d_model * (2 * c.d_model + 2 * _key_width(c) + 3 * c.d_ff)


def _key_width(c: MidiTextConfig) -> int:
    return c.num_key_value_heads * c.head_dim


def measure_peak_flops(device: torch.device, mixed_precision: str = "no") -> float:
    """FLOPs a second of a large matrix product on the device; takes a second or so, and draws from no generator.

    Args:
        device: Where.
        mixed_precision: "bf16" tries bfloat16 as well as float32.
    """
    size = _SIZES.get(device.type, _SIZE)
    dtypes = (torch.float32, torch.bfloat16) if mixed_precision == "bf16" else (torch.float32,)
    return max(_product(size, dtype, device) for dtype in dtypes)


def faster_precision(device: torch.device) -> str:
    """The ``mixed_precision`` in which matrices are multiplied faster on a device: few CPUs have units for bfloat16."""
    speeds = {
        name: _product(_SIZES.get(device.type, _SIZE), dtype, device)
        for name, dtype in (("bf16", torch.bfloat16), ("no", torch.float32))
    }
    return max(speeds, key=lambda name: speeds[name])


def _product(size: int, dtype: torch.dtype, device: torch.device) -> float:
    matrix = torch.linspace(-1, 1, size * size, device=device).view(size, size).to(dtype)
    best = float("inf")
    for _ in range(_TRIES + 1):  # the first one only warms up
        _wait(device)
        began = time.perf_counter()
        matrix @ matrix
        _wait(device)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
