"""The only place where the engines meet, in the order in which they meet.

    case + worlds + plan  ->  links of the initiatives  ->  networks, solved when a measure asks
                          ->  changes of trade costs  ->  general equilibrium  ->  trade paths
                          ->  lines of the initiatives  ->  ledger  ->  outcome

`evaluate` is pure: the same case, worlds and plan give the same outcome, and nothing is changed. Its stages are
remembered by their inputs in a `Memo`, so that a plan that touches one engine does not run the others again.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tumen import initiatives
from tumen._corridor_stage import prospect
from tumen._trade_stage import drawn_world, effect, respond_in, with_effects
from tumen.initiatives import Addition, Inputs, Lines, TradeChange
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.initiatives.inducement import Bargain
    from tumen.trade import CostShock, PairPath, PathDraws, Reading
    from tumen.uncertainty import Blueprint, Worlds

__all__ = ["Memo", "Plan", "blueprint", "draw", "evaluate", "pair_path"]

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What is asked of a study: values of levers, which initiatives go ahead (None: all), which scenario."""

    levers: Mapping[str, float] = field(default_factory=dict)
    include: tuple[str, ...] | None = None
    scenario: str | None = None


class Memo:
    """Results of stages by the digest of their inputs. It saves time and changes nothing."""

    def __init__(self) -> None:
        self._known: dict[bytes, Any] = {}

    def __call__(self, stage: Callable[..., T], *inputs: Any) -> T:
        """`stage(*inputs)`, remembered."""
        digest = hashlib.blake2b(stage.__name__.encode(), digest_size=16)
        _digest(inputs, digest)
        key = digest.digest()
        if key not in self._known:
            self._known[key] = stage(*inputs)
        found: T = self._known[key]
        return found


def evaluate(case: Case, worlds: Worlds, plan: Plan | None = None, memo: Memo | None = None) -> Outcome:
    """What a plan comes to in every draw of the worlds. Pure.

    Raises UnknownName for a lever, an initiative or a scenario that the case has not.
    """
    plan, memo = plan or Plan(), memo or Memo()
    case = case.under(plan.scenario)
    worlds = worlds_of(case, worlds, plan)
    included = _included(case, worlds, plan)
    added = {name: _addition(case, inputs) for name, inputs in included if _does(inputs, "links")}
    networks = {name: _prospect(case, name, worlds, added, memo) for name in case.networks}
    world = drawn_world(case, worlds)
    changes = {name: memo(_change, inputs) for name, inputs in included if _does(inputs, "trade_shock")}

    def respond(shock: CostShock, run: str) -> Reading:
        return memo(respond_in, world, shock, run)

    paths = {name: memo(_trade_path, pair_path(case, name), _path_inputs(case, name, worlds)) for name in case.trade}
    effects = [effect(world, change, respond) for change in changes.values() if change.expected]
    trade = {name: with_effects(path, case.trade[name].between, world, effects) for name, path in paths.items()}
    lines = {name: memo(_lines, inputs) for name, inputs in included if _does(inputs, "lines")}
    ledger = memo(_ledger, worlds.years, list(lines.values()))
    inducements = {name: _bargain(inputs) for name, inputs in included if _does(inputs, "bargain")}
    return Outcome(
        case, worlds, trade, lines, ledger, changes, world, respond, inducements=inducements, networks=networks
    )


def draw(case: Case, seed: int, chunk: int, size: int = 256) -> Worlds:
    """One chunk of worlds of a case."""
    from tumen import uncertainty

    return uncertainty.draw(blueprint(case), seed, chunk, size)


@lru_cache(maxsize=64)
def blueprint(case: Case) -> Blueprint:
    """All that worlds of this case are drawn from: its own figures and what the engines need beside them."""
    import tumen.uncertainty as u

    assumptions, streams = dict(case.blueprint.assumptions), dict(case.blueprint.streams)
    for name in case.trade:
        model = pair_path(case, name)
        assumptions[f"{name}.volatility"] = u.empirical(model.volatility_quantiles)
        for score in ("drift", "level", *(f"offset_{_word(s)}" for s in model.statistics)):
            assumptions[f"{name}.{score}"] = u.normal(0.0, 1.0)
        streams |= {f"{name}.shocks": 2, f"{name}.reporting": len(model.statistics)}
    for name, spec in case.initiatives.items():
        needed = getattr(initiatives.module(spec.kind), "noise", None)
        for label, count in (needed(spec, case.years) if needed else {}).items():
            streams[f"{name}.{label}"] = count
    return dataclasses.replace(case.blueprint, assumptions=assumptions, streams=streams)


@lru_cache(maxsize=64)
def pair_path(case: Case, name: str) -> PairPath:
    """The fitted path of a pair's trade. Raises ValueError where its history cannot be fitted."""
    from tumen import trade

    spec = case.trade[name]
    rows = [row for row in case.tables[spec.history].rows if not spec.statistics or row.statistics in spec.statistics]
    history = trade.History(
        years=tuple(row.year for row in rows),
        values=tuple(row.value for row in rows),
        statistics=tuple(row.statistics or "published" for row in rows),
        spread=tuple(_spread(row.low, row.high) for row in rows),
    )
    return trade.fit(history, _past_joint_growth(case, name, min(history.years), max(history.years)))


