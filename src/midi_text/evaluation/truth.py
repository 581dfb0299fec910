"""Truth: are the statements of a caption true of its file?

A caption is read as any reader would read it (`read_prompt`), and each statement is held to the facts measured on the
file. The contradiction rate is wrong statements over statements: for the model's own words, and for the text after
`check_caption` repaired or dropped what was wrong. Words that state nothing measurable (mood, style) are not judged.
The facts are estimates where music leaves room: a key is "wrong" when it is not the estimator's.

A caption that states nothing cannot be wrong, so the rates stand beside the share of captions that state anything and
the mean number of statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..prompt_midi_text import read_prompt
from ..records import Measurement
from ..truth_midi_text import contradicts, unnamed_programs
from ..vocabulary_midi_text import CLASSES
from .intervals import ratio

# What a table shows together: a statement's fact -> its group.
GROUPS = {
    "key": "key",
    "mode": "key",
    "tempo_bpm": "tempo",
    "time_signature": "metre",
    "program": "instruments",
    "family": "instruments",
    "no_program": "instruments",
    "no_family": "instruments",
    "bars": "bars",
    "duration_seconds": "duration",
    **dict.fromkeys(CLASSES, "character"),
    **dict.fromkeys(("trait", "no_trait", "performed", "pickup"), "traits"),
    **dict.fromkeys(("chords", "roman", "cadence"), "harmony"),
    **dict.fromkeys(("melody_program", "melody_family", "bass_program", "bass_family"), "roles"),
    "key_change": "key",
    "form": "form",
}
_ALL = "all"
_NO_OTHERS = (_ALL, "instruments")


@dataclass(frozen=True)
class Statements:
    """What one text states, counted by group (the values of `GROUPS`, and ``"all"``)."""

    stated: Counter[str]
    wrong: Counter[str]


def judge(text: str, facts: MusicFacts, analysis: Analysis | None = None) -> Statements:
    """Counts the statements of a text and those that are not borne out; words of style are no statements here.

    Args:
        text: Of one caption.
        facts: The basic facts of the music.
        analysis: The closer look at it; without one what only it can bear out counts as wrong.
    """
    stated: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    ask = read_prompt(text)
    if not ask.open_instruments:  # a list of instruments that leaves no room for others states that there are none
        stated.update(_NO_OTHERS)
        if unnamed_programs(ask, facts):
            wrong.update(_NO_OTHERS)
    for statement in ask.statements:
        if statement.fact == "style":
            continue
        groups = (_ALL, GROUPS[statement.fact])
        stated.update(groups)
        if contradicts(statement.fact, statement.value, facts, analysis):
            wrong.update(groups)
    return Statements(stated, wrong)


def truth_rows(
    cases: Iterable[tuple[MusicFacts, str] | tuple[MusicFacts, str, Analysis]], name: str
) -> list[Measurement]:
    """The rows of one kind of text.

    Args:
        cases: The facts of each piece and what was said of it; and its analysis, without which what only that can bear
            out counts as wrong.
        name: Of the kind, such as "own_words".

    Returns:
        ``contradicted/<name>``, ``contradicted/<name>/<group>`` for every group that is stated at all,
        ``captions_with_statements/<name>``, ``statements_per_caption/<name>``, ``stated/<name>/<group>`` (per caption).

    Raises:
        ValueError: If there is no case.
    """
    judged = [judge(text, facts, *closer) for facts, text, *closer in cases]
    if not judged:
        raise ValueError("caption truth needs at least one caption; got none")
    stated = [case.stated[_ALL] for case in judged]
    rows = [
        ratio(f"contradicted/{name}", [case.wrong[_ALL] for case in judged], stated),
        ratio(f"captions_with_statements/{name}", [float(count > 0) for count in stated]),
        ratio(f"statements_per_caption/{name}", stated),
    ]
    for group in dict.fromkeys(GROUPS.values()):
        counts = [case.stated[group] for case in judged]
        if any(counts):
            rows.append(ratio(f"contradicted/{name}/{group}", [case.wrong[group] for case in judged], counts))
            rows.append(ratio(f"stated/{name}/{group}", counts))
    return rows
