"""What the tests of the world's trade in a case share: a small world of three countries and two goods, worked draws."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import tumen
from tumen import claims, study
from tumen.study import Plan
from tumen.trade import Baseline, Equilibrium, Shock

SMALL_WORLD = Path(__file__).parent / "small_world"
Array = npt.NDArray[np.float64]
DRAWS = 6
COUNTRIES = ("AAA", "BBB", "CCC")
GOODS = ("fuel", "wares")


def variant(folder: Path, *changes: tuple[str, str], file: str = "case.yaml") -> tumen.Case:
    """The small world with texts of one file replaced."""
    shutil.copytree(SMALL_WORLD, folder)
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / file).write_text(text, encoding="utf-8")
    return tumen.load(folder)


def outcome(case: tumen.Case, plan: Plan | None = None, draws: int = DRAWS) -> tumen.Outcome:
    return study.evaluate(case, study.draw(case, 1, 0, draws), plan or Plan())


def measured(found: tumen.Outcome, name: str, **where: Any) -> Array:
    """A measure with its arguments as a case writes them."""
    taken = claims.measure(name)
    arguments, wrong = claims.read_where(taken.function, found.case, where)
    assert not wrong
    return np.asarray(taken.function(found, **arguments))


def flows() -> Array:
    """The table as (good, exporter, importer), read without the case."""
    table = pd.read_csv(SMALL_WORLD / "flows.csv")
    cube = np.zeros((len(GOODS), len(COUNTRIES), len(COUNTRIES)))
    for row in table.itertuples():
        cube[GOODS.index(row.good), COUNTRIES.index(row.exporter), COUNTRIES.index(row.importer)] = row.value
    return cube


def theta(found: tumen.Outcome, run: str) -> Array:
    """The elasticities that were drawn, (draw, good)."""
    return np.stack([found.worlds.values[f"world.goods.{good}.{run}_run"] for good in GOODS], axis=1)


def solved(
    found: tumen.Outcome, run: str, costs: Sequence[tuple[str, str, str, float | Array]], closure: str = "additive"
) -> list[Equilibrium]:
    """One equilibrium a draw by the engine of many sectors, which shares no equation's code with that of the study.

    costs: good, exporter, importer and the factor, one for all draws or one a draw.
    """
    made, elasticities = [], theta(found, run)
    for draw, elasticity in enumerate(elasticities):
        base = Baseline.from_arrays(flows(), COUNTRIES, sectors=GOODS, elasticity=elasticity)
        rows = [(i, j, good, np.broadcast_to(cost, len(elasticities))[draw]) for good, i, j, cost in costs]
        shock = Shock.from_table(pd.DataFrame(rows, columns=["exporter", "importer", "sector", "cost"]))
        made.append(base.counterfactual(shock, closure))
    return made


def both_ways(a: str, b: str, cost: float | Array) -> list[tuple[str, str, str, float | Array]]:
    return [(good, i, j, cost) for good in GOODS for i, j in ((a, b), (b, a))]
