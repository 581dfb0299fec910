"""Which optimiser moves which weight."""

from __future__ import annotations

import torch

from ..modeling_midi_text import MidiTextForConditionalGeneration
from .muon import Muon
from .settings import TrainingSettings


def make_optimizers(model: MidiTextForConditionalGeneration, settings: TrainingSettings) -> list[torch.optim.Optimizer]:
    """Muon for the decoder's own matrices, AdamW for the rest; AdamW for all if ``matrix_learning_rate`` is 0.

    The encoder and the attention to it stay with AdamW: while the decoder learns music from music, their gradients are
    faint and alike for all tokens, and Muon, whose steps are all of one size, makes noise of them. A run that did so
    ended with an encoder that said the same whatever it read.
    """
    groups: dict[str, list[torch.nn.Parameter]] = {"own": [], "matrices": [], "vectors": []}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:  # adapters learn instead of it
            continue
        own = "decoder.layers" in name and "cross_attn" not in name
        kind = "vectors" if parameter.ndim < 2 else "own" if own else "matrices"
        groups[kind].append(parameter)
    optimizers: list[torch.optim.Optimizer] = []
    if settings.matrix_learning_rate:
        rate = settings.matrix_learning_rate
        dtype = torch.bfloat16 if settings.mixed_precision == "bf16" else torch.float32
        optimizers.append(Muon(groups["own"], lr=rate, weight_decay=settings.weight_decay, dtype=dtype))
    else:
        groups["matrices"] += groups["own"]
    adamw = [
        {"params": groups["matrices"], "weight_decay": settings.weight_decay},
        {"params": groups["vectors"], "weight_decay": 0.0},
    ]
    optimizers.append(torch.optim.AdamW(adamw, lr=settings.learning_rate, betas=(0.9, 0.95), eps=1e-8))
    return optimizers
