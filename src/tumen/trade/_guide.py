"""The WTO and UNCTAD guide's general-equilibrium procedure, as published (Yotov, Piermartini, Monteiro and Larch 2016,
"An Advanced Guide to Trade Policy Analysis", chapter 2, after Anderson, Larch and Yotov 2018, "GEPPML").

With trade costs t (meaning t^(1 - sigma)), a Poisson fit of trade on exporter and importer effects, t held, gives
exp(pi_i), exp(chi_j) with chi = 0 for the country of reference r, and

    OMR_i = Y_i E_r / exp(pi_i),      IMR_j = E_j / (exp(chi_j) E_r)

Fitting baseline trade with the counterfactual t gives the "conditional" effects (CDL). The "full endowment" loop (FULL)
then repeats: scale the fitted trade by the changes of factory-gate prices of both countries over those of both
resistances, fit again, set Y to the fitted row sums and E = phi Y with phi = E / Y of the baseline, and

    p_i = ((exp(pi_i) / exp(pi_i) before) / (E_r / E_r before))^(1 / (1 - sigma))

It stops when the differences of p between the two steps before the last have a standard deviation and a largest value
of at most 0.01 over all pairs of countries. That is three to five steps: what it returns is not an equilibrium. At the
published stop output over price times quantity differs between countries by up to 2.4 % (application 1) and 1.4 %
(application 2), and with a smaller `stop` the second never ends. The loop is kept as it was published, so that its
figures can be reproduced; `Guide.exact` solves the model on `Guide.flows` and `Guide.costs` and stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import NoConvergence, unknown_name
from tumen.trade import _gravity_ppml as ppml
from tumen.trade._gravity import Gravity, estimate
from tumen.trade._gravity_absorb import Array, Codes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAFTA", "Guide", "borders_removed", "geppml", "nafta_removed"]

NAFTA = ("CAN", "MEX", "USA")
_STEPS, _DIVERGED = 200, 5.0


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide's procedure returns.

    production: by exporter, the columns of the guide's PROD table; consumption: by importer, those of its CONS table.
    OMR and IMR stand as powers 1 - sigma, as in the guide. flows: exporter, importer, value, the gravity-fitted
    baseline (BLN). costs: exporter, importer, cost, the factors on iceberg cost that the counterfactual means. steps of
    the loop. market_gap: by how much, at the stop, the loop's output differs from price times quantity, as the largest
    difference of logs between two countries; 0 in equilibrium. reference, against: as given to `geppml`. estimates: the
    fits, in order.
    """

    production: pd.DataFrame
    consumption: pd.DataFrame
    flows: pd.DataFrame
    costs: pd.DataFrame
    steps: int
    sigma: float
    market_gap: float
    reference: str
    against: str
    estimates: tuple[Gravity, ...] = ()

    def exact(self, closure: str = "multiplicative") -> pd.DataFrame:
        """The equilibrium that the loop approximates, side by side with what the loop returned, by country.

        Columns, in per cent as in the guide's tables: `price_loop`, `price_exact` (factory-gate prices), `IMR_loop`,
        `IMR_exact` (price indices), `exports_loop`, `exports_exact`; all relative to the price index of the country of
        reference, the guide's numeraire. closure: the guide spends phi Y, which is "multiplicative"; that violates
        Walras' law, and "additive" keeps deficits in units of world output instead. `attrs["equilibrium"]` is the
        solution with its checks.

        Raises NoConvergence where there is no equilibrium.
        """
        import pandas as pd

        from tumen.trade._baseline import Baseline
        from tumen.trade._shocks import Shock

        base = Baseline.from_table(self.flows, self.sigma - 1)
        found = base.counterfactual(Shock.from_table(self.costs), closure)
        after = found.to_frame().set_index("country")
        unit = after["price_index"][self.reference]
        price, index, exports = (after[name] / unit for name in ("wage", "price_index", "exports"))
        columns = {
            "price_loop": self.production["change_price_FULL"],
            "price_exact": (price - 1 if self.against == "baseline" else 1 - price) * 100,
            "IMR_loop": self.consumption["change_IMR_FULL"],
            "IMR_exact": _relative(index, 1.0, self.against),
            "exports_loop": self.production["change_Xi_FULL"],
            "exports_exact": _relative(exports, 1.0, self.against),
        }
        table = pd.DataFrame(columns, index=self.production.index)
        table.attrs["equilibrium"] = found
        return table


