"""Candidates that are built together, and candidates that are built whether it pays or not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridor_support import chain, random_network
from tumen.corridor import Demand, Link, Network, Node, Supply, annuity_factor, appraise, solve, values
from tumen.corridor._coalitions import planned
from tumen.corridor._program import compiled
from tumen.errors import CaseError, UnknownName

RATE = 0.08


def railway(coal: float = 30.0, **changes: object) -> Network:
    """A railway from R through N to S: coal gains 4 x 50 a year, boxes 2 x 90, and each costs 1.5 times its gain."""
    factor = float(annuity_factor(RATE, 30.0))
    goods = {"coal": (4.0, coal, 80.0, 300.0), "boxes": (2.0, 10.0, 100.0, 60.0)}
    links = [
        Link(name=f"{good} rail", origin="mine", destination="port", commodity=good, capacity=size, candidate=True,
             capex=yearly / factor, owners={"R": 1}, crosses="N", bundle="railway", **changes)  # type: ignore[arg-type]
        for good, (size, _, _, yearly) in goods.items()
    ]  # fmt: skip
    return Network(
        nodes=[Node(name="mine", country="R"), Node(name="port", country="S")],
        links=links,
        supply=[Supply(node="mine", commodity=good, quantity=9, cost=cost) for good, (_, cost, _, _) in goods.items()],
        demand=[
            Demand(node="port", commodity=good, quantity=9, price=price) for good, (_, _, price, _) in goods.items()
        ],
    )


def goods(rng: np.random.Generator, lines: int = 3, *, sloped: bool = False) -> Network:
    """A random network of gas, and coal on some of the same routes; each new line carries both."""
    gas = random_network(rng, candidates=lines, sloped=sloped)
    lines_ = [replace(link, bundle=f"line {link.name}") if link.candidate else link for link in gas.links]
    coal = [
        replace(link, name=f"coal {link.name}", commodity="coal", cost=link.cost / 2, capex=link.capex / 3,
                owners={"c1": 1.0} if link.candidate else link.owners)
        for link in lines_ if link.candidate or rng.random() < 0.4
    ]  # fmt: skip
    return replace(
        gas, links=[*lines_, *coal],
        supply=[*gas.supply, *(replace(row, name=f"coal {row.name}", commodity="coal") for row in gas.supply[1:])],
        demand=[*gas.demand, *(replace(row, name=f"coal {row.name}", commodity="coal") for row in gas.demand[1:])],
    )  # fmt: skip


def by_hand(network: Network, objective: str = "welfare") -> tuple[float, tuple[str, ...]]:
    """The best of all builds, each as a network of its own."""
    best: tuple[float, tuple[str, ...]] = -np.inf, ()
    for chosen in product((False, True), repeat=len(network.bundles)):
        built = tuple(name for name, yes in zip(network.bundles, chosen, strict=True) if yes)
        left = network.without(*(name for name in network.bundles if name not in built)).built(*built)
        paid = sum(
            link.capex * float(annuity_factor(RATE, link.life)) for link in network.links
            if link.candidate and (link.bundle or link.name) in built
        )  # fmt: skip
        best = max(best, (float(solve(left, objective=objective).surplus[0]) - paid, built))
    return best


def test_neither_good_pays_alone_but_both_do_together() -> None:
    network = railway(coal=0.0)  # coal gains 320 at a cost of 300, boxes 180 at 60
    both = solve(network)
    assert both.surplus[0] == pytest.approx(4 * 80 + 2 * 90 - 360)
    assert both.built.tolist() == [[1, 1]]
    dearer = railway()  # coal gains 200 at a cost of 300, boxes 180 at 60
    assert solve(dearer).surplus[0] == pytest.approx(4 * 50 + 2 * 90 - 360)
    assert solve(dearer.without("boxes rail")).surplus[0] == 0
    apart = replace(dearer, links=[replace(link, bundle="") for link in dearer.links])
    assert solve(apart).surplus[0] == pytest.approx(2 * 90 - 60)
    sections = replace(  # a pipeline in two sections is of no use by halves
        chain(candidate=True, capex=2000.0),
        links=[replace(link, candidate=True, capex=2000.0, bundle="pipe") for link in chain().links],
    )
    assert solve(sections).surplus[0] == pytest.approx(5 * 230 + 3 * 50 - 4000 * float(annuity_factor(RATE, 30)))
    # The whole annuity counts: each section alone would be worth half as much.
    assert not solve(replace(sections, links=[replace(x, capex=9000.0) for x in sections.links])).built.any()


@pytest.mark.parametrize("sloped", [False, True])
def test_builds_of_bundles_are_those_found_by_hand(sloped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(31)
    networks = [goods(rng, sloped=sloped) for _ in range(8)]
    found = [solve(network) for network in networks]
    built = 0
    for network, one in zip(networks, found, strict=True):
        worth, names = by_hand(network)
        assert one.surplus[0] == pytest.approx(worth, rel=1e-8, abs=1e-6)
        for name, steps in zip(network.candidates, one.built[0], strict=True):
            assert steps == (network.link(name).bundle in names)
        built += len(names)
    assert 3 <= built < 24
    if not sloped:
        monkeypatch.setattr("tumen.corridor._builds.ENUMERATED", 1)
        for network, one in zip(networks, found, strict=True):
            again = solve(network)  # by integer programme
            assert again.surplus[0] == pytest.approx(one.surplus[0], rel=1e-9, abs=1e-7)
            assert (again.built == one.built).all()


def test_many_links_in_few_bundles_are_enumerated(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("an integer programme was solved")

    monkeypatch.setattr("tumen.corridor._builds._by_integer_programme", refused)
    network = random_network(np.random.default_rng(5), candidates=12)
    few = replace(
        network, links=[replace(x, bundle=f"b{int(x.name[3:]) % 3}") if x.candidate else x for x in network.links]
    )
    assert solve(few).surplus[0] == pytest.approx(by_hand(few)[0], rel=1e-8, abs=1e-7)
    with pytest.raises(AssertionError, match="integer programme"):
        solve(network)


@pytest.mark.parametrize("objective", ["netback", "welfare"])
def test_decompositions_agree_on_bundles(objective: str) -> None:
    rng = np.random.default_rng(32)
    gained = 0
    for n in range(5):
        network = goods(rng, lines=2, sloped=n % 2 == 1)
        games = {
            how: values(network, network.countries, objective, {"demand.d0.price": [40.0, 80.0]}, decomposition=how)
            for how in ("components", "enumerate", "none")
        }
        scale = 1 + np.abs(games["none"].values).max()
        for how in ("components", "enumerate"):
            np.testing.assert_allclose(games[how].values, games["none"].values, rtol=0, atol=1e-9 * scale)
        apart = replace(network, links=[replace(link, bundle="") for link in network.links])
        free = values(apart, network.countries, objective, {"demand.d0.price": [40.0, 80.0]}).values
        assert (free >= games["none"].values - 1e-6 * scale).all()
        gained += int((free > games["none"].values + 1e-6 * scale).sum())
    assert gained > 5  # being tied together costs something


def test_values_with_bundles_are_those_of_networks_without_the_outsiders() -> None:
    rng = np.random.default_rng(33)
    for _ in range(3):
        network = goods(rng, lines=2)
        game = values(network, network.countries, "welfare")
        for size in range(1, 5):
            for members in combinations(network.countries, size):
                alone, _ = by_hand(_only(network, members))
                assert game.of(members)[0] == pytest.approx(alone, rel=1e-9, abs=1e-7)


def _only(network: Network, members: tuple[str, ...]) -> Network:
    """The network of a coalition, cut out by hand; what it may not use all links of it cannot build."""
    nodes = {node.name for node in network.nodes if node.country in members}

    def may(link: Link) -> bool:
        return {link.origin, link.destination} <= nodes and {*link.crosses, *(o for o, _ in link.shares)} <= {*members}

    broken = {link.bundle for link in network.links if link.bundle and not may(link)}
    return Network(
        [node for node in network.nodes if node.name in nodes],
        [link for link in network.links if may(link) and link.bundle not in broken],
        [row for row in network.supply if row.node in nodes],
        [row for row in network.demand if row.node in nodes],
    )


def test_a_bundle_joins_parts_and_asks_for_all_its_owners() -> None:
    network = railway()
    assert len(planned(compiled(network, None, "netback", RATE), network.parties, (), "auto").parts) == 1
    apart = replace(network, links=[replace(link, bundle="") for link in network.links])
    assert len(planned(compiled(apart, None, "netback", RATE), network.parties, (), "auto").parts) == 2
    game = values(network, ["R", "N", "S"])
    assert game.values[0, -1] == pytest.approx(20)
    assert not game.values[0, :-1].any()
    # Coal would pay R and S, but its track is laid with that for boxes, which N owns.
    cheap = railway(coal=0.0)
    shared = replace(
        cheap,
        links=[replace(cheap.links[0], crosses=()), replace(cheap.links[1], crosses=(), owners={"N": 1.0}, capex=0.0)],
    )
    assert values(shared, ["R", "N", "S"]).of("R+S")[0] == 0
    assert values(shared, ["R", "N", "S"]).of("R+N+S")[0] == pytest.approx(4 * 80 - 300 + 2 * 90)
    assert values(replace(shared, links=shared.links[:1]), ["R", "S"]).of("R+S")[0] == pytest.approx(20)
    open_ = replace(shared, links=[replace(shared.links[0], access="open"), shared.links[1]])
    assert values(open_, ["R", "N", "S"]).method == "components"  # open as it is, it takes the leave of N


def test_a_pruned_link_still_costs_its_bundle() -> None:
    """Boxes lead to nowhere, so their track is no part of any problem; it is built with the coal's all the same."""
    network = railway(coal=0.0)
    idle = replace(network, demand=[row for row in network.demand if row.commodity == "coal"])
    for how in ("components", "enumerate", "none"):
        game = values(idle, ["R", "N", "S"], decomposition=how)
        assert game.of("R+N+S")[0] == 0  # 320 less 300 less 60
        assert values(idle.without("boxes rail"), ["R", "N", "S"], decomposition=how).values[0, -1] == pytest.approx(20)


