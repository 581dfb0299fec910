"""``jam``: a player at a MIDI port, and an answer in time.

Words typed while it plays, a line each, change what comes next. Ctrl-C ends it, with every note off.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..score_midi_text import write_score
from .options import at_least_one, load_pipeline, model_options, seed
from .output import Output, say
from .workshop import require

_SELF_TEST_PROMPT = "a lively piece in C major for piano"


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the command to a parser's subcommands; ``every`` holds the options that all commands share."""
    jam = commands.add_parser(
        "jam",
        parents=[model_options(), every],
        help="play along at a MIDI port",
        epilog="Type new words while it plays, a line each: they change what comes next. Ctrl-C ends it.",
    )
    jam.add_argument("prompt", nargs="?", default="", metavar="PROMPT", help="what the answers should be like")
    what = jam.add_mutually_exclusive_group()
    what.add_argument("--list-ports", action="store_true", help="name the MIDI ports there are, and end")
    what.add_argument(
        "--self-test", type=at_least_one, metavar="SECONDS", help="measure it with a scripted player; needs no port"
    )
    jam.add_argument("--input", metavar="NAME", help="port to listen on: a part of its name, or tcp:HOST:PORT")
    jam.add_argument("--output", metavar="NAME", help="port to play to: a part of its name, or tcp:HOST:PORT")
    jam.add_argument("--virtual", action="store_true", help="make ports named midi-text that programs can connect to")
    jam.add_argument("--bars", type=at_least_one, default=4, help="length of a call and of an answer, 1 to 16 [4]")
    jam.add_argument("--tempo-bpm", type=float, help="quarter notes a minute [as the words or the player say]")
    jam.add_argument("--time-signature", type=_metre, metavar="N/D", help="metre [as the words say, else 4/4]")
    jam.add_argument("--accompany", action="store_true", help="after the first call, play on while the player plays")
    jam.add_argument("--record", type=Path, metavar="FILE.mid", help="save at the end what both have played")
    jam.add_argument("--seed", type=seed, default=0, help="for other answers [0]")
    jam.set_defaults(run=run_jam)


def run_jam(args: argparse.Namespace, out: Output) -> int:
    """Plays along, or lists the ports, or measures."""
    if args.list_ports:
        return _list_ports(out)
    from ..live.jam import JamSettings

    settings = JamSettings(
        words=args.prompt or (_SELF_TEST_PROMPT if args.self_test else ""),
        turn_bars=args.bars,
        tempo_bpm=args.tempo_bpm,
        metre=args.time_signature,
        accompany=args.accompany,
        memory_bars=max(12, args.bars),
        seed=args.seed,
    )
    if args.self_test:
        return _self_test(args, out, settings)
    return _play(args, out, settings)


def _list_ports(out: Output) -> int:
    require("live", "mido")
    from ..live.ports import describe, list_ports

    names = list_ports()
    out.item({"inputs": names[0], "outputs": names[1]}, describe(names))
    return 0


def _self_test(args: argparse.Namespace, out: Output, settings: Any) -> int:
    from ..live.rehearsal import rehearse

    report = rehearse(_writer(args), settings, args.self_test, say)
    text = "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in report.to_dict().items())
    out.item(report.to_dict(), text)
    return 0


def _play(args: argparse.Namespace, out: Output, settings: Any) -> int:
    require("live", "mido")
    from ..live.ports import open_ports
    from ..live.session import Session, warm_up

    if args.record is not None:
        args.record.parent.mkdir(parents=True, exist_ok=True)  # now, and not when the music has been played
    source, target = open_ports(args.input, args.output, args.virtual)
    try:
        writer = _writer(args)
        warm_up(writer, settings)
        session = Session(settings, writer, target.send, say)
        _read_words(session.words.put)
        _terminate_as_interrupt()
        say(f"listening on {source.name}, playing to {target.name}: play {settings.turn_bars} bars; Ctrl-C ends")
        try:
            session.run(source)
        finally:
            _report(session, out, args.record)
    finally:
        source.close()
        target.close()
    return 0


def _report(session: Any, out: Output, path: Path | None) -> None:
    figures = session.jam.figures
    played = session.jam.recording(time.perf_counter()) if path is not None else None
    if path is not None and played is None:
        say(f"nothing was played: {path} is not written")
    elif played is not None:
        write_score(played, path)
    values = {
        "answers": figures.answers,
        "notes_heard": len(session.jam.listener.notes),
        "notes_played": len(session.scheduler.played),
        "notes_missed": figures.missed,
        "recording": str(path) if played is not None else None,
    }
    text = f"{figures.answers} answers, {values['notes_played']} notes, {figures.missed} of them too late to be played"
    out.item(values, text.replace("notes, ", "notes played, ") + (f"; {path}" if played is not None else ""))


def _writer(args: argparse.Namespace) -> Any:
    from ..live.writer import ModelWriter

    return ModelWriter(load_pipeline("text-to-midi", args.model, args.device or "cpu"))  # one row: no GPU is faster


def _read_words(put: Callable[[str], None]) -> None:
    """Hands on every line of standard input, in a thread that does not keep the process alive."""
    try:
        source = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # there is none, or it is no file
        return

    def read() -> None:
        begun = b""
        while came := os.read(source, 4096):  # sys.stdin itself holds a lock that the process needs to end
            *lines, begun = (begun + came).split(b"\n")
            for line in lines:
                if words := line.decode("utf-8", "replace").strip():
                    put(words)

    threading.Thread(target=read, name="midi-text-words", daemon=True).start()


def _terminate_as_interrupt() -> None:
    """Lets a polite kill end the music as Ctrl-C does."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)


def _metre(text: str) -> tuple[int, int]:
    """``3/4``."""
    beats, _, unit = text.partition("/")
    if not (beats.isdecimal() and unit.isdecimal()):
        raise argparse.ArgumentTypeError(f"must read like 3/4; got {text!r}")
    return int(beats), int(unit)
