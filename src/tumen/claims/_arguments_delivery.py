"""The arguments of measures on delivery: what is delivered, gates, and regions of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from tumen.claims._arguments import Reader
from tumen.claims._arguments_networks import KINDS
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Decided", "Delivered", "DeliveredLine", "GateName", "RegionName", "regions_of"]

Where = Mapping[str, Any]


def _delivered(case: Case, raw: Any, _: Where) -> str:
    known = [name for name, spec in case.initiatives.items() if spec.delivery is not None or _stands(spec)]
    if raw in case.initiatives and raw not in known:
        raise ValueError(f"`{raw}` has no `delivery`, so it is not known when it comes; declare it there")
    if raw not in known:
        raise ValueError(f"`{raw}` is no initiative that is delivered; {did_you_mean(str(raw), known)}")
    return str(raw)


def _decided(case: Case, raw: Any, where: Where) -> str:
    """Something that is still to be decided."""
    name = _delivered(case, raw, where)
    if case.initiatives[name].delivery is None:
        raise ValueError(f"`{name}` stands already; there is nothing to decide")
    return name


def _line(case: Case, raw: Any, where: Where) -> str:
    name = _delivered(case, raw, where)
    if case.initiatives[name].kind not in KINDS:
        raise ValueError(f"`{name}` is no {', '.join(KINDS)}, on which this measure is taken")
    return name


def _stands(spec: Any) -> bool:
    return getattr(spec, "state", "") == "built"


def _gate(case: Case, raw: Any, _: Where) -> str:
    if raw not in case.file.gates:
        raise ValueError(f"`{raw}` is no gate of this case; {did_you_mean(str(raw), case.file.gates)}")
    return str(raw)


def regions_of(case: Case, network: object = None) -> tuple[str, ...]:
    """The regions that nodes of one network lie in, or of all."""
    asked = [spec for name, spec in case.networks.items() if network in (None, name)]
    named = (node.region for spec in asked for node in spec.nodes.values())
    return tuple(dict.fromkeys(region for region in named if region))


def _region(case: Case, raw: Any, where: Where) -> str:
    known = regions_of(case, where.get("network"))
    if raw not in known:
        raise ValueError(f"`{raw}` is no region of a node; {did_you_mean(str(raw), known)}")
    return str(raw)


Delivered = Annotated[str, Reader(_delivered)]
Decided = Annotated[str, Reader(_decided)]
DeliveredLine = Annotated[str, Reader(_line)]
GateName = Annotated[str, Reader(_gate)]
RegionName = Annotated[str, Reader(_region)]
