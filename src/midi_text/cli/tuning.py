"""``finetune`` and ``improve``: a checkpoint learns from one's own music, or from the best of what it wrote itself."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..feedback.settings import ImproveSettings
from .options import PRETRAINED, at_least_one, seed
from .output import Output, table
from .settings import add_settings, settings_of
from .workshop import INTERRUPTED, add_terms, require, sample_drawing, terms_of

LORA_RANK = 16
_SHOWN = ("before/met", "after/met", "before/musicality/valid", "after/musicality/valid")


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    tune = commands.add_parser("finetune", parents=[every], help="a checkpoint learns from your own music")
    tune.add_argument("source", metavar="FOLDER", help="MIDI files, with or without words and labels beside them")
    tune.add_argument("-o", "--output", type=Path, required=True, metavar="CHECKPOINT", help="the folder to make")
    tune.add_argument(
        "--model", default=str(PRETRAINED), metavar="PATH_OR_ID", help="what to start from [the embedded]"
    )
    tune.add_argument("--data", metavar="DATA", help="what build made of the base's music: rows of it are rehearsed")
    tune.add_argument("--known-rows", type=float, default=1.0, help="so many of them for each of yours [1]")
    tune.add_argument(
        "--lora",
        nargs="?",
        type=at_least_one,
        const=LORA_RANK,
        default=0,
        metavar="RANK",
        help=f"train adapters of this rank, not all weights [{LORA_RANK}]",
    )
    tune.add_argument("--steps", type=at_least_one, default=200, help="optimisation steps [200]")
    tune.add_argument("--learning-rate", type=float, help="[0.0003; 0.003 for adapters]")
    tune.add_argument("--events-per-batch", type=at_least_one, default=4096, help="[4096]")
    tune.add_argument("--held-out", type=float, default=0.1, help="share of your works that is only measured [0.1]")
    tune.add_argument("--resume", action="store_true", help="go on where it was stopped")
    tune.add_argument("--max-seconds", type=float, help="save and end after this long")
    tune.add_argument("--num-proc", type=at_least_one, default=1, help="processes that read files [1]")
    tune.add_argument("--seed", type=seed, default=0, help="of everything drawn [0]")
    add_terms(tune)
    tune.set_defaults(run=run_finetune)

    better = commands.add_parser("improve", parents=[every], help="a checkpoint learns from the best of its own pieces")
    better.add_argument("checkpoint", metavar="CHECKPOINT", help="a folder or a name on the Hub")
    better.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the round's folder, to make or go on with"
    )
    better.add_argument("--data", metavar="DATA", help="what build made of real music: mixed in, and not to be copied")
    add_settings(better, ImproveSettings)
    better.set_defaults(run=run_improve)


def run_finetune(args: argparse.Namespace, out: Output) -> int:
    """Fine-tunes."""
    require("finetune", "accelerate", "pyarrow", "datasets", *(("peft",) if args.lora else ()))
    from ..training.finetune import FinetuneSettings, finetune

    settings = FinetuneSettings(
        lora_rank=args.lora,
        learning_rate=args.learning_rate,
        steps=args.steps,
        events_per_batch=args.events_per_batch,
        held_out=args.held_out,
        known_rows=args.known_rows,
        max_seconds=args.max_seconds,
        num_proc=args.num_proc,
        seed=args.seed,
    )
    made = finetune(
        args.source,
        args.output,
        args.model,
        settings,
        terms=terms_of(args),
        known=args.data,
        resume=args.resume,
        draw=sample_drawing(),
    )
    values = {"output": str(made.output), "step": made.step, "done": made.report is not None}
    left_out = sum(made.manifest.failures.values())
    if made.report is None:
        out.item(values, f"{made.output}: step {made.step} of {args.steps}; saved; go on with --resume")
        return INTERRUPTED if made.stopped else 0
    before, after = (made.report.value(f"bits_per_note/{name}") for name in ("before", "after"))
    better = "" if after < before else "; it learned nothing from this music: take more steps or more pieces"
    text = (
        f"{made.output}: {made.step} steps on {made.manifest.splits['train']} excerpts, {left_out} files left out; "
        f"held-out music of yours costs {after:.2f} bits a note, before {before:.2f}{better}"
    )
    out.item({**values, "left_out": dict(made.manifest.failures), "before": before, "after": after}, text)
    return 0


def run_improve(args: argparse.Namespace, out: Output) -> int:
    """Runs a round of feedback; 1 where the model did not become better."""
    require("train", "accelerate", "pyarrow", "datasets")
    from ..feedback.improve import improve

    settings = settings_of(args, ImproveSettings)
    made = improve(args.checkpoint, args.output, settings, data=args.data, draw=sample_drawing())
    values = {"output": str(made.output), "kept": made.kept, "done": made.verdict is not None}
    if made.verdict is None:
        out.item(values, f"{made.output}: saved; give the same command again to go on")
        return INTERRUPTED if made.stopped else 0
    rows = [
        row for row in made.verdict.rows if row.metric.split("/")[0] in ("gain", "diversity") or row.metric in _SHOWN
    ]
    cells = [("measure", "value"), *((row.metric, f"{row.value:.3f}") for row in rows)]
    home = made.output / "checkpoint" if made.verdict.better else made.output / "run" / "best"
    said = "better" if made.verdict.better else f"not called better: {'; '.join(made.verdict.reasons)}"
    values |= {"better": made.verdict.better, "reasons": list(made.verdict.reasons), "checkpoint": str(home)}
    values["rows"] = {row.metric: row.value for row in made.verdict.rows}
    out.item(values, f"{table(cells)}\n  {home}: learned from {made.kept} pieces; {said}")
    return 0 if made.verdict.better else 1
