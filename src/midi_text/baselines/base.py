"""What the three ancestors have in common: a strict configuration, a batch, a loss, bits, and a way to be heard.

A baseline reads rows of event ids before merging, the rows that the main model is trained on, and makes of them what
it can hear. ``bits_per_note`` counts on the excerpts that `evaluation.likelihood` takes; over how many notes is what
``notes_counted`` says, because the note models do not hear drums. What the bits mean differs, see ``bits_are``.
"""

# No `from __future__ import annotations`: the strict dataclass reads the types themselves.
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from symusic.core import ScoreTick
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import ModelOutput

from ..configuration_midi_text import PLATFORM_KEYS
from ..events_midi_text import EventVocabulary, pitch_shift

SHIFTS = range(-5, 7)  # semitones by which training moves a row


class MusicExcerpt(Protocol):
    """Held-out music: event ids before merging, shape ``(E,)``, and how many notes they hold."""

    @property
    def events(self) -> np.ndarray: ...  # noqa: D102
    @property
    def notes(self) -> int: ...  # noqa: D102


@strict
class BaselineConfig(PreTrainedConfig):
    """What every baseline's configuration refuses: keys that it does not know, sizes below one.

    Attributes:
        event_count: Events of the vocabulary that rows are written in.
    """

    event_count: int = 918

    def __post_init__(self, **kwargs: Any) -> None:
        unknown = sorted(key for key in kwargs if not key.startswith("_") and key not in PLATFORM_KEYS)
        if unknown:
            raise ValueError(
                f"{type(self).__name__} knows no {', '.join(map(repr, unknown))}; check the spelling of its fields"
            )
        super().__post_init__(**kwargs)

    def validate_sizes(self) -> None:
        """Checks that every whole number among the own fields is at least 1."""
        for name, kind in {**BaselineConfig.__annotations__, **type(self).__annotations__}.items():
            if kind is int and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, found {getattr(self, name)}.")


@dataclass
class BaselineOutput(ModelOutput):
    """What a forward pass on a batch gives.

    Attributes:
        loss: What training lowers, a scalar.
        bits: Bits of all that the model has a probability for, a scalar.
        notes: Notes that the bits say, a scalar.
    """

    loss: Tensor | None = None
    bits: Tensor | None = None
    notes: Tensor | None = None


class Baseline(PreTrainedModel):
    """A baseline. Subclasses say ``kind`` and ``bits_are`` and give the methods that raise here."""

    base_model_prefix = ""
    main_input_name = "events"
    kind: ClassVar[str] = ""
    bits_are: ClassVar[str] = ""

    def _init_weights(self, module: nn.Module) -> None:
        """PyTorch's own initial values, also for what a checkpoint lacks."""
        reset = getattr(module, "reset_parameters", None)
        if callable(reset):
            reset()

    @cached_property
    def vocabulary(self) -> EventVocabulary:
        """The events. Raises ValueError if the weights were trained on another vocabulary."""
        vocabulary = EventVocabulary()
        if len(vocabulary.names) != self.config.event_count:
            raise ValueError(
                f"this baseline was trained on {self.config.event_count} events, this version writes "
                f"{len(vocabulary.names)}; train it again"
            )
        return vocabulary

    def training_batch(
        self, rows: Sequence[np.ndarray], rng: np.random.Generator, done: float | None = None
    ) -> dict[str, Tensor]:
        """The arguments of ``forward`` for rows of event ids, none of them empty.

        Args:
            rows: Event ids before merging, each of shape ``(E,)``.
            rng: Draws keys and places.
            done: Share of the training that is over; None outside of training, where nothing is moved or made harder.
        """
        raise NotImplementedError

    def bits_per_note(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Bits of each excerpt, shape ``(excerpts,)``; divide by `notes_counted`. What they say is ``bits_are``."""
        raise NotImplementedError

    def notes_counted(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Notes of each excerpt that the bits say, shape ``(excerpts,)``; some may have none."""
        raise NotImplementedError

    def generate_score(
        self, *, seed: int, notes: int = 200, start: ScoreTick | None = None, temperature: float = 1.0
    ) -> ScoreTick:
        """A piece; the same for the same seed.

        Args:
            seed: Of the sampling.
            notes: At most so many new notes.
            start: Music to go on from; it is part of the result.
            temperature: Above 1 bolder, below 1 safer.

        Raises:
            ValueError: If ``notes`` or ``temperature`` is not positive.
        """
        raise NotImplementedError

    @cached_property
    def _shifts(self) -> list[np.ndarray]:
        return [pitch_shift(self.vocabulary.names, semitones) for semitones in SHIFTS]

    def _moved(self, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A row of event ids in a key drawn at random."""
        return self._shifts[rng.integers(len(self._shifts))][np.asarray(row, np.int64)]


def check_request(notes: int, temperature: float) -> None:
    """Raises ValueError if the arguments of ``generate_score`` are not positive."""
    if notes < 1:
        raise ValueError(f"notes must be at least 1; got {notes}")
    if not temperature > 0:
        raise ValueError(f"temperature must be positive; got {temperature}")


def draw(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """One choice a row of logits ``(B, V)``, shape ``(B,)``; drawn on the CPU: a seed means the same anywhere."""
    probabilities = torch.softmax(logits.float().cpu() / temperature, -1)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0].to(logits.device)
