"""A corpus of MIDI files becomes examples to learn from.

Each piece is read and cleaned, cut on bar lines into excerpts of a few to a few dozen bars (or kept whole where it is
short), measured, described and written as event ids. An example is one row of a Parquet shard: ids *before* merging,
so that training can transpose them and a new vocabulary needs no new build; the facts, from which training writes
ever new words; the labels; and one caption and one prompt, from which the tokenizer learns its words and people see
what the row is.

Half the joy of a corpus is knowing what is in it: the ``DataManifest`` names sources, licences, credits, counts and
every reason for which a file was left out. Shards are written under a temporary name and renamed when whole; a build
that is interrupted continues with the chunks it lacks.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..events_midi_text import EventVocabulary, pitch_shift
from ..facts.analysis import analyze
from ..facts_midi_text import measure_facts
from ..records import DataManifest, SourceRecord, hash_file, installed_versions
from ..score_midi_text import MidiError, bar_starts, read_score, slice_bars
from ..tokenization_midi_text import MidiTextTokenizer
from .captions import write_caption, write_prompt
from .sources import SPLITS, Piece, read_pieces

logger = logging.getLogger(__name__)
_CHUNK = 200  # pieces a shard, the unit of resuming
_CAPTIONS, _PROMPTS = 4, 2  # of a row, for people and for the tokenizer; training writes its own
_LENGTHS = (4, 8, 8, 12, 16, 16, 24, 32, 48)  # bars of an excerpt, drawn at random


@dataclass(frozen=True)
class BuildSettings:
    """How a corpus is cut.

    Attributes:
        seed: Excerpts, captions and prompts follow from it and the piece's id alone.
        max_events: An excerpt has at most this many events before merging; about two make a token.
        min_notes: Excerpts with fewer notes are left out.
        text_vocab_size: Text pieces of the tokenizer, special tokens included.
        music_vocab_size: Music tokens of the tokenizer, merges included.
        limit: At most this many pieces a split; None for all.
    """

    seed: int = 0
    max_events: int = 1536
    min_notes: int = 8
    text_vocab_size: int = 2048
    music_vocab_size: int = 4096
    limit: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_events", "min_notes", "text_vocab_size", "music_vocab_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")


def build_dataset(
    source: str | Path,
    output: str | Path,
    settings: BuildSettings | None = None,
    *,
    tokenizer: MidiTextTokenizer | None = None,
    num_proc: int = 1,
) -> DataManifest:
    """Builds the examples, the tokenizer (unless one is given) and the manifest in ``output``.

    Args:
        source: A `datasets` folder or a folder of MIDI files, see ``read_pieces``.
        output: Folder for ``data/<split>-<number>.parquet``, ``tokenizer/``, ``manifest.json`` and ``CREDITS.md``.
        settings: How to cut; the defaults made the embedded checkpoint.
        tokenizer: A tokenizer to keep; its event vocabulary must be the one ``remi_config`` gives.
        num_proc: Processes that read and measure.

    Raises:
        ValueError: If no piece could be read, or the folder holds shards of other settings.
    """
    settings = settings or BuildSettings()
    target = Path(output)
    _claim(target, settings, source)
    failures: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = {}
    credit: dict[str, dict[str, Counter[str]]] = {}
    splits = dict.fromkeys(SPLITS, 0)
    chunks = _chunks(read_pieces(source, limit=settings.limit))
    jobs = ((split, number, pieces, target, settings) for split, number, pieces in chunks)
    with ProcessPoolExecutor(num_proc) as pool:
        for report in tqdm(_in_flight(pool, jobs, 2 * num_proc), desc="pieces", unit="00"):
            failures.update(report["failures"])
            splits[report["split"]] += report["rows"]
            for name, counts in report["sources"].items():
                sources.setdefault(name, Counter()).update(counts)
                known = credit.setdefault(name, {"licence": Counter(), "attribution": Counter()})
                for key in known:
                    known[key].update(report["credit"][name][key])
    if not sum(splits.values()):
        raise ValueError(f"{source} must hold at least one readable piece; all failed: {dict(failures)}")
    if tokenizer is None:
        tokenizer = _train_tokenizer(target, settings)
    tokenizer.save_pretrained(target / "tokenizer")
    manifest = DataManifest(
        name=Path(source).resolve().name,
        sources=tuple(_source_record(name, sources[name], credit[name]) for name in sorted(sources)),
        splits=splits,
        failures=dict(failures),
        settings=asdict(settings),
        seed=settings.seed,
        tokenizer_hash=hash_file(target / "tokenizer" / "tokenizer.json"),
        content_hash=_content_hash(target),
        versions=installed_versions(),
    )
    (target / "CREDITS.md").write_text(credits_page(credit), encoding="utf-8")
    manifest.save(target / "manifest.json")
    return manifest


def shards(folder: str | Path, split: str) -> list[Path]:
    """The shards of a split, in order. Raises FileNotFoundError if there are none."""
    found = sorted((Path(folder) / "data").glob(f"{split}-*.parquet"))
    if not found:
        raise FileNotFoundError(f"{folder} must hold data/{split}-*.parquet; build the dataset first")
    return found


def excerpts(bar_events: np.ndarray, rng: random.Random, max_events: int) -> Iterator[tuple[int, int]]:
    """Cuts a piece into neighbouring excerpts.

    Args:
        bar_events: Events in each bar, shape ``(bars,)``.
        rng: Draws the lengths.
        max_events: No excerpt has more, unless a single bar does: that bar is skipped.

    Yields:
        First bar and the bar after the last. A remainder shorter than two bars goes to its neighbour or is left out.
    """
    bars = len(bar_events)
    ends = np.concatenate([[0], np.cumsum(bar_events)])
    if ends[-1] <= max_events and (bars <= 8 or rng.random() < 0.5):
        yield 0, bars
        return
    first = 0
    while first < bars:
        last = min(bars, first + rng.choice(_LENGTHS))
        if bars - last < 2:
            last = bars
        fits = int(np.searchsorted(ends, ends[first] + max_events, side="right")) - 1
        last = min(last, fits)
        if last <= first:
            first += 1
            continue
        if last - first >= 2 or bars < 2:
            yield first, last
        first = last


def _claim(target: Path, settings: BuildSettings, source: str | Path) -> None:
    """Makes the folder and refuses to mix two builds in it."""
    (target / "data").mkdir(parents=True, exist_ok=True)
    note = json.dumps({**asdict(settings), "source": Path(source).resolve().name}, sort_keys=True)
    path = target / "build.json"
    if path.exists() and path.read_text(encoding="utf-8") != note:
        raise ValueError(
            f"{target} holds a build with other settings; choose an empty folder or remove it. "
            f"There: {path.read_text(encoding='utf-8')}. Now: {note}"
        )
    path.write_text(note, encoding="utf-8")


def _chunks(pieces: Iterable[Piece]) -> Iterator[tuple[str, int, list[Piece]]]:
    """Groups of pieces of one split, numbered."""
    waiting: dict[str, list[Piece]] = {split: [] for split in SPLITS}
    numbers = dict.fromkeys(SPLITS, 0)
    for piece in pieces:
        group = waiting[piece.split]
        group.append(piece)
        if len(group) == _CHUNK:
            yield piece.split, numbers[piece.split], group
            waiting[piece.split] = []
            numbers[piece.split] += 1
    for split, group in waiting.items():
        if group:
            yield split, numbers[split], group


def _in_flight(pool: ProcessPoolExecutor, jobs: Iterable[tuple[Any, ...]], depth: int) -> Iterator[dict[str, Any]]:
    """Runs jobs with at most ``depth`` waiting, so that a large corpus is never in memory; results in order."""
    jobs = iter(jobs)
    pending = [pool.submit(_build_chunk, *job) for job in islice(jobs, depth)]
    try:
        while pending:
            yield pending.pop(0).result()
            pending += [pool.submit(_build_chunk, *job) for job in islice(jobs, 1)]
    finally:  # on Ctrl-C end with the shard in hand, not with the queue
        pool.shutdown(wait=False, cancel_futures=True)


def _build_chunk(split: str, number: int, pieces: list[Piece], target: Path, settings: BuildSettings) -> dict[str, Any]:
    """Writes one shard and its report; reads the report back when the shard is already there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = target / "data" / f"{split}-{number:05d}.parquet"
    report_path = path.with_suffix(".json")
    if path.exists() and report_path.exists():
        return json.loads(report_path.read_text(encoding="utf-8"))
    failures: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = {}
    credit: dict[str, dict[str, Counter[str]]] = {}
    rows: list[dict[str, Any]] = []
    for piece in pieces:
        try:
            examples = list(_examples(piece, settings))
        except MidiError as error:
            failures[str(error).split(":", 1)[-1].split(";")[0].strip()[:80]] += 1
            logger.warning("left out %s: %s", piece.id, error)
            continue
        rows += examples
        counts = sources.setdefault(piece.source, Counter())
        counts.update(pieces=1, notes=sum(e["notes"] for e in examples))
        counts["seconds"] += round(sum(json.loads(e["facts"])["duration_seconds"] for e in examples))
        known = credit.setdefault(piece.source, {"licence": Counter(), "attribution": Counter()})
        known["licence"][piece.licence] += 1
        known["attribution"][piece.attribution] += 1
    report = {"split": split, "rows": len(rows), "failures": failures, "sources": sources, "credit": credit}
    if rows:
        table = pa.Table.from_pylist(rows, schema=_schema())
        pq.write_table(table, path.with_suffix(".part"), compression="zstd", compression_level=12)
        report_path.write_text(json.dumps(report), encoding="utf-8")
        path.with_suffix(".part").replace(path)
    return report


