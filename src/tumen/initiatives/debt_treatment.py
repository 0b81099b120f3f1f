"""A debt is partly written off; what remains is paid in instalments, perhaps into a joint fund."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

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
from tumen.errors import did_you_mean
from tumen.initiatives._declared import must_be_a_figure
from tumen.initiatives._inputs import Inputs, Lines

if TYPE_CHECKING:
    from tumen.case import Case, Keys
    from tumen.money import FundProject, Posting

__all__ = ["Spec", "check", "lines", "noise"]

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
    """A project that the fund pays for, from a year on, in the order of the list and within its balance.

    Either its `cost`, or a `share` of what an `initiative` of the case spends as it is built; the fund then pays `to`
    one of its owners, who builds.
    """

    cost: Money | None = None
    initiative: Text | None = None
    share: Share | None = None
    to: PlayerName | None = None
    start: Year

    @model_validator(mode="after")
    def _cost_or_share(self) -> ProjectTerms:
        linked = [self.initiative is not None, self.share is not None, self.to is not None]
        if (self.cost is None) != all(linked) or (self.cost is not None and any(linked)):
            raise ValueError("a project has a `cost`, or an `initiative` with a `share` of it and whom it is paid `to`")
        return self


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
        must_be_a_figure("stock", self.stock)
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
    projects = [_project(name, project, inputs) for name, project in (fund.projects if fund else {}).items()]
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
    payees = {name: project.to for name, project in (fund.projects if fund else {}).items() if project.to}
    postings = [_paid_to(posting, payees) for posting in treatment.postings(**parties)]
    return Lines(tuple(postings), tuple(treatment.stocks(**parties)), treatment, values)


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """The initiatives that the fund pays for: they are there, are built, and have the owner who is paid."""
    fund = case.initiatives[name].fund  # type: ignore[attr-defined]
    for key, project in (fund.projects if fund is not None else {}).items():
        place: Keys = ("initiatives", name, "fund", "projects", key)
        if project.initiative is None:
            continue
        spec: Any = case.initiatives.get(project.initiative)
        if spec is None:
            near = did_you_mean(project.initiative, case.initiatives)
            yield (*place, "initiative"), f"`{project.initiative}` is no initiative of this case; {near}"
        elif not hasattr(spec, "capex") or spec.delivery is None:
            what = f"`{project.initiative}` spends nothing that is known; a `capex` and a `delivery` say what and when"
            yield (*place, "initiative"), what
        elif project.to not in getattr(spec, "owners", {}):
            yield (*place, "to"), f"`{project.to}` owns no part of it; {did_you_mean(project.to, spec.owners)}"


def _project(name: str, project: ProjectTerms, inputs: Inputs) -> FundProject:
    from tumen import money

    start = round(inputs.scalar(f"fund.projects.{name}.start"))
    if project.initiative is None:
        return money.FundProject(name, inputs(f"fund.projects.{name}.cost"), start)
    course = inputs.courses.get(project.initiative)
    due = np.zeros((inputs.worlds.size, len(inputs.years)))
    if course is not None:  # else the plan leaves it out
        part = inputs(f"fund.projects.{name}.share") * inputs.of(project.initiative, "capex")
        due = course.spent * part[:, None]
    return money.FundProject(name, np.zeros(inputs.worlds.size), start, due)


def _paid_to(posting: Posting, payees: Mapping[str, str]) -> Posting:
    """What the fund pays for a project of the case goes to the owner who builds it."""
    from tumen import money

    name = posting.line.payee
    if name not in payees:
        return posting
    line = dataclasses.replace(posting.line, payee=payees[name], label=f"paid for {name}")
    return money.Posting(line, posting.amount)


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
