"""How right and how fast the facts are, and the page that says so beside each rule.

Every topic has a module in `accuracy` that compares it with what people wrote of the same pieces, or with pieces made
to be known. The page takes each fact's rule and unit from the docstring of the dataclass that holds it, and the source
of the method from its module's essay, so that they are written once; the figures come from the run that writes it.
"""

from __future__ import annotations

import inspect
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from symusic.core import ScoreTick

from ..facts.analysis import Analysis, analyze
from ..facts_midi_text import MusicFacts, measure_facts
from ..score_midi_text import read_score
from .accuracy import chords, form, keys, metre, motifs, parts, rhythm
from .accuracy.row import AccuracyRow, LabelledPiece

TOPICS: dict[str, Callable[[Sequence[LabelledPiece]], list[AccuracyRow]]] = {
    "keys": keys.measure,
    "metre": metre.measure,
    "chords": chords.measure,
    "form": form.measure,
    "motifs": motifs.measure,
    "rhythm": rhythm.measure,
    "parts": parts.measure,
}


def measure_speed(files: Sequence[bytes]) -> list[AccuracyRow]:
    """Files a second on one core, reading included: the basic facts, and with the analysis."""

    def rate(work: Callable[[ScoreTick], object]) -> float:
        started = time.perf_counter()
        for file in files:
            work(read_score(file).score)
        return len(files) / (time.perf_counter() - started)

    note = "one process, reading included; compare with another machine's only as a ratio"
    return [
        AccuracyRow("speed", "basic facts, files/s", "corpus", rate(measure_facts), len(files), note),
        AccuracyRow("speed", "all facts, files/s", "corpus", rate(analyze), len(files), note),
    ]


def facts_page(rows: Iterable[AccuracyRow], command: str) -> str:
    """The page in Markdown.

    Args:
        rows: What was measured.
        command: What wrote it.
    """
    by_fact: dict[str, list[AccuracyRow]] = {}
    for row in rows:
        by_fact.setdefault(row.fact, []).append(row)
    parts = [_HEAD.format(command=command)]
    for kind in (MusicFacts, *_kinds()):
        essay, rules = _rules(kind)
        module = kind.__module__.removeprefix("midi_text.")
        parts.append(f"## {kind.__name__}\n\n`{module}`\n\n{essay}\n\n| fact | rule and unit |\n|---|---|\n{rules}")
    parts.append("## Measured accuracy")
    for fact, found in by_fact.items():
        lines = "\n".join(
            f"| {_cell(row.measure)} | {_cell(row.source)} | {_figure(row.value)} | {row.n:,} | {_cell(row.note)} |"
            for row in found
        )
        parts.append(f"### {fact}\n\n| measure | on | figure | n | labels |\n|---|---|---:|---:|---|\n{lines}")
    return "\n\n".join(parts) + "\n"


_HEAD = """# The facts: rules, sources, accuracy

Written by `{command}`; the rules are the docstrings of the dataclasses named below, the figures are of that run. \
Bars count from 0 in Python and from 1 in what people read."""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _figure(value: float) -> str:
    """A share with three places, anything else with one."""
    return f"{value:.3f}" if abs(value) <= 1 and value != int(value) else f"{value:,.1f}"


_NEXT_TRAIT = re.compile(r'(?<=[.:]) (?="[^"]+"(?:, "[^"]+")*: )')  # a trait and its rule get a line of their own


def _kinds() -> list[type]:
    """The dataclasses of an analysis, in order."""
    hints = inspect.get_annotations(Analysis, eval_str=True)
    return list(hints.values())


def _rules(kind: type) -> tuple[str, str]:
    """The module's essay, and a table row for every attribute that the dataclass explains."""
    essay = inspect.getdoc(sys.modules[kind.__module__]) or ""
    doc = inspect.getdoc(kind) or ""
    _, _, attributes = doc.partition("Attributes:\n")
    attributes = re.split(r"\n(?=\S)", attributes)[0]  # up to the next heading
    rows = []
    for entry in re.split(r"\n(?=    \w+: )", "\n" + attributes):
        name, separator, rule = entry.strip().partition(": ")
        if separator:
            cell = " ".join(rule.split()).replace("|", "\\|")
            cell = _NEXT_TRAIT.sub("<br>", cell)
            rows.append(f"| `{name}` | {cell} |")
    return essay, "\n".join(rows)
