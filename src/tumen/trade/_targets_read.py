"""Announced trade targets from a CSV file: what can be used, and every reason why a row cannot.

The columns are `id, country_a, country_b, announced_date, base_year, base_value_usd_bn, target_value_usd_bn,
target_year`, in any order; `pair` is read if it is there, other columns are not. A row with a problem is left out and
told of by line and id; the others are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tumen.trade._targets_places import code_of, members, nearest
from tumen.trade._targets_rows import Line, amount, currency_problem, lines, month_of, whole_year

__all__ = ["COLUMNS", "Targets", "growth", "parse", "read_targets"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

COLUMNS = (
    "id", "country_a", "country_b", "announced_date", "base_year", "base_value_usd_bn", "target_value_usd_bn",
    "target_year",
)  # fmt: skip
_MOST_BASE, _MOST_TARGET = 30_000.0, 300_000.0  # USD bn; all goods that the world traded in 2022 came to some 25,000
_MOST_TIMES = 100_000.0  # a target above so many times its base is in another unit
_LONGEST = 50  # years from the announcement


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Targets:
    """Announced targets of two-way trade, n of them; arrays are (n,) and read-only, amounts nominal MUSD.

    ids: one for each. a, b: codes of the two sides, countries or groups. month: of the announcement, "YYYY-MM".
    announced, base_year, by: calendar years. base, target: MUSD. pair: what shares its luck, "CHN-RUS". line: where
    it stands in the file.
    """

    ids: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    month: tuple[str, ...]
    announced: IntArray
    base_year: IntArray
    base: Array
    target: Array
    by: IntArray
    pair: tuple[str, ...]
    line: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        if not self.ids:
            return "no trade targets"
        years = f"announced {self.announced.min()} to {self.announced.max()}"
        shown = [
            f"  {i}  {a}-{b}  {month}  USD {base / 1e3:g} bn in {since}, {target / 1e3:g} bn by {by}"
            for i, a, b, month, base, since, target, by in zip(
                self.ids[:8], self.a, self.b, self.month, self.base, self.base_year, self.target, self.by, strict=False
            )
        ]
        more = [f"  ... and {len(self) - 8} more"] if len(self) > 8 else []
        return "\n".join([f"{len(self)} trade targets, {years}", *shown, *more])

    @property
    def horizon(self) -> IntArray:
        """Years from the base to the target (n,)."""
        return self.by - self.base_year

    def sides(self, at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The countries on the two sides of a target, as of its announcement; nobody trades with himself."""
        first, second = members(self.a[at], self.month[at]), members(self.b[at], self.month[at])
        if self.a[at] in second:
            second = tuple(c for c in second if c != self.a[at])
        elif self.b[at] in first:
            first = tuple(c for c in first if c != self.b[at])
        return first, second


@dataclass(frozen=True, slots=True)
class _Row:
    """One target that can be used."""

    id: str
    a: str
    b: str
    month: str
    base_year: int
    base: float
    target: float
    by: int
    pair: str
    line: int


def read_targets(path: Path | str) -> tuple[Targets, tuple[str, ...]]:
    """The targets of a file that can be used, and the problems of the rows that cannot, one line each.

    Raises CaseError for a file that cannot be read or lacks a column.
    """
    return parse(lines(path, COLUMNS), Path(path).name)


def parse(rows: Iterable[Line], name: str) -> tuple[Targets, tuple[str, ...]]:
    """As `read_targets`, of lines that are read already."""
    good: list[_Row] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        ident = row["id"]
        found, wrong = _parsed(line, row)
        if not ident:
            wrong.insert(0, "id is missing; expected a name that no other row bears")
        elif ident in seen:
            wrong.insert(0, f"the id stands already in line {seen[ident]}; give each row its own")
        seen.setdefault(ident, line)
        where = f"{name}: line {line}" + (f" ({ident})" if ident else "")
        problems += [f"{where}: {what}" for what in wrong]
        if found is not None and not wrong:
            good.append(found)
    return _targets(good), tuple(problems)


