"""Work that is interrupted, killed or spread over machines comes to the same bytes."""

import errno
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from test_build import SETTINGS, TERMS, piece

from midi_text.data import shards
from midi_text.data.build import build_dataset, build_shard
from midi_text.data.cluster import _work
from midi_text.data.processes import KILLED, Job, in_jobs, in_jobs_by_split, in_processes
from midi_text.data.sources import Piece, read_pieces
from midi_text.records import DataManifest
from midi_text.score_midi_text import write_score


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pieces, some in every split."""
    path = tmp_path_factory.mktemp("cluster") / "midi"
    path.mkdir()
    for seed in range(40):
        write_score(piece(seed, bars=6), path / f"{seed:02d}.mid")
    return path


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The shards of an undisturbed build."""
    target = tmp_path_factory.mktemp("whole")
    build_dataset(folder, target, SETTINGS, terms=TERMS)
    return contents(target)


def contents(target: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((target / "data").glob("*"))}


def bare(number: int, split: str = "train") -> Piece:
    return Piece(str(number), b"", split, "here", "CC0-1.0", "Ann", {})


# -- jobs and processes ----------------------------------------------------------------------------------------------


def test_jobs_hold_pieces_in_their_order():
    assert [(job.name, [one.id for one in job.pieces]) for job in in_jobs(map(bare, range(5)), "some", 2)] == [
        ("some-00000", ["0", "1"]),
        ("some-00001", ["2", "3"]),
        ("some-00002", ["4"]),
    ]
    pieces = [bare(number, "test" if number in (1, 4) else "train") for number in range(6)]
    assert [(job.name, [one.id for one in job.pieces]) for job in in_jobs_by_split(pieces, 2)] == [
        ("train-00000", ["0", "2"]),
        ("test-00000", ["1", "4"]),
        ("train-00001", ["3", "5"]),
    ]


def names_but_the_deadly(job: Job) -> list[str]:
    """Dies of the piece "7", as a library does that a file crashes."""
    if any(one.id == "7" and one.id not in job.lost for one in job.pieces):
        os.kill(os.getpid(), signal.SIGKILL)
    return [f"{one.id} {KILLED}" if one.id in job.lost else one.id for one in job.pieces]


@pytest.mark.parametrize("num_proc", [1, 3])
def test_a_piece_that_kills_is_left_out_and_all_others_are_there(num_proc: int, caplog):
    jobs = in_jobs(map(bare, range(12)), "some", 3)
    results = list(in_processes(num_proc)(names_but_the_deadly, jobs))
    expected = [str(number) if number != 7 else f"7 {KILLED}" for number in range(12)]
    assert [name for some in results for name in some] == expected
    assert "died: 7" in caplog.text


