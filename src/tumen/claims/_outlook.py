"""The outside view of a pair's trade: what the record of the world's pairs says, whatever the initiatives promise.

The panel forecast (`tumen.trade.forecast`) knows no initiative of the case: it knows how flows of this size, with such
a past, went on. Beside the case's own path it is a second opinion, and it scores well where such opinions can be
checked. The base comes from the statistics that the claim names, the past from whichever has most figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Answer, Figure, HistoryPoint
from tumen.claims._arguments import Pair, Record, Statistics, TargetRecord
from tumen.claims._trade import growth_needed_figures, two_way_history
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.trade.forecast import Known

__all__ = ["outlook", "outlook_brief", "outlook_figures", "outlook_history"]

Array = npt.NDArray[np.float64]
_SMALLEST = 500.0  # MUSD; below every base of the targets on which the forecast was scored


@dataclass(frozen=True, slots=True)
class _Base:
    """The last published figure of a statistics, MUSD."""

    year: int
    value: float
    statistics: str


def outlook(
    outcome: Outcome, *, between: Pair, statistics: Statistics | None = None, record: TargetRecord | None = None
) -> Array:
    """Two-way trade by the record of the world's pairs, without the initiatives; (draw, year), nominal."""
    from tumen.trade.forecast import simulate

    case, worlds, name = outcome.case, outcome.worlds, outcome.path_of(between)
    base = _base(case, name, statistics)
    ahead = [year > base.year for year in outcome.years]
    normals = worlds.noise[f"{name}.outlook"][:, :, ahead]
    values = np.empty((worlds.size, len(outcome.years)))
    values[:, ~np.array(ahead)] = _published(case, name, base, outcome.years)[: len(ahead) - sum(ahead)]
    if any(ahead):
        drawn = simulate(_known(case, name, base), normals[0], normals[1])
        extra = np.asarray(worlds.values[f"{name}.extra_growth"], dtype=np.float64)
        steps = np.arange(1, sum(ahead) + 1)
        values[:, ahead] = base.value * np.exp(drawn + extra[:, None] * steps)
    return values


def outlook_history(
    outcome: Outcome, *, between: Pair, statistics: Statistics | None = None, record: Record | None = None
) -> tuple[HistoryPoint, ...]:
    """The published history of the pair, whatever the statistics."""
    return two_way_history(outcome, between=between, statistics=statistics)


def outlook_figures(
    outcome: Outcome, target: float, year: int, *, between: Pair, statistics: Statistics | None = None,
    record: Record | None = None,
) -> tuple[Figure, ...]:  # fmt: skip
    """Beside the outlook: what it would take from each base, and how announced targets fared until then."""
    found = list(growth_needed_figures(outcome, target, year, between=between, statistics=statistics))
    if record is not None:
        note = f"{record.met} of {record.resolved} announced targets that were due by then"
        if record.steepest_met is not None:
            note += f"; the steepest that was met needed {record.steepest_met:.0%} a year"
        found.insert(0, Figure("Announced targets met", record.met / record.resolved, "share", note=note))
    return tuple(found)


def outlook_brief(
    outcome: Outcome, answer: Answer, target: float, year: int, *, between: Pair,
    statistics: Statistics | None = None, record: Record | None = None,
) -> str:  # fmt: skip
    """The answer in one paragraph for print: base rate, chance, support, and what would have to be true."""
    from tumen.claims._words import format_value
    from tumen.trade import growth_needed

    case = outcome.case
    base = _base(case, outcome.path_of(between), statistics)
    a, b = (case.players[player] for player in between)
    needed = float(np.asarray(growth_needed(base.value, target, year - base.year)))
    said = [
        f"To lift the trade of {a} and {b} from {format_value(base.value, 'MUSD')} in {base.year} to "
        f"{format_value(target, 'MUSD')} by {year}, it would have to grow by {needed:.0%} a year.",
        *_rate(record, needed, case.as_of.year),
        f"By the record of the world's pairs of countries, a flow of this size and past gets there in time "
        f"{_chance(answer.probability)}, with no regard to what is planned; in the middle of the possible it is at "
        f"best {format_value(answer.median, 'MUSD')}.",
    ]
    if base.value < _SMALLEST:
        said.append(
            f"That is extrapolated: the base is below that of every target on which such forecasts were tested, USD "
            f"{_SMALLEST / 1e3:g} bn, though not below the flows from which they are drawn."
        )
    said += _would_take(answer, year)
    return " ".join(said)


def _rate(record: Record | None, needed: float, year: int) -> list[str]:
    if record is None:
        return []
    said = f"Of {record.resolved} announced trade targets that were due by {year - 1}, {record.met} were met"
    if record.steepest_met is not None and needed > record.steepest_met:
        said += f", but none that needed more than {record.steepest_met:.0%} a year"
    return [said + "."]


def _chance(probability: float) -> str:
    if probability < 0.005:
        return "less than once in two hundred times"
    if probability < 0.2:
        return f"about once in {round(1 / probability)} times ({probability:.1%})"
    return f"in {probability:.0%} of cases"


def _would_take(answer: Answer, year: int) -> list[str]:
    """What would have to be true for even odds, of the levers that the claim names."""
    from tumen.claims._words import format_value

    for row in answer.breakevens:
        if row.named and row.value is not None:
            size = format_value(row.value, row.unit)
            return [f"For even odds, something new would have to add growth of {size}, every year until {year}."]
        if row.named:
            return [
                f"No growth within {format_value(row.low, row.unit)} to {format_value(row.high, row.unit)} does it."
            ]
    return []


def _base(case: Case, name: str, statistics: str | None) -> _Base:
    rows = [row for row in case.tables[case.trade[name].history].rows if statistics in (None, row.statistics)]
    last = max(rows, key=lambda row: row.year)
    return _Base(last.year, float(last.value), last.statistics or "published")


def _published(case: Case, name: str, base: _Base, years: tuple[int, ...]) -> Array:
    """The figures of the base's statistics by year; the nearest later one where a year has none."""
    rows = case.tables[case.trade[name].history].rows
    own = {row.year: float(row.value) for row in rows if (row.statistics or "published") == base.statistics}
    return np.array([own[min((y for y in own if y >= year), default=base.year)] for year in years])


def _known(case: Case, name: str, base: _Base) -> Known:
    """What the forecast is asked: the past of the statistics that has most figures, up to the base's year."""
    from tumen.trade.forecast import Known

    spec = case.trade[name]
    series: dict[str, dict[int, float]] = {}
    for row in case.tables[spec.history].rows:
        if (not spec.statistics or row.statistics in spec.statistics) and row.year <= base.year:
            series.setdefault(row.statistics or "published", {})[row.year] = float(row.value)
    longest = max(series.values(), key=lambda own: (len(own), max(own)))
    years = tuple(range(min(longest), base.year + 1))
    flows = np.array([[longest.get(year, np.nan) for year in years]])
    none = np.full_like(flows, np.nan)
    return Known(
        years=years, flows=flows, gdp_a=none, gdp_b=none, base_year=np.array([base.year]), base=np.array([base.value]),
        announced=np.array([case.as_of.year]), gap=none, rise=none,
    )  # fmt: skip
