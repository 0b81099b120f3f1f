"""What a forecast of flows is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Known", "Predict", "Prediction"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of n questions when they are asked; arrays (n,) or (n, year), nominal MUSD, NaN is "no figure".

    years: calendar years of the columns, consecutive. flows: two-way flow, NaN after what may be known. gdp_a, gdp_b:
    GDP of the two sides. base_year, base: the flow as the question states it, which gives the level, where the history
    gives the growth. announced: the year of the question, of which nothing is known but the base. gap: log flow less
    its gravity potential, rise: growth of both countries' trade beyond the world's; both take the world's panel.
    """

    years: tuple[int, ...]
    flows: Array
    gdp_a: Array
    gdp_b: Array
    base_year: IntArray
    base: Array
    announced: IntArray
    gap: Array
    rise: Array


class Prediction(Protocol):
    """The answer to n questions; arrays (n,).

    reached: the chance to reach the target in any year up to the last. in_year: to be at or above it in the last.
    extrapolated: whether the question lies outside of what the model was estimated on.
    """

    @property
    def reached(self) -> Array: ...
    @property
    def in_year(self) -> Array: ...
    @property
    def extrapolated(self) -> BoolArray: ...
    def quantiles(self, level: float) -> Array:
        """The quantile of the flow in the last year, MUSD (n,)."""
        ...


Predict = Callable[[Known, Array, IntArray], Prediction]  # known, target in MUSD (n,), last year (n,)
