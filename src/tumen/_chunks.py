"""A run's chunks: 256 draws each, evaluated one by one, each kept as a finished piece of work.

A chunk is a mapping of names to arrays. The order of the draws is that of the chunks, so the merged arrays are the same
whoever evaluated which chunk, and when.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen import claims, study
from tumen.errors import RunError, TumenError

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["CHUNK", "Chunk", "Store", "chunks_of", "evaluate_chunk", "merge"]

CHUNK = 256
_PATIENCE_SECONDS = 4.0  # starting processes costs some two seconds

Array = npt.NDArray[np.float64]
Chunk = Mapping[str, Array]


@dataclass(frozen=True)
class Store:
    """Where finished chunks lie; None keeps them in memory only."""

    folder: Path | None

    def load(self, number: int) -> Chunk | None:
        """A finished chunk, or None where there is none or it cannot be read."""
        if self.folder is None:
            return None
        try:
            with np.load(self._path(number), allow_pickle=False) as found:
                return {name: found[name] for name in found.files}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            return None

    def save(self, number: int, chunk: Chunk) -> None:
        """Keep a finished chunk. Raises RunError where it cannot be written; nothing is left of it then."""
        if self.folder is not None:
            write_atomically(self._path(number), lambda stream: np.savez(stream, **chunk))  # type: ignore[arg-type]

    def _path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{number:06d}.npz"


def write_atomically(path: Path, write: Callable[[Any], object]) -> None:
    """Write a file under a temporary name, then give it its own; on failure nothing is left.

    Raises RunError where the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        what = error.strerror or str(error)
        raise RunError(f"{path}: cannot be written: {what}; finished work is kept, run again to go on") from error
    finally:
        temporary.unlink(missing_ok=True)


def evaluate_chunk(case: Case, seed: int, number: int) -> Chunk:
    """Every array of one chunk that a run keeps."""
    worlds = study.draw(case, seed, number, CHUNK)
    return arrays(study.evaluate(case, worlds), [claims.question(case, name) for name in case.claims])


def arrays(outcome: Outcome, questions: Iterable[claims.Question]) -> Chunk:
    """What is kept of an outcome: claims' values, worlds, trade paths, the ledger. Draws come last but for the years."""
    kept: dict[str, Array] = {}
    for asked in questions:
        kept[f"claims|{asked.name}|value"] = claims.take(outcome, asked)
        by_year = claims.path(outcome, asked)
        if by_year is not None:
            kept[f"claims|{asked.name}|path"] = by_year
        for index, item in enumerate(claims.beside(outcome, asked)):
            kept[f"claims|{asked.name}|beside|{index}"] = np.asarray(item.values, dtype=float)
    worlds = outcome.worlds
    varied = {name for name, d in worlds.blueprint.distributions.items() if not d.is_constant}
    kept |= {f"worlds|value|{name}": values for name, values in worlds.values.items() if name in varied}
    kept |= {f"worlds|path|{name}": values for name, values in worlds.paths.items()}
    for name, path in outcome.trade.items():
        kept[f"trade|{name}|flow"] = path.flow
        kept |= {f"trade|{name}|{statistics}": values for statistics, values in path.reported.items()}
    for index in range(len(outcome.ledger.lines)):
        kept[f"money|line|{index}"] = outcome.ledger.amount[index]
    for stock in outcome.ledger.stocks:
        kept[f"money|stock|{stock.name}"] = stock.closing
    return kept


def merge(parts: Iterable[Chunk]) -> dict[str, Array]:
    """The chunks of a run, in their order, as one: every array with all draws on its first axis."""
    listed = list(parts)
    return {name: np.concatenate([part[name] for part in listed], axis=0) for name in listed[0]}


def chunks_of(
    case: Case, seed: int, count: int, *, store: Store, workers: int | None, executor: Executor | None,
    progress: Callable[[int, int], None],
) -> list[Chunk]:  # fmt: skip
    """All chunks of a run, in order: those that the store has, and the rest evaluated.

    Without `workers` the first chunks are evaluated here, and processes are started only if much is left to do.
    """
    found: dict[int, Chunk] = {}
    for number in range(count):
        if (known := store.load(number)) is not None:
            found[number] = known
    todo = [number for number in range(count) if number not in found]
    progress(len(found), count)
    for number, chunk in _evaluated(case, seed, todo, workers, executor):
        store.save(number, chunk)
        found[number] = chunk
        progress(len(found), count)
    return [found[number] for number in range(count)]


def _evaluated(
    case: Case, seed: int, todo: list[int], workers: int | None, executor: Executor | None
) -> Iterator[tuple[int, Chunk]]:
    if executor is not None:
        yield from _by_executor(executor, case, seed, todo)
        return
    rest, started = list(todo), perf_counter()
    while rest and (workers is None or workers == 1):
        number = rest.pop(0)
        yield number, _one_thread(case, seed, number)
        expected = (perf_counter() - started) / (len(todo) - len(rest)) * len(rest)
        if workers is None and expected > _PATIENCE_SECONDS:
            break
    if rest:
        with _pool(case, min(workers or os.cpu_count() or 1, len(rest))) as pool:
            yield from _by_executor(pool, None, seed, rest)


def _by_executor(executor: Executor, case: Case | None, seed: int, todo: list[int]) -> Iterator[tuple[int, Chunk]]:
    futures = {executor.submit(_in_worker if case is None else _one_thread, case, seed, number): number for number in todo}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenExecutor as error:
        raise RunError("a worker process died, perhaps for want of memory; run again to go on, with fewer --workers") from error
    finally:
        for future in futures:
            future.cancel()


def _one_thread(case: Case, seed: int, number: int) -> Chunk:
    """A chunk with one BLAS thread, so that sums are added in the same order everywhere."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return evaluate_chunk(case, seed, number)


_worker_case: Case | None = None


def _pool(case: Case, workers: int) -> ProcessPoolExecutor:
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    arguments = (str(case.folder), case.scenario, case.hash)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_open_case, initargs=arguments)


def _open_case(folder: str, scenario: str, digest: str) -> None:
    """Read the case in a worker process."""
    import signal

    from tumen._load import load

    global _worker_case
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    case = load(folder, scenario or None)
    if case.hash != digest:
        raise TumenError(f"{folder}: the case changed while it was run; run it again")
    _worker_case = case


def _in_worker(_: None, seed: int, number: int) -> Chunk:
    assert _worker_case is not None
    return _one_thread(_worker_case, seed, number)
