"""Networks to and from linopy: a linear or quadratic programme with a balance of each market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tumen.corridor._exchange import exportable, extra, limited
from tumen.corridor._network import Network
from tumen.corridor._parts import Demand, Link, Node, Supply
from tumen.errors import CaseError

if TYPE_CHECKING:
    import linopy

__all__ = ["from_linopy", "to_linopy"]


def to_linopy(network: Network, objective: str = "welfare") -> linopy.Model:
    """The programme of `solve` as a linopy model; its least objective is minus the surplus.

    Variables `flow` by arc and `quantity` by curve, constraint `balance` by market; sloped curves make it quadratic.
    Drawn quantities and candidates are not exported. Raises MissingExtra, CaseError.
    """
    library = extra("linopy")
    import pandas as pd
    import xarray as xr

    program = exportable(network, objective)
    arcs, curves = limited(program)
    count = len(network.links)
    names = [network.links[n].name + (" back" if k >= count else "") for k, n in enumerate(program.link)]
    arc, curve = pd.Index(names, name="arc"), pd.Index(program.name, name="curve")
    market = pd.Index([f"{node} {good}" for node, good in program.markets], name="market")
    model = library.Model()
    flow = model.add_variables(0, xr.DataArray(arcs, coords=[arc]), name="flow")
    quantity = model.add_variables(0, xr.DataArray(curves, coords=[curve]), name="quantity")
    incidence = np.zeros((len(market), len(arc)))
    incidence[program.origin, np.arange(len(arc))] = -1.0
    incidence[program.destination, np.arange(len(arc))] = program.keep
    supplied = np.zeros((len(market), len(curve)))
    supplied[program.market, np.arange(len(curve))] = program.sign
    carried = (flow * xr.DataArray(incidence, coords=[market, arc])).sum("arc")
    offered = (quantity * xr.DataArray(supplied, coords=[market, curve])).sum("curve")
    model.add_constraints(carried + offered == 0, name="balance")
    cost = (flow * xr.DataArray(program.cost[0], coords=[arc])).sum()
    cost = cost + (quantity * xr.DataArray(program.sign * program.a[0], coords=[curve])).sum()
    if (program.b > 0).any():
        cost = cost + (quantity * quantity * xr.DataArray(program.b[0] / 2, coords=[curve])).sum()
    model.add_objective(cost)
    return model


def from_linopy(model: linopy.Model, commodity: str = "good") -> Network:
    """A network from a linear model all of whose constraints are balances of nodes: `sum = 0`.

    A variable that takes from one balance and gives to another is a link; one that gives to a single balance is supply,
    one that takes demand. Each node is a country of its own, named as its constraint, and owns the links that begin
    there. Whatever does not fit is listed in a CaseError.
    """
    extra("linopy")
    if model.objective.is_quadratic:
        raise CaseError(["the model is quadratic, expected a linear one"])
    columns, rows = _variables(model), _constraints(model)
    matrices = model.matrices
    a = matrices.A.tocsc()
    upside = -1.0 if model.objective.sense == "max" else 1.0
    problems = []
    if np.any(matrices.b != 0) or np.any(matrices.sense != "="):
        problems.append("there are constraints other than balances of zero")
    if np.any(matrices.lb != 0):
        problems.append("there are variables with a lower limit other than zero")
    if np.any(matrices.vtypes != "C"):
        problems.append("there are integer variables")
    links, supply, demand = [], [], []
    for n, label in enumerate(matrices.vlabels):
        name, upper, cost = columns[int(label)], float(matrices.ub[n]), upside * float(matrices.c[n])
        entries = slice(a.indptr[n], a.indptr[n + 1])
        at = [(rows[int(matrices.clabels[row])], float(x))
              for row, x in zip(a.indices[entries], a.data[entries], strict=True) if x]  # fmt: skip
        gives, takes = [entry for entry in at if entry[1] > 0], [entry for entry in at if entry[1] < 0]
        if len(gives) == len(takes) == 1 and takes[0][1] == -1 and gives[0][1] <= 1:
            start, end = takes[0][0], gives[0][0]
            links.append(
                Link(
                    name=name, origin=start, destination=end, commodity=commodity, capacity=upper, cost=cost,
                    loss=1 - gives[0][1], owners={start: 1.0},
                )
            )  # fmt: skip
        elif len(at) == 1 and at[0][1] == 1:
            supply.append(Supply(name=name, node=at[0][0], commodity=commodity, quantity=upper, cost=cost))
        elif len(at) == 1 and at[0][1] == -1:
            demand.append(Demand(name=name, node=at[0][0], commodity=commodity, quantity=upper, price=-cost))
        else:
            problems.append(
                f"variable {name} is neither a link, with coefficients -1 and up to 1, nor supply or demand"
            )
    if problems:
        raise CaseError(problems)
    nodes = [Node(name=name, country=name) for name in dict.fromkeys(rows.values())]
    return Network(nodes=nodes, links=links, supply=supply, demand=demand)


def _variables(model: Any) -> dict[int, str]:
    return _labels((name, model.variables[name].labels) for name in model.variables)


def _constraints(model: Any) -> dict[int, str]:
    return _labels((name, model.constraints[name].labels) for name in model.constraints)


def _labels(entries: Any) -> dict[int, str]:
    """The number of each variable or constraint, and a name made of its coordinates."""
    found: dict[int, str] = {}
    for name, labels in entries:
        for place in np.ndindex(labels.shape):
            label = int(labels.values[place])
            words = [str(labels[dim].values[n]) for dim, n in zip(labels.dims, place, strict=True)]
            short = " ".join(words) or str(name)
            if label >= 0:
                found[label] = f"{name} {short}" if short in found.values() else short
    return found
