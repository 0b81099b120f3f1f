"""A debt is partly written off; what remains is paid in instalments, perhaps into a joint fund."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tumen.case.fields import (
    Day,
    Duration,
    ExchangeRate,
    Frozen,
    HazardName,
    Initiative,
    Money,
    MoneyRate,
    Number,
    PlayerName,
    Rate,
    Ratio,
    Share,
    Text,
    Year,
)  # fmt: skip
from tumen.initiatives._inputs import Inputs, Lines

__all__ = ["Spec", "lines", "noise"]

_FREQUENCIES = (1, 2, 3, 4, 6, 12)


class ScheduleTerms(Frozen):
    """Terms of what remains to be paid: single figures or levers, for a contract is not drawn.

    `per_year` instalments from one period after `start` plus `grace`. `custom` takes `shares` of the remaining debt
    and, with them, `dates`.
    """

    start: Day
    years: Duration
    per_year: Number
    repayment: Literal["equal", "annuity", "custom"] = "equal"
    interest: Rate | None = None
    grace: Duration | None = None
    shares: tuple[float, ...] | None = None
    dates: tuple[Day, ...] | None = None

    @model_validator(mode="after")
    def _terms_are_single_figures(self) -> ScheduleTerms:
        for name in ("years", "per_year", "interest", "grace"):
            quantity = getattr(self, name)
            if quantity is not None and (quantity.distribution is None or not quantity.distribution.is_constant):
                raise ValueError(f"`{name}` is a term of the contract: a single figure, or a lever")
        if self.per_year.central not in _FREQUENCIES or self.per_year.lever is not None:
            raise ValueError(f"`per_year` is one of {', '.join(map(str, _FREQUENCIES))}")
        _schedule(self, self.years.central, _central(self.interest), _central(self.grace))
        return self


class ProjectTerms(Frozen):
    """A project that the fund pays for, from a year on, in the order of the list and within its balance."""

    cost: Money
    start: Year


class FundTerms(Frozen):
    """The fund that receives a share of the instalments."""

    name: Text
    share: Share
    interest: Rate | None = None
    projects: Mapping[Text, ProjectTerms] = Field(default_factory=dict)


class Spec(Initiative):
    """The declaration.

    `payments_without_deal` is what the debtor would pay a year without the deal, counted as long as the schedule runs,
    so that the two are compared over the same years; `missed` the probability that an instalment is missed though
    payments go on; `stops_paying` the hazard that ends them. `market_price` is the price of comparable debt, as a share
    of face; `contract_rate` the rate at which the stock was converted, `market_rate` the market's.
    """

    kind: Literal["debt_treatment"]
    creditor: PlayerName
    debtor: PlayerName
    stock: Money
    haircut: Share
    schedule: ScheduleTerms
    missed: Share | None = None
    stops_paying: HazardName | None = None
    payments_without_deal: MoneyRate | None = None
    market_price: Ratio | None = None
    contract_rate: ExchangeRate | None = None
    market_rate: ExchangeRate | None = None
    fund: FundTerms | None = None

    @model_validator(mode="after")
    def _two_parties(self) -> Spec:
        if self.creditor == self.debtor:
            raise ValueError("`creditor` and `debtor` are two players")
        if (self.contract_rate is None) != (self.market_rate is None):
            raise ValueError("`contract_rate` and `market_rate` go together")
        if self.fund is not None and self.fund.name in (self.creditor, self.debtor):
            raise ValueError("the `fund` has a name of its own, not that of a player")
        return self


def noise(spec: Spec, years: tuple[int, ...]) -> Mapping[str, int]:
    """One normal for each instalment of a year: whether it is missed."""
    dates = _schedule(spec.schedule, spec.schedule.years.central, 0.0, _central(spec.schedule.grace)).dates
    return {"luck": max(Counter(day.year for day in dates).values(), default=1)}


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """The write-off, the instalments, the fund and what it pays for."""
    from scipy.special import ndtr

    from tumen import money

    terms = _schedule(
        spec.schedule,
        inputs.scalar("schedule.years"),
        inputs.scalar("schedule.interest"),
        inputs.scalar("schedule.grace"),
    )
    last = terms.dates[-1].year
    if last > inputs.years[-1]:
        what = f"the schedule of `{inputs.name}` runs to {last}, the horizon only to {inputs.years[-1]}"
        raise ValueError(f"{what}; let `horizon` end in {last} or later, so that the whole schedule is drawn")
    slots = _slots([day.year for day in terms.dates], inputs.years)
    luck = ndtr(inputs.noise("luck"))[slots[0], :, slots[1]].T
    stopped = inputs.process(spec.stops_paying)
    fund = spec.fund
    projects = [
        money.FundProject(
            name, inputs(f"fund.projects.{name}.cost"), round(inputs.scalar(f"fund.projects.{name}.start"))
        )
        for name in (fund.projects if fund else {})
    ]
    size, span = inputs.worlds.size, len(inputs.years)
    treatment = money.treat(
        years=inputs.years, as_of=inputs.as_of, stock=inputs("stock"), haircut=inputs("haircut"), schedule=terms,
        missed=inputs("missed"), luck=luck, stopped=np.zeros((size, span)) if stopped is None else stopped,
        without=inputs("payments_without_deal")[:, None] * (np.array(inputs.years) <= last),
        fund_share=inputs("fund.share") if fund else np.zeros(size),
        fund_interest=inputs("fund.interest") if fund else np.zeros(size), projects=projects,
    )  # fmt: skip
    name = fund.name if fund else "fund"
    parties = {
        "creditor": spec.creditor,
        "debtor": spec.debtor,
        "fund": name,
        "currency": currency(spec),
        "initiative": inputs.name,
    }
    values = {key: inputs(key) for key in ("stock", "haircut", "market_price", "contract_rate", "market_rate")}
    return Lines(tuple(treatment.postings(**parties)), tuple(treatment.stocks(**parties)), treatment, values)


def currency(spec: Spec) -> str:
    """The currency of the debt."""
    return spec.stock.unit.currencies[0]


def _central(quantity: object) -> float:
    return 0.0 if quantity is None else float(quantity.central)  # type: ignore[attr-defined]


def _schedule(terms: ScheduleTerms, years: float, interest: float, grace: float):  # type: ignore[no-untyped-def]
    from tumen import money

    return money.schedule(
        start=terms.start, years=years, per_year=round(terms.per_year.central), repayment=terms.repayment,
        interest=interest, grace=grace, shares=terms.shares, dates=terms.dates,
    )  # fmt: skip


def _slots(dated: list[int], years: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """For each instalment, which normal of which year decides it."""
    seen: Counter[int] = Counter()
    order, column = [], []
    for year in dated:
        order.append(seen[year])
        column.append(max(year - years[0], 0))  # the engine refuses what lies before the horizon
        seen[year] += 1
    return order, column
