"""Words and music as vectors of one space: the door to `get_text_features` and `get_midi_features`.

Vectors have length one, so a dot product is the cosine of two of them: of words and a piece, or of two pieces. Words
beyond the processor's limit and music beyond `MUSIC_IDS` are not read. A checkpoint that was not trained for it has no
such space, which `MidiTextModel` says as an error; `has_space` asks first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import symusic
import torch

from .modeling_midi_text import MidiTextModel
from .processing_midi_text import MidiTextProcessor
from .tokenization_midi_text import EMBED

_FRAME = 3  # the task token, <midi> and </midi>
MUSIC_IDS = 256  # of a piece are read, its first bars: in training hundreds of pairs stand side by side


class Embedder:
    """A model and its processor, used in one direction only.

    Args:
        model: A `MidiTextModel` or a `MidiTextForConditionalGeneration`; it is used as it is, on its device.
        processor: Of the same checkpoint.
        batch_size: Texts or pieces encoded together.
    """

    def __init__(self, model: Any, processor: Any, batch_size: int = 16):
        self.model, self.processor, self.batch_size = model, processor, batch_size

    @classmethod
    def load(cls, checkpoint: str | os.PathLike[str], device: str | None = None) -> Embedder:
        """Loads what is needed of a checkpoint; `has_space` tells whether it is of use.

        Args:
            checkpoint: A folder, or a name on the Hub.
            device: Where to compute, such as "cuda:0"; by default the CPU.

        Raises:
            OSError: There is no checkpoint there.
        """
        name = os.fspath(checkpoint)
        model = MidiTextModel.from_pretrained(name, dtype=torch.float32).eval()
        return cls(model.to(device) if device else model, MidiTextProcessor.from_pretrained(name))

    @property
    def has_space(self) -> bool:
        """Whether the checkpoint was trained to match words and music."""
        return bool(self.model.config.projection_dim)

    @property
    def scale(self) -> float:
        """The factor from cosines to log odds that the space was trained with.

        Raises:
            ValueError: The checkpoint has no shared space.
        """
        return float(self.model.base_model.logit_scale)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as unit vectors, float32, `(texts, P)`.

        Raises:
            ValueError: The checkpoint has no shared space.
        """
        return self._embed(self.model.get_text_features, (self.processor.encode(EMBED, text) for text in texts))

    def embed_music(self, pieces: Sequence[Sequence[int]]) -> np.ndarray:
        """Pieces, as ids of music that `read_music` gives or the model wrote, as unit vectors, float32, `(pieces, P)`.

        Raises:
            ValueError: The checkpoint has no shared space.
        """
        return self._embed(
            self.model.get_midi_features, (self.processor.encode(EMBED, music=ids[:MUSIC_IDS]) for ids in pieces)
        )

    def music_ids(self, score: symusic.Score) -> list[int]:
        """A score's ids, as many bars as are read; [] where there is no note or the first bar is too long."""
        try:
            return list(self.processor.tokenizer.encode_score(score, self.processor.max_source_length - _FRAME).ids)
        except ValueError:
            return []

    @torch.inference_mode()
    def _embed(self, features: Callable[..., torch.Tensor], sources: Iterable[list[int]]) -> np.ndarray:
        """Encodes sources of like length together and gives their features in the order they came."""
        encoded = list(sources)
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        out = np.zeros((len(encoded), self.model.config.projection_dim), np.float32)
        for first in range(0, len(order), self.batch_size):
            rows = order[first : first + self.batch_size]
            inputs = self.processor.pad([encoded[row] for row in rows]).to(self.model.device)
            out[rows] = features(**inputs).cpu().numpy()
        return out


__all__ = ["MUSIC_IDS", "Embedder"]
