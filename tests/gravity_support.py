"""Small worlds for the tests of gravity estimation, and an estimator that shares nothing with the one under test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float64]
TRUE = {"log(dist)": -0.8, "contig": 0.5, "rta": 0.3}


def world(countries: int = 8, years: int = 1, seed: int = 0, noise: float = 0.0, zeros: float = 0.0) -> pd.DataFrame:
    """Flows with known coefficients: exact where noise and zeros are 0."""
    rng = np.random.default_rng(seed)
    names = [f"C{k:02d}" for k in range(countries)]
    index = pd.MultiIndex.from_product(
        [range(2000, 2000 + years), names, names], names=["year", "exporter", "importer"]
    )
    data = index.to_frame(index=False)
    pairs = data["exporter"] + data["importer"]
    far = dict(zip(pairs.unique(), rng.uniform(100, 9000, pairs.nunique()), strict=True))
    near = dict(zip(pairs.unique(), rng.random(pairs.nunique()) < 0.25, strict=True))
    data["dist"] = pairs.map(far)
    data["contig"] = pairs.map(near).astype(int)
    data["rta"] = (rng.random(len(data)) < 0.35).astype(int)
    size = {(who, year): rng.normal(0, 1) for who in names for year in range(2000, 2000 + years)}
    buys = {(who, year): rng.normal(0, 1) for who in names for year in range(2000, 2000 + years)}
    eta = 9 + TRUE["log(dist)"] * np.log(data["dist"]) + TRUE["contig"] * data["contig"] + TRUE["rta"] * data["rta"]
    eta += [size[i, t] + buys[j, t] for i, j, t in zip(data["exporter"], data["importer"], data["year"], strict=True)]
    data["trade"] = np.exp(eta) * (rng.gamma(1 / noise, noise, len(data)) if noise else 1.0)
    data.loc[rng.random(len(data)) < zeros, "trade"] = 0.0
    return data


def dummies(data: pd.DataFrame, groups: Sequence[Sequence[str]]) -> Array:
    """Every level of every group as a column of zeros and ones."""
    blocks = []
    for group in groups:
        codes = data.groupby(list(group)).ngroup().to_numpy()
        blocks.append((codes[:, None] == np.arange(codes.max() + 1)).astype(float))
    return np.hstack(blocks)


def by_dummies(trade: Array, x: Array, d: Array) -> tuple[Array, Array, Array]:
    """Poisson by Newton's method with all dummies: (coefficients of x, fitted, pseudo-inverse of the Hessian)."""
    with threadpool_limits(1, user_api="blas"):
        return _newton(trade, np.hstack([x, d]), x.shape[1])


def _newton(trade: Array, design: Array, width: int) -> tuple[Array, Array, Array]:
    scale = np.abs(design).max(axis=0)
    design = design / scale
    eta = np.log((trade + trade.mean()) / 2)
    for _ in range(25):
        mean = np.exp(eta)
        hessian = design.T @ (design * mean[:, None])
        beta = np.linalg.pinv(hessian, rcond=1e-12) @ (design.T @ (mean * eta + trade - mean))
        eta = design @ beta
    inverse = np.linalg.pinv(design.T @ (design * np.exp(eta)[:, None]), rcond=1e-12)
    return (beta / scale)[:width], np.exp(eta), inverse / np.outer(scale, scale)
