"""Where a run stands: what a checkpoint holds beside weights, optimisers and generators."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Progress:
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

    def state_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From `state_dict`."""
        for name, value in state.items():
            setattr(self, name, value)
