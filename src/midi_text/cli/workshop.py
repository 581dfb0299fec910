"""``collect``, ``build``, ``train`` and ``pack``: from folders of music to weights.

What needs an extra says which before it begins.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..data.build import BuildSettings, build_dataset
from ..data.collect import collect
from ..data.processes import Runner, in_processes
from ..data.sources import Terms
from ..publishing.cards import dataset_card
from ..records import DataManifest, write_whole
from ..tokenization_midi_text import MidiTextTokenizer
from ..training.settings import TrainingSettings
from .options import at_least_one
from .output import Output, table
from .settings import add_settings, read_settings, settings_of

INTERRUPTED = 130


class MissingExtraError(RuntimeError):
    """A library that belongs to an extra is not installed; the message names the command that installs it."""


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    build = commands.add_parser("build", parents=[every], help="MIDI files become examples to learn from")
    build.add_argument(
        "source", metavar="SOURCE", help="a folder of MIDI files or of a data set, or its name on the Hub"
    )
    build.add_argument("output", metavar="OUTPUT", help="the folder to make, or to go on with")
    build.add_argument(
        "--tokenizer",
        metavar="CHECKPOINT",
        help="keep the tokenizer of this checkpoint, to train it further [learn one]",
    )
    add_terms(build)
    _add_places(build)
    add_settings(build, BuildSettings)
    build.set_defaults(run=run_build)

    collecting = commands.add_parser("collect", parents=[every], help="music and words of many sources become a corpus")
    collecting.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help='folders of MIDI or scores with notes beside them, data sets, archives with captions, or "music21:bach"',
    )
    collecting.add_argument("--output", required=True, metavar="FOLDER", help="the folder to make, or to go on with")
    add_terms(collecting)
    _add_places(collecting)
    collecting.set_defaults(run=run_collect)

    train = commands.add_parser("train", parents=[every], help="examples become weights")
    train.add_argument("data", metavar="DATA", help="a folder that build wrote")
    train.add_argument("output", metavar="OUTPUT", help="the run's folder; the best weights come to OUTPUT/best")
    train.add_argument("--settings", type=Path, metavar="FILE", help="settings as JSON or TOML; options win over it")
    train.add_argument(
        "--tasks", type=_shares, metavar="A=SHARE,B=SHARE", help='such as "contrast" or "compose=0.7,contrast=0.3"'
    )
    train.add_argument(
        "--sources", type=_shares, metavar="A=WEIGHT,B=WEIGHT", help='such as "pop909=2,polish=0.5"; others have 1'
    )
    train.add_argument(
        "--trackers", type=_names, metavar="A,B", help='such as "wandb"; "" for none [tensorboard, where installed]'
    )
    train.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    train.add_argument("--max-seconds", type=float, help="save and end after this long")
    add_settings(train, TrainingSettings)
    train.set_defaults(run=run_train)

    packing = commands.add_parser("pack", parents=[every], help="a built corpus, made small for another host")
    packing.add_argument("data", metavar="DATA", help="a folder that build wrote")
    packing.add_argument("output", metavar="OUTPUT", help="the folder to make; train takes it as it takes DATA")
    packing.set_defaults(run=run_pack)


def run_build(args: argparse.Namespace, out: Output) -> int:
    """Builds a corpus."""
    require("train", "pyarrow", "datasets")
    settings = settings_of(args, BuildSettings)
    tokenizer = MidiTextTokenizer.from_pretrained(args.tokenizer) if args.tokenizer else None
    manifest = build_dataset(
        args.source, args.output, settings, terms=terms_of(args), tokenizer=tokenizer, runner=_runner(args)
    )
    _say_built(manifest, args.output, "examples", out)
    return 0


def run_collect(args: argparse.Namespace, out: Output) -> int:
    """Collects sources into one corpus."""
    require("train", "pyarrow", "datasets")
    manifest = collect(args.sources, args.output, terms=terms_of(args), runner=_runner(args))
    _say_built(manifest, args.output, "pieces", out)
    return 0


def _say_built(manifest: DataManifest, folder: str, what: str, out: Output) -> None:
    """Leaves the card and says what was built, and why what is missing is missing."""
    card = dataset_card(manifest, repo_id=Path(folder).resolve().name)
    write_whole(Path(folder) / "README.md", card.encode())
    rows = [("source", "pieces", "notes", "hours", "licence")]
    rows += [(s.name, f"{s.pieces:,}", f"{s.notes:,}", f"{s.hours:,.1f}", s.licence) for s in manifest.sources]
    splits = ", ".join(f"{count:,} {split}" for split, count in manifest.splits.items())
    reasons = "".join(f"\n    {count:,}: {reason}" for reason, count in manifest.failures.items())
    left_out = sum(manifest.failures.values())
    text = f"{table(rows)}\n  {folder}: {what}: {splits}; left out: {left_out:,}{reasons}"
    out.item({"folder": folder, **manifest.to_dict()}, text)


def add_terms(parser: argparse.ArgumentParser) -> None:
    """Adds the options that `terms_of` reads."""
    group = parser.add_argument_group("terms", "on which music is taken")
    group.add_argument("--licence", default="", metavar="NAME", help="of pieces whose source names none")
    group.add_argument("--attribution", default="", metavar="TEXT", help="credit line of pieces without one")
    group.add_argument(
        "--licences", default="", metavar="LIST", help='those to take, such as "open" or "CC0-1.0,CC-BY-*" [all]'
    )


def terms_of(args: argparse.Namespace) -> Terms:
    """On what terms music is taken."""
    return Terms(args.licence, args.attribution, _names(args.licences))


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--num-proc", type=at_least_one, default=1, help="processes of this machine [1]")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help='work on a Ray cluster instead: "auto" for the one of this machine'
    )


def _runner(args: argparse.Namespace) -> Runner:
    """Where to work."""
    if args.cluster is None:
        return in_processes(args.num_proc)
    require("cluster", "ray")
    from ..data.cluster import ray_runner

    return ray_runner(args.cluster)


def run_train(args: argparse.Namespace, out: Output) -> int:
    """Trains, in one process or in each of those that ``accelerate launch`` starts."""
    require("train", "accelerate", "pyarrow")
    settings = settings_of(args, TrainingSettings, read_settings(args.settings) if args.settings else None)
    require("train", *(name for name in settings.trackers or () if name == "tensorboard"))
    if settings.lora_rank:
        require("finetune", "peft")
    from ..training.loop import Trainer

    trainer = Trainer(args.data, args.output, settings, sample_drawing())
    record = trainer.run(args.resume, args.max_seconds)
    done = trainer.progress.step >= settings.steps
    if os.environ.get("RANK", "0") == "0":
        best = f"best at step {record.best_step}, {record.bits_per_note:.3f} bits per note" if record else "no best yet"
        text = f"{args.output}: step {trainer.progress.step} of {settings.steps}; {best}"
        more = "" if done else "\n  saved; go on with --resume"
        out.item(
            {"folder": args.output, "step": trainer.progress.step, "done": done, "record": record and record.to_dict()},
            text + more,
        )
    return INTERRUPTED if trainer.stop.asked else 0


def sample_drawing() -> Callable[[Any, Path], None] | None:
    """What draws the samples of a run; None where nothing does that is installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from ..rendering.piano_roll import draw_piano_roll

    return draw_piano_roll


def run_pack(args: argparse.Namespace, out: Output) -> int:
    """Makes a built corpus small."""
    require("train", "pyarrow")
    from ..training.pack import pack

    size = pack(args.data, args.output)
    out.item({"output": args.output, "bytes": size}, f"{args.output}: {size / 2**20:.1f} MiB")
    return 0


def require(extra: str, *modules: str) -> None:
    """Makes sure that libraries of an extra are installed.

    Raises:
        MissingExtraError: If one is not.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"this needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed; "
            f"run: pip install 'midi-text[{extra}]'"
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _shares(text: str) -> dict[str, float]:
    """Shares by name; a name without one has 1."""
    try:
        return {name.strip(): float(share or 1) for name, _, share in (part.partition("=") for part in text.split(","))}
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f'must be names and numbers such as "compose=0.7,contrast=0.3"; got {text!r}'
        ) from error