@dataclass(frozen=True, slots=True)
class _State:
    """A Poisson fit with costs held: fitted flows (N, N), exp(pi) and exp(chi) (N,), output, expenditure."""

    flows: Array
    pi: Array
    chi: Array
    output: Array
    spending: Array


def _constrained(trade: Array, cost: Array, reference: int) -> tuple[Array, Array, Array]:
    """Fits flows (N, N) by exporter and importer effects with costs held: (flows, exp(pi), exp(chi))."""
    size = trade.shape[0]
    exporter, importer = (grid.ravel().astype(np.intp) for grid in np.indices(trade.shape))
    codes: list[Codes] = [exporter, importer]
    fit = ppml.fit(trade.ravel(), np.zeros((size * size, 0)), codes, (), np.log(cost).ravel())
    shift = fit.effects[1][reference]
    return fit.fitted.reshape(trade.shape), np.exp(fit.effects[0] + shift), np.exp(fit.effects[1] - shift)


def geppml(
    trade: pd.DataFrame, cost: pd.DataFrame, counterfactual: pd.DataFrame, sigma: float, reference: str,
    *, against: str = "baseline", stop: float = 0.01, estimates: tuple[Gravity, ...] = (),
) -> Guide:  # fmt: skip
    """Runs the guide's loop.

    trade: (N, N) with domestic sales, exporters in rows and importers in columns under the same labels. cost,
    counterfactual: t^(1 - sigma) before and after, in the same shape. reference: the country whose importer effect is
    zero. against: percentage changes are relative to the "baseline", or to the "counterfactual" (as in the guide's
    second application; its price change is 1 - p there). stop: the guide's 0.01. estimates: kept in the result.

    Raises UnknownName for an unknown reference, ValueError for tables that do not match or hold impossible values,
    NoConvergence where the loop does not stop, which a smaller `stop` can bring about.
    """
    labels = list(trade.index)
    if reference not in labels:
        raise unknown_name("country", reference, labels)
    if against not in ("baseline", "counterfactual"):
        raise ValueError(f"changes against {against!r}; expected 'baseline' or 'counterfactual'")
    if not sigma > 1:
        raise ValueError(f"sigma is {sigma}; expected the elasticity of substitution, above 1 (theta + 1)")
    r = labels.index(reference)
    observed, before, after = (_square(table, labels) for table in (trade, cost, counterfactual))
    if (observed < 0).any() or min(observed.sum(axis=0).min(), observed.sum(axis=1).min()) <= 0:
        raise ValueError("trade has a negative flow, or a country without exports or imports; leave that country out")
    if min(before.min(), after.min()) <= 0:
        raise ValueError("a cost t^(1 - sigma) is not above 0; the guide's procedure has no embargo")
    output, spending = observed.sum(axis=1), observed.sum(axis=0)
    start = _State(*_constrained(observed, before, r), output, spending)
    conditional = _State(*_constrained(observed, after, r), output, spending)
    final, steps = _loop(start, conditional, after, sigma, r, stop)
    price = _price(final, start, sigma, r)
    full_output, full_spending = price * output, spending / output * price * output
    omr = full_output * final.spending[r] / final.pi
    imr = final.spending / (final.chi * final.spending[r])
    flows = np.outer(full_output, full_spending) * after / np.outer(omr, imr)
    production = _production(labels, start, conditional, (price, full_output, omr, flows), sigma, r, against)
    consumption = _consumption(labels, start, conditional, imr, sigma, r, against)
    changed = (after / before) ** (1 / (1 - sigma))
    gap = float(np.ptp(np.log(final.output / full_output)))
    return Guide(
        production, consumption, _long(labels, start.flows, "value"), _long(labels, changed, "cost"), steps, sigma,
        gap, reference, against, estimates,
    )  # fmt: skip


