"""``continue``, ``infill``, ``vary`` and ``refine``: a piece and words become a changed piece.

The file that comes in is never written to. Without ``-o`` the new piece lies in the present folder, named after the old
one and the task; what lies there already stays.
"""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import Any

from ..pipeline_midi_text import Composition
from .music import GUIDANCE, composed, free_name, sound
from .options import at_least_one, load_pipeline, model_options, seed
from .output import Output

_ASKED = ("bars", "duration_seconds", "at_bars", "at_tracks", "strength", "temperature", "top_p", "guidance_scale")


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    common = argparse.ArgumentParser(add_help=False, parents=[model_options()])
    common.add_argument("song", type=Path, metavar="SONG.mid", help="the piece to change")
    common.add_argument("prompt", nargs="?", default="", metavar="WORDS", help='such as "more dramatic, add strings"')
    common.add_argument("-o", "--output", type=Path, metavar="FILE.mid", help="where to write [SONG-TASK.mid]")
    common.add_argument("--num-candidates", type=at_least_one, default=1, help="write so many, keep the best [1]")
    common.add_argument("--no-locks", action="store_true", help="let the model decide, even against the words")
    common.add_argument("--guidance", type=float, dest="guidance_scale", metavar="SCALE", help=GUIDANCE)
    common.add_argument("--seed", type=seed, help="for the same result again")
    common.add_argument("--temperature", type=float, help="above 1 bolder, below 1 safer")
    common.add_argument("--top-p", type=float, help="keep the likeliest choices of this total probability")

    further = commands.add_parser("continue", parents=[common, every], help="a piece goes on")
    length = further.add_mutually_exclusive_group()
    length.add_argument("--bars", type=at_least_one, help="so many new bars [8]")
    length.add_argument("--seconds", type=float, dest="duration_seconds", help="or so long, in whole bars")
    infill = commands.add_parser("infill", parents=[common, every], help="bars or tracks are written anew")
    infill.add_argument("--bars", dest="at_bars", metavar="9-16", help="which bars, from 1; also 1,3,5-8 [all]")
    infill.add_argument(
        *("--track", "--tracks"),
        dest="at_tracks",
        type=_numbers,
        metavar="2",
        help="which instruments, from 1, in the order of `midi-text analyze`; also 1,3 [all]",
    )
    vary = commands.add_parser("vary", parents=[common, every], help="some bars become others")
    vary.add_argument("--strength", type=float, help="share of the bars that are written anew, up to 1 [0.4]")
    refine = commands.add_parser("refine", parents=[common, every], help="the same notes with dynamics and tempo")
    for parser, task in ((further, "continue"), (infill, "infill"), (vary, "vary"), (refine, "refine")):
        parser.set_defaults(run=run_change, task=task)


def _numbers(text: str) -> list[int]:
    return [at_least_one(part.strip()) for part in text.split(",")]


def run_change(args: argparse.Namespace, out: Output) -> int:
    """Writes one changed piece."""
    if args.task == "infill" and args.at_bars is None and args.at_tracks is None:
        raise ValueError("infill needs --bars, --track or both: what to write anew")
    path: Path = args.output or free_name(Path(), f"{args.song.stem}-{args.task}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise ValueError(f"{path} must be a file to write to; it is a folder")
    if path.exists() and path.samefile(args.song):
        raise ValueError(f"{path} is the piece to change; write the new one to another file")
    options = {name: getattr(args, name) for name in _ASKED if getattr(args, name, None) is not None}
    pipe = load_pipeline("text-to-midi", args.model, args.device)
    made: Composition = pipe(
        sound(args.prompt),
        midi=args.song,
        task=args.task,
        num_candidates=args.num_candidates,
        locks=not args.no_locks,
        seed=secrets.randbelow(2**31) if args.seed is None else args.seed,
        **options,
    )
    made.save(path)
    values = made.to_dict()
    shown = composed(made, path).removeprefix("\n") + f"\n  {args.task}: {_bars(made.changed_bars)} written anew"
    out.item({"prompt": values.pop("prompt"), "song": str(args.song), "midi": str(path), **values}, shown)
    return 0


def _bars(bars: tuple[int, ...]) -> str:
    """Bars from 0 as people count: "bars 1, 3 and 5-8"."""
    runs: list[list[int]] = []
    for bar in bars:
        if runs and bar == runs[-1][1] + 1:
            runs[-1][1] = bar
        else:
            runs.append([bar, bar])
    shown = [f"{first + 1}-{last + 1}" if last > first else str(first + 1) for first, last in runs]
    several = len(bars) > 1
    return f"bar{'s' * several} " + (f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0])
