"""Runs: a case, so many draws, one seed; in memory, or in a run folder that can be resumed and repeated.

A run folder holds

    run.json       what was run: format, case and its hash, seed, draws, scenario, versions, stage times
    results.nc     worlds, trade, money and claims, as one xarray DataTree
    claims.csv     one row a claim
    answers.json   the answers, as the report shows them
    report.html    the report
    case/          the files of the case, so that `tumen run RUN/run.json` repeats the run

Every file is written under a temporary name and then given its own; run.json comes last, so a folder with a run.json is
complete. While a run goes on, its finished chunks lie in `chunks-<id>/`; the same run, started again, goes on from them.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tumen import _chunks, claims, study
from tumen._chunks import CHUNK, Store, write_atomically
from tumen._load import load
from tumen._result import Result
from tumen.errors import CaseError, RunError, did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["RUN_FORMAT", "Settings", "Stage", "default_folder", "open_run", "planned", "read_settings", "run", "write_report"]

RUN_FORMAT = 1
_BREAKEVEN_CHUNKS = 2
Stage = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes two runs the same run."""

    case: str
    case_hash: str
    scenario: str
    draws: int
    seed: int
    keep: tuple[str, ...] = ()

    @property
    def chunks(self) -> int:
        return self.draws // CHUNK

    @property
    def id(self) -> str:
        """A digest of the settings and of the versions of what computes."""
        parts = (RUN_FORMAT, self.case_hash, self.scenario, self.draws, self.seed, self.keep, sorted(versions().items()))
        return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def run(
    case: Case, *, draws: int = 4096, seed: int = 1, scenario: str | None = None, workers: int | None = None,
    out: str | Path | None = None, overwrite: bool = False, keep: Iterable[str] = (), executor: Executor | None = None,
    progress: Stage | None = None,
) -> Result:  # fmt: skip
    """Draw the worlds of a case, evaluate it in each, and answer its claims.

    Parameters
    ----------
    draws: rounded up to a multiple of 256.
    seed: the same seed gives the same results, whatever the number of workers.
    scenario: a named variant of the case.
    workers: processes; None starts them only if much is to do, 1 never.
    out: the run folder; None keeps the run in memory. A folder that holds another run is refused unless `overwrite`.
    keep: groups ("worlds", "trade", "money") whose yearly arrays are kept for every draw.
    executor: evaluates the chunks instead of own processes, such as a Dask client's.
    progress: called with a stage's name, what is done and what there is to do.

    Raises
    ------
    UnknownName: no such scenario. RunError: the folder cannot be written, or holds another run.
    """
    progress = progress or (lambda stage, done, total: None)
    case = case.under(scenario)
    settings = _settings(case, draws, seed, keep)
    folder = Path(out) if out is not None else None
    if folder is not None:
        known = _prepare(folder, settings, overwrite)
        if known is not None:
            return known
        _snapshot(case, folder)
    times: dict[str, float] = {}
    started = perf_counter()
    store = Store(folder / f"chunks-{settings.id}" if folder else None)
    parts = _chunks.chunks_of(
        case, seed, settings.chunks, store=store, workers=workers, executor=executor,
        progress=lambda done, total: progress("worlds", done, total),
    )  # fmt: skip
    times["worlds"] = perf_counter() - started
    result = _conclude(case, settings, parts, times, progress)
    if folder is not None:
        started = perf_counter()
        _write(result, folder, settings, times, progress, started)
        result = Result(case, settings.draws, seed, result.claims, result.data, folder)
    return result


def open_run(folder: str | Path) -> Result:
    """A finished run from its folder. Raises RunError where there is none."""
    path = Path(folder)
    path = path.parent if path.name == "run.json" else path
    settings = read_settings(path)
    return _reopen(path, settings)


def read_settings(folder: Path) -> Settings:
    """The settings of a finished run. Raises RunError where the folder holds none."""
    try:
        found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        if found.get("format") != RUN_FORMAT:
            raise RunError(f"{folder}: run.json is of format {found.get('format')}; this version reads format {RUN_FORMAT}")
        return Settings(
            str(found["case"]), str(found["case_hash"]), str(found["scenario"]), int(found["draws"]), int(found["seed"]),
            tuple(str(name) for name in found["keep"]),
        )  # fmt: skip
    except FileNotFoundError:
        raise RunError(f"{folder}: is no finished run (it has no run.json); `tumen run CASE --out {folder}` makes one") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{folder}: run.json cannot be read: {error}; run the case again") from error


