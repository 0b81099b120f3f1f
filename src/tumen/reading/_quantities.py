"""Quantities as pages write them, in base units by the table of the case format.

    about 10 billion cubic metres of gas a year     10000000000 m3/yr
    $2 per 1,000 m3 per 100 km                      2 USD/(1000 m3)/(100 km)
    from 20 US cents to 8 cents per tonne-kilometre 0.08 USD/(t km)
    $350-390                                        350/390 USD
    a tenth of, tripling                            10 percent, 3 times

Money stands in its own currency, shares in per cent, people and things as a count; a price by a measure keeps the
measure that the page names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from tumen.case import parse_unit
from tumen.errors import UnitError
from tumen.reading._figures import amount, grammar, unit_names
from tumen.reading._roles import with_roles
from tumen.reading._shares import in_words
from tumen.reading._tables import folded, table

__all__ = ["Quantity", "comparable", "figure", "find_quantities", "localised"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity in a sentence: its place there, `low` and `high` (the same but for a range), unit and words.

    `sort` is money, price, share, flow, amount, length, time, count or factor; `role` is "" or, where it is not what
    the sentence is about, from (where a change begins) or also (the same in other money).
    """

    start: int
    end: int
    low: float
    high: float
    unit: str
    sort: str
    text: str
    role: str = ""

    @property
    def value(self) -> str:
        """The figure as text, both ends of a range with a slash between them."""
        return figure(self.low) if self.low == self.high else f"{figure(self.low)}/{figure(self.high)}"


def figure(number: float) -> str:
    """A number without a needless end.

    >>> figure(33e9), figure(0.08)
    ('33000000000', '0.08')
    """
    text = f"{number:.12g}"
    if "e" in text:
        text = f"{number:.0f}" if abs(number) >= 1 else f"{number:.15f}".rstrip("0")
    return text


def find_quantities(text: str, taken: Sequence[tuple[int, int]] = ()) -> tuple[Quantity, ...]:
    """The quantities of a sentence, but for what lies in the `taken` places (its dates)."""
    plain = folded(text)
    found: list[Quantity] = []
    told = list[Quantity]()
    for start, end, value, unit, sort in in_words(plain):
        if not any(start < last and first < end for first, last in [*taken, *((one.start, one.end) for one in told)]):
            told.append(Quantity(start, end, value, value, unit, sort, plain[start:end]))
    taken = [*taken, *((one.start, one.end) for one in told)]
    at = 0
    while match := _next(plain, at):
        at = max(match.end("number"), match.start() + 1)
        if any(match.start("number") < end and first < match.end() for first, end in taken):
            continue
        quantity = None if _is_name(plain, match) else _quantity(plain, match, found[-1] if found else None)
        if quantity is not None:
            found.append(quantity)
            at = quantity.end
    told = [one for one in told if not any(one.start < other.end and other.start < one.end for other in found)]
    return with_roles(plain, sorted([*found, *told], key=lambda one: one.start))


def _next(plain: str, at: int) -> re.Match[str] | None:
    """The next quantity, or number without a unit: where a number begins, with the sign before it."""
    rules = grammar()
    while begins := rules.begin.search(plain, at):
        first = begins.start()
        sign = rules.sign.search(plain, max(at, first - 8), first)
        match = (rules.whole.match(plain, sign.start()) if sign else None) or rules.whole.match(plain, first)
        if match is not None:
            return match
        at = begins.end()
    return None


@cache
def _names() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in table("quantities")["names"]["words"])
    return re.compile(rf"(?<![\w-])(?:{words})\s$")


def _is_name(plain: str, match: re.Match[str]) -> bool:
    """Whether a number belongs to a name: Boeing 747, Article 5, Resolution 1929."""
    return match["sign"] is None and _names().search(plain[max(0, match.start() - 14) : match.start()]) is not None


_ELLIPTIC = {"million", "billion", "trillion", "bn", "mn"}
_PART = re.compile(r" of (?:those|these|them|which)\b", re.IGNORECASE)
_OF_WHICH = re.compile(r"\bof (?:which|those|these|them),? (?:about |some |around |roughly |nearly )?$", re.IGNORECASE)


def _elliptic(plain: str, match: re.Match[str], before: Quantity | None) -> Quantity | None:
    """A number alone, in the unit of the quantity before it: millions or billions, or a part of it."""
    if before is None or before.sort in {"time", "share", "factor"}:
        return None
    part = match["number"][0].isdigit() and (
        _PART.match(plain, match.end()) is not None or _OF_WHICH.search(plain[: match.start()]) is not None
    )
    if (match["scale"] or "").lower() not in _ELLIPTIC and not part:
        return None
    value = amount(match["number"], match["scale"], match["more"])
    return replace(before, start=match.start(), end=match.end(), low=value, high=value, text=match.group(), role="")


