"""The arguments that a measure can take, each with how a case writes it and what it must name.

A measure's signature says which it takes: `between: Pair` is read by the reader of `Pair`, which refuses what the case
does not have, with the nearest name.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = [
    "ConvertedDebt",
    "CostChange",
    "Countries",
    "Country",
    "Currency",
    "DebtTreatment",
    "FundedDebt",
    "Good",
    "Hazard",
    "IdleSanction",
    "Inducement",
    "LeakySanction",
    "Members",
    "MoneyFigure",
    "Pair",
    "Partner",
    "Partners",
    "PastOffer",
    "Player",
    "PricedDebt",
    "RateOf",
    "Record",
    "RunName",
    "Sanction",
    "Side",
    "Statistics",
    "Sum",
    "TargetRecord",
    "Year",
    "arguments",
    "read_where",
]


_ROLES = ("country", "partner", "against", "by")  # those who differ from each other


@dataclass(frozen=True, slots=True)
class Reader:
    """How one kind of argument is read; raises ValueError with what is wrong and the nearest that is right."""

    read: Callable[[Case, Any, Mapping[str, Any]], Any]


def _pair(case: Case, raw: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError("a pair is two players, as in [RUS, PRK]")
    for player in raw:
        _player(case, player, {})
    pairs = [spec.between for spec in case.trade.values()]
    if not any(set(pair) == set(raw) for pair in pairs):
        has = ", ".join("-".join(pair) for pair in pairs) or "none"
        raise ValueError(f"the case has no trade path between {raw[0]} and {raw[1]}; it has {has}")
    return str(raw[0]), str(raw[1])


def _player(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    declared = [getattr(spec, "fund", None) for spec in case.initiatives.values()]
    funds = [fund.name for fund in declared if fund is not None]
    if raw not in case.players and raw not in funds:
        raise ValueError(f"`{raw}` is no player; {did_you_mean(str(raw), [*case.players, *funds])}")
    return str(raw)


def _debt_treatment(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    names = [name for name, spec in case.initiatives.items() if spec.kind == "debt_treatment"]
    if raw not in names:
        raise ValueError(f"`{raw}` is no debt_treatment of this case; {did_you_mean(str(raw), names)}")
    return str(raw)


def _debt_with(field: str) -> Callable[[Case, Any, Mapping[str, Any]], str]:
    """A debt treatment that declares what a measure is taken on; a field left out is no zero."""

    def read(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
        name = _debt_treatment(case, raw, where)
        if getattr(case.initiatives[name], field) is None:
            raise ValueError(f"`{name}` has no `{field}`, on which this measure is taken; declare it there")
        return name

    return read


def _statistics(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    pair = where.get("between") or ()
    for spec in case.trade.values():
        if set(spec.between) == set(pair):
            known = set(spec.statistics) or {row.statistics for row in case.tables[spec.history].rows}
            if raw not in known:
                raise ValueError(
                    f"`{raw}` is not among the statistics that the path is fitted to; {did_you_mean(str(raw), known)}"
                )
    return str(raw)


def _quantity(dimension: str) -> Callable[[Case, Any, Mapping[str, Any]], float]:
    def read(case: Case, raw: Any, _: Mapping[str, Any]) -> float:
        from tumen.case import read_quantity

        quantity = read_quantity(raw, dimension)
        if quantity.distribution is None:
            raise ValueError(f"`{quantity.text}`: a figure is expected here")
        return float(quantity.central)

    return read


def _money_figure(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    from tumen.case import fits

    names = {p.name: p for p in case.parameters if p.quantity.reference is None and fits(p.quantity.unit, "money")}
    if raw not in names:
        raise ValueError(f"`{raw}` is no amount of money in this case; {did_you_mean(str(raw), names)}")
    return str(raw)


@dataclass(frozen=True, slots=True)
class Record:
    """How announced targets fared until the case's date: resolved, met, and the growth that the steepest met needed."""

    resolved: int
    met: int
    steepest_met: float | None = None


def _record(case: Case, raw: Any, where: Mapping[str, Any]) -> Record:
    found = re.fullmatch(r"(\d+) of (\d+)(?:, at most (.+))?", str(raw).strip())
    if found is None:
        raise ValueError(f"`{raw}` is no record; write how many were met, as in `12 of 21, at most 20.3 %/yr`")
    met, resolved, steepest = int(found[1]), int(found[2]), found[3]
    if met > resolved or resolved < 1:
        raise ValueError(f"{met} of {resolved} targets cannot be met; expected at least one resolved, and no more met")
    return Record(resolved, met, None if steepest is None else _quantity("rate")(case, steepest, where))


