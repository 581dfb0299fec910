"""Processes of this machine that work side by side.

They are not forked from the caller: a fork of a process with threads can wait for ever on a lock that it inherits. Each
computes with one thread, for together they fill the machine: with a thread a core in each they stand in each other's
way.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

Out = TypeVar("Out")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def worker_pool(
    num_proc: int, preload: Sequence[str] = (), begin: Callable[[], object] | None = None
) -> ProcessPoolExecutor:
    """A pool whose processes end with this one.

    Args:
        num_proc: Processes.
        preload: Modules read once for all of them, where the system can do so.
        begin: Called once in each, before its first task; it must be picklable.
    """
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    context.set_forkserver_preload(list(preload))
    if "forkserver" in methods:
        from multiprocessing import forkserver

        with _one_thread():
            forkserver.ensure_running()  # its children get the environment that it starts with
    return ProcessPoolExecutor(num_proc, mp_context=context, initializer=_begin, initargs=(begin,))


def work_through(tool: Callable[..., Out], jobs: Sequence[tuple[Any, ...]], num_proc: int = 1) -> Iterator[Out]:
    """What a tool makes of each job, in their order.

    Args:
        tool: Called with what a job holds. With several processes it must be picklable: each makes its own, once.
        jobs: The first are begun first.
        num_proc: Processes that work side by side; one works here.
    """
    if num_proc == 1 or len(jobs) < 2:
        yield from (tool(*job) for job in jobs)
        return
    with worker_pool(num_proc, [tool.__module__], partial(_bring, tool)) as pool:
        yield from pool.map(_use, jobs)


_brought: list[Callable[..., Any]] = []  # in a process that works through jobs: its tool


def _bring(tool: Callable[..., Any]) -> None:
    _brought[:] = [tool]


def _use(job: tuple[Any, ...]) -> Any:
    return _brought[0](*job)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(begin: Callable[[], object] | None) -> None:
    """Ends this process when the one it works for is gone: else it would wait for ever for its next job."""

    def wait() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    if begin is not None:
        begin()
