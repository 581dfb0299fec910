"""Results as HTML: every word from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..agreement_midi_text import Agreement
from ..facts.analysis import Analysis
from ..facts_midi_text import MusicFacts
from ..vocabulary_midi_text import gm_name

_MOST_CHORDS = 16


def words(text: str, *notes: str) -> str:
    """A sentence or more in large type, and remarks under it."""
    return f'<p class="mt-words">{escape(text)}</p>' + "".join(
        f'<p class="mt-note">{escape(n)}</p>' for n in notes if n
    )


def agreement_table(rows: Sequence[Agreement]) -> str:
    """Asked, measured, met."""
    if not rows:
        return words("", "Nothing that can be measured was asked, so the model was free.")
    body = "".join(
        f"<tr><th scope='row'>{escape(_fact(row.fact))}</th><td>{escape(row.asked)}</td>"
        f"<td>{escape(row.measured)}</td><td>{_verdict(row.met)}</td></tr>"
        for row in rows
    )
    head = "<tr><th></th><th scope='col'>you asked</th><th scope='col'>it has</th><th scope='col'></th></tr>"
    return f"<table class='mt-table'>{head}{body}</table>"


def _fact(name: str) -> str:
    return name.removesuffix("_bpm").replace("_", " ")


def _verdict(met: bool) -> str:
    return '<span class="mt-met">✓ met</span>' if met else '<span class="mt-unmet">✗ not met</span>'


def facts_table(facts: MusicFacts, analysis: Analysis, styles: Sequence[str] = ()) -> str:
    """What was measured."""
    chords = [chord.name for chord in analysis.harmony.loop or analysis.harmony.progression]
    keys = [span.key.name for span in analysis.tonality.spans]
    rows: Iterable[tuple[str, str]] = (
        ("key", ", then ".join(keys) or (facts.key.name if facts.key else "")),
        ("tempo", f"{facts.tempo_bpm:.0f} quarter notes a minute"),
        ("metre", "{}/{}".format(*facts.time_signature)),
        ("length", f"{facts.bars} bars, {facts.duration_seconds:.0f} seconds, {facts.notes:,} notes"),
        ("instruments", ", ".join(gm_name(program) for program in facts.programs)),
        ("form", analysis.form.plan),
        ("chords", " ".join(chords[:_MOST_CHORDS]) + (" …" if len(chords) > _MOST_CHORDS else "")),
        ("traits", ", ".join(sorted(analysis.traits))),
        ("style", ", ".join(styles)),
    )
    body = "".join(
        f"<tr><th scope='row'>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows if value.strip()
    )
    return f"<table class='mt-table'>{body}</table>"
