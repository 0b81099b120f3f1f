"""The Jacobian of the goods nest, exact and for many draws at once; equations and names as in `_nest_system.py`.

All rests on one slope: with m the share of origin k in market p of country j and M_kj = sum_s b_sj m_k,sj,

    d log C'_ip / d x_k = -theta_s 1[i = k] + Q_kp,   Q_kp = (theta_s + eps_j) m_kp - eps_j M_kj

The wedge of a quota acts as the log wages of its cells do, only on those cells: it is one more row of Q.
"""

from __future__ import annotations

import numpy as np

from tumen.trade._nest_system import Array, Problem, State, to_exporters, to_importers

__all__ = ["jacobian"]


def jacobian(problem: Problem, z: Array, state: State) -> Array:
    """d residual / d z, (D, 2 N + Q, 2 N + Q)."""
    with np.errstate(all="ignore"):
        return _jacobian(problem, z, state)


def _jacobian(p: Problem, z: Array, s: State) -> Array:
    n, size = p.countries, p.unknowns
    u, diagonal = z[:, 2 * n :], np.arange(n)
    pull = _pull(p, s)
    theta = _per_market(p)
    plus, minus = (np.zeros((p.draws, n, size)) for _ in range(2))
    _row_slopes(p, pull, theta, s.crossing, plus)
    _column_slopes(p, pull, theta, s.crossing, minus)
    claim = np.zeros((p.draws, n, size))
    claim[:, diagonal, diagonal] = s.income
    _transfer_slopes(p, u, s, pull, theta, claim)
    if p.shared:
        world = p.sums(s.spent)
        slope = s.deficit[:, :, None] * (s.spent[:, None, :] / world[:, :, None])
        slope = slope if p.same is None else slope * p.same
        claim[:, :, n : 2 * n] += slope
        plus[:, :, n : 2 * n] += np.where(s.deficit > 0, 1.0, 0.0)[:, :, None] * slope
        minus[:, :, n : 2 * n] -= np.where(s.deficit < 0, 1.0, 0.0)[:, :, None] * slope
    slopes = np.zeros((p.draws, size, size))
    if p.cells is not None:
        cells = _cell_slopes(p, pull)
        _quota_slopes(p, u, s, cells, plus, minus, claim, slopes)
    receipts, payments = (1.0 / np.where(side > 0, side, 1.0) for side in (s.plus, s.minus))
    slopes[:, :n] = plus * receipts[:, :, None] - minus * payments[:, :, None]
    weight = s.income[:, None, :] / p.sums(s.income)[:, :, None]
    slopes[:, :n, :n] -= weight if p.same is None else weight * p.same
    slopes[:, n : 2 * n] = -claim / s.claim[:, :, None]
    slopes[:, n + diagonal, n + diagonal] += 1.0
    return slopes


def _per_market(p: Problem) -> Array:
    """theta by market, (., P)."""
    return np.repeat(p.theta, p.countries, axis=1)


def _pull(p: Problem, s: State) -> Array:
    """Q (D, N + Q, P): how C' of a market answers to the costs of its other origins."""
    draws, n, goods = p.draws, p.countries, p.goods
    share = s.share
    if p.cells is not None:
        wedged = np.zeros((draws, p.log_limit.shape[1], share.shape[2]))
        for quota, i, m in zip(p.cells.quota, p.cells.exporter, p.cells.market, strict=True):
            wedged[:, quota, m] += share[:, i, m]
        share = np.concatenate([share, wedged], axis=1)
    shares = share.reshape(draws, -1, goods, n)
    mean = np.einsum("dksj,dsj->dkj", shares, s.weight) * p.eps[:, None, :]
    pull = shares * (p.theta[:, :, None] + p.eps[:, None, :])[:, None]
    pull -= mean[:, :, None, :]
    return pull.reshape(share.shape)


def _row_slopes(p: Problem, pull: Array, theta: Array, values: Array, out: Array) -> None:
    """Adds the slopes of the sums of `values` (D, N, P) over markets; they move as C' does."""
    n = p.countries
    moved = values @ pull.swapaxes(1, 2)
    out[:, :, :n] += moved[:, :, :n]
    out[:, :, 2 * n :] += moved[:, :, n:]
    diagonal = np.arange(n)
    out[:, diagonal, diagonal] -= (values @ theta[:, :, None])[:, :, 0]
    out[:, :, n : 2 * n] += np.einsum("disj->dij", values.reshape(p.draws, n, p.goods, n))
    if p.cells is not None:  # a wedge takes its cells out of demand, and its rent out of what is left
        i, m = p.cells.exporter, p.cells.market
        out[:, :, 2 * n :] -= p.cells.spread(p.cells.sells, (theta[:, m] + 1) * values[:, i, m])


