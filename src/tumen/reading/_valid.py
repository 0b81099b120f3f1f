"""What is wrong with a value that a person wrote: in a draft, or in a table of claims marked by hand.

Each function gives the rest of a message, or nothing where the value is right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from tumen.case import parse_unit
from tumen.errors import UnitError, did_you_mean
from tumen.reading._actors import codes, codes_in, find_actors
from tumen.reading._calendar import ends_of
from tumen.reading._quantities import comparable
from tumen.reading._tables import table

__all__ = ["actor_wrong", "date_wrong", "day_wrong", "name_wrong", "number_wrong", "unit_wrong"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_FORMS = "write it as 2014-05-31, 2014-05, 2014, or an interval with a slash: 2014-05/2015, 2014/.., ../2014"


def name_wrong(text: str, what: str, valid: Iterable[str]) -> str:
    """What is wrong with a name of a list.

    >>> name_wrong("pln", "kind of claim", ["plan", "pledge"])
    '`pln` is no kind of claim; did you mean plan?'
    """
    valid = tuple(valid)
    return "" if text in valid else f"`{text[:60]}` is no {what}; {did_you_mean(text, valid)}"


def actor_wrong(text: str) -> str:
    """What is wrong with the code of a state.

    >>> actor_wrong("Russia")
    '`Russia` is no code of a state; did you mean RUS?'
    """
    if text in codes():
        return ""
    named = codes_in(find_actors(text[:80], 9999))
    near = f"did you mean {named[0]}?" if named else did_you_mean(text[:80].upper(), codes())
    told = near if near.startswith("did") else "ISO codes of three letters are expected, such as RUS or KOR"
    return f"`{text[:60]}` is no code of a state; {told}"


def day_wrong(text: str) -> str:
    """What is wrong with a day."""
    return "" if _is_day(text) else f"`{text[:60]}` is no day; write it as YYYY-MM-DD, such as 2014-05-31"


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and dt.date.fromisoformat(text) is not None
    except ValueError:
        return False


def date_wrong(text: str) -> str:
    """What is wrong with an ISO day, month or year, or an interval of them.

    >>> date_wrong("2014-02/.."), date_wrong("2015/2014")
    ('', '`2015/2014` ends before it begins; put the earlier one first')
    """
    parts = text.split("/")
    formed = len(parts) <= 2 and all(part == ".." or _DATE.fullmatch(part) for part in parts) and set(parts) != {".."}
    if not formed:
        return f"`{text[:60]}` is no date; {_FORMS}"
    try:
        first, last = ends_of(text)
    except ValueError:  # a thirteenth month
        return f"`{text[:60]}` is no date of the calendar; {_FORMS}"
    if not all(day == ".." or _is_day(day) for day in (first, last)):
        return f"`{text[:60]}` is no date of the calendar; {_FORMS}"
    if ".." not in (first, last) and last < first:
        return f"`{text}` ends before it begins; put the earlier one first"
    return ""


def number_wrong(text: str) -> str:
    """What is wrong with a figure, or with two that have a slash between them.

    >>> number_wrong("350/390"), number_wrong("1,900")
    ('', '`1,900` is no number; write it without separators, or two with a slash, as in 350/390')
    """
    parts = text.split("/")
    if len(parts) > 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        return f"`{text[:60]}` is no number; write it without separators, or two with a slash, as in 350/390"
    if len(parts) == 2 and float(parts[1]) < float(parts[0]):
        return f"`{text[:60]}` ends below where it begins; put the smaller one first"
    return ""


def unit_wrong(text: str) -> str:
    """What is wrong with a unit; none at all is right."""
    if comparable("1", text) is not None or text.split("/")[0] in _money():
        return ""
    try:
        parse_unit(text.replace("percent", "%").replace("(t km)", "tkm"))
    except UnitError as error:
        return str(error)
    return f"`{text[:60]}` is no unit known here; units are such as USD, percent, count, km, t/yr, m3/yr, MW"


def _money() -> frozenset[str]:
    """The currencies that reading knows, some of which a case does not."""
    rules = table("quantities")
    return frozenset((*rules["codes"]["codes"], *rules["signs"].values(), *rules["currencies"].values()))
