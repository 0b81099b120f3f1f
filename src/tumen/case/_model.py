"""The form of a case file, format 1, as frozen models: what keys there are and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from tumen.case._quantity import Quantity, read_quantity
from tumen.case.fields import (
    AnyQuantity, Day, Duration, Frozen, Number, PlayerName, Rate, Share, Sources, Text,
)  # fmt: skip
from tumen.errors import UnitError

__all__ = ["CaseFile", "ClaimSpec", "CorrelationSpec", "PathSpec", "ProcessSpec", "ScenarioSpec", "SourceSpec", "TestSpec"]

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FORMAT = 1
_HORIZON = re.compile(r"(\d{4})\s*\.\.\s*(\d{4})")
_MAX_YEARS = 120


class SourceSpec(Frozen):
    """One source: what it is, who published it, when it was printed, and where it can be found."""

    title: Text
    publisher: Text = ""
    date: Text = ""
    address: Text = ""
    note: Text = ""


class HazardSpec(Frozen):
    """Events per year, from a count over a window; the rate's uncertainty is kept (Jeffreys' prior)."""

    events: Number
    years: Duration


class GeometricBrownianSpec(Frozen):
    start: AnyQuantity
    drift: Rate
    volatility: Share


class MeanRevertingSpec(Frozen):
    start: AnyQuantity
    mean: AnyQuantity
    half_life: Duration
    volatility: Share


class JumpDiffusionSpec(Frozen):
    start: AnyQuantity
    drift: Rate
    volatility: Share
    jump_rate: Rate
    jump_mean: Number
    jump_sd: Number


class TrendGrowthSpec(Frozen):
    start: Rate
    long_run: Rate
    persistence: Share
    trend_sd: Rate
    noise_sd: Rate


ProcessForm = Literal["geometric_brownian", "mean_reverting", "jump_diffusion", "trend_growth"]
PROCESS_FORMS = ("hazard", "geometric_brownian", "mean_reverting", "jump_diffusion", "trend_growth", "fit")


class ProcessSpec(Frozen):
    """A random process: given by its parameters, or fitted to a dated series up to `as_of`."""

    hazard: HazardSpec | None = None
    geometric_brownian: GeometricBrownianSpec | None = None
    mean_reverting: MeanRevertingSpec | None = None
    jump_diffusion: JumpDiffusionSpec | None = None
    trend_growth: TrendGrowthSpec | None = None
    fit: ProcessForm | None = None
    series: Text | None = None
    long_run: Rate | None = None
    long_run_sd: Rate | None = None
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _one_form(self) -> ProcessSpec:
        forms = [form for form in PROCESS_FORMS if getattr(self, form) is not None]
        if len(forms) != 1:
            raise ValueError(f"a process has exactly one of {', '.join(PROCESS_FORMS)}; found {', '.join(forms) or 'none'}")
        if (self.fit is None) != (self.series is None):
            raise ValueError("`fit` and `series` go together, as in {fit: geometric_brownian, series: rub_per_usd.csv}")
        return self


class CorrelationSpec(Frozen):
    """A group of assumptions, or of processes, that move together; `rho` of the normal scores, or a matrix."""

    members: tuple[Text, ...] = Field(min_length=2, max_length=40)
    rho: float | None = None
    matrix: tuple[tuple[float, ...], ...] | None = None
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _rho_or_matrix(self) -> CorrelationSpec:
        if (self.rho is None) == (self.matrix is None):
            raise ValueError("give `rho`, or a `matrix`, not both")
        if len(set(self.members)) != len(self.members):
            raise ValueError("a member stands twice")
        return self

    def as_matrix(self) -> tuple[tuple[float, ...], ...]:
        if self.matrix is not None:
            return self.matrix
        n, rho = len(self.members), float(self.rho or 0.0)
        return tuple(tuple(1.0 if i == j else rho for j in range(n)) for i in range(n))


class PathSpec(Frozen):
    """The path of one pair's two-way trade: its published history and the growth of the two economies."""

    between: tuple[PlayerName, PlayerName]
    history: Text
    growth: Mapping[Text, Text]
    extra_growth: Rate = Field(default_factory=lambda: read_quantity("0 %/yr", "rate"))
    source: Sources = ()
    note: Text = ""


_TEST = re.compile(r"(at_least|at_most|by)\s+(.+)")
_BETWEEN = re.compile(r"between\s+(.+?)\s+and\s+(.+)")


