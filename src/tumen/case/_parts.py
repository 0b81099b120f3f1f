"""From a case's figures to what worlds are drawn from: its processes, correlations and named parameters."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel

from tumen.case._case import Parameter
from tumen.case._dates import decimal_year
from tumen.case._document import Notes
from tumen.case._model import CaseFile, ProcessSpec
from tumen.case._problems import Keys
from tumen.case._quantity import Quantity
from tumen.case._tables import Table
from tumen.case._units import Unit, parse_unit
from tumen.case.fields import Initiative
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.uncertainty import Blueprint, Clock, Correlation, Distribution, Process

__all__ = ["clock", "make_blueprint", "make_processes", "parameters_of"]

# The units of what a fit or a count brings; of the rest, `start` and `mean` are in the unit of the series.
_UNITS = {
    "rate": "1/yr", "drift": "1/yr", "jump_rate": "1/yr", "long_run": "1/yr", "trend_sd": "1/yr", "noise_sd": "1/yr",
    "half_life": "yr",
}  # fmt: skip


def make_processes(file: CaseFile, tables: Mapping[str, Table], note: Notes) -> dict[str, Process]:
    """Every process that a case declares, after noting those that cannot be built or fitted."""
    found: dict[str, Process] = {}
    for name, spec in file.processes.items():
        try:
            found[name] = _process(spec, decimal_year(file.as_of), tables)
            _try_ends(found[name], clock(file))
        except (ValueError, ArithmeticError) as error:
            note(("processes", name), str(error))
    return found


def make_blueprint(
    file: CaseFile, parameters: tuple[Parameter, ...], processes: Mapping[str, Process], note: Notes
) -> Blueprint:
    """What worlds are drawn from, after noting what is wrong with the correlations."""
    from tumen.uncertainty import Blueprint

    own = {p.name: p.quantity.distribution for p in parameters if p.section != "processes"}
    blueprint = Blueprint(
        clock=clock(file),
        assumptions={name: distribution for name, distribution in own.items() if distribution is not None},
        processes=processes,
    )
    correlations = _correlations(file, {*blueprint.distributions, *processes}, note)
    try:
        return dataclasses.replace(blueprint, correlations=correlations)
    except ValueError as error:
        note(("correlations",), str(error))
        return blueprint


def clock(file: CaseFile) -> Clock:
    """The years of the horizon as seen from the case's date."""
    from tumen.uncertainty import Clock

    return Clock(years=tuple(range(file.horizon[0], file.horizon[1] + 1)), as_of=decimal_year(file.as_of))


def parameters_of(
    file: CaseFile, initiatives: Mapping[str, Initiative], processes: Mapping[str, Process], tables: Mapping[str, Table]
) -> Iterator[Parameter]:
    """Every figure of the case by its name: what is written, and what follows from a series or a count."""
    for name, quantity in file.assumptions.items():
        yield Parameter(name, "assumptions", quantity, quantity.source, ("assumptions", name))
    for name, spec in file.processes.items():
        yield from _of_process(name, spec, processes[name], tables)
    groups: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("trade", file.trade),
        ("equilibrium", file.equilibrium),
        ("networks", file.networks),
        ("initiatives", initiatives),
    )
    for section, group in groups:
        for name, body in group.items():
            yield from _written(section, name, body)


def _written(section: str, name: str, body: BaseModel) -> Iterator[Parameter]:
    for keys, quantity, source, cited in _quantities(body, (), (), ("source",)):
        full, base = ".".join((name, *map(str, keys))), (section, name)
        yield Parameter(
            full, section, quantity, quantity.source or source, (*base, *keys), cited=(*base, *cited)
        )  # fmt: skip


def _quantities(
    node: Any, keys: Keys, source: tuple[str, ...], cited: Keys
) -> Iterator[tuple[Keys, Quantity, tuple[str, ...], Keys]]:
    """Every quantity below a node, with the source that stands for it: that of the nearest group which has one."""
    if isinstance(node, Quantity):
        yield keys, node, source, cited
    elif isinstance(node, BaseModel):
        own = getattr(node, "source", ())
        if own:
            source, cited = own, (*keys, "source")
        for key in type(node).model_fields:
            yield from _quantities(getattr(node, key), (*keys, key), source, cited)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _quantities(value, (*keys, str(key)), source, cited)
    elif isinstance(node, tuple | list):
        for index, value in enumerate(node):
            yield from _quantities(value, (*keys, index), source, cited)


