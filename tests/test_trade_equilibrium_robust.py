"""Large shocks: solved to the tolerance, or refused with the reason. None wrong, none silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trade_worlds import flows, names, world
from tumen.errors import NoConvergence
from tumen.trade import _equilibrium
from tumen.trade._baseline import Baseline
from tumen.trade._closures import Closure
from tumen.trade._equilibrium import _problem, base_problem, counterfactual, kernels, purged
from tumen.trade._shocks import Shock
from tumen.trade._single import evaluate
from tumen.trade._single_solve import Unsolved, _accelerated, _homotopy, _newton, _plain, climb, inverse_jacobian

THETAS = (2.0, 4.0, 8.0, 15.0)
CLOSURES = ("additive", "world_share", "balanced", "bilateral", "multiplicative")
SIZE = 45


def large_world(theta: float) -> Baseline:
    base = world(np.random.default_rng(1), SIZE, theta, imbalance=0.3, home=0.6)
    ranked = sorted(range(SIZE), key=lambda i: -base.output[i])
    return Baseline.from_arrays(base.flows[0][np.ix_(ranked, ranked)], names(SIZE), elasticity=theta)


SHOCKS = {
    "embargo": Shock.cut("C00", ["C01"]),
    "one way": Shock.pairs({("C00", "C01"): np.inf}),
    "coalition": Shock.between(["C00"], names(SIZE)[1:40]),
    "half": Shock.between(names(SIZE), cost=0.5),
    "tenfold": Shock.between(names(SIZE), cost=10.0),
    "hundredfold": Shock.between(names(SIZE), cost=100.0),
    "cut off": Shock.cut("C07"),
    "autarky": Shock.between(names(SIZE)),
}
# What additive deficits cannot survive: the deficit of who is cut off, surpluses that eat up an income.
REFUSED = {
    "cut off": "C07 is cut off from the rest with a (deficit|surplus)",
    "autarky": "is cut off from the rest with a (deficit|surplus)",
    "hundredfold": "surplus takes all its income",
}


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("name", list(SHOCKS))
@pytest.mark.parametrize("theta", THETAS)
def test_solved_or_refused(name: str, theta: float, closure: str) -> None:
    base = large_world(theta)
    refused = name in REFUSED and closure in ("additive", "world_share")
    if refused or (name == "hundredfold" and closure == "bilateral"):
        with pytest.raises(NoConvergence, match="^no equilibrium: .*" + REFUSED[name]):
            base.counterfactual(SHOCKS[name], closure)
        return
    found = base.counterfactual(SHOCKS[name], closure)
    assert found.converged
    assert found.step <= 1e-10
    sales, output = found.trade.sum(axis=1), found.wage * found.baseline.output
    for group in set(found.component):  # every market of a group misses by as much, and by nothing but for
        gap = np.log(sales / output)[found.component == group]  # the multiplicative closure
        np.testing.assert_allclose(gap, gap[0], atol=1e-10)
    if closure != "multiplicative":
        np.testing.assert_allclose(sales, output, rtol=1e-10)
        assert found.walras_gap <= 1e-10
    for factors in (found.welfare, found.price_index, found.wage):
        assert np.all(np.isfinite(factors) & (factors > 0))


@pytest.mark.parametrize("theta", THETAS)
def test_autarky_is_what_home_shares_say(theta: float) -> None:
    found = large_world(theta).counterfactual(SHOCKS["autarky"], "balanced")
    base = found.baseline
    home = base.flows[0].diagonal() / base.spending
    np.testing.assert_allclose(found.welfare, home ** (1 / theta), rtol=1e-10)
    assert len(set(found.component)) == SIZE


@pytest.mark.parametrize("theta", [4.0, 15.0])
def test_trade_that_all_but_dies_still_balances(theta: float) -> None:
    """At theta 15 a hundredfold cost leaves 1e-30 of trade: goods markets clear at any wage, balances do not."""
    found = large_world(theta).counterfactual(SHOCKS["hundredfold"], "balanced")
    off = found.trade - np.diag(found.trade.diagonal())
    np.testing.assert_allclose(off.sum(axis=0), off.sum(axis=1), rtol=1e-9)
    assert off.sum() < 1e-3 * found.trade.sum()
    assert np.abs(np.log(found.wage)).max() > 1e-4
    assert found.condition < 1e4


def test_a_country_cut_off_is_the_limit_of_rising_costs() -> None:
    base = purged(large_world(4.0))
    cut = base.counterfactual(Shock.cut("C07"))
    dear = base.counterfactual(Shock.between(["C07"], cost=1e4))
    np.testing.assert_allclose(cut.welfare, dear.welfare, rtol=1e-9)
    assert cut.exports[7] == cut.imports[7] == 0
    assert cut.component[7] != cut.component[0]
    assert cut.wage[7] == pytest.approx(1)  # its own numeraire


def test_deficits_die_with_their_ties() -> None:
    base = large_world(4.0)
    found = base.counterfactual(Shock.cut("C07"), "bilateral")
    left = found.trade.sum(axis=0) - found.trade.sum(axis=1)
    balance = base.flows[0] - base.flows[0].T
    np.testing.assert_allclose(left[:7], (base.deficits - balance[7])[:7], atol=1e-8 * base.output.max())
    assert found.trade[7, 7] == pytest.approx(found.wage[7] * base.output[7])


def test_two_blocs_have_a_numeraire_each() -> None:
    base = purged(world(np.random.default_rng(3), 8))
    east, west = names(8)[:3], names(8)[3:]
    found = base.counterfactual(Shock.between(east, west))
    alone = Baseline.from_arrays(base.flows[0][:3, :3], east, elasticity=4.0)
    np.testing.assert_allclose((found.wage * base.output)[:3].sum(), base.output[:3].sum())
    np.testing.assert_allclose((found.wage * base.output)[3:].sum(), base.output[3:].sum())
    # the bloc alone, from its inner trade with the other bloc's output withheld, has the same relative wages
    output, x = base.output[:3], np.log(found.wage[:3])
    share = alone.flows[0] / alone.flows[0].sum(axis=0) * np.exp(-4 * x)[:, None]
    sold = share / share.sum(axis=0) * (output * found.wage[:3])
    np.testing.assert_allclose(sold.sum(axis=1), output * found.wage[:3], rtol=1e-9)


def test_zero_home_shares() -> None:
    trade = flows(np.random.default_rng(2), 6)
    trade[2, 2] = 0.0
    base = Baseline.from_arrays(trade, names(6), elasticity=4.0)
    found = base.counterfactual(Shock.between(names(6), cost=1.2))
    np.testing.assert_allclose(found.trade.sum(axis=1), found.wage * base.output, rtol=1e-10)
    with pytest.raises(NoConvergence, match="C02 has no supplier left, not even at home"):
        base.counterfactual(Shock.cut("C02"), "bilateral")


def test_one_way_cuts_are_refused_with_the_reason() -> None:
    base = purged(world(np.random.default_rng(2), 5))
    others = [country for country in base.countries if country != "C03"]
    with pytest.raises(NoConvergence, match="C03 can buy from the rest but sell it nothing, and without a deficit"):
        base.counterfactual(Shock.pairs(dict.fromkeys([("C03", other) for other in others], np.inf)))
    with pytest.raises(NoConvergence, match="C03 can sell to the rest but buy nothing"):
        base.counterfactual(Shock.pairs(dict.fromkeys([(other, "C03") for other in others], np.inf)))


def test_a_deficit_can_pay_for_one_way_trade() -> None:
    trade = np.array([[50.0, 4.0, 6.0], [1.0, 30.0, 5.0], [6.0, 5.0, 40.0]])  # the second buys 9 and sells 6
    base = Baseline.from_arrays(trade, names(3), elasticity=4.0)
    found = base.counterfactual(Shock.pairs({("C01", "C00"): np.inf, ("C01", "C02"): np.inf}))
    assert found.exports[1] == 0
    assert found.trade[[0, 2], 1].sum() == pytest.approx(3.0)


def test_every_rung_finds_the_same_wages() -> None:
    base = large_world(4.0)
    shocked = base.counterfactual(SHOCKS["one way"])
    changes = SHOCKS["one way"].resolve(base)
    problem, start, inverse = _problem(base, changes, kernels(base, changes), Closure.ADDITIVE)
    assert inverse is not None
    ways = {
        "chord": _accelerated(problem, lambda _, s: -(inverse @ s.residual), 3, 60, 1e-10),
        "plain": _accelerated(problem, _plain(problem), 5, 400, 1e-10),
        "newton": _newton(problem, np.zeros(SIZE), 1e-10, 60),
        "homotopy": _homotopy(problem, start, 1e-10),
    }
    for name, (x, state, _) in ways.items():
        assert state.worst <= 1e-10, name
        np.testing.assert_allclose(x, np.log(shocked.wage), atol=1e-9, err_msg=name)


def test_the_ladder_starts_where_the_prediction_says() -> None:
    base = large_world(4.0)
    assert base.counterfactual(Shock.pairs({("C03", "C04"): 1.1})).method == "chord"
    assert base.counterfactual(Shock.between(["C00"], cost=0.3)).method == "anderson"
    problem = base_problem(base, Closure.ADDITIVE)
    assert climb(problem, problem, None, 1e-10).method == "anderson"  # without an inverse there is no chord


def test_what_was_not_found_names_the_worst_market(monkeypatch: pytest.MonkeyPatch) -> None:
    base = large_world(4.0)

    def stops(problem: object, *_: object) -> None:
        x = np.full(SIZE, 0.0)
        x[5] = 0.3
        raise Unsolved(x, evaluate(problem, x), "the residual stays at 1e-3", 99)  # type: ignore[arg-type]

    monkeypatch.setattr(_equilibrium, "climb", stops)
    with pytest.raises(NoConvergence, match=r"after 99 iterations: .*worst market C05 \(exports .*try a smaller shock"):
        counterfactual(base, Shock())


def test_the_inverse_predicts_small_changes() -> None:
    base = large_world(4.0)
    problem = base_problem(base, Closure.ADDITIVE)
    inverse = inverse_jacobian(problem)
    shock = Shock.pairs({("C00", "C01"): np.exp(1e-5)})
    wage = np.log(base.counterfactual(shock).wage)
    shares = problem.off.copy()
    shares[0, 1] *= np.exp(-4e-5)
    predicted = -inverse @ evaluate(replace(problem, off=shares), np.zeros(SIZE)).residual
    np.testing.assert_allclose(wage, predicted, atol=1e-4 * np.abs(wage).max())
