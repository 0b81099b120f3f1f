"""How much of a change is in force, by year."""

from __future__ import annotations

import numpy as np

from tumen.initiatives._inputs import Array, Inputs

__all__ = ["after_event", "ramp"]


def ramp(inputs: Inputs, start: str, phase_in: str) -> Array:
    """From 0 to 1 in equal steps: in the year `start` the first, in full `phase_in` years later; (draw, year)."""
    since = np.array(inputs.years)[None, :] - inputs(start)[:, None]
    span = np.maximum(inputs(phase_in), 0.0)[:, None]
    return np.asarray(np.clip((since + 1.0) / (span + 1.0), 0.0, 1.0))


def after_event(inputs: Inputs, hazard: str, answered: Array, start: str, phase_in: str) -> Array:
    """The same from the first event of a hazard on that is answered; half a step in its own year; (draw, year).

    An event from the year `start` on is answered with the probability `answered`, by the normals called `answer`.
    """
    from scipy.special import ndtr

    events = inputs.process(hazard)
    assert events is not None
    years = np.array(inputs.years, dtype=float)
    counts = (events > 0) & (years >= inputs(start)[:, None]) & (ndtr(inputs.noise("answer")[0]) < answered[:, None])
    first = np.where(counts.any(axis=1), years[counts.argmax(axis=1)], np.inf)
    comes = np.isfinite(first)[:, None]
    since = np.where(comes, years + 0.5 - np.where(comes, first[:, None], 0.0), 0.0)  # to the year's end, from mid-year
    span = np.maximum(inputs(phase_in), 0.0)[:, None]
    return np.where(since > 0, np.clip(since / (span + 1.0), 0.0, 1.0), 0.0)
