"""The words of a built dataset: are they true of their music, what do they state, and how varied are they?

Every caption and prompt that was written into a shard is read as any reader would read it, and each statement is held
to the facts and the analysis of its row (`truth.judge`). Texts that people wrote for a piece are not judged. Diversity
is measured on an even sample of fixed size, since it depends on size. Each text with a statement that is not borne out
is logged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..records import EvaluationReport, Measurement
from .diversity import diversity_rows
from .intervals import ratio
from .truth import judge

logger = logging.getLogger(__name__)
SAMPLE = 2000  # texts that diversity is measured on
KINDS = ("captions", "prompts")


class WrittenText(NamedTuple):
    """One text of a built row and what it should be true of."""

    kind: str
    text: str
    facts: MusicFacts
    analysis: Analysis


def written_texts(folder: str | Path, split: str) -> Iterator[WrittenText]:
    """The captions and prompts of the rows of a built dataset, in order, without those that people wrote.

    Args:
        folder: Of the dataset, with ``data/<split>-*.parquet``.
        split: "train", "validation" or "test".

    Raises:
        FileNotFoundError: If the split has no shard.
    """
    import pyarrow.parquet as pq

    shards = sorted((Path(folder) / "data").glob(f"{split}-*.parquet"))
    if not shards:
        raise FileNotFoundError(f"{folder} must hold data/{split}-*.parquet; build the dataset first")
    for shard in shards:
        for row in pq.read_table(shard, columns=["facts", "analysis", "labels", *KINDS]).to_pylist():
            yield from _texts_of(row)


def _texts_of(row: dict[str, Any]) -> Iterator[WrittenText]:
    facts = MusicFacts.from_dict(json.loads(row["facts"]))
    analysis = Analysis.from_dict(json.loads(row["analysis"]))
    given = set(json.loads(row["labels"]).get("captions", ()))
    for kind in KINDS:
        yield from (WrittenText(kind, text, facts, analysis) for text in row[kind] if text not in given)


def evaluate_written(folder: str | Path, split: str = "train") -> EvaluationReport:
    """Judges every text of a split.

    Args:
        folder: Of the dataset.
        split: "train", "validation" or "test".

    Returns:
        For "captions" and "prompts": ``contradicted/<kind>`` (statements that are not borne out, of all),
        ``texts_contradicted/<kind>``, ``statements_per_text/<kind>`` and the rows of `diversity_rows`.

    Raises:
        FileNotFoundError: If the split has no shard.
        ValueError: If it has fewer than two captions or prompts.
    """
    stated: dict[str, list[int]] = {kind: [] for kind in KINDS}
    wrong: dict[str, list[int]] = {kind: [] for kind in KINDS}
    texts: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for kind, text, facts, analysis in written_texts(folder, split):
        judged = judge(text, facts, analysis)
        stated[kind].append(judged.stated["all"])
        wrong[kind].append(judged.wrong["all"])
        texts[kind].append(text)
        if judged.wrong["all"]:
            logger.warning("not borne out: %s in %r", dict(judged.wrong), text)
    rows: list[Measurement] = []
    for kind in KINDS:
        rows += [
            ratio(f"contradicted/{kind}", wrong[kind], stated[kind]),
            ratio(f"texts_contradicted/{kind}", [float(count > 0) for count in wrong[kind]]),
            ratio(f"statements_per_text/{kind}", stated[kind]),
            *diversity_rows(_evenly(texts[kind]), kind),
        ]
    return EvaluationReport("written words", "", sum(map(len, texts.values())), 0, tuple(rows))


def _evenly(texts: list[str]) -> list[str]:
    """At most `SAMPLE` of them, evenly spread."""
    taken = min(SAMPLE, len(texts))
    return [texts[number * len(texts) // taken] for number in range(taken)]
