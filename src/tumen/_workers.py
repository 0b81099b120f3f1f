"""Who does the pieces of a run, chunks and all beside them: this process, own processes, or an executor handed in.

Processes are started afresh (`spawn`) and are sent the texts of the case, so that an executor may also be on other
machines. Whoever does a piece, what comes of it is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tumen import study
from tumen._breakevens import lever_breakevens
from tumen._chunks import CHUNK, Chunk, evaluate_chunk, one_thread
from tumen._dataset import PICTURES, picture
from tumen._decisions import learnt
from tumen._explanation import ATTRIBUTION, DECISIONS, DIALS, attributed, dialled
from tumen._pool import executor as _pool
from tumen._pool import processors as _processors
from tumen._pool import without_interrupts
from tumen.claims import Attribution, Breakeven, DialPoint
from tumen.errors import RunError

if TYPE_CHECKING:
    import xarray as xr

    from tumen.case import Case

__all__ = ["Job", "done", "work"]

_PATIENCE_SECONDS = 4.0  # what is done sooner is not worth the two seconds that starting processes takes
_MOST_WORKERS = 8  # unless more are asked for: each needs some 150 MB

Task = int | str
Explained = Mapping[str, Attribution] | Mapping[str, tuple[DialPoint, ...]]
Done = Chunk | Mapping[str, Breakeven] | Explained | dict[str, "xr.Dataset"]
Keep = Callable[[Task, Done], None]


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to do the pieces of a run, wherever it is."""

    name: str
    files: tuple[tuple[str, str], ...]
    scenario: str
    seed: int
    chunks: int

    def __call__(self, task: Task) -> Done:
        """One piece of work."""
        with one_thread():
            return done(_opened(self.name, self.files, self.scenario), self.seed, self.chunks, task)


def done(case: Case, seed: int, chunks: int, task: Task) -> Done:
    """One piece of work: a chunk by its number, a picture or explanation by name, else the break-evens of a lever."""
    if isinstance(task, int):
        return evaluate_chunk(case, seed, task)
    if task == ATTRIBUTION:
        return attributed(case, seed)
    if task == DIALS:
        return dialled(case, seed)
    if task == DECISIONS:
        return learnt(case, seed)
    if task in PICTURES:
        return picture(study.evaluate(case, study.draw(case, seed, 0, CHUNK)), task)
    return lever_breakevens(case, seed, chunks, task)


def work(
    case: Case,
    seed: int,
    chunks: int,
    tasks: list[Task],
    keep: Keep,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
) -> None:
    """Do the pieces of a run of so many chunks and hand each to `keep` as soon as it is there.

    Without `workers` the first are done in this process, and others are started only if much is left to do; at once
    where the case has networks, for then there is. An `executor` that is handed in does all of them.

    Raises RunError where a process dies.
    """
    if executor is None and (workers is None or workers == 1):
        many = len(tasks) > 1 and bool(case.networks) and workers is None and _processors() > 1
        if not many:
            tasks = _here(case, seed, chunks, tasks, keep, float("inf") if workers == 1 else _PATIENCE_SECONDS)
    if not tasks:
        return
    job = Job(case.name, tuple(case.files.items()), case.scenario, seed, chunks)
    if executor is not None:
        _by(executor, job, tasks, keep)
        return
    with _pool(min(workers or min(_processors(), _MOST_WORKERS), len(tasks))) as pool:
        _by(pool, job, tasks, keep)


def _here(case: Case, seed: int, chunks: int, tasks: list[Task], keep: Keep, patience: float) -> list[Task]:
    """Work in this process; what is left once the rest is expected to take longer than `patience` seconds."""
    started = perf_counter()
    for count, task in enumerate(tasks, start=1):
        keep(task, done(case, seed, chunks, task))
        left = tasks[count:]
        if (perf_counter() - started) / count * len(left) > patience:
            return left
    return []


def _by(executor: Executor, job: Job, tasks: list[Task], keep: Keep) -> None:
    futures: dict[Future[Done], Task] = {}
    try:
        with without_interrupts():
            futures.update({executor.submit(job, task): task for task in tasks})
        for future in as_completed(futures):
            keep(futures.pop(future), future.result())
    except BrokenExecutor as error:
        what = "perhaps for want of memory: run again with fewer --workers; finished work is kept"
        guard = "A script that runs cases with workers needs `if __name__ == '__main__':`."
        raise RunError(f"a worker process died, {what}. {guard}") from error
    finally:
        for future in futures:
            future.cancel()


@lru_cache(maxsize=4)
def _opened(name: str, files: tuple[tuple[str, str], ...], scenario: str) -> Case:
    """The case of a job, read once in each process."""
    from tempfile import TemporaryDirectory

    from tumen._load import load

    with TemporaryDirectory(prefix="tumen-") as folder:
        for place, text in files:
            path = Path(folder, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return replace(load(folder, scenario or None, rehearse=False), name=name)
