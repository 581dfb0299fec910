"""From a job to scores: every piece read, converted and cleaned, or the reason why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from symusic.core import ScoreTick

from ..score_midi_text import read_score
from .processes import KILLED, Job
from .scores import ScoreError, convert
from .sources import Piece, draw_split

logger = logging.getLogger(__name__)


def read_job(job: Job) -> Iterator[tuple[Piece, ScoreTick | str]]:
    """Yields every piece of a job as MIDI, with its score or the reason for which it is left out.

    A book of tunes gives several pieces. Nothing that is wrong with one gets past here, not even what nobody foresaw.
    """
    for piece in job.pieces:
        try:
            parts: list[tuple[Piece, Exception | None]] = (
                [(piece, ScoreError(KILLED))] if piece.id in job.lost else list(_as_midi(piece))
            )
        except Exception as error:
            parts = [(piece, error)]
        for part, fault in parts:
            yield part, reason(part, fault) if fault else _read(part)


def _read(piece: Piece) -> ScoreTick | str:
    try:
        return read_score(piece.midi).score
    except Exception as error:
        return reason(piece, error)


def reason(piece: Piece, error: Exception) -> str:
    """Why a piece is left out, in words that many pieces can share."""
    logger.warning("left out %s: %s", piece.id, error)
    if isinstance(error, ValueError) and str(error):
        return str(error).split(":", 1)[-1].split(";")[0].strip()[:80]
    return f"{type(error).__name__} while it was read"


def _as_midi(piece: Piece) -> Iterator[tuple[Piece, Exception | None]]:
    """The piece, or the pieces of a score, each with what went wrong when it was converted."""
    if not piece.form:
        yield piece, None
        return
    converted = convert(piece.midi, piece.form)
    for number, one in enumerate(converted, 1):
        name = piece.id if len(converted) == 1 else f"{piece.id}#{number}"
        group = name if piece.group == piece.id else piece.group
        if isinstance(one, ScoreError):
            yield replace(piece, id=name), one
            continue
        labels = {**one.labels, **piece.labels}
        credit = "; ".join(filter(None, (piece.attribution, one.credit)))
        split = draw_split(group) if piece.drawn else piece.split
        yield (
            replace(
                piece, id=name, midi=one.midi, split=split, labels=labels, attribution=credit, group=group, form=""
            ),
            None,
        )
