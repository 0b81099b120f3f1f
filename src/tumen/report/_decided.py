"""What it would be worth to know before a decision: its options, and what learning each assumption would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tumen.claims._answer import SourceNote
from tumen.claims._values import format_range, format_value
from tumen.claims._words import humanise
from tumen.report._view import Cite

__all__ = ["Decided", "Decision", "Learnt", "Option", "decided"]

_Z90 = 1.645
_MOST = 8


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its mean payoff and the standard error of that."""

    name: str
    mean: float
    se: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What learning one assumption first is worth, with its 90 % interval."""

    name: str
    engine: str
    worth: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: who takes it, its options, which is best in the mean, and what knowing everything is worth.

    `worth` is the expected value of perfect information with its interval; `learnings` are the assumptions, of
    `inputs` that were tried, whose worth is told apart from none.
    """

    title: str
    by: str
    unit: str
    best: str
    options: tuple[Option, ...]
    worth: tuple[float, ...]
    learnings: tuple[Learnt, ...]
    inputs: int
    draws: int
    note: str = ""
    sources: tuple[SourceNote, ...] = ()


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    mean: str
    interval: str
    best: bool
    note: str


@dataclass(frozen=True, slots=True)
class _Learnt:
    name: str
    engine: str
    worth: str
    interval: str
    length: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision ready for the page."""

    decision: Decision
    best: str
    everything: str
    interval: str
    options: tuple[_Option, ...]
    rows: tuple[_Learnt, ...]
    others: int
    cites: tuple[Cite, ...]


def decided(decisions: Sequence[Decision], sources: Sequence[Cite]) -> tuple[Decided, ...]:
    """Decisions in words; bars are in per cent of what knowing everything is worth."""
    numbered = {entry.source: entry for entry in sources}
    return tuple(_ready(each, tuple(numbered[s] for s in dict.fromkeys(each.sources))) for each in decisions)


def _ready(decision: Decision, cites: tuple[Cite, ...]) -> Decided:
    unit = decision.unit
    value, low, high = decision.worth
    options = tuple(
        _Option(
            humanise(option.name), format_value(option.mean, unit),
            format_range(option.mean - _Z90 * option.se, option.mean + _Z90 * option.se, unit) if option.se else "",
            option.name == decision.best, option.note,
        )
        for option in decision.options
    )  # fmt: skip
    longest = max([value, *(row.high for row in decision.learnings)]) or 1.0

    def length(size: float) -> str:
        return f"{100 * min(max(size / longest, 0.0), 1.0):.2f}"

    shown = decision.learnings[:_MOST]
    rows = tuple(
        _Learnt(
            humanise(row.name), row.engine, format_value(row.worth, unit), format_range(row.low, row.high, unit),
            length(row.worth), length(row.low), length(row.high),
        )
        for row in shown
    )  # fmt: skip
    return Decided(
        decision, humanise(decision.best), format_value(value, unit), format_range(low, high, unit), options, rows,
        len(decision.learnings) - len(shown), cites,
    )  # fmt: skip
