"""What a debt treatment gives: dated instalments, the debt, the fund, and what the deal is worth.

See `_debt` for the rules by which the figures come about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array, Record, drawn, frozen
from tumen.money._ledger import Line, Posting
from tumen.money._present_value import DayCount, present_value
from tumen.money._stock import Stock

if TYPE_CHECKING:
    from tumen.money._debt import Terms

__all__ = ["BANK", "Treatment", "sum_by_year"]

BANK = "bank of the fund"


def sum_by_year(dates: tuple[date, ...], amounts: Array, years: tuple[int, ...]) -> Array:
    """Dated amounts (draw, payment) as (draw, year); what falls after the last year is left out."""
    out = np.zeros((amounts.shape[0], len(years)))
    for k, day in enumerate(dates):
        if day.year <= years[-1]:
            out[:, day.year - years[0]] += amounts[:, k]
    out.setflags(write=False)
    return out


@dataclass(frozen=True, eq=False, repr=False)
class Treatment(Record):
    """A debt treatment in every draw; made by `treat`. All money in millions of the debt's currency, nominal.

    Attributes
    ----------
    years
        The years of the yearly arrays.
    as_of
        The day of present values.
    terms
        Schedule, stock and haircut.
    due, paid
        (draw, instalment), on `dates`, also those after the last of `years`.
    without
        (draw, year or later), payments without the deal; its first column is the first of `years`.
    written_off
        (draw,), in the year in which the schedule starts.
    interest_by_year
        (draw, year), the interest of the schedule in the year in which it falls due, paid or not.
    debt
        (draw, year), at the end of each year; arrears stay in it.
    fund_receipts, fund_interest, fund_balance
        (draw, year); the balance at the end of each year.
    project_payments
        By project, (draw, year), what the fund paid.
    """

    years: tuple[int, ...]
    as_of: date
    terms: Terms
    due: Array
    paid: Array
    without: Array
    written_off: Array
    interest_by_year: Array
    debt: Array
    fund_receipts: Array
    fund_interest: Array
    project_payments: Mapping[str, Array]
    fund_balance: Array

    def __post_init__(self) -> None:
        for name in ("due", "paid", "without", "written_off", "interest_by_year", "debt", "fund_receipts",
                     "fund_interest", "fund_balance"):  # fmt: skip
            object.__setattr__(self, name, frozen(getattr(self, name)))
        payments = {name: frozen(paid) for name, paid in self.project_payments.items()}
        object.__setattr__(self, "project_payments", MappingProxyType(payments))

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return int(self.due.shape[0])

    @property
    def dates(self) -> tuple[date, ...]:
        """The dates of the instalments."""
        return self.terms.schedule.dates

    @property
    def due_by_year(self) -> Array:
        """(draw, year), what falls due in each year."""
        return sum_by_year(self.dates, self.due, self.years)

    @property
    def paid_by_year(self) -> Array:
        """(draw, year), what is paid in each year, to the fund and to the creditor."""
        return sum_by_year(self.dates, self.paid, self.years)

    @property
    def written_off_by_year(self) -> Array:
        """(draw, year), the write-off in the year in which the schedule starts."""
        out = np.zeros((self.draws, len(self.years)))
        out[:, self.terms.schedule.start.year - self.years[0]] = self.written_off
        return out

    @property
    def arrears(self) -> Array:
        """(draw, year), what has fallen due by the end of each year and was not paid."""
        return np.cumsum(self.due_by_year - self.paid_by_year, axis=1)

    @property
    def first_missed_year(self) -> npt.NDArray[np.int64]:
        """(draw,), the year of the first instalment that is due and not paid.

        Where none is missed, the year after that of the last instalment: so `first_missed_year <= y` is true only in
        draws where something was missed by `y`.
        """
        year = np.array([day.year for day in self.dates] + [self.dates[-1].year + 1], dtype=np.int64)
        missed = self.paid < self.due
        first = np.where(missed.any(axis=1), missed.argmax(axis=1), len(self.dates))
        return year[first]

    def present_value_with(self, rate: float | Array, day_count: DayCount = "act/365") -> Array:
        """(draw,), the value on `as_of` of the instalments paid after it; `rate` a year, one or (draw,)."""
        return present_value(self.dates, self.paid, rate, self.as_of, day_count)

    def present_value_without(self, rate: float | Array, day_count: DayCount = "act/365") -> Array:
        """(draw,), the value on `as_of` of the payments without the deal, each year's paid on 1 July.

        A year's payment counts in full or, where 1 July is on or before `as_of`, not at all.
        """
        days = [date(self.years[0] + k, 7, 1) for k in range(self.without.shape[1])]
        return present_value(days, self.without, rate, self.as_of, day_count)

    def relief(self, rate: float | Array, day_count: DayCount = "act/365") -> Array:
        """(draw,), payments without the deal less payments with it, as present values; what the debtor gains.

        Negative where the debtor would have paid less without the deal than it pays with it.
        """
        return self.present_value_without(rate, day_count) - self.present_value_with(rate, day_count)

    def grant_element(self, rate: float | Array, day_count: DayCount = "act/365") -> Array:
        """(draw,), the share of the stock that is given up if every instalment is paid on its day.

        That is haircut + (1 - haircut) x the grant element of the schedule, valued on the day on which it starts.
        """
        schedule = self.terms.schedule
        per_unit = np.broadcast_to(schedule.payments, (self.draws, len(schedule)))
        kept = present_value(schedule.dates, per_unit, rate, schedule.start, day_count)
        return 1 - (1 - self.terms.haircut) * kept

    def fund_coverage(self, cost: Array | float, by: int) -> Array:
        """(draw,), what the fund has received and earned by the end of the year `by`, over `cost` (draw,).

        What it has already spent counts, since it was there to spend. Raises ValueError for a cost that is not
        positive or a year that is not in `years`.
        """
        if by not in self.years:
            raise ValueError(
                f"fund_coverage: by is {by}; expected a year of the horizon, {self.years[0]}..{self.years[-1]}"
            )
        costs = drawn("fund_coverage", "cost", cost, self.draws, 0.0)
        if (costs == 0).any():
            raise ValueError(f"fund_coverage: cost is 0 in draw {int(np.argmin(costs))}; expected a positive amount")
        upto = self.years.index(by) + 1
        coverage: Array = (self.fund_receipts + self.fund_interest)[:, :upto].sum(axis=1) / costs
        return coverage

    def postings(self, creditor: str, debtor: str, fund: str, currency: str, initiative: str) -> tuple[Posting, ...]:
        """The lines of the treatment; which lines there are never depends on the draws.

        Debt forgiven (creditor to debtor, no cash); instalments to the fund and, the rest, to the creditor; the fund's
        interest, paid by "bank of the fund"; the fund's payments to its projects, each named as a payee.
        """
        to_fund = self.fund_receipts

        def line(payer: str, payee: str, account: str, label: str, cash: bool = True) -> Line:
            return Line(payer, payee, currency, account, initiative, label, cash)

        return (
            Posting(line(creditor, debtor, "debt", "debt forgiven", cash=False), self.written_off_by_year),
            Posting(line(debtor, fund, "fund", "instalments"), to_fund),
            Posting(line(debtor, creditor, "debt service", "instalments"), self.paid_by_year - to_fund),
            Posting(line(BANK, fund, "fund", "fund interest"), self.fund_interest),
            *(
                Posting(line(fund, name, "fund", "project payments"), payments)
                for name, payments in self.project_payments.items()
            ),
        )

    def stocks(self, creditor: str, debtor: str, fund: str, currency: str, initiative: str) -> tuple[Stock, ...]:
        """The debt, named "<initiative>.debt", and the fund, named "<initiative>.fund"; both reconcile in `post`."""
        start = f"{initiative}." if initiative else ""
        debt_flows = {
            "written off": -self.written_off_by_year,
            "interest accrued": self.interest_by_year,
            "repaid": -self.paid_by_year,
        }
        fund_flows = {"instalments": self.fund_receipts, "interest": self.fund_interest}
        fund_flows |= {f"paid to {name}": -payments for name, payments in self.project_payments.items()}
        owed, empty = self.terms.stock, np.zeros(self.draws)
        return (
            Stock(f"{start}debt", creditor, debtor, currency, "debt", initiative, owed, debt_flows, self.debt),
            Stock(f"{start}fund", fund, BANK, currency, "fund", initiative, empty, fund_flows, self.fund_balance),
        )

    def __repr__(self) -> str:
        terms, dates = self.terms, self.dates
        return (
            f"Treatment: mean stock {terms.stock.mean():,.1f} less {100 * terms.haircut.mean():.0f} %, "
            f"{len(dates)} instalments {dates[0]} to {dates[-1]}, mean due {self.due.sum(axis=1).mean():,.1f}, "
            f"mean paid {self.paid.sum(axis=1).mean():,.1f}, "
            f"mean fund at the end of {self.years[-1]} {self.fund_balance[:, -1].mean():,.1f}; {self.draws} draws"
        )
