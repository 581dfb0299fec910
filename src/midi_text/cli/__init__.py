"""The door: ``midi-text COMMAND``, the package from the shell.

Results go to standard output, everything else (progress, warnings, errors) to standard error. With ``--json`` a result
is one JSON object on one line, and whatever a library prints in between goes to standard error too, so the output can
be piped. An error is one line that says what to do; ``--debug`` adds the traceback.

Exit codes: 0 all done; 1 an error, or some of several items failed; 2 the command line makes no sense; 130 interrupted;
141 the reader of the output went away.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import metadata

from . import (
    ancestors,
    changes,
    demo,
    drawing,
    hub,
    jam,
    knowledge,
    measure,
    music,
    reports,
    search,
    students,
    tuning,
    workshop,
)
from .output import Output, say
from .workshop import INTERRUPTED

BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: The words after ``midi-text``; by default those of this process.

    Returns:
        The exit code.

    Raises:
        SystemExit: If the command line makes no sense (2), or asks for help or the version (0).
    """
    args = make_parser().parse_args(argv)
    _set_up_logs(args)
    out = Output(sys.stdout, args.json)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return args.run(args, out)
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # else Python complains when it flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if args.debug:
            raise
        say(f"error: {_one_line(error)}")
        return 1


def make_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="midi-text",
        description="Words become MIDI, and MIDI becomes words.",
        epilog="midi-text COMMAND --help says more about each.",
    )
    parser.add_argument("--version", action="version", version=f"midi-text {_version()}")
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--json", action="store_true", help="print one JSON object an item, and nothing else")
    every.add_argument("--debug", action="store_true", help="show tracebacks and the libraries' warnings")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    music.add_commands(commands, every)
    changes.add_commands(commands, every)
    workshop.add_commands(commands, every)
    hub.add_commands(commands, every)
    tuning.add_commands(commands, every)
    measure.add_commands(commands, every)
    reports.add_commands(commands, every)
    ancestors.add_commands(commands, every)
    knowledge.add_commands(commands, every)
    drawing.add_commands(commands, every)
    students.add_commands(commands, every)
    jam.add_commands(commands, every)
    demo.add_commands(commands, every)
    search.add_commands(commands, every)
    return parser


def _version() -> str:
    try:
        return metadata.version("midi-text")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _set_up_logs(args: argparse.Namespace) -> None:
    """Sends the log to standard error, and what libraries remark only with ``--debug``."""
    from transformers.utils import logging as transformers_logging

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("midi_text").setLevel(logging.DEBUG if args.debug else logging.INFO)
    if not args.debug:
        warnings.simplefilter("ignore")
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()


def _one_line(error: Exception) -> str:
    """What went wrong; kinds of errors that nobody foresaw say their kind."""
    message = " ".join(str(error).split())
    if isinstance(error, ValueError | OSError | RuntimeError) and message:
        return message
    return f"{type(error).__name__}: {message} (--debug shows where)"
