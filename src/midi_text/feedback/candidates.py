"""Candidates: several pieces for every prompt, written without locks, each with what it is worth.

The reward can be verified: it is the share of the asked facts that are met (`agreement`) and how much the music is like
people's (`band_share`), and nothing at all where the piece is not valid, hangs in a loop or copies a training piece.
One file a batch of prompts holds the pieces and their figures, so that a run that was stopped goes on where it ended.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..data.duplicates import outline
from ..evaluation.gold import Prompt
from ..evaluation.musicality.evaluate import band_share, measure_piece
from ..evaluation.musicality.novelty import OVER, NoveltyIndex
from ..evaluation.musicality.reference import default_reference
from ..evaluation.musicality.traits import band_of
from ..pipeline_midi_text import Composition
from ..records import write_whole

AGREEMENT, BAND = 0.75, 0.25  # weights of the two parts of a reward


@dataclass(frozen=True)
class Candidate:
    """A piece and what it is worth.

    Attributes:
        prompt: Id of the prompt it answers.
        text: The prompt's words.
        midi: A Standard MIDI File in base 64.
        content: What two exact copies have in common, see `data.duplicates`.
        met: Share of the asked facts that are met, 0..1.
        band: Share of its traits that are like people's, 0..1.
        valid: Whether it is music at all and does not hang.
        longest_run: Notes in a row shared with a training piece; None where nobody looked.
    """

    prompt: str
    text: str
    midi: str
    content: str
    met: float
    band: float
    valid: bool
    longest_run: int | None = None

    @property
    def reward(self) -> float:
        """0..1."""
        if not self.valid or (self.longest_run or 0) > OVER:
            return 0.0
        return AGREEMENT * self.met + BAND * self.band

    @property
    def midi_bytes(self) -> bytes:
        """The file itself."""
        return base64.b64decode(self.midi)


def write_candidates(
    pipeline: Any,
    prompts: Sequence[Prompt],
    folder: Path,
    *,
    each: int = 8,
    batch_size: int = 4,
    most_tokens: int = 640,
    seed: int = 0,
    index: NoveltyIndex | None = None,
) -> Iterator[Candidate]:
    """Lets a model answer every prompt several times.

    Args:
        pipeline: Of text to MIDI.
        prompts: What is asked.
        folder: Where a file for every batch goes; those that are there are read.
        each: Pieces a prompt.
        batch_size: Prompts written together.
        most_tokens: A piece that has not ended by then is not valid.
        seed: The batch that begins at prompt i gets ``seed + i``.
        index: Of the training music; without it copies are not found.

    Yields:
        The candidates in the order of the prompts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tqdm(total=len(prompts), desc="candidates", unit=" prompts") as bar:
        for first in range(0, len(prompts), batch_size):
            batch, path = prompts[first : first + batch_size], folder / f"batch-{first:06d}.jsonl"
            if not path.exists():
                made = _write(pipeline, batch, each, most_tokens, seed + first, index)
                write_whole(path, "".join(json.dumps(asdict(one)) + "\n" for one in made).encode())
            yield from (Candidate(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
            bar.update(len(batch))


def _write(
    pipeline: Any, prompts: Sequence[Prompt], each: int, most_tokens: int, seed: int, index: NoveltyIndex | None
) -> list[Candidate]:
    texts = [prompt.text for prompt in prompts]
    limit = min(most_tokens, pipeline.model.config.max_target_length)
    best = pipeline(texts, batch_size=len(texts), num_candidates=each, locks=False, seed=seed, max_new_tokens=limit)
    pieces = [(prompt, piece) for prompt, first in zip(prompts, best, strict=True) for piece in (first, *first.others)]
    runs: Iterable[int | None] = [None] * len(pieces)
    if index is not None:
        runs = [run.notes for run in index.longest_runs([piece.score for _, piece in pieces])]
    return [_judged(prompt, piece, limit, run) for (prompt, piece), run in zip(pieces, runs, strict=True)]


def _judged(prompt: Prompt, piece: Composition, limit: int, run: int | None) -> Candidate:
    measured = measure_piece(piece.score, ended=piece.tokens < limit)
    return Candidate(
        prompt=prompt.id,
        text=prompt.text,
        midi=base64.b64encode(piece.midi).decode(),
        content=outline(piece.score).content.hex(),
        met=piece.share_met,
        band=band_share(measured, _band()),
        valid=measured.valid,
        longest_run=run,
    )


@cache
def _band() -> np.ndarray:
    return band_of(default_reference().traits.astype(np.float64))


def best_of(candidates: Iterable[Candidate], bar: float, most: int = 1) -> list[Candidate]:
    """The candidates to learn from.

    Args:
        candidates: Of all prompts.
        bar: The least reward.
        most: At most so many a prompt.

    Returns:
        The best first; of exact copies, transposed ones too, only the best.
    """
    kept: list[Candidate] = []
    known: set[str] = set()
    taken: Counter[str] = Counter()
    for one in sorted(candidates, key=lambda each: -each.reward):
        if one.reward < bar or one.reward == 0 or taken[one.prompt] == most or one.content in known:
            continue
        known.add(one.content)
        taken[one.prompt] += 1
        kept.append(one)
    return kept
