"""Correlated groups by a Gaussian copula.

For a group with correlation matrix R = L Lᵀ (Cholesky, members in their declared order):

    assumptions  z_i = Φ⁻¹(u_i),  x = L z, and each member's own stratified points are put into the order of x_i. The
                 points themselves do not change, so each margin stays exactly stratified (Iman and Conover 1982). The
                 expected rank correlation of a pair is (6/π) asin(r/2).
    processes    in each year, x = L z over the first normal stream of each member.

The first member keeps its draws, and a member's draws depend only on those declared before it: put the one that
matters most first. Whatever stands outside the group is not touched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tumen.uncertainty._arrays import Array, readonly

__all__ = ["Correlation"]

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Correlation:
    """A group of assumptions, or of processes, whose normal scores have this correlation matrix.

    Raises `ValueError`, naming the pair or the eigenvalue, if there are fewer than two members, a member appears twice,
    or the matrix is not symmetric with a diagonal of 1 and positive definite.
    """

    members: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        members = tuple(str(member) for member in self.members)
        matrix = tuple(tuple(float(r) for r in row) for row in self.matrix)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "matrix", matrix)
        shown = ", ".join(members)
        if len(members) < 2:
            raise ValueError(f"the correlated group ({shown}) has {len(members)} member; expected two or more")
        twice = [member for member in members if members.count(member) > 1]
        if twice:
            raise ValueError(f"{twice[0]} appears twice in the correlated group ({shown}); expected each member once")
        if len(matrix) != len(members) or any(len(row) != len(members) for row in matrix):
            size = len(members)
            raise ValueError(f"the correlations of ({shown}) do not fit its members; expected {size} rows of {size}")
        _check(members, matrix)

    @property
    def cholesky(self) -> Array:
        """The lower triangular L with L Lᵀ equal to the matrix."""
        return np.linalg.cholesky(np.asarray(self.matrix))

    def reorder(self, uniforms: Mapping[str, Array]) -> dict[str, Array]:
        """The members' stratified points, each put into an order that gives the group its correlations.

        `uniforms` holds the points (draw) of every member; so does the result.
        """
        from scipy import special

        points = np.stack([uniforms[member] for member in self.members])
        order = np.argsort(_mix(self.cholesky, special.ndtri(points)), axis=1, kind="stable")
        coupled = np.empty_like(points)
        np.put_along_axis(coupled, order, np.sort(points, axis=1), axis=1)
        coupled[0] = points[0]  # its order is its own
        return {member: readonly(row) for member, row in zip(self.members, coupled, strict=True)}

    def correlate(self, noise: Mapping[str, Array]) -> dict[str, Array]:
        """The members' normals (stream, draw, year), the first stream of each correlated with the others'."""
        first = _mix(self.cholesky, np.stack([noise[member][0] for member in self.members]))
        return {
            member: readonly(np.concatenate([mixed[np.newaxis], noise[member][1:]]))
            for member, mixed in zip(self.members, first, strict=True)
        }


def _mix(lower: Array, scores: Array) -> Array:
    # Summed in a fixed order, term by term: a matrix product may round differently from one machine to the next.
    mixed = np.zeros_like(scores)
    for i, j in zip(*np.nonzero(lower), strict=True):
        mixed[i] += lower[i, j] * scores[j]
    return mixed


def _check(members: Sequence[str], matrix: Sequence[Sequence[float]]) -> None:
    for i, first in enumerate(members):
        if not math.isclose(matrix[i][i], 1.0, abs_tol=TOLERANCE):
            raise ValueError(f"the correlation of {first} with itself is {matrix[i][i]:g}; expected 1")
        for j in range(i):
            r, back = matrix[i][j], matrix[j][i]
            pair = f"the correlation of {members[j]} and {first}"
            if not (math.isfinite(r) and math.isfinite(back) and abs(r) <= 1):
                raise ValueError(f"{pair} is {r:g}; expected a number between -1 and 1")
            if not math.isclose(r, back, abs_tol=TOLERANCE):
                raise ValueError(f"{pair} is {back:g} one way and {r:g} the other; expected a symmetric matrix")
    least = float(np.linalg.eigvalsh(np.asarray(matrix))[0])
    if least < TOLERANCE:
        i, j = max(
            ((i, j) for i in range(len(members)) for j in range(i)), key=lambda pair: abs(matrix[pair[0]][pair[1]])
        )
        raise ValueError(
            f"the correlations of ({', '.join(members)}) contradict each other: the least eigenvalue of the matrix is "
            f"{least:.3g}; expected it above 0. Weaken some of them: the strongest is {members[j]} with {members[i]}, "
            f"{matrix[i][j]:g}"
        )
