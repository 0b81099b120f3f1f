"""A programme of public spending: promised to regions over years, of which a part is ever disbursed.

Its `delivered` is the prior of this programme alone: it is no probability that anything starts, and nothing else is
multiplied by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from tumen.case import Keys, Unit
from tumen.case._problems import Misread
from tumen.case.fields import Fits, Initiative, PlayerName, Quantity, Rate, Share, Text
from tumen.initiatives._declared import must_be_a_figure
from tumen.initiatives._inputs import Array, Inputs, Lines
from tumen.initiatives._record import First, RecordTerms, Sum, Tranche, learnt

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Spec", "check", "currency", "lines", "noise"]

Span = Annotated[Quantity, Fits("duration", low=1, high=100, single=True)]
Below = Annotated[Quantity, Fits("share", low=0, high=0.95)]
Received = Annotated[Quantity, Fits("share", low=0, above=True, high=1, single=True)]


class Spec(Initiative):
    """The declaration.

    `promised`: the whole, spread evenly over `years` from `start`; or `tranches`, amounts for years. The unit says in
    which money: `bnRUB` is nominal, `bnRUB_2013` real, and then it is indexed by `inflation`. `delivered`: the share
    that is ever disbursed; `record` updates it, where it is a beta distribution, by programmes before. `scatter`: by
    how much single years differ from it, as a share of the most that they could; `late`: what slips into the next year.
    """

    kind: Literal["programme"]
    promiser: PlayerName
    promised: Sum | None = None
    start: First | None = None
    years: Span | None = None
    tranches: Mapping[Text, Tranche] = Field(default_factory=dict)
    inflation: Rate
    regions: Annotated[Mapping[Text, Received], Field(min_length=1)]
    delivered: Share
    record: Mapping[Text, RecordTerms] = Field(default_factory=dict)
    scatter: Below | None = None
    late: Below | None = None

    @model_validator(mode="before")
    @classmethod
    def _learnt(cls, raw: Any) -> Any:
        """`delivered` after the record of programmes before."""
        return learnt(raw)

    @model_validator(mode="after")
    def _promised_once(self) -> Spec:
        whole = (self.promised is not None, self.start is not None, self.years is not None)
        if any(whole) == bool(self.tranches) or (any(whole) and not all(whole)):
            raise ValueError("say what is promised: either `promised` with `start` and `years`, or `tranches`")
        key, amounts = ("promised" if self.promised is not None else "tranches"), _amounts(self)
        for amount in amounts:
            must_be_a_figure(key, amount)
            if amount.unit.powers != amounts[0].unit.powers:
                raise Misread(key, f"is in {amount.unit.label} and in {amounts[0].unit.label}; use one money")
        if self.years is not None and self.years.central % 1:
            raise Misread("years", f"`{self.years.text}`: whole years are expected here")
        total = sum(share.central for share in self.regions.values() if share.distribution is not None)
        if abs(total - 1) > 1e-6:
            raise Misread("regions", f"their shares make {100 * total:.4g} % in all; expected 100 %")
        return self


def noise(spec: Spec, years: tuple[int, ...]) -> Mapping[str, int]:
    """One normal a year, which places that year's share."""
    return {"luck": 1}


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """What is disbursed to each region, and what each still waits for; the promise itself moves no money."""
    from scipy.special import ndtr

    from tumen import money

    found = money.disburse(
        years=inputs.years, promised=_promised(spec, inputs), delivered=inputs("delivered"),
        scatter=inputs("scatter"), luck=np.clip(ndtr(inputs.noise("luck")[0]), 1e-9, 1 - 1e-9), late=inputs("late"),
        inflation=inputs("inflation"), base=_base(_unit(spec)),
    )  # fmt: skip
    shares = {region: share.central for region, share in spec.regions.items()}
    terms: dict[str, Any] = {
        "payer": spec.promiser, "shares": shares, "currency": currency(spec), "initiative": inputs.name,
    }  # fmt: skip
    return Lines(tuple(found.postings(**terms)), tuple(found.stocks(**terms)), detail=found)


def currency(spec: Spec) -> str:
    """The currency in which it is disbursed."""
    return _unit(spec).currencies[0][:3]


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Years that the horizon has, and no delivery beside its own."""
    spec: Any = case.initiatives[name]
    if spec.delivery is not None:
        what = "a programme has its own: `delivered` says how much of it comes; take this out"
        yield ("initiatives", name, "delivery"), what
    first, last = case.years[0], case.years[-1]
    for label, tranche in spec.tranches.items():
        if tranche.year.distribution is not None and tranche.year.central not in case.years:
            what = f"{tranche.year.central:.0f} is no year of the horizon, {first} to {last}"
            yield ("initiatives", name, "tranches", label, "year"), what
    if spec.start is not None and spec.start.distribution is not None and spec.years.distribution is not None:
        begin, end = spec.start.central, spec.start.central + spec.years.central - 1
        if begin not in case.years or end not in case.years:
            what = f"the programme runs from {begin:.0f} to {end:.0f}, the horizon from {first} to {last}"
            yield ("initiatives", name, "start"), what
    for region in spec.regions:
        if region == spec.promiser:
            yield ("initiatives", name, "regions", region), "cannot both promise and receive"


def _promised(spec: Spec, inputs: Inputs) -> Array:
    """What is promised for each year, (draw, year)."""
    found = np.zeros((inputs.worlds.size, len(inputs.years)))
    if spec.promised is None:
        for label in spec.tranches:
            year = round(inputs.scalar(f"tranches.{label}.year"))
            found[:, inputs.years.index(year)] += inputs(f"tranches.{label}.amount")
        return found
    first, span = inputs.years.index(round(inputs.scalar("start"))), round(inputs.scalar("years"))
    found[:, first : first + span] = inputs("promised")[:, None] / span
    return found


def _amounts(spec: Spec) -> list[Quantity]:
    return [spec.promised] if spec.promised is not None else [part.amount for part in spec.tranches.values()]


def _unit(spec: Spec) -> Unit:
    return _amounts(spec)[0].unit


def _base(unit: Unit) -> int | None:
    """The year in whose money a promise is, or None where it is nominal."""
    year = unit.currencies[0][4:]
    return int(year) if year else None
