"""The arrays of a run as one labelled tree: groups worlds, trade, delivery, money, claims, exposure and networks.

Claims and assumptions are kept for every draw; arrays by year keep mean, deviation and quantiles, unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen._chunks import DATES
from tumen._pictures import as_datasets
from tumen._ties import as_dataset, ties

if TYPE_CHECKING:
    import xarray as xr

    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["LEVELS", "PICTURES", "dataset", "picture"]

PICTURES = ("exposure", "networks")

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_OWN_MONEY = "millions of its own currency"
Array = npt.NDArray[np.float64]


def dataset(
    case: Case, outcome: Outcome, arrays: Mapping[str, Array], units: Mapping[str, str], keep: tuple[str, ...],
    pictures: Mapping[str, xr.Dataset],
) -> xr.DataTree:  # fmt: skip
    """The tree of a run from its merged arrays, (draw,) or (draw, year).

    `outcome` is that of any chunk; `units` are those of the claims' measures; `keep` names the groups whose yearly
    arrays are kept for every draw; `pictures` are groups that are there already (`picture`).
    """
    import xarray as xr

    years = list(outcome.years)
    groups = {
        "worlds": _worlds(case, arrays, years, "worlds" in keep),
        "trade": _trade(arrays, years, "trade" in keep),
        "delivery": _delivery(arrays, years, "delivery" in keep),
        "money": _money(outcome, arrays, years, "money" in keep),
        "claims": _claims(case, arrays, units),
    }
    groups |= pictures
    tree = xr.DataTree.from_dict({name: group for name, group in groups.items() if group.variables})
    about = {"title": case.title, "as_of": case.as_of.isoformat(), "scenario": case.scenario}
    tree.attrs = about | {"case_hash": case.hash}
    return tree


def _worlds(case: Case, arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    import xarray as xr

    found = xr.Dataset()
    values = _below(arrays, "worlds|value|")
    if values:
        units = {p.name: p.quantity.unit.label for p in case.parameters}
        found = xr.Dataset(
            {"assumption": (("assumption_name", "draw"), np.stack(list(values.values())))},
            {"assumption_name": list(values), "unit": ("assumption_name", [units.get(name, "1") for name in values])},
        )
    paths = _below(arrays, "worlds|path|")
    return found.merge(_by_year("process", list(paths), list(paths.values()), years, keep)) if paths else found


def _trade(arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    import xarray as xr

    paths = _below(arrays, "trade|")
    labels = [name.replace("|", ": ") for name in paths]
    return _by_year("path", labels, list(paths.values()), years, keep, "MUSD") if paths else xr.Dataset()


def _delivery(arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    """When each initiative is decided, opened or given up, in every draw, and what of it works by year."""
    import xarray as xr

    dates = _below(arrays, "delivery|")
    names = list(dict.fromkeys(name.partition("|")[0] for name in dates))
    if not names:
        return xr.Dataset()
    working = [dates[f"{name}|working"] for name in names]
    found = _by_year("initiative", names, working, years, keep, "share of planned capacity")
    found = found.rename({old: f"working_{str(old).removeprefix('initiative_')}" for old in found.data_vars})
    attrs = {"units": "decimal year, infinite for never"}
    for what in DATES:
        found[what] = (("initiative", "draw"), np.stack([dates[f"{name}|{what}"] for name in names]), attrs)
    return found


def _money(outcome: Outcome, arrays: Mapping[str, Array], years: list[int], keep: bool) -> xr.Dataset:
    """Lines and stocks; each is in millions of its own currency."""
    import xarray as xr

    found = xr.Dataset()
    lines = outcome.ledger.lines
    if lines:
        labels = [f"{line.initiative}: {line.label}" for line in lines]
        amounts = [arrays[f"money|line|{index}"] for index in range(len(lines))]
        fields = ("payer", "payee", "currency", "account", "initiative", "cash")
        parts = {part: ("line", [getattr(line, part) for line in lines]) for part in fields}
        found = _by_year("line", labels, amounts, years, keep, _OWN_MONEY).assign_coords(parts)
    stocks = outcome.ledger.stocks
    if stocks:
        balances = [arrays[f"money|stock|{stock.name}"] for stock in stocks]
        names = [stock.name for stock in stocks]
        currencies = {"stock_currency": ("stock", [stock.currency for stock in stocks])}
        closing = _by_year("stock", names, balances, years, keep, _OWN_MONEY).assign_coords(currencies)
        found = found.merge(closing)
    return found


def _claims(case: Case, arrays: Mapping[str, Array], units: Mapping[str, str]) -> xr.Dataset:
    import xarray as xr

    names = list(case.claims)
    if not names:
        return xr.Dataset()
    values = np.stack([arrays[f"claims|{name}|value"] for name in names])
    about = {
        "measure": ("claim", [case.claims[name].measure for name in names]),
        "unit": ("claim", [units[name] for name in names]),
    }
    return xr.Dataset({"value": (("claim", "draw"), values)}, {"claim": names, **about})


def picture(outcome: Outcome, name: str) -> dict[str, xr.Dataset]:
    """Groups of the results that are taken on the draws of one chunk: the matrix of ties, or the networks."""
    if name == "networks":
        return as_datasets(outcome)
    found = ties(outcome)
    return {} if found is None else {"exposure": as_dataset(found)}


def _by_year(
    name: str, labels: list[str], arrays: Sequence[Array], years: list[int], keep: bool, units: str = ""
) -> xr.Dataset:
    """Mean, deviation and quantiles of arrays (draw, year), one a label; and the arrays themselves if they are kept."""
    import xarray as xr

    attrs = {"units": units} if units else {}
    quantiles = np.stack([np.quantile(values, LEVELS, axis=0) for values in arrays], axis=1)
    variables: dict[str, Any] = {
        f"{name}_mean": ((name, "year"), np.stack([values.mean(axis=0) for values in arrays]), attrs),
        f"{name}_sd": ((name, "year"), np.stack([values.std(axis=0) for values in arrays]), attrs),
        f"{name}_quantile": (("level", name, "year"), quantiles, attrs),
    }
    if keep:
        variables[f"{name}_draws"] = ((name, "draw", "year"), np.stack(arrays), attrs)
    return xr.Dataset(variables, {name: labels, "year": years, "level": list(LEVELS)})


def _below(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
