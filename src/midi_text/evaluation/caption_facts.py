"""The facts of a caption: how many are right, how much of what could be said is said.

A caption is read as anybody would read it (`read_prompt`) into *claims*: the different facts it states, "piano" said
twice being one. A list of instruments that leaves no room for others is one more claim, that there are no others.
Analyzers judge them; each has its own columns. One is ours, which also labelled the training data, the other is
independent (`independent`) and judges the basic facts only, which is why there is a group ``basic``.

- ``precision``: claims borne out / claims judged; ``contradicted``: the rest, wrong / judged.
- ``recall``: of the claims that the references state (each once, if the analyzer bears it out), the share that follows
  from a true claim of the caption (`entails`): "D minor" gives what "minor" asks, "violin" what "strings" asks,
  "60 BPM" what "slow" asks, never the other way round.
- ``f1``: the harmonic mean of these two.
- ``coverage``: of what can be said of any file, that is its tempo, metre, key, length and each of its instruments, the
  share of which the caption says something true, however roughly. References choose; this does not.
- ``claims``: claims a caption; ``judged``: the share of them that the analyzer has an opinion of.

All are ratios of sums over captions (micro-averages): a caption that states nothing cannot be wrong, and pays for it in
recall and coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..facts.analysis import Analysis
from ..facts_midi_text import Key, MusicFacts
from ..prompt_midi_text import read_prompt
from ..records import Measurement
from ..truth_midi_text import (
    DURATION_TOLERANCE_SECONDS,
    DURATION_TOLERANCE_SHARE,
    TEMPO_TOLERANCE_BPM,
    contradicts,
)
from ..vocabulary_midi_text import CLASSES, FAMILIES
from .intervals import of_sums, ratio
from .truth import GROUPS

Claim = tuple[str, Any]
"""A fact (as in `Statement.fact`, or "only") and its value (as in `Statement.value`, or the programs there may be)."""

GROUP_OF = {**GROUPS, "only": "instruments"}
BASIC = frozenset(("key", "tempo", "metre", "instruments", "bars", "duration"))  # groups that every analyzer judges
_ALL, _BASIC = "all", "basic"


class Analyzer(Protocol):
    """Somebody who has measured one file."""

    @property
    def key(self) -> Key | None:
        """The key; None without pitched notes."""

    @property
    def programs(self) -> tuple[int, ...]:
        """The programs that sound; 128 stands for drums."""

    def holds(self, fact: str, value: Any) -> bool | None:
        """Whether a claim is borne out; None for no opinion."""


@dataclass(frozen=True)
class Measured:
    """Our own analyzer; without an analysis it has no opinion on what needs one."""

    facts: MusicFacts
    analysis: Analysis | None = None

    @property
    def key(self) -> Key | None:
        """The estimated key."""
        return self.facts.key

    @property
    def programs(self) -> tuple[int, ...]:
        """Most notes first."""
        return self.facts.programs

    def holds(self, fact: str, value: Any) -> bool | None:
        """See `Analyzer`."""
        if fact == "only":
            return bool(value.issuperset(self.programs))
        if self.analysis is None and GROUP_OF[fact] not in BASIC and fact not in CLASSES:
            return None
        return not contradicts(fact, value, self.facts, self.analysis)


@dataclass(frozen=True)
class CaptionCase:
    """A caption, and what it is held to.

    Attributes:
        text: The caption.
        references: What others said of the same piece; () leaves out recall and F1.
        analyzers: Who measured the piece, by name ("ours", "independent").
    """

    text: str
    references: tuple[str, ...]
    analyzers: Mapping[str, Analyzer]


def claims(text: str) -> tuple[Claim, ...]:
    """The different claims of a text, in its order; words of style are none."""
    ask = read_prompt(text)
    found: dict[Claim, None] = {(s.fact, s.value): None for s in ask.statements if s.fact != "style"}
    if not ask.open_instruments:
        named = frozenset(ask.programs).union(*(FAMILIES[family].programs for family in ask.families))
        found["only", named] = None
    return tuple(found)


def entails(stated: Claim, wanted: Claim) -> bool:
    """Whether one claim says everything that another says."""
    if stated == wanted:
        return True
    (fact, value), (other, wish) = stated, wanted
    if fact == "key" and other == "mode":
        return bool(value.mode == wish)
    role, _, kind = fact.rpartition("_") if fact.startswith(("melody_", "bass_", "no_")) else ("", "", fact)
    if kind in ("program", "family"):
        return _instrument_entails(role, kind, value, other, wish)
    if fact != other:
        return False
    if fact == "only":
        return bool(value <= wish)
    if fact in CLASSES and fact != "register":  # the bands of a register speak of different numbers
        band, wider = CLASSES[fact][value], CLASSES[fact][wish]
        return wider.low <= band.low and band.high <= wider.high
    slack, share = _SLACK.get(fact, (None, 0.0))
    if slack is not None:
        return bool(wish[0] * (1 - share) - slack <= value[0] and value[1] <= wish[1] * (1 + share) + slack)
    if fact in ("chords", "roman"):
        size = len(wish)
        return any(value[start : start + size] == wish for start in range(len(value) - size + 1))
    return False


_SLACK: dict[str, tuple[float | None, float]] = {
    "tempo_bpm": (TEMPO_TOLERANCE_BPM, 0.0),
    "bars": (0.0, 0.0),
    "duration_seconds": (DURATION_TOLERANCE_SECONDS, DURATION_TOLERANCE_SHARE),
}


def _instrument_entails(role: str, kind: str, value: Any, other: str, wish: Any) -> bool:
    """Instruments, wanted, excluded ("no_") or in a role: one program is less than its family, no family is more.

    Who plays the melody or the bass also plays.
    """
    wanted_role, _, wanted_kind = other.rpartition("_")
    if wanted_kind not in ("program", "family") or wanted_role not in ((role,) if role == "no" else (role, "")):
        return False
    own = frozenset((value,)) if kind == "program" else FAMILIES[value].programs
    wished = frozenset((wish,)) if wanted_kind == "program" else FAMILIES[wish].programs
    return wished <= own if role == "no" else own <= wished


def coverage(true: Iterable[Claim], analyzer: Analyzer) -> tuple[int, int]:
    """Of how many of the facts that can be stated of any file true claims say something, and how many there are."""
    stated = tuple(true)
    kinds = {fact for fact, _ in stated}
    said = [bool(kinds & slot) for slot in ({"tempo_bpm"}, {"time_signature"}, {"bars", "duration_seconds"})]
    said += ["key" in kinds] if analyzer.key else []
    said += [any(entails(("program", program), claim) for claim in stated) for program in analyzer.programs]
    return sum(said), len(said)


@dataclass(frozen=True)
class _Counts:
    """Of one caption and one analyzer, by group."""

    right: Mapping[str, int]
    judged: Mapping[str, int]
    found: Mapping[str, int]
    wanted: Mapping[str, int]
    claims: int
    covered: tuple[int, int]


def _count(case: CaptionCase, analyzer: Analyzer) -> _Counts:
    own = claims(case.text)
    verdicts = [(claim, analyzer.holds(*claim)) for claim in own]
    true = [claim for claim, verdict in verdicts if verdict]
    asked = {claim for text in case.references for claim in claims(text) if analyzer.holds(*claim)}
    found = [claim for claim in asked if any(entails(stated, claim) for stated in true)]
    return _Counts(
        right=_by_group(true),
        judged=_by_group(claim for claim, verdict in verdicts if verdict is not None),
        found=_by_group(found),
        wanted=_by_group(asked),
        claims=len(own),
        covered=coverage(true, analyzer),
    )


def _by_group(found: Iterable[Claim]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for fact, _ in found:
        group = GROUP_OF[fact]
        for name in (_ALL, group, *((_BASIC,) if group in BASIC else ())):
            counts[name] = counts.get(name, 0) + 1
    return counts


def f1_of_sums(sums: np.ndarray) -> np.ndarray:
    """F1 from sums of (right, judged, found, wanted), shape ``(N, 4)``; 0 where there is nothing to count."""
    right, judged, found, wanted = sums.T
    precision, recall = right / np.maximum(judged, 1e-12), found / np.maximum(wanted, 1e-12)
    return 2 * precision * recall / np.maximum(precision + recall, 1e-12)


def caption_rows(cases: Sequence[CaptionCase], name: str) -> list[Measurement]:
    """The rows of one kind of captions.

    Args:
        cases: The captions; all with analyzers of the same names.
        name: Of the kind, such as "own_words" or "shuffled".

    Returns:
        For each analyzer ``<figure>/<analyzer>/<name>`` and, where a group is stated or wanted at all,
        ``<figure>/<analyzer>/<name>/<group>``; see the module.

    Raises:
        ValueError: If there is no case, or their analyzers differ.
    """
    if not cases or any(case.analyzers.keys() != cases[0].analyzers.keys() for case in cases):
        raise ValueError(f"caption facts need captions, all judged by the same analyzers; got {len(cases)} captions")
    rows = []
    for analyzer in cases[0].analyzers:
        counts = [_count(case, case.analyzers[analyzer]) for case in cases]
        place = f"{analyzer}/{name}"
        rows.append(ratio(f"claims/{place}", [count.claims for count in counts]))
        rows.append(ratio(f"judged/{place}", [c.judged.get(_ALL, 0) for c in counts], [c.claims for c in counts]))
        rows.append(ratio(f"coverage/{place}", *zip(*(count.covered for count in counts), strict=True)))
        for group in (_ALL, _BASIC, *dict.fromkeys(GROUP_OF.values())):
            rows += _group_rows(counts, group, place if group == _ALL else f"{place}/{group}")
    return rows


def _group_rows(counts: Sequence[_Counts], group: str, place: str) -> list[Measurement]:
    table = np.array(
        [[part.get(group, 0) for part in (count.right, count.judged, count.found, count.wanted)] for count in counts],
        np.float64,
    )
    right, judged, found, wanted = table.T
    rows = []
    if judged.any():
        rows.append(ratio(f"precision/{place}", right, judged))
        rows.append(ratio(f"contradicted/{place}", judged - right, judged))
    if wanted.any():
        rows.append(ratio(f"recall/{place}", found, wanted))
        if judged.any():
            rows.append(of_sums(f"f1/{place}", table, f1_of_sums))
    return rows
