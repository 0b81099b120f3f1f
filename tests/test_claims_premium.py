"""Strategic premiums: the three-player transit game by hand, who extracts them, and what money is committed.

Field and city reach L by ships; with the pass between them they reach P by the line, and it lies half with each of the
two to build it. There is more gas than is wanted, so at the well it sells at its cost and the field earns nothing by
the line but its part of the capital, C/2 a year: that is its premium. Only all three together can use the line, so what
a premium adds to it is shared by thirds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tumen
from network_support import DRAWS, FOLDER, RATE, annuity, by_line, by_sea, measured, outcome, text_of, variant
from tumen import claims
from tumen.claims import _take

UNIT = annuity(RATE, 20, 2)
LINE = 2000 * UNIT
SPENT = (1 + 182 / 366) / 2  # of two years' building from 2023 on, by the first of July 2024
LINE_START = "    start: 2026\n    build: 2 yr\n    life: 20 yr\n    owners: {AAA: 50 %, CCC: 50 %}\n"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


def begun(folder: Path) -> tumen.Case:
    return variant(folder, (LINE_START, LINE_START.replace("2026", "2023")))


def standing(folder: Path) -> tumen.Case:
    return variant(folder, (LINE_START, LINE_START + "    state: built\n"))


# ---- the premium


def test_who_pays_for_what_others_gain_needs_a_premium(found: tumen.Outcome) -> None:
    for player, expected in {"AAA": LINE / 2, "BBB": 0.0, "CCC": 0.0}.items():
        taken = measured(found, "bargain.premium", initiative="line", player=player)
        np.testing.assert_allclose(taken, np.full(DRAWS, expected), rtol=1e-6)


def test_a_line_that_pays_anyway_gives_its_premium_away_by_thirds(found: tumen.Outcome) -> None:
    taken = measured(found, "bargain.premium_extracted", initiative="line", player="AAA")
    np.testing.assert_allclose(taken, 2 / 3, rtol=1e-6)
    for player in ("BBB", "CCC"):
        none = measured(found, "bargain.premium_extracted", initiative="line", player=player)
        np.testing.assert_array_equal(none, 0)


@pytest.mark.parametrize("capex", [500.0, 12_000.0, 16_000.0, 20_000.0])
def test_a_premium_that_brings_the_line_about_is_extracted_in_part(case: tumen.Case, capex: float) -> None:
    """Where P < L without it, all gain P + W - L by it, and the others two thirds of that."""
    found = outcome(case, line__capex=capex)
    worth = capex * UNIT / 2
    line, sea = by_line(found) + LINE - capex * UNIT, by_sea(found)
    rise = np.maximum(line + worth, sea) - np.maximum(line, sea)
    taken = measured(found, "bargain.premium_extracted", initiative="line", player="AAA")
    np.testing.assert_allclose(taken, 2 / 3 * rise / worth, rtol=1e-5, atol=1e-6)
    assert (taken <= 2 / 3 + 1e-6).all()
    assert (taken >= 0).all()


def test_the_figures_beside_it(case: tumen.Case) -> None:
    found = outcome(case)
    shown = claims.measure("bargain.premium_extracted").figures
    assert shown is not None
    rows = {item.label: item.values for item in shown(found, initiative="line", player="AAA")}
    np.testing.assert_allclose(rows["Rise of Field"], LINE / 6, rtol=1e-6)
    np.testing.assert_allclose(rows["Rise of Pass"], LINE / 6, rtol=1e-6)
    np.testing.assert_allclose(rows["Rise of all together"], rows["Premium"], rtol=1e-6)
    shown = claims.measure("bargain.premium").figures
    assert shown is not None
    gain, capital, unpaid = shown(found, initiative="line", player="AAA")
    np.testing.assert_allclose(gain.values, -LINE / 2, rtol=1e-6)
    np.testing.assert_allclose(capital.values, LINE / 2, rtol=1e-6)
    # unpaid for its gas, it bears half of the ships or half of the line: 10 times 200 against 10 times 25
    np.testing.assert_allclose(unpaid.values, max(LINE / 2 - 5 * (200 - 25), 0), atol=1e-5)


def test_where_more_is_wanted_than_there_is_the_field_earns_by_it(found: tumen.Outcome) -> None:
    """In 2034 the city wants 13.4 of the 12 that are free; the field sells at the city's price less the way."""
    now = measured(found, "bargain.premium", initiative="line", player="AAA")
    then = measured(found, "bargain.premium", initiative="line", player="AAA", year=2034)
    assert (then < now).all()


# ---- sunk and committed


