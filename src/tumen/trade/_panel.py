"""What the world's pairs of countries say about one pair: the prior to which a trade path is shrunk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["PANEL", "PanelPrior"]

Growth = TypeVar("Growth", float, npt.NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class PanelPrior:
    """How a pair's trade follows its two economies, how far it strays, and how far statistics stray from each other.

    Attributes
    ----------
    volatility
        Median between pairs of the yearly standard deviation of log innovations, a fraction.
    volatility_spread
        Standard deviation between pairs of log volatility.
    drift_spread
        Standard deviation between pairs of the yearly drift in excess of the growth that is implied.
    degrees_of_freedom
        Of the Student t of the innovations, above 2.
    offset_spread
        Standard deviation of the log offset of one statistics from the flow.
    noise
        Standard deviation of the log noise of one statistics in one year, in a pair of median volatility; it is
        proportional to the pair's volatility.
    drift_persistence
        The share of the drift that is left a year later, 0 to 1; 1 keeps it for ever.
    growth_elasticity, growth_intercept
        Trade grows by intercept + elasticity x joint growth, in logs a year. The
        defaults are the unit elasticities of structural gravity.
    evidence
        The share, above 0 and at most 1, by which a history's Gaussian log likelihood counts for its volatility.

    Raises ValueError for a number out of its range.
    """

    volatility: float
    volatility_spread: float
    drift_spread: float
    degrees_of_freedom: float
    offset_spread: float
    noise: float
    drift_persistence: float = 1.0
    growth_elasticity: float = 1.0
    growth_intercept: float = 0.0
    evidence: float = 1.0

    def __post_init__(self) -> None:
        above = {"volatility": 0.0, "degrees_of_freedom": 2.0, "evidence": 0.0}
        wrong = []
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if not math.isfinite(value):
                wrong.append(f"panel prior: {name} is {value}; expected a finite number")
            elif name in above and value <= above[name]:
                wrong.append(f"panel prior: {name} is {value}; expected a number above {above[name]:g}")
            elif value < 0 and name != "growth_intercept":
                wrong.append(f"panel prior: {name} is {value}; expected a number of at least 0")
            elif value > 1 and name in ("drift_persistence", "evidence"):
                wrong.append(f"panel prior: {name} is {value}; expected a share of at most 1")
        if wrong:
            raise ValueError("\n".join(wrong))

    def implied(self, joint_growth: Growth) -> Growth:
        """The log growth of trade that this joint growth of the two economies implies, a year."""
        return self.growth_intercept + self.growth_elasticity * joint_growth


PANEL = PanelPrior(
    volatility=0.21,
    volatility_spread=0.45,
    drift_spread=0.015,
    degrees_of_freedom=4.0,
    offset_spread=0.14,
    noise=0.13,
    drift_persistence=0.8,
    growth_elasticity=0.63,
    growth_intercept=0.024,
    evidence=0.3,
)
"""The panel of the world's pairs, as it could be known in 2012.

Data: Correlates of War trade, version 4.0 (importers' figures; an absent row is no figure, and a two-way sum needs
both directions), and UN national accounts GDP at market exchange rates, both in nominal dollars, 1990-2009. Later
years of the trade data first came out after 2014, so that no case learns its own future; revisions of the earlier
years since then are let pass. Selection: pairs whose two-way trade was 30-1000 million a year in the first three years
(geometric mean) of their longest run of at least ten years: 2064 pairs, 36,580 growths. Selecting on the first years
leaves the growth that is measured alone. Measured, and rounded, by `python benchmarks/panel_prior.py` (five minutes;
TUMEN_SHARED names the folder of shared data):

- growth_elasticity, growth_intercept: trade on joint growth over 7 years, least squares with growth cut at +-2: 0.627
  and 0.0236 (over 3 years 0.594 and 0.0216). Less than one, since nominal GDP follows the exchange rate more than
  trade does.
- volatility, volatility_spread, degrees_of_freedom, noise: the simulated model matches the panel's quantiles of 1 to
  15-year excess growth, the spread between pairs of their yearly deviations, and the rank correlation of successive
  windows: 0.207-0.213, 0.44-0.47, 4.0-4.2, 0.134-0.137, with drift or without. Quantiles, since a few absurd figures
  decide any variance. Noise in proportion to volatility fits far better than the same noise for all. By size:
  volatility 0.24 at 30-100 million, 0.21 at 100-300, 0.19 at 300-1000.
- drift_spread, drift_persistence: hardly there. Excess growth over 7 years has a rank correlation of -0.09 with that
  over the next 7; the best fit with drift, 0.015 fading by 0.82 a year, is no better than without.
- offset_spread: importers' against exporters' figures (UNCTAD) of 2310 pairs in 1995 and 2005: 0.141, with noise of
  0.19 that also holds the change of offsets in ten years. Russia and North Korea are alike: 104 (KOTRA) and 112.7
  (Russian customs) in 2013, 75.7 and 68.6 in 2012.
- evidence: of 0.15, 0.3, 0.5 and 1, the share that makes 90 % intervals 7 years on hold as often for the third of
  pairs that had seemed calm as for the restless third: 0.92 and 0.95 as of 1998, 0.93 and 0.94 as of 2002 (with 1:
  0.86 and 0.97, 0.89 and 0.96).

Checked on the same panel, given the joint growth that came: 90 % intervals 7 years on held 0.93 (1998) and 0.94
(2002); a ten-fold rise within 7 years was given 3.1 and 6.1 %, and came in 2.2 and 5.6 %. Not out of sample, and no
more than a first form: no reversion to potential, so that after 15 years the 5-95 % range is 8 % too wide; no shocks
common to pairs.
"""
