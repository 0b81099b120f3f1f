"""Scores: how good a forecast was, once what came is known.

Every score here is a loss, lower is better, and **proper** (Gneiting and Raftery 2007, "Strictly proper scoring rules,
prediction, and estimation"): whoever believes in a distribution expects the least by stating that one. Let X and X' be
independent draws of the forecast F, y what came, p a stated probability and m whether it came, 1 or 0.

    CRPS    ∫ (F(x) − 1{x >= y})² dx  =  E|X − y| − ½ E|X − X'|  =  2 ∫ (1{y <= q(τ)} − τ)(q(τ) − y) dτ   (0 < τ < 1)
    Brier   (p − m)²
    log     −ln p where m = 1, −ln(1 − p) where m = 0

The continuous ranked probability score (Matheson and Winkler 1976; Hersbach 2000) is in the unit of y, and the absolute
error where the forecast is a point. Brier (1950) summed over both outcomes, so his score is twice this one.

Whether a forecast was **calibrated** is another question. Of the true distribution, the probability integral transform
F(y) is uniform (Dawid 1984), a 90 % range holds 90 % of what comes, and of what was given 70 %, 70 % comes.

Arrays of draws have the draw as their first axis, unless `axis` says otherwise. What cannot be scored, NaN included, is
a ValueError: a score that skipped it would reward silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tumen.uncertainty._arrays import Array

__all__ = [
    "Bin", "Difference", "brier", "calibration", "coverage", "crps", "crps_quantiles", "log_score", "paired_difference",
    "pit",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts with about the same probability: `low` <= p < `high` (the last bin holds its upper edge, too).

    `n` forecasts, with the mean probability `p`, of which the share `met` came; `met_low` to `met_high` is the interval
    of that share.
    """

    low: float
    high: float
    n: int
    p: float
    met: float
    met_low: float
    met_high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of a − b over `n` pairs in `clusters` clusters, with its interval: below zero, a scored better."""

    mean: float
    low: float
    high: float
    n: int
    clusters: int
    level: float = 0.9

    def __repr__(self) -> str:
        among = f"{self.n} pairs" + (f" in {self.clusters} clusters" if self.clusters != self.n else "")
        return f"{self.mean:+.4f} ({100 * self.level:.3g} %: {self.low:+.4f} to {self.high:+.4f}; {among})"


def crps(draws: ArrayLike, outcome: ArrayLike, *, axis: int = 0, fair: bool = False) -> Array:
    """The CRPS of draws: shape (draw, ...) and outcomes of shape (...) to scores (...), in their unit.

    Exact by sorting: with draws x_0 <= ... <= x_(n-1), E|X − X'| / 2 is Σ (2i − n + 1) x_i / n². This scores the draws
    as they stand, as the forecast. `fair` divides by n(n − 1) in place of n²: of independent draws that is the unbiased
    estimate of the score of what they were drawn from (Ferro 2014), and what few draws do not pay for. It can be
    negative, and needs two draws. Raises ValueError for no draws, shapes that do not fit, and what is not finite.

    >>> float(crps([1.0, 3.0], 2.0)), float(crps([5.0], 2.0))
    (0.5, 3.0)
    """
    x = _finite("draws", draws)
    if x.ndim == 0 or x.shape[axis] == 0:
        raise ValueError("there are no draws to score")
    n = x.shape[axis]
    if fair and n < 2:
        raise ValueError("the fair score needs two draws or more")
    away, _ = _apart(np.moveaxis(x, axis, 0), outcome)
    away = np.sort(away, axis=0)  # measured from the outcome, so that a far-off level costs no digits
    weights = (2.0 * np.arange(n) - n + 1.0) / (n * (n - 1) if fair else n * n)
    score = np.mean(np.abs(away), axis=0) - np.tensordot(weights, away, axes=(0, 0))
    return np.asarray(score if fair else np.maximum(score, 0.0))[()]  # rounding could take the exact score below 0


def crps_quantiles(levels: ArrayLike, quantiles: ArrayLike, outcome: ArrayLike) -> Array:
    """The CRPS of a forecast that is known by some quantiles: levels (level,), quantiles (level, ...), outcomes (...).

    Twice the pinball loss (1{y <= q} − τ)(q − y), averaged over the levels, each weighted by the part of (0, 1) that is
    nearer to it than to another level. This approximates the integral over all levels, and is exact for the discrete
    forecast where the levels are (i − ½)/n. It says nothing of the tails beyond the outermost levels. As each pinball
    loss is proper for its quantile, so is their sum. Raises ValueError for levels that do not rise within (0, 1).

    >>> float(crps_quantiles([0.25, 0.75], [1.0, 3.0], 2.0))
    0.5
    """
    tau, q = _finite("levels", levels), _finite("quantiles", quantiles)
    if tau.ndim != 1 or not tau.size or tau[0] <= 0 or tau[-1] >= 1 or np.any(np.diff(tau) <= 0):
        raise ValueError(f"levels are {tau.tolist()}; expected numbers that rise, above 0 and below 1")
    if not q.ndim or len(q) != len(tau):
        raise ValueError(f"quantiles have shape {q.shape}; expected ({len(tau)}, ...), one for each level")
    away, _ = _apart(q, outcome)
    width = np.diff(np.concatenate([[0.0], (tau[1:] + tau[:-1]) / 2, [1.0]]))
    loss = (np.where(away >= 0, 1.0, 0.0) - _along(tau, away)) * away
    return np.asarray(2.0 * np.tensordot(width, loss, axes=(0, 0)))[()]


def brier(p: ArrayLike, met: ArrayLike) -> Array:
    """The Brier score of each forecast, (p − met)²: 0 at best, 0.25 for a half, 1 at worst; shapes are broadcast.

    Raises ValueError for a probability outside [0, 1], or for `met` other than yes or no (1 or 0).

    >>> brier([0.2, 0.5], [True, False]).tolist()
    [0.64, 0.25]
    """
    chance, came = _forecasts(p, met)
    return np.asarray((chance - came) ** 2)[()]


def log_score(p: ArrayLike, met: ArrayLike) -> Array:
    """The logarithmic score of each forecast, −ln of the probability of what came (Good 1952); shapes are broadcast.

    0 at best, 0.693 for a half. It has no worst: a forecast that was certain and wrong would score infinity. That is a
    ValueError which names it. Nothing is clipped here; whoever forecasts says how sure one can be.

    >>> float(log_score(0.5, True))
    0.6931...
    """
    chance, came = _forecasts(p, met)
    wrong = np.abs(chance - came) >= 1.0
    if np.any(wrong):
        at = [int(i) for i in np.argwhere(wrong)[0]]
        where = f"forecast {at[0] if len(at) == 1 else tuple(at)} " if at else ""
        more = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
        stated, what = (0, "it came true") if came[tuple(at)] else (1, "it did not come true")
        raise ValueError(
            f"{where}gave a probability of {stated} and {what}{more}: a certain forecast that was wrong has no log "
            "score; keep probabilities off 0 and 1 where they are forecast"
        )
    logs = np.where(came > 0, np.log(np.where(came > 0, chance, 1.0)), np.log1p(-chance * (1 - came)))
    return np.asarray(0.0 - logs)[()]


def pit(draws: ArrayLike, outcome: ArrayLike, *, axis: int = 0) -> Array:
    """The probability integral transform: the share of the draws below the outcome, and half of those equal to it.

    Draws (draw, ...) and outcomes (...) to (...), in [0, 1]. Over many outcomes it is uniform if the forecasts were
    right: heaped at both ends they were too sure, in the middle not sure enough, at one end biased.

    >>> float(pit([1.0, 2.0, 3.0, 4.0], 3.0))
    0.625
    """
    x = _finite("draws", draws)
    if x.ndim == 0 or x.shape[axis] == 0:
        raise ValueError("there are no draws to score")
    _, came = _apart(np.moveaxis(x, axis, 0), outcome)
    x = np.moveaxis(x, axis, 0)
    return np.asarray(np.mean(x < came, axis=0) + np.mean(x == came, axis=0) / 2)[()]


def coverage(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> float:
    """The share of outcomes within their ranges, ends included.

    Raises ValueError where a range is upside down, or where there is no outcome.

    >>> coverage([0, 0], [1, 1], [0.5, 2.0])
    0.5
    """
    bottom, top, came = np.broadcast_arrays(_finite("low", low), _finite("high", high), _finite("the outcome", outcome))
    if not came.size:
        raise ValueError("there are no outcomes")
    if np.any(bottom > top):
        raise ValueError(f"{int(np.sum(bottom > top))} ranges have their lower end above their upper end")
    return float(np.mean((bottom <= came) & (came <= top)))


def calibration(
    p: ArrayLike, met: ArrayLike, bins: int | Sequence[float] = 10, *, level: float = 0.9
) -> tuple[Bin, ...]:
    """How often came what was given about the same probability: a `Bin` for each bin that holds a forecast.

    `bins` is a number of equal bins, or their edges from 0 to 1. The interval of the share is Wilson's (1927), which
    stays within [0, 1] and holds for few forecasts; it takes them to be independent, so it is too short where they
    share their luck.

    >>> calibration([0.1, 0.2, 0.9], [0, 1, 1], bins=2)[0]
    Bin(low=0.0, high=0.5, n=2, p=0.15, met=0.5, met_low=0.12..., met_high=0.87...)
    """
    from scipy.special import ndtri

    chance, came = (values.ravel() for values in np.broadcast_arrays(*_forecasts(p, met)))
    edges = np.linspace(0.0, 1.0, bins + 1) if isinstance(bins, int) and bins > 0 else np.asarray(bins, dtype=float)
    if edges.ndim != 1 or edges.size < 2 or edges[0] != 0 or edges[-1] != 1 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"bins are {bins}; expected a number of 1 or more, or edges that rise from 0 to 1")
    z = float(ndtri((1 + _level(level)) / 2))
    at = np.minimum(np.searchsorted(edges, chance, side="right") - 1, len(edges) - 2)
    rows = []
    for k in np.unique(at):
        inside = at == k
        n, share = int(inside.sum()), float(came[inside].mean())
        centre, spread = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        low, high = ((centre + sign * spread) / (1 + z * z / n) for sign in (-1, 1))
        mean = float(chance[inside].mean())
        rows.append(
            Bin(float(edges[k]), float(edges[k + 1]), n, mean, share, max(0.0, float(low)), min(1.0, float(high)))
        )
    return tuple(rows)


def paired_difference(
    a: ArrayLike, b: ArrayLike, clusters: Iterable[Any] | None = None, level: float = 0.9
) -> Difference:
    """The mean difference a − b of two forecasters' scores of the same outcomes, with its interval.

    `clusters` names for each pair what shares its luck, such as two countries; None takes pairs as independent. With
    d = a − b, u_g the sum of d − mean(d) over cluster g, and G clusters among n pairs, the interval is

        mean(d) ± t(G − 1) · sqrt( G/(G − 1) · Σ_g u_g² ) / n

    the cluster-robust interval of a mean (Liang and Zeger 1986) with Student's t of G − 1 (Bester, Conley and Hansen
    2011), as Diebold and Mariano (1995) compare forecasts. It is exact for equal clusters of normal sums. A bootstrap
    of clusters by percentiles lacks the factor and the t, so it is too short for the tens of clusters that one has;
    and this takes no random numbers. Raises ValueError for fewer than two clusters.

    >>> paired_difference([0.1, 0.2, 0.3, 0.2], [0.2, 0.2, 0.5, 0.3])
    -0.1000 (90 %: -0.1961 to -0.0039; 4 pairs)
    """
    from scipy.special import stdtrit

    first, second = _finite("a", a), _finite("b", b)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"a and b have shapes {first.shape} and {second.shape}; expected two rows of the same length")
    d = first - second
    n = len(d)
    names = list(range(n) if clusters is None else clusters)
    if len(names) != n:
        raise ValueError(f"there are {len(names)} names of clusters for {n} pairs")
    order = {name: at for at, name in enumerate(dict.fromkeys(names))}
    groups = len(order)
    if groups < 2:
        raise ValueError(f"{groups} clusters say nothing of how much a difference varies; expected two or more")
    mean = float(d.mean())
    sums = np.bincount([order[name] for name in names], weights=d - mean)
    error = float(np.sqrt(groups / (groups - 1) * np.sum(sums**2))) / n
    reach = float(stdtrit(groups - 1, (1 + _level(level)) / 2)) * error
    return Difference(mean, mean - reach, mean + reach, n, groups, level)


def _finite(what: str, values: ArrayLike) -> Array:
    found = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(found)):
        raise ValueError(f"{what}: {int(np.sum(~np.isfinite(found)))} of {found.size} are not finite")
    return found


def _apart(draws: Array, outcome: ArrayLike) -> tuple[Array, Array]:
    """Draws less the outcome, and the outcome; raises where its shape is not that of the draws after the first axis."""
    came = _finite("the outcome", outcome)
    if came.shape != draws.shape[1:] and came.ndim:
        raise ValueError(f"the outcome has shape {came.shape}; expected {draws.shape[1:]}, that of one draw")
    return draws - came, came


def _along(values: Array, like: Array) -> Array:
    return values.reshape((-1,) + (1,) * (like.ndim - 1))


def _forecasts(p: ArrayLike, met: ArrayLike) -> tuple[Array, Array]:
    chance, came = _finite("probabilities", p), _finite("met", met)
    if np.any((chance < 0) | (chance > 1)):
        raise ValueError(f"{int(np.sum((chance < 0) | (chance > 1)))} probabilities lie outside 0 to 1")
    if np.any((came != 0) & (came != 1)):
        raise ValueError("met is neither yes nor no for some; expected True or False, 1 or 0")
    both = np.broadcast_arrays(chance, came)
    return both[0], both[1]


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a share above 0 and below 1, such as 0.9")
    return level
