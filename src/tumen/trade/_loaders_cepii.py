"""Two databases of CEPII: Gravity, with covariates of pairs, and BACI, reconciled trade by product."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tumen.errors import CaseError, did_you_mean
from tumen.trade._loaders_read import Years, existing, header, layout_of, number, pieces, wanted_years
from tumen.trade._loaders_tidy import KEYS, added, clean, finish, inter_korean, labelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GravityFlow", "read_baci", "read_cepii_gravity"]

GravityFlow = Literal["baci", "manuf_baci", "comtrade_o", "comtrade_d", "imf_o", "imf_d"]
_FLOWS: dict[str, tuple[str, str]] = {
    "baci": ("tradeflow_baci", "reconciled from both reports, f.o.b."),
    "manuf_baci": ("manuf_tradeflow_baci", "reconciled from both reports, f.o.b.; manufactures"),
    "comtrade_o": ("tradeflow_comtrade_o", "reported by the exporter, f.o.b."),
    "comtrade_d": ("tradeflow_comtrade_d", "reported by the importer, c.i.f."),
    "imf_o": ("tradeflow_imf_o", "reported by the exporter, f.o.b."),
    "imf_d": ("tradeflow_imf_d", "reported by the importer, c.i.f."),
}
_PAIR = ("year", "iso3_o", "iso3_d")
_EXISTS = ("country_exists_o", "country_exists_d")
_THOUSAND = 1e-3  # MUSD
_BACI = re.compile(r"BACI_(?P<revision>HS\d+)_Y(?P<year>\d{4})_V(?P<version>\w+)\.(csv|parquet)(\.gz)?$")
_TAIWAN = 490  # "Other Asia, not elsewhere specified"


def read_cepii_gravity(
    path: Path | str, years: Years = None, *, flow: GravityFlow = "baci", covariates: Sequence[str] = ()
) -> pd.DataFrame:
    """CEPII Gravity (V2021 and later) as a tidy table.

    path: the CSV or Parquet file, with `year, iso3_o, iso3_d` and the flow. flow: which of the file's trade columns,
    all in thousands of current US dollars. covariates: columns of the file to keep beside the five of the schema, such
    as `dist, contig, comlang_off, fta_wto, gdp_o`, in the units of the file (GDP in thousands of dollars). Where the
    file says which states exist, rows of others are left out.

    There are no domestic sales, and a missing flow is not a zero. Raises CaseError, MissingExtra, ValueError.
    """
    import pandas as pd

    if flow not in _FLOWS:
        raise ValueError(f"flow is {flow!r}; {did_you_mean(flow, _FLOWS)}")
    file, wanted = existing(path), wanted_years(years)
    column, valuation = _FLOWS[flow]
    found = header(file)
    kept = [name for name in covariates if name not in (*_PAIR, column)]
    layout_of(file, found, {"CEPII Gravity": (*_PAIR, column, *kept)})
    exists = [name for name in _EXISTS if name in found and name not in kept]
    dropped: Counter[str] = Counter()
    parts = []
    for raw in pieces(file, ("year", column, *exists, *kept), ("iso3_o", "iso3_d"), "year", wanted):
        part = raw.rename(columns={"iso3_o": "exporter", "iso3_d": "importer"})
        gone = (part[[name for name in _EXISTS if name in part]] == 0).any(axis=1)
        dropped["a state that does not exist in the year"] += int(gone.sum())
        part = part[~gone].assign(sector="all")
        part["value"] = number(part[column], dropped) * _THOUSAND
        parts.append(clean(part, dropped, domestic=False)[[*KEYS, "value", *kept]])
    table = pd.concat(parts, ignore_index=True).sort_values("value", ascending=False, kind="stable")
    second = table.duplicated(KEYS)
    dropped["another state under the same letters in the same year, with less trade"] += int(second.sum())
    frame = finish([table[~second]], source="CEPII Gravity", valuation=valuation, dropped=dropped, extra=kept)
    frame.attrs["notes"] += inter_korean(frame)
    return frame


def read_baci(
    path: Path | str,
    years: Years = None,
    *,
    country_codes: Path | str | Mapping[int, str] | None = None,
    digits: Literal[0, 2, 4, 6] = 0,
) -> pd.DataFrame:
    """CEPII BACI as a tidy table, values added up over products.

    path: one file `t, i, j, k, v` (year, exporter, importer, product of the Harmonized System, thousands of current US
    dollars; the quantity q is not read), or the folder of one release of one revision. country_codes: the companion
    file `country_code, country_iso3`, or labels by code; found beside the data by its name `country_codes_V*.csv`.
    digits: of the product that make the sector, 0 for all products together. Code 490, "Other Asia, not elsewhere
    specified", is labelled TWN, which is nearly all of it; a note says so.

    There are no domestic sales and no zeros. Raises CaseError, MissingExtra, ValueError.
    """
    if digits not in (0, 2, 4, 6):
        raise ValueError(f"digits is {digits!r}; expected 0, 2, 4 or 6")
    wanted = wanted_years(years)
    files = _files(Path(path), wanted)
    names = _names(files[0].parent, country_codes)
    dropped: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    parts = []
    for file in files:
        layout_of(file, header(file), {"BACI": ("t", "i", "j", "k", "v")})
        for raw in pieces(file, ("t", "i", "j", "v"), ("k",) if digits else (), "t", wanted):
            part = raw[["t"]].rename(columns={"t": "year"})
            for side, column in (("exporter", "i"), ("importer", "j")):
                part[side] = labelled(raw[column].astype("int64").astype(str), names, unknown)
            part["sector"] = raw["k"].str.zfill(6).str[:digits] if digits else "all"
            part["value"] = number(raw["v"], dropped) * _THOUSAND
            part = clean(part, dropped, domestic=False)
            parts.append(added(part))
    frame = finish(
        parts, source="CEPII BACI", valuation="reconciled from both reports, f.o.b.", dropped=dropped, unknown=unknown,
        merged="",
    )  # fmt: skip
    if names.get(str(_TAIWAN)) == "TWN" and ((frame["exporter"] == "TWN") | (frame["importer"] == "TWN")).any():
        frame.attrs["notes"] += (f'code {_TAIWAN}, "Other Asia, not elsewhere specified", is labelled TWN',)
    frame.attrs["notes"] += inter_korean(frame)
    return frame


def _files(path: Path, years: frozenset[int] | None) -> list[Path]:
    """The file, or those of a folder in the years, of one revision and one release."""
    if not path.is_dir():
        return [existing(path)]
    named = {file: match for file in sorted(path.iterdir()) if (match := _BACI.match(file.name))}
    if not named:
        raise CaseError([f"{path}: there is no file BACI_HS.._Y...._V...csv"])
    for what in ("revision", "version"):
        several = sorted({match[what] for match in named.values()})
        if len(several) > 1:
            raise CaseError(
                [f"{path}: files of several {what}s ({', '.join(several)}) would count trade twice; keep one"]
            )
    there = {file: int(match["year"]) for file, match in named.items()}
    if len(set(there.values())) < len(there):
        raise CaseError([f"{path}: a year has two files (CSV and Parquet); keep one"])
    chosen = [file for file, year in there.items() if years is None or year in years]
    if not chosen:
        asked = ", ".join(str(year) for year in sorted(years or ()))
        raise CaseError([f"{path}: there is no file of {asked}; it has {min(there.values())} to {max(there.values())}"])
    return chosen


def _names(folder: Path, given: Path | str | Mapping[int, str] | None) -> dict[str, str]:
    """ISO letters by BACI's code, as text."""
    import pandas as pd

    if isinstance(given, Mapping):
        return {str(int(code)): str(label) for code, label in given.items()}
    beside = sorted(folder.glob("country_codes_V*.csv"))
    if given is None and len(beside) != 1:
        said = f"there are {len(beside)} files country_codes_V*.csv beside the data"
        raise CaseError([f"{folder}: {said}; name the one to use in country_codes"])
    file = existing(beside[0] if given is None else given)
    layout_of(file, header(file), {"country codes": ("country_code", "country_iso3")})
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    names = {
        code.strip().lstrip("0"): label.strip()
        for code, label in zip(table["country_code"], table["country_iso3"], strict=True)
        if re.fullmatch("[A-Z]{3}", label.strip())
    }
    return names | {str(_TAIWAN): "TWN"}
