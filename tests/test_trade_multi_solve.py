"""The many-sector solver: identities, an independent iteration, and what it must refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_multi_support import plain, random_world
from tumen.errors import CaseError, NoConvergence
from tumen.trade._multi import CLOSURES, Change, Closure, ManySectors
from tumen.trade._multi_solution import first_order_welfare
from tumen.trade._multi_solve import baseline_expenditure, rebase, solve
from tumen.trade._multi_system import income_base

seeds = st.integers(0, 10_000)
few = settings(max_examples=12)


def shock(base: ManySectors, seed: int, size: float = 0.2) -> Change:
    """A random change of everything but deficits."""
    random = np.random.default_rng(seed)
    s, _, n = base.shares.shape
    abroad = 1 - np.eye(n)
    return Change.of(
        base,
        cost=np.exp(abroad * random.normal(0, size, (s, n, n))),
        tariff=base.tariff + abroad * random.uniform(0, size, (s, n, n)),
        productivity=np.exp(random.normal(0, size, (s, n))),
        labour=np.exp(random.normal(0, size, n)),
    )


@given(seeds)
@few
def test_nothing_changed_changes_nothing(seed: int) -> None:
    base = random_world(seed)
    for closure in CLOSURES:
        solution = solve(base, Change.of(base), closure)
        assert solution.wage == pytest.approx(1, abs=1e-10)
        assert solution.real_income == pytest.approx(1, abs=1e-10)
        assert solution.shares == pytest.approx(solution.base.shares, abs=1e-10)


@given(seeds)
@few
def test_equations_of_the_model_hold(seed: int) -> None:
    base = random_world(seed)
    change = shock(base, seed)
    new = solve(base, change)
    exports = new.flows.sum((0, 2)) - np.einsum("snn->n", new.flows)
    imports = new.flows.sum((0, 1)) - np.einsum("snn->n", new.flows)
    assert exports == pytest.approx(new.exports, rel=1e-10)
    assert exports + change.deficit == pytest.approx(imports, rel=1e-9, abs=1e-9 * base.income.sum())
    assert new.revenue == pytest.approx((change.tariff * new.flows).sum((0, 1)), rel=1e-9)
    spent = np.einsum("ksn,sn->kn", base.inputs, new.flows.sum(2)) + base.final * new.income
    assert spent == pytest.approx(new.expenditure, rel=1e-10)
    assert (base.value_added * new.output).sum(0) == pytest.approx(new.value_added, rel=1e-10)
    assert new.value_added.sum() == pytest.approx(base.income.sum(), rel=1e-12)
    assert new.walras_gap < 1e-10
    assert new.residual <= 1e-12
    assert np.isfinite(new.condition)


@given(seeds)
@few
def test_agrees_with_plain_iteration(seed: int) -> None:
    base = random_world(seed, theta=(2, 6))
    change = shock(base, seed)
    wage, price = plain(base, change, rounds=1500)
    solution = solve(base, change)
    assert solution.wage == pytest.approx(wage, rel=1e-8)
    assert solution.price == pytest.approx(price, rel=1e-8)


@given(seeds)
@few
def test_scale_of_money_does_not_matter(seed: int) -> None:
    base = random_world(seed)
    large = replace(base, income=1000 * base.income, deficit=1000 * base.deficit)
    small, big = solve(base, shock(base, seed)), solve(large, shock(large, seed))
    assert big.wage == pytest.approx(small.wage, rel=1e-10)
    assert big.price == pytest.approx(small.price, rel=1e-10)
    assert big.flows == pytest.approx(1000 * small.flows, rel=1e-9)


@given(seeds)
@few
def test_changes_compose(seed: int) -> None:
    base = random_world(seed)
    first, whole = shock(base, seed), shock(base, seed + 1)
    middle = solve(base, first)
    rest = Change(
        cost=whole.cost / first.cost,
        tariff=whole.tariff,
        productivity=whole.productivity / first.productivity,
        labour=whole.labour / first.labour,
        deficit=whole.deficit,
    )
    second, direct = solve(middle.as_base(), rest), solve(base, whole)
    assert middle.wage * second.wage == pytest.approx(direct.wage, rel=1e-9)
    assert middle.real_income * second.real_income == pytest.approx(direct.real_income, rel=1e-9)


@given(seeds)
@few
def test_order_of_countries_and_sectors_does_not_matter(seed: int) -> None:
    base = random_world(seed)
    change = shock(base, seed)
    random = np.random.default_rng(seed)
    k, c = random.permutation(3), random.permutation(4)
    turned = ManySectors(
        shares=base.shares[k][:, c][:, :, c],
        tariff=base.tariff[k][:, c][:, :, c],
        inputs=base.inputs[k][:, k][:, :, c],
        value_added=base.value_added[k][:, c],
        final=base.final[k][:, c],
        income=base.income[c],
        deficit=base.deficit[c],
        theta=base.theta[k],
    )
    other = Change(
        cost=change.cost[k][:, c][:, :, c],
        tariff=change.tariff[k][:, c][:, :, c],
        productivity=change.productivity[k][:, c],
        labour=change.labour[c],
        deficit=change.deficit[c],
    )
    one, two = solve(base, change), solve(turned, other)
    assert two.wage == pytest.approx(one.wage[c], rel=1e-10)
    assert two.price == pytest.approx(one.price[k][:, c], rel=1e-10)


@given(seeds)
@few
def test_one_sector_is_many_alike(seed: int) -> None:
    one = random_world(seed, sectors=1, zeros=0)
    many = ManySectors(
        shares=np.repeat(one.shares, 3, 0),
        tariff=np.repeat(one.tariff, 3, 0),
        inputs=np.repeat(np.repeat(one.inputs, 3, 0), 3, 1) / 3,
        value_added=np.repeat(one.value_added, 3, 0),
        final=np.repeat(one.final, 3, 0) / 3,
        income=one.income,
        deficit=one.deficit,
        theta=np.repeat(one.theta, 3),
    )
    change = shock(one, seed)
    spread = Change(
        cost=np.repeat(change.cost, 3, 0),
        tariff=np.repeat(change.tariff, 3, 0),
        productivity=np.repeat(change.productivity, 3, 0),
        labour=change.labour,
        deficit=change.deficit,
    )
    assert solve(many, spread).real_income == pytest.approx(solve(one, change).real_income, rel=1e-10)


@given(seeds)
@few
def test_welfare_follows_acr_in_one_sector(seed: int) -> None:
    base = random_world(seed, sectors=1, tariffs=False, deficits=0, zeros=0)
    change = shock(base, seed)
    change = replace(change, tariff=base.tariff, productivity=np.ones_like(change.productivity))
    solution = solve(base, change)
    kept = np.einsum("snn->n", solution.shares) / np.einsum("snn->n", base.shares)
    formula = kept ** (-1 / (base.theta[0] * base.value_added[0]))
    assert solution.real_wage == pytest.approx(formula, rel=1e-10)
    assert solution.real_income == pytest.approx(formula * change.labour, rel=1e-10)


@given(seeds)
@few
def test_embargo_is_the_limit_of_rising_costs(seed: int) -> None:
    base = random_world(seed, countries=5)
    cut = np.ones((5, 5))
    cut[0, 1] = cut[1, 0] = np.inf
    embargo = solve(base, Change.of(base, cost=cut))
    assert (embargo.flows[:, 0, 1] == 0).all()
    assert (embargo.flows[:, 1, 0] == 0).all()
    gaps = []
    for factor in (1e1, 1e2, 1e6):
        near = solve(base, Change.of(base, cost=np.where(np.isinf(cut), factor, 1.0)))
        gaps.append(np.abs(near.real_income - embargo.real_income).max())
    assert gaps[0] >= gaps[1] >= gaps[2]
    assert gaps[2] < 1e-9


def test_deficits_as_shares_of_world_product_follow_it() -> None:
    base = random_world(3)
    change = Change.of(base, tariff=3 * base.tariff)
    fixed, moving = solve(base, change), solve(base, change, "world_share")
    product = moving.value_added.sum() + moving.revenue.sum()
    before = base.income.sum() + income_base(base, baseline_expenditure(base))[0].sum()
    assert moving.deficit == pytest.approx(base.deficit * product / before, rel=1e-10)
    assert np.abs(fixed.real_income - moving.real_income).max() > 1e-6


def test_balanced_purges_deficits_first() -> None:
    base = random_world(4)
    change = Change.of(base, tariff=0.0)
    purged = rebase(base, deficit=np.zeros(4)).as_base()
    direct, nested = solve(base, change, "balanced"), solve(purged, Change.of(purged, tariff=0.0))
    assert direct.real_income == pytest.approx(nested.real_income, rel=1e-10)
    assert direct.exports == pytest.approx(direct.imports, rel=1e-10)


def test_first_order_welfare_is_the_derivative_of_real_income() -> None:
    base = random_world(5, deficits=0)
    size = 1e-5
    change = shock(base, 1, size)
    change = replace(change, productivity=np.ones_like(change.productivity), labour=np.ones(4))
    solution = solve(base, change)
    first = first_order_welfare(solution, change.cost)
    assert first.welfare == pytest.approx(solution.real_income - 1, abs=20 * size**2)
    assert np.abs(first.welfare).max() > size / 10


def test_baseline_expenditure_solves_its_system() -> None:
    base = random_world(6)
    spent = baseline_expenditure(base)
    _, income = income_base(base, spent)
    output = (base.shares / (1 + base.tariff) * spent[:, None, :]).sum(2)
    assert np.einsum("ksn,sn->kn", base.inputs, output) + base.final * income == pytest.approx(spent, rel=1e-12)


@pytest.mark.parametrize("closure", CLOSURES)
def test_country_cut_off_keeps_its_own_numeraire(closure: Closure) -> None:
    base = random_world(7, deficits=0)
    cut = np.ones((4, 4))
    cut[0, 1:] = cut[1:, 0] = np.inf
    solution = solve(base, Change.of(base, cost=cut), closure)
    assert solution.wage[0] == pytest.approx(1, abs=1e-12)
    assert solution.value_added[1:].sum() == pytest.approx(base.income[1:].sum(), rel=1e-12)
    assert solution.exports[0] == solution.imports[0] == 0
    assert solution.real_income[0] < 1


def test_cut_off_with_a_deficit_is_refused() -> None:
    base = random_world(8)
    cut = np.ones((4, 4))
    cut[0, 1:] = cut[1:, 0] = np.inf
    with pytest.raises(NoConvergence, match=r"country 0 would trade with nobody else, yet the deficit is"):
        solve(base, Change.of(base, cost=cut))


def test_buying_without_selling_is_refused() -> None:
    base = random_world(9, deficits=0)
    cut = np.ones((4, 4))
    cut[0, 1:] = np.inf
    with pytest.raises(NoConvergence, match="country 0 buys from the rest and sells it nothing"):
        solve(base, Change.of(base, cost=cut))


def test_sector_without_supplier_is_refused() -> None:
    base = random_world(10, deficits=0)
    shares = np.array(base.shares)
    shares[1, 2, 2] = 0
    shares[1] /= shares[1].sum(0)
    base = rebase(replace(base, shares=shares)).as_base()
    alone = np.where(np.eye(4) > 0, 1.0, np.inf)
    with pytest.raises(NoConvergence, match=r"no supplier is left for .*sector 1 in country 2"):
        solve(base, Change.of(base, cost=alone))


def test_producers_without_inputs_drop_out() -> None:
    base = random_world(11, deficits=0)
    inputs, final, made = np.array(base.inputs), np.array(base.final), np.array(base.value_added)
    final[2] = 0
    final /= final.sum(0)
    inputs[2] = 0  # sector 2 is an input of sector 1 of country 0 alone
    inputs[2, 1, 0] = 0.2
    made = 1 - inputs.sum(0)
    base = rebase(replace(base, inputs=inputs, final=final, value_added=made)).as_base()
    cost = np.ones((3, 4, 4))
    cost[2, :, 0] = np.inf
    solution = solve(base, Change.of(base, cost=cost))
    assert (solution.flows[1, 0] == 0).all()
    assert np.isinf(solution.cost[1, 0])
    assert (solution.expenditure[2] == 0).all()
    assert solution.walras_gap < 1e-10
    with pytest.raises(ValueError, match="drops out"):
        first_order_welfare(solution)


def test_no_convergence_names_the_market_and_a_way_out() -> None:
    base = random_world(12)
    with pytest.raises(NoConvergence, match=r"the largest gap is .* in the .*country .*balanced"):
        solve(base, shock(base, 1), iterations=3)


def test_problems_are_told_together() -> None:
    base = random_world(13)
    theta, income = np.array(base.theta), np.array(base.income)
    theta[0], income[1] = -1, 0
    with pytest.raises(CaseError) as caught:
        replace(base, theta=theta, income=income)
    assert len(caught.value.problems) == 2
    with pytest.raises(CaseError, match="deficit: the world's new deficits sum to"):
        solve(base, Change.of(base, deficit=base.income))
    with pytest.raises(CaseError, match="cost: 0 is not a positive factor"):
        Change.of(base, cost=0.0)
    with pytest.raises(CaseError, match="closure: 'free' is not one of"):
        solve(base, Change.of(base), "free")  # type: ignore[arg-type]


def test_arrays_are_read_only() -> None:
    base = random_world(14)
    solution = solve(base, Change.of(base))
    for array in (base.shares, Change.of(base).cost, solution.wage, solution.shares):
        assert not array.flags.writeable
