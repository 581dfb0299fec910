"""Answers: MIDI files in a folder, one for each prompt, of whatever system.

File i of the list is called ``000.mid`` (any number of digits, from 0), or after the prompt's id, or by its
``file_name``, which may lie in folders; ``.mid`` and ``.midi`` are both read. What is missing or broken counts as a
failure and stays in. Our own systems leave their answers in such a folder too (`write_answers`), with
``answers.jsonl`` beside them (seconds, whether the piece ended by itself), so that every row of every table is made by
the same code from the same kind of files, and a run that was stopped goes on where it ended.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from symusic.core import ScoreTick
from tqdm import tqdm

from ..records import EvaluationReport, Measurement, write_whole
from ..score_midi_text import MidiError, read_score
from ..workers import work_through, worker_pool
from .adherence import Score, adherence_rows, score_answer
from .gold import Gold, Prompt
from .intervals import ratio
from .journal import Journal, read_lines
from .musicality.evaluate import PieceMusicality, measure_piece, musicality_rows, with_novelty
from .musicality.novelty import NoveltyIndex
from .musicality.reference import default_reference
from .prompt_files import answer_names, prompts_hash

logger = logging.getLogger(__name__)
LOG = "answers.jsonl"
Out = TypeVar("Out")
_SUFFIXES = ("", ".mid", ".midi", ".MID")


class Answer(NamedTuple):
    """What a system gives for a prompt: a Standard MIDI File, None for nothing; whether it ended it by itself."""

    midi: bytes | None
    ended: bool | None = None


class System(Protocol):
    """Something that answers prompts with music.

    Attributes:
        name: Of its rows and its folder.
    """

    name: str

    def answer(self, prompts: Sequence[Prompt], seed: int) -> Sequence[Answer]:
        """One answer a prompt, in their order; the same for the same prompts and seed."""


@dataclass(frozen=True)
class Found:
    """One prompt's answer in a folder: where it lies (None: nowhere), and what its system said of it."""

    path: Path | None
    ended: bool | None = None
    seconds: float | None = None


