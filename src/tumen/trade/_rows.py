"""One figure of a verification: what was published, what we find, and whether the tolerance is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Check", "Row", "compare", "theory"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was published, what we find, their difference, and the tolerance it must keep.

    verdict: "met", "missed", "theory" where the published figure is known not to solve the model and ours does, or why
    nothing was computed.
    """

    target: str
    quantity: str
    published: float
    ours: float
    difference: float
    tolerance: float
    verdict: str


Check = Callable[[Path], list[Row]]


def compare(
    target: str, quantity: str, published: float, ours: float, tolerance: float, *, relative: bool = False
) -> Row:
    """The row for one figure; `tolerance` is absolute, or relative to the published figure.

    >>> compare("a paper", "elasticity", -0.79, -0.7912, 0.005).verdict
    'met'
    """
    difference = ours - published
    if relative:
        difference = difference / abs(published)
    verdict = "met" if abs(difference) <= tolerance else "missed"  # a difference of nan is a miss
    return Row(target, quantity, published, ours, difference, tolerance, verdict)


def theory(target: str, quantity: str, published: float, ours: float, known: float) -> Row:
    """The row for a figure that was published as an approximation, beside the exact one.

    known: how far apart the two are; a distance beyond it is a miss.

    >>> theory("a guide", "price", 11.14, 10.96, 0.46).verdict
    'theory'
    """
    difference = ours - published
    verdict = "theory" if abs(difference) <= known else "missed"
    return Row(target, quantity, published, ours, difference, known, verdict)
