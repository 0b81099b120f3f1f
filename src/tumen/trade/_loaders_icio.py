"""OECD Inter-Country Input-Output tables: the wide CSV of one year, editions of 2016 to 2023 and after."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import CaseError
from tumen.trade._baseline import Array
from tumen.trade._loaders_io import InputOutputTable, labelled_table
from tumen.trade._loaders_read import existing, header, is_parquet, pieces, year_in

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_icio"]

_CELL = re.compile(r"([A-Z][A-Z0-9]{2})_(\w+)")
_PARTS = re.compile(r"(CN|MX)\d")  # export processing and the rest of China and Mexico
_WHOLE = {"CN": "CHN", "MX": "MEX"}
_VALUE_ADDED = ("VA", "VALU")
_OUTPUT = ("OUT", "OUTPUT", "TOTAL")
_TAXES = ("TLS", "TAXSUB")
_SOURCE = "OECD Inter-Country Input-Output tables"
_IDENTITY = 1e-3  # how far a row may be from its printed output, as a share of the largest output


def read_icio(path: Path | str, *, year: int | None = None) -> InputOutputTable:
    """A table of the OECD's ICIO in its wide layout, in millions of current US dollars.

    path: a CSV (or Parquet) file whose first column has the labels of rows: industries `AUS_01T02`, then `VA` (or
    `VALU`), taxes less subsidies (`TLS`, `TAXSUB`, or one row for a country), `OUT` (or `OUTPUT`). Columns are the same
    industries, final demand `AUS_HFCE` and so on, and the total. Parts of China and Mexico (CN1, CN2, MX1, MX2) are
    added up to CHN and MEX. year: found in the file's name where it is not given. Value added is the printed row;
    taxes on products make up the rest between it, inputs and output.

    Raises CaseError where rows and columns do not fit or do not add up.
    """
    file = existing(path)
    when = year_in(file) if year is None else year
    frame = _wide(file)
    industries, final, totals = _labels(file, frame)
    known = {*industries, *_OUTPUT, *_VALUE_ADDED}
    odd = [label for label in frame.index if label not in known and not label.endswith(_TAXES)]
    notes = [f"rows that are no industry were left out: {', '.join(odd[:8])}"] if odd else []
    values: dict[str, Array] = {
        "intermediate": frame.loc[industries, industries].to_numpy(dtype=np.float64),
        "final": frame.loc[industries, final].to_numpy(dtype=np.float64),
    }
    values |= {name: frame.loc[[row], industries].to_numpy(dtype=np.float64)[0] for name, row in totals.items()}
    _check(file, industries, values)
    return _merged(values, industries, final, when, notes)


def _labels(path: Path, frame: pd.DataFrame) -> tuple[list[str], list[str], dict[str, str]]:
    """Industries, columns of final demand, and the rows of value added and output."""
    rows, columns = [str(label) for label in frame.index], [str(label) for label in frame.columns]
    shared = set(rows) & set(columns)
    industries = [label for label in rows if label in shared and _CELL.fullmatch(label)]
    final = [label for label in columns if label not in shared and _CELL.fullmatch(label)]
    sectors = {_split(label)[1] for label in industries}
    alone = [label for label in (*rows, *columns) if label not in shared and label.partition("_")[2] in sectors]
    totals = {
        name: next((label for label in labels if label in rows), "")
        for name, labels in (("value_added", _VALUE_ADDED), ("output", _OUTPUT))
    }
    problems = [
        f"there is no {what}; expected {expected}"
        for what, expected, there in (
            ("industry that is both row and column", "labels such as AUS_01T02", industries),
            ("column of final demand", "labels such as AUS_HFCE", final),
            ("row of value added", " or ".join(_VALUE_ADDED), totals["value_added"]),
            ("row of output", " or ".join(_OUTPUT), totals["output"]),
        )
        if not there
    ]
    problems += [f"{label} is a row or a column but not both; every industry must be" for label in alone[:8]]
    if problems:
        raise CaseError([f"{path.name}: {problem}" for problem in problems])
    return industries, final, totals


def _wide(path: Path) -> pd.DataFrame:
    """The file with its row labels as index."""
    import pandas as pd

    if is_parquet(path):
        names = header(path)
        frame = pd.concat(pieces(path, names[1:], names[:1]), ignore_index=True)
    else:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    labels = frame.columns[0]
    frame[labels] = frame[labels].astype(str).str.strip()
    twice = frame[labels].duplicated()
    if twice.any():
        raise CaseError([f"{path.name}: row {frame[labels][twice].iloc[0]} stands there twice"])
    frame = frame.set_index(labels)
    text = [str(name) for name in frame.columns if frame[name].dtype.kind not in "iuf"]
    if text:
        raise CaseError(
            [f"{path.name}: column {text[0]} has text; expected numbers, with row labels in the first column"]
        )
    return frame.rename(columns=lambda name: str(name).strip()).fillna(0.0)


def _check(path: Path, industries: list[str], values: dict[str, Array]) -> None:
    """Every row adds up to output, as far as rounding goes."""
    sold, made = values["intermediate"].sum(axis=1) + values["final"].sum(axis=1), values["output"]
    worst = int(np.abs(sold - made).argmax())
    if abs(sold[worst] - made[worst]) > _IDENTITY * made.max():
        said = f"{industries[worst]} sells {sold[worst]:,.6g} MUSD, its output is {made[worst]:,.6g}"
        raise CaseError([f"{path.name}: {said}; the table does not add up"])


def _merged(
    values: dict[str, Array], industries: list[str], final: list[str], year: int, notes: list[str]
) -> InputOutputTable:
    """The table by country and industry, parts of a country added up."""
    cells = [_split(label) for label in industries]
    buyers = [_split(label)[0] for label in final]
    countries = list(dict.fromkeys(country for country, _ in cells))
    sectors = list(dict.fromkeys(sector for _, sector in cells))
    place = {(i, k): at for at, (i, k) in enumerate((i, k) for i in countries for k in sectors)}
    alone = sorted(set(buyers) ^ set(countries))
    if alone:
        raise CaseError([f"{_SOURCE}: {', '.join(alone)}: industries without final demand, or the other way round"])
    parts = sorted({label[:3] for label in industries if _PARTS.match(label)})
    if parts:
        notes.append(f"{', '.join(parts)} were added to their countries")
    to = np.array([place[cell] for cell in cells])
    size = len(place)
    rows = np.zeros((size, len(industries)))
    rows[to, np.arange(len(industries))] = 1.0
    columns = np.zeros((len(final), len(countries)))
    columns[np.arange(len(final)), [countries.index(buyer) for buyer in buyers]] = 1.0
    table = {
        "intermediate": rows @ values["intermediate"] @ rows.T,
        "final": rows @ values["final"] @ columns,
        "output": rows @ values["output"],
        "value_added": rows @ values["value_added"],
    }
    return labelled_table(table, countries, sectors, year, _SOURCE, notes)


def _split(label: str) -> tuple[str, str]:
    country, sector = label.split("_", 1)
    return (_WHOLE[country[:2]] if _PARTS.fullmatch(country) else country), sector
