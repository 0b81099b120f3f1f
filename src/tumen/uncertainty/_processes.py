"""Processes: random paths by year, exact in distribution at the years of the clock.

With h the time before a year's value (`Clock.steps`), ε, η, ζ independent standard normals by draw and year, and
parameters that are constant along a path:

    GeometricBrownian   ln X += drift h + volatility √h ε
                        (`drift` is that of the log: the median path grows by it, the mean by drift + volatility²/2)
    MeanReverting       ln X = ln mean + b (ln X₋ - ln mean) + volatility √((1-b²)/(2k)) ε,  k = ln 2 / half_life,
                        b = exp(-k h); the log-price model of Schwartz (1997), `mean` the level it reverts to
    JumpDiffusion       ln X += drift h + volatility √h ε + N jump_mean + √N jump_sd ζ,  N ~ Poisson(jump_rate h);
                        Merton (1976); N is the quantile of Φ(η); `drift` is that between jumps
    TrendGrowth         m = long_run + p^h (m₋ - long_run) + trend_sd √((1-p^2h)/(1-p²)) η,  g = m + noise_sd ε;
                        p = persistence; the path is g, log growth in the year; local level with a mean to revert to
    Hazard              the number of events in the year ~ Poisson(rate x part of the year after as_of)

All but `Hazard` hold `start` in years whose middle is before `as_of`; every process takes `observed` values exactly.
From counts, the rate of a hazard is gamma(events + 1/2, years): the posterior under Jeffreys' prior.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import ClassVar

import numpy as np

from tumen.uncertainty._arrays import Array, Frozen, readonly
from tumen.uncertainty._clock import Clock
from tumen.uncertainty._distributions import Distribution, constant, gamma

__all__ = ["GeometricBrownian", "Hazard", "JumpDiffusion", "MeanReverting", "TrendGrowth"]

# What the values of a parameter have to be, with the bounds that say so; all else is free.
_POSITIVE = ("above 0", np.nextafter(0.0, 1.0), math.inf)
_NOT_NEGATIVE = ("0 or more", 0.0, math.inf)
_RATE = ("between 0 and 1e9", 0.0, 1e9)
_SHARE = ("between 0 and 1", 0.0, 1.0)


class _Model(ABC):
    """What all processes share: checks, conversion of plain numbers to constants, observed values."""

    kind: ClassVar[str]
    streams: ClassVar[int]
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {}
    observed: Mapping[int, float]

    def __post_init__(self) -> None:
        for name in self._names():
            value = getattr(self, name)
            given = value if isinstance(value, Distribution) else constant(value)
            object.__setattr__(self, name, given)
            if name in self.limits:
                low, high = (float(x) for x in given.ppf(np.array([1e-9, 1 - 1e-9])))
                self._check(name, low, high, repr(given))
        observed = Frozen({int(year): float(value) for year, value in sorted(self.observed.items())})
        if not all(math.isfinite(value) for value in observed.values()):
            raise ValueError(f"{self.kind}: an observed value is not a finite number")
        object.__setattr__(self, "observed", observed)

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(f.name for f in fields(cls) if f.name != "observed")  # type: ignore[arg-type]

    @cached_property
    def parameters(self) -> Mapping[str, Distribution]:
        """The parameters by name, each a distribution."""
        return Frozen({name: getattr(self, name) for name in self._names()})

    def path(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        """The path (draw, year), from parameter values (draw) and standard normals (stream, draw, year).

        Raises `ValueError` if a value is out of bounds, if an observed year begins after `clock.as_of`, or if a path
        leaves the range of numbers.
        """
        for name in self.limits:
            self._check(name, float(values[name].min()), float(values[name].max()), "the draws")
        with np.errstate(over="ignore", invalid="ignore"):
            path = self._simulate({name: values[name] for name in self._names()}, noise, clock)
        for year, value in self.observed.items():
            if year > clock.as_of:
                raise ValueError(f"{self.kind}: the observed value of {year} lies after as_of ({clock.as_of:.2f})")
            if year in clock.years:
                path[:, clock.years.index(year)] = value
        if not bool(np.isfinite(path).all()):
            raise ValueError(f"{self.kind}: a path leaves the range of numbers; narrow its drift, volatility or jumps")
        return readonly(path)

    def _check(self, name: str, low: float, high: float, what: str) -> None:
        text, least, most = self.limits[name]
        if not (low >= least and high <= most):
            worst = low if low < least else high
            raise ValueError(
                f"{self.kind}: {name} has to be {text}, but {what} can reach {worst:.4g}; "
                "give a distribution that stays within (lognormal, triangular, uniform, beta)"
            )

    @abstractmethod
    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array: ...


@dataclass(frozen=True)
class GeometricBrownian(_Model):
    """A level whose log is a random walk with drift. `start` in the unit of the level, the rest by year."""

    kind: ClassVar[str] = "geometric_brownian"
    streams: ClassVar[int] = 1
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {"start": _POSITIVE, "volatility": _NOT_NEGATIVE}

    start: Distribution | float
    drift: Distribution | float
    volatility: Distribution | float
    observed: Mapping[int, float] = field(default_factory=dict)

    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        return _random_walk(values, noise[0], clock)


@dataclass(frozen=True)
class MeanReverting(_Model):
    """A level whose log reverts to that of `mean`. `start` and `mean` in the unit of the level, `half_life` years."""

    kind: ClassVar[str] = "mean_reverting"
    streams: ClassVar[int] = 1
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {
        "start": _POSITIVE,
        "mean": _POSITIVE,
        "half_life": _POSITIVE,
        "volatility": _NOT_NEGATIVE,
    }

    start: Distribution | float
    mean: Distribution | float
    half_life: Distribution | float
    volatility: Distribution | float
    observed: Mapping[int, float] = field(default_factory=dict)

    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        speed = math.log(2.0) / values["half_life"]
        first = gap = np.log(values["start"]) - np.log(values["mean"])
        path = np.empty(noise.shape[1:])
        for i, step in enumerate(clock.steps):
            spread = values["volatility"] * np.sqrt(-np.expm1(-2.0 * speed * step) / (2.0 * speed))
            gap = np.exp(-speed * step) * gap + spread * noise[0, :, i]
            path[:, i] = values["start"] * np.exp(gap - first)
        return path


@dataclass(frozen=True)
class JumpDiffusion(_Model):
    """A geometric Brownian level with jumps: `jump_rate` a year, each of log size normal(`jump_mean`, `jump_sd`)."""

    kind: ClassVar[str] = "jump_diffusion"
    streams: ClassVar[int] = 3
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {
        "start": _POSITIVE,
        "volatility": _NOT_NEGATIVE,
        "jump_rate": _RATE,
        "jump_sd": _NOT_NEGATIVE,
    }

    start: Distribution | float
    drift: Distribution | float
    volatility: Distribution | float
    jump_rate: Distribution | float
    jump_mean: Distribution | float
    jump_sd: Distribution | float
    observed: Mapping[int, float] = field(default_factory=dict)

    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        count = _poisson(noise[1], values["jump_rate"][:, np.newaxis] * clock.steps)
        jumps = count * values["jump_mean"][:, np.newaxis]
        jumps += np.sqrt(count) * values["jump_sd"][:, np.newaxis] * noise[2]
        return _random_walk(values, noise[0], clock, jumps)


@dataclass(frozen=True)
class TrendGrowth(_Model):
    """Log growth by year: noise around a trend that begins at `start` and reverts to `long_run`; all as fractions.

    The first stream is the noise of the year, the second that of the trend.
    """

    kind: ClassVar[str] = "trend_growth"
    streams: ClassVar[int] = 2
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {
        "persistence": _SHARE,
        "trend_sd": _NOT_NEGATIVE,
        "noise_sd": _NOT_NEGATIVE,
    }

    start: Distribution | float
    long_run: Distribution | float
    persistence: Distribution | float
    trend_sd: Distribution | float
    noise_sd: Distribution | float
    observed: Mapping[int, float] = field(default_factory=dict)

    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        p, long_run = values["persistence"], values["long_run"]
        away = values["start"] - long_run
        left = np.where(p < 1.0, 1.0 - p**2, 1.0)
        path = np.empty(noise.shape[1:])
        for i, step in enumerate(clock.steps):
            grown = np.where(p < 1.0, (1.0 - p ** (2.0 * step)) / left, step)
            away = p**step * away + values["trend_sd"] * np.sqrt(grown) * noise[1, :, i]
            path[:, i] = long_run + away
            if step > 0:
                path[:, i] += values["noise_sd"] * noise[0, :, i]
        return path


@dataclass(frozen=True)
class Hazard(_Model):
    """Events that come at a constant `rate` a year; the path is their number in each year, from `as_of` on."""

    kind: ClassVar[str] = "hazard"
    streams: ClassVar[int] = 1
    limits: ClassVar[Mapping[str, tuple[str, float, float]]] = {"rate": _RATE}

    rate: Distribution | float
    observed: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def from_counts(cls, events: float, years: float, observed: Mapping[int, float] | None = None) -> Hazard:
        """The hazard of which `events` were seen in `years` years, with the uncertainty of its rate.

        Raises `ValueError` if `events` is negative or `years` is not positive.

        >>> Hazard.from_counts(2, 7.6).rate
        gamma(2.5, 7.6)
        """
        if not (math.isfinite(events) and events >= 0):
            raise ValueError(f"hazard: {events:g} events; expected 0 or more")
        if not (math.isfinite(years) and years > 0):
            raise ValueError(f"hazard: {years:g} years; expected more than 0")
        return cls(rate=gamma(events + 0.5, years), observed=observed or {})

    def _simulate(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        return _poisson(noise[0], values["rate"][:, np.newaxis] * clock.exposure)


def _random_walk(values: Mapping[str, Array], noise: Array, clock: Clock, jumps: Array | float = 0.0) -> Array:
    """start x exp(sum of drift h + volatility √h ε + jumps)."""
    drift, volatility = values["drift"][:, np.newaxis], values["volatility"][:, np.newaxis]
    change = drift * clock.steps + volatility * np.sqrt(clock.steps) * noise + jumps
    return np.asarray(values["start"][:, np.newaxis] * np.exp(np.cumsum(change, axis=1)))


def _poisson(score: Array, mean: Array) -> Array:
    """The Poisson quantile of Φ(score): the least n with P(N <= n) >= Φ(score), from the normal guess up or down."""
    from scipy import special

    u = special.ndtr(score)
    n = np.maximum(np.floor(mean + score * np.sqrt(mean) + (score**2 - 1.0) / 6.0), 0.0)
    n = np.where(mean > 0.0, n, 0.0)
    while bool((short := special.pdtr(n, mean) < u).any()):
        n = n + short
    while bool((over := (n > 0.0) & (special.pdtr(np.maximum(n - 1.0, 0.0), mean) >= u)).any()):
        n = n - over
    return np.asarray(n)
