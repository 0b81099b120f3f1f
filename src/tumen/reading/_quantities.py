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
from functools import cache

from tumen.case import parse_unit
from tumen.errors import UnitError
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


@cache
def _grammar() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The patterns of a quantity, of what it is divided by, and of a number with a sign for a range's second half."""
    rules = table("quantities")
    small = [word for word in rules["numbers"] if word != "hundred"]
    spelt = rf"(?:(?:{'|'.join(small)})(?:-(?:{'|'.join(small[:9])}))?|half an?|an?(?= (?:hundred|thousand|million|billion|trillion|dozen)\b))"  # noqa: E501
    number = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|{spelt})"
    signs = "|".join(re.escape(sign) for sign in sorted(rules["signs"], key=len, reverse=True))
    scale = "|".join(sorted(rules["scales"], key=len, reverse=True))
    units = "|".join(
        f"(?P<u{index}>{pattern})"
        for index, pattern in enumerate([*rules["small"], *rules["currencies"], *rules["units"]])
    )
    sign, many = rf"(?:(?P<sign>(?<![A-Za-z]){signs})\s?)", rf"(?:(?:[ -]?(?P<scale>{scale})\b(?!\.\w))(?: (?P<more>million|billion|trillion)\b)?)"  # fmt: skip  # noqa: E501
    again = rf"(?:\s?(?:-|to|and|or)\s?(?:{signs})?\s?(?P<high>{number})(?:[ -]?(?P<highscale>{scale})\b)?)"
    unit = rf"(?:[ -]?(?P<unit>{units})(?![A-Za-z0-9]))"
    whole = rf"(?<![\w.,]){sign}?(?P<number>(?<![\w$€£]){number}|{number}){many}?{again}?(?:{unit})?"
    per = "|".join(f"(?P<p{index}>{pattern})" for index, pattern in enumerate(rules["per"]))
    after = rf"(?:[ ,]?|(?: of [\w'-]+(?: [\w'-]+){{0,3}}?)|(?: (?:in|on) [\w'-]+(?: [\w'-]+)?)| of [A-Z][\w-]+ [\w-]+) ?(?:{per})(?![\w])"  # noqa: E501
    return re.compile(whole, re.I), re.compile(after, re.I), re.compile(number, re.I)


def find_quantities(text: str, taken: Sequence[tuple[int, int]] = ()) -> tuple[Quantity, ...]:
    """The quantities of a sentence, but for what lies in the `taken` places (its dates)."""
    plain = folded(text)
    found: list[Quantity] = []
    pattern, _, _ = _grammar()
    at = 0
    while match := pattern.search(plain, at):
        at = max(match.end(), at + 1)
        if any(match.start("number") < end and first < match.end() for first, end in taken):
            at = match.end("number")
            continue
        quantity = _quantity(plain, match, found[-1] if found else None)
        if quantity is not None:
            found.append(quantity)
            at = quantity.end
    found += _worded(plain, found, taken)
    return _with_roles(plain, sorted(found, key=lambda one: one.start))


def _amount(number: str, *scales: str | None) -> float:
    words = number.lower().strip()
    numbers = table("quantities")["numbers"]
    if words[0].isdigit():
        value = float(words.replace(",", ""))
    elif words.startswith("half"):
        value = 0.5
    elif words in {"a", "an"}:
        value = 1.0
    else:
        value = float(sum(numbers[part] for part in words.split("-")))
    for scale in scales:
        value *= float(table("quantities")["scales"][scale.lower()]) if scale else 1.0
    return value


def _elliptic(plain: str, match: re.Match[str], before: Quantity | None) -> Quantity | None:
    """A number of millions or billions alone, in the unit of the quantity before it."""
    if before is None or (match["scale"] or "").lower() not in {"million", "billion", "trillion", "bn", "mn"}:
        return None
    value = _amount(match["number"], match["scale"], match["more"])
    return replace(before, start=match.start(), end=match.end(), low=value, high=value, text=match.group(), role="")


def _quantity(plain: str, match: re.Match[str], before: Quantity | None = None) -> Quantity | None:
    scale, sign, unit = match["scale"], match["sign"], match["unit"]
    if sign is None and unit is None:
        return _elliptic(plain, match, before)
    if scale and scale.lower() in {"m", "b", "k"} and sign is None and _index(match) is None:
        return None
    low = _amount(match["number"], scale, match["more"])
    high = low
    if match["high"]:
        high = _amount(match["high"], match["highscale"], None)
        if match["highscale"] and not scale:
            low = _amount(match["number"], match["highscale"])
        elif scale and not match["highscale"]:
            high = _amount(match["high"], scale)
        if not low < high:
            high = low
    factor, label, sort = _unit(match, plain)
    end = match.end()
    label, end, sort = _divided(plain, end, label, sort)
    if label.startswith("percent/"):
        label = label.replace("percent", "%")
    return Quantity(match.start(), end, low * factor, high * factor, label, sort, plain[match.start() : end])


def localised(one: Quantity, states: Sequence[str]) -> Quantity:
    """Money whose name several states share (rupees, pounds), as that of the first of `states` that has it."""
    for name, codes in table("quantities")["local"].items():
        if one.sort in {"money", "price"} and re.search(rf"\b{name}", one.text, re.I):
            code = next((codes[state] for state in states if state in codes), None)
            if code is not None:
                return replace(one, unit="/".join([code, *one.unit.split("/")[1:]]))
    return one


def _index(match: re.Match[str]) -> int | None:
    return next((int(name[1:]) for name, found in match.groupdict().items() if name[0] == "u" and name[1:].isdigit() and found), None)  # fmt: skip  # noqa: E501


