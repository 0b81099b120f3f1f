"""The grammar of figures: numbers with their scale words, signs and units of money, and what they are divided by.

It is put together from the table `quantities`; nothing here knows a word of its own but articles and prepositions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tumen.reading._tables import table

__all__ = ["Grammar", "amount", "grammar", "unit_names"]

_SCALED = r"(?= (?:hundred|thousand|million|billion|trillion|dozen|crore|lakh)\b)"
_DIGIT = r"(?=\s?\d)"
_HALVED = {"half": 0.5, "quarter": 0.25, "½": 0.5, "¼": 0.25, "¾": 0.75, "1/2": 0.5}


@dataclass(frozen=True, slots=True)
class Grammar:
    """The patterns.

    `whole` is a quantity, `begin` where a number begins, `sign` what may stand before it, `per` what it is divided by,
    right after it, `far` a rate of time further on in its clause, `measure` what a price is by, named before the price.
    """

    whole: re.Pattern[str]
    begin: re.Pattern[str]
    sign: re.Pattern[str]
    per: re.Pattern[str]
    far: re.Pattern[str]
    measure: re.Pattern[str]
    by: tuple[str, ...]


@cache
def grammar() -> Grammar:
    """The patterns of the table, built once."""
    rules = table("quantities")
    names = [rf"(?P<p{i}>{one})" for i, one in enumerate([*rules["per"], *rules["rates"], *rules["adverbs"]])]
    first, second = len(rules["per"]), len(rules["per"]) + len(rules["rates"])
    guards = rules["guards"]
    article = r"(?:(?:an?|per|each|every|the|for(?: an?| each| every| one)?|(?:to|on) (?:the|each|every))[ -]|/ ?)"
    measure = rf"{article}(?:{'|'.join(names[:first])})(?!\w){guards['measure']}"
    rate = (
        rf"(?:(?:(?:an?|per|each|every)[ -]|/ ?)(?:{'|'.join(names[first:second])})|{'|'.join(names[second:])})"
        rf"(?!\w){guards['rate']}"
    )
    filled = (
        r"(?:[ ,-]?|(?: of [\w'-]+(?: [\w'-]+){0,3}?)|(?: (?:in|on) [\w'-]+(?: [\w'-]+)?)| of [A-Z][\w-]+ [\w-]+) ?"
    )
    word = r"(?!(?:and|but|that|which|who|while|as|if|than|or|when|plus|from|until)\b)[A-Za-z'-]+"
    return Grammar(
        re.compile(_whole(), re.IGNORECASE),
        re.compile(rf"\d|(?<![\w-]){_spelt_out()}(?!\w)", re.IGNORECASE),
        re.compile(_sign().replace(_DIGIT, "") + "$", re.IGNORECASE),
        re.compile(rf"{filled}(?:{measure}|{rate})", re.IGNORECASE),
        re.compile(rf" (?:{word} ){{1,8}}?{rate}", re.IGNORECASE),
        re.compile(
            rf"(?:^(?:an?|one|each|every) |\bper |\bfor (?:an? |each |every |one )|\b(?:price|cost|value|charge|fee|tariff) of (?:an? |each |every |one )?)"  # noqa: E501
            rf" ?(?:{'|'.join(names[:first])})(?!\w)[^.;$€£]{{0,60}}$",
            re.IGNORECASE,
        ),
        (*rules["per"].values(), *rules["rates"].values(), *rules["adverbs"].values()),
    )


def _whole() -> str:
    """A number with its sign, scale, second half of a range, and unit."""
    rules = table("quantities")
    number, scale = _number(), "|".join(sorted(rules["scales"], key=len, reverse=True))
    signs = "|".join(re.escape(sign) for sign in sorted(rules["signs"], key=len, reverse=True))
    sign = _sign()
    many = rf"(?:(?:[ -]?(?P<scale>{scale})\b(?!\.\w|/d\b))(?: (?P<more>million|billion|trillion)\b)?)"
    again = rf"(?:\s?(?:-|to|and|or)\s?(?:{signs})?\s?(?P<high>{number})(?:[ -]?(?P<highscale>{scale})\b)?)"
    units = "|".join(f"(?P<u{i}>{pattern})" for i, (pattern, *_) in enumerate(unit_names()))
    unit = rf"(?:[ -]{{0,2}}(?P<unit>{units})(?![A-Za-z0-9]))"
    return rf"(?<![\w.,:])(?<![A-Za-z]-){sign}?(?P<number>(?<![\w$€£]){number}|{number}){many}?{again}?(?:{unit})?"


def _sign() -> str:
    rules = table("quantities")
    signs = "|".join(re.escape(sign) for sign in sorted(rules["signs"], key=len, reverse=True))
    return rf"(?:(?P<sign>(?<![A-Za-z])(?:{signs}|(?-i:[A-Z]{{3}}|(?:{'|'.join(rules['lettered'])})){_DIGIT}))\s?)"


def _spelt_out() -> str:
    """Numbers in words."""
    numbers = [word for word in table("quantities")["numbers"] if word != "hundred"]
    spelt = rf"(?:{'|'.join(numbers)})(?:-(?:{'|'.join(numbers[:9])}))?(?![a-z])"
    hundreds = rf"(?:an?|{'|'.join(numbers[:9])}) hundred and {spelt}"
    return (
        rf"(?:{hundreds}|{spelt}|half an?|half{_SCALED}|half(?=-(?:million|billion|trillion)\b)|"
        rf"(?:a quarter|three[ -]quarters) of an?{_SCALED}|an?{_SCALED})"
    )


def _number() -> str:
    words = _spelt_out()
    digits = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d.,]*\d)|\d+(?:\.\d+)?"
    return rf"(?:(?:{digits}|{words})(?:[ -]and[ -]a[ -](?:half|quarter)(?!\w)| ?[½¼¾]| 1/2)?)"


@cache
def unit_names() -> Sequence[tuple[str, float, str, str]]:
    """Every unit that may follow a number: its pattern, factor, name and, for money, `money`."""
    rules = table("quantities")
    adjective = rf"(?:(?!(?:{'|'.join(rules['adjectives']['not'])})\b)[a-z'-]+ )"
    rows = [(pattern, 0.01, code, "money") for pattern, code in rules["small"].items()]
    rows += [(pattern, 1.0, code, "money") for pattern, code in rules["currencies"].items()]
    rows += [(f"(?-i:{code})", 1.0, code, "money") for code in rules["codes"]["codes"]]
    rows += [
        (pattern.replace("{adj}", adjective), float(factor), unit, "")
        for pattern, (factor, unit) in rules["units"].items()
    ]
    return tuple(rows)


def amount(number: str, *scales: str | None) -> float:
    """The value of a number in digits or words, times its scale words.

    >>> amount("two and a half", "billion"), amount("1,285"), amount("twenty-five")
    (2500000000.0, 1285.0, 25.0)
    """
    rules = table("quantities")
    words, extra = number.lower().strip(), 0.0
    if tail := re.search(r"(?:[ -]and[ -]a[ -](half|quarter)| ?([½¼¾])| (1/2))$", words):
        words, extra = words[: tail.start()], _HALVED[next(part for part in tail.groups() if part)]
    value = (float(re.sub("[, ]", "", words)) if words[:1].isdigit() else _spelt(words)) + extra
    for scale in scales:
        value *= float(rules["scales"][scale.lower()]) if scale else 1.0
    return value


def _spelt(words: str) -> float:
    numbers = table("quantities")["numbers"]
    if words.startswith("half"):
        return 0.5
    if "quarter" in words:
        return 0.75 if words.startswith("three") else 0.25
    if " hundred and " in words:
        hundreds, _, rest = words.partition(" hundred and ")
        return 100 * _spelt(hundreds) + _spelt(rest)
    return 1.0 if words in {"a", "an"} else float(sum(numbers[part] for part in words.split("-")))
