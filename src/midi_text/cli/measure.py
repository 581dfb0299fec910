"""``evaluate`` and ``bench``: what a checkpoint or anybody's files can do, and how fast a checkpoint composes here.

The measurements are those of the evaluation modules; here they get their prompts, their held-out music and one report
for all, in which a row is called ``part/metric``. It is one of the three papers that ``export`` needs.

A part is an entry of `PARTS`. Those that answer prompts ("adherence" and "own_share", this model with and without
locks; "template", rules; "human" and "shuffled", held-out human pieces to their own and to other prompts) leave their
MIDI in ``--results/PART`` and are scored from there by the code that scores foreign files, so that a table compares
like with like; stopped, they go on where they ended. ``--midi-dir`` scores such a folder, and loads no model.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..evaluation.answers import System, evaluate_answers, write_answers
from ..evaluation.gold import Prompt, gold_of
from ..evaluation.likelihood import Excerpt, evaluate_likelihood
from ..evaluation.musicality.built import built_events
from ..evaluation.musicality.novelty import NoveltyIndex
from ..evaluation.prompt_files import READ, PromptSet, load_fact_prompts, load_prompts
from ..evaluation.speed import PROMPT, evaluate_speed
from ..evaluation.systems import Humans, Model, Template
from ..evaluation.truth import evaluate_truth
from ..events_midi_text import EventVocabulary
from ..prompt_midi_text import read_prompt
from ..records import EvaluationReport, Measurement, hash_file
from ..score_midi_text import write_score
from .options import WEIGHTS, at_least_one, load_pipeline, model_options, seed
from .output import Output, say, table
from .reports import page_path, write_page
from .workshop import require


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    model = model_options()
    evaluate = commands.add_parser("evaluate", parents=[model, every], help="measure a checkpoint, or anybody's files")
    evaluate.add_argument(
        "--midi-dir", type=Path, metavar="DIR", help="score these answers to the prompts; no model is loaded"
    )
    evaluate.add_argument("--prompts", metavar="FILE", help="ours, MidiCaps' JSON lines, or a text [FactPrompts]")
    evaluate.add_argument("--limit", type=at_least_one, help="so many of the prompts, evenly spread [all]")
    evaluate.add_argument("--num-proc", type=at_least_one, default=1, help="processes that score files [1]")
    evaluate.add_argument(
        "--data", metavar="DATA", help="a folder that build wrote: held-out music, and what might be copied"
    )
    needing = ", ".join(name for name, part in PARTS.items() if part.of_data)
    evaluate.add_argument(
        "--parts", type=_parts, metavar="A,B", help=f"of {', '.join(PARTS)} [all; {needing} need --data]"
    )
    evaluate.add_argument("--excerpts", type=at_least_one, default=500, help="excerpts of held-out music [500]")
    evaluate.add_argument("--batch-size", type=at_least_one, default=16, help="prompts or excerpts together [16]")
    evaluate.add_argument("--seed", type=seed, default=0, help="of sampling [0]")
    evaluate.add_argument("--results", type=Path, metavar="DIR", help="answers go there; stopped, it goes on")
    evaluate.add_argument("-o", "--output", type=Path, metavar="REPORT.json", help="where to save the report")
    evaluate.add_argument(
        "--page", type=page_path, metavar="PAGE.html", help="the report as a page, see midi-text report"
    )
    evaluate.set_defaults(run=run_evaluate, usage_error=evaluate.error)

    bench = commands.add_parser("bench", parents=[model, every], help="measure how fast it composes here")
    bench.add_argument("prompt", nargs="?", default=PROMPT, metavar="PROMPT", help=f"[{PROMPT}]")
    bench.add_argument("--batch-size", type=at_least_one, default=1, help="prompts written together [1]")
    bench.add_argument("--runs", type=at_least_one, default=5, help="timed calls; medians are told [5]")
    bench.set_defaults(run=run_bench)


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"must be some of {', '.join(PARTS)}; got {text!r}")
    return parts


def run_bench(args: argparse.Namespace, out: Output) -> int:
    """Times compositions."""
    pipe = load_pipeline("text-to-midi", args.model, args.device)
    report = evaluate_speed(
        pipe,
        prompts=(args.prompt,),
        batch_sizes=(args.batch_size,),
        runs=args.runs,
        checkpoint_hash=_checkpoint_hash(pipe),
    )
    out.item({"prompt": args.prompt, **report.to_dict()}, f"{args.prompt}\n{_report_table(report.rows)}")
    return 0


def run_evaluate(args: argparse.Namespace, out: Output) -> int:
    """Measures a folder of answers, or a checkpoint part by part."""
    of_data = [name for name, part in PARTS.items() if part.of_data]
    if args.data is None and set(args.parts or ()) & set(of_data):
        args.usage_error(f"{' and '.join(of_data)} need --data DATA")
    if args.midi_dir is not None and (args.parts or args.model):
        args.usage_error("--midi-dir scores files as they are; it goes without --parts and --model")
    if args.data is not None:
        require("train", "pyarrow")
    for folder in (args.results, args.output and args.output.parent, args.page and args.page.parent):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    prompts = (load_prompts(args.prompts) if args.prompts else load_fact_prompts()).first(args.limit)
    say(f"{prompts.name}: {len(prompts.prompts)} prompts, hash {prompts.hash[:12]}; gold {prompts.gold}")
    bench = _Bench(args, prompts)
    if args.midi_dir is not None:
        name = f"answers to {prompts.name}, gold {prompts.gold}"
        report = evaluate_answers(
            args.midi_dir, prompts.prompts, name=name, num_proc=args.num_proc, seed=args.seed, index=bench.index
        )
    else:
        measured = {}
        for part in args.parts or [name for name in PARTS if args.data is not None or name not in of_data]:
            say(f"measuring {part}")
            measured[part] = PARTS[part].measure(bench, part)
        report = _together(measured, bench.checkpoint if "pipe" in vars(bench) else "", args.seed)
    if args.output is not None:
        report.save(args.output)
    if args.page is not None:
        write_page(report, args.page, args.midi_dir or args.results, args.prompts, args.num_proc)
    out.item(report.to_dict(), _report_table(report.rows))
    return 0


class _Bench:
    """What the parts share, each made when a part first needs it."""

    def __init__(self, args: argparse.Namespace, prompts: PromptSet):
        self.args, self.prompts = args, prompts

    @cached_property
    def pipe(self) -> Any:
        """The text-to-midi pipeline of the checkpoint."""
        return load_pipeline("text-to-midi", self.args.model, self.args.device)

    @cached_property
    def checkpoint(self) -> str:
        """The hash of its weights."""
        return _checkpoint_hash(self.pipe)

    @cached_property
    def index(self) -> NoveltyIndex | None:
        """What training music sounds like, to find copies of it; None without ``--data``."""
        if self.args.data is None:
            return None
        return NoveltyIndex.build(built_events(self.args.data, "train"), EventVocabulary().names)

    @cached_property
    def held_out(self) -> list[Any]:
        """Rows of the test split, evenly spread over it, so that every source has its share."""
        from ..data.batches import ExampleTable

        rows = ExampleTable(self.args.data, "test")
        taken = min(self.args.excerpts, len(rows))
        return [rows[number * len(rows) // taken] for number in range(taken)]

    @cached_property
    def excerpts(self) -> list[Excerpt]:
        """The same, each with a prompt that is true of it."""
        return [_excerpt(row, random.Random(f"{self.args.seed}:{i}")) for i, row in enumerate(self.held_out)]

    @cached_property
    def scores(self) -> list[Any]:
        """The same as scores."""
        offset = self.pipe.processor.tokenizer.music_offset
        return [self.pipe.processor.decode_score((row.events.astype(int) + offset).tolist()) for row in self.held_out]

    @cached_property
    def own_prompts(self) -> PromptSet:
        """The prompts that were written about the held-out pieces."""
        texts = [excerpt.prompt for excerpt in self.excerpts]
        prompts = tuple(Prompt(f"test-{i:04d}", text, gold_of(read_prompt(text))) for i, text in enumerate(texts))
        return PromptSet("prompts about held-out pieces", prompts, READ)

    def human(self, shuffled: bool) -> Humans:
        """The held-out pieces as a system."""
        pieces = zip(self.own_prompts.prompts, self.scores, strict=True)
        return Humans({prompt.id: write_score(score) for prompt, score in pieces}, shuffled)

    def answered(self, part: str, system: System, prompts: PromptSet, checkpoint: str = "") -> EvaluationReport:
        """Lets a system answer, and scores its folder."""
        args = self.args
        with tempfile.TemporaryDirectory() as scratch:
            folder = args.results / part if args.results else Path(scratch)
            asked = prompts.prompts
            write_answers(system, asked, folder, batch_size=args.batch_size, seed=args.seed, checkpoint_hash=checkpoint)
            return evaluate_answers(
                folder,
                asked,
                name=part,
                num_proc=args.num_proc,
                seed=args.seed,
                checkpoint_hash=checkpoint,
                index=self.index,
            )


def _model(bench: _Bench, part: str) -> EvaluationReport:
    system = Model(bench.pipe, locks=part == "adherence")
    return bench.answered(part, system, bench.prompts, bench.checkpoint)


def _likelihood(bench: _Bench, part: str) -> EvaluationReport:
    pipe, events = bench.pipe, _training_events(bench.args.data)
    return evaluate_likelihood(pipe.model, pipe.processor, bench.excerpts, events, checkpoint_hash=bench.checkpoint)


def _caption_truth(bench: _Bench, part: str) -> EvaluationReport:
    args = bench.args
    describe = load_pipeline("midi-to-text", args.model, args.device)
    return evaluate_truth(
        describe, bench.scores, batch_size=args.batch_size, seed=args.seed, checkpoint_hash=bench.checkpoint
    )


@dataclass(frozen=True)
class Part:
    """One part of an evaluation: what measures it, and whether it needs ``--data``."""

    measure: Callable[[_Bench, str], EvaluationReport]
    of_data: bool = False


PARTS: dict[str, Part] = {
    "adherence": Part(_model),
    "own_share": Part(_model),
    "template": Part(lambda bench, part: bench.answered(part, Template(), bench.prompts)),
    "human": Part(lambda bench, part: bench.answered(part, bench.human(False), bench.own_prompts), of_data=True),
    "shuffled": Part(lambda bench, part: bench.answered(part, bench.human(True), bench.own_prompts), of_data=True),
    "likelihood": Part(_likelihood, of_data=True),
    "truth": Part(_caption_truth, of_data=True),
}


def _excerpt(row: Any, rng: random.Random) -> Excerpt:
    from ..data.captions import write_prompt

    return Excerpt(
        row.source, row.events, write_prompt(row.facts, row.labels, rng, analysis=row.analysis), row.facts.notes
    )


def _training_events(data: str) -> Iterator[Any]:
    from ..data.batches import ExampleTable

    rows = ExampleTable(data, "train")
    return (rows[number].events for number in range(len(rows)))


def _together(measured: dict[str, EvaluationReport], checkpoint: str, seed: int) -> EvaluationReport:
    """The parts as one report: what each counted comes first, then its rows."""
    rows: list[Measurement] = []
    for part, report in measured.items():
        rows.append(Measurement(f"{part}/examples", float(report.examples), None, None))
        rows += [Measurement(f"{part}/{row.metric}", row.value, row.low, row.high) for row in report.rows]
    examples = sum(report.examples for report in measured.values())
    return EvaluationReport(" + ".join(measured), checkpoint, examples, seed, tuple(rows))


def _checkpoint_hash(pipe: Any) -> str:
    """SHA-256 of the weights, wherever they came from."""
    from transformers.utils import cached_file

    return hash_file(cached_file(pipe.model.name_or_path, WEIGHTS))


def _report_table(rows: Sequence[Measurement]) -> str:
    """A report for people."""
    cells = [("measure", "value", "95 % interval")]
    for row in rows:
        known = row.low is not None and row.high is not None
        cells.append((row.metric, f"{row.value:,.4g}", f"{row.low:,.4g} to {row.high:,.4g}" if known else ""))
    return table(cells)
