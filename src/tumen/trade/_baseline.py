"""The world before a shock: who sells what to whom, with domestic sales, and how trade responds to costs.

Flows are values at the exporter's price, tariffs excluded. Output of a country is what it sells, at home and abroad;
its spending is what it buys; its deficit is spending less output, imports less exports. With one sector and no inputs
that is all the model needs. Many sectors add input shares, value added, final shares (Caliendo and Parro 2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from tumen.trade._bulk import SparseShocks
    from tumen.trade._equilibrium import Equilibrium
    from tumen.trade._exposure import Exposure
    from tumen.trade._shocks import Shock

__all__ = ["Array", "Baseline", "ByLabel", "Domestic", "Incomplete"]

Array = npt.NDArray[np.float64]
ByLabel = Mapping[str, float]
Domestic = Literal["refuse", "from_output", "from_gdp"]
Incomplete = Literal["refuse", "drop"]
_ROUNDING = 1e-14  # a deficit that is as small a part of trade is none
_BALANCE = 1e-6  # how far a stated deficit may lie from that of the flows, as a share of output


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Baseline:
    """Trade of the world before a shock. Made by `from_table` or `from_arrays`; arrays are read-only.

    countries, sectors: labels, the order of every axis. flows (sector, exporter, importer): MUSD, or any one money, at
    the exporter's price, domestic sales on the diagonal. elasticity (sector,): the trade elasticity theta, not
    sigma = theta + 1. tariffs (sector, exporter, importer): rates on the exporter's value, 0.05 for 5 %, or None.
    io (input sector, using sector, country) and value_added_share (sector, country): shares in gross output.
    final_shares (sector, country): shares in final spending. deficits (country,): spending less output. notes: what
    was dropped or filled in, in words. substitution: elasticity between the goods of sectors, 1 for constant shares.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array
    elasticity: Array
    deficits: Array
    tariffs: Array | None = None
    io: Array | None = None
    value_added_share: Array | None = None
    final_shares: Array | None = None
    notes: tuple[str, ...] = ()
    substitution: float = 1.0
    _cache: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame | Path | str,
        elasticity: float | ByLabel,
        *,
        tariffs: pd.DataFrame | Path | str | None = None,
        deficits: Literal["data"] | ByLabel = "data",
        domestic: Domestic = "refuse",
        output: ByLabel | pd.Series[float] | None = None,
        output_to_gdp: float | ByLabel | None = None,
        incomplete: Incomplete = "refuse",
        substitution: float = 1.0,
    ) -> Baseline:
        """The baseline from a long table, one row for a flow, in any order.

        table: a frame or the path of a CSV (or Parquet) with the columns `exporter, importer, value` and optionally
        `sector`; pairs without a row do not trade. elasticity: theta, one for all sectors or by sector. tariffs: a
        table `exporter, importer[, sector], tariff`, rates before the shock; pairs without a row have none.
        deficits: "data", or by country, which must then agree with the flows. domestic: "from_output" fills a missing
        domestic row with `output` (by country, or by (country, sector)) less exports; "from_gdp", with one sector, with
        `output` as GDP times `output_to_gdp`, about 2 for whole economies. incomplete: "drop" leaves out rows without a
        value and countries without sales or purchases, and says so in `notes`.

        Raises CaseError with everything wrong with the table.
        """
        from tumen.trade._baseline_table import read_table

        found = read_table(table, tariffs, domestic, output, incomplete, output_to_gdp)
        return cls.from_arrays(
            found.flows,
            found.countries,
            sectors=found.sectors,
            elasticity=elasticity,
            tariffs=found.tariffs,
            deficits=deficits,
            notes=found.notes,
            substitution=substitution,
        )

    @classmethod
    def from_arrays(
        cls,
        flows: npt.ArrayLike,
        countries: Iterable[str],
        *,
        elasticity: float | ByLabel | npt.ArrayLike,
        sectors: Iterable[str] | None = None,
        tariffs: npt.ArrayLike | None = None,
        io: npt.ArrayLike | None = None,
        value_added_share: npt.ArrayLike | None = None,
        final_shares: npt.ArrayLike | None = None,
        deficits: Literal["data"] | ByLabel | npt.ArrayLike | None = None,
        notes: Sequence[str] = (),
        substitution: float = 1.0,
    ) -> Baseline:
        """The baseline from arrays; see the class for their shapes and units.

        flows: (sector, exporter, importer), or (exporter, importer) for one sector; tariffs likewise. elasticity: one
        for all sectors, by label, or (sector,). deficits: "data" or None for those of the flows.

        Raises CaseError with everything wrong.

        >>> world = Baseline.from_arrays([[8.0, 2.0], [1.0, 4.0]], ["CHN", "PRK"], elasticity=4.0)
        >>> world.deficits
        array([-1.,  1.])
        """
        names = tuple(str(country) for country in countries)
        trade = _cube(flows)
        sector_names = ("all",) * len(trade) if sectors is None else tuple(str(sector) for sector in sectors)
        if sectors is None and len(trade) > 1:
            sector_names = tuple(f"sector {s + 1}" for s in range(len(trade)))
        optional = {"io": io, "value_added_share": value_added_share, "final_shares": final_shares}
        arrays: dict[str, Any] = {key: None if value is None else _frozen(value) for key, value in optional.items()}
        duties = None if tariffs is None else _frozen(_cube(tariffs))
        problems = _shapes(trade, names, sector_names, duties, arrays)
        if not problems:
            problems = _values(trade, names, sector_names, duties)
        theta = _elasticity(elasticity, sector_names, problems)
        if not (np.isfinite(substitution) and substitution >= 0):
            problems.append(f"substitution: {substitution}; expected 0 or more, 1 for constant shares of sectors")
        if problems:
            raise CaseError(problems)
        gap = _deficits(trade, names, deficits, strict=len(trade) == 1 and io is None)
        return cls(
            names, sector_names, _frozen(trade), _frozen(theta), _frozen(gap), duties, **arrays, notes=tuple(notes),
            substitution=float(substitution),
        )  # fmt: skip

    @property
    def output(self) -> Array:
        """What each country sells, at home and abroad, (country,), MUSD at its own prices."""
        total: Array = self.flows.sum(axis=(0, 2))
        return total

    @property
    def spending(self) -> Array:
        """What each country buys, (country,), MUSD at the exporters' prices, tariffs excluded."""
        total: Array = self.flows.sum(axis=(0, 1))
        return total

    @property
    def tariff_revenue(self) -> Array:
        """(country,), MUSD."""
        if self.tariffs is None:
            return np.zeros(len(self.countries))
        revenue: Array = (self.flows * self.tariffs).sum(axis=(0, 1))
        return revenue

    @property
    def exports(self) -> Array:
        """Sales abroad, (country,), MUSD."""
        total: Array = _abroad(self.flows).sum(axis=(0, 2))
        return total

    @property
    def imports(self) -> Array:
        """Purchases abroad at the exporters' prices, (country,), MUSD."""
        total: Array = _abroad(self.flows).sum(axis=(0, 1))
        return total

    @property
    def one_sector(self) -> bool:
        """Whether the model of one sector without inputs applies."""
        return len(self.sectors) == 1 and self.io is None

    def counterfactual(self, shock: Shock, closure: str = "additive", **options: Any) -> Equilibrium:
        """The general equilibrium after the shock, with one sector or many.

        closure: additive, world_share, balanced, bilateral, proportional or multiplicative, see `_closures.py`.
        options: see `_equilibrium.py`. Quotas, export taxes, a substitution other than 1 need a base without inputs.
        Raises NoConvergence where there is no equilibrium, with the reason, or where none was found.
        """
        from tumen.trade._equilibrium import counterfactual

        return counterfactual(self, shock, closure, **options)

    def counterfactuals(self, shocks: SparseShocks, closure: str = "additive", **options: Any) -> xr.Dataset:
        """One equilibrium for each draw of sparse shocks; see `tumen.trade._bulk.counterfactuals`."""
        from tumen.trade._bulk import counterfactuals

        return counterfactuals(self, shocks, closure, **options)

    def exposure(self, closure: str = "balanced") -> Exposure:
        """Elasticities of every country's welfare and wage to each productivity and each trade cost.

        Raises NoConvergence where the baseline determines no wages, CaseError or UnknownName for the closure.
        """
        from tumen.trade._exposure import exposure

        return exposure(self, closure)

    def losses_from_cuts(
        self,
        pairs: Iterable[tuple[str, str]] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        closure: str = "balanced",
        **options: Any,
    ) -> pd.DataFrame:
        """What both sides lose if all their trade is cut, `a, b, loss_a, loss_b, reason`, an exact equilibrium a row.

        A loss is a fraction of real spending, 0.02 for 2 %; missing where there is no equilibrium, with the `reason`.
        pairs: of countries or `groups` (name: members); all that trade by default. options: as in `counterfactual`.
        Raises CaseError for names that the baseline does not have, UnknownName for the closure.
        """
        from tumen.trade._cuts import losses_from_cuts

        return losses_from_cuts(self, pairs, groups, closure, **options)

    def autarky_losses(self, closure: str = "balanced", **options: Any) -> pd.DataFrame:
        """What each country alone loses if it is cut off from all, `country, loss, reason`; see `losses_from_cuts`."""
        from tumen.trade._cuts import autarky_losses

        return autarky_losses(self, closure, **options)

    def aggregate(
        self, countries: Mapping[str, str] | None = None, sectors: Mapping[str, str] | None = None
    ) -> Baseline:
        """The baseline with countries and sectors merged: {old label: new label}, labels not named stay.

        Values add up; tariffs keep their revenue; elasticities of merged sectors are averaged by foreign trade. Raises
        UnknownName for a label that the baseline does not have.
        """
        from tumen.trade._baseline_table import aggregate

        return aggregate(self, countries or {}, sectors or {})

    def to_frame(self) -> pd.DataFrame:
        """The flows as a long table `exporter, importer[, sector], value`, zeros abroad left out."""
        from tumen.trade._baseline_table import long_table

        return long_table(self.flows, self.countries, self.sectors)

    def __repr__(self) -> str:
        size = f"{len(self.countries)} countries, {len(self.sectors)} sector{'s' * (len(self.sectors) > 1)}"
        low, high = self.elasticity.min(), self.elasticity.max()
        theta = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        if len(self.sectors) > 1 and self.substitution != 1:
            theta += f", substitution {self.substitution:g}"
        lines = [f"Baseline: {size}, theta {theta}, output {self.output.sum():,.6g}"]
        lines.append(f"  {'country':<12}{'output':>14}{'exports':>14}{'imports':>14}{'deficit':>14}{'home share':>12}")
        home = self.flows.diagonal(axis1=1, axis2=2).sum(axis=0) / np.maximum(self.spending, np.finfo(float).tiny)
        largest = sorted(np.argsort(-self.output, kind="stable")[:8])
        for i in largest:
            figures = (self.output[i], self.exports[i], self.imports[i], self.deficits[i])
            lines.append(f"  {self.countries[i]:<12}" + "".join(f"{v:>14,.6g}" for v in figures) + f"{home[i]:>12.3f}")
        if len(self.countries) > len(largest):
            lines.append(f"  ... and {len(self.countries) - len(largest)} more")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def __reduce__(self) -> tuple[Any, ...]:
        optional = (self.tariffs, self.io, self.value_added_share, self.final_shares, self.notes, self.substitution)
        return _rebuilt, (self.countries, self.sectors, self.flows, self.elasticity, self.deficits, *optional)


