"""Games whose answers are in print, and closed forms; each with its source."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial

import numpy as np
import numpy.typing as npt
import pytest

from bargain_support import (
    BYPASSES,
    DIRECT,
    EXISTING,
    airport_costs,
    assignment,
    bankruptcy,
    flow,
    lexical,
    savings,
    sums_over,
    transit_game,
    voting,
)
from tumen.bargain import (
    Game,
    airport_nucleolus,
    airport_shapley,
    banzhaf,
    core,
    in_core,
    kohlberg,
    nucleolus,
    prenucleolus,
    sample_shapley,
    shapley,
)

THIRD = 1 / 3


def close(found: npt.ArrayLike, expected: npt.ArrayLike, relative: float = 1e-9) -> None:
    size = float(np.abs(np.asarray(expected, dtype=float)).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * max(size, 1.0))


@pytest.mark.parametrize(
    ("estate", "by_excess", "by_value"),
    [
        (100, (100 / 3, 100 / 3, 100 / 3), (100 / 3, 100 / 3, 100 / 3)),
        (200, (50, 75, 75), (100 / 3, 250 / 3, 250 / 3)),
        (300, (50, 100, 150), (50, 100, 150)),
    ],
)
def test_talmud(estate: float, by_excess: tuple[float, ...], by_value: tuple[float, ...]) -> None:
    """Aumann and Maschler 1985: claims of 100, 200, 300. Shapley values from the documentation of R's CoopGame."""
    game = bankruptcy(estate, [100, 200, 300])
    close(nucleolus(game), by_excess)
    close(shapley(game), by_value)


def test_small_airport() -> None:
    """Littlechild and Owen 1973, with the costs of the usual example: 8, 11, 13, 18."""
    costs = np.array([8.0, 11, 13, 18])
    game = savings(airport_costs(costs))
    for paid in (costs - shapley(game), airport_shapley(costs)):
        close(paid, [2, 3, 4, 9])
    for paid in (costs - nucleolus(game), airport_nucleolus(costs)):
        close(paid, [3.25, 3.25, 3.25, 8.25])


def test_birmingham() -> None:
    """Littlechild and Thompson 1977: the fees of 13,572 movements in 1968-69, to the printed digits."""
    costs = [65899, 76725, 95200, 97200, 97436, 98142, 102496, 104849, 113322, 115440, 117676]
    movements = [42, 9555, 288, 303, 151, 1315, 505, 1128, 151, 112, 22]
    printed = [4.86, 5.66, 10.30, 10.85, 10.92, 11.13, 13.40, 15.07, 44.80, 60.61, 162.24]
    paid = airport_shapley(costs, movements)
    np.testing.assert_allclose(paid, printed, rtol=0, atol=0.00501)
    close(paid @ movements, costs[-1])
    alike = airport_nucleolus(costs, movements)
    np.testing.assert_allclose(alike, [7.89] * 8 + [40.15] * 2 + [103.46], rtol=0, atol=0.00501)
    close(alike @ movements, costs[-1])


def test_security_council() -> None:
    """The Security Council, 5 of weight 7 and 10 of weight 1, quota 39: exact fractions of textbooks."""
    game = voting([7] * 5 + [1] * 10, 39)
    close(shapley(game), [421 / 2145] * 5 + [4 / 2145] * 10)
    close(banzhaf(game, normalised=True), [106 / 635] * 5 + [21 / 1270] * 10)


def test_economic_community() -> None:
    """The European Economic Community of 1958; Luxembourg has a vote and no power (Banzhaf from `powerindex`)."""
    game = voting([4, 4, 4, 2, 2, 1], 12)
    close(shapley(game), [7 / 30] * 3 + [3 / 20] * 2 + [0])
    close(banzhaf(game, normalised=True), [5 / 21] * 3 + [1 / 7] * 2 + [0])


def test_nassau_county() -> None:
    """Banzhaf 1965: the board of 1964, where three of six have no power."""
    game = voting([31, 31, 28, 21, 2, 2], 58)
    for found in (shapley(game), banzhaf(game, normalised=True)):
        close(found, [THIRD] * 3 + [0] * 3)


NICE = [29] * 4 + [27] * 2 + [14, 13] + [12] * 5 + [10] * 3 + [7] * 5 + [4] * 5 + [3]
NICE_SHAPLEY = {
    29: 0.0867, 27: 0.0800, 14: 0.0399, 13: 0.0368, 12: 0.0341, 10: 0.0282, 7: 0.0196, 4: 0.0110, 3: 0.0082
}  # fmt: skip


