"""The same work on many machines, through Ray Data (extra ``cluster``).

A runner like that of one machine (`processes`): it sends jobs with everything they need, and gets shards back as bytes,
so machines share no disk and none can leave half a file. The jobs and the function are those of one machine, results
come in the order of the jobs, and a shard follows from its job alone: the output is the same, byte for byte.

A worker that dies is Ray's to replace: its job is sent again. A job that fails again and again has a piece in it that
kills; it is taken apart on the machine that asked (`processes.run_alone`). Every machine must have the package and its
extras installed, in the same versions.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from .processes import Job, Runner, run_alone

logger = logging.getLogger(__name__)
_RETRIES = 3
_JOBS_A_PROCESSOR = 4  # in one round: enough that few wait at its end, few enough that a round is in memory


def ray_runner(address: str = "auto") -> Runner:
    """A runner on the Ray cluster at an address.

    Args:
        address: ``"auto"`` for the cluster this machine is part of, ``"ray://host:10001"`` for a distant one,
            ``"local"`` for one that is started here and ends with this process.
    """
    return partial(_run, address)


def _run(address: str, function: Callable[[Job], Any], jobs: Iterable[Job]) -> Iterator[Any]:
    import ray

    if not ray.is_initialized():
        ray.init(address=address, log_to_driver=False)
    source = iter(jobs)
    while round_ := list(islice(source, 1)):
        width = _JOBS_A_PROCESSOR * max(int(ray.cluster_resources().get("CPU", 1)), 1)  # machines come and go
        round_ += islice(source, width - 1)
        results = _round(function, round_)
        for number, job in enumerate(round_):
            yield results[number] if number in results else run_alone(function, job)


def _round(function: Callable[[Job], Any], jobs: list[Job]) -> dict[int, Any]:
    """The results of some jobs by number; those that no worker survived are missing."""
    import ray
    import ray.data

    items = [{"number": number, "job": pickle.dumps(job)} for number, job in enumerate(jobs)]
    work = ray.data.from_items(items, override_num_blocks=len(items)).map(
        partial(_work, function), max_retries=_RETRIES, scheduling_strategy="SPREAD"
    )
    results: dict[int, Any] = {}
    try:
        for row in work.iter_rows():
            results[row["number"]] = pickle.loads(row["result"])
    except ray.exceptions.RayError as error:
        logger.warning(
            "%d of %d jobs are done here, since workers died of them: %s", len(jobs) - len(results), len(jobs), error
        )
    return results


def _work(function: Callable[[Job], Any], row: dict[str, Any]) -> dict[str, Any]:
    """What a worker does with one row."""
    return {"number": row["number"], "result": pickle.dumps(function(pickle.loads(row["job"])))}
