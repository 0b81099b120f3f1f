"""Scenarios: other values at some paths of a case, perhaps on top of another scenario."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tumen.case._problems import Place, Problems
from tumen.case._yaml import Document
from tumen.errors import did_you_mean

__all__ = ["apply_scenario", "lineage"]

_SECTIONS = ("assumptions", "processes", "trade", "initiatives", "claims")


def lineage(name: str, scenarios: Mapping[str, Any], document: Document, problems: Problems) -> tuple[str, ...] | None:
    """The scenarios that make up `name`, the most general first; None after noting a cycle or an unknown name."""
    chain: list[str] = []
    current: Any = name
    while current is not None:
        place, field = document.place(("scenarios", name, "extends")), f"scenarios.{name}.extends"
        if current in chain:
            problems.add(place, field, f"goes in a circle: {' -> '.join([*chain, current])}; take one `extends` out")
            return None
        if not isinstance(current, str) or current not in scenarios:
            problems.add(place, field, f"there is no scenario `{current}`; {did_you_mean(str(current), scenarios)}")
            return None
        chain.append(current)
        body = scenarios[current]
        current = body.get("extends") if isinstance(body, Mapping) else None
    return tuple(reversed(chain))


def apply_scenario(name: str, document: Document, problems: Problems) -> Document | None:
    """The document under a scenario, without its `scenarios`; None after noting what is wrong."""
    scenarios = document.data["scenarios"]
    chain = lineage(name, scenarios, document, problems)
    if chain is None:
        return None
    data = copy.deepcopy({key: value for key, value in document.data.items() if key != "scenarios"})
    places = dict(document.places)
    before = len(problems.found)
    for part in chain:
        changes = scenarios[part].get("set") if isinstance(scenarios[part], Mapping) else None
        for path, value in (changes or {}).items() if isinstance(changes, Mapping) else ():
            place = document.place(("scenarios", part, "set", path))
            _set(data, places, str(path), copy.deepcopy(value), place, f"scenarios.{part}.set.{path}", problems)
    return Document(document.file, data, places) if len(problems.found) == before else None


def _set(
    data: dict[str, Any],
    places: dict[tuple[str | int, ...], Place],
    path: str,
    value: Any,
    place: Place,
    field: str,
    problems: Problems,
) -> None:
    """Put a value at a dotted path; its last key may be new, what is above it must be there."""
    keys = path.split(".")
    if keys[0] not in data:
        homes = [section for section in _SECTIONS if isinstance(data.get(section), dict) and keys[0] in data[section]]
        if len(homes) != 1:
            valid = [*data, *(name for section in _SECTIONS for name in (data.get(section) or {}))]
            problems.add(place, field, f"nothing here is called `{keys[0]}`; {did_you_mean(keys[0], map(str, valid))}")
            return
        keys = [homes[0], *keys]
    node: Any = data
    for depth, key in enumerate(keys[:-1]):
        if not isinstance(node, dict) or not isinstance(node.get(key), dict):
            valid = [str(k) for k in node] if isinstance(node, dict) else []
            where = ".".join(keys[:depth]) or "the case"
            problems.add(place, field, f"`{key}` is no group of keys in {where}; {did_you_mean(key, valid)}")
            return
        node = node[key]
    node[keys[-1]] = value
    for known in [known for known in places if known[: len(keys)] == tuple(keys)]:
        del places[known]
    places[tuple(keys)] = place
