"""Worlds: one chunk of draws of everything that a blueprint names.

A value of the assumption a in a draw is Q_a(u), with u from the stream of (seed, chunk, a); a path is its process's
function of parameter values and of normals from the streams of (seed, chunk, process, stream). Uniforms and normals do
not depend on the distributions, so a lever, a scenario or another parameter moves only what follows from it (common
random numbers). Years are drawn one after the other: a longer horizon keeps the noise of the years it had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tumen.errors import unknown_name
from tumen.uncertainty._arrays import Array, Frozen, readonly
from tumen.uncertainty._clock import Clock, Process
from tumen.uncertainty._copula import Correlation
from tumen.uncertainty._distributions import Distribution, discrete
from tumen.uncertainty._streams import normals, stratified

__all__ = ["Blueprint", "Worlds", "draw"]

BY_HAND = -1
ROWS = 12


@dataclass(frozen=True)
class Blueprint:
    """Everything that is drawn: what is assumed, what moves by year, and which of it moves together.

    `streams` names the normals that an engine needs, with their number for each draw and year. Raises `ValueError` if
    a name is used twice or stands in two correlated groups, or if a group mixes assumptions and processes;
    `UnknownName` if a member of a group does not exist.
    """

    clock: Clock
    assumptions: Mapping[str, Distribution] = field(default_factory=dict)
    processes: Mapping[str, Process] = field(default_factory=dict)
    streams: Mapping[str, int] = field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        for name in ("assumptions", "processes", "streams"):
            object.__setattr__(self, name, Frozen(getattr(self, name)))
        object.__setattr__(self, "correlations", tuple(self.correlations))
        _check_names(self)
        _check_groups(self)

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """All named assumptions, the parameters of processes ("<process>.<parameter>") among them."""
        parameters = {
            f"{name}.{parameter}": distribution
            for name, process in self.processes.items()
            for parameter, distribution in process.parameters.items()
        }
        return Frozen({**self.assumptions, **parameters})


@dataclass(frozen=True, eq=False, repr=False)
class Worlds:
    """One chunk of draws. Arrays are read-only and have the draw as their first axis.

    `uniforms` (draw) stand behind the assumptions that are not constant, `noise` (stream, draw, year) behind processes
    and engine streams; `levers` are the values that were set by `with_values`.
    """

    blueprint: Blueprint
    seed: int
    chunk: int
    size: int
    uniforms: Mapping[str, Array]
    noise: Mapping[str, Array]
    levers: Mapping[str, float] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        """The years of the horizon, and the date they are seen from."""
        return self.blueprint.clock

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the horizon."""
        return self.blueprint.clock.years

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Every named assumption, (draw)."""
        return Frozen({name: self._value(name) for name in self.blueprint.distributions})

    @cached_property
    def paths(self) -> Mapping[str, Array]:
        """Every process, (draw, year). Raises `ValueError` if the parameters of one are out of bounds."""
        return Frozen({name: self._path(name) for name in self.blueprint.processes})

    @property
    def varying(self) -> Mapping[str, Array]:
        """The assumptions that differ between draws, (draw): the inputs of a sensitivity analysis."""
        drawn = self.blueprint.distributions
        names = [name for name in self.values if name not in self.levers and not drawn[name].is_constant]
        return Frozen({name: self.values[name] for name in names})

    def with_values(self, levers: Mapping[str, float]) -> Worlds:
        """These worlds with some assumptions set to a number: same draws, and only what follows from them moves.

        Raises `UnknownName` for a name that is no assumption, `ValueError` for a value that is not finite.
        """
        for name, value in levers.items():
            if name not in self.values:
                raise unknown_name("assumption", name, self.values)
            if not math.isfinite(value):
                raise ValueError(f"the lever {name} is set to {value}; expected a finite number")
        merged = Frozen({**self.levers, **{name: float(value) for name, value in levers.items()}})
        moved = Worlds(self.blueprint, self.seed, self.chunk, self.size, self.uniforms, self.noise, merged)
        # What does not follow from the levers is handed on, so that a grid of lever values costs little.
        values = {**self.values, **{name: moved._value(name) for name in levers}}
        moved.__dict__["values"] = Frozen(values)
        touched = {name.rpartition(".")[0] for name in levers} & self.blueprint.processes.keys()
        moved.__dict__["paths"] = Frozen({**self.paths, **{name: moved._path(name) for name in touched}})
        return moved

    def under(self, blueprint: Blueprint) -> Worlds:
        """The worlds of another blueprint (a scenario) from the same seed and chunk.

        What both blueprints name keeps its uniforms and noise (members of a correlated group: as long as the group
        stays the same up to them). Levers are not carried over. Raises `ValueError` for worlds made by hand.
        """
        if self.chunk == BY_HAND:
            raise ValueError("these worlds were made by hand, not drawn; make those of the other blueprint by hand too")
        return draw(blueprint, self.seed, self.chunk, self.size)

    @classmethod
    def by_hand(
        cls,
        clock: Clock,
        values: Mapping[str, Array],
        paths: Mapping[str, Array] | None = None,
        noise: Mapping[str, Array] | None = None,
    ) -> Worlds:
        """Worlds from explicit values (draw), paths (draw, year) and noise (stream, draw, year), to check by hand.

        `with_values` replaces values; the paths stay. Raises `ValueError` if the shapes do not agree.
        """
        shown = Frozen({name: readonly(np.array(x)) for name, x in values.items()})
        drawn = Frozen({name: readonly(np.array(x)) for name, x in (paths or {}).items()})
        given = Frozen({name: readonly(np.array(x)) for name, x in (noise or {}).items()})
        count = len(clock.years)
        shapes = {x.shape for x in shown.values()} | {x.shape[:-1] for x in drawn.values()}
        shapes |= {x.shape[1:-1] for x in given.values()}
        years = {x.shape[-1:] for x in (*drawn.values(), *given.values())} - {(count,)}
        if len(shapes) != 1 or years or len(next(iter(shapes))) != 1:
            raise ValueError(
                f"worlds by hand: expected values (draw), paths (draw, {count}) and noise "
                f"(stream, draw, {count}) with the same number of draws"
            )
        blueprint = Blueprint(clock, {name: discrete(x.tolist()) for name, x in shown.items()})
        worlds = cls(blueprint, 0, BY_HAND, shapes.pop()[0], Frozen(), given, Frozen())
        worlds.__dict__.update(values=shown, paths=drawn)
        return worlds

    def _value(self, name: str) -> Array:
        distribution = self.blueprint.distributions[name]
        if name in self.levers:
            return readonly(np.full(self.size, self.levers[name]))
        if distribution.is_constant:
            return readonly(np.full(self.size, distribution.parameters[0]))
        return readonly(distribution.ppf(self.uniforms[name]))

    def _path(self, name: str) -> Array:
        process = self.blueprint.processes[name]
        values = {parameter: self.values[f"{name}.{parameter}"] for parameter in process.parameters}
        return readonly(process.path(values, self.noise[name], self.clock))

    def __repr__(self) -> str:
        lines = [f"Worlds: {self.size} draws, chunk {self.chunk}, seed {self.seed}, {self.years[0]}..{self.years[-1]}"]
        if self.chunk == BY_HAND:
            lines = [f"Worlds: {self.size} draws made by hand, {self.years[0]}..{self.years[-1]}"]
        rows = [(name, _shown(x)) for name, x in self.values.items()]
        rows += [(f"{name} in {self.years[-1]}", _shown(x[:, -1])) for name, x in self.paths.items()]
        width = max([len(name) for name, _ in rows[:ROWS]], default=0)
        lines += [f"  {'':{width}}  {'5 %':>10}  {'median':>10}  {'95 %':>10}"] if rows else []
        lines += [f"  {name:{width}}  {text}" for name, text in rows[:ROWS]]
        lines += [f"  and {len(rows) - ROWS} more"] if len(rows) > ROWS else []
        return "\n".join(lines)


def draw(blueprint: Blueprint, seed: int, chunk: int, size: int = 256) -> Worlds:
    """One chunk of worlds. The same arguments give the same worlds, whatever else was drawn before.

    Raises `ValueError` if `seed` or `chunk` is negative, or `size` is not at least 1.
    """
    if size < 1:
        raise ValueError(f"a chunk of {size} draws was asked for; expected at least 1")
    grouped = {member for group in blueprint.correlations for member in group.members}
    # A constant takes no draws, but as a member of a group it keeps its place: others are ordered by it.
    uniforms = {
        name: readonly(stratified(seed, chunk, f"assumption/{name}", size))
        for name, distribution in blueprint.distributions.items()
        if name in grouped or not distribution.is_constant
    }
    years = len(blueprint.clock.years)
    wanted = {name: process.streams for name, process in blueprint.processes.items()} | dict(blueprint.streams)
    noise = {name: _noise(seed, chunk, name, (streams, size, years)) for name, streams in wanted.items()}
    for group in blueprint.correlations:
        if group.members[0] in blueprint.processes:
            noise.update(group.correlate(noise))
        else:
            uniforms.update(group.reorder(uniforms))
    varying = {name: u for name, u in uniforms.items() if not blueprint.distributions[name].is_constant}
    return Worlds(blueprint, seed, chunk, size, Frozen(varying), Frozen(noise), Frozen())


def _noise(seed: int, chunk: int, name: str, shape: tuple[int, int, int]) -> Array:
    streams, size, years = shape
    noise = np.empty(shape)
    for stream in range(streams):
        noise[stream] = normals(seed, chunk, f"noise/{name}/{stream}", (years, size)).T
    return readonly(noise)


def _shown(values: Array) -> str:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{low:10.4g}  {middle:10.4g}  {high:10.4g}"


def _check_names(blueprint: Blueprint) -> None:
    seen: dict[str, str] = {}
    parameters = [f"{name}.{p}" for name, process in blueprint.processes.items() for p in process.parameters]
    kinds = {
        "an assumption": list(blueprint.assumptions),
        "a process": list(blueprint.processes),
        "a parameter of a process": parameters,
        "an engine's stream": list(blueprint.streams),
    }
    for kind, names in kinds.items():
        for name in names:
            if name in seen:
                raise ValueError(f"{name} is {seen[name]} and {kind}; expected each name once: rename one of them")
            seen[name] = kind
    for name, streams in blueprint.streams.items():
        if streams < 1:
            raise ValueError(f"the stream {name} asks for {streams} normals a year; expected at least 1")


def _check_groups(blueprint: Blueprint) -> None:
    distributions, processes = blueprint.distributions, blueprint.processes
    seen: set[str] = set()
    for group in blueprint.correlations:
        for member in group.members:
            if member not in distributions and member not in processes:
                raise unknown_name("assumption or process", member, [*distributions, *processes])
            if member in seen:
                raise ValueError(f"{member} stands in two correlated groups; expected one: put them together")
            seen.add(member)
        moving = [member for member in group.members if member in processes]
        if moving and len(moving) < len(group.members):
            still = next(member for member in group.members if member not in processes)
            raise ValueError(
                f"the correlated group ({', '.join(group.members)}) mixes the process {moving[0]} and the assumption "
                f"{still}; expected all of one sort"
            )
