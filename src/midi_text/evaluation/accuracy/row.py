"""One figure of accuracy, and the labelled pieces that it is measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symusic.core import ScoreTick


@dataclass(frozen=True, eq=False)
class LabelledPiece:
    """A piece and what its source says of it.

    Attributes:
        id: As in the corpus.
        split: "train", "validation" or "test".
        source: The collection.
        score: Cleaned, as `read_score` gives it.
        labels: What the source says: key, metre, structure …
        annotations: Labels beside the corpus, such as chords by beat; {} where there are none.
    """

    id: str
    split: str
    source: str
    score: ScoreTick
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AccuracyRow:
    """One figure.

    Attributes:
        fact: What was measured: "key", "chords", "form" …
        measure: How, with its unit: "exact, %", "boundary F1 within one bar" …
        source: The collection, or "synthetic".
        value: The figure.
        n: How many pieces (or what `measure` counts) it is over.
        note: Where the labels come from, and what they cannot tell.
    """

    fact: str
    measure: str
    source: str
    value: float
    n: int
    note: str

    def __post_init__(self) -> None:
        """Numbers that numpy counted become Python's, which JSON can hold."""
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "n", int(self.n))
