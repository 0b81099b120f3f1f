"""What a forecast of targets must beat: three forecasters who know little, by expanding window.

Each sees, for a target announced in year Y, the outcomes of targets that were due before Y, and no other: only by then
were they resolved, whether they were reached early or not. With k of n such targets met, h years from base to target
and growth needed g = ln(target / base) / h,

    constant   p = (k + ½) / (n + 1), Jeffreys' estimate of a share, which is ½ as long as nothing is resolved
    logit      p = 1 / (1 + e^−(a + b·g/0.1 + c·h/5)), with (a, b, c) that maximise
               log likelihood − ½ (a² / 2.5² + b² + c²), so that it exists for few and for one-sided outcomes
    trend      p = 0.98 where base · e^(r·h) >= target, else 0.02, with r the pair's own yearly growth over the ten
               years up to the last one known; the constant where three years of growth, ending within five years of
               the announcement, are not known

Two more look back, and so are harder to beat than anybody could have been at the time: the constant and the logit from
all targets of other pairs, whenever they were due (in a hundred folds where there are more than a hundred pairs).

The penalty is a normal prior: a step of ten points of growth, or of five years, moves the log odds by some one or less.
Newton's method ends when no coefficient moves by more than 1e-10 (the problem is strictly concave).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumen.trade._known import Known

__all__ = ["constant_rate", "growth_logit", "hindsight", "past_growth", "trend"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_PENALTY = np.array([1 / 2.5**2, 1.0, 1.0])
_GROWTH, _YEARS = 0.1, 5.0  # one step of each
_SURE = 0.98
_FOLDS = 100
_WINDOW, _LEAST, _OLDEST = 10, 3, 5  # years of growth, the fewest, and how long ago they may have ended


def constant_rate(announced: IntArray, by: IntArray, met: Array) -> Array:
    """The share of targets that were met, as known at each announcement (n,); met is 1, 0 or NaN for unknown."""
    chance = np.empty(len(announced))
    for year in np.unique(announced):
        chance[announced == year] = _jeffreys(met[_resolved(year, by, met)])
    return chance


def growth_logit(announced: IntArray, by: IntArray, met: Array, needed: Array, horizon: IntArray) -> Array:
    """The logit on growth needed (of the logarithm, a year) and horizon (n,), as known at each announcement."""
    x = _features(needed, horizon)
    chance = np.empty(len(announced))
    for year in np.unique(announced):
        teaching, asked = _resolved(year, by, met), announced == year
        chance[asked] = _logistic(x[asked] @ _fitted(x[teaching], met[teaching]))
    return chance


def hindsight(pair: Sequence[str], met: Array, needed: Array, horizon: IntArray) -> tuple[Array, Array]:
    """Constant and logit (n,) from the outcomes of all other pairs."""
    x = _features(needed, horizon)
    fold = np.unique(np.array(pair, dtype=np.str_), return_inverse=True)[1] % _FOLDS
    share, logit = np.empty(len(met)), np.empty(len(met))
    for k in np.unique(fold):
        asked, teaching = fold == k, (fold != k) & np.isfinite(met)
        share[asked] = _jeffreys(met[teaching])
        logit[asked] = _logistic(x[asked] @ _fitted(x[teaching], met[teaching]))
    return share, logit


def trend(announced: IntArray, needed: Array, seen: Known | None, otherwise: Array) -> Array:
    """Yes or no, as sure as `_SURE`, by whether past growth goes on to the target (n,); else `otherwise`."""
    if seen is None:
        return otherwise.copy()
    rate = past_growth(announced, seen)
    known = np.isfinite(rate)
    reached = np.where(known, rate, 0.0) >= needed
    return np.where(known, np.where(reached, _SURE, 1.0 - _SURE), otherwise)


def past_growth(announced: IntArray, seen: Known) -> Array:
    """Yearly growth of the logarithm of each flow over its last years (n,), NaN where too few or too old are known."""
    rate = np.full(len(announced), np.nan)
    years = np.array(seen.years)
    for i in range(len(announced)):
        there = np.flatnonzero(np.isfinite(seen.flows[i]))
        if not there.size or announced[i] - years[there[-1]] > _OLDEST:
            continue
        first, last = there[there >= there[-1] - _WINDOW][0], there[-1]
        if last - first >= _LEAST:
            rate[i] = np.log(seen.flows[i, last] / seen.flows[i, first]) / (last - first)
    return rate


def _resolved(year: int, by: IntArray, met: Array) -> BoolArray:
    return (by < year) & np.isfinite(met)


def _jeffreys(came: Array) -> float:
    return float((came.sum() + 0.5) / (len(came) + 1.0))


def _features(needed: Array, horizon: IntArray) -> Array:
    return np.column_stack([np.ones(len(needed)), needed / _GROWTH, horizon / _YEARS])


def _fitted(x: Array, met: Array) -> Array:
    """The coefficients that maximise the penalised likelihood, by Newton's method with halved steps."""
    beta = np.zeros(3)
    for _ in range(100):
        chance = _logistic(x @ beta)
        slope = x.T @ (met - chance) - _PENALTY * beta
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(_PENALTY)
        step = np.linalg.solve(curve, slope)
        size, here = 1.0, _objective(x, met, beta)
        while size > 1e-6 and _objective(x, met, beta + size * step) < here - 1e-12:
            size /= 2
        beta = beta + size * step
        if np.abs(size * step).max() < 1e-10:
            break
    return beta


def _objective(x: Array, met: Array, beta: Array) -> float:
    score = x @ beta
    return float(met @ score - np.logaddexp(0.0, score).sum() - 0.5 * (_PENALTY * beta**2).sum())


def _logistic(score: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * score)))
