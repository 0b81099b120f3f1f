"""Correlates of War dyadic trade, version 4: the file of dyads, and the long form with one direction a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tumen.errors import CaseError
from tumen.trade._loaders_codes import cow_codes
from tumen.trade._loaders_read import Years, existing, header, layout_of, number, pieces, wanted_years
from tumen.trade._loaders_tidy import clean, finish, inter_korean, labelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_cow"]

_DYADS = ("ccode1", "ccode2", "year", "flow1", "flow2")
_LONG = ("year", "exporter", "importer", "imports_musd")
_MISSING = -9
_VALUATION = "reported by the importer, mostly c.i.f.; whole MUSD"
_SOURCE = "Correlates of War, dyadic trade"


def read_cow(path: Path | str, years: Years = None, *, country_codes: Mapping[int, str] | None = None) -> pd.DataFrame:
    """Correlates of War trade (Barbieri and Keshk) as a tidy table.

    path: the CSV of dyads (`ccode1, ccode2, year, flow1, flow2`, others ignored; flow1 is what state 1 imports from
    state 2), or a long CSV or Parquet file `year, exporter, importer, imports_musd`. Both in millions of current US
    dollars; -9 is missing. years: those to read; all without. country_codes: labels by Correlates of War number, added
    to those that are known (ISO letters; the Federal Republic is DEU, North Yemen YEM, Yugoslavia SRB).

    There are no domestic sales. Raises CaseError for another layout, MissingExtra where Parquet cannot be read.
    """
    file, wanted = existing(path), wanted_years(years)
    layout = layout_of(file, header(file), {"dyads": _DYADS, "long": _LONG})
    dropped: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    notes: tuple[str, ...] = ()
    if layout == "dyads":
        names = {str(code): label for code, label in {**cow_codes(), **(country_codes or {})}.items()}
        parts = [
            part for raw in pieces(file, _DYADS, (), "year", wanted) for part in _sides(raw, names, dropped, unknown)
        ]
    else:
        parts = []
        for raw in pieces(file, ("year", "imports_musd"), ("exporter", "importer"), "year", wanted):
            part = raw[["year", "exporter", "importer"]].assign(
                sector="all", value=number(raw["imports_musd"], dropped)
            )
            part["value"] = part["value"].where(part["value"] != _MISSING)
            parts.append(clean(part, dropped, domestic=False))
        notes = ("a pair without a row traded nothing or is missing",)
    merged = "two states of one label" if layout == "dyads" else None
    frame = finish(
        parts, source=_SOURCE, valuation=_VALUATION, dropped=dropped, unknown=unknown, notes=notes, merged=merged
    )
    frame.attrs["notes"] += inter_korean(frame)
    return frame


def _sides(
    raw: pd.DataFrame, names: dict[str, str], dropped: Counter[str], unknown: Counter[str]
) -> list[pd.DataFrame]:
    """Both directions of the dyads."""
    twice = raw.duplicated(["ccode1", "ccode2", "year"])
    if twice.any():
        row = raw[twice].iloc[0]
        dyad = f"{row['ccode1']:.0f} and {row['ccode2']:.0f} in {row['year']:.0f}"
        raise CaseError([f"{_SOURCE}: {int(twice.sum())} dyads stand there twice, such as {dyad}"])
    codes = {side: raw[f"ccode{side}"].astype("int64").astype(str) for side in (1, 2)}
    labels = {side: labelled(code, names, unknown) for side, code in codes.items()}
    parts = []
    for importer, exporter in ((1, 2), (2, 1)):
        value = number(raw[f"flow{importer}"], dropped)
        part = raw[["year"]].assign(
            exporter=labels[exporter], importer=labels[importer], sector="all", value=value.where(value != _MISSING)
        )
        parts.append(clean(part, dropped, domestic=False))
    return parts
