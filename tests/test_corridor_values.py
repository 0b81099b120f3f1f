"""Values of coalitions: published-style games, decompositions, chunks."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from corridor_support import chain, random_network, transit
from tumen.corridor import Demand, Link, Network, Node, Option, Supply, solve, values
from tumen.corridor._coalitions import planned
from tumen.corridor._program import compiled
from tumen.errors import CaseError, UnknownName

# Research note, section 1.2 and addendum: v(R), v(RU), v(RB), v(RUB) to the printed digits.
STYLISED = {
    (): (0, 8050, 4217, 9131),
    ("options",): (0, 8605, 6675, 9136),
    ("options", "baltic"): (5445, 8620, 7566, 9136),
}


@pytest.mark.parametrize(("links", "printed"), STYLISED.items())
def test_the_stylised_transit_games(links: tuple[str, ...], printed: tuple[int, ...]) -> None:
    game = values(transit(*links), ["R", "U", "B"], common=["M"], accuracy=1e-10)
    found = [float(game.of(coalition)[0]) for coalition in ("R", "R+U", "R+B", "R+U+B")]
    assert [round(value) for value in found] == list(printed)
    for nobody in ("", "U", "B", "U+B"):
        assert game.of(nobody)[0] == 0
    by_segments = values(transit(*links), ["R", "U", "B"], common=["M"])
    assert (by_segments.values <= game.values + 1e-6).all()
    assert (game.values <= by_segments.values + by_segments.short + 1e-6).all()


def test_a_transit_country_is_worth_what_lng_does_not_give() -> None:
    """R, N, S of the closed forms: v(RS) = L by sea, v(RNS) = P by the line, nothing else."""
    network = replace(
        chain(),
        links=[
            *chain().links,
            Link(name="sea", origin="field", destination="city", commodity="gas", capacity=5, cost=200,
                 owners={"R": 0.5, "S": 0.5}),
        ],
    )  # fmt: skip
    game = values(network, ["R", "N", "S"])
    assert game.method == "components"
    assert game.of("R+S")[0] == pytest.approx(5 * (300 - 250))
    # The line carries 8; what is dearer than the line's 70 by sea is not bought.
    assert game.of("R+N+S")[0] == pytest.approx(5 * 230 + 3 * 50)
    for coalition in ("R", "N", "S", "R+N", "N+S"):
        assert game.of(coalition)[0] == 0


@pytest.mark.parametrize("objective", ["netback", "welfare"])
@pytest.mark.parametrize("sloped", [False, True])
@pytest.mark.parametrize("candidates", [0, 2])
def test_decompositions_agree(objective: str, sloped: bool, candidates: int) -> None:
    rng = np.random.default_rng(21)
    for _ in range(4):
        network = random_network(rng, countries=5, sloped=sloped, candidates=candidates)
        draws = {"demand.d0.price": rng.uniform(30, 90, 2), f"links.{network.links[0].name}.cost": rng.uniform(0, 9, 2)}
        games = {
            how: values(network, network.countries, objective, draws, decomposition=how)
            for how in ("components", "enumerate", "none")
        }
        scale = 1 + np.abs(games["none"].values).max()
        for how in ("components", "enumerate"):
            np.testing.assert_allclose(games[how].values, games["none"].values, rtol=0, atol=1e-9 * scale)
        assert games["components"].problems <= games["enumerate"].problems < games["none"].problems


def test_values_are_those_of_networks_without_the_outsiders() -> None:
    rng = np.random.default_rng(22)
    for _ in range(4):
        network = random_network(rng, countries=4)
        game = values(network, network.countries, "welfare")
        for size in range(1, 5):
            for members in combinations(network.countries, size):
                assert game.of(members)[0] == pytest.approx(float(solve(_only(network, members)).surplus[0]), abs=1e-7)


def _only(network: Network, members: tuple[str, ...]) -> Network:
    """The network of a coalition, cut out by hand."""
    nodes = [node for node in network.nodes if node.country in members]
    names = {node.name for node in nodes}
    links = [
        link for link in network.links
        if {link.origin, link.destination} <= names and {*link.crosses, *(who for who, _ in link.shares)} <= {*members}
    ]  # fmt: skip
    supply = [row for row in network.supply if row.node in names]
    return Network(nodes, links, supply, [row for row in network.demand if row.node in names])


def test_more_members_never_lower_the_value() -> None:
    rng = np.random.default_rng(23)
    for _ in range(5):
        network = random_network(rng, countries=4, sloped=True)
        v = values(network, network.countries).values[0]
        for mask in range(16):
            for other in range(16):
                if not mask & other:  # superadditive
                    assert v[mask | other] >= v[mask] + v[other] - 1e-6


def test_a_common_market_is_never_taken_apart_in_silence() -> None:
    """Two sellers of one market are worth less together than the sum, though no border joins them."""
    network = Network(
        nodes=[Node(name="A", country="A"), Node(name="B", country="B"), Node(name="hub", country="M", hub=True)],
        links=[
            Link(name=f"{name} line", origin=name, destination="hub", commodity="gas", capacity=60, owners={name: 1})
            for name in "AB"
        ],
        supply=[Supply(node=name, commodity="gas", quantity=60, cost=10, name=name) for name in "AB"],
        demand=[Demand(node="hub", commodity="gas", price=100, slope=1)],
    )
    game = values(network, ["A", "B"], common=["M"], accuracy=1e-9)
    assert game.method == "enumerate"
    assert "everybody may sell and buy at hub" in repr(game)
    assert game.of("A+B")[0] == pytest.approx(90**2 / 4, rel=1e-8)
    assert game.of("A")[0] == pytest.approx(90**2 / 4, rel=1e-8)
    assert game.of("A+B")[0] < game.of("A")[0] + game.of("B")[0] - 1000  # the sum over borders would be wrong
    with pytest.raises(CaseError, match="cannot be taken apart by borders: everybody may sell and buy at hub"):
        values(network, ["A", "B"], common=["M"], decomposition="components")
    assert values(network, ["A", "B", "M"]).method == "enumerate"  # a hub stays one if its country plays


def test_third_party_access_is_enumerated_or_refused() -> None:
    open_line = replace(chain(), links=[replace(link, access="open") for link in chain().links])
    game = values(open_line, ["R", "N", "S"])
    assert game.method == "enumerate"
    assert game.of("R+S")[0] == game.of("R+N+S")[0] > 0  # nobody asks N
    with pytest.raises(CaseError, match="everybody may use one, two"):
        values(open_line, ["R", "N", "S"], decomposition="components")


def test_what_parties_in_common_reach_alone_is_nobodys() -> None:
    rich = replace(
        transit(), options=[Option(node="M", commodity="gas", price=90, quantity=20, name="lng")],
    )  # fmt: skip
    game = values(rich, ["R", "U", "B"], common=["M"], accuracy=1e-9)
    alone = float(solve(replace(rich, links=[]), objective="netback").surplus[0])
    assert alone > 0
    assert game.of("")[0] == 0
    together = float(solve(rich, objective="netback").surplus[0])
    assert game.of("R+U+B")[0] == pytest.approx(together - alone, rel=1e-7)


def test_candidates_are_built_by_coalitions_that_gain() -> None:
    game = values(chain(candidate=True, capex=1000.0), ["R", "N", "S"])
    assert game.of("R+N+S")[0] == pytest.approx(5 * 230 + 3 * 50 - 1000 * 0.08882743, rel=1e-6)
    sunk = values(chain(candidate=True, capex=1000.0).built("one"), ["R", "N", "S"])
    assert sunk.of("R+N+S")[0] == pytest.approx(5 * 230 + 3 * 50)
    dear = values(chain(candidate=True, capex=1e6), ["R", "N", "S"])
    assert not dear.values.any()


def test_chunks_and_threads_do_not_change_a_bit() -> None:
    rng = np.random.default_rng(24)
    network = random_network(rng, countries=5, sloped=True)
    draws = {
        "demand.d0.price": rng.uniform(30, 90, 12),
        "supply.s0.cost": rng.uniform(1, 30, 12),
        f"links.{network.links[1].name}.capacity": rng.uniform(0, 20, 12),
    }
    for accuracy in (None, 1e-8):
        whole = values(network, network.countries, draws=draws, accuracy=accuracy).values
        threads = values(network, network.countries, draws=draws, accuracy=accuracy, workers=2).values
        assert (whole == threads).all()
        for size in (1, 5):
            parts = [
                values(
                    network, network.countries, accuracy=accuracy,
                    draws={key: array[at : at + size] for key, array in draws.items()},
                ).values
                for at in range(0, 12, size)
            ]  # fmt: skip
            assert (np.concatenate(parts) == whole).all()


def test_accuracy_is_kept_with_and_without_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(25)
    networks = [random_network(rng, countries=4, sloped=True, candidates=1) for _ in range(3)]
    first = [values(network, network.countries, accuracy=1e-9) for network in networks]
    for module in ("_engine", "_builds"):
        monkeypatch.setattr(f"tumen.corridor.{module}.available", lambda part: False)
    for network, game in zip(networks, first, strict=True):
        again = values(network, network.countries, accuracy=1e-9)
        scale = 1 + np.abs(game.values).max()
        np.testing.assert_allclose(again.values, game.values, rtol=0, atol=2e-7 * scale)


def test_pruning_merges_coalitions() -> None:
    """On a chain of five with one seller and one buyer at its ends only the whole chain trades."""
    nodes = [Node(name=f"n{k}", country=f"c{k}") for k in range(5)]
    links = [
        Link(name=f"l{k}", origin=f"n{k}", destination=f"n{k + 1}", commodity="gas", both_ways=True, capacity=9,
             cost=1, owners={f"c{k}": 1})
        for k in range(4)
    ]  # fmt: skip
    network = Network(
        nodes, links, [Supply(node="n0", commodity="gas", quantity=5, cost=1)],
        [Demand(node="n4", commodity="gas", quantity=5, price=50)],
    )  # fmt: skip
    plan = planned(compiled(network, None, "netback", 0.08), network.countries, (), "auto")
    assert len(plan.parts) == 1
    game = values(network, network.countries)
    assert game.values[0, -1] == pytest.approx(5 * (49 - 4))
    assert not game.values[0, :-1].any()


def test_two_commodities_fall_apart() -> None:
    gas = chain()
    coal = [replace(link, name=f"{link.name} rail", commodity="coal") for link in gas.links]
    both = replace(
        gas, links=[*gas.links, *coal], supply=[*gas.supply, replace(gas.supply[0], commodity="coal", name="mine")],
        demand=[*gas.demand, replace(gas.demand[0], commodity="coal", name="steel")],
    )  # fmt: skip
    plan = planned(compiled(both, None, "netback", 0.08), both.countries, (), "auto")
    assert len(plan.parts) == 2
    assert values(both, both.countries).values[0, -1] == pytest.approx(5 * 230 + 3 * 50 + 5 * 230)


def test_who_plays_is_checked() -> None:
    network = transit()
    with pytest.raises(CaseError, match=r"M: neither among the players nor in `common`"):
        values(network, ["R", "U", "B"])
    with pytest.raises(CaseError, match="there is no country or owner 'RR'"):
        values(network, ["RR", "U", "B"], common=["M", "R"])
    with pytest.raises(CaseError, match="R is among the players and in common"):
        values(network, ["R", "U", "B"], common=["M", "R"])
    with pytest.raises(CaseError, match="M has consumers, who are players"):
        values(network, ["R", "U", "B"], "welfare", common=["M"])
    with pytest.raises(CaseError, match="objective is 'profit', expected welfare or netback"):
        values(network, ["R", "U", "B", "M"], "profit")
    with pytest.raises(CaseError, match="decomposition is 'quick'"):
        values(network, ["R", "U", "B", "M"], decomposition="quick")
    game = values(network, ["R", "U", "B", "M"])
    with pytest.raises(UnknownName):
        game.of("R+X")
    assert game.to_frame()["coalition"].tolist()[:3] == ["R", "U", "R+U"]
    with pytest.raises(ValueError, match="read-only"):
        game.values[0, 0] = 1


def test_too_many_players_are_refused() -> None:
    nodes = [Node(name=f"n{k}", country=f"c{k}", hub=k == 0) for k in range(16)]
    demand = [Demand(node="n0", commodity="gas", quantity=1, price=1)]
    with pytest.raises(CaseError, match="16 players are too many for enumerate"):
        values(Network(nodes, demand=demand), [f"c{k}" for k in range(16)])
