"""``compose``, ``read``, ``caption`` and ``analyze``: what a user of the model does.

Several items are done in batches. One that fails is named on standard error and the rest are done all the same; files
appear whole or not at all, under the names that were announced.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from tqdm.auto import tqdm

from ..data.captions import captions_for
from ..facts.analysis import Analysis, analyze_view
from ..facts.view import view_score
from ..facts_midi_text import MusicFacts, measure_facts
from ..pipeline_midi_text import Composition, Description
from ..prompt_midi_text import read_prompt
from ..score_midi_text import ReadResult, read_score
from ..style_midi_text import PROBE_FILE, StyleGuess, StyleProbe, style_features
from ..vocabulary_midi_text import gm_name
from .options import PRETRAINED, at_least_one, load_pipeline, model_options, seed
from .output import JsonLines, Output, facts_line, length_line, printable, say, table
from .structure import structure_lines

logger = logging.getLogger(__name__)
MIDI_SUFFIXES = frozenset((".mid", ".midi", ".kar", ".rmi"))
SLUG_LENGTH = 48  # of letters of up to four bytes; a name has room for 255
_WISHES = ("tempo_bpm", "key", "time_signature", "instruments", "bars", "duration_seconds", "chords")
GUIDANCE = "above 1 what is asked counts more, and it takes longer [1; more with --no-locks]"
_WRITING = ("temperature", "top_p", "guidance_scale")  # of the pipeline
Item = TypeVar("Item")
Made = TypeVar("Made")


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the four commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    model = argparse.ArgumentParser(add_help=False, parents=[model_options()])
    model.add_argument("--seed", type=seed, help="for the same result again")
    model.add_argument("--temperature", type=float, help="above 1 bolder, below 1 safer")
    model.add_argument("--top-p", type=float, help="keep the likeliest choices of this total probability")
    _add_compose(commands.add_parser("compose", parents=[model, every], help="words become MIDI"))
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER", help="folders are searched through")
    files.add_argument("--jsonl", type=Path, metavar="FILE", help="add a JSON line a file here; skip files it has")
    read = commands.add_parser("read", parents=[every], help="what a prompt is understood to ask; needs no model")
    read.add_argument("prompts", nargs="+", metavar="PROMPT")
    read.set_defaults(run=run_read)
    caption = commands.add_parser("caption", parents=[files, model, every], help="MIDI becomes words")
    caption.add_argument("--batch-size", type=at_least_one, default=8, help="files described together [8]")
    caption.set_defaults(run=run_caption)
    analyze = commands.add_parser("analyze", parents=[files, every], help="measure MIDI files; needs no model")
    analyze.add_argument("--basic", action="store_true", help="leave out harmony, form, parts …: ten times as fast")
    analyze.set_defaults(run=run_analyze)


def _add_compose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt", nargs="?", metavar="PROMPT", help="what to write, in your words")
    parser.add_argument(
        "--prompts", metavar="FILE", help='one prompt a line, or JSON lines {"prompt": …, "bars": …}; - reads them in'
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", type=Path, metavar="FILE.mid", help="where to write the piece")
    where.add_argument("--output-dir", type=Path, metavar="DIR", help="write it there, named after the prompt [.]")
    parser.add_argument("--num-candidates", type=at_least_one, default=1, help="write so many, keep the best [1]")
    parser.add_argument("--tempo-bpm", type=float, help="quarter notes a minute")
    parser.add_argument("--key", help='such as "D minor"')
    parser.add_argument("--time-signature", help="such as 3/4")
    parser.add_argument("--instruments", type=_instruments, metavar="A,B", help="names, or General MIDI programs")
    parser.add_argument("--bars", type=int)
    parser.add_argument("--duration-seconds", type=float)
    parser.add_argument("--chords", metavar="'Dm | C G'", help="a bar each, over and over")
    parser.add_argument("--no-locks", action="store_true", help="let the model decide, even against the prompt")
    parser.add_argument("--guidance", type=float, dest="guidance_scale", metavar="SCALE", help=GUIDANCE)
    parser.add_argument("--batch-size", type=at_least_one, default=16, help="prompts written together [16]")
    parser.set_defaults(run=run_compose, usage_error=parser.error)


def _instruments(text: str) -> list[str | int]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("must name at least one; leave it out to leave it open")
    return [int(name) if name.isdecimal() else name for name in names]


# -- compose -----------------------------------------------------------------------------------------------------


def run_compose(args: argparse.Namespace, out: Output) -> int:
    """Writes one piece, or one for each of many prompts."""
    if (args.prompt is None) == (args.prompts is None):
        args.usage_error("one PROMPT or --prompts FILE is needed, not both")
    if args.prompts is not None and args.output_dir is None:
        args.usage_error("--prompts needs --output-dir DIR, where it writes 000.mid, 001.mid, …")
    wishes = {name: getattr(args, name) for name in _WISHES if getattr(args, name) is not None}
    jobs = _jobs(args)
    for _, path in jobs:  # now, and not when the piece is written
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise ValueError(f"{path} must be a file to write to; it is a folder (--output-dir writes into one)")
    options = {name: getattr(args, name) for name in _WRITING if getattr(args, name) is not None}
    pipe = load_pipeline("text-to-midi", args.model, args.device)
    drawn = secrets.randbelow(2**31) if args.seed is None else args.seed

    def write(batch: Sequence[tuple[str, Path]]) -> Sequence[Composition]:
        given = [_prompt(line) if args.prompts else {"prompt": sound(line)} for line, _ in batch]
        inputs = [{**wishes, **prompt} for prompt in given]  # a prompt's own wishes win
        return pipe(
            inputs,
            batch_size=len(inputs),
            num_candidates=args.num_candidates,
            locks=not args.no_locks,
            seed=drawn,
            **options,
        )

    failures = 0
    for (_, path), made in in_batches(jobs, args.batch_size, write, "pieces"):
        if isinstance(made, Exception):
            failures += 1
            _report(made, f"{path}: " if args.prompts else "")
            continue
        made.save(path)
        values = made.to_dict()
        out.item({"prompt": values.pop("prompt"), "midi": str(path), **values}, composed(made, path))
    return int(failures > 0)


def _jobs(args: argparse.Namespace) -> list[tuple[str, Path]]:
    """The prompts, not yet read, and the file that each becomes."""
    if args.prompts is None:
        return [(args.prompt, args.output or free_name(args.output_dir or Path(), args.prompt))]
    data = sys.stdin.buffer.read() if args.prompts == "-" else Path(args.prompts).read_bytes()
    try:
        lines = [line for line in data.decode("utf-8-sig").split("\n") if line.strip()]  # splitlines knows others
    except UnicodeDecodeError as error:
        raise ValueError(f"{args.prompts} must be a UTF-8 text with one prompt a line: {error}") from error
    if not lines:
        raise ValueError(f"{args.prompts} must hold at least one prompt; it is empty")
    digits = max(3, len(str(len(lines) - 1)))
    return [(line, args.output_dir / f"{number:0{digits}}.mid") for number, line in enumerate(lines)]


def _prompt(line: str) -> Mapping[str, Any]:
    """A line of a file of prompts: JSON if it begins like an object, else the prompt itself."""
    if not line.lstrip().startswith("{"):
        return {"prompt": line.strip()}
    try:
        given = json.loads(line)
    except ValueError as error:
        raise ValueError(f"a line that begins with {{ must be a JSON object: {error}") from error
    if not isinstance(given.get("prompt", ""), str):
        raise ValueError(f'"prompt" must be a string; got {given["prompt"]!r}')
    return {**given, "prompt": sound(given.get("prompt", ""))}


def sound(prompt: str) -> str:
    """The prompt without halves of characters, which a shell in another encoding or a JSON escape can leave in it."""
    return prompt.encode("utf-8", "replace").decode("utf-8")


def free_name(folder: Path, prompt: str) -> Path:
    """A file named after the prompt that is not there yet: what was composed before stays."""
    slug = re.sub(r"[\W_]+", "-", prompt[:500].lower())[:SLUG_LENGTH].strip("-") or "piece"
    number, path = 1, folder / f"{slug}.mid"
    while path.exists():
        number += 1
        path = folder / f"{slug}-{number}.mid"
    return path


def composed(made: Composition, path: Path) -> str:
    """A composition for people."""
    rows = [("", "asked", "measured", "met")]
    rows += [(row.fact, row.asked, row.measured, "yes" if row.met else "NO") for row in made.agreement]
    agreement = table(rows) if made.agreement else "  (the prompt states nothing that can be measured)"
    left = "".join(f"  {name}: {words}\n" for name, words in made.ask.report() if name.endswith("left to the model"))
    facts = made.facts
    return (
        f"{made.prompt}\n{agreement}\n{left}"
        f"  {path}: {length_line(facts)}, written in {made.generation_seconds:.1f} s with seed {made.seed}"
    )


def run_read(args: argparse.Namespace, out: Output) -> int:
    """Says what prompts are understood to ask, and what is left to the model."""
    for prompt in args.prompts:
        rows = read_prompt(sound(prompt)).report()
        text = table(rows) if rows else "  (nothing was read)"
        out.item({"prompt": prompt, "read": dict(rows)}, f"{printable(prompt)}\n{text}")
    return 0


# -- caption and analyze -----------------------------------------------------------------------------------------


def run_caption(args: argparse.Namespace, out: Output) -> int:
    """Describes files in words."""
    options = {name: getattr(args, name) for name in ("temperature", "top_p") if getattr(args, name) is not None}

    def describe(pipe: Any, batch: Sequence[Path]) -> Sequence[Description]:
        return pipe([str(path) for path in batch], batch_size=len(batch), seed=args.seed, **options)

    def show(path: Path, made: Description) -> tuple[dict[str, Any], str]:
        return {"file": str(path), **made.to_dict()}, _described(made, path)

    def load() -> Any:
        return load_pipeline("midi-to-text", args.model, args.device)

    return _for_files(args, out, load, describe, show, args.batch_size)


def run_analyze(args: argparse.Namespace, out: Output) -> int:
    """Measures files."""
    Measured = tuple[MusicFacts, Analysis | None, tuple[StyleGuess, ...], tuple[str, ...]]

    def load() -> StyleProbe | None:
        return None if args.basic else StyleProbe.load(PRETRAINED / PROBE_FILE)

    def measure(probe: StyleProbe | None, batch: Sequence[Path]) -> Sequence[Measured]:
        return [_measured(read_score(path), probe) for path in batch]

    def show(path: Path, made: Measured) -> tuple[dict[str, Any], str]:
        facts, closer, styles, repairs = made
        values = {"file": str(path), **basic_facts(facts)}
        lines = [str(path), f"  {facts_line(facts)}"]
        if closer is not None:
            words = max(captions_for(facts, {}, random.Random(path.name), closer), key=len)
            lines.append(f"  {words}")
            values |= {"words": words, "analysis": closer.to_dict(), "styles": [asdict(style) for style in styles]}
            lines += [f"  {line}" for line in structure_lines(facts, closer, styles)]
        values["repairs"] = list(repairs)
        return values, "\n".join((*lines, *(f"  repaired: {repair}" for repair in repairs)))

    return _for_files(args, out, load, measure, show, 1)


def _measured(
    read: ReadResult, probe: StyleProbe | None
) -> tuple[MusicFacts, Analysis | None, tuple[StyleGuess, ...], tuple[str, ...]]:
    facts = measure_facts(read.score)
    if probe is None:
        return facts, None, (), read.repairs
    view = view_score(read.score, facts)
    return facts, analyze_view(view), probe.guess(style_features(view)), read.repairs


def basic_facts(facts: MusicFacts) -> dict[str, Any]:
    """The facts as ``analyze`` gives them: names instead of numbers where there are names."""
    return {
        "tempo_bpm": facts.tempo_bpm,
        "time_signature": "{}/{}".format(*facts.time_signature),
        "key": facts.key.name if facts.key else None,
        "key_confidence": round(facts.key_confidence, 3),
        "instruments": [gm_name(program) for program in facts.programs],
        "programs": list(facts.programs),
        "has_drums": facts.has_drums,
        "bars": facts.bars,
        "duration_seconds": round(facts.duration_seconds, 2),
        "notes": facts.notes,
    }


def _described(made: Description, path: Path) -> str:
    """A description for people."""
    lines = [str(path), f"  {made.text}", f"  ({facts_line(made.facts)})"]
    if made.styles:
        lines.append(f"  sounds like: {', '.join(f'{s.name} ({s.kind}, {s.confidence:.0%})' for s in made.styles)}")
    if made.truncated:
        lines.append(f"  the model read the first {made.bars_read} of {made.bars_total} bars; the facts are of all")
    return "\n".join((*lines, *(f"  repaired: {repair}" for repair in made.repairs)))


def _for_files(
    args: argparse.Namespace,
    out: Output,
    load: Callable[[], Any],
    work: Callable[[Any, Sequence[Path]], Sequence[Any]],
    show: Callable[[Path, Any], tuple[dict[str, Any], str]],
    batch_size: int,
) -> int:
    """Finds the files, works on them in batches, shows what was made and counts what failed."""
    lines = JsonLines(args.jsonl, "file") if args.jsonl else None
    files, failures = _find_files(args.paths)
    todo = [path for path in files if lines is None or str(path) not in lines.known]
    if lines is not None and len(todo) < len(files):
        say(f"{len(files) - len(todo)} of {len(files)} files are in {args.jsonl} already")
    if todo:
        tool = load()
        for path, made in in_batches(todo, batch_size, lambda batch: work(tool, batch), "files"):
            if isinstance(made, Exception):
                failures += 1
                _report(made, f"{path}: ")
                continue
            values, text = show(path, made)
            if lines is not None:
                lines.add(values)
            if lines is None or out.as_json:
                out.item(values, text)
    if failures and len(files) > 1:
        say(f"{failures} failed; the rest is done")
    return int(failures > 0)


def _find_files(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """The MIDI files that the paths name or hold, each once, in order; and how many paths hold none."""
    found: dict[Path, None] = {}
    failures = 0
    for path in paths:
        if not path.is_dir():
            found[path] = None  # a file that is not there says so when it is read
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in MIDI_SUFFIXES and p.is_file())
        if not inside:
            failures += 1
            say(f"error: {path}: a folder must hold files ending in {', '.join(sorted(MIDI_SUFFIXES))}; it holds none")
        found.update(dict.fromkeys(inside))
    return list(found), failures


# -- what they share ---------------------------------------------------------------------------------------------


def in_batches(
    items: Sequence[Item], size: int, work: Callable[[Sequence[Item]], Sequence[Made]], unit: str
) -> Iterator[tuple[Item, Made | Exception]]:
    """Works on items in batches; a batch that fails is halved until only the items at fault have failed.

    Args:
        items: What to work on.
        size: Items in a batch.
        work: Makes one thing of each item of a batch, in order.
        unit: What an item is, for the progress shown where several are to be done.

    Yields:
        Each item and what was made of it, or the error.
    """

    def attempt(batch: Sequence[Item]) -> Iterator[tuple[Item, Made | Exception]]:
        try:
            made = list(work(batch))
        except (ValueError, TypeError, OSError) as error:
            if len(batch) == 1:
                yield batch[0], error
                return
            half = len(batch) // 2
            yield from attempt(batch[:half])
            yield from attempt(batch[half:])
            return
        yield from zip(batch, made, strict=True)

    hide = True if len(items) <= size else None  # None: hide where standard error is no terminal
    with tqdm(total=len(items), unit=f" {unit}", disable=hide, leave=False) as bar:
        for start in range(0, len(items), size):
            for result in attempt(items[start : start + size]):
                bar.update()
                yield result


def _report(error: Exception, item: str) -> None:
    """Says what went wrong with one item, and with ``--debug`` where."""
    name = Path(item.removesuffix(": ")).name
    say(f"error: {item}{str(error).removeprefix(item).removeprefix(f'{name}: ')}")
    logger.debug("", exc_info=error)
