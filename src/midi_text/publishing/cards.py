"""Cards: the README.md files that the Hub shows, filled from the papers.

A card is a template in `hub_cards/` and nothing else: no number is typed into a template, and a number that is
missing from the papers is an error instead of a gap. The YAML at a card's top, which the Hub indexes, is built here
with `huggingface_hub`'s own classes; the model's results stand in it as a `model-index`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import jinja2
from huggingface_hub import DatasetCardData, EvalResult, ModelCardData

from ..records import DataManifest, EvaluationReport, Measurement, RecordError, RunRecord

MANIFEST_FILE = "data_manifest.json"
RUN_FILE = "run_record.json"
REPORT_FILE = "evaluation_report.json"

TAGS = ["music", "midi", "symbolic-music", "text-to-midi", "midi-to-text", "music-captioning"]


@dataclass(frozen=True)
class Papers:
    """The three papers of one checkpoint; they must speak of each other.

    Raises:
        RecordError: The run was trained on other data than the manifest describes.
    """

    manifest: DataManifest
    run: RunRecord
    report: EvaluationReport

    def __post_init__(self) -> None:
        if self.run.data_manifest_hash != self.manifest.hash:
            raise RecordError(
                f"The run {self.run.name!r} must be trained on the data of its manifest: it names manifest "
                f"{self.run.data_manifest_hash}, found {self.manifest.hash}. Bring the manifest that `build` "
                "left beside that data."
            )

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Reads the papers that lie in `folder` under their usual names.

        Raises:
            FileNotFoundError: One is not there.
            RecordError: One is not whole, or they do not belong together.
        """
        home = Path(folder)
        return cls(
            DataManifest.load(home / MANIFEST_FILE),
            RunRecord.load(home / RUN_FILE),
            EvaluationReport.load(home / REPORT_FILE),
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes the papers into `folder` under their usual names."""
        home = Path(folder)
        self.manifest.save(home / MANIFEST_FILE)
        self.run.save(home / RUN_FILE)
        self.report.save(home / REPORT_FILE)


def model_card(papers: Papers, *, repo_id: str) -> str:
    """The model card of the checkpoint that `papers` describe, as it will be called on the Hub.

    Raises:
        RecordError: The papers lack a number that the card shows.
    """
    front = ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        # The Hub has no task for MIDI; this is its nearest, and the tags say the rest.
        pipeline_tag="text-to-audio",
        tags=TAGS,
        base_model=str(papers.run.settings.get("base_model") or "") or None,
        model_name=repo_id,
        eval_results=[
            EvalResult(
                task_type="text-to-audio",
                task_name=papers.report.name,
                dataset_type=papers.manifest.name,
                dataset_name=papers.manifest.name,
                metric_type=row.metric,
                metric_value=row.value,
            )
            for row in papers.report.rows
        ],
    )
    if not papers.report.rows:
        raise RecordError(f"The report {papers.report.name!r} must hold results; a card without any says nothing.")
    return _render(
        "model_card.md",
        front=front.to_yaml(),
        repo_id=repo_id,
        manifest=papers.manifest,
        run=papers.run,
        report=papers.report,
    )


def dataset_card(manifest: DataManifest, *, repo_id: str) -> str:
    """The card of a built data set.

    Raises:
        RecordError: The manifest lacks a number that the card shows.
    """
    files = [{"split": split, "path": f"data/{split}-*.parquet"} for split, rows in manifest.splits.items() if rows]
    front = DatasetCardData(
        language="en",
        license="other",
        license_name="per-source",
        task_categories=["text-to-audio", "other"],
        tags=TAGS,
        pretty_name=manifest.name,
        configs=[{"config_name": "default", "data_files": files}],
    )
    return _render("dataset_card.md", front=front.to_yaml(), repo_id=repo_id, manifest=manifest)


def space_card(*, title: str, model_id: str, gradio_version: str) -> str:
    """The card of the Gradio Space that shows `model_id`; the Hub installs that version of gradio for it."""
    return _render("space_card.md", title=title, model_id=model_id, gradio_version=gradio_version)


def _render(template: str, **values: Any) -> str:
    here = Path(__file__).parent  # in a wheel the templates lie beside this file, in a checkout at its top
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([here / "hub_cards", here.parents[2] / "hub_cards"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML
    )
    environment.filters.update(count=_count, figure=_figure, interval=_interval, cell=_cell)
    try:
        return environment.get_template(template).render(**values)
    except jinja2.UndefinedError as error:
        raise RecordError(f"The card {template} must show something that its papers do not hold: {error}.") from error


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _figure(number: float) -> str:
    """Four significant digits: more would promise more than a few hundred examples can tell."""
    return f"{number:.4g}"


def _interval(row: Measurement) -> str:
    return "" if row.low is None or row.high is None else f"{_figure(row.low)} to {_figure(row.high)}"


def _cell(text: str) -> str:
    """Words as they may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
