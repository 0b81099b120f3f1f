"""A spending programme: what is promised by year, what of that is ever paid, and when.

With P_t promised for year t, in the money in which it is promised, s the share of the programme that is delivered and
c its scatter from year to year,

    s_t  ~  beta with mean s and standard deviation c sqrt(s (1 - s))     the share of one year
    D_t  =  s_t P_t                                                       what will be paid of it
    x_t  =  (1 - l) (A_{t-1} + D_t),      A_t = A_{t-1} + D_t - x_t       paid, and what is still late

where l is the share of what is payable that slips into the next year. The mean of s_t is s whatever c, and years are
independent given s, so what a year brings is more uncertain than what the whole does: over n equal years the deviation
of their mean about s is c sqrt(s (1 - s) / n). What is late at the end of the programme is paid later; what is late at
the end of the horizon is not counted as paid.

A promise in the money of one year is indexed: R x_t is paid, with R_t the price level. A nominal one is not, and x_t
buys x_t / R_t. The worth of a promised unit is the present value of what is paid over that of what was promised, in
real terms and with one real rate. Nothing is solved, so there is no stopping rule; the uniforms come from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tumen.money._arrays import Array, Record, drawn, frozen
from tumen.money._ledger import Line, Posting
from tumen.money._stock import Stock

__all__ = ["Programme", "disburse"]

_EDGE = 1e-6  # shares nearer to 0 or 1 than this have no scatter


@dataclass(frozen=True, eq=False)
class Programme(Record):
    """A programme in every draw, (draw, year), in millions of the money in which it is promised.

    promised: for each year. due: what of it will ever be paid. paid: in that year. late: at the year's end. prices: the
    price level, 1 in the money of the promise if that is real. real: whether the promise is indexed.
    """

    years: tuple[int, ...]
    promised: Array
    due: Array
    paid: Array
    late: Array
    prices: Array
    real: bool

    def __post_init__(self) -> None:
        for name in ("promised", "due", "paid", "late", "prices"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def cash(self) -> Array:
        """What is paid in each year, (draw, year), nominal."""
        return np.asarray(self.paid * self._level)

    @property
    def delivered(self) -> Array:
        """What has been paid by the end of each year as a share of all that was promised, (draw, year)."""
        return np.asarray(self.paid.cumsum(axis=1) / self.promised.sum(axis=1, keepdims=True))

    def worth(self, rate: float | Array) -> Array:
        """Present value of what is paid over that of what was promised, (draw,), at a real rate a year."""
        since = np.arange(len(self.years), dtype=float)
        factor = (1 + np.asarray(rate, dtype=float)[..., None]) ** -since
        value = factor if self.real else factor / self.prices
        return np.asarray((self.paid * value).sum(axis=1) / (self.promised * value).sum(axis=1))

    def postings(self, *, payer: str, shares: Mapping[str, float], currency: str, initiative: str) -> list[Posting]:
        """One line of cash to each who receives it, by shares that make 1."""
        return [
            Posting(Line(payer, payee, currency, "region", initiative, "disbursed"), self.cash * share)
            for payee, share in shares.items()
        ]

    def stocks(self, *, payer: str, shares: Mapping[str, float], currency: str, initiative: str) -> list[Stock]:
        """What each still waits for: promised, less what never comes, less what is paid."""
        before = np.pad(self.late, ((0, 0), (1, 0)))[:, :-1]
        level = np.broadcast_to(self._level, self.late.shape)
        rise = np.diff(level, axis=1, prepend=level[:, :1])
        parts = {"promised": self.promised * level, "never comes": (self.due - self.promised) * level}
        parts["disbursed"] = -self.cash
        return [
            Stock(
                name=f"{initiative}: late, {payee}", holder=payee, counterparty=payer, currency=currency,
                account="region", initiative=initiative, opening=np.zeros(len(self.paid)),
                flows={name: flow * share for name, flow in parts.items()}, closing=self.late * level * share,
                revaluation=before * rise * share,
            )
            for payee, share in shares.items()
        ]  # fmt: skip

    @property
    def _level(self) -> Array:
        """What one unit of the promise is in nominal money."""
        return self.prices if self.real else np.ones_like(self.prices)


def disburse(
    *, years: tuple[int, ...], promised: Array, delivered: Array, scatter: float | Array, luck: Array,
    late: float | Array, inflation: float | Array = 0.0, base: int | None = None,
) -> Programme:  # fmt: skip
    """What a promise comes to.

    Parameters
    ----------
    years
        The years of the horizon, one after another.
    promised
        (draw, year), millions, 0 or more and not 0 throughout.
    delivered, scatter, late
        (draw,) or one number, shares of 0 to 1; `late` and `scatter` below 1.
    luck
        Uniforms, (draw, year), which place each year's share in its distribution.
    inflation
        (draw,) or one number, a year.
    base
        The year in whose money the promise is made, or None where it is nominal.

    Raises
    ------
    ValueError
        Where a shape or a number is not what is said above.
    """
    where, size = "disburse", len(promised)
    amounts = np.asarray(promised, dtype=np.float64)
    if amounts.shape != (size, len(years)) or np.shape(luck) != amounts.shape:
        raise ValueError(
            f"{where}: promised has the shape {amounts.shape}, luck {np.shape(luck)}; expected (draw, year)"
        )
    if not (np.isfinite(amounts).all() and (amounts >= 0).all() and (amounts.sum(axis=1) > 0).all()):
        raise ValueError(f"{where}: promised is to be 0 or more in each year, and above 0 in all")
    below = 1 - _EDGE
    share = drawn(where, "delivered", delivered, size, 0.0, 1.0)
    spread = drawn(where, "scatter", scatter, size, 0.0, below)
    slips = drawn(where, "late", late, size, 0.0, below)
    growth = np.log1p(drawn(where, "inflation", inflation, size, -0.5, 10.0))
    due = _shares(share, spread, np.asarray(luck, dtype=np.float64)) * amounts
    paid, waiting, behind = np.zeros_like(due), np.zeros_like(due), np.zeros(size)
    for column in range(len(years)):
        payable = behind + due[:, column]
        behind = slips * payable
        waiting[:, column], paid[:, column] = behind, payable - behind
    since = np.array(years, dtype=float) - (years[0] if base is None else base)
    prices = np.exp(growth[:, None] * since)
    return Programme(years, amounts, due, paid, waiting, prices, base is not None)


def _shares(share: Array, scatter: Array, luck: Array) -> Array:
    """Each year's share, (draw, year), with the mean and the deviation that the module states."""
    from scipy.special import betaincinv

    moves = (scatter > _EDGE) & (share > _EDGE) & (share < 1 - _EDGE)
    found = np.repeat(share[:, None], luck.shape[1], axis=1)
    size = scatter[moves] ** -2 - 1
    ends = (share[moves] * size)[:, None], ((1 - share[moves]) * size)[:, None]
    with np.errstate(all="ignore"):
        found[moves] = np.clip(betaincinv(*ends, luck[moves]), 0.0, 1.0)
    return found
