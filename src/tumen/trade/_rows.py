"""One figure of a verification: what was published, what we find, and whether the tolerance is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Check", "Row", "compare"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was published, what we find, their difference, and the tolerance it must keep.

    verdict: "met", "missed", or why nothing was computed.
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
