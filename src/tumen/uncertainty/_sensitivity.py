"""Which assumption matters most, from the draws at hand ("given data": no further runs of the model).

For a measure y and an input x over n draws:

    rank correlation   Spearman's: the correlation of the ranks, ties at their mean
    share              the first-order share of variance (Sobol 1993) Var(E[y|x]) / Var(y), by the correlation ratio
                       over bins of x (Plischke, Borgonovo and Smith 2013), with a line in each bin, as a step function
                       would lose what x does within them. With p means and slopes, SSM the sum of squares of the
                       fitted values, SSE that of the rest and SST of all,  share = (SSM - (p-1) SSE/(n-p)) / SST
                       (epsilon squared, Kelley 1935: without the second term chance alone would give each input
                       (p-1)/n). There are n^(1/3) bins of equal counts, held between 8 and 32, of 16 draws at least;
                       an input with no more than 32 distinct values is binned by value. Within the range 0 to 1.
    "chance"           what all inputs together leave, yearly noise and interactions: 1 - Σ share, with shares before
                       they are held to their range, as many small errors would else add up. Where inputs depend on
                       each other (some pair with a rank correlation above 0.1 and five standard errors) shares overlap,
                       and the sum is multiplied by R² / Σ η², R² that of a regression of y on what each
                       input fits by itself, η² the single correlation ratios.
    low, high          90 % bootstrap interval over draws. A resample adds the noise of its own bins to that of the
                       sample, so replicates are moved to have their mean at the estimate.

With fewer than 16 draws shares are 0 with an interval from 0 to 1: nothing can be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty._arrays import Array
from tumen.uncertainty._streams import generator

__all__ = ["Sensitivity", "sensitivity"]

FEWEST_BINS, MOST_BINS, SMALLEST_BIN = 8, 32, 16
FEWEST_DRAWS = 16
CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much of a measure's variance one assumption explains.

    `share` is the first-order share, `low` to `high` its 90 % interval, `rank_correlation` Spearman's. For "chance",
    which has no values of its own, the latter is 0.
    """

    name: str
    share: float
    low: float
    high: float
    rank_correlation: float


def sensitivity(
    values: Array, inputs: Mapping[str, Array], *, seed: int, replicates: int = 200
) -> tuple[Sensitivity, ...]:
    """The inputs, and "chance", by falling share of the variance of `values`.

    `values` (draw) is a measure, `inputs` the assumptions (draw) behind it. A measure or an input that is the same in
    every draw has share and correlation 0. Raises `ValueError` if shapes differ, a number is not finite, or an input
    is itself called "chance".
    """
    y = np.asarray(values, dtype=np.float64)
    table = {name: np.asarray(x, dtype=np.float64) for name, x in inputs.items()}
    _check(y, table)
    if _is_constant(y):
        return tuple(Sensitivity(name, 0.0, 0.0, 0.0, 0.0) for name in [*table, CHANCE])
    names = [name for name, x in table.items() if not _is_constant(x)]
    still = [Sensitivity(name, 0.0, 0.0, 0.0, 0.0) for name in table if name not in names]
    ranks = np.array([_standard_ranks(table[name]) for name in names]).reshape(len(names), len(y))
    correlations = (ranks * _standard_ranks(y)).mean(axis=1)
    if len(y) < FEWEST_DRAWS:
        found = [Sensitivity(n, 0.0, 0.0, 1.0, float(r)) for n, r in zip(names, correlations, strict=True)]
        return (*found, Sensitivity(CHANCE, 0.0, 0.0, 1.0, 0.0), *still)

    z = y / np.abs(y).max()  # so that no square overflows
    z = (z - z.mean()) / z.std()
    columns = [table[name] for name in names]
    bins = [_bins(x) for x in columns]
    weights = np.concatenate([np.ones((1, len(y))), _resamples(len(y), seed, replicates)])
    shares = _shares(z, columns, bins, weights)  # (input, 1 + replicates); the first column is the sample itself
    left = 1.0 - _overlap(z, columns, bins, ranks) * shares.sum(axis=0)
    found = [
        Sensitivity(name, *_interval(row), rank_correlation=float(r))
        for name, row, r in zip(names, shares, correlations, strict=True)
    ]
    found.append(Sensitivity(CHANCE, *_interval(left), rank_correlation=0.0))
    return tuple(sorted([*found, *still], key=lambda entry: -entry.share))


def _check(y: Array, table: Mapping[str, Array]) -> None:
    if y.ndim != 1 or not y.size:
        raise ValueError(f"the measure has shape {y.shape}; expected one value for each draw")
    if not bool(np.isfinite(y).all()):
        raise ValueError("the measure is not a finite number in every draw; leave those draws out, or ask of a share")
    if CHANCE in table:
        raise ValueError(f'an input is called "{CHANCE}", which is what the inputs leave unexplained; rename it')
    for name, x in table.items():
        if x.shape != y.shape or not bool(np.isfinite(x).all()):
            raise ValueError(f"the input {name} has shape {x.shape}; expected {y.shape}, all finite numbers")


