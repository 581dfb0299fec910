"""Everything the training of a baseline can be told, in one frozen dataclass that goes into its run record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import KINDS


@dataclass(frozen=True)
class BaselineSettings:
    """How to train a baseline.

    Attributes:
        kind: "lstm", "vae" or "wavenet".
        model: Fields of the kind's configuration that differ from its defaults.
        steps: Optimisation steps; the learning rate falls to its last value exactly there.
        rows_per_batch: Rows of the corpus that one step of one process reads.
        learning_rate: Of AdamW.
        final_learning_rate: Share of it left at the last step.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Decoupled.
        max_gradient_norm: Gradients are scaled down to it.
        mixed_precision: "bf16" or "no".
        validate_every: Steps between validations.
        validation_rows: Rows of the validation split that are measured, the same every time.
        save_every: Steps between checkpoints.
        seed: Of initial weights and batches.
    """

    kind: str = "wavenet"
    model: Mapping[str, int | float] = field(default_factory=dict)
    steps: int = 2000
    rows_per_batch: int = 16
    learning_rate: float = 2e-3
    final_learning_rate: float = 0.05
    warmup_steps: int = 50
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    mixed_precision: str = "no"
    validate_every: int = 250
    validation_rows: int = 128
    save_every: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}")
        for name in ("steps", "rows_per_batch", "validate_every", "validation_rows", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive; got {self.learning_rate}")
        if self.mixed_precision not in ("bf16", "no"):
            raise ValueError(f"mixed_precision must be 'bf16' or 'no'; got {self.mixed_precision!r}")
