"""What was known when a target was announced: the two-way flow and both GDPs, up to the year before.

A two-way flow is what each side reports to import from the other; an absent row is no figure, and with one direction
absent there is no sum. A group's flow, or GDP, is chained over its members (as of the announcement): with m the
members, or their directed flows, that have a figure in both years,

    level(T) = sum of all figures in T,     level(t − 1) = level(t) · sum_m x(t − 1) / sum_m x(t)

so that growth is that of the same members. A link holds if those in both years make up half of each year's sum; T is
the last year with such a link, and the chain ends before the first without. The forecast takes growth from here, and
the level from the target's base.

Figures of the announcement's year and later are dropped before anything is computed from them. What is negative or no
number is no figure, in whatever year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, did_you_mean
from tumen.trade._flow_panel import flow_panel
from tumen.trade._known import Known
from tumen.trade._loaders_read import existing, header, is_parquet, labels_of, layout_of, number, pieces
from tumen.trade._targets_places import capitals, code_of
from tumen.trade._targets_read import Targets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "chained", "known", "read_gdp", "read_panel", "what_was_known"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_PANEL: Mapping[str, Sequence[str]] = {
    "value": ("year", "exporter", "importer", "value"),
    "imports_musd": ("year", "exporter", "importer", "imports_musd"),
}
_GDP: Mapping[str, Sequence[str]] = {
    "with indicators": ("iso3", "year", "usd", "indicator"),
    "GDP alone": ("iso3", "year", "usd"),
}
_MOST = 1e30  # above any amount in any currency; sums of such amounts cannot overflow
_LOG_MOST = 300.0
_POTENTIAL = 10  # years up to the last of a history in which a gap to potential matters
_LINKED = 0.5  # of each year's sum, by members with figures in both years


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Figures by year and country: values (year, ...country), MUSD, NaN for none; read-only.

    The last place of each axis of countries is of those who have no figures. notes: what was not read, in words.
    """

    first: int
    places: Mapping[str, int]
    values: Array
    notes: tuple[str, ...] = ()

    def at(self, codes: Iterable[str]) -> IntArray:
        """Where countries stand."""
        return np.array([self.places.get(code, len(self.places)) for code in codes], dtype=np.int64)

    def during(self, years: Sequence[int]) -> Array:
        """The values in consecutive years, NaN where the table has none."""
        found = np.full((len(years), *self.values.shape[1:]), np.nan)
        low, high = max(years[0], self.first), min(years[-1] + 1, self.first + len(self.values))
        if low < high:
            found[low - years[0] : high - years[0]] = self.values[low - self.first : high - self.first]
        return found


def read_panel(source: Path | str | pd.DataFrame, codes: Iterable[str], before: int) -> Table:
    """Flows (year, exporter, importer) in MUSD among some countries, of the years before `before`.

    source: a CSV or Parquet file, or a table, with `year, exporter, importer` and `value` or `imports_musd`, both in
    MUSD. With a column `sector` the sectors are summed. Raises CaseError for columns that are missing and flows that
    are given twice; MissingExtra for Parquet without pyarrow.
    """
    dropped: Counter[str] = Counter()
    rows, kind = _rows(source, _PANEL, ("year", *_PANEL), ("exporter", "importer", "sector"))
    year, value = _years(rows["year"], dropped), _values(rows[kind], dropped)
    place = {code: at for at, code in enumerate(sorted(set(codes)))}
    sold, bought = _placed(rows["exporter"], place), _placed(rows["importer"], place)
    keep = (year < before) & np.isfinite(value) & (sold >= 0) & (bought >= 0) & (sold != bought)
    name = _name(source)
    if not keep.any():
        return Table(before, place, np.full((0, len(place) + 1, len(place) + 1), np.nan), _told(name, dropped))
    first = int(year[keep].min())
    shape = (int(year[keep].max()) + 1 - first, len(place) + 1, len(place) + 1)
    cell = np.ravel_multi_index((year[keep] - first, sold[keep], bought[keep]), shape)
    values, times = _summed(cell, value[keep], shape)
    if "sector" not in rows and (times > 1).any():
        names = [*place, ""]
        twice = [f"{first + y} {names[e]} to {names[i]}" for y, e, i in np.argwhere(times > 1)]
        more = f" and {len(twice) - 5} more" if len(twice) > 5 else ""
        raise CaseError([f"{name}: given more than once: {', '.join(twice[:5])}{more}; expected one row each"])
    return Table(first, place, values, _told(name, dropped))


