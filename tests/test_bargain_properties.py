"""What holds for every game: certificates, axioms, the core, many draws at once, a rival's answers."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bargain_support import CLASSES, lexical, members, sums_over, voting
from tumen.bargain import (
    Game,
    banzhaf,
    core,
    describe,
    excesses,
    expected_game,
    in_core,
    kohlberg,
    least_core,
    nucleolus,
    prenucleolus,
    sample_shapley,
    shapley,
    shortfall,
    solve,
)
from tumen.errors import CaseError, UnknownName

EACH = 8  # games of a class and solution


def some_games(kind: str, most: int = 9, count: int = EACH) -> list[Game]:
    rng = np.random.default_rng(sum(map(ord, kind)))
    return [CLASSES[kind](rng, int(rng.integers(2, most + 1))) for _ in range(count)]


@pytest.mark.parametrize("kind", CLASSES)
def test_nucleolus_is_proved(kind: str) -> None:
    for game in some_games(kind):
        x, y = nucleolus(game), prenucleolus(game)
        assert kohlberg(game, x), (kind, game, x)
        assert kohlberg(game, y, imputations=False), (kind, game, y)


@pytest.mark.parametrize("kind", CLASSES)
def test_proof_fails_elsewhere(kind: str) -> None:
    """A division that is moved a little is no longer the nucleolus, unless there was nothing to move."""
    for game in some_games(kind, 6, 6):
        if np.ptp(game.values) == 0:
            continue
        step = np.zeros(game.n)
        step[:2] = 1e-4 * np.abs(game.values).max(), -1e-4 * np.abs(game.values).max()
        assert not kohlberg(game, nucleolus(game) + step)


@pytest.mark.parametrize("kind", CLASSES)
def test_core_identities(kind: str) -> None:
    for game in some_games(kind, 7, 8):
        found, size = core(game), float(np.abs(game.values).max())
        x = prenucleolus(game)
        assert bool(found.empty) is not bool(in_core(game, x, 1e-8))
        least = least_core(game)
        gaps = excesses(game, x)[1:-1]
        assert abs(float(least.epsilon) - gaps.max()) < 1e-8 * max(size, 1)
        assert (least.least <= x + 1e-7 * size).all()
        assert (x <= least.most + 1e-7 * size).all()
        assert bool(describe(game).balanced) is not bool(found.empty)
        if found.empty:
            assert float(shortfall(game)) > 0
            assert np.isnan(found.least).all()
            filled = game.changed({game.players: float(shortfall(game))})
            assert not core(filled).empty
            barely = game.changed({game.players: 0.99 * float(shortfall(game))})
            assert core(barely).empty
        else:
            assert (found.least >= game.alone - 1e-7 * size).all()
            top = game.whole - game.values[((1 << game.n) - 1) ^ game.singles]
            assert (found.most <= top + 1e-7 * size).all()


@pytest.mark.parametrize("kind", ["convex", "bankruptcy", "airport"])
def test_convex_games(kind: str) -> None:
    """Shapley 1971: the value is in the core, and the core's bounds are first and last marginal contributions."""
    for game in some_games(kind, 7):
        assert describe(game).convex
        assert describe(game).superadditive
        assert in_core(game, shapley(game))
        found = core(game)
        np.testing.assert_allclose(found.least, game.alone, atol=1e-7)
        last = game.whole - game.values[((1 << game.n) - 1) ^ game.singles]
        np.testing.assert_allclose(found.most, last, atol=1e-7)


@pytest.mark.parametrize("kind", ["assignment", "flow"])
def test_totally_balanced(kind: str) -> None:
    """Shapley and Shubik 1972, Kalai and Zemel 1982: no subgame has an empty core (flow games, an owner an arc)."""
    for game in some_games(kind, 5, 4):
        for inside in members(game.n)[1:]:
            names = [name for name, there in zip(game.players, inside, strict=True) if there]
            assert not core(game.subgame(names)).empty


games = st.integers(1, 5).flatmap(
    lambda n: arrays(np.float64, (1 << n) - 1, elements=st.integers(-50, 50).map(float))
).map(lambda worths: Game(np.append(0.0, worths)))  # fmt: skip


