"""``train-baseline``, ``compose-baseline`` and ``evaluate-baseline``: the classic systems beside ours.

They learn from the folder that ``train`` learns from and are scored on the excerpts that ``evaluate`` scores, so their
figures can stand in one table; what each one's bits do and do not count is said with them.
"""

from __future__ import annotations

import argparse
import dataclasses
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..baselines import KINDS, Baseline, load
from ..baselines.settings import BaselineSettings
from ..evaluation.likelihood import Bigram, system_rows
from ..records import WEIGHTS_FILE, EvaluationReport, Measurement, hash_file
from ..score_midi_text import read_score, write_score
from .options import at_least_one, seed
from .output import Output, say, table
from .settings import add_settings, settings_of
from .workshop import INTERRUPTED, require

if TYPE_CHECKING:
    from ..baselines.corpus import Row


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    train = commands.add_parser("train-baseline", parents=[every], help="examples become an ancestor's weights")
    train.add_argument("data", metavar="DATA", help="a folder that build wrote")
    train.add_argument("output", metavar="OUTPUT", help="the run's folder; the best weights come to OUTPUT/best")
    train.add_argument("--kind", choices=KINDS, required=True, help="which ancestor")
    train.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    train.add_argument("--max-seconds", type=float, help="save and end after this long")
    add_settings(train, BaselineSettings, without=["kind"])
    train.set_defaults(run=run_train)

    compose = commands.add_parser("compose-baseline", parents=[every], help="an ancestor writes a piece")
    compose.add_argument("baseline", metavar="BASELINE", help="a folder with an ancestor's weights")
    compose.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mid")
    start = compose.add_mutually_exclusive_group()
    start.add_argument("--start", metavar="SONG.mid", help="music to go on from")
    start.add_argument("--data", metavar="DATA", help="draw the start from its test split")
    compose.add_argument("--start-notes", type=at_least_one, default=32, help="notes of a start that is drawn [32]")
    compose.add_argument("--notes", type=at_least_one, default=200, help="at most so many new notes [200]")
    compose.add_argument("--temperature", type=float, default=1.0, help="above 1 bolder, below 1 safer [1]")
    compose.add_argument("--mode", choices=("model", "average"), help="of the LSTM: whose steps and durations")
    compose.add_argument("--seed", type=seed, help="for the same result again")
    compose.set_defaults(run=run_compose, usage_error=compose.error)

    evaluate = commands.add_parser("evaluate-baseline", parents=[every], help="bits per note of ancestors, by source")
    evaluate.add_argument("data", metavar="DATA", help="a folder that build wrote; its test split is held-out music")
    evaluate.add_argument("baselines", nargs="+", metavar="BASELINE", help="folders with ancestors' weights")
    evaluate.add_argument("--excerpts", type=at_least_one, default=500, help="excerpts of held-out music [500]")
    evaluate.add_argument("-o", "--output", type=Path, metavar="REPORT.json", help="where to save the report")
    evaluate.set_defaults(run=run_evaluate)


def run_train(args: argparse.Namespace, out: Output) -> int:
    """Trains an ancestor."""
    require("train", "accelerate", "pyarrow")
    from ..baselines.training import BaselineTrainer

    settings = settings_of(args, BaselineSettings)
    trainer = BaselineTrainer(args.data, args.output, settings)
    record = trainer.run(args.resume, args.max_seconds)
    step, done = trainer.progress.step, trainer.progress.step >= settings.steps
    if trainer.accelerator.is_main_process:
        best = f"best at step {record.best_step}, {record.bits_per_note:.3f} bits per note" if record else "no best yet"
        more = "" if done else "\n  saved; go on with --resume"
        out.item(
            {"folder": args.output, "step": step, "done": done, "record": record and record.to_dict()},
            f"{args.output}: step {step} of {settings.steps}; {best} ({trainer.model.bits_are}){more}",
        )
    return INTERRUPTED if trainer.stop.asked else 0


def run_compose(args: argparse.Namespace, out: Output) -> int:
    """Writes one piece."""
    model = load(args.baseline)
    if args.mode is not None and model.kind != "lstm":
        args.usage_error(f"--mode is for the LSTM; {args.baseline} holds the {model.kind}")
    drawn = secrets.randbelow(2**31) if args.seed is None else args.seed
    start = read_score(args.start).score if args.start else None
    if args.data:
        require("train", "pyarrow")
        start = _drawn_start(model, args.data, args.start_notes, drawn)
    options = {} if args.mode is None else {"mode": args.mode}
    score = model.generate_score(seed=drawn, notes=args.notes, start=start, temperature=args.temperature, **options)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_score(score, args.output)
    count = score.note_num()
    text = f"{args.output}: {count} notes by the {model.kind}, seed {drawn}"
    out.item({"midi": str(args.output), "kind": model.kind, "notes": count, "seed": drawn}, text)
    return 0


def _drawn_start(model: Baseline, data: str, notes: int, drawn: int) -> Any:
    """The first notes of a held-out excerpt that has so many pitched ones."""
    from ..baselines.corpus import MusicTable

    rows = MusicTable(data, "test")
    for index in np.random.default_rng(drawn).permutation(len(rows)).tolist():
        names = [model.vocabulary.names[event] for event in rows[index].events]
        said = [i for i, name in enumerate(names) if name.startswith("Pitch_")]
        if len(said) >= notes:
            return model.vocabulary.decode(names[: said[notes - 1] + 3])  # its velocity and duration too
    raise ValueError(f"{data} must have a test excerpt of {notes} pitched notes; take a lower --start-notes")


def run_evaluate(args: argparse.Namespace, out: Output) -> int:
    """Counts the bits that held-out music costs ancestors, beside the bigram on the same excerpts."""
    require("train", "pyarrow")
    from ..baselines.corpus import MusicTable

    models = [load(path) for path in args.baselines]
    excerpts = MusicTable(args.data, "test").spread(args.excerpts)
    training = MusicTable(args.data, "train")
    say("counting pairs of events")
    bigram = Bigram.fit((training[i].events for i in range(len(training))), len(models[0].vocabulary.names))
    all_notes = np.array([row.notes for row in excerpts])
    rows = _rows("bigram", np.array([bigram.bits(row.events) for row in excerpts]), all_notes, excerpts)
    for path, model in zip(args.baselines, models, strict=True):
        say(f"measuring {path}: {model.bits_are}")
        rows += _rows(model.kind, model.bits_per_note(excerpts), model.notes_counted(excerpts), excerpts)
    hashes = "+".join(hash_file(Path(path) / WEIGHTS_FILE) for path in args.baselines)
    report = EvaluationReport("baselines", hashes, len(excerpts), 0, tuple(rows))
    if args.output is not None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        report.save(args.output)
    cells = [("measure", "value", "95 % interval")]
    cells += [(r.metric, f"{r.value:.3f}", "" if r.low is None else f"{r.low:.3f} to {r.high:.3f}") for r in rows]
    notes = "\n".join(f"  {model.kind}: {model.bits_are}" for model in models)
    out.item(report.to_dict(), f"{table(cells)}\n{notes}")
    return 0


def _rows(system: str, bits: np.ndarray, notes: np.ndarray, excerpts: Sequence[Row]) -> list[Measurement]:
    rows = system_rows(system, [row.source for row in excerpts], notes, bits)
    return [dataclasses.replace(row, metric=f"baselines/{row.metric}") for row in rows]
