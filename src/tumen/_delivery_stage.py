"""The delivery stage of the study: who gains by an initiative, whether gates are open, and what becomes of it.

A player gains by a line what its Shapley share rises by it, its part of the capital paid, at the quantities of the
network's last year. Where a player demands a fee, it gets that in place of its share, and the others who decide bear
the difference as they own the line. Worth that is not money is added. Each who decides must gain, owners must have the
money, and where no court enforces the deal there must be a split that nobody gains by breaking. What is so wanted then
waits for gates and for what is needed first, and the engine does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen import initiatives

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.delivery import Project, Timeline
    from tumen.initiatives import Inputs
    from tumen.uncertainty import Worlds

__all__ = ["LUCK", "deciding_gains", "gate_states", "streams", "timeline"]

Array = npt.NDArray[np.float64]
Remember = Callable[..., Any]

LUCK = 3  # normals of an initiative by year: when it is decided, whether it is completed, when it is given up
_INDIFFERENT = 1e-9


def streams(case: Case) -> dict[str, int]:
    """The normals that gates and deliveries need for each draw and year, by name."""
    hazards = [hazard for gate in case.file.gates.values() for hazard in (gate.opens, gate.closes)]
    found = {f"{hazard}.when": 1 for hazard in hazards}
    return found | {f"{name}.delivery": LUCK for name, spec in case.initiatives.items() if spec.delivery is not None}


def gate_states(case: Case, worlds: Worlds) -> dict[str, npt.NDArray[np.bool_]]:
    """Whether each gate is open at the end of each year, (draw, year).

    When in a year the last event of a hazard was is a matter of the hazard, so gates that share one agree on it.
    """
    from tumen.delivery import gate_path

    return {
        name: gate_path(
            gate.starts == "open",
            worlds.paths[gate.opens],
            worlds.paths[gate.closes],
            worlds.noise[f"{gate.opens}.when"][0],
            closing_luck=worlds.noise[f"{gate.closes}.when"][0],
        )
        for name, gate in case.file.gates.items()
    }


def timeline(
    case: Case, worlds: Worlds, included: Mapping[str, Inputs], networks: Mapping[str, Prospect], remember: Remember,
    only: Collection[str] | None = None,
) -> Timeline:  # fmt: skip
    """What becomes of every initiative that has to be decided and built, or stands already.

    With `only`, of these and of what they need; it is the same as among all the others.
    """
    from tumen.delivery import Timeline, simulate

    gates = gate_states(case, worlds)
    asked = _with_needs(included, included if only is None else only)
    projects, needed = [], {need for name in asked for need in needs_of(included[name])}
    declared = set()  # waited for by others, but nothing becomes of it that its own declaration does not say
    for name in asked:
        if included[name].spec.delivery is not None:
            projects.append(_project(case, included[name], gates, networks, set(included)))
        elif getattr(included[name].spec, "state", "") == "built":
            projects.append(_as_declared(included[name]))
        elif name in needed:
            projects.append(_as_declared(included[name]))
            declared.add(name)
    found: Timeline = remember(simulate, worlds.years, case.as_of_year, projects)
    own = {name: course for name, course in found.courses.items() if name not in declared}
    return Timeline(found.years, found.as_of, own)


def with_course(included: Mapping[str, Inputs]) -> list[str]:
    """Those that have to be decided and built, or stand already."""
    return [
        name
        for name, inputs in included.items()
        if inputs.spec.delivery is not None or getattr(inputs.spec, "state", "") == "built"
    ]


def needs_of(inputs: Inputs) -> tuple[str, ...]:
    """What an initiative needs to be completed first."""
    terms = inputs.spec.delivery
    return () if terms is None else terms.needs


def _with_needs(included: Mapping[str, Inputs], names: Collection[str]) -> list[str]:
    """These and all that they need, as far as the plan has it, in the order of the plan."""
    wanted, ahead = set[str](), [name for name in names if name in included]
    while ahead:
        name = ahead.pop()
        if name not in wanted:
            wanted.add(name)
            ahead += [need for need in needs_of(included[name]) if need in included]
    return [name for name in included if name in wanted]


def deciding_gains(inputs: Inputs, networks: Mapping[str, Prospect]) -> dict[str, Array]:
    """What each who decides gains a year, fee and non-monetary worth counted, (draw,), MUSD."""
    terms = inputs.spec.delivery
    assert terms is not None
    gains = _gains(inputs, networks, terms.decided_by)
    for player in terms.fee:
        fee = inputs(f"delivery.fee.{player}")
        for other, part in _bearing(inputs, player).items():
            gains[other] = gains[other] + (gains[player] - fee) * part
        gains[player] = fee
    for player in terms.worth:
        gains[player] = gains[player] + inputs(f"delivery.worth.{player}")
    return gains


def _bearing(inputs: Inputs, player: str) -> dict[str, Array]:
    """The parts in which others who decide bear a player's fee: as they own it, or equal ones if none of them does."""
    terms, size = inputs.spec.delivery, inputs.worlds.size
    assert terms is not None
    others = [name for name in terms.decided_by if name != player]
    owners = getattr(inputs.spec, "owners", None) or {}
    shares = {name: inputs(f"owners.{name}") if name in owners else np.zeros(size) for name in others}
    total = sum(shares.values(), start=np.zeros(size))
    equal = np.full(size, 1 / max(len(others), 1))
    return {
        name: np.where(total > 0, np.divide(share, total, out=equal.copy(), where=total > 0), equal)
        for name, share in shares.items()
    }