def _square(table: pd.DataFrame, labels: Sequence[str]) -> Array:
    if set(table.index) != set(labels) or set(table.columns) != set(labels):
        odd = sorted(set(map(str, table.index)) ^ set(labels) | set(map(str, table.columns)) ^ set(labels))
        raise ValueError(f"the tables' countries differ: {', '.join(odd[:8])}; expected the same in rows and columns")
    values: Array = table.reindex(index=list(labels), columns=list(labels)).to_numpy(dtype=float)
    if not np.isfinite(values).all():
        i, j = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(f"the value for {labels[i]} to {labels[j]} is {values[i, j]}; expected a finite number")
    return values


def _price(now: _State, before: _State, sigma: float, r: int) -> Array:
    ratio = (now.pi / before.pi) / (now.spending[r] / before.spending[r])
    out: Array = ratio ** (1 / (1 - sigma))
    return out


def _resistances(state: _State, r: int) -> Array:
    """OMR_i IMR_j, (N, N)."""
    omr = state.output * state.spending[r] / state.pi
    return np.outer(omr, state.spending / (state.chi * state.spending[r]))


def _loop(start: _State, first: _State, cost: Array, sigma: float, r: int, stop: float) -> tuple[_State, int]:
    """The loop from the conditional fit on; the first step leaves the resistances as they are."""
    phi = start.spending / start.output
    state, price, earlier = first, _price(first, start, sigma, r), np.zeros(phi.size)
    change: Array | float = 1.0
    for step in range(1, _STEPS + 1):
        flows, pi, chi = _constrained(state.flows * np.outer(price, price) / change, cost, r)
        output = flows.sum(axis=1)
        after = _State(flows, pi, chi, output, phi * output)
        change = _resistances(after, r) / _resistances(state, r)
        difference = np.repeat(price - earlier, phi.size)  # the guide summarises over pairs, and one step late
        state, earlier, price = after, price, _price(after, state, sigma, r)
        if np.ptp(np.log(price)) > _DIVERGED:
            break
        if difference.std(ddof=1) <= stop and abs(difference.max()) <= stop:
            return state, step
    message = f"the guide's loop did not come to its stop of {stop:g} in {step} steps"
    raise NoConvergence(f"{message}; it need not converge: use the published 0.01, or solve for the equilibrium itself")


def _relative(after: Array, before: Array | float, against: str) -> Array:
    return (after - before) / before * 100 if against == "baseline" else (before - after) / after * 100


