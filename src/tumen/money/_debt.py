"""A debt treatment: a haircut, the rest in instalments, and a fund that may receive them.

For a stock S, a haircut h and a schedule with payments x_k (principal and interest) per unit of principal:

    written off   h S, in the year in which the schedule starts
    due           D_k = (1 - h) S x_k
    paid          P_k = D_k, or nothing: where the k-th uniform number of the draw is below the probability of a miss,
                  or from the year of the first stop on, that year included (no instalment of that year is paid)
    debt          B[t] = B[t-1] - written off[t] + interest due[t] - paid[t],    B before the first year = S

Interest is due on the principal that the schedule says is outstanding, whether or not instalments were paid. What is
missed becomes arrears: it stays in the debt, bears no interest and is not made good. Interest enters the debt in the
year in which it falls due. The fund gets its share w of what is paid and pays for projects, in their order, at the end
of the year and as far as the balance goes:

    fund          F[t] = (1 + i) F[t-1] + w P[t] - payments to projects[t] >= 0

so what comes in during a year earns interest from the next year on. All figures are nominal. Nothing is solved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array, Record, drawn, first_bad, frozen, shape_words
from tumen.money._schedule import Schedule
from tumen.money._treatment import Treatment, sum_by_year

__all__ = ["FundProject", "Terms", "treat"]


@dataclass(frozen=True, eq=False)
class Terms(Record):
    """What was agreed: a schedule per unit of principal, the stock (draw,) in millions, the haircut (draw,), 0 to 1.

    Raises ValueError where the stock is negative or the haircut out of its range.
    """

    schedule: Schedule
    stock: Array
    haircut: Array

    def __post_init__(self) -> None:
        draws = np.size(self.stock)
        object.__setattr__(self, "stock", drawn("debt treatment", "stock", self.stock, draws, 0.0))
        object.__setattr__(self, "haircut", drawn("debt treatment", "haircut", self.haircut, draws, 0.0, 1.0))

    @property
    def principal(self) -> Array:
        """(draw,), what is left to repay after the haircut."""
        return (1 - self.haircut) * self.stock


@dataclass(frozen=True, eq=False)
class FundProject(Record):
    """A project that the fund pays for: its cost (draw,) in millions, or one number, and the year from which it draws.

    `due` (draw, year) is what more falls due in each year, where that hangs on how the project goes; what the balance
    does not cover waits. Raises ValueError where it has no name or an amount is negative or not finite.
    """

    name: str
    cost: Array
    start: int
    due: Array | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("fund project: the name is missing; expected a name, since it is the payee of a line")
        where = f"fund project {self.name!r}"
        object.__setattr__(self, "cost", drawn(where, "cost", self.cost, np.size(self.cost), 0.0))
        if self.due is not None:
            due = np.array(self.due, dtype=np.float64)
            if due.ndim != 2 or not np.isfinite(due).all() or (due < 0).any():
                raise ValueError(f"{where}: `due` is (draw, year), finite and not negative; it has {due.shape}")
            due.setflags(write=False)
            object.__setattr__(self, "due", due)


def treat(
    *,
    years: Iterable[int],
    as_of: date,
    stock: Array | float,
    haircut: Array | float,
    schedule: Schedule,
    missed: Array | float,
    luck: Array,
    without: Array,
    stopped: npt.NDArray[np.floating | np.integer | np.bool_] | None = None,
    fund_share: Array | float = 1.0,
    fund_interest: Array | float = 0.0,
    projects: Sequence[FundProject] = (),
) -> Treatment:
    """Treat a debt in every draw; the module's docstring has the rules.

    Parameters
    ----------
    years
        Consecutive; the yearly arrays hold what falls in them. The schedule must start in one of them. Instalments
        after the last are kept in the dated arrays and in present values.
    as_of
        The day of present values.
    stock
        (draw,), the debt at the start of the first year, in millions.
    haircut
        (draw,), the share written off, 0 to 1.
    schedule
        Per unit of principal, from `tumen.money.schedule`.
    missed
        (draw,), the probability that an instalment is missed, each by itself.
    luck
        (draw, instalment), numbers between 0 and 1 drawn by the caller, one a date of the schedule.
    without
        (draw, year), what would be paid in each year without the deal, in millions. It may go on after the last of
        `years`, so that relief compares like with like where instalments do.
    stopped
        (draw, year), how often in each year something happens that ends payment for good (a count, or true and
        false); it may go on after the last of `years`. None: never. After its last column nothing stops payment.
    fund_share
        (draw,), the share of each instalment that goes to the fund; the rest goes to the creditor.
    fund_interest
        (draw,), what the balance earns a year, a fraction.
    projects
        In the order in which the fund pays for them.

    For `stock`, `haircut`, `missed`, `fund_share` and `fund_interest` one number stands for all draws.

    Raises
    ------
    ValueError
        For a shape that does not fit or a value out of its range, naming it and the draw.
    """
    span = _span(years, schedule)
    chance = np.asarray(luck, dtype=np.float64)
    if chance.ndim != 2 or chance.shape[1] != len(schedule):
        raise ValueError(
            f"treat: luck has the shape {shape_words(chance, ('draw', 'instalment'))}; expected one number a draw for "
            f"each of the {len(schedule)} dates of the schedule"
        )
    draws = chance.shape[0]
    _inside("luck", chance, 1.0)
    terms = Terms(schedule, drawn("treat", "stock", stock, draws, 0.0), drawn("treat", "haircut", haircut, draws, 0, 1))
    risk = drawn("treat", "missed", missed, draws, 0.0, 1.0)[:, None]
    kept = (chance >= risk) & (risk < 1)  # a certain miss is one even where the number was rounded to 1
    if stopped is not None:
        kept &= _before_stop(_yearly("stopped", stopped, draws, span), schedule.dates, span)
    due = terms.principal[:, None] * schedule.payments
    paid = np.where(kept, due, 0.0)
    paid_by_year = sum_by_year(schedule.dates, paid, span)
    interest = sum_by_year(schedule.dates, terms.principal[:, None] * np.array(schedule.interest), span)
    written_off = terms.haircut * terms.stock
    change = interest - paid_by_year
    change[:, schedule.start.year - span[0]] -= written_off
    receipts = drawn("treat", "fund_share", fund_share, draws, 0.0, 1.0)[:, None] * paid_by_year
    rate = drawn("treat", "fund_interest", fund_interest, draws)
    earned, payments, balance = _run_fund(receipts, rate, projects, span)
    return Treatment(
        years=span,
        as_of=as_of,
        terms=terms,
        due=due,
        paid=paid,
        without=frozen(_yearly("without", without, draws, span)),
        written_off=written_off,
        interest_by_year=interest,
        debt=terms.stock[:, None] + np.cumsum(change, axis=1),
        fund_receipts=receipts,
        fund_interest=earned,
        project_payments=payments,
        fund_balance=balance,
    )


def _span(years: Iterable[int], schedule: Schedule) -> tuple[int, ...]:
    span = tuple(int(year) for year in years)
    if not span or span != tuple(range(span[0], span[0] + len(span))):
        raise ValueError(f"treat: years are {span}; expected consecutive years such as (2014, 2015, 2016)")
    if not span[0] <= schedule.start.year <= span[-1]:
        raise ValueError(
            f"treat: the schedule starts on {schedule.start}, outside the years {span[0]}..{span[-1]}; "
            "expected the write-off, and all that is paid, not to come before the first year"
        )
    return span


def _yearly(name: str, values: npt.ArrayLike, draws: int, span: tuple[int, ...]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != draws or array.shape[1] < len(span):
        raise ValueError(
            f"treat: {name} has the shape {shape_words(array, ('draw', 'year'))}; expected {draws} draws and at least "
            f"the {len(span)} years {span[0]}..{span[-1]}"
        )
    _inside(name, array, np.inf)
    return array


def _inside(name: str, array: Array, high: float) -> None:
    bad = ~np.isfinite(array) | (array < 0) | (array > high)
    if bad.any():
        at = first_bad(bad)
        expected = "a finite number of at least 0" if np.isinf(high) else f"a number between 0 and {high:g}"
        raise ValueError(f"treat: {name} is {array[at]} in draw {at[0]}, column {at[1]}; expected {expected}")


def _before_stop(stopped: Array, dates: Sequence[date], span: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """(draw, instalment), whether the instalment falls in a year before that of the first stop."""
    place = np.array([day.year - span[0] for day in dates])
    events = stopped > 0
    first = np.where(events.any(axis=1), events.argmax(axis=1), place[-1] + 1)
    before: npt.NDArray[np.bool_] = place[None, :] < first[:, None]
    return before


def _run_fund(
    receipts: Array, rate: Array, projects: Sequence[FundProject], years: tuple[int, ...]
) -> tuple[Array, dict[str, Array], Array]:
    draws = receipts.shape[0]
    if (rate <= -1).any():
        raise ValueError(f"treat: fund_interest is {rate.min():g} in draw {int(rate.argmin())}; expected above -1")
    left: dict[str, Array] = {}
    for project in projects:
        if project.name in left:
            raise ValueError(f"treat: two fund projects are called {project.name!r}; expected a name for each")
        cost = project.cost if project.cost.size != 1 else np.full(draws, float(project.cost.reshape(-1)[0]))
        left[project.name] = drawn(f"treat: fund project {project.name!r}", "cost", cost, draws, 0.0)
    earned, balance = np.zeros_like(receipts), np.zeros_like(receipts)
    payments = {project.name: np.zeros_like(receipts) for project in projects}
    held: Array = np.zeros(draws)
    for t, year in enumerate(years):
        earned[:, t] = rate * held
        held = held + earned[:, t] + receipts[:, t]
        for project in projects:
            if project.due is not None:
                left[project.name] = left[project.name] + project.due[:, t]
            if year >= project.start:
                pay = np.minimum(held, left[project.name])
                payments[project.name][:, t] = pay
                left[project.name] = left[project.name] - pay
                held = held - pay
        balance[:, t] = held
    return earned, payments, balance
