"""The coalitions of a network asked more than once, and the best build by cuts: the same as each question afresh."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor_support import random_network
from tumen.corridor import Coalitions, Link, Network, Node, Option, Supply, solve, values
from tumen.corridor._builds import builds_of, capacity_under
from tumen.corridor._check import Part
from tumen.corridor._cuts import Cuts
from tumen.corridor._engine import Engine
from tumen.corridor._program import compiled
from tumen.errors import UnknownName

QUESTIONS = [((), ()), (("new0",), ()), ((), ("new0",)), (("new1",), ("new0",)), ((), ("new0", "new1", "new2"))]


def drawn(network: Network, seed: int, draws: int = 6) -> dict[str, np.ndarray]:
    """Draws of capacities, capital and quantities."""
    rng = np.random.default_rng(seed)
    found = {f"links.{link.name}.capacity": link.capacity * rng.uniform(0.5, 1.5, draws) for link in network.links[:4]}
    found |= {f"links.{k}.capex": network.link(k).capex * rng.uniform(0.2, 2, draws) for k in network.candidates}
    return found | {f"demand.{row.name}.price": row.price * rng.uniform(0.7, 1.3, draws) for row in network.demand[:2]}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_each_answer_is_that_of_the_question_asked_afresh(seed: int) -> None:
    network = random_network(np.random.default_rng(seed), candidates=3)
    draws, players = drawn(network, seed), network.parties
    asked = Coalitions(network, players, draws=draws)
    size = 1 + float(np.abs(asked.values().values).max())
    for forced, without in QUESTIONS:
        left = network.without(*without)
        kept = {key: x for key, x in draws.items() if not any(key.startswith(f"links.{n}.") for n in without)}
        afresh = values(left, players, draws=kept, forced=forced)
        found = asked.values(forced, without)
        assert found.values == pytest.approx(afresh.values, abs=1e-7 * size)
        assert asked.together(forced, without) == pytest.approx(afresh.values[:, -1], abs=1e-7 * size)


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    network = random_network(np.random.default_rng(5), candidates=3)
    draws, players = drawn(network, 5), network.parties
    first = {question: Coalitions(network, players, draws=draws).values(*question).values for question in QUESTIONS}
    for order in list(permutations(QUESTIONS))[::17]:
        asked = Coalitions(network, players, draws=draws)
        for question in order:
            assert asked.values(*question).values == pytest.approx(first[question], rel=1e-9, abs=1e-6)


def test_what_parties_in_common_reach_alone_is_nobodys_together_either() -> None:
    network = Network(
        nodes=[Node(name="field", country="R"), Node(name="sea", country="W", hub=True)],
        links=[
            Link(name="ship", origin="field", destination="sea", commodity="gas", capacity=5, owners={"R": 1}),
            Link(name="line", origin="field", destination="sea", commodity="gas", capacity=9, candidate=True,
                 capex=100, owners={"R": 1}),
        ],
        supply=[Supply(node="field", commodity="gas", quantity=9, cost=10)],
        options=[
            Option(node="sea", commodity="gas", price=60, side="sell", quantity=20),
            Option(node="sea", commodity="gas", price=40, side="buy", quantity=3),
        ],
    )  # fmt: skip
    asked = Coalitions(network, ["R"], common=["W"])
    for question in ((), ()), (("line",), ()), ((), ("line",)):
        assert asked.together(*question) == pytest.approx(asked.values(*question).values[:, -1])


@pytest.mark.parametrize("seed", range(60))
def test_the_best_build_by_cuts_is_the_best_of_all(seed: int) -> None:
    network = random_network(np.random.default_rng(seed), candidates=4)
    program = compiled(network, drawn(network, seed), "welfare", 0.08)
    engine = Engine(Part.whole(program), 10)
    some = builds_of(program.steps)
    assert some is not None
    whole = np.broadcast_to(capacity_under(program, engine.part.arcs, program.steps), (6, len(engine.part.arcs)))
    annuity = program.annuity @ some.T.astype(float)
    each = np.stack(
        [engine.values(np.array(np.broadcast_to(capacity_under(program, engine.part.arcs, b), whole.shape)))[0]
         for b in some], axis=1,
    )  # fmt: skip
    worth = each - annuity
    for allowed in (np.ones(len(some), dtype=bool), some[:, 0] == 0, some[:, 1] == 1):
        cuts = Cuts(engine, some, whole)
        nth, best = cuts.best(annuity, allowed)
        size = 1 + np.abs(worth).max()
        assert best == pytest.approx(np.where(allowed, worth, -np.inf).max(axis=1), abs=1e-8 * size)
        assert worth[np.arange(6), nth] == pytest.approx(best, abs=1e-8 * size)
        assert allowed[nth].all()


def test_sloped_networks_are_asked_afresh() -> None:
    network = random_network(np.random.default_rng(3), candidates=2, sloped=True)
    asked = Coalitions(network, network.parties)
    for forced, without in (((), ()), (("new0",), ()), ((), ("new1",))):
        afresh = values(network.without(*without), network.parties, forced=forced)
        assert asked.values(forced, without).values == pytest.approx(afresh.values)
        assert asked.together(forced, without) == pytest.approx(afresh.values[:, -1])


def test_a_name_that_nothing_bears_is_refused() -> None:
    network = random_network(np.random.default_rng(1), candidates=1)
    with pytest.raises(UnknownName, match="new0"):
        Coalitions(network, network.parties).values(without=["new9"])


def test_unlimited_candidates_are_bounded_rightly() -> None:
    network = random_network(np.random.default_rng(8), candidates=2)
    endless = replace(network, links=[replace(x, capacity=np.inf) if x.candidate else x for x in network.links])
    found = solve(endless, objective="welfare")
    best = -np.inf
    for build in ((), ("new0",), ("new1",), ("new0", "new1")):
        left = endless.without(*(n for n in endless.candidates if n not in build)).built(*build)
        paid = float(sum(a for n, a in zip(endless.candidates, _annuities(endless), strict=True) if n in build))
        best = max(best, float(solve(left, objective="welfare").surplus[0]) - paid)
    assert float(found.surplus[0]) == pytest.approx(best, abs=1e-6)


def _annuities(network: Network) -> list[float]:
    return [float(x) for x in compiled(network, None, "welfare", 0.08).annuity[0]]
