"""The Gaussian part of a trade path: everything but the volatility, conditioned exactly on the published figures.

With y[t] the log of the latent flow, T the last year of the history, G[t] the joint growth of the two economies, a
and c the panel's growth_intercept and growth_elasticity:

    y[t] - y[t-1] = a + c G[t] + d[t] + s e[t]       e with unit variance, s the volatility of the pair
    d[t] = r d[t-1] + sqrt(1 - r^2) drift_spread n[t]   stationary: every d[t] has the deviation drift_spread
    z[k] = y[t(k)] + b[j(k)] + u[k]                  row k: year t, statistics j
    b[j] ~ N(0, offset_spread^2)
    u[k] ~ N(0, (noise s / volatility)^2 + spread[k]^2 + FLOOR^2)

The level y[T] has a flat prior. With w[t] = y[t] - y[T] all the rest, (d[T], b, w), has a proper Gaussian prior, and
z = 1 y[T] + H (d[T], b, w) + u, so y[T] is generalised least squares and the marginal likelihood of s is the restricted
one (Harville 1974; Durbin and Koopman 2012, chapter 5, reach the same by a diffuse Kalman filter). No iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.trade._panel import PanelPrior

__all__ = ["FLOOR", "Array", "Design", "condition", "semidefinite_factor"]

Array = npt.NDArray[np.float64]

FLOOR = 1e-5
"""Least standard deviation of a row's log error: it keeps sources that flatly contradict each other solvable."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The rows of a history as arrays: `log_values`, `spread` (row), `year`, `source` (row) counted from 0.

    `growth` (year - 1) is a + c G into every year but the first; `sources` the number of statistics.
    """

    log_values: Array
    spread: Array
    year: npt.NDArray[np.intp]
    source: npt.NDArray[np.intp]
    growth: Array
    sources: int


def condition(design: Design, prior: PanelPrior, volatility: Array) -> tuple[Array, Array, Array]:
    """Log marginal likelihood (grid), posterior mean (grid, state) and covariance (grid, state, state).

    The state is (y[T], d[T], b[1], ..., b[S], y[T-1], ..., y[first]).
    """
    mean, covariance = _prior_of_rest(design, prior, volatility)
    pick = _picker(design)
    centre = float(design.log_values.mean())  # so that a change of currency unit moves the level and nothing else
    noise = np.square(prior.noise * volatility / prior.volatility)[:, None] + np.square(design.spread) + FLOOR**2
    total = pick @ covariance @ pick.T + noise[:, :, None] * np.eye(len(design.log_values))
    residual = design.log_values - centre - pick @ mean

    inverse = np.linalg.inv(total)
    inverse = 0.5 * (inverse + inverse.transpose(0, 2, 1))
    weights = inverse.sum(axis=2)
    information = weights.sum(axis=1)
    level = weights @ residual / information
    left = residual - level[:, None]
    scaled = np.einsum("gij,gj->gi", inverse, left)
    log_determinant = np.linalg.slogdet(total)[1]
    likelihood = -0.5 * (log_determinant + np.log(information) + (left * scaled).sum(axis=1))

    gain = covariance @ pick.T
    rest = mean + np.einsum("gij,gj->gi", gain, scaled)
    pulled = np.einsum("gij,gj->gi", gain, weights)
    size = covariance.shape[1] + 1
    joint = np.empty((len(volatility), size, size))
    joint[:, 0, 0] = 1.0 / information
    joint[:, 0, 1:] = joint[:, 1:, 0] = -pulled / information[:, None]
    joint[:, 1:, 1:] = covariance - gain @ inverse @ gain.transpose(0, 2, 1)
    joint[:, 1:, 1:] += pulled[:, :, None] * pulled[:, None, :] / information[:, None, None]

    absolute = np.eye(size)
    absolute[2 + design.sources :, 0] = 1.0  # from w back to y
    state = np.concatenate([level[:, None], rest], axis=1) @ absolute.T
    state[:, [0, *range(2 + design.sources, size)]] += centre
    joint = absolute @ joint @ absolute.T
    return likelihood, state, 0.5 * (joint + joint.transpose(0, 2, 1))


def _prior_of_rest(design: Design, prior: PanelPrior, volatility: Array) -> tuple[Array, Array]:
    """Prior mean (state - 1) and covariance (grid, state - 1, state - 1) of (d[T], b, w[T-1], ..., w[first])."""
    steps, first_w = len(design.growth), 1 + design.sources
    size = first_w + steps
    # Row i is the year T - 1 - i: the way back from T undoes the last i + 1 growths.
    back = -np.tri(steps)[:, ::-1]
    lag = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    drift = prior.drift_spread**2 * np.power(prior.drift_persistence, lag)
    mean = np.zeros(size)
    mean[first_w:] = back @ design.growth
    covariance = np.zeros((len(volatility), size, size))
    covariance[:, 0, 0] = prior.drift_spread**2
    for source in range(design.sources):
        covariance[:, 1 + source, 1 + source] = prior.offset_spread**2
    if steps:
        covariance[:, first_w:, first_w:] = back @ drift @ back.T
        covariance[:, first_w:, first_w:] += np.square(volatility)[:, None, None] * (back @ back.T)
        covariance[:, 0, first_w:] = covariance[:, first_w:, 0] = back @ drift[:, -1]
    return mean, covariance


def _picker(design: Design) -> Array:
    """H (row, state - 1): which offset and which earlier year a row shows."""
    rows, steps = len(design.log_values), len(design.growth)
    pick = np.zeros((rows, 1 + design.sources + steps))
    pick[np.arange(rows), 1 + design.source] = 1.0
    earlier = np.flatnonzero(design.year < steps)
    pick[earlier, design.sources + steps - design.year[earlier]] = 1.0
    return pick


def semidefinite_factor(covariance: Array, tolerance: float = 1e-13) -> Array:
    """Lower factors L (grid, state, state), L L' = covariance; what is known exactly has a column of zeros.

    >>> semidefinite_factor(np.array([[[4.0, 2.0], [2.0, 1.0]]])).tolist()
    [[[2.0, 0.0], [1.0, 0.0]]]
    """
    lower = np.zeros_like(covariance)
    for j in range(covariance.shape[1]):
        column = covariance[:, j:, j] - np.einsum("gik,gk->gi", lower[:, j:, :j], lower[:, j, :j])
        known = column[:, 0] <= tolerance * np.maximum(1.0, covariance[:, j, j])
        root = np.sqrt(np.where(known, 1.0, column[:, 0]))
        lower[:, j:, j] = np.where(known[:, None], 0.0, column / root[:, None])
    return lower
