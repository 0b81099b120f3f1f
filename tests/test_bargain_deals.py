"""From shares to deals: transfers, fees, hold-up, commitment, self-enforcing splits, stability, inducements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.bargain import (
    Game,
    annuity,
    commitment_worth,
    core,
    debt_set_off,
    escrow,
    fee,
    hold_up,
    inducement,
    mutual_hostage,
    nucleolus,
    payments,
    relational_investment,
    self_enforcing,
    shapley,
    stability,
    transfers,
)
from tumen.errors import CaseError, UnknownName

PLAYERS = ("R", "N", "S")


def transit(worth: float, outside: float) -> Game:
    worths = {"R": 0, "N": 0, "S": 0, "R+N": 0, "N+S": 0, "R+S": outside, "R+N+S": worth}
    return Game.of(worths, players=PLAYERS)


# ---- transfers, payments, fees


def test_transfers_and_payments() -> None:
    """R delivers to S through N: S uses gas worth 30, R spends 12 on it and N 3 on the line."""
    game = transit(15.0, 6.0)
    received = transfers(shapley(game), [-12, -3, 30])
    np.testing.assert_allclose(received, [18, 6, -24])
    found = payments(received, {"price": ("S", "R"), "fee": ("R", "N")}, PLAYERS)
    assert found.open == ()
    np.testing.assert_allclose([found.amounts["price"], found.amounts["fee"]], [24, 6])


def test_price_and_fee_between_two_are_one() -> None:
    """A transit state that also buys: what it pays for gas and what it is paid for transit are one difference."""
    received = np.array([[-7.0, 7.0], [5.0, -5.0]])
    found = payments(received, {"price": ("B", "A"), "fee": ("A", "B")}, ("A", "B"))
    assert list(found.amounts) == ["price - fee"]
    np.testing.assert_allclose(found.amounts["price - fee"], [-7, 5])
    both = payments(received, {"gas": ("B", "A"), "power": ("B", "A")}, ("A", "B"))
    assert list(both.amounts) == ["gas + power"]


def test_payments_in_a_circle_are_open() -> None:
    ties = {"price": ("S", "R"), "fee": ("R", "N"), "duty": ("S", "N"), "rent": ("N", "T")}
    found = payments([1.0, 2.0, -5.0, 2.0], ties, (*PLAYERS, "T"))
    assert found.open == ("price", "fee", "duty")
    np.testing.assert_allclose(found.amounts["rent"], 2)
    assert "not identified" in repr(found)
    with pytest.raises(CaseError, match="do not join all players"):
        payments([1.0, -1.0, 0.0], {"fee": ("R", "S")}, ("R", "N", "S"))
    with pytest.raises(UnknownName, match="did you mean"):
        payments([1.0, -1.0], {"fee": ("RUSS", "KOR")}, ("RUS", "KOR"))


def test_accounts_that_do_not_add_up() -> None:
    with pytest.raises(CaseError, match="add up to 1 more or less"):
        transfers([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(CaseError, match="one for each player"):
        transfers([1.0, 2.0], [1.0, 1.0, 1.0])


def test_fee_of_the_norm() -> None:
    """10 bcm over 750 km at the norm of $2 per 1,000 m3 per 100 km is $150m a year, so by Shapley a gain of $450m over
    the sea, by the nucleolus of $300m; the range is from nothing to all of the gain."""
    for gain, by in ((450.0, "shapley"), (300.0, "nucleolus")):
        found = fee(transit(3000.0, 3000.0 - gain), "N", volume=10, distance=7.5)
        np.testing.assert_allclose(getattr(found, by), 2.0)
        np.testing.assert_allclose([found.core_min, found.core_max], [0, gain / 75], atol=1e-9)
    costly = fee(transit(3000.0, 2550.0), "N", volume=10, distance=7.5, operating_surplus=-15.0)
    np.testing.assert_allclose(costly.shapley, 2.2)
    assert "150" in repr(fee(transit(3000.0, 2550.0), "N", volume=10, distance=7.5))
    with pytest.raises(CaseError, match="volume"):
        fee(transit(10, 5), "N", volume=0, distance=1)
    with pytest.raises(UnknownName):
        fee(transit(10, 5), "K", volume=1, distance=1)


def test_fee_with_draws_and_no_core() -> None:
    majority = Game(np.array([[0, 0, 0, 1, 0, 1, 1, 1.0], transit(10, 4).values]), PLAYERS)
    found = fee(majority, "N", volume=[1.0, 2.0], distance=1.0)
    assert np.isnan(found.core_min[0])
    np.testing.assert_allclose([found.shapley[1], found.core_max[1]], [1, 3])
    assert "Fee of N" in repr(found)


# ---- hold-up and commitment


def test_annuity() -> None:
    """$3bn over 30 years at 8 % is $26.6 per 1,000 m3 of 10 bcm a year; $6bn at 12 % is $74.5."""
    np.testing.assert_allclose(annuity([3000, 6000], [0.08, 0.12], 30) / 10, [26.6, 74.5], atol=0.05)
    np.testing.assert_allclose(annuity(300, 0.0, 30), 10)
    worth = (1 - 1.07 ** -np.arange(1, 11)).sum()
    assert worth > 0
    np.testing.assert_allclose((annuity(100, 0.07, 10) * 1.07 ** -np.arange(1.0, 11)).sum(), 100)
    for bad in ((1, -0.1, 5), (1, 0.1, 0)):
        with pytest.raises(CaseError):
            annuity(*bad)


@given(st.floats(1, 100), st.floats(0, 50))
@settings(max_examples=25)
def test_hold_up_of_three_equals(surplus: float, cost: float) -> None:
    """With three who are all needed, each claim rises by a third of the annuity; who paid it loses two thirds."""
    before, after = transit(surplus, 0), transit(surplus + cost, 0)
    for solution in (shapley, nucleolus):
        found = hold_up(before, after, solution, paid=[cost, 0, 0])
        np.testing.assert_allclose(found.gain, cost / 3, atol=1e-9)
        np.testing.assert_allclose(found.net, [-2 * cost / 3, cost / 3, cost / 3], atol=1e-9)


def test_hold_up_is_solved_elsewhere() -> None:
    """With the sea outside, the nucleolus gives the transit state half of what is sunk, not a third."""
    found = hold_up(transit(10, 6), transit(14, 6), nucleolus)
    np.testing.assert_allclose(found.gain, [1, 2, 1])
    assert "gain" in repr(found)
    with pytest.raises(CaseError, match="players"):
        hold_up(transit(10, 6), Game([0, 1, 1, 3]))


def test_escrow_takes_back_just_what_is_pledged() -> None:
    game = transit(14.0, 6.0)
    pledged = escrow(game, "N", ["R", "S"], 2.0)
    np.testing.assert_allclose(commitment_worth(game, pledged), [1, -2, 1], atol=1e-12)
    assert float(pledged.whole) == 14
    assert [float(pledged[s]) for s in ("N", "R+N", "N+S", "R+S")] == [-2, -2, -2, 8]
    burnt = escrow(game, "N", ["R", "S"], 2.0, to_partners=False)
    np.testing.assert_allclose(commitment_worth(game, burnt)[1], -4 / 3)
    many = escrow(game, "N", ["R", "S"], [0.0, 2.0])
    np.testing.assert_allclose(shapley(many), [shapley(game), shapley(pledged)])
    # an escrow of a third of the annuity undoes the hold-up of three equals
    before, after = transit(9, 0), transit(15, 0)
    assert hold_up(before, escrow(after, "N", ["R", "S"], 2.0)).gain[1] == pytest.approx(0)
    with pytest.raises(CaseError, match="expected partners other than N"):
        escrow(game, "N", ["N"], 1.0)
    with pytest.raises(CaseError, match="at least 0"):
        escrow(game, "N", ["R"], -1.0)


def test_debt_is_a_pledge_as_far_as_it_can_be_collected() -> None:
    game = transit(14.0, 6.0)
    np.testing.assert_allclose(commitment_worth(game, debt_set_off(game, "N", "R", 4.0, 0.0)), 0)
    half = debt_set_off(game, "N", "R", 4.0, 0.5)
    np.testing.assert_array_equal(half.values, escrow(game, "N", ["R"], 2.0).values)
    assert commitment_worth(game, half)[1] < 0 < commitment_worth(game, half)[0]


def test_a_hostage_lowers_the_cash_fee() -> None:
    """Gas worth 3 that goes on to the transit state: its share rises by a third of it, its fee falls by two thirds."""
    game = transit(12.0, 0.0)
    with_gas = mutual_hostage(game, "N", ["R", "S"], 3.0)
    np.testing.assert_allclose(commitment_worth(game, with_gas), 1)
    fees = [float(transfers(shapley(g), [0, made, 12])[1]) for g, made in ((game, 0.0), (with_gas, 3.0))]
    np.testing.assert_allclose(np.diff(fees), -2)
    # and breaking costs more: the deal is kept at a discount factor at which it was not
    grab = np.array([0.0, 9.0, 9.0])
    bare = self_enforcing(12.0, grab=grab, discount=0.3)
    bound = self_enforcing(15.0, grab=grab, discount=0.3, pledge=[0, 3.0, 0])
    assert not bare.kept
    assert bound.kept


# ---- self-enforcing


def broken(x: float, outside: float, grab: float, pledge: float, discount: float, hazard: float) -> float:
    """What a player gains by breaking at once, from the values themselves, summed over 4,000 periods."""
    periods = np.arange(4000)
    stays = (1 - hazard) ** periods  # still together in a period; without, outside from then on
    keep = (discount**periods * (stays * x + (1 - stays) * outside)).sum()
    leave = grab - pledge + (discount ** periods[1:] * outside).sum()
    return float(leave - keep)


@given(st.data())
def test_least_share_is_where_breaking_pays(data: st.DataObject) -> None:
    outside, extra, pledge = (data.draw(st.floats(0, 10)) for _ in range(3))
    discount, hazard = data.draw(st.floats(0, 0.97)), data.draw(st.floats(0, 0.5))
    grab = outside + extra
    found = self_enforcing(
        50, grab=[grab, 0], outside=[outside, 0], discount=discount, hazard=hazard, pledge=[pledge, 0]
    )
    assert abs(broken(float(found.least[0]), outside, grab, pledge, discount, hazard)) < 1e-7
    assert broken(float(found.least[0]) + 0.1, outside, grab, pledge, discount, hazard) < 0
    np.testing.assert_allclose(found.split.sum() if found.kept else 50, 50)


def test_self_enforcing_fee_in_the_limits() -> None:
    """Two who could each take it all: nothing is kept at a discount factor of zero, and all above one half."""
    factors = np.linspace(0, 0.99, 100)
    found = self_enforcing(10.0, grab=[10.0, 10.0], discount=factors[:, None])
    np.testing.assert_array_equal(found.kept, factors >= 0.5)
    np.testing.assert_allclose(found.threshold, 0.5)
    np.testing.assert_allclose(found.split[found.kept], 5.0)
    np.testing.assert_allclose(found.most[-1] + found.least[-1], 10.0)
    risky = self_enforcing(10.0, grab=[10.0, 10.0], discount=0.9, hazard=[0.0, 0.2, 0.6])
    np.testing.assert_allclose(risky.threshold[:2], [0.5, 0.625])
    assert np.isinf(risky.threshold[2])
    assert risky.kept.tolist() == [True, True, False]
    never = self_enforcing(3.0, grab=[4.0, 4.0], outside=[2.0, 2.0], discount=0.99)
    assert np.isinf(never.threshold)
    assert not never.kept
    patient = self_enforcing(10.0, grab=[10.0, 10.0], discount=0.9, weights=[3, 1], players=["R", "N"])
    np.testing.assert_allclose(patient.split, [1 + 6, 1 + 2])
    assert "Kept" in repr(patient)
    for wrong in ({"discount": 1.0}, {"discount": 0.5, "hazard": 2.0}, {"discount": 0.5, "weights": 0.0}):
        with pytest.raises(CaseError):
            self_enforcing(1.0, grab=[1.0, 1.0], **wrong)
    with pytest.raises(CaseError, match="expected one for each player"):
        self_enforcing(1.0, grab=1.0, discount=0.5)


@given(st.floats(0.05, 0.95), st.floats(0.1, 1), st.floats(0, 0.9), st.floats(0, 0.98))
def test_threshold_is_where_it_begins_to_be_kept(share: float, grab: float, hazard: float, discount: float) -> None:
    taken = [20 * grab, 8.0, 3.0]
    found = self_enforcing(30 * share, grab=taken, outside=[0.5, 0.1, 0], discount=discount, hazard=hazard)
    at = float(found.threshold)
    if abs(discount - at) > 1e-9 and 30 * share >= 0.6:  # what all have outside, 0.6, is no more than the surplus
        assert bool(found.kept) is (discount > at)


def test_relational_investment() -> None:
    """Thomas and Worrall 1994: nothing is invested at a discount factor of zero, the efficient scale above a threshold,
    and more the more patient the host is."""
    factors = np.linspace(0, 0.99, 34)
    found = relational_investment(4.0, 0.5, discount=factors)
    assert found.scale[0] == 0
    assert (np.diff(found.scale) >= 0).all()
    np.testing.assert_allclose(found.threshold, 0.5)
    np.testing.assert_allclose(found.scale[factors > 0.5], 4.0)  # a A k^(a-1) = 1 at k = 4
    np.testing.assert_allclose(found.efficient, 4.0)
    assert (found.lost[factors < 0.49] > 0).all()
    # the largest scale at which host and investor together keep the deal, by search
    grid = np.linspace(0, 6, 600_001)
    for factor, hazard, grab in ((0.2, 0.0, 1.0), (0.45, 0.3, 1.0), (0.3, 0.1, 0.8)):
        one = relational_investment(4.0, 0.5, discount=factor, hazard=hazard, grab=grab)
        output = 4.0 * np.sqrt(grid)
        kept = output - grid >= (1 - factor * (1 - hazard)) * grab * output
        best = grid[kept][np.argmax((output - grid)[kept])]
        np.testing.assert_allclose(one.scale, best, atol=1e-4)
        np.testing.assert_allclose(one.host, (1 - factor * (1 - hazard)) * grab * 4 * np.sqrt(one.scale))
    assert np.isinf(relational_investment(4.0, 0.5, discount=0.9, hazard=0.6).threshold)
    with pytest.raises(CaseError, match="elasticity"):
        relational_investment(4.0, 1.0, discount=0.5)
    assert "threshold" in repr(found)


# ---- stability


def test_who_would_leave() -> None:
    game = transit(10.0, 6.0)
    x = nucleolus(game)
    found = stability(game, x)
    assert found.stable
    # the smallest offer that makes the supplier and the buyer go by sea is their surplus over it
    place = game.place("R+S")
    assert found.offers[place] == pytest.approx(x[0] + x[2] - 6)
    under, over = (stability(game, x, {"R+S": amount}) for amount in (1.99, 2.01))
    assert under.stable
    assert not over.stable
    assert over.to_frame()["coalition"][0] == "R+S"
    assert over.to_frame()["gain"][0] == pytest.approx(0.01)
    greedy = stability(game, [1.0, 6.0, 3.0])
    assert "Not stable" in repr(greedy)
    assert greedy.to_frame()["gain"][0] == pytest.approx(2)
    half = stability(game, x, {("S", "R"): [0.0, 5.0]})
    assert half.stable.tolist() == [True, False]
    assert "50.0%" in repr(half)
    with pytest.raises(UnknownName):
        stability(game, x, {"R+K": 1.0})


def test_the_core_is_what_nobody_leaves() -> None:
    game = transit(10.0, 6.0)
    found = core(game)
    for k in range(3):
        assert found.most[k] >= found.least[k]
    assert stability(game, [6.0, 4.0, 0.0]).stable
    assert not stability(game, [5.9, 4.1, 0.0]).stable


# ---- inducements


def test_inducement_flips_where_it_says() -> None:
    told = {"benefit": 100.0, "reversible": 0.6, "inducer_discount": 0.8, "target_discount": 0.5, "relief": 40.0}
    flip = float(inducement(valuation=0.0, **told).flips_at)
    assert flip == pytest.approx(40 + 0.8 * 0.6 * 100 / 0.5)
    values = flip + np.array([-50, -1e-6, 0, 1e-6, 50])
    found = inducement(valuation=values, **told)
    assert found.works.tolist() == [True, True, True, False, False]
    np.testing.assert_array_equal(found.smallest[[0, -1]] <= found.largest[[0, -1]], found.works[[0, -1]])
    assert "Works in 60.0%" in repr(found)


def test_inducement_by_backward_induction_on_a_grid() -> None:
    """The same answer from the values of paying and stopping themselves."""
    rng = np.random.default_rng(4)
    offers = np.linspace(0, 120, 12_001)
    for _ in range(200):
        value, benefit, part, deposit = (
            rng.uniform(0, 400),
            100.0,
            rng.random(),
            rng.uniform(0, 60) * rng.integers(0, 2),
        )
        mine, theirs, hazard, relief = (
            rng.uniform(0, 0.95),
            rng.uniform(0, 0.95),
            rng.uniform(0, 0.5),
            rng.uniform(0, 50),
        )
        beta, gamma = mine * (1 - hazard), theirs * (1 - hazard)
        pays = (benefit - offers) / (1 - beta) >= benefit - deposit + beta * (1 - part) * benefit / (1 - beta) - 1e-12
        yields = offers / (1 - gamma) + relief >= value
        possible = pays & yields & (offers <= benefit)
        found = inducement(
            valuation=value, benefit=benefit, reversible=part, inducer_discount=mine, target_discount=theirs,
            hazard=hazard, relief=relief, deposit=deposit,
        )  # fmt: skip
        if abs(float(found.largest - found.smallest)) > 0.02:
            assert bool(found.works) is bool(possible.any())
        if possible.any():
            np.testing.assert_allclose(offers[possible][[0, -1]], [found.smallest, found.largest], atol=0.0101)


def test_inducement_in_the_limits() -> None:
    base = {"valuation": 10.0, "benefit": 100.0, "target_discount": 0.5}
    assert not inducement(reversible=0.0, inducer_discount=0.9, **base).works  # nothing to lose: no promise is believed
    assert not inducement(reversible=1.0, inducer_discount=0.0, **base).works
    assert inducement(reversible=1.0, inducer_discount=0.9, **base).works
    assert inducement(reversible=0.0, inducer_discount=0.9, deposit=60.0, **base).works  # a deposit makes it believed
    assert inducement(reversible=0.0, inducer_discount=0.0, relief=10.0, **base).works  # what is given once is enough
    assert inducement(reversible=1.0, inducer_discount=0.5, deposit=1e9, **base).largest == 100
    risky = inducement(reversible=1.0, inducer_discount=0.9, hazard=[0.0, 0.5], **base)
    assert risky.flips_at[0] > risky.flips_at[1]
    assert risky.smallest[0] < risky.smallest[1]
    with pytest.raises(CaseError, match="between 0 and 1"):
        inducement(reversible=1.5, inducer_discount=0.9, **base)