def _rebuilt(*values: Any) -> Baseline:
    fields: list[Any] = [_frozen(value) if isinstance(value, np.ndarray) else value for value in values]
    return Baseline(*fields)


def _frozen(values: npt.ArrayLike) -> Array:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _abroad(flows: Array) -> Array:
    out = flows.copy()
    diagonal = np.arange(flows.shape[1])
    out[:, diagonal, diagonal] = 0.0
    return out


def _cube(flows: npt.ArrayLike) -> Array:
    array = np.array(flows, dtype=np.float64)
    return array[None] if array.ndim == 2 else array


def _shapes(
    flows: Array,
    countries: tuple[str, ...],
    sectors: tuple[str, ...],
    tariffs: Array | None,
    optional: Mapping[str, Array | None],
) -> list[str]:
    n, s = len(countries), len(sectors)
    expected: dict[str, tuple[int, ...]] = {"io": (s, s, n), "value_added_share": (s, n), "final_shares": (s, n)}
    problems = []
    given: dict[str, Array | None] = {"flows": flows, "tariffs": tariffs, **optional}
    for name, array in given.items():
        want = expected.get(name, (s, n, n))
        if array is not None and array.shape != want:
            problems.append(f"{name}: shape {array.shape}; expected {want} for {s} sectors and {n} countries")
    for kind, labels in (("country", countries), ("sector", sectors)):
        twice = sorted({label for label in labels if labels.count(label) > 1}) if len(set(labels)) < len(labels) else []
        problems += [f"{kind} {label} is named twice" for label in twice]
    return problems


