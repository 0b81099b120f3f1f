"""ITPD-E, the International Trade and Production Database for Estimation of the US International Trade Commission."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tumen.errors import did_you_mean
from tumen.trade._loaders_read import Years, existing, header, layout_of, number, pieces, wanted_years
from tumen.trade._loaders_tidy import added, clean, finish

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_itpde"]

_NEEDED = ("exporter_iso3", "importer_iso3", "year", "trade")
_SECTORS = {"industry": "industry_descr", "broad_sector": "broad_sector", "all": ""}
_FLAGS = ("flag_mirror", "flag_zero")
_VALUATION = "reported by the importer, or mirrored from the exporter's report; domestic sales are output less exports"


def read_itpde(
    path: Path | str, years: Years = None, *, by: Literal["industry", "broad_sector", "all"] = "industry"
) -> pd.DataFrame:
    """ITPD-E as a tidy table, domestic sales included.

    path: the CSV or Parquet file with `exporter_iso3, importer_iso3, year, industry_descr, broad_sector, trade`, in
    millions of current US dollars. years: the file is large, so name those that are needed. by: what makes a sector;
    industries are added up where it is not the industry. Notes count mirrored values (`flag_mirror`) and zeros that
    the database filled in (`flag_zero` of u), which may be missing values.

    Countries without domestic sales in an industry have no output figure there. Raises CaseError, MissingExtra,
    ValueError.
    """
    if by not in _SECTORS:
        raise ValueError(f"by is {by!r}; {did_you_mean(by, _SECTORS)}")
    file, wanted = existing(path), wanted_years(years)
    found = header(file)
    sector = [_SECTORS[by]] if _SECTORS[by] else []
    layout_of(file, found, {"ITPD-E": (*_NEEDED, *sector)})
    flags = [name for name in _FLAGS if name in found]
    dropped: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    parts = []
    for raw in pieces(file, ("year", "trade"), ("exporter_iso3", "importer_iso3", *sector, *flags), "year", wanted):
        part = raw.rename(columns={"exporter_iso3": "exporter", "importer_iso3": "importer"})
        part["sector"] = part[sector[0]] if sector else "all"
        part["value"] = number(part["trade"], dropped)
        part = clean(part, dropped, domestic=True)
        for name, mark, said in (
            ("flag_mirror", "1", "values are mirrored from the exporter's report"),
            ("flag_zero", "u", "zeros were filled in by the database and may be missing values"),
        ):
            flagged[said] += int(part[name].str.lower().str.removesuffix(".0").eq(mark).sum()) if name in flags else 0
        parts.append(added(part) if by != "industry" else part)
    notes = [f"{count:,} {said}" for said, count in flagged.items() if count]
    merged = None if by == "industry" else ""
    return finish(parts, source="ITPD-E", valuation=_VALUATION, dropped=dropped, notes=notes, merged=merged)
