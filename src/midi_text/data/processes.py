"""Work in other processes: in order, a few jobs at a time, and going on when a process dies.

A file can do worse than raise: it can crash a library, or need more memory than there is, and then the process is gone
without a word. The job that died is tried again by itself, then piece by piece, until the piece that kills is known; it
is left out and named as the reason. `Runner` is what a cluster offers too (`cluster`), so no work knows where it runs.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from typing import Any, Protocol

from ..workers import worker_pool
from .sources import SPLITS, Piece

logger = logging.getLogger(__name__)
PIECES = 200  # of a job: a shard of some megabytes, the unit of resuming
KILLED = "the process that read it died"


@dataclass(frozen=True)
class Job:
    """Some pieces to work on.

    Attributes:
        name: Of the job, and of the shard that comes of it.
        pieces: Never empty.
        lost: Ids of pieces that must not be touched, because they killed a process.
    """

    name: str
    pieces: tuple[Piece, ...]
    lost: frozenset[str] = frozenset()


class Runner(Protocol):
    """Runs a function on jobs, somewhere; gives the results in the order of the jobs."""

    def __call__(self, function: Callable[[Job], Any], jobs: Iterable[Job]) -> Iterator[Any]:
        """Takes jobs only as it needs them; a function must be importable and give the same result every time."""


def in_jobs(pieces: Iterable[Piece], stem: str, size: int = PIECES) -> Iterator[Job]:
    """Jobs of `size` pieces in their order, named ``<stem>-00000`` and on."""
    source = iter(pieces)
    for number in count():
        if not (some := tuple(islice(source, size))):
            return
        yield Job(f"{stem}-{number:05d}", some)


def in_jobs_by_split(pieces: Iterable[Piece], size: int = PIECES) -> Iterator[Job]:
    """Jobs of pieces of one split, named after it."""
    waiting: dict[str, list[Piece]] = {split: [] for split in SPLITS}
    numbers = dict.fromkeys(SPLITS, 0)
    for piece in pieces:
        some = waiting[piece.split]
        some.append(piece)
        if len(some) == size:
            yield Job(f"{piece.split}-{numbers[piece.split]:05d}", tuple(some))
            some.clear()
            numbers[piece.split] += 1
    for split, some in waiting.items():
        if some:
            yield Job(f"{split}-{numbers[split]:05d}", tuple(some))


def in_processes(num_proc: int) -> Runner:
    """A runner in ``num_proc`` processes of this machine."""
    return partial(_run, num_proc)


def _run(num_proc: int, function: Callable[[Job], Any], jobs: Iterable[Job]) -> Iterator[Any]:
    waiting: deque[tuple[Job, Future[Any]]] = deque()
    source = iter(jobs)
    pool = _pool(num_proc)
    try:
        while True:
            for job in islice(source, 2 * num_proc - len(waiting)):
                waiting.append((job, pool.submit(function, job)))
            if not waiting:
                return
            job, future = waiting.popleft()
            try:
                yield future.result()
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                yield run_alone(function, job)
                pool = _pool(num_proc)
                waiting = deque((later, pool.submit(function, later)) for later, _ in waiting)
    finally:  # on Ctrl-C end with the jobs in hand, not with the queue
        pool.shutdown(wait=False, cancel_futures=True)


def run_alone(function: Callable[[Job], Any], job: Job) -> Any:
    """The result of a job during which a process died, without the pieces that kill.

    Raises:
        RuntimeError: If processes die whatever they work on.
    """
    if (result := _attempt(function, job)) is not None:
        return result[0]
    lost = {piece.id for piece in job.pieces if _attempt(function, replace(job, pieces=(piece,))) is None}
    logger.warning("left out, since processes that read them died: %s", ", ".join(sorted(lost)))
    if (result := _attempt(function, replace(job, lost=job.lost | lost))) is not None:
        return result[0]
    raise RuntimeError(f"processes die at {job.name} whatever they work on; is there memory enough?")


def _attempt(function: Callable[[Job], Any], job: Job) -> tuple[Any] | None:
    """The result in a process of its own, in a tuple; None if that died."""
    with _pool(1) as pool:
        try:
            return (pool.submit(function, job).result(),)
        except BrokenProcessPool:
            return None


def _pool(num_proc: int) -> ProcessPoolExecutor:
    return worker_pool(num_proc, [f"{__package__}.build"])
