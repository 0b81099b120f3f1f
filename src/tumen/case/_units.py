"""Quantities as analysts write them, read by a strict grammar into floats in base units.

    quantity := number [scale] [unit]                 4 Mt/yr, 1.09 bn USD, 30 %, 2 USD/(1000 m3)/(100 km)
    scale    := thousand | million | mn | bn | billion | trillion | tn
    unit     := term { ("/" | "*") term }
    term     := name [^ digit] | % | ( [number] unit )

Names come from `units.txt` and from the list of currencies; no prefix is guessed and nothing is evaluated. Money is in
millions of its own nominal currency: MUSD, MRUB. `RUB_2013` is real money of that year, another dimension.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tumen.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    import pint

__all__ = ["CURRENCIES", "DIMENSIONS", "Measured", "Unit", "fits", "parse_number", "parse_quantity", "parse_unit"]

CURRENCIES = tuple(
    """AED AFN ALL AMD AOA ARS AUD AZN BAM BDT BGN BHD BIF BND BOB BRL BTN BWP BYN BYR CAD CDF CHF CLP CNY COP CRC CUP
    CZK DJF DKK DOP DZD EGP ERN ETB EUR GBP GEL GHS GNF GTQ HKD HNL HRK HUF IDR ILS INR IQD IRR ISK JOD JPY KES KGS KHR
    KPW KRW KWD KZT LAK LBP LKR LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR
    PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SDG SEK SGD SOS SSP SUR SYP SZL THB TJS TMT TND TRY TWD TZS UAH
    UGX USD UYU UZS VES VND XAF XDR XOF YER ZAR ZMW""".split()  # noqa: SIM905 -- a table of codes reads best as words
)

_SCALES = {"thousand": 1e3, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "tn": 1e12, "trillion": 1e12}
_MULTIPLES = {"k": 1e-3, "M": 1.0, "bn": 1e3, "tn": 1e6}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*|%)"
    r"|(?P<mark>[/*^()]))"
)
_REAL_MONEY = re.compile(r"(k|M|bn|tn)?([A-Z]{3})_((?:19|20)\d\d)")
_MAX_LENGTH = 80

# What a field can ask for: its name, the powers of the dimensions (every currency counts as "money"), examples.
DIMENSIONS: Mapping[str, tuple[Mapping[str, int], str]] = {
    "number": ({}, "`3`, `0.5`"),
    "share": ({}, "`30 %`, `0.3`"),
    "rate": ({"time": -1}, "`5 %/yr`"),
    "frequency": ({"time": -1}, "`2 /yr`"),
    "duration": ({"time": 1}, "`20 yr`, `6 months`"),
    "money": ({"money": 1}, "`1.09 bn USD`, `340 MUSD`, `9 bn RUB`"),
    "money a year": ({"money": 1, "time": -1}, "`50 MUSD/yr`"),
    "exchange rate": ({"exchange": 1}, "`35.5 RUB/USD`"),
    "length": ({"length": 1}, "`54 km`"),
    "mass": ({"mass": 1}, "`4 Mt`"),
    "mass a year": ({"mass": 1, "time": -1}, "`4 Mt/yr`"),
    "gas volume": ({"gas_volume": 1}, "`10 bcm`"),
    "gas volume a year": ({"gas_volume": 1, "time": -1}, "`10 bcm/yr`"),
    "energy": ({"energy": 1}, "`3 TWh`, `100 MMBtu`"),
    "containers": ({"containers": 1}, "`400 kTEU`"),
    "containers a year": ({"containers": 1, "time": -1}, "`400 kTEU/yr`"),
    "people": ({"people": 1}, "`20000 persons`"),
    "price of mass": ({"money": 1, "mass": -1}, "`85 USD/t`"),
    "price of gas": ({"money": 1, "gas_volume": -1}, "`300 USD/(1000 m3)`"),
    "gas tariff": ({"money": 1, "gas_volume": -1, "length": -1}, "`2 USD/(1000 m3)/(100 km)`"),
    "price of containers": ({"money": 1, "containers": -1}, "`600 USD/TEU`"),
    "wage": ({"money": 1, "people": -1, "time": -1}, "`6000 USD/person/yr`"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit reduced to base units: `factor` of them, `powers` of the dimensions, `label` of the base unit."""

    factor: float
    powers: tuple[tuple[str, int], ...]
    label: str

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies in it, such as ("RUB", "USD") for RUB/USD."""
        return tuple(name[6:] for name, _ in self.powers if name.startswith("money_"))

    @property
    def dimension(self) -> str:
        """The name of its dimension, as messages call it."""
        generic = _generic(self.powers)
        named = [name for name, (powers, _) in DIMENSIONS.items() if dict(powers) == generic and name != "frequency"]
        return named[0] if named else self.label


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its unit: `value` is in base units."""

    value: float
    unit: Unit
    text: str


