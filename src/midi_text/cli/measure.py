"""``evaluate`` and ``bench``: what a checkpoint or anybody's files can do, and how fast a checkpoint composes here.

The measurements are those of the evaluation modules; `parts` lists them, `bench` holds what they share, and here they
get their words and one report for all, in which a row is called ``part/metric``. It is one of the three papers that
``export`` needs. ``--midi-dir`` scores a folder of anybody's answers, and loads no model; ``--quick`` measures a little
of the checkpoint and holds it to bounds.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..evaluation import quick
from ..evaluation.answers import evaluate_answers
from ..evaluation.likelihood import SYSTEMS
from ..evaluation.prompt_files import load_fact_prompts, load_prompts
from ..evaluation.speed import PROMPT, evaluate_speed
from ..records import EvaluationReport, Measurement
from .bench import Bench, checkpoint_hash
from .options import at_least_one, load_pipeline, model_options, seed
from .output import Output, say, table
from .parts import PARTS, measure_parts
from .reports import html_path, write_page
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
    evaluate.add_argument("--num-proc", type=at_least_one, default=1, help="processes that answer and score [1]")
    evaluate.add_argument(
        "--data", metavar="DATA", help="a folder that build wrote: held-out music, and what might be copied"
    )
    needing = ", ".join(name for name, part in PARTS.items() if part.of_data)
    evaluate.add_argument(
        "--parts", type=_parts, metavar="A,B", help=f"of {', '.join(PARTS)} [all; {needing} need --data]"
    )
    evaluate.add_argument("--excerpts", type=at_least_one, default=500, help="excerpts of held-out music [500]")
    evaluate.add_argument("--pairs", type=at_least_one, default=1000, help="held-out pairs for retrieval [1000]")
    evaluate.add_argument("--trips", type=at_least_one, default=100, help="round trips each way, refined pieces [100]")
    evaluate.add_argument(
        "--ancestor", type=_ancestor, action="append", default=[], metavar="NAME=FOLDER",
        help="a trained baseline with a row of its own in likelihood; more than once for more"
    )  # fmt: skip
    evaluate.add_argument("--batch-size", type=at_least_one, default=16, help="prompts or excerpts together [16]")
    evaluate.add_argument("--max-new-tokens", type=at_least_one, help="of each answer [as many as the model writes]")
    evaluate.add_argument("--seed", type=seed, default=0, help="of sampling [0]")
    evaluate.add_argument("--results", type=Path, metavar="DIR", help="answers go there; stopped, it goes on")
    evaluate.add_argument("-o", "--output", type=Path, metavar="REPORT.json", help="where to save the report")
    evaluate.add_argument("--page", type=html_path, metavar="PAGE.html", help="the same as a page, see report")
    fast = evaluate.add_mutually_exclusive_group()
    fast.add_argument("--quick", action="store_true", help="a few minutes, held to bounds; fails if one is missed")
    fast.add_argument("--set-bounds", action="store_true", help="the same, but move the bounds to this checkpoint")
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


def _ancestor(text: str) -> tuple[str, str]:
    name, _, folder = text.partition("=")
    if not name.isidentifier() or not folder or name in SYSTEMS:
        raise argparse.ArgumentTypeError(
            f"must be NAME=FOLDER, the name a word other than {', '.join(SYSTEMS)}; got {text!r}"
        )
    return name, folder


def run_bench(args: argparse.Namespace, out: Output) -> int:
    """Times compositions."""
    pipe = load_pipeline("text-to-midi", args.model, args.device)
    report = evaluate_speed(
        pipe,
        prompts=(args.prompt,),
        batch_sizes=(args.batch_size,),
        runs=args.runs,
        checkpoint_hash=checkpoint_hash(pipe),
    )
    out.item({"prompt": args.prompt, **report.to_dict()}, f"{args.prompt}\n{_report_table(report.rows)}")
    return 0


def run_evaluate(args: argparse.Namespace, out: Output) -> int:
    """Measures a folder of answers, or a checkpoint part by part."""
    if args.quick or args.set_bounds:
        return _run_quick(args, out)
    parts = _chosen_parts(args)
    if args.data is not None:
        require("train", "pyarrow")
    prompts = (load_prompts(args.prompts) if args.prompts else load_fact_prompts()).first(args.limit)
    say(f"{prompts.title}: {len(prompts.prompts)} prompts; gold {prompts.gold}")
    with Bench(args, prompts) as bench:
        report = measure_parts(bench, parts) if args.midi_dir is None else _of_files(bench)
    _save(args, report)
    out.item(report.to_dict(), _report_table(report.rows))
    return 0


def _chosen_parts(args: argparse.Namespace) -> list[str]:
    """The parts to measure: those that were named, or all that can be measured here."""
    of_data = [name for name, part in PARTS.items() if part.of_data]
    if args.data is None and set(args.parts or ()) & set(of_data):
        args.usage_error(f"{' and '.join(of_data)} need --data DATA")
    if args.midi_dir is not None and (args.parts or args.model):
        args.usage_error("--midi-dir scores files as they are; it goes without --parts and --model")
    if args.ancestor and (args.data is None or "likelihood" not in (args.parts or PARTS)):
        args.usage_error("--ancestor has a row in likelihood, which needs --data DATA")
    for name in args.parts or ():
        require("eval", *PARTS[name].modules)
    chosen = args.parts or [name for name in PARTS if args.data is not None or name not in of_data]
    there = [name for name in chosen if all(map(importlib.util.find_spec, PARTS[name].modules))]
    if left := [name for name in chosen if name not in there]:
        say(f"left out: {', '.join(left)}; pip install 'midi-text[eval]' brings what is missing")
    return there


def _of_files(bench: Bench) -> EvaluationReport:
    args, prompts = bench.args, bench.prompts
    name = f"answers to {prompts.title}, gold {prompts.gold}"
    return evaluate_answers(
        args.midi_dir, prompts.prompts, name=name, num_proc=args.num_proc, seed=args.seed, index=bench.index
    )


def _save(args: argparse.Namespace, report: EvaluationReport) -> None:
    if args.output is not None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        report.save(args.output)
    if args.page is not None:
        args.page.parent.mkdir(parents=True, exist_ok=True)
        write_page(report, args.page, args.midi_dir or args.results, args.prompts, args.num_proc)


def _run_quick(args: argparse.Namespace, out: Output) -> int:
    """Measures a little and holds it to the bounds; or moves the bounds."""
    if any((args.midi_dir, args.prompts, args.limit, args.data, args.parts, args.ancestor, args.page)):
        args.usage_error("--quick and --set-bounds measure what they measure; they go with --model and --results")
    bounds = quick.load_bounds()
    args.trips = args.batch_size = quick.PROMPTS
    args.max_new_tokens = quick.TOKENS
    with Bench(args, quick.quick_prompts()) as bench:
        report = measure_parts(bench, quick.PARTS)
    _save(args, report)
    if args.set_bounds:
        bounds = quick.measured_again(bounds, report)
        quick.save_bounds(bounds)
        say(f"the bounds in {quick.BOUNDS} are now those of checkpoint {report.checkpoint_hash[:12]}")
    missed = [bound for bound in bounds if not bound.holds(report)]
    bounded = {bound.metric: bound for bound in bounds}
    cells = [("measure", "value", "bound", "")]
    for row in report.rows:
        if row.metric in bounded or row.metric.endswith("/notes_per_second"):
            bound = bounded.get(row.metric)
            cells.append((row.metric, f"{row.value:,.4g}", str(bound or ""), "MISSED" if bound in missed else ""))
    values = {**report.to_dict(), "missed": [bound.metric for bound in missed]}
    out.item(values, table(cells))
    for bound in missed:
        say(f"{bound.metric} is {report.value(bound.metric):.4g}, must be {bound}: {bound.why}")
    if missed:
        say(f"{len(missed)} of {len(bounds)} bounds missed; if the checkpoint is meant to differ: --set-bounds")
    return 1 if missed else 0


def _report_table(rows: Sequence[Measurement]) -> str:
    """A report for people."""
    cells = [("measure", "value", "95 % interval")]
    for row in rows:
        known = row.low is not None and row.high is not None
        cells.append((row.metric, f"{row.value:,.4g}", f"{row.low:,.4g} to {row.high:,.4g}" if known else ""))
    return table(cells)
