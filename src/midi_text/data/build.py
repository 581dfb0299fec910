"""A corpus becomes examples to learn from.

Each piece is read and cleaned, cut on bar lines into excerpts of a few to a few dozen bars (or kept whole where it is
short), measured, described and written as event ids. An example is one row of a Parquet shard: ids *before* merging,
so that training can transpose them and a new vocabulary needs no new build; the facts and the closer look, from which
training writes ever new words; the labels; and captions and prompts, from which the tokenizer learns its words and
people see what the row is.

Half the joy of a corpus is knowing what is in it: the ``DataManifest`` names sources, licences, credits, counts and
every reason for which a piece was left out, copies and works that stand in two splits among them (`survey`). A build
that was interrupted or killed continues with the shards it lacks, and comes to the same bytes on any number of
processes or machines.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from ..events_midi_text import pitch_shift
from ..records import DataManifest, hash_file, write_whole
from ..tokenization_midi_text import MidiTextTokenizer
from .examples import BuildSettings as BuildSettings
from .examples import event_vocabulary, examples, schema
from .examples import excerpts as excerpts
from .folders import claim, leave_papers
from .processes import Job, Runner, in_jobs, in_jobs_by_split, in_processes
from .reading import read_job, reason
from .shards import make_shards, shards, to_shard
from .sources import Piece, Terms, read_pieces
from .survey import Plan, make_plan, survey_job
from .tally import Tally

_MERGE_SHARE = 0.25  # of the training rows settle the merges


def build_dataset(
    source: str | Path,
    output: str | Path,
    settings: BuildSettings | None = None,
    *,
    terms: Terms | None = None,
    tokenizer: MidiTextTokenizer | None = None,
    held_out: float | None = None,
    num_proc: int = 1,
    runner: Runner | None = None,
) -> DataManifest:
    """Builds the examples, the tokenizer (unless one is given) and the manifest in ``output``.

    Args:
        source: What `read_pieces` takes.
        output: Folder for ``data/<split>-<number>.parquet``, ``tokenizer/``, ``manifest.json`` and ``CREDITS.md``.
        settings: How to cut; the defaults made the embedded checkpoint.
        terms: Licence and credit where the source is silent, and what is accepted.
        tokenizer: A tokenizer to keep; its event vocabulary must be the one ``remi_config`` gives.
        held_out: Share of the works for validation where the source gives no splits, see `make_plan`.
        num_proc: Processes of this machine that read and measure.
        runner: Where to work instead, such as `cluster.ray_runner`.

    Raises:
        ValueError: If no piece could be read, the folder holds a build with other settings, ``held_out`` is no share
            or copies are kept with it, or the tokenizer knows other events.
        OSError: If the folder cannot be written.
    """
    settings, terms = settings or BuildSettings(), terms or Terms()
    target, runner = Path(output), runner or in_processes(num_proc)
    if held_out is not None and not (0 < held_out < 1 and settings.duplicates == "drop"):
        raise ValueError(f"held_out must be a share between 0 and 1, with copies dropped; got {held_out}")
    if tokenizer is not None and tokenizer.base_events != event_vocabulary().names:
        raise ValueError("the tokenizer must know the events of this version; it knows others: take another one")
    said = {**asdict(settings), **asdict(terms), "source": Path(source).resolve().name}
    said |= {} if held_out is None else {"held_out": held_out}
    claim(target / "build.json", said, "a build with other settings")
    left_out: Counter[str] = Counter()
    pieces = partial(_pieces, source, terms, settings.limit)
    plan = _plan(target, pieces, runner, held_out) if settings.duplicates == "drop" else Plan({}, {}, {}, ())
    taken = (piece for piece in map(plan.apply, pieces(left_out)) if piece is not None)
    tally = make_shards(target / "data", partial(build_shard, settings), in_jobs_by_split(taken), runner, "building")
    tally.failures.update(left_out)
    tally.failures.update(plan.reasons)
    if not tally.rows.total():
        raise ValueError(f"{source} must hold at least one readable piece; all failed: {tally.sorted_failures}")
    if tokenizer is None:
        tokenizer = _train_tokenizer(target, settings)
    tokenizer.save_pretrained(target / "tokenizer")
    return leave_papers(
        target,
        tally,
        name=Path(source).resolve().name,
        settings=asdict(settings),
        seed=settings.seed,
        tokenizer_hash=hash_file(target / "tokenizer" / "tokenizer.json"),
    )


def build_shard(settings: BuildSettings, job: Job) -> bytes:
    """The shard of a job."""
    rows, tally = [], Tally()
    for piece, score in read_job(job):
        try:
            found = list(examples(piece, score, settings)) if not isinstance(score, str) else score
        except Exception as error:  # a defect of ours must not cost a night's work
            found = reason(piece, error)
        if isinstance(found, str):
            tally.failures[found] += 1
            continue
        rows += found
        seconds = sum(json.loads(row["facts"])["duration_seconds"] for row in found)
        tally.take(piece, sum(row["notes"] for row in found), seconds)
        tally.rows[piece.split] += len(found)
    return to_shard(rows, schema(), tally)


def _pieces(
    source: str | Path, terms: Terms, limit: int | None, left_out: Counter[str] | None = None
) -> Iterator[Piece]:
    """The pieces of a source that holds MIDI."""
    for piece in read_pieces(source, terms=terms, limit=limit, left_out=left_out):
        if piece.form:
            raise ValueError(
                f"{source} holds scores ({piece.id}); run midi-text collect first, which makes MIDI of them"
            )
        yield piece


def _plan(target: Path, pieces: Callable[[], Iterator[Piece]], runner: Runner, held_out: float | None) -> Plan:
    """What becomes of the pieces, found once and kept beside the shards."""
    path = target / "duplicates.json"
    if path.exists():
        return Plan.load(path)
    surveyed = []
    with tqdm(desc="comparing", unit=" pieces") as bar:
        for found in runner(survey_job, in_jobs(pieces(), "survey")):
            surveyed += found
            bar.update(len(found))
    plan = make_plan(surveyed, held_out)
    write_whole(path, plan.to_json().encode())
    return plan


def _train_tokenizer(target: Path, settings: BuildSettings) -> MidiTextTokenizer:
    """Learns text pieces and merges from the training split, the music transposed at random."""
    import pyarrow.parquet as pq

    rng = random.Random(settings.seed)
    shifts = {n: pitch_shift(event_vocabulary().names, n) for n in range(-6, 6)}
    texts: list[str] = []
    events: list[np.ndarray] = []
    for path in shards(target, "train"):
        table = pq.read_table(path, columns=["events", "captions", "prompts"])
        for name in ("captions", "prompts"):
            texts += table[name].combine_chunks().flatten().to_pylist()
        ids = table["events"].combine_chunks()
        flat, offsets = ids.flatten().to_numpy(), ids.offsets.to_numpy()
        for start, end in pairwise(offsets):
            if rng.random() < _MERGE_SHARE:
                events.append(shifts[rng.randint(-6, 5)][flat[start:end]])
    return MidiTextTokenizer.from_corpus(
        texts, events, text_vocab_size=settings.text_vocab_size, music_vocab_size=settings.music_vocab_size
    )