def parse_quantity(text: str | float) -> Measured:
    """Read one quantity.

    Raises UnitError where the text is not a number with a known unit.

    >>> parse_quantity("1.09 bn USD").value, parse_quantity("1.09 bn USD").unit.label
    (1090.0, 'MUSD')
    >>> parse_quantity("4 Mt/yr").value
    4000000.0
    >>> round(parse_quantity("2 USD/(1000 m3)/(100 km)").value * 1e9 * 100, 6)  # MUSD for 1 bcm over 100 km
    2.0
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise UnitError(f"{_named(text)} is not a quantity; write a number with its unit, such as `4 Mt/yr`")
    if not isinstance(text, str):
        return Measured(_finite(float(text), str(text)), parse_unit(""), str(text))
    words = text.strip()
    if len(words) > _MAX_LENGTH:
        raise UnitError(f"a quantity of {len(words)} characters; write a number with its unit, such as `4 Mt/yr`")
    match = _NUMBER.match(words)
    if match is None:
        raise UnitError(f"`{words}` does not begin with a number; write it like `4 Mt/yr` or `30 %`")
    value, rest = float(match.group()), words[match.end() :].strip()
    if rest[:1] in {",", "_", "'"} or rest[:1].isdigit():
        raise UnitError(f"`{words}`: write the number without thousands separators, with a point for decimals")
    head, _, tail = rest.partition(" ")
    if head in _SCALES:
        value, rest = value * _SCALES[head], tail.strip()
        if not rest:
            raise UnitError(f"`{words}` has no unit after `{head}`; say of what, such as `{match.group()} {head} USD`")
    unit = parse_unit(rest)
    return Measured(_tidy(_finite(value * unit.factor, words)), unit, words)


def parse_number(text: object) -> float:
    """A plain finite number.

    >>> parse_number("0.3")
    0.3
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise UnitError(f"{_named(text)} is not a number")
    if isinstance(text, str) and not _NUMBER.fullmatch(text.strip()):
        raise UnitError(f"`{text.strip()[:_MAX_LENGTH]}` is not a number")
    return _finite(float(text), str(text))


@cache
def parse_unit(text: str) -> Unit:
    """Read a unit, such as `MUSD/yr`, into base units; an empty text is a plain number.

    Raises UnitError for an unknown name (with the nearest) or for anything that is not a unit.
    """
    words = text.strip()
    if len(words) > _MAX_LENGTH:
        raise UnitError(f"a unit of {len(words)} characters; write it like `USD/(1000 m3)/(100 km)`")
    tokens = _tokens(words)
    if tokens and tokens[0] == "/":  # `2 /yr`
        tokens = ["1", *tokens]
    if not tokens:
        return _reduce(1.0, {})
    factor, powers, position = _product(tokens, 0, words, depth=0)
    if position != len(tokens):
        raise UnitError(f"`{words}` is not a unit: unexpected `{tokens[position]}`")
    return _reduce(factor, powers)


def fits(unit: Unit, dimension: str) -> bool:
    """Whether a unit can stand where `dimension` is asked for."""
    return _generic(unit.powers) == dict(DIMENSIONS[dimension][0])


def _tokens(words: str) -> list[str]:
    tokens, position = [], 0
    while position < len(words):
        match = _TOKEN.match(words, position)
        if match is None or match.end() == position:
            raise UnitError(
                f"`{words}` is not a unit: `{words[position]}` cannot stand in one; write it like `MUSD/yr`"
            )
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _product(tokens: list[str], position: int, words: str, depth: int) -> tuple[float, dict[str, int], int]:
    factor, powers, sign = 1.0, dict[str, int](), 1
    while True:
        term_factor, term_powers, position = _term(tokens, position, words, depth)
        factor *= term_factor**sign
        for name, power in term_powers.items():
            powers[name] = powers.get(name, 0) + sign * power
        if position == len(tokens) or tokens[position] == ")":
            return factor, powers, position
        if tokens[position] not in {"/", "*"}:
            raise UnitError(f"`{words}` is not a unit: put `/` or `*` before `{tokens[position]}`")
        sign = -1 if tokens[position] == "/" else 1
        position += 1


def _term(tokens: list[str], position: int, words: str, depth: int) -> tuple[float, dict[str, int], int]:
    token = tokens[position] if position < len(tokens) else ""
    if token == "1" and position == 0:
        return 1.0, {}, 1
    if token == "(" and depth < 2:
        factor, position = 1.0, position + 1
        if position < len(tokens) and _NUMBER.fullmatch(tokens[position]):
            factor, position = float(tokens[position]), position + 1
        inner, powers, position = _product(tokens, position, words, depth + 1)
        if not 1e-9 <= factor <= 1e9 or position >= len(tokens) or tokens[position] != ")":
            raise UnitError(f"`{words}` is not a unit: a bracket holds a number and a unit, as in `(1000 m3)`")
        return factor * inner, powers, position + 1
    if not token or not (token[0].isalpha() or token == "%"):
        raise UnitError(f"`{words}` is not a unit; expected a name such as `MUSD`, found `{token or 'nothing'}`")
    power, position = 1, position + 1
    if position < len(tokens) and tokens[position] == "^":
        exponent = tokens[position + 1] if position + 1 < len(tokens) else ""
        if exponent not in {"1", "2", "3"}:
            raise UnitError(f"`{words}` is not a unit: a power is 1, 2 or 3")
        power, position = int(exponent), position + 2
    if token == "%":
        return 0.01**power, {}, position
    return 1.0, {token: power}, position


