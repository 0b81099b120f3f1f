"""Bilateral trade paths: the predictive distribution of a pair's two-way trade by year, as of a date.

>>> import numpy as np
>>> history = History((2010, 2011, 2013), (95.0, 110.0, 104.0), ("customs",) * 3, (0.0, 0.0, 0.05))
>>> path = fit(history, {2011: 0.06, 2012: 0.03, 2013: 0.02})
>>> z = np.random.default_rng(1).standard_normal
>>> draws = path.simulate(
...     volatility=np.quantile(path.volatility_quantiles, np.random.default_rng(2).random(1000)),
...     drift_score=z(1000), level_score=z(1000), offset_scores={"customs": z(1000)}, shocks=z((2, 1000, 3)),
...     joint_growth=np.full((1000, 3), 0.03), years=(2014, 2015, 2016), report_noise=z((1000, 3)),
... )
>>> draws.flow.shape, bool(50 < np.median(draws.reported["customs"][:, -1]) < 200)
((1000, 3), True)
"""

from __future__ import annotations

from tumen.trade._panel import PANEL, PanelPrior
from tumen.trade._paths import History, PairPath, PathDraws, fit, growth_needed

__all__ = ["PANEL", "History", "PairPath", "PanelPrior", "PathDraws", "fit", "growth_needed"]
