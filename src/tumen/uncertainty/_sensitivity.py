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
                       each other (some pair with a rank correlation above 0.1 and five standard errors) shares overlap
                       and may sum to more than 1; the sum, of the inputs whose interval leaves 0 out, is then scaled to
                       the adjusted R² of a regression of y on what each of them fits by itself.
    low, high          90 % bootstrap interval over draws. A resample adds the noise of its own bins to that of the
                       sample, so replicates are moved to have their mean at the estimate.

With fewer than 16 draws shares are 0 with an interval from 0 to 1: nothing can be said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty._arrays import Array
from tumen.uncertainty._streams import generator

__all__ = ["Sensitivity", "sensitivities", "sensitivity"]

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
    return sensitivities([values], inputs, seed=seed, replicates=replicates)[0]


def sensitivities(
    measures: Sequence[Array], inputs: Mapping[str, Array], *, seed: int, replicates: int = 200
) -> tuple[tuple[Sensitivity, ...], ...]:
    """`sensitivity` of several measures on the same inputs, which are sorted and weighed once for all."""
    table = {name: np.asarray(x, dtype=np.float64) for name, x in inputs.items()}
    wanted = [np.asarray(values, dtype=np.float64) for values in measures]
    for y in wanted:
        _check(y, table)
    names = [name for name, x in table.items() if not _is_constant(x)]
    still = [Sensitivity(name, 0.0, 0.0, 0.0, 0.0) for name in table if name not in names]
    none = tuple(Sensitivity(name, 0.0, 0.0, 0.0, 0.0) for name in [*table, CHANCE])
    moving = [k for k, y in enumerate(wanted) if not _is_constant(y)]
    found = dict.fromkeys(range(len(wanted)), none)
    if not moving:
        return tuple(found.values())
    n = len(wanted[moving[0]])
    ranks = np.array([_standard_ranks(table[name]) for name in names]).reshape(len(names), n)
    correlations = {k: (ranks * _standard_ranks(wanted[k])).mean(axis=1) for k in moving}
    if n < FEWEST_DRAWS:
        for k in moving:
            rows = [Sensitivity(m, 0.0, 0.0, 1.0, float(r)) for m, r in zip(names, correlations[k], strict=True)]
            found[k] = (*rows, Sensitivity(CHANCE, 0.0, 0.0, 1.0, 0.0), *still)
        return tuple(found.values())
    z = np.stack([_standard(wanted[k]) for k in moving])
    binned = [_binned(table[name]) for name in names]
    weights = np.concatenate([np.ones((1, n)), _resamples(n, seed, replicates)])
    shares = _shares(z, binned, weights)  # (input, measure, 1 + replicates); of the last the first is the sample itself
    depend = _depend(ranks)
    for row, k in enumerate(moving):
        entries = [
            Sensitivity(name, *interval, rank_correlation=float(r))
            for name, interval, r in zip(names, _intervals(shares[:, row]), correlations[k], strict=True)
        ]
        some = [i for i, entry in enumerate(entries) if entry.low > 0] if depend else list(range(len(names)))
        overlap = _overlap(z[row], [binned[i] for i in some], shares[some, row, 0].sum()) if depend else 1.0
        left = 1.0 - overlap * shares[some, row].sum(axis=0)
        entries.append(Sensitivity(CHANCE, *_intervals(left[np.newaxis])[0], rank_correlation=0.0))
        found[k] = tuple(sorted([*entries, *still], key=lambda entry: -entry.share))
    return tuple(found.values())


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


@dataclass(frozen=True, slots=True)
class _Bins:
    """An input's bins: draws sorted into them, where each begins, and the input within them, mean 0, deviation 1."""

    order: npt.NDArray[np.intp]
    edges: npt.NDArray[np.intp]
    within: Array  # in the order of `order`; zeros in a bin of one value

    @property
    def slices(self) -> list[slice]:
        ends = [*self.edges[1:], len(self.order)]
        return [slice(int(first), int(end)) for first, end in zip(self.edges, ends, strict=True)]


