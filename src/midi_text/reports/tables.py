"""A report's rows as tables by theme: which figures stand beside one another, and what is not there.

A row of a report is called ``part/metric``. A `Grid` says with a pattern where in such names a table has its columns
and its rows: ``{column}/{row}`` makes a column of every system and a row of every figure. Rows stand in the order of
`metrics`, columns in the order of their names there, and what nobody foresaw behind them, so that a new system or
source needs no change here. A figure that a report lacks is never passed over: a column, table or theme without any is
named as not measured, and what must be there (`REQUIRED`) is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..records import EvaluationReport, Measurement, RecordError
from . import metrics as words
from .metrics import SYSTEMS, Metric, name_of

REQUIRED = tuple(
    f"{part}/{metric}"
    for part in ("adherence", "own_share")
    for metric in ("examples", "decodes", "tempo", "metre", "key", "instruments", "bars")
)
"""Rows without which nobody can say what the locks do and what the model does."""
MEASURE = "midi-text evaluate --data DATA"


@dataclass(frozen=True)
class Grid:
    """Where a table's cells stand in a report.

    Attributes:
        title: Of the table.
        pattern: Names of rows with ``{column}`` and ``{row}``, each without a slash; ``[/{row}]`` may be absent and is
            then the row "all".
        metrics: The rows by name; empty where rows are sources or kinds of facts, all of one `figure`.
        figure: Of all rows.
        columns: Names and titles in order; "" stands for those not named.
        expected: Columns that are told as not measured where they are absent.
        count: A row with the number of items behind a cell.
    """

    title: str
    pattern: str
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    figure: Metric | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[str, ...] = ()
    count: str = ""


@dataclass(frozen=True)
class Theme:
    """Some grids about one question.

    Attributes:
        title: The theme.
        question: What it answers.
        anchor: The heading of ``docs/scoring.md`` that defines its figures.
        grids: Its tables.
    """

    title: str
    question: str
    anchor: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Cell:
    """A figure and the number of items that it was taken over, where the report tells it."""

    row: Measurement
    count: int | None


@dataclass(frozen=True)
class Column:
    """A column and the number of examples behind it, where the report tells it."""

    name: str
    title: str
    examples: int | None


@dataclass(frozen=True)
class Line:
    """A line of a table: what it is called, its figure, and a cell a column; None where there is none."""

    title: str
    metric: Metric
    cells: tuple[Cell | None, ...]

    @property
    def count(self) -> int | None:
        """The number of items behind its last cell: the columns end with the model."""
        return next((cell.count for cell in reversed(self.cells) if cell and cell.count is not None), None)


@dataclass(frozen=True)
class Table:
    """A table that is not empty; its examples, where its columns share them, and the titles of columns not measured."""

    title: str
    examples: int | None
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """A theme with its tables; without any it was not measured."""

    theme: Theme
    tables: tuple[Table, ...]
    missing: tuple[str, ...]  # titles of its tables that are not there

    @property
    def meanings(self) -> tuple[Metric, ...]:
        """The different figures of its lines."""
        return tuple(dict.fromkeys(line.metric for table in self.tables for line in table.lines))


_SYSTEMS = tuple(name for name in SYSTEMS if name not in ("", "answers"))
THEMES = (
    Theme(
        "Adherence",
        "Does the music hold what the prompt asked?",
        "adherence",
        (Grid("", "{column}/{row}", words.ADHERENCE, None, SYSTEMS, _SYSTEMS, "{column}/asked/{row}"),),
    ),
    Theme(
        "Musicality",
        "Is it music, and new, and how near is it to what people write?",
        "musicality",
        (Grid("", "{column}/musicality/{row}", words.MUSICALITY, None, SYSTEMS, _SYSTEMS,
              "{column}/musicality/{row}_pieces"),),
    ),
    Theme(
        "Likelihood",
        "How well does the model foresee music that it has not seen?",
        "likelihood",
        (
            Grid("Bits a note, by source", "likelihood/bits_per_note/{column}[/{row}]", {}, words.BITS,
                 {"model": "the model", "model_untold": "told nothing", "": "", "wavenet": "WaveNet",
                  "vae": "Bi-LSTM with a latent space (a bound; no velocities)", "lstm": "LSTM (no velocities)",
                  "bigram": "bigram", "lzma": "LZMA, each", "lzma_together": "LZMA, together"},
                 count="likelihood/excerpts/{row}"),
            Grid("Beside a bigram", "{column}/{row}", {"model_to_bigram": words.TO_BIGRAM},
                 columns={"likelihood": "the model"}),
        ),
    ),
    Theme(
        "Captions",
        "Is what the model says of a piece true, and is enough said?",
        "captions",
        (
            Grid("Statements that the file contradicts", "truth/contradicted/{column}[/{row}]", {}, words.CONTRADICTED),
            Grid("Facts, judged by our analyzer", "caption_facts/{row}/ours/{column}", words.CAPTION_FACTS),
            Grid("Facts, judged by an independent one", "caption_facts/{row}/independent/{column}",
                 words.CAPTION_FACTS),
            Grid("Where the two analyzers agree", "{column}/analyzers_agree/{row}", {}, words.AGREE,
                 {"caption_facts": "share of files"}),
            Grid("Words in common with a reference", "ngrams/{row}/{column}", words.NGRAMS),
            Grid("Words of style", "styles/{row}/{column}", words.STYLES),
        ),
    ),
    Theme(
        "Retrieval",
        "Do words find their piece among many, and a piece its words?",
        "retrieval",
        (
            Grid("Words find music", "retrieval/text_to_midi/{row}/{column}", words.RETRIEVAL),
            Grid("Music finds words", "retrieval/midi_to_text/{row}/{column}", words.RETRIEVAL),
            Grid("Guessing", "retrieval/{row}/{column}", words.RETRIEVAL),
        ),
    ),
    Theme(
        "Round trip",
        "What is left of the facts when words become music and words again, and the other way round?",
        "round-trip",
        (
            Grid("Facts that are left", "round_trip/{column}/{row}", words.ROUND_TRIP),
            Grid("Statements that its own music contradicts", "round_trip/contradicted/{column}[/{row}]", {},
                 words.CONTRADICTED),
        ),
    ),
    Theme(
        "Changing a piece",
        "Does the model know what belongs between bars, and how a piece is played?",
        "changing-a-piece",
        (
            Grid("Hidden bars", "changes/{column}/bits_per_note/{row}", words.CHANGES),
            Grid("Dynamics", "changes/{column}/velocity_error/{row}", words.CHANGES),
        ),
    ),
    Theme(
        "Form",
        "Do sections come back where the prompt asks for them?",
        "form",
        (Grid("", "sections/{row}/{column}", words.FORM),),
    ),
    Theme(
        "Speed",
        "How fast does it write?",
        "speed",
        (Grid("", "{column}/{row}", words.SPEED, None, SYSTEMS),),
    ),
)  # fmt: skip


def rows_by_name(report: EvaluationReport) -> dict[str, Measurement]:
    """The rows of a report; those of a folder of answers, which have no part, get the part "answers"."""
    rows = {row.metric: row for row in report.rows}
    if "decodes" not in rows:
        return rows
    examples = Measurement("examples", float(report.examples), None, None)
    return {f"answers/{name}": row for name, row in {"examples": examples, **rows}.items()}


def check_required(report: EvaluationReport) -> None:
    """Makes sure that a report holds what results and cards must show.

    Raises:
        RecordError: If a row of `REQUIRED` is not there; names it and says what to run.
    """
    known = {row.metric for row in report.rows}
    if missing := [name for name in REQUIRED if name not in known]:
        raise RecordError(
            f"The report {report.name!r} must hold the rows {', '.join(REQUIRED)}; it lacks {', '.join(missing)}. "
            f"Measure the checkpoint with `{MEASURE} -o evaluation_report.json`."
        )


def chapters(report: EvaluationReport) -> list[Chapter]:
    """All themes in their order, those without a figure too."""
    rows = rows_by_name(report)
    found = []
    for theme in THEMES:
        made = [(grid, _table(grid, rows)) for grid in theme.grids]
        tables = tuple(table for _, table in made if table is not None)
        missing = tuple(grid.title for grid, table in made if table is None and grid.title)
        found.append(Chapter(theme, tables, missing))
    return found


def _table(grid: Grid, rows: Mapping[str, Measurement]) -> Table | None:
    """The table of a grid; None where the report has none of its rows."""
    pattern = _compile(grid.pattern)
    cells: dict[tuple[str, str], Measurement] = {}
    for name, row in rows.items():
        match = pattern.fullmatch(name)
        if match and (not grid.metrics or match["row"] in grid.metrics):
            cells[match["row"] or "all", match["column"]] = row
    if not cells:
        return None
    names = _sorted({row: None for row, _ in cells}, [*grid.metrics] or ["all"])
    columns = _sorted({column: None for _, column in cells}, [*grid.columns])
    lines = []
    for name in names:
        metric = grid.metrics.get(name) or grid.figure or Metric(name_of(name), "")
        made = [Cell(cells[name, c], _count(grid, rows, name, c)) if (name, c) in cells else None for c in columns]
        lines.append(Line(metric.title if grid.metrics else name_of(name), metric, tuple(made)))
    return Table(
        grid.title,
        _number(rows.get(f"{grid.pattern.partition('/')[0]}/examples")),
        tuple(Column(c, grid.columns.get(c) or name_of(c), _number(rows.get(f"{c}/examples"))) for c in columns),
        tuple(lines),
        tuple(grid.columns[c] for c in grid.expected if c not in columns and "answers" not in columns),
    )


def _compile(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\[/\{row\}\]", r"(?:/(?P<row>[^/]+))?")
    return re.compile(text.replace(r"\{row\}", "(?P<row>[^/]+)").replace(r"\{column\}", "(?P<column>[^/]+)"))


def _sorted(found: Mapping[str, None], order: Sequence[str]) -> list[str]:
    """Names in an order; those it does not name come where it has "", or at its end, as they were found."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(found, key=lambda name: places.get(name, places.get("", len(order))))


def _count(grid: Grid, rows: Mapping[str, Measurement], row: str, column: str) -> int | None:
    name = grid.count.format(row=row, column=column)
    return _number(rows.get(name) or rows.get(name.removesuffix("/all")))


def _number(row: Measurement | None) -> int | None:
    return None if row is None else round(row.value)
