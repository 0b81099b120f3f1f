"""The arguments of measures on networks: which network, which line, who, by which solution, in which year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from tumen.claims._arguments import Reader
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case, NetworkSpec

__all__ = [
    "Carried",
    "CrossedBy",
    "End",
    "Enforced",
    "Holder",
    "Line",
    "Lines",
    "LinkOf",
    "LinksOf",
    "NetworkName",
    "NetworkYear",
    "Parties",
    "Party",
    "SolutionName",
    "Squeezer",
    "SupplyRow",
    "Volume",
    "network_of",
]  # fmt: skip

KINDS = ("pipeline", "railway", "capacity")
Where = Mapping[str, Any]


def network_of(case: Case, where: Where) -> NetworkSpec:
    """The network that the arguments are about: named, or that of the line."""
    name = where.get("network")
    if name is None:
        spec: Any = case.initiatives.get(str(where.get("initiative")))
        name = getattr(spec, "network", None)
    if name is None:
        raise ValueError("say which network it is about, by `network` or `initiative`")
    return case.networks[_network(case, name, where)]


def _network(case: Case, raw: Any, _: Where) -> str:
    if not case.networks:
        raise ValueError("the case has no `networks`, on which this measure is taken; declare one there")
    if raw not in case.networks:
        raise ValueError(f"`{raw}` is no network of this case; {did_you_mean(str(raw), case.networks)}")
    return str(raw)


def _lines(case: Case, where: Where) -> list[str]:
    """Initiatives that add lines: those of the network that is named, or all."""
    named = where.get("network")
    every: dict[str, Any] = {name: spec for name, spec in case.initiatives.items() if spec.kind in KINDS}
    return [name for name, spec in every.items() if named is None or spec.network == named]


def _line(case: Case, raw: Any, where: Where) -> str:
    known = _lines(case, where)
    if raw not in known:
        raise ValueError(f"`{raw}` is no {', '.join(KINDS)} of this case; {did_you_mean(str(raw), known)}")
    return str(raw)


def _several(read: Callable[[Case, Any, Where], str]) -> Callable[[Case, Any, Where], tuple[str, ...]]:
    def each(case: Case, raw: Any, where: Where) -> tuple[str, ...]:
        named = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
        if not named or len(set(named)) < len(named):
            raise ValueError("name at least one, and each once")
        return tuple(read(case, name, where) for name in named)

    return each


def _party(case: Case, raw: Any, where: Where) -> str:
    players = network_of(case, where).players
    if raw not in players:
        raise ValueError(f"`{raw}` does not bargain over this network; {did_you_mean(str(raw), players)}")
    return str(raw)


def _crossed(case: Case, raw: Any, where: Where) -> str:
    """Somebody whose territory the line crosses."""
    spec: Any = case.initiatives.get(str(where.get("initiative")))
    crosses = getattr(spec, "crosses", ())
    if raw not in crosses:
        raise ValueError(f"`{where.get('initiative')}` does not cross `{raw}`; {did_you_mean(str(raw), crosses)}")
    return str(raw)


def _enforced(case: Case, raw: Any, where: Where) -> str:
    name = _line(case, raw, where)
    if getattr(case.initiatives[name], "enforcement", None) is None:
        raise ValueError(f"`{name}` has no `enforcement`, on which this measure is taken; declare it there")
    return name


def _holder(case: Case, raw: Any, where: Where) -> str:
    """Somebody who keeps the deal over a line."""
    spec: Any = case.initiatives.get(str(where.get("initiative")))
    terms = getattr(spec, "enforcement", None)
    known = tuple(terms.rates) if terms is not None else ()
    if raw not in known:
        raise ValueError(f"`{raw}` has no rate in the line's `enforcement`; {did_you_mean(str(raw), known)}")
    return str(raw)


def _carried(case: Case, raw: Any, where: Where) -> str:
    goods = network_of(case, where).commodities
    spec: Any = case.initiatives.get(str(where.get("initiative")))
    own = tuple(getattr(spec, "carries", goods))
    if raw not in own:
        raise ValueError(f"`{raw}` is not carried there; {did_you_mean(str(raw), own)}")
    return str(raw)


def _link(case: Case, raw: Any, where: Where) -> str:
    links = network_of(case, where).links
    if raw not in links:
        raise ValueError(f"`{raw}` is no link of the network; {did_you_mean(str(raw), links)}")
    return str(raw)


def _any_link(case: Case, raw: Any, where: Where) -> str:
    """A link that stands or, as `line` or `line.good`, one that an initiative adds."""
    known = list(network_of(case, where).links)
    for name in _lines(case, where):
        spec: Any = case.initiatives[name]
        known += [f"{name}.{good}" for good in getattr(spec, "carries", ())] or [name]
    if raw not in known:
        raise ValueError(f"`{raw}` is no link there; {did_you_mean(str(raw), known)}")
    return str(raw)


def _supply(case: Case, raw: Any, where: Where) -> str:
    supply = network_of(case, where).supply
    if raw not in supply:
        raise ValueError(f"`{raw}` supplies nothing there; {did_you_mean(str(raw), supply)}")
    return str(raw)


def _one_of(*words: str) -> Callable[[Case, Any, Where], str]:
    def read(case: Case, raw: Any, _: Where) -> str:
        if raw not in words:
            raise ValueError(f"`{raw}` is none of {', '.join(words)}")
        return str(raw)

    return read


def _year(case: Case, raw: Any, where: Where) -> int:
    first = network_of(case, where).years[0]
    if not isinstance(raw, int) or isinstance(raw, bool) or not first <= raw <= case.years[-1]:
        raise ValueError(f"`{raw}` is no year from {first}, the network's first, to {case.years[-1]}")
    return raw


def _squeezer(case: Case, raw: Any, where: Where) -> str:
    """A sanction that squeezes the network."""
    named = where.get("network")
    every: dict[str, Any] = dict(case.initiatives)
    known = [name for name, spec in every.items() if spec.kind == "sanction" and named in spec.networks]
    if raw not in known:
        raise ValueError(f"`{raw}` does nothing to `{named}` by its `networks`; {did_you_mean(str(raw), known)}")
    return str(raw)


def _volume(case: Case, raw: Any, where: Where) -> str:
    """An assumption in the unit of what the line carries, a year."""
    from tumen.case import parse_unit

    spec = network_of(case, where)
    line: Any = case.initiatives.get(str(where.get("initiative")))
    good = spec.good(getattr(line, "commodity", ""))
    powers = parse_unit(f"{spec.commodities[good].unit}/yr").powers
    known = [name for name, quantity in case.file.assumptions.items() if quantity.unit.powers == powers]
    if raw not in known:
        unit = spec.commodities[good].unit
        raise ValueError(f"`{raw}` is no assumption in {unit} a year; {did_you_mean(str(raw), known)}")
    return str(raw)


NetworkName = Annotated[str, Reader(_network)]
Line = Annotated[str, Reader(_line)]
Lines = Annotated[tuple[str, ...], Reader(_several(_line))]
Party = Annotated[str, Reader(_party)]
Parties = Annotated[tuple[str, ...], Reader(_several(_party))]
CrossedBy = Annotated[str, Reader(_crossed)]
Enforced = Annotated[str, Reader(_enforced)]
Holder = Annotated[str, Reader(_holder)]
Carried = Annotated[str, Reader(_carried)]
LinkOf = Annotated[str, Reader(_link)]
LinksOf = Annotated[tuple[str, ...], Reader(_several(_any_link))]
SupplyRow = Annotated[str, Reader(_supply)]
SolutionName = Annotated[str, Reader(_one_of("shapley", "nucleolus"))]
End = Annotated[str, Reader(_one_of("lowest", "split", "highest"))]
NetworkYear = Annotated[int, Reader(_year)]
Squeezer = Annotated[str, Reader(_squeezer)]
Volume = Annotated[str, Reader(_volume)]
