"""Runs: a case, so many draws, one seed; in memory, or in a run folder that can be resumed and repeated.

A run folder holds

    run.json       what was run: format, case and its hash, seed, draws, scenario, versions, stage times
    results.nc     worlds, trade, money, claims, exposure and networks, as one xarray DataTree
    claims.csv     one row a claim
    answers.json   the answers, as the report shows them
    report.html    the report
    case/          the files of the case, so that `tumen run RUN/run.json` repeats the run

Every file is written under a temporary name and then given its own; run.json comes last, so a folder with a run.json is
complete. While a run goes on, its finished chunks lie in `chunks-<id>/`, from which the same run goes on when it is
started again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, cast

from tumen import claims, study
from tumen._chunks import CHUNK, Array, Chunk, Store, arrays, merge, one_thread
from tumen._dataset import PICTURES, dataset
from tumen._explanation import ATTRIBUTION, DECISIONS, DIALS, explanations
from tumen._files import locked
from tumen._folder import (
    RECORD,
    case_of,
    chunk_folder,
    make,
    prepare,
    read_run,
    read_settings,
    snapshot,
    write_report,
    write_run,
)
from tumen._load import load
from tumen._result import Result
from tumen._settings import Settings, settings_of
from tumen._workers import Done, Task, work

if TYPE_CHECKING:
    import xarray as xr

    from tumen.case import Case
    from tumen.outcome import Outcome
    from tumen.uncertainty import Sensitivity

__all__ = ["Progress", "Settings", "default_folder", "open_run", "planned", "run", "write_report"]

DRAWS, SEED = 4096, 1

Progress = Callable[[str, int, int], None]
Drivers = tuple[claims.Driver, ...]
Pictures = dict[str, "xr.Dataset"]

_MOST_DRAWS = 2048  # for sensitivities
_TENTH = 0.1


def run(
    case: Case | str | Path, *, draws: int = DRAWS, seed: int = SEED, scenario: str | None = None,
    workers: int | None = None,
    out: str | Path | None = None, overwrite: bool = False, keep: Iterable[str] = (), executor: Executor | None = None,
    progress: Progress | None = None,
) -> Result:  # fmt: skip
    """Draw the worlds of a case, evaluate it in each, and answer its claims.

    Parameters
    ----------
    case: a case; or its folder, or the name of a bundled one.
    draws: rounded up to a multiple of 256.
    seed: the same seed gives the same results, whatever the number of workers.
    scenario: a named variant of the case.
    workers: processes; None starts them only if much is to do, 1 never.
    out: the run folder; None keeps the run in memory. A folder that holds another run is refused unless `overwrite`.
    keep: groups ("worlds", "trade", "delivery", "money") whose yearly arrays are kept for every draw.
    executor: evaluates the chunks instead of own processes, such as a Dask client's.
    progress: called with a stage's name, what is done and what there is to do (0 where that is not known).

    Raises
    ------
    UnknownName: no such scenario. ValueError: draws, a seed, workers or a group that cannot be.
    RunError: the folder cannot be written or holds another run, or a worker died.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers: {workers} is too few; at least 1, or None for as many as pay")
    case = (load(case) if isinstance(case, str | Path) else case).under(scenario)
    settings = settings_of(case, draws, seed, keep)
    work = _Work(case, settings, workers, executor, progress or _silent)
    with one_thread():
        if out is None:
            return work.result(None)
        folder = Path(out)
        make(folder)
        with locked(folder):
            known = prepare(folder, settings, overwrite)
            if known is not None:
                return known
            snapshot(case, folder)
            result = work.result(chunk_folder(folder, settings))
            write_run(result, folder, settings, work.seconds, work.progress)
    return replace(result, folder=folder)


def open_run(folder: str | Path) -> Result:
    """A finished run from its folder, or its run.json. Raises RunError where it cannot be read."""
    path = Path(folder)
    return read_run(path.parent if path.name == RECORD else path)


def planned(case: str, *, draws: int | None, seed: int | None, scenario: str | None) -> tuple[Case, Settings]:
    """The case and settings that a command asks for; of a run.json, those of that run unless said otherwise.

    Raises CaseError for a case with problems, RunError for a run.json that cannot be read.
    """
    path = Path(case)
    if path.name != RECORD or not os.path.isfile(path):
        loaded = load(case, scenario or None)
        return loaded, settings_of(loaded, DRAWS if draws is None else draws, SEED if seed is None else seed)
    known = read_settings(path.parent)
    if scenario is not None:
        known = replace(known, scenario=scenario)
    loaded = case_of(path.parent, known)
    return loaded, settings_of(
        loaded, known.draws if draws is None else draws, known.seed if seed is None else seed, known.keep
    )  # fmt: skip


def default_folder(settings: Settings) -> Path:
    """Where a run goes that names no folder: one for each case, scenario and settings."""
    parts = (settings.case, settings.scenario, settings.id[:6])
    return Path("runs") / "-".join(part for part in parts if part)


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True)
class _Done:
    """The pieces of a run: chunks in order, the break-evens of each lever by claim, groups of the results.

    And by claim, what blocks of initiatives bring about, and what it is at a reader's own values.
    """

    chunks: list[Chunk]
    breakevens: list[Mapping[str, claims.Breakeven]]
    pictures: Pictures
    attributions: Mapping[str, claims.Attribution]
    dials: Mapping[str, tuple[claims.DialPoint, ...]]


