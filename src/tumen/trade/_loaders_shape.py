"""What is done to tidy trade before it becomes a baseline: shares averaged over years, and tables of labels to merge.

The average share of exporter i in what j buys of k is the mean over years of value / total, weighted if asked for. It
is of shares and not of values, so that inflation gives late years no more say; and it is the arithmetic mean, for a
geometric one would be zero wherever one year is, and neither a geometric nor a harmonic one adds up to 1. A pair
without a flow in a year counts as 0; a year in which j buys nothing of k at all says nothing, and is left out of the
mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import CaseError, did_you_mean
from tumen.trade._loaders_read import existing, header, layout_of
from tumen.trade._loaders_tidy import KEYS, TIDY, check_tidy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["average_shares", "read_mapping"]

_SHOWN = 20


def average_shares(
    tidy: pd.DataFrame, years: Iterable[int], weights: Sequence[float] | None = None, *, totals: int | None = None
) -> pd.DataFrame:
    """Trade whose importer shares are those of several years on average, for flows that are small or noisy.

    tidy: `year, exporter, importer, sector, value`. years: those to average. weights: of the years, in their order,
    above 0; equal without. totals: the year whose purchases by importer and sector the result has, the last of the
    years without. Returns a tidy table of that year; what an importer buys of a sector adds up to what it bought then.
    Importers that bought nothing in that year have no rows. One year gives back that year.

    Raises CaseError for a table of another shape or a year without rows, ValueError for years or weights.
    """
    import pandas as pd

    check_tidy(tidy, "average_shares")
    asked = [int(year) for year in years]
    weight = _weights(asked, weights)
    base = asked[-1] if totals is None else int(totals)
    there = sorted({int(year) for year in tidy["year"].unique()})
    missing = [year for year in dict.fromkeys([*asked, base]) if year not in there]
    if missing:
        raise CaseError([f"average_shares: there is no row of {year}; years: {there}" for year in missing])
    bought = ["year", "importer", "sector"]
    frame = tidy.loc[tidy["year"].isin([*asked, base]), list(TIDY)].reset_index(drop=True)
    if frame.duplicated(KEYS).any() or not (frame["value"] >= 0).all():
        raise CaseError(["average_shares: flows must be 0 or more and stand in the table once"])
    total = frame.groupby(bought)["value"].transform("sum")
    frame = frame[total > 0].assign(total=total)
    used = frame[frame["year"].isin(asked)]
    used = used.assign(weight=used["year"].map(weight), share=used["value"] / used["total"])
    pair = ["exporter", "importer", "sector"]
    mean = (used["share"] * used["weight"]).groupby([used[name] for name in pair]).sum().rename("value").reset_index()
    counted = used.drop_duplicates(bought).groupby(bought[1:])["weight"].sum().rename("weight").reset_index()
    now = frame[frame["year"] == base].drop_duplicates(bought)[["importer", "sector", "total"]]
    mean = mean.merge(counted, on=bought[1:]).merge(now, on=bought[1:])
    mean["value"] = mean["value"] / mean["weight"] * mean["total"]
    out = pd.DataFrame({"year": np.int64(base)}, index=mean.index).join(mean[[*pair, "value"]])
    out = out.sort_values(KEYS, ignore_index=True)
    out.attrs = {**tidy.attrs, "notes": (*tidy.attrs.get("notes", ()), *_said(used, now, asked, base, pair))}
    return out


def _weights(years: list[int], given: Sequence[float] | None) -> dict[int, float]:
    if not years or len(set(years)) < len(years):
        raise ValueError(f"years: {years}; expected at least one, none twice")
    weights = [1.0] * len(years) if given is None else [float(weight) for weight in given]
    if len(weights) != len(years) or not all(np.isfinite(weight) and weight > 0 for weight in weights):
        raise ValueError(f"weights: {weights}; expected {len(years)} numbers above 0, one a year")
    return dict(zip(years, weights, strict=True))


def _said(used: pd.DataFrame, now: pd.DataFrame, years: list[int], base: int, pair: list[str]) -> list[str]:
    said = [f"shares are averages over {', '.join(map(str, sorted(years)))}, totals those of {base}"]
    seen = used[used["value"] > 0].groupby(pair).size()
    absent = int((seen < len(years)).sum())
    if absent:
        said.append(f"{absent:,} of {len(seen):,} pairs have no flow in some of these years, which counts as 0")
    before = used[["importer", "sector"]].drop_duplicates()
    lost = before.merge(now, on=["importer", "sector"], how="left")["total"].isna()
    if lost.any():
        names = ", ".join(sorted(set(before["importer"].to_numpy()[lost.to_numpy()]))[:8])
        said.append(f"bought nothing in {base} and have no rows: {int(lost.sum())} importers by sector, of {names}")
    fresh = now.merge(before, on=["importer", "sector"], how="left", indicator=True)["_merge"].eq("left_only")
    if fresh.any():
        names = ", ".join(sorted(set(now["importer"].to_numpy()[fresh.to_numpy()]))[:8])
        said.append(f"bought in {base} only and have no shares to average: {int(fresh.sum())}, of {names}")
    return said


def read_mapping(path: Path | str, known: Iterable[str] | None = None) -> dict[str, str]:
    """Labels to merge, from a CSV `from, to`: for `Baseline.aggregate`, or for the labels of a tidy table.

    known: the labels that there are, such as `baseline.countries`; then every `from` must be one of them. Labels that
    the table leaves out stay as they are. Raises CaseError with every label that is empty, unknown or named twice.
    """
    import pandas as pd

    file = existing(path)
    layout_of(file, header(file), {"mapping": ("from", "to")})
    table = pd.read_csv(file, usecols=["from", "to"], dtype=str, keep_default_na=False)  # "NA" is Namibia
    labels = None if known is None else set(known)
    mapping: dict[str, str] = {}
    problems = []
    for line, (old, new) in enumerate(zip(table["from"].str.strip(), table["to"].str.strip(), strict=True), start=2):
        if not old or not new:
            problems.append("a label is empty")
        elif old in mapping:
            problems.append(f"{old!r} is mapped a second time, to {new!r}; before it was {mapping[old]!r}")
        elif labels is not None and old not in labels:
            problems.append(f"there is no {old!r}; {did_you_mean(old, labels)}")
        else:
            mapping[old] = new
            continue
        problems[-1] = f"{file.name}, line {line}: {problems[-1]}"
    if problems:
        more = [f"{file.name}: and {len(problems) - _SHOWN} more"] * (len(problems) > _SHOWN)
        raise CaseError([*problems[:_SHOWN], *more])
    return mapping