def _production(
    labels: Sequence[str], start: _State, conditional: _State, full: tuple[Array, Array, Array, Array], sigma: float,
    r: int, against: str,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    price, output, omr, flows = full
    power = 1 / (1 - sigma)
    base = start.output * start.spending[r]
    resistance = {"FULL": omr, "CDL": base / conditional.pi, "BLN": base / start.pi}
    exports = {"BLN": start.flows, "CDL": conditional.flows, "FULL": flows}
    columns = {f"OMR_{name}": value for name, value in resistance.items()}
    columns["change_pricei_FULL"] = price
    totals = {name: value.sum(axis=1) - np.diag(value) for name, value in exports.items()}
    columns |= {f"Xi_{name}": value for name, value in totals.items()}
    columns |= {"Y_BLN": start.output, "Y_FULL": output}
    columns["change_price_FULL"] = (price - 1 if against == "baseline" else 1 - price) * 100
    for name in ("CDL", "FULL"):
        columns[f"change_OMR_{name}"] = _relative(resistance[name] ** power, resistance["BLN"] ** power, against)
    for name in ("CDL", "FULL"):
        columns[f"change_Xi_{name}"] = _relative(totals[name], totals["BLN"], against)
    return pd.DataFrame(columns, index=pd.Index(labels, name="country"))


def _consumption(
    labels: Sequence[str], start: _State, conditional: _State, full: Array, sigma: float, r: int, against: str
) -> pd.DataFrame:
    import pandas as pd

    power = 1 / (1 - sigma)
    columns = {"IMR_FULL": full}
    for name, state in (("CDL", conditional), ("BLN", start)):
        columns[f"IMR_{name}"] = state.spending / (state.chi * state.spending[r])
    for name in ("CDL", "FULL"):
        columns[f"change_IMR_{name}"] = _relative(columns[f"IMR_{name}"] ** power, columns["IMR_BLN"] ** power, against)
    return pd.DataFrame(columns, index=pd.Index(labels, name="country"))


def _long(labels: Sequence[str], table: Array, name: str) -> pd.DataFrame:
    import pandas as pd

    wide = pd.DataFrame(table, index=pd.Index(labels, name="exporter"), columns=pd.Index(labels, name="importer"))
    return wide.reset_index().melt(id_vars="exporter", var_name="importer", value_name=name)


def _wide(data: pd.DataFrame, values: Array | str) -> pd.DataFrame:
    frame = data[["exporter", "importer"]].assign(value=data[values] if isinstance(values, str) else values)
    return frame.pivot(index="exporter", columns="importer", values="value")


def borders_removed(data: pd.DataFrame, *, sigma: float = 7.0, reference: str = "DEU", stop: float = 0.01) -> Guide:
    """Application 1, trade without borders: the extra cost of an international border is taken away everywhere.

    data: one year, columns exporter, importer, trade, DIST, CNTG, with domestic sales. The gravity equation has the
    log of distance, contiguity, and a dummy of international flows.
    """
    table = data.assign(INTL_BRDR=(data["exporter"] != data["importer"]).astype(float)).reset_index(drop=True)
    fit = estimate(table, "trade ~ log(DIST) + CNTG + INTL_BRDR")
    kept = fit.coefficients["log(DIST)"] * np.log(table["DIST"]) + fit.coefficients["CNTG"] * table["CNTG"]
    border = fit.coefficients["INTL_BRDR"] * table["INTL_BRDR"]
    trade, before, after = (_wide(table, each) for each in ("trade", np.exp(kept + border), np.exp(kept)))
    return geppml(trade, before, after, sigma, reference, stop=stop, estimates=(fit,))


def nafta_removed(
    data: pd.DataFrame, *, members: Sequence[str] = NAFTA, year: int = 1994, sigma: float = 7.0,
    reference: str = "DEU", stop: float = 0.01,
) -> Guide:  # fmt: skip
    """Application 2, an agreement removed: the cost of trade between `members` rises to what it is without one.

    data: a panel with columns exporter, importer, year, pair_id, trade, RTA, DIST, CNTG, LANG, CLNY. First the effect
    of agreements is estimated with exporter-year, importer-year and pair effects, where all domestic pairs share one;
    then pair effects are regressed on distance and its like, to fill pairs that never trade. The agreement is removed
    in `year`.
    """
    home = data["exporter"] == data["importer"]
    panel = data.assign(pair=data["pair_id"].where(~home, -1.0)).reset_index(drop=True)
    first = estimate(panel, "trade ~ RTA", fixed_effects=("exporter^year", "importer^year", "pair"), cluster="pair")
    pairs = first.effects["pair"]
    then = panel[panel["year"] == year].reset_index(drop=True)
    away = (then["exporter"] != then["importer"]).to_numpy()
    cost = (then["pair"].map(pairs - pairs[-1.0])).map(np.exp)
    second = estimate(then.assign(cost=cost)[away], "cost ~ log(DIST) + CNTG + LANG + CLNY", cluster="pair")
    bare = cost.where(cost.notna(), second.predict())
    effect, agreement = first.coefficients["RTA"], then["RTA"].to_numpy(dtype=float)
    gone = (then["exporter"].isin(members) & then["importer"].isin(members)).to_numpy() & away
    before, after = (bare * np.exp(effect * each) for each in (agreement, np.where(gone, 0, agreement)))
    trade = _wide(then, "trade")
    low, high = _wide(then, before.to_numpy()), _wide(then, after.to_numpy())
    return geppml(trade, low, high, sigma, reference, against="counterfactual", stop=stop, estimates=(first, second))
