"""Systems that answer prompts: this model with and without locks, human pieces, and a rule-and-template composer.

Whatever a system is, it has a name and ``answer(prompts, seed)``; `answers.write_answers` lets it fill a folder, which
is then scored as a stranger's would be. `Humans` gives held-out pieces of people: to the very prompts that were written
about them ("human", what a perfect system would reach under these measures) or to prompts about other pieces
("shuffled", what a system reaches that does not read the prompt).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ..score_midi_text import write_score
from .answers import Answer
from .gold import Prompt
from .template import compose_by_rule


class Model:
    """A text-to-midi pipeline.

    Args:
        pipeline: Called with a list of texts, ``batch_size``, ``seed`` and the options below; its first candidate
            counts.
        locks: False lets the model ignore what is asked: its own share.
        max_new_tokens: The longest answer, in tokens; None for the model's own limit.
        copy_sections: False lets the model write anew a section that comes back.
    """

    def __init__(
        self, pipeline: Any, locks: bool = True, max_new_tokens: int | None = None, copy_sections: bool = True
    ):
        self.pipeline, self.locks, self.max_new_tokens = pipeline, locks, max_new_tokens
        self.copy_sections = copy_sections
        self.name = "model" if locks else "model without locks"
        self.name += f", {max_new_tokens} tokens" if max_new_tokens else ""
        self.name += "" if copy_sections else ", sections not copied"

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes the checkpoint's name; there it is loaded anew."""
        pipe = self.pipeline
        how = (self.locks, self.max_new_tokens, self.copy_sections)
        return _loaded, (pipe.model.name_or_path, str(pipe.device), *how)

    def answer(self, prompts: Sequence[Prompt], seed: int) -> list[Answer]:
        """See `answers.System`."""
        texts = [prompt.text for prompt in prompts]
        options: dict[str, Any] = {"max_new_tokens": self.max_new_tokens} if self.max_new_tokens else {}
        options |= {} if self.copy_sections else {"copy_sections": False}
        pieces = self.pipeline(texts, batch_size=len(texts), seed=seed, locks=self.locks, **options)
        limit = self.max_new_tokens or self.pipeline.model.config.max_target_length
        return [Answer(piece.midi, piece.tokens < limit) for piece in pieces]


def _loaded(checkpoint: str, device: str, *how: Any) -> Model:
    from transformers import pipeline

    return Model(pipeline("text-to-midi", model=checkpoint, device=device), *how)


class Humans:
    """Pieces that people wrote.

    Args:
        pieces: Standard MIDI Files by the id of the prompt that was written about them.
        shuffled: Whether each prompt gets the piece of another one.

    Raises:
        ValueError: If there are fewer than two pieces to shuffle.
    """

    def __init__(self, pieces: dict[str, bytes], shuffled: bool = False):
        if shuffled and len(pieces) < 2:
            raise ValueError(f"shuffling needs at least two pieces; got {len(pieces)}")
        self.pieces, self.shuffled = pieces, shuffled
        self.name = "shuffled" if shuffled else "human"

    def answer(self, prompts: Sequence[Prompt], seed: int) -> list[Answer]:
        """See `answers.System`."""
        return [Answer(self._piece(prompt, random.Random(f"{seed}:{prompt.id}"))) for prompt in prompts]

    def _piece(self, prompt: Prompt, rng: random.Random) -> bytes | None:
        if not self.shuffled:
            return self.pieces.get(prompt.id)
        return self.pieces[rng.choice([name for name in self.pieces if name != prompt.id])]


class Template:
    """The rule-and-template composer: see `template`."""

    name = "template"

    def answer(self, prompts: Sequence[Prompt], seed: int) -> list[Answer]:
        """See `answers.System`."""
        rngs = (random.Random(f"{seed}:{prompt.id}") for prompt in prompts)
        pieces = (compose_by_rule(prompt.text, rng) for prompt, rng in zip(prompts, rngs, strict=True))
        return [Answer(write_score(piece), True) for piece in pieces]