@cache
def _vocabulary() -> EventVocabulary:
    """One event vocabulary a process: it takes a while to make."""
    return EventVocabulary()


def _schema() -> Any:
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [("piece", text), ("source", text), ("first_bar", number), ("bars", number), ("total_bars", number)]
        + [("notes", number), ("events", pa.list_(pa.uint16())), ("facts", text), ("analysis", text)]
        + [("labels", text), ("captions", pa.list_(text)), ("prompts", pa.list_(text))]
    )


def _examples(piece: Piece, settings: BuildSettings) -> Iterator[dict[str, Any]]:
    """The excerpts of one piece as rows."""
    vocabulary = _vocabulary()
    score = read_score(piece.midi).score
    rng = random.Random(f"{settings.seed}:{piece.id}")
    lines = bar_starts(score)
    onsets = np.concatenate([track.notes.numpy()["time"] for track in score.tracks])
    notes_per_bar = np.histogram(onsets, bins=lines)[0]
    # Cut by notes first, at four events each: exact counts would need the events of every possible cut.
    for first, last in excerpts(notes_per_bar * 4 + 3, rng, settings.max_events):
        sounding = np.flatnonzero(notes_per_bar[first:last])
        if not len(sounding) or notes_per_bar[first:last].sum() < settings.min_notes:
            continue
        first, last = first + int(sounding[0]), first + int(sounding[-1]) + 1  # no silent bars at either end
        excerpt = slice_bars(score, first, last)
        events = vocabulary.encode(excerpt)
        heard = vocabulary.quantize(excerpt)
        facts = measure_facts(heard)
        analysis = analyze(heard, facts)
        yield {
            "piece": piece.id,
            "source": piece.source,
            "first_bar": first,
            "bars": last - first,
            "total_bars": len(lines) - 1,
            "notes": facts.notes,
            "events": events,
            "facts": _compact(facts.to_dict()),
            "analysis": _compact(analysis.to_dict()),
            "labels": _compact(dict(piece.labels)),
            "captions": [write_caption(facts, piece.labels, rng) for _ in range(_CAPTIONS)],
            "prompts": [write_prompt(facts, piece.labels, rng) for _ in range(_PROMPTS)],
        }


