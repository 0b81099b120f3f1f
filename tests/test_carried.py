"""What a network carries year by year with what works of it: conservation, the plain solution, stops together.

The case is that of test_delivery_stage.py: ten bcm a year go from a field to a city, cheapest first.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tumen
from delivery_support import DRAWS, FOLDER, YEARS, Array, outcome
from tumen._carried import Carried
from tumen.delivery import Course, Timeline
from tumen.study import Memo

CAPACITY = {"line": 6.0, "cable": 2.0, "spur": 3.0, "ships": 20.0}  # cheapest first
SOLVED: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-6}


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def base(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


def cheapest_first(working: set[str], wanted: float = 10.0) -> dict[str, float]:
    """What goes over each link if it is taken by its price."""
    found = dict.fromkeys(CAPACITY, 0.0)
    for name, capacity in CAPACITY.items():
        if name in working or name == "ships":
            found[name] = min(capacity, wanted)
            wanted -= found[name]
    return found


def over_the_year(shares: Mapping[str, float]) -> dict[str, float]:
    """What goes over each link in a year in which stops fall together: at the part u of the year all work that do so
    for more than u of it."""
    edges = sorted({0.0, 1.0, *shares.values()})
    found = dict.fromkeys(CAPACITY, 0.0)
    for low, high in itertools.pairwise(edges):
        there = cheapest_first({name for name, share in shares.items() if share > (low + high) / 2})
        found = {name: found[name] + there[name] * (high - low) for name in found}
    return found


def carried_with(found: tumen.Outcome, working: Mapping[str, Array]) -> Carried:
    """What is carried if so much works, (draw, year)."""
    never = np.full(found.worlds.size, np.inf)
    courses = {
        name: Course(never, never, never, np.zeros(share.shape), share) for name, share in working.items()
    }  # fmt: skip
    return Carried(found.networks["gas"], Timeline(tuple(YEARS), 2024.0, courses), Memo())


@given(data=st.data())
@settings(max_examples=15)
def test_stops_come_together(base: tumen.Outcome, data: st.DataObject) -> None:
    parts = st.sampled_from([0.0, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0]) | st.floats(0, 1)
    shares = {name: data.draw(st.lists(parts, min_size=3, max_size=3)) for name in ("cable", "spur", "line")}
    arrays = {name: np.tile(values * 4, (DRAWS, 1)) for name, values in shares.items()}
    carried = carried_with(base, arrays)
    for column in range(3):
        expected = over_the_year({name: values[column] for name, values in shares.items()})
        for name, value in expected.items():
            np.testing.assert_allclose(carried.on(name)[:, column], value, atol=1e-6)
    total = sum(carried.flows.values())
    np.testing.assert_allclose(total, 10, atol=1e-6)  # what leaves the field is what the city wants
    for name, share in arrays.items():
        assert (carried.on(name) <= CAPACITY[name] * share + 1e-6).all()


def test_in_full_it_is_the_plain_solution(base: tumen.Outcome) -> None:
    ones = np.ones((DRAWS, len(YEARS)))
    carried = carried_with(base, {"cable": ones, "spur": ones, "line": ones})
    plain = base.networks["gas"].without("bypass").sunk("line", "spur").solution()
    for link in ("ships", "cable", "spur", "line"):
        np.testing.assert_allclose(carried.on(link), np.repeat(plain.flow_on(link)[:, None], len(YEARS), 1), **SOLVED)


def test_half_of_a_year_is_half_of_the_difference(base: tumen.Outcome) -> None:
    ones = np.ones((DRAWS, len(YEARS)))
    none, half, full = (carried_with(base, {"cable": ones, "spur": ones, "line": ones * x}) for x in (0, 0.5, 1))
    for link in CAPACITY:
        np.testing.assert_allclose(half.on(link), (none.on(link) + full.on(link)) / 2, **SOLVED)
    assert (full.on("ships") < half.on("ships")).all()


def test_between_the_years_of_the_network_on_a_straight_line(case: tumen.Case) -> None:
    found = outcome(case, {"gas.demand.heating.growth": 0.05}, draws=8)
    ones = np.ones((8, len(YEARS)))
    carried = carried_with(found, {"cable": ones, "spur": ones, "line": ones})
    last = 10 * 1.05**10
    wanted = np.interp(YEARS, [2024, 2034], [10, last])
    np.testing.assert_allclose(sum(carried.flows.values()), np.tile(wanted, (8, 1)), **SOLVED)
    np.testing.assert_allclose(carried.on("ships")[:, -1], last - 11, **SOLVED)
