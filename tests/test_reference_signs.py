"""The reference case moves the way economics says: signs that were written down beside it before it was run.

Each row of `signs.csv` moves one thing in every draw and watches one measure. `+` and `-`: the mean over draws must
move so, by more than rounding; `+0` and `-0`: it must not move the other way.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ruamel.yaml import YAML

import tumen
from tumen import claims, study
from tumen._load import load
from tumen.study import Memo, Plan
from tumen.uncertainty import Worlds

CASE = "russia-korea-2014"
DRAWS = 96
ROUNDING = 1e-6  # of the mean size of the measure
COLUMNS = ["name", "move", "by", "measure", "where", "sign", "why"]
# The five signs that any model of this case must have, each by one row or more.
NAMED = {
    "a higher LNG price raises the fee": ("asian_lng_price", "bargain.fee", "+"),
    "a bypass lowers it": ("without undersea_pipeline", "bargain.fee", "+"),
    "gas already sold lowers the line's worth": ("gas.supply.sakhalin_gas.sold", "corridor.net_gain", "-"),
    "a higher hazard lowers an NPV": ("korean_crisis.rate", "corridor.npv", "-"),
    "shorter sea time lowers rail traffic": ("freight.links.urgent_sea_russia.days", "corridor.traffic", "-"),
}
# Signs that the model does not have, and why; kept as they were reasoned, so that a mended model is seen.
OPEN: dict[str, str] = {}
Array = npt.NDArray[np.float64]


def _rows() -> list[dict[str, str]]:
    path = Path(tumen.__file__).parent / "cases" / CASE / "signs.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


ROWS = _rows()


def moves(row: Mapping[str, str]) -> list[str]:
    """The parameters that a row moves; none where it leaves an initiative out."""
    return [] if row["move"].startswith("without ") else [name.strip() for name in row["move"].split(";")]


def left_out(row: Mapping[str, str]) -> str:
    """The initiative that a row leaves out, if any."""
    return row["move"].removeprefix("without ") if row["move"].startswith("without ") else ""


def where(row: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of a row's measure, as a case writes them."""
    parts = (part.partition("=") for part in row["where"].split(";"))
    return {key.strip(): YAML(typ="safe").load(value) for key, _, value in parts}


def moved(worlds: Worlds, names: list[str], factor: float) -> Worlds:
    """The same worlds with some values multiplied in every draw, and what follows from them."""
    values = {**worlds.values, **{name: worlds.values[name] * factor for name in names}}
    processes = worlds.blueprint.processes
    paths = dict(worlds.paths)
    for process in {name.rpartition(".")[0] for name in names} & processes.keys():
        own = {part: values[f"{process}.{part}"] for part in processes[process].parameters}
        paths[process] = processes[process].path(own, worlds.noise[process], worlds.clock)
    return Worlds.by_hand(worlds.clock, values, paths, worlds.noise)


@dataclass(frozen=True)
class Base:
    """The case in its draws, and what was solved so far."""

    case: tumen.Case
    worlds: Worlds
    memo: Memo

    def measured(self, row: Mapping[str, str], worlds: Worlds, plan: Plan | None = None) -> Array:
        """What a row watches, (draw,)."""
        taken = claims.measure(row["measure"])
        asked = where(row)
        year = asked.pop("year") if taken.by_year else None
        arguments, wrong = claims.read_where(taken.function, self.case, asked)
        assert not wrong, wrong
        outcome = study.evaluate(self.case, worlds, plan, self.memo)
        values = np.asarray(taken.function(outcome, **arguments), dtype=float)
        return values if year is None else values[:, outcome.years.index(year)]


@pytest.fixture(scope="module")
def base() -> Base:
    case = load(CASE, rehearse=False)
    return Base(case, study.draw(case, seed=11, chunk=0, size=DRAWS), Memo())


def test_the_table_is_whole() -> None:
    assert list(ROWS[0]) == COLUMNS
    names = [row["name"] for row in ROWS]
    assert len(set(names)) == len(names)
    found = [{row["name"] for row in ROWS if (moves(row) or [row["move"]])[0] == move and row["measure"] == measure
              and row["sign"] == sign} for move, measure, sign in NAMED.values()]  # fmt: skip
    assert all(found), [said for said, rows in zip(NAMED, found, strict=True) if not rows]
    assert len(set(names).difference(*found)) >= 20
    assert {row["sign"] for row in ROWS} <= {"+", "-", "+0", "-0"}
    assert sum(row["sign"].endswith("0") for row in ROWS) <= 5  # what need not move says little
    assert all(row["why"] for row in ROWS)
    assert set(OPEN) <= set(names)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_what_is_moved_and_watched_is_in_the_case(base: Base, row: Mapping[str, str]) -> None:
    assert row["measure"] in claims.MEASURES
    if left_out(row):
        assert left_out(row) in base.case.initiatives
        assert not row["by"]
        return
    assert moves(row)
    for name in moves(row):
        assert name in base.worlds.values, name
    assert row["by"].startswith("x")
    assert float(row["by"][1:]) not in (0.0, 1.0)


def _asked(row: Mapping[str, str]) -> Any:
    known = OPEN.get(row["name"])
    marks = [pytest.mark.xfail(reason=known, strict=True, raises=AssertionError)] if known else []
    return pytest.param(row, id=row["name"], marks=marks)


@pytest.mark.parametrize("row", [_asked(row) for row in ROWS])
def test_sign(base: Base, row: Mapping[str, str]) -> None:
    before = base.measured(row, base.worlds)
    if left_out(row):
        kept = tuple(name for name in base.case.initiatives if name != left_out(row))
        after = base.measured(row, base.worlds, Plan(include=kept))
    else:
        after = base.measured(row, moved(base.worlds, moves(row), float(row["by"][1:])))
    change, size = float((after - before).mean()), float(np.abs(before).mean())
    signed = change if row["sign"][0] == "+" else -change
    told = f"{row['name']}: from {before.mean():.6g} to {after.mean():.6g}; expected {row['sign']}, for {row['why']}"
    assert np.isfinite(change)
    if row["sign"].endswith("0"):
        assert signed >= -ROUNDING * size, told
    else:
        assert signed > ROUNDING * size, told
