"""Cards: the README.md files that the Hub shows, filled from the papers.

A card is a template in `hub_cards/` and nothing else: no number is typed into a template, a number that must be there
and is missing from the papers is an error instead of a gap, and a part that was not measured is named as such. The
tables and their words are those of `reports`. The YAML at a card's top, which the Hub indexes, is built here with
`huggingface_hub`'s own classes; what a checkpoint can do stands in it as a `model-index`.
"""

from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCardData, EvalResult, ModelCardData

from ..records import DataManifest, Papers
from ..reports.metrics import ADHERENCE, SYSTEM_NOTES, SYSTEMS
from ..reports.tables import chapters, check_required
from ..reports.templates import render, value
from ..tokenization_midi_text import TASKS

TAGS = ["music", "midi", "symbolic-music", "text-to-midi", "midi-to-text", "music-captioning"]
# Parts whose figures the Hub indexes: what the model does, not what it is compared with.
_INDEXED = ("adherence", "own_share")
# Single rows about held-out music that it indexes as well, and what people call the figure.
_ALONE = {
    "likelihood/bits_per_note/model": "bits a note of held-out music",
    "truth/contradicted/own_words": "statements of its own words that the file contradicts",
    "truth/contradicted/checked": "statements that the file contradicts, after the check",
    "caption_facts/f1/ours/own_words": "facts right and said, F1",
    "styles/precision/own_words": "words of style that people's labels bear out",
    "retrieval/text_to_midi/r@10/contrastive": "pieces among the first ten that their words find",
}
_NAMED = 3  # sources that a sentence names


def model_card(papers: Papers, *, repo_id: str) -> str:
    """The model card of the checkpoint that `papers` describe, as it will be called on the Hub.

    Raises:
        RecordError: The papers lack a number that the card shows.
    """
    check_required(papers.report)
    front = ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        # The Hub has no task for MIDI; this is its nearest, and the tags say the rest.
        pipeline_tag="text-to-audio",
        tags=TAGS,
        base_model=str(papers.run.settings.get("base_model") or "") or None,
        model_name=repo_id,
        eval_results=eval_results(papers),
    )
    return _render(
        "model_card.md",
        front=front.to_yaml(),
        repo_id=repo_id,
        manifest=papers.manifest,
        run=papers.run,
        report=papers.report,
        chapters=chapters(papers.report),
        notes={SYSTEMS[name]: note for name, note in SYSTEM_NOTES.items()},
        definitions="",
        largest=_largest_sources(papers.manifest),
        untrained=_untrained(papers),
        locks=_locks(papers),
    )


def eval_results(papers: Papers) -> list[EvalResult]:
    """What the Hub indexes: how the model answers prompts, with and without locks, what it pays for a note, its words.

    Values are as the report has them: shares lie in 0..1.
    """
    rows = {row.metric: row for row in papers.report.rows}
    answers = [
        ("text-to-audio", column.title, "prompts", column.name, line.title, cell.row)
        for chapter in chapters(papers.report)
        for table in chapter.tables
        for place, column in enumerate(table.columns)
        if column.name in _INDEXED
        for line in table.lines
        if (cell := line.cells[place])
    ]
    others = [
        ("other", title, papers.manifest.name, name.partition("/")[0], title, rows[name])
        for name, title in _ALONE.items()
        if name in rows
    ]
    return [
        EvalResult(
            task_type=task,
            task_name=task_name,
            dataset_type=data,
            dataset_name=data,
            dataset_config=part,  # the Hub puts results together by task and data
            dataset_split="test",
            metric_type=row.metric,
            metric_name=title,
            metric_value=row.value,
        )
        for task, task_name, data, part, title, row in answers + others
    ]


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
    return _render(
        "dataset_card.md",
        front=front.to_yaml(),
        repo_id=repo_id,
        manifest=manifest,
        largest=_largest_sources(manifest),
    )


def space_card(papers: Papers, *, title: str, model_id: str, gradio_version: str) -> str:
    """The card of the Gradio Space that shows `model_id`; the Hub installs that version of gradio for it.

    Raises:
        RecordError: The papers lack a number that the card shows.
    """
    check_required(papers.report)
    return _render(
        "space_card.md",
        title=title,
        model_id=model_id,
        gradio_version=gradio_version,
        report=papers.report,
        examples=papers.report.value("adherence/examples"),
        locks=_locks(papers),
        largest=_largest_sources(papers.manifest),
    )


def _locks(papers: Papers) -> list[tuple[str, str, str]]:
    """What the locks do: for each fact they hold its title, and how often it is met with and without them."""
    titles = {name: ADHERENCE[name] for name in ("tempo", "metre", "key", "instruments", "bars")}
    rows = {row.metric: row for row in papers.report.rows}
    return [
        (metric.title, value(rows[f"adherence/{name}"], metric), value(rows[f"own_share/{name}"], metric))
        for name, metric in titles.items()
    ]


def _largest_sources(manifest: DataManifest) -> list[tuple[str, float]]:
    """The sources that make up most of the music, and their shares of its hours, 0..1."""
    hours = sum(source.hours for source in manifest.sources)
    ordered = sorted(manifest.sources, key=lambda source: -source.hours)
    return [(source.name, source.hours / hours) for source in ordered[:_NAMED]] if hours else []


def _untrained(papers: Papers) -> list[str] | None:
    """The tasks that the run did not train; None where its record does not say."""
    tasks = papers.run.settings.get("tasks")
    return [task for task in TASKS if not tasks.get(task)] if isinstance(tasks, dict) else None


def _render(template: str, **values: Any) -> str:
    here = Path(__file__).parent  # in a wheel the templates lie beside this file, in a checkout at its top
    return render(template, (here / "hub_cards", here.parents[2] / "hub_cards"), **values)