def find_answers(folder: str | os.PathLike[str], prompts: Sequence[Prompt]) -> list[Found]:
    """For each prompt its file, see the module.

    Raises:
        ValueError: If the folder is none, or a ``file_name`` leads out of it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"answers must lie in a folder; {root} is none")
    by_number = {int(path.stem): path for path in sorted(root.iterdir())
                 if path.suffix.lower() in (".mid", ".midi") and path.stem.isdecimal()}  # fmt: skip
    said = {line["id"]: line for line in read_lines(root / LOG)[1:]}
    found = []
    for place, prompt in enumerate(prompts):
        names = answer_names(prompt, place)
        paths = [root / (name + suffix) for name in names for suffix in _SUFFIXES]
        if any(not path.resolve().is_relative_to(root.resolve()) for path in paths):
            raise ValueError(f"a file_name must stay inside the folder of answers; got {prompt.file_name!r}")
        path = next((path for path in paths if path.is_file()), by_number.get(place))
        line = said.get(prompt.id, {})
        found.append(Found(path, line.get("ended"), line.get("seconds")))
    return found


def score_folder(
    folder: str | os.PathLike[str], prompts: Sequence[Prompt], num_proc: int = 1
) -> tuple[list[Score], list[Found]]:
    """Measures the answers in a folder; no model is loaded.

    Args:
        folder: Where they lie.
        prompts: What they answer.
        num_proc: Processes.

    Returns:
        A score a prompt, and where its answer was found.

    Raises:
        ValueError: As `find_answers`.
    """
    found = find_answers(folder, prompts)
    cases = [(prompt.gold, each) for prompt, each in zip(prompts, found, strict=True)]
    return _in_processes(_score, cases, num_proc, "scoring"), found


def measure_answers(found: Sequence[Found], num_proc: int = 1) -> list[PieceMusicality]:
    """The musicality of each answer, without novelty, in their order; see `find_answers`."""
    return _in_processes(_measure, found, num_proc, "listening")


def musicality_of(
    found: Sequence[Found], *, index: NoveltyIndex | None = None, num_proc: int = 1, seed: int = 0
) -> list[Measurement]:
    """Whether answers are music at all, and new: the rows of `musicality_rows` beside human music that comes along.

    Args:
        found: Where the answers lie, see `find_answers`; what is missing or broken counts as failed.
        index: Of the training music, for novelty; without it there are no such rows.
        num_proc: Processes.
        seed: Of what is drawn for the Fréchet distance.
    """
    pieces = measure_answers(found, num_proc)
    scores = map(_read, found) if index is not None else ()
    return musicality_rows(with_novelty(pieces, scores, index), default_reference(), seed=seed)


def _in_processes(work: Callable[[Any], Out], items: Sequence[Any], num_proc: int, what: str) -> list[Out]:
    """The results in the order of the items, with progress."""
    progress = partial(tqdm, total=len(items), desc=what, unit="file", disable=None, leave=False)
    if num_proc == 1:
        return list(progress(map(work, items)))
    with worker_pool(num_proc, [__name__]) as pool:
        return list(progress(pool.map(work, items, chunksize=16)))


def evaluate_answers(
    folder: str | os.PathLike[str],
    prompts: Sequence[Prompt],
    *,
    name: str = "prompt adherence",
    num_proc: int = 1,
    seed: int = 0,
    checkpoint_hash: str = "",
    index: NoveltyIndex | None = None,
) -> EvaluationReport:
    """The figures of the answers in a folder.

    Args:
        folder: Where they lie.
        prompts: What they answer.
        name: Of the report.
        num_proc: Processes.
        seed: That the answers were made with, for the report.
        checkpoint_hash: SHA-256 of the weights they were made with, for the report.
        index: Of the training music, for novelty.

    Returns:
        The rows of `adherence_rows`, ``answers_found``, ``notes_per_second`` where the times are known, and the rows
        of `musicality_of`.

    Raises:
        ValueError: If there is no prompt, or as `find_answers`.
    """
    scores, found = score_folder(folder, prompts, num_proc)
    rows = adherence_rows(prompts, scores)
    rows.append(ratio("answers_found", [float(each.path is not None) for each in found]))
    timed = [(s.heard.get("notes", 0), f.seconds) for s, f in zip(scores, found, strict=True) if f.seconds is not None]
    if timed:
        notes, seconds = zip(*timed, strict=True)
        rows.append(ratio("notes_per_second", notes, seconds))
    rows += musicality_of(found, index=index, num_proc=num_proc, seed=seed)
    return EvaluationReport(name, checkpoint_hash, len(prompts), seed, tuple(rows))


def write_answers(
    system: System,
    prompts: Sequence[Prompt],
    folder: str | os.PathLike[str],
    *,
    batch_size: int = 16,
    num_proc: int = 1,
    seed: int = 0,
    checkpoint_hash: str = "",
) -> None:
    """Lets a system answer prompts into a folder, going on where an earlier run stopped.

    Prompts are sorted by size into batches, because a batch takes as long as its longest piece; the batch that starts
    at place i of that order gets ``seed + i``, so a run in pieces gives the same files as one in one go. The largest
    are answered first, so that no process waits long for another in the end. Where a batch fails, each of its prompts
    is tried alone, and one that fails alone gets no file.

    Args:
        system: What answers.
        prompts: What is asked.
        folder: Made if it is not there.
        batch_size: Prompts answered together. The music depends on it, as sampling does on a batch.
        num_proc: Processes that answer side by side, each with one thread; the system must be picklable if there are
            more than one. A model on a GPU is quickest in one. Seconds are those of an answer's own process.
        seed: Of the first batch.
        checkpoint_hash: SHA-256 of the weights, which keeps the answers of two checkpoints apart.

    Raises:
        ValueError: If there is no prompt, or the folder holds the answers of another run.
        OSError: If it cannot be written.
    """
    if not prompts or batch_size < 1:
        raise ValueError(f"answers need prompts and a batch_size >= 1; got {len(prompts)} and {batch_size}")
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    run = {"system": system.name, "seed": seed, "batch_size": batch_size, "checkpoint_hash": checkpoint_hash,
           "prompts": prompts_hash(prompts)}  # fmt: skip
    journal = Journal(root / LOG, run)
    order = sorted(range(len(prompts)), key=lambda place: _size(prompts[place].gold))
    done = {item["id"] for item in journal.items}
    batches = [(start, order[start : start + batch_size]) for start in range(0, len(order), batch_size)]
    open_batches = [(start, places) for start, places in batches if not all(prompts[i].id in done for i in places)]
    jobs = [([prompts[i] for i in places], seed + start) for start, places in reversed(open_batches)]
    answers = work_through(Answering(system), jobs, num_proc)
    left = sum(len(places) for _, places in open_batches)
    with tqdm(total=len(prompts), initial=len(prompts) - left, desc=system.name, unit="prompt", disable=None,
              leave=False) as progress:  # fmt: skip
        for (_, places), answered in zip(reversed(open_batches), answers, strict=True):
            for place, (answer, _) in zip(places, answered, strict=True):
                if answer.midi is not None:
                    write_whole(root / f"{place:03d}.mid", answer.midi)
            journal.add(
                {"id": prompts[place].id, "ended": answer.ended, "seconds": seconds}
                for place, (answer, seconds) in zip(places, answered, strict=True)
            )
            progress.update(len(places))


def _score(case: tuple[Gold, Found]) -> Score:
    gold, found = case
    return score_answer(gold, _bytes(found), found.ended)


def _measure(found: Found) -> PieceMusicality:
    return measure_piece(_read(found), ended=found.ended is not False)  # what nobody says has ended


def _read(found: Found) -> ScoreTick | None:
    midi = _bytes(found)
    try:
        return read_score(midi).score if midi is not None else None
    except MidiError:  # `score_answer` tells it
        return None


def _bytes(found: Found) -> bytes | None:
    try:
        return found.path.read_bytes() if found.path else None
    except OSError as error:
        logger.warning("%s cannot be read: %s", found.path, error)
        return None


class Answering:
    """Lets a system answer a batch, and tells for each prompt its share of the wall time.

    Args:
        system: What answers.
    """

    def __init__(self, system: System):
        self.system = system

    def __call__(self, prompts: Sequence[Prompt], seed: int) -> list[tuple[Answer, float]]:
        """The answers and their seconds; where a batch fails, each prompt is tried alone."""
        began = time.perf_counter()
        try:
            answers = self.system.answer(prompts, seed)
            seconds = (time.perf_counter() - began) / len(prompts)
            return [(answer, seconds) for answer in answers]
        except (ValueError, RuntimeError) as error:
            if len(prompts) == 1:
                logger.warning("no answer to %r: %s", prompts[0].text, error)
                return [(Answer(None, False), time.perf_counter() - began)]
            return [answer for prompt in prompts for answer in self([prompt], seed)]


def _size(gold: Gold) -> float:
    """About how much music is asked: quarter notes times instruments; 32 bars of 4/4 where the length is open."""
    numerator, denominator = gold.time_signature or (4, 4)
    bars = sum(gold.bars) / 2 if gold.bars else 32
    if gold.duration_seconds and not gold.bars:
        bars = sum(gold.duration_seconds) / 2 / 2
    return bars * numerator / denominator * max(len(gold.programs) + len(gold.families), 1)
