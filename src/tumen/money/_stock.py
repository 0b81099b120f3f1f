"""Stocks: what is owed or held, and the rule that it must reconcile.

For a stock B with signed flows F_1 ... F_n and revaluations R, in every draw and for the years t = 1 ... T,

    B[0] = opening,    B[t] = B[t-1] + sum over k of F_k[t] + R[t],

so the opening of a year is by construction the closing of the year before it. `reconcile` compares the right side with
the closing that was handed in. The tolerance is 1e-9 of the largest amount that the stock shows in that draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tumen.errors import LedgerError
from tumen.money._arrays import Array, Record, first_bad, frozen, shape_words

__all__ = ["TOLERANCE", "Stock", "reconcile"]

TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Stock(Record):
    """One stock: a debt, a fund, a credit line.

    Parameters
    ----------
    name
        What it is called; unique in a ledger.
    holder, counterparty
        Whose asset it is, and who owes it. Both are required, and they differ.
    currency, account, initiative
        As on a `Line`; amounts are millions of the currency, nominal.
    opening
        (draw,), at the start of the first year.
    flows
        By name, (draw, year), signed: what adds to the stock is positive.
    closing
        (draw, year), at the end of each year.
    revaluation
        (draw, year), changes of value that nobody paid; None where there are none.

    Raises
    ------
    LedgerError
        Where a side is missing, a shape does not fit, or an amount is not finite. Whether the stock reconciles is
        checked by `post`, which knows the years.
    """

    name: str
    holder: str
    counterparty: str
    currency: str
    account: str
    initiative: str
    opening: Array
    flows: Mapping[str, Array]
    closing: Array
    revaluation: Array | None = None

    def __post_init__(self) -> None:
        self._check_sides()
        object.__setattr__(self, "opening", frozen(self.opening))
        object.__setattr__(self, "closing", frozen(self.closing))
        object.__setattr__(self, "flows", MappingProxyType({name: frozen(flow) for name, flow in self.flows.items()}))
        if self.revaluation is not None:
            object.__setattr__(self, "revaluation", frozen(self.revaluation))
        self._check_arrays()

    def _check_sides(self) -> None:
        if not self.name:
            raise LedgerError(f"a stock of {self.holder or 'nobody'} has no name; expected a name unique in the ledger")
        for side in ("holder", "counterparty", "currency"):
            if not getattr(self, side):
                raise LedgerError(f"stock {self.name!r}: the {side} is missing; expected a name that is not empty")
        if self.holder == self.counterparty:
            raise LedgerError(f"stock {self.name!r}: holder and counterparty are both {self.holder!r}; expected two")

    def _check_arrays(self) -> None:
        if self.closing.ndim != 2:
            raise LedgerError(
                f"stock {self.name!r}: closing has the shape {self.closing.shape}; expected two dimensions (draw, year)"
            )
        parts = {"opening": self.opening, "closing": self.closing}
        parts |= {f"flow {name!r}": flow for name, flow in self.flows.items()}
        if self.revaluation is not None:
            parts["revaluation"] = self.revaluation
        for what, array in parts.items():
            names = ("draw",) if what == "opening" else ("draw", "year")
            expected = self.closing.shape[: len(names)]
            if array.shape != expected:
                raise LedgerError(
                    f"stock {self.name!r}: {what} has the shape {shape_words(array, names)}; expected {expected}, "
                    "as the closing has"
                )
            bad = ~np.isfinite(array)
            if bad.any():
                at = first_bad(bad)
                where = f"draw {at[0]}" + (f", year number {at[1]}" if len(at) > 1 else "")
                raise LedgerError(f"stock {self.name!r}: {what} is {array[at]} in {where}; expected a finite amount")

    def __repr__(self) -> str:
        if not self.closing.size:
            return f"Stock({self.name!r}, {self.holder} on {self.counterparty}, empty)"
        return (
            f"Stock({self.name!r}, {self.holder} on {self.counterparty}, M{self.currency}: mean opening "
            f"{self.opening.mean():,.1f}, mean closing {self.closing[:, -1].mean():,.1f})"
        )


def reconcile(stock: Stock, years: Sequence[int]) -> None:
    """Raise LedgerError, naming stock, draw, year and gap, unless opening + flows + revaluation is closing."""
    opening = np.concatenate([stock.opening[:, None], stock.closing[:, :-1]], axis=1)
    change = np.zeros_like(stock.closing)
    scale = np.maximum(np.abs(opening), np.abs(stock.closing))
    revaluation = [] if stock.revaluation is None else [stock.revaluation]
    for flow in [*stock.flows.values(), *revaluation]:
        change += flow
        np.maximum(scale, np.abs(flow), out=scale)
    gap = opening + change - stock.closing
    bad = np.abs(gap) > TOLERANCE * scale.max(axis=1, keepdims=True, initial=0.0)
    if not bad.any():
        return
    draw, t = first_bad(bad)
    parts = [f"{name} {flow[draw, t]:+.6g}" for name, flow in stock.flows.items()]
    parts += [f"revaluation {r[draw, t]:+.6g}" for r in revaluation]
    raise LedgerError(
        f"stock {stock.name!r} does not reconcile in draw {draw}, {years[t]}: opening {opening[draw, t]:.6g}, "
        f"{', '.join(parts) or 'no flows'}, makes {opening[draw, t] + change[draw, t]:.6g}, but closing is "
        f"{stock.closing[draw, t]:.6g}; the gap is {gap[draw, t]:.6g} M{stock.currency} "
        f"({int(bad.sum())} of {bad.size} draws and years do not); a flow that adds to the stock is positive"
    )
