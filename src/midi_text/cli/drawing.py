"""``render``: a MIDI file as sound and as pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..facts.analysis import analyze
from ..score_midi_text import read_score
from .options import at_least_one
from .output import Output
from .workshop import require

_PICTURES = {"roll": "a piano roll", "matrix": "every bar compared with every other", "curves": "tempo and dynamics"}
_SUFFIXES = {"audio": ".wav", "roll": "-roll.png", "matrix": "-matrix.png", "curves": "-curves.png"}


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the command to a parser's subcommands; ``every`` holds the options that all commands share."""
    render = commands.add_parser("render", parents=[every], help="MIDI becomes sound and pictures")
    render.add_argument("midi", type=Path, metavar="FILE.mid")
    what = render.add_argument_group("what to make; without a FILE, named after FILE.mid and beside it")
    what.add_argument(
        "--audio", nargs="?", type=Path, const=Path(), metavar="FILE", help="sound: .wav, .flac, .ogg or .mp3"
    )
    for name, words in _PICTURES.items():
        what.add_argument(
            f"--{name}", nargs="?", type=Path, const=Path(), metavar="FILE", help=f"{words}: .png or .svg"
        )
    render.add_argument("--colour", choices=("duration", "instrument"), default="duration", help="of notes [duration]")
    render.add_argument("--theme", choices=("light", "dark", "transparent"), default="light", help="[light]")
    render.add_argument("--title", help="stands above pictures [the file's name]")
    render.add_argument("--sound-font", type=Path, metavar="FILE", help="an .sf2 or .sf3 file [a small one]")
    render.add_argument("--sample-rate", type=at_least_one, default=44_100, metavar="HZ", help="[44100]")
    render.add_argument("--fluidsynth", action="store_true", help="let the FluidSynth program play")
    render.set_defaults(run=run_render, usage_error=render.error)


def run_render(args: argparse.Namespace, out: Output) -> int:
    """Makes what was asked for of one file."""
    wanted = {name: _target(args, name) for name in _SUFFIXES if getattr(args, name) is not None}
    if not wanted:
        args.usage_error("name what to make: --audio, --roll, --matrix or --curves")
    if "audio" in wanted:
        require("audio", "pyloudnorm", "scipy", "soundfile", *(() if args.sound_font else ("pretty_midi",)))
    if set(wanted) & set(_PICTURES):
        require("eval", "matplotlib")
    score = read_score(args.midi).score
    for path in wanted.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {"file": str(args.midi), **{name: str(path) for name, path in wanted.items()}}
    lines = [str(path) for path in wanted.values()]
    if "audio" in wanted:
        audio = _play(args, score, wanted["audio"])
        values |= {"duration_seconds": round(audio.duration_seconds, 3), "loudness_lufs": round(audio.loudness_lufs, 2)}
        lines[0] += f": {audio.duration_seconds:.1f} s, {audio.loudness_lufs:.1f} LUFS"
    _draw(args, score, wanted)
    out.item(values, "\n".join(lines))
    return 0


def _target(args: argparse.Namespace, name: str) -> Path:
    given: Path = getattr(args, name)
    return given if given.name else args.midi.with_name(args.midi.stem + _SUFFIXES[name])


def _play(args: argparse.Namespace, score: Any, path: Path) -> Any:
    from ..rendering.audio import render_audio

    engine = "fluidsynth" if args.fluidsynth else "own"
    return render_audio(score, path, sound_font=args.sound_font, sample_rate=args.sample_rate, engine=engine)


def _draw(args: argparse.Namespace, score: Any, wanted: dict[str, Path]) -> None:
    from ..rendering.curves import draw_curves
    from ..rendering.matrix import draw_matrix
    from ..rendering.piano_roll import draw_piano_roll

    if not set(wanted) & set(_PICTURES):
        return
    style = {"theme": args.theme, "title": args.midi.stem if args.title is None else args.title}
    found = analyze(score)
    if "roll" in wanted:
        draw_piano_roll(score, wanted["roll"], colour=args.colour, analysis=found, **style)
    if "matrix" in wanted:
        draw_matrix(score, wanted["matrix"], analysis=found, **style)
    if "curves" in wanted:
        draw_curves(score, wanted["curves"], analysis=found, **style)
