"""Workers sent abroad by a state that takes a part of their pay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import model_validator

from tumen.case.fields import Fits, HazardName, Initiative, PlayerName, Quantity, Rate, Share, Text, Year
from tumen.initiatives._declared import must_be_a_figure
from tumen.initiatives._inputs import Array, Inputs, Lines

if TYPE_CHECKING:
    from tumen.case import Case, Keys

__all__ = ["Spec", "check", "currency", "lines", "noise"]

People = Annotated[Quantity, Fits("people", low=0)]
Wage = Annotated[Quantity, Fits("wage", low=0)]
Single = Annotated[Quantity, Fits("share", low=0, high=1, single=True)]


class Spec(Initiative):
    """The declaration.

    `workers` work in `host` in the year of the `start`, and their number grows by `growth` up to the `quota`. Each is
    paid `wage` a year, of which the state, `home`, takes the share `withheld`; the part `hard_currency` of that reaches
    it in hard currency, the rest in the host's money. `regions` are shares of all that is paid, one account each. An
    event of `stopped_by` ends it all for good with the chance `stops`, from the year after.
    """

    kind: Literal["labour_export"]
    home: PlayerName
    host: PlayerName
    workers: People
    wage: Wage
    withheld: Share
    start: Year
    growth: Rate | None = None
    quota: People | None = None
    hard_currency: Share | None = None
    regions: Mapping[Text, Single] = {}
    stopped_by: HazardName | None = None
    stops: Share | None = None

    @model_validator(mode="after")
    def _can_be(self) -> Spec:
        if self.home == self.host:
            raise ValueError("`home` and `host` are two players")
        if (self.stopped_by is None) != (self.stops is None):
            raise ValueError(
                "`stopped_by`, a hazard, and `stops`, the chance that its event ends the work, go together"
            )
        must_be_a_figure("wage", self.wage)
        total = math.fsum(share.central for share in self.regions.values())
        if self.regions and abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares of `regions` make {100 * total:.4g} %; they make 100 %")
        return self


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """It begins within the horizon."""
    spec = case.initiatives[name]
    assert isinstance(spec, Spec)
    if spec.start.reference is None and spec.start.central > case.years[-1]:
        yield ("initiatives", name, "start"), f"is after the horizon, which ends in {case.years[-1]}"


def noise(spec: Spec, years: tuple[int, ...]) -> Mapping[str, int]:
    """One normal a year: whether what happens in it stops the work."""
    return {"stop": 1} if spec.stopped_by is not None else {}


def currency(spec: Spec) -> str:
    """The currency of the pay."""
    return spec.wage.unit.currencies[0]


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """What each region's employers pay to the state and to the workers."""
    from tumen.money import Line, Posting, send_labour

    pays = currency(spec)
    start = round(inputs.scalar("start"))
    labour = send_labour(
        years=inputs.years, currency=pays, workers=inputs("workers"), growth=inputs("growth"), start=start,
        quota=None if spec.quota is None else inputs("quota"), working=_working(spec, inputs, start),
        wage=inputs("wage"), withheld=inputs("withheld"), hard=inputs("hard_currency"),
    )  # fmt: skip
    people = f"workers from {spec.home}"
    shares = {region: inputs.scalar(f"regions.{region}") for region in spec.regions} or {"labour": 1.0}
    postings = []
    for region, share in shares.items():
        for payee, label, amount in (
            (spec.home, "pay withheld by the state", labour.state),
            (people, "pay kept by workers", labour.kept),
        ):
            postings.append(Posting(Line(spec.host, payee, pays, region, inputs.name, label), share * amount))
    return Lines(tuple(postings), detail=labour)


def _working(spec: Spec, inputs: Inputs, start: int) -> Array:
    """The share of each year in which the work goes on, (draw, year)."""
    from scipy.special import ndtr

    years = np.array(inputs.years)
    if inputs.course is not None:
        working = np.clip(inputs.course.working, 0.0, 1.0)
    else:
        working = np.broadcast_to((years >= start).astype(float), (inputs.worlds.size, len(years)))
    events = inputs.process(spec.stopped_by)
    if events is None:
        return np.asarray(working)
    # Of k events in a year none stops the work with the chance (1 - p)^k; what has happened already is known.
    ends = 1.0 - (1.0 - inputs("stops")[:, None]) ** events
    ended = (ndtr(inputs.noise("stop")[0]) < ends) & (years >= inputs.as_of.year)
    before = np.cumsum(ended, axis=1) - ended
    return np.asarray(working * (before == 0))