def _column_slopes(p: Problem, pull: Array, theta: Array, values: Array, out: Array, whole: bool = False) -> None:
    """Adds the slopes of the sums of `values` (D, N, P) over origins and goods; `whole`: the rent is not taken out."""
    n, goods = p.countries, p.goods
    diagonal = np.arange(n)
    total = np.einsum("dip->dp", values).reshape(p.draws, goods, n)
    moved = np.einsum("dksj,dsj->djk", pull.reshape(p.draws, -1, goods, n), total)
    out[:, :, :n] += moved[:, :, :n]
    out[:, :, 2 * n :] += moved[:, :, n:]
    own = np.einsum("dksj,ds->djk" if len(p.theta) > 1 else "dksj,s->djk",
                    values.reshape(p.draws, n, goods, n), p.theta if len(p.theta) > 1 else p.theta[0])  # fmt: skip
    out[:, :, :n] -= own
    out[:, diagonal, n + diagonal] += total.sum(axis=1)
    if p.cells is not None:
        i, m = p.cells.exporter, p.cells.market
        rate = theta[:, m] + (0.0 if whole else 1.0)
        out[:, :, 2 * n :] -= p.cells.spread(p.cells.buys, rate * values[:, i, m])


def _transfer_slopes(p: Problem, u: Array, s: State, pull: Array, theta: Array, claim: Array) -> None:
    """Adds the slopes of what tariffs, export taxes and balances that follow trade bring in."""
    if p.to_exporter is None and p.to_importer is None:
        return
    consumed = s.consumed
    if p.to_exporter is not None:
        _row_slopes(p, pull, theta, to_exporters(p, u, consumed), claim)
    if p.to_importer is not None:
        values = to_importers(p, u, consumed)
        _column_slopes(p, pull, theta, values, claim, whole=True)
        if p.cells is not None:
            left = values[:, p.cells.exporter, p.cells.market] - s.in_cells * p.tariff
            claim[:, :, 2 * p.countries :] -= p.cells.spread(p.cells.buys, left)


def _cell_slopes(p: Problem, pull: Array) -> Array:
    """d log C' of the cells under quotas, (D, cell, 2 N + Q)."""
    assert p.cells is not None
    n, c = p.countries, np.arange(len(p.cells.quota))
    i, m, q, j = p.cells.exporter, p.cells.market, p.cells.quota, p.cells.importer
    at = pull[:, :, m].swapaxes(1, 2)
    slopes = np.zeros((p.draws, len(c), p.unknowns))
    slopes[:, :, :n], slopes[:, :, 2 * n :] = at[:, :, :n], at[:, :, n:]
    theta = p.theta[:, m // n]
    slopes[:, c, i] -= theta
    slopes[:, c, n + j] += 1.0
    slopes[:, c, 2 * n + q] -= theta
    return slopes


def _quota_slopes(
    p: Problem, u: Array, s: State, cells: Array, plus: Array, minus: Array, claim: Array, slopes: Array
) -> None:
    """Adds the slopes of rents, and those of the condition that each quota holds."""
    assert p.cells is not None
    n, c, q = p.countries, np.arange(len(p.cells.quota)), p.cells.quota
    rents = s.rent[:, :, None] * cells
    rents[:, c, 2 * n + q] += s.in_cells * p.value * np.exp(-u[:, q])
    for out, who in ((plus, p.cells.takes), (minus, p.cells.pays), (claim, p.cells.keeps)):
        out += who.T @ rents
    quantity = cells.copy()
    quantity[:, c, p.cells.exporter] -= 1.0
    quantity[:, c, 2 * n + q] -= 1.0
    volume = p.cells.of.T @ (s.part[:, :, None] * quantity)
    length = np.hypot(u, s.slack)
    flat = np.where(length > 0, length, 1.0)
    # At the kink, where a quota just binds without a wedge, the slopes halfway round it serve as well as any.
    wedge = np.where(length > 0, 1 - u / flat, 1 - np.sqrt(0.5))
    slack = np.where(length > 0, 1 - s.slack / flat, 1 - np.sqrt(0.5))
    k = np.arange(u.shape[1])
    slopes[:, 2 * n :] = np.where(p.binds[:, :, None], -slack[:, :, None] * volume, 0.0)
    slopes[:, 2 * n + k, 2 * n + k] += np.where(p.binds, wedge, 1.0)
