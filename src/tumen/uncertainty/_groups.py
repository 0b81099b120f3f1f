"""How much of a measure's variance belongs to each group of inputs, from the draws at hand, nothing counted twice.

For a measure y and inputs x_i, each of which belongs to one group g, the best additive fit is  y ~ c + Σ_i h_i(x_i).
The share of a group is the covariance of its part of that fit with the measure (Li, Rabitz and others 2010):

    share_g = Cov(Σ_{i in g} h_i, y) / Var(y)        "chance" = 1 - Σ_g share_g

so that the shares and "chance" sum to 1 even if inputs move together, when what two of them explain alike is divided
between them by how much each contributes. If inputs are independent of each other it is the sum of the first-order
shares of the group's members (Sobol 1993). "chance" is yearly noise and what inputs do only together.

h_i is a linear spline in x_i with knots at its quantiles (`_hats`), all of them fitted together by least squares. Of
hundreds of inputs some fit by chance, so one counts only if the F statistic of its own spline is beyond the 1 -
0.025/(number of inputs) quantile, the strongest first, until there are as many weights as a third of the draws. The fit
is made on one half of the draws and its covariances are taken on the other, and the halves change places: chance brings
nothing then, up or down, though what inputs too weak to be told apart would add is left to "chance".

`low` and `high` are a 90 % bootstrap interval over draws, moved to have its mean at the estimate, in the range 0 to 1.
The splines are not fitted again for each resample; what they would change is told by their influence, the mean of
Σ h_i (y - fit) over the resample. With fewer than 128 draws nothing can be said: shares of 0, with an interval from 0
to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty._arrays import Array
from tumen.uncertainty._hats import by_quantiles, hats
from tumen.uncertainty._sensitivity import CHANCE, _check, _intervals, _is_constant, _resamples, _standard
from tumen.uncertainty._streams import generator

__all__ = ["GroupShare", "group_shares"]

FEWEST_DRAWS = 128
_FALSE = 0.025  # how likely it is that any input counts by chance, of all
_RIDGE = 1e-6  # inputs that are the same twice share what they explain


@dataclass(frozen=True, slots=True)
class GroupShare:
    """The share of a measure's variance that belongs to one group of inputs, with its 90 % interval."""

    group: str
    share: float
    low: float
    high: float


def group_shares(
    measures: Sequence[Array],
    inputs: Mapping[str, Array],
    groups: Mapping[str, str],
    *,
    seed: int,
    replicates: int = 200,
) -> tuple[tuple[GroupShare, ...], ...]:
    """For each measure (draw,) its groups, and "chance", by falling share of its variance.

    `inputs` (draw,) are the assumptions and `groups` names the group of each. A measure that is the same in every draw
    has shares of 0. Raises `ValueError` if shapes differ, a number is not finite, an input has no group, or a group is
    called "chance".
    """
    table = {name: np.asarray(x, dtype=np.float64) for name, x in inputs.items()}
    wanted = [np.asarray(values, dtype=np.float64) for values in measures]
    for y in wanted:
        _check(y, table)
    if missing := [name for name in table if name not in groups]:
        raise ValueError(f"the input {missing[0]} is in no group; name one for each input")
    names = list(dict.fromkeys(groups[name] for name in table))
    if CHANCE in names:
        raise ValueError(f'a group is called "{CHANCE}", which is what the inputs leave unexplained; rename it')
    moving = [k for k, y in enumerate(wanted) if not _is_constant(y)]
    rows = dict.fromkeys(range(len(wanted)), tuple(GroupShare(name, 0.0, 0.0, 0.0) for name in [*names, CHANCE]))
    if not moving:
        return tuple(rows.values())
    n = len(wanted[moving[0]])
    if n < FEWEST_DRAWS:
        unknown = tuple(GroupShare(name, 0.0, 0.0, 1.0) for name in [*names, CHANCE])
        return tuple(unknown if k in moving else row for k, row in rows.items())
    y = np.stack([_standard(wanted[k]) for k in moving])
    inside = np.array([names.index(groups[name]) for name, x in table.items() if not _is_constant(x)], dtype=np.intp)
    places = np.array([by_quantiles(x) for x in table.values() if not _is_constant(x)]).reshape(len(inside), n)
    parts = _parts(y, places, inside, len(names), generator(seed, 0, "groups").permutation(n) % 2 == 0)
    shares = _shares(y, parts, np.concatenate([np.ones((1, n)), _resamples(n, seed, replicates)]))
    for row, k in enumerate(moving):
        told = zip([*names, CHANCE], _intervals(shares[row]), strict=True)
        found = [GroupShare(name, *interval) for name, interval in told]
        rows[k] = tuple(sorted(found, key=lambda item: -item.share))
    return tuple(rows.values())


