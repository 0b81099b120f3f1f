"""A run folder: what lies in it, whether it can take a run, and a finished run read back.

`run.json` is written last, so a folder with a run.json is complete.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tumen import claims
from tumen._chunks import CHUNK
from tumen._files import cannot, clear_partials, write_atomically
from tumen._load import load
from tumen._result import Result
from tumen._settings import RUN_FORMAT, Settings, versions
from tumen.errors import CaseError, RunError

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = [
    "RECORD",
    "case_of",
    "chunk_folder",
    "make",
    "prepare",
    "read_run",
    "read_settings",
    "snapshot",
    "write_report",
    "write_run",
]

RECORD = "run.json"
CASE = "case"
_FILES = ("results.nc", "claims.csv", "answers.json", "report.html")
_SCORES = ("scores.csv", "scores.html")  # written later, of this very run
_CHUNKS = "chunks-"
_AGAIN = "run the case again"


def chunk_folder(folder: Path, settings: Settings) -> Path:
    """Where the finished chunks of a run lie until it is done."""
    return folder / f"{_CHUNKS}{settings.id}"


# ---- before a run


def make(folder: Path) -> None:
    """Make a folder for a run. Raises RunError where that cannot be, or the folder is a case."""
    if os.path.isfile(folder):  # this and the next answer no, and raise nothing, where they may not look
        raise RunError(f"{folder}: is a file; name a folder with --out")
    if os.path.exists(folder / "case.yaml"):
        raise RunError(f"{folder}: holds a case; name another folder with --out, so that the case stays as it is")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        next(folder.iterdir(), None)
    except OSError as error:
        raise cannot("made", folder, error) from error


def prepare(folder: Path, settings: Settings, overwrite: bool) -> Result | None:
    """Make sure the folder can take the run; the finished result where it already holds this very run, whole."""
    clear_partials(folder)
    record = folder / RECORD
    if not os.path.exists(record):
        foreign = sorted(path.name for path in _foreign(folder))
        if foreign and not overwrite:
            raise RunError(f"{folder}: holds other files ({', '.join(foreign[:3])}); name an empty folder with --out")
        return None
    finished = _finished(folder, settings, overwrite)
    if finished is not None:
        _clear_chunks(folder)
        return finished
    try:
        record.unlink()
        for name in _SCORES:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise cannot("removed", record, error) from error
    return None


def snapshot(case: Case, folder: Path) -> None:
    """Put the files of the case into the run folder, unless it is from there that the case was read."""
    target = folder / CASE
    if case.folder.resolve() == target.resolve():
        return
    for place, text in case.files.items():
        write_atomically(target / place, text.encode())


def _finished(folder: Path, settings: Settings, overwrite: bool) -> Result | None:
    """The run that the folder holds, if it is the one asked for; None where it is to be run again.

    Raises RunError where the folder holds another run that is not to be replaced.
    """
    instead = "name another folder with --out, or say --overwrite to replace it"
    try:
        found = _read_record(folder)
    except RunError as error:
        if overwrite:
            return None
        raise RunError(f"{error}; or {instead}") from error
    if found.get("id") != settings.id:
        if overwrite:
            return None
        raise RunError(f"{folder}: holds another run ({_difference(found, settings)}); {instead}")
    if not all(os.path.isfile(folder / name) for name in _FILES):
        return None
    try:
        return read_run(folder)
    except RunError:
        return None  # a file of this very run is damaged: it is made again


def _difference(found: Mapping[str, Any], settings: Settings) -> str:
    """What sets the run in a folder apart from the one asked for."""
    if found.get("case_hash") != settings.case_hash:
        return f"of the case {found.get('case')}, or of an earlier state of it"
    asked = {"scenario": settings.scenario, "draws": settings.draws, "seed": settings.seed, "keep": list(settings.keep)}
    said = {key: (_word(found.get(key)), _word(value)) for key, value in asked.items() if found.get(key) != value}
    different = "; ".join(f"{key} {there}, not {here}" for key, (there, here) in said.items())
    return different or "made by another version of Tumen or of what it computes with"


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else "none" if value == "" else str(value)


def _foreign(folder: Path) -> Iterator[Path]:
    """What lies in a folder that no run has written."""
    return (p for p in folder.iterdir() if p.name not in {*_FILES, *_SCORES, CASE} and not p.name.startswith(_CHUNKS))


# ---- after a run


def write_run(
    result: Result,
    folder: Path,
    settings: Settings,
    seconds: Mapping[str, float],
    progress: Callable[[str, int, int], None],
) -> None:
    """Write the files of a finished run, run.json last, and clear its chunks away. Raises RunError."""
    started = perf_counter()
    contents: dict[str, Callable[[], bytes]] = {
        "results.nc": lambda: bytes(result.data.to_netcdf(engine="h5netcdf")),
        "claims.csv": lambda: claims.as_csv(result.claims.values()).encode(),
        "answers.json": lambda: _json([dataclasses.asdict(answer) for answer in result.claims.values()]),
        "report.html": lambda: result.to_html().encode(),
        RECORD: lambda: _json(_record(result, settings, {**seconds, "files": round(perf_counter() - started, 3)})),
    }
    for number, (name, content) in enumerate(contents.items()):
        progress("files", number, len(contents))
        write_atomically(folder / name, content())
    _clear_chunks(folder)
    progress("files", len(contents), len(contents))


def write_report(result: Result, folder: Path | None = None) -> Path:
    """Write report.html of a result into a folder, by default that of its run; its path.

    Raises RunError where it cannot be written, or where there is no folder.
    """
    target = folder or result.folder
    if target is None:
        raise RunError("the result was kept in memory; name a folder for its report")
    path = target / "report.html"
    write_atomically(path, result.to_html().encode())
    return path


def _record(result: Result, settings: Settings, seconds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "format": RUN_FORMAT, "id": settings.id, "case": settings.case, "title": result.case.title,
        "case_hash": settings.case_hash, "scenario": settings.scenario, "draws": settings.draws, "chunk": CHUNK,
        "seed": settings.seed, "keep": list(settings.keep), "versions": versions(), "seconds": dict(seconds),
    }  # fmt: skip


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode()


def _clear_chunks(folder: Path) -> None:
    for leftover in folder.glob(f"{_CHUNKS}*"):
        shutil.rmtree(leftover, ignore_errors=True)


# ---- a finished run


def read_settings(folder: Path) -> Settings:
    """The settings of a finished run. Raises RunError where the folder holds none."""
    found = _read_record(folder)
    return Settings(
        found["case"], found["case_hash"], found["scenario"], found["draws"], found["seed"], tuple(found["keep"])
    )  # fmt: skip


def case_of(folder: Path, settings: Settings) -> Case:
    """The case of a finished run. Raises RunError where it cannot be read, or is no longer that of the run."""
    try:
        found = load(folder / CASE, settings.scenario or None, rehearse=False)  # it was before the run
    except CaseError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        first = error.problems[0] if error.problems else error
        raise RunError(f"{folder / CASE}: cannot be read: {first}{more}; {_AGAIN}") from error
    if found.hash != settings.case_hash:
        raise RunError(f"{folder}: the files in {CASE}/ are no longer those of the run; to run them, name that folder")
    return dataclasses.replace(found, name=settings.case)


def read_run(folder: Path) -> Result:
    """A finished run from its folder. Raises RunError where it cannot be read."""
    import xarray as xr

    settings = read_settings(folder)
    case = case_of(folder, settings)
    name = "answers.json"
    try:
        rows = json.loads((folder / name).read_text(encoding="utf-8"))
        answers = {row["claim"]: claims.answer_from_dict(row) for row in rows}
        if list(answers) != list(case.claims):
            raise ValueError("its claims are not those of the case")
        name = "results.nc"
        with xr.open_datatree(folder / name, engine="h5netcdf") as tree:
            data = tree.load()
    except Exception as error:  # a damaged file may raise nearly anything
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        raise RunError(f"{folder / name}: cannot be read: {what}; {_AGAIN}") from error
    return Result(case, settings.draws, settings.seed, claims.Answers(answers), data, folder)


def _read_record(folder: Path) -> Mapping[str, Any]:
    """run.json, its settings checked. Raises RunError where there is none, or it cannot be read."""
    path = folder / RECORD
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"{folder}: is no finished run (it has no {RECORD}); `tumen run CASE --out {folder}` makes one"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}; {_AGAIN}") from error
    if not isinstance(found, dict):
        raise RunError(f"{path}: is not the record of a run; {_AGAIN}")
    if found.get("format") != RUN_FORMAT:
        raise RunError(f"{path}: is of format {found.get('format')}; this version reads format {RUN_FORMAT}; {_AGAIN}")
    kinds = {"case": str, "case_hash": str, "scenario": str, "draws": int, "seed": int, "keep": list}
    for key, kind in kinds.items():
        if not isinstance(found.get(key), kind):
            raise RunError(f"{path}: has no `{key}`, or none that can be; {_AGAIN}")
    return found
