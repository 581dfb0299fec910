"""``evaluate`` and ``bench``: what a checkpoint can do, and how fast it does it here.

The measurements are those of the evaluation modules; here they get their prompts, their held-out music and one report
for all, in which a row is called ``part/metric``. It is one of the three papers that ``export`` needs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.adherence import evaluate_adherence, grid_prompts
from ..evaluation.likelihood import Excerpt, evaluate_likelihood
from ..evaluation.speed import PROMPT, evaluate_speed
from ..evaluation.truth import evaluate_truth
from ..records import EvaluationReport, Measurement, hash_file
from .options import WEIGHTS, at_least_one, load_pipeline, model_options, seed
from .output import Output, say, table
from .workshop import require

PARTS = ("adherence", "own_share", "likelihood", "truth")
_OF_DATA = ("likelihood", "truth")


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    model = model_options()
    evaluate = commands.add_parser("evaluate", parents=[model, every], help="measure what a checkpoint can do")
    evaluate.add_argument("--data", metavar="DATA", help="a folder that build wrote; its test split is held-out music")
    evaluate.add_argument(
        "--parts",
        type=_parts,
        metavar="A,B",
        help=f"of {', '.join(PARTS)} (own_share: adherence without locks) [all; the last two need --data]",
    )
    evaluate.add_argument("--prompts", type=at_least_one, default=500, help="prompts of the grid [500]")
    evaluate.add_argument("--excerpts", type=at_least_one, default=500, help="excerpts of held-out music [500]")
    evaluate.add_argument("--batch-size", type=at_least_one, default=16, help="prompts or excerpts together [16]")
    evaluate.add_argument("--seed", type=seed, default=0, help="of prompts and sampling [0]")
    evaluate.add_argument("--results", type=Path, metavar="DIR", help="a line a prompt goes there; stopped, goes on")
    evaluate.add_argument("-o", "--output", type=Path, metavar="REPORT.json", help="where to save the report")
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
    """Measures a checkpoint, part by part."""
    if args.data is None and set(args.parts or ()) & set(_OF_DATA):
        args.usage_error(f"{' and '.join(_OF_DATA)} need --data DATA")
    parts = args.parts or [part for part in PARTS if args.data is not None or part not in _OF_DATA]
    if args.data is not None:
        require("train", "pyarrow")
    for folder in (args.results, args.output and args.output.parent):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    pipe = load_pipeline("text-to-midi", args.model, args.device)
    checkpoint = _checkpoint_hash(pipe)
    measured = {}
    for part in parts:
        say(f"measuring {part}")
        measured[part] = _measure(part, args, pipe, checkpoint)
    report = _together(measured, checkpoint, args.seed)
    if args.output is not None:
        report.save(args.output)
    out.item(report.to_dict(), _report_table(report.rows))
    return 0


def _measure(part: str, args: argparse.Namespace, pipe: Any, checkpoint: str) -> EvaluationReport:
    """One part's report."""
    if part in ("adherence", "own_share"):
        return evaluate_adherence(
            pipe,
            grid_prompts(args.prompts, args.seed),
            batch_size=args.batch_size,
            locks=part == "adherence",
            seed=args.seed,
            results=args.results and args.results / f"{part}.jsonl",
            checkpoint_hash=checkpoint,
        )
    held_out = list(_held_out(args.data, args.excerpts))
    if part == "likelihood":
        excerpts = [_excerpt(row, random.Random(f"{args.seed}:{number}")) for number, row in enumerate(held_out)]
        return evaluate_likelihood(
            pipe.model, pipe.processor, excerpts, _training_events(args.data), checkpoint_hash=checkpoint
        )
    offset = pipe.processor.tokenizer.music_offset
    scores = [pipe.processor.decode_score((row.events.astype(int) + offset).tolist()) for row in held_out]
    describe = load_pipeline("midi-to-text", args.model, args.device)
    return evaluate_truth(describe, scores, batch_size=args.batch_size, seed=args.seed, checkpoint_hash=checkpoint)


def _held_out(data: str, count: int) -> Iterator[Any]:
    """Rows of the test split, evenly spread over it, so that every source has its share."""
    from ..data.batches import ExampleTable

    rows = ExampleTable(data, "test")
    taken = min(count, len(rows))
    return (rows[number * len(rows) // taken] for number in range(taken))


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
