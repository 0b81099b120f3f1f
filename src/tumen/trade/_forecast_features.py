"""What the forecast looks at: a pair's own past and its gap to potential, as they stand in a year.

    size      ln F_t − ln 100 MUSD − 0.03 (t − 2000): in dollars that lose 3 % a year, so that it does not drift
    recent    mean of ln F over the last three years, less ln F_t: what an odd last figure gives back
    decade    the same over ten years
    gap       e_t, how far the flow stands above its gravity potential (`_flow_panel.py`)
    usual     mean of e over ten years, less e_t: what the pair alone lost or won, which partly comes back
    restless  log of the root mean square of yearly changes of ln F in fifteen years, as a fraction a year

Means are over the years that have a figure. Nothing of a later year enters. NaN stands where there is none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FEATURES", "eligible", "features"]

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FEATURES = ("size", "recent", "decade", "gap", "usual", "restless")
_SIZE, _SINCE, _INFLATION = 100.0, 2000, 0.03
_RECENT, _DECADE, _LONG = 3, 10, 15
_LARGEST = 4.5  # in logs over 100 MUSD
_CALM, _WILD = 0.03, 2.0  # bounds of the volatility that a short history may show
_LEAST, _FIGURES = 10.0, 5  # MUSD, as figures are rounded to whole millions; of the last ten years


def features(flows: Array, gap: Array, years: tuple[int, ...]) -> Array:
    """The features as of each year, (feature, ..., year); flows and gap (..., year), nominal MUSD and logs."""
    with np.errstate(invalid="ignore"):
        log_flow = np.log(flows)
    deflated = log_flow - np.log(_SIZE) - _INFLATION * (np.array(years, dtype=np.float64) - _SINCE)
    change = np.full(log_flow.shape, np.nan)
    change[..., 1:] = np.diff(log_flow, axis=-1)
    spread = np.sqrt(_mean(change**2, _LONG))
    return np.stack(
        [
            deflated,
            _mean(log_flow, _RECENT) - log_flow,
            _mean(log_flow, _DECADE) - log_flow,
            gap * np.clip(1.0 - deflated / _LARGEST, 0.0, 1.0),
            _mean(gap, _DECADE) - gap,
            np.log(np.clip(spread, _CALM, _WILD)),
        ]
    )


def eligible(flows: Array) -> BoolArray:
    """Where a forecast is taught and tested: 10 MUSD or more, and five figures in the last ten years; (..., year)."""
    counts = _window(np.isfinite(flows).astype(np.float64), _DECADE)
    return np.asarray((np.where(np.isfinite(flows), flows, 0.0) >= _LEAST) & (counts >= _FIGURES))


def _mean(values: Array, years: int) -> Array:
    """Mean of what there is in so many years up to each, (..., year)."""
    there = np.isfinite(values)
    total, count = _window(np.where(there, values, 0.0), years), _window(there.astype(np.float64), years)
    return np.where(count > 0.5, total / np.maximum(count, 1.0), np.nan)


def _window(values: Array, years: int) -> Array:
    """Sum over so many years up to each. Summed anew in each window: a running total would let a past figure round."""
    padded = np.concatenate([np.zeros((*values.shape[:-1], years - 1)), values], axis=-1)
    return np.lib.stride_tricks.sliding_window_view(padded, years, axis=-1).sum(axis=-1)
