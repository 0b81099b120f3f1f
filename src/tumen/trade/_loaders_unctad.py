"""UNCTADstat merchandise trade matrix: the long table of its download, and a Parquet or CSV extract by SITC section."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tumen.errors import CaseError, did_you_mean
from tumen.trade._loaders_codes import un_codes
from tumen.trade._loaders_read import Years, existing, header, layout_of, number, pieces, wanted_years
from tumen.trade._loaders_tidy import clean, finish, inter_korean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_unctad"]

_EXTRACT = ("year", "section", "exporter", "importer", "exports_kusd")
_VALUE = re.compile(r"US(\$| dollars) at current prices in thousands", re.IGNORECASE)
_VALUE_NAME = "US$ at current prices in thousands"
_TOTAL = re.compile(r"total(\W*all products)?", re.IGNORECASE)
_SECTION = re.compile(r"(SITC ?)?\[?\d\]?\D*", re.IGNORECASE)  # but no "0 + 1 + 22"
_SIDES = {"imports": ("1", "import", "imports"), "exports": ("2", "export", "exports")}
_THOUSAND = 1e-3  # MUSD


def read_unctad(
    path: Path | str,
    years: Years = None,
    *,
    flow: Literal["exports", "imports"] = "exports",
    sections: bool = False,
    country_codes: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The UNCTADstat merchandise trade matrix as a tidy table.

    path: a long CSV or Parquet file with `Economy, Partner, Product, Flow, Year` and `US$ at current prices in
    thousands` (`SitcRev3Product` for Product; columns of labels and footnotes are ignored), or an extract `year,
    section, exporter, importer, exports_kusd`. Both in thousands of current US dollars. flow: what economies report
    as exports (f.o.b.) or as imports (c.i.f.). sections: the ten sections of SITC as sectors, in place of the total;
    the two are never both read, for they would count trade twice. country_codes: labels by economy as the file has
    them; without it UN numbers become ISO letters, groups of countries are left out, and names stay as they are.

    There are no domestic sales. Raises CaseError, MissingExtra, ValueError.
    """
    if flow not in _SIDES:
        raise ValueError(f"flow is {flow!r}; {did_you_mean(flow, _SIDES)}")
    file, wanted = existing(path), wanted_years(years)
    dropped: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    found = header(file)
    columns = _columns(file, found)
    if columns["value"] == "exports_kusd" and flow != "exports":
        raise CaseError([f"{file.name}: this extract has exports only"])
    labels = [columns[name] for name in ("exporter", "importer", "product", "flow") if name in columns]
    parts, codes = [], {str(code): label for code, label in (country_codes or {}).items()}
    for raw in pieces(file, (columns["year"], columns["value"]), labels, columns["year"], wanted):
        part = raw.rename(columns={column: name for name, column in columns.items()})
        if "flow" in part:
            asked = part["flow"].str.lower().str.lstrip("0").isin(_SIDES[flow])
            dropped[f"not of {flow}"] += int((~asked).sum())
            part = part[asked]
        part = _of_products(part, sections, dropped)
        for side in ("exporter", "importer"):
            part[side] = _economies(part[side], codes, unknown)
        part["value"] = number(part["value"], dropped) * _THOUSAND
        if "flow" in part and flow == "imports":
            part = part.rename(columns={"exporter": "importer", "importer": "exporter"})
        parts.append(clean(part, dropped, domestic=False))
    valuation = "reported by the exporter, f.o.b." if flow == "exports" else "reported by the importer, c.i.f."
    frame = finish(
        parts, source="UNCTADstat, merchandise trade matrix", valuation=valuation, dropped=dropped, unknown=unknown
    )
    frame.attrs["notes"] += inter_korean(frame)
    return frame


def _columns(path: Path, found: list[str]) -> dict[str, str]:
    """The names that the file gives to exporter (the economy that reports), importer (its partner) and the others."""
    product = "SitcRev3Product" if "SitcRev3Product" in found else "Product"
    value = next((name for name in found if _VALUE.fullmatch(name.strip())), _VALUE_NAME)
    table = ("Year", "Economy", "Partner", product, "Flow", value)
    if layout_of(path, found, {"trade matrix": table, "extract by section": _EXTRACT}) == "trade matrix":
        return dict(zip(("year", "exporter", "importer", "product", "flow", "value"), table, strict=True))
    return dict(zip(("year", "product", "exporter", "importer", "value"), _EXTRACT, strict=True))


def _of_products(part: pd.DataFrame, sections: bool, dropped: Counter[str]) -> pd.DataFrame:
    total = part["product"].str.fullmatch(_TOTAL)
    if not sections:
        return part[total].assign(sector="all")
    section = part["product"].str.fullmatch(_SECTION)
    dropped["a group of products that is no section"] += int((~total & ~section).sum())
    kept = part[section]
    return kept.assign(sector=kept["product"])


def _economies(given: pd.Series[str], codes: dict[str, str], unknown: Counter[str]) -> pd.Series[str]:
    """Labels of economies: those given, ISO letters for UN numbers, names as they are; groups are left out."""
    import pandas as pd

    numbers = {str(code): label for code, label in un_codes().items()}

    def label(economy: str) -> str | None:
        if economy in codes:
            return codes[economy]
        if economy.isdigit():
            return numbers.get(economy.lstrip("0"))
        return None if codes or economy.lower() == "world" else economy

    names = {economy: label(economy) for economy in given.unique()}
    missing = [economy for economy, found in names.items() if found is None]
    unknown.update(given[given.isin(missing)].tolist())
    return pd.Series(given.map(names), index=given.index, dtype=object)
