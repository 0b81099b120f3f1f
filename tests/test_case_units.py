"""The grammar of quantities: what is read, to which base units, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.case import CURRENCIES, DIMENSIONS, fits, parse_quantity, parse_unit
from tumen.case._units import parse_number
from tumen.errors import UnitError


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        ("1.09 bn USD", 1090.0, "MUSD"),
        ("10.94 bn USD", 10940.0, "MUSD"),
        ("10.94 bnUSD", 10940.0, "MUSD"),
        ("340 MUSD", 340.0, "MUSD"),
        ("9 bn RUB", 9000.0, "MRUB"),
        ("2.5 trillion KRW", 2_500_000.0, "MKRW"),
        ("1 million USD", 1.0, "MUSD"),
        ("750 thousand USD", 0.75, "MUSD"),
        ("12 kUSD", 0.012, "MUSD"),
        ("1 tnRUB", 1_000_000.0, "MRUB"),
        ("3 MRUB_2013", 3.0, "MRUB_2013"),
        ("3 RUB_2013", 3e-6, "MRUB_2013"),
        ("50 MUSD/yr", 50.0, "MUSD/yr"),
        ("35.5 RUB/USD", 35.5, "RUB/USD"),
        ("0.67 RUB/USD", 0.67, "RUB/USD"),
        ("30 %", 0.3, "1"),
        ("30%", 0.3, "1"),
        ("0.3", 0.3, "1"),
        ("5 %/yr", 0.05, "1/yr"),
        ("2 /yr", 2.0, "1/yr"),
        ("6 months", 0.5, "yr"),
        ("18 months", 1.5, "yr"),
        ("365.25 days", 1.0, "yr"),
        ("54 km", 54.0, "km"),
        ("250 m", 0.25, "km"),
        ("1 mi", 1.609344, "km"),
        ("4 Mt/yr", 4_000_000.0, "t/yr"),
        ("500 kg", 0.5, "t"),
        ("10 bcm/yr", 10e9, "m3/yr"),
        ("1 mcm", 1e6, "m3"),
        ("3 TWh", 3e6, "MWh"),
        ("3.6 GJ", 1.0, "MWh"),
        ("100 MMBtu", 29.307107, "MWh"),
        ("1 GW", 1000 * 8766.0, "MWh/yr"),
        ("400 kTEU/yr", 400_000.0, "TEU/yr"),
        ("20000 persons", 20_000.0, "person"),
        ("6000 USD/person/yr", 0.006, "MUSD/person/yr"),
        ("85 USD/t", 85e-6, "MUSD/t"),
        ("80 USD/bbl", 80e-6, "MUSD/bbl"),
        ("300 USD/(1000 m3)", 3e-7, "MUSD/m3"),
        ("2 USD/(1000 m3)/(100 km)", 2e-11, "MUSD/m3/km"),
        ("9 cents", None, None),
        ("1e3 km", 1000.0, "km"),
        ("-5 %", -0.05, "1"),
        (".5 km", 0.5, "km"),
        ("5 km*t", 5.0, "km*t"),
        ("5 km^2", 5.0, "km^2"),
        (7, 7.0, "1"),
        (0.25, 0.25, "1"),
    ],
)
def test_quantities_in_base_units(text: str | float, value: float | None, label: str | None) -> None:
    if value is None:
        with pytest.raises(UnitError, match="no unit known here"):
            parse_quantity(text)
        return
    measured = parse_quantity(text)
    assert measured.value == value  # to the last bit: 1.09 bn USD is 1090 MUSD
    assert measured.unit.label == label


def test_the_tariff_of_gas_is_for_volume_and_distance() -> None:
    """2 dollars for 1000 m3 over 100 km: 10 bcm over 800 km cost 160 million."""
    tariff = parse_quantity("2 USD/(1000 m3)/(100 km)")
    assert fits(tariff.unit, "gas tariff")
    flow, way = parse_quantity("10 bcm"), parse_quantity("800 km")
    assert tariff.value * flow.value * way.value == pytest.approx(160.0, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin with a number"),
        ("USD", "does not begin with a number"),
        ("five MUSD", "does not begin with a number"),
        ("__import__('os')", "does not begin with a number"),
        ("2**3 USD", "is not a unit"),
        ("2^3 USD", "is not a unit"),
        ("2+3 USD", "cannot stand in one"),
        ("3 USD; import os", "`;` cannot stand in one"),
        ("3 USD\n4", "put `/` or `\\*` before `4`"),
        ("3 (USD", "is not a unit"),
        ("3 USD)", "unexpected `\\)`"),
        ("3 ()", "is not a unit"),
        ("3 (0 m3)", "a bracket holds a number and a unit"),
        ("3 (1e300 m3)", "a bracket holds a number and a unit"),
        ("3 ((((USD))))", "is not a unit"),
        ("3 USD//yr", "expected a name such as `MUSD`, found `/`"),
        ("3 USD/", "found `nothing`"),
        ("3 USD yr", "put `/` or `\\*` before `yr`"),
        ("3 USD^9", "a power is 1, 2 or 3"),
        ("3 USD^", "a power is 1, 2 or 3"),
        ("3 __class__", "without thousands separators"),
        ("3 km__class__", "no unit known here"),
        ("3 USD.real", "cannot stand in one"),
        ("3 MUSDD", "`MUSDD` is no unit known here; did you mean MUSD\\?"),
        ("3 mUSD", "no unit known here"),
        ("3 metre", "no unit known here"),
        ("3 kkm", "no unit known here"),
        ("3 RUB_1066", "no unit known here"),
        ("3 XXX_2013", "no unit known here"),
        ("3 bn", "has no unit after `bn`"),
        ("1,090 MUSD", "without thousands separators"),
        ("1 090 MUSD", "without thousands separators"),
        ("1_090 MUSD", "without thousands separators"),
        ("10,94 bn USD", "with a point for decimals"),
        ("1e999 USD", "not a finite number"),
        ("1e308 bn USD", "not a finite number"),
        ("1e308 Mt", "not a finite number"),
        ("nan USD", "does not begin with a number"),
        ("٣ km", "does not begin with a number"),
        ("1 " + "USD/USD*" * 20, "a quantity of 162 characters"),
        (True, "`true` is not a quantity"),
        (None, "nothing is not a quantity"),
        ([3, 4], "a list is not a quantity"),
        ({"a": 1}, "a group of keys is not a quantity"),
        (math.nan, "not a finite number"),
        (math.inf, "not a finite number"),
    ],
)
def test_what_is_not_a_quantity_is_refused(text: str, says: str) -> None:
    with pytest.raises(UnitError, match=says):
        parse_quantity(text)


def test_every_currency_is_a_dimension_of_its_own() -> None:
    units = [parse_unit(f"M{code}") for code in CURRENCIES]
    assert len({unit.powers for unit in units}) == len(CURRENCIES)
    assert all(fits(unit, "money") and unit.factor == 1.0 for unit in units)
    assert all(unit.currencies == (code,) for unit, code in zip(units, CURRENCIES, strict=True))


def test_real_money_is_another_dimension_than_nominal() -> None:
    assert parse_unit("MRUB_2013").powers != parse_unit("MRUB").powers
    assert parse_unit("MRUB_2013").powers != parse_unit("MRUB_2014").powers
    assert fits(parse_unit("MRUB_2013"), "money")


def test_units_cancel() -> None:
    assert parse_unit("USD/USD").label == "1"
    assert parse_unit("km*t/km").label == "t"
    assert parse_unit("tkm").powers == parse_unit("t*km").powers
    assert parse_unit("RUB/USD*USD").label == "MRUB"


@pytest.mark.parametrize("dimension", sorted(DIMENSIONS))
def test_the_examples_of_a_dimension_fit_it_and_bear_its_name(dimension: str) -> None:
    for example in DIMENSIONS[dimension][1].replace("`", "").split(", "):
        unit = parse_quantity(example).unit
        assert fits(unit, dimension)
        if dimension not in {"frequency", "share"}:  # another name of a rate, and of a number
            assert unit.dimension == dimension


def test_what_does_not_fit() -> None:
    assert not fits(parse_unit("MUSD/yr"), "money")
    assert not fits(parse_unit("RUB/USD"), "share")
    assert not fits(parse_unit("MUSD*MRUB"), "money")
    assert not fits(parse_unit("MWh"), "gas volume")


@pytest.mark.parametrize("text", ["x", "1 2", "0x10", "1e", "", "nan", "1e999", True, None])
def test_what_is_not_a_plain_number(text: object) -> None:
    with pytest.raises(UnitError):
        parse_number(text)


@given(st.text(st.sampled_from("0123456789.eE+-/*^()% MUSDRBkmyrt3_'\";:,\n"), max_size=30))
def test_any_text_is_a_finite_quantity_or_a_unit_error(text: str) -> None:
    try:
        measured = parse_quantity(text)
    except UnitError:
        return
    assert math.isfinite(measured.value)
    assert math.isfinite(measured.unit.factor)
    assert measured.unit.factor > 0


UNITS = ["MUSD", "bnUSD", "kUSD", "Mt", "kg", "bcm", "months", "GJ", "kTEU", "mi"]


@given(st.sampled_from(UNITS), st.floats(1e-6, 1e6))
def test_reading_is_linear(unit: str, number: float) -> None:
    one = parse_quantity(f"1 {unit}").value
    assert parse_quantity(f"{number!r} {unit}").value == pytest.approx(number * one, rel=1e-12)