@dataclass(frozen=True)
class _Work:
    """One run on its way from the case to its result; `seconds` is what each stage has taken."""

    case: Case
    settings: Settings
    workers: int | None
    executor: Executor | None
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    def result(self, chunks: Path | None) -> Result:
        """The result of the run, chunks finished earlier taken from their folder."""
        case, settings = self.case, self.settings
        questions = [claims.question(case, name) for name in case.claims]
        with self._stage("worlds"):
            first = study.evaluate(case, study.draw(case, settings.seed, 0, CHUNK))
            done = self._pieces(first, questions, chunks)
            merged = merge(done.chunks)
            breakevens = claims.gathered(case, questions, done.breakevens)
        with self._stage("answers"):
            with ThreadPoolExecutor(1) as beside:  # both are nearly all numpy, which lets the other go on
                shares = beside.submit(_engines, case, questions, merged, settings.seed)
                drivers = _drivers(questions, merged, settings.seed)
                engines = shares.result()
            answers = {
                asked.name: replace(
                    self._answer(asked, merged, breakevens[asked.name], own, first),
                    attribution=done.attributions.get(asked.name),
                    dials=done.dials.get(asked.name, ()),
                    engines=share,
                )
                for asked, own, share in zip(questions, drivers, engines, strict=True)
            }
            units = {name: answer.unit for name, answer in answers.items()}
            data = dataset(case, first, merged, units, settings.keep, done.pictures)
        return Result(case, settings.draws, settings.seed, claims.Answers(answers), data)

    def _pieces(self, first: Outcome, questions: Sequence[claims.Question], folder: Path | None) -> _Done:
        """All chunks, those that the folder has and the rest evaluated; and what else there is to do beside them.

        Explanations come first: they are the longest pieces.
        """
        store, total = Store(folder), self.settings.chunks
        long, levers = explanations(self.case), claims.levers_of(self.case, questions)
        others: list[Task] = [*PICTURES, *levers]
        chunks = store.chunks(total, lambda: arrays(first, questions))
        rest: dict[Task, Done] = {}
        self.progress("worlds", len(chunks), total + len(long) + len(others))

        def keep(task: Task, done: Done) -> None:
            if isinstance(task, int):
                chunks[task] = cast(Chunk, done)
                store.save(task, chunks[task])
            else:
                rest[task] = done
            self.progress("worlds", len(chunks) + len(rest), total + len(long) + len(others))

        left: list[Task] = [number for number in range(total) if number not in chunks]
        work(
            self.case, self.settings.seed, total, [*long, *left, *others], keep,
            workers=self.workers, executor=self.executor,
        )  # fmt: skip
        return _Done(
            [chunks[number] for number in range(total)],
            [cast("Mapping[str, claims.Breakeven]", rest[lever]) for lever in levers],
            {
                name: group
                for picture in (*PICTURES, DECISIONS)
                for name, group in cast("Pictures", rest.get(picture, {})).items()
            },
            cast("Mapping[str, claims.Attribution]", rest.get(ATTRIBUTION, {})),
            cast("Mapping[str, tuple[claims.DialPoint, ...]]", rest.get(DIALS, {})),
        )

    def _answer(
        self,
        asked: claims.Question,
        merged: Mapping[str, Array],
        breakevens: tuple[claims.Breakeven, ...],
        drivers: Drivers,
        first: Outcome,
    ) -> claims.Answer:
        """The answer to one claim from the merged arrays; `first` is the outcome of any chunk."""
        prefix = f"claims|{asked.name}|"
        values = merged[f"{prefix}value"]
        figures = tuple(
            replace(item, values=merged[f"{prefix}beside|{index}"])
            for index, item in enumerate(claims.beside(first, asked))
        )  # fmt: skip
        by_year = merged.get(f"{prefix}path")
        return claims.answer(self.case, asked, values, by_year, drivers, breakevens, figures, first)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - started, 3)


def _drivers(questions: Sequence[claims.Question], merged: Mapping[str, Array], seed: int) -> list[Drivers]:
    """Which of the drawn assumptions matter for each claim, and how much; on no more draws than intervals need.

    Among hundreds some seem to matter by chance. So one whose rank correlation is within what chance brings to the
    largest of so many, and which explains less than a tenth, counts as not told apart from none.
    """
    from scipy.special import ndtri

    from tumen.uncertainty import sensitivities

    drawn, values = _assumptions(merged), _measured(questions, merged)
    draws = len(values[0]) if values else 1
    chance = float(ndtri(1 - 0.025 / max(len(drawn), 1))) / math.sqrt(draws)

    def driver(item: Sensitivity) -> claims.Driver:
        clear = item.name == "chance" or abs(item.rank_correlation) > chance or item.share > _TENTH
        return claims.Driver(item.name, item.share, item.low if clear else 0.0, item.high, item.rank_correlation)

    return [tuple(map(driver, found)) for found in sensitivities(values, drawn, seed=seed)]


def _engines(
    case: Case, questions: Sequence[claims.Question], merged: Mapping[str, Array], seed: int
) -> list[tuple[claims.EngineShare, ...]]:
    """How much of each claim's variance belongs to the assumptions of each engine."""
    from tumen.uncertainty import group_shares

    drawn = _assumptions(merged)
    found = group_shares(_measured(questions, merged), drawn, claims.engines(case, drawn), seed=seed)
    return [tuple(claims.EngineShare(item.group, item.share, item.low, item.high) for item in own) for own in found]


def _assumptions(merged: Mapping[str, Array]) -> dict[str, Array]:
    prefix = "worlds|value|"
    return {name.removeprefix(prefix): x[:_MOST_DRAWS] for name, x in merged.items() if name.startswith(prefix)}


def _measured(questions: Sequence[claims.Question], merged: Mapping[str, Array]) -> list[Array]:
    return [merged[f"claims|{asked.name}|value"][:_MOST_DRAWS] for asked in questions]