def worlds_of(case: Case, worlds: Worlds, plan: Plan) -> Worlds:
    """The same draws under the plan's scenario and levers."""
    own = blueprint(case)
    drawn = worlds.chunk >= 0  # worlds made by hand stay as they are
    if drawn and worlds.blueprint is not own:
        worlds = worlds.under(own)
    return worlds.with_values(plan.levers) if plan.levers else worlds


def _included(case: Case, worlds: Worlds, plan: Plan) -> list[tuple[str, Inputs]]:
    from tumen.errors import unknown_name

    for name in plan.include or ():
        if name not in case.initiatives:
            raise unknown_name("initiative", name, case.initiatives)
    chosen = [name for name in case.initiatives if plan.include is None or name in plan.include]
    return [(name, Inputs(name, case.initiatives[name], worlds, case.as_of)) for name in chosen]


def _does(inputs: Inputs, function: str) -> bool:
    return hasattr(initiatives.module(inputs.spec.kind), function)


def _addition(case: Case, inputs: Inputs) -> Addition:
    spec: Any = inputs.spec
    made: Addition = initiatives.module(spec.kind).links(spec, inputs, case.networks[spec.network])
    return made


def _prospect(case: Case, name: str, worlds: Worlds, added: Mapping[str, Addition], memo: Memo) -> Prospect:
    own = {initiative: addition for initiative, addition in added.items() if addition.network == name}
    return prospect(case, name, worlds, own, memo)


def _change(inputs: Inputs) -> TradeChange:
    made: TradeChange = initiatives.module(inputs.spec.kind).trade_shock(inputs.spec, inputs)
    return made


def _bargain(inputs: Inputs) -> Bargain:
    made: Bargain = initiatives.module(inputs.spec.kind).bargain(inputs.spec, inputs)
    return made


def _lines(inputs: Inputs) -> Lines:
    made: Lines = initiatives.module(inputs.spec.kind).lines(inputs.spec, inputs)
    return made


def _ledger(years: tuple[int, ...], lines: list[Lines]) -> Any:
    from tumen import money

    return money.post(years, [p for part in lines for p in part.postings], [s for part in lines for s in part.stocks])


def _path_inputs(case: Case, name: str, worlds: Worlds) -> dict[str, Any]:
    """What one pair's path is simulated from."""
    values, spec, model = worlds.values, case.trade[name], pair_path(case, name)
    first, second = spec.between
    growth = worlds.paths[spec.growth[first]] + worlds.paths[spec.growth[second]] - worlds.paths[spec.growth["world"]]
    offsets = {s: values[f"{name}.offset_{_word(s)}"] for s in model.statistics}
    return {
        "volatility": values[f"{name}.volatility"],
        "drift_score": values[f"{name}.drift"],
        "level_score": values[f"{name}.level"],
        "offset_scores": offsets,
        "shocks": worlds.noise[f"{name}.shocks"],
        "joint_growth": growth,
        "years": worlds.years,
        "extra_growth": values[f"{name}.extra_growth"],
        "report_noise": worlds.noise[f"{name}.reporting"],
    }


def _trade_path(model: PairPath, inputs: Mapping[str, Any]) -> PathDraws:
    return model.simulate(**inputs)


def _past_joint_growth(case: Case, name: str, first: int, last: int) -> dict[int, float]:
    """Log growth of the pair's trade that its economies' growth implies by structural gravity's unit elasticities.

    `trade.fit` says how much of it trade follows.
    """
    spec = case.trade[name]
    series = {}
    for key, process in spec.growth.items():
        table = case.file.processes[process].series
        if table is None:
            what = f"the growth of {key} needs a series up to the last year of the history"
            raise ValueError(f"{what}; give `{process}` a `fit` and a `series`")
        series[key] = {row.year: float(np.log(row.value)) for row in case.tables[table].rows}
    joint = {}
    for year in range(first + 1, last + 1):
        for key, values in series.items():
            if year not in values or year - 1 not in values:
                file = case.file.processes[spec.growth[key]].series
                raise ValueError(f"the growth of {key} in {year} is missing; extend `{file}`")
        change = {key: values[year] - values[year - 1] for key, values in series.items()}
        joint[year] = sum(change[player] for player in spec.between) - change["world"]
    return joint


def _spread(low: float | None, high: float | None) -> float:
    """Standard deviation of the log error that a source's own range implies, read as a 90 % interval."""
    return float(np.log(high / low)) / 3.29 if low and high else 0.0


def _word(text: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in text)


def _digest(value: Any, digest: Any) -> None:
    """Feed a value into a digest by its content."""
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Inputs):
        _digest((value.name, value.spec.kind, repr(value.spec), value.as_of.isoformat()), digest)
        prefix, worlds = f"{value.name}.", value.worlds
        own = {key: item for key, item in worlds.values.items() if key.startswith(prefix) or "." not in key}
        noise = {key: item for key, item in worlds.noise.items() if key.startswith(prefix)}
        _digest((own, dict(worlds.paths), noise), digest)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            digest.update(f"{key}=".encode())
            _digest(item, digest)
    elif isinstance(value, tuple | list):
        digest.update(f"[{len(value)}".encode())
        for item in value:
            _digest(item, digest)
    elif type(value).__name__ == "Network":  # frozen and long: its hash, within this process, tells it
        digest.update(f"network {hash(value)};".encode())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__name__.encode())
        for part in dataclasses.fields(value):
            if part.name.startswith("_"):
                continue  # what is remembered, not what is given
            _digest(getattr(value, part.name), digest)
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())