def always_dies(job: Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_processes_that_always_die_are_an_error(caplog):
    with pytest.raises(RuntimeError, match="processes die at some-00000 whatever they work on"):
        list(in_processes(1)(always_dies, in_jobs([bare(0)], "some")))


def test_jobs_are_taken_as_they_are_needed():
    taken = []

    def jobs() -> Iterator[Job]:
        for job in in_jobs(map(bare, range(100)), "some", 1):
            taken.append(job.name)
            yield job

    results = in_processes(2)(names_but_the_deadly, (job for job in jobs() if job.pieces[0].id != "7"))
    assert next(results) == ["0"]
    assert len(taken) <= 5, "a large corpus is never in memory"
    results.close()


# -- interrupts ------------------------------------------------------------------------------------------------------


def stopping_after(count: int, error: BaseException):
    """A runner that works here and is stopped."""

    def run(function, jobs):
        for number, job in enumerate(jobs):
            if number == count:
                raise error
            yield function(job)

    return run


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_an_interrupted_build_goes_on_to_the_same_bytes(folder, whole, tmp_path: Path, error):
    with pytest.raises(type(error)):
        build_dataset(folder, tmp_path, SETTINGS, terms=TERMS, runner=stopping_after(1, error))
    assert 0 < len(contents(tmp_path)) < len(whole)
    build_dataset(folder, tmp_path, SETTINGS, terms=TERMS, num_proc=2)
    assert contents(tmp_path) == whole


KILLED_BUILD = """
import sys
sys.path.insert(0, {tests!r})
from test_build import SETTINGS, TERMS
from midi_text.data.build import build_dataset
if __name__ == "__main__":
    build_dataset(sys.argv[1], sys.argv[2], SETTINGS, terms=TERMS)
"""


def test_a_killed_build_leaves_no_process_and_goes_on_to_the_same_bytes(folder, whole, tmp_path: Path):
    script = tmp_path / "build.py"
    script.write_text(KILLED_BUILD.format(tests=str(Path(__file__).parent)))
    target = tmp_path / "out"
    build = subprocess.Popen([sys.executable, script, folder, target], stderr=subprocess.DEVNULL)
    while not (target / "duplicates.json").exists():
        assert build.poll() is None
        time.sleep(0.02)
    workers = descendants(build.pid)
    assert workers
    build.kill()
    build.wait()
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlives its build"
        time.sleep(0.05)
    assert set(contents(target).items()) <= set(whole.items())
    build_dataset(folder, target, SETTINGS, terms=TERMS)
    assert contents(target) == whole


def descendants(pid: int) -> list[int]:
    """The processes below a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(path.parent.name), *descendants(int(path.parent.name))]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_full_disk_leaves_no_half_of_a_shard(folder, whole, tmp_path: Path, monkeypatch):
    written = []

    def fsync(_: int) -> None:
        written.append(1)
        if len(written) == 4:  # the note, the plan, a shard, half a shard
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        build_dataset(folder, tmp_path, SETTINGS, terms=TERMS)
    monkeypatch.undo()
    assert set(contents(tmp_path).items()) < set(whole.items())
    build_dataset(folder, tmp_path, SETTINGS, terms=TERMS)
    assert contents(tmp_path) == whole


def test_a_defect_of_ours_costs_one_piece(folder, tmp_path: Path, caplog):
    """Even an error that nobody foresaw does not stop a run; it is counted under its kind."""
    jobs = [Job("train-00000", tuple(read_pieces(folder, terms=TERMS)))]
    broken = partial(build_shard, None)  # no settings: every piece fails
    tally = shards.make_shards(tmp_path, broken, jobs, stopping_after(9, KeyboardInterrupt()), "test")
    assert tally.failures == {"AttributeError while it was read": 40}


# -- other machines --------------------------------------------------------------------------------------------------


def test_a_worker_gives_what_this_machine_would(folder, whole):
    jobs = in_jobs_by_split(read_pieces(folder, terms=TERMS))
    rows = [{"number": number, "job": pickle.dumps(job)} for number, job in enumerate(jobs)]
    done = [_work(partial(build_shard, SETTINGS), row) for row in rows]
    assert [row["number"] for row in done] == list(range(len(rows)))
    assert sorted(pickle.loads(row["result"]) for row in done) == sorted(whole.values())


BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_build import SETTINGS, TERMS
from midi_text.data.build import build_dataset
from midi_text.data.cluster import ray_runner
build_dataset(sys.argv[1], sys.argv[2], SETTINGS, terms=TERMS, runner=ray_runner(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_nodes_and_a_killed_worker_come_to_the_same_bytes(folder, whole, tmp_path: Path):
    pytest.importorskip("ray")
    environment = {
        **os.environ,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
    }

    def ray(*words: str) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", *words]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    memory = "--object-store-memory=200000000"
    ray("start", "--head", "--port=6397", "--num-cpus=1", memory, "--include-dashboard=false")
    try:
        ray("start", "--address=127.0.0.1:6397", "--num-cpus=1", memory)
        script = BUILD.format(tests=str(Path(__file__).parent))
        command = [sys.executable, "-c", script, str(folder), str(tmp_path / "out"), "127.0.0.1:6397"]
        build = subprocess.Popen(command, env=environment)
        killed = kill_a_worker(build)
        assert build.wait() == 0
    finally:
        ray("stop", "--force")
    assert killed
    assert contents(tmp_path / "out") == whole
    assert DataManifest.load(tmp_path / "out" / "manifest.json").failures == {}


def kill_a_worker(build: subprocess.Popen[bytes]) -> bool:
    """Kills the first process of the cluster that is seen working."""
    while build.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes().startswith(b"ray::Map(_work)"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    return True
            except OSError:
                continue
        time.sleep(0.05)
    return False
