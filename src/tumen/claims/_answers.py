"""From the draws of a claim's measure to its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Answer, Beside, Breakeven, Driver, Envelope, Figure, PathSummary, SourceNote
from tumen.claims._check import envelope_value
from tumen.claims._take import Question, met, unit_in
from tumen.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["Answers", "answer", "probability"]

Array = npt.NDArray[np.float64]
T = TypeVar("T")
CHUNK = 256
_LEVELS = (0.05, 0.15, 0.25, 0.35, 0.5, 0.65, 0.75, 0.85, 0.95)
_MANY = 8  # chunks whose spread tells how far the answer may be off
_FACTOR = 2.0
_LEAST_SHARE = 0.02


@dataclass(frozen=True)
class Answers(Mapping[str, Answer]):
    """The answers of a run by the name of the claim, in the order of the case."""

    found: Mapping[str, Answer]

    def __getitem__(self, name: str) -> Answer:
        if name not in self.found:
            raise unknown_name("claim", name, self.found)
        return self.found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.found

    @overload
    def get(self, name: str, /) -> Answer | None: ...

    @overload
    def get(self, name: str, /, default: Answer | T) -> Answer | T: ...

    def get(self, name: str, /, default: Any = None) -> Any:
        """The answer, or `default` where there is no such claim."""
        return self.found.get(name, default)  # Mapping's own would wait for a KeyError, which UnknownName is not

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def to_frame(self) -> pd.DataFrame:
        """One row a claim, with the columns of claims.csv."""
        import pandas as pd

        from tumen.claims._table import COLUMNS, rows

        return pd.DataFrame(rows(self.found.values()), columns=list(COLUMNS))

    def __repr__(self) -> str:
        from tumen.claims._table import as_text

        return as_text(tuple(self.found.values()))


def probability(passed: npt.NDArray[np.bool_], chunk: int = CHUNK) -> tuple[float, float]:
    """The share of draws that pass, and its standard error between chunks of draws.

    With few chunks, whose spread tells little, it is at least that of independent draws; with one, and where all draws
    agree, it is that with half a draw more on either side, so that no answer claims to be certain.
    """
    n, share = passed.size, float(np.mean(passed))
    chunks = n // chunk
    hedged = (float(np.sum(passed)) + 0.5) / (n + 1.0)
    textbook = float(np.sqrt(hedged * (1.0 - hedged) / n))
    if chunks < 2 or share in (0.0, 1.0):
        return share, textbook
    means = passed[: chunks * chunk].reshape(chunks, chunk).mean(axis=1)
    between = float(np.std(means, ddof=1) / np.sqrt(chunks))
    return share, between if chunks >= _MANY else max(between, textbook)


def answer(
    case: Case, asked: Question, values: Array, by_year: Array | None, drivers: tuple[Driver, ...],
    breakevens: tuple[Breakeven, ...], figures: tuple[Beside, ...], outcome: Outcome,
) -> Answer:  # fmt: skip
    """The answer to one claim from its measure, and the figures beside it, in every draw.

    `outcome` is that of any chunk: only what is the same in all draws is taken from it.
    """
    claim = case.claims[asked.name]
    share, se = probability(met(asked, values))
    p05, median, p95 = (float(q) for q in np.quantile(values, [0.05, 0.5, 0.95]))
    unit = unit_in(case, asked.measure, asked.arguments)
    threshold = (asked.low, asked.high) if asked.kind == "between" else (asked.low,)
    where = tuple((key, _text(value)) for key, value in claim.where.items())
    found = Answer(
        claim=asked.name, row=claim.row or "", said=claim.said, by=claim.by, measure=asked.measure.name,
        measure_doc=asked.measure.doc, where=where, unit=unit,
        test=claim.test.text, threshold=threshold, probability=share, se=se, median=median, p05=p05, p95=p95,
        draws=int(values.size), target_year=asked.target_year, drivers=drivers, breakevens=breakevens,
        envelope=_envelope(case, claim.envelope, claim.envelope_note, median),
        figures=_figures(asked, figures, outcome), sources=_sources(case, asked, drivers),
        path=_path(asked, by_year, outcome), histogram=_histogram(values, unit), note=claim.note,
    )  # fmt: skip
    brief, year = asked.measure.brief, asked.target_year
    if brief is None or year is None:
        return found
    return replace(found, brief=brief(outcome, found, asked.low, year, **asked.arguments))


def _envelope(case: Case, formula: str | None, note: str, median: float) -> Envelope | None:
    if formula is None:
        return None
    value = envelope_value(case, formula)
    ratio = median / value if value else 1.0 if median == 0 else float("inf")
    warning = ""
    if not 1 / _FACTOR <= ratio <= _FACTOR:
        why = note.strip() or "see what the formula leaves out"
        warning = f"differs from the median by more than a factor of two: {why}"
    return Envelope(formula, value, warning)


def _figures(asked: Question, beside: tuple[Beside, ...], outcome: Outcome) -> tuple[Figure, ...]:
    taken = asked.measure
    if taken.target_figures is not None and asked.target_year is not None:
        return taken.target_figures(outcome, asked.low, asked.target_year, **asked.arguments)
    return tuple(_figure(item) for item in beside)


def _figure(item: Beside) -> Figure:
    low, middle, high = (float(q) for q in np.quantile(item.values, [0.05, 0.5, 0.95]))
    spread = high - low > 1e-9 * max(abs(middle), 1.0)
    return Figure(item.label, middle, item.unit, low if spread else None, high if spread else None, item.note)


def _path(asked: Question, by_year: Array | None, outcome: Outcome) -> PathSummary | None:
    if by_year is None:
        return None
    first = max(outcome.case.as_of.year - 1 - outcome.years[0], 0)
    quantiles = np.quantile(by_year[:, first:], _LEVELS, axis=0)
    history = asked.measure.history(outcome, **asked.arguments) if asked.measure.history else ()
    rows = tuple(tuple(float(v) for v in row) for row in quantiles)
    return PathSummary(tuple(outcome.years[first:]), _LEVELS, rows, history, asked.measure.log_scale)


def _histogram(values: Array, unit: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Equal bins over the middle 99 % of the draws; what lies beyond is counted in the end bins.

    Years have a bin each, which ends with the year.
    """
    low, high = (float(v) for v in np.quantile(values, [0.005, 0.995]))
    if not high > low:
        return (low, low), (float(values.size),)
    if unit == "year":
        years = np.arange(np.floor(low), np.ceil(high) + 1)
        counts = np.bincount((np.clip(values, low, high) - years[0]).round().astype(int), minlength=years.size)
        return (float(years[0] - 1), *map(float, years)), tuple(map(float, counts))
    edges = np.linspace(low, high, 41)
    counts, _ = np.histogram(np.clip(values, low, high), bins=edges)
    return tuple(map(float, edges)), tuple(map(float, counts))


def _sources(case: Case, asked: Question, drivers: tuple[Driver, ...]) -> tuple[SourceNote, ...]:
    """The sources of the claim, of the history it is settled by, and of what drives it most."""
    claim = case.claims[asked.name]
    keys = list(claim.source)
    for name in claim.levers:
        keys += case.parameter(name).source
    known = {parameter.name for parameter in case.parameters}
    for driver in drivers:
        if driver.name in known and driver.share >= _LEAST_SHARE and driver.low > 0:
            keys += case.parameter(driver.name).source
    initiative: Any = asked.arguments.get("initiative")
    if initiative is not None:
        keys += [key for p in case.parameters if p.name.startswith(f"{initiative}.") for key in p.source]
    if "between" in asked.arguments:
        for spec in case.trade.values():
            if set(spec.between) == set(asked.arguments["between"]):
                keys += [key for row in case.tables[spec.history].rows for key in row.source]
    return tuple(source_note(case, key) for key in dict.fromkeys(keys))


def source_note(case: Case, key: str) -> SourceNote:
    """A source of the case, as the report shows it."""
    source = case.sources[key]
    return SourceNote(key, source.title, source.publisher, source.date, source.address, source.note)


def _text(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
