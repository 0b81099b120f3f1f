"""What the forecast looks at: a pair's own past, its gap to potential and its countries' rise, as they stand in a year.

    size      ln F_t − ln 100 MUSD − 0.03 (t − 2000): in dollars that lose 3 % a year, so that it does not drift
    recent    mean of ln F over the last three years, less ln F_t: what an odd last figure gives back
    decade    the same over ten years
    gap       e_t, how far the flow stands above its gravity potential (`_flow_panel.py`), times 1 − size / 6 held to
              0 to 1: of the largest flows, from USD 40 bn of 2000 on, it foretells nothing
    usual     mean of e over ten years, less e_t: what the pair alone lost or won, which partly comes back
    restless  log of the root mean square of yearly changes of ln F in fifteen years, as a fraction a year
    risen     growth of both countries' trade beyond the world's, in logs over three years
    rising    the same over ten years
    strayed   |usual|: who has strayed, may stray on or come back
    figures   how many of the last twenty years have a figure

`recent`, `gap` and `usual` stand once more times (restless − ln 0.3): what a restless pair shows means less. Means are
over the years that have a figure. Nothing of a later year enters. NaN stands where there is none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FEATURES", "eligible", "features", "size"]

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FEATURES = (
    "size", "recent", "decade", "gap", "usual", "restless", "risen", "rising", "strayed", "figures",
    "recent × restless", "gap × restless", "usual × restless",
)  # fmt: skip
_SIZE, _SINCE, _INFLATION = 100.0, 2000, 0.03
_RECENT, _DECADE, _LONG, _FAR = 3, 10, 15, 20
_LARGEST = 6.0  # in logs over 100 MUSD
_MOST = 2.0  # of what is multiplied, in logs
_RESTLESS = 0.3  # the usual pair's
_CALM, _WILD = 0.03, 2.0  # bounds of the volatility that a short history may show
_LEAST, _FIGURES = 10.0, 5  # MUSD, as figures are rounded to whole millions; of the last ten years


def features(flows: Array, gap: Array, rise: Array, years: tuple[int, ...]) -> Array:
    """The features as of each year, (feature, ..., year).

    flows (..., year) in nominal MUSD, gap and rise (..., year) as in `FlowPanel`.
    """
    with np.errstate(invalid="ignore"):
        log_flow = np.log(flows)
    deflated = size(log_flow, np.array(years))
    change = np.full(log_flow.shape, np.nan)
    change[..., 1:] = np.diff(log_flow, axis=-1)
    restless = np.log(np.clip(np.sqrt(_mean(change**2, _LONG)), _CALM, _WILD))
    recent, usual = _mean(log_flow, _RECENT) - log_flow, _mean(gap, _DECADE) - gap
    faded = gap * np.clip(1.0 - deflated / _LARGEST, 0.0, 1.0)
    away = np.nan_to_num(restless - np.log(_RESTLESS))
    risen, rising = (np.where(np.isfinite(rise), _window(np.nan_to_num(rise), n), np.nan) for n in (_RECENT, _DECADE))
    products = [np.clip(part, -_MOST, _MOST) * away for part in (recent, faded, usual)]
    decade = _mean(log_flow, _DECADE) - log_flow
    figures = _window(np.isfinite(log_flow).astype(np.float64), _FAR)
    own = [deflated, recent, decade, faded, usual, restless, risen, rising, np.abs(usual), figures]
    return np.stack([*own, *products])


def size(log_flow: Array, years: npt.NDArray[np.int64]) -> Array:
    """The size of flows, given as logs of MUSD, in their years."""
    return np.asarray(log_flow - np.log(_SIZE) - _INFLATION * (years - _SINCE))


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
    total = values.copy()
    for back in range(1, min(years, values.shape[-1])):
        total[..., back:] += values[..., :-back]
    return total
