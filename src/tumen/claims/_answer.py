"""What is said of a claim once the worlds have been drawn: plain frozen records that the report and the CLI show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Answer",
    "Attribution",
    "Beside",
    "Breakeven",
    "Contribution",
    "DialPoint",
    "Driver",
    "EngineShare",
    "Envelope",
    "Figure",
    "HistoryPoint",
    "PathSummary",
    "SourceNote",
    "answer_from_dict",
]


@dataclass(frozen=True, slots=True)
class Driver:
    """How much one named assumption matters for a claim's measure.

    `share` is its first-order share of the variance of the measure, `low` and `high` the 90 % bootstrap interval of
    that share, `rank_correlation` Spearman's. The entry named "chance" is the yearly noise of all processes together.
    """

    name: str
    share: float
    low: float
    high: float
    rank_correlation: float


@dataclass(frozen=True, slots=True)
class EngineShare:
    """How much of the variance of a claim's measure belongs to the assumptions of one engine, with a 90 % interval.

    Nothing is counted twice: the shares of all engines and of "chance" make 1, but for what is cut at 0.
    """

    engine: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Breakeven:
    """The value of a lever at which the claim is as likely as not; `value` is None where no value in range does it.

    `named` says whether the claim names the lever (its value is then refined, else interpolated); `chosen` whether it
    is a lever of the case or an assumption over which somebody has no say.
    """

    lever: str
    unit: str
    base: float
    low: float
    high: float
    value: float | None
    grid: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    named: bool = True
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Envelope:
    """The back of the envelope: a short formula over central values, beside the median of the measure."""

    formula: str
    value: float
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure shown beside an answer, such as the growth needed; with its unit, and a range where it has one."""

    label: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure to show beside an answer, in every draw, (draw,)."""

    label: str
    values: npt.NDArray[np.float64]
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A source, as answers cite it."""

    key: str
    title: str
    publisher: str
    date: str
    address: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One published observation; `statistics` names whose it is, `low` and `high` the range that the source gives."""

    year: int
    value: float
    statistics: str
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PathSummary:
    """The measure by year: quantiles[i][j] is quantile levels[i] in years[j]; beside it the published history."""

    years: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    history: tuple[HistoryPoint, ...] = ()
    log_scale: bool = False


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one block of initiatives brings about: alone, on top of all others, and by Shapley's value over the blocks.

    Means over the draws, in the unit of the measure; `se` is the standard error of Shapley's.
    """

    block: str
    initiatives: tuple[str, ...]
    first_in: float
    last_in: float
    shapley: float
    se: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The mean of a measure with all blocks of initiatives and with none; Shapley's values add up to the difference."""

    together: float
    none: float
    draws: int
    blocks: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class DialPoint:
    """The answer on a few draws with dials at some values, in base units; `at` is empty as the case has it."""

    at: tuple[tuple[str, float], ...]
    probability: float
    se: float
    median: float
    p05: float
    p95: float
    draws: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one claim. Values are in `unit`; probabilities and shares are fractions of one."""

    claim: str
    row: str
    said: str
    by: str
    measure: str
    measure_doc: str
    where: tuple[tuple[str, str], ...]
    unit: str
    test: str
    threshold: tuple[float, ...]
    probability: float
    se: float
    median: float
    p05: float
    p95: float
    draws: int
    target_year: int | None = None
    drivers: tuple[Driver, ...] = ()
    breakevens: tuple[Breakeven, ...] = ()
    envelope: Envelope | None = None
    figures: tuple[Figure, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    path: PathSummary | None = None
    histogram: tuple[tuple[float, ...], tuple[float, ...]] = field(default=((), ()))
    note: str = ""
    brief: str = ""
    attribution: Attribution | None = None
    dials: tuple[DialPoint, ...] = ()
    engines: tuple[EngineShare, ...] = ()

    def __repr__(self) -> str:
        from tumen.claims._words import sentence

        return sentence(self)


def answer_from_dict(data: Mapping[str, Any]) -> Answer:
    """An answer from its plain form, as in answers.json. Raises ValueError where it is none."""
    from pydantic import TypeAdapter

    return TypeAdapter(Answer).validate_python(data)