def _quantity(plain: str, match: re.Match[str], before: Quantity | None = None) -> Quantity | None:
    scale, code, unit = match["scale"], _money(match), match["unit"]
    if code is None and unit is None:
        return _elliptic(plain, match, before)
    if scale and scale.lower() in {"m", "b", "k"} and code is None and unit is None:
        return None
    low, high, end = _ends(plain, match)
    if end < match.end():  # the second number is a quantity of its own
        unit = None
        if code is None:
            return None
    factor, label, sort = (1.0, code, "money") if code else _unit(match)
    label, end, sort = _divided(plain, match.start(), end, label, sort)
    if label.startswith("percent/"):
        label = "percent" if _is_interest(plain) else label.replace("percent", "%")
    return Quantity(match.start(), end, low * factor, high * factor, label, sort, plain[match.start() : end])


def _money(match: re.Match[str]) -> str | None:
    """The currency of the sign before a number."""
    rules, sign = table("quantities"), match["sign"]
    if sign is None:
        return None
    if sign.upper() in rules["lettered"] and len(sign) == 1:
        return str(rules["lettered"][sign.upper()]) if match["scale"] and sign.isupper() else None
    known = _signs().get(sign.lower())
    return known or (sign if sign in rules["codes"]["codes"] else None)


@cache
def _signs() -> Mapping[str, str]:
    return {sign.lower(): code for sign, code in table("quantities")["signs"].items()}


_RANGING = re.compile(
    r"\b(?:rang\w+|anywhere|var(?:y|ies|ied|ying)|somewhere|priced?|prices|between) from $", re.IGNORECASE
)


def _ends(plain: str, match: re.Match[str]) -> tuple[float, float, int]:
    """Both ends of a range and where it ends; of a change `from 5 to 8` only what it comes to."""
    scale = match["scale"]
    low = high = amount(match["number"], scale, match["more"])
    if not match["high"]:
        return low, high, match.end()
    high = amount(match["high"], match["highscale"])
    if match["highscale"] and not scale:
        low = amount(match["number"], match["highscale"])
    elif scale and not match["highscale"]:
        high = amount(match["high"], scale)
    before, gap = plain[max(0, match.start() - 24) : match.start()], plain[match.end("number") : match.start("high")]
    if re.search(r"(?i)\bfrom $", before) and " to " in gap and not _RANGING.search(before):
        return high, high, match.end()
    if not low < high:
        if match["sign"] and not match["unit"] and re.search("[^\\w\\s,.-]", gap):
            return (
                low,
                low,
                match.end("more") if match["more"] else match.end("scale") if scale else match.end("number"),
            )
        high = low
    return low, high, match.end()


def _is_interest(plain: str) -> bool:
    return (
        re.search(r"(?i)\b(?:interest|coupon|lent|loans?|credits?|borrow\w*|libor|repa\w+|yield\w*)\b", plain)
        is not None
    )


def localised(one: Quantity, states: Sequence[str]) -> Quantity:
    """Money whose name several states share (rupees, pounds), as that of the first of `states` that has it."""
    for name, codes in table("quantities")["local"].items():
        named = re.search(rf"(\w*)[ -]?\b{name}", one.text, re.I) if one.sort in {"money", "price"} else None
        if named is not None and not re.match("[A-Z][a-z]", named.group(1)):
            code = next((codes[state] for state in states if state in codes), None)
            if code is not None:
                return replace(one, unit="/".join([code, *one.unit.split("/")[1:]]))
    return one


_SORTS = {
    "percent": "share",
    "km": "length",
    "yr": "time",
    "week": "time",
    "day": "time",
    "h": "time",
    "count": "count",
}


def _unit(match: re.Match[str]) -> tuple[float, str, str]:
    """Factor, label and sort of what stands after the number."""
    index = next(int(key[1:]) for key, found in match.groupdict().items() if found and re.fullmatch(r"u\d+", key))
    _, factor, label, sort = unit_names()[index]
    return factor, label, sort or _SORTS.get(label, "flow" if "/" in label else "amount")


_TIMES = {"yr", "month", "week", "day", "h"}


