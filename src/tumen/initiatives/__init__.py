"""The kinds of initiative: one module a kind, found by its name.

A module holds a frozen `Spec` and some of these pure functions, which turn the declaration into inputs of the engines:

    gains(spec, inputs)         what each player gains a year, if not told by a network   (delivery)
    links(spec, inputs, net)    what it adds to the network `net`            (corridor)
    trade_shock(spec, inputs)   which trade costs it changes                 (trade)
    bargain(spec, inputs)       what would persuade and what is believed     (bargain)
    deliveries(spec, inputs)    what it brings over borders itself           (trade)
    lines(spec, inputs)         what is paid by whom, and which stocks move  (money)
    settle(spec, inputs, flows, lines)  how a pair's payments are settled, and what cannot be paid   (money)
    noise(spec, years)          the normals that it needs for each draw and year, by label
    check(case, name)           what it needs of the rest of the case, and does not find

`lines` gives back `Lines`, `trade_shock` a `TradeChange`. Nothing here draws a number or loops over draws.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from tumen.case.fields import Initiative
from tumen.errors import did_you_mean
from tumen.initiatives._inputs import Addition, Delivery, Inputs, Lines, Settlement, TradeChange

if TYPE_CHECKING:
    from tumen.case import Case, Keys

__all__ = ["Addition", "Delivery", "Inputs", "Lines", "Settlement", "TradeChange", "check", "kinds", "module"]


@cache
def kinds() -> Mapping[str, type[Initiative]]:
    """Every kind of initiative and the Spec of its declaration."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return MappingProxyType({name: module(name).Spec for name in names})


def module(kind: str) -> ModuleType:
    """The module of one kind."""
    return importlib.import_module(f"{__name__}.{kind}")


def check(case: Case) -> Iterator[tuple[Keys, str]]:
    """What a kind needs of the rest of the case: its network, or the world's trade with what it names there."""
    for name, spec in case.initiatives.items():
        own = getattr(module(spec.kind), "check", None)
        if own is not None:
            yield from own(case, name)
        named = getattr(module(spec.kind), "traded", None)
        if named is None:
            continue
        if case.equilibrium is None:
            yield ("initiatives", name, "kind"), "changes trade costs, so the case needs an `equilibrium` to change"
            continue
        table = case.flows[case.equilibrium.flows]
        known = {
            "good": (f"good of {table.file}", table.goods),
            "country": (f"country of {table.file}", table.countries),
            "taker": ("taker of a rent", ("exporter", "importer", *table.countries)),
        }
        for keys, what, text in named(spec):
            said, valid = known[what]
            if text not in valid:
                yield ("initiatives", name, *keys), f"`{text}` is no {said}; {did_you_mean(text, valid)}"
        yield from _in_dollars(case, name)
        if getattr(spec, "state", "expected") == "expected":
            yield from _paths_in(case)


def _in_dollars(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Its money stands beside the world's trade, which is in dollars."""
    from tumen.case import fits, parse_unit

    for parameter in case.parameters:
        if parameter.keys[:2] == ("initiatives", name):
            unit = case.parameter(parameter.name).quantity.unit
            if fits(unit, "money a year") and unit.powers != parse_unit("MUSD/yr").powers:
                yield parameter.keys, f"is in {unit.label}; beside the world's trade, money is in USD a year"


def _paths_in(case: Case) -> Iterator[tuple[Keys, str]]:
    """A path follows what is expected of trade costs, so its pair trades in the world of the equilibrium."""
    assert case.equilibrium is not None
    table = case.flows[case.equilibrium.flows]
    traded = {(row.exporter, row.importer) for row in table.rows if row.value > 0}
    for name, path in case.trade.items():
        a, b = path.between
        if not traded & {(a, b), (b, a)}:
            what = f"{a} and {b} do not trade in {table.file}, so their path cannot follow what initiatives do to costs"
            yield ("trade", name, "between"), f"{what}; add what they sell to each other"