def _values(flows: Array, countries: tuple[str, ...], sectors: tuple[str, ...], tariffs: Array | None) -> list[str]:
    problems = []

    def where(cell: npt.NDArray[np.intp]) -> str:
        s, i, j = cell
        return f"{countries[i]} to {countries[j]}" + (f", {sectors[s]}" if len(sectors) > 1 else "")

    for wrong, said in ((~np.isfinite(flows), "not a finite number"), (flows < 0, "negative")):
        cells = np.argwhere(wrong)
        problems += [f"flows: {where(cell)} is {said}; expected 0 or more" for cell in cells[:20]]
        problems += [f"flows: and {len(cells) - 20} more are {said}"] * (len(cells) > 20)
    if problems:
        return problems
    for i in np.flatnonzero(flows.sum(axis=(0, 2)) <= 0):
        problems.append(f"{countries[i]} sells nothing, at home or abroad; add its domestic sales or leave it out")
    for i in np.flatnonzero(flows.sum(axis=(0, 1)) <= 0):
        problems.append(f"{countries[i]} buys nothing, at home or abroad; add its domestic sales or leave it out")
    if tariffs is not None:
        wrong = ~(np.isfinite(tariffs) & (tariffs > -1))
        problems += [
            f"tariffs: {where(cell)} has {tariffs[tuple(cell)]}; expected a rate above -1, such as 0.05"
            for cell in np.argwhere(wrong)[:20]
        ]
    return problems


