"""Covariances of Poisson coefficients: robust, or clustered along one or two dimensions.

With freed covariates x~, residuals u = trade - fitted and H = x~' diag(fitted) x~, the covariance is H^-1 B H^-1:

    robust      B = sum of u^2 x~ x~'                          times  n / (n - k)
    clustered   B = sum over clusters of s s', s = sum of u x~   times  (n - 1) / (n - k)  times  G / (G - 1)

Two clusters are V1 + V2 - V12 with the smaller G for all three (Cameron, Gelbach and Miller 2011). k counts the
coefficients and the levels of fixed effects, less one for each effect after the first; with clusters, an effect whose
levels lie inside clusters counts one only. These are the defaults of pyfixest and fixest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tumen.trade._gravity_absorb import Array, Codes

__all__ = ["Covariance", "covariance"]


@dataclass(frozen=True, slots=True)
class Covariance:
    """The covariance, (k, k), and the small-sample factor that is in it. clusters: their numbers, in order."""

    matrix: Array
    factor: float
    clusters: tuple[int, ...]


def covariance(
    freed: Array, trade: Array, fitted: Array, codes: Sequence[Codes], clusters: Sequence[Codes], names: Sequence[bool]
) -> Covariance:
    """Covariance of the coefficients. names: for each effect, whether it is itself one of the clusters.

    Raises ValueError for more than two clusters, or one with a single level.
    """
    bread = np.linalg.inv(freed.T @ (freed * fitted[:, None])) if freed.shape[1] else np.zeros((0, 0))
    scores = freed * (trade - fitted)[:, None]
    n, width = freed.shape
    levels = [int(code.max()) + 1 for code in codes]
    counted = width + sum(levels) - max(len(levels) - 1, 0)
    if not clusters:
        factor = n / _left(n, counted)
        return Covariance(bread @ (scores.T @ scores) @ bread * factor, factor, ())
    sizes = tuple(int(cluster.max()) + 1 for cluster in clusters)
    if min(sizes) < 2:
        raise ValueError("there is one cluster only; clustered errors need many, at least two")
    nested = [named or any(_inside(code, c) for c in clusters) for code, named in zip(codes, names, strict=True)]
    counted += sum(1 - size for size, inside in zip(levels, nested, strict=True) if inside)
    factor = (n - 1) / _left(n, counted) * min(sizes) / (min(sizes) - 1)
    meat = sum((_meat(scores, cluster) for cluster in clusters), np.zeros((width, width)))
    if len(clusters) == 2:
        both = np.unique(clusters[0] * sizes[1] + clusters[1], return_inverse=True)[1].ravel()
        meat = meat - _meat(scores, both)
    return Covariance(bread @ meat @ bread * factor, factor, sizes)


def _left(observations: int, counted: int) -> int:
    if observations <= counted:
        counts = f"{observations} observations for {counted} coefficients and effects"
        raise ValueError(f"{counts}; nothing is left to compute errors from: use fewer effects or more flows")
    return observations - counted


def _inside(code: Codes, cluster: Codes) -> bool:
    """Whether each level of an effect lies in one cluster."""
    pairs = np.unique(code * (int(cluster.max()) + 1) + cluster).size
    return bool(pairs == int(code.max()) + 1)


def _meat(scores: Array, cluster: Codes) -> Array:
    from scipy import sparse

    rows = np.arange(cluster.size)
    summed = np.asarray(sparse.csr_array((np.ones(cluster.size), (cluster, rows))) @ scores, dtype=np.float64)
    return np.asarray(summed.T @ summed)
