"""Many sources become one corpus: a `datasets` folder of whole pieces with their words, terms and works.

Scores are converted, files cleaned, pieces of one work and copies found across all sources together (`survey`), and
every piece is put into one split with the rest of its group. What comes out is what `build` takes and what a Hub takes:
a row a piece, with the MIDI, the captions and labels that people gave, its licence, its credit and its group.

The work is done in two halves, so that an interrupted one goes on: what was found lies in ``.found`` until all is
whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..bars_midi_text import last_tick, seconds_at
from ..records import DataManifest, write_whole
from ..score_midi_text import write_score
from .examples import compact
from .folders import claim, leave_papers
from .processes import Job, Runner, in_jobs, in_jobs_by_split, in_processes
from .reading import read_job
from .shards import make_shards, to_shard
from .sources import Piece, Terms, read_pieces
from .survey import make_plan, survey_job
from .tally import Tally

_FOUND = ".found"
_FILES = 25  # of a job that reads: a score takes seconds, a book of tunes a minute


def collect(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    terms: Terms | None = None,
    num_proc: int = 1,
    runner: Runner | None = None,
) -> DataManifest:
    """Collects sources into ``output``.

    Args:
        sources: What `read_pieces` takes, each. Ids begin with the name of their collection.
        output: Folder for ``data/<split>-<number>.parquet``, ``duplicates.json``, ``manifest.json`` and ``CREDITS.md``.
        terms: Licence and credit where a source is silent, and what is accepted.
        num_proc: Processes of this machine.
        runner: Where to work instead, such as `cluster.ray_runner`.

    Raises:
        ValueError: If no piece could be read, or the folder holds a collection of other sources.
        OSError: If the folder cannot be written.
    """
    terms, runner, target = terms or Terms(), runner or in_processes(num_proc), Path(output)
    names = [_name(source) for source in sources]
    claim(target / "collect.json", {"sources": names, **asdict(terms)}, "a collection of other sources or terms")
    if (target / "manifest.json").exists():
        return DataManifest.load(target / "manifest.json")
    left_out: Counter[str] = Counter()
    found = target / _FOUND
    reading = in_jobs(_pieces(sources, terms, left_out), "found", _FILES)
    tally = make_shards(found, _found_shard, reading, runner, "reading")
    surveyed = [one for some in runner(survey_job, in_jobs(_read_back(found), "survey")) for one in some]
    plan = make_plan(surveyed)
    taken = (piece for piece in map(plan.apply, _read_back(found)) if piece is not None)
    shutil.rmtree(target / "data", ignore_errors=True)  # of another plan
    kept = make_shards(target / "data", _shard, in_jobs_by_split(taken), runner, "writing")
    kept.failures = tally.failures + left_out + plan.reasons
    if not kept.rows.total():
        raise ValueError(f"the sources must hold at least one readable piece; all failed: {kept.sorted_failures}")
    write_whole(target / "duplicates.json", plan.to_json().encode())
    settings = {**asdict(terms), "sources": names, "accepted": list(terms.accepted)}
    manifest = leave_papers(target, kept, name=target.resolve().name, settings=settings)
    shutil.rmtree(found)
    return manifest


def _pieces(sources: Sequence[str | Path], terms: Terms, left_out: Counter[str]) -> Iterator[Piece]:
    for source in sources:
        for piece in read_pieces(source, terms=terms, left_out=left_out):
            stem = piece.source.lower().replace(" ", "-")
            name = piece.id if piece.id.startswith(f"{stem}/") else f"{stem}/{piece.id}"
            yield replace(piece, id=name, group=name if piece.group == piece.id else f"{stem}/{piece.group}")


def _name(source: str | Path) -> str:
    return Path(source).resolve().name if Path(source).exists() else str(source)


def corpus_schema(*more: tuple[str, Any]) -> Any:
    """The columns of a corpus, and more."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [("id", text), ("midi", pa.binary()), ("source", text), ("licence", text), ("attribution", text), ("url", text)]
        + [("title", text), ("composer", text), ("captions", pa.list_(text)), ("labels", text), ("group", text)]
        + [("n_notes", pa.int32()), ("duration_s", pa.float32()), ("programs", pa.list_(pa.int16())), ("sha256", text)]
        + list(more)
    )


def corpus_row(piece: Piece, score: Any) -> dict[str, Any]:
    """A piece as a row of `corpus_schema`, its MIDI written anew from the cleaned score."""
    midi = write_score(score)
    labels = dict(piece.labels)
    return {
        "id": piece.id,
        "midi": midi,
        "source": piece.source,
        "licence": piece.licence,
        "attribution": piece.attribution,
        "url": piece.url,
        "title": str(labels.pop("title", "")),
        "composer": str(labels.pop("composer", "")),
        "captions": labels.pop("captions", []),
        "labels": compact(labels),
        "group": piece.group,
        "n_notes": sum(len(track.notes) for track in score.tracks),
        "duration_s": float(seconds_at(score, last_tick(score))),
        "programs": sorted({128 if track.is_drum else track.program for track in score.tracks}),
        "sha256": hashlib.sha256(midi).hexdigest(),
    }


def _found_shard(job: Job) -> bytes:
    """Everything a job holds, cleaned, with its split beside it."""
    import pyarrow as pa

    rows, tally = [], Tally()
    for piece, score in read_job(job):
        if isinstance(score, str):
            tally.failures[score] += 1
        else:
            rows.append({**corpus_row(piece, score), "split": piece.split, "drawn": piece.drawn})
    return to_shard(rows, corpus_schema(("split", pa.string()), ("drawn", pa.bool_())), tally)


def _shard(job: Job) -> bytes:
    """The corpus' rows of a job."""
    rows, tally = [], Tally()
    for piece, score in read_job(job):
        if isinstance(score, str):
            tally.failures[score] += 1
            continue
        rows.append(corpus_row(piece, score))
        tally.take(piece, rows[-1]["n_notes"], rows[-1]["duration_s"])
        tally.rows[piece.split] += 1
    return to_shard(rows, corpus_schema(), tally)


def _read_back(folder: Path) -> Iterator[Piece]:
    """The pieces that were found, in their order."""
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            labels = json.loads(row["labels"])
            labels |= {name: row[name] for name in ("title", "composer", "captions") if row[name]}
            yield Piece(
                id=row["id"],
                midi=row["midi"],
                split=row["split"],
                source=row["source"],
                licence=row["licence"],
                attribution=row["attribution"],
                labels=labels,
                group=row["group"],
                url=row["url"],
                drawn=row["drawn"],
            )