def votes_by_size(others: list[int], quota: int, weight: int) -> list[int]:
    """How many coalitions of the others of each size a player of this weight turns from losing to winning."""
    counts = np.zeros((len(others) + 1, sum(others) + 1), dtype=object)
    counts[0, 0] = 1
    for other in others:
        counts[1:, other:] += counts[:-1, : counts.shape[1] - other]
    return [int(row[max(quota - weight, 0) : quota].sum()) for row in counts]


def test_nice_by_sampling() -> None:
    """The Union of 27 by the votes of Nice, 255 of 345: Bilbao and others 2002 print four digits; 27 players are
    sampled, and the errors that are told must be right."""
    exact = {}
    for weight in NICE_SHAPLEY:
        others = list(NICE)
        others.remove(weight)
        swings = votes_by_size(others, 255, weight)
        exact[weight] = float(sum(Fraction(c, len(NICE) * comb(len(NICE) - 1, s)) for s, c in enumerate(swings)))
        assert abs(exact[weight] - NICE_SHAPLEY[weight]) < 6e-5
    names = [f"{k}" for k in range(27)]
    votes = dict(zip(names, NICE, strict=True))
    uniforms = np.random.default_rng(1).random((3000, 27))
    found = sample_shapley(lambda s: float(sum(votes[name] for name in s) >= 255), names, uniforms)
    assert abs(found.value.sum() - 1) < 1e-12
    scores = (found.value - [exact[w] for w in NICE]) / found.error
    assert np.abs(scores).max() < 4
    assert 0.6 < np.sqrt(np.mean(scores**2)) < 1.5


def test_tennessee_valley() -> None:
    """Straffin and Heaney 1981: costs of navigation, flood control and power."""
    cost = np.array([0, 163520, 140826, 301607, 250096, 378821, 367370, 412584.0])
    alone, game = cost[[1, 2, 4]], savings(cost)
    close(alone - shapley(game), [117829, 100756.5, 193998.5])
    close(alone - nucleolus(game), [116234, 93540, 202810])


def test_gately() -> None:
    """Gately 1974: regions of India plan their electricity together; data as in R's CoopGame."""
    game = lexical([0, 0, 0, 1170, 770, 210, 1530])
    close(shapley(game), [763 + THIRD, 483 + THIRD, 283 + THIRD])
    close(nucleolus(game), [955, 395, 180])


def test_lemaire() -> None:
    """Lemaire 1991; data as in R's GameTheory."""
    game = lexical([46125, 17437.5, 5812.5, 69187.5, 53812.5, 30750, 90000])
    close(shapley(game), [51750, 25875, 12375])
    close(nucleolus(game), [52687.5, 24468.75, 12843.75])


def test_four_players() -> None:
    """The four players in the documentation of R's CoopGame."""
    close(nucleolus(lexical([0, 0, 0, 0, 5, 5, 8, 9, 10, 8, 13, 15, 16, 17, 21])), [3.5, 4.5, 5.5, 7.5])


def test_where_nucleolus_and_prenucleolus_differ() -> None:
    """Peleg and Sudhölter, example 5.5.12."""
    game = lexical([0, 0, 0, 10, 0, 0, 2])
    close(prenucleolus(game), [3, 3, -4])
    close(nucleolus(game), [1, 1, 0])
    assert kohlberg(game, [1, 1, 0])
    assert not kohlberg(game, [1, 1, 0], imputations=False)
    assert kohlberg(game, [3, 3, -4], imputations=False)


def test_houses() -> None:
    """Shapley and Shubik 1972: three sellers, three buyers."""
    game = assignment([[5, 8, 2], [7, 9, 6], [2, 3, 0]])
    assert game.whole == 16
    close(shapley(game), np.array([199, 272, 44, 132, 239, 74]) / 60)
    close(nucleolus(game), [4, 17 / 3, 1 / 3, 5 / 3, 4, 1 / 3])


def test_flow_between_three_owners() -> None:
    """The flow game in the documentation of MatTuGames, v by bits 0, 0, 2, 0, 2, 0, 4; here from a network with it."""
    arcs = [(0, 1, 4, 0), (1, 2, 2, 1), (1, 2, 2, 2)]
    game = flow(3, arcs, 3)
    np.testing.assert_array_equal(game.values, [0, 0, 0, 2, 0, 2, 0, 4])
    close(shapley(game), [2, 1, 1])
    close(nucleolus(game), [2, 1, 1])


def test_spanning_tree() -> None:
    """The tree in the documentation of MatTuGames: c = 2, 2, 3, 6, 4, 4, 5; Bird's (2, 1, 2) is in the core."""
    cost = np.array([0, 2, 2, 3, 6, 4, 4, 5.0])
    alone, game = cost[[1, 2, 4]], savings(cost)
    close(alone - nucleolus(game), [4 / 3, 4 / 3, 7 / 3])
    assert in_core(game, alone - [2, 1, 2])


