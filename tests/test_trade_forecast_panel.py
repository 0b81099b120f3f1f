"""The world's two-way flows, their gap to gravity potential, and what the forecast looks at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_support import COUNTRIES, ends, gravity_panel, world
from tumen.trade._flow_panel import log_distance
from tumen.trade._forecast_features import FEATURES, eligible, features
from tumen.trade.forecast import FlowPanel, read_flow_panel


def feature(name: str, flows: np.ndarray, gap: np.ndarray, years: tuple[int, ...]) -> np.ndarray:
    return np.asarray(features(flows, gap, np.zeros_like(flows), years)[FEATURES.index(name)])


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ("RUS", "CHN", 5800), ("KOR", "PRK", 195), ("GBR", "FRA", 343), ("USA", "GBR", 5900), ("AUS", "NZL", 2330),
        ("ESP", "NZL", 19_900), ("COD", "COG", 50),
    ],
)  # fmt: skip
def test_capitals_are_as_far_apart_as_on_the_map(a: str, b: str, km: float) -> None:
    there, back = np.exp(log_distance([a, b], [b, a]))
    assert there == pytest.approx(km, rel=0.015, abs=8)
    assert there == back


def test_what_lies_nowhere_has_no_distance() -> None:
    assert np.isnan(log_distance(["RUS", "XXX"], ["XXX", "CHN"])).all()


def test_gaps_are_those_of_a_simulated_world() -> None:
    panel, gap = gravity_panel(1)
    for year in range(gap.shape[1]):
        # country effects take up a share of the gaps of 780 pairs, 41 parameters' worth
        left = panel.gap[:, year] - gap[:, year]
        assert left.std() < 0.12
        assert np.corrcoef(panel.gap[:, year], gap[:, year])[0, 1] > 0.95
        assert np.polyfit(gap[:, year], panel.gap[:, year], 1)[0] == pytest.approx(0.95, abs=0.05)


def test_an_absurd_figure_moves_only_its_own_gap_much() -> None:
    panel, _ = gravity_panel(1, years=1)
    flows = panel.flows.copy()
    flows[7] *= 1e6
    moved = replace(panel, flows=flows).gap[:, 0] - panel.gap[:, 0]
    assert moved[7] > 12
    assert np.abs(np.delete(moved, 7)).max() < 0.25


@given(data=st.data())
@settings(max_examples=15)
def test_a_gap_knows_nothing_of_other_years(data: st.DataObject) -> None:
    panel, _ = gravity_panel(2, n=18)
    flows = panel.flows.copy()
    other = data.draw(st.lists(st.integers(0, len(flows) - 1), min_size=1, max_size=60))
    flows[other, 2] = data.draw(st.sampled_from([np.nan, 1e-9, 1e12]))
    flows[other[0], 0] = 3.0
    changed = replace(panel, flows=flows)
    assert changed.gap[:, 1].tobytes() == panel.gap[:, 1].tobytes()
    assert changed.gap[:, 2].tobytes() != panel.gap[:, 2].tobytes()
    kept = np.delete(np.arange(len(flows)), other)  # pairs that come later change nothing either
    late = np.isnan(panel.flows)
    late[other, 1] = True
    without = replace(panel, flows=np.where(late, np.nan, panel.flows))
    fewer = FlowPanel(panel.years, panel.countries, panel.a[kept], panel.b[kept], panel.flows[kept])
    assert fewer.gap[:, 1].tobytes() == without.gap[kept, 1].tobytes()


def test_a_gap_is_free_of_the_unit() -> None:
    panel, _ = gravity_panel(3, n=20)
    scaled = replace(panel, flows=panel.flows * np.array([1.0, 1e-3, 4e5]))
    np.testing.assert_allclose(scaled.gap, panel.gap, atol=1e-9)


def test_the_order_of_rows_and_of_sides_does_not_matter() -> None:
    table = world(2009, 2013)
    panel = read_flow_panel(table)
    mixed = read_flow_panel(table.sample(frac=1, random_state=1))
    turned = read_flow_panel(table.rename(columns={"exporter": "importer", "importer": "exporter"}))
    assert panel.gap.tobytes() == mixed.gap.tobytes() == turned.gap.tobytes()
    assert repr(panel) == "765 two-way flows of 153 pairs of 206 countries, 2009-2013"
    at = panel.place("RUS", "CHN")
    assert at == panel.place("CHN", "RUS") >= 0
    assert panel.place("RUS", "PRK") == panel.place("RUS", "Atlantis") == -1
    both = table[
        (table["year"] == 2012) & table["exporter"].isin(["RUS", "CHN"]) & table["importer"].isin(["RUS", "CHN"])
    ]
    assert panel.flows[at, 3] == pytest.approx(both["value"].sum(), rel=1e-12)


def test_years_from_before_on_are_not_read() -> None:
    assert read_flow_panel(world(2009, 2013), before=2012).years == (2009, 2010, 2011)


def test_few_pairs_have_no_potential_and_no_figures_no_panel() -> None:
    small, _ = gravity_panel(4, n=14)  # 91 pairs
    assert np.isnan(small.gap).all()
    unknown = ("XXX", *COUNTRIES[1:18])
    a, b = ends(18)
    panel = FlowPanel((2000,), unknown, a, b, np.full((len(a), 1), 5.0))
    assert (np.isnan(panel.gap[:, 0]) == (a == 0)).all()
    empty = pd.DataFrame({"year": [2000], "exporter": ["RUS"], "importer": ["CHN"], "value": [-1.0]})
    none = read_flow_panel(empty)
    assert repr(none) == "no two-way flows"
    assert none.notes == ("the table: 1 rows are no figure: the value is negative or no number",)


def test_a_rise_is_what_both_grew_beyond_the_world() -> None:
    panel, _ = gravity_panel(5, n=20, years=2)
    flows = np.repeat(panel.flows[:, :1], 2, axis=1)
    flows[(panel.a == 0) | (panel.b == 0), 1] *= 1.5  # all trade of one country
    found = replace(panel, flows=flows).rise
    share = flows[:, 1].sum() / flows[:, 0].sum()
    assert np.isnan(found[:, 0]).all()
    with_it = (panel.a == 0) & (panel.b == 7)
    partner = flows[(panel.a == 7) | (panel.b == 7)].sum(axis=0)
    expected = np.log(1.5) + np.log(partner[1] / partner[0]) - 2 * np.log(share)
    assert found[with_it, 1] == pytest.approx(expected)


@given(column=st.sampled_from([0, 3]), data=st.data())
@settings(max_examples=10)
def test_a_rise_knows_two_years_only(column: int, data: st.DataObject) -> None:
    panel, _ = gravity_panel(2, n=16, years=4)
    flows = panel.flows.copy()
    flows[data.draw(st.lists(st.integers(0, 119), min_size=1, max_size=60)), column] = np.nan
    changed = replace(panel, flows=flows)
    assert changed.rise[:, 2].tobytes() == panel.rise[:, 2].tobytes()
    beside = 1 if column == 0 else 3
    assert changed.rise[:, beside].tobytes() != panel.rise[:, beside].tobytes()


def test_features_by_hand() -> None:
    years = tuple(range(1999, 2003))
    flows, gap = np.array([[100.0, 200.0, np.nan, 400.0]]), np.array([[0.5, 0.1, np.nan, 0.3]])
    log = np.log(flows[0])
    found = {
        name: feature(name, flows, gap, years)[0] for name in ("size", "recent", "decade", "gap", "usual", "restless")
    }
    np.testing.assert_allclose(found["size"], [0.03, np.log(2), np.nan, np.log(4) - 0.06], rtol=1e-12)
    # the last three years of 2002 have two figures
    np.testing.assert_allclose(found["recent"][[1, 3]], [log[:2].mean() - log[1], log[[1, 3]].mean() - log[3]])
    np.testing.assert_allclose(found["decade"][3], np.nanmean(log) - log[3])
    assert found["gap"][0] == pytest.approx(0.5, rel=0.01)  # of a small flow, and fades with size
    assert 0 < found["gap"][3] < 0.28
    assert feature("gap", flows * 1e5, gap, years)[0, 0] == 0.0
    np.testing.assert_allclose(found["usual"][3], 0.3 - 0.3, atol=1e-12)
    # one yearly change is known, of log 2, in 2000; none before
    np.testing.assert_allclose(found["restless"][[1, 3]], np.log(np.log(2)))
    assert np.isnan(found["restless"][0])


def test_means_reach_back_their_years_only() -> None:
    years = tuple(range(1980, 2000))
    flows = np.full((1, 20), 100.0)
    gap = np.zeros((1, 20))
    flows[0, 9], gap[0, 9] = 1e5, 3.0  # in the ten years up to the last but one
    early, late = (feature("decade", flows, gap, years)[0, k] for k in (18, 19))
    assert (early, late) == (pytest.approx(np.log(1e3) / 10), pytest.approx(0.0, abs=1e-12))
    assert feature("usual", flows, gap, years)[0, 18] == pytest.approx(0.3)
    assert feature("usual", flows, gap, years)[0, 19] == 0.0
    assert feature("recent", flows, gap, years)[0, 12] == 0.0
    assert feature("restless", flows, gap, years)[0, 19] == np.log(2.0)  # held to its bound


def test_later_years_change_no_feature() -> None:
    panel, _ = gravity_panel(6, n=16, years=25)
    whole = features(panel.flows, panel.gap, panel.rise, panel.years)
    cut = features(panel.flows[:, :20], panel.gap[:, :20], panel.rise[:, :20], panel.years[:20])
    assert whole[:, :, :20].tobytes() == cut.tobytes()


def test_who_is_forecast() -> None:
    flows = np.full((4, 12), 20.0)
    flows[1, 7:] = 9.9  # too small
    flows[2, :7] = np.nan  # five figures at last
    flows[3, 5:11] = np.nan  # four in the ten years before and one now
    found = eligible(flows)
    assert found[0].tolist() == [False] * 4 + [True] * 8
    assert found[1].tolist() == [False] * 4 + [True] * 3 + [False] * 5
    assert found[2].tolist() == [False] * 11 + [True]
    assert found[3].tolist() == [False] * 4 + [True] + [False] * 7
