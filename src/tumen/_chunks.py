"""A run's chunks: 256 draws each, evaluated one by one, each kept as a finished piece of work.

A chunk is a mapping of names to arrays with the draw as their first axis. The order of the draws is that of the chunks,
so the merged arrays are the same whoever evaluated which chunk, and when.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen import claims, study
from tumen._files import write_atomically
from tumen.errors import CaseError, TumenError

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["CHUNK", "DATES", "Chunk", "Store", "arrays", "evaluate_chunk", "merge", "one_thread"]

DATES = ("decided", "opened", "abandoned")  # of a course
CHUNK = 256

Array = npt.NDArray[np.float64]
Chunk = dict[str, Array]


@dataclass(frozen=True)
class Store:
    """Where finished chunks lie; None: they are kept in memory only."""

    folder: Path | None

    def chunks(self, total: int, example: Callable[[], Chunk]) -> dict[int, Chunk]:
        """The finished chunks that hold what a chunk of this run must, as an example shows, which is made if needed."""
        found = {number: chunk for number in range(total) if (chunk := self._load(number)) is not None}
        wanted = _layout(example()) if found else {}
        return {number: chunk for number, chunk in found.items() if _layout(chunk) == wanted}

    def _load(self, number: int) -> Chunk | None:
        """A finished chunk; None where there is none that can be read."""
        if self.folder is None:
            return None
        try:
            stream = io.BytesIO(self._path(number).read_bytes())
            with np.load(stream, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except Exception:  # a damaged file may raise nearly anything; such a chunk is evaluated again
            return None
        return found

    def save(self, number: int, chunk: Chunk) -> None:
        """Keep a finished chunk. Raises RunError where it cannot be written; nothing is left of it then."""
        if self.folder is not None:
            buffer = io.BytesIO()
            np.savez(buffer, **chunk)  # type: ignore[arg-type]  # no name of a chunk is that of an argument
            write_atomically(self._path(number), buffer.getbuffer())

    def _path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{number:06d}.npz"


def evaluate_chunk(case: Case, seed: int, number: int) -> Chunk:
    """Every array of one chunk that a run keeps.

    Raises CaseError where an engine refuses what was drawn in some world.
    """
    try:
        worlds = study.draw(case, seed, number, CHUNK)
        return arrays(study.evaluate(case, worlds), [claims.question(case, name) for name in case.claims])
    except TumenError:
        raise
    except (ValueError, ArithmeticError) as error:
        what = f"in a world of chunk {number} the case cannot be evaluated: {error}"
        raise CaseError([f"{case.name}: {what}; narrow the ranges that lead there"]) from error


def arrays(outcome: Outcome, questions: Iterable[claims.Question]) -> Chunk:
    """What a run keeps of an outcome, (draw,) or (draw, year).

    Claims' values, worlds, trade paths, what becomes of initiatives, the ledger.
    """
    kept: Chunk = {}
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
    for name, course in outcome.timeline.courses.items():
        kept |= {f"delivery|{name}|{what}": getattr(course, what) for what in DATES}
        kept[f"delivery|{name}|working"] = course.working
    for index in range(len(outcome.ledger.lines)):
        kept[f"money|line|{index}"] = outcome.ledger.amount[index]
    for stock in outcome.ledger.stocks:
        kept[f"money|stock|{stock.name}"] = stock.closing
    return kept


def merge(parts: Sequence[Chunk]) -> dict[str, Array]:
    """The chunks of a run, in their order, as one: every array with all draws on its first axis.

    The parts are emptied on the way, so that the arrays of a long run are not held twice.
    """
    return {name: np.concatenate([part.pop(name) for part in parts], axis=0) for name in tuple(parts[0])}


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for linear algebra, so that sums are added in the same order everywhere."""
    import scipy.linalg  # noqa: F401  # only libraries that are loaded already can be held to one thread
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def _layout(chunk: Chunk) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (values.shape, values.dtype.str) for name, values in chunk.items()}
