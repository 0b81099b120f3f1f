"""What the trade engine is timed against: products of matrices, textbook fixed points, and the package gegravity."""

from __future__ import annotations

import contextlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from tumen.trade._baseline import Baseline
from tumen.trade._equilibrium import Equilibrium
from tumen.trade._shocks import Shock

__all__ = ["Gravity", "fixed_point", "gegravity_flows", "ours", "products", "sample", "synthetic"]

Array = npt.NDArray[np.float64]
BLOCK = 256
_COSTS = {"lndist": -0.3764, "contiguity": 0.8850, "pta": 0.4823, "common_language": 0.0392, "international": -3.4224}


def products(base: Baseline, draws: int, threads: int) -> None:
    """Twelve products of (256, N) with (N, N) for each block of draws."""
    matrix = np.ascontiguousarray(base.flows[0])
    size = len(matrix)

    def block(_: int) -> None:
        left, out = np.full((BLOCK, size), 0.5), np.empty((BLOCK, size))
        for _ in range(12):
            np.matmul(left, matrix, out=out)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, range(-(-draws // BLOCK))))


def fixed_point(base: Baseline, factor: Array, depth: int, tolerance: float) -> Array:
    """Log wages from the textbook map w <- w (sales / output)^(1 / (1 + theta)), accelerated where depth > 0."""
    share = base.flows[0] / base.spending * factor
    output, deficit, theta = base.output, base.deficits, float(base.elasticity[0])
    x = np.zeros(len(output))
    past: list[tuple[Array, Array]] = []
    for _ in range(10_000):
        wage = np.exp(x)
        supply = wage**-theta
        price = (wage * output + deficit) / (supply @ share)
        step = np.log(supply * (share @ price) / (wage * output)) / (1 + theta)
        if np.abs(step).max() * (1 + theta) <= tolerance:
            break
        move = step
        if past:
            rows = np.array([step - old for _, old in past])
            weights = np.linalg.lstsq(rows.T, step, rcond=1e-12)[0]
            move = step - weights @ (np.array([x - old for old, _ in past]) + rows)
        past = [*past[-(depth - 1) :], (x, step)] if depth else []
        x = x + move
        x -= np.log(np.exp(x) @ output / output.sum())
    return x


@dataclass(frozen=True, slots=True, eq=False)
class Gravity:
    """A world as gegravity wants it, one row a pair in `table`, and an agreement between two countries to be made."""

    name: str
    table: pd.DataFrame
    reference: str
    pair: tuple[str, str]
    sigma: float = 5.0
    rescale: float = 10.0

    @property
    def after(self) -> pd.DataFrame:
        table = self.table.copy()
        a, b = self.pair
        made = (
            table["exporter"].isin((a, b)) & table["importer"].isin((a, b)) & (table["exporter"] != table["importer"])
        )
        table.loc[made, "pta"] = 1
        return table


def sample(data: Path) -> Gravity:
    """gegravity's own 30 countries of 2006 and the agreement of its documentation."""
    return Gravity("its sample, N = 30", pd.read_csv(data / "gegravity_sample_data_set.csv"), "DEU", ("CAN", "JPN"))


def synthetic(rng: np.random.Generator, countries: int) -> Gravity:
    """Countries on a square, with random sizes."""
    names = [f"C{i:03d}" for i in range(countries)]
    place, size = rng.random((countries, 2)), np.exp(rng.normal(11, 1.2, countries))
    i, j = (grid.ravel() for grid in np.indices((countries, countries)))
    apart = np.log(200 + 9000 * np.linalg.norm(place[i] - place[j], axis=1))
    table = pd.DataFrame({"exporter": np.array(names)[i], "importer": np.array(names)[j], "year": 2006})
    agreed = np.triu(rng.random((countries, countries)) < 0.1, 1)
    table["Y"], table["E"] = size[i], size[j]
    table["pta"] = (agreed | agreed.T)[i, j].astype(int)
    table["contiguity"], table["common_language"] = (apart < 6.5).astype(int) * (i != j), 0
    table["lndist"], table["international"] = apart, (i != j).astype(int)
    table["trade"] = 1.0
    first, second = np.argwhere(~(agreed | agreed.T) & ~np.eye(countries, dtype=bool))[0]
    pair = (names[first], names[second])
    return Gravity(f"synthetic, N = {countries}", table, names[int(np.argmax(size))], pair, rescale=1000.0)


def _costs(world: Gravity, table: pd.DataFrame) -> pd.DataFrame:
    """t^(1 - sigma) by exporter and importer."""
    cost = np.exp(sum(value * table[name] for name, value in _COSTS.items()))
    return table.assign(cost=cost).pivot(index="exporter", columns="importer", values="cost")


def ours(world: Gravity) -> Equilibrium:
    """The same by this engine: fit margins to output and spending with costs held, then solve exactly."""
    before, after = _costs(world, world.table), _costs(world, world.after)
    output = world.table.groupby("exporter")["Y"].first()[before.index].to_numpy(dtype=float)
    spending = world.table.groupby("importer")["E"].first()[before.index].to_numpy(dtype=float)
    spending = spending * (output.sum() / spending.sum())  # the model knows shares only
    flows = before.to_numpy()
    for _ in range(1000):
        flows = flows * (output / flows.sum(axis=1))[:, None]
        flows = flows * (spending / flows.sum(axis=0))
        if np.abs(flows.sum(axis=1) / output - 1).max() < 1e-12:
            break
    base = Baseline.from_arrays(flows, before.index, elasticity=world.sigma - 1)
    changed = (after / before).to_numpy() ** (1 / (1 - world.sigma))
    pairs = {(before.index[i], before.index[j]): changed[i, j] for i, j in np.argwhere(changed != 1)}
    return base.counterfactual(Shock.pairs(pairs), "multiplicative")


def gegravity_flows(world: Gravity) -> tuple[pd.Series, Array, Array]:
    """gegravity's full equilibrium: prices by country, output after over before, and its flows' sums by exporter.

    Raises whatever it raises, and ArithmeticError where it says that it has not converged.
    """
    import gegravity as ge

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        data = ge.BaselineData(
            world.table.copy(), imp_var_name="importer", exp_var_name="exporter", year_var_name="year",
            trade_var_name="trade", expend_var_name="E", output_var_name="Y",
        )  # fmt: skip
        known = pd.DataFrame([{"var": name, "coeff": value, "ste": 0.1} for name, value in _COSTS.items()])
        costs = ge.CostCoeffs(estimates=known, identifier_col="var", coeff_col="coeff", stderr_col="ste")
        model = ge.OneSectorGE(
            data, year="2006", expend_var_name="E", output_var_name="Y", cost_coeff_values=costs,
            cost_variables=list(_COSTS), reference_importer=world.reference, sigma=world.sigma, quiet=True,
        )  # fmt: skip
        model.build_baseline(omr_rescale=world.rescale)
        after = world.after
        after["year"] = after["year"].astype(str)
        model.define_experiment(after)
        model.simulate()
    failed = [name for name, said in model.solver_diagnostics.items() if not said["success"]]
    if failed:
        raise ArithmeticError(f"did not converge: {', '.join(failed)}")
    price = model.country_results["factory gate price change (percent)"] / 100 + 1
    trade = model.bilateral_trade_results.reset_index()
    sold = trade.groupby("exporter")["experiment trade"].sum()[price.index]
    output = world.table.groupby("exporter")["Y"].first()[price.index]
    return price, output.to_numpy(dtype=float), sold.to_numpy()
