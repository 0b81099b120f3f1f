"""Which changed input brings about how much of a claim's change: hybrids of two cases, and Shapley's value over them.

With N the changed inputs and v(S) a claim's probability (or the median of its measure) in the case that takes the
inputs of S from the second run and the rest from the first, on the same draws,

    phi_i = mean over all orders in which inputs could be exchanged of v(before i and i) - v(before i)

so that the phi add up to v(N) - v(none), interactions shared evenly among those who make them. Shorrocks (2013),
Decomposition procedures for distributional analysis, Journal of Economic Inequality 11.

Inputs that change nothing, alone or last, are put aside where the rest then makes the whole change. Of up to 6 others
all 2^n hybrids are taken; of more, orders are sampled, each with its reverse, so that the parts still add up. A hybrid
that is no case joins two inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen._chunks import one_thread
from tumen._compare_hybrids import Hybrids, Inputs, Taken, Worth
from tumen._compare_inputs import Piece

if TYPE_CHECKING:
    from tumen._result import Result

__all__ = ["TOGETHER", "Attributed", "Share", "attribute"]

TOGETHER = "all changed inputs together"
OWN = "what the claim itself asks"
_EXACT = 6  # inputs: 64 hybrids
_SCREENED = 4  # from so many on it pays to see first which inputs do nothing
_MOST = 12  # inputs told apart
_ORDERS = 6  # each with its reverse
_SEED = 2013

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """What one input brings about of a claim's change: by Shapley's value, of the probability and of the median.

    `se` is the standard error of the part of the probability, from the draws and, where orders are sampled, from them.
    `median` is in the unit of the claim; None where the median is not to be compared.
    """

    claim: str
    input: str
    probability: float
    se: float
    median: float | None


@dataclass(frozen=True, slots=True)
class Attributed:
    """The parts by claim, those that are not zero; the inputs that change no claim; which inputs were joined.

    `orders` is the number of sampled orders, 0 where all were taken; `hybrids` how many cases were evaluated.
    """

    shares: tuple[Share, ...] = ()
    idle: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    orders: int = 0
    hybrids: int = 0


class _Refused(Exception):
    """The hybrid of these inputs cannot be evaluated."""

    def __init__(self, inside: Sequence[int]) -> None:
        super().__init__()
        self.inside = tuple(inside)


@dataclass(frozen=True, slots=True)
class _Group:
    """Inputs that are exchanged together."""

    name: str
    pieces: Inputs


def attribute(
    a: Result, b: Result, pieces: Mapping[Piece, str], draws: int, *, whole: bool = False
) -> Attributed:  # fmt: skip
    """Attribute the change of every claim that both runs have to the changed inputs, on the first draws of a's seed.

    `pieces` are the inputs that differ, with their names; `whole` takes them all as one, as for two different cases.
    """
    both = set(a.claims) & set(b.claims)
    common = [name for name in a.claims if name in both]
    own = frozenset(piece[1] for piece in pieces if piece[0] == "claims") & set(common)
    inputs = {piece: name for piece, name in pieces.items() if piece[0] != "claims"}
    joined: list[str] = []
    with one_thread(), TemporaryDirectory(prefix="tumen-") as folder:
        hybrids = Hybrids(a, b, frozenset(inputs), tuple(common), own, draws, Path(folder))
        groups = [_Group(TOGETHER, frozenset(inputs))] if whole and inputs else _grouped(inputs)
        while True:
            try:
                shares, idle, orders = _shares(hybrids, groups)
                break
            except _Refused as refused:
                groups, name = _joined(hybrids, groups, refused.inside)
                joined.append(name)
    last = [name for name in joined if any(group.name == name for group in groups)]
    asks = {share.claim for share in shares if share.input in {OWN, TOGETHER}}
    idle += [pieces["claims", name] for name in common if name in own and name not in asks]
    return Attributed(tuple(shares), tuple(idle), tuple(last), orders, len(hybrids.known))


# ---- groups of inputs


def _grouped(inputs: Mapping[Piece, str]) -> list[_Group]:
    """One group an input; where they are too many, those of a section together, the largest first."""
    sections: dict[str, list[Piece]] = {}
    for piece in inputs:
        sections.setdefault(piece[0] if len(piece) > 1 else ".".join(piece), []).append(piece)
    merged: set[str] = set()
    for name in sorted(sections, key=lambda name: -len(sections[name])):
        if sum(1 if key in merged else len(own) for key, own in sections.items()) <= _MOST:
            break
        merged.add(name)
    groups = []
    for name, own in sections.items():
        if name in merged and len(own) > 1:
            groups.append(_Group(f"{name} ({len(own)} entries)", frozenset(own)))
        else:
            groups += [_Group(inputs[piece], frozenset([piece])) for piece in own]
    return groups


def _joined(hybrids: Hybrids, groups: list[_Group], inside: Sequence[int]) -> tuple[list[_Group], str]:
    """Two groups made one, as the hybrid of those `inside` is no case: the one to blame, and one that heals it."""
    outside = [k for k in range(len(groups)) if k not in inside]

    def sound(chosen: Iterable[int]) -> bool:
        return hybrids.worth(_union(groups, chosen)) is not None

    blamed = next((k for k in inside if sound(i for i in inside if i != k)), inside[0])
    healing = next((k for k in outside if sound((*inside, k))), outside[0])
    first, second = sorted((blamed, healing))
    one = _Group(f"{groups[first].name} + {groups[second].name}", groups[first].pieces | groups[second].pieces)
    return [one if k == first else group for k, group in enumerate(groups) if k != second], one.name


def _union(groups: Sequence[_Group], chosen: Iterable[int]) -> Inputs:
    return frozenset[Piece]().union(*(groups[k].pieces for k in chosen))


# ---- Shapley's value


def _shares(hybrids: Hybrids, groups: list[_Group]) -> tuple[list[Share], list[str], int]:
    """The parts by claim; which groups change nothing; how many orders were sampled."""
    everyone = range(len(groups))
    active = _active(hybrids, groups) if len(groups) >= _SCREENED else list(everyone)
    orders = _sampled(len(active) + bool(hybrids.own)) if len(active) > _EXACT else None
    shares: list[Share] = []
    moving: set[int] = set()
    for name in hybrids.names:
        own = name in hybrids.own
        players = [*active, -1] if own else list(active)
        if not players:
            continue
        asked = orders if orders is None or own else [[k for k in order if k < len(active)] for order in orders]
        parts = _parts(_Claim(hybrids, groups, name, players), asked)
        for k, share in zip(players, parts, strict=True) if parts else ():
            label = OWN if k < 0 else groups[k].name
            if share.probability or share.median or share.se:
                shares.append(Share(name, label, share.probability, share.se, share.median))
                moving |= {k}
        if not parts:
            shares.append(_together(hybrids, name))
            moving |= set(active)
    idle = [groups[k].name for k in everyone if k not in moving]
    return shares, idle, len(orders) if orders else 0


def _active(hybrids: Hybrids, groups: list[_Group]) -> list[int]:
    """The groups that change some claim when they come first or last; all, where the rest together change something."""
    everyone = range(len(groups))
    none, every = _asked(hybrids, groups, ()), _asked(hybrids, groups, everyone)
    active = [
        k
        for k in everyone
        if not _alike(none, _asked(hybrids, groups, (k,)))
        or not _alike(every, _asked(hybrids, groups, [i for i in everyone if i != k]))
    ]
    return active if _alike(every, _asked(hybrids, groups, active)) else list(everyone)


def _asked(hybrids: Hybrids, groups: Sequence[_Group], chosen: Sequence[int]) -> Worth:
    worth = hybrids.worth(_union(groups, chosen))
    if worth is None:
        raise _Refused(chosen)
    return worth


def _alike(x: Worth, y: Worth) -> bool:
    return x.keys() == y.keys() and all(x[key].like(y[key]) for key in x)


@dataclass(frozen=True)
class _Claim:
    """One claim as a game of its players: numbers of groups, and -1 for the claim's own test and arguments."""

    hybrids: Hybrids
    groups: Sequence[_Group]
    name: str
    players: Sequence[int]

    def __call__(self, inside: Iterable[int]) -> Taken | None:
        """The claim when these places of `players` are as in the second run; None where it then has no value."""
        chosen = [self.players[place] for place in inside]
        worth = _asked(self.hybrids, self.groups, [k for k in chosen if k >= 0])
        return worth.get((self.name, -1 in chosen))


