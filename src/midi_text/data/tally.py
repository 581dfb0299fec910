"""What became of the pieces: counts and credits by source, and every reason for which one was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..records import SourceRecord
from .sources import Piece

_HOST = re.compile(r"https?://[^/\s]+")


@dataclass
class Tally:
    """Counts that add up over shards.

    Attributes:
        rows: Rows by split.
        failures: Pieces left out, by reason.
        counts: By source, pieces, notes and seconds.
        licences: By source, pieces under each licence.
        credits: By source, pieces under each credit line.
        urls: By source, pieces at each address.
    """

    rows: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    licences: dict[str, Counter[str]] = field(default_factory=dict)
    credits: dict[str, Counter[str]] = field(default_factory=dict)
    urls: dict[str, Counter[str]] = field(default_factory=dict)

    def take(self, piece: Piece, notes: int, seconds: float) -> None:
        """Counts a piece, with what was taken of it."""
        self.counts.setdefault(piece.source, Counter()).update(pieces=1, notes=notes, seconds=round(seconds))
        for table, value in ((self.licences, piece.licence), (self.credits, piece.attribution), (self.urls, piece.url)):
            table.setdefault(piece.source, Counter()).update([value])

    def add(self, other: Tally) -> None:
        """Adds another's counts."""
        self.rows.update(other.rows)
        self.failures.update(other.failures)
        for name in ("counts", "licences", "credits", "urls"):
            for source, counter in getattr(other, name).items():
                getattr(self, name).setdefault(source, Counter()).update(counter)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tally:
        """The tally of a `to_dict`."""
        counts, licences, credits, urls = (
            {source: Counter(counter) for source, counter in values[name].items()}
            for name in ("counts", "licences", "credits", "urls")
        )
        return cls(Counter(values["rows"]), Counter(values["failures"]), counts, licences, credits, urls)

    @property
    def sources(self) -> tuple[SourceRecord, ...]:
        """One record a source, by name."""
        return tuple(self._record(name) for name in sorted(self.counts))

    @property
    def sorted_failures(self) -> dict[str, int]:
        """The reasons, the most frequent first."""
        return dict(sorted(self.failures.items(), key=lambda item: (-item[1], item[0])))

    def _record(self, name: str) -> SourceRecord:
        licences = sorted(self.licences[name].items(), key=lambda item: (-item[1], item[0]))
        lines = sorted(self.credits[name])
        shared = f"{_common_start(lines)} ({len(lines)} credit lines)"
        return SourceRecord(
            name=name,
            url=_common_address(list(self.urls[name])),
            licence=", ".join(f"{licence} ({count})" for licence, count in licences),
            attribution=lines[0] if len(lines) == 1 else shared,
            pieces=self.counts[name]["pieces"],
            notes=self.counts[name]["notes"],
            hours=round(self.counts[name]["seconds"] / 3600, 2),
        )

    @property
    def credits_page(self) -> str:
        """Every credit line of every source, which licences such as CC BY ask to be kept with what is made of them."""
        parts = ["# Credits\n\nThe music this was built from, by source, with the credit lines its licences ask for."]
        for name in sorted(self.credits):
            licences = ", ".join(f"{line} ({count})" for line, count in sorted(self.licences[name].items()))
            lines = "\n".join(f"- {line} ({count})" for line, count in sorted(self.credits[name].items()))
            parts.append(f"## {name}\n\nLicences (pieces): {licences}\n\n{lines}")
        return "\n\n".join(parts) + "\n"


def _common_start(lines: list[str]) -> str:
    """What several credit lines share: the collection, before the names of single contributors."""
    return _common_prefix(lines).split(";")[0].strip(" ;,(") or lines[0]


def _common_prefix(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:same]


def _common_address(urls: list[str]) -> str:
    """The address that leads to all of them, such as the page of a collection; empty if there is none."""
    shared = _common_prefix(urls)
    if len(urls) > 1:
        shared = shared.rpartition("/")[0]
    return shared if _HOST.match(shared) else ""
