"""The one schema to which all loaders bring trade: `year, exporter, importer, sector, value`.

Values are MUSD in double precision; rows are sorted; the sector is "all" where the source gives totals. `attrs` of the
frame say where it comes from (`source`), how it is valued (`valuation`), and what was left out (`notes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tumen.errors import CaseError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEYS", "TIDY", "added", "check_tidy", "clean", "finish", "inter_korean", "labelled"]

KEYS = ["year", "exporter", "importer", "sector"]
TIDY = (*KEYS, "value")
_SHOWN = 12


def labelled(codes: pd.Series[str], names: dict[str, str], unknown: Counter[str]) -> pd.Series[str]:
    """Labels of codes; an unknown code becomes missing and is counted."""
    found = codes.map(names)
    unknown.update(codes[found.isna()].tolist())
    return found


def clean(frame: pd.DataFrame, dropped: Counter[str], *, domestic: bool) -> pd.DataFrame:
    """Rows that are a flow; what is left out is counted by reason.

    domestic: whether the source gives domestic sales. If not, trade of a country with itself is a re-import or trade
    with its own territories, which must not be taken for them.
    """
    frame = frame[frame["exporter"].notna() & frame["importer"].notna()]
    own, value = frame["exporter"] == frame["importer"], frame["value"]
    reasons = {
        "trade with itself, without a value": own & ~(value > 0) & ~(value < 0),
        "trade with itself, which is no domestic sale in this source": own & (value > 0) & (not domestic),
        "no value": ~own & value.isna(),
        "a negative value": value < 0,
    }
    kept = value.notna()
    for reason, rows in reasons.items():
        dropped[reason] += int(rows.sum())
        kept &= ~rows
    return frame[kept]


def finish(
    parts: Iterable[pd.DataFrame],
    *,
    source: str,
    valuation: str,
    dropped: Counter[str],
    unknown: Counter[str] | None = None,
    notes: Sequence[str] = (),
    merged: str | None = None,
    extra: Sequence[str] = (),
) -> pd.DataFrame:
    """The tidy table of the parts, with its notes.

    merged: None where two rows of a key are an error; otherwise their values are added up, and unless it is empty a
    note says so with this reason. extra: further columns to keep. Raises CaseError.
    """
    import pandas as pd

    frame = pd.concat(list(parts), ignore_index=True)
    if frame.empty:
        raise CaseError(
            [f"{source}: there is no row with a value; {'; '.join(_told(dropped, unknown)) or 'it is empty'}"]
        )
    twice = frame.duplicated(KEYS, keep="first")
    said = list(notes)
    if twice.any() and merged is None:
        rows = frame[twice].head(5)[KEYS].astype(str).agg(" ".join, axis=1)
        raise CaseError([f"{source}: {int(twice.sum())} flows stand there twice, such as {'; '.join(rows)}"])
    if twice.any():
        frame = added(frame)
        said += [f"{int(twice.sum()):,} rows were added to others of the same flow: {merged}"] * bool(merged)
    frame = frame.sort_values(KEYS, ignore_index=True)[[*TIDY, *extra]]
    types: dict[str, Any] = {"year": "int64", "exporter": str, "importer": str, "sector": str, "value": "float64"}
    frame = frame.astype(types)
    frame.attrs = {"source": source, "valuation": valuation, "notes": (*_told(dropped, unknown), *said)}
    return frame


def _told(dropped: Counter[str], unknown: Counter[str] | None) -> list[str]:
    told = [f"{count:,} rows were left out: {reason}" for reason, count in dropped.items() if count]
    if unknown:
        codes = sorted(unknown)
        shown = ", ".join(codes[:_SHOWN]) + (", ..." if len(codes) > _SHOWN else "")
        told.append(f"{unknown.total():,} times a country code was unknown and its row left out: {shown}")
    return told


def added(frame: pd.DataFrame) -> pd.DataFrame:
    """Values of rows with the same key added up."""
    return frame.groupby(KEYS, sort=False)["value"].sum().reset_index()


def inter_korean(frame: pd.DataFrame) -> tuple[str, ...]:
    """A note on trade between KOR and PRK, which both count as internal; none where they do not both appear."""
    pair = {"KOR", "PRK"}
    sides = (frame["exporter"], frame["importer"])
    years = set.intersection(*(set(frame.loc[(sides[0] == name) | (sides[1] == name), "year"]) for name in pair))
    if not years:
        return ()
    both = frame[sides[0].isin(pair) & sides[1].isin(pair) & (sides[0] != sides[1])]
    value = both.groupby("year")["value"].sum()
    traded = value[value > 0]
    most = f", and at most {traded.max():,.3g} MUSD in the others" if len(traded) else ""
    return (
        f"known defect: trade between KOR and PRK counts as internal; it is 0 or missing in {len(years) - len(traded)} "
        f"of {len(years)} years{most}. Add it by hand",
    )


def check_tidy(frame: pd.DataFrame, what: str) -> None:
    """Raises CaseError unless the frame has the columns of the schema."""
    missing = [name for name in TIDY if name not in frame.columns]
    if missing:
        found = ", ".join(str(column) for column in frame.columns[:_SHOWN])
        raise CaseError([f"{what}: there is no column {', '.join(missing)}; expected {', '.join(TIDY)}, found {found}"])
