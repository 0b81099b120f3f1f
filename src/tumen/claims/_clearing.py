"""Measures on clearing accounts and on labour abroad. `counting` says what claims the account beside its trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import Sum
from tumen.claims._arguments_money import (
    Clearing,
    ClearingParty,
    Counted,
    DollarClearing,
    ExportersClearing,
    Labour,
    PaidTo,
)  # fmt: skip
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.initiatives import Lines
    from tumen.money import ClearingAccount
    from tumen.money import Labour as Workforce

__all__ = [
    "clearing_discount", "credit_figures", "credit_needed", "discount_figures", "discount_for_other", "dollar_saving",
    "earnings_needed", "exchange_gain", "gap_closed", "gap_figures", "imports_cut", "labour_figures", "labour_income",
    "labour_margin", "preferred", "workers_needed",
]  # fmt: skip

Array = npt.NDArray[np.float64]
ALL = ("instalments", "wages")
_A_DOLLAR = 1e-6  # MUSD a year: a state that takes less of a worker's pay takes nothing


def credit_needed(outcome: Outcome, *, initiative: Clearing, counting: Counted = ALL) -> Array:
    """Credit line needed, the largest debt so far were there no limit and nothing paid in; (draw, year)."""
    from tumen import money

    account = _account(outcome, initiative)
    if set(ALL) <= set(counting):
        return account.credit_needed
    nothing = np.zeros_like(account.rate)
    other = money.clear(
        years=account.years, rate=account.rate, imports=account.imports, exports=account.exports,
        wages=account.wages if "wages" in counting else nothing,
        instalments=account.instalments if "instalments" in counting else nothing,
        interest=_values(outcome, initiative)["interest"], opening=account.opening, clause=account.clause,
    )  # fmt: skip
    return other.credit_needed


def earnings_needed(outcome: Outcome, *, initiative: Clearing, counting: Counted = ALL) -> Array:
    """Exports that the debtor needs in a year, for the account to balance at the trade of that year; (draw, year)."""
    from tumen.money import earnings_needed as needed

    account = _account(outcome, initiative)
    claimed = account.instalments if "instalments" in counting else np.zeros_like(account.rate)
    sent = account.wages if "wages" in counting else np.zeros_like(account.rate)
    return needed(account.imports, claimed, sent)


def imports_cut(outcome: Outcome, *, initiative: Clearing) -> Array:
    """Share of the debtor's imports that is cut, of those settled over the account; (draw, year)."""
    return np.asarray(1.0 - _account(outcome, initiative).kept)


def exchange_gain(outcome: Outcome, *, initiative: Clearing, player: ClearingParty) -> Array:
    """Exchange gain in dollars so far, on what is owed over the account, a loss if negative; (draw, year)."""
    spec: Any = outcome.case.initiatives[initiative]
    gain = np.cumsum(_account(outcome, initiative).gain_in_dollars, axis=1)
    return gain if player == spec.between[0] else np.asarray(0.0 - gain)


def clearing_discount(outcome: Outcome, *, initiative: ExportersClearing) -> Array:
    """Discount on the clearing currency, by how much a dollar's worth of it is worth less to who earns it; (draw,)."""
    from tumen import money

    values, (fall, volatility) = _values(outcome, initiative), _expected(outcome, initiative)
    return money.clearing_discount(
        fall, volatility, values["exporters.holding"], values["exporters.risk_aversion"],
        values["exporters.conversion"], values["exporters.dearer"],
    )  # fmt: skip


def discount_for_other(outcome: Outcome, *, initiative: ExportersClearing) -> Array:
    """Discount on the clearing currency at which exporters prefer another market and its currency; (draw,)."""
    from tumen import money

    values = _values(outcome, initiative)
    return money.discount_for_other(values["exporters.premium"], values["exporters.other_conversion"])


def preferred(outcome: Outcome, *, initiative: ExportersClearing) -> Array:
    """Advantage of selling for the clearing currency, over selling in another market, as a share; (draw,)."""
    limit = discount_for_other(outcome, initiative=initiative)
    return np.asarray((1.0 - clearing_discount(outcome, initiative=initiative)) / np.maximum(1.0 - limit, 1e-6) - 1.0)


def dollar_saving(outcome: Outcome, *, initiative: DollarClearing) -> Array:
    """Saving by dropping the dollar, its fees and the trouble with its banks, less what comes instead; (draw, year)."""
    from tumen import money

    values, account = _values(outcome, initiative), _account(outcome, initiative)
    costs = (values[f"dollar.{key}"][:, None] for key in ("fees", "compliance", "instead"))
    return money.dollar_saving(account.imports_paid + account.exports, *costs)


def workers_needed(
    outcome: Outcome, *, initiative: Clearing, labour: Labour, counting: Counted = ("instalments",),
    trade: Sum | None = None,
) -> Array:  # fmt: skip
    """Workers needed to balance the account, by all that the state takes of their pay; (draw, year)."""
    values, workforce = _values(outcome, initiative), _workforce(outcome, labour)
    turnover = values["turnover"] if trade is None else np.full_like(values["turnover"], trade)
    gap = (1.0 - 2.0 * values["earns"][:, None]) * turnover
    if "instalments" in counting:
        gap = gap + values["due"]
    return np.asarray(np.maximum(gap, 0.0) / np.maximum(workforce.state_per_worker, _A_DOLLAR)[:, None])