@given(games)
@settings(max_examples=40)
def test_axioms(game: Game) -> None:
    for x in (shapley(game), prenucleolus(game)):
        assert abs(x.sum() - game.whole) < 1e-8
    twice = Game(2 * game.values + sums_over(np.arange(game.n)), game.players)
    for solution in (shapley, prenucleolus):  # covariance: units and what each has alone do not matter
        np.testing.assert_allclose(solution(twice), 2 * solution(game) + np.arange(game.n), atol=1e-7)
    back = Game(game.values[sum((np.arange(1 << game.n) >> k & 1) << (game.n - 1 - k) for k in range(game.n))])
    for solution in (shapley, banzhaf, prenucleolus):  # names do not matter
        np.testing.assert_allclose(solution(back), solution(game)[::-1], atol=1e-7)
    wide = Game(np.append(game.values, game.values + 7.0 * (np.arange(1 << game.n) >= 0)))
    for solution in (shapley, banzhaf, prenucleolus):  # one who adds 7 to all gets 7
        np.testing.assert_allclose(solution(wide), np.append(solution(game), 7.0), atol=1e-7)


@given(games, st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_values_are_additive(game: Game, seed: int) -> None:
    other = np.random.default_rng(seed).normal(size=game.values.size)
    other[0] = 0.0
    for solution in (shapley, banzhaf):
        both = solution(Game(game.values + other))
        np.testing.assert_allclose(both, solution(game) + solution(Game(other)), atol=1e-9)


def test_equals_are_treated_equally() -> None:
    rng = np.random.default_rng(8)
    by_size = rng.normal(size=6)
    by_size[0] = 0.0
    game = Game(by_size[members(5).sum(axis=1)])
    for solution in (shapley, prenucleolus):
        np.testing.assert_allclose(solution(game), by_size[-1] / 5, atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_many_draws_are_as_each(n: int) -> None:
    """Draws that share an order of settling and draws that do not, empty cores among them."""
    rng = np.random.default_rng(n)
    size = members(n).sum(axis=1)
    values = size**1.3 * np.exp(rng.normal(0, 0.15, (24, 1 << n)))
    values[:12] = (rng.lognormal(0, 0.3, (12, n)) @ members(n).T) ** 1.4
    values[0] = 0.0
    values[:, 0] = 0.0
    many = Game(values)
    named = {"shapley": shapley, "banzhaf": banzhaf, "prenucleolus": prenucleolus, "shortfall": shortfall}
    for name, solution in named.items():
        each = np.array([solution(many.draw(d)) for d in range(24)])
        np.testing.assert_allclose(solution(many), each, atol=1e-8, err_msg=name)
    for solution in (core, least_core):
        found, alone = solution(many), [solution(many.draw(d)) for d in range(24)]
        np.testing.assert_array_equal(found.empty, [bool(one.empty) for one in alone])
        for part in ("least", "most", "epsilon"):
            each = np.array([getattr(one, part) for one in alone])
            np.testing.assert_allclose(getattr(found, part), each, atol=1e-7, err_msg=part)
    told, each_told = describe(many), [describe(many.draw(d)) for d in range(24)]
    for part in ("monotone", "superadditive", "convex", "balanced"):
        np.testing.assert_array_equal(getattr(told, part), [bool(getattr(one, part)) for one in each_told])
    assert kohlberg(many, prenucleolus(many), imputations=False)


def test_against_a_rival() -> None:
    """coopgame-py's nucleolus, another algorithm, on the seven classes."""
    coopgame = pytest.importorskip("coopgame", reason="coopgame-py is not installed")
    for kind in CLASSES:
        for game in some_games(kind, 9, 20):
            theirs = coopgame.nucleolus(coopgame.Game(game.values[1:].tolist()))["allocation"]
            np.testing.assert_allclose(nucleolus(game), theirs, atol=1e-8 * np.abs(game.values).max())


def test_description_by_hand() -> None:
    convex = lexical([0, 0, 0, 1, 1, 1, 4])
    assert not any(line.startswith("not ") for line in describe(convex).sentences)
    told = repr(describe(lexical([2, 2, 0, 3, 2, 2, 4])))
    assert "not superadditive: 1 and 2 make 3 together, 2 and 2 apart" in told
    assert "not convex: 2 adds 2 to nobody, 1 to 1" in told
    falling = lexical([5, 0, 0, 3, 6, 1, 7])
    assert "not monotone: 1 makes 5, with 2 3" in repr(describe(falling))
    majority = describe(voting([1, 1, 1], 2))
    assert "not balanced: all together lack 0.5" in repr(majority)
    assert bool(majority.superadditive)
    assert not majority.balanced


def test_superadditivity_by_brute_force() -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(200):
        n = int(rng.integers(2, 5))
        values = np.sort(rng.integers(0, 9, 1 << n)).astype(float) * rng.choice([1, 2, 4], 1 << n)
        values[0] = 0.0
        pairs = [(s, t) for s in range(1 << n) for t in range(1 << n) if not s & t]
        expected = all(values[s] + values[t] <= values[s | t] for s, t in pairs)
        triples = [(s, t) for s in range(1 << n) for t in range(1 << n)]
        convex = all(values[s] + values[t] <= values[s | t] + values[s & t] for s, t in triples)
        monotone = all(values[s] <= values[s | t] for s, t in triples)
        found = describe(Game(values))
        assert (bool(found.superadditive), bool(found.convex), bool(found.monotone)) == (expected, convex, monotone)
        seen.add((expected, convex, monotone))
    assert len(seen) >= 4


def test_expected_game_by_its_definition() -> None:
    rng = np.random.default_rng(2)
    values, stays = rng.normal(size=16), rng.random(4)
    values[0] = 0.0
    expected = np.zeros(16)
    for s in range(16):
        for t in range(16):
            if t & s == t:
                chance = [stays[k] if t >> k & 1 else 1 - stays[k] for k in range(4) if s >> k & 1]
                expected[s] += np.prod(chance) * values[t]
    game = Game(values)
    np.testing.assert_allclose(expected_game(game, stays).values, expected, atol=1e-12)
    np.testing.assert_array_equal(expected_game(game, 1.0).values, values)
    many = expected_game(game, np.array([stays, np.ones(4)]))
    np.testing.assert_allclose(many.values, [expected, values], atol=1e-12)
    with pytest.raises(CaseError, match="between 0 and 1"):
        expected_game(game, 1.5)
    with pytest.raises(CaseError, match="one for each of 4"):
        expected_game(game, [0.5, 0.5])


def test_sampling_agrees_and_says_its_error() -> None:
    rng = np.random.default_rng(6)
    game = CLASSES["bankruptcy"](rng, 8)
    found = sample_shapley(lambda s: float(game[s]), game.players, rng.random((400, 8)))
    assert np.abs((found.value - shapley(game)) / found.error).max() < 4
    assert abs(found.value.sum() - game.whole) < 1e-9
    assert found.asked <= 255
    with pytest.raises(CaseError, match="at least two rows"):
        sample_shapley(lambda s: 0.0, game.players, np.zeros((1, 8)))


def test_what_does_not_exist() -> None:
    short = lexical([5, 5, 0, 0, 0, 0, 3])
    with pytest.raises(CaseError, match="use `prenucleolus`"):
        nucleolus(short)
    assert abs(prenucleolus(short).sum() - 3) < 1e-9
    found = solve(Game(np.array([short.values, lexical([0, 0, 0, 1, 1, 1, 3]).values])))
    assert np.isnan(found["nucleolus"][0]).all()
    np.testing.assert_allclose(found["nucleolus"][1], 1.0)
    assert "in 1 of 2 draws" in repr(found)
    with pytest.raises(UnknownName, match="did you mean nucleolus"):
        solve(short, ["nucleolos"])
    with pytest.raises(CaseError, match="add up to 0"):
        banzhaf(Game([0, 1, 1, 0]), normalised=True)
    with pytest.raises(CaseError, match="expected"):
        kohlberg(short, [1.0, 2.0])
    assert "add up" in repr(kohlberg(short, [1.0, 1.0, 0.0]))
    assert "less than" in repr(kohlberg(lexical([1, 0, 0, 1, 1, 0, 3]), [0.0, 0.0, 3.0]))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_extreme_units(scale: float) -> None:
    for game in (
        CLASSES["unstructured"](np.random.default_rng(1), 6),
        CLASSES["assignment"](np.random.default_rng(2), 7),
    ):
        x = nucleolus(Game(game.values * scale))
        np.testing.assert_allclose(x / scale, nucleolus(game), atol=1e-9 * np.abs(game.values).max())
        assert kohlberg(Game(game.values * scale), x)


def test_one_and_two_players() -> None:
    one = Game([0, 7], ["A"])
    for solution in (shapley, nucleolus, prenucleolus, banzhaf):
        np.testing.assert_array_equal(solution(one), [7])
    assert (core(one).least, core(one).most, least_core(one).epsilon) == (7, 7, 0)
    two = Game([0, 1, 2, 10])
    for solution in (shapley, nucleolus, prenucleolus):
        np.testing.assert_allclose(solution(two), [4.5, 5.5])
    np.testing.assert_allclose(core(two).most, [8, 9])


def test_results_are_read_only_and_survive_pickling() -> None:
    game = Game([[0, 1, 2, 4], [0, 1, 1, 3]], ["A", "B"])
    for part in (game.values, shapley(game), nucleolus(game), core(game).least):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1
    again = pickle.loads(pickle.dumps(game))
    np.testing.assert_array_equal(again.values, game.values)
    assert again.players == game.players
    assert not again.values.flags.writeable
    assert pickle.loads(pickle.dumps(solve(game))).columns.keys() == solve(game).columns.keys()
