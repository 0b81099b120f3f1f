"""Which candidates to build: exactly, as the best of all builds while they are few, by integer programming above.

A build says how many steps of each candidate stand; the candidates of a bundle stand together, or none of them. Its
worth is the surplus of the network that it makes, less the annuities, those of a whole bundle even where some of its
links lead nowhere. Up to `ENUMERATED` builds (ten bundles of one step) every one is looked at: where all curves are
stepped, by its bound (`_cuts`); where some slope, it is solved, and those that the segments cannot tell apart are
solved to the accuracy asked for. Above, one integer programme a draw chooses,
exactly for stepped curves, and to within the bound of the segments for sloped ones.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tumen.corridor._cuts import Cuts
from tumen.corridor._drawn import Array
from tumen.corridor._engine import Engine
from tumen.corridor._interior import available
from tumen.corridor._program import Index, Program
from tumen.errors import CaseError, NoConvergence

__all__ = ["ENUMERATED", "best_builds", "builds_of", "capacity_under"]

ENUMERATED = 1024


def builds_of(steps: Index) -> Index | None:
    """(builds, bundles) steps of each bundle, none first; None where there are more than `ENUMERATED`."""
    if np.prod(steps + 1.0) > ENUMERATED:
        return None
    found = np.array(list(product(*(range(int(most) + 1) for most in steps))), dtype=np.intp)
    return found.reshape(-1, len(steps)) if len(steps) else np.zeros((1, 0), dtype=np.intp)


def capacity_under(program: Program, arcs: Index, built: Index) -> Array:
    """(D, arcs) limits with `built` steps, (K,) or (D, K), of the candidates."""
    factor = np.ones((len(built) if built.ndim == 2 else 1, len(program.network.links)))
    factor[:, program.candidate] = built
    factor = factor[:, program.link[arcs]]
    return np.where(factor > 0, program.capacity[:, arcs], 0.0) * np.where(factor > 0, factor, 1.0)


def best_builds(engine: Engine, accuracy: float | None, among: Index | None = None) -> tuple[Index, Array, Array]:
    """(D, K) the best build, (D,) its worth, and what that may fall short by; ties go to the build first in order.

    among: numbers of the bundles that may be built, all if not given. Raises NoConvergence, CaseError.
    """
    part, program = engine.part, engine.part.program
    here = np.arange(len(program.candidate)) if among is None else np.flatnonzero(np.isin(program.bundle, among))
    bundles, of = np.unique(program.bundle[here], return_inverse=True)
    steps = np.ones(len(bundles), dtype=np.intp)
    steps[of] = program.steps[here]  # one for each link that shares its bundle
    some = builds_of(steps)
    if some is None:
        built = np.stack([_by_integer_programme(engine, draw, here, of, steps) for draw in range(program.draws)])
        return built, *_worth(engine, built, accuracy)
    builds = np.zeros((len(some), len(program.candidate)), dtype=np.intp)
    builds[:, here] = some[:, of]
    if len(builds) > 1 and not len(engine.linear):
        whole = capacity_under(program, part.arcs, np.ones_like(program.steps))
        cuts = Cuts(engine, builds, np.broadcast_to(whole, (program.draws, whole.shape[1])))
        chosen, worth = cuts.best(program.annuity @ builds.T.astype(float), np.ones(len(builds), dtype=bool))
        return builds[chosen], worth, np.zeros(program.draws)
    worth, short = np.empty((program.draws, len(builds))), np.empty((program.draws, len(builds)))
    # Where nothing is quick and exact, segments say first which builds may be best.
    first = None if len(builds) > 1 and not available(part) else accuracy
    for n, build in enumerate(builds):
        worth[:, n], short[:, n] = _worth(engine, np.broadcast_to(build, (program.draws, len(build))), first)
    if first != accuracy and len(engine.linear):
        _sharpen(engine, builds, worth, short, accuracy)
    best = worth.argmax(axis=1)
    rows = np.arange(program.draws)
    return builds[best], worth[rows, best], short[rows, best]


def _sharpen(engine: Engine, builds: Index, worth: Array, short: Array, accuracy: float | None) -> None:
    """Solve the builds that may be best to the accuracy asked for; the others keep their lower bounds."""
    program = engine.part.program
    may = worth + short >= worth.max(axis=1)[:, None]
    for draw, n in zip(*np.nonzero(may), strict=True):
        capacity = capacity_under(program, engine.part.arcs, builds[n])[draw]
        found, _, short[draw, n] = engine.optimum(int(draw), capacity, accuracy)
        worth[draw, n] = found - program.annuity[draw] @ builds[n]


def _worth(engine: Engine, built: Index, accuracy: float | None) -> tuple[Array, Array]:
    """(D,) worth of one build a draw, and what it may fall short by."""
    program = engine.part.program
    capacity = capacity_under(program, engine.part.arcs, built)
    if accuracy is None or not len(engine.linear):
        found, short = engine.values(capacity)
    else:
        found, short = engine.exact(capacity, accuracy)
    return found - (program.annuity * built).sum(axis=1), short


def _by_integer_programme(engine: Engine, draw: int, here: Index, of: Index, steps: Index) -> Index:
    """(K,) the best build of one draw: the candidates `here` are `of` bundles with these steps."""
    part, program = engine.part, engine.part.program
    position = {int(program.candidate[k]): int(n) for k, n in zip(here, of, strict=True)}
    bound = [(arc, position[int(link)]) for arc, link in enumerate(program.link[part.arcs]) if int(link) in position]
    cost, upper = engine.columns(draw, capacity_under(program, part.arcs, program.steps)[draw])
    one = program.capacity[draw, part.arcs]
    endless = [program.network.links[program.link[part.arcs[arc]]].name for arc, _ in bound if np.isinf(one[arc])]
    if endless:
        raise CaseError([f"link {name}: among so many candidates it needs a capacity" for name in endless])
    annuity = np.bincount(of, program.annuity[draw, here], len(steps)).astype(float)
    lp, optimal = _integer_model(engine, cost, upper, bound, one, steps, annuity)
    lp.run()
    if lp.getModelStatus() != optimal:
        raise NoConvergence(f"no best build was found in draw {draw} among {len(here)} candidates")
    built = np.zeros(len(program.candidate), dtype=np.intp)
    built[here] = np.rint(np.array(lp.getSolution().col_value)[len(cost) :]).astype(np.intp)[of]
    return built


def _integer_model(
    engine: Engine, cost: Array, upper: Array, bound: list[tuple[int, int]], one: Array, steps: Index, annuity: Array
) -> tuple[Any, Any]:
    """HiGHS with the flows and, for each bundle, whole steps y: f <= capacity × y on its arcs."""
    import highspy

    rows, start, index, value = engine.matrix()
    columns, more = len(cost), len(steps)
    full = [(index[start[j] : start[j + 1]].tolist(), value[start[j] : start[j + 1]].tolist()) for j in range(columns)]
    full += [([], []) for _ in range(more)]
    for row, (arc, n) in enumerate(bound, start=rows):
        for column, coefficient in ((arc, 1.0), (columns + n, -float(one[arc]))):
            full[column][0].append(row)
            full[column][1].append(coefficient)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns + more, rows + len(bound)
    lp.col_cost_, lp.col_lower_ = np.concatenate([cost, annuity]), np.zeros(columns + more)
    lp.col_upper_ = np.concatenate([upper, steps.astype(float)])
    lp.row_lower_ = np.concatenate([np.zeros(rows), np.full(len(bound), -np.inf)])
    lp.row_upper_ = np.zeros(rows + len(bound))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0] + [len(entries) for entries, _ in full]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([row for entries, _ in full for row in entries], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([x for _, numbers in full for x in numbers])
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kContinuous] * columns + [kinds.kInteger] * more
    model: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, option in {"output_flag": False, "threads": 1, "mip_rel_gap": 1e-10, "mip_abs_gap": 1e-9}.items():
        model.setOptionValue(name, option)
    model.passModel(lp)
    return model, highspy.HighsModelStatus.kOptimal
