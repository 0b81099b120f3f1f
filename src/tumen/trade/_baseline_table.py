"""Baselines from long tables, merged baselines, and flows as long tables again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from tumen.errors import CaseError, did_you_mean, unknown_name
from tumen.trade._baseline import Array, Baseline, ByLabel, Domestic, Incomplete

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Found", "aggregate", "long_table", "read_frame", "read_table"]

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a long table holds, in arrays; see `Baseline`."""

    flows: Array
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    tariffs: Array | None
    notes: tuple[str, ...]


def read_frame(table: pd.DataFrame | Path | str, what: str, needed: tuple[str, ...]) -> pd.DataFrame:
    """A frame with text labels from a frame or the path of a CSV or Parquet file; raises CaseError."""
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        frame = table.copy()
    else:
        path = Path(table)
        if not path.is_file():
            raise CaseError([f"{what}: there is no file {path}"])
        if path.suffix in {".parquet", ".pq"}:
            frame = pd.read_parquet(path)
        else:  # "NA" is Namibia, not a missing value
            frame = pd.read_csv(path, keep_default_na=False, na_values={"value": ["", "NaN", "nan", "NA"]})
    frame.columns = [str(column).strip() for column in frame.columns]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise CaseError(f"{what}: there is no column {name!r}; {did_you_mean(name, frame.columns)}" for name in missing)
    for name in ("exporter", "importer", "sector"):
        if name in frame.columns:
            frame[name] = frame[name].astype(str).str.strip()
    return frame.reset_index(drop=True)


def read_table(
    table: pd.DataFrame | Path | str,
    tariffs: pd.DataFrame | Path | str | None,
    domestic: Domestic,
    output: ByLabel | pd.Series[float] | None,
    incomplete: Incomplete,
    output_to_gdp: float | ByLabel | None = None,
) -> Found:
    """What `Baseline.from_table` reads; raises CaseError with every problem."""
    import pandas as pd

    frame = read_frame(table, "flows", ("exporter", "importer", "value"))
    if "sector" not in frame.columns:
        frame["sector"] = "all"
    problems: list[str] = []
    notes: list[str] = []
    if "year" in frame.columns and frame["year"].nunique() > 1:
        years = f"{frame['year'].min()} to {frame['year'].max()}"
        raise CaseError([f"flows: there are rows of {years}; keep one year, or average with loaders.average_shares"])
    frame["value"] = pd.to_numeric(frame["value"], errors="coerce").astype(np.float64)
    frame = _rows(frame, incomplete, problems, notes)
    frame = _both_sides(frame, incomplete, problems, notes)
    if problems:
        raise CaseError(problems)
    if frame.empty:
        raise CaseError(["flows: there is no row; expected exporter, importer, value, domestic sales included"])
    countries = tuple(sorted(set(frame["exporter"])))
    sectors = tuple(sorted(set(frame["sector"])))
    flows, given = _pivot(frame, "value", countries, sectors)
    made = _gross_output(domestic, output, output_to_gdp, sectors, problems, notes)
    _fill_domestic(flows, given, countries, sectors, domestic, made, problems, notes)
    _trading(flows, countries, problems)
    duties = None if tariffs is None else _tariffs(tariffs, countries, sectors, problems)
    if problems:
        raise CaseError(problems)
    return Found(flows, countries, sectors, duties, tuple(notes))


def _say(frame: pd.DataFrame, said: str) -> list[str]:
    """One line a row, the first of many."""
    shown = [
        f"flows: row {index + 1}, {row.exporter} to {row.importer}: {said}"
        for index, row in zip(frame.index[:_SHOWN], frame.head(_SHOWN).itertuples(), strict=True)
    ]
    return shown + [f"flows: and {len(frame) - _SHOWN} more rows: {said}"] * (len(frame) > _SHOWN)


def _rows(frame: pd.DataFrame, incomplete: Incomplete, problems: list[str], notes: list[str]) -> pd.DataFrame:
    """Rows with a finite value, none twice."""
    void = ~np.isfinite(frame["value"].to_numpy())
    if void.any() and incomplete == "drop":
        notes.append(f"{int(void.sum())} rows without a value were dropped")
        frame = frame[~void]
    elif void.any():
        problems += _say(frame[void], 'there is no finite value; remove the row, or use incomplete="drop"')
    problems += _say(frame[frame["value"] < 0], "the value is negative; expected 0 or more")
    twice = frame.duplicated(["exporter", "importer", "sector"], keep="first")
    problems += _say(frame[twice], "the same flow stands in an earlier row; add the two up or keep one")
    return frame