def _reduce(factor: float, powers: Mapping[str, int]) -> Unit:
    """Reduce named units to base units through the registry."""
    registry, dimensions = _registry(), dict[str, int]()
    for name, power in powers.items():
        name_factor, name_dimensions = _lookup(registry, name)
        factor *= name_factor**power
        for dimension, exponent in name_dimensions:
            dimensions[dimension] = dimensions.get(dimension, 0) + power * exponent
    kept = tuple(sorted((name, power) for name, power in dimensions.items() if power))
    return Unit(_tidy(factor), kept, _label(kept))


@cache
def _registry() -> pint.UnitRegistry[float]:
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(None, cache_folder=None, on_redefinition="raise")
    registry.load_definitions(files("tumen.case").joinpath("units.txt").read_text(encoding="utf-8").splitlines())
    return registry


@cache
def _names() -> frozenset[str]:
    return frozenset(_registry()._units)


def _lookup(registry: pint.UnitRegistry[float], name: str) -> tuple[float, tuple[tuple[str, int], ...]]:
    """Factor and dimensions of one named unit; currencies are handled by rule, the rest by the registry."""
    for multiple, factor in (("", 1e-6), *_MULTIPLES.items()):
        if name.startswith(multiple) and name[len(multiple) :] in CURRENCIES:
            return factor, ((f"money_{name[len(multiple) :]}", 1),)
    real = _REAL_MONEY.fullmatch(name)
    if real and real.group(2) in CURRENCIES:
        return (_MULTIPLES[real.group(1)] if real.group(1) else 1e-6), ((f"money_{real.group(2)}_{real.group(3)}", 1),)
    if name not in _names():
        near = did_you_mean(name, (*_names(), *CURRENCIES, "MUSD"))
        usual = "units are such as MUSD, %, yr, km, Mt, bcm, MWh, TEU, person"
        raise UnitError(f"`{name}` is no unit known here; {near if near.startswith('did') else usual}")
    quantity = registry.Quantity(1.0, name).to_root_units()
    powers: Mapping[str, Any] = quantity.dimensionality
    return float(quantity.magnitude), tuple((name.strip("[]"), int(power)) for name, power in powers.items())


_BASE_LABELS = {
    "time": "yr", "length": "km", "mass": "t", "gas_volume": "m3", "energy": "MWh", "containers": "TEU",
    "people": "person", "barrels": "bbl", "trains": "train",
}  # fmt: skip


def _label(powers: tuple[tuple[str, int], ...]) -> str:
    """The name of a base unit, such as `MUSD/m3/km`; `1` for a plain number."""
    money = [name for name, _ in powers if name.startswith("money_")]
    prefix = "" if len(money) > 1 else "M"

    def text(name: str, power: int) -> str:
        base = prefix + name[6:] if name.startswith("money_") else _BASE_LABELS[name]
        return base if abs(power) == 1 else f"{base}^{abs(power)}"

    above = [text(name, power) for name, power in powers if power > 0]
    below = [text(name, power) for name, power in sorted(powers, key=_denominator_order) if power < 0]
    return "/".join(["*".join(above) or "1", *below])


def _denominator_order(item: tuple[str, int]) -> tuple[bool, bool, str]:
    return item[0] == "time", item[0] == "length", item[0]


def _generic(powers: tuple[tuple[str, int], ...]) -> dict[str, int]:
    """Powers with every currency as "money"; one currency over another is "exchange"."""
    money = [(name, power) for name, power in powers if name.startswith("money_")]
    generic = {name: power for name, power in powers if not name.startswith("money_")}
    if sorted(power for _, power in money) == [-1, 1]:
        return generic | {"exchange": 1}
    if len(money) == 1:
        return generic | {"money": money[0][1]}
    return generic | dict(money)


def _named(raw: object) -> str:
    """What stands in a number's place, in the words of a message."""
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return f"`{str(raw).lower()}`"
    return "a list" if isinstance(raw, list | tuple) else "a group of keys" if isinstance(raw, Mapping) else f"{raw!r}"


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise UnitError(f"`{text}` is not a finite number")
    return value


def _tidy(value: float) -> float:
    """Undo the last-bit noise of a decimal conversion: 1.09 bn USD is 1090 MUSD, not 1090.0000000000002."""
    return float(f"{value:.14g}")
