"""A second opinion on whether a piece is what its prompt says: the score of an encoder that never ranks.

As CLAP scores do for audio (Wu et al., ICASSP 2023), prompt and piece become vectors of one space and their cosine is
the score. The judge is a small model of its own, trained with the task ``contrast`` from its own seed, and is used here
only: candidates are ranked by the generating model's own space, so a system cannot look good by pleasing its judge.

A cosine by itself means little. Every figure therefore comes with the pieces shuffled (each prompt beside another's
piece), and ``judge/wins`` is what to read: the share of prompts whose own piece scores higher than another's; 0.5 is
chance. The row of human music (``judge_truth``) is what a perfect system could reach with this judge. It hears the
beginning of a long piece, and only what its training words speak of: facts, analysis, labels.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..embedding_midi_text import Embedder
from ..records import Measurement
from ..score_midi_text import MidiSource
from .intervals import ratio
from .likelihood import Excerpt

JUDGE = Path(__file__).parent / "judge"
"""The folder of the judge that comes with the package, where one does."""


def load_judge(checkpoint: str | os.PathLike[str] | None = None) -> Embedder:
    """Loads a judge.

    Args:
        checkpoint: A folder; by default the judge that comes with the package.

    Raises:
        FileNotFoundError: There is none.
        ValueError: The checkpoint has no shared space of words and music.
    """
    folder = Path(checkpoint) if checkpoint is not None else JUDGE
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(
            f"a judge is a checkpoint trained with the task contrast; {folder} holds none. "
            "Train one: midi-text train DATA OUTPUT --tasks contrast, and name OUTPUT/best"
        )
    judge = Embedder.load(folder)
    if not judge.has_space:
        raise ValueError(f"a judge needs a shared space of words and music, which {folder} has not")
    return judge


def judge_rows(
    judge: Embedder, prompts: Sequence[str], pieces: Sequence[MidiSource | None], *, name: str = "", seed: int = 0
) -> list[Measurement]:
    """Scores pieces by their prompts.

    Args:
        judge: See `load_judge`.
        prompts: What was asked.
        pieces: What was written, in the same order; None is a piece that could not be made, and counts as lost.
        name: A group, such as "locks"; it ends the rows' names.
        seed: Of the shuffling.

    Returns:
        ``judge/cosine``, ``judge/cosine_shuffled`` and ``judge/wins``.

    Raises:
        ValueError: The numbers differ, or fewer than two pieces could be made.
        MidiError: A piece cannot be read.
    """
    if len(prompts) != len(pieces):
        raise ValueError(f"there must be a piece for every prompt; got {len(prompts)} prompts and {len(pieces)} pieces")
    made = [i for i, piece in enumerate(pieces) if piece is not None]
    ids = [judge.processor.read_music(pieces[i]).ids for i in made]
    return _rows(judge.embed_texts([prompts[i] for i in made]), judge.embed_music(ids), len(pieces), name, seed)


def judge_truth(judge: Embedder, excerpts: Sequence[Excerpt], *, seed: int = 0) -> list[Measurement]:
    """The same of human music and the prompts that ask for it.

    Args:
        judge: See `load_judge`.
        excerpts: Held-out music; one a piece, or the shuffled figures compare a piece with itself.
        seed: Of the shuffling.

    Raises:
        ValueError: There are fewer than two excerpts.
    """
    music = judge.processor.tokenizer.merge([excerpt.events for excerpt in excerpts])
    texts = judge.embed_texts([excerpt.prompt for excerpt in excerpts])
    return _rows(texts, judge.embed_music(music), len(excerpts), "truth", seed)


def _rows(texts: np.ndarray, music: np.ndarray, asked: int, name: str, seed: int) -> list[Measurement]:
    """The figures of paired vectors; prompts beyond them have no piece, and lose."""
    if len(texts) < 2:
        raise ValueError(f"the judge compares pieces and needs at least two; got {len(texts)}")
    order = np.random.default_rng(seed).permutation(len(texts))
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)  # nobody keeps the own piece
    own, shuffled = (texts * music).sum(1), (texts * music[other]).sum(1)
    wins = np.zeros(asked)
    wins[: len(own)] = (own > shuffled) + 0.5 * (own == shuffled)
    end = f"/{name}" if name else ""
    return [
        ratio(f"judge/cosine{end}", own),
        ratio(f"judge/cosine_shuffled{end}", shuffled),
        ratio(f"judge/wins{end}", wins),
    ]