def _divided(plain: str, start: int, end: int, label: str, sort: str) -> tuple[str, int, str]:
    """What a quantity is divided by: a year, a kilometre, 1,000 cubic metres; right after it or further on."""
    rules = grammar()
    for _ in range(2):
        match = rules.per.match(plain, end)
        if match is None or sort in {"time", "factor"}:
            break
        by = rules.by[next(int(key[1:]) for key, found in match.groupdict().items() if found)]
        if (sort == "share" and by != "yr") or by in label.split("/"):
            break
        time = by in _TIMES
        label, end = f"{label}/{by}", match.end()
        sort = "flow" if time and sort in {"amount", "flow", "length", "count"} else "money" if time else "price"
    if "/" in label or sort not in {"money", "amount", "count"}:
        return label, end, sort
    by = _measured_before(plain[:start]) if sort == "money" else ""
    if by:
        return f"{label}/{by}", end, "price"
    by = _rate_apart(plain, start, end, sort)
    return (f"{label}/{by}", end, "flow" if sort != "money" else sort) if by else (label, end, sort)


def _measured_before(before: str) -> str:
    """What a price is by where that is named before it: `the price per barrel fell to $60`."""
    if not (before.startswith(("A ", "An ", "One ", "Each ", "Every ")) or re.search(" (?:per|of|for) ", before)):
        return ""
    match = grammar().measure.search(before)
    if match is None:
        return ""
    return grammar().by[next(int(key[1:]) for key, found in match.groupdict().items() if found)]


_EACH = re.compile(r"(?i)\b(?:each|every) (year|month|week|day)\b[^;:.$€£\d]{0,60}$")
_ADJECTIVE = re.compile(
    r"(?i)\b(annual|yearly|monthly|weekly|daily) (?P<what>(?:[a-z-]+ ){0,4}?)(?:(?:of|at|to|by|worth|is|was|be|are|were|reach\w*|exceed\w*|"  # noqa: E501
    r"total\w*|average\w*) )?(?:(?:about|some|around|roughly|nearly|almost|up to|at least|over|only|more than|less than|as much as) )*$"  # noqa: E501
)
_YEARLY = re.compile(
    r"(?i)\b(?:fees?|payments?|rents?|revenues?|incomes?|savings?|earnings|subsid\w+|costs?|lev\w+|instal\w+|repayments?|royalt\w+|interest|wages?|salar\w+|tolls?|budget|profits?|loss\w*|sum|turnover|benefits?|aid|amount)\b"
)
_OF_TIME = {"annual": "yr", "yearly": "yr", "monthly": "month", "weekly": "week", "daily": "day", "year": "yr"}


def _rate_apart(plain: str, start: int, end: int, sort: str) -> str:
    """A rate of time that does not stand right after the amount: `30 bcm to China annually`, `annual fees of $2 million`."""  # noqa: E501
    rules, before = grammar(), plain[max(0, start - 90) : start]
    if (match := rules.far.match(plain, end)) is not None:
        return rules.by[next(int(key[1:]) for key, found in match.groupdict().items() if found)]
    if (found := _EACH.search(before)) is not None:
        return _OF_TIME.get(found.group(1).lower(), found.group(1).lower())
    match = _ADJECTIVE.search(before)
    if match is not None and (sort != "money" or not match["what"] or _YEARLY.search(match["what"])):
        return _OF_TIME[match.group(1).lower()]
    return ""


_DIMENSIONLESS: Mapping[str, float] = {"percent": 0.01, "count": 1.0, "times": 1.0, "person": 1.0, "": 1.0}


@lru_cache(maxsize=65536)
def comparable(value: str, unit: str) -> tuple[tuple[float, ...], tuple[tuple[str, int], ...]] | None:
    """A quantity as figures in base units and powers of dimensions, so that two can be held against each other.

    >>> comparable("350", "USD/(1000 m3)") == comparable("0.35", "USD/m3")
    True
    """
    words = unit.strip().replace("(t km)", "tkm").replace("per cent", "percent").replace("(t*km)", "tkm")
    words = re.sub(r"\bkm2\b|\bkm²", "(km*km)", re.sub(r"\bha\b", "(0.01 km*km)", words))
    try:
        numbers = tuple(float(part) for part in re.split(r"/|(?<=\d)-|\.\.", value.strip()) if part)
        if words in _DIMENSIONLESS:
            factor, powers = _DIMENSIONLESS[words], tuple[tuple[str, int], ...]()
        else:
            parsed = parse_unit(words.replace("percent", "%").replace("count", "1"))
            factor, powers = parsed.factor, tuple(one for one in parsed.powers if one[0] not in {"people", "trains"})
    except (ValueError, UnitError):
        return None
    if not numbers:
        return None
    return tuple(float(f"{number * factor:.9g}") for number in numbers), powers