def _is_constant(x: Array) -> bool:
    low, high = float(x.min()), float(x.max())
    return high - low <= 1e-12 * max(abs(low), abs(high))


def _standard_ranks(x: Array) -> Array:
    """Ranks, ties at their mean, moved and scaled to mean 0 and deviation 1."""
    _, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - 0.5 * counts)[which]
    return np.asarray((ranks - ranks.mean()) / ranks.std())


def _bins(x: Array) -> list[npt.NDArray[np.intp]]:
    """The draws in each bin: by value if there are few values, else by equal counts."""
    distinct, counts = np.unique(x, return_counts=True)
    order = np.argsort(x, kind="stable")
    if len(distinct) <= MOST_BINS and len(distinct) <= len(x) // 2:
        return np.split(order, np.cumsum(counts)[:-1])
    count = min(max(round(len(x) ** (1 / 3)), FEWEST_BINS), MOST_BINS, len(x) // SMALLEST_BIN)
    return np.array_split(order, count)


def _resamples(n: int, seed: int, replicates: int) -> Array:
    """How often each draw is in each resample, (replicate, draw)."""
    chosen = generator(seed, 0, "sensitivity").integers(0, n, size=(replicates, n))
    chosen += n * np.arange(replicates)[:, np.newaxis]
    return np.bincount(chosen.ravel(), minlength=replicates * n).reshape(replicates, n).astype(np.float64)


def _shares(z: Array, columns: list[Array], bins: list[list[npt.NDArray[np.intp]]], weights: Array) -> Array:
    """Epsilon squared of each input in each resample, (input, replicate)."""
    n = len(z)
    mean = weights @ z / n
    total = np.maximum(weights @ z**2 / n - mean**2, 1e-300)
    by_draw = np.ascontiguousarray(weights.T)
    shares = np.empty((len(columns), len(weights)))
    for i, (x, members) in enumerate(zip(columns, bins, strict=True)):
        fitted, used = np.zeros(len(weights)), np.zeros(len(weights))
        for rows in members:
            at, there = _within(x[rows]), z[rows]
            moments = np.stack([np.ones(len(rows)), there, at, at * at, at * there]) @ by_draw[rows]
            count, of_z = np.maximum(moments[0], 1.0), moments[1]
            width = moments[3] - moments[2] ** 2 / count
            slope = np.where(width > 1e-9, (moments[4] - moments[2] * of_z / count) ** 2, 0.0)
            fitted += of_z**2 / count + slope / np.maximum(width, 1e-9)
            used += (moments[0] > 0).astype(np.float64) + (width > 1e-9)
        model = fitted / n - mean**2
        shares[i] = (model - (used - 1) * (total - model) / np.maximum(n - used, 1.0)) / total
    return shares


def _within(x: Array) -> Array:
    """The values of one bin, moved and scaled to mean 0 and deviation 1; zeros if all are the same."""
    away = x - x.mean()
    width = float(np.abs(away).max())
    if width <= 1e-12 * float(np.abs(x).max()):
        return np.zeros_like(x)
    away /= width
    return np.asarray(away / away.std())


def _overlap(z: Array, columns: list[Array], bins: list[list[npt.NDArray[np.intp]]], ranks: Array) -> float:
    """What to multiply the sum of the shares by, as inputs that depend on each other share what they explain."""
    if len(bins) < 2:
        return 1.0
    pairs = ranks @ ranks.T / len(z)
    if float(np.abs(pairs - np.diag(np.diag(pairs))).max()) <= max(0.1, 5.0 / np.sqrt(len(z))):
        return 1.0
    effects = np.zeros((len(bins), len(z)))
    for i, (x, members) in enumerate(zip(columns, bins, strict=True)):
        for rows in members:
            at = _within(x[rows])
            effects[i, rows] = z[rows].mean() + at * (at * z[rows]).mean()
    single = float((effects**2).mean(axis=1).sum())
    slopes = np.linalg.lstsq(effects.T, z, rcond=None)[0]
    return float(((slopes @ effects) ** 2).mean()) / single if single > 0 else 1.0


def _interval(row: Array) -> tuple[float, float, float]:
    """The estimate, and the 5 and 95 % quantiles of the replicates, moved to have their mean there; all in 0 to 1."""
    estimate = float(row[0])
    if len(row) < 2:
        low = high = estimate
    else:
        low, high = (float(q) for q in np.quantile(row[1:] - row[1:].mean(), [0.05, 0.95]) + estimate)
    share, low, high = (min(max(x, 0.0), 1.0) for x in (estimate, low, high))
    return share, min(low, share), max(high, share)
