"""``accuracy``, ``train-style`` and ``arrange``: how right facts are, what a probe learns of style, tunes as bands."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..evaluation.accuracy.row import AccuracyRow
from ..records import write_whole
from .options import PRETRAINED, at_least_one, seed
from .output import Output, say, table
from .workshop import require

_OTHER_TOPICS = ("style", "speed", "words")
SPLITS = ("train", "validation", "test")


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    corpus = argparse.ArgumentParser(add_help=False)
    corpus.add_argument("source", metavar="CORPUS", help="a datasets folder of MIDI with labels")
    corpus.add_argument("--limit", type=at_least_one, help="at most so many pieces a split")
    corpus.add_argument("--num-proc", type=at_least_one, default=1, help="processes [1]")

    accuracy = commands.add_parser("accuracy", parents=[corpus, every], help="measure how right the facts are")
    accuracy.add_argument("--annotations", type=Path, metavar="FILE.jsonl", help="labels by beat, beside the corpus")
    accuracy.add_argument("--built", metavar="DATA", help="a folder that build wrote: judge every text in it")
    accuracy.add_argument("--topics", metavar="A,B", help="only these [all]")
    accuracy.add_argument("--page", type=Path, metavar="FACTS.md", help="write rules and figures as a page")
    accuracy.set_defaults(run=run_accuracy, usage_error=accuracy.error)

    style = commands.add_parser("train-style", parents=[corpus, every], help="labels become a style probe")
    style.add_argument("-o", "--output", type=Path, default=Path("style_probe.safetensors"), metavar="FILE")
    style.set_defaults(run=run_train_style)

    arrange = commands.add_parser("arrange", parents=[corpus, every], help="tunes of a corpus dressed as bands")
    arrange.add_argument("output", metavar="OUTPUT", help="the folder to make, which collect and build take")
    arrange.add_argument("--collections", metavar="A,B", help="only tunes of these collections [all]")
    arrange.add_argument("--count", type=at_least_one, default=1, help="bands a tune [1]")
    arrange.add_argument("--seed", type=seed, default=0, help="of every choice [0]")
    arrange.set_defaults(run=run_arrange)


def run_accuracy(args: argparse.Namespace, out: Output) -> int:
    """Measures the facts against labels."""
    require("train", "datasets")
    from ..evaluation.fact_accuracy import TOPICS, facts_page, measure_speed

    known = [*TOPICS, *_OTHER_TOPICS]
    topics = args.topics.split(",") if args.topics else known if args.built else known[:-1]
    if unknown := sorted(set(topics) - set(known)):
        args.usage_error(f"--topics must be some of {', '.join(known)}; got {', '.join(unknown)}")
    if "words" in topics and not args.built:
        args.usage_error("the topic words needs --built DATA")
    pieces = _labelled(args) if set(topics) & set(TOPICS) else []
    rows: list[AccuracyRow] = []
    for topic in topics:
        say(f"measuring {topic}")
        if topic == "style":
            rows += _style_rows(args)
        elif topic == "speed":
            rows += measure_speed(_files(args.source, 1000))
        elif topic == "words":
            rows += [row for split in SPLITS for row in _word_rows(args.built, split)]
        else:
            rows += TOPICS[topic](pieces)
    if args.page is not None:
        args.page.parent.mkdir(parents=True, exist_ok=True)
        write_whole(args.page, facts_page(rows, "midi-text accuracy").encode())
    cells = [("fact", "measure", "on", "figure", "n")]
    cells += [(row.fact, row.measure, row.source, f"{row.value:,.4g}", f"{row.n:,}") for row in rows]
    out.item({"rows": [vars(row) for row in rows]}, table(cells))
    return 0


def _labelled(args: argparse.Namespace) -> list[Any]:
    """Every readable piece with its labels; most topics use those outside the training split."""
    from tqdm.auto import tqdm

    from ..data.sources import read_pieces
    from ..evaluation.accuracy.row import LabelledPiece
    from ..score_midi_text import MidiError, read_score

    annotated: dict[str, Mapping[str, Any]] = {}
    if args.annotations is not None:
        lines = args.annotations.read_text(encoding="utf-8").splitlines()
        annotated = {row["id"]: row for row in map(json.loads, lines)}
    found = []
    for piece in tqdm(read_pieces(args.source, limit=args.limit), desc="reading"):
        try:
            score = read_score(piece.midi).score
        except MidiError:
            continue
        about = annotated.get(piece.id, {})
        found.append(LabelledPiece(piece.id, piece.split, piece.source, score, piece.labels, about))
    return found


def _files(source: str, count: int) -> list[bytes]:
    """Every n-th file of a corpus, so that every source has its share."""
    from ..data.sources import read_pieces

    files = [piece.midi for piece in read_pieces(source)]
    return files[:: max(1, len(files) // count)][:count]


def _style_rows(args: argparse.Namespace) -> Iterator[AccuracyRow]:
    import numpy as np

    from ..data.styles import style_examples
    from ..evaluation.accuracy import style
    from ..style_midi_text import PROBE_FILE, StyleProbe

    examples = style_examples(args.source, splits=("validation", "test"), limit=args.limit, num_proc=args.num_proc)
    features = np.stack([example.features for example in examples])
    yield from style.measure(StyleProbe.load(PRETRAINED / PROBE_FILE), features, [e.classes for e in examples])


def _word_rows(built: str, split: str) -> Iterator[AccuracyRow]:
    from ..evaluation.written import evaluate_written

    report = evaluate_written(built, split)
    note = "every text that was written into the built dataset, read back and held to facts and analysis of its row"
    for row in report.rows:
        yield AccuracyRow("captions and prompts", row.metric, split, row.value, report.examples, note)


def run_train_style(args: argparse.Namespace, out: Output) -> int:
    """Trains a style probe on the training split and measures it on the others."""
    require("train", "datasets")
    import numpy as np

    from ..data.styles import style_examples
    from ..evaluation.accuracy import style
    from ..training.style import save_probe, train_probe

    examples = style_examples(args.source, limit=args.limit, num_proc=args.num_proc)
    learned = [example for example in examples if example.split == "train"]
    held = [example for example in examples if example.split != "train"]
    if not learned:
        raise ValueError(f"{args.source} must have pieces in its training split; it has none")
    features = np.stack([example.features for example in learned])
    probe = train_probe(features, [e.classes for e in learned], [e.group for e in learned])
    save_probe(probe, args.output)
    rows = style.measure(probe, np.stack([e.features for e in held]), [e.classes for e in held]) if held else []
    cells = [("kind", "measure", "figure", "named")]
    cells += [(row.fact, row.measure, f"{row.value:.1f}", f"{row.n:,}") for row in rows]
    out.item({"probe": str(args.output), "rows": [vars(row) for row in rows]}, f"{args.output}\n{table(cells)}")
    return 0


def run_arrange(args: argparse.Namespace, out: Output) -> int:
    """Arranges the tunes of a corpus."""
    require("train", "pyarrow", "datasets")
    from ..data.bands import arrange_corpus

    manifest = arrange_corpus(
        args.source,
        args.output,
        collections=args.collections.split(",") if args.collections else (),
        count=args.count,
        seed=args.seed,
        limit=args.limit,
        num_proc=args.num_proc,
    )
    rows = [("source", "pieces", "notes", "hours", "licence")]
    rows += [(s.name, f"{s.pieces:,}", f"{s.notes:,}", f"{s.hours:,.1f}", s.licence) for s in manifest.sources]
    out.item({"folder": args.output, **manifest.to_dict()}, f"{table(rows)}\n  {args.output}")
    return 0