def test_what_is_spent_no_longer_counts_ahead_and_is_what_was_committed(tmp_path: Path) -> None:
    found = outcome(begun(tmp_path / "c"))
    ahead = measured(found, "bargain.premium", initiative="line", player="AAA")
    np.testing.assert_allclose(ahead, LINE / 2 * (1 - SPENT), rtol=1e-4)
    committed = measured(found, "bargain.premium", initiative="line", player="AAA", capital="committed")
    np.testing.assert_allclose(committed, LINE / 2 * SPENT, rtol=1e-4)
    for capital in ("ahead", "committed"):
        taken = measured(found, "bargain.premium_extracted", initiative="line", player="AAA", capital=capital)
        np.testing.assert_allclose(taken, 2 / 3, rtol=1e-6)


def test_a_line_that_stands_has_everything_committed(tmp_path: Path) -> None:
    found = outcome(standing(tmp_path / "c"))
    ahead = measured(found, "bargain.premium", initiative="line", player="AAA")
    np.testing.assert_array_equal(ahead, 0)
    committed = measured(found, "bargain.premium", initiative="line", player="AAA", capital="committed")
    np.testing.assert_allclose(committed, LINE / 2, rtol=1e-6)
    taken = measured(found, "bargain.premium_extracted", initiative="line", player="AAA", capital="committed")
    np.testing.assert_allclose(taken, 2 / 3, rtol=1e-6)


def test_announcements_reveal_nothing(case: tumen.Case) -> None:
    """Where running it alone is a loss, that reveals no worth either as long as nobody has paid for it."""
    for levers in ({}, {"gas__links__ships__cost": 0.0}):
        found = outcome(case, **levers)
        for player in ("AAA", "CCC"):
            taken = measured(found, "bargain.premium", initiative="line", player=player, capital="committed")
            np.testing.assert_array_equal(taken, 0)


def test_committed_money_by_hand(tmp_path: Path, found: tumen.Outcome) -> None:
    np.testing.assert_array_equal(measured(found, "money.committed_share", player="AAA"), 0)
    begun_line = outcome(begun(tmp_path / "a"))
    announced = 0.5 * 2000 + 0.6 * 1000 + 50
    share = measured(begun_line, "money.committed_share", player="AAA")
    np.testing.assert_allclose(share, SPENT * 1000 / announced, rtol=1e-3)
    of_line = measured(begun_line, "money.committed_share", player="CCC", of="line")
    np.testing.assert_allclose(of_line, SPENT, rtol=1e-3)
    np.testing.assert_array_equal(measured(begun_line, "money.committed_share", player="CCC", of=["rails"]), 0)
    built = outcome(standing(tmp_path / "b"))
    np.testing.assert_allclose(measured(built, "money.committed_share", player="CCC"), 1)
    shown = claims.measure("money.committed_share").figures
    assert shown is not None
    np.testing.assert_allclose([item.values[0] for item in shown(built, player="AAA")], [1000, announced])


def test_a_plan_without_the_line(case: tumen.Case) -> None:
    found = outcome(case, DRAWS, ("rails", "wider_road"))
    with pytest.raises(LookupError, match="leaves out `line`"):
        measured(found, "bargain.premium", initiative="line", player="AAA")
    assert (measured(found, "money.committed_share", player="CCC") == 0).all()


# ---- as claims


CLAIM = """claims:
  worth_it:
    said: It is worth something beyond money.
    by: Nobody
    source: yearbook
    measure: bargain.premium
    where: {initiative: line, player: AAA}
    test: at_least 100 MUSD
    envelope: line.capex * 0.12 / 2
"""


def test_a_claim_on_it_is_answered(tmp_path: Path) -> None:
    found = outcome(variant(tmp_path / "c", ("claims:\n", CLAIM)))
    asked = _take.question(found.case, "worth_it")
    assert claims.met(asked, claims.take(found, asked)).all()
    assert [item.unit for item in _take.beside(found, asked)] == ["MUSD/yr"] * 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("player: AAA}", "player: DDD}", "claims.worth_it.where.player: `DDD` does not bargain over this network"),
        ("player: AAA}", "player: AAA, capital: sunk}", "where.capital: `sunk` is none of ahead, committed"),
        ("player: AAA}", "player: AAA, year: 2020}", "where.year: `2020` is no year from 2024"),
        ("initiative: line, player", "initiative: lyne, player", "did you mean line?"),
        ("at_least 100 MUSD", "at_least 10 %", "bargain.premium is in MUSD"),
        (
            "bargain.premium\n    where: {initiative: line, player: AAA}",
            "money.committed_share\n    where: {player: AAA, of: [line, lyne]}",
            "where.of: `lyne` is no line of this case; did you mean line?",
        ),
    ],
)
def test_a_bad_claim_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert CLAIM.count(old) == 1
    assert text_of()
    with pytest.raises(tumen.CaseError) as caught:
        variant(tmp_path / "c", ("claims:\n", CLAIM.replace(old, new)))
    assert message in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("case.yaml:")