def test_gloves() -> None:
    """One left glove, two right ones: the owner of the left one gets it all in the core, two thirds by Shapley."""
    game = Game.of({"L": 0, "R1": 0, "R2": 0, "L+R1": 1, "L+R2": 1, "R1+R2": 0, "L+R1+R2": 1})
    close(shapley(game), [2 / 3, 1 / 6, 1 / 6])
    close(nucleolus(game), [1, 0, 0])
    found = core(game)
    close(found.least, [1, 0, 0])
    close(found.most, [1, 0, 0])


@pytest.mark.parametrize("outside", [0.0, 1.0, 2.0, 10 / 3, 5.0, 9.0, 10.0])
def test_transit_in_closed_form(outside: float) -> None:
    """R sells to S through N, or by sea for L: shares, nucleolus and core of the three in closed form."""
    worth = 10.0
    game = Game.of(
        {"R": 0, "N": 0, "S": 0, "R+N": 0, "N+S": 0, "R+S": outside, "R+N+S": worth}, players=["R", "N", "S"]
    )
    gain = worth - outside
    close(shapley(game), [gain / 3 + outside / 2, gain / 3, gain / 3 + outside / 2])
    fair = [worth / 3] * 3
    close(nucleolus(game), fair if outside <= worth / 3 else [(worth + outside) / 4, gain / 2, (worth + outside) / 4])
    found = core(game)
    close([found.least[1], found.most[1]], [0, gain])


TRANSIT = [
    # links, v(R), v(RU), v(RB), v(RUB), Shapley and nucleolus in per cent of R, U, B, as printed
    (EXISTING, (0, 8050, 4217, 9131), (55.7, 32.6, 11.6), (67.2, 26.9, 5.9)),
    (BYPASSES, (0, 8605, 6675, 9136), (61.2, 24.7, 14.1), (83.6, 13.5, 2.9)),
    (DIRECT, (5445, 8620, 7566, 9136), (82.7, 11.5, 5.8), (88.6, 8.6, 2.8)),
]


@pytest.mark.parametrize(("links", "worths", "by_value", "by_excess"), TRANSIT)
def test_stylised_transit(
    links: tuple[tuple[str, float, float], ...],
    worths: tuple[float, ...],
    by_value: tuple[float, ...],
    by_excess: tuple[float, ...],
) -> None:
    """A game in the manner of Hubert and Ikonnikova 2011 with illustrative costs, in three networks."""
    game = transit_game(links)
    found = [float(game[group]) for group in ("R", "R+U", "R+B", "R+U+B")]
    np.testing.assert_allclose(found, worths, rtol=0, atol=0.501)
    assert not game.values[[2, 4, 6]].any()
    np.testing.assert_allclose(100 * shapley(game) / game.whole, by_value, rtol=0, atol=0.0501)
    np.testing.assert_allclose(100 * nucleolus(game) / game.whole, by_excess, rtol=0, atol=0.0501)


def test_claims_on_transit() -> None:
    """The claims T1 to T3 of Hubert and Ikonnikova 2011."""
    existing, bypasses, direct = (
        shapley(game) / game.whole for game in map(transit_game, (EXISTING, BYPASSES, DIRECT))
    )
    assert 1 - existing[0] > 0.4  # T1: as the links stand, transit states are strong
    assert direct[0] > 0.8  # T2: with the options, the supplier is clearly dominant
    by_passing, by_sea = bypasses[0] - existing[0], direct[0] - bypasses[0]
    assert by_sea > 3 * by_passing > 0  # T3: options between transit states matter little, direct access a lot
    np.testing.assert_allclose([100 * by_passing, 100 * by_sea], [5.5, 21.5], rtol=0, atol=0.0501)


def test_unanimity() -> None:
    """Shapley 1953: only all players of a group together make something; they share it equally."""
    worth = (sums_over([1, 1, 0, 1, 0]) == 3).astype(float)
    close(shapley(Game(worth)), [THIRD, THIRD, 0, THIRD, 0])


def test_shapley_by_its_definition() -> None:
    """The mean over all orders of joining, for four players."""
    from itertools import permutations

    values = np.random.default_rng(5).normal(size=16)
    values[0] = 0.0
    added = np.zeros(4)
    for order in permutations(range(4)):
        place = 0
        for k in order:
            added[k] += values[place | 1 << k] - values[place]
            place |= 1 << k
    close(shapley(Game(values)), added / factorial(4))
