"""Templates become pages: the filters by which every page and card writes its figures.

A template holds no number, and a value that it asks for and does not get is an error instead of a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2

from ..records import Measurement, RecordError
from .metrics import SHARE, Metric
from .tables import Cell, Line

_HERE = Path(__file__).parent


def render(template: str, folders: Iterable[Path] = (), **values: Any) -> str:
    """A template of this room, or of further folders, filled.

    Args:
        template: Its file name; what ends in ".html" is HTML and values are escaped in it.
        folders: Where templates lie besides this room.
        values: What it may show.

    Raises:
        RecordError: If the template shows something that is not among the values.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE, *folders]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=jinja2.select_autoescape(["html"], default=False),
    )
    environment.filters.update(
        count=lambda number: f"{number:,.0f}", figure=_figure, cell=_cell, value=value, interval=interval, shown=shown
    )
    try:
        return environment.get_template(template).render(**values)
    except jinja2.UndefinedError as error:
        raise RecordError(f"The page {template} must show something that its papers do not hold: {error}.") from error


def value(row: Measurement, metric: Metric) -> str:
    """A figure with its unit: "98.0 %", "5.29 bits", "147"."""
    return f"{_number(row.value, metric)} {metric.unit}".strip()


def interval(row: Measurement, metric: Metric) -> str:
    """Its 95 % interval without the unit; nothing where there is none."""
    if row.low is None or row.high is None:
        return ""
    return f"{_number(row.low, metric)} to {_number(row.high, metric)}"


def shown(cell: Cell | None, line: Line) -> str:
    """A cell of a Markdown table: figure, interval, and the number of items where it is not the line's."""
    if cell is None:
        return "–"
    between = interval(cell.row, line.metric)
    more = f"N {cell.count:,}" if cell.count not in (None, line.count) else ""
    behind = "; ".join(filter(None, (between, more)))
    return value(cell.row, line.metric) + (f" ({behind})" if behind else "")


def _number(number: float, metric: Metric) -> str:
    """A decimal of a share in per cent, two of a small number: more would promise more than the intervals hold."""
    if metric.unit == SHARE:
        return f"{100 * number:.1f}"
    return f"{number:,.2f}" if abs(number) < 100 else f"{number:,.0f}"


def _figure(number: float) -> str:
    return f"{number:.4g}"


def _cell(text: str) -> str:
    """Words as they may stand in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
