r"""Figures as text: values with their units, ranges, probabilities with their error, and likelihood words.

Likelihood words follow the calibrated scale of the Intergovernmental Panel on Climate Change (Mastrandrea and others,
2010, Guidance Note on Consistent Treatment of Uncertainties). Where no draw of n meets a claim, the probability is
bounded by the rule of three, 3/n at 95 % (Hanley and Lippman-Hand, 1983, JAMA 249), and never given as "0 %".

Values are rounded to three significant digits. Text is plain: ordinary spaces, a hyphen in ranges, U+2212 as minus.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = [
    "MINUS",
    "format_probability",
    "format_range",
    "format_tick",
    "format_value",
    "likelihood_words",
    "probability_figure",
    "standard_error_figure",
]

MINUS = "\N{MINUS SIGN}"
_BANDS = (
    (0.01, "exceptionally unlikely"),
    (0.05, "extremely unlikely"),
    (0.10, "very unlikely"),
    (0.33, "unlikely"),
)
_UPPER = (
    (0.99, "virtually certain"),
    (0.95, "extremely likely"),
    (0.90, "very likely"),
    (0.66, "likely"),
)
_SCALES = ((1e12, "trn"), (1e9, "bn"), (1e6, "m"), (1.0, ""))
_LONG = {"trn": " trillion", "bn": " billion", "m": " million", "": ""}
_SHARES = frozenset({"%", "fraction", "percent", "probability", "share"})
_RATES = frozenset({"%/a", "%/year", "%/yr", "1/a", "1/year", "1/yr", "share/yr", "per year"})
_YEARS = frozenset({"a", "year", "years", "yr"})
_MONEY = re.compile(r"(?P<million>M?)(?P<code>[A-Z]{3})(?:_(?P<base>\d{4}))?(?P<rest>/.+)?")
_NOT_MONEY = frozenset({"TEU", "GWh", "MWh", "BTU"})
# Prices by the unit that people quote them in: 1,000 m3 of gas, 100 km of carriage.
_CUSTOMARY: tuple[tuple[str, str, float], ...] = (
    ("/m\N{SUPERSCRIPT THREE}/km", "/1000 m\N{SUPERSCRIPT THREE}/100 km", 1e5),
    ("/m\N{SUPERSCRIPT THREE}", "/1000 m\N{SUPERSCRIPT THREE}", 1e3),
    ("/t/km", "/t/100 km", 1e2),
    ("/TEU/km", "/TEU/100 km", 1e2),
)
_PLAIN = {
    "tonne": "t",
    "tonnes": "t",
    "m3": "m\N{SUPERSCRIPT THREE}",
    "m2": "m\N{SUPERSCRIPT TWO}",
    "ratio": "times",
    "person": "people",
}


_ONE = {" years": " year", " people": " person", " days": " day"}


# ---- numbers with units


@dataclass(frozen=True, slots=True)
class _Form:
    """How a unit is written: what multiplies the value, what stands before and after it."""

    kind: str  # share, money, year, plain
    factor: float = 1.0
    prefix: str = ""
    suffix: str = ""


def _form(unit: str, value: float) -> _Form:
    unit = unit.strip()
    if unit in _SHARES or (unit in {"1", "dimensionless"} and abs(value) <= 1):
        return _Form("share", 100.0, suffix=" %")
    if unit.replace(" ", "") in _RATES or unit in _RATES:
        return _Form("share", 100.0, suffix=" % a year")
    if unit in _YEARS:
        return _Form("year") if 1000 <= abs(value) <= 9999 else _Form("plain", suffix=" years")
    if unit in {"1", "dimensionless"}:
        return _Form("plain")
    money = _MONEY.fullmatch(unit)
    if money and money["code"] not in _NOT_MONEY:
        # An exchange rate between two millions, MRUB/MUSD, is that of the currencies themselves.
        both = bool(money["million"]) and re.match(r"/M[A-Z]{3}\b", money["rest"] or "") is not None
        rest = "/" + money["rest"][2:] if both else _per(money["rest"] or "")
        base = f" ({money['base']} prices)" if money["base"] else ""
        factor = 1e6 if money["million"] and not both else 1.0
        for ends, said, times in _CUSTOMARY:
            if rest.endswith(ends):
                rest, factor = rest.removesuffix(ends) + said, factor * times
                break
        if money["code"] == "USD":
            return _Form("money", factor, "$", rest + base)
        return _Form("money", factor, "", f" {money['code']}{rest}{base}")
    numerator, slash, rest = unit.partition("/")
    written = (_PLAIN.get(numerator, numerator) + _per(slash + rest)).strip()
    return _Form("plain", suffix=f" {written}" if written else "")


def _per(rest: str) -> str:
    """`/yr` as " a year"; anything else stays as it is."""
    for year in ("/yr", "/year", "/a"):
        if rest == year or (rest.endswith(year) and not rest[: -len(year)].strip()):
            return " a year"
    return rest.replace("m3", "m\N{SUPERSCRIPT THREE}")


def _rounded(value: float, digits: int = 3) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    return float(f"{value:.{digits - 1}e}")


def _decimals(value: float, digits: int = 3) -> int:
    """Decimals that show `digits` significant digits of a value; never negative, at most twelve."""
    if value == 0:
        return 0
    return min(12, max(0, digits - 1 - math.floor(math.log10(abs(_rounded(value, digits))))))


def _number(value: float, decimals: int, least: int = 0) -> str:
    """A number without its sign, thousands set off by commas, closing zeros cut down to `least` decimals."""
    text = f"{abs(value):,.{decimals}f}"
    whole, point, fraction = text.partition(".")
    kept = fraction[:least] + fraction[least:].rstrip("0") if point else ""
    return f"{whole}.{kept}" if kept else whole


def _scale(value: float, form: _Form) -> tuple[float, str]:
    """The power of ten that a value is written in and its word: $1.0bn, 4 million t."""
    size = abs(_rounded(value))
    if form.kind not in {"money", "plain"}:
        return 1.0, ""
    for power, word in _SCALES:
        # A tenth of a million dollars is still "$0.1m"; what is not money changes its word at the million.
        if size >= power * (0.1 if word == "m" and form.kind == "money" else 1.0):
            return power, word if form.kind == "money" else _LONG[word]
    return 1.0, ""


def _magnitude(value: float, form: _Form, power: float) -> str:
    if form.kind == "year":
        return f"{abs(value):.0f}"
    shown = value / power
    if abs(shown) >= 1e9:
        return f"{abs(shown):.2e}"
    if form.kind == "share":
        wanted = 2 if abs(shown) < 99 else 3
        if 99 <= abs(shown) < 99.95:
            return _number(shown, 1)
        return _number(_rounded(shown, wanted), _decimals(shown, wanted) if abs(shown) < 9.95 else 0)
    decimals = _decimals(shown)
    return _number(_rounded(shown), decimals, max(0, decimals - 1) if form.kind == "money" and power > 1 else 0)


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "no value"
    return "without bound" if value > 0 else f"{MINUS}without bound"


def format_value(value: float, unit: str) -> str:
    """A value in its unit, to three significant digits at most.

    Money such as MUSD is in millions, shares and yearly rates are fractions of one. Units: MUSD, MRUB, MRUB_2013,
    MUSD/t, RUB/USD, share, 1/yr, t/yr, km and so on. A "year" from 1000 to 9999 is a calendar year, else a duration.
    What is only known as "1" is taken for a share up to one and for a plain number beyond.

    >>> format_value(1000, "MUSD"), format_value(112.7, "MUSD"), format_value(1200, "MRUB")
    ('$1.0bn', '$113m', '1.2bn RUB')
    >>> format_value(0.34, "share"), format_value(0.372, "1/yr"), format_value(2020.0, "yr"), format_value(4e6, "t/yr")
    ('34 %', '37 % a year', '2020', '4 million t a year')
    """
    return _format(value, unit, _form(unit, value))


def format_tick(value: float, unit: str, largest: float) -> str:
    """A value on an axis that reaches `largest`: in the form of its neighbours, without closing zeros or "a year"."""
    text = _format(value, unit, _form(unit, largest))
    short = re.sub(r"(\.\d*?)0+(?=\D|$)", lambda found: "" if found[1] == "." else found[1], text)
    return short.removesuffix(" a year")


def _format(value: float, unit: str, form: _Form) -> str:
    if not math.isfinite(value):
        return _not_finite(value)
    scaled = value * form.factor
    if not math.isfinite(scaled):
        return _not_finite(scaled)
    power, word = _scale(scaled, form)
    magnitude = _magnitude(scaled, form, power)
    sign = MINUS if scaled < 0 and magnitude.strip("0.,") else ""
    suffix = _ONE.get(form.suffix, form.suffix) if magnitude == "1" and not word else form.suffix
    return f"{sign}{form.prefix}{magnitude}{word}{suffix}"


def format_range(low: float, high: float, unit: str) -> str:
    """A range in one unit, written once: "$50-540m", "3-12 %", and "-$3.0m to $12m" where a sign is needed.

    >>> format_range(50, 540, "MUSD"), format_range(50, 1540, "MUSD"), format_range(0.03, 0.12, "share")
    ('$50-540m', '$0.05-1.54bn', '3-12 %')
    """
    form = _form(unit, max(low, high, key=abs))
    first, last = _format(low, unit, form), _format(high, unit, form)
    if first == last:
        return first
    finite = math.isfinite(low * form.factor) and math.isfinite(high * form.factor)
    if not finite or low < 0 or high < 0:
        return f"{first} to {last}"
    if form.kind in {"share", "year"}:  # "3-12 %"
        return f"{first.removesuffix(form.suffix)}-{last}"
    scaled = (low * form.factor, high * form.factor)
    power, word = _scale(max(scaled), form)
    decimals = _decimals(max(scaled) / power)
    least = scaled[0] / power
    if least != 0 and round(least, decimals + 1) < 10.0**-decimals:
        return f"{first} to {last}"
    start = _number(_rounded(least), decimals)
    return f"{form.prefix}{start}-{_magnitude(scaled[1], form, power)}{word}{form.suffix}"


# ---- probabilities


def likelihood_words(p: float) -> str:
    """A probability on the IPCC's calibrated scale.

    >>> likelihood_words(0.02), likelihood_words(0.5), likelihood_words(0.995)
    ('extremely unlikely', 'about as likely as not', 'virtually certain')
    """
    if math.isnan(p):
        return "not known"
    for bound, words in _BANDS:
        if p < bound:
            return words
    for bound, words in _UPPER:
        if p > bound:
            return words
    return "about as likely as not"


def _bound(draws: int | None) -> float:
    """The least probability, in per cent, that is told apart from none: 3/n rounded up to 1, 2 or 5, at least 0.1."""
    least = 0.1 if not draws or draws < 0 else max(0.1, 300.0 / draws)
    power = 10.0 ** math.floor(math.log10(least) + 1e-9)
    return next(step * power for step in (1, 2, 5, 10) if least <= step * power * (1 + 1e-9))


def probability_figure(p: float, draws: int | None = None) -> str:
    """A probability in per cent without its error: "2.1 %", "under 0.1 %", "over 99.9 %"; never 0 or 100 %."""
    if math.isnan(p):
        return "not known"
    percent = 100.0 * min(1.0, max(0.0, p))
    bound = _bound(draws) if percent in {0.0, 100.0} else 0.1
    if percent < bound:
        return f"under {bound:.3g} %"
    if percent > 100.0 - bound:
        return f"over {100.0 - bound:.4g} %"
    decimals = 1 if percent < 9.95 or percent >= 90.05 else 0
    return f"{_number(percent, decimals)} %"


def standard_error_figure(se: float) -> str:
    """A standard error in percentage points, "0.3"; blank where there is none."""
    points = 100.0 * se
    if not math.isfinite(points) or points <= 0:
        return ""
    return _number(points, 1) if points >= 0.095 else _number(points, _decimals(points, 1))


def format_probability(p: float, se: float, draws: int | None = None) -> str:
    """A probability and its standard error in percentage points.

    `draws` sharpens the bound where no draw, or every draw, meets the claim: 3/n by the rule of three.

    >>> format_probability(0.02, 0.003), format_probability(0.34, 0.012), format_probability(0.0, 0.0)
    ('2 % (±0.3)', '34 % (±1.2)', 'under 0.1 %')
    >>> format_probability(0.0, 0.0, draws=256)
    'under 2 %'
    """
    figure, error = probability_figure(p, draws), standard_error_figure(se)
    return f"{figure} (±{error})" if error and figure[0].isdigit() else figure
