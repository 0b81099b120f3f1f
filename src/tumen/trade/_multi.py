"""The many-sector trade model in exact changes: what goes in, what comes out, and the equations between.

The model is that of Caliendo and Parro (2015, Review of Economic Studies 82), "Estimates of the trade and welfare
effects of NAFTA": N countries, S sectors, labour as the one factor, Cobb-Douglas technologies over labour and the
composites of all sectors, Cobb-Douglas demand, tariffs whose revenue returns to households, trade deficits. Arrays are
ordered (sector, exporter, importer) and, for inputs, (input sector, using sector, country). With x^ for the factor of
change of x and a prime for its new value:

    cost of a bundle   c^_si = w^_i^va_si * prod_k P^_ki^inputs_ksi / productivity_si
    price              P^_sn = (sum_i share_sin * (k_sin c^_si)^-theta_s)^(-1/theta_s)
                       k_sin = cost_sin * (1 + tariff'_sin) / (1 + tariff_sin)
    share              share'_sin = share_sin * (k_sin c^_si / P^_sn)^-theta_s
    sales              Y'_si = sum_n share'_sin X'_sn / (1 + tariff'_sin)
    income             I'_n = w^_n labour_n income_n + revenue'_n + deficit'_n
    expenditure        X'_sn = sum_k inputs_skn Y'_kn + final_sn I'_n
    trade balance      exports'_n + deficit'_n = imports'_n

`productivity` is the output that one bundle of inputs gives, as a factor; `labour` is the labour force, as a factor.

*Numeraire.* World value added, sum_n w^_n labour_n income_n, keeps its baseline value: all nominal results are in units
of it. Where an embargo cuts the world into parts that do not trade, each part keeps its own, and nominal values of two
parts must not be compared.

*Closures.* `additive`: the new deficits are given in units of world value added. `world_share`: they are given as they
would be at the baseline's world gross product (value added and tariff revenue) and move with it. `balanced`: the
baseline is first purged of all deficits, and changes are told from that balanced world.

*Welfare.* Real income I'/I / prod_s P^_sn^final_sn is the exact equivalent variation of the representative household.
The decomposition into terms of trade and volume of trade that Caliendo and Parro publish is of the first order; see
`first_order_welfare`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tumen.errors import CaseError

if TYPE_CHECKING:
    from typing import Self

__all__ = ["CLOSURES", "Array", "Change", "Closure", "ManySectors"]

Array = NDArray[np.float64]
Closure = Literal["additive", "world_share", "balanced"]
CLOSURES: tuple[Closure, ...] = ("additive", "world_share", "balanced")

_SUM = 1e-6  # published tables are rounded: NAFTA's input shares add up to one within 4e-7
_NEGATIVE = -0.01  # and hold a small negative input here and there (one in NAFTA's, -0.0006), which does no harm


def frozen(values: ArrayLike) -> Array:
    """A read-only copy in double precision."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _shape_problems(fields: dict[str, Array], shapes: dict[str, tuple[int, ...]]) -> list[str]:
    problems = []
    for name, shape in shapes.items():
        if fields[name].shape != shape:
            problems.append(f"{name}: shape {fields[name].shape}, expected {shape}")
    return problems


