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
