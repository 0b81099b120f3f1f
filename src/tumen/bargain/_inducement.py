"""Inducements: can a payment that is large enough to persuade also be believed?

One player would have another give something up that is worth W to it. In order: the inducer offers p a year; the
target gives it up, or not; then, each year, the inducer pays or stops. If it stops, the part rho of its yearly benefit
G is lost from the next year on (what was given up can be taken up again), and so is a deposit E. Solved from the end:

    it pays as long as     (G - p)/(1 - beta) >= G - E + beta (1 - rho) G/(1 - beta)
                           p <= beta rho G + (1 - beta) E                         the largest credible, at most G
    the target gives up if p/(1 - gamma) + R >= W
                           p >= (1 - gamma) max(W - R, 0)                         the smallest sufficient
    it works if            smallest <= largest, that is for W up to R + largest/(1 - gamma), where the answer flips

beta and gamma are the discount factors of inducer and target times the chance that the arrangement survives the year;
R is what else the target gains, once, such as sanctions lifted. A target that sees that it would not be paid gives
nothing up, however large the offer; and what cannot be taken back (rho = 0) cannot be paid for over time without a
deposit. Payments come at the end of each year's stage, undiscounted within it. Closed form; nothing is solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen

__all__ = ["Inducement", "inducement"]

_BELOW_ONE = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Inducement:
    """Smallest sufficient against largest credible, each () or (draw,).

    smallest, largest: payments a year. works: whether an inducement exists that persuades and is believed. flips_at:
    the target's valuation above which none does.
    """

    smallest: Array
    largest: Array
    works: npt.NDArray[np.bool_]
    flips_at: Array

    def __repr__(self) -> str:
        share = float(np.mean(self.works))
        title = ("Works" if share else "Does not work") if share in (0.0, 1.0) else f"Works in {share:.1%} of draws"
        parts = ("smallest", "largest", "flips_at")
        return "\n".join([title, *(f"  {name:<10}{float(np.median(getattr(self, name))):>14,.6g}" for name in parts)])


def inducement(
    *,
    valuation: npt.ArrayLike,
    benefit: npt.ArrayLike,
    reversible: npt.ArrayLike,
    inducer_discount: npt.ArrayLike,
    target_discount: npt.ArrayLike,
    hazard: npt.ArrayLike = 0.0,
    relief: npt.ArrayLike = 0.0,
    deposit: npt.ArrayLike = 0.0,
) -> Inducement:
    """Whether an inducement exists that is both sufficient and credible; the module's docstring has the game.

    Each () or (draw,): valuation, a present value, of at least 0; benefit a year to the inducer, of at least 0;
    reversible, the share of it that is lost if the inducer stops, 0 to 1; the two discount factors, from 0 to below 1;
    hazard, the probability in each year that the arrangement ends by itself, 0 to 1; relief, a present value; deposit,
    what the inducer forfeits if it stops, of at least 0. Raises CaseError for a value out of its range.
    """
    value = drawn("inducement: valuation", valuation, 0.0)
    gain, part = drawn("inducement: benefit", benefit, 0.0), drawn("inducement: reversible", reversible, 0.0, 1.0)
    stays = 1.0 - drawn("inducement: hazard", hazard, 0.0, 1.0)
    beta = drawn("inducement: inducer_discount", inducer_discount, 0.0, _BELOW_ONE) * stays
    gamma = drawn("inducement: target_discount", target_discount, 0.0, _BELOW_ONE) * stays
    eased, held = drawn("inducement: relief", relief), drawn("inducement: deposit", deposit, 0.0)
    largest = np.minimum(beta * part * gain + (1 - beta) * held, gain)
    flips = eased + largest / (1 - gamma)
    smallest = (1 - gamma) * np.maximum(value - eased, 0.0)
    smallest, largest, flips, works = np.broadcast_arrays(smallest, largest, flips, value <= flips)
    return Inducement(frozen(smallest), frozen(largest), np.array(works), frozen(flips))
