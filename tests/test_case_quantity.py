"""Quantities as a case writes them: every form of distribution, with units, ranges and notes."""

from __future__ import annotations

import numpy as np
import pytest

from tumen import uncertainty as u
from tumen.case import Quantity, read_quantity
from tumen.case.fields import Fits
from tumen.errors import UnitError


@pytest.mark.parametrize(
    ("raw", "distribution", "label"),
    [
        ("4 Mt/yr", u.constant(4e6), "t/yr"),
        (0.3, u.constant(0.3), "1"),
        ({"value": "85 USD/t"}, u.constant(85e-6), "MUSD/t"),
        ({"value": 85, "unit": "USD/t"}, u.constant(85e-6), "MUSD/t"),
        ({"triangular": [285, 340, 400], "unit": "MUSD"}, u.triangular(285, 340, 400), "MUSD"),
        ({"triangular": [10.94, 10.96, 11.0], "unit": "bnUSD"}, u.triangular(10940, 10960, 11000), "MUSD"),
        ({"triangular": ["285 MUSD", "340 MUSD", "0.4 bn USD"]}, u.triangular(285, 340, 400), "MUSD"),
        ({"triangular": [5, 5, 24], "unit": "%"}, u.triangular(0.05, 0.05, 0.24), "1"),
        ({"pert": [1, 2, 4], "unit": "yr"}, u.pert(1, 2, 4), "yr"),
        ({"uniform": ["1 %", "5 %"]}, u.uniform(0.01, 0.05), "1"),
        ({"normal": [3, 1], "unit": "%/yr"}, u.normal(0.03, 0.01), "1/yr"),
        ({"lognormal": ["400 kTEU/yr", 0.3]}, u.lognormal(4e5, 0.3), "TEU/yr"),
        ({"beta": [2, 3]}, u.beta(2, 3), "1"),
        ({"beta": [2, 3, 10, 50], "unit": "bnRUB"}, u.beta(2, 3, 10_000, 50_000), "MRUB"),
        ({"discrete": {"values": ["1 MUSD", "9 MUSD"], "weights": [3, 1]}}, u.discrete([1, 9], [3, 1]), "MUSD"),
        ({"discrete": {"values": [1, 9]}, "unit": "km"}, u.discrete([1, 9]), "km"),
        ({"empirical": [3, 1, 2], "unit": "Mt"}, u.empirical([3e6, 1e6, 2e6]), "t"),
        ({"p10": "60 USD/bbl", "p90": "110 USD/bbl"}, u.from_percentiles("lognormal", 60e-6, 110e-6), "MUSD/bbl"),
        ({"p10": -10, "p90": 10, "unit": "%"}, u.from_percentiles("normal", -0.1, 0.1), "1"),
        ({"p10": 1, "p90": 3, "shape": "triangular"}, u.from_percentiles("triangular", 1, 3), "1"),
        ({"p10": 1, "p90": 3, "shape": "uniform"}, u.from_percentiles("uniform", 1, 3), "1"),
        ({"lever": "90 %", "from": "50 %", "to": "100 %"}, u.constant(0.9), "1"),
    ],
)
def test_every_form(raw: object, distribution: u.Distribution, label: str) -> None:
    quantity = read_quantity(raw, None)
    assert quantity.distribution is not None
    levels = np.linspace(0.01, 0.99, 23)
    np.testing.assert_allclose(quantity.distribution.ppf(levels), distribution.ppf(levels), rtol=1e-12, atol=0)
    assert quantity.distribution.kind == distribution.kind
    assert quantity.unit.label == label
    assert quantity.central == pytest.approx(distribution.median, rel=1e-12)


def test_a_lever_has_a_range_and_is_not_drawn() -> None:
    quantity = read_quantity({"lever": 9, "from": 5, "to": 10, "unit": "bnUSD"}, "money")
    assert quantity.lever == (5000.0, 10000.0)
    assert quantity.distribution == u.constant(9000.0)


def test_a_name_is_a_reference() -> None:
    quantity = read_quantity("market_rate", "exchange rate")
    assert (quantity.reference, quantity.distribution) == ("market_rate", None)
    assert quantity.wants == Fits("exchange rate")
    with pytest.raises(ValueError, match="ask the case"):
        _ = quantity.central


def test_notes_of_a_quantity() -> None:
    raw = {"value": "3 km", "source": ["a", 7], "known": 2013, "status": "constant", "note": "why"}
    quantity = read_quantity(raw, "length")
    assert (quantity.source, quantity.known, quantity.status, quantity.note) == (("a", "7"), "2013", "constant", "why")
    assert read_quantity({"value": 1, "source": None}, None).source == ()


def test_what_was_written_is_kept() -> None:
    def shown(raw: object) -> str:
        return repr(read_quantity(raw, None))

    assert shown("1.09 bn USD") == "1.09 bn USD [MUSD]"
    assert shown({"triangular": [285, 340, 400], "unit": "MUSD"}) == "triangular 285, 340, 400 MUSD [MUSD]"
    assert shown({"p10": 1, "p90": 2, "unit": "km"}) == "1 to 2 km (10-90 %) [km]"
    assert shown({"lever": "90 %", "from": "50 %", "to": "100 %"}) == "90 % (lever, 50 % to 100 %) [1]"
    assert shown({"discrete": {"values": [1, 2]}}) == "one of 1, 2 [1]"
    quantity = read_quantity("3 km", None)
    assert read_quantity(quantity, "money") is quantity
    assert isinstance(quantity, Quantity)


