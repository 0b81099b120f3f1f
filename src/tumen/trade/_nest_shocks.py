"""Shocks of the goods nest from labels to arrays, with every problem told at once; and how responses are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure
from tumen.trade._nest_world import Block, World

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._nest import NestShocks, Quota, Responses

__all__ = ["Draws", "blocks", "checked", "diversion", "shown", "world_of"]

Ints = npt.NDArray[np.int64]
Place = tuple[int, int]  # exporter and market
_AGREE = 1e-6  # how far stated deficits and final shares may lie from those of the flows


def checked(shocks: NestShocks) -> dict[str, object]:
    """The arrays of the shocks, read-only and with a draw axis, and the number of draws; raises CaseError."""
    problems: list[str] = []
    found: dict[str, object] = {}
    lengths: dict[str, int] = {}
    width = len(shocks.cells)
    for name in ("cost", "export_tax", "tariff_after", "productivity", "labour"):
        given = getattr(shocks, name)
        if given is None:
            continue
        array = np.atleast_2d(np.array(given, dtype=np.float64))
        by_cell = name in ("cost", "export_tax", "tariff_after")
        if array.ndim != 2 or (by_cell and array.shape[1] != width):
            expected = f"(draw, {width}), one for each flow" if by_cell else "(draw, country)"
            problems.append(f"shocks: {name} has shape {np.shape(given)}; expected {expected}")
            continue
        problems += _impossible(name, array)
        array.setflags(write=False)
        found[name] = array
        lengths[name] = len(array)
    for place, quota in enumerate(shocks.quotas):
        lengths[f"quota {place + 1}"] = len(np.asarray(quota.limit))
    if shocks.draws is not None:
        lengths["draws"] = shocks.draws
    many = {name: length for name, length in lengths.items() if length != 1}
    if len(set(many.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in many.items())
        problems.append(f"shocks: numbers of draws differ: {told}")
    if problems:
        raise CaseError(problems)
    return found | {"draws": max(many.values(), default=1)}


def _impossible(name: str, array: Array) -> list[str]:
    if name == "cost":
        wrong = ~(array > 0)
        expected = "a factor above 0, 1 for none, inf for an embargo"
    elif name in ("productivity", "labour"):
        wrong = ~(np.isfinite(array) & (array > 0))
        expected = "a factor above 0, 1 for no change"
    else:
        wrong = ~(np.isnan(array) | (np.isfinite(array) & (array > -1)))
        expected = "a rate above -1, such as 0.05, or not-a-number for what there is"
    cells = np.argwhere(wrong)
    return [f"shocks: {name} of draw {d}, column {k} is {array[d, k]}; expected {expected}" for d, k in cells[:5]]


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Shocks in arrays of a baseline, from which blocks are taken; see `Block` for the shapes.

    rates (D or 1, columns): of tariffs and of export taxes, laid over the baseline's tariffs `before` (1, N, P) and
    over nothing when a block is made, on the exporters and markets of each of the columns.
    """

    draws: int
    quotas: int
    goods: int
    whole: Block
    rates: tuple[Array | None, Array | None]
    columns: tuple[tuple[Ints, Ints], ...]
    before: Array | None

    def block(self, rows: Ints) -> Block:
        """The shocks of some draws."""

        def some(values: Array) -> Array:
            return values if len(values) == 1 else values[rows]

        whole = self.whole
        tariff = self._laid(self.rates[0], self.before, rows)
        levy = self._laid(self.rates[1], None, rows)
        count = len(rows)
        log_cost = np.broadcast_to(some(whole.log_cost), (count, whole.log_cost.shape[1]))
        limit = np.broadcast_to(some(whole.log_limit), (count, whole.log_limit.shape[1]))
        return replace(
            whole, log_cost=log_cost, log_limit=limit, tariff=tariff, levy=levy, theta=some(whole.theta),
            eta=some(whole.eta), log_productivity=some(whole.log_productivity), labour=some(whole.labour),
        )  # fmt: skip

    def _laid(self, rates: Array | None, before: Array | None, rows: Ints) -> Array | None:
        """Rates (., N, P) after the shock, None where there are none."""
        if rates is None:
            return before
        here = rates if len(rates) == 1 else rates[rows]
        n = self.whole.log_productivity.shape[1]
        start = np.zeros((1, n, self.goods * n)) if before is None else before
        laid = np.array(np.broadcast_to(start, (len(here), n, self.goods * n)))
        for column, (exporters, markets) in enumerate(self.columns):
            value = here[:, column, None]
            laid[:, exporters, markets] = np.where(np.isnan(value), laid[:, exporters, markets], value)
        return laid if laid.any() else None