class TestSpec(Frozen):
    """What must hold for a claim to come true: `at_least Q`, `at_most Q`, `between Q and Q`, `by YEAR`."""

    kind: Literal["at_least", "at_most", "between", "by"]
    low: AnyQuantity
    high: AnyQuantity
    text: str

    @staticmethod
    def read(raw: Any) -> TestSpec:
        """Raises UnitError where the text is no test."""
        if isinstance(raw, TestSpec):
            return raw
        text = str(raw).strip() if isinstance(raw, str) else ""
        if match := _BETWEEN.fullmatch(text):
            low, high = read_quantity(match[1], None), read_quantity(match[2], None)
            if low.unit.powers != high.unit.powers or _value(low) >= _value(high):
                raise UnitError(f"`{text}`: the two ends are of one unit, and the lower stands first")
            return TestSpec(kind="between", low=low, high=high, text=text)
        if match := _TEST.fullmatch(text):
            quantity = read_quantity(match[2], None)
            _value(quantity)
            if match[1] == "by" and not re.fullmatch(r"\d{4}", match[2]):
                raise UnitError(f"`{text}`: `by` is followed by a year, as in `by 2025`")
            return TestSpec(kind=match[1], low=quantity, high=quantity, text=text)  # type: ignore[arg-type]
        raise UnitError(
            f"`{str(raw)[:60]}` is not a test; write `at_least 1 bn USD`, `at_most 5 %`, `between 1 MUSD and 2 MUSD` or `by 2025`"
        )


def _value(quantity: Quantity) -> float:
    if quantity.distribution is None:
        raise UnitError(f"`{quantity.text}` is a name; a test holds a figure, such as `at_least 1 bn USD`")
    return quantity.central


Test = Annotated[TestSpec, BeforeValidator(TestSpec.read), WithJsonSchema({"type": "string", "examples": ["at_least 1 bn USD"]})]


class ClaimSpec(Frozen):
    """A claim: who said what and where, whose statistics settle it, and the test of it."""

    said: Text
    by: Text
    source: Sources
    measure: Text
    test: Test
    where: Mapping[str, Any] = Field(default_factory=dict)
    levers: tuple[Text, ...] = ()
    envelope: Text | None = None
    row: Text | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> ClaimSpec:
        if not self.source:
            raise ValueError("a claim has a `source`: where was it said?")
        return self


class ScenarioSpec(Frozen):
    """A named variant of the case: other values at some paths, perhaps on top of another scenario."""

    note: Text = ""
    extends: Text | None = None
    set: Mapping[Text, Any]


def _horizon(raw: Any) -> tuple[int, int]:
    match = _HORIZON.fullmatch(str(raw).strip())
    if match is None:
        raise ValueError(f"`{str(raw)[:40]}` is not a range of years; write it like 2013..2035")
    first, last = int(match[1]), int(match[2])
    if not first < last <= first + _MAX_YEARS:
        raise ValueError(f"`{raw}`: the first year comes before the last, and they span at most {_MAX_YEARS} years")
    return first, last


def _format(raw: Any) -> Any:
    if raw != FORMAT or isinstance(raw, bool):
        raise ValueError(f"`format: {raw}` is not known to this version; write `format: {FORMAT}`")
    return raw


class CaseFile(Frozen):
    """The content of case.yaml."""

    format: Annotated[int, BeforeValidator(_format)]
    title: Text
    as_of: Day
    horizon: Annotated[tuple[int, int], BeforeValidator(_horizon), WithJsonSchema({"type": "string", "examples": ["2013..2035"]})]
    players: Mapping[Text, Text]
    note: Text = ""
    limits: tuple[Text, ...] = ()
    assumptions: Mapping[Text, AnyQuantity] = Field(default_factory=dict)
    processes: Mapping[Text, ProcessSpec] = Field(default_factory=dict)
    correlations: tuple[CorrelationSpec, ...] = ()
    trade: Mapping[Text, PathSpec] = Field(default_factory=dict)
    initiatives: Mapping[Text, Any] = Field(default_factory=dict)
    claims: Mapping[Text, ClaimSpec] = Field(default_factory=dict)
    scenarios: Mapping[Text, ScenarioSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _as_of_in_horizon(self) -> CaseFile:
        first, last = self.horizon
        if not first <= self.as_of.year < last:
            raise ValueError(f"`as_of` ({self.as_of}) lies outside the horizon {first}..{last}")
        return self


