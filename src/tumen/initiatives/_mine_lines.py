"""A mine's accounts: what it needs of its case, who pays whom, and what investors have sunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen.errors import did_you_mean
from tumen.initiatives import _ore
from tumen.initiatives._inputs import Array, Inputs

if TYPE_CHECKING:
    from tumen.case import Case, Keys
    from tumen.initiatives.mine import Spec
    from tumen.money import Mine, Posting, Stock

__all__ = ["postings", "problems", "stocks"]


def problems(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """What a mine needs of the rest of the case, and does not find."""
    from tumen.case import fits, parse_unit

    spec: Any = case.initiatives[name]
    place = ("initiatives", name)
    for parameter in case.parameters:
        if parameter.keys[:2] == place:
            unit = case.parameter(parameter.name).quantity.unit
            for dimension, dollars in (("money", "MUSD"), ("price of mass", "MUSD/t")):
                if fits(unit, dimension) and unit.powers != parse_unit(dollars).powers:
                    yield parameter.keys, f"is in {unit.label}; a mine is told in USD"
    for owner in spec.owners:
        if owner not in case.players:
            yield (*place, "owners", owner), f"`{owner}` is no player; {did_you_mean(owner, case.players)}"
    if spec.start.central > case.years[-1]:
        yield (*place, "start"), f"is after the horizon, which ends in {case.years[-1]}"
    process = case.blueprint.processes.get(str(spec.price_process))
    if process is not None and process.kind not in _ore.FORMS:
        yield (*place, "price_process"), f"is a {process.kind}; expected one of {', '.join(_ore.FORMS)}"
    elif process is not None:
        written = case.file.processes[spec.price_process]
        form = written.mean_reverting or written.geometric_brownian
        unit = form.start.unit if form is not None else case.tables[str(written.series)].unit
        if unit.powers != parse_unit("MUSD/t").powers:
            yield (*place, "price_process"), f"`{spec.price_process}` is in {unit.label}; a price in USD/t is expected"
    hazards = [process for process, drawn in case.blueprint.processes.items() if drawn.kind == "hazard"]
    for hazard in spec.stopped_by:
        if hazard not in hazards:
            yield (*place, "stopped_by", hazard), f"`{hazard}` is no hazard; {did_you_mean(hazard, hazards)}"
    if spec.pays_for is not None:
        yield from (((*place, "pays_for", "initiative"), what) for what in _no_line(case, name, spec))


def _no_line(case: Case, name: str, spec: Any) -> Iterator[str]:
    """Why there is nothing that a swap could pay for."""
    line, host = spec.pays_for.initiative, spec.host
    lines = [n for n, s in case.initiatives.items() if n != name and host in getattr(s, "owners", {})]
    if line not in lines:
        yield f"`{line}` is no initiative of which {host} owns a part; {did_you_mean(line, lines)}"
    elif case.initiatives[line].capex.reference is not None:  # type: ignore[attr-defined]
        yield f"the capex of `{line}` is the name of an assumption; write the figure there"


def postings(spec: Spec, inputs: Inputs, mine: Mine, luck: Array) -> tuple[Posting, ...]:
    """Every payment, through the mine's company, which keeps nothing."""
    from tumen.money import Line, Posting

    company, kept, host = f"company of {inputs.name}", mine.kept(luck), spec.host
    wages = inputs("wages")[:, None] * mine.costs
    found = [
        (company, f"builders of {inputs.name}", "capital", mine.capital),
        (spec.off_take.buyer, company, "ore", mine.sales),
        (company, f"miners in {host}", "wages", wages),
        (company, f"suppliers of {inputs.name}", "running costs", mine.costs - wages),
        (company, host, "royalty", mine.royalty),
        (company, host, "tax", mine.tax),
        (company, host, "host's share of profit", mine.host_profit),
    ]
    for owner in spec.owners:
        share = inputs(f"owners.{owner}")[:, None]
        found += [
            (owner, company, "capital", share * mine.capital),
            (company, owner, "profit", share * (mine.profit - mine.host_profit)),
            (host, owner, "ore for infrastructure", share * mine.swap),
        ]
    paid = [(payer, payee, label, kept * amount) for payer, payee, label, amount in found]
    paid += [
        (host, owner, "compensation", inputs(f"owners.{owner}")[:, None] * mine.taken(luck) * mine.compensated)
        for owner in spec.owners
    ]
    return tuple(
        Posting(Line(payer, payee, "USD", "mining", inputs.name, label), amount) for payer, payee, label, amount in paid
    )


def stocks(spec: Spec, inputs: Inputs, mine: Mine, luck: Array) -> tuple[Stock, ...]:
    """What investors have put in and not got back, until the host takes it."""
    from tumen.money import Stock

    kept = mine.kept(luck)
    sunk = kept * mine.sunk
    before = np.concatenate([np.zeros((len(sunk), 1)), sunk[:, :-1]], axis=1)
    spent, lost = kept * mine.capital, mine.lost(luck)
    return (
        Stock(
            name=f"{inputs.name}: sunk capital", holder=f"investors in {inputs.name}",
            counterparty=f"company of {inputs.name}", currency="USD", account="mining", initiative=inputs.name,
            opening=np.zeros(len(sunk)), flows={"capital": spent, "recovered": sunk - before - spent + lost},
            closing=sunk, revaluation=-lost,
        ),
    )  # fmt: skip
