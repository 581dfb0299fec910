"""A report as a page: HTML for anybody's browser, or Markdown for this repository; the ending of the file says which.

The HTML needs no network: styles and pictures are in it. The Markdown is ``docs/results.md``; it tells of a checkpoint
with its three papers, and is made by this file alone, so that no figure in it is ever typed.
"""

from __future__ import annotations

import os

from ..records import EvaluationReport, Papers, write_whole
from .gallery import Answers, hang
from .metrics import SYSTEM_NOTES, SYSTEMS
from .tables import chapters, check_required
from .templates import render

SUFFIXES = (".html", ".md")
DEFINITIONS = "scoring.md"  # beside the results


def page(report: EvaluationReport, answers: Answers | None = None) -> str:
    """A report as HTML.

    Args:
        report: Of a checkpoint, or of anybody's answers.
        answers: To look at; the page has no pictures without.

    Raises:
        ModuleNotFoundError: If there are answers to draw and matplotlib is not installed.
        ValueError: If they are answers to other prompts.
        OSError: If they cannot be read.
    """
    rooms = hang(answers) if answers else []
    notes = {SYSTEMS[name]: note for name, note in SYSTEM_NOTES.items()}
    return render("page.html", report=report, chapters=chapters(report), rooms=rooms, notes=notes)


def results(papers: Papers) -> str:
    """The papers of a checkpoint as ``docs/results.md``.

    Raises:
        RecordError: If the report lacks a row that must be there.
    """
    check_required(papers.report)
    return render(
        "results.md",
        manifest=papers.manifest,
        run=papers.run,
        report=papers.report,
        chapters=chapters(papers.report),
        notes={SYSTEMS[name]: note for name, note in SYSTEM_NOTES.items()},
        definitions=DEFINITIONS,
    )


def write(text: str, path: str | os.PathLike[str]) -> None:
    """Writes a page, whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    write_whole(path, text.encode())