@dataclass(frozen=True)
class ManySectors:
    """A baseline world of S sectors and N countries, in arrays; checked and read-only.

    `shares` (S, N, N): expenditure share of importer n on exporter i in sector s, [s, i, n], tariffs included; a column
    sums to one, or to zero where n spends nothing on s. `tariff` (S, N, N): 0.1 is ten per cent. `inputs` (S, S, N):
    share of input k in the gross output of sector s of country n, [k, s, n]. `value_added` (S, N): the rest of gross
    output. `final` (S, N): shares of final expenditure. `income` (N,): value added in MUSD. `deficit` (N,): imports
    over exports in MUSD, summing to zero over the world. `theta` (S,): trade elasticities (theta, not sigma =
    1 + theta). `countries` and `sectors` name the places in messages. Sums of shares may be off by 1e-6, and are then
    put right.

    Raises `CaseError` with every problem found.
    """

    shares: Array
    tariff: Array
    inputs: Array
    value_added: Array
    final: Array
    income: Array
    deficit: Array
    theta: Array
    countries: tuple[str, ...] = field(default=(), compare=False)
    sectors: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        names = ("shares", "tariff", "inputs", "value_added", "final", "income", "deficit", "theta")
        fields = {name: frozen(getattr(self, name)) for name in names}
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        if self.shares.ndim != 3:
            raise CaseError([f"shares: {self.shares.ndim} dimensions, expected (sector, exporter, importer)"])
        s, _, n = self.shares.shape
        shapes: dict[str, tuple[int, ...]] = {"shares": (s, n, n), "tariff": (s, n, n), "inputs": (s, s, n)}
        shapes |= {"value_added": (s, n), "final": (s, n), "income": (n,), "deficit": (n,), "theta": (s,)}
        problems = _shape_problems(fields, shapes)
        problems += [f"{name}: a value is not finite" for name in names if not np.isfinite(fields[name]).all()]
        object.__setattr__(self, "countries", tuple(self.countries) or tuple(f"country {i}" for i in range(n)))
        object.__setattr__(self, "sectors", tuple(self.sectors) or tuple(f"sector {i}" for i in range(s)))
        if len(self.countries) != n or len(self.sectors) != s:
            named = f"{len(self.countries)} countries and {len(self.sectors)} sectors"
            problems.append(f"names: {named}, expected {n} and {s}")
        problems = problems or self._value_problems()
        if problems:
            raise CaseError(problems)
        self._add_up()

    def _add_up(self) -> None:
        """Take the rounding out of shares, so that costs are homogeneous and Walras' law holds to the last digits."""
        spent, bought = self.shares.sum(1, keepdims=True), self.inputs.sum(0)
        scale = np.divide(1 - self.value_added, bought, out=np.ones_like(bought), where=bought > 0)
        object.__setattr__(self, "inputs", frozen(self.inputs * scale))
        object.__setattr__(self, "shares", frozen(self.shares / np.where(spent > 0, spent, 1.0)))
        object.__setattr__(self, "final", frozen(self.final / self.final.sum(0)))

    def _value_problems(self) -> list[str]:
        problems = [
            f"{name}: the share {getattr(self, name).min():.6g} is negative"
            for name, least in (("shares", 0.0), ("inputs", _NEGATIVE), ("final", 0.0))
            if getattr(self, name).min() < least
        ]
        spent = self.shares.sum(1)
        problems += self._cells("shares", spent, (np.abs(spent - 1) > _SUM) & (spent != 0))
        whole = self.inputs.sum(0) + self.value_added
        problems += self._cells("inputs and value added", whole, np.abs(whole - 1) > _SUM)
        problems += self._cells("value_added", self.value_added, self.value_added <= 0, "be above zero")
        final = self.final.sum(0)
        for n in np.flatnonzero(np.abs(final - 1) > _SUM):
            problems.append(f"final: shares of {self.countries[n]} sum to {final[n]:.9g}, expected 1")
        wanting = (spent == 0) & (self.final > 0)
        problems += self._cells("final", self.final, wanting, "have a supplier in `shares`")
        for n in np.flatnonzero(self.income <= 0):
            problems.append(f"income: {self.countries[n]} has {self.income[n]:.6g} MUSD, expected more than zero")
        for s in np.flatnonzero(self.theta <= 0):
            problems.append(f"theta: {self.sectors[s]} has {self.theta[s]:.6g}, expected more than zero")
        if self.tariff.min() <= -1:
            problems.append(f"tariff: {self.tariff.min():.6g} is not above -1; 0.1 is ten per cent")
        if abs(self.deficit.sum()) > 1e-9 * self.income.sum():
            problems.append(f"deficit: the world's deficits sum to {self.deficit.sum():.6g} MUSD, expected 0")
        return problems

    def _cells(self, what: str, values: Array, wrong: NDArray[np.bool_], want: str = "sum to 1") -> list[str]:
        cells = np.argwhere(wrong)
        named = [(f"{self.sectors[s]} in {self.countries[n]}", values[s, n]) for s, n in cells[:8]]
        shown = [f"{what}: {place} has {value:.9g}, expected to {want}" for place, value in named]
        return [*shown, f"... and {len(cells) - 8} more such cells"] if len(cells) > 8 else shown


@dataclass(frozen=True)
class Change:
    """What changes: arrays of the new world against a baseline; `Change.of` fills in what stays.

    `cost` (S, N, N): factor on iceberg costs, 1 none, `inf` an embargo with exactly no flow. `tariff` (S, N, N): the
    new tariffs. `productivity` (S, N), `labour` (N,): factors. `deficit` (N,): the new deficits in MUSD at the
    numeraire.
    """

    cost: Array
    tariff: Array
    productivity: Array
    labour: Array
    deficit: Array

    def __post_init__(self) -> None:
        problems = []
        for name in ("cost", "tariff", "productivity", "labour", "deficit"):
            value = frozen(getattr(self, name))
            object.__setattr__(self, name, value)
            if np.isnan(value).any() or (name != "cost" and np.isinf(value).any()):
                problems.append(f"{name}: a value is not a finite number")
            elif name in ("cost", "productivity", "labour") and value.min() <= 0:
                problems.append(f"{name}: {value.min():.6g} is not a positive factor")
            elif name == "tariff" and value.min() <= -1:
                problems.append(f"tariff: {value.min():.6g} is not above -1; 0.1 is ten per cent")
        if problems:
            raise CaseError(problems)

    @classmethod
    def of(
        cls,
        base: ManySectors,
        *,
        cost: ArrayLike | None = None,
        tariff: ArrayLike | None = None,
        productivity: ArrayLike | None = None,
        labour: ArrayLike | None = None,
        deficit: ArrayLike | None = None,
    ) -> Self:
        """A change of what is given; the rest stays as in `base`. Each is broadcast to its full shape."""
        s, _, n = base.shares.shape
        return cls(
            cost=np.broadcast_to(1.0 if cost is None else np.asarray(cost, float), (s, n, n)),
            tariff=np.broadcast_to(base.tariff if tariff is None else np.asarray(tariff, float), (s, n, n)),
            productivity=np.broadcast_to(1.0 if productivity is None else np.asarray(productivity, float), (s, n)),
            labour=np.broadcast_to(1.0 if labour is None else np.asarray(labour, float), (n,)),
            deficit=np.broadcast_to(base.deficit if deficit is None else np.asarray(deficit, float), (n,)),
        )

    def problems(self, base: ManySectors) -> list[str]:
        """Why this change does not fit the baseline: shapes, and deficits that do not sum to zero."""
        s, _, n = base.shares.shape
        shapes: dict[str, tuple[int, ...]] = {"cost": (s, n, n), "tariff": (s, n, n), "productivity": (s, n)}
        shapes |= {"labour": (n,), "deficit": (n,)}
        problems = _shape_problems({name: getattr(self, name) for name in shapes}, shapes)
        if abs(self.deficit.sum()) > 1e-9 * base.income.sum():
            problems.append(f"deficit: the world's new deficits sum to {self.deficit.sum():.6g} MUSD, expected 0")
        return problems
