"""Answers as rows: for claims.csv and for the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from tumen.claims._answer import Answer

__all__ = ["COLUMNS", "as_csv", "as_text", "rows"]

COLUMNS = (
    "claim", "row", "question", "measure", "unit", "probability", "se", "median", "p05", "p95", "breakeven_lever",
    "breakeven", "envelope", "drivers", "sources",
)  # fmt: skip
_DIGITS = 6


def rows(answers: Iterable[Answer]) -> list[tuple[str, ...]]:
    """One row of texts an answer, in the order of COLUMNS; blank where a column does not apply."""
    return [_row(answer) for answer in answers]


def as_csv(answers: Iterable[Answer]) -> str:
    """claims.csv as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(answers))
    return out.getvalue()


def as_text(answers: Sequence[Answer]) -> str:
    """A table for the eye: claim, probability, median and range."""
    from tumen.claims._words import format_probability, format_range, format_value

    cells = [("claim", "probability", "median", "5-95 %")]
    for a in answers:
        cells.append(
            (
                a.claim,
                format_probability(a.probability, a.se, a.draws),
                format_value(a.median, a.unit),
                format_range(a.p05, a.p95, a.unit),
            )
        )
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def question(answer: Answer) -> str:
    """The claim's test in one line."""
    where = ", ".join(f"{key} {value}" for key, value in answer.where)
    return (
        f"{answer.measure_doc} ({where}): {answer.test.replace('_', ' ')}?"
        if where
        else f"{answer.measure_doc}: {answer.test.replace('_', ' ')}?"
    )


def _row(a: Answer) -> tuple[str, ...]:
    from tumen.claims._words import ranked

    named = next((item for item in a.breakevens if item.named), None)
    drivers = "; ".join(f"{d.name} {d.share:.3f}" for d in ranked(a)[:3])
    return (
        a.claim, a.row, question(a), a.measure, a.unit, _number(a.probability), _number(a.se), _number(a.median),
        _number(a.p05), _number(a.p95), named.lever if named else "",
        _number(named.value) if named and named.value is not None else "",
        _number(a.envelope.value) if a.envelope else "", drivers, "; ".join(source.key for source in a.sources),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