def test_bundles_have_names() -> None:
    network = railway()
    assert network.candidates == ("coal rail", "boxes rail")
    assert network.bundles == ("railway",)
    assert "2 of them candidates in one bundle" in repr(network)
    assert not network.without("railway").links
    assert [link.name for link in network.without("coal rail").links] == ["boxes rail"]
    built = network.built("railway")
    assert not built.candidates
    assert not built.bundles
    assert built == network.built("coal rail") == network.built("coal rail", "boxes rail")
    assert random_network(np.random.default_rng(1), candidates=2).bundles == ("new0", "new1")
    with pytest.raises(UnknownName, match="did you mean railway"):
        network.built("railwy")
    with pytest.raises(UnknownName, match="link or bundle"):
        network.without("")


def test_what_cannot_be_a_bundle_is_told() -> None:
    network = railway()
    with pytest.raises(CaseError) as told:
        replace(
            network,
            links=[
                replace(network.links[0], candidate=False, capex=0.0),
                replace(network.links[1], steps=2),
                replace(network.links[1], name="third", bundle="boxes rail"),
            ],
        )
    text = str(told.value)
    assert "coal rail: it is in the bundle railway, but it is no candidate" in text
    assert "boxes rail: it is in the bundle railway and has 2 steps, expected 1" in text
    assert "third: its bundle boxes rail has the name of a link" in text


