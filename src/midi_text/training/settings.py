"""Everything a training run can be told, in one frozen dataclass that goes into its run record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes:
        model: Fields of ``MidiTextConfig`` that differ from its defaults; the vocabulary comes from the data.
        init_from: A checkpoint folder whose weights to start from; None starts from nothing.
        base_model: What a fine-tune is one of, by the name its card shall give; None where it is none.
        lora_rank: Rank of the low-rank adapters that are trained instead of the weights (`adapters`); 0 trains all.
        sketches: Whether the model reads sketches behind the words; a fine-tune keeps what its base knows.
        tasks: How often each task is drawn; ``objectives`` says what they are.
        sources: How often each row of a source comes in an epoch: 2 is twice, 0 never, 0.5 every other time; a source
            that is not named comes once.
        contrast_weight: Factor on the loss of the task ``contrast``, nats a pair, beside the others' nats a token.
        max_events: Longer rows are left out, for a small model with little time; None takes all.
        steps: Optimisation steps; the learning rate falls to its last value exactly there.
        events_per_batch: Examples times the longest one's events in a batch of one process.
        learning_rate: Of the encoder, the attention to it, embeddings and norms, by AdamW.
        matrix_learning_rate: Of the decoder's own matrices, by Muon (Jordan et al., 2024); 0 gives them to AdamW too.
        final_learning_rate: Share of the learning rate left at the last step, 0 … 1.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Decoupled, on matrices only.
        max_gradient_norm: Gradients are scaled down to it.
        ema_decay: Of the moving average of weights that is validated beside them; 0 keeps none.
        mixed_precision: ``"bf16"``, ``"no"``, or ``"auto"``: what ``accelerate launch`` says, else the one of them in
            which the device is faster.
        compile: Whether to ``torch.compile`` the model.
        workers: Processes that prepare batches; 0 prepares them between steps.
        validate_every: Steps between validations.
        validation_rows: Rows of the validation split that are measured, the same every time.
        save_every: Steps between checkpoints.
        keep: Checkpoints kept for resuming.
        samples: How often in a run pieces and captions are written for people to look at; 0 for never.
        trackers: ``"tensorboard"`` and others that Accelerate knows by name; None for TensorBoard where installed.
        seed: Of initial weights, plan, words and dropout.
    """

    model: Mapping[str, int | float] = field(default_factory=dict)
    init_from: str | None = None
    base_model: str | None = None
    lora_rank: int = 0
    sketches: bool = True
    tasks: Mapping[str, float] = field(default_factory=lambda: {"compose": 0.5, "opening": 0.2, "caption": 0.3})
    sources: Mapping[str, float] = field(default_factory=dict)
    contrast_weight: float = 1.0
    max_events: int | None = None
    steps: int = 10_000
    events_per_batch: int = 16_384
    learning_rate: float = 8e-4
    matrix_learning_rate: float = 0.01
    final_learning_rate: float = 0.02
    warmup_steps: int = 50
    weight_decay: float = 0.05
    max_gradient_norm: float = 1.0
    ema_decay: float = 0.0
    mixed_precision: str = "auto"
    compile: bool = False
    workers: int = 0
    validate_every: int = 500
    validation_rows: int = 256
    save_every: int = 250
    keep: int = 2
    samples: int = 10
    trackers: tuple[str, ...] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "events_per_batch", "validate_every", "validation_rows", "save_every", "keep"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        for name in ("matrix_learning_rate", "warmup_steps", "weight_decay", "workers", "lora_rank", "samples"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative; got {getattr(self, name)}")
        if min(self.sources.values(), default=0) < 0:
            raise ValueError(f"weights of sources must not be negative; got {dict(self.sources)}")
        if not self.contrast_weight > 0:
            raise ValueError(f"contrast_weight must be positive; got {self.contrast_weight}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive; got {self.learning_rate}")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay must be in [0, 1); got {self.ema_decay}")
        if self.mixed_precision not in ("auto", "bf16", "no"):
            raise ValueError(f"mixed_precision must be 'auto', 'bf16' or 'no'; got {self.mixed_precision!r}")
