"""What is made from reports says what they say, names what they lack, and is not stale in this repository."""

import base64
import dataclasses
import random
import re
from pathlib import Path

import numpy as np
import pytest
from reports_made import made_report
from test_records import MANIFEST, RUN

import midi_text
from midi_text.cli import main
from midi_text.evaluation.adherence import ROWS
from midi_text.evaluation.answers import write_answers
from midi_text.evaluation.musicality.evaluate import evaluate_musicality
from midi_text.evaluation.musicality.reference import default_reference
from midi_text.evaluation.prompt_files import load_fact_prompts
from midi_text.evaluation.systems import Template
from midi_text.evaluation.template import compose_by_rule
from midi_text.records import EvaluationReport, Measurement, Papers, RecordError
from midi_text.rendering.distributions import Panel, draw_distributions
from midi_text.reports import metrics
from midi_text.reports.gallery import find_answers_of, hang
from midi_text.reports.pages import page, results
from midi_text.reports.tables import REQUIRED, THEMES, Table, chapters, check_required

ROOT = Path(__file__).parents[1]
REPORT = made_report()


def table(report: EvaluationReport, theme: str, title: str = "") -> Table:
    (chapter,) = [chapter for chapter in chapters(report) if chapter.theme.title == theme]
    (found,) = [table for table in chapter.tables if table.title == title]
    return found


# -- the repository


@pytest.mark.skipif(not (midi_text.PRETRAINED / "model.safetensors").is_file(), reason="no checkpoint is embedded")
def test_the_results_are_those_of_the_papers_beside_the_weights():
    made = results(Papers.of_checkpoint(midi_text.PRETRAINED))
    there = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert there == made, "docs/results.md is stale: run `make results`"


def test_themes_are_defined_where_pages_say():
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert {theme.anchor for theme in THEMES} <= anchors


def test_every_figure_that_is_measured_has_words():
    assert set(ROWS) <= set(metrics.ADHERENCE)
    piece = compose_by_rule("a jig in D major, 16 bars", random.Random(0))
    named = {row.metric.removeprefix("musicality/") for row in evaluate_musicality([piece] * 50, default_reference())}
    assert {name for name in named if not name.endswith("pieces")} <= set(metrics.MUSICALITY)
    for metric in (*metrics.ADHERENCE.values(), *metrics.MUSICALITY.values(), *metrics.CAPTION_FACTS.values()):
        assert metric.about.endswith(".")
        assert metric.better in ("more", "less", "human")


# -- tables


def test_systems_stand_beside_one_another_and_absent_ones_are_named():
    found = table(REPORT, "Adherence")
    assert [column.title for column in found.columns] == ["human pieces", "the model, locks off", "the model, locks on"]
    assert [column.examples for column in found.columns] == [2, 10, 10]
    assert found.missing == ("human pieces, shuffled", "rules and templates")
    (key,) = [line for line in found.lines if line.metric is metrics.ADHERENCE["key"]]
    assert [cell.row.value for cell in key.cells] == [0.75, 0.5, 0.875]
    assert [cell.count for cell in key.cells] == [2, None, 8]
    (tempo,) = [line for line in found.lines if line.metric is metrics.ADHERENCE["tempo"]]
    assert tempo.cells[0] is None


def test_sources_are_rows_and_an_unknown_system_is_a_column():
    found = table(REPORT, "Likelihood", "Bits a note, by source")
    assert [column.title for column in found.columns] == ["the model", "parrot", "bigram"]
    assert [(line.title, line.count) for line in found.lines] == [("all", 4), ("tunes", 1)]
    assert [cell and cell.row.value for cell in found.lines[1].cells] == [2.5, None, None]


def test_a_theme_without_rows_is_told_as_not_measured():
    (retrieval,) = [chapter for chapter in chapters(REPORT) if chapter.theme.title == "Retrieval"]
    assert not retrieval.tables
    text = results(Papers(MANIFEST, RUN, REPORT))
    assert re.search(r"### Retrieval\n\n.*\n\nNot measured\.\n", text)
    assert "Not measured: human pieces, shuffled; rules and templates." in text


@pytest.mark.parametrize("name", REQUIRED)
def test_a_row_that_must_be_there_is_missed(name: str):
    less = dataclasses.replace(REPORT, rows=tuple(row for row in REPORT.rows if row.metric != name))
    with pytest.raises(RecordError, match=rf"it lacks {name}\. Measure the checkpoint with `midi-text evaluate"):
        check_required(less)
    with pytest.raises(RecordError, match=name):
        results(Papers(MANIFEST, RUN, less))


# -- pages


def test_results_hold_figures_intervals_and_where_they_come_from():
    text = results(Papers(MANIFEST, RUN, REPORT))
    assert "| key (CK) | 8 | 75.0 % (65.0 to 85.0; N 2) | 50.0 % (40.0 to 60.0) | 87.5 % (77.5 to 97.5) |" in text
    assert "| tunes | 1 | 2.50 (2.40 to 2.60) | – | – |" in text
    assert REPORT.checkpoint_hash in text
    assert "26 examples, seed 3" in text


