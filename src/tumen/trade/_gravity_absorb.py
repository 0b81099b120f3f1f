"""Weighted projection off any number of fixed effects, by their normal equations.

With dummies D, weights w and W = diag(w), a variable v is freed of the effects by the residual of

    D' W D a = D' W v,      v~ = v - D a

The family with the most levels (pairs, in a panel) has a diagonal block and is eliminated exactly. What is left, the
Schur complement S of the other families, is singular by as many directions as the families overlap in; it is scaled to
the weight of each level and factored by a Cholesky decomposition with pivoting, in which redundant levels get zero.
Above `_DENSE` remaining levels the same S is applied without being formed, by conjugate gradients with a diagonal
preconditioner (consistent singular systems are no obstacle to it). Each projection is refined once, which makes it
exact to rounding. This replaces the alternating projections of Guimaraes and Portugal (2010) and Correia, Guimaraes and
Zylkin (2020), whose fixed point it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence

__all__ = ["Absorber", "Array", "Codes", "one_thread"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

_DENSE = 2500
_RANK = 1e-11
_MANY = 6000
_CG_STEPS, _CG_STOP, _CG_FINE = 5000, 1e-9, 1e-13


def one_thread(codes: Sequence[Codes]) -> AbstractContextManager[Any]:
    """Keeps BLAS to one thread: below some thousand levels more threads cost more than they bring."""
    from threadpoolctl import threadpool_limits

    few = sum(int(code.max()) + 1 for code in codes if code.size) < _MANY
    limits: AbstractContextManager[Any] = threadpool_limits(1 if few else None, user_api="blas")
    return limits


class Absorber:
    """Projects columns off fixed effects.

    codes: one array of n level numbers, 0 to levels - 1, for each family; every level occurs.
    """

    def __init__(self, codes: Sequence[Codes], dense: int = _DENSE) -> None:
        from scipy import sparse

        self.codes = tuple(codes)
        self.rank = 0  # of the factored equations, once weighed
        self.levels = tuple(int(code.max()) + 1 if code.size else 0 for code in self.codes)
        if not self.codes:
            return
        n = self.codes[0].size
        self._first = int(np.argmax(self.levels))
        self._rest = [family for family in range(len(self.codes)) if family != self._first]
        self._starts = np.concatenate(([0], np.cumsum([self.levels[family] for family in self._rest]))).astype(int)
        self._width = int(self._starts[-1])
        columns = [self.codes[family] + start for family, start in zip(self._rest, self._starts[:-1], strict=True)]
        rows, ones = np.arange(n), np.ones(n)
        self._big: Any = sparse.csr_array((ones, (self.codes[self._first], rows)), (self.levels[self._first], n))
        flat = np.concatenate(columns) if columns else np.empty(0, np.intp)
        self._small: Any = sparse.csr_array((np.ones(flat.size), (flat, np.tile(rows, len(columns)))), (self._width, n))
        self._is_dense = self._width <= dense

    def weigh(self, weights: Array) -> None:
        """Forms and factors the normal equations for these weights, (n,), all above 0."""
        self._w = weights
        if not self.codes:
            return
        self._total = self._big @ weights
        if not self._width:
            return
        weighted = self._small * weights[None, :]
        self._cross: Any = (weighted @ self._big.T).tocsr()  # (width, levels of the first family)
        inside = (weighted @ self._small.T).tocsr()
        self._scale = 1 / np.sqrt(inside.diagonal())
        if not self._is_dense:
            self._inside = inside
            return
        filled = self._cross.nnz > 0.1 * self._cross.shape[0] * self._cross.shape[1]
        cross = (self._cross.toarray() if filled else self._cross) / np.sqrt(self._total)[None, :]
        product = cross @ cross.T
        schur = inside.toarray() - (product if filled else product.toarray())
        self._factor(schur * self._scale[:, None] * self._scale)

    def _factor(self, schur: Array) -> None:
        from scipy.linalg import lapack

        lower, pivots, rank, _ = lapack.dpstrf(schur, tol=_RANK, lower=1)
        empty = float(schur.diagonal().max()) <= _RANK  # the routine takes its first pivot unseen
        self._pivots, self.rank = pivots - 1, 0 if empty else int(rank)
        self._lower = np.tril(lower)

    def _solve(self, right: Array, stop: Array) -> Array:
        """S a = right for the scaled Schur complement, (width, columns); stop: residuals that end an iteration."""
        from scipy.linalg import cho_solve

        if not self._is_dense:
            return self._conjugate(right, stop)
        answer = np.zeros_like(right)
        kept = self._pivots[: self.rank]
        if self.rank:
            answer[kept] = cho_solve((self._lower[: self.rank, : self.rank], True), right[kept], check_finite=False)
        return answer

    def _conjugate(self, right: Array, stop: Array) -> Array:
        def apply(v: Array) -> Array:
            v = v * self._scale[:, None]
            inner = self._inside @ v - self._cross @ ((self._cross.T @ v) / self._total[:, None])
            out: Array = inner * self._scale[:, None]
            return out

        answer, residual = np.zeros_like(right), right.copy()
        direction, squared = residual.copy(), (residual**2).sum(axis=0)
        for _ in range(_CG_STEPS):
            open_ = np.sqrt(squared) > stop
            if not open_.any():
                return answer
            image = apply(direction)
            curve = (direction * image).sum(axis=0)
            step = np.divide(squared, curve, out=np.zeros_like(curve), where=open_ & (curve > 0))
            answer += step * direction
            residual -= step * image
            fresh = (residual**2).sum(axis=0)
            turn = np.divide(fresh, squared, out=np.zeros_like(fresh), where=open_)
            direction, squared = residual + turn * direction, np.where(open_, fresh, squared)
        message = f"the fixed effects ({self._width} levels beside the largest family) were not solved for"
        raise NoConvergence(f"{message} in {_CG_STEPS} steps; they are almost collinear: use fewer or coarser ones")

    def _once(self, values: Array, stop: Array | None) -> tuple[Array, Array, Array]:
        """One solution: (effects of the largest family, of the others, where its refinement is to stop)."""
        weighted = values * self._w[:, None]
        big = self._big @ weighted
        finer = np.zeros(values.shape[1])
        small = np.zeros((self._width, values.shape[1]))
        if self._width:
            own = self._small @ weighted * self._scale[:, None]
            right = own - self._cross @ (big / self._total[:, None]) * self._scale[:, None]
            size = np.sqrt((own**2).sum(axis=0)) + np.sqrt((right**2).sum(axis=0))
            finer = _CG_FINE * size
            small = self._solve(right, _CG_STOP * size if stop is None else stop) * self._scale[:, None]
            big = big - self._cross.T @ small
        return big / self._total[:, None], small, finer

    def project(self, values: Array) -> tuple[Array, list[Array]]:
        """(what the effects leave of `values`, (n, columns); the effects of each family, (levels, columns))."""
        if not self.codes:
            return values.copy(), []
        big, small, finer = self._once(values, None)
        left = values - self._spread(big, small)
        more_big, more_small, _ = self._once(left, finer)
        left = left - self._spread(more_big, more_small)
        return left, self._families(big + more_big, small + more_small)

    def _spread(self, big: Array, small: Array) -> Array:
        out: Array = big[self.codes[self._first]]
        if self._width:
            out = out + self._small.T @ small
        return out

    def _families(self, big: Array, small: Array) -> list[Array]:
        effects = [big] * len(self.codes)
        for position, family in enumerate(self._rest):
            effects[family] = small[self._starts[position] : self._starts[position + 1]]
        return effects

    def free_directions(self) -> list[Array] | None:
        """The changes of effects that leave every fitted value as it is: by family, (levels, directions).

        None where the equations are not factored because there are too many levels.
        """
        if not self.codes or not self._width:
            return [np.zeros((levels, 0)) for levels in self.levels]
        if not self._is_dense:
            return None
        from scipy.linalg import solve_triangular

        kept, spare = self._pivots[: self.rank], self._pivots[self.rank :]
        small = np.zeros((self._width, spare.size))
        small[spare, np.arange(spare.size)] = 1
        if self.rank and spare.size:
            below = self._lower[self.rank :, : self.rank]
            small[kept] = -solve_triangular(self._lower[: self.rank, : self.rank], below.T, lower=True, trans="T")
        small *= self._scale[:, None]
        size = np.abs(small).max(axis=0, initial=0)
        small = small / np.where(size > 0, size, 1)
        big = -(self._cross.T @ small) / self._total[:, None]
        return self._families(big, small)