def test_bundles_are_read_from_files(tmp_path: Path) -> None:
    tables = {
        "nodes": "name,country\nmine,R\nport,S\n",
        "links": "name,from,to,commodity,capacity,owners,candidate,capex,bundle\n"
        "coal rail,mine,port,coal,4,R,yes,100,railway\nboxes rail,mine,port,boxes,2,R,yes,50, railway\n"
        "sea,mine,port,coal,4,R,yes,100,\n",
        "supply": "node,commodity,quantity,cost\n",
        "demand": "node,commodity,quantity,price\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    network = Network.read(tmp_path)
    assert network.bundles == ("railway", "sea")
    assert "3 of them candidates in 2 bundles" in repr(network)
    frames = {name: pd.read_csv(tmp_path / f"{name}.csv", skipinitialspace=True) for name in tables}
    assert Network.from_tables(**frames) == network


def test_a_bundle_with_it_and_without() -> None:
    network = railway()
    found = appraise(network, "railway")
    assert found.gain[0] == pytest.approx(4 * 50 + 2 * 90)
    assert found.annuity[0] == pytest.approx(360)
    assert found.link == "coal rail"
    assert found.traffic[0] == pytest.approx(4)
    assert found.break_even[0] == pytest.approx(4 * 360 / 380)  # the same share of both capacities
    assert "coal rail carries 4 a year" in repr(found)
    assert appraise(network, "boxes rail").candidate == "railway"
    first_unlimited = replace(network, links=[replace(network.links[0], capacity=np.inf), network.links[1]])
    found = appraise(first_unlimited, "railway")  # 9 of coal gain 450 at once
    assert found.link == "boxes rail"
    assert found.break_even[0] == 0
    dear = {"links.coal rail.capex": (450 + 90 - 60) / annuity_factor(RATE, 30.0) * np.ones(1)}
    assert appraise(first_unlimited, "railway", dear).break_even[0] == pytest.approx(1)
    endless = replace(network, links=[replace(link, capacity=np.inf) for link in network.links])
    assert appraise(endless, "railway").break_even[0] == pytest.approx(360 / 140)
    none = appraise(network, "railway", {"links.coal rail.capex": [0.0, 1e6], "links.boxes rail.capex": [0.0, 1e6]})
    assert none.break_even.tolist() == [0.0, np.inf]


def test_break_even_of_sections_in_line() -> None:
    """The gain of a pipeline of two sections at the scale s is that of its narrower one, which is half as wide."""
    network = chain()
    links = [
        replace(link, candidate=True, capex=capex, capacity=size, bundle="pipe")
        for link, capex, size in zip(network.links, (1000.0, 3000.0), (16.0, 8.0), strict=True)
    ]
    found = appraise(replace(network, links=links), "pipe")
    assert found.break_even[0] == pytest.approx(2 * 4000 * float(annuity_factor(RATE, 30)) / 230)


def test_a_forced_line_is_built_by_all_that_may() -> None:
    rng = np.random.default_rng(34)
    for n in range(4):
        network = goods(rng, lines=2, sloped=n == 3)
        players, name = network.countries, network.bundles[0]
        draws = {"demand.d0.price": [40.0, 80.0], "links.new0.capex": [100.0, 900.0]}
        games = [
            values(network, players, "welfare", draws, forced=[name], decomposition=how)
            for how in ("components", "enumerate", "none")
        ]
        forced, scale = games[0].values, 1 + np.abs(games[0].values).max()
        for game in games[1:]:
            np.testing.assert_allclose(game.values, forced, rtol=0, atol=1e-9 * scale)
        assert games[0].forced == (name,)
        assert f"built by all that may: {name}" in repr(games[0])
        sunk = values(network.built(name), players, "welfare", draws).values
        gone = values(network.without(name), players, "welfare", {"demand.d0.price": [40.0, 80.0]}).values
        mine = [link for link in network.links if link.bundle == name]
        factor = float(annuity_factor(RATE, 30))
        paid = factor * (np.array(draws["links.new0.capex"]) + sum(x.capex for x in mine if x.name != "new0"))
        country = {node.name: node.country for node in network.nodes}
        asked = {country[end] for link in mine for end in (link.origin, link.destination)} | {"c0", "c1"}
        for mask in range(1 << len(players)):
            members = {player for k, player in enumerate(players) if mask >> k & 1}
            expected = sunk[:, mask] - paid if asked <= members else gone[:, mask]
            np.testing.assert_allclose(forced[:, mask], expected, rtol=0, atol=1e-7 * scale)
        whole = solve(network, draws, forced=[name])
        assert (whole.surplus >= forced[:, -1] - 1e-7 * scale).all()
        assert (whole.surplus <= forced[:, -1] + games[0].short[:, -1] + 1e-7 * scale).all()
        by_name = dict(zip(network.candidates, whole.built.T, strict=True))
        assert all((by_name[link.name] == 1).all() for link in mine)


def test_forced_steps_and_losses() -> None:
    """All steps are built, and what does not pay lowers the value; a link of a bundle stands for it."""
    network = chain(capacity=3.0, candidate=True, steps=3, capex=9000.0)
    yearly = 9000 * float(annuity_factor(RATE, 30))
    found = solve(network, forced="one")
    assert found.built.tolist() == [[3]]
    assert found.surplus[0] == pytest.approx(5 * 230 + 3 * 50 - 3 * yearly)
    game = values(network, network.parties, forced="one")
    assert game.of("R+N+S")[0] == pytest.approx(found.surplus[0])
    assert game.of("R+N")[0] == pytest.approx(-3 * yearly)  # R and N hold the link, which leads nowhere
    assert game.of("R")[0] == 0
    assert (values(railway(), ["R", "N", "S"], forced=("boxes rail",)).values
            == values(railway(), ["R", "N", "S"], forced=("railway",)).values).all()  # fmt: skip
    both = solve(railway(coal=70.0), forced=("railway",))
    assert both.surplus[0] == pytest.approx(4 * 10 + 2 * 90 - 360)
    assert not solve(railway(coal=70.0)).built.any()
    some = replace(network, links=[*network.links, replace(network.links[0], name="two two", steps=1, capex=1.0)])
    mixed = solve(some, {"links.one.capacity": [2.0, 3.0], "links.one.capex": [1.0, 1e5]}, forced=["one"])
    assert (mixed.built[:, 0] == 3).all()
    assert mixed.built[:, 1].tolist() == [1, 0]  # after three steps of 2 there is use for another, of 3 not
    with pytest.raises(UnknownName, match="candidate or bundle"):
        solve(network, forced=["two"])
    with pytest.raises(UnknownName, match="did you mean one"):
        values(network, network.parties, forced=["ones"])


def test_loops_that_are_paid_for_need_no_demand() -> None:
    loop = [
        Link(name=name, origin=a, destination=b, commodity="gas", cost=cost, capacity=4, owners={"R": 1})
        for name, a, b, cost in (("there", "field", "city", -3.0), ("back", "city", "field", 1.0))
    ]
    subsidised = replace(chain(), links=loop, demand=[])
    waste = replace(subsidised, links=[replace(x, cost=1.0, loss=0.1) for x in loop],
                    supply=[replace(chain().supply[0], cost=-90.0)])  # fmt: skip
    for network in (subsidised, waste):
        v = {how: values(network, ["R", "N", "S"], decomposition=how).values for how in ("components", "none")}
        assert v["none"][0, -1] > 1
        np.testing.assert_allclose(v["components"], v["none"], atol=1e-9)
