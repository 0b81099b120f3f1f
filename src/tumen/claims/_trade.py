"""Measures on bilateral trade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Figure, HistoryPoint
from tumen.claims._arguments import Pair, Partner, Partners, Player, Statistics, Sum, Year
from tumen.outcome import Outcome

__all__ = ["growth_needed", "growth_needed_figures", "partner_share", "two_way", "two_way_history"]

Array = npt.NDArray[np.float64]
_CURRENT = 2  # statistics whose last figure is older than this many years serve no longer as a base


def two_way(outcome: Outcome, *, between: Pair, statistics: Statistics | None = None) -> Array:
    """Two-way trade, goods in both directions, nominal, as the statistics named would report it; (draw, year)."""
    path = outcome.trade[outcome.path_of(between)]
    return path.flow if statistics is None else path.reported[statistics]


def growth_needed(
    outcome: Outcome, *, between: Pair, target: Sum, year: Year, statistics: Statistics | None = None
) -> Array:
    """Growth needed, a year, from the last full year before the case's date to the target in its year; (draw,)."""
    from tumen.trade import growth_needed as needed

    values = two_way(outcome, between=between, statistics=statistics)
    last = max(outcome.case.as_of.year - 1, outcome.years[0])
    base = values[:, outcome.years.index(last)]
    return np.asarray(needed(base, target, year - last))


def partner_share(outcome: Outcome, *, country: Player, partner: Partner, among: Partners) -> Array:
    """Share of the partner in two-way trade with these, by the paths of the pairs; (draw, year)."""
    trade = {name: outcome.trade[outcome.path_of((country, name))].flow for name in among}
    return np.asarray(trade[partner] / sum(trade.values()))


def two_way_history(
    outcome: Outcome, *, between: Pair, statistics: Statistics | None = None
) -> tuple[HistoryPoint, ...]:
    """The published history of the pair, whatever the statistics."""
    spec = outcome.case.trade[outcome.path_of(between)]
    return tuple(
        HistoryPoint(row.year, row.value, row.statistics or "published", ", ".join(row.source), row.low, row.high)
        for row in outcome.case.tables[spec.history].rows
    )


def growth_needed_figures(
    outcome: Outcome, target: float, year: int, *, between: Pair, statistics: Statistics | None = None
) -> tuple[Figure, ...]:
    """What it would take from each published base: the growth needed, and the growth that the past knew."""
    from tumen.trade import growth_needed as needed

    points = two_way_history(outcome, between=between)
    newest = max(point.year for point in points)
    figures = []
    for name in dict.fromkeys(point.statistics for point in points):
        last = max((p for p in points if p.statistics == name), key=lambda p: p.year)
        if newest - _CURRENT < last.year < year:
            growth = float(np.asarray(needed(last.value, target, year - last.year)))
            note = f"from {last.value:,.1f} MUSD in {last.year} ({name}) to {target:,.0f} MUSD in {year}"
            figures.append(Figure("Growth needed", growth, "1/yr", note=note))
    best = _best_growth(points)
    return (*figures, best) if best is not None else tuple(figures)


def _best_growth(points: tuple[HistoryPoint, ...], span: int = 7) -> Figure | None:
    """The fastest growth over `span` years that one source's figures show."""
    found: list[tuple[float, str]] = []
    for name in {point.statistics for point in points}:
        by_year = {point.year: point.value for point in points if point.statistics == name}
        for year, value in by_year.items():
            if year + span in by_year:
                text = f"{name}, {year} to {year + span}"
                found.append(((by_year[year + span] / value) ** (1 / span) - 1, text))
    if not found:
        return None
    growth, text = max(found)
    return Figure(f"Fastest growth over {span} years on record", growth, "1/yr", note=text)
