"""Labour sent abroad: how many go, what they are paid, and who gets it.

    workers   n[t] = min(n0 (1 + g)^(t - start), quota) w[t]          w: the share of the year in which they may work
    pay       P[t] = n[t] wage
    state     a P[t], of which the share h in hard currency and the rest in the money of the host
    workers   (1 - a) P[t]

A state's hard currency and its people's income are two things, so they are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array, Record, drawn, frozen

__all__ = ["Labour", "send_labour"]


@dataclass(frozen=True, eq=False, repr=False)
class Labour(Record):
    """Labour abroad in every draw; made by `send_labour`. Money in millions of `currency` a year.

    workers (draw, year); wage, withheld, hard (draw,): pay of a worker a year, the share that the state takes, and the
    share of that which it gets in hard currency.
    """

    years: tuple[int, ...]
    currency: str
    workers: Array
    wage: Array
    withheld: Array
    hard: Array

    def __post_init__(self) -> None:
        for name in ("workers", "wage", "withheld", "hard"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def state(self) -> Array:
        """(draw, year), what the state takes, hard currency or not."""
        return self.workers * (self.wage * self.withheld)[:, None]

    @property
    def kept(self) -> Array:
        """(draw, year), what the workers keep."""
        return self.workers * (self.wage * (1.0 - self.withheld))[:, None]

    @property
    def hard_currency(self) -> Array:
        """(draw, year), what the state gets in hard currency."""
        return self.state * self.hard[:, None]

    @property
    def local(self) -> Array:
        """(draw, year), what the state gets in the money of the host, and may pay into a clearing account."""
        return self.state * (1.0 - self.hard)[:, None]

    @property
    def state_per_worker(self) -> Array:
        """(draw,), what the state takes of one worker's pay in a year."""
        return self.wage * self.withheld

    def __repr__(self) -> str:
        if not self.workers.size:
            return "Labour: no draws"
        middle = (np.median(values[:, -1]) for values in (self.workers, self.state, self.kept))
        workers, state, kept = (float(value) for value in middle)
        return (
            f"Labour: {len(self.workers)} draws; median in {self.years[-1]} {workers:,.0f} workers, "
            f"{state:,.1f} M{self.currency} to the state, {kept:,.1f} kept"
        )


def send_labour(
    *,
    years: tuple[int, ...],
    currency: str,
    workers: Array | float,
    growth: Array | float,
    quota: Array | float | None,
    working: npt.ArrayLike,
    start: int | None = None,
    wage: Array | float,
    withheld: Array | float,
    hard: Array | float,
) -> Labour:
    """Workers and their pay in every draw; the module's docstring has the rules.

    workers, growth, quota, wage, withheld, hard: (draw,) or one number; `workers` are those of the year `start`, the
    first if None, and before it nobody works; `quota` None is none. working (draw, year): the share of each year in
    which they may work, 0 to 1. Raises ValueError for a shape or a range that does not fit, naming it and the draw.
    """
    share = np.asarray(working, dtype=np.float64)
    if share.ndim != 2 or share.shape[1] != len(years) or not ((share >= 0) & (share <= 1)).all():
        raise ValueError(
            f"send_labour: working has the shape {share.shape}; expected (draw, {len(years)} years), each from 0 to 1"
        )
    draws = share.shape[0]
    first = drawn("send_labour", "workers", workers, draws, 0.0)
    rise = drawn("send_labour", "growth", growth, draws, -1.0)
    since = np.array(years) - (years[0] if start is None else start)
    path = np.where(since < 0, 0.0, first[:, None] * (1.0 + rise[:, None]) ** np.maximum(since, 0))
    if quota is not None:
        path = np.minimum(path, drawn("send_labour", "quota", quota, draws, 0.0)[:, None])
    return Labour(
        years=tuple(years),
        currency=currency,
        workers=path * share,
        wage=drawn("send_labour", "wage", wage, draws, 0.0),
        withheld=drawn("send_labour", "withheld", withheld, draws, 0.0, 1.0),
        hard=drawn("send_labour", "hard", hard, draws, 0.0, 1.0),
    )
