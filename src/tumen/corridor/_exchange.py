"""What export and import share: the optional packages, and what the other formats can hold."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen.corridor._check import Part
from tumen.corridor._drawn import Array
from tumen.corridor._engine import Engine
from tumen.corridor._program import Program, compiled
from tumen.errors import CaseError, MissingExtra

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["exportable", "extra", "limited"]


def extra(package: str) -> Any:
    """A package of the extra `export`. Raises MissingExtra."""
    if find_spec(package) is None:
        raise MissingExtra(package, "export")
    return import_module(package)


def exportable(network: Network, objective: str) -> Program:
    """The arrays of a network without candidates, which the other formats cannot hold as they are. Raises CaseError."""
    if network.candidates:
        raise CaseError(
            [
                f"link {name}: a candidate cannot be exported; use built() or without() first"
                for name in network.candidates
            ]
        )
    return compiled(network, None, objective, 0.0)


def limited(program: Program) -> tuple[Array, Array]:
    """(A,) and (C,) limits without infinities: ten times all that the best flows use, so that none of them binds.

    Raises NoConvergence where surplus has no limit.
    """
    arcs, curves = program.capacity[0], program.size[0]
    if not (np.isinf(arcs).any() or np.isinf(curves).any()):
        return arcs, curves
    _, at, _ = Engine(Part.whole(program), 10).optimum(0, arcs, None)
    most = 10 * (at.flow.sum() + at.quantity.sum()) + 1
    return np.where(np.isinf(arcs), most, arcs), np.where(np.isinf(curves), most, curves)
