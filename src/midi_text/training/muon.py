"""Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) in the device's own precision.

A step of a matrix is its momentum made nearly orthogonal by five Newton-Schulz iterations. ``torch.optim.Muon`` always
iterates in bfloat16. A CPU without units for it multiplies so at a twentieth of its speed in float32, and a step of a
small model then spends most of its time there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_LEAST_NORM = 1e-7


class Muon(torch.optim.Optimizer):
    """With bfloat16 it steps as ``torch.optim.Muon`` does.

    Args:
        params: Matrices.
        lr: Times the root of rows over columns where there are more rows.
        weight_decay: Decoupled.
        momentum: Nesterov's.
        dtype: To iterate in.

    Raises:
        ValueError: If a parameter is no matrix.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        dtype: torch.dtype = torch.bfloat16,
    ):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.dtype = dtype
        for parameter in (parameter for group in self.param_groups for parameter in group["params"]):
            if parameter.ndim != 2:
                raise ValueError(f"Muon moves matrices; got a parameter of shape {tuple(parameter.shape)}")

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step of every matrix that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if (gradient := parameter.grad) is None:
                    continue
                state = self.state[parameter]
                mean = state.setdefault("momentum_buffer", torch.zeros_like(gradient))
                mean.lerp_(gradient, 1 - group["momentum"])
                update = orthogonal(gradient.lerp(mean, group["momentum"]), self.dtype)
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                rows, columns = parameter.shape
                parameter.add_(update, alpha=-group["lr"] * math.sqrt(max(1.0, rows / columns)))
        return loss


def orthogonal(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """About ``U Vᵀ`` of ``matrix = U S Vᵀ``: the singular values of the result lie between a half and one and a half.

    Args:
        matrix: ``(rows, columns)``.
        dtype: To compute and return.
    """
    a, b, c = _COEFFICIENTS
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.to(dtype, copy=True)
    x = x.T if tall else x
    x.div_(x.norm().clamp(min=_LEAST_NORM))
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
