"""World Input-Output Database (Timmer and others 2015): whole tables as arrays, or a long table by industry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import CaseError, did_you_mean
from tumen.trade._baseline import Array
from tumen.trade._loaders_io import InputOutputTable, labelled_table
from tumen.trade._loaders_read import existing, header, layout_of, pieces, year_in

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_wiod"]

_ARRAYS = ("inter", "final", "output", "countries", "industries")
_LONG = ("exporter", "industry", "importer", "intermediate_musd", "final_musd")
_MADE = ("country", "industry", "gross_output_musd", "intermediate_inputs_musd")
_SOURCE = "World Input-Output Database"


def read_wiod(path: Path | str, *, output: Path | str | None = None, year: int | None = None) -> InputOutputTable:
    """A world input-output table of WIOD, of the release of 2013 or 2016, in millions of current US dollars.

    path: either an npz file with `inter` (N S, N S), `final` (N S, N or N times the categories of final demand),
    `output` (N S), `countries` (N) and `industries` (S), rows and columns by country and within it by industry; or a
    long CSV or Parquet file `exporter, industry, importer, intermediate_musd, final_musd`. The long one does not say
    which industry uses an input: every industry of a country then uses the same mix, and how much of it is told by
    output. output: for the long form, a CSV or Parquet file `country, industry, gross_output_musd,
    intermediate_inputs_musd`; without it inputs are in proportion to output. year: found in the file's name where it
    is not given.

    Raises CaseError for another layout, MissingExtra where Parquet cannot be read.
    """
    file = existing(path)
    when = year_in(file) if year is None else year
    if file.suffix == ".npz":
        return _arrays(file, when)
    layout_of(file, header(file), {"WIOD by industry": _LONG})
    return _long(file, None if output is None else existing(output), when)


def _arrays(path: Path, year: int) -> InputOutputTable:
    with np.load(path, allow_pickle=False) as stored:
        missing = [name for name in _ARRAYS if name not in stored.files]
        if missing:
            raise CaseError(
                f"{path.name}: there is no array {name!r}; {did_you_mean(name, stored.files)}" for name in missing
            )
        values = {name: stored[name].astype(np.float64) for name in ("inter", "final", "output")}
        countries, sectors = ([str(label) for label in stored[name]] for name in ("countries", "industries"))
    size, n = len(countries) * len(sectors), len(countries)
    columns = values["final"].shape[-1]
    if values["inter"].shape != (size, size) or values["output"].shape != (size,) or columns % n or not columns:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in values.items())
        expected = f"inter ({size}, {size}), final ({size}, {n} or a multiple), output ({size},)"
        raise CaseError([f"{path.name}: {shapes}; expected {expected}"])
    if values["final"].shape[0] != size:
        raise CaseError([f"{path.name}: final has {values['final'].shape[0]} rows; expected {size}"])
    table = {
        "intermediate": values["inter"],
        "final": values["final"].reshape(size, n, -1).sum(axis=2),
        "output": values["output"],
        "value_added": values["output"] - values["inter"].sum(axis=0),
    }
    return labelled_table(table, countries, sectors, year, _SOURCE, [])


def _long(path: Path, output: Path | None, year: int) -> InputOutputTable:
    import pandas as pd

    frame = pd.concat(pieces(path, _LONG[3:], _LONG[:3]), ignore_index=True)
    twice = frame.duplicated(list(_LONG[:3]))
    if twice.any():
        raise CaseError([f"{path.name}: {int(twice.sum())} flows stand there twice"])
    countries = list(dict.fromkeys([*frame["exporter"], *frame["importer"]]))
    sectors = list(dict.fromkeys(frame["industry"]))
    uses, final = (_cube(frame, name, countries, sectors) for name in _LONG[3:])
    made = uses.sum(axis=2) + final.sum(axis=2)
    notes = ["every industry of a country uses the same mix of inputs; the file does not tell them apart"]
    inputs = made
    if output is None:
        notes.append("inputs of industries are in proportion to output")
    else:
        made, inputs = _made(output, countries, sectors)
    bought = uses.sum(axis=(0, 1))
    part = inputs / np.where(inputs.sum(axis=0) > 0, inputs.sum(axis=0), 1.0)
    gap = np.abs(inputs.sum(axis=0) - bought) / np.maximum(bought, np.finfo(float).tiny)
    if output is not None and gap.max() > 1e-3:
        worst = int(gap.argmax())
        raise CaseError([
            f"{output.name}: {countries[worst]} uses inputs of {inputs[:, worst].sum():,.6g} MUSD, "
            f"{path.name} has {bought[worst]:,.6g}; are both of the same year and release?"
        ])  # fmt: skip
    intermediate = uses[:, :, None, :] * part[None, None]
    spent = intermediate.sum(axis=(0, 1))
    return InputOutputTable(
        tuple(countries), tuple(sectors), year, intermediate, final, made, made - spent, _SOURCE, tuple(notes)
    )


def _cube(frame: pd.DataFrame, name: str, countries: list[str], sectors: list[str]) -> Array:
    """(sector, exporter, importer); a missing value is 0."""
    cube = np.zeros((len(sectors), len(countries), len(countries)))
    place, level = ({label: at for at, label in enumerate(labels)} for labels in (countries, sectors))
    where = (frame["industry"].map(level), frame["exporter"].map(place), frame["importer"].map(place))
    cube[tuple(np.asarray(index, dtype=np.intp) for index in where)] = frame[name].fillna(0.0)
    return cube


def _made(path: Path, countries: list[str], sectors: list[str]) -> tuple[Array, Array]:
    """Gross output and intermediate inputs (sector, country)."""
    import pandas as pd

    layout_of(path, header(path), {"output by industry": _MADE})
    frame = pd.concat(pieces(path, _MADE[2:], _MADE[:2]), ignore_index=True).set_index(list(_MADE[:2]))
    wanted = pd.MultiIndex.from_product([countries, sectors])
    absent = [industry for industry in wanted if industry not in frame.index]
    if absent or frame.index.has_duplicates:
        said = f"there is no row of {', '.join(absent[0])}" if absent else "an industry stands there twice"
        raise CaseError([f"{path.name}: {said}; expected one row for each country and industry"])
    found = frame.loc[wanted].to_numpy(dtype=np.float64).reshape(len(countries), len(sectors), 2)
    return found[:, :, 0].T, found[:, :, 1].T
