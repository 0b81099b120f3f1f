"""Networks for the tests of the corridor engine, and the same programme for other solvers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.corridor import Demand, Link, Network, Node, Supply
from tumen.corridor._builds import capacity_under
from tumen.corridor._program import compiled

Array = npt.NDArray[np.float64]


def transit(*more: str) -> Network:
    """The stylised game of Russia (R), Ukraine (U), Belarus (B) and their market (M); illustrative costs."""

    def line(name: str, through: str, capacity: float, cost: float) -> Link:
        return Link(
            name=name, origin="R", destination="M", commodity="gas", capacity=capacity, cost=cost, crosses=through,
            owners={"R": 1.0},
        )  # fmt: skip

    links = [line("South", "U", 70, 14), line("Yamal", "B", 28, 12)]
    if "options" in more:
        links += [line("Upgrade", "U", 15, 24), line("Yamal 2", "B", 28, 30)]
    if "baltic" in more:
        links.append(Link(
            name="Baltic", origin="R", destination="M", commodity="gas", capacity=55, cost=42, owners={"R": 1.0}
        ))  # fmt: skip
    return Network(
        nodes=[Node(name=name, country=name) for name in "RUBM"],
        links=links,
        supply=[Supply(node="R", commodity="gas", quantity=1000, cost=15)],
        demand=[Demand(node="M", commodity="gas", price=200, slope=0.8)],
    )


def chain(**changes: Any) -> Network:
    """A field in R, a link through N to S, and steps of demand there."""
    link = {"capacity": 10.0, "cost": 20.0, "owners": {"R": 1.0}} | changes
    return Network(
        nodes=[Node(name="field", country="R"), Node(name="pass", country="N"), Node(name="city", country="S")],
        links=[
            Link(name="one", origin="field", destination="pass", commodity="gas", **link),
            Link(name="two", origin="pass", destination="city", commodity="gas", capacity=8.0, owners={"S": 1.0}),
        ],
        supply=[Supply(node="field", commodity="gas", quantity=12, cost=50, name="field")],
        demand=[
            Demand(node="city", commodity="gas", quantity=5, price=300, name="heat"),
            Demand(node="city", commodity="gas", quantity=10, price=120, name="power"),
        ],
    )


def random_network(
    rng: np.random.Generator, countries: int = 4, *, sloped: bool = False, candidates: int = 0, lossy: bool = True
) -> Network:
    """A connected network of up to twelve nodes with supply and demand at some; steps, or lines."""
    size = int(rng.integers(countries, countries + 7))
    country = np.sort(np.concatenate([np.arange(countries), rng.integers(0, countries, size - countries)]))
    names = [f"n{n}" for n in range(size)]
    pairs = [(int(rng.integers(0, n)), n) for n in range(1, size)]
    pairs += [tuple(rng.choice(size, 2, replace=False)) for _ in range(int(rng.integers(0, size)))]
    links = [
        Link(
            name=f"l{k}", origin=names[a], destination=names[b], commodity="gas", both_ways=bool(rng.random() < 0.5),
            capacity=float(rng.choice([rng.uniform(0, 20), np.inf], p=[0.9, 0.1])), cost=float(rng.uniform(0, 8)),
            loss=float(rng.choice([0.0, 0.05])) * lossy, owners={f"c{country[a]}": 0.5, f"c{country[b]}": 0.5}
            if country[a] != country[b] else {f"c{country[a]}": 1.0},
        )
        for k, (a, b) in enumerate(pairs)
    ]  # fmt: skip
    links += [
        Link(
            name=f"new{k}", origin=names[a], destination=names[b], commodity="gas", capacity=float(rng.uniform(2, 15)),
            cost=float(rng.uniform(0, 3)), candidate=True, capex=float(rng.uniform(50, 1500)), owners={"c0": 1.0},
        )
        for k, (a, b) in enumerate(rng.choice(size, 2, replace=False) for _ in range(candidates))
    ]  # fmt: skip
    rows = int(rng.integers(2, 2 * size))
    slope = float(sloped)
    return Network(
        nodes=[Node(name=name, country=f"c{country[n]}") for n, name in enumerate(names)],
        links=links,
        supply=[
            Supply(
                name=f"s{k}", node=str(rng.choice(names)), commodity="gas", quantity=float(rng.uniform(1, 30)),
                cost=float(rng.uniform(1, 40)), slope=slope * float(rng.uniform(0, 2)),
            )
            for k in range(rows)
        ],
        demand=[
            Demand(
                name=f"d{k}", node=str(rng.choice(names)), commodity="gas", quantity=float(rng.uniform(1, 30)),
                price=float(rng.uniform(20, 100)), slope=slope * float(rng.uniform(0, 3)),
            )
            for k in range(rows)
        ],
    )  # fmt: skip


def by_scipy(network: Network, rate: float = 0.08) -> float:
    """Surplus of stepped curves by the programme as it is written down, from scipy's milp."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    p = compiled(network, None, "welfare", rate)
    arcs, curves, builds = len(p.link), len(p.market), len(p.candidate)
    balance = np.zeros((len(p.markets), arcs + curves + builds))
    for k in range(arcs):
        balance[p.origin[k], k] -= 1.0
        balance[p.destination[k], k] += p.keep[k]
    for k in range(curves):
        balance[p.market[k], arcs + k] += p.sign[k]
    limits = capacity_under(p, np.arange(arcs), p.steps)[0]
    constraints = [LinearConstraint(balance, 0, 0)]
    for n, link in enumerate(p.candidate):
        for arc in np.flatnonzero(p.link == link):
            row = np.zeros(balance.shape[1])
            row[arc], row[arcs + curves + n] = 1.0, -p.capacity[0, arc]
            constraints.append(LinearConstraint(row, -np.inf, 0))
    found = milp(
        np.concatenate([p.cost[0], p.sign * p.a[0], p.annuity[0]]),
        constraints=constraints,
        bounds=Bounds(0, np.concatenate([limits, p.size[0], p.steps.astype(float)])),
        integrality=np.concatenate([np.zeros(arcs + curves), np.ones(builds)]),
        options={"mip_rel_gap": 1e-10},
    )
    assert found.success, found.message
    return -float(found.fun)
