"""What it would be worth to know an assumption before a decision is taken, from the draws at hand.

Somebody chooses the option d whose payoff f_d is greatest in the mean. Knowing everything first, or only the input X,
would be worth (Raiffa and Schlaifer 1961)

    EVPI      = E[max_d f_d] - max_d E[f_d]                     the expected value of perfect information
    EVPPI(X)  = E[max_d E[f_d|X]] - max_d E[f_d]                that of partial perfect information

in the unit of the payoff. E[f_d|X] is a regression on the same draws (Strong and Oakley 2013; Strong, Oakley and
Brennan 2014): what each option pays over that which is best in the mean is fitted by a curve in the rank of X, a linear
spline with a penalty on its bends (Eilers and Marx 1996) whose weight has the least generalised cross-validation score.
A penalty without end leaves a straight line, so a single weak input costs few degrees of freedom.

The greatest of several fitted means is too great on the draws that they were fitted to: among options that X says
nothing about, chance would find a gain. So the draws are put into five parts at random; in each the option is chosen by
curves fitted to the four others, and it is credited with what it pays there,

    gain_i = f_choice(x_i),i - f_best,i        EVPPI = mean of gain_i, at least 0

which is the value of a rule that could be followed, hence a little below the value of the best rule. No gain exceeds
that of perfect information in the same draw, so 0 <= EVPPI <= EVPI always.

`low` and `high` are ends of a 90 % interval. The lower is that of the mean gain, by its standard error. A rule that
never leaves the best option has no error at all, though a better rule might; so the upper end is the greater of that of
the mean gain and of the 95 % quantile of E[max_d] - max_d E over curves drawn about the fitted ones, with the residual
variance and what the penalty leaves free (as Strong, Oakley and Brennan 2014 take their standard errors). Both are cut
at 0 and at the interval of EVPI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty._arrays import Array
from tumen.uncertainty._hats import KNOTS, hats, ranked_shares
from tumen.uncertainty._streams import generator

__all__ = ["Information", "Learning", "evppi"]

FEWEST_DRAWS = 50
PARTS = 5
EVERYTHING = "everything"
REPLICATES = 100
_Z90 = 1.645
_PENALTIES = np.array([1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e6])  # of hats whose draws count as one in all


@dataclass(frozen=True, slots=True)
class Information:
    """What knowing one input is worth, in the unit of the payoff, with its 90 % interval; `share` is that of EVPI."""

    name: str
    value: float
    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Learning:
    """What could be learnt before a decision.

    `best` is the option (its column) with the greatest mean payoff, `means` and `errors` the mean payoff of each option
    and its standard error, `everything` the value of perfect information, `inputs` that of each input, greatest first.
    """

    best: int
    means: tuple[float, ...]
    errors: tuple[float, ...]
    everything: Information
    inputs: tuple[Information, ...]

    def __getitem__(self, name: str) -> Information:
        """The row of one input. Raises KeyError."""
        return {row.name: row for row in (*self.inputs, self.everything)}[name]

    def __repr__(self) -> str:
        width = max(len(row.name) for row in (self.everything, *self.inputs))
        lines = [f"{'knowing':{width}}  worth       5-95 %                  of all"]
        for row in (self.everything, *self.inputs):
            lines.append(
                f"{row.name:{width}}  {row.value:<10.4g}  {row.low:<10.4g}  {row.high:<10.4g}  {row.share:.0%}"
            )
        return "\n".join(lines)


def evppi(payoffs: Array, inputs: Mapping[str, Array], *, seed: int) -> Learning:
    """What knowing everything, and each input, would be worth to who chooses among options.

    `payoffs` (draw, option) is what each option pays in each draw, in any one unit, the more the better; `inputs` the
    assumptions (draw,) behind them. An input that is the same in every draw is worth 0. Raises ValueError if there are
    fewer than two options or 50 draws, shapes differ, or a number is not finite.
    """
    f = np.asarray(payoffs, dtype=np.float64)
    table = {name: np.asarray(x, dtype=np.float64) for name, x in inputs.items()}
    _check(f, table)
    n = len(f)
    means = f.mean(axis=0)
    best = int(means.argmax())
    over = f - f[:, [best]]  # what each option pays over the one chosen without knowing more
    perfect = over.max(axis=1)
    everything = _row(EVERYTHING, perfect, float("inf"), float("inf"))
    scale = float(np.abs(over).max())
    if scale == 0:
        rows = [Information(name, 0.0, 0.0, 0.0, 0.0) for name in table]
    else:
        others = np.delete(over, best, axis=1) / scale
        part = generator(seed, 0, "evppi").permutation(n) % PARTS
        noise = generator(seed, 1, "evppi").standard_normal((others.shape[1], KNOTS, REPLICATES))
        rows = []
        for name, x in table.items():
            if x.min() == x.max():
                rows.append(Information(name, 0.0, 0.0, 0.0, 0.0))
                continue
            basis = hats(ranked_shares(x))
            curves = _curves(basis, others, part)
            gain, likely = _gains(basis, others, part, curves), _most(basis, others, curves, noise)
            rows.append(_row(name, gain * scale, everything.value, everything.high, likely * scale))
    errors = f.std(axis=0) / np.sqrt(n)
    return Learning(
        best, tuple(map(float, means)), tuple(map(float, errors)), everything,
        tuple(sorted(rows, key=lambda row: -row.value)),
    )  # fmt: skip


def _check(f: Array, table: Mapping[str, Array]) -> None:
    if f.ndim != 2 or f.shape[1] < 2:
        raise ValueError(f"the payoffs have shape {f.shape}; expected (draw, option), two options at least")
    if len(f) < FEWEST_DRAWS:
        raise ValueError(f"{len(f)} draws are too few to tell what knowing more is worth; at least {FEWEST_DRAWS}")
    if not bool(np.isfinite(f).all()):
        raise ValueError("a payoff is not a finite number in every draw")
    for name, x in table.items():
        if x.shape != (len(f),) or not bool(np.isfinite(x).all()):
            raise ValueError(f"the input {name} has shape {x.shape}; expected ({len(f)},), all finite numbers")
        if name == EVERYTHING:
            raise ValueError(f'an input is called "{EVERYTHING}", which is what stands for all of them; rename it')


def _row(name: str, gain: Array, most: float, highest: float, likely: float = 0.0) -> Information:
    """The mean gain and its interval, within 0 and what perfect information brings."""
    mean, error = float(gain.mean()), float(gain.std()) / np.sqrt(len(gain))
    value = min(max(mean, 0.0), most)
    low = min(max(mean - _Z90 * error, 0.0), value)
    high = max(min(max(mean + _Z90 * error, likely, 0.0), highest), value)
    whole = value if most == float("inf") else most
    return Information(name, value, float(low), float(high), value / whole if whole > 0 else 0.0)


def _gains(basis: Array, others: Array, part: npt.NDArray[np.int_], curves: _Curves) -> Array:
    """What the option chosen by curves fitted to the other parts pays over the best in the mean, (draw,)."""
    gains = np.zeros(len(basis))
    for number in range(PARTS):
        own = np.flatnonzero(part == number)
        fitted = basis[own] @ curves.weights[number]
        choice = fitted.argmax(axis=1)
        gains[own] = np.where(fitted.max(axis=1) > 0, others[own, choice], 0.0)
    return gains


def _most(basis: Array, others: Array, curves: _Curves, noise: Array) -> float:
    """The 95 % quantile of what knowing is worth, over curves drawn about those that are fitted to all draws."""
    weights = curves.weights[-1]
    rest = others - basis @ weights
    between = np.linalg.cholesky(_correlation(rest) + 1e-9 * np.eye(len(noise)))
    together = np.einsum("cd,dkr->ckr", between, noise)
    fitted = basis @ (weights.T[:, :, np.newaxis] + curves.spread @ together)  # (option, draw, replicate)
    known = np.maximum(fitted.max(axis=0), 0.0).mean(axis=0)
    return float(np.quantile(known - np.maximum(fitted.mean(axis=1).max(axis=0), 0.0), 0.95))


def _correlation(rest: Array) -> Array:
    size = np.sqrt((rest**2).mean(axis=0))
    z = rest / np.where(size > 0, size, 1.0)
    return np.asarray(z.T @ z / len(z))


@dataclass(frozen=True, slots=True)
class _Curves:
    """Splines fitted without each part, and last to all draws: weights (fit, knot, column).

    `spread` is a root of the covariance of the last one's weights, (column, knot, knot).
    """

    weights: Array
    spread: Array


_BENDS = np.diff(np.eye(KNOTS), 2, axis=0)
_HELD = _PENALTIES[:, np.newaxis, np.newaxis] * (_BENDS.T @ _BENDS) + 1e-9 * np.eye(KNOTS)  # the last: no draw, no hat


def _curves(basis: Array, y: Array, part: npt.NDArray[np.int_]) -> _Curves:
    """The penalised splines of each column of y, each with the penalty of least GCV."""
    square, cross, size, n = _moments(basis, y, part)
    inverse = np.linalg.inv(square[:, np.newaxis] + _HELD)  # (fit, penalty, knot, knot)
    weights = inverse @ cross[:, np.newaxis]
    used = (inverse * square[:, np.newaxis]).sum(axis=(2, 3))  # degrees of freedom
    bent = weights * (square[:, np.newaxis] @ weights - 2 * cross[:, np.newaxis])
    rest = np.maximum(size[:, np.newaxis] + bent.sum(axis=2), 0.0)  # (fit, penalty, column)
    free = (1.0 - np.minimum(used / n[:, np.newaxis], 0.9))[:, :, np.newaxis]
    chosen = (rest / free**2).argmin(axis=1)  # (fit, column)
    own = np.arange(y.shape[1])
    variance = (rest / free)[-1, chosen[-1], own] / n[-1]
    spread = np.linalg.cholesky(inverse[-1])[chosen[-1]] * np.sqrt(variance)[:, np.newaxis, np.newaxis]
    found = np.take_along_axis(weights, chosen[:, np.newaxis, np.newaxis, :], axis=1)[:, 0]
    return _Curves(np.asarray(found), np.asarray(spread))


def _moments(basis: Array, y: Array, part: npt.NDArray[np.int_]) -> tuple[Array, Array, Array, Array]:
    """Means of the hats' products, of hats and y, and of y's squares without each part and in all; draws in each."""
    both = np.concatenate([basis, y], axis=1)
    sums = np.array([both[part == number].T @ both[part == number] for number in range(PARTS)])
    whole = sums.sum(axis=0)
    n = len(y) - np.array([*np.bincount(part, minlength=PARTS), 0.0])
    means = (whole - np.concatenate([sums, np.zeros_like(sums[:1])])) / n[:, np.newaxis, np.newaxis]
    squares = np.diagonal(means[:, KNOTS:, KNOTS:], axis1=1, axis2=2)
    return means[:, :KNOTS, :KNOTS], means[:, :KNOTS, KNOTS:], squares, n
