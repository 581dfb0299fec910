"""A corpus of arrangements: every tune of some sources that can be dressed as a band, in a folder that `build` takes.

Grooves and tunes come from the same corpus, or from two; a tune only gets drumming of its own split, so nothing of the
test split is heard in training. It goes on where it was interrupted, like `build`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ..records import DataManifest
from ..score_midi_text import read_score
from .arrange import Groove, arrangements, read_grooves
from .collect import corpus_row, corpus_schema
from .folders import leave_papers
from .processes import Job, Runner, in_jobs_by_split, in_processes
from .shards import make_shards, to_shard
from .sources import Piece, Terms, read_pieces
from .tally import Tally

NO_TUNE = "no melody over chords in 3/4 or 4/4"
_PIECES = 50  # of a job: an arrangement takes some tenths of a second


def arrange_corpus(
    source: str | Path,
    output: str | Path,
    *,
    collections: Sequence[str] = (),
    count: int = 1,
    seed: int = 0,
    limit: int | None = None,
    num_proc: int = 1,
    runner: Runner | None = None,
) -> DataManifest:
    """Arranges the tunes of a corpus for bands.

    Args:
        source: What `read_pieces` takes; its pieces with a drum style are the grooves, the others the tunes.
        output: Folder for ``data/<split>-<number>.parquet``, ``manifest.json`` and ``CREDITS.md``.
        collections: Only tunes of these collections (`Piece.source`); all by default.
        count: Bands a tune.
        seed: Source of every choice, with the piece's id.
        limit: At most so many pieces a split are looked at.
        num_proc: Processes of this machine.
        runner: Where to work instead.

    Raises:
        ValueError: If there is no groove, or no tune could be arranged.
    """
    target, runner = Path(output), runner or in_processes(num_proc)
    grooves = read_grooves(read_pieces(source))
    if not grooves:
        raise ValueError(f"{source} must hold drum clips whose labels name a drum_style; it holds none")
    target.mkdir(parents=True, exist_ok=True)
    tunes = _tunes(source, collections, limit)
    shard = partial(_shard, grooves, count, seed)
    tally = make_shards(target / "data", shard, in_jobs_by_split(tunes, _PIECES), runner, "arranging")
    if not tally.rows.total():
        raise ValueError(f"{source} must hold a tune that can be arranged; none can: {tally.sorted_failures}")
    settings = {"collections": list(collections), "count": count}
    return leave_papers(target, tally, name=target.resolve().name, settings=settings, seed=seed)


def _tunes(source: str | Path, collections: Sequence[str], limit: int | None) -> Iterator[Piece]:
    for piece in read_pieces(source, terms=Terms(), limit=limit):
        if "drum_style" not in piece.labels and (not collections or piece.source in collections):
            yield piece


def _shard(grooves: Sequence[Groove], count: int, seed: int, job: Job) -> bytes:
    """The rows of a job's arrangements; pieces that make none are counted."""
    rows, tally = [], Tally(failures=Counter())
    for piece in job.pieces:
        made = list(arrangements(piece, grooves, count=count, seed=seed)) if piece.id not in job.lost else []
        if not made:
            tally.failures[NO_TUNE] += 1
        for arrangement in made:
            rows.append(corpus_row(arrangement, read_score(arrangement.midi).score))
            tally.take(arrangement, rows[-1]["n_notes"], rows[-1]["duration_s"])
            tally.rows[arrangement.split] += 1
    return to_shard(rows, corpus_schema(), tally)
