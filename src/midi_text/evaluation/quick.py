"""The quick gate: is a checkpoint still what it was, in a few minutes?

Some figures of a small fixed evaluation are held to bounds that stand in ``quick_bounds.toml`` beside this file, each
with its reason. A bound is a measured figure less a margin for chance (``margin``), or one that holds whatever the
checkpoint (no margin: the locks force it). `measured_again` moves the former when a new checkpoint comes.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..records import EvaluationReport, write_whole
from .prompt_files import PromptSet, load_fact_prompts

BOUNDS = Path(__file__).parent / "quick_bounds.toml"
PROMPTS = 32  # one batch
LONGEST = 6  # bars that a prompt may ask: a batch takes as long as its longest piece
TOKENS = 256  # of an answer, because without locks the model would go on
PARTS = ("adherence", "own_share", "round_trip")


@dataclass(frozen=True)
class Bound:
    """What a row of the report must hold.

    Attributes:
        metric: Of the row.
        why: The reason.
        at_least: The value is not lower; None where that is free.
        at_most: Nor higher.
        margin: Between the measured figure and the bound; 0 for a bound that no measuring moves.
    """

    metric: str
    why: str
    at_least: float | None = None
    at_most: float | None = None
    margin: float = 0.0

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None) or self.margin < 0:
            ends = self.at_least, self.at_most
            raise ValueError(
                f"{self.metric} must have at_least or at_most, margin 0 or more; got {ends}, {self.margin}"
            )

    def holds(self, report: EvaluationReport) -> bool:
        """Whether a report keeps it.

        Raises:
            KeyError: If the report has no such row.
        """
        value = report.value(self.metric)
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0.0)

    def __str__(self) -> str:
        return f"at most {self.at_most}" if self.at_least is None else f"at least {self.at_least}"


def quick_prompts() -> PromptSet:
    """Some of FactPrompts that ask for short pieces, evenly spread over those."""
    every = load_fact_prompts()
    short = tuple(prompt for prompt in every.prompts if prompt.gold.bars and prompt.gold.bars[1] <= LONGEST)
    return PromptSet(f"{every.name} of at most {LONGEST} bars", short, every.gold).first(PROMPTS)


def load_bounds(path: Path = BOUNDS) -> list[Bound]:
    """The bounds in a file.

    Raises:
        ValueError: If it is no TOML, or a bound is none.
        OSError: If it cannot be read.
    """
    try:
        return [Bound(**bound) for bound in tomllib.loads(path.read_text(encoding="utf-8"))["bound"]]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} must hold [[bound]] tables with metric, why, at_least or at_most: {error}") from error


def measured_again(bounds: Sequence[Bound], report: EvaluationReport) -> list[Bound]:
    """The bounds for another checkpoint: those with a margin follow its figures, within 0..1 where those are shares."""
    moved = []
    for bound in bounds:
        value = report.value(bound.metric)
        if bound.margin and bound.at_least is not None:
            bound = replace(bound, at_least=round(max(value - bound.margin, 0.0), 3))
        elif bound.margin:
            bound = replace(bound, at_most=round(value + bound.margin, 3))
        moved.append(bound)
    return moved


def save_bounds(bounds: Sequence[Bound], path: Path = BOUNDS) -> None:
    """Writes bounds; the comment at the head of the file stays."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    head = text[: text.find("[[bound]]")] if "[[bound]]" in text else ""
    tables = []
    for bound in bounds:
        lines = ["[[bound]]", f"metric = {json.dumps(bound.metric)}"]
        lines += [f"at_least = {bound.at_least}"] if bound.at_least is not None else [f"at_most = {bound.at_most}"]
        lines += [f"margin = {bound.margin}"] if bound.margin else []
        tables.append("\n".join([*lines, f"why = {json.dumps(bound.why, ensure_ascii=False)}", ""]))
    write_whole(path, (head + "\n".join(tables)).encode())
