"""Forecasts of bilateral trade from the world's panel: how a flow will stand 1 to 20 years on, seen from today.

A pair's nominal two-way flow moves with all flows, gives back what an odd last figure shows, and returns in part to
what the two countries' sizes and their distance suggest and to its own usual place; how far it strays depends on its
size and on how restless it was. The equations stand in `_forecast_fit.py`, the card of the model (data, scores against
rivals, limits) in the documentation of trade targets.

>>> import numpy as np
>>> none = np.full((1, 1), np.nan)
>>> known = Known((2013,), none, none, none, np.array([2013]), np.array([1000.0]), np.array([2014]), none, none)
>>> found = predict(known, target=np.array([1500.0]), by=np.array([2018]))
>>> bool(0.2 < found.in_year[0] < found.reached[0] < 0.7), bool(found.quantiles(0.9)[0] > 1500)
(True, True)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumen.trade._flow_panel import FlowPanel, read_flow_panel
from tumen.trade._forecast_features import features
from tumen.trade._forecast_fit import estimate, estimate_vintages
from tumen.trade._forecast_parameters import VINTAGES, Parameters, from_json, read_parameters, shipped, to_json
from tumen.trade._forecast_predict import Predicted, changes, predict, quantiles, simulate
from tumen.trade._known import Known

__all__ = [
    "VINTAGES",
    "FlowPanel",
    "Known",
    "Parameters",
    "Predicted",
    "backtest",
    "estimate",
    "estimate_vintages",
    "from_json",
    "predict",
    "read_flow_panel",
    "read_parameters",
    "shipped",
    "simulate",
    "to_json",
]

Array = npt.NDArray[np.float64]
_BATCH = 32


def backtest(
    panel: FlowPanel,
    taught: npt.NDArray[np.bool_],
    asked: npt.NDArray[np.int64],
    origin: int,
    horizons: tuple[int, ...],
    levels: Sequence[float],
) -> Array:
    """Quantiles of the log change from `origin` over each horizon, (asked, horizon, level), by what was known then.

    taught (pair,): the pairs that teach, up to the origin. asked: places of the pairs that are forecast. A pair whose
    gap to potential is not known is taken to stand at its potential.
    """
    own = estimate(panel, origin, taught, horizons=tuple(horizons), sets=("world",))
    column = panel.years.index(origin) + 1
    flows, gap, rise = (each[asked, :column] for each in (panel.flows, panel.gap, panel.rise))
    x = features(flows, gap, rise, panel.years[:column])[:, :, -1]
    x = np.where(np.isfinite(x), x, own.centre[:, None])
    found = np.empty((len(asked), len(horizons), len(levels)))
    for start in range(0, len(asked), _BATCH):
        for h, drawn in enumerate(changes(own, "world", x[:, start : start + _BATCH], max(horizons)), 1):
            if h in horizons:
                found[start : start + _BATCH, horizons.index(h)] = quantiles(drawn, levels)
    return found
