"""Measures on the ledger and on debts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import (
    ConvertedDebt,
    Currency,
    DebtTreatment,
    FundedDebt,
    MoneyFigure,
    Player,
    PricedDebt,
    RateOf,
)
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.money import Treatment

__all__ = [
    "debt_figures", "face_at_market_rate", "first_missed", "fund_balance", "fund_coverage", "grant_element", "net",
    "paid_share", "relief", "relief_at_market_price", "value_kept", "written_off",
]  # fmt: skip

Array = npt.NDArray[np.float64]


def net(outcome: Outcome, *, player: Player, currency: Currency) -> Array:
    """Net receipts, cash that a player takes in less what it pays in a currency; (draw, year)."""
    return outcome.ledger.net(player, currency=currency, cash=True)


def written_off(outcome: Outcome, *, initiative: DebtTreatment) -> Array:
    """Face value written off; (draw,)."""
    return _treatment(outcome, initiative).written_off


def relief(outcome: Outcome, *, initiative: DebtTreatment, rate: RateOf) -> Array:
    """Relief to the debtor, payments without the deal less payments with it, discounted to the case's date; (draw,)."""
    return _treatment(outcome, initiative).relief(rate)


def value_kept(outcome: Outcome, *, initiative: DebtTreatment, rate: RateOf) -> Array:
    """Value kept by the creditor, the payments under the deal discounted to the case's date; (draw,)."""
    return _treatment(outcome, initiative).present_value_with(rate)


def relief_at_market_price(outcome: Outcome, *, initiative: PricedDebt, rate: RateOf) -> Array:
    """Creditor's loss at the market price, the whole debt at that price less the value of payments made; (draw,)."""
    values = outcome.lines[initiative].values
    return values["stock"] * values["market_price"] - _treatment(outcome, initiative).present_value_with(rate)


def face_at_market_rate(outcome: Outcome, *, initiative: ConvertedDebt) -> Array:
    """Whole debt at the market exchange rate, not at the rate of the contract; (draw,)."""
    values = outcome.lines[initiative].values
    return values["stock"] * values["contract_rate"] / values["market_rate"]


def fund_balance(outcome: Outcome, *, initiative: FundedDebt) -> Array:
    """Balance of the fund, at the end of each year; (draw, year)."""
    return _treatment(outcome, initiative).fund_balance


def fund_coverage(outcome: Outcome, *, initiative: FundedDebt, cost: MoneyFigure) -> Array:
    """Share of a cost that the fund covers, from all it has received by the end of each year; (draw, year)."""
    treatment = _treatment(outcome, initiative)
    amounts = outcome.worlds.values[cost]
    return np.stack([treatment.fund_coverage(amounts, year) for year in outcome.years], axis=1)


def paid_share(outcome: Outcome, *, initiative: DebtTreatment) -> Array:
    """Share of the instalments that is paid, by value over the whole schedule; (draw,)."""
    treatment = _treatment(outcome, initiative)
    due = treatment.due.sum(axis=1)
    return np.asarray(treatment.paid.sum(axis=1) / np.where(due > 0, due, 1.0))


def first_missed(outcome: Outcome, *, initiative: DebtTreatment) -> Array:
    """First missed instalment, its year, or the year after the last instalment where none is missed; (draw,)."""
    return np.asarray(_treatment(outcome, initiative).first_missed_year, dtype=float)


def grant_element(outcome: Outcome, *, initiative: DebtTreatment, rate: RateOf) -> Array:
    """Grant element, the share of the whole debt that haircut and terms give away, were all paid; (draw,)."""
    return np.asarray(_treatment(outcome, initiative).grant_element(rate), dtype=float)


def debt_figures(outcome: Outcome, *, initiative: DebtTreatment, rate: RateOf = 0.05) -> tuple[Beside, ...]:
    """The same debt in the several ways that it is counted: face, market price, market exchange rate, payments."""
    from tumen.money import present_value

    treatment, values = _treatment(outcome, initiative), outcome.lines[initiative].values
    spec: Any = outcome.case.initiatives[initiative]
    unit, discounted = f"M{spec.stock.unit.currencies[0]}", f"at {rate:.0%} a year"
    scheduled = np.asarray(present_value(treatment.dates, treatment.due, rate, treatment.as_of))
    found = [
        Beside("Face value of the debt", values["stock"], unit),
        Beside("Face value written off", treatment.written_off, unit),
        Beside("Remainder, were every instalment paid: present value", scheduled, unit, discounted),
        Beside("Payments with the deal: present value", treatment.present_value_with(rate), unit, discounted),
        Beside("Payments without it: present value", treatment.present_value_without(rate), unit, discounted),
    ]
    if spec.market_price is not None:
        note = "the price of bank debt bounds the value of state debt; it is not its price"
        found.append(
            Beside("Whole debt at the market price of bank debt", values["stock"] * values["market_price"], unit, note)
        )
    if spec.market_rate is not None:
        found.append(
            Beside("Whole debt at the market exchange rate", face_at_market_rate(outcome, initiative=initiative), unit)
        )
    return tuple(found)


def _treatment(outcome: Outcome, initiative: str) -> Treatment:
    lines = outcome.lines.get(initiative)
    if lines is None or lines.treatment is None:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    return lines.treatment
