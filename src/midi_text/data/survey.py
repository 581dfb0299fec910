"""Before anything is built: what is the same music, and which split it belongs to.

Pieces that name the same work, or are found to be the same music (`duplicates`), form a group. A group lives in one
split. Where a source gave splits, what it holds out stays held out, and pieces of the group that it put elsewhere are
dropped; where splits are drawn here, the group follows its held-out piece or is drawn as one, by its name, or, in a
folder so small that a draw could hold out nothing, as one of a share of the groups. Of exact copies with the
same instruments only one is kept: the other re-orchestrations and versions of a split teach something.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from .duplicates import Match, Outline, find_matches, groups, outline
from .processes import Job
from .reading import read_job
from .sources import Piece, draw_split

HELD_OUT = ("test", "validation", "train")  # the first of these that a group has is its split
COPY = "the same notes as another piece"
CROSSING = "the same work as a piece of the {} split"
TAKEN = "its id is taken by another piece"


class Surveyed(NamedTuple):
    """What a survey keeps of a piece; `outline` is None where it could not be read."""

    id: str
    split: str
    drawn: bool
    group: str
    programs: tuple[int, ...]
    outline: Outline | None


@dataclass(frozen=True)
class Plan:
    """What becomes of the pieces, by id.

    Attributes:
        moved: The split of those that do not stay in theirs.
        dropped: The reason, of those that are left out.
        joined: The group of those that belong with others, by the id of its first piece.
        matches: Which pieces are the same music, with the share of the shorter melody that was found in the other.
    """

    moved: Mapping[str, str]
    dropped: Mapping[str, str]
    joined: Mapping[str, str]
    matches: tuple[tuple[str, str, float], ...]

    def apply(self, piece: Piece) -> Piece | None:
        """The piece in its split and group; None if it is left out."""
        if piece.id in self.dropped:
            return None
        return replace(
            piece,
            split=self.moved.get(piece.id, piece.split),
            group=self.joined.get(piece.id, piece.group),
        )

    @property
    def reasons(self) -> Counter[str]:
        """How many pieces were dropped for each reason."""
        return Counter(self.dropped.values())

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Reads what `to_json` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**values, "matches": tuple(tuple(match) for match in values["matches"])})


def survey_job(job: Job) -> list[Surveyed]:
    """What is compared of the pieces of a job."""
    return [look(piece, score) for piece, score in read_job(job)]


def look(piece: Piece, score: Any) -> Surveyed:
    """What is compared of a piece, of which `read_job` gave the score or a reason."""
    programs = () if isinstance(score, str) else tuple(sorted({128 if t.is_drum else t.program for t in score.tracks}))
    found = None if isinstance(score, str) else outline(score)
    return Surveyed(piece.id, piece.split, piece.drawn, piece.group or piece.id, programs, found)


def make_plan(surveyed: Iterable[Surveyed], held_out: float | None = None) -> Plan:
    """Decides, see the head of this file.

    Args:
        surveyed: All pieces.
        held_out: The share of the groups without a given split that are for validation, one at least, the others for
            training; None draws the split of each by itself (`draw_split`).
    """
    everything = list(surveyed)
    ids = Counter(one.id for one in everything)
    pieces = [one for one in everything if one.outline is not None]
    matches = find_matches([one.outline for one in pieces if one.outline is not None])
    dropped = dict(_copies(pieces, matches))
    dropped |= {name: TAKEN for name, count in ids.items() if count > 1}
    moved, joined = {}, {}
    works = _works(pieces, matches)
    drawn = {pieces[work[0]].group: "train" for work in works if all(pieces[i].drawn for i in work)}
    if held_out is not None:
        for group in sorted(drawn, key=_draw)[: max(1, round(held_out * len(drawn)))]:
            drawn[group] = "validation"
    for members in works:
        given = {pieces[i].split for i in members if not pieces[i].drawn}
        first = pieces[members[0]]
        split = next((name for name in HELD_OUT if name in given), "")
        split = split or (draw_split(first.group) if held_out is None else drawn[first.group])
        for one in (pieces[i] for i in members):
            if one.group != first.group:
                joined[one.id] = first.group
            if one.split == split or one.id in dropped:
                continue
            if one.drawn:
                moved[one.id] = split
            else:
                dropped[one.id] = CROSSING.format(split)
    named = tuple((pieces[m.first].id, pieces[m.second].id, round(m.share, 3)) for m in matches)
    return Plan(moved, dropped, joined, named)


def _draw(group: str) -> bytes:
    return hashlib.sha256(group.encode()).digest()


def _works(pieces: list[Surveyed], matches: list[Match]) -> list[list[int]]:
    """The numbers of the pieces of each group."""
    first: dict[str, int] = {}
    named = [(first.setdefault(one.group, number), number) for number, one in enumerate(pieces)]
    works: dict[int, list[int]] = {}
    for number, root in enumerate(groups(len(pieces), [*named, *((m.first, m.second) for m in matches)])):
        works.setdefault(root, []).append(number)
    return list(works.values())


def _copies(pieces: list[Surveyed], matches: list[Match]) -> Iterator[tuple[str, str]]:
    """The exact copies with the same instruments but for the one that is kept: the most held out, the first."""
    copies: dict[tuple[bytes, tuple[int, ...]], list[int]] = {}
    for number in sorted({number for m in matches if m.exact for number in (m.first, m.second)}):
        one = pieces[number]
        if one.outline is not None:
            copies.setdefault((one.outline.content, one.programs), []).append(number)
    for numbers in copies.values():
        given = [number for number in numbers if not pieces[number].drawn]
        kept = min(given or numbers, key=lambda number: HELD_OUT.index(pieces[number].split) if given else number)
        yield from ((pieces[number].id, COPY) for number in numbers if number != kept)