def _binned(x: Array) -> _Bins:
    """The draws in each bin: by value if there are few values, else by equal counts."""
    order = np.argsort(x, kind="stable")
    distinct, counts = np.unique(x, return_counts=True)
    if len(distinct) <= MOST_BINS and len(distinct) <= len(x) // 2:
        parts = np.split(order, np.cumsum(counts)[:-1])
    else:
        count = min(max(round(len(x) ** (1 / 3)), FEWEST_BINS), MOST_BINS, len(x) // SMALLEST_BIN)
        parts = np.array_split(order, count)
    edges = np.cumsum([0, *(len(part) for part in parts[:-1])])
    return _Bins(order, edges, np.concatenate([_within(x[part]) for part in parts]))


def _standard(y: Array) -> Array:
    """Mean 0, deviation 1; scaled first, so that no square overflows."""
    z = y / np.abs(y).max()
    return np.asarray((z - z.mean()) / z.std())


def _resamples(n: int, seed: int, replicates: int) -> Array:
    """How often each draw is in each resample, (replicate, draw)."""
    chosen = generator(seed, 0, "sensitivity").integers(0, n, size=(replicates, n))
    chosen += n * np.arange(replicates)[:, np.newaxis]
    return np.bincount(chosen.ravel(), minlength=replicates * n).reshape(replicates, n).astype(np.float64)


def _shares(z: Array, binned: list[_Bins], weights: Array) -> Array:
    """Epsilon squared of each input for each measure z (measure, draw), (input, measure, resample)."""
    measures, n = z.shape
    mean = z @ weights.T / n
    total = np.maximum(z**2 @ weights.T / n - mean**2, 1e-300)
    by_draw = np.ascontiguousarray(weights.T)
    shares = np.empty((len(binned), measures, len(weights)))
    for i, bins in enumerate(binned):
        sorted_z, sorted_weights = z[:, bins.order], by_draw[bins.order]
        fitted, used = np.zeros((measures, len(weights))), np.zeros(len(weights))
        for rows in bins.slices:
            at, there = bins.within[rows], sorted_z[:, rows]
            moments = np.concatenate([np.stack([np.ones(len(at)), at, at * at]), there, there * at])
            count, of_at, of_square, *_ = found = moments @ sorted_weights[rows]
            of_z, of_both = found[3 : 3 + measures], found[3 + measures :]
            held = np.maximum(count, 1.0)
            width = of_square - of_at**2 / held
            wide = width > 1e-9
            slope = np.where(wide, (of_both - of_at * of_z / held) ** 2, 0.0)
            fitted += of_z**2 / held + slope / np.maximum(width, 1e-9)
            used += (count > 0).astype(np.float64) + wide
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


def _depend(ranks: Array) -> bool:
    """Whether some two inputs depend on each other beyond what chance brings."""
    n = ranks.shape[1]
    pairs = ranks @ ranks.T / n
    return len(ranks) > 1 and float(np.abs(pairs - np.diag(np.diag(pairs))).max()) > max(0.1, 5.0 / np.sqrt(n))


def _overlap(z: Array, binned: list[_Bins], total: float) -> float:
    """What to multiply the sum of shares by, as inputs that depend on each other share what they explain."""
    n, used = len(z), sum(2 * len(bins.edges) - 1 for bins in binned)
    if not binned or total <= 0 or used >= n // 2:
        return 1.0
    effects = np.empty((len(binned), n))
    for i, bins in enumerate(binned):
        there = z[bins.order]
        sizes = np.diff([*bins.edges, n])
        means, slopes = (np.add.reduceat(part, bins.edges) / sizes for part in (there, there * bins.within))
        effects[i, bins.order] = np.repeat(means, sizes) + bins.within * np.repeat(slopes, sizes)
    weights = np.linalg.lstsq(effects.T, z, rcond=None)[0]
    rest = float(((z - weights @ effects) ** 2).mean())
    return max(0.0, 1.0 - rest * (n - 1) / (n - 1 - used)) / total


def _intervals(rows: Array) -> list[tuple[float, float, float]]:
    """Of each row the estimate, and 5 and 95 % of the replicates, moved to have their mean there; all in 0 to 1."""
    estimate = rows[:, 0]
    if rows.shape[1] < 2:
        low = high = estimate
    else:
        away = rows[:, 1:] - rows[:, 1:].mean(axis=1, keepdims=True)
        low, high = np.quantile(away, [0.05, 0.95], axis=1) + estimate
    share, low, high = (np.clip(x, 0.0, 1.0) for x in (estimate, low, high))
    low, high = np.minimum(low, share), np.maximum(high, share)
    return [(float(a), float(b), float(c)) for a, b, c in zip(share, low, high, strict=True)]
