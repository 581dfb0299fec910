"""The page of facts is made from docstrings and figures, and tells every fact."""

from dataclasses import fields

from test_study import reference, score

from midi_text.evaluation.accuracy.row import AccuracyRow
from midi_text.evaluation.fact_accuracy import TOPICS, facts_page, measure_speed
from midi_text.facts.traits import ALL_TRAITS
from midi_text.facts_midi_text import MusicFacts
from midi_text.score_midi_text import write_score

ROW = AccuracyRow("key", "exact, %", "a | b", 97.25, 40, "labels of people")


def test_every_fact_has_its_rule_on_the_page():
    page = facts_page([ROW], "midi-text accuracy CORPUS")
    rules = dict(line.strip("| ").split(" | ", 1) for line in page.splitlines() if line.startswith("| `"))
    for field in fields(MusicFacts):
        assert len(rules[f"`{field.name}`"]) > 8, field.name
    for name in ("spans", "chords", "sections", "motifs", "swing_ratio", "pattern", "kind", "tempo_course", "grade"):
        assert f"`{name}`" in rules, name
    assert "Written by `midi-text accuracy CORPUS`" in page
    assert "### key" in page
    assert "| exact, % | a \\| b | 97.2 | 40 | labels of people |" in page


def test_every_trait_has_its_rule_on_the_page():
    page = facts_page([], "")
    untold = [trait for trait in ALL_TRAITS if f'"{trait}"' not in page]
    assert not untold


def test_speed_counts_files():
    basic, everything = measure_speed([write_score(score(reference()))] * 3)
    assert basic.n == everything.n == 3
    assert basic.value > everything.value > 0


def test_topics_give_nothing_of_nothing():
    assert {"keys", "metre", "chords", "form", "rhythm", "parts"} <= set(TOPICS)
    assert TOPICS["metre"]([]) == []
