"""A piece becomes rows: cut on bar lines, written as events, measured and described.

The cut is drawn from the seed and the piece's id alone, so a row is the same wherever and whenever it is built. Words
that people wrote about a whole piece go only with a row that holds the whole of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from ..events_midi_text import EventVocabulary
from ..facts.analysis import analyze
from ..facts_midi_text import measure_facts
from ..score_midi_text import bar_starts, slice_bars
from .augment import augment
from .captions import captions_for
from .sources import Piece

CAPTIONS, PROMPTS = 3, 1  # of a row, for people and for the tokenizer; training writes its own
_LENGTHS = (4, 8, 8, 12, 16, 16, 24, 32, 48)  # bars of an excerpt, drawn at random


@dataclass(frozen=True)
class BuildSettings:
    """How a corpus is cut.

    Attributes:
        seed: Excerpts, captions and prompts follow from it and the piece's id alone.
        max_events: An excerpt has at most this many events before merging; about two make a token.
        min_notes: Excerpts with fewer notes are left out.
        text_vocab_size: Text pieces of the tokenizer, special tokens included.
        music_vocab_size: Music tokens of the tokenizer, merges included.
        limit: At most this many pieces a split; None for all.
        duplicates: What to do with copies and with works that stand in two splits, see `survey`: "drop" or "keep".
        augment: Share of the training excerpts that come a second time in another version, see `augment`.
    """

    seed: int = 0
    max_events: int = 1536
    min_notes: int = 8
    text_vocab_size: int = 2048
    music_vocab_size: int = 4096
    limit: int | None = None
    duplicates: str = "drop"
    augment: float = 0.0

    def __post_init__(self) -> None:
        for name in ("max_events", "min_notes", "text_vocab_size", "music_vocab_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
        if not 0 <= self.augment <= 1:
            raise ValueError(f"augment must be a share from 0 to 1; got {self.augment}")
        if self.duplicates not in ("drop", "keep"):
            raise ValueError(f"duplicates must be 'drop' or 'keep'; got {self.duplicates!r}")


def schema() -> Any:
    """The columns of a row."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [("piece", text), ("source", text), ("licence", text), ("attribution", text)]
        + [("first_bar", number), ("bars", number), ("total_bars", number)]
        + [("notes", number), ("events", pa.list_(pa.uint16())), ("facts", text), ("analysis", text)]
        + [("labels", text), ("captions", pa.list_(text)), ("prompts", pa.list_(text))]
    )


@cache
def event_vocabulary() -> EventVocabulary:
    """One event vocabulary a process: it takes a while to make."""
    return EventVocabulary()


def examples(piece: Piece, score: ScoreTick, settings: BuildSettings) -> Iterator[dict[str, Any]]:
    """The excerpts of one piece as rows of `schema`."""
    vocabulary = event_vocabulary()
    rng = random.Random(f"{settings.seed}:{piece.id}")
    lines = bar_starts(score)
    onsets = np.concatenate([track.notes.numpy()["time"] for track in score.tracks])
    notes_per_bar = np.histogram(onsets, bins=lines)[0]
    # Cut by notes first, at four events each: exact counts would need the events of every possible cut.
    for first, last in excerpts(notes_per_bar * 4 + 3, rng, settings.max_events):
        sounding = np.flatnonzero(notes_per_bar[first:last])
        if not len(sounding) or notes_per_bar[first:last].sum() < settings.min_notes:
            continue
        first, last = first + int(sounding[0]), first + int(sounding[-1]) + 1  # no silent bars at either end
        whole = notes_per_bar[first:last].sum() == notes_per_bar.sum()
        labels = {name: value for name, value in piece.labels.items() if whole or name != "captions"}
        origin = {
            **{"piece": piece.id, "source": piece.source, "licence": piece.licence, "attribution": piece.attribution},
            **{"first_bar": first, "bars": last - first, "total_bars": len(lines) - 1},
        }
        excerpt = slice_bars(score, first, last)
        yield {**origin, **_described(vocabulary, excerpt, labels, rng)}
        if piece.split == "train" and rng.random() < settings.augment:
            version, kept = augment(excerpt, labels, rng)
            kept.pop("captions", None)  # people wrote of the piece as it is
            yield {**origin, **_described(vocabulary, version, kept, rng)}


def _described(
    vocabulary: EventVocabulary, excerpt: ScoreTick, labels: Mapping[str, Any], rng: random.Random
) -> dict[str, Any]:
    """What an excerpt is, as events, facts and words."""
    events, heard = vocabulary.encode_and_quantize(excerpt)
    facts = measure_facts(heard)
    analysis = analyze(heard, facts)
    return {
        "notes": facts.notes,
        "events": events,
        "facts": compact(facts.to_dict()),
        "analysis": compact(analysis.to_dict()),
        "labels": compact(labels),
        "captions": [*labels.get("captions", ()), *captions_for(facts, labels, rng, analysis, CAPTIONS)],
        "prompts": list(captions_for(facts, labels, rng, analysis, PROMPTS, "prompt")),
    }


def excerpts(bar_events: np.ndarray, rng: random.Random, max_events: int) -> Iterator[tuple[int, int]]:
    """Cuts a piece into neighbouring excerpts.

    Args:
        bar_events: Events in each bar, shape ``(bars,)``.
        rng: Draws the lengths.
        max_events: No excerpt has more, unless a single bar does: that bar is skipped.

    Yields:
        First bar and the bar after the last. A remainder shorter than two bars goes to its neighbour or is left out.
    """
    bars = len(bar_events)
    ends = np.concatenate([[0], np.cumsum(bar_events)])
    if ends[-1] <= max_events and (bars <= 8 or rng.random() < 0.5):
        yield 0, bars
        return
    first = 0
    while first < bars:
        last = min(bars, first + rng.choice(_LENGTHS))
        if bars - last < 2:
            last = bars
        fits = int(np.searchsorted(ends, ends[first] + max_events, side="right")) - 1
        last = min(last, fits)
        if last <= first:
            first += 1
            continue
        if last - first >= 2 or bars < 2:
            yield first, last
        first = last


def compact(values: Mapping[str, Any]) -> str:
    """JSON without spaces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
