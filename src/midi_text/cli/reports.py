"""``report``: an evaluation as a page for people, and as ``docs/results.md``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..records import EvaluationReport, Papers
from ..reports.gallery import SHOWN, find_answers_of
from ..reports.pages import SUFFIXES, page, results, write
from ..reports.tables import rows_by_name
from .options import at_least_one
from .output import Output, say
from .workshop import require


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the command to a parser's subcommands; ``every`` holds the options that all commands share."""
    report = commands.add_parser("report", parents=[every], help="an evaluation as a page: tables, plots, piano rolls")
    report.add_argument(
        "source", type=Path, metavar="REPORT.json", help="a report, or the checkpoint's folder it is in"
    )
    report.add_argument("--results", type=Path, metavar="DIR", help="the answers that evaluate left, to draw some")
    report.add_argument("--prompts", metavar="FILE", help="what they answer [FactPrompts]")
    report.add_argument("--num-proc", type=at_least_one, default=1, help="processes that score files [1]")
    report.add_argument(
        "-o", "--output", type=page_path, required=True, metavar="PAGE", help=f"{' or '.join(SUFFIXES)}, by its ending"
    )
    report.set_defaults(run=run_report, usage_error=report.error)


def page_path(text: str) -> Path:
    """The name of a page."""
    return _ending(text, SUFFIXES)


def html_path(text: str) -> Path:
    """The name of a page in HTML."""
    return _ending(text, SUFFIXES[:1])


def _ending(text: str, suffixes: Sequence[str]) -> Path:
    path = Path(text)
    if path.suffix.lower() not in suffixes:
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(suffixes)}; got {text!r}")
    return path


def run_report(args: argparse.Namespace, out: Output) -> int:
    """Writes a page."""
    args.output.parent.mkdir(parents=True, exist_ok=True)
    if args.output.suffix.lower() == ".md":
        if not args.source.is_dir() or args.results is not None:
            args.usage_error("Markdown tells of a checkpoint: name its folder, with the three papers, and no --results")
        write(results(Papers.of_checkpoint(args.source)), args.output)
    else:
        folder = args.source.is_dir()
        report = Papers.of_checkpoint(args.source).report if folder else EvaluationReport.load(args.source)
        write_page(report, args.output, args.results, args.prompts, args.num_proc)
    out.item({"page": str(args.output)}, str(args.output))
    return 0


def write_page(
    report: EvaluationReport, path: Path, answers: Path | None, prompts: str | None = None, num_proc: int = 1
) -> None:
    """Writes a report as HTML.

    Args:
        report: The report.
        path: Where to.
        answers: The folder that ``evaluate --results`` filled, or ``--midi-dir`` named; None for no pictures.
        prompts: What they answer, a file; None: FactPrompts.
        num_proc: Processes that score files.
    """
    drawn = None
    if answers is not None and {f"{part}/examples" for part in SHOWN} & set(rows_by_name(report)):
        require("eval", "matplotlib")
        drawn = find_answers_of(report, answers, prompts, num_proc)
    else:
        say("the page has no pictures: they are of answers to prompts that --results names")
    write(page(report, drawn), path)
