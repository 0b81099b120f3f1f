"""What must hold between the parts of a case: names that exist, figures that were known, units that fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tumen.case._dates import latest_day
from tumen.case._model import NAME
from tumen.case._problems import Place, Problems
from tumen.case._quantity import Quantity
from tumen.case._units import DIMENSIONS, fits
from tumen.case.fields import Names
from tumen.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case, Parameter
    from tumen.case._yaml import Document

__all__ = ["check"]

_SECTIONS = ("assumptions", "processes", "trade", "initiatives")


def check(case: Case, document: Document, problems: Problems) -> None:
    """Note every broken tie between the parts of a case."""
    _check_names(case, document, problems)
    _check_sources(case, problems)
    for parameter in case.parameters:
        _check_known(case, parameter, problems)
        _check_reference(case, parameter, problems)
    _check_tables(case, problems)
    _check_links(case, document, problems)
    _check_claims(case, document, problems)
    _check_correlations(case, document, problems)


def _check_names(case: Case, document: Document, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for section in (*_SECTIONS, "claims", "scenarios"):
        for name in getattr(case.file, section):
            place = document.place((section, name))
            if not NAME.fullmatch(name):
                problems.add(place, f"{section}.{name}", "a name is a word of letters, digits and `_` that begins with a letter")
            if section in _SECTIONS:
                if name in seen:
                    problems.add(place, f"{section}.{name}", f"the name stands already in {seen[name]}; each name stands once")
                seen.setdefault(name, section)


def _check_sources(case: Case, problems: Problems) -> None:
    for key, source in case.sources.items():
        if source.date:
            try:
                latest_day(source.date)
            except UnitError as error:
                problems.add(Place("sources.yaml", 0), f"{key}.date", str(error))


def _unknown_sources(case: Case, keys: Iterable[str], place: Place, field: str, problems: Problems) -> bool:
    missing = [key for key in keys if key not in case.sources]
    for key in missing:
        problems.add(place, field, f"there is no source `{key}` in sources.yaml; {did_you_mean(key, case.sources)}")
    return bool(missing)


def _too_late(case: Case, keys: Iterable[str], known: str | None) -> str:
    """Why a figure could not be known at `as_of`, or nothing."""
    if known is not None:
        if latest_day(known) > case.as_of:
            return f"first known {known}, after the case's as_of {case.as_of}; no case may know its own future"
        return ""
    for key in keys:
        date = case.sources[key].date
        if not date:
            return f"source `{key}` has no date; date it in sources.yaml, or say `known:` when the figure was first public"
        try:
            late = latest_day(date) > case.as_of
        except UnitError:
            return ""  # noted with the source
        if late:
            return (
                f"source `{key}` is dated {date}, after the case's as_of {case.as_of}; take a figure known then, or, where the "
                "source restates an earlier figure, say `known:` when it was first public"
            )
    return ""


def _check_known(case: Case, parameter: Parameter, problems: Problems) -> None:
    if _unknown_sources(case, parameter.source, parameter.place, parameter.name, problems):
        return
    quantity = parameter.quantity
    if quantity.status is None and quantity.reference is None and not parameter.derived:
        why = _too_late(case, parameter.source, quantity.known)
        if why:
            problems.add(parameter.place, parameter.name, why + "; or mark it `status: published_parameter`")


def _check_reference(case: Case, parameter: Parameter, problems: Problems) -> None:
    reference = parameter.quantity.reference
    if reference is None:
        return
    names = case.file.assumptions
    if reference not in names:
        what = f"`{reference}` is no assumption of this case; {did_you_mean(reference, names)}"
        problems.add(parameter.place, parameter.name, what if parameter.section != "assumptions" else "an assumption holds a figure, not a name")
        return
    if parameter.section == "assumptions":
        problems.add(parameter.place, parameter.name, f"an assumption holds a figure; use `{reference}` where it is needed instead")
        return
    wants, unit = parameter.quantity.wants, names[reference].unit
    if wants is not None and not fits(unit, wants):
        what = f"`{reference}` is in {unit.label} ({unit.dimension}); expected {wants}, such as {DIMENSIONS[wants][1]}"
        problems.add(parameter.place, parameter.name, what)


def _check_tables(case: Case, problems: Problems) -> None:
    for table in case.tables.values():
        for row in table.rows:
            place = Place(table.file, row.line)
            if not _unknown_sources(case, row.source, place, "source", problems):
                why = _too_late(case, row.source, row.known)
                if why:
                    problems.add(place, "known" if row.known else "source", why)
            if row.year > case.as_of.year:
                problems.add(place, "year", f"{row.year} is after the case's as_of {case.as_of}; a case holds no outcome")


def _check_links(case: Case, document: Document, problems: Problems) -> None:
    """Players and processes that the parts of the case name."""
    hazards = [name for name, spec in case.file.processes.items() if spec.hazard is not None]
    valid = {"player": list(case.players), "hazard": hazards, "process": list(case.file.processes)}
    for name, spec in case.initiatives.items():
        for path, what, text in _named(spec, ()):
            if text not in valid[what]:
                full: tuple[Any, ...] = ("initiatives", name, *path)
                field = ".".join(map(str, full))
                problems.add(document.place(full), field, f"`{text}` is no {what} of this case; {did_you_mean(text, valid[what])}")
    growth = [name for name, spec in case.file.processes.items() if spec.trend_growth is not None or spec.fit == "trend_growth"]
    for name, path_spec in case.trade.items():
        for player in path_spec.between:
            if player not in case.players:
                field = f"trade.{name}.between"
                problems.add(document.place(("trade", name, "between")), field, f"`{player}` is no player; {did_you_mean(player, case.players)}")
        wanted = {*path_spec.between, "world"}
        for key in sorted(wanted ^ set(path_spec.growth)):
            what = "is missing" if key in wanted else "is not one of the pair"
            need = "growth names a process for each of the two and for the world"
            problems.add(document.place(("trade", name, "growth")), f"trade.{name}.growth", f"`{key}` {what}; {need}")
        for key, process in path_spec.growth.items():
            if process not in growth:
                field = f"trade.{name}.growth.{key}"
                what = f"`{process}` is no process of form trend_growth; {did_you_mean(process, growth)}"
                problems.add(document.place(("trade", name, "growth", key)), field, what)


def _named(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    """Every field of a Spec that is the name of a player or a process."""
    if not isinstance(node, BaseModel):
        return
    for key, info in type(node).model_fields.items():
        value = getattr(node, key)
        for mark in info.metadata:
            if isinstance(mark, Names) and isinstance(value, str):
                yield (*path, key), mark.what, value
        if isinstance(value, BaseModel):
            yield from _named(value, (*path, key))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from _named(item, (*path, key, index))


def _check_claims(case: Case, document: Document, problems: Problems) -> None:
    names = {parameter.name: parameter.quantity for parameter in case.parameters}
    for name, claim in case.claims.items():
        place = document.place(("claims", name, "source"))
        if not _unknown_sources(case, claim.source, place, f"claims.{name}.source", problems):
            why = _too_late(case, claim.source, None)
            if why:
                problems.add(place, f"claims.{name}.source", why)
        for index, lever in enumerate(claim.levers):
            where, field = document.place(("claims", name, "levers", index)), f"claims.{name}.levers.{index}"
            if lever not in names:
                problems.add(where, field, f"there is no figure `{lever}`; {did_you_mean(lever, names)}")
            elif not _can_vary(names[lever]):
                problems.add(where, field, f"`{lever}` is a single figure; give it a range: {{lever: ..., from: ..., to: ...}}")


def _can_vary(quantity: Quantity) -> bool:
    return quantity.lever is not None or (quantity.distribution is not None and not quantity.distribution.is_constant)


def _check_correlations(case: Case, document: Document, problems: Problems) -> None:
    assumptions = {p.name for p in case.parameters if p.section != "processes"}
    for index, group in enumerate(case.file.correlations):
        for member in group.members:
            if member not in assumptions and member not in case.file.processes:
                valid = [*assumptions, *case.file.processes]
                field = f"correlations.{index}.members"
                what = f"`{member}` is no assumption or process; {did_you_mean(member, valid)}"
                problems.add(document.place(("correlations", index, "members")), field, what)
        if group.source:
            _unknown_sources(case, group.source, document.place(("correlations", index)), f"correlations.{index}.source", problems)