def _gains(inputs: Inputs, networks: Mapping[str, Prospect], players: tuple[str, ...]) -> dict[str, Array]:
    """What each gains a year by it, before fees and worth."""
    nothing = np.zeros(inputs.worlds.size)
    kind = initiatives.module(inputs.spec.kind)
    if not players:
        return {}
    if hasattr(kind, "links"):
        prospect = networks[inputs.spec.network]  # type: ignore[attr-defined]
        then = prospect.at(prospect.spec.years[-1])
        rise = then.shares("shapley", (inputs.name,)) - then.without(inputs.name).shares("shapley")
        return {player: rise[:, then.place(player)] for player in players}
    told: Mapping[str, Array] = kind.gains(inputs.spec, inputs) if hasattr(kind, "gains") else {}
    return {player: told.get(player, nothing) for player in players}


def _project(
    case: Case, inputs: Inputs, gates: Mapping[str, npt.NDArray[np.bool_]], networks: Mapping[str, Prospect],
    included: set[str],
) -> Project:  # fmt: skip
    from tumen.delivery import Project

    spec: Any = inputs.spec
    terms, built = spec.delivery, getattr(spec, "state", "") == "built"
    size, span = inputs.worlds.size, len(inputs.years)

    def figure(field: str, otherwise: float) -> Array:
        return np.full(size, otherwise) if getattr(terms, field) is None else inputs(f"delivery.{field}")

    willing = np.ones(size, dtype=bool)
    for gain in deciding_gains(inputs, networks).values():
        willing &= gain >= -_INDIFFERENT
    if getattr(spec, "enforcement", None) is not None:
        willing &= networks[spec.network].kept(inputs.name)[0].spare >= -_INDIFFERENT
    for player in terms.money:
        willing &= inputs(f"delivery.money.{player}") >= inputs(f"owners.{player}") * inputs("capex")
    if not included.issuperset(terms.needs):  # the plan leaves out what it cannot do without
        willing = np.zeros(size, dtype=bool)
    ready = np.repeat(willing[:, None], span, axis=1)
    up = np.ones((size, span))
    for name in terms.gates:
        ready &= _before(gates[name], case.file.gates[name].starts == "open")
    for name in terms.while_open:
        up = np.minimum(up, (_before(gates[name], case.file.gates[name].starts == "open") * 1.0 + gates[name]) / 2)
    return Project(
        name=inputs.name, built=built, ready=ready, needs=tuple(name for name in terms.needs if name in included),
        start=_of(inputs, "start", case.as_of_year), pace=figure("pace", np.inf), build=_of(inputs, "build", 0.0),
        delay=figure("delay", 1.0),
        overrun=figure("overrun", 1.0), completed=figure("completed", 1.0), reached=figure("reached", 1.0),
        ramp=figure("ramp", 0.0), down=1 - up * (1 - _down(inputs)), life=_of(inputs, "life", np.inf),
        luck=inputs.noise("delivery"),
    )  # fmt: skip


def _as_declared(inputs: Inputs) -> Project:
    """What happens as it is declared: decided at its start, and done when it says."""
    from tumen.delivery import Project

    size, span = inputs.worlds.size, len(inputs.years)
    one, nothing = np.ones(size), np.zeros(size)
    return Project(
        name=inputs.name, built=True, ready=np.ones((size, span), dtype=bool), needs=(),
        start=_of(inputs, "start", float(inputs.years[0])), pace=np.full(size, np.inf), build=_of(inputs, "build", 0.0),
        delay=one, overrun=one, completed=one, reached=one, ramp=nothing, down=_down(inputs),
        life=_of(inputs, "life", np.inf), luck=np.zeros((LUCK, size, span)),
    )  # fmt: skip


def _of(inputs: Inputs, field: str, otherwise: float) -> Array:
    """A figure of the declaration, or what stands in where its kind has none or leaves it out."""
    if getattr(inputs.spec, field, None) is None:
        return np.full(inputs.worlds.size, otherwise)
    return inputs(field)


def _down(inputs: Inputs) -> Array:
    """The share of each year in which events stop it."""
    from tumen.initiatives._links import stopped

    hazards = getattr(inputs.spec, "stopped_by", None)
    if not isinstance(hazards, Mapping):
        return np.zeros((inputs.worlds.size, len(inputs.years)))
    return stopped(inputs, hazards)[0]


def _before(state: npt.NDArray[np.bool_], starts_open: bool) -> npt.NDArray[np.bool_]:
    """The state at the beginning of each year."""
    first = np.full((state.shape[0], 1), starts_open)
    return np.concatenate([first, state[:, :-1]], axis=1)
