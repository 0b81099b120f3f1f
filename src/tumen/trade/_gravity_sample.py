"""The sample of a gravity equation: which rows are used, and for what reason each of the others is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import unknown_name
from tumen.trade._gravity_absorb import Array, Codes
from tumen.trade._gravity_formula import Formula, Term
from tumen.trade._gravity_separation import separated

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "column_values", "covariates", "draw_sample", "group_codes"]

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is estimated on: positions of the kept rows, trade (n,), covariates (n, k), level numbers by effect.

    levels: by effect, the position in the data of one row of each level. dropped: row, reason, detail; left_out: the
    positions of its rows.
    """

    rows: Codes
    trade: Array
    x: Array
    codes: tuple[Codes, ...]
    levels: tuple[Codes, ...]
    dropped: pd.DataFrame
    left_out: Codes


def column_values(data: pd.DataFrame, column: str) -> Array:
    """A column as floats, nan where missing. Raises UnknownName, or ValueError for a column that holds no numbers."""
    if column not in data.columns:
        raise unknown_name("column", column, map(str, data.columns))
    try:
        return np.asarray(data[column].to_numpy(dtype=float, na_value=np.nan), dtype=float)
    except (TypeError, ValueError):
        message = f"the column {column!r} is not numeric (for example {data[column].iloc[0]!r})"
        raise ValueError(f"{message}; convert it, or use it as a fixed effect") from None


def covariates(data: pd.DataFrame, terms: Sequence[Term], changes: Mapping[str, object] | None = None) -> Array:
    """The terms' values, (rows, k); nan where a value is missing or its logarithm does not exist."""
    out = np.empty((len(data), len(terms)))
    for k, term in enumerate(terms):
        if changes is not None and term.column in changes:
            values = np.array(np.broadcast_to(np.asarray(changes[term.column], dtype=float), (len(data),)))
        else:
            values = column_values(data, term.column)
        if term.logged:
            fine = values > 0
            values = np.log(values, out=np.full(values.shape, np.nan), where=fine)
        out[:, k] = values
    return out


def group_codes(data: pd.DataFrame, group: Group) -> Codes:
    """Numbers the combinations of the columns from 0; -1 where one is missing."""
    import pandas as pd

    codes = np.zeros(len(data), dtype=np.intp)
    missing = np.zeros(len(data), dtype=bool)
    for column in group:
        if column not in data.columns:
            raise unknown_name("column", column, map(str, data.columns))
        single, levels = pd.factorize(data[column], sort=True)
        missing |= single < 0
        codes = np.unique(codes * (len(levels) + 1) + single + 1, return_inverse=True)[1].ravel()
    codes = np.where(missing, -1, codes)
    return np.unique(codes, return_inverse=True)[1].ravel() - int(missing.any())


def draw_sample(data: pd.DataFrame, formula: Formula, effects: Sequence[Group]) -> Sample:
    """Chooses the rows that are estimated on.

    Raises UnknownName for a column that is not there, ValueError for negative trade and where nothing is left.
    """
    import pandas as pd

    trade = column_values(data, formula.trade)
    x = covariates(data, formula.terms)
    codes = [group_codes(data, group) for group in effects]
    negative = np.flatnonzero(trade < 0)
    if negative.size:
        where = f"{negative.size} rows have negative {formula.trade}, first row {data.index[negative[0]]!r}"
        raise ValueError(f"{where} with {trade[negative[0]]:g}; trade is at least 0: drop or repair these rows")
    why: dict[int, tuple[str, str]] = {}
    _unusable(data, formula, effects, trade, x, codes, why)
    keep = np.ones(len(data), dtype=bool)
    keep[list(why)] = False
    _empty_groups(data, effects, codes, trade, keep, why)
    _predicted_zeros(trade, x, codes, keep, why)
    _empty_groups(data, effects, codes, trade, keep, why)
    rows = np.flatnonzero(keep)
    if not rows.size or not trade[rows].any():
        counts = pd.Series([reason for reason, _ in why.values()]).value_counts()
        told = ", ".join(f"{count} {reason}" for reason, count in counts.items()) or "no trade at all"
        raise ValueError(f"no row with trade is left of {len(data)}: {told}")
    order = np.array(sorted(why), dtype=np.intp)
    dropped = pd.DataFrame(
        {
            "row": data.index[order],
            "reason": [why[row][0] for row in order],
            "detail": [why[row][1] for row in order],
        }
    )
    compact = [np.unique(code[rows], return_index=True, return_inverse=True) for code in codes]
    numbers = tuple(inverse.ravel() for _, _, inverse in compact)
    return Sample(rows, trade[rows], x[rows], numbers, tuple(rows[first] for _, first, _ in compact), dropped, order)


def _unusable(
    data: pd.DataFrame, formula: Formula, effects: Sequence[Group], trade: Array, x: Array, codes: Sequence[Codes],
    why: dict[int, tuple[str, str]],
) -> None:  # fmt: skip
    """Notes rows in which something is missing, infinite, or has no logarithm; the first reason found is kept."""
    for row in np.flatnonzero(np.isnan(trade)):
        why.setdefault(int(row), ("missing", formula.trade))
    for row in np.flatnonzero(np.isinf(trade)):
        why.setdefault(int(row), ("not finite", formula.trade))
    for k, term in enumerate(formula.terms):
        raw = column_values(data, term.column)
        for row in np.flatnonzero(~np.isfinite(x[:, k])):
            reason = "missing" if np.isnan(raw[row]) else "not finite"
            why.setdefault(int(row), (reason, term.label))
    for group, code in zip(effects, codes, strict=True):
        for row in np.flatnonzero(code < 0):
            why.setdefault(int(row), ("missing", "^".join(group)))


def _empty_groups(
    data: pd.DataFrame, effects: Sequence[Group], codes: Sequence[Codes], trade: Array, keep: np.ndarray,
    why: dict[int, tuple[str, str]],
) -> None:  # fmt: skip
    """Leaves out, until none is left, every level of an effect that has no trade, or only one observation."""
    while True:
        found = False
        for group, code in zip(effects, codes, strict=True):
            rows = np.flatnonzero(keep)
            if not rows.size:
                return
            sums = np.bincount(code[rows], trade[rows])
            counts = np.bincount(code[rows])
            for reason, bad in (("no trade in group", (sums == 0) & (counts > 0)), ("singleton", counts == 1)):
                rows_out = rows[bad[code[rows]] & keep[rows]]
                firsts = np.unique(code[rows_out], return_index=True)[1]
                names = _levels(data, group, code, rows_out[firsts])
                why.update({int(row): (reason, names[int(code[row])]) for row in rows_out})
                keep[rows_out] = False
                found |= bool(rows_out.size)
        if not found:
            return


def _levels(data: pd.DataFrame, group: Group, code: Codes, rows: Codes) -> dict[int, str]:
    """By level number, the level in words, as one of its rows has it."""
    labels = zip(*(data[column].iloc[rows].astype(str) for column in group), strict=True)
    told = "^".join(group)
    return {int(code[row]): f"{told} {', '.join(label)}" for row, label in zip(rows, labels, strict=True)}


def _predicted_zeros(
    trade: Array, x: Array, codes: Sequence[Codes], keep: np.ndarray, why: dict[int, tuple[str, str]]
) -> None:
    rows = np.flatnonzero(keep)
    if not rows.size or not (trade[rows] == 0).any():
        return
    numbers = [np.unique(code[rows], return_inverse=True)[1].ravel() for code in codes]
    for row in rows[separated(trade[rows], x[rows], numbers)]:
        why[int(row)] = ("separated", "covariates and effects predict its zero")
        keep[row] = False
