"""The form of a case file, format 1, as frozen models: what keys there are and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from tumen.case._argument import Argument
from tumen.case._decision import MOST_DECISIONS, DecisionSpec
from tumen.case._delivery import GateSpec
from tumen.case._explanation import MOST_BLOCKS, MOST_DIALS, Block, DialSpec
from tumen.case._fits import Fits
from tumen.case._network import NetworkSpec
from tumen.case._problems import Misread
from tumen.case._quantity import Quantity, read_quantity
from tumen.case.fields import (
    AnyQuantity,
    Dated,
    Day,
    Frozen,
    Money,
    Number,
    PlayerName,
    Rate,
    Ratio,
    Share,
    Sources,
    Text,
    Words,
)
from tumen.errors import UnitError

__all__ = [
    "NAME", "PROCESS_FORMS", "CaseFile", "ClaimSpec", "CorrelationSpec", "EquilibriumSpec", "PathSpec",
    "ProcessSpec", "ScenarioSpec", "SourceSpec", "TestSpec",
]  # fmt: skip

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FORMAT = 1
_HORIZON = re.compile(r"(\d{4})\s*\.\.\s*(\d{4})", re.ASCII)
_MAX_YEARS = 120
_MAX_SCENARIOS = 50
_MAX_MEMBERS = 40

Level = Annotated[Quantity, Fits(None, low=0, above=True)]
Deviation = Annotated[Quantity, Fits("rate", low=0)]


class SourceSpec(Frozen):
    """One source: what it is, who published it, when it was printed, and where it can be found."""

    title: Words
    publisher: Text = ""
    date: Dated = ""
    address: Text = ""
    note: Text = ""


class HazardSpec(Frozen):
    """Events per year, from a count over a window; the rate's uncertainty is kept (Jeffreys' prior)."""

    events: Annotated[Quantity, Fits("number", low=0, high=10_000, single=True)]
    years: Annotated[Quantity, Fits("duration", low=0, above=True, high=10_000, single=True)]


class GeometricBrownianSpec(Frozen):
    """A level whose log is a random walk; `drift` is that of the log."""

    start: Level
    drift: Rate
    volatility: Ratio


class MeanRevertingSpec(Frozen):
    """A level whose log goes back to that of `mean`, half of the way in `half_life`."""

    start: Level
    mean: Level
    half_life: Annotated[Quantity, Fits("duration", low=0, above=True, high=1000)]
    volatility: Ratio

    @model_validator(mode="after")
    def _one_unit(self) -> MeanRevertingSpec:
        if self.start.unit.powers != self.mean.unit.powers:
            raise ValueError(f"`start` is in {self.start.unit.label}, `mean` in {self.mean.unit.label}; use one unit")
        return self


class JumpDiffusionSpec(Frozen):
    """A geometric Brownian level with jumps; `jump_mean` and `jump_sd` are of the log size of a jump."""

    start: Level
    drift: Rate
    volatility: Ratio
    jump_rate: Annotated[Quantity, Fits("rate", low=0, high=1000)]
    jump_mean: Number
    jump_sd: Ratio


class TrendGrowthSpec(Frozen):
    """Log growth by year: noise around a trend that begins at `start` and goes back to `long_run`."""

    start: Rate
    long_run: Rate
    persistence: Share
    trend_sd: Deviation
    noise_sd: Deviation


ProcessForm = Literal["geometric_brownian", "mean_reverting", "jump_diffusion", "trend_growth"]
PROCESS_FORMS = ("hazard", "geometric_brownian", "mean_reverting", "jump_diffusion", "trend_growth", "fit")


class ProcessSpec(Frozen):
    """A random process: given by its parameters, or fitted to a dated series up to `as_of`.

    `long_run` and `long_run_sd` belong to a fit: of growth and its deviation where a trend is fitted, of a level and
    the deviation of its log where it is mean reversion.
    """

    hazard: HazardSpec | None = None
    geometric_brownian: GeometricBrownianSpec | None = None
    mean_reverting: MeanRevertingSpec | None = None
    jump_diffusion: JumpDiffusionSpec | None = None
    trend_growth: TrendGrowthSpec | None = None
    fit: ProcessForm | None = None
    series: Text | None = None
    long_run: Annotated[Quantity, Fits(None, single=True)] | None = None
    long_run_sd: Annotated[Quantity, Fits(None, low=0, single=True)] | None = None
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _one_form(self) -> ProcessSpec:
        forms = [form for form in PROCESS_FORMS if getattr(self, form) is not None]
        if len(forms) != 1:
            found = ", ".join(forms) or "none"
            raise ValueError(f"a process has exactly one of {', '.join(PROCESS_FORMS)}; found {found}")
        if (self.fit is None) != (self.series is None):
            raise ValueError("`fit` and `series` go together, as in {fit: geometric_brownian, series: rub_per_usd.csv}")
        if self.long_run_sd is not None and self.long_run is None:
            raise Misread("long_run_sd", "is the deviation of `long_run`; give both")
        if self.long_run is not None and self.fit not in {"trend_growth", "mean_reverting"}:
            raise Misread("long_run", "goes with `fit: trend_growth` or `fit: mean_reverting`")
        dimension, of_sd = ("rate", "rate") if self.fit == "trend_growth" else (None, "share")
        for name, wanted in (("long_run", dimension), ("long_run_sd", of_sd)):
            quantity = getattr(self, name)
            wrong = Fits(wanted).wrong(quantity) if quantity is not None else ""
            if wrong:
                raise Misread(name, wrong)
        return self


class CorrelationSpec(Frozen):
    """A group of assumptions, or of processes, that move together; `rho` of the normal scores, or a matrix."""

    members: Annotated[tuple[Text, ...], Field(min_length=2, max_length=_MAX_MEMBERS)]
    rho: float | None = None
    matrix: tuple[tuple[float, ...], ...] | None = None
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _rho_or_matrix(self) -> CorrelationSpec:
        if (self.rho is None) == (self.matrix is None):
            raise ValueError("give either `rho` or a `matrix`")
        return self

    def as_matrix(self) -> tuple[tuple[float, ...], ...]:
        """The whole matrix of correlations."""
        if self.matrix is not None:
            return self.matrix
        n, rho = len(self.members), float(self.rho or 0.0)
        return tuple(tuple(1.0 if i == j else rho for j in range(n)) for i in range(n))


class PathSpec(Frozen):
    """The path of one pair's two-way trade: its published history and the growth of the two economies.

    `statistics` names those whose figures the path is fitted to; without it, all in the history are. Others, such as
    figures with another coverage, are only shown.
    """

    between: tuple[PlayerName, PlayerName]
    history: Text
    statistics: tuple[Text, ...] = ()
    growth: Mapping[Text, Text]
    extra_growth: Rate = Field(default_factory=lambda: read_quantity("0 %/yr", "rate"))
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _two_players(self) -> PathSpec:
        if self.between[0] == self.between[1]:
            raise Misread("between", "names two players")
        return self


class Runs(Frozen):
    """An elasticity in the short run, within a year, and in the long."""

    short_run: Annotated[Quantity, Fits("number", low=0, above=True)]
    long_run: Annotated[Quantity, Fits("number", low=0, above=True)]


class EquilibriumSpec(Frozen):
    """The world's trade before any initiative, and how it responds: what the general equilibrium is computed from.

    `flows` is a table of who sells what to whom, domestic sales included. `goods` gives the trade elasticity of each
    good (theta, not sigma), `substitution` that between goods. `size` is a country's output where it is uncertain, in
    place of what the table sums to: its domestic sales follow. `closure` says what becomes of deficits; the balances of
    `tied` pairs move with their trade, where a partner finances them. `growth` names the process of each economy's
    growth, so that shares of trade can be told for later years.
    """

    flows: Text
    goods: Annotated[Mapping[Text, Runs], Field(min_length=1, max_length=20)]
    substitution: Runs
    size: Mapping[Text, Money] = Field(default_factory=dict)
    closure: Literal["additive", "proportional"] = "additive"
    tied: tuple[tuple[PlayerName, PlayerName], ...] = ()
    growth: Mapping[Text, Text] = Field(default_factory=dict)
    source: Sources = ()
    note: Text = ""


_TEST = re.compile(r"(at_least|at_most|by)\s+(.+)")
_BETWEEN = re.compile(r"between\s+(.+?)\s+and\s+(.+)")
_EXAMPLES = "`at_least 1 bn USD`, `at_most 5 %`, `between 1 MUSD and 2 MUSD` or `by 2025`"


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
        text = raw.strip() if isinstance(raw, str) else ""
        if match := _BETWEEN.fullmatch(text):
            low, high = _figure(match[1]), _figure(match[2])
            if low.unit.powers != high.unit.powers or low.central >= high.central:
                raise UnitError(f"`{text}`: the two ends are of one unit, and the lower stands first")
            return TestSpec(kind="between", low=low, high=high, text=text)
        if match := _TEST.fullmatch(text):
            if match[1] == "by" and not re.fullmatch(r"\d{4}", match[2], re.ASCII):
                raise UnitError(f"`{text}`: `by` is followed by a year, as in `by 2025`")
            quantity = _figure(match[2])
            return TestSpec.model_validate({"kind": match[1], "low": quantity, "high": quantity, "text": text})
        raise UnitError(f"`{str(raw)[:60]}` is not a test; write {_EXAMPLES}")


def _figure(text: str) -> Quantity:
    quantity = read_quantity(text, None)
    if quantity.distribution is None:
        raise UnitError(f"`{quantity.text}` is a name; a test holds a figure, such as `at_least 1 bn USD`")
    return quantity


_TEST_SCHEMA = WithJsonSchema({"type": "string", "examples": ["at_least 1 bn USD"]})


class ClaimSpec(Frozen):
    """A claim: who said what and where, whose statistics settle it, and the test of it."""

    said: Words
    by: Words
    source: Sources
    measure: Words
    test: Annotated[TestSpec, BeforeValidator(TestSpec.read), _TEST_SCHEMA]
    where: Mapping[Text, Argument] = Field(default_factory=dict)
    levers: tuple[Text, ...] = ()
    envelope: Text | None = None
    envelope_note: Text = ""
    row: Text | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> ClaimSpec:
        if not self.source:
            raise Misread("source", "is empty: where was it said?")
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
        what = f"the first year comes before the last, and they span at most {_MAX_YEARS} years"
        raise ValueError(f"`{raw}`: {what}")
    return first, last


def _format(raw: Any) -> Any:
    if raw != FORMAT or isinstance(raw, bool):
        raise ValueError(f"`format: {str(raw)[:40]}` is not known to this version; write `format: {FORMAT}`")
    return raw


_HORIZON_SCHEMA = WithJsonSchema({"type": "string", "examples": ["2013..2035"]})


class CaseFile(Frozen):
    """The content of case.yaml."""

    format: Annotated[int, BeforeValidator(_format), WithJsonSchema({"const": FORMAT})]
    title: Words
    as_of: Day
    horizon: Annotated[tuple[int, int], BeforeValidator(_horizon), _HORIZON_SCHEMA]
    players: Mapping[Text, Text]
    note: Text = ""
    limits: tuple[Text, ...] = ()
    assumptions: Mapping[Text, AnyQuantity] = Field(default_factory=dict)
    processes: Mapping[Text, ProcessSpec] = Field(default_factory=dict)
    correlations: tuple[CorrelationSpec, ...] = ()
    trade: Mapping[Text, PathSpec] = Field(default_factory=dict)
    equilibrium: Mapping[Text, EquilibriumSpec] = Field(default_factory=dict, max_length=1)
    networks: Mapping[Text, NetworkSpec] = Field(default_factory=dict, max_length=10)
    gates: Mapping[Text, GateSpec] = Field(default_factory=dict, max_length=20)
    initiatives: Mapping[Text, Any] = Field(default_factory=dict)
    claims: Mapping[Text, ClaimSpec] = Field(default_factory=dict)
    blocks: Mapping[Text, Block] = Field(default_factory=dict, max_length=MOST_BLOCKS)
    dials: Mapping[Text, DialSpec] = Field(default_factory=dict, max_length=MOST_DIALS)
    decisions: Mapping[Text, DecisionSpec] = Field(default_factory=dict, max_length=MOST_DECISIONS)
    scenarios: Mapping[Text, ScenarioSpec] = Field(default_factory=dict, max_length=_MAX_SCENARIOS)

    @model_validator(mode="after")
    def _as_of_in_horizon(self) -> CaseFile:
        first, last = self.horizon
        if not first <= self.as_of.year < last:
            raise Misread("as_of", f"{self.as_of} lies outside the horizon {first}..{last}")
        return self