def read_gdp(source: Path | str | pd.DataFrame, codes: Iterable[str], before: int) -> Table:
    """GDP (year, country) in nominal MUSD of some countries, of the years before `before`.

    source: a CSV or Parquet file, or a table, with `iso3, year, usd` (in dollars) and perhaps `indicator`, of which
    only the rows `gdp` are read. Raises CaseError, MissingExtra.
    """
    dropped: Counter[str] = Counter()
    rows, _ = _rows(source, _GDP, ("year", "usd"), ("iso3", "indicator"))
    name = _name(source)
    if "indicator" in rows:
        of_gdp = rows["indicator"].str.casefold() == "gdp"
        if len(rows) and not of_gdp.any():
            raise CaseError(
                [f"{name}: no row has the indicator gdp; found {', '.join(rows['indicator'].unique()[:8])}"]
            )
        rows = rows[of_gdp]
    year, value = _years(rows["year"], dropped), _values(rows["usd"], dropped) / 1e6
    place = {code: at for at, code in enumerate(sorted(set(codes)))}
    of = _placed(rows["iso3"], place)
    keep = (year < before) & np.isfinite(value) & (value > 0) & (of >= 0)
    if not keep.any():
        notes = (*_told(name, dropped), f"{name}: has no GDP of countries of these targets before {before}")
        return Table(before, place, np.full((0, len(place) + 1), np.nan), notes)
    first = int(year[keep].min())
    shape = (before - first, len(place) + 1)
    values, times = _summed(np.ravel_multi_index((year[keep] - first, of[keep]), shape), value[keep], shape)
    if (times > 1).any():
        twice = [f"{list(place)[c]} {first + y}" for y, c in np.argwhere(times > 1)]
        raise CaseError([f"{name}: GDP is given more than once: {', '.join(twice[:5])}; expected one row each"])
    return Table(first, place, values, _told(name, dropped))


def what_was_known(
    targets: Targets, history: Path | str | pd.DataFrame | None, gdp: Path | str | pd.DataFrame | None
) -> tuple[Known | None, tuple[str, ...]]:
    """What was known of each target when it was announced (None where there are no targets), and notes on the files."""
    if not len(targets):
        return None, ()
    codes = {code for i in range(len(targets)) for side in targets.sides(i) for code in side}
    before = int(targets.announced.max())
    flows = None if history is None else read_panel(history, capitals(), before)  # potential takes the world's panel
    product = None if gdp is None else read_gdp(gdp, codes, before)
    seen = known(targets, flows, product)
    notes = [note for table in (flows, product) if table is not None for note in table.notes]
    if history is not None and not np.isfinite(seen.flows).any():
        notes.append(f"{_name(history)}: has no figure between countries of these targets before their announcement")
    return seen, tuple(notes)


def known(targets: Targets, flows: Table | None, gdp: Table | None) -> Known:
    """What was known of each target when it was announced: nothing of that year or later but the base."""
    starts = [int(targets.base_year.min()), *(t.first for t in (flows, gdp) if t is not None and len(t.values))]
    last = max(int(targets.announced.max()) - 1, int(targets.base_year.max()))
    years = tuple(range(min(starts), last + 1))
    shape = (len(targets), len(years))
    found, gdp_a, gdp_b = (np.full(shape, np.nan) for _ in range(3))
    sides = [targets.sides(i) for i in range(len(targets))]
    plain = np.array([len(a) == len(b) == 1 for a, b in sides], dtype=np.bool_)
    lone_a, lone_b = ([s[k][0] for s, one in zip(sides, plain, strict=True) if one] for k in (0, 1))
    if flows is not None:
        cube, a, b = flows.during(years), flows.at(lone_a), flows.at(lone_b)
        found[plain] = (cube[:, a, b] + cube[:, b, a]).T
        _chain_flows(found, cube, flows, sides, np.flatnonzero(~plain), targets.announced - years[0])
    if gdp is not None:
        table = gdp.during(years)
        gdp_a[plain], gdp_b[plain] = table[:, gdp.at(lone_a)].T, table[:, gdp.at(lone_b)].T
        for k, filled in ((0, gdp_a), (1, gdp_b)):
            _chain_gdp(filled, table, gdp, [s[k] for s in sides], np.flatnonzero(~plain), targets.announced - years[0])
    for filled in (found, gdp_a, gdp_b):
        filled[np.array(years) >= targets.announced[:, None]] = np.nan
        filled[~(filled > 0)] = np.nan  # no growth can be taken from nothing
        filled.setflags(write=False)
    gap, rise = np.full(shape, np.nan), np.full(shape, np.nan)
    if flows is not None:
        seen = _of_the_world(flows, years, (lone_a, lone_b), found[plain], targets.base_year[plain])
        gap[plain], rise[plain] = seen
    gap.setflags(write=False)
    rise.setflags(write=False)
    return Known(
        years=years, flows=found, gdp_a=gdp_a, gdp_b=gdp_b, base_year=targets.base_year, base=targets.base,
        announced=targets.announced, gap=gap, rise=rise,
    )  # fmt: skip


