"""Inducements in a case: what a declaration comes to in payments, by hand; what is refused, with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import tumen
from tumen import study
from tumen.initiatives.inducement import Bargain
from tumen.study import Plan

FOLDER = Path(__file__).parent / "inducements"
DRAWS = 64
VALUATION = 500.0


def variant(folder: Path, *changes: tuple[str, str]) -> Path:
    """The case with some of its text replaced."""
    shutil.copytree(FOLDER, folder)
    text = (folder / "case.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return folder


def outcome(case: tumen.Case, draws: int = DRAWS, /, **levers: float) -> tumen.Outcome:
    named = {name.replace("__", "."): value for name, value in levers.items()}
    return study.evaluate(case, study.draw(case, 1, 0, draws), Plan(levers=named))


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


def solved(case: tumen.Case, name: str = "promise", **levers: float) -> Bargain:
    return outcome(case, **levers).inducements[name]


# ---- closed forms


def test_the_payments_by_hand(case: tumen.Case) -> None:
    """A hazard of ln 2 a year ends half of the arrangements within a year: the factors are 0.8 / 2 and 0.5 / 2."""
    game = solved(case, quarrel__rate=float(np.log(2)), promise__valuation=VALUATION).game
    np.testing.assert_allclose(game.smallest, 0.75 * 500)
    np.testing.assert_allclose(game.largest, 0.4 * 0.5 * 1000)
    np.testing.assert_allclose(game.flips_at, 200 / 0.75)
    assert not game.works.any()


def test_relief_threat_and_deposit_by_hand(case: tumen.Case) -> None:
    """Factors of 0.8 and no hazard. To be spared 40 % of 10 a year for good is worth 4 / 0.2, beside 20 at once."""
    game = solved(case, "plain").game
    np.testing.assert_allclose(game.smallest, 0.2 * (200 - 20 - 20))
    np.testing.assert_allclose(game.largest, 0.8 * 40 + 0.2 * 30)
    np.testing.assert_allclose(game.flips_at, 40 + 38 / 0.2)
    assert game.works.all()


def test_a_threat_is_believed_altogether_where_nothing_is_said(tmp_path: Path) -> None:
    game = solved(tumen.load(variant(tmp_path / "c", ("    believed: 40 %\n", ""))), "plain").game
    np.testing.assert_allclose(game.smallest, 0.2 * (200 - 20 - 50))


def test_a_threat_outlives_the_arrangement(tmp_path: Path) -> None:
    """Its worth takes the target's own factor, 0.8, not that which the hazard shortens."""
    folder = variant(tmp_path / "c", ("    believed: 40 %\n", "    stopped_by: quarrel\n"))
    game = solved(tumen.load(folder), "plain", quarrel__rate=float(np.log(2))).game
    np.testing.assert_allclose(game.smallest, 0.6 * (200 - 20 - 50))


def test_what_comes_back_was_only_put_off(tmp_path: Path) -> None:
    """All regained when the arrangement ends, a year without it costs 0.2 of it, whatever the hazard; a threat too."""
    folder = variant(tmp_path / "c", ("    believed: 40 %\n", "    stopped_by: quarrel\n    regained: 100 %\n"))
    case = tumen.load(folder)
    for rate in (0.1, float(np.log(2)), 3.0):
        stays = np.exp(-rate)
        game = solved(case, "plain", quarrel__rate=rate).game
        np.testing.assert_allclose(game.smallest, 0.2 * (200 - 50) - (1 - 0.8 * stays) * 20)
        largest = 0.8 * stays * 40 + (1 - 0.8 * stays) * 30
        np.testing.assert_allclose(game.flips_at, 50 + (largest + (1 - 0.8 * stays) * 20) / 0.2)


def test_the_part_that_comes_back_is_discounted_to_its_end(tmp_path: Path) -> None:
    """By summing the years: of 500, half comes back at the end of year k with the chance 0.5^k, worth 0.5^k of it."""
    case = tumen.load(variant(tmp_path / "c", ("stopped_by: quarrel\n", "stopped_by: quarrel\n    regained: 50 %\n")))
    game = solved(case, quarrel__rate=float(np.log(2)), promise__valuation=VALUATION).game
    back = sum(0.5 * 500 * 0.5**k * 0.5**k for k in range(1, 60))
    paid = sum((0.5 * 0.5) ** k for k in range(60))
    np.testing.assert_allclose(game.smallest, (500 - back) / paid)
    np.testing.assert_allclose(game.flips_at, 200 * paid / (1 - back / 500))


def test_offers_are_counted_by_the_year(case: tumen.Case) -> None:
    """To have 300 at once is as good to the target as 0.75 x 300 a year as long as the arrangement lasts."""
    offers = solved(case, quarrel__rate=float(np.log(2))).offers
    assert list(offers) == ["old", "gift", "both"]
    np.testing.assert_allclose([offers[name][0] for name in offers], [10, 225, 235])
    assert all(values.shape == (DRAWS,) and not values.flags.writeable for values in offers.values())


