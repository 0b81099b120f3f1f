"""The only place where the engines meet, in the order in which they meet.

    case + worlds + plan  ->  links of the initiatives  ->  networks: what could flow, what coalitions reach
                          ->  who gains, gates, luck  ->  timeline: what is decided, built, stopped
                          ->  what networks carry by year
                          ->  changes of trade costs  ->  general equilibrium  ->  trade paths, with deliveries
                          ->  lines of the initiatives  ->  settlement: imports that cannot be paid are cut
                          ->  trade, ledger  ->  outcome

Stages wait until they are asked, for most questions need few of them. `evaluate` is pure: the same case, worlds and
plan give the same outcome, and nothing is changed. Its stages are remembered by their inputs in a `Memo`, so that a
plan that touches one engine does not run the others again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tumen import initiatives
from tumen._asked import Asked
from tumen._carried import Carried
from tumen._corridor_stage import prospect
from tumen._delivery_stage import deciding_gains, gate_states, streams, with_course
from tumen._delivery_stage import timeline as delivered
from tumen._trade_stage import drawn_world, effect, paid_for, respond_in, with_deliveries, with_effects
from tumen.initiatives import Addition, Delivery, Inputs, Lines, Settlement, TradeChange
from tumen.outcome import Outcome, Stages

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.initiatives.inducement import Bargain
    from tumen.trade import CostShock, DrawnWorld, PairPath, PathDraws, Reading
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
    """Results of stages by the digest of their inputs. It saves time and changes nothing.

    What the one `below` knows is looked up there, and nothing is added to it: so what is common to many plans is kept,
    and what belongs to one goes with it.
    """

    def __init__(self, below: Memo | None = None) -> None:
        self._known: dict[bytes, Any] = {}
        self._below = below

    def __call__(self, stage: Callable[..., T], *inputs: Any) -> T:
        """`stage(*inputs)`, remembered."""
        digest = hashlib.blake2b(stage.__name__.encode(), digest_size=16)
        _digest(inputs, digest)
        key = digest.digest()
        if self._below is not None and key in self._below._known:
            shared: T = self._below._known[key]
            return shared
        if key not in self._known:
            self._known[key] = stage(*inputs)
        found: T = self._known[key]
        return found


def evaluate(case: Case, worlds: Worlds, plan: Plan | None = None, memo: Memo | None = None) -> Outcome:
    """What a plan comes to in every draw of the worlds. Pure; a stage is run when the outcome is asked for it.

    Raises UnknownName for a lever, an initiative or a scenario that the case has not.
    """
    plan, memo = plan or Plan(), memo or Memo()
    case = case.under(plan.scenario)
    worlds = worlds_of(case, worlds, plan)
    included = _included(case, worlds, plan)
    added = cache(lambda: {name: _addition(case, own) for name, own in included.items() if _does(own, "links")})
    networks = Asked(case.networks, lambda name: _prospect(case, name, worlds, added(), memo))
    world = drawn_world(case, worlds)

    def respond(shock: CostShock, run: str) -> Reading:
        return memo(respond_in, world, shock, run)

    timeline = cache(lambda: delivered(case, worlds, included, networks, memo))
    courses = Asked(with_course(included), lambda name: delivered(case, worlds, included, networks, memo, {name})[name])
    settled = {name: replace(own, courses=courses) for name, own in included.items()}
    gates = Asked(case.file.gates, lambda name: gate_states(case, worlds)[name])
    deciding = [name for name, own in included.items() if own.spec.delivery is not None]
    gains = Asked(deciding, lambda name: deciding_gains(included[name], networks))
    carried = Asked(networks, lambda name: Carried(networks[name], timeline(), memo))
    changes = cache(lambda: _changes(settled, memo))
    traded = cache(lambda: _traded(case, worlds, world, changes(), settled, respond, memo))
    posted = Asked(_doing(included, "lines"), lambda name: _lines(settled[name]))
    settlements = cache(lambda: _settlements(settled, traded(), posted))
    pairs = {name: spec.between for name, spec in case.trade.items()}
    trade = cache(lambda: {name: paid_for(path, pairs[name], settlements()) for name, path in traded().items()})
    settling = _doing(included, "settle")
    lines = Asked([*posted, *settling], lambda name: settlements()[name].lines if name in settling else posted[name])
    ledger = cache(lambda: _ledger(worlds.years, list(lines.values())))
    inducements = {name: _bargain(settled[name]) for name in _doing(included, "bargain")}
    stages = Stages(timeline, changes, trade, ledger)
    return Outcome(case, worlds, world, respond, settled, networks, gates, gains, carried, lines, inducements, stages)


def draw(case: Case, seed: int, chunk: int, size: int = 256) -> Worlds:
    """One chunk of worlds of a case."""
    from tumen import uncertainty

    return uncertainty.draw(blueprint(case), seed, chunk, size)


@lru_cache(maxsize=64)
def blueprint(case: Case) -> Blueprint:
    """All that worlds of this case are drawn from: its own figures and what the engines need beside them."""
    import tumen.uncertainty as u

    assumptions, wanted = dict(case.blueprint.assumptions), dict(case.blueprint.streams) | streams(case)
    for name in case.trade:
        model = pair_path(case, name)
        assumptions[f"{name}.volatility"] = u.empirical(model.volatility_quantiles)
        for score in ("drift", "level", *(f"offset_{_word(s)}" for s in model.statistics)):
            assumptions[f"{name}.{score}"] = u.normal(0.0, 1.0)
        wanted |= {f"{name}.shocks": 2, f"{name}.reporting": len(model.statistics), f"{name}.outlook": 2}
    for name, spec in case.initiatives.items():
        needed = getattr(initiatives.module(spec.kind), "noise", None)
        for label, count in (needed(spec, case.years) if needed else {}).items():
            wanted[f"{name}.{label}"] = count
    return replace(case.blueprint, assumptions=assumptions, streams=wanted)


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


def _included(case: Case, worlds: Worlds, plan: Plan) -> dict[str, Inputs]:
    from tumen.errors import unknown_name

    for name in plan.include or ():
        if name not in case.initiatives:
            raise unknown_name("initiative", name, case.initiatives)
    chosen = [name for name in case.initiatives if plan.include is None or name in plan.include]
    specs = {name: case.initiatives[name] for name in chosen}
    return {name: Inputs(name, spec, worlds, case.as_of, others=specs) for name, spec in specs.items()}


def _does(inputs: Inputs, function: str) -> bool:
    return hasattr(initiatives.module(inputs.spec.kind), function)


def _addition(case: Case, inputs: Inputs) -> Addition:
    spec: Any = inputs.spec
    made: Addition = initiatives.module(spec.kind).links(spec, inputs, case.networks[spec.network])
    return made


def _prospect(case: Case, name: str, worlds: Worlds, added: Mapping[str, Addition], memo: Memo) -> Prospect:
    own = {initiative: addition for initiative, addition in added.items() if addition.network == name}
    return prospect(case, name, worlds, own, memo)


def _doing(included: Mapping[str, Inputs], function: str) -> list[str]:
    """Those whose kind has a function."""
    return [name for name, inputs in included.items() if _does(inputs, function)]


def _changes(settled: Mapping[str, Inputs], memo: Memo) -> dict[str, TradeChange]:
    """What initiatives do to trade costs; of deliveries only those are asked that they hang on."""
    found = {}
    for name in _doing(settled, "trade_shock"):
        inputs = settled[name]
        hangs_on = (name, str(getattr(inputs.spec, "follows", "")))
        own = {other: inputs.courses[other] for other in hangs_on if other in inputs.courses}
        found[name] = memo(_change, replace(inputs, courses=own))
    return found


def _traded(
    case: Case, worlds: Worlds, world: DrawnWorld | None, changes: Mapping[str, TradeChange],
    settled: Mapping[str, Inputs], respond: Callable[[CostShock, str], Reading], memo: Memo,
) -> dict[str, PathDraws]:  # fmt: skip
    """The paths of trade with what initiatives do to its costs, and with what they bring over borders themselves."""
    paths = {name: memo(_trade_path, pair_path(case, name), _path_inputs(case, name, worlds)) for name in case.trade}
    effects = [effect(world, change, respond) for change in changes.values() if change.expected]
    brought = [item for inputs in settled.values() if _does(inputs, "deliveries") for item in _deliveries(inputs)]
    found = {}
    for name, path in paths.items():
        between = case.trade[name].between
        found[name] = with_deliveries(with_effects(path, between, world, effects), between, brought, path)
    return found


def _settlements(
    settled: Mapping[str, Inputs], flows: Mapping[str, PathDraws], lines: Mapping[str, Lines]
) -> dict[str, Settlement]:
    """How payments are settled, by the initiative that says so."""
    found: dict[str, Settlement] = {}
    for name, inputs in settled.items():
        if _does(inputs, "settle"):
            found[name] = initiatives.module(inputs.spec.kind).settle(inputs.spec, inputs, flows, lines)
    return found


def _deliveries(inputs: Inputs) -> tuple[Delivery, ...]:
    made: tuple[Delivery, ...] = initiatives.module(inputs.spec.kind).deliveries(inputs.spec, inputs)
    return made


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


_DIGESTS: dict[int, tuple[Any, bytes]] = {}  # of arrays that cannot change, while they live
_TEXTS: dict[int, tuple[Any, str]] = {}  # of declarations


def _digest_of(array: Any) -> bytes:
    """The digest of an array, made once for one that cannot change."""
    place = id(array)
    if place in _DIGESTS:
        return _DIGESTS[place][1]
    content = f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
    found = hashlib.blake2b(content, digest_size=16).digest()
    if not array.flags.writeable and array.base is None:
        _DIGESTS[place] = weakref.ref(array, lambda _: _DIGESTS.pop(place, None)), found
    return found


def _text(spec: Any) -> str:
    """The declaration as text, made once."""
    if id(spec) not in _TEXTS:
        _TEXTS[id(spec)] = spec, repr(spec)
    return _TEXTS[id(spec)][1]


def _digest(value: Any, digest: Any) -> None:
    """Feed a value into a digest by its content."""
    if isinstance(value, np.ndarray):
        digest.update(_digest_of(value))
    elif isinstance(value, Inputs):
        _digest((value.name, value.spec.kind, _text(value.spec), value.as_of.isoformat()), digest)
        prefix, worlds = f"{value.name}.", value.worlds
        own = {key: worlds.values[key] for key in worlds.values if key.startswith(prefix) or "." not in key}
        noise = {key: worlds.noise[key] for key in worlds.noise if key.startswith(prefix)}
        _digest((own, dict(worlds.paths), noise, dict(value.courses)), digest)
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