def _elasticity(given: float | ByLabel | npt.ArrayLike, sectors: tuple[str, ...], problems: list[str]) -> Array:
    if isinstance(given, Mapping):
        missing = [sector for sector in sectors if sector not in given]
        problems += [f"elasticity: there is none for sector {sector}" for sector in missing]
        unknown = sorted(str(key) for key in given if key not in sectors)
        problems += [f"elasticity: there is no sector {key}; sectors: {', '.join(sectors[:12])}" for key in unknown]
        values = np.array([float(given.get(sector, 1.0)) for sector in sectors])
    else:
        values = np.asarray(given, dtype=np.float64)
        if values.ndim == 0:
            values = np.full(len(sectors), float(values))
        elif values.shape != (len(sectors),):
            problems.append(f"elasticity: shape {values.shape}; expected a number or ({len(sectors)},), one a sector")
            return np.ones(len(sectors))
    for sector, value in zip(sectors, values, strict=True):
        if not (np.isfinite(value) and value > 0):
            problems.append(f"elasticity: {sector} has {value}; expected theta above 0 (sigma is theta + 1)")
    return values


def _deficits(
    flows: Array,
    countries: tuple[str, ...],
    given: Literal["data"] | ByLabel | npt.ArrayLike | None,
    *,
    strict: bool,
) -> Array:
    trade = _abroad(flows)
    bought, sold = trade.sum(axis=(0, 1)), trade.sum(axis=(0, 2))
    measured: Array = np.where(np.abs(bought - sold) <= _ROUNDING * (bought + sold), 0.0, bought - sold)
    if given is None or isinstance(given, str):
        if isinstance(given, str) and given != "data":
            raise CaseError([f'deficits: {given!r}; expected "data" or a deficit for each country'])
        return measured
    if isinstance(given, Mapping):
        missing = [f"deficits: there is none for {country}" for country in countries if country not in given]
        if missing:
            raise CaseError(missing)
        stated = np.array([float(given[country]) for country in countries])
    else:
        stated = np.asarray(given, dtype=np.float64)
    if stated.shape != measured.shape:
        raise CaseError([f"deficits: shape {stated.shape}; expected ({len(countries)},)"])
    off = np.abs(stated - measured) > _BALANCE * flows.sum(axis=(0, 2))
    if strict and off.any():
        advice = 'leave deficits="data", or use closure="balanced" to purge them'
        raise CaseError(
            f"deficits: {countries[i]} is given {stated[i]:.6g}, its flows imply {measured[i]:.6g}; {advice}"
            for i in np.flatnonzero(off)
        )
    return measured if strict else stated