def _of_process(name: str, spec: ProcessSpec, process: Process, tables: Mapping[str, Table]) -> Iterator[Parameter]:
    """The parameters of a process, named without its form: `oil.volatility`, not `oil.mean_reverting.volatility`."""
    written: dict[str, Parameter] = {}
    for parameter in _written("processes", name, spec):
        short = parameter.keys[-1] if spec.hazard is None else "hazard." + str(parameter.keys[-1])
        written[str(short)] = dataclasses.replace(parameter, name=f"{name}.{short}")
    rows = tables[spec.series].rows if spec.series else ()
    source = tuple(dict.fromkeys(key for row in rows for key in row.source)) or spec.source
    how = f"fitted to {spec.series}" if spec.series else "from the count"
    level = rows[0].unit if rows and spec.fit != "trend_growth" else parse_unit("1/yr")
    for short, distribution in process.parameters.items():
        if short not in written:
            quantity = Quantity(distribution, _unit(short, level), how)
            full = f"{name}.{short}"
            yield Parameter(full, "processes", quantity, source, ("processes", name), derived=True)
    long_run, deviation = written.get("long_run"), written.get("long_run_sd")
    if spec.fit == "trend_growth" and long_run is not None:  # what is drawn is the two together
        text = long_run.quantity.text + (f", sd {deviation.quantity.text}" if deviation else "")
        quantity = dataclasses.replace(
            long_run.quantity, distribution=process.parameters["long_run"], unit=parse_unit("1/yr"), text=text
        )
        written["long_run"] = dataclasses.replace(long_run, quantity=quantity)
    yield from written.values()


def _unit(parameter: str, level: Unit) -> Unit:
    return level if parameter in {"start", "mean"} else parse_unit(_UNITS.get(parameter, ""))


def _process(spec: ProcessSpec, as_of: float, tables: Mapping[str, Table]) -> Process:
    """The process that a declaration describes. Raises ValueError where it cannot be built or fitted."""
    import tumen.uncertainty as u

    if spec.hazard is not None:
        return u.Hazard.from_counts(_plain(spec.hazard.events), _plain(spec.hazard.years))
    if spec.fit is not None:
        table = tables[str(spec.series)]
        rows = sorted(table.rows, key=lambda row: row.year)
        long_run = None
        if spec.long_run is not None:
            long_run = (_plain(spec.long_run), _plain(spec.long_run_sd) if spec.long_run_sd is not None else 0.0)
            if spec.fit == "mean_reverting" and spec.long_run.unit.powers != table.unit.powers:
                raise ValueError(f"`long_run` is in {spec.long_run.unit.label}, {table.file} in {table.unit.label}")
        return u.fit(spec.fit, [row.year for row in rows], [row.value for row in rows], as_of=as_of, long_run=long_run)
    builders: dict[str, Any] = {
        "geometric_brownian": u.GeometricBrownian,
        "mean_reverting": u.MeanReverting,
        "jump_diffusion": u.JumpDiffusion,
        "trend_growth": u.TrendGrowth,
    }
    form = next(form for form in builders if getattr(spec, form) is not None)
    body = getattr(spec, form)
    process: Process = builders[form](**{name: _drawn(getattr(body, name), name) for name in type(body).model_fields})
    return process


def _try_ends(process: Process, years: Clock) -> None:
    """Follow a process with its parameters and its noise at their ends. Raises ValueError where it leaves all bounds.

    So a volatility of 1000 % in place of 10 % is found here, not by one draw of a thousand in a run.
    """
    ends = {name: distribution.ppf(np.array([1e-6, 1 - 1e-6])) for name, distribution in process.parameters.items()}
    corners = np.array(list(itertools.product((0, 1), repeat=len(ends) + process.streams)))
    values = {name: pair[corners[:, index]] for index, (name, pair) in enumerate(ends.items())}
    count = len(years.years)
    score = max(2.0, 6.0 / math.sqrt(count))  # every year; together more than chance brings
    noise = np.where(corners[:, len(ends) :].T, score, -score)[:, :, np.newaxis]
    process.path(values, np.repeat(noise, count, axis=2), years)


def _plain(quantity: Quantity) -> float:
    if quantity.distribution is None:
        raise ValueError(f"`{quantity.text}`: write the figure here; a process does not refer to assumptions")
    return quantity.central


def _drawn(quantity: Quantity, name: str) -> Distribution:
    if quantity.distribution is None:
        what = "write the distribution here; a process does not refer to assumptions"
        raise ValueError(f"`{name}: {quantity.text}`: {what}")
    return quantity.distribution


def _correlations(file: CaseFile, valid: Collection[str], note: Notes) -> tuple[Correlation, ...]:
    from tumen.uncertainty import Correlation

    found = []
    for index, group in enumerate(file.correlations):
        unknown = [(place, member) for place, member in enumerate(group.members) if member not in valid]
        for place, member in unknown:
            what = f"`{member}` is no assumption or process; {did_you_mean(member, valid)}"
            note(("correlations", index, "members", place), what)
        try:
            if not unknown:
                found.append(Correlation(members=group.members, matrix=group.as_matrix()))
        except ValueError as error:
            note(("correlations", index), str(error))
    return tuple(found)