def _of_the_world(
    flows: Table, years: tuple[int, ...], pairs: tuple[list[str], list[str]], known_flows: Array, base_year: IntArray
) -> tuple[Array, Array]:
    """How far each pair's known flow stands above its gravity potential, and its countries' rise, (pair, year).

    Of the ten years up to the last of every history that reaches its base year: no other is looked at.
    """
    gap, rise = np.full(known_flows.shape, np.nan), np.full(known_flows.shape, np.nan)
    there = np.isfinite(known_flows)
    last = np.array(years)[there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)]
    used = last[there.any(axis=1) & (last >= base_year)]
    if not used.size:
        return gap, rise
    some = range(max(int(used.min()) - _POTENTIAL, years[0]), int(used.max()) + 1)
    panel = flow_panel(some[0], tuple(flows.places), flows.during(some)[:, :-1, :-1])
    place = {(panel.countries[a], panel.countries[b]): k for k, (a, b) in enumerate(zip(panel.a, panel.b, strict=True))}
    at = np.array([place.get((min(a, b), max(a, b)), -1) for a, b in zip(*pairs, strict=True)], dtype=np.int64)
    columns = slice(some[0] - years[0], some[0] - years[0] + panel.gap.shape[1])
    gap[at >= 0, columns], rise[at >= 0, columns] = panel.gap[at[at >= 0]], panel.rise[at[at >= 0]]
    return np.where(there, gap, np.nan), np.where(there, rise, np.nan)


def chained(series: Array) -> Array:
    """One level by year from those of members, (year, member) to (year,), NaN where there is none; see the module.

    >>> chained(np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 1.0], [3.6, 1.2]])).round(3).tolist()
    [1.333, 2.667, 4.0, 4.8]
    """
    level = np.full(len(series), np.nan)
    there = np.isfinite(series)
    figures = np.where(there, series, 0.0)
    both = there[1:] & there[:-1]
    total = figures.sum(axis=1)
    now, before = (figures[1:] * both).sum(axis=1), (figures[:-1] * both).sum(axis=1)
    holds = (now >= _LINKED * total[1:]) & (before >= _LINKED * total[:-1]) & (now > 0) & (before > 0)
    if not holds.any():
        return level
    last = int(np.flatnonzero(holds)[-1]) + 1
    broken = np.flatnonzero(~holds[:last])
    first = int(broken[-1]) + 1 if broken.size else 0
    level[last] = total[last]
    rates = np.log(before[first:last]) - np.log(now[first:last])  # in logs, so that no absurd figure can overflow
    back = np.log(total[last]) + np.cumsum(rates[::-1])[::-1]
    level[first:last] = np.exp(np.clip(back, -_LOG_MOST, _LOG_MOST))
    return level


def _chain_flows(
    filled: Array, cube: Array, flows: Table, sides: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    which: IntArray, known_to: IntArray,
) -> None:  # fmt: skip
    """Fill in the flows of groups: of the same members and the same last year only once."""
    done: dict[object, Array] = {}
    for i in which.tolist():
        end = max(int(known_to[i]), 0)
        key = (sides[i], end)
        if key not in done:
            pairs = [(a, b) for a in sides[i][0] for b in sides[i][1] if a != b]
            a, b = flows.at(a for a, _ in pairs), flows.at(b for _, b in pairs)
            done[key] = chained(np.concatenate([cube[:end, a, b], cube[:end, b, a]], axis=1))
        filled[i, : len(done[key])] = done[key]


