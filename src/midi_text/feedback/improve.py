"""One round of rejection-sampling fine-tuning with rewards that can be verified.

A model answers a spread of prompts several times without locks; of the answers that are worth it the best are kept,
built as any music is (so that their words are true of them, whatever was asked), mixed with real music where that is at
hand, and learned from. Then the model as it was and as it is answer other prompts, and a verdict says whether it is
better. (Best-of-n as a teacher: Dong et al., "RAFT", TMLR 2023; Gulcehre et al., "ReST", 2023.)

What stands in the output: ``candidates/``, ``own-pieces/``, ``built/`` (and ``data/`` where it is mixed), ``run/``,
``before/`` and ``after/`` (answers), ``report.json`` and, where the verdict is good, ``checkpoint/``. A stage that is
done is not done again, so the same call goes on where the last one ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..data.build import BuildSettings, build_dataset
from ..data.folders import claim
from ..data.mixture import mix
from ..data.sources import Terms
from ..data.stopping import whole_folder
from ..evaluation.answers import write_answers
from ..evaluation.grid import grid_prompts
from ..evaluation.musicality.built import built_events
from ..evaluation.musicality.novelty import NoveltyIndex
from ..evaluation.systems import Model
from ..events_midi_text import EventVocabulary
from ..processing_midi_text import MidiTextProcessor
from ..records import WEIGHTS_FILE, EvaluationReport, hash_file
from ..training.finetune import FinetuneSettings, base_name, find_checkpoint, leave_checkpoint, training_settings
from ..training.loop import Trainer
from ..training.samples import Draw
from .candidates import Candidate, best_of, write_candidates
from .settings import ImproveSettings
from .spread import spread
from .verdict import Verdict, compare

logger = logging.getLogger(__name__)
FEWEST = 10  # pieces to learn from


class Improved(NamedTuple):
    """What came of a round; the verdict is None where it was stopped before."""

    output: Path
    kept: int
    stopped: bool
    verdict: Verdict | None


class _Round:
    """One round and what its stages share."""

    def __init__(self, base: str | Path, output: Path, settings: ImproveSettings, data: Path | None):
        self.base, self.output, self.settings, self.data = base, output, settings, data
        self.home = find_checkpoint(base)

    @cached_property
    def index(self) -> NoveltyIndex | None:
        """Of the real training music, to find copies; None without it."""
        if self.data is None:
            return None
        return NoveltyIndex.build(built_events(self.data, "train"), EventVocabulary().names)

    def claim(self) -> None:
        """Makes the folder, and refuses to mix two rounds in it."""
        of = {"base": hash_file(self.home / WEIGHTS_FILE), "data": self.data and self.data.resolve().name}
        said = {name: value for name, value in asdict(self.settings).items() if name != "num_proc"}
        claim(self.output / "improve.json", {**said, **of}, "a round with other settings")

    def practise(self) -> list[Candidate]:
        """The best of what the model writes to the spread of prompts."""
        s = self.settings
        written = write_candidates(
            _pipeline(self.home),
            spread(s.prompts, s.seed),
            self.output / "candidates",
            each=s.candidates,
            batch_size=s.batch_size,
            most_tokens=s.most_tokens,
            seed=s.seed,
            index=self.index,
        )
        everything = list(written)
        kept = best_of(everything, s.bar, s.keep)
        logger.info("%d of %d candidates are worth %.2f and kept", len(kept), len(everything), s.bar)
        if len(kept) < FEWEST:
            best = max(one.reward for one in everything)
            raise ValueError(
                f"a round needs {FEWEST} pieces to learn from; {len(kept)} of {len(everything)} reach the bar of "
                f"{s.bar}, the best {best:.2f}: lower --bar, or take more --prompts or --candidates"
            )
        return kept

    def build(self, kept: Iterable[Candidate]) -> Path:
        """Makes a corpus of them, with real music in it where there is some."""
        s, folder = self.settings, self.output / "own-pieces"
        if not folder.exists():
            _save(kept, folder)
        built, mixed = self.output / "built", self.output / "data"
        manifest = build_dataset(
            folder,
            built,
            BuildSettings(seed=s.seed),
            terms=Terms("not stated", f"written by {base_name(self.base)}"),
            tokenizer=MidiTextProcessor.from_pretrained(self.home).tokenizer,
            held_out=0.1,
            num_proc=s.num_proc,
        )
        if self.data is None:
            return built
        if not mixed.exists():
            mix(built, self.data, mixed, round(s.known_rows * manifest.splits["train"]), s.seed)
        return mixed

    def learn(self, data: Path, draw: Draw | None) -> Trainer:
        """Trains on it, or goes on."""
        s = self.settings
        tuning = FinetuneSettings(
            learning_rate=s.learning_rate, steps=s.steps, events_per_batch=s.events_per_batch, seed=s.seed
        )
        run = self.output / "run"
        trainer = Trainer(data, run, training_settings(self.home, base_name(self.base), tuning), draw)
        trainer.run(resume=True)
        return trainer

    def judge(self) -> Verdict:
        """Lets the model as it was and as it is answer other prompts, and compares."""
        s = self.settings
        prompts = grid_prompts(s.test_prompts, seed=s.seed + 1)  # seed 0 makes FactPrompts
        folders = {"before": self.home, "after": self.output / "run" / "best"}
        for name, weights in folders.items():
            system = Model(_pipeline(weights), locks=False)
            write_answers(
                system,
                prompts,
                self.output / name,
                batch_size=4 * s.batch_size,
                seed=s.seed,
                checkpoint_hash=hash_file(weights / WEIGHTS_FILE),
            )
        return compare(
            self.output / "before",
            self.output / "after",
            prompts,
            most_loss=s.most_loss,
            index=self.index,
            num_proc=s.num_proc,
        )


def improve(
    base: str | Path,
    output: str | Path,
    settings: ImproveSettings | None = None,
    *,
    data: str | Path | None = None,
    draw: Draw | None = None,
) -> Improved:
    """Runs one round, or goes on with one.

    Args:
        base: The checkpoint: a folder or a name on the Hub.
        output: The round's folder.
        settings: Of the round.
        data: What build made of real music: mixed in, and not to be copied.
        draw: Makes the pictures of samples.

    Raises:
        FileNotFoundError: If there is no such checkpoint or data.
        ValueError: If the folder holds another round, or too few candidates reach the bar.
    """
    settings = settings or ImproveSettings()
    turn = _Round(base, Path(output), settings, Path(data) if data is not None else None)
    turn.claim()
    kept = turn.practise()
    trainer = turn.learn(turn.build(kept), draw)
    if trainer.progress.step < trainer.settings.steps:
        return Improved(turn.output, len(kept), trainer.stop.asked, None)
    verdict = turn.judge()
    best = turn.output / "run" / "best"
    report = EvaluationReport(
        f"{base_name(base)} before and after a round of feedback, without locks",
        hash_file(best / WEIGHTS_FILE),
        settings.test_prompts,
        settings.seed,
        verdict.rows,
    )
    report.save(turn.output / "report.json")
    if verdict.better:
        leave_checkpoint(best, turn.output / "checkpoint", turn.home, report)
    return Improved(turn.output, len(kept), False, verdict)


def _save(kept: Iterable[Candidate], folder: Path) -> None:
    """The pieces as files, by the prompts that they answer."""
    with whole_folder(folder) as part:
        for number, one in enumerate(kept):
            (part / f"{number:05d}-{one.prompt}.mid").write_bytes(one.midi_bytes)


def _pipeline(folder: Path) -> Any:
    from transformers import pipeline

    return pipeline("text-to-midi", model=str(folder))