def growth(base: npt.ArrayLike, target: npt.ArrayLike, years: npt.ArrayLike) -> Array:
    """The yearly growth that takes the base to the target in so many years, as a fraction."""
    return np.asarray(np.expm1(np.log(np.divide(target, base)) / np.asarray(years)))[()]


def _parsed(line: int, row: dict[str, str]) -> tuple[_Row | None, list[str]]:
    """A row as a target, and all that is wrong with it."""
    sides, wrong = _two(row)
    month, bad_month = month_of(row["announced_date"], "announced_date")
    since, bad_since = whole_year(row["base_year"], "base_year")
    by, bad_by = whole_year(row["target_year"], "target_year")
    base, bad_base = amount(row["base_value_usd_bn"], "base_value_usd_bn")
    target, bad_target = amount(row["target_value_usd_bn"], "target_value_usd_bn")
    wrong += [what for what in (bad_month, bad_since, bad_by, bad_base, bad_target, currency_problem(row)) if what]
    said = int(month[:4]) if month else 0
    if month and since and since > said:
        wrong.append(f"base_year {since} is after the announcement in {said}; expected a year that was known then")
    if month and by and by < said:
        wrong.append(f"target_year {by} is before the announcement in {said}; expected that year or later")
    if since and by and by <= since:
        wrong.append(f"target_year {by} is not after base_year {since}")
    if month and by and by > said + _LONGEST:
        wrong.append(f"target_year {by} is {by - said} years after the announcement; expected {_LONGEST} at most")
    if not bad_base and not bad_target:
        wrong += _sizes(base, target)
    if wrong:
        return None, wrong
    a, b = sides
    pair = row.get("pair") or "-".join(sorted(sides))
    return _Row(row["id"], a, b, month, since, 1e3 * base, 1e3 * target, by, pair, line), []


def _two(row: dict[str, str]) -> tuple[tuple[str, str], list[str]]:
    """The codes of both sides."""
    codes, wrong = [], []
    for column in ("country_a", "country_b"):
        code = code_of(row[column])
        codes.append(code or "")
        if not row[column]:
            wrong.append(f"{column} is missing; expected three ISO letters as RUS, or a group as ASEAN")
        elif code is None:
            wrong.append(f"{column} is {row[column]!r}, which is no country or group; {nearest(row[column])}")
    if codes[0] and codes[0] == codes[1]:
        wrong.append(f"country_a and country_b are both {codes[0]}; expected two that trade with each other")
    return (codes[0], codes[1]), wrong


def _sizes(base: float, target: float) -> list[str]:
    """Amounts that cannot be in USD billion."""
    wrong = []
    for what, value, most in (("base_value", base, _MOST_BASE), ("target_value", target, _MOST_TARGET)):
        if value > most:
            wrong.append(f"{what}_usd_bn is {value:,g}, more than the world trades; expected USD billion, not million")
    if not wrong and target / base > _MOST_TIMES:
        wrong.append(f"the target is {target / base:,.0f} times the base; expected both in USD billion")
    return wrong


def _targets(rows: list[_Row]) -> Targets:
    def whole(values: list[int]) -> IntArray:
        return _fixed(np.array(values, dtype=np.int64))

    def real(values: list[float]) -> Array:
        array = np.array(values, dtype=np.float64)
        array.setflags(write=False)
        return array

    return Targets(
        ids=tuple(r.id for r in rows), a=tuple(r.a for r in rows), b=tuple(r.b for r in rows),
        month=tuple(r.month for r in rows), announced=whole([int(r.month[:4]) for r in rows]),
        base_year=whole([r.base_year for r in rows]), base=real([r.base for r in rows]),
        target=real([r.target for r in rows]), by=whole([r.by for r in rows]),
        pair=tuple(r.pair for r in rows), line=tuple(r.line for r in rows),
    )  # fmt: skip


def _fixed(array: IntArray) -> IntArray:
    array.setflags(write=False)
    return array
