"""Which engine an assumption belongs to: decided by where the case declares it.

    trade      paths of trade, the world's trade, what changes trade costs, growth of economies
    corridor   networks, and what is built or changed in them
    bargain    what would persuade, and how deals are enforced
    delivery   gates, what is decided, built late, or stopped; programmes that are promised
    money      debts, settlement, labour, mines
    shared     what several engines use, and what none does

A named assumption or a process belongs to whoever refers to it; if several engines do, it is shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["ENGINES", "engines"]

ENGINES = ("trade", "corridor", "bargain", "delivery", "money", "shared")

_OF_KIND = {
    "trade_cost": "trade", "sanction": "trade",
    "pipeline": "corridor", "railway": "corridor", "capacity": "corridor",
    "inducement": "bargain",
    "programme": "delivery",
    "clearing": "money", "debt_treatment": "money", "labour_export": "money", "mine": "money",
}  # fmt: skip
_OF_FIELD = {  # of an initiative, where it is not that of its kind
    "delivery": "delivery", "stopped_by": "delivery", "enforcement": "bargain", "networks": "corridor",
}  # fmt: skip
_OF_SECTION = {"trade": "trade", "equilibrium": "trade", "networks": "corridor", "gates": "delivery"}


def engines(case: Case, names: Iterable[str]) -> dict[str, str]:
    """The engine of each assumption that is drawn, by its name."""
    users = _users(case)
    found = {}
    for name in names:
        owner, _, rest = name.partition(".")
        own = _declared(case, owner, rest.partition(".")[0])
        used = users.get(name, set()) | users.get(owner, set())
        found[name] = own or (next(iter(used)) if len(used) == 1 else "shared")
    return found


def _declared(case: Case, owner: str, field: str) -> str:
    """The engine of what stands in a section or an initiative of that name; blank for assumptions and processes."""
    if owner in case.initiatives:
        kind = case.initiatives[owner].kind
        special = "" if kind == "inducement" else _OF_FIELD.get(field, "")
        return special or _OF_KIND.get(kind, "shared")
    sections = (section for section in _OF_SECTION if owner in getattr(case.file, section))
    return _OF_SECTION.get(next(sections, ""), "")


def _users(case: Case) -> Mapping[str, set[str]]:
    """The engines that refer to each assumption and process."""
    known = {*case.file.assumptions, *case.file.processes}
    users: defaultdict[str, set[str]] = defaultdict(set)
    bodies = {section: getattr(case.file, section) for section in _OF_SECTION} | {"initiatives": case.initiatives}
    for parameter in case.parameters:
        if parameter.quantity.reference is not None:
            owner, field = str(parameter.keys[1]), str(parameter.keys[2])
            users[parameter.quantity.reference].add(_declared(case, owner, field))
    for body in bodies.values():
        for owner, spec in body.items():
            for field, text in _texts(spec):
                if text in known:
                    users[text].add(_declared(case, owner, field))
    return users


def _texts(spec: BaseModel) -> Iterator[tuple[str, str]]:
    """Every text and key of a declaration, each with the field in which it stands."""
    for field in type(spec).model_fields:
        yield from ((field, text) for text in _within(getattr(spec, field)))


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            if field not in {"note", "source"}:
                yield from _within(getattr(value, field))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (str(key), *_within(item))
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item)
