"""Opening a case: by the name of a bundled one, or from a folder. Here the case meets the kinds and the measures."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tumen import claims, initiatives, study
from tumen.case import Case, Problems, read_case
from tumen.errors import CaseError, did_you_mean

__all__ = ["bundled_cases", "case_folder", "load"]


def bundled_cases() -> tuple[str, ...]:
    """The names of the cases that come with Tumen."""
    return tuple(sorted(path.name for path in _bundle().iterdir() if (path / "case.yaml").is_file()))


def case_folder(case: str | Path) -> Path:
    """The folder of a case: an existing folder, or else the bundled case of that name.

    Raises CaseError where there is neither.
    """
    folder = Path(case)
    if folder.is_dir():
        return folder
    if folder.is_file() and folder.name == "case.yaml":
        return folder.parent
    if str(case) in bundled_cases():
        return _bundle() / str(case)
    what = f"{case}: is not a folder with a case" if folder.exists() else f"{case}: there is no such folder, and no bundled case of that name"
    raise CaseError([f"{what}; {did_you_mean(str(case), bundled_cases())}; `tumen new {_safe(case)}` begins one"])


def load(case: str | Path, scenario: str | None = None) -> Case:
    """Read and check a case.

    Parameters
    ----------
    case: a folder that holds `case.yaml`, or the name of a bundled case.
    scenario: a named variant of the case; None for the case as it stands.

    Raises
    ------
    CaseError: with every problem found, each with its file and line.
    UnknownName: where the case has no such scenario.
    """
    folder = case_folder(case)
    problems = Problems()
    found = read_case(folder, name=folder.resolve().name, kinds=initiatives.kinds(), problems=problems)
    for variant in (found, *found.scenarios.values()) if found is not None else ():
        _check_claims(variant, problems)
        _check_fits(variant, problems)
    if found is None or problems:
        raise CaseError(problems)
    return found.under(scenario)


def _check_claims(case: Case, problems: Problems) -> None:
    for path, what in claims.check(case):
        problems.add(case.document.place(path), ".".join(path), what)


def _check_fits(case: Case, problems: Problems) -> None:
    """Fit what is fitted before anything is drawn, so that a history that cannot be is a problem of the case."""
    before = len(problems.found)
    for name in case.trade:
        try:
            study.pair_path(case, name)
        except ValueError as error:
            problems.add(case.document.place(("trade", name, "history")), f"trade.{name}", str(error))
    if len(problems.found) == before:
        try:
            study.blueprint(case)
        except ValueError as error:
            problems.add(case.document.place(("correlations",)), "correlations", str(error))


def _bundle() -> Path:
    return Path(str(files("tumen"))) / "cases"


def _safe(case: str | Path) -> str:
    return Path(case).name or "my-case"