def gap_closed(outcome: Outcome, *, initiative: Clearing, counting: Counted = ("instalments",)) -> Array:
    """Share of the gap in the account that wages close, all of it where there is no gap; (draw, year)."""
    account = _account(outcome, initiative)
    needed = earnings_needed(outcome, initiative=initiative, counting=tuple(c for c in counting if c != "wages"))
    gap = np.maximum(needed - account.exports, 0.0)
    return np.where(gap > 0, np.minimum(account.wages / np.where(gap > 0, gap, 1.0), 1.0), 1.0)


def labour_income(outcome: Outcome, *, initiative: Labour, of: PaidTo) -> Array:
    """Income by labour abroad a year, the state's, of it the hard currency, or what workers keep; (draw, year)."""
    workforce = _workforce(outcome, initiative)
    parts = {"state": workforce.state, "workers": workforce.kept, "hard_currency": workforce.hard_currency}
    return np.asarray(parts[of])


def labour_margin(outcome: Outcome, *, initiative: Labour) -> Array:
    """State's hard currency by labour abroad, less what the workers keep; (draw, year)."""
    workforce = _workforce(outcome, initiative)
    return np.asarray(workforce.hard_currency - workforce.kept)


def credit_figures(outcome: Outcome, *, initiative: Clearing, counting: Counted = ALL) -> tuple[Beside, ...]:
    """The credit line with and without what claims the account and what feeds it, over all years."""
    said = (
        (("trade",), "Largest debt, for trade alone"),
        (("instalments",), "Largest debt, with the instalments"),
        (ALL, "Largest debt, with instalments and wages"),
    )
    by = f"by {outcome.years[-1]}"
    return tuple(
        Beside(words, credit_needed(outcome, initiative=initiative, counting=parts)[:, -1], "MUSD", by)
        for parts, words in said
    )


def gap_figures(outcome: Outcome, *, initiative: Clearing, counting: Counted = ALL) -> tuple[Beside, ...]:
    """What both sides earn and owe over the account, a year on average."""
    account = _account(outcome, initiative)
    known = (
        ("The debtor's exports", account.exports), ("Wages that reach the account", account.wages),
        ("The debtor's imports, if all were paid", account.imports), ("Instalments", account.instalments),
        ("Paid in from elsewhere", account.paid_in),
    )  # fmt: skip
    return tuple(Beside(words, values.mean(axis=1), "MUSD/yr", "average of all years") for words, values in known)


def discount_figures(outcome: Outcome, *, initiative: ExportersClearing) -> tuple[Beside, ...]:
    """The two discounts, and what is expected of the rate."""
    fall, volatility = _expected(outcome, initiative)
    return (
        Beside("Discount on the currency", clearing_discount(outcome, initiative=initiative), "share"),
        Beside("Discount at which exporters go elsewhere", discount_for_other(outcome, initiative=initiative), "share"),
        Beside("Fall of the currency a year", fall, "1/yr", "of its logarithm, in each draw to the horizon"),
        Beside("Deviation of its yearly changes", volatility, "share"),
    )


def labour_figures(outcome: Outcome, *, initiative: Labour, of: PaidTo = "state") -> tuple[Beside, ...]:
    """Who gets what: state and people are kept apart."""
    workforce, words = _workforce(outcome, initiative), "average of all years"
    return (
        Beside("Workers", workforce.workers.mean(axis=1), "person", words),
        Beside("The state's receipts", workforce.state.mean(axis=1), "MUSD/yr", words),
        Beside("of it hard currency", workforce.hard_currency.mean(axis=1), "MUSD/yr", words),
        Beside("Pay kept by workers", workforce.kept.mean(axis=1), "MUSD/yr", words),
    )


def _expected(outcome: Outcome, initiative: str) -> tuple[Array, Array]:
    """How fast the currency falls a year from the case's date on, and how unevenly, in each draw's own path."""
    spec: Any = outcome.case.initiatives[initiative]
    first = max(outcome.years.index(outcome.case.as_of.year) - 1, 0)
    changes = np.diff(np.log(outcome.worlds.paths[spec.exchange_rate][:, first:]), axis=1)
    return changes.mean(axis=1), changes.std(axis=1)


def _lines(outcome: Outcome, initiative: str) -> Lines:
    lines = outcome.lines.get(initiative)
    if lines is None or lines.detail is None:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    return lines


def _account(outcome: Outcome, initiative: str) -> ClearingAccount:
    account: ClearingAccount = _lines(outcome, initiative).detail
    return account


def _values(outcome: Outcome, initiative: str) -> dict[str, Array]:
    return dict(_lines(outcome, initiative).values)


def _workforce(outcome: Outcome, initiative: str) -> Workforce:
    workforce: Workforce = _lines(outcome, initiative).detail
    return workforce
