"""The arrays of a run as one labelled tree: groups worlds, trade, money and claims, with units.

Claims and assumptions are kept for every draw; arrays by year keep mean, deviation and quantiles, unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["LEVELS", "dataset"]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
Array = npt.NDArray[np.float64]


def dataset(case: Case, outcome: Outcome, arrays: Mapping[str, Array], keep: tuple[str, ...]) -> xr.DataTree:
    """The tree of a run."""
    import xarray as xr

    years = list(outcome.years)
    groups = {
        "worlds": _worlds(case, arrays, years, "worlds" in keep),
        "trade": _trade(arrays, years, "trade" in keep),
        "money": _money(outcome, arrays, years, "money" in keep),
        "claims": _claims(case, arrays),
    }
    tree = xr.DataTree.from_dict({name: group for name, group in groups.items() if group.variables})
    tree.attrs = {"title": case.title, "as_of": case.as_of.isoformat(), "scenario": case.scenario, "case_hash": case.hash}
    return tree


def _worlds(case: Case, arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    import xarray as xr

    names = _below(arrays, "worlds|value|")
    variables: dict[str, Any] = {}
    if names:
        values = np.stack([arrays[f"worlds|value|{name}"] for name in names])
        variables["assumption"] = (("assumption_name", "draw"), values, {"long_name": "value of each drawn assumption"})
    units = {p.name: p.quantity.unit.label for p in case.parameters}
    coords: dict[str, Any] = {"assumption_name": names, "unit": ("assumption_name", [units.get(name, "1") for name in names])}
    paths = _below(arrays, "worlds|path|")
    stacked = np.stack([arrays[f"worlds|path|{name}"] for name in paths]) if paths else None
    found = xr.Dataset(variables, coords if names else {})
    return found.merge(_by_year("process", paths, stacked, years, keep)) if stacked is not None else found


def _trade(arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    import xarray as xr

    names = _below(arrays, "trade|")
    if not names:
        return xr.Dataset()
    stacked = np.stack([arrays[f"trade|{name}"] for name in names])
    return _by_year("path", [name.replace("|", ": ") for name in names], stacked, years, keep, units="MUSD")


def _money(outcome: Outcome, arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    import xarray as xr

    found = xr.Dataset()
    lines = outcome.ledger.lines
    if lines:
        stacked = np.stack([arrays[f"money|line|{index}"] for index in range(len(lines))])
        labels = [f"{line.initiative}: {line.label}" for line in lines]
        parts = {part: ("line", [str(getattr(line, part)) for line in lines]) for part in ("payer", "payee", "currency", "account", "initiative", "cash")}
        found = _by_year("line", labels, stacked, years, keep).assign_coords(parts)
    stocks = _below(arrays, "money|stock|")
    if stocks:
        stacked = np.stack([arrays[f"money|stock|{name}"] for name in stocks])
        found = found.merge(_by_year("stock", stocks, stacked, years, keep))
    return found


def _claims(case: Case, arrays: Mapping[str, Array]) -> xr.Dataset:
    import xarray as xr

    names = [name for name in case.claims if f"claims|{name}|value" in arrays]
    if not names:
        return xr.Dataset()
    values = np.stack([arrays[f"claims|{name}|value"] for name in names])
    return xr.Dataset({"value": (("claim", "draw"), values)}, {"claim": names, "measure": ("claim", [case.claims[n].measure for n in names])})


def _by_year(name: str, labels: list[str], values: Array, years: list[int], keep: bool, units: str = "") -> xr.Dataset:
    """Mean, deviation and quantiles of values (label, draw, year); and the values themselves where they are kept."""
    import xarray as xr

    attrs = {"units": units} if units else {}
    variables: dict[str, Any] = {
        f"{name}_mean": ((name, "year"), values.mean(axis=1), attrs),
        f"{name}_sd": ((name, "year"), values.std(axis=1), attrs),
        f"{name}_quantile": (("level", name, "year"), np.quantile(values, LEVELS, axis=1), attrs),
    }
    if keep:
        variables[f"{name}_draws"] = ((name, "draw", "year"), values, attrs)
    return xr.Dataset(variables, {name: labels, "year": years, "level": list(LEVELS)})


def _below(arrays: Mapping[str, Array], prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in arrays if name.startswith(prefix)]
