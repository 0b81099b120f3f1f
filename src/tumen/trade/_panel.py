"""What the world's pairs of countries say about one pair: the prior to which a trade path is shrunk.

The numbers of `PANEL` were measured by `python benchmarks/panel_prior.py` (TUMEN_SHARED names the folder of shared data)
on Correlates of War trade, version 4.0, of 1990-2009, and UN national accounts GDP in nominal US dollars. The years end in
2009, as those of the version that was public in 2012 did, so that no case learns its own future. Selection: pairs whose
two-way trade was 30-1000 million dollars a year in the first three years (geometric mean) of their longest run of at
least ten years with both directions published: 2064 pairs, 36,580 yearly growths. Selecting on the first years rather
than on the mean of all leaves the growth that is measured alone.

Measured is excess growth, log growth of two-way trade less that of the two economies plus that of the world. Method of
simulated quantiles: the spread of 1, 2, 3, 5, 7, 10 and 15-year excess growth (16-84, 5-95 and 1-99 %), the spread
between pairs of their median absolute yearly deviation, and the rank correlation of successive windows, matched by
simulating the model on the panel's own pattern of years. Quantiles, since a few absurd figures decide any variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["PANEL", "PanelPrior"]


@dataclass(frozen=True, slots=True)
class PanelPrior:
    """How much a pair's trade strays from the growth of its two economies, and its statistics from each other.

    volatility: median between pairs of the yearly standard deviation of log innovations, a fraction.
    volatility_spread: standard deviation between pairs of log volatility.
    drift_spread: standard deviation between pairs of the yearly drift in excess of joint growth.
    degrees_of_freedom: of the Student t of the innovations, above 2.
    offset_spread: standard deviation of the log offset of one statistics from the flow.
    noise: standard deviation of the log noise of one statistics in one year, in a pair of median volatility; it is
        proportional to the pair's volatility.
    drift_persistence: the share of the drift that is left a year later, 0 to 1; 1 keeps it for ever.

    Raises ValueError for a number out of its range.
    """

    volatility: float
    volatility_spread: float
    drift_spread: float
    degrees_of_freedom: float
    offset_spread: float
    noise: float
    drift_persistence: float = 1.0

    def __post_init__(self) -> None:
        wrong = []
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            least = {"volatility": 0.0, "degrees_of_freedom": 2.0}.get(name)
            if least is not None and not (math.isfinite(value) and value > least):
                wrong.append(f"panel prior: {name} is {value}; expected a finite number above {least:g}")
            elif least is None and not (math.isfinite(value) and value >= 0):
                wrong.append(f"panel prior: {name} is {value}; expected a finite number of at least 0")
        if self.drift_persistence > 1:
            wrong.append(f"panel prior: drift_persistence is {self.drift_persistence}; expected a share of at most 1")
        if wrong:
            raise ValueError("\n".join(wrong))


PANEL = PanelPrior(
    volatility=0.22,
    volatility_spread=0.45,
    drift_spread=0.01,
    degrees_of_freedom=4.0,
    offset_spread=0.14,
    noise=0.14,
    drift_persistence=0.8,
)
