"""A clearing account: two parties settle what they sell each other in one of their currencies, within a swing credit.

B buys from A, and pays with what it earns in A's currency. Flows of the year t are told in dollars and come into the
account at the rate x[t] of the year, clearing currency for one dollar. The balance is B's debt (negative: B's claim)
and is kept in the unit that the currency clause names, the clearing currency or the dollar; c[t] is x[t] or 1:

    before imports   r[t] = limit - (1 + i) b[t-1] + c (exports + wages)[t]      what B can still spend
    paid in          p[t] = what is missing of c (instalments + imports)[t], at most c paid_in[t]
    instalments      s[t] = min(c instalments, max(r + p, 0))                    these first; the rest stays outside
    imports          m[t] = min(c imports, max(r + p - s, 0))                    cut within the same year
    balance          b[t] = (1 + i) b[t-1] + s[t] + m[t] - c (exports + wages)[t] - p[t]

Interest is due on the balance at the start of the year, by whoever owes. The credit needed is the largest b without a
limit and with nothing paid in. A balance in the clearing currency loses b[t-1] (1/x[t-1] - 1/x[t]) dollars when the
currency falls, borne by whoever is owed; a balance in dollars loses none, and the debtor owes more of the currency. So
in the clearing currency the account reconciles as opening + flows + revaluation = closing, the revaluation being
b[t-1] (x[t] - x[t-1]) under a dollar clause and nothing otherwise. Nothing is solved; years follow one another.

The helpers at the end are closed forms. An exporter who sells for the clearing currency waits for `holding` years and
then buys goods that are dearer than elsewhere by `dearer`, at a `conversion` cost. With a certainty equivalent of
second order (Pratt 1964) a dollar's worth of the currency is then worth to him

    exp(-(fall + risk_aversion volatility^2 / 2) holding) (1 - conversion) / (1 + dearer)

He compares the price that he gets, 1 + premium times that of the other market, with what the other currency leaves
after its own conversion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array, Record, drawn, first_bad, frozen, shape_words
from tumen.money._ledger import Line, Posting
from tumen.money._stock import Stock

__all__ = [
    "Clause", "ClearingAccount", "clear", "clearing_discount", "discount_for_other", "dollar_saving", "earnings_needed",
]  # fmt: skip

Clause = Literal["clearing", "dollar"]
USD = "USD"
ROUNDING = 1e-12  # a share of imports this small was cut by arithmetic alone


@dataclass(frozen=True, eq=False, repr=False)
class ClearingAccount(Record):
    """A clearing account in every draw; made by `clear`. Flows are (draw, year), in millions of dollars.

    Attributes
    ----------
    years, clause
        The years of the arrays; the unit in which the balance is kept.
    rate
        (draw, year), clearing currency for one dollar.
    imports, exports, wages, instalments
        What is asked of the account, before any limit.
    imports_paid, instalments_paid, paid_in
        What goes through it.
    opening
        (draw,), what B owes at the start, in the unit of the clause.
    interest, balance
        (draw, year), in the unit of the clause; the balance at the end of each year, positive where B owes.
    unlimited
        (draw, year), the balance were there no limit and nothing paid in.
    """

    years: tuple[int, ...]
    clause: Clause
    rate: Array
    imports: Array
    exports: Array
    wages: Array
    instalments: Array
    imports_paid: Array
    instalments_paid: Array
    paid_in: Array
    opening: Array
    interest: Array
    balance: Array
    unlimited: Array

    def __post_init__(self) -> None:
        for name in ("rate", "imports", "exports", "wages", "instalments", "imports_paid", "instalments_paid",
                     "paid_in", "opening", "interest", "balance", "unlimited"):  # fmt: skip
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def kept(self) -> Array:
        """(draw, year), the share of imports that is paid for; 1 where there are none."""
        cut = self.imports_paid < self.imports * (1.0 - ROUNDING)
        return np.where(cut, self.imports_paid / np.where(cut, self.imports, 1.0), 1.0)

    @property
    def unit(self) -> Array:
        """(draw, year), units of account for one dollar: the rate, or 1 under a dollar clause."""
        return self.rate if self.clause == "clearing" else np.ones_like(self.rate)

    @property
    def balance_in_dollars(self) -> Array:
        """(draw, year), the balance at the rate of its year, MUSD."""
        return self.balance / self.unit

    @property
    def credit_needed(self) -> Array:
        """(draw, year), the largest debt of B up to each year, without a limit and with nothing paid in, MUSD.

        In dollars at the rate of the year in which it stands; 0 where B never owes.
        """
        return np.maximum.accumulate(np.maximum(self.unlimited / self.unit, 0.0), axis=1)

    @property
    def gain_in_dollars(self) -> Array:
        """(draw, year), what A gains in dollars because the rate moved; B gains the opposite, MUSD."""
        if self.clause == "dollar":
            return np.zeros_like(self.rate)
        return self._before(self.balance) * (1.0 / self.rate - 1.0 / self._before_rate())

    @property
    def gain_in_currency(self) -> Array:
        """(draw, year), what A gains in the clearing currency because the rate moved; B gains the opposite."""
        if self.clause == "clearing":
            return np.zeros_like(self.rate)
        return self._before(self.balance) * (self.rate - self._before_rate())

    def stock(self, creditor: str, debtor: str, currency: str, initiative: str) -> Stock:
        """The balance as a stock "<initiative>.account" in the clearing currency, which `post` reconciles."""
        to_currency = self.rate / self.unit
        opening = self.opening * to_currency[:, 0]
        flows = {
            "imports": self.imports_paid * self.rate,
            "instalments": self.instalments_paid * self.rate,
            "exports": -self.exports * self.rate,
            "wages": -self.wages * self.rate,
            "paid in": -self.paid_in * self.rate,
            "interest": self.interest * to_currency,
        }
        closing, name = self.balance * to_currency, f"{initiative}.account"
        return Stock(
            name, creditor, debtor, currency, "clearing", initiative, opening, flows, closing, self.gain_in_currency
        )

    def postings(
        self, creditor: str, debtor: str, currency: str, initiative: str, converted: npt.ArrayLike = 0.0
    ) -> tuple[Posting, ...]:
        """What is paid through the account; the debtor's payments and receipts in the clearing currency balance.

        Instalments are due in dollars elsewhere, so here their dollars are bought; `converted` (draw, year), MUSD, is
        the part of the wages that came in dollars and is sold. What the balance changes by is credit drawn.
        """
        to_currency = self.rate / self.unit
        sold = np.broadcast_to(np.asarray(converted, dtype=np.float64), self.rate.shape)
        credit = (self.balance - self._before(self.balance)) * to_currency

        def line(payer: str, payee: str, label: str, amount: Array, money: str = currency) -> Posting:
            return Posting(Line(payer, payee, money, "clearing", initiative, label), amount)

        return (
            line(debtor, creditor, "imports", self.imports_paid * self.rate),
            line(creditor, debtor, "exports", self.exports * self.rate),
            line(debtor, creditor, "for dollars of instalments", self.instalments_paid * self.rate),
            line(creditor, debtor, "dollars of instalments", self.instalments_paid, USD),
            line(debtor, creditor, "dollars paid in", self.paid_in, USD),
            line(creditor, debtor, "for dollars paid in", self.paid_in * self.rate),
            line(debtor, creditor, "dollars of wages", sold, USD),
            line(creditor, debtor, "for dollars of wages", sold * self.rate),
            line(debtor, creditor, "interest", self.interest * to_currency),
            line(creditor, debtor, "swing credit", credit),
        )

    def _before(self, balance: Array) -> Array:
        return np.concatenate([self.opening[:, None], balance[:, :-1]], axis=1)

    def _before_rate(self) -> Array:
        return np.concatenate([self.rate[:, :1], self.rate[:, :-1]], axis=1)

    def __repr__(self) -> str:
        middle = np.median(self.credit_needed[:, -1]) if len(self.balance) else 0.0
        cut = 1.0 - float(self.kept.mean()) if self.kept.size else 0.0
        return (
            f"ClearingAccount: {len(self.balance)} draws, {self.years[0]}..{self.years[-1]}, kept in "
            f"{'dollars' if self.clause == 'dollar' else 'the clearing currency'}; median credit needed "
            f"{middle:,.1f} MUSD, {cut:.1%} of imports cut"
        )


def clear(
    *,
    years: Iterable[int],
    rate: Array,
    imports: Array,
    exports: Array,
    wages: Array | None = None,
    instalments: Array | None = None,
    limit: Array | float = np.inf,
    paid_in: Array | float = 0.0,
    interest: Array | float = 0.0,
    opening: Array | float = 0.0,
    clause: Clause = "clearing",
) -> ClearingAccount:
    """Run a clearing account in every draw; the module's docstring has the rules.

    Parameters
    ----------
    years
        Consecutive.
    rate
        (draw, year), clearing currency for one dollar, above 0.
    imports, exports, wages, instalments
        (draw, year), MUSD: what B would buy, what it sells, wages that reach the account, instalments claimed from it.
    limit, opening
        (draw,) or one number, in millions of the unit that the clause names: how far B may go into debt, and what it
        owes at the start (negative: is owed).
    paid_in
        (draw,) or (draw, year) or one number, MUSD: the most that B pays in a year from elsewhere when it is short.
    interest
        (draw,) or one number, a fraction a year on the balance at the start of the year.
    clause
        `clearing` keeps the balance in the clearing currency, `dollar` in dollars.

    Raises
    ------
    ValueError
        For years that are not consecutive, another clause, or an array of a wrong shape or range, naming it and where.
    """
    span, x = _checked(years, rate, clause)
    shape = x.shape
    asked = {
        name: _yearly(name, np.zeros(shape) if values is None else values, shape)
        for name, values in (("imports", imports), ("exports", exports), ("wages", wages), ("instalments", instalments))
    }
    most = np.asarray(paid_in, dtype=np.float64)
    most = _yearly("paid_in", np.broadcast_to(most[:, None] if most.ndim == 1 else most, shape), shape)
    none = np.full(shape[0], np.inf)
    room = none if np.ndim(limit) == 0 and np.isposinf(limit) else drawn("clear", "limit", limit, shape[0], 0.0)
    owed = drawn("clear", "opening", opening, shape[0])
    charge = drawn("clear", "interest", interest, shape[0], -1.0)
    unit = x if clause == "clearing" else np.ones(shape)
    scaled = {name: values * unit for name, values in asked.items()}
    found = _run(scaled, owed, charge, room, most * unit)
    free = _run(scaled, owed, charge, none, np.zeros(shape))
    return ClearingAccount(
        years=span, clause=clause, rate=x, **asked,
        imports_paid=found["imports"] / unit, instalments_paid=found["instalments"] / unit,
        paid_in=found["paid_in"] / unit, opening=owed, interest=found["interest"], balance=found["balance"],
        unlimited=free["balance"],
    )  # fmt: skip


def _checked(years: Iterable[int], rate: Array, clause: str) -> tuple[tuple[int, ...], Array]:
    span = tuple(int(year) for year in years)
    if not span or span != tuple(range(span[0], span[0] + len(span))):
        raise ValueError(f"clear: years are {span}; expected consecutive years such as (2014, 2015, 2016)")
    if clause not in ("clearing", "dollar"):
        raise ValueError(f"clear: clause is {clause!r}; expected 'clearing' or 'dollar'")
    x = _yearly("rate", rate, (np.shape(rate)[0] if np.ndim(rate) == 2 else 0, len(span)))
    if (x <= 0).any():
        raise ValueError(f"clear: rate is {x.min():g}; expected more than 0 of the clearing currency for one dollar")
    return span, x


def _run(asked: dict[str, Array], opening: Array, charge: Array, limit: Array, most: Array) -> dict[str, Array]:
    """Year by year, all in the unit of account."""
    shape = asked["imports"].shape
    found = {name: np.zeros(shape) for name in ("imports", "instalments", "paid_in", "interest", "balance")}
    before = opening
    for t in range(shape[1]):
        wanted, claimed = asked["imports"][:, t], asked["instalments"][:, t]
        earned = asked["exports"][:, t] + asked["wages"][:, t]
        due = charge * before
        room = limit - before - due + earned
        paid = np.clip(wanted + claimed - room, 0.0, most[:, t])
        room = np.maximum(room + paid, 0.0)
        served = np.minimum(claimed, room)
        bought = np.minimum(wanted, room - served)
        before = before + due + served + bought - earned - paid
        for name, values in (("imports", bought), ("instalments", served), ("paid_in", paid), ("interest", due)):
            found[name][:, t] = values
        found["balance"][:, t] = before
    return found


def _yearly(name: str, values: npt.ArrayLike, shape: tuple[int, int]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"clear: {name} has the shape {shape_words(array, ('draw', 'year'))}; expected {shape}")
    bad = ~np.isfinite(array) | (array < 0)
    if bad.any():
        at = first_bad(bad)
        what = f"{name} is {array[at]:g} in draw {at[0]}, column {at[1]}"
        raise ValueError(f"clear: {what}; expected a finite number of at least 0")
    return array


def earnings_needed(
    imports: npt.ArrayLike, instalments: npt.ArrayLike = 0.0, wages: npt.ArrayLike = 0.0, interest: npt.ArrayLike = 0.0
) -> Array:
    """What B must sell in a year so that its balance stays as it is, MUSD; 0 where wages alone are enough.

    >>> float(earnings_needed(100.0, 54.5, wages=50.0))
    104.5
    """
    bought, claimed, sent, due = (
        np.asarray(values, dtype=np.float64) for values in (imports, instalments, wages, interest)
    )
    return np.asarray(np.maximum(bought + claimed + due - sent, 0.0))


def clearing_discount(
    fall: npt.ArrayLike,
    volatility: npt.ArrayLike = 0.0,
    holding: npt.ArrayLike = 1.0,
    risk_aversion: npt.ArrayLike = 0.0,
    conversion: npt.ArrayLike = 0.0,
    dearer: npt.ArrayLike = 0.0,
) -> Array:
    """The share by which a dollar's worth of the clearing currency is worth less than a dollar to who earns it.

    `fall` is the expected log fall of the currency a year, `volatility` the deviation of yearly log changes, `holding`
    years, `conversion` and `dearer` shares. May be negative where the currency is expected to rise.

    >>> round(float(clearing_discount(0.05, holding=1.0, dearer=0.10)), 3)
    0.135
    """
    falls, deviates, years, averse, converts, above = (
        np.asarray(values, dtype=np.float64)
        for values in (fall, volatility, holding, risk_aversion, conversion, dearer)
    )
    drop = (falls + 0.5 * averse * deviates**2) * years
    return np.asarray(1.0 - np.exp(-drop) * (1.0 - converts) / (1.0 + above))


def discount_for_other(premium: npt.ArrayLike, conversion: npt.ArrayLike) -> Array:
    """The discount on the clearing currency from which on an exporter prefers another market and its currency.

    `premium` is by how much the price in the clearing currency, at the day's rate, is above that of the other market,
    carriage taken off both; `conversion` what it costs to make goods or dollars of the other currency.

    >>> round(float(discount_for_other(0.05, 0.02)), 3)
    0.067
    """
    converts, above = np.asarray(conversion, dtype=np.float64), np.asarray(premium, dtype=np.float64)
    return np.asarray(1.0 - (1.0 - converts) / (1.0 + above))


def dollar_saving(
    turnover: npt.ArrayLike, fees: npt.ArrayLike, compliance: npt.ArrayLike, instead: npt.ArrayLike
) -> Array:
    """What dropping the dollar saves a year: its fees and the cost of satisfying its banks, less what comes instead."""
    sold, fee, trouble, new = (np.asarray(values, dtype=np.float64) for values in (turnover, fees, compliance, instead))
    return np.asarray(sold * (fee + trouble - new))
