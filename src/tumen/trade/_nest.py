"""The goods nest: general equilibrium with a few countries, a few goods, very many draws and wedges of every kind.

The study's door to the engine. Equations and residual stand in `_nest_system.py`, the solver in `_nest_solve.py`,
refusals in `_nest_world.py`. A shock is a set of factors on costs, rates of export taxes and tariffs, and quotas, on
flows named by good, exporter and importer. An export tax brings revenue to the exporter, a tariff to the importer; a
quota caps a volume, and its rent goes to whoever is named. The numeraire is world output, which keeps its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, NoConvergence, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure, closure_named

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._nest_shocks import Draws

__all__ = ["NestShocks", "Quota", "Responses", "respond"]

Cell = tuple[str | None, str | None, str | None]
Mask = npt.NDArray[np.bool_]
TOLERANCE = 1e-10  # on the largest residual and on the last Newton step
_BY_COUNTRY = (
    "welfare", "price_index", "wage", "real_wage", "exports", "imports", "revenue", "rents", "terms_of_trade",
    "deficits", "spending_before",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Quota:
    """A cap on the volume of one flow, or on the joint volume of several, such as all that one pipeline carries.

    cells: flows as (good, exporter, importer); None for every good. limit: factor on the base's volume, 0.8 for 80 %, 0
    for an embargo, inf for none; one for all draws, or (draw,). rent: who takes it, "importer" or "exporter" of each
    flow, or a country. weights: of the flows in the joint volume, one for each, None for the base's values.

    >>> Quota([("oil", "RUS", "PRK")], limit=0.5).limit
    array([0.5])
    """

    cells: Sequence[Cell]
    limit: npt.ArrayLike
    rent: str = "importer"
    weights: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        limit = np.atleast_1d(np.array(self.limit, dtype=np.float64))
        problems = []
        if not self.cells:
            problems.append("quota: it names no flow; expected (good, exporter, importer)")
        if limit.ndim != 1 or not np.all(limit >= 0):
            problems.append("quota: the limit must be 0 or more, one for all draws or one for each")
        if self.weights is not None:
            weights = np.array(self.weights, dtype=np.float64)
            if weights.shape != (len(self.cells),) or not np.all(np.isfinite(weights) & (weights > 0)):
                problems.append(f"quota: weights must be above 0, one for each of {len(self.cells)} flows")
            weights.setflags(write=False)
            object.__setattr__(self, "weights", weights)
        if problems:
            raise CaseError(problems)
        limit.setflags(write=False)
        object.__setattr__(self, "limit", limit)
        object.__setattr__(self, "cells", tuple(tuple(cell) for cell in self.cells))


@dataclass(frozen=True, slots=True, eq=False)
class NestShocks:
    """What changes, by draw. K flows or groups of flows, N countries of the baseline.

    cells: K of (good, exporter, importer); None for every good or every foreign partner. cost (draw, K): factors on
    iceberg costs, 1 for none, inf for an embargo; of a flow named twice they multiply. export_tax, tariff_after
    (draw, K): rates; not-a-number leaves what there is; the later column holds. quotas: see `Quota`. productivity,
    labour (draw, N): factors. draws: their number, where no array says it. Each array may lack the draw axis. Raises
    CaseError with everything wrong.

    >>> NestShocks([(None, "CHN", "PRK")], cost=[[1.1], [float("inf")]]).draws
    2
    """

    cells: Sequence[Cell] = ()
    cost: npt.ArrayLike | None = None
    export_tax: npt.ArrayLike | None = None
    tariff_after: npt.ArrayLike | None = None
    quotas: Sequence[Quota] = ()
    productivity: npt.ArrayLike | None = None
    labour: npt.ArrayLike | None = None
    draws: int | None = None

    def __post_init__(self) -> None:
        from tumen.trade._nest_shocks import checked

        object.__setattr__(self, "cells", tuple(tuple(cell) for cell in self.cells))
        object.__setattr__(self, "quotas", tuple(self.quotas))
        for name, value in checked(self).items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Responses:
    """Equilibria of D draws against `baseline`; arrays are read-only, rows not a number where `converged` is False.

    welfare, price_index, wage, real_wage (D, N): factors; welfare is exact real spending. exports, imports (D, N): MUSD
    at the border, export taxes in, rents in where the partner pays them. flows (D, S, N, N): MUSD at exporters' prices.
    volume (D, S, N, N): factors, not a number where there was no flow. good_price (D, S, N): factors on consumers'
    prices of goods, inf where a good is gone. revenue, rents (D, N): tariffs and export taxes; quota rents by taker,
    MUSD. wedge (D, Q): omega of quotas, 0 where slack, inf for an embargo. terms_of_trade (D, N): see `_nest_read.py`.
    deficits (D, N): net transfers from abroad, MUSD. spending_before (D, N): at consumers' prices, MUSD; under the
    balanced closure that of the base without deficits, as are all factors. residual (D,): the largest.
    walras_gap (D,): the largest distance of a country's sales from its output, relative. reasons: why a draw has no
    equilibrium, by draw. Values are at an unchanged value of world output.
    """

    baseline: Baseline
    closure: str
    welfare: Array
    price_index: Array
    wage: Array
    real_wage: Array
    exports: Array
    imports: Array
    flows: Array
    volume: Array
    good_price: Array
    revenue: Array
    rents: Array
    wedge: Array
    terms_of_trade: Array
    deficits: Array
    spending_before: Array
    residual: Array
    walras_gap: Array
    iterations: npt.NDArray[np.int64]
    converged: Mask
    reasons: Mapping[int, str]

    @property
    def draws(self) -> int:
        return len(self.converged)

    @property
    def countries(self) -> tuple[str, ...]:
        return self.baseline.countries

    @property
    def sectors(self) -> tuple[str, ...]:
        return self.baseline.sectors

    def ev(self) -> Array:
        """Equivalent variation, (D, N), MUSD of the base: what the shock is worth at the old prices."""
        return np.asarray((self.welfare - 1) * self.spending_before)

    def frame(self, draw: int = 0) -> pd.DataFrame:
        """One draw by country: factors, values in MUSD, terms of trade, equivalent variation `ev`."""
        import pandas as pd

        names = ("welfare", "real_wage", "wage", "price_index", "exports", "imports", "revenue", "rents")
        columns = {name: getattr(self, name)[draw] for name in (*names, "terms_of_trade")}
        return pd.DataFrame({"country": list(self.countries), **columns, "ev": self.ev()[draw]})

    def diversion(self, exporter: str) -> pd.DataFrame:
        """How a country's sales move, by partner and good: `importer, sector, before, mean, q05, q50, q95`, MUSD.

        `before` is the base; the rest are changes over the draws that converged. Raises UnknownName.
        """
        from tumen.trade._nest_shocks import diversion

        return diversion(self, exporter)

    def __repr__(self) -> str:
        from tumen.trade._nest_shocks import shown

        return shown(self)


def respond(
    base: Baseline,
    shocks: NestShocks,
    *,
    theta: npt.ArrayLike | None = None,
    substitution: npt.ArrayLike | None = None,
    home: npt.ArrayLike | None = None,
    closure: str = "proportional",
    tied: Sequence[tuple[str, str]] = (),
    brief: bool = False,
    on_failure: Literal["raise", "mark"] = "raise",
) -> Responses:
    """The equilibrium of each draw. Draws are those of the shocks, of theta or of substitution.

    theta: trade elasticities, a number, (S,) or (draw, S), None for the baseline's. substitution: between goods, a
    number, (draw,) or (draw, N), None for the baseline's. home: factors (draw, N) on the baseline's domestic sales,
    where the size of an economy is uncertain; the base of each draw is then its own. closure: additive, world_share,
    balanced, bilateral or proportional; see `_closures.py`. tied: pairs whose balance moves with their trade, as under
    proportional, while the rest of deficits follows an additive closure: for a deficit that one partner finances.
    brief: leave volumes and terms of trade out, not a number then, which takes a quarter less time. on_failure: "mark"
    keeps draws without an equilibrium, with the reason.

    Raises CaseError for what does not fit, UnknownName for the closure, NoConvergence that names the draw.

    >>> world = Baseline.from_arrays([[8.0, 2.0], [2.0, 4.0]], ["CHN", "PRK"], elasticity=4.0)
    >>> respond(world, NestShocks([(None, "CHN", "PRK")], cost=[[1.0], [2.0]])).welfare.round(3)
    array([[1.   , 1.   ],
           [0.964, 0.925]])
    """
    from tumen.trade._nest_bulk import answer, block_of
    from tumen.trade._nest_shocks import blocks, world_of

    rule = closure_named(closure)
    world = replace(world_of(base, base.tariffs, rule), tied=_tied(base, tied, rule))
    made = blocks(base, shocks, theta, substitution)
    sizes = None if home is None else _sizes(home, made.draws, len(base.countries))
    out = _room(base, made)
    iterations, converged = np.zeros(made.draws, dtype=np.int64), np.zeros(made.draws, dtype=np.bool_)
    reasons: dict[int, str] = {}
    size = block_of(len(base.sectors), len(base.countries), made.draws)
    for first in range(0, made.draws, size):
        rows = np.arange(first, min(first + size, made.draws))
        own = world if sizes is None else world.grown(sizes[rows])
        found = answer(own, made.block(rows), rule, TOLERANCE, wanted="flows" if brief else "all")
        if found.reasons and on_failure == "raise":
            draw, reason = min(found.reasons.items())
            raise NoConvergence(reason if made.draws == 1 else f"draw {first + draw}: {reason}")
        reasons |= {first + draw: reason for draw, reason in sorted(found.reasons.items())}
        for name, values in found.found.items():
            out[name][first + found.rows] = values
        iterations[first + found.rows], converged[first + found.rows] = found.iterations, True
    for array in (*out.values(), iterations, converged):
        array.setflags(write=False)
    return Responses(base, str(rule), **out, iterations=iterations, converged=converged, reasons=reasons)


def _tied(base: Baseline, pairs: Sequence[tuple[str, str]], closure: Closure) -> Mask | None:
    """(N, N), True for pairs in both orders; None without any. Raises CaseError."""
    if not pairs:
        return None
    problems = [
        f"tied: {unknown_name('country', name, base.countries)}"
        for name in dict.fromkeys(name for pair in pairs for name in pair)
        if name not in base.countries
    ]
    if closure is not Closure.ADDITIVE:
        problems.append(f"tied pairs go with closure='additive', not with '{closure}'")
    if problems:
        raise CaseError(problems)
    mask = np.zeros((len(base.countries),) * 2, dtype=np.bool_)
    for pair in pairs:
        a, b = (base.countries.index(name) for name in pair)
        mask[a, b] = mask[b, a] = True
    return mask


def _sizes(home: npt.ArrayLike, draws: int, countries: int) -> Array:
    """Factors on domestic sales (D, N); raises CaseError."""
    factors = np.asarray(home, dtype=np.float64)
    if factors.shape != (draws, countries) or not np.all(np.isfinite(factors) & (factors > 0)):
        raise CaseError([f"home: expected factors above 0, ({draws}, {countries}), found shape {factors.shape}"])
    return factors


def _room(base: Baseline, made: Draws) -> dict[str, Array]:
    """Arrays for the results of all draws."""
    goods, n = len(base.sectors), len(base.countries)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(_BY_COUNTRY, (n,))
    shapes |= {"flows": (goods, n, n), "volume": (goods, n, n), "good_price": (goods, n), "wedge": (made.quotas,)}
    shapes |= {"residual": (), "walras_gap": ()}
    return {name: np.full((made.draws, *shape), np.nan) for name, shape in shapes.items()}
