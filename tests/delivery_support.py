"""What the tests of delivery within a case share: the small case, plans of it, worlds made by hand."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

import tumen
from tumen import claims, study
from tumen.study import Memo, Plan
from tumen.trade import PANEL
from tumen.uncertainty import Worlds

FOLDER = Path(__file__).parent / "deliveries"
Array = npt.NDArray[np.float64]
DRAWS = 64
YEARS = range(2023, 2035)


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
    return tumen.load(folder)


def outcome(
    case: tumen.Case, levers: Mapping[str, float] | None = None, *, draws: int = DRAWS, scenario: str | None = None,
    without: tuple[str, ...] = (), worlds: Worlds | None = None, memo: Memo | None = None,
) -> tumen.Outcome:  # fmt: skip
    """A plan of the case on the same worlds."""
    include = tuple(name for name in case.initiatives if name not in without) if without else None
    own = study.draw(case, 1, 0, draws) if worlds is None else worlds
    return study.evaluate(case, own, Plan(levers or {}, include, scenario), memo)


def measured(found: tumen.Outcome, name: str, **where: Any) -> Array:
    """A measure with its arguments as a case writes them."""
    taken = claims.measure(name)
    arguments, wrong = claims.read_where(taken.function, found.case, where)
    assert not wrong, wrong
    return np.asarray(taken.function(found, **arguments))


def wait(years: float) -> float:
    """The normal by which an exponential time of rate 1 is so long."""
    return float(ndtri(-np.expm1(-years)))


NEVER = -8.0  # the normal by which a wait is over at once; by its negative it lasts
HAND: dict[str, dict[int, float]] = {"thaw": {2025: 1}, "crisis": {2034: 1}, "storm": {2033: 1}}


def by_hand(case: tumen.Case, **values: float) -> Worlds:
    """One draw: the border opens in 2025, a storm comes in 2033 and a crisis in 2034; the line is decided in 2027."""
    every = study.blueprint(case).distributions
    found = {name: np.array([float(d.median)]) for name, d in every.items()}
    own = {
        "spur.delivery.completed": 1.0, "spur.delivery.overrun": 1.0, "spur.delivery.delay": 1.0,
        "gas.supply.wells.cost": 60e-9, "field_city.volatility": PANEL.volatility, "field_city.drift": 0.0,
        "field_city.level": 0.0, "field_city.offset_customs": 0.0,
    }  # fmt: skip
    found |= {name: np.array([value]) for name, value in {**own, **values}.items()}
    paths = {name: np.zeros((1, len(YEARS))) for name in case.blueprint.processes}
    for hazard, events in HAND.items():
        for year, count in events.items():
            paths[hazard][0, year - 2023] = count
    for name in ("growth_a", "growth_c", "growth_w"):
        paths[name][0, 1:] = 0.1
    noise = {name: np.zeros((count, 1, len(YEARS))) for name, count in study.blueprint(case).streams.items()}
    noise["line.delivery"][0, 0, 2027 - 2023] = wait(0.25)
    noise["line.delivery"][1:] = -3.0  # it is completed
    return Worlds.by_hand(case.blueprint.clock, found, paths, noise)
