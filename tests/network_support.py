"""What the tests of networks in a case share: a line through a neighbour, a railway, and what they come to by hand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import tumen
from tumen import claims, study
from tumen.study import Plan

FOLDER = Path(__file__).parent / "networks"
FLOWS = Path(__file__).parent / "small_world" / "flows.csv"
Array = npt.NDArray[np.float64]
DRAWS = 6
RATE = 0.1
SQUEEZE = """  isolation:
    kind: sanction
    target: AAA
    state: possible
    start: 2025
    source: yearbook
    measures:
      tariff: {by: CCC, cut: 20 %}
    networks:
      gas: {cuts: {heating: 20 %}, dearer_capital: 5 %/yr}
"""
WORLD = """equilibrium:
  world:
    flows: flows.csv
    goods:
      fuel: {short_run: 1, long_run: 5}
      wares: {short_run: 0.8, long_run: 4}
    substitution: {short_run: 0.2, long_run: 0.7}
    source: yearbook
"""
SQUEEZED = (("initiatives:\n", WORLD + "initiatives:\n" + SQUEEZE),)


def text_of(*changes: tuple[str, str]) -> str:
    """The case with texts replaced."""
    text = (FOLDER / "case.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def variant(folder: Path, *changes: tuple[str, str]) -> tumen.Case:
    """The case with texts replaced, loaded."""
    shutil.copytree(FOLDER, folder)
    (folder / "case.yaml").write_text(text_of(*changes), encoding="utf-8")
    shutil.copy(FLOWS, folder / "flows.csv")
    return tumen.load(folder)


def outcome(
    case: tumen.Case, draws: int = DRAWS, include: tuple[str, ...] | None = None, /, **levers: float
) -> tumen.Outcome:  # fmt: skip
    """A plan of the case; levers by their names, with `__` for the point."""
    named = {name.replace("__", "."): value for name, value in levers.items()}
    return study.evaluate(case, study.draw(case, 1, 0, draws), Plan(levers=named, include=include))


def measured(found: tumen.Outcome, name: str, **where: Any) -> Array:
    """A measure with its arguments as a case writes them."""
    taken = claims.measure(name)
    arguments, wrong = claims.read_where(taken.function, found.case, where)
    assert not wrong, wrong
    return np.asarray(taken.function(found, **arguments))


def annuity(rate: float, life: float, build: float) -> float:
    """What a dollar of capital costs a year, spent evenly over the years of building; by sums, not by the engine."""
    steps = 20_000
    spent = np.mean((1 + rate) ** (build * (np.arange(steps) + 0.5) / steps))
    return float(spent / sum((1 + rate) ** -year for year in range(1, int(life) + 1)))


def wells(found: tumen.Outcome) -> Array:
    """The cost of gas that was drawn, USD per 1,000 m3."""
    return np.asarray(found.worlds.values["gas.supply.wells.cost"] * 1e9)


def by_sea(found: tumen.Outcome, volume: float = 10.0) -> Array:
    """What field and city reach by ships, MUSD a year."""
    return volume * (300 - 200 - wells(found))


def by_line(found: tumen.Outcome, volume: float = 10.0, rate: float = RATE) -> Array:
    """What all three reach by the line at 25 dollars, its capital paid, MUSD a year."""
    return volume * (300 - 25 - wells(found)) - 2000 * annuity(rate, 20, 2)
