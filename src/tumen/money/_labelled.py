"""The ledger at its edge: an xarray dataset with named dimensions and units, and a tidy table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from tumen.money._ledger import Ledger

__all__ = ["dataset", "frame", "quantile_name"]

_NAMES = ("payer", "payee", "currency", "account", "initiative", "label")
_OWNERS = ("holder", "counterparty", "currency", "account", "initiative")


def _units(currencies: Sequence[str]) -> str:
    found = sorted(set(currencies))
    return f"M{found[0]}" if len(found) == 1 else "million, each in its own currency"


def _stack(arrays: Sequence[Array], shape: tuple[int, ...]) -> Array:
    return np.stack(arrays) if arrays else np.zeros((0, *shape))


def _text(values: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(values, dtype=np.str_)  # not object: files keep the type of an empty one


def dataset(ledger: Ledger) -> xr.Dataset:
    """What `Ledger.to_xarray` gives."""
    import xarray as xr

    shape = (ledger.draws, len(ledger.years))
    stocks = ledger.stocks
    flows = [(stock, name, flow) for stock in stocks for name, flow in stock.flows.items()]
    units = _units([line.currency for line in ledger.lines])
    held = _units([stock.currency for stock in stocks])
    moved = [np.zeros(shape) if stock.revaluation is None else stock.revaluation for stock in stocks]
    stock_dims = ("stock", "draw", "year")
    data = {
        "amount": xr.Variable(("line", "draw", "year"), ledger.amount, {"units": units}),
        "opening": xr.Variable(stock_dims[:2], _stack([s.opening for s in stocks], shape[:1]), {"units": held}),
        "closing": xr.Variable(stock_dims, _stack([s.closing for s in stocks], shape), {"units": held}),
        "revaluation": xr.Variable(stock_dims, _stack(moved, shape), {"units": held}),
        "flow_amount": xr.Variable(("flow", "draw", "year"), _stack([f for _, _, f in flows], shape), {"units": held}),
    }
    coords = {
        "year": xr.Variable("year", np.array(ledger.years, dtype=np.int64)),
        "stock": xr.Variable("stock", _text([stock.name for stock in stocks])),
        "cash": xr.Variable("line", np.array([line.cash for line in ledger.lines], dtype=np.bool_)),
        "flow_stock": xr.Variable("flow", _text([stock.name for stock, _, _ in flows])),
        "flow_name": xr.Variable("flow", _text([name for _, name, _ in flows])),
    }
    coords |= {name: xr.Variable("line", _text([getattr(line, name) for line in ledger.lines])) for name in _NAMES}
    coords |= {f"stock_{name}": xr.Variable("stock", _text([getattr(s, name) for s in stocks])) for name in _OWNERS}
    note = "nominal; flow_amount is signed: what adds to its stock is positive"
    return xr.Dataset(data, coords, {"title": "ledger", "note": note})


def quantile_name(level: float) -> str:
    """The column of a quantile.

    >>> quantile_name(0.05), quantile_name(0.5), quantile_name(0.025)
    ('p05', 'p50', 'p2.5')
    """
    percent = round(100 * level, 6)
    return f"p{int(percent):02d}" if percent == int(percent) else f"p{percent:g}"


def frame(ledger: Ledger, quantiles: Sequence[float]) -> pd.DataFrame:
    """What `Ledger.to_frame` gives."""
    import pandas as pd

    levels = [float(level) for level in quantiles]
    if any(not 0 <= level <= 1 for level in levels):
        raise ValueError(f"to_frame: quantiles are {levels}; expected fractions between 0 and 1, such as 0.05")
    if not ledger.draws:
        raise ValueError("to_frame: the ledger has no draws; expected at least one")
    lines, years = ledger.lines, len(ledger.years)
    columns: dict[str, object] = {
        name: np.repeat(_text([getattr(line, name) for line in lines]), years) for name in _NAMES
    }
    columns["cash"] = np.repeat(np.array([line.cash for line in lines], dtype=np.bool_), years)
    columns["year"] = np.tile(np.array(ledger.years, dtype=np.int64), len(lines))
    columns["mean"] = ledger.amount.mean(axis=1).ravel()
    for level, row in zip(levels, np.quantile(ledger.amount, levels, axis=1), strict=True):
        columns[quantile_name(level)] = row.ravel()
    return pd.DataFrame(columns)
