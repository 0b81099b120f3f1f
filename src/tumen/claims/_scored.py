"""What is said of a claim once it is known what came: scores of its probability and of its range, beside yardsticks.

The probability of a claim is that of k draws among n: p = (k + ½)/(n + 1) (Krichevsky and Trofimov 1981). It differs
from k/n by less than n draws can tell, is never 0 or 1, and so always has a log score.

Yardsticks that any forecast should be held against, as nearly every announced project fails and pessimism is cheap:

    even         one half for every claim
    pessimist    a tenth for every claim
    share        the share that came, for every claim: no constant does better, but nobody knew it before

and for quantities the claim taken at its word: the threshold of the test as a point, whose CRPS is its error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Answer
from tumen.uncertainty import Difference, brier, crps, log_score, paired_difference, pit

__all__ = ["PESSIMIST", "ClaimScore", "Forecaster", "Quantities", "forecasters", "quantities", "scored"]

Array = npt.NDArray[np.float64]
PESSIMIST = 0.1


@dataclass(frozen=True, slots=True)
class ClaimScore:
    """The scores of one claim; lower is better, None where what came is not known. Values are in `unit`.

    `outcome` is whether the claim came true, `value` what was measured. `low` to `high` is the 5-95 % range and
    `covered` whether it held the value, `pit` the share of draws below it. `of_range` is the CRPS over the width of
    that range, `of_outcome` over the size of the value; None where that is 0, or the
    value a calendar year. `claimed` is the threshold of the test (the middle of `between`), `claimed_error` and
    `median_error` say how far it and the median were off.
    """

    claim: str
    outcome: bool | None
    probability: float
    brier: float | None
    log: float | None
    unit: str
    value: float | None
    median: float
    low: float
    high: float
    crps: float | None
    of_range: float | None
    of_outcome: float | None
    pit: float | None
    covered: bool | None
    claimed: float
    claimed_error: float | None
    median_error: float | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Mean scores of one forecaster of yes or no; `difference` is the run's Brier score less this one's.

    The interval takes claims as independent, which those of one case are not, so it is rather too short; None for the
    run itself, and for fewer than two claims.
    """

    name: str
    n: int
    brier: float
    log: float
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Quantities:
    """All quantities of a run: how many lay within their 5-95 % ranges, and means that have no unit.

    `of_range` is the mean CRPS over the width of the range: a right forecast that is normal has 0.17. `closer` counts
    the claims where the forecast had a smaller CRPS than the claim taken at its word.
    """

    n: int
    covered: int
    pit: float
    of_range: float | None
    closer: int


def scored(answer: Answer, values: Array, outcome: bool | None, value: float | None, source: str = "") -> ClaimScore:
    """The scores of one claim from its answer, its measure in every draw (draw,), and what came."""
    n = answer.draws
    chance = (round(answer.probability * n) + 0.5) / (n + 1)
    claimed = sum(answer.threshold) / len(answer.threshold)
    score = rank = None
    if value is not None:
        score, rank = float(crps(values, value)), float(pit(values, value))
    width = answer.p95 - answer.p05
    return ClaimScore(
        answer.claim, outcome, chance,
        None if outcome is None else float(brier(chance, outcome)),
        None if outcome is None else float(log_score(chance, outcome)),
        answer.unit, value, answer.median, answer.p05, answer.p95, score,
        of_range=score / width if score is not None and width > 0 else None,
        of_outcome=score / abs(value) if score is not None and value and answer.unit != "year" else None,
        pit=rank,
        covered=None if value is None else answer.p05 <= value <= answer.p95,
        claimed=claimed,
        claimed_error=None if value is None else abs(claimed - value),
        median_error=None if value is None else abs(answer.median - value),
        source=source,
    )  # fmt: skip


def forecasters(rows: Sequence[ClaimScore]) -> tuple[Forecaster, ...]:
    """The run and the yardsticks on the claims whose outcome is known; none where no outcome is."""
    known = [(row.probability, row.outcome) for row in rows if row.outcome is not None]
    if not known:
        return ()
    stated, came = np.array([p for p, _ in known]), np.array([outcome for _, outcome in known])
    own = brier(stated, came)
    found = [Forecaster("this run", len(known), float(own.mean()), float(log_score(stated, came).mean()))]
    share = float(came.mean())
    constants = {
        "50 % for every claim": 0.5,
        f"{100 * PESSIMIST:.0f} % for every claim": PESSIMIST,
        f"the share that came, {100 * share:.0f} %": share,
    }
    for name, p in constants.items():
        theirs = brier(np.full(len(known), p), came)
        difference = paired_difference(own, theirs) if len(known) > 1 else None
        found.append(Forecaster(name, len(known), float(theirs.mean()), float(log_score(p, came).mean()), difference))
    return tuple(found)


def quantities(rows: Sequence[ClaimScore]) -> Quantities | None:
    """All quantities together; None where none is known."""
    known = [row for row in rows if row.crps is not None]
    if not known:
        return None
    ranges = [row.of_range for row in known if row.of_range is not None]
    return Quantities(
        len(known),
        sum(bool(row.covered) for row in known),
        float(np.mean([row.pit for row in known if row.pit is not None])),
        float(np.mean(ranges)) if ranges else None,
        sum(row.crps < row.claimed_error for row in known if row.crps is not None and row.claimed_error is not None),
    )
