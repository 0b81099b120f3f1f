"""Who evaluates the chunks of a run: this process, processes of its own, or an executor that is handed in.

Processes are started afresh (`spawn`) and are sent the texts of the case, so that an executor may also be on other
machines. Whoever evaluates a chunk, its arrays are the same to the last bit.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tumen._chunks import Chunk, evaluate_chunk, one_thread
from tumen.errors import RunError

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Job", "evaluate_chunks"]

_PATIENCE_SECONDS = 4.0  # what is done sooner is not worth the two seconds that starting processes takes
_MOST_WORKERS = 8  # unless more are asked for: each needs some 150 MB

Keep = Callable[[int, Chunk], None]


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to evaluate the chunks of a run, wherever it is."""

    name: str
    files: tuple[tuple[str, str], ...]
    scenario: str
    seed: int

    def __call__(self, number: int) -> Chunk:
        """One chunk."""
        with one_thread():
            return evaluate_chunk(_opened(self.name, self.files, self.scenario), self.seed, number)


def evaluate_chunks(
    case: Case,
    seed: int,
    numbers: list[int],
    keep: Keep,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
) -> None:
    """Evaluate chunks and hand each to `keep` as soon as it is there.

    Without `workers` the first are evaluated in this process, and others are started only if much is left to do. An
    `executor` that is handed in evaluates all of them.

    Raises RunError where a process dies.
    """
    if executor is None and (workers is None or workers == 1):
        numbers = _here(case, seed, numbers, keep, float("inf") if workers == 1 else _PATIENCE_SECONDS)
    if not numbers:
        return
    job = Job(case.name, tuple(case.files.items()), case.scenario, seed)
    if executor is not None:
        _by(executor, job, numbers, keep)
        return
    with _pool(min(workers or min(_processors(), _MOST_WORKERS), len(numbers))) as pool:
        _by(pool, job, numbers, keep)


def _here(case: Case, seed: int, numbers: list[int], keep: Keep, patience: float) -> list[int]:
    """Evaluate chunks in this process; those left once the rest is expected to take longer than `patience` seconds."""
    started = perf_counter()
    for done, number in enumerate(numbers, start=1):
        keep(number, evaluate_chunk(case, seed, number))
        left = numbers[done:]
        if (perf_counter() - started) / done * len(left) > patience:
            return left
    return []


def _by(executor: Executor, job: Job, numbers: list[int], keep: Keep) -> None:
    futures: dict[Future[Chunk], int] = {}
    try:
        with _without_interrupts():
            futures.update({executor.submit(job, number): number for number in numbers})
        for future in as_completed(futures):
            keep(futures.pop(future), future.result())
    except BrokenExecutor as error:
        what = "perhaps for want of memory: run again with fewer --workers; finished work is kept"
        guard = "A script that runs cases with workers needs `if __name__ == '__main__':`."
        raise RunError(f"a worker process died, {what}. {guard}") from error
    finally:
        for future in futures:
            future.cancel()


def _pool(workers: int) -> ProcessPoolExecutor:
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """In a new process: leave stopping to the parent, and end when the parent does."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C while processes are started, and from them for good: none shows a traceback of its own."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    met: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: met.append(number))
    try:
        with _blocked_interrupts():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
    if met:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _blocked_interrupts() -> Iterator[None]:
    """Block Ctrl-C in this thread, where that is possible: a process started meanwhile has it blocked too."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
        return replace(load(folder, scenario or None), name=name)


def _processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