def _compact(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _train_tokenizer(target: Path, settings: BuildSettings) -> MidiTextTokenizer:
    """Learns text pieces and merges from the training split, the music transposed at random."""
    import pyarrow.parquet as pq

    rng = random.Random(settings.seed)
    shifts = {n: pitch_shift(_vocabulary().names, n) for n in range(-6, 6)}
    texts: list[str] = []
    events: list[np.ndarray] = []
    for path in shards(target, "train"):
        for row in pq.read_table(path, columns=["events", "captions", "prompts"]).to_pylist():
            texts += row["captions"] + row["prompts"]
            if rng.random() < 0.25:  # a quarter of the corpus settles the merges
                events.append(shifts[rng.randint(-6, 5)][row["events"]])
    return MidiTextTokenizer.from_corpus(
        texts, events, text_vocab_size=settings.text_vocab_size, music_vocab_size=settings.music_vocab_size
    )


def _source_record(name: str, counts: Counter[str], credit: dict[str, Counter[str]]) -> SourceRecord:
    licences = ", ".join(f"{licence} ({n})" for licence, n in credit["licence"].most_common())
    credits = [line for line, _ in credit["attribution"].most_common()]
    attribution = credits[0] if len(credits) == 1 else f"{_common_start(credits)} ({len(credits)} credit lines)"
    return SourceRecord(
        name=name,
        url="",
        licence=licences,
        attribution=attribution,
        pieces=counts["pieces"],
        notes=counts["notes"],
        hours=round(counts["seconds"] / 3600, 2),
    )


def credits_page(credit: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """Every credit line of every source, which licences such as CC BY ask to be kept with what is made of them.

    Args:
        credit: For each source, under ``"licence"`` and ``"attribution"``, the lines and how many pieces carry them.
    """
    parts = ["# Credits\n\nThe music this was built from, by source, with the credit lines its licences ask for."]
    for name in sorted(credit):
        licences = ", ".join(f"{line} ({count})" for line, count in sorted(credit[name]["licence"].items()))
        lines = "\n".join(f"- {line} ({count})" for line, count in sorted(credit[name]["attribution"].items()))
        parts.append(f"## {name}\n\nLicences (pieces): {licences}\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def _common_start(lines: list[str]) -> str:
    """What several credit lines share: the collection, before the names of single contributors."""
    shared = "".join(a for a, b in zip(min(lines), max(lines), strict=False) if a == b)
    return shared.split(";")[0].strip(" ;,(") or lines[0]


def _content_hash(target: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((target / "data").glob("*.parquet")):
        digest.update(path.name.encode())
        digest.update(hash_file(path).encode())
    return digest.hexdigest()
