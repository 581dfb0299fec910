"""A report as `midi-text evaluate` writes it, with made-up figures, for tests of what is made from reports."""

from midi_text.records import EvaluationReport, Measurement
from midi_text.reports.tables import REQUIRED

MORE = {
    "adherence/asked/key": 8.0,
    "human/examples": 2.0,
    "human/key": 0.75,
    "human/asked/key": 2.0,
    "adherence/musicality/rc4": 0.5,
    "likelihood/examples": 4.0,
    "likelihood/excerpts": 4.0,
    "likelihood/excerpts/tunes": 1.0,
    "likelihood/bits_per_note/model": 5.25,
    "likelihood/bits_per_note/model/tunes": 2.5,
    "likelihood/bits_per_note/parrot": 7.5,
    "likelihood/bits_per_note/bigram": 17.0,
    "truth/examples": 4.0,
    "truth/contradicted/own_words": 0.25,
    "truth/contradicted/own_words/key": 0.5,
}


def made_report(**changes: object) -> EvaluationReport:
    """All rows that must be there and some more; an interval of a tenth either way around what is no count."""
    values = {name: 10.0 if name.endswith("/examples") else 0.5 for name in REQUIRED} | {"adherence/key": 0.875} | MORE
    counts = ("examples", "asked", "excerpts")
    rows = tuple(
        Measurement(name, value, None, None)
        if any(part in counts for part in name.split("/"))
        else Measurement(name, value, value - 0.1, value + 0.1)
        for name, value in values.items()
    )
    given = {"name": "made", "checkpoint_hash": "ef" * 32, "examples": 26, "seed": 3, "rows": rows} | changes
    return EvaluationReport(**given)