def _both_sides(frame: pd.DataFrame, incomplete: Incomplete, problems: list[str], notes: list[str]) -> pd.DataFrame:
    """Every country stands on both sides of the table."""
    while True:
        sells, buys = set(frame["exporter"]), set(frame["importer"])
        if sells == buys:
            return frame
        one_sided = sorted(sells ^ buys)
        if incomplete != "drop":
            for country in one_sided:
                side, other = ("exporter", "importer") if country in sells else ("importer", "exporter")
                advice = 'add its domestic sales, or use incomplete="drop"'
                problems.append(f"flows: {country} is an {side} but never an {other}; {advice}")
            return frame
        kept = ~(frame["exporter"].isin(one_sided) | frame["importer"].isin(one_sided))
        notes.append(f"{', '.join(one_sided)}: seen from one side only; {int((~kept).sum())} rows were dropped")
        frame = frame[kept]


def _pivot(
    frame: pd.DataFrame, column: str, countries: tuple[str, ...], sectors: tuple[str, ...]
) -> tuple[Array, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """The column as (sector, exporter, importer), and where the table has a row."""
    place = {country: i for i, country in enumerate(countries)}
    level = {sector: s for s, sector in enumerate(sectors)}
    s = frame["sector"].map(level).to_numpy(dtype=np.int64)
    i = frame["exporter"].map(place).to_numpy(dtype=np.int64)
    j = frame["importer"].map(place).to_numpy(dtype=np.int64)
    values = np.zeros((len(sectors), len(countries), len(countries)))
    given = np.zeros(values.shape, dtype=np.bool_)
    values[s, i, j] = frame[column].to_numpy(dtype=np.float64)
    given[s, i, j] = True
    return values, given


def _gross_output(
    domestic: Domestic,
    output: ByLabel | pd.Series[float] | None,
    output_to_gdp: float | ByLabel | None,
    sectors: tuple[str, ...],
    problems: list[str],
    notes: list[str],
) -> dict[object, float]:
    """Gross output by country, or by (country, sector), as given or as a multiple of GDP."""
    if domestic not in get_args(Domestic):
        raise ValueError(f"domestic is {domestic!r}; {did_you_mean(domestic, get_args(Domestic))}")
    if domestic != "refuse" and output is None:
        raise ValueError(f'domestic="{domestic}" needs output: by country, or gross output by (country, sector)')
    made: dict[object, float] = {} if output is None else {key: float(value) for key, value in output.items()}
    if domestic != "from_gdp":
        return made
    if output_to_gdp is None:
        raise ValueError('domestic="from_gdp" needs output_to_gdp, the ratio of gross output to GDP, such as 2.0')
    if len(sectors) > 1:
        problems.append('domestic="from_gdp" is for one sector; GDP does not say which sector makes what')
    if not isinstance(output_to_gdp, Mapping):
        notes.append(f"gross output is estimated as {output_to_gdp:g} times GDP")
        return {country: value * output_to_gdp for country, value in made.items()}
    notes.append("gross output is estimated as a multiple of GDP, by country")
    return {country: value * output_to_gdp[str(country)] for country, value in made.items() if country in output_to_gdp}


def _fill_domestic(
    flows: Array,
    given: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    countries: tuple[str, ...],
    sectors: tuple[str, ...],
    domestic: Domestic,
    made: Mapping[object, float],
    problems: list[str],
    notes: list[str],
) -> None:
    """Domestic sales as output less exports where the table has none.

    A country with domestic sales in some sectors may lack those in others: it then makes nothing there for itself.
    """
    if problems:
        return
    filled, absent = [], []
    for i, country in enumerate(countries):
        missing = [s for s in range(len(sectors)) if not given[s, i, i] and (flows[s, i].any() or flows[s, :, i].any())]
        if domestic == "refuse" and given[:, i, i].any() and missing:
            absent.append(f"{country} ({', '.join(sectors[s] for s in missing)})")
            continue
        if not missing:
            continue
        if domestic == "refuse":
            advice = 'add a row, or use domestic="from_output" with gross output'
            problems.append(f"flows: {country} has no domestic sales ({country} to {country}); {advice}")
            continue
        for s in missing:
            key: object = country if len(sectors) == 1 else (country, sectors[s])
            if key not in made:
                problems.append(f"output: there is none for {key}")
                continue
            exports = flows[s, i].sum()
            flows[s, i, i] = made[key] - exports
            if made[key] < exports:
                said = f"output: {key} has {made[key]:.6g}, less than its exports of {exports:.6g}"
                problems.append(f"{said}; leave out what it re-exports, or raise its output")
        filled.append(country)
    if absent:
        notes.append(f"without a domestic row, taken as no domestic sales: {'; '.join(absent)}")
    if filled:
        notes.append(f"domestic sales of {', '.join(filled)} were filled with output less exports")


def _trading(flows: Array, countries: tuple[str, ...], problems: list[str]) -> None:
    """Every country sells and buys something."""
    if problems:
        return
    for verb, axes in (("sells", (0, 2)), ("buys", (0, 1))):
        for i in np.flatnonzero(flows.sum(axis=axes) <= 0):
            problems.append(f"flows: {countries[i]} {verb} nothing, at home or abroad; add its sales or leave it out")


def _tariffs(
    table: pd.DataFrame | Path | str, countries: tuple[str, ...], sectors: tuple[str, ...], problems: list[str]
) -> Array:
    frame = read_frame(table, "tariffs", ("exporter", "importer", "tariff"))
    parts = [frame.assign(sector=sector) for sector in sectors] if "sector" not in frame.columns else [frame]
    values = np.zeros((len(sectors), len(countries), len(countries)))
    for part in parts:
        for name, labels in (("exporter", countries), ("importer", countries), ("sector", sectors)):
            unknown = sorted(set(part[name]) - set(labels))
            problems += [f"tariffs: there is no {name} {label!r}; {did_you_mean(label, labels)}" for label in unknown]
        if not problems:
            found, given = _pivot(part, "tariff", countries, sectors)
            values[given] = found[given]
    return values


def long_table(flows: Array, countries: tuple[str, ...], sectors: tuple[str, ...]) -> pd.DataFrame:
    """Flows (sector, exporter, importer) as a long table, zeros abroad left out; the sector where there are several."""
    import pandas as pd

    s, i, j = np.nonzero((flows > 0) | np.eye(len(countries), dtype=np.bool_))
    names = np.array(countries, dtype=object)
    columns: dict[str, object] = {"exporter": names[i], "importer": names[j]}
    if len(sectors) > 1:
        columns["sector"] = np.array(sectors, dtype=object)[s]
    return pd.DataFrame({**columns, "value": flows[s, i, j]})


def aggregate(base: Baseline, countries: Mapping[str, str], sectors: Mapping[str, str]) -> Baseline:
    """What `Baseline.aggregate` gives."""
    to_country = _merging("country", base.countries, countries)
    to_sector = _merging("sector", base.sectors, sectors)
    (names, g), (kinds, h) = to_country, to_sector
    flows = _merge(base.flows, h, g)
    abroad = base.flows.sum(axis=(1, 2)) - base.flows.diagonal(axis1=1, axis2=2).sum(axis=1)
    weights = np.where(h @ abroad > 0, h @ abroad, 1.0)
    theta = np.where(h @ abroad > 0, h @ (abroad * base.elasticity) / weights, h @ base.elasticity / h.sum(axis=1))
    tariffs = None
    if base.tariffs is not None:
        paid = _merge(base.flows * base.tariffs, h, g)
        tariffs = np.where(flows > 0, paid / np.where(flows > 0, flows, 1.0), 0.0)
    merged = Baseline.from_arrays(
        flows, names, sectors=kinds, elasticity=theta, tariffs=tariffs, deficits=g @ base.deficits, notes=base.notes,
        substitution=base.substitution,
    )  # fmt: skip
    if base.io is None and base.value_added_share is None and base.final_shares is None:
        return merged
    shares: dict[str, Any] = {**_merged_shares(base, h, g), "_cache": {}}
    return replace(merged, **shares)


def _merge(values: Array, sectors: Array, countries: Array) -> Array:
    out: Array = np.einsum("hs,sij->hij", sectors, values)
    return np.asarray(countries @ out @ countries.T)


def _merged_shares(base: Baseline, h: Array, g: Array) -> dict[str, Array]:
    """Input, value added and final shares of the merged world, each weighted by what it is a share of."""
    output = base.flows.sum(axis=2)
    made = h @ output @ g.T
    idle = made <= 0  # with no inputs either, so that all there would be is value added
    made = np.where(idle, 1.0, made)
    shares: dict[str, Array] = {}
    used = np.zeros(output.shape)
    if base.io is not None:
        values = base.io * output[None]
        used = values.sum(axis=1)
        shares["io"] = np.einsum("hs,stn,kt,mn->hkm", h, values, h, g) / made[None]
    if base.value_added_share is not None:
        shares["value_added_share"] = np.where(idle, 1.0, h @ (base.value_added_share * output) @ g.T / made)
    if base.final_shares is not None:
        bought = base.flows.sum(axis=1) + (0.0 if base.tariffs is None else (base.flows * base.tariffs).sum(axis=1))
        total = (bought - used).sum(axis=0)
        shares["final_shares"] = h @ (base.final_shares * total) @ g.T / (g @ total)
    for array in shares.values():
        array.setflags(write=False)
    return shares


def _merging(kind: str, labels: tuple[str, ...], mapping: Mapping[str, str]) -> tuple[tuple[str, ...], Array]:
    """New labels in the order in which they first appear, and the matrix (new, old) of ones that merges."""
    for label in mapping:
        if label not in labels:
            raise unknown_name(kind, label, labels)
    new = [str(mapping.get(label, label)) for label in labels]
    names = tuple(dict.fromkeys(new))
    matrix = np.zeros((len(names), len(labels)))
    matrix[[names.index(label) for label in new], np.arange(len(labels))] = 1.0
    return names, matrix