@pytest.mark.parametrize(
    ("raw", "key", "says"),
    [
        ({}, None, "names exactly one of value, triangular"),
        ({"note": "x"}, None, "found none"),
        ({"trianguler": [1, 2, 3]}, None, "did you mean triangular"),
        ({"value": 1, "uniform": [1, 2]}, "uniform", "`value` and `uniform` do not go together"),
        ({"value": 1, "shape": "normal"}, "shape", "unknown key"),
        ({"lever": 1, "from": 0}, "lever", "`to` is missing"),
        ({"lever": 1, "from": 2, "to": 3}, "lever", "stands within its range"),
        ({"lever": 1, "from": 1, "to": 1}, "lever", "stands within its range"),
        ({"p10": 1}, "p10", "`p10` goes with `p90`"),
        ({"p10": 1, "p90": 2, "shape": "beta"}, "shape", "shape `beta` is unknown"),
        ({"p10": 1, "p90": [2]}, "p90", "a list is not a quantity"),
        ({"p10": 3, "p90": 2}, "p10", "expected p10 to be the lower"),
        ({"p10": -3, "p90": 2, "shape": "lognormal"}, "p10", "expected more than 0"),
        ({"triangular": 3}, "triangular", "takes a list of numbers"),
        ({"triangular": []}, "triangular", "takes a list of numbers"),
        ({"triangular": [1, 2]}, "triangular", "found 2 numbers"),
        ({"triangular": [1, 5, 3]}, "triangular", "in rising order"),
        ({"normal": [1, -1]}, "normal", "expected 0 or more"),
        ({"normal": ["1 km", "1 t"]}, "normal", "use one unit"),
        ({"lognormal": [0, 1]}, "lognormal", "expected more than 0"),
        ({"lognormal": ["1 km", "2 km"]}, "lognormal", "is not a number"),
        ({"lognormal": [1, 300]}, "lognormal", "beyond the range of numbers"),
        ({"beta": [2, 3], "unit": "MUSD"}, "beta", "with a unit"),
        ({"beta": [0, 3]}, "beta", "above 0"),
        ({"discrete": [1, 2]}, "discrete", "takes {values"),
        ({"discrete": {"values": [1], "weights": [1, 2]}}, "discrete", "one weight for each"),
        ({"discrete": {"values": [1], "weight": [1]}}, "discrete", "takes {values"),
        ({"empirical": ["x"]}, "empirical", "does not begin with a number"),
        ({"value": 1, "unit": 3}, "unit", "`unit` is text"),
        ({"value": 1, "unit": "USD; import os"}, "unit", "cannot stand in one"),
        ({"value": "3 km", "unit": "t"}, "value", "is in km, but `unit:` says t"),
        ({"value": None}, "value", "nothing is not a quantity"),
        ({"value": 1, "status": "sure"}, "status", "valid: constant, published_parameter"),
        ({"value": 1, "known": "soon"}, "known", "is not a date"),
        ({"value": 1, "source": {"a": 1}}, "source", "the key of a source"),
        ({"value": 1, "note": 3}, "note", "`note` is text"),
    ],
)
def test_what_is_wrong_with_a_quantity_is_said_at_its_key(raw: object, key: str | None, says: str) -> None:
    with pytest.raises(UnitError, match=says) as raised:
        read_quantity(raw, None)
    assert getattr(raised.value, "keys", (None,)) == (key,)


SHARE = Fits("share", low=0, high=1)


@pytest.mark.parametrize(
    "raw",
    ["0 %", "100 %", 0.5, {"uniform": [0, 1]}, {"triangular": [0, 0, 1]}, {"beta": [0.5, 0.5]}, {"pert": [0, 0.1, 1]},
     {"lever": 0.5, "from": 0, "to": 1}, {"normal": [0.5, 0.01]}, {"discrete": {"values": [0, 1]}}],
)  # fmt: skip
def test_what_stays_within_its_range(raw: object) -> None:
    assert SHARE.wrong(read_quantity(raw, SHARE)) == ""


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("-1 %", "`-1 %` is out of range; expected 0 % to 100 %"),
        (1.5, r"`1.5` \(150 %\) is out of range; expected 0 % to 100 %"),
        ({"uniform": [0, 1.2]}, "can reach 120 %; expected 0 % to 100 %"),
        ({"normal": ["50 %", "10 %"]}, "can reach -37.7.*%; expected 0 % to 100 %; a uniform, triangular"),
        ({"lever": 0.5, "from": -1, "to": 1}, "can reach -100 %"),
        ({"lever": 0.5, "from": 0, "to": 2}, "can reach 200 %"),
        ({"discrete": {"values": [0, 1.01]}}, "can reach 101 %"),
    ],
)
def test_what_can_leave_its_range_is_refused(raw: object, says: str) -> None:
    with pytest.raises(UnitError, match=says):
        read_quantity(raw, SHARE)


def test_ranges_of_other_kinds() -> None:
    with pytest.raises(UnitError, match="expected more than 0 RUB/USD"):
        read_quantity("0 RUB/USD", Fits("exchange rate", low=0, above=True))
    with pytest.raises(UnitError, match="expected more than 0 yr and at most 10 yr"):
        read_quantity("11 yr", Fits("duration", low=0, high=10, above=True))
    with pytest.raises(UnitError, match="expected at most 10"):
        read_quantity(11, Fits("number", high=10))
    with pytest.raises(UnitError, match="a single figure is expected here"):
        read_quantity({"uniform": [1, 2]}, Fits("number", single=True))
    with pytest.raises(UnitError, match="a single figure is expected here"):
        read_quantity({"lever": 1, "from": 0, "to": 2}, Fits("number", single=True))
    with pytest.raises(UnitError, match=r"is `km`, a length; expected money, such as `1.09 bn USD`"):
        read_quantity("3 km", "money")
    with pytest.raises(UnitError, match="is a plain number; expected an exchange rate"):
        read_quantity(3, "exchange rate")
