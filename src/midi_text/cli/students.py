"""``assess`` and ``practice``: for students and their teachers."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..facts_midi_text import measure_facts
from ..score_midi_text import read_score, write_score
from .options import at_least_one, seed
from .output import Output, facts_line, table
from .workshop import require


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    assess = commands.add_parser("assess", parents=[every], help="a performance beside its reference")
    assess.add_argument("reference", type=Path, metavar="REFERENCE.mid", help="the piece as it should be")
    assess.add_argument("performance", type=Path, metavar="PERFORMANCE.mid", help="the piece as it was played")
    assess.add_argument("--picture", type=Path, metavar="FILE", help="draw it: .png, .svg or .pdf")
    assess.set_defaults(run=run_assess)

    practice = commands.add_parser("practice", parents=[every], help="words become an exercise that is what was asked")
    practice.add_argument("prompt", metavar="PROMPT", help='such as "dotted rhythms in G major, left hand, easy"')
    practice.add_argument("-o", "--output", type=Path, default=Path("exercise.mid"), metavar="FILE.mid")
    practice.add_argument("--count", type=at_least_one, default=1, help="so many; the files are numbered [1]")
    practice.add_argument("--seed", type=seed, default=0, help="for other exercises [0]")
    practice.set_defaults(run=run_practice)


def run_assess(args: argparse.Namespace, out: Output) -> int:
    """Compares a performance with its reference."""
    require("study", "parangonar", *(("matplotlib",) if args.picture else ()))
    from ..study.advice import advise
    from ..study.assess import assess
    from ..study.picture import draw_assessment

    reference, performance = read_score(args.reference).score, read_score(args.performance).score
    made = assess(reference, performance)
    text = advise(made, measure_facts(reference).key)
    if args.picture is not None:
        draw_assessment(made, reference, args.picture)
    rows: list[tuple[str, ...]] = [("bar", "notes", "right", "wrong", "missing", "extra")]
    rows += [
        tuple(map(str, (b.bar + 1, b.expected, b.right, b.wrong, b.missing, b.extra)))
        for b in made.bars
        if b.right < b.expected or b.extra
    ]
    shown = f"{text}\n{table(rows)}" if len(rows) > 1 else text
    if args.picture is not None:
        shown += f"\n  {args.picture}"
    out.item(
        {"reference": str(args.reference), "performance": str(args.performance), "advice": text, **asdict(made)}, shown
    )
    return 0


def run_practice(args: argparse.Namespace, out: Output) -> int:
    """Writes exercises."""
    from ..study.exercises import write_exercise

    for number in range(args.count):
        made = write_exercise(args.prompt, args.seed + number)
        path = args.output
        if args.count > 1:
            path = path.with_name(f"{path.stem}-{number + 1}{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_score(made.score, path)
        rows = [("", "asked", "measured", "met")]
        rows += [(row.fact, row.asked, row.measured, "yes") for row in made.agreement]
        text = f"{path}: {facts_line(made.facts)}; {made.hand} hand{'s' * (made.hand == 'both')}, {made.level}"
        values: dict[str, Any] = {"midi": str(path), "prompt": made.prompt, "hand": made.hand, "level": made.level}
        values["agreement"] = [asdict(row) for row in made.agreement]
        out.item(values, f"{text}\n{table(rows)}" if made.agreement else text)
    return 0
