"""Where a run stands: what a checkpoint holds beside weights, optimisers and generators."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..data.stopping import KeptState


@dataclass
class Progress(KeptState):
    """Where a run stands; saved with each checkpoint."""

    step: int = 0
    epoch: int = 0
    batch: int = 0  # next batch of this epoch, counted over all processes
    tokens: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_bits: float = 1e9
    best_is_average: bool = False
    best_pairs: float = 1e9  # held-out nats per pair; decides where the run learns nothing but pairs
    losses: list[tuple[int, float, float | None]] = field(default_factory=list)
