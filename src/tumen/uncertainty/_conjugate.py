"""A beta distribution of a share, updated by what others delivered.

A share has the prior beta(a, b). A predecessor that delivered the share s, and counts for n observations, gives

    beta(a + n s, b + n (1 - s)),

which for whole observations is the conjugate update by n s successes in n trials (Raiffa and Schlaifer 1961). The mean
moves from a / (a + b) towards s by the part n / (a + b + n).
"""

from __future__ import annotations

import math

from tumen.uncertainty._distributions import Distribution, beta

__all__ = ["updated_beta"]


def updated_beta(prior: Distribution, share: float, weight: float) -> Distribution:
    """The distribution of a share between 0 and 1 after one more record.

    prior: a beta distribution from 0 to 1. share: what was delivered of what was promised, 0 to 1. weight: for how many
    observations the record counts, 0 or more. Raises ValueError where one of them is none of these.

    >>> updated_beta(beta(2, 3), 0.4, 5)
    beta(4, 6, 0, 1)
    """
    if prior.kind != "beta" or prior.parameters[2:] != (0.0, 1.0):
        raise ValueError(f"{prior!r} cannot be updated; expected a beta distribution from 0 to 1")
    if not 0 <= share <= 1:
        raise ValueError(f"a record delivered the share {share:g}; expected 0 to 1")
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"a record has the weight {weight:g}; expected a finite number of at least 0")
    alpha, other = prior.parameters[:2]
    return beta(alpha + weight * share, other + weight * (1 - share))