def _parts(y: Array, places: Array, inside: npt.NDArray[np.intp], groups: int, first: npt.NDArray[np.bool_]) -> Array:
    """What each group adds to each measure by the fit to the other half of the draws, (measure, group, draw)."""
    parts = np.zeros((len(y), groups, y.shape[1]))
    bases = [hats(u)[:, 1:] for u in places]  # all hats sum to 1, so one is left out for the mean
    for own, other in ((first, ~first), (~first, first)):
        known = y[:, own] - y[:, own].mean(axis=1, keepdims=True)
        turned = [_turned(basis[own]) for basis in bases]
        scores = [known @ here / here.shape[0] for here, _ in turned]
        strongest = _strongest(known, scores)
        union = sorted({i for chosen in strongest for i in chosen})
        place = dict(zip(union, np.cumsum([0, *(scores[i].shape[1] for i in union)]), strict=False))
        wide = np.concatenate([turned[i][0] for i in union], axis=1) if union else np.zeros((known.shape[1], 0))
        square = wide.T @ wide / len(wide) + _RIDGE * np.eye(wide.shape[1])
        for row, chosen in enumerate(strongest):
            spans = [np.arange(place[i], place[i] + scores[i].shape[1]) for i in chosen]
            if not chosen:
                continue
            all_of = np.concatenate(spans)
            weights = np.linalg.solve(square[np.ix_(all_of, all_of)], np.concatenate([scores[i][row] for i in chosen]))
            ends = np.cumsum([len(span) for span in spans])[:-1]
            for i, weight in zip(chosen, np.split(weights, ends), strict=True):
                parts[row, inside[i], other] += turned[i][1](bases[i][other]) @ weight
    return parts


def _turned(here: Array) -> tuple[Array, Callable[[Array], Array]]:
    """What the hats span on these draws, without its mean, by orthonormal columns; and the same on other draws."""
    middle = here.mean(axis=0)
    sizes, turns = np.linalg.eigh((here - middle).T @ (here - middle) / len(here))
    kept = sizes > 1e-9 * max(float(sizes[-1]), 1e-300)
    by = turns[:, kept] / np.sqrt(sizes[kept])
    return np.asarray((here - middle) @ by), lambda there: np.asarray((there - middle) @ by)


def _strongest(y: Array, scores: Sequence[Array]) -> list[list[int]]:
    """For each measure the inputs that fit it beyond what chance brings to the best of so many, strongest first."""
    from scipy.special import fdtrc

    n, total = y.shape[1], np.maximum((y**2).mean(axis=1), 1e-300)
    explained = np.array([np.minimum((score**2).sum(axis=1) / total, 1.0) for score in scores]).reshape(-1, len(y))
    used = np.array([score.shape[1] for score in scores], dtype=np.float64)[:, np.newaxis]
    f = explained / np.maximum(used, 1) * (n - 1 - used) / np.maximum(1.0 - explained, 1e-12)
    clear = (used > 0) & (fdtrc(np.maximum(used, 1), n - 1 - used, f) < _FALSE / max(len(scores), 1))
    found: list[list[int]] = []
    for row in range(len(y)):
        order = [int(i) for i in np.argsort(-explained[:, row], kind="stable") if clear[i, row]]
        held = np.cumsum([scores[i].shape[1] for i in order]) <= n // 3
        found.append([i for i, fits in zip(order, held, strict=True) if fits])
    return found


def _shares(y: Array, parts: Array, weights: Array) -> Array:
    """Cov(part, y)/Var(y) of each group and, last, what is left; (measure, group and chance, resample)."""
    measures, groups, n = parts.shape
    means = y @ weights.T / n
    variance = np.maximum(y**2 @ weights.T / n - means**2, 1e-300)
    rest = y - parts.sum(axis=1)
    shares = np.zeros((measures, groups + 1, len(weights)))
    for group in range(groups):
        part = parts[:, group]
        moved = np.flatnonzero(part.any(axis=1))
        own, their = part[moved], y[moved]
        missed = own * rest[moved]  # how the fit itself would move
        both = (own * their + missed) @ weights.T / n - missed.mean(axis=1, keepdims=True)
        shares[moved, group] = (both - (own @ weights.T / n) * means[moved]) / variance[moved]
    shares[:, -1] = 1.0 - shares[:, :-1].sum(axis=1)
    return shares
