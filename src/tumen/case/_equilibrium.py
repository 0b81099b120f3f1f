"""What must hold of the world's trade that a case gives: names, sources, and a world that can be in equilibrium."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tumen.case._document import Notes
from tumen.case._flows import FlowTable
from tumen.case._model import Runs
from tumen.case._problems import Keys, Place
from tumen.case._sources import too_late, unknown_sources
from tumen.case._units import parse_unit
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case

__all__ = ["check_equilibrium"]


def check_equilibrium(case: Case, name: str, note: Notes) -> None:
    """Note what is wrong with the world's trade of that name."""
    spec = case.file.equilibrium[name]
    table = case.flows[spec.flows]

    def wrong(line: int, column: str, what: str) -> None:
        note.problems.add(Place(table.file, line), column, what)
        note.broken.add(("equilibrium", name))

    said = set[str]()
    for row in table.rows:
        for column, value, valid in (
            ("exporter", row.exporter, case.players),
            ("importer", row.importer, case.players),
            ("good", row.good, spec.goods),
        ):
            if value in valid:
                continue
            what = "is no player of this case" if column != "good" else "has no elasticity in `goods`"
            what = f"`{value}` {what}; {did_you_mean(value, valid)}"
            if what not in said:
                wrong(row.line, column, what)
                said.add(what)
        unknown = unknown_sources(case, row.source)
        why = "" if unknown else too_late(case, row.source, row.known, "say in `known` when it was first public")
        for what in [*unknown, why] if why else unknown:
            if row.known or what not in said:
                wrong(row.line, "known" if why and row.known else "source", what)
            said.add(what)
    for good in spec.goods:
        if good not in table.goods:
            what = f"nobody trades `{good}` in {spec.flows}; {did_you_mean(good, table.goods)}"
            note(("equilibrium", name, "goods", good), what)
        _check_runs(("equilibrium", name, "goods", good), spec.goods[good], note)
    _check_runs(("equilibrium", name, "substitution"), spec.substitution, note)
    for country in spec.size:
        if country not in table.countries:
            what = f"`{country}` has no trade in {spec.flows}; {did_you_mean(country, table.countries)}"
            note(("equilibrium", name, "size", country), what)
        else:
            _check_size(case, name, country, note)
    for index, pair in enumerate(spec.tied):
        if pair[0] == pair[1]:
            note(("equilibrium", name, "tied", index), "a pair is two countries")
        for place, country in enumerate(pair):
            if country not in table.countries:
                what = f"`{country}` has no trade in {spec.flows}; {did_you_mean(country, table.countries)}"
                note(("equilibrium", name, "tied", index, place), what)
    if spec.tied and spec.closure != "additive":
        note(("equilibrium", name, "tied"), "goes with `closure: additive`; all pairs are tied under `proportional`")
    _check_growth(case, name, note)
    if len(table.countries) < 2:
        note(("equilibrium", name, "flows"), f"{spec.flows} has one country; trade needs two")
    _check_sales([country for country in table.countries if country in case.players], table, name, note)


def _check_sales(countries: Sequence[str], table: FlowTable, name: str, note: Notes) -> None:
    """Every country sells something at home, so that it can live through an embargo."""
    for country in countries:
        sales = sum(row.value for row in table.rows if row.exporter == row.importer == country)
        if sales <= 0:
            what = f"{country} sells nothing at home in {table.file}; add its domestic sales"
            note(("equilibrium", name, "flows"), what)


def _check_size(case: Case, name: str, country: str, note: Notes) -> None:
    """An economy's output is in dollars, like the flows, and holds what the country sells abroad."""
    spec, keys = case.file.equilibrium[name], ("equilibrium", name, "size", country)
    written = spec.size[country]
    quantity = case.file.assumptions.get(written.reference or "", written)
    if quantity.distribution is None:  # it names no assumption, which is said elsewhere
        return
    if quantity.unit.powers != parse_unit("MUSD").powers:
        note(keys, f"`{quantity.text}` is in {quantity.unit.label}; an economy's output is in USD, as its sales are")
        return
    rows = case.flows[spec.flows].rows
    exports = sum(row.value for row in rows if row.exporter == country != row.importer)
    low = min(quantity.lever or quantity.distribution.bounds)
    if low <= exports:
        what = f"`{quantity.text}` can be as little as {low:,.6g} MUSD, but {country} exports {exports:,.6g} MUSD"
        note(keys, f"{what} in {spec.flows}; raise the lower end, perhaps by a uniform or triangular distribution")


def _check_growth(case: Case, name: str, note: Notes) -> None:
    """Either no country has a process of growth, or all have."""
    spec = case.file.equilibrium[name]
    countries = case.flows[spec.flows].countries
    processes = [key for key, process in case.file.processes.items() if process.fit == "trend_growth"]
    processes += [key for key, process in case.file.processes.items() if process.trend_growth is not None]
    for country, process in spec.growth.items():
        if country not in countries:
            what = f"`{country}` has no trade in {spec.flows}; {did_you_mean(country, countries)}"
            note(("equilibrium", name, "growth", country), what)
        if process not in processes:
            what = f"`{process}` is no process of `trend_growth`; {did_you_mean(process, processes)}"
            note(("equilibrium", name, "growth", country), what)
    missing = [country for country in countries if country not in spec.growth and country in case.players]
    if spec.growth and missing:
        note(("equilibrium", name, "growth"), f"{', '.join(missing)} is missing; name a process for every country")


def _check_runs(keys: Keys, runs: Runs, note: Notes) -> None:
    """What can be replaced within a year can be within a decade."""
    short, long = (None if q.distribution is None else q.central for q in (runs.short_run, runs.long_run))
    if short is not None and long is not None and short > long:
        what = f"{short:g} in the short run is above {long:g} in the long; are the two exchanged?"
        note((*keys, "short_run"), what)