def _chain_gdp(
    filled: Array, table: Array, gdp: Table, sides: Sequence[tuple[str, ...]], which: IntArray, known_to: IntArray
) -> None:
    """Fill in the GDP of groups, and of whoever trades with them."""
    done: dict[object, Array] = {}
    for i in which.tolist():
        end = max(int(known_to[i]), 0)
        key = (sides[i], end)
        if key not in done:
            done[key] = (
                table[:end, gdp.at(sides[i])[0]] if len(sides[i]) == 1 else chained(table[:end, gdp.at(sides[i])])
            )
        filled[i, : len(done[key])] = done[key]


def _name(source: Path | str | pd.DataFrame) -> str:
    return Path(source).name if isinstance(source, (Path, str)) else "the table"


def _rows(
    source: Path | str | pd.DataFrame,
    layouts: Mapping[str, Sequence[str]],
    numbers: Sequence[str],
    labels: Sequence[str],
) -> tuple[pd.DataFrame, str]:
    """The columns that are needed, and the layout; labels are text."""
    import pandas as pd

    if not isinstance(source, (Path, str)):
        kind = _layout(source, layouts)
        wanted = [c for c in (*layouts[kind], "sector") if c in source.columns]
        frame = source[wanted].copy()
        for label in (c for c in labels if c in frame):
            frame[label] = labels_of(frame[label])
        return frame, kind
    path = existing(source)
    try:
        found = header(path)
        kind = layout_of(path, found, layouts)
        wanted = [c for c in (*layouts[kind], "sector") if c in found]
        read = pieces(path, [c for c in wanted if c in numbers], [c for c in wanted if c in labels])
        return pd.concat(list(read), ignore_index=True), kind
    except (OSError, ValueError) as error:
        if isinstance(error, CaseError):
            raise
        what = "is no Parquet file" if is_parquet(path) else "is no CSV file in UTF-8"
        raise CaseError([f"{path}: {what}: {error}"]) from error


def _layout(frame: pd.DataFrame, layouts: Mapping[str, Sequence[str]]) -> str:
    columns = [str(c) for c in frame.columns]
    missing = {kind: [c for c in names if c not in columns] for kind, names in layouts.items()}
    best = min(missing, key=lambda kind: len(missing[kind]))
    if missing[best]:
        raise CaseError([f"the table: there is no column {c!r}; {did_you_mean(c, columns)}" for c in missing[best]])
    return best


def _years(column: pd.Series[float], dropped: Counter[str]) -> IntArray:
    """Calendar years; what is none is a year that is never used."""
    found = number(column, Counter()).to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(found) & (found >= 1800) & (found <= 2200) & (found == np.floor(found))
    dropped["the year is no calendar year"] += int((~good).sum())
    return np.where(good, found, 9999.0).astype(np.int64)


def _values(column: pd.Series[float], dropped: Counter[str]) -> Array:
    """Amounts; what is negative or no number is no figure."""
    found = number(column, Counter()).to_numpy(dtype=np.float64)
    plain = np.where(np.isfinite(found), found, -1.0)
    good = (plain >= 0) & (plain <= _MOST)
    dropped["the value is negative or no number"] += int((~good).sum())
    return np.where(good, found, np.nan)


def _placed(labels: pd.Series[str], place: Mapping[str, int]) -> IntArray:
    """Where the country of each row stands, -1 for one that is not asked for; names are read as in targets."""
    import pandas as pd

    which, names = pd.factorize(labels.to_numpy(dtype=object))
    at = np.array([place.get(code_of(str(name)) or "", -1) for name in names] + [-1], dtype=np.int64)
    return at[which]


def _summed(cell: IntArray, value: Array, shape: tuple[int, ...]) -> tuple[Array, IntArray]:
    """Sums by cell, NaN where there is no row, and how many rows there are."""
    size = int(np.prod(shape))
    times = np.bincount(cell, minlength=size).reshape(shape)
    values = np.where(times > 0, np.bincount(cell, weights=value, minlength=size).reshape(shape), np.nan)
    values.setflags(write=False)
    return values, times


def _told(name: str, dropped: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{name}: {count:,} rows are no figure: {why}" for why, count in dropped.items() if count)
