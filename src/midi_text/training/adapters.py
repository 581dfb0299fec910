"""Low-rank adapters (Hu et al., "LoRA", 2021) by PEFT: a small change of every matrix is learned, then added to it.

Embeddings and norms stay as they are. A model with its adapters merged is an ordinary checkpoint again.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch

MATRICES = ("qkv_proj", "q_proj", "kv_proj", "o_proj", "gate_up_proj", "down_proj")
Model = TypeVar("Model", bound=torch.nn.Module)


def add_adapters(model: torch.nn.Module, rank: int) -> None:
    """Adds adapters to a model in place and freezes everything else.

    Args:
        model: Its matrices are found by name, see `MATRICES`.
        rank: Of the change; its scale is twice the rank over the rank.
    """
    from peft import LoraConfig, inject_adapter_in_model

    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=list(MATRICES)), model)


def merged(model: Model) -> Model:
    """A copy of a model with its adapters, if it has any, added to the matrices."""
    whole = copy.deepcopy(model)
    if not any("lora_" in name for name, _ in whole.named_parameters()):
        return whole
    from peft.tuners.lora import LoraLayer

    for name, layer in list(whole.named_modules()):
        if isinstance(layer, LoraLayer):
            layer.merge()
            whole.set_submodule(name, layer.get_base_layer())
    return whole.requires_grad_(True)
