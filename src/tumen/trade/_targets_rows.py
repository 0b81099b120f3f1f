"""CSV files that people type: rows with their line numbers, and amounts, years and dates as they are written.

A file may carry a byte order mark, have blank lines, columns in any order and names in any case. Commas stand between
columns: where semicolons do, decimals have commas, and "1,234" could be either. An amount may have separators of
thousands ("1,234.5", "1 234.5") and may say that it is in dollars or billions ("$29.1bn"); any other currency or unit
is a problem, never guessed at.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tumen.errors import CaseError, did_you_mean

__all__ = ["Line", "amount", "currency_problem", "lines", "month_of", "whole_year"]

Line = tuple[int, dict[str, str]]  # the number of its line, and its cells by column

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_AMOUNT = re.compile(
    r"(?P<before>[^\d\s.+-]+)?\s*(?P<number>[+-]?(?:\d{1,3}(?:[,\s'’]\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)"
    r"\s*(?P<after>\D.*)?",
    re.IGNORECASE,
)
_DOLLARS = {"", "usd", "us$", "$", "us dollar", "us dollars", "u.s. dollars", "dollar", "dollars"}
_BILLIONS = {"bn", "billion", "billions", "b"}
_BILLION_WORD = re.compile(r"\s*\b(bn|billion)\b\s*")
_CURRENCY = re.compile(
    r"\b(?:[a-z]{3}|euros?|yuan|renminbi|rou?bles?|rubles?|rupees?|pounds?|sterling|lira|dirhams?|tenge|rand|reais|real|riyals?)\b"
)
_OTHER_SIZES = {"k", "m", "mn", "mln", "million", "millions", "musd", "thousand", "tn", "trillion", "trillions"}
_VOID = {"", "na", "n/a", "nan", ".", "..", "-", "–", "?", "none", "null"}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def lines(path: Path | str, columns: Sequence[str]) -> list[Line]:
    """The rows of a file that are not blank. Raises CaseError for a file without these columns, or that is no text."""
    where = Path(path)
    try:
        text = _decoded(where.read_bytes())
    except (OSError, UnicodeError) as error:
        what = getattr(error, "strerror", None) or "the file is not text; save it as CSV in UTF-8"
        raise CaseError([f"{where}: {what}"]) from error
    if "\0" in text:
        raise CaseError([f"{where}: the file is not text; save it as CSV in UTF-8"])
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.count(",") < max(first.count(";"), first.count("\t")):
        raise CaseError([f"{where}: no commas stand between columns; save it as CSV with commas, decimals with points"])
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    found: list[Line] = []
    try:
        ended = 0
        for cells in reader:
            line, ended = ended + 1, reader.line_num  # a cell in quotation marks may go over several lines
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().casefold() for cell in cells]
                _check(where, header, columns)
                continue
            cells += [""] * (len(header) - len(cells))
            found.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}))
    except csv.Error as error:
        raise CaseError([f"{where}: line {reader.line_num}: {error}"]) from error
    if not header:
        raise CaseError([f"{where}: the file is empty; expected the columns {', '.join(columns)}"])
    return found


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252")  # what a spreadsheet of Western Europe writes


def _check(where: Path, header: list[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    twice = sorted({name for name in columns if header.count(name) > 1})
    problems = [f"{where}: there is no column {name}; {did_you_mean(name, header)}" for name in missing]
    problems += [f"{where}: the column {name} stands there twice" for name in twice]
    if problems:
        raise CaseError(problems)


def amount(text: str, what: str) -> tuple[float, str]:
    """A number of USD billion that is above 0, and what is wrong with it; "" if nothing is.

    >>> amount("1,234.5", "base"), amount("US$ 29.1bn", "base")
    ((1234.5, ''), (29.1, ''))
    >>> print(amount("10 EUR", "base_value_usd_bn")[1])
    base_value_usd_bn is '10 EUR', in EUR; expected USD: convert it at the rate of that year
    """
    if text.casefold() in _VOID:
        return math.nan, f"{what} is missing; expected USD billion, such as 29.1"
    minus = text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")
    match = _AMOUNT.fullmatch(minus.strip())
    if match is None:
        advice = "a point, not a comma, before decimals" if "," in text else "a number of USD billion"
        return math.nan, f"{what} is {text!r}, which is no number; expected {advice}, such as 29.1"
    words = [word for word in re.split(r"[\s/]+", f"{match['before'] or ''} {match['after'] or ''}".casefold()) if word]
    rest = " ".join(word for word in words if word not in _BILLIONS)
    if rest not in _DOLLARS:
        return math.nan, _foreign(text, rest, what)
    value = float(re.sub(r"[,\s'’]", "", match["number"]))
    if not math.isfinite(value):
        return math.nan, f"{what} is {text}; expected USD billion, such as 29.1"
    if value <= 0:
        return math.nan, f"{what} is {value:g}; expected an amount above 0, in USD billion"
    return value, ""


def _foreign(text: str, rest: str, what: str) -> str:
    """What is wrong with an amount that has other words or signs about its number."""
    if set(rest.split()) & _OTHER_SIZES:
        return f"{what} is {text!r}; expected billions: write the amount in USD billion"
    if _CURRENCY.search(rest) or any(unicodedata.category(c) == "Sc" for c in rest):
        return f"{what} is {text!r}, in {rest.upper()}; expected USD: convert it at the rate of that year"
    return f"{what} is {text!r}, which is no number; expected USD billion with a point before decimals, such as 29.1"


def currency_problem(row: dict[str, str]) -> str:
    """What is wrong with the columns that name a currency; "" if nothing is."""
    for name, text in row.items():
        named = name == "currency" or name.startswith("currency_") or name.endswith("_currency")
        if named and _BILLION_WORD.sub("", text.casefold()).strip() not in _DOLLARS:
            return f"{name} is {text!r}; expected USD: convert the amounts at the rate of their year"
    return ""


def whole_year(text: str, what: str) -> tuple[int, str]:
    """A calendar year, and what is wrong with it; "" if nothing is.

    >>> whole_year("2010.0", "base_year"), whole_year("FY2015", "base_year")[1]
    ((2010, ''), "base_year is 'FY2015'; expected a year such as 2015")
    """
    if text.casefold() in _VOID:
        return 0, f"{what} is missing; expected a year such as 2015"
    match = re.fullmatch(r"(\d{4})(?:\.0*)?", text)
    if match is None or not 1900 <= int(match[1]) <= 2100:
        return 0, f"{what} is {text!r}; expected a year such as 2015"
    return int(match[1]), ""


def month_of(text: str, what: str) -> tuple[str, str]:
    """The month "YYYY-MM" of a date YYYY, YYYY-MM or YYYY-MM-DD, and what is wrong; a year alone stands for its July.

    >>> month_of("2006-03-21", "announced_date"), month_of("2006", "announced_date")
    (('2006-03', ''), ('2006-07', ''))
    """
    expected = "expected YYYY-MM-DD, YYYY-MM or YYYY"
    if text.casefold() in _VOID:
        return "", f"{what} is missing; {expected}"
    match = _DATE.fullmatch(text)
    if match is None or not 1900 <= int(match[1]) <= 2100:
        return "", f"{what} is {text!r}; {expected}"
    year, month, day = match[1], int(match[2] or 7), int(match[3] or 1)
    if not 1 <= month <= 12:
        return "", f"{what} is {text!r}, but there is no month {month}; {expected}"
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    if not 1 <= day <= (28 if month == 2 and not leap else _DAYS[month - 1]):
        return "", f"{what} is {text!r}, but that month has no day {day}; {expected}"
    return f"{year}-{month:02d}", ""
