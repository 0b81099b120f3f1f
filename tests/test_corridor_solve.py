"""Flows, prices and surplus: a second solver, identities, properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corridor_support import by_scipy, chain, random_network, transit
from tumen.corridor import Commodity, Demand, Link, Network, Node, Option, Supply, annuity_factor, appraise, solve
from tumen.corridor._check import Part, Point, certified
from tumen.corridor._engine import Engine
from tumen.corridor._interior import interior
from tumen.corridor._program import compiled
from tumen.errors import CaseError, NoConvergence, UnknownName


@pytest.mark.parametrize("seed", range(8))
def test_a_second_solver_finds_the_same_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(50):
        network = random_network(rng)
        ours, theirs = float(solve(network).surplus[0]), by_scipy(network)
        assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("candidates", [1, 3, 5])
def test_a_second_solver_finds_the_same_builds(candidates: int) -> None:
    rng = np.random.default_rng(candidates)
    built = 0
    for _ in range(34):
        network = random_network(rng, candidates=candidates)
        ours = solve(network)
        assert float(ours.surplus[0]) == pytest.approx(by_scipy(network), rel=1e-7, abs=1e-7)
        built += int(ours.built.sum())
    assert built > 5


def test_above_ten_candidates_the_integer_programme_takes_over() -> None:
    rng = np.random.default_rng(5)
    for _ in range(3):
        network = random_network(rng, candidates=12)
        assert float(solve(network).surplus[0]) == pytest.approx(by_scipy(network), rel=1e-7, abs=1e-7)
        few = network.without(*network.candidates[10:])
        assert solve(few).surplus[0] <= solve(network).surplus[0] + 1e-7


def test_steps_are_built_one_by_one() -> None:
    network = chain(capacity=3.0, candidate=True, steps=3, capex=1000.0)
    found = solve(network)
    # Each step of 3 costs 88.8 a year: the first brings 3 x 230, the second 2 x 230 + 1 x 50, the third 2 x 50 of the 8
    # that the second link carries.
    assert found.built[0, 0] == 3
    assert found.surplus[0] == pytest.approx(5 * 230 + 3 * 50 - 3 * 1000 * annuity_factor(0.08, 30.0))
    dearer = solve(chain(capacity=3.0, candidate=True, steps=3, capex=2000.0))
    assert dearer.built[0, 0] == 2


def test_sloped_curves_lie_between_chords_and_tangents() -> None:
    rng = np.random.default_rng(11)
    for _ in range(25):
        network = random_network(rng, sloped=True)
        exact, coarse = solve(network), solve(network, accuracy=None, segments=40)
        assert exact.gap[0] <= 1e-8 * (1 + 3000 + abs(exact.surplus[0]))
        assert coarse.surplus[0] <= exact.surplus[0] + exact.gap[0] + 1e-6
        assert exact.surplus[0] <= coarse.surplus[0] + coarse.gap[0] + 1e-6
        stepped = _stepped(network, 300)
        bound = sum(row.slope * (row.quantity / 300) ** 2 / 8 for row in (*network.supply, *network.demand))
        assert -1e-6 <= exact.surplus[0] - by_scipy(stepped) <= bound + 1e-6


def _stepped(network: Network, steps: int) -> Network:
    """Every line as steps, by hand."""
    supply, demand = [], []
    for row in network.supply:
        width = row.quantity / steps
        for k in range(steps):
            cost = row.cost + row.slope * (k + 0.5) * width
            supply.append(replace(row, name=f"{row.name}.{k}", quantity=width, cost=cost, slope=0.0))
    for row in network.demand:
        width = row.quantity / steps
        for k in range(steps):
            price = row.price - row.slope * (k + 0.5) * width
            demand.append(replace(row, name=f"{row.name}.{k}", quantity=width, price=max(price, 0.0), slope=0.0))
    return replace(network, supply=supply, demand=demand)


def test_one_line_by_hand() -> None:
    """p = 100 - q meets a cost of 20 and carriage of 10, behind a link of 50: 50 flow, at a price of 50."""
    network = Network(
        nodes=[Node(name="A", country="A"), Node(name="B", country="B")],
        links=[Link(name="AB", origin="A", destination="B", commodity="gas", capacity=50, cost=10, owners={"A": 1})],
        supply=[Supply(node="A", commodity="gas", quantity=500, cost=20)],
        demand=[Demand(node="B", commodity="gas", price=100, slope=1)],
    )
    found = solve(network)
    assert found.flow_on("AB")[0] == pytest.approx(50)
    assert found.price_at("A", "gas")[0] == pytest.approx(20)
    assert found.price_at("B", "gas")[0] == pytest.approx(50, abs=1e-2)
    assert found.rent[0, 0] == pytest.approx(50 * 20, rel=1e-3)
    assert found.surplus[0] == pytest.approx(100 * 50 - 50**2 / 2 - 30 * 50, rel=1e-8)
    assert found.utilisation[0, 0] == pytest.approx(1)
    free = solve(replace(network, links=[replace(network.links[0], capacity=np.inf)]))
    assert free.flow_on("AB")[0] == pytest.approx(70, rel=1e-4)
    assert free.utilisation[0, 0] == 0


def test_prices_are_what_one_more_unit_is_worth() -> None:
    rng = np.random.default_rng(3)
    more = 1e-4
    for _ in range(20):
        network = random_network(rng)
        found, node = solve(network), network.nodes[0].name
        gift = Supply(name="gift", node=node, commodity="gas", quantity=more, cost=0)
        if (node, "gas") not in found.markets:
            continue
        given = solve(replace(network, supply=[*network.supply, gift]))
        gain = float(given.surplus[0] - found.surplus[0]) / more
        low, high = sorted((float(found.price_at(node, "gas")[0]), float(given.price_at(node, "gas")[0])))
        assert max(low, 0) - 1e-4 <= gain <= high + 1e-4


def test_complementary_slackness_holds_everywhere() -> None:
    rng = np.random.default_rng(4)
    for _ in range(30):
        network = random_network(rng)
        found = solve(network)
        price = {market: found.price[0, n] for n, market in enumerate(found.markets)}
        for n, link in enumerate(network.links):
            gain = (1 - link.loss) * price[link.destination, "gas"] - price[link.origin, "gas"] - link.cost
            if 1e-6 < found.flow[0, n] < link.capacity - 1e-6:
                assert gain == pytest.approx(0, abs=1e-6)
            elif found.flow[0, n] <= 1e-6 and link.capacity > 1e-6:
                assert gain <= 1e-6
            elif np.isfinite(link.capacity):
                assert gain >= -1e-6


def test_surplus_is_the_sum_of_what_parties_get() -> None:
    rng = np.random.default_rng(6)
    for candidates, sloped in ((0, False), (0, True), (2, False), (2, True)):
        network = random_network(rng, sloped=sloped, candidates=candidates)
        found = solve(network)
        total = sum(account[:, 4] for account in found.accounts().values())
        assert total[0] == pytest.approx(found.surplus[0], rel=1e-9, abs=1e-7)
        rents = found.rents_table()
        assert rents["rent"].sum() == pytest.approx(found.rent.sum(), abs=1e-9)
        assert rents["capital"].sum() == pytest.approx(found.annuity.sum())


def test_more_capacity_never_lowers_surplus() -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        network = random_network(rng, sloped=True)
        link = network.links[0]
        size = link.capacity if np.isfinite(link.capacity) else 20.0
        found = solve(network, {f"links.{link.name}.capacity": size * np.linspace(0, 3, 7)})
        gains = np.diff(found.surplus)
        assert (gains >= -1e-6).all()
        assert (np.diff(gains) <= 1e-6 * (1 + np.abs(found.surplus).max())).all()  # and ever less is gained


def test_a_batch_is_its_draws_one_by_one() -> None:
    rng = np.random.default_rng(8)
    network = random_network(rng, sloped=True, candidates=2)
    draws = {
        f"links.{network.links[0].name}.cost": rng.uniform(0, 5, 6),
        "supply.s0.quantity": rng.uniform(0, 20, 6),
        "demand.d0.price": rng.uniform(20, 90, 6),
        "demand.d0.slope": np.array([0.5, 1, 2, 0.5, 1, 2]),
        "links.new0.capex": rng.uniform(0, 900, 6),
    }
    rates = rng.uniform(0.02, 0.2, 6)
    whole = solve(network, draws, rate=rates)
    for n in range(6):
        one = solve(network, {key: value[n : n + 1] for key, value in draws.items()}, rate=rates[n])
        for name in ("surplus", "flow", "price", "quantity", "built"):
            assert (getattr(one, name)[0] == getattr(whole, name)[n]).all()
    again = solve(network, draws, rate=rates)
    assert (again.flow == whole.flow).all()
    assert (again.price == whole.price).all()


def test_a_curve_may_be_flat_in_some_draws() -> None:
    network = random_network(np.random.default_rng(9), sloped=True)
    slopes = {"demand.d0.slope": [0.0, 1.0], "demand.d0.quantity": np.inf, "supply.s0.slope": [1.0, 0.0]}
    whole = solve(network, slopes)
    for n in range(2):
        one = solve(network, {key: np.broadcast_to(values, 2)[n] for key, values in slopes.items()})
        assert one.surplus[0] == pytest.approx(whole.surplus[n], rel=1e-8, abs=1e-6)


def test_time_reliability_and_stops_enter_the_cost() -> None:
    goods = [Commodity(name="boxes", unit="MTEU", value=50_000, time_value=0.006)]
    link = Link(
        name="rail", origin="A", destination="B", commodity="boxes", owners={"A": 1}, capacity=2, reliability=0.5,
        length=1000, tariff=30, cost=100, days=10, gauge_breaks=1, gauge_days=2, gauge_cost=25, border_stops=2,
        border_days=0.5, border_cost=60,
    )  # fmt: skip
    network = Network(
        nodes=[Node(name="A", country="A"), Node(name="B", country="B")], links=[link], commodities=goods,
        supply=[Supply(node="A", commodity="boxes", quantity=9, cost=0)],
        demand=[Demand(node="B", commodity="boxes", quantity=9, price=10_000)],
    )  # fmt: skip
    found = solve(network)
    cost = 100 + 30 * 10 + 25 + 2 * 60 + (10 + 2 + 1) * 50_000 * 0.006
    assert found.flow[0, 0] == pytest.approx(1)
    assert found.surplus[0] == pytest.approx(10_000 - cost)
    bulk = replace(network, commodities=[Commodity(name="boxes", value=100, interest=0.073)])
    assert solve(bulk).surplus[0] == pytest.approx(10_000 - 545 - 13 * 100 * 0.073 / 365)
    drawn = solve(network, {"commodities.boxes.time_value": [0.006, 0.021]}).surplus
    assert drawn[1] == 0  # at the top of the range the train stays empty
    assert drawn[0] == pytest.approx(10_000 - cost)


def test_options_outside_cap_and_floor_prices() -> None:
    network = chain()
    lng = Option(node="city", commodity="gas", price=90, freight=15, name="lng")
    out = Option(node="field", commodity="gas", price=70, freight=5, side="sell", name="export", quantity=100)
    found = solve(replace(network, options=[lng, out]))
    assert found.price_at("city", "gas")[0] == pytest.approx(105)
    assert found.price_at("field", "gas")[0] == pytest.approx(65)
    assert found.quantity_of("lng")[0] == pytest.approx(15 - 8)
    prices = solve(replace(network, options=[lng]), {"options.lng.price": [60.0, 90.0, 400.0]})
    np.testing.assert_allclose(prices.price_at("city", "gas"), [75, 105, 120])


def test_what_is_sold_comes_off_the_cheap_end() -> None:
    network = chain()
    step = replace(network.supply[0], slope=2.0)
    sold = solve(replace(network, supply=[replace(step, sold=4.0)]))
    by_hand = solve(replace(network, supply=[replace(step, quantity=8.0, cost=58.0)]))
    assert sold.surplus[0] == pytest.approx(by_hand.surplus[0], rel=1e-9)
    gone = solve(network, {"supply.field.sold": [0.0, 12.0]})
    assert gone.surplus[0] > 0
    assert gone.surplus[1] == pytest.approx(0, abs=1e-9)


def test_islands_and_zero_demand_are_right_answers() -> None:
    network = chain()
    alone = Network(
        nodes=[*network.nodes, Node(name="island", country="I")],
        links=network.links,
        supply=[*network.supply, Supply(node="island", commodity="gas", quantity=1, cost=1)],
        demand=[*network.demand, Demand(node="island", commodity="gas", quantity=2, price=11)],
    )
    assert solve(alone).surplus[0] == pytest.approx(solve(network).surplus[0] + 10)
    nothing = solve(replace(network, demand=[replace(row, quantity=0) for row in network.demand]))
    assert nothing.surplus[0] == 0
    assert not nothing.flow.any()
    assert solve(Network(nodes=network.nodes)).surplus[0] == 0


def test_surplus_without_limit_is_named() -> None:
    loop = [
        Link(name=name, origin=a, destination=b, commodity="gas", cost=cost, owners={"R": 1})
        for name, a, b, cost in (("there", "field", "city", -3.0), ("back", "city", "field", 1.0))
    ]
    with pytest.raises(NoConvergence, match=r"no limit.*link there, link back"):
        solve(replace(chain(), links=loop))
    endless = replace(
        chain(capacity=np.inf), supply=[Supply(node="city", commodity="gas", quantity=np.inf, cost=1, name="well")],
        demand=[Demand(node="city", commodity="gas", price=2, name="flare")],
    )  # fmt: skip
    with pytest.raises(NoConvergence, match=r"supply well, demand flare"):
        solve(endless)
    # With a capacity the subsidised loop is merely full.
    closed = replace(chain(), links=[replace(link, capacity=4.0) for link in loop], demand=[])
    full = solve(closed)
    assert full.flow[0] == pytest.approx([4, 4])
    assert full.surplus[0] == pytest.approx(8)


def test_ten_thousand_links() -> None:
    side = 60
    nodes = [Node(name=f"{x},{y}", country=f"c{x // 10}") for x in range(side) for y in range(side)]
    rng = np.random.default_rng(1)
    steps = [(1, 0), (0, 1), (1, 1)]
    links = [
        Link(
            name=f"{x},{y}+{dx},{dy}", origin=f"{x},{y}", destination=f"{x + dx},{y + dy}", commodity="gas",
            capacity=float(rng.uniform(1, 9)), cost=float(rng.uniform(1, 5)), owners={"c0": 1.0},
        )
        for x in range(side) for y in range(side) for dx, dy in steps if x + dx < side and y + dy < side
    ]  # fmt: skip
    assert len(links) > 10_000
    network = Network(
        nodes=nodes,
        links=links,
        supply=[Supply(node=f"0,{y}", commodity="gas", quantity=5, cost=1) for y in range(side)],
        demand=[Demand(node=f"{side - 1},{y}", commodity="gas", quantity=3, price=300) for y in range(side)],
    )
    assert solve(network).surplus[0] > 0


def test_a_candidate_with_it_and_without() -> None:
    network = chain(candidate=True, capex=1000.0)
    found = appraise(network, "one")
    annuity = 1000 * float(annuity_factor(0.08, 30.0))
    assert found.gain[0] == pytest.approx(5 * 230 + 3 * 50)
    assert found.annuity[0] == pytest.approx(annuity)
    assert found.traffic[0] == pytest.approx(8)
    assert found.break_even[0] == pytest.approx(annuity / 230)
    assert found.net[0] == pytest.approx(solve(network).surplus[0])
    never = appraise(network, "one", {"links.one.capex": [1e3, 1e5, 0.0]})
    assert np.isinf(never.break_even[1])
    assert never.break_even[2] == 0
    sloped = replace(network, demand=[Demand(node="city", commodity="gas", price=300, slope=20)])
    # The gain of a capacity q is 230 q - 10 q².
    root = (230 - np.sqrt(230**2 - 40 * annuity)) / 20
    assert appraise(sloped, "one").break_even[0] == pytest.approx(root, rel=1e-4)
    with pytest.raises(CaseError, match="no candidate"):
        appraise(network, "two")


def test_annuities() -> None:
    # Research note, section 1.4: 10 bcm through a line of $3bn or $6bn over 30 years.
    assert 300 * annuity_factor(0.08, 30) == pytest.approx(26.6, abs=0.05)
    assert 600 * annuity_factor(0.12, 30) == pytest.approx(74.5, abs=0.05)
    assert annuity_factor(0.0, 25) == pytest.approx(1 / 25)
    assert annuity_factor(0.1, np.inf) == pytest.approx(0.1)
    assert annuity_factor(0.1, np.inf, 2) == pytest.approx(0.1 * (1.1**2 - 1) / np.log(1.1) / 2)


def test_netback_is_a_monopoly() -> None:
    """p = 200 - 0.8 q at a cost of 29: revenue 200 q - 0.8 q² is best at q = 171 / 1.6 without limits."""
    network = replace(transit("options", "baltic"))
    wide = replace(network, links=[replace(network.links[0], capacity=np.inf)])
    found = solve(wide, objective="netback")
    assert found.flow[0, 0] == pytest.approx(171 / 1.6, rel=1e-4)
    assert found.surplus[0] == pytest.approx(171**2 / 3.2, rel=1e-9)


def test_the_method_in_loops_needs_no_compiler() -> None:
    """The interior-point method agrees with the segments, compiled or not."""
    rng = np.random.default_rng(12)
    for _ in range(3):
        network = random_network(rng, sloped=True, lossy=False)
        program = compiled(network, None, "welfare", 0.08)
        part = Part.whole(program)
        with np.errstate(all="ignore"):
            at = interior(part, program.capacity, 1e-9)
            gap = certified(part, at)
        worth, _, _ = Engine(part, 10).optimum(0, program.capacity[0], 1e-9)
        assert gap[0] <= 1e-5
        assert isinstance(at, Point)
        by_interior = solve(network).surplus[0]
        assert by_interior == pytest.approx(worth, rel=1e-8, abs=1e-6)


def test_results_are_read_only_and_labelled() -> None:
    found = solve(chain())
    with pytest.raises(ValueError, match="read-only"):
        found.flow[0, 0] = 1
    data = found.to_dataset()
    assert data["flow"].sel(link="two").item() == pytest.approx(8)
    assert data["price"].attrs["units"] == "MUSD/unit"
    assert "one" in repr(found)
    with pytest.raises(UnknownName, match="did you mean one"):
        found.flow_on("onee")
    with pytest.raises(UnknownName, match="market"):
        found.price_at("city", "coal")
    assert list(found.accounts_table().columns) == ["party", "producer", "consumer", "rent", "capital", "total"]
