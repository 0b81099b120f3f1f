"""Opening a case: by the name of a bundled one, or from a folder. Here the case meets the kinds and the measures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen import claims, initiatives, study
from tumen._corridor_stage import prospect
from tumen.case import Case, Keys, Problems, read_case
from tumen.errors import CaseError, NoConvergence, did_you_mean
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.uncertainty import Worlds

__all__ = ["bundled_cases", "case_folder", "load"]

_REHEARSED, _VARIANT = 8, 2  # worlds, of the case and of each scenario


def bundled_cases() -> tuple[str, ...]:
    """The names of the cases that come with Tumen."""
    return tuple(sorted(path.name for path in _bundle().iterdir() if (path / "case.yaml").is_file()))


def case_folder(case: str | Path) -> Path:
    """The folder of a case: an existing folder, or else the bundled case of that name.

    Raises CaseError where there is neither.
    """
    folder = Path(case)
    try:
        if folder.is_dir():
            return folder
        if folder.is_file() and folder.name == "case.yaml":
            return folder.parent
        there = folder.exists()
    except OSError as error:
        raise CaseError([f"{str(case)[:80]}: cannot be opened: {error.strerror or error}"]) from None
    if str(case) in bundled_cases():
        return _bundle() / str(case)
    what = "is not a folder with a case" if there else "there is no such folder, and no bundled case of that name"
    begin = f"`tumen new {folder.name or 'my-case'}` begins one"
    raise CaseError([f"{case}: {what}; {did_you_mean(str(case), bundled_cases())}; {begin}"])


def load(
    case: str | Path, scenario: str | None = None, *, rehearse: bool = True, every_scenario: bool = False
) -> Case:  # fmt: skip
    """Read and check a case.

    Parameters
    ----------
    case: a folder that holds `case.yaml`, or the name of a bundled case.
    scenario: a named variant of the case; None for the case as it stands.
    rehearse: whether it is also tried out in a few worlds; what has been read before need not be.
    every_scenario: whether scenarios that are not asked for are tried out as well, and not only read.

    Raises
    ------
    CaseError: with every problem found, each with its file and line.
    UnknownName: where the case has no such scenario.
    """
    folder = case_folder(case)
    problems = Problems()

    def tried(found: Case) -> Iterator[tuple[Keys, str]]:
        misfits = list(_check_fits(found))
        yield from misfits
        if not misfits and (every_scenario or found.scenario in ("", scenario)):
            yield from _rehearse(found)

    found = read_case(
        folder,
        name=folder.resolve().name,
        kinds=initiatives.kinds(),
        checks=(initiatives.check, claims.check, *((tried,) if rehearse else ())),
        problems=problems,
    )
    if found is None:
        raise CaseError(problems)
    return found.under(scenario)


def _check_fits(case: Case) -> Iterator[tuple[Keys, str]]:
    """Fit what is fitted before anything is drawn, so that a history that cannot be is a problem of the case."""
    for name in case.trade:
        try:
            study.pair_path(case, name)
        except (ValueError, ArithmeticError) as error:
            yield ("trade", name, "history"), str(error)


def _rehearse(case: Case) -> Iterator[tuple[Keys, str]]:
    """Evaluate the case in a few worlds: what an engine refuses is a problem of the case, or of one of its parts."""
    try:
        worlds, memo = study.draw(case, seed=0, chunk=0, size=_VARIANT if case.scenario else _REHEARSED), study.Memo()
    except (ValueError, ArithmeticError) as error:
        yield ("horizon",), str(error)
        return
    refused = [problem for name in case.networks for problem in _rehearse_network(case, name, worlds, memo)]
    yield from refused
    if refused:  # the networks are in every plan
        return
    whole = study.evaluate(case, worlds, study.Plan(), memo)
    try:
        _try(whole, tuple(case.initiatives))
    except (ValueError, ArithmeticError):  # whose is it?
        yield from _rehearse_parts(case, worlds, memo)
    else:
        if case.equilibrium is not None or case.networks:
            yield from _rehearse_claims(case, whole)
        if not case.scenario:
            yield from _rehearse_decisions(case, worlds, memo)


def _rehearse_parts(case: Case, worlds: Worlds, memo: study.Memo) -> Iterator[tuple[Keys, str]]:
    """One initiative at a time, each with what it needs; and all together, if that alone is refused."""
    parts: list[tuple[tuple[str, ...], Keys]] = [((name,), ("initiatives", name)) for name in case.initiatives]
    if case.trade:
        parts.insert(0, ((), ("trade", next(iter(case.trade)))))
    elif case.file.equilibrium:
        parts.insert(0, ((), ("equilibrium", next(iter(case.file.equilibrium)))))
    if len(case.initiatives) > 1:
        parts.append((tuple(case.initiatives), ("initiatives",)))
    sound = True
    for include, keys in parts:
        if len(include) > 1 and not sound:
            return
        try:
            _try(study.evaluate(case, worlds, study.Plan(include=include), memo), include)
        except (ValueError, ArithmeticError) as error:
            yield from ((keys, what) for what in _said(error))
            sound = False
            if not include:  # the paths of trade are in every plan
                return


def _try(outcome: Outcome, included: tuple[str, ...]) -> None:
    """Run every stage; each line is also built, whether it pays or not, but under a scenario, which changes few."""
    from tumen.trade import RUNS

    for change, run in itertools.product(outcome.changes.values(), RUNS):
        outcome.respond(change.asked, run)
    for found in outcome.networks.values():
        found.solution()
        for name in found.additions:
            if name in included and not outcome.case.scenario:
                found.solution((name,))
    _ = outcome.timeline, outcome.trade, outcome.ledger


def _rehearse_network(case: Case, name: str, worlds: Worlds, memo: study.Memo) -> Iterator[tuple[Keys, str]]:
    """Solve a network as it stands, without any initiative."""
    try:
        prospect(case, name, worlds, {}, memo).solution()
    except (ValueError, ArithmeticError) as error:
        yield from ((("networks", name), what) for what in _said(error))


def _said(error: Exception) -> list[str]:
    """What an engine says, problem by problem."""
    return [str(problem) for problem in getattr(error, "problems", ())] or [str(error)]


def _rehearse_claims(case: Case, outcome: Outcome) -> Iterator[tuple[Keys, str]]:
    """Take the measures on the world's trade and on networks: what has no value is a problem of the claim."""
    world = case.equilibrium
    for name in case.claims:
        asked = claims.question(case, name)
        of_trade = asked.measure.name.startswith("trade.")
        if not (asked.measure.costly or asked.measure.name.startswith("corridor.")):
            continue
        if case.scenario and not of_trade:  # what networks can be asked, they can under every scenario
            continue
        what = ""
        try:
            with np.errstate(all="ignore"):
                values = claims.take(outcome, asked)
            if not np.isfinite(values).all():
                what = f"{asked.measure.name} has no value, for it divides by "
                what += f"trade that is none; see the rows of {world.flows}" if of_trade and world else "nothing"
        except NoConvergence as error:
            advice = "; in a case that is `closure: proportional`, or a pair that is `tied`"
            what = f"{error}{advice if of_trade and world and world.closure == 'additive' else ''}"
        except (ValueError, LookupError) as error:
            what = str(error)
        if what:
            yield ("claims", name, "where"), what


def _rehearse_decisions(case: Case, worlds: Worlds, memo: study.Memo) -> Iterator[tuple[Keys, str]]:
    """Take what options pay: one that leaves out what the payoff is about, or that an engine refuses, has none."""

    def evaluate(include: claims.Include, levers: Mapping[str, float]) -> Outcome:
        return study.evaluate(case, worlds, study.Plan(levers=levers, include=include), memo)

    for name in case.file.decisions:
        what = ""
        try:
            if not np.isfinite(claims.payoffs(case, name, evaluate)).all():
                what = "an option pays no finite number in some world"
        except (ValueError, ArithmeticError, LookupError) as error:
            what = f"{error.args[0] if error.args else error}"
        if what:
            yield ("decisions", name, "options"), what


def _bundle() -> Path:
    return Path(str(files("tumen"))) / "cases"