def world_of(base: Baseline, tariffs: Array | None, rule: Closure) -> World:
    """The baseline as the nest sees it; raises CaseError for what the nest cannot do."""
    problems = []
    if rule is Closure.MULTIPLICATIVE:
        problems.append("closure 'multiplicative' violates Walras' law, and the goods nest has no use for it; "
                        "use additive, world_share, balanced, bilateral or proportional")  # fmt: skip
    if base.io is not None or base.value_added_share is not None:
        problems.append(
            "the goods nest has no intermediate inputs, the baseline has; quotas, export taxes, the proportional "
            "closure and a substitution other than 1 need a baseline without io and value_added_share"
        )
    trade = base.flows.sum(axis=0)
    bought, sold = trade.sum(axis=0), trade.sum(axis=1)
    off = np.flatnonzero(np.abs(base.deficits - (bought - sold)) > _AGREE * sold)
    problems += [
        f"deficits: {base.countries[i]} has {base.deficits[i]:.6g}, its flows imply {bought[i] - sold[i]:.6g}; without "
        f"inputs the two must agree" for i in off
    ]  # fmt: skip
    world = World.of(base.flows, tariffs, np.asarray(base.deficits), base.countries, base.sectors)
    if base.final_shares is not None:
        shares = world.by_good[0] / world.spending
        if np.abs(base.final_shares - shares).max() > _AGREE:
            problems.append("final_shares: without inputs they are those of the flows; leave them out")
    if problems:
        raise CaseError(problems)
    return world


def blocks(
    base: Baseline, shocks: NestShocks, theta: npt.ArrayLike | None, substitution: npt.ArrayLike | None
) -> Draws:
    """The shocks by place instead of label; raises CaseError with every problem."""
    problems: list[str] = []
    n, goods = len(base.countries), len(base.sectors)
    columns = [_places(base, cell, problems, "shocks") for cell in shocks.cells]
    thetas = _elasticities(base, theta, problems)
    etas = _substitution(base, substitution, problems)
    size = [(name, np.asarray(getattr(shocks, name))) for name in ("productivity", "labour")
            if getattr(shocks, name) is not None]  # fmt: skip
    problems += [
        f"shocks: {name} has {array.shape[1]} columns; expected one for each of {n} countries"
        for name, array in size if array.shape[1] != n
    ]  # fmt: skip
    quotas = [_quota(base, quota, f"quota {k + 1}", problems) for k, quota in enumerate(shocks.quotas)]
    taken = [place for cells, *_ in quotas for place in cells]
    for i, m in dict.fromkeys(place for place in taken if taken.count(place) > 1):
        where = f"{base.sectors[m // n]} from {base.countries[i]} to {base.countries[m % n]}"
        problems.append(f"shocks: {where} stands under two quotas; join them, or drop the looser")
    lengths = {length for length in (len(thetas), len(etas), int(shocks.draws or 1)) if length > 1}
    if len(lengths) > 1:
        problems.append(f"draws differ: theta {len(thetas)}, substitution {len(etas)}, shocks {shocks.draws}")
    if problems:
        raise CaseError(problems)
    draws = max(lengths, default=1)
    factors = dict(size)
    none = np.ones((1, n))
    places = list(dict.fromkeys([*(cell for cells in columns for cell in cells), *taken]))
    at = {place: k for k, place in enumerate(places)}
    log_cost = _log_costs(shocks, columns, at)
    limits = [np.broadcast_to(np.asarray(quota.limit), (draws,)) for quota in shocks.quotas]
    with np.errstate(divide="ignore"):
        log_limit = np.log(np.stack(limits, axis=1)) if limits else np.zeros((1, 0))
    whole = Block(
        _ints(i for i, _ in places), _ints(m for _, m in places), log_cost, None, None, thetas, etas,
        np.log(factors.get("productivity", none)), factors.get("labour", none),
        _ints(k for k, (cells, *_) in enumerate(quotas) for _ in cells), _ints(at[cell] for cell in taken),
        np.concatenate([weights for _, weights, _ in quotas]) if quotas else np.zeros(0),
        _ints(who for *_, takers in quotas for who in takers), log_limit,
    )  # fmt: skip
    placed = tuple((_ints(i for i, _ in cells), _ints(m for _, m in cells)) for cells in columns)
    rates = tuple(None if getattr(shocks, name) is None else np.asarray(getattr(shocks, name))
                  for name in ("tariff_after", "export_tax"))  # fmt: skip
    before = World.of(base.flows, base.tariffs, base.deficits, base.countries, base.sectors).tariff
    return Draws(draws, len(quotas), goods, whole, (rates[0], rates[1]), placed, before)