def write_report(result: Result, folder: Path) -> Path:
    """Write report.html of a result into a folder."""
    path = folder / "report.html"
    write_atomically(path, lambda stream: stream.write(result.to_html().encode()))
    return path


def versions() -> dict[str, str]:
    """The versions on which the numbers of a run depend."""
    from importlib.metadata import version

    from tumen import __version__

    libraries = {name: version(name) for name in ("numpy", "scipy")}
    return {"tumen": __version__, "python": platform.python_version(), "machine": platform.machine()} | libraries


def _settings(case: Case, draws: int, seed: int, keep: Iterable[str]) -> Settings:
    kept = tuple(sorted(set(keep)))
    for name in kept:
        if name not in {"worlds", "trade", "money"}:
            raise ValueError(f"keep: there is no group `{name}`; {did_you_mean(name, ['worlds', 'trade', 'money'])}")
    if draws < 1:
        raise ValueError(f"draws: {draws} is too few; at least 1, rounded up to {CHUNK}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed: {seed} lies outside 0 to 2^63 - 1")
    return Settings(case.name, case.hash, case.scenario, -(-draws // CHUNK) * CHUNK, seed, kept)


def _conclude(case: Case, settings: Settings, parts: list[_chunks.Chunk], times: dict[str, float], progress: Stage) -> Result:
    """The answers from the chunks."""
    from tumen._dataset import dataset

    started = perf_counter()
    arrays = _chunks.merge(parts)
    questions = [claims.question(case, name) for name in case.claims]
    worlds = [study.draw(case, settings.seed, number, CHUNK) for number in range(min(_BREAKEVEN_CHUNKS, settings.chunks))]
    outcome = study.evaluate(case, worlds[0])
    found = claims.breakevens(case, questions, _evaluator(case, worlds, progress))
    times["breakevens"] = perf_counter() - started
    started = perf_counter()
    inputs = {name.removeprefix("worlds|value|"): values for name, values in arrays.items() if name.startswith("worlds|value|")}
    answers: dict[str, claims.Answer] = {}
    for asked in questions:
        value = arrays[f"claims|{asked.name}|value"]
        figures = claims.beside(outcome, asked)
        merged = tuple(
            claims.Beside(item.label, arrays[f"claims|{asked.name}|beside|{index}"], item.unit, item.note)
            for index, item in enumerate(figures)
        )
        drivers = _drivers(value, inputs, settings.seed)
        by_year = arrays.get(f"claims|{asked.name}|path")
        answers[asked.name] = claims.answer(case, asked, value, by_year, drivers, found[asked.name], merged, outcome)
    data = dataset(case, outcome, arrays, settings.keep)
    times["answers"] = perf_counter() - started
    return Result(case, settings.draws, settings.seed, claims.Answers(answers), data, None)


def _evaluator(case: Case, worlds: list[Any], progress: Stage) -> Any:
    """What break-evens call: the outcomes of a plan, one a chunk, stages remembered."""
    memos = [study.Memo() for _ in worlds]
    done = [0]

    def evaluate(levers: Any) -> list[Any]:
        plan = study.Plan(levers=levers)
        done[0] += 1
        progress("break-evens", done[0], 0)
        return [study.evaluate(case, world, plan, memo) for world, memo in zip(worlds, memos, strict=True)]

    return evaluate


def _drivers(values: Any, inputs: Any, seed: int) -> tuple[claims.Driver, ...]:
    from tumen.uncertainty import sensitivity

    found = sensitivity(values, inputs, seed=seed)
    return tuple(claims.Driver(s.name, s.share, s.low, s.high, s.rank_correlation) for s in found)


def _prepare(folder: Path, settings: Settings, overwrite: bool) -> Result | None:
    """Make sure the folder can take the run; the finished result where it already holds this very run."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder}: is a file; name a folder with --out")
    if (folder / "case.yaml").exists():
        raise RunError(f"{folder}: holds a case; name another folder with --out, so that the case stays as it is")
    if (folder / "run.json").exists():
        try:
            known = read_settings(folder)
            if known == settings and (folder / "results.nc").exists():
                return _reopen(folder, known)
        except (RunError, CaseError):
            known = None
        if not overwrite:
            raise RunError(f"{folder}: holds another run; name another folder with --out, or say --overwrite")
        (folder / "run.json").unlink()
    elif folder.exists() and any(_foreign(folder)) and not overwrite:
        raise RunError(f"{folder}: holds other files ({next(_foreign(folder)).name}, ...); name an empty folder with --out")
    return None


def _foreign(folder: Path) -> Any:
    """What lies in a folder that no run has written."""
    own = {"results.nc", "claims.csv", "answers.json", "report.html", "case"}
    return (p for p in folder.iterdir() if p.name not in own and not p.name.startswith("chunks-") and not p.name.endswith(".partial"))


def _reopen(folder: Path, settings: Settings) -> Result:
    import xarray as xr

    try:
        case = load(folder / "case", settings.scenario or None)
        found = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        answers = {row["claim"]: claims.answer_from_dict(row) for row in found}
        with xr.open_datatree(folder / "results.nc", engine="h5netcdf") as tree:
            data = tree.load()
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, CaseError):
            raise RunError(f"{folder}: the case of this run cannot be read:\n{error}") from error
        raise RunError(f"{folder}: the run cannot be read: {error}; run the case again") from error
    return Result(case, settings.draws, settings.seed, claims.Answers(answers), data, folder)


def _snapshot(case: Case, folder: Path) -> None:
    """Put the files of the case into the run folder."""
    for name, text in case.files.items():
        write_atomically(folder / "case" / name, lambda stream, text=text: stream.write(text.encode()))  # type: ignore[misc]


def _write(result: Result, folder: Path, settings: Settings, times: dict[str, float], progress: Stage, started: float) -> None:
    """Write the files of a finished run, run.json last, and clear the chunks away."""
    import dataclasses

    progress("report", 0, 4)
    data = bytes(result.data.to_netcdf(engine="h5netcdf"))
    write_atomically(folder / "results.nc", lambda stream: stream.write(data))
    progress("report", 1, 4)
    write_atomically(folder / "claims.csv", lambda stream: stream.write(claims.as_csv(result.claims.values()).encode()))
    answers = json.dumps([dataclasses.asdict(a) for a in result.claims.values()], indent=1)
    write_atomically(folder / "answers.json", lambda stream: stream.write(answers.encode()))
    progress("report", 2, 4)
    write_report(result, folder)
    progress("report", 3, 4)
    times["files"] = perf_counter() - started
    record = {
        "format": RUN_FORMAT, "case": settings.case, "title": result.case.title, "case_hash": settings.case_hash,
        "scenario": settings.scenario, "draws": settings.draws, "chunk": CHUNK, "seed": settings.seed, "keep": list(settings.keep),
        "id": settings.id, "versions": versions(), "seconds": {stage: round(value, 3) for stage, value in times.items()},
    }  # fmt: skip
    text = json.dumps(record, indent=1) + "\n"
    write_atomically(folder / "run.json", lambda stream: stream.write(text.encode()))
    for leftover in folder.glob("chunks-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    progress("report", 4, 4)


def planned(case: str, *, draws: int | None, seed: int | None, scenario: str | None) -> tuple[Case, Settings]:
    """The case and settings that a command asks for; of a run.json, those of that run unless said otherwise.

    Raises CaseError for a case with problems, RunError for a run.json that cannot be read.
    """
    path = Path(case)
    known = None
    if path.name == "run.json" and path.is_file():
        known = read_settings(path.parent)
        case, scenario = str(path.parent / "case"), scenario if scenario is not None else known.scenario
        draws, seed = draws or known.draws, known.seed if seed is None else seed
    loaded = load(case, scenario or None)
    settings = _settings(loaded, draws or 4096, 1 if seed is None else seed, known.keep if known else ())
    return loaded, settings


def default_folder(case: Case, settings: Settings) -> Path:
    """Where a run goes that names no folder: one for each case, scenario and settings."""
    parts = (settings.case, settings.scenario, settings.id[:6])
    return Path("runs") / "-".join(part for part in parts if part)
