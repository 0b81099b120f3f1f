"""What must hold between the parts of a case: names that exist, figures that were known, units that fit."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tumen.case._decision import check_decisions
from tumen.case._delivery import delivery_problems
from tumen.case._document import Notes
from tumen.case._equilibrium import check_equilibrium
from tumen.case._explanation import check_blocks, check_dials
from tumen.case._model import NAME
from tumen.case._network import check_network
from tumen.case._problems import Keys, Place
from tumen.case._quantity import Quantity
from tumen.case._sources import too_late, unknown_sources
from tumen.case._units import parse_unit
from tumen.case.fields import Names
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case, Parameter
    from tumen.case._tables import Table

__all__ = ["check"]

_REMEDY = (
    "take a figure known then or, where the source restates an earlier one, say `known:` when it was first public; a "
    "physical constant or published parameter says `status:` instead"
)
_SECTIONS = ("assumptions", "processes", "trade", "equilibrium", "networks", "gates", "initiatives")


def check(case: Case, note: Notes) -> None:
    """Note every broken tie between the parts of a case."""
    _check_names(case, note)
    for parameter in case.parameters:
        _check_known(case, parameter, note)
        _check_reference(case, parameter, note)
    for name, process in case.file.processes.items():
        if process.series is not None:
            _check_table(case, case.tables[process.series], ("processes", name, "series"), note)
    for name in case.trade:
        _check_table(case, case.tables[case.trade[name].history], ("trade", name, "history"), note)
        _check_trade(case, name, note)
    for name in case.file.equilibrium:
        check_equilibrium(case, name, note)
    for name in case.file.networks:
        check_network(case, name, note)
    _check_links(case, note)
    for keys, what in delivery_problems(case):
        note(keys, what)
    for name, gate in case.file.gates.items():
        for what in unknown_sources(case, gate.source):
            note(("gates", name, "source"), what)
    _check_claims(case, note)
    _check_correlations(case, note)
    check_blocks(case, note)
    check_dials(case, note)
    check_decisions(case, note)


def _check_names(case: Case, note: Notes) -> None:
    rule = "a name is a word of letters, digits and `_` that begins with a letter"
    seen: dict[str, str] = {}
    for section in ("players", *_SECTIONS, "claims", "blocks", "dials", "decisions", "scenarios"):
        for name in getattr(case.file, section):
            if not NAME.fullmatch(name):
                note((section, name), rule)
            if section in _SECTIONS:
                if name in seen:
                    note((section, name), f"the name stands already in {seen[name]}; each name stands once")
                seen.setdefault(name, section)
    for parameter in case.parameters:  # names further down, such as those of a fund's projects
        for depth, key in enumerate(parameter.keys[2:], start=3):
            if isinstance(key, str) and not NAME.fullmatch(key):
                note(parameter.keys[:depth], rule)


def _check_known(case: Case, parameter: Parameter, note: Notes) -> None:
    quantity = parameter.quantity
    if parameter.derived:  # its table, or its count, is looked at itself
        return
    section = parameter.keys[0]
    keys: Keys = parameter.keys if quantity.source or section == "assumptions" else parameter.cited
    for what in (unknown := unknown_sources(case, parameter.source)):
        note(keys, what)
    if not unknown and quantity.status is None and quantity.reference is None:
        why = too_late(case, parameter.source, quantity.known, _REMEDY)
        if why:
            note(parameter.keys if quantity.known else keys, why)


def _check_reference(case: Case, parameter: Parameter, note: Notes) -> None:
    reference, wants = parameter.quantity.reference, parameter.quantity.wants
    if reference is None:
        return
    if parameter.section == "assumptions":
        note(parameter.keys, f"an assumption holds a figure, not the name `{reference}`")
        return
    if reference not in case.file.assumptions:
        note(parameter.keys, f"`{reference}` is no assumption here; {did_you_mean(reference, case.file.assumptions)}")
        return
    wrong = wants.wrong(case.file.assumptions[reference]) if wants is not None else ""
    if wrong:
        note(parameter.keys, f"`{reference}` does not fit: {wrong}")


def _check_table(case: Case, table: Table, keys: Keys, note: Notes) -> None:
    def wrong(line: int, column: str, what: str) -> None:
        note.problems.add(Place(table.file, line), column, what)
        note.broken.add(keys[:2])

    said = set[str]()
    for row in table.rows:
        unknown = unknown_sources(case, row.source)
        why = "" if unknown else too_late(case, row.source, row.known, "say in `known` when it was first public")
        for what in [*unknown, why] if why else unknown:
            if row.known or what not in said:  # what is wrong with a source is said once a table
                wrong(row.line, "known" if why and row.known else "source", what)
            said.add(what)
        if row.year > case.as_of.year:
            wrong(row.line, "year", f"{row.year} is after the case's as_of {case.as_of}; a case holds no outcome")


def _check_links(case: Case, note: Notes) -> None:
    """Players and processes that initiatives name."""
    hazards = [name for name, spec in case.file.processes.items() if spec.hazard is not None]
    valid = {"player": list(case.players), "hazard": hazards, "process": list(case.file.processes)}
    for name, spec in case.initiatives.items():
        for keys, what, text in _named(spec, ("initiatives", name)):
            if text not in valid[what]:
                note(keys, f"`{text}` is no {what} of this case; {did_you_mean(text, valid[what])}")


def _named(node: BaseModel, keys: Keys) -> Iterator[tuple[Keys, str, str]]:
    """Every field of a Spec that is the name of a player or a process, or a list of such names."""
    for key, info in type(node).model_fields.items():
        value = getattr(node, key)
        marks = [mark for mark in (*info.metadata, *_marks(info.annotation)) if isinstance(mark, Names)]
        for place, item in _items(value, (*keys, key)):
            if isinstance(item, BaseModel):
                yield from _named(item, place)
            elif isinstance(item, str):
                yield from ((place, mark.what, item) for mark in marks)


def _items(value: Any, keys: Keys) -> Iterator[tuple[Keys, Any]]:
    """A value, or what is in it where it is a list or a group, each with its place."""
    if isinstance(value, tuple):
        yield from (((*keys, index), item) for index, item in enumerate(value))
    elif isinstance(value, Mapping):
        yield from (((*keys, key), item) for key, item in value.items())
    else:
        yield keys, value


def _marks(annotation: Any) -> Iterator[Any]:
    """What `Annotated` says of a field that may be left out: `HazardName | None`."""
    for part in typing.get_args(annotation):
        yield from getattr(part, "__metadata__", ())


def _check_trade(case: Case, name: str, note: Notes) -> None:
    spec = case.trade[name]
    for index, player in enumerate(spec.between):
        if player not in case.players:
            note(("trade", name, "between", index), f"`{player}` is no player; {did_you_mean(player, case.players)}")
    unit = case.tables[spec.history].unit
    if unit.powers != parse_unit("MUSD").powers:
        note(("trade", name, "history"), f"{spec.history} is in {unit.label}; a history of trade is in USD, by year")
    rows = [row for row in case.tables[spec.history].rows if not spec.statistics or row.statistics in spec.statistics]
    first, last = min((row.year for row in rows), default=0), max((row.year for row in rows), default=0)
    if rows and not first <= case.years[0] <= last + 1:
        what = f"its figures run from {first} to {last}, so the horizon begins between {first} and {last + 1}"
        note(("trade", name, "history"), f"{what}, not in {case.years[0]}")
    known = {row.statistics for row in case.tables[spec.history].rows if row.statistics}
    for index, statistics in enumerate(spec.statistics):
        if statistics not in known:
            what = f"`{statistics}` has no figures in {spec.history}; {did_you_mean(statistics, known)}"
            note(("trade", name, "statistics", index), what)
    wanted = {*spec.between, "world"}
    for key in sorted(wanted ^ set(spec.growth)):
        what = "is missing" if key in wanted else "is not one of the pair"
        need = "growth names a process for each of the two and for the world"
        note(("trade", name, "growth", *([] if key in wanted else [key])), f"`{key}` {what}; {need}")
    processes = case.file.processes.items()
    growth = [key for key, process in processes if process.fit == "trend_growth"]
    for key, process in spec.growth.items():
        if process not in growth:
            what = f"`{process}` is no process with `fit: trend_growth` and a `series`; {did_you_mean(process, growth)}"
            note(("trade", name, "growth", key), what)


def _check_claims(case: Case, note: Notes) -> None:
    quantities = {parameter.name: parameter.quantity for parameter in case.parameters}
    for name, claim in case.claims.items():
        for what in (unknown := unknown_sources(case, claim.source)):
            note(("claims", name, "source"), what)
        why = "" if unknown else too_late(case, claim.source, None, "cite a source of then")
        if why:
            note(("claims", name, "source"), why)
        for index, lever in enumerate(claim.levers):
            if lever not in quantities:
                what = f"there is no figure `{lever}`; {did_you_mean(lever, quantities)}"
            else:
                what = _not_a_lever(lever, quantities[lever])
            if what:
                note(("claims", name, "levers", index), what)


def _not_a_lever(name: str, quantity: Quantity) -> str:
    """Why a figure cannot be varied, or nothing."""
    if quantity.reference is not None:
        return f"`{name}` is `{quantity.reference}`; name that as the lever"
    assert quantity.distribution is not None
    if quantity.lever is None and quantity.distribution.is_constant:
        return f"`{name}` is a single figure; give it a range: {{lever: ..., from: ..., to: ...}}"
    return ""


def _check_correlations(case: Case, note: Notes) -> None:
    for index, group in enumerate(case.file.correlations):
        for what in unknown_sources(case, group.source):
            note(("correlations", index, "source"), what)
