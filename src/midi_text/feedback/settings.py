"""Everything a round of feedback can be told, in one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImproveSettings:
    """One round.

    Attributes:
        prompts: How many to practise on.
        candidates: Pieces written for each.
        keep: At most so many of them are learned from.
        bar: The least reward of those, 0 to 1; see `candidates`.
        most_tokens: A piece that has not ended by then is not valid.
        known_rows: With real data: rows of it for every row that is learned from.
        steps: Optimisation steps.
        learning_rate: Of AdamW, for all weights.
        events_per_batch: Examples times the longest one's events in a batch.
        test_prompts: Other prompts, that the verdict is taken on.
        most_loss: The share of its diversity that a better model may lose.
        batch_size: Prompts written together.
        num_proc: Processes that read and measure.
        seed: Of everything drawn.
    """

    prompts: int = 500
    candidates: int = 8
    keep: int = 1
    bar: float = 0.75
    most_tokens: int = 640
    known_rows: float = 1.0
    steps: int = 200
    learning_rate: float = 2e-4
    events_per_batch: int = 4096
    test_prompts: int = 200
    most_loss: float = 0.1
    batch_size: int = 4
    num_proc: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in (
            "prompts", "candidates", "keep", "most_tokens", "steps", "events_per_batch", "batch_size", "num_proc",
        ):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.test_prompts < 2:
            raise ValueError(f"test_prompts must be at least 2; got {self.test_prompts}")
        for name in ("bar", "most_loss"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1; got {getattr(self, name)}")
