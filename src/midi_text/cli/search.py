"""``search``: the files of a folder that fit words, or resemble a piece."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .options import PRETRAINED, at_least_one, model_options
from .output import Output, facts_line, say, table


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the command to a parser's subcommands; ``every`` holds the options that all commands share."""
    parser = commands.add_parser("search", parents=[model_options(), every], help="find MIDI files by words or example")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="searched through, with the folders in it")
    parser.add_argument("words", nargs="?", default="", metavar="WORDS", help='such as "the sad ones in 3/4"')
    parser.add_argument("--like", type=Path, metavar="SONG.mid", help="find what resembles it")
    parser.add_argument("--top", type=at_least_one, default=10, help="show so many [10]")
    parser.add_argument("--index", type=Path, metavar="FILE", help="where to keep what is known [in FOLDER, hidden]")
    parser.set_defaults(run=run_search, usage_error=parser.error)


def run_search(args: argparse.Namespace, out: Output) -> int:
    """Brings the index up to date and asks it."""
    from ..embedding_midi_text import Embedder
    from ..records import WEIGHTS_FILE, hash_file
    from ..search.index import MusicIndex
    from ..search.query import search

    if not args.words.strip() and args.like is None:
        args.usage_error("WORDS, --like SONG.mid or both are needed")
    checkpoint = args.model or str(PRETRAINED)
    index = MusicIndex(args.folder, args.index)
    embedder = Embedder.load(checkpoint, args.device)
    if not embedder.has_space and args.like is None:
        say("this checkpoint has no shared space of words and music: only the facts that the words state count")
    weights = Path(checkpoint) / WEIGHTS_FILE
    index.update(embedder, hash_file(weights) if weights.is_file() else checkpoint)
    for entry in index.failed:
        say(f"error: {entry.file}: {entry.error}")
    for place, hit in enumerate(search(index, args.words, like=args.like, embedder=embedder, top=args.top), 1):
        close = "" if hit.cosine is None else f", closeness {hit.cosine:.2f}"
        met = (
            f"{sum(row.met for row in hit.agreement)} of {len(hit.agreement)} facts met"
            if hit.agreement
            else "no facts asked"
        )
        rows = [("", "asked", "measured", "met")]
        rows += [(row.fact, row.asked, row.measured, "NO") for row in hit.agreement if not row.met]
        text = f"{place}. {args.folder / hit.file}\n  {facts_line(hit.facts)}\n  {met}{close}"
        values = {"place": place, **hit.to_dict(), "file": str(args.folder / hit.file)}
        out.item(values, f"{text}\n{table(rows)}" if len(rows) > 1 else text)
    return int(bool(index.failed))
