"""What would have to be true, as a record that reads as a sentence, and for two levers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tumen.claims._values import format_probability, format_range, format_value
from tumen.claims._words import humanise

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Crossing", "Frontier"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """The value of a lever at which a claim passes a level of probability.

    Values are in `unit`, the lever's base unit. At `value` the claim passes the level on these draws; where `rising`,
    larger values pass, else smaller ones. `value` is None where no value between `low` and `high` does it, or all do
    (`always`). `value_low` to `value_high` is the 5-95 % interval of the error by chance, an end None where it reaches
    beyond the bounds. `base` is the lever in the case (the median, where it is `drawn`), and `probability` with its
    standard error `se` that of the claim as the case stands. `crossings` are all that the grid shows, about where they
    are; `grid` and `probabilities` what was evaluated. `at` holds other levers that were set.
    """

    claim: str
    said: str
    lever: str
    unit: str
    level: float
    value: float | None
    value_low: float | None
    value_high: float | None
    rising: bool
    always: bool
    low: float
    high: float
    base: float
    drawn: bool
    probability: float
    se: float
    draws: int
    seed: int
    crossings: tuple[float, ...]
    grid: tuple[float, ...]
    probabilities: tuple[float, ...]
    scenario: str = ""
    at: tuple[tuple[str, str, float], ...] = ()

    @property
    def passes(self) -> str:
        """Which values pass: "at_least" or "at_most" the value, "any" or "none" between the bounds."""
        if self.value is None:
            return "any" if self.always else "none"
        return "at_least" if self.rising else "at_most"

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        import pandas as pd

        return pd.DataFrame([_row(self)])

    def __repr__(self) -> str:
        return _sentence(self)


@dataclass(frozen=True, slots=True)
class Frontier:
    """For each value of a first lever, the value of a second at which a claim passes a level of probability."""

    lever: str
    unit: str
    rows: tuple[Crossing, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row for each value of the first lever, in base units; no value where nothing, or anything, does it."""
        import pandas as pd

        return pd.DataFrame([{self.lever: row.at[0][2], **_row(row)} for row in self.rows])

    def __repr__(self) -> str:
        return _table(self)


def _row(found: Crossing) -> dict[str, Any]:
    return {
        "claim": found.claim, "level": found.level, "lever": found.lever, "unit": found.unit, "passes": found.passes,
        "value": found.value, "value_low": found.value_low, "value_high": found.value_high, "low": found.low,
        "high": found.high, "base": found.base, "probability_low": min(found.probabilities),
        "probability_high": max(found.probabilities), "probability_in_case": found.probability, "se": found.se,
        "crossings": len(found.crossings), "draws": found.draws, "seed": found.seed, "scenario": found.scenario,
    }  # fmt: skip


def _sentence(found: Crossing) -> str:
    """What would have to be true, as a journalist could print it."""
    name, level = humanise(found.lever), f"{100 * found.level:g} %"
    given = "".join(f", with {humanise(n)} at {format_value(x, unit)}" for n, unit, x in found.at)
    tried = f"{name} between {_said(found, found.low)} and {_said(found, found.high)}"
    base = f"{'drawn around ' if found.drawn else ''}{_said(found, found.base)}"
    known = format_probability(found.probability, found.se, found.draws)
    where = f" in the scenario {humanise(found.scenario)}" if found.scenario else ""
    stands = f"As the case stands{where} it is {known}"
    if found.value is None:
        least, most = (format_probability(x, 0.0, found.draws) for x in _ends(found.probabilities))
        does = f"any {tried} makes its probability pass {level}; the least of it is {least}"
        none = f"no {tried} makes its probability pass {level}; the most of it is {most}"
        return f"{found.said}{given}: {does if found.always else none} (in the case: {base}). {stands}."
    side = humanise(found.passes)
    needed = f"its probability would pass {level} if {name} were {side} {_said(found, found.value)}"
    more = ""
    if len(found.crossings) > 1:
        about = " and ".join(_said(found, x) for x in found.crossings)
        more = f" With {tried} it passes {level} more than once, at about {about}; this is the one nearest the case."
    return f"{found.said}{given}: {needed} (in the case: {base}; {_error(found)}).{more} {stands}."


def _said(found: Crossing, value: float) -> str:
    return format_value(value, found.unit)


def _ends(values: tuple[float, ...]) -> tuple[float, float]:
    return min(values), max(values)


def _error(found: Crossing) -> str:
    """The interval of the error by chance, in words."""
    low, high, what = found.value_low, found.value_high, f"5-95 % of the error of {found.draws} draws"
    if low is not None and high is not None:
        shown = format_range(low, high, found.unit)
        same = shown == _said(found, found.value or 0.0)
        return f"chance moves it by less than is shown, by {found.draws} draws" if same else f"{what}: {shown}"
    if low is None and high is None:
        return f"the error of {found.draws} draws reaches beyond the bounds"
    return f"{what}: {f'up to {_said(found, high)}' if high is not None else f'from {_said(found, low or 0.0)} on'}"


def _table(found: Frontier) -> str:
    """A table: what the first lever is, and what the second would have to be."""
    first = found.rows[0]
    lines = [
        f"{first.said}: its probability would pass {100 * first.level:g} % with",
        *_columns([(humanise(found.lever), humanise(first.lever), "5-95 % of the error")]
                  + [_cells(row) for row in found.rows]),
        f"{humanise(first.lever)} was tried between {_said(first, first.low)} and {_said(first, first.high)}; "
        f"{first.draws} draws, seed {first.seed}",
    ]  # fmt: skip
    return "\n".join(lines)


def _cells(row: Crossing) -> tuple[str, str, str]:
    ((_, unit, x),) = row.at
    if row.value is None:
        return format_value(x, unit), "any" if row.always else "no value does it", ""
    low, high = row.value_low, row.value_high
    if low is not None and high is not None:
        error = format_range(low, high, row.unit)
    else:
        error = " to ".join(_said(row, end) if end is not None else "open" for end in (low, high))
    more = f" (1 of {len(row.crossings)} crossings)" if len(row.crossings) > 1 else ""
    needed = f"{humanise(row.passes)} {_said(row, row.value)}{more}"
    return format_value(x, unit), needed, error


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return [
        f"  {'  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))}".rstrip() for row in rows
    ]
