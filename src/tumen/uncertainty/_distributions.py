"""Distributions as frozen quantile functions.

A draw of X is Q(u), with u one point of a stratified sample of the unit interval, so all that a distribution has to
know is its quantile function Q. With Φ⁻¹ the standard normal quantile and I⁻¹, P⁻¹ the inverses of the regularised
incomplete beta and gamma functions (scipy.special):

    constant(x)                  x
    uniform(low, high)           low + (high - low) u
    triangular(low, mode, high)  low + w √(u f) where u < f, else high - w √((1-u)(1-f)),  w = high - low,
                                 f = (mode - low) / w
    normal(mean, sd)             mean + sd Φ⁻¹(u)
    lognormal(median, sigma)     median exp(sigma Φ⁻¹(u)) + shift
    beta(a, b, low, high)        low + (high - low) I⁻¹(a, b; u)
    pert(low, mode, high)        the beta with a = 1 + 4 (mode-low)/w, b = 1 + 4 (high-mode)/w (Malcolm et al. 1959)
    gamma(shape, rate)           P⁻¹(shape; u) / rate + shift
    discrete(values, weights)    the least value whose cumulated weight is at least u
    empirical(values)            the sorted values, interpolated linearly on the grid 0, 1/(n-1), ..., 1

The shift of a lognormal and of a gamma is 0 unless units are converted with an offset. A range without width becomes
a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty._arrays import Array

__all__ = [
    "Distribution",
    "beta",
    "constant",
    "discrete",
    "empirical",
    "from_percentiles",
    "gamma",
    "lognormal",
    "normal",
    "pert",
    "triangular",
    "uniform",
]

# The lowest and the highest point that a stream can give; a distribution has to be finite between them.
LOWEST, HIGHEST = 2.0**-60, 1.0 - 2.0**-53
NINETY = 1.2815515655446004  # Φ⁻¹(0.9)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of one number: `kind`, its `parameters` in the order of its constructor, `weights` if discrete.

    Make one with the constructor of its kind (`triangular(285, 340, 400)`), which checks what it is given. The unit is
    that of the parameters.
    """

    kind: str
    parameters: tuple[float, ...]
    weights: tuple[float, ...] = ()

    def ppf(self, u: Array) -> Array:
        """The quantiles of `u` (any shape, strictly between 0 and 1); an array of the same shape.

        Raises `ValueError` if a point of `u` is not strictly between 0 and 1.
        """
        points = np.asarray(u, dtype=np.float64)
        if not bool(np.all((points > 0.0) & (points < 1.0))):
            raise ValueError("a quantile was asked for outside the unit interval; expected 0 < u < 1")
        return _quantiles(self, points)

    @property
    def median(self) -> float:
        """The quantile of one half."""
        return float(_quantiles(self, np.array([0.5]))[0])

    @property
    def mean(self) -> float:
        """The expected value, in closed form."""
        return _mean(self)

    @property
    def is_constant(self) -> bool:
        """Whether it is one number."""
        return self.kind == "constant"

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that a draw can take."""
        low, high = _quantiles(self, np.array([LOWEST, HIGHEST]))
        return float(low), float(high)

    def scaled(self, factor: float, offset: float = 0.0) -> Distribution:
        """The distribution of `factor * X + offset`, exact for every kind; for the conversion of units.

        Raises `ValueError` if `factor` is not positive.

        >>> uniform(0, 100).scaled(1.8, 32)
        uniform(32, 212)
        """
        f, o = _number("factor", factor), _number("offset", offset)
        if f <= 0:
            raise ValueError(f"a distribution cannot be scaled by {f:g}; expected a factor above 0")
        p = self.parameters
        match self.kind:
            case "normal":
                return normal(f * p[0] + o, f * p[1])
            case "lognormal":
                return lognormal(f * p[0], p[1], f * _shift(self) + o)
            case "gamma":
                return gamma(p[0], p[1] / f, f * _shift(self) + o)
            case "beta":
                return beta(p[0], p[1], f * p[2] + o, f * p[3] + o)
            case "discrete":
                return discrete([f * x + o for x in p], self.weights)
            case "empirical":
                return empirical([f * x + o for x in p])
            case _:
                return _RANGES[self.kind](*(f * x + o for x in p))

    def __repr__(self) -> str:
        if self.kind == "empirical":
            low, high = self.parameters[0], self.parameters[-1]
            return f"empirical({len(self.parameters)} values from {low:.6g} to {high:.6g})"
        shown = ", ".join(f"{x:.6g}" for x in self.parameters)
        if self.kind == "discrete":
            return f"discrete([{shown}], [{', '.join(f'{w:.6g}' for w in self.weights)}])"
        return f"{self.kind}({shown})"


# ------------------------------------------------------------------------------------------------- constructors


def constant(x: float) -> Distribution:
    """One number, known."""
    return Distribution("constant", (_number("the value", x),))


def uniform(low: float, high: float) -> Distribution:
    """Any value between `low` and `high` alike."""
    a, b = _range("uniform", low, high)
    return Distribution("uniform", (a, b)) if a < b else constant(a)


def triangular(low: float, mode: float, high: float) -> Distribution:
    """A density that rises from `low` to `mode` and falls to `high`."""
    return _three_point("triangular", low, mode, high)


def pert(low: float, mode: float, high: float) -> Distribution:
    """A smooth density between `low` and `high` with its peak at `mode`, and the mean (low + 4 mode + high) / 6."""
    return _three_point("pert", low, mode, high)


def normal(mean: float, sd: float) -> Distribution:
    """The normal distribution with this mean and standard deviation."""
    m, s = _number("mean", mean), _number("sd", sd)
    if s < 0:
        raise ValueError(f"normal: the standard deviation is {s:g}; expected 0 or more")
    return _checked(Distribution("normal", (m, s))) if s > 0 else constant(m)


def lognormal(median: float, sigma: float, shift: float = 0.0) -> Distribution:
    """`shift` plus a positive number whose log is normal; `sigma` is the standard deviation of that log."""
    m, s, o = _number("median", median), _number("sigma", sigma), _number("shift", shift)
    if m <= 0:
        raise ValueError(f"lognormal: the median is {m:g}; expected more than 0")
    if s < 0:
        raise ValueError(f"lognormal: sigma is {s:g}; expected 0 or more")
    return _checked(Distribution("lognormal", (m, s) if o == 0 else (m, s, o))) if s > 0 else constant(m + o)


def beta(alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> Distribution:
    """The beta distribution with shapes `alpha` and `beta`, stretched from `low` to `high`."""
    a, b = _number("alpha", alpha), _number("beta", beta)
    if a <= 0 or b <= 0:
        raise ValueError(f"beta: the shapes are {a:g} and {b:g}; expected both above 0")
    x, y = _range("beta", low, high)
    return _checked(Distribution("beta", (a, b, x, y))) if x < y else constant(x)


def gamma(shape: float, rate: float, shift: float = 0.0) -> Distribution:
    """`shift` plus the gamma distribution with this shape and rate (mean shape / rate)."""
    k, r, o = _number("shape", shape), _number("rate", rate), _number("shift", shift)
    if k <= 0 or r <= 0:
        raise ValueError(f"gamma: shape and rate are {k:g} and {r:g}; expected both above 0")
    return _checked(Distribution("gamma", (k, r) if o == 0 else (k, r, o)))


def discrete(values: Sequence[float], weights: Sequence[float] | None = None) -> Distribution:
    """One of `values`, with chances in proportion to `weights` (all alike if none are given)."""
    xs = [_number("a value", x) for x in values]
    ws = [1.0] * len(xs) if weights is None else [_number("a weight", w) for w in weights]
    if not xs:
        raise ValueError("discrete: there are no values; expected at least one")
    if len(ws) != len(xs):
        raise ValueError(f"discrete: {len(xs)} values have {len(ws)} weights; expected one weight for each value")
    if min(ws) < 0 or sum(ws) <= 0:
        raise ValueError("discrete: a weight is negative, or all are 0; expected weights of 0 or more, some above 0")
    chances: dict[float, float] = {}
    for x, w in sorted(zip(xs, ws, strict=True)):
        if w > 0:
            chances[x] = chances.get(x, 0.0) + w / max(ws)
    total = sum(chances.values())
    if len(chances) == 1:
        return constant(next(iter(chances)))
    return Distribution("discrete", tuple(chances), tuple(w / total for w in chances.values()))


def empirical(values: Sequence[float]) -> Distribution:
    """The quantile function through the sorted `values`, linear between them; `numpy.quantile` by its default rule."""
    xs = sorted(_number("a value", x) for x in values)
    if not xs:
        raise ValueError("empirical: there are no values; expected at least one")
    low, high = _range("empirical", xs[0], xs[-1])
    return Distribution("empirical", tuple(xs)) if low < high else constant(low)


def from_percentiles(kind: str | None, p10: float, p90: float) -> Distribution:
    """The distribution of that kind whose 10th and 90th percentiles are `p10` and `p90`.

    `kind` is lognormal, normal, uniform or triangular (symmetric); None means lognormal if `p10` is positive, else
    normal.

    >>> from_percentiles("uniform", 10, 90)
    uniform(0, 100)
    """
    low, high = _number("p10", p10), _number("p90", p90)
    chosen = kind or ("lognormal" if low > 0 else "normal")
    if chosen not in ("lognormal", "normal", "uniform", "triangular"):
        raise ValueError(f"percentiles do not make a {kind}; expected lognormal, normal, uniform or triangular")
    if low > high:
        raise ValueError(f"p10 is {low:g} and p90 is {high:g}; expected p10 to be the lower")
    if low == high:
        return constant(low)
    middle, half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
    if chosen == "normal":
        return normal(middle, half / NINETY)
    if chosen == "uniform":
        return uniform(middle - 1.25 * half, middle + 1.25 * half)
    if chosen == "triangular":
        half /= 1.0 - math.sqrt(0.2)
        return triangular(middle - half, middle, middle + half)
    if low <= 0:
        raise ValueError(f"lognormal: p10 is {low:g}; expected more than 0, or another kind")
    return lognormal(math.sqrt(low) * math.sqrt(high), (math.log(high) - math.log(low)) / (2 * NINETY))


_RANGES: dict[str, Callable[..., Distribution]] = {
    "constant": constant,
    "uniform": uniform,
    "triangular": triangular,
    "pert": pert,
}


# ------------------------------------------------------------------------------------------------------ insides


def _number(what: str, x: float) -> float:
    value = float(x)
    if not math.isfinite(value):
        raise ValueError(f"{what} is {value}; expected a finite number")
    return value


def _range(kind: str, low: float, high: float) -> tuple[float, float]:
    a, b = _number("low", low), _number("high", high)
    if a > b:
        raise ValueError(f"{kind}: low is {a:g} and high is {b:g}; expected low to be the lower")
    if not math.isfinite(b - a):
        raise ValueError(f"{kind}: from {a:g} to {b:g} reaches beyond the range of numbers; expected a narrower range")
    return a, b


def _three_point(kind: str, low: float, mode: float, high: float) -> Distribution:
    a, b = _range(kind, low, high)
    m = _number("mode", mode)
    if not a <= m <= b:
        raise ValueError(f"{kind}: low, mode, high are {a:g}, {m:g}, {b:g}; expected them in rising order")
    return _checked(Distribution(kind, (a, m, b))) if a < b else constant(a)


def _checked(made: Distribution) -> Distribution:
    """`made`, if all that can be drawn from it, and its mean, are finite numbers."""
    with np.errstate(all="ignore"):
        ends = (*made.bounds, made.median, made.mean)
    if not all(math.isfinite(x) for x in ends):
        raise ValueError(f"{made!r} reaches beyond the range of numbers; expected a narrower distribution")
    return made


def _shift(of: Distribution) -> float:
    return of.parameters[2] if len(of.parameters) > 2 else 0.0


def _quantiles(of: Distribution, u: Array) -> Array:
    p = of.parameters
    match of.kind:
        case "constant":
            return np.full(u.shape, p[0])
        case "uniform":
            return np.clip(p[0] + (p[1] - p[0]) * u, p[0], p[1])
        case "triangular":
            return _triangular_quantiles(u, *p)
        case "discrete":
            # Sums of weights miss 1 by a rounding, hence all but the last.
            places = np.searchsorted(np.cumsum(of.weights)[:-1], u, side="left")
            return np.array(p, dtype=np.float64)[places]
        case "empirical":
            return np.asarray(np.interp(u, np.linspace(0.0, 1.0, len(p)), p), dtype=np.float64)
    return _special_quantiles(of, u)


def _triangular_quantiles(u: Array, low: float, mode: float, high: float) -> Array:
    width = high - low
    peak = (mode - low) / width
    rising = low + width * np.sqrt(u * peak)
    return np.where(u < peak, rising, high - width * np.sqrt((1.0 - u) * (1.0 - peak)))


def _special_quantiles(of: Distribution, u: Array) -> Array:
    from scipy import special

    p = of.parameters
    result: npt.ArrayLike
    match of.kind:
        case "normal":
            result = p[0] + p[1] * special.ndtri(u)
        case "lognormal":
            result = p[0] * np.exp(p[1] * special.ndtri(u)) + _shift(of)
        case "gamma":
            result = special.gammaincinv(p[0], u) / p[1] + _shift(of)
        case "beta":
            result = p[2] + (p[3] - p[2]) * special.betaincinv(p[0], p[1], u)
        case "pert":
            low, mode, high = p
            rise, fall = (mode - low) / (high - low), (high - mode) / (high - low)
            result = low + (high - low) * special.betaincinv(1 + 4 * rise, 1 + 4 * fall, u)
        case _:
            raise ValueError(f"there is no distribution of kind {of.kind!r}; make one with its constructor")
    return np.asarray(result, dtype=np.float64)


def _mean(of: Distribution) -> float:
    p = of.parameters
    match of.kind:
        case "uniform":
            return 0.5 * p[0] + 0.5 * p[1]
        case "triangular":
            return sum(p) / 3
        case "pert":
            return (p[0] + 4 * p[1] + p[2]) / 6
        case "lognormal":
            return float(p[0] * np.exp(0.5 * p[1] ** 2) + _shift(of))
        case "gamma":
            return p[0] / p[1] + _shift(of)
        case "beta":
            return p[2] + (p[3] - p[2]) * p[0] / (p[0] + p[1])
        case "discrete":
            return sum(x * w for x, w in zip(p, of.weights, strict=True))
        case "empirical":
            return (sum(p) - 0.5 * (p[0] + p[-1])) / (len(p) - 1)
        case _:
            return p[0]
