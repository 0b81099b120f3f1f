"""What parties make without payments between them: it adds up to the surplus, and payments follow from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor_support import chain, random_network
from tumen.bargain import Game, transfers
from tumen.bargain import solve as divided
from tumen.corridor import Demand, Network, Option, annuity_factor, solve, values


def with_options(rng: np.random.Generator, *, sloped: bool, candidates: int) -> Network:
    """A random network in which some buy from outside and some sell there."""
    network = random_network(rng, sloped=sloped, candidates=candidates)
    names = [node.name for node in network.nodes]
    return replace(
        network,
        options=[
            Option(name=f"{side} {k}", node=str(rng.choice(names)), commodity="gas", price=float(rng.uniform(5, 90)),
                   freight=float(rng.uniform(0, 3)), quantity=float(rng.uniform(1, 20)), side=side)
            for side in ("buy", "sell") for k in range(2)
        ],
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), sloped=st.booleans(), candidates=st.integers(0, 2),
    objective=st.sampled_from(["welfare", "netback"]),
)  # fmt: skip
def test_the_sum_over_parties_is_the_surplus(seed: int, sloped: bool, candidates: int, objective: str) -> None:
    network = with_options(np.random.default_rng(seed), sloped=sloped, candidates=candidates)
    found = solve(network, {"demand.d0.price": [30.0, 90.0], "supply.s0.cost": [1.0, 20.0]}, objective=objective)
    made = found.operating()
    assert tuple(made) == network.parties
    scale = 1 + sum(np.abs(account).sum(axis=1) for account in found.accounts().values())
    assert (np.abs(sum(made.values()) - found.surplus) <= 1e-8 * scale).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(["welfare", "netback"]))
def test_it_is_what_each_uses_less_what_each_spends(seed: int, objective: str) -> None:
    """Straight from the rows of the network, without any price of a node."""
    network = with_options(np.random.default_rng(seed), sloped=True, candidates=2)
    found = solve(network, objective=objective)
    country = {node.name: node.country for node in network.nodes}
    made = dict.fromkeys(network.parties, 0.0)
    for row in network.supply:
        q = float(found.quantity_of(row.name)[0])
        made[country[row.node]] -= row.cost * q + row.slope * q**2 / 2
    for row in network.demand:
        q = float(found.quantity_of(row.name)[0])
        made[country[row.node]] += row.price * q - row.slope * q**2 / (1 if objective == "netback" else 2)
    for row in network.options:
        q = float(found.quantity_of(row.name)[0])
        made[country[row.node]] += (
            (row.price - row.freight) * q if row.side == "sell" else -(row.price + row.freight) * q
        )
    built = dict(zip(network.candidates, found.built[0], strict=True))
    for n, link in enumerate(network.links):
        spent = link.cost * float(found.flow[0, n] + found.back[0, n])
        spent += link.capex * built.get(link.name, 0) * float(annuity_factor(0.08, link.life))
        for owner, share in link.shares:
            made[owner] -= share * spent
    scale = 1 + float(sum(np.abs(account).sum() for account in found.accounts().values()))
    for party, amount in found.operating().items():
        assert amount[0] == pytest.approx(made[party], abs=1e-8 * scale)


def test_payments_follow_from_shares() -> None:
    """R sends 8 at 50 and carries them at 20; S uses 5 at 300 and 3 at 120; N does nothing but let them pass."""
    network = chain(candidate=True, capex=1000.0)
    found = solve(network)
    yearly = 1000 * float(annuity_factor(0.08, 30.0))
    made = found.operating()
    assert made["R"][0] == pytest.approx(-8 * 70 - yearly)
    assert made["N"][0] == 0
    assert made["S"][0] == pytest.approx(5 * 300 + 3 * 120)
    game = values(network, ["R", "N", "S"], "welfare")
    worth = {name: float(game.of(name)[0]) for name in game.coalitions() if name}
    share = divided(Game.of(worth, ["R", "N", "S"])).columns["shapley"]
    paid = transfers(share, np.stack([made[player][0] for player in game.players]))
    assert paid.sum() == pytest.approx(0, abs=1e-9)
    assert paid[1] == pytest.approx(share[1])  # transit is paid what its share is
    assert paid[2] < 0 < paid[0]
    with pytest.raises(ValueError, match="read-only"):
        made["R"][0] = 1


def test_a_monopoly_sells_at_one_price() -> None:
    network = replace(chain(), demand=[Demand(node="city", commodity="gas", price=300, slope=20, name="heat")])
    found = solve(network, objective="netback")
    sold = float(found.quantity_of("heat")[0])
    assert sold == pytest.approx(230 / 40, rel=1e-4)
    assert found.operating()["S"][0] == pytest.approx((300 - 20 * sold) * sold)
