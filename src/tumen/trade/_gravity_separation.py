"""Zero flows that the covariates and effects predict perfectly: separation (Correia, Guimaraes and Zylkin 2021).

A combination z of covariates and effects that is zero on every positive flow, at least zero on every zero flow, and
above zero on some, lets the likelihood rise for ever as those fitted flows go to zero; no estimate exists until they
are left out. Such a z lies in the space of combinations that vanish on the positive flows. That space is computed from
the normal equations of the positive flows alone; it is nearly always empty, and else has few dimensions, in which a
linear program finds the separated flows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumen.trade._gravity_absorb import Absorber, Array, Codes, one_thread

__all__ = ["separated"]

_ZERO = 1e-7


def separated(trade: Array, x: Array, codes: Sequence[Codes]) -> npt.NDArray[np.bool_]:
    """Which observations are separated, (n,). Every level of every effect has a positive flow.

    With too many levels for a factored solution only the covariates are examined, not the effects among themselves.
    """
    found = np.zeros(trade.size, dtype=bool)
    while True:
        keep = ~found
        with one_thread(codes):
            fresh = _once(trade[keep], x[keep], [code[keep] for code in codes])
        if not fresh.any():
            return found
        found[np.flatnonzero(keep)[fresh]] = True


def _once(trade: Array, x: Array, codes: list[Codes]) -> npt.NDArray[np.bool_]:
    zero = trade == 0
    out = np.zeros(trade.size, dtype=bool)
    if not zero.any():
        return out
    directions = _vanishing(zero, x, codes)
    directions = np.where(np.abs(directions) < _ZERO, 0.0, directions)
    directions = directions[:, np.abs(directions).max(axis=0, initial=0) > 0]
    if directions.size:
        out[zero] = _nonnegative(directions)
    return out


def _vanishing(zero: npt.NDArray[np.bool_], x: Array, codes: list[Codes]) -> Array:
    """Combinations that are zero on the positive flows: their values on the zero ones, scaled to a largest of 1."""
    positive = ~zero
    absorber = Absorber([code[positive] for code in codes])
    absorber.weigh(np.ones(int(positive.sum())))
    scale = x.std(axis=0)
    unit = (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1)
    if not codes:  # then the equation has an intercept
        unit = np.column_stack([np.ones(len(x)), unit])
    freed, effects = absorber.project(unit[positive])
    _, sizes, rotation = np.linalg.svd(np.linalg.qr(freed, mode="r"), full_matrices=True)
    sizes = np.concatenate([sizes, np.zeros(rotation.shape[0] - sizes.size)])
    spare = rotation[sizes < _ZERO * np.sqrt(positive.sum())].T
    columns = unit[zero] @ spare
    for code, effect in zip(codes, effects, strict=True):
        columns = columns - (effect @ spare)[code[zero]]
    everywhere = Absorber(codes)
    everywhere.weigh(np.ones(zero.size))
    if everywhere.rank != absorber.rank:  # positive flows alone tie the effects less
        free = absorber.free_directions() or []
        columns = np.hstack([columns, sum(effect[code[zero]] for code, effect in zip(codes, free, strict=True))])
    size = np.abs(columns).max(axis=0, initial=0)
    return np.asarray(columns / np.where(size > _ZERO, size, np.inf))


def _nonnegative(directions: Array) -> npt.NDArray[np.bool_]:
    """Rows that some combination of the columns makes positive while no row becomes negative."""
    from scipy.optimize import linprog

    rows, unique = np.unique(np.round(directions, 9), axis=0, return_inverse=True)
    weight = np.bincount(unique.ravel(), minlength=rows.shape[0]).astype(float)
    answer = linprog(
        -(weight @ rows), A_ub=np.vstack([-rows, rows]), b_ub=np.repeat([0.0, 1.0], rows.shape[0]),
        bounds=(None, None), method="highs",
    )  # fmt: skip
    if not answer.success or answer.x is None:
        return np.zeros(directions.shape[0], dtype=bool)
    out: npt.NDArray[np.bool_] = (directions @ answer.x) > 1e-6
    return out