def _unit(match: re.Match[str], plain: str) -> tuple[float, str, str]:
    """Factor, label and sort of what stands after the number, or of the sign before it."""
    rules = table("quantities")
    if match["sign"]:
        signs: Mapping[str, str] = rules["signs"]
        return 1.0, next(code for sign, code in signs.items() if sign.lower() == match["sign"].lower()), "money"
    index = _index(match) or 0
    names = [*rules["small"], *rules["currencies"], *rules["units"]]
    name = names[index]
    if index < len(rules["small"]):
        return 0.01, rules["small"][name], "money"
    if index < len(rules["small"]) + len(rules["currencies"]):
        return 1.0, rules["currencies"][name], "money"
    factor, label = rules["units"][name]
    sorts = {"percent": "share", "km": "length", "yr": "time", "week": "time", "day": "time", "h": "time", "count": "count"}  # fmt: skip  # noqa: E501
    return float(factor), label, sorts.get(label, "amount")


def _divided(plain: str, end: int, label: str, sort: str) -> tuple[str, int, str]:
    """What a quantity is divided by: a year, a kilometre, 1,000 cubic metres."""
    _, per, _ = _grammar()
    names = list(table("quantities")["per"].values())
    for _ in range(2):
        match = per.match(plain, end)
        if match is None:
            break
        index = next(int(name[1:]) for name, found in match.groupdict().items() if found and name[0] == "p")
        by = names[index]
        if sort == "time" or (sort == "share" and by != "yr"):
            break
        time = by in {"yr", "month", "week", "day", "h"}
        label = f"{label}/{by}"
        end = match.end()
        sort = "flow" if time and sort in {"amount", "flow", "length", "count"} else "money" if time else "price"
    return label, end, sort


def _worded(plain: str, found: Sequence[Quantity], taken: Sequence[tuple[int, int]]) -> list[Quantity]:
    """Shares and factors in words: `a tenth of`, `tripling`."""
    more, low = list[Quantity](), plain.lower()
    places = [(one.start, one.end) for one in found] + list(taken)
    for stems, pattern, value, unit, sort in _in_words():
        if not any(stem in low for stem in stems):
            continue
        for match in pattern.finditer(plain):
            if not any(match.start() < end and first < match.end() for first, end in places):
                more.append(Quantity(match.start(), match.end(), value, value, unit, sort, match.group()))
                places.append((match.start(), match.end()))
    return more


@cache
def _in_words() -> tuple[tuple[tuple[str, ...], re.Pattern[str], float, str, str], ...]:
    rules = table("quantities")
    rows = []
    for group, unit, sort in (("shares", "percent", "share"), ("factors", "times", "factor")):
        tail = r"\b(?= of\b| to\b| the\b|-)" if group == "shares" else r"\b"
        for words, value in rules[group].items():
            stems = tuple(re.match(r"(?:(?:a|an) )?[a-z]+", part).group() for part in words.split("|"))  # type: ignore[union-attr]
            pattern = re.compile(rf"\b(?:by (?:{words})\b|(?:{words}){tail})", re.IGNORECASE)
            rows.append((stems, pattern, float(value), unit, sort))
    return tuple(rows)


def _with_roles(plain: str, found: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Mark where a change begins, and what is the same sum in other money; the ends of `between` become one."""
    kept: list[Quantity] = []
    for index, one in enumerate(found):
        before = plain[max(0, one.start - 14) : one.start].lower()
        after = found[index + 1] if index + 1 < len(found) else None
        gap = plain[one.end : after.start].strip().lower() if after else ""
        last = kept[-1] if kept else None
        if after and re.search(r"\bfrom (?:about |some |around |nearly )?$", before) and re.match(r"(?:[\w ]{0,30} )?to(?: about| some| around| only)?$", gap):  # fmt: skip  # noqa: E501
            one = replace(one, role="from")
        elif (
            last
            and last.role == ""
            and last.sort == "money"
            and one.sort == "money"
            and last.unit.split("/")[0] != one.unit.split("/")[0]
        ):
            between = plain[last.end : one.start]
            if re.fullmatch(
                r"\s*[(,]\s*(?:or |about |some |around |roughly |equal to |then |worth |equivalent to |nearly |at the time )*",  # noqa: E501
                between,
            ):
                one = replace(one, role="also")
        elif (
            last
            and last.role == ""
            and last.unit == one.unit
            and last.low < one.low
            and re.search(r"\bbetween (?:about )?$", plain[max(0, last.start - 16) : last.start].lower())
            and plain[last.end : one.start].strip().lower() == "and"
        ):
            kept[-1] = replace(last, high=one.high, end=one.end, text=plain[last.start : one.end])
            continue
        elif (
            last
            and last.role == ""
            and last.unit.split("/")[0] == one.unit.split("/")[0]
            and re.fullmatch(r",? from (?:about |some |around |nearly )?", plain[last.end : one.start])
        ):
            one = replace(one, role="from")
        kept.append(one)
    return tuple(kept)


_DIMENSIONLESS: Mapping[str, float] = {"percent": 0.01, "count": 1.0, "times": 1.0, "person": 1.0, "": 1.0}


def comparable(value: str, unit: str) -> tuple[tuple[float, ...], tuple[tuple[str, int], ...]] | None:
    """A quantity as figures in base units and powers of dimensions, so that two can be held against each other.

    >>> comparable("350", "USD/(1000 m3)") == comparable("0.35", "USD/m3")
    True
    """
    words = unit.strip().replace("(t km)", "tkm").replace("per cent", "percent").replace("(t*km)", "tkm")
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