def _ints(values: object) -> Ints:
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]


def _log_costs(shocks: NestShocks, columns: Sequence[Sequence[Place]], at: dict[Place, int]) -> Array:
    """(D or 1, U): log costs of the flows, those of columns that share a flow added up."""
    if shocks.cost is None:
        return np.zeros((1, len(at)))
    given = np.log(np.asarray(shocks.cost))
    log_cost = np.zeros((len(given), len(at)))
    for column, cells in enumerate(columns):
        log_cost[:, [at[cell] for cell in cells]] += given[:, column, None]
    return log_cost


def _places(base: Baseline, cell: Sequence[str | None], problems: list[str], what: str) -> list[Place]:
    """Exporter and market of every flow that a cell names; None is every good, every foreign partner."""
    if len(cell) != 3:
        problems.append(f"{what}: {cell!r} is not a flow; expected (good, exporter, importer)")
        return []
    unknown = []
    for label, kind, valid in zip(cell, ("sector", "country", "country"),
                                  (base.sectors, base.countries, base.countries), strict=True):  # fmt: skip
        if label is not None and label not in valid:
            unknown.append(f"{what}: {unknown_name(kind, str(label), valid)}")
    if unknown:
        problems += [said for said in unknown if said not in problems]
        return []
    good, exporter, importer = cell
    n = len(base.countries)
    goods = range(len(base.sectors)) if good is None else [base.sectors.index(good)]
    sellers = range(n) if exporter is None else [base.countries.index(exporter)]
    buyers = range(n) if importer is None else [base.countries.index(importer)]
    named = exporter is not None and importer is not None
    return [(i, s * n + j) for s in goods for i in sellers for j in buyers if named or i != j]


