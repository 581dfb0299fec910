"""What the parts of an evaluation share: the checkpoint, held-out music, its captions, and the folder of results.

Each is made when a part first needs it, and once. What takes long (answers to prompts, captions of pieces) is kept
under ``--results`` as it comes, so that a run that was stopped goes on where it ended and ends with the same report.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..evaluation.answers import System, evaluate_answers, find_answers, write_answers
from ..evaluation.caption_facts import Measured
from ..evaluation.described import Described, describe_all
from ..evaluation.gold import Prompt, gold_of
from ..evaluation.likelihood import Excerpt
from ..evaluation.musicality.built import built_events
from ..evaluation.musicality.novelty import NoveltyIndex
from ..evaluation.ngrams import floor_captions
from ..evaluation.prompt_files import READ, PromptSet
from ..evaluation.systems import Humans
from ..events_midi_text import EventVocabulary
from ..facts.analysis import analyze
from ..facts_midi_text import measure_facts
from ..prompt_midi_text import read_prompt
from ..records import WEIGHTS_FILE, EvaluationReport, hash_file
from ..score_midi_text import MidiError, read_score, write_score
from .options import load_pipeline

_REFERENCES = 2  # captions by rule that a caption is compared with, beside those that people wrote


class Bench:
    """See the module; to be used as a context.

    Args:
        args: The options of ``evaluate``.
        prompts: What the systems are asked.
    """

    def __init__(self, args: argparse.Namespace, prompts: PromptSet):
        self.args, self.prompts = args, prompts
        self._open = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @cached_property
    def pipe(self) -> Any:
        """The text-to-midi pipeline of the checkpoint."""
        return load_pipeline("text-to-midi", self.args.model, self.args.device)

    @cached_property
    def describe(self) -> Any:
        """The midi-to-text pipeline of the checkpoint."""
        return load_pipeline("midi-to-text", self.args.model, self.args.device)

    @property
    def checkpoint(self) -> str:
        """The hash of its weights; "" as long as nothing needed it."""
        loaded = vars(self).get("pipe") or vars(self).get("describe")
        return checkpoint_hash(loaded) if loaded else ""

    @cached_property
    def index(self) -> NoveltyIndex | None:
        """What training music sounds like, to find copies of it; None without ``--data``."""
        if self.args.data is None:
            return None
        return NoveltyIndex.build(built_events(self.args.data, "train"), EventVocabulary().names)

    # -- held-out music

    def spread(self, count: int, split: str = "test") -> list[Any]:
        """At most so many rows of a split, evenly spread over it, so that every source has its share."""
        from ..data.batches import ExampleTable

        rows = ExampleTable(self.args.data, split)
        taken = min(count, len(rows))
        return [rows[number * len(rows) // taken] for number in range(taken)]

    @cached_property
    def held_out(self) -> list[Any]:
        """The rows of the test split that are measured."""
        return self.spread(self.args.excerpts)

    @cached_property
    def excerpts(self) -> list[Excerpt]:
        """The same, each with a prompt that is true of it."""
        from ..data.captions import write_prompt

        def prompt(number: int, row: Any) -> str:
            return write_prompt(row.facts, row.labels, self.rng("", number), analysis=row.analysis)

        return [Excerpt(row.source, row.events, prompt(i, row), row.facts.notes) for i, row in enumerate(self.held_out)]

    @cached_property
    def pieces(self) -> list[bytes]:
        """The same as Standard MIDI Files."""
        processor = self.pipe.processor
        offset = processor.tokenizer.music_offset
        return [
            write_score(processor.decode_score((row.events.astype(int) + offset).tolist())) for row in self.held_out
        ]

    @cached_property
    def measured(self) -> list[Measured]:
        """What our analyzer hears in them."""
        return [hear(piece) for piece in self.pieces]

    @cached_property
    def own_prompts(self) -> PromptSet:
        """The prompts that were written about the held-out pieces."""
        return read_prompts("prompts about held-out pieces", [excerpt.prompt for excerpt in self.excerpts])

    def human(self, shuffled: bool) -> Humans:
        """The held-out pieces as a system."""
        pieces = zip(self.own_prompts.prompts, self.pieces, strict=True)
        return Humans({prompt.id: piece for prompt, piece in pieces}, shuffled)

    def training_events(self) -> Iterator[np.ndarray]:
        """Event ids of the training split."""
        from ..data.batches import ExampleTable

        rows = ExampleTable(self.args.data, "train")
        return (rows[number].events for number in range(len(rows)))

    # -- what is said of it

    @cached_property
    def descriptions(self) -> list[Described]:
        """The model's captions of the held-out pieces."""
        return self.described(self.pieces, "captions")

    @cached_property
    def references(self) -> list[tuple[str, ...]]:
        """Captions of each piece to compare with: those that people wrote, and some by rule."""
        from ..data.captions import captions_for

        return [
            (*row.labels.get("captions", ()),
             *captions_for(row.facts, row.labels, self.rng("references", i), row.analysis, _REFERENCES))
            for i, row in enumerate(self.held_out)
        ]  # fmt: skip

    @cached_property
    def captions(self) -> dict[str, list[str]]:
        """Captions of the held-out pieces by who wrote them.

        The model alone ("own_words") and after the check ("checked"), rules that know the facts ("template"); and
        two floors made of the references: another piece's ("shuffled") and its own with wrong facts ("wrong_facts").
        """
        from ..data.captions import write_caption

        return {
            "own_words": [each.own_words for each in self.descriptions],
            "checked": [each.checked for each in self.descriptions],
            "template": [
                write_caption(row.facts, row.labels, self.rng("template", i), analysis=row.analysis)
                for i, row in enumerate(self.held_out)
            ],
            **floor_captions([own[0] for own in self.references], self.args.seed),
        }

    def rng(self, purpose: str, number: int) -> random.Random:
        """Chooses the words of one piece."""
        return random.Random(f"{purpose + ':' if purpose else ''}{self.args.seed}:{number}")

    # -- results

    @cached_property
    def results(self) -> Path:
        """Where results are kept: ``--results``, or a folder that goes when this object is left."""
        return Path(self.args.results or self._open.enter_context(tempfile.TemporaryDirectory()))

    def described(self, pieces: Sequence[bytes | None], name: str) -> list[Described]:
        """The model's captions of pieces, kept under a name."""
        args, journal = self.args, self.results / f"{name}.jsonl"
        return describe_all(
            self.describe,
            pieces,
            journal,
            batch_size=args.batch_size,
            seed=args.seed,
            checkpoint_hash=checkpoint_hash(self.describe),
            num_proc=args.num_proc,
        )

    def write(self, part: str, system: System, prompts: PromptSet, checkpoint: str = "") -> Path:
        """Lets a system answer prompts; the folder with its answers."""
        args, folder = self.args, self.results / part
        write_answers(
            system,
            prompts.prompts,
            folder,
            batch_size=args.batch_size,
            num_proc=args.num_proc,
            seed=args.seed,
            checkpoint_hash=checkpoint,
        )
        return folder

    def answered(self, part: str, system: System, prompts: PromptSet, checkpoint: str = "") -> EvaluationReport:
        """Lets a system answer, and scores its folder."""
        return evaluate_answers(
            self.write(part, system, prompts, checkpoint),
            prompts.prompts,
            name=part,
            num_proc=self.args.num_proc,
            seed=self.args.seed,
            checkpoint_hash=checkpoint,
            index=self.index,
        )

    def heard(
        self, folder: Path, prompts: PromptSet, chosen: PromptSet
    ) -> tuple[list[bytes | None], list[Measured | None]]:
        """The answers to some of the prompts of a folder, and what is heard in them; None where nothing is."""
        found = dict(zip([p.id for p in prompts.prompts], find_answers(folder, prompts.prompts), strict=True))
        paths = [found[prompt.id].path for prompt in chosen.prompts]
        files = [path.read_bytes() if path else None for path in paths]
        pieces = [measure(midi) for midi in files]
        return [midi if piece else None for midi, piece in zip(files, pieces, strict=True)], pieces


def read_prompts(name: str, texts: list[str]) -> PromptSet:
    """Texts as prompts with the gold that our reader finds."""
    prompts = tuple(Prompt(f"test-{i:04d}", text, gold_of(read_prompt(text))) for i, text in enumerate(texts))
    return PromptSet(name, prompts, READ)


def hear(midi: bytes) -> Measured:
    """What our analyzer hears in a file.

    Raises:
        MidiError: If it cannot be read.
        ValueError: If it has no notes.
    """
    score = read_score(midi).score
    facts = measure_facts(score)
    return Measured(facts, analyze(score, facts))


def measure(midi: bytes | None) -> Measured | None:
    """The same; None where there is nothing to hear."""
    try:
        return hear(midi) if midi else None
    except (MidiError, ValueError):
        return None


def checkpoint_hash(pipe: Any) -> str:
    """SHA-256 of a pipeline's weights, wherever they came from."""
    from transformers.utils import cached_file

    return hash_file(cached_file(pipe.model.name_or_path, WEIGHTS_FILE))