def _year(case: Case, raw: Any, _: Mapping[str, Any]) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw not in case.years:
        raise ValueError(f"`{raw}` is no year of the horizon, {case.years[0]} to {case.years[-1]}")
    return raw


def _currency(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    from tumen.case import CURRENCIES

    if raw not in CURRENCIES:
        raise ValueError(f"`{raw}` is no currency; {did_you_mean(str(raw), CURRENCIES)}")
    return str(raw)


def _partner(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    """Somebody with whom `country` has a trade path, and who is `among` those that are asked about."""
    country = str(where.get("country"))
    partners = [name for spec in case.trade.values() if country in spec.between for name in spec.between]
    partners = [name for name in partners if name != country]
    if raw not in partners:
        raise ValueError(f"{country} has no trade path with `{raw}`; {did_you_mean(str(raw), partners)}")
    among = where.get("among", ())
    if raw not in (among if isinstance(among, list | tuple) else (among,)):
        raise ValueError(f"`{raw}` is not `among` the partners whose trade is summed; add it there")
    return str(raw)


def _partners(case: Case, raw: Any, where: Mapping[str, Any]) -> tuple[str, ...]:
    named = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
    if len(named) < 2 or len(set(named)) < len(named):
        raise ValueError("name two partners or more, each once")
    return tuple(_partner(case, name, where) for name in named)


def _world_of(case: Case) -> Any:
    if case.equilibrium is None:
        raise ValueError(
            "the case has no `equilibrium`, on which this measure is taken; declare the world's trade there"
        )
    return case.flows[case.equilibrium.flows]


def _country(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    countries = _world_of(case).countries
    if raw not in countries:
        raise ValueError(f"`{raw}` has no trade in the `equilibrium`; {did_you_mean(str(raw), countries)}")
    same = [key for key in _ROLES if where.get(key) == raw]
    if len(same) > 1:
        raise ValueError(f"`{raw}` stands for {' and '.join(f'`{key}`' for key in same)}; name different countries")
    return str(raw)


def _countries(case: Case, raw: Any, where: Mapping[str, Any]) -> tuple[str, ...]:
    named = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
    if not named or len(set(named)) < len(named):
        raise ValueError("name at least one country, and each once")
    if where.get("country") in named:
        raise ValueError(f"`{where['country']}` is the `country` itself; name others")
    return tuple(_country(case, name, where) for name in named)


def _good(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    goods = _world_of(case).goods
    if raw not in goods:
        raise ValueError(f"`{raw}` is no good of the `equilibrium`; {did_you_mean(str(raw), goods)}")
    return str(raw)


def _run(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    _world_of(case)
    if raw not in ("short", "long"):
        raise ValueError(f"`{raw}` is neither `short` nor `long`, the two runs of the elasticities")
    return str(raw)


def _side(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    if raw not in ("exports", "imports", "both"):
        raise ValueError(f"`{raw}` is none of exports, imports, both")
    return str(raw)


def _initiative(*kinds: str) -> Callable[[Case, Any, Mapping[str, Any]], str]:
    def read(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
        _world_of(case)
        names = [name for name, spec in case.initiatives.items() if spec.kind in kinds]
        if raw not in names:
            raise ValueError(f"`{raw}` is no {' or '.join(kinds)} of this case; {did_you_mean(str(raw), names)}")
        return str(raw)

    return read


def _members(case: Case, raw: Any, where: Mapping[str, Any]) -> tuple[str, ...]:
    """Some of those who bring a sanction about."""
    spec: Any = case.initiatives.get(str(where.get("initiative")))
    named = tuple(str(name) for name in (raw if isinstance(raw, list | tuple) else (raw,)))
    if not hasattr(spec, "measures"):  # what is no sanction is refused as `initiative`
        return named
    if len(set(named)) < len(named):
        raise ValueError("name each member once")
    acting = list(dict.fromkeys(m.by for m in spec.measures.values()))
    for name in named:
        if name not in acting:
            raise ValueError(f"`{name}` takes no part in `{where.get('initiative')}`; {did_you_mean(name, acting)}")
    return named


def _inducement(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    names = [name for name, spec in case.initiatives.items() if spec.kind == "inducement"]
    if raw not in names:
        raise ValueError(f"`{raw}` is no inducement of this case; {did_you_mean(str(raw), names)}")
    return str(raw)


def _past_offer(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    """One of the past offers that an inducement lists."""
    spec: Any = case.initiatives.get(str(where.get("initiative")))
    offered = getattr(spec, "offered", None)
    if offered is not None and raw not in offered:  # what is no inducement is refused as `initiative`
        raise ValueError(f"`{raw}` was not `offered` in `{where['initiative']}`; {did_you_mean(str(raw), offered)}")
    return str(raw)


def _hazard(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    names = [name for name, process in case.blueprint.processes.items() if process.kind == "hazard"]
    if raw not in names:
        raise ValueError(f"`{raw}` is no hazard of this case; {did_you_mean(str(raw), names)}")
    return str(raw)


def _sanction_with(field: str) -> Callable[[Case, Any, Mapping[str, Any]], str]:
    """A sanction that declares what a measure is taken on."""

    def read(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
        name = _initiative("sanction")(case, raw, where)
        if getattr(case.initiatives[name], field, None) is None:
            raise ValueError(f"`{name}` has no `{field}`, on which this measure is taken; declare it there")
        return name

    return read


Pair = Annotated[tuple[str, str], Reader(_pair)]
Player = Annotated[str, Reader(_player)]
DebtTreatment = Annotated[str, Reader(_debt_treatment)]
PricedDebt = Annotated[str, Reader(_debt_with("market_price"))]
ConvertedDebt = Annotated[str, Reader(_debt_with("market_rate"))]
FundedDebt = Annotated[str, Reader(_debt_with("fund"))]
Side = Annotated[str, Reader(_side)]
Statistics = Annotated[str, Reader(_statistics)]
RateOf = Annotated[float, Reader(_quantity("rate"))]
TargetRecord = Annotated[Record, Reader(_record)]
Sum = Annotated[float, Reader(_quantity("money"))]
MoneyFigure = Annotated[str, Reader(_money_figure)]
Year = Annotated[int, Reader(_year)]
Currency = Annotated[str, Reader(_currency)]
Partner = Annotated[str, Reader(_partner)]
Partners = Annotated[tuple[str, ...], Reader(_partners)]
Country = Annotated[str, Reader(_country)]
Countries = Annotated[tuple[str, ...], Reader(_countries)]
Good = Annotated[str, Reader(_good)]
RunName = Annotated[str, Reader(_run)]
CostChange = Annotated[str, Reader(_initiative("sanction", "trade_cost"))]
Sanction = Annotated[str, Reader(_initiative("sanction"))]
IdleSanction = Annotated[str, Reader(_sanction_with("idle"))]
LeakySanction = Annotated[str, Reader(_sanction_with("leak"))]
Inducement = Annotated[str, Reader(_inducement)]
PastOffer = Annotated[str, Reader(_past_offer)]
Hazard = Annotated[str, Reader(_hazard)]
Members = Annotated[tuple[str, ...], Reader(_members)]


@cache
def arguments(function: Callable[..., Any]) -> Mapping[str, tuple[Reader, bool]]:
    """The keyword arguments of a measure: how each is read, and whether it must be given."""
    hints = typing.get_type_hints(function, include_extras=True)
    found: dict[str, tuple[Reader, bool]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        marks = [mark for mark in _marks(hints[name]) if isinstance(mark, Reader)]
        found[name] = (marks[0], parameter.default is inspect.Parameter.empty)
    return found


def read_where(
    function: Callable[..., Any], case: Case, where: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The arguments of a measure as a case writes them, and what is wrong with them by key."""
    known = arguments(function)
    read: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for key, raw in where.items():
        if key not in known:
            wrong.append((key, f"the measure takes no `{key}`; {did_you_mean(key, known)}"))
            continue
        try:
            read[key] = known[key][0].read(case, raw, where)
        except ValueError as error:
            if str(error) not in [what for _, what in wrong]:  # such as that the case has no equilibrium
                wrong.append((key, str(error)))
    wrong += [
        (key, "is missing; the measure needs it") for key, (_, needed) in known.items() if needed and key not in where
    ]
    return read, wrong


def _marks(hint: Any) -> tuple[Any, ...]:
    """The marks of `Annotated[...]`, also within `... | None`."""
    if hasattr(hint, "__metadata__"):
        return tuple(hint.__metadata__)
    return tuple(mark for part in typing.get_args(hint) for mark in _marks(part))
