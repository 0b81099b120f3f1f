"""Networks and the world's trade are two channels: neither moves the answers of the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from network_support import SQUEEZED, measured, outcome, variant

TRADE: dict[str, dict[str, Any]] = {
    "trade.effect": {"initiative": "isolation", "country": "AAA", "run": "long"},
    "trade.loss_of_ties": {"country": "AAA", "partners": ["CCC"], "run": "short"},
    "trade.import_share": {"country": "CCC", "partner": "AAA", "good": "fuel"},
}
NETWORK: dict[str, dict[str, Any]] = {
    "bargain.fee": {"initiative": "line", "player": "BBB", "solution": "shapley"},
    "bargain.price": {"network": "gas", "seller": "AAA", "buyer": "CCC", "end": "split", "built": "line"},
    "corridor.net_gain": {"initiative": "line"},
}
OFF = {"network": "gas", "seller": "AAA", "buyer": "CCC", "by": "isolation", "built": "line"}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    drawn = ("cuts: {heating: 20 %}", "cuts: {heating: {lever: 20 %, from: 0 %, to: 50 %}}")
    tariff = ("cut: 20 %}", "cut: {lever: 20 %, from: 0 %, to: 50 %}}")
    folder: Path = tmp_path_factory.mktemp("channels") / "c"
    (old, new), *_ = SQUEEZED
    for before, after in (drawn, tariff):
        assert new.count(before) == 1
        new = new.replace(before, after)
    return variant(folder, (old, new))


@pytest.fixture(scope="module")
def base(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


@pytest.mark.parametrize("name", TRADE)
def test_what_a_network_carries_is_no_trade(case: tumen.Case, base: tumen.Outcome, name: str) -> None:
    """With the line as dear as can be, and without any line at all, trade answers the same."""
    dear = outcome(case, line__capex=20_000.0)
    bare = outcome(case, 6, ("isolation",))
    before = measured(base, name, **TRADE[name])
    assert np.isfinite(before).all()
    for other in (dear, bare):
        np.testing.assert_array_equal(measured(other, name, **TRADE[name]), before)
    gain = NETWORK["corridor.net_gain"]
    assert (measured(dear, "corridor.net_gain", **gain) < measured(base, "corridor.net_gain", **gain)).all()


@pytest.mark.parametrize("name", NETWORK)
def test_a_squeeze_is_told_by_its_own_measure_only(case: tumen.Case, base: tumen.Outcome, name: str) -> None:
    harder = outcome(case, isolation__networks__gas__cuts__heating=0.4)
    np.testing.assert_array_equal(measured(harder, name, **NETWORK[name]), measured(base, name, **NETWORK[name]))
    for trade, where in TRADE.items():
        np.testing.assert_array_equal(measured(harder, trade, **where), measured(base, trade, **where))
    off = [measured(each, "bargain.price_taken_off", **OFF) for each in (base, harder)]
    assert (np.abs(off[1] - off[0]) > 1e-6).all()


@pytest.mark.parametrize("name", NETWORK)
def test_costs_of_trade_move_no_network(case: tumen.Case, base: tumen.Outcome, name: str) -> None:
    harder = outcome(case, isolation__measures__tariff__cut=0.4)
    np.testing.assert_array_equal(measured(harder, name, **NETWORK[name]), measured(base, name, **NETWORK[name]))
    effect = TRADE["trade.effect"]
    assert (measured(harder, "trade.effect", **effect) != measured(base, "trade.effect", **effect)).all()