def test_a_page_stands_alone_and_escapes_what_it_shows():
    text = page(dataclasses.replace(REPORT, name="<script>alert(1)</script>"))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.findall(r"""(?:src|href|srcset)=["'](?!#|data:)|url\(|@import|https?://""", text)
    for row in REPORT.rows:
        assert f">{row.metric}<" in text
    for wanted in ("87.5 %", "77.5 to 97.5", "Not measured", "prefers-color-scheme: dark", "@media print"):
        assert wanted in text


def test_answers_of_anybody_have_a_page_too():
    rows = (Measurement("decodes", 0.5, 0.25, 0.75), Measurement("key", 0.25, None, None))
    theirs = EvaluationReport("theirs", "", 4, 0, rows)
    found = table(theirs, "Adherence")
    assert [(column.title, column.examples) for column in found.columns] == [("the answers", 4)]
    assert not found.missing
    assert "What the answers hold" in page(theirs)


# -- pictures


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[EvaluationReport, Path]:
    """Three prompts, two answered, as if by the model, and a report that speaks of three."""
    home = tmp_path_factory.mktemp("results")
    asked = load_fact_prompts().first(3).prompts
    write_answers(Template(), asked, home / "adherence", seed=1)
    (home / "adherence" / "001.mid").unlink()
    return EvaluationReport("three", "", 3, 1, (Measurement("adherence/examples", 3.0, None, None),)), home


def test_best_middle_and_worst_are_drawn_with_their_prompts(answered: tuple[EvaluationReport, Path]):
    report, home = answered
    answers = find_answers_of(report, home)
    assert len(answers.prompts.prompts) == 3
    (room,) = hang(answers)
    assert [piece.place for piece in room.pieces] == ["best", "middle", "worst"]
    assert {piece.prompt for piece in room.pieces} == {prompt.text for prompt in answers.prompts.prompts}
    best, _, worst = room.pieces
    assert (worst.name, worst.asked, worst.human, worst.roll) == ("", 0, 0, None)
    assert best.human > 0
    for drawn in (best.roll, best.matrix, room.distributions):
        for address in (drawn.light, drawn.dark):
            kind, _, data = address.partition(",")
            assert kind == "data:image/svg+xml;base64"
            assert b"<svg" in base64.b64decode(data)
        assert drawn.light != drawn.dark
    text = page(report, answers)
    assert "There is no music in this answer." in text
    assert text.count("<picture>") == 5


def test_answers_to_other_prompts_are_refused(answered: tuple[EvaluationReport, Path], tmp_path: Path):
    report, home = answered
    (tmp_path / "other.txt").write_text("a waltz\na jig\na march\n")
    with pytest.raises(ValueError, match="must be to the prompts of the report"):
        hang(find_answers_of(report, home, str(tmp_path / "other.txt")))
    with pytest.raises(ValueError, match="must hold the MIDI answers"):
        find_answers_of(report, tmp_path)


def test_distributions_have_the_same_area_and_leave_gaps_out(tmp_path: Path):
    values = np.linspace(0, 1, 50)
    odd = np.append(values, (np.nan, 1e6))
    draw_distributions([Panel("a figure", {"people": values, "model": odd})], tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "a figure" in text
    assert "people" in text
    assert "model" in text
    assert "1000000" not in text
    with pytest.raises(ValueError, match="at least one panel"):
        draw_distributions([], tmp_path / "b.svg")


# -- the command


def test_report_command(answered: tuple[EvaluationReport, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    REPORT.save(tmp_path / "report.json")
    made = tmp_path / "new" / "page.html"
    assert main(["report", str(tmp_path / "report.json"), "-o", str(made)]) == 0
    assert "no pictures" in capsys.readouterr().err
    assert made.read_text(encoding="utf-8") == page(REPORT)
    with pytest.raises(SystemExit):
        main(["report", str(tmp_path / "report.json"), "-o", str(tmp_path / "a.md")])
    assert "name its folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["report", str(tmp_path / "report.json"), "-o", str(tmp_path / "a.pdf")])
    assert "must end in .html or .md" in capsys.readouterr().err


def test_papers_of_other_weights_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Papers(MANIFEST, RUN, REPORT).save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "results.md")]) == 1
    assert "Evaluate this checkpoint anew: midi-text evaluate" in capsys.readouterr().err
    assert not (tmp_path / "results.md").exists()


def test_evaluate_writes_the_page_of_foreign_answers(
    answered: tuple[EvaluationReport, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["evaluate", "--midi-dir", str(answered[1] / "adherence"), "--limit", "3"]
    assert main([*words, "--page", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "the answers" in text
    assert text.count("<picture>") == 5
