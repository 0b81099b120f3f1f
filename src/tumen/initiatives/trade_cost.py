"""Trade between two players becomes cheaper, or dearer: a settlement in their own money, a link, a simpler border."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from tumen.case.fields import Duration, Initiative, PlayerName, Ratio, Share, Text, Year
from tumen.errors import did_you_mean
from tumen.initiatives._inputs import Inputs, TradeChange
from tumen.initiatives._ramp import ramp

if TYPE_CHECKING:
    from tumen.case import Case, Keys

__all__ = ["Spec", "check", "trade_shock", "traded"]


class Spec(Initiative):
    """The declaration.

    `cut` is the part of the delivered cost of a good that goes, freight, border and payment included: 5 % makes goods
    a twentieth cheaper where they arrive; `rise` is the opposite. In force from `start`, in full after `phase_in`, and
    only as far as what it `follows`, such as a railway, works.
    """

    kind: Literal["trade_cost"]
    between: tuple[PlayerName, PlayerName]
    direction: Literal["both", "forth"] = "both"
    goods: tuple[Text, ...] = ()
    cut: Share | None = None
    rise: Ratio | None = None
    start: Year
    phase_in: Duration | None = None
    follows: Text | None = None

    @model_validator(mode="after")
    def _one_change(self) -> Spec:
        if (self.cut is None) == (self.rise is None):
            raise ValueError("say `cut:` or `rise:`, one of the two")
        if self.between[0] == self.between[1]:
            raise ValueError("`between` names two players")
        if len(set(self.goods)) < len(self.goods):
            raise ValueError("`goods` names each good once")
        return self


def traded(spec: Spec) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Countries and goods that it names, with their places."""
    yield from ((("between", k), "country", player) for k, player in enumerate(spec.between))
    yield from ((("goods", k), "good", good) for k, good in enumerate(spec.goods))


def trade_shock(spec: Spec, inputs: Inputs) -> TradeChange:
    """The change of costs when it is in full force, and how much of it there is by year."""
    from tumen import trade

    a, b = spec.between
    pairs = [(a, b), (b, a)] if spec.direction == "both" else [(a, b)]
    cells = [(good, *pair) for good in (spec.goods or (None,)) for pair in pairs]
    change = np.log1p(inputs("rise")) if spec.cut is None else np.log(np.maximum(1 - inputs("cut"), 1e-6))
    shock = trade.CostShock.of(cells, inputs.worlds.size, log_cost=change)
    in_force = ramp(inputs, "start", "phase_in")
    if inputs.course is not None:  # decided and built like anything else
        in_force = inputs.course.working
    if spec.follows is not None:  # nothing where the plan leaves that out
        leader = inputs.courses.get(spec.follows)
        in_force = in_force * (0.0 if leader is None else leader.working)
    return TradeChange(shock, in_force)


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """What it follows has to be there, and to be delivered."""
    leader = case.initiatives[name].follows  # type: ignore[attr-defined]
    if leader is None:
        return
    others = {other: spec for other, spec in case.initiatives.items() if other != name}
    if leader not in others:
        yield ("initiatives", name, "follows"), f"`{leader}` is no other initiative; {did_you_mean(leader, others)}"
    elif others[leader].delivery is None and getattr(others[leader], "state", "") != "built":
        what = f"`{leader}` neither stands nor is expected; give it a `delivery`"
        yield ("initiatives", name, "follows"), what