def _quota(base: Baseline, quota: Quota, what: str, problems: list[str]) -> tuple[list[Place], Array, list[int]]:
    """Flows of a quota, their weights and who takes the rent of each."""
    n = len(base.countries)
    cells: list[Place] = []
    weights: list[float] = []
    for k, cell in enumerate(quota.cells):
        if None in cell[1:]:
            problems.append(f"{what}: a quota names exporter and importer of each flow, {cell!r} does not")
            continue
        places = _places(base, cell, problems, what)
        values = [float(base.flows[m // n, i, m % n]) for i, m in places]
        if quota.weights is not None:  # of a cell of every good the weight is shared by value
            total = sum(values) or 1.0
            values = [float(np.asarray(quota.weights)[k]) * value / total for value in values]
        cells += places
        weights += values
    if quota.rent not in ("importer", "exporter", *base.countries):
        valid = ("importer", "exporter", *base.countries)
        problems.append(f"{what}: {unknown_name('taker of the rent', quota.rent, valid)}")
        return cells, np.zeros(len(cells)), [0] * len(cells)
    total = sum(weights)
    shares = np.array(weights) / (total if total > 0 else 1.0)
    takers = {"importer": [m % n for _, m in cells], "exporter": [i for i, _ in cells]}
    if quota.rent in takers:
        return cells, shares, takers[quota.rent]
    return cells, shares, [base.countries.index(quota.rent)] * len(cells)


def _elasticities(base: Baseline, given: npt.ArrayLike | None, problems: list[str]) -> Array:
    """theta (D or 1, S)."""
    goods = len(base.sectors)
    theta = np.asarray(base.elasticity if given is None else given, dtype=np.float64)
    if theta.ndim == 0:
        theta = np.full((1, goods), float(theta))
    theta = np.atleast_2d(theta)
    if theta.ndim != 2 or theta.shape[1] != goods or not len(theta):
        problems.append(f"theta: shape {theta.shape}; expected a number, ({goods},) or (draw, {goods})")
        return np.ones((1, goods))
    if not np.all(np.isfinite(theta) & (theta > 0)):
        problems.append("theta: expected trade elasticities above 0 (sigma is theta + 1)")
    return theta


def _substitution(base: Baseline, given: npt.ArrayLike | None, problems: list[str]) -> Array:
    """eta (D or 1, N)."""
    n = len(base.countries)
    eta = np.asarray(base.substitution if given is None else given, dtype=np.float64)
    if eta.ndim > 2 or (eta.ndim == 2 and eta.shape[1] not in (1, n)):
        problems.append(f"substitution: shape {eta.shape}; expected a number, (draw,) or (draw, {n})")
        return np.ones((1, n))
    if not np.all(np.isfinite(eta) & (eta >= 0)):
        problems.append("substitution: expected elasticities between goods of 0 or more, 1 for constant shares")
    eta = eta.reshape(-1, 1) if eta.ndim < 2 else eta
    return np.array(np.broadcast_to(eta, (len(eta), n)))


def diversion(found: Responses, exporter: str) -> pd.DataFrame:
    """What `Responses.diversion` gives."""
    import pandas as pd

    if exporter not in found.countries:
        raise unknown_name("country", exporter, found.countries)
    i = found.countries.index(exporter)
    before = found.baseline.flows[:, i]
    changes = found.flows[found.converged][:, :, i] - before
    if not len(changes):
        changes = np.full((1, *before.shape), np.nan)
    goods, partners = np.nonzero(np.ones(before.shape, dtype=np.bool_))
    names, kinds = np.array(found.countries, dtype=object), np.array(found.sectors, dtype=object)
    columns = {"importer": names[partners], "sector": kinds[goods], "before": before.ravel()}
    columns["mean"] = changes.mean(axis=0).ravel()
    for part in (5, 50, 95):
        columns[f"q{part:02d}"] = np.percentile(changes, part, axis=0).ravel()
    return pd.DataFrame(columns)


def shown(found: Responses) -> str:
    """A table of welfare by country over the draws."""
    good = found.converged
    head = f"Responses: {found.draws} draws, {len(found.countries)} countries, {len(found.sectors)} goods"
    worst = np.max(found.residual[good], initial=0)
    lines = [f"{head} ({found.closure}); {int(good.sum())} converged, residual {worst:.0e}"]
    if not good.any():
        return lines[0]
    lines.append(f"  {'country':<12}{'welfare, %':>12}{'5 %':>10}{'95 %':>10}{'EV, MUSD':>14}")
    change, worth = 100 * (found.welfare[good] - 1), found.ev()[good]
    low, high = np.percentile(change, [5, 95], axis=0)
    for j, country in enumerate(found.countries[:12]):
        figures = f"{change[:, j].mean():>12.3f}{low[j]:>10.3f}{high[j]:>10.3f}{worth[:, j].mean():>14,.6g}"
        lines.append(f"  {country:<12}{figures}")
    if len(found.countries) > 12:
        lines.append(f"  ... and {len(found.countries) - 12} more")
    return "\n".join(lines)
