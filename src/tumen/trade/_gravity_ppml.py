"""Poisson pseudo-maximum likelihood with fixed effects, by iteratively reweighted least squares.

    E[y | x, effects] = mu = exp(offset + x b + D a)

Each step regresses z = eta - offset + (y - mu) / mu on x and D with weights mu (Correia, Guimaraes and Zylkin 2020,
"Fast Poisson estimation with high-dimensional fixed effects"), that is Newton's method on the likelihood; it is halved
where the deviance would rise. It stops when the weighted root mean square change of eta and every change of a
coefficient (of a covariate scaled to unit standard deviation) is below 1e-10; because convergence is quadratic the
error is then far smaller. Afterwards the first-order conditions are checked: fitted trade adds up to trade in every
level of every fixed effect, and residuals are orthogonal to every covariate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tumen.errors import NoConvergence
from tumen.trade._gravity_absorb import Absorber, Array, Codes, one_thread

__all__ = ["Fit", "deviance", "fit", "log_likelihood"]

_LIMIT, _STOP, _GAP = 200, 1e-10, 1e-7
_COLLINEAR = 1e-7
_ETA = 300.0


@dataclass(frozen=True, slots=True)
class Fit:
    """What the solver found.

    coefficients: (k,). fitted: (n,) trade. freed: (n, k) covariates freed of the effects with weights `fitted`.
    effects: by family, (levels,); up to what the families share. gap: the largest relative miss of a first-order
    condition.
    """

    coefficients: Array
    fitted: Array
    freed: Array
    effects: tuple[Array, ...]
    iterations: int
    deviance: float
    gap: float


def deviance(trade: Array, fitted: Array) -> float:
    """Twice the log-likelihood short of the saturated model's; observations without trade have no logarithm."""
    positive = trade > 0
    logs = trade[positive] * np.log(trade[positive] / fitted[positive])
    return float(2 * (logs.sum() - (trade - fitted).sum()))


def log_likelihood(trade: Array, fitted: Array) -> float:
    """The Poisson log-likelihood, constants included."""
    from scipy.special import gammaln, xlogy

    return float((xlogy(trade, fitted) - fitted - gammaln(trade + 1)).sum())


def fit(trade: Array, x: Array, codes: Sequence[Codes], labels: Sequence[str], offset: Array | float = 0.0) -> Fit:
    """Estimates. trade: (n,), at least 0. x: (n, k), with labels. codes: as for Absorber. offset: (n,) or 0.

    Raises ValueError that names a collinear covariate, NoConvergence after 200 steps.
    """
    with one_thread(codes):
        return _fit(trade, x, codes, labels, offset)


def _fit(trade: Array, x: Array, codes: Sequence[Codes], labels: Sequence[str], offset: Array | float) -> Fit:
    scale = x.std(axis=0)
    constant = scale <= 1e-12 * np.abs(x).max(axis=0, initial=0)
    scale = np.where(constant, np.maximum(np.abs(x).max(axis=0, initial=0), 1e-300), scale)
    unit = x / scale
    absorber = Absorber(codes)
    mean = (trade + trade.mean()) / 2
    eta, last = np.log(mean), np.inf
    beta = np.zeros(x.shape[1])
    for step in range(1, _LIMIT + 1):
        absorber.weigh(mean)
        working = eta - offset + (trade - mean) / mean
        freed, _ = absorber.project(np.column_stack([working, unit]))
        if step == 1:
            _check_collinear(freed[:, 1:], unit, mean, labels, bool(codes))
        fresh, left = _regress(freed, mean)
        proposed = np.clip(working - left + offset, -_ETA, _ETA)
        share, now = 1.0, deviance(trade, np.exp(proposed))
        while step > 1 and now > last + 1e-9 * (abs(last) + trade.sum() * 1e-6) and share > 1e-3:
            share /= 2
            now = deviance(trade, np.exp(eta + share * (proposed - eta)))
        change = share * (proposed - eta)
        moved = max(float(np.sqrt((mean * change**2).sum() / mean.sum())), float(np.abs(fresh - beta).max(initial=0)))
        eta, last, beta = eta + change, now, beta + share * (fresh - beta)
        mean = np.exp(eta)
        if moved < _STOP and share == 1:
            return _finish(trade, unit, scale, absorber, eta, offset, step)
    raise NoConvergence(
        f"PPML did not settle in {_LIMIT} steps (last change {moved:.1e}); most often some observations are separated "
        "or trade spans too many orders of magnitude: drop tiny flows, or covariates that only zero flows have"
    )


def _regress(freed: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted least squares of the first column on the others, refined once: (coefficients, residuals)."""
    left, x = freed[:, 0], freed[:, 1:]
    weighted = x * weights[:, None]
    matrix = weighted.T @ x
    solution = np.zeros(x.shape[1])
    for _ in range(2):
        solution = solution + np.linalg.solve(matrix, weighted.T @ left)
        left = freed[:, 0] - x @ solution
    return solution, left


def _finish(
    trade: Array, unit: Array, scale: Array, absorber: Absorber, eta: Array, offset: Array | float, steps: int
) -> Fit:
    mean = np.exp(eta)
    absorber.weigh(mean)
    freed, effects = absorber.project(np.column_stack([eta - offset, unit]))
    beta, _ = _regress(freed, mean)
    shift = np.concatenate(([1.0], -beta))
    error = trade - mean
    gaps = [np.abs(unit.T @ error) / (np.abs(unit).T @ (trade + mean)).clip(1e-300)]
    for code in absorber.codes:
        gaps.append(np.abs(np.bincount(code, error)) / np.bincount(code, trade))
    gap = max(float(each.max(initial=0)) for each in gaps)
    if gap > _GAP:
        message = f"PPML stopped with first-order conditions missed by {gap:.1e} of trade"
        raise NoConvergence(f"{message}; trade spans too many orders of magnitude: drop tiny flows or coarsen effects")
    return Fit(
        beta / scale, mean, freed[:, 1:] * scale, tuple(effect @ shift for effect in effects), steps,
        deviance(trade, mean), gap,
    )  # fmt: skip


def _check_collinear(freed: Array, unit: Array, weights: Array, labels: Sequence[str], effects: bool) -> None:
    """Raises ValueError that names every covariate the effects or the covariates before it determine."""
    root = np.sqrt(weights)[:, None]
    size = np.sqrt((weights[:, None] * unit**2).sum(axis=0))
    basis: list[int] = []
    wrong: list[str] = []
    for k, label in enumerate(labels):
        column = freed[:, k] * root[:, 0]
        if np.linalg.norm(column) <= _COLLINEAR * size[k]:
            reason = "the fixed effects determine it" if effects else "it is zero throughout"
            wrong.append(f"{label} is collinear: {reason}; leave it out")
            continue
        if basis:
            others = freed[:, basis] * root
            weight, *_ = np.linalg.lstsq(others, column, rcond=None)
            if np.linalg.norm(column - others @ weight) < _COLLINEAR * np.linalg.norm(column):
                named = [labels[j] for j, share in zip(basis, weight, strict=True) if abs(share) > 1e-6]
                given = " given the fixed effects" if effects else ""
                wrong.append(f"{label} is collinear: {' and '.join(named)} determine it{given}; leave one of them out")
                continue
        basis.append(k)
    if wrong:
        raise ValueError("\n".join(wrong))
