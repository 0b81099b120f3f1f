"""Scenarios: other values at some paths of a case, perhaps on top of another scenario."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tumen.case._document import Document, Notes
from tumen.case._problems import Keys, Place
from tumen.errors import did_you_mean

__all__ = ["apply_scenario", "lineage"]

_SECTIONS = ("assumptions", "processes", "trade", "equilibrium", "networks", "gates", "initiatives", "claims")


def lineage(name: str, scenarios: Mapping[str, Any], note: Notes) -> tuple[str, ...] | None:
    """The scenarios that make up `name`, the most general first; None after noting a circle or an unknown name."""
    chain = [name]
    while (parent := scenarios[chain[-1]].get("extends")) is not None:
        if parent not in scenarios:
            what = f"there is no scenario `{parent}`; {did_you_mean(str(parent), scenarios)}"
            note(("scenarios", chain[-1], "extends"), what)
            return None
        if parent in chain:
            circle = chain[chain.index(parent) :]
            first = circle.index(min(circle))  # noted once, whichever of its scenarios leads here
            circle = [*circle[first:], *circle[:first]]
            what = f"goes in a circle: {' -> '.join([*circle, circle[0]])}; take one `extends` out"
            note(("scenarios", circle[0], "extends"), what)
            return None
        chain.append(parent)
    return tuple(reversed(chain))


def apply_scenario(name: str, note: Notes) -> Document | None:
    """The document under a scenario, without its `scenarios`; None after noting what is wrong."""
    document = note.document
    scenarios = document.data["scenarios"]
    chain = lineage(name, scenarios, note)
    if chain is None:
        return None
    data = copy.deepcopy({key: value for key, value in document.data.items() if key != "scenarios"})
    places = dict(document.places)
    sound = True
    for part in chain:
        for path, value in scenarios[part]["set"].items():
            keys: Keys = ("scenarios", part, "set", path)
            wrong = _set(data, places, path, copy.deepcopy(value), document.place(keys))
            if wrong:
                note(keys, wrong)
                sound = False
    return Document(document.file, data, places) if sound else None


def _set(data: dict[str, Any], places: dict[Keys, Place], path: str, value: Any, place: Place) -> str:
    """Put a value at a dotted path; its last key may be new, what is above it must be there. Returns what is wrong."""
    keys = path.split(".")
    if keys[0] not in data:
        homes = [section for section in _SECTIONS if keys[0] in (data.get(section) or {})]
        if len(homes) != 1:
            valid = [*data, *(name for section in _SECTIONS for name in (data.get(section) or {}))]
            return f"nothing here is called `{keys[0]}`; {did_you_mean(keys[0], valid)}"
        keys = [homes[0], *keys]
    node: Any = data
    for depth, key in enumerate(keys[:-1]):
        if not isinstance(node, dict) or not isinstance(node.get(key), dict):
            where = ".".join(keys[:depth]) or "the case"
            near = did_you_mean(key, node if isinstance(node, dict) else ())
            return f"`{key}` is no group of keys in {where}; {near}"
        node = node[key]
    node[keys[-1]] = value
    for known in [known for known in places if known[: len(keys)] == tuple(keys)]:
        del places[known]
    places[tuple(keys)] = place
    return ""
