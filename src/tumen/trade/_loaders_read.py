"""Files of trade data in pieces: the columns that are needed, the years that are asked for, and what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, MissingExtra, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Years",
    "existing",
    "header",
    "is_parquet",
    "labels_of",
    "layout_of",
    "number",
    "pieces",
    "wanted_years",
    "year_in",
]

Years = Iterable[int] | int | None
_ROWS = 1_000_000  # of a piece
_VOID = ["", "NA", "NaN", "nan", "N/A", ".", ".."]  # of a number; of a label NA is Namibia


def existing(path: Path | str) -> Path:
    """The path of a file that is there; raises CaseError."""
    found = Path(path)
    if not found.is_file():
        raise CaseError([f"there is no file {found}"])
    return found


def year_in(path: Path) -> int:
    """The last number in a file's name that can be a year of the data; the release comes first. Raises CaseError."""
    found = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", path.stem)
    if not found:
        raise CaseError([f"{path.name}: the name has no year; give it as year"])
    return int(found[-1])


def is_parquet(path: Path) -> bool:
    return path.suffix in {".parquet", ".pq"}


def header(path: Path) -> list[str]:
    """The names of a file's columns. Raises MissingExtra where a Parquet file cannot be read."""
    import pandas as pd

    if not is_parquet(path):
        return [str(name) for name in pd.read_csv(path, nrows=0).columns]
    return [str(name) for name in _parquet().read_schema(path).names]


def _parquet() -> Any:
    try:
        from pyarrow import parquet  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("pyarrow", "io") from None
    return parquet


def layout_of(path: Path, found: Sequence[str], layouts: Mapping[str, Sequence[str]]) -> str:
    """The name of the layout whose columns the file has. Raises CaseError that names the nearest for each missing."""
    missing = {name: [column for column in columns if column not in found] for name, columns in layouts.items()}
    best = min(missing, key=lambda name: len(missing[name]) / len(layouts[name]))
    if not missing[best]:
        return best
    problems = [f"{path.name}: there is no column {name!r}; {did_you_mean(name, found)}" for name in missing[best]]
    expected = "; or ".join(f"{', '.join(columns)} ({name})" for name, columns in layouts.items())
    shown = ", ".join(found[:20]) + (", ..." if len(found) > 20 else "")
    raise CaseError([*problems, f"{path.name}: expected {expected}; found {shown}"])


def wanted_years(years: Years) -> frozenset[int] | None:
    """The years as a set; None for all. Raises ValueError for none at all."""
    if years is None:
        return None
    wanted = frozenset([years] if isinstance(years, int) else (int(year) for year in years))
    if not wanted:
        raise ValueError("years: there is none; leave years out to read all")
    return wanted


def pieces(
    path: Path, numbers: Sequence[str], labels: Sequence[str], year: str = "", years: frozenset[int] | None = None
) -> Iterator[pd.DataFrame]:
    """The file's rows of the years, in pieces, with these columns only; labels are text as it stands, "NA" included.

    Raises CaseError where the file has no row of these years.
    """
    seen: set[int] = set()
    any_row = False
    for piece in _raw(path, numbers, labels):
        if years is not None:
            found = number(piece[year], Counter())
            seen |= set(found.dropna().astype(int))
            piece = piece[found.isin(list(years))]
        any_row |= len(piece) > 0
        yield piece
    if not any_row and years is not None and seen:
        asked = ", ".join(str(y) for y in sorted(years))
        raise CaseError([f"{path.name}: there is no row of {asked}; it has {min(seen)} to {max(seen)}"])


def _raw(path: Path, numbers: Sequence[str], labels: Sequence[str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    columns = [*numbers, *labels]
    if is_parquet(path):
        for batch in _parquet().ParquetFile(path).iter_batches(batch_size=_ROWS, columns=columns):
            frame: pd.DataFrame = batch.to_pandas()
            for name in labels:
                frame[name] = labels_of(frame[name])
            yield frame
        return
    voids = dict.fromkeys(numbers, _VOID) | {name: [] for name in labels}
    with pd.read_csv(
        path, usecols=columns, chunksize=_ROWS, keep_default_na=False, na_values=voids, dtype=dict.fromkeys(labels, str)
    ) as reader:
        for frame in reader:
            for name in labels:
                frame[name] = labels_of(frame[name])
            yield frame


def labels_of(column: pd.Series[str]) -> npt.NDArray[np.object_]:
    """Labels as text without blanks at the ends, "" where there is none; each that occurs is looked at once."""
    import pandas as pd

    which, names = pd.factorize(column.to_numpy(dtype=object))
    plain = np.array([*(str(name).strip() for name in names), ""], dtype=object)
    return np.asarray(plain[which], dtype=object)


def number(column: pd.Series[float], dropped: Counter[str]) -> pd.Series[float]:
    """The column in double precision; text that is no number becomes missing and is counted."""
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").astype(np.float64)
    if column.dtype.kind not in "iuf":
        told = int((values.isna() & column.notna()).sum())
        dropped["the value is not a number"] += told
    return values.where(np.isfinite(values))