def test_each_draw_has_its_own_rate(case: tumen.Case) -> None:
    found = outcome(case)
    stays = np.exp(-found.worlds.values["quarrel.rate"])
    np.testing.assert_allclose(found.inducements["promise"].game.largest, 0.8 * stays * 0.5 * 1000)
    assert len(np.unique(stays)) == DRAWS


# ---- signs


def test_a_higher_hazard_shrinks_what_is_credible_and_raises_what_persuades(case: tumen.Case) -> None:
    calm, troubled = (solved(case, quarrel__rate=rate, promise__valuation=VALUATION).game for rate in (0.1, 0.6))
    assert (troubled.largest < calm.largest).all()
    assert (troubled.smallest > calm.smallest).all()
    assert (troubled.flips_at < calm.flips_at).all()


def test_a_dearer_thing_takes_more_and_flips_the_answer_at_its_own_value(case: tumen.Case) -> None:
    flips = float(solved(case, "plain").game.flips_at[0])
    below, above = (solved(case, "plain", plain__valuation=flips * factor).game for factor in (0.999, 1.001))
    assert (below.smallest < above.smallest).all()
    assert below.works.all()
    assert not above.works.any()


def test_a_worse_threat_makes_the_target_cheaper(case: tumen.Case) -> None:
    mild, harsh = (solved(case, "plain", plain__threat=threat).game for threat in (0.0, 100.0))
    assert (harsh.smallest < mild.smallest).all()
    np.testing.assert_allclose(harsh.flips_at - mild.flips_at, 0.4 * 100 / 0.2)
    np.testing.assert_array_equal(harsh.largest, mild.largest)


def test_a_lever_moves_its_own_inducement_only(case: tumen.Case) -> None:
    base, moved = outcome(case), outcome(case, plain__valuation=400.0)
    np.testing.assert_array_equal(base.inducements["promise"].game.smallest, moved.inducements["promise"].game.smallest)
    assert (moved.inducements["plain"].game.smallest > base.inducements["plain"].game.smallest).all()


def test_a_plan_leaves_out_what_it_does_not_name(case: tumen.Case) -> None:
    found = study.evaluate(case, study.draw(case, 1, 0, DRAWS), Plan(include=("plain",)))
    assert list(found.inducements) == ["plain"]


# ---- what is refused


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    inducer: AAA\n",
            "    inducer: BBB\n",
            "case.yaml:12: initiatives.promise: `inducer` and `target` are two",
        ),
        ("    inducer: AAA\n", "    inducer: AAB\n", "did you mean AAA?"),
        ("stopped_by: quarrel", "stopped_by: quarel", "case.yaml:23: initiatives.promise.stopped_by: "),
        ("stopped_by: quarrel", "stopped_by: grow", "case.yaml:23: initiatives.promise.stopped_by: "),
        ("reversible: 50 %", "reversible: 150 %", "case.yaml:20: initiatives.promise.reversible: "),
        ("target_discount: 100 %/yr", "target_discount: 0 %/yr", "case.yaml:22: initiatives.promise.target_discount: "),
        ("benefit: 1000 MUSD/yr", "benefit: 1000 MUSD", "case.yaml:19: initiatives.promise.benefit: "),
        (
            "benefit: 1000 MUSD/yr",
            "benefit: 1000 MEUR/yr",
            "case.yaml:19: initiatives.promise.benefit: is in MEUR/yr; an inducement is told in USD",
        ),
        ("gift: {once: 300 MUSD}", "gift: {once: 300 MRUB}", "initiatives.promise.offered.gift.once: is in MRUB"),
        ("gift: {once: 300 MUSD}", "gift: {note: nothing}", "an offer says what is paid `yearly`, `once`, or both"),
        ("    threat: {lever: 10 MUSD/yr, from: 0 MUSD/yr, to: 100 MUSD/yr}\n", "", "`believed` says how far a"),
        ("    believed: 40 %\n", "    regained: 40 %\n", "`regained` is what comes back when the arrangement ends"),
        ("    what: a tunnel\n", "", "initiatives.plain.what: "),
        ("offered:\n", "ofered:\n", "did you mean offered?"),
    ],
)
def test_a_bad_declaration_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(tumen.CaseError) as caught:
        tumen.load(variant(tmp_path / "c", (old, new)))
    assert message in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("case.yaml:")


def test_every_key_is_described() -> None:
    from tumen import initiatives
    from tumen.case.fields import Initiative
    from tumen.initiatives.inducement import OfferTerms

    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    section = text[text.index("### `inducement`") : text.index("## `claims`")]
    own = set(initiatives.kinds()["inducement"].model_fields) - set(Initiative.model_fields)
    assert not [key for key in own | set(OfferTerms.model_fields) if f"`{key}`" not in section]
