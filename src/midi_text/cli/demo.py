"""``demo``: the page in a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .options import load_pipeline
from .output import Output
from .workshop import require


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the command to a parser's subcommands; ``every`` holds the options that all commands share."""
    demo = commands.add_parser("demo", parents=[every], help="a page to compose, describe, change and learn")
    demo.add_argument("--model", metavar="MODEL", help="a folder or a name on the Hub [the one that comes along]")
    demo.add_argument("--device", help="such as cuda, cpu or mps [cpu]")
    demo.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="0.0.0.0 lets others in [127.0.0.1]")
    demo.add_argument("--port", type=int, default=7860, metavar="NUMBER", help="[7860]")
    demo.add_argument("--share", action="store_true", help="also a public link, through Gradio's server")
    demo.add_argument("--export", type=Path, metavar="FOLDER", help="write the Space's folder for push, and end")
    demo.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace, out: Output) -> int:
    """Serves the page until it is interrupted, or writes the Space's folder."""
    if args.export is not None:
        from ..publishing.space import export_space

        folder = export_space(args.export)
        out.item({"folder": str(folder)}, f"{folder}: ready for midi-text push --repo-type space")
        return 0
    require("demo", "gradio", "pretty_midi", "pyloudnorm", "scipy", "soundfile", "parangonar")
    from ..demo.serve import answers_of, serve

    answers = answers_of(load_pipeline("text-to-midi", args.model, args.device))
    page, address = serve(
        answers, block=False, server_name=args.host, server_port=args.port, share=args.share, quiet=True
    )
    out.item({"url": address}, f"{address} (Ctrl+C ends it)")
    page.block_thread()
    return 0
