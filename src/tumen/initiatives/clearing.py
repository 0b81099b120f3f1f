"""Two players settle their trade in the currency of one of them, over an account with a swing credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from tumen.case.fields import (
    Duration,
    Frozen,
    Initiative,
    Money,
    MoneyRate,
    Number,
    PlayerName,
    ProcessName,
    Rate,
    Ratio,
    Share,
    Text,
    Year,
)  # fmt: skip
from tumen.initiatives._clearing_check import check
from tumen.initiatives._inputs import Array, Inputs, Lines, Settlement
from tumen.initiatives._ramp import ramp

if TYPE_CHECKING:
    from tumen.trade import PathDraws

__all__ = ["Spec", "check", "settle"]


class ExporterTerms(Frozen):
    """What the debtor's exporters compare: by how much more the creditor pays than another market (`premium`), and what
    it costs to make goods of that market's money (`other_conversion`) or of this one (`conversion`), by how much
    `dearer` the goods are that this one buys, for how long it is held (`holding`), and relative `risk_aversion`."""

    premium: Ratio
    other_conversion: Share
    holding: Duration
    conversion: Share | None = None
    dearer: Ratio | None = None
    risk_aversion: Number | None = None


class DollarTerms(Frozen):
    """What paying in dollars costs, as shares of the turnover: `fees` and `compliance`; and what comes `instead`."""

    fees: Share
    compliance: Share
    instead: Share | None = None


class Spec(Initiative):
    """The declaration.

    `between` is the creditor, whose `currency` it is, and the debtor, whose sales are the part `earns` of their
    `trade`. The part `settled` of it, all if left out, goes over the account, from `start` on and in full after
    `phase_in`; so do instalments of `debt`, and what `wages` bring home in the host's money. The debtor may owe up to
    `limit`, at `interest`, and pays in `paid_in` a year at most from elsewhere, which grows like `paid_in_growth`; what
    it would import beyond that is cut. The balance is kept in the unit of the `clause`, in which `limit` and `opening`
    are told.
    """

    kind: Literal["clearing"]
    between: tuple[PlayerName, PlayerName]
    trade: Text
    currency: Text
    exchange_rate: ProcessName
    earns: Share
    start: Year
    phase_in: Duration | None = None
    settled: Share | None = None
    limit: Money | None = None
    interest: Rate | None = None
    opening: Money | None = None
    paid_in: MoneyRate | None = None
    paid_in_growth: ProcessName | None = None
    clause: Literal["clearing", "dollar"] = "clearing"
    debt: tuple[Text, ...] = ()
    wages: tuple[Text, ...] = ()
    exporters: ExporterTerms | None = None
    dollar: DollarTerms | None = None

    @model_validator(mode="after")
    def _two_parties(self) -> Spec:
        if self.between[0] == self.between[1]:
            raise ValueError("`between` names two players, the creditor first")
        if self.paid_in_growth is not None and self.paid_in is None:
            raise ValueError("`paid_in_growth` is that of `paid_in`; give both")
        return self


def settle(spec: Spec, inputs: Inputs, flows: Mapping[str, PathDraws], lines: Mapping[str, Lines]) -> Settlement:
    """The account in every draw: what can be paid, and what is paid to whom.

    `kept` is the share of the pair's two-way trade that is paid for; what is cut is the debtor's imports.
    """
    from tumen import money

    creditor, debtor = spec.between
    part = ramp(inputs, "start", "phase_in")
    open_ = part > 0
    settled = part * (1.0 if spec.settled is None else inputs("settled")[:, None])
    rate = inputs.worlds.paths[spec.exchange_rate]
    earns, trade = inputs("earns")[:, None], settled * flows[spec.trade].flow
    due, instalments, wages, converted = (np.zeros_like(rate) for _ in range(4))
    for name in spec.debt:
        if name in lines and (treatment := lines[name].treatment) is not None:
            instalments = instalments + open_ * treatment.paid_by_year
            due = due + treatment.due_by_year
    for name in spec.wages:
        if name in lines and (labour := lines[name].detail) is not None:
            sent = open_ * (labour.local if labour.currency == "USD" else labour.local / rate)
            wages = wages + sent
            converted = converted + (sent if labour.currency == "USD" else 0.0)
    account = money.clear(
        years=inputs.years, rate=rate, imports=(1.0 - earns) * trade, exports=earns * trade, wages=wages,
        instalments=instalments, limit=np.inf if spec.limit is None else inputs("limit"), interest=inputs("interest"),
        opening=inputs("opening"), paid_in=_paid_in(spec, inputs), clause=spec.clause,
    )  # fmt: skip
    postings = account.postings(creditor, debtor, spec.currency, inputs.name, converted)
    stock = account.stock(creditor, debtor, spec.currency, inputs.name)
    values = {
        "turnover": flows[spec.trade].flow,
        "settled": settled,
        "earns": inputs("earns"),
        "due": due,
        "interest": inputs("interest"),
    }
    for terms in ("exporters", "dollar"):
        if (declared := getattr(spec, terms)) is not None:
            values |= {f"{terms}.{key}": inputs(f"{terms}.{key}") for key in type(declared).model_fields}
    kept = 1.0 - settled * (1.0 - earns) * (1.0 - account.kept)
    return Settlement(Lines(postings, (stock,), values=values, detail=account), {(creditor, debtor): kept})


def _paid_in(spec: Spec, inputs: Inputs) -> Array:
    """The most that is paid in by year, (draw, year); the figure is that of the case's date."""
    most = np.broadcast_to(inputs("paid_in")[:, None], (inputs.worlds.size, len(inputs.years)))
    if spec.paid_in_growth is None:
        return np.asarray(most)
    growth = inputs.worlds.paths[spec.paid_in_growth] * (np.array(inputs.years) > inputs.as_of.year)
    return np.asarray(most * np.exp(np.cumsum(growth, axis=1)))