def _parts(claim: _Claim, orders: Sequence[Sequence[int]] | None) -> list[Share] | None:
    """The part of each player; None where the claim has no value in some hybrid."""
    n = len(claim.players)
    before = claim(())
    assert before is not None
    met, median, spread = [], [], np.zeros(n)
    if orders is None:
        taken = [claim(k for k in range(n) if place >> k & 1) for place in range(2**n)]
        if any(one is None for one in taken):
            return None
        found = [one for one in taken if one is not None]
        met_parts = _shapley(np.stack([one.met for one in found], axis=1))
        median_parts = _shapley(np.array([[one.median for one in found]]))[0]
    else:
        for order in orders:
            chain = [claim(order[:length]) for length in range(n + 1)]
            if any(one is None for one in chain):
                return None
            links = [one for one in chain if one is not None]
            place = np.argsort(order)
            met.append(np.diff([one.met for one in links], axis=0).T[:, place])
            median.append(np.diff([one.median for one in links])[place])
        met_parts, median_parts = np.mean(met, axis=0), np.mean(median, axis=0)
        pairs = np.stack([(x + y).mean(axis=0) / 2 for x, y in zip(met[::2], met[1::2], strict=True)])
        spread = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    draws = len(met_parts)
    error = np.sqrt(met_parts.var(axis=0, ddof=1) / draws + spread**2)
    tiny = 1e-9 * max(abs(before.median), 1e-9)
    finite = np.isfinite(median_parts).all()
    medians = [(float(x) if abs(x) > tiny else 0.0) if finite else None for x in median_parts]
    shares = zip(met_parts.mean(axis=0), error, medians, strict=True)
    return [Share(claim.name, "", _clean(float(p)), _clean(float(se)), m) for p, se, m in shares]


def _shapley(values: Array) -> Array:
    """(draw, n) from what each subset comes to, (draw, 2^n): bit k says that the k-th is as in the second run."""
    from tumen.bargain import Game, shapley

    if not np.isfinite(values).all():
        return np.full((len(values), values.shape[1].bit_length() - 1), np.nan)
    return np.asarray(shapley(Game(values - values[:, :1])))


def _sampled(n: int) -> list[list[int]]:
    """Orders of n, each followed by its reverse; the same every time."""
    generator = np.random.default_rng(_SEED)
    drawn = [generator.permutation(n).tolist() for _ in range(_ORDERS)]
    return [order for one in drawn for order in (one, one[::-1])]


def _together(hybrids: Hybrids, name: str) -> Share:
    """The whole change of a claim, for all inputs at once."""
    first, last = hybrids.worth(frozenset()), hybrids.worth(hybrids.inputs)
    assert first is not None
    assert last is not None
    x, y = first[name, False], last[name, name in hybrids.own]
    change = y.met - x.met
    error = float(np.sqrt(change.var(ddof=1) / len(change)))
    return Share(name, TOGETHER, _clean(float(change.mean())), error, y.median - x.median)


def _clean(value: float) -> float:
    return value if abs(value) > 1e-12 else 0.0
