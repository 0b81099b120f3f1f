"""How much of a change is in force, by year."""

from __future__ import annotations

import numpy as np

from tumen.initiatives._inputs import Array, Inputs

__all__ = ["ramp"]


def ramp(inputs: Inputs, start: str, phase_in: str) -> Array:
    """From 0 to 1 in equal steps: in the year `start` the first, in full `phase_in` years later; (draw, year)."""
    since = np.array(inputs.years)[None, :] - inputs(start)[:, None]
    span = np.maximum(inputs(phase_in), 0.0)[:, None]
    return np.asarray(np.clip((since + 1.0) / (span + 1.0), 0.0, 1.0))
