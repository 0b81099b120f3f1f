"""Estimating the forecast: simulated panels give back what made them, files of parameters, and the command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast_support import gravity_panel, lively, made, returning_panel, world
from targets_support import GOOD, written
from tumen._cli_target import _years
from tumen.cli import main
from tumen.errors import CaseError
from tumen.trade._forecast_features import FEATURES
from tumen.trade._forecast_fit import _lasting, _location_scale, _usual, taught_by
from tumen.trade._forecast_parameters import SETS, TABLED, Horizon
from tumen.trade.forecast import (
    FlowPanel,
    Parameters,
    backtest,
    estimate,
    estimate_vintages,
    from_json,
    read_parameters,
    to_json,
)

STAYS, SPREAD = 0.8, 0.2


@pytest.fixture(scope="module")
def panel() -> FlowPanel:
    return returning_panel(1, stays=STAYS, spread=SPREAD)


@pytest.fixture(scope="module")
def found(panel: FlowPanel) -> Parameters:
    return estimate(panel, horizons=(1, 5), sets=("base", "world"))


def slope(h: Horizon, name: str, which: str = "world") -> float:
    return float(h.location[1 + SETS[which][0].index(name)])


def test_what_all_have_in_common_is_found(found: Parameters) -> None:
    assert found.last == 2005
    assert found.drift == pytest.approx(0.03, abs=0.005)
    assert np.abs(found.shocks).max() < 0.2  # of medians of 231 pairs, widened


def test_flows_return_to_potential_as_they_were_made_to(found: Parameters, panel: FlowPanel) -> None:
    """Of a gap 1 − 0.8^h is lost in h years; what the fit makes of all features is set against that."""
    known = taught_by(panel, found.last, None, (1, 5))
    held = np.clip(
        np.where(np.isfinite(known.x), known.x, found.centre[:, None, None]), found.low[:, None, None],
        found.high[:, None, None],
    ) - found.centre[:, None, None]  # fmt: skip
    for h in found.sets["world"]:
        places = [FEATURES.index(name) for name in SETS["world"][0]]
        expected = h.location[0] + np.tensordot(h.location[1:], held[places], 1)
        gap = panel.gap[known.rows]
        assert np.polyfit(gap, expected[known.rows], 1)[0] == pytest.approx(STAYS**h.years - 1, abs=0.06)


def test_scale_is_that_of_what_is_left(found: Parameters, panel: FlowPanel) -> None:
    for h in found.sets["world"]:
        left = SPREAD * np.sqrt((1 - STAYS ** (2 * h.years)) / (1 - STAYS**2))
        wide = (h.residual[TABLED.index(0.95)] - h.residual[TABLED.index(0.05)]) / (2 * 1.645)
        assert np.exp(h.log_scale[0]) * wide == pytest.approx(left, rel=0.12)


def test_a_random_walk_does_not_return() -> None:
    rng, walk = np.random.default_rng(2), returning_panel(3)
    steps = rng.normal(0.03, 0.2, walk.flows.shape).cumsum(axis=1)
    walk = FlowPanel(walk.years, walk.countries, walk.a, walk.b, 40.0 * np.exp(steps))
    h = estimate(walk, horizons=(1, 2, 4), sets=("own",)).sets["own"][0]
    assert slope(h, "recent", "own") == pytest.approx(0.0, abs=0.06)
    assert slope(h, "decade", "own") == pytest.approx(0.0, abs=0.06)


def test_a_normal_is_no_student_s_t_without_bounds() -> None:
    """Of normal errors the likelihood has no finite degrees of freedom; of a constant feature no slope is told."""
    rng = np.random.default_rng(8)
    for n in (300, 5000):
        x = rng.normal(size=(2, n))
        x[1] = 0.5
        y = 0.3 + 0.2 * x[0] + np.exp(-1.0 + 0.1 * x[0]) * rng.uniform(-1.7, 1.7, n)
        location, log_scale = _location_scale(x, x[:1], y, np.full(n, 1 / n))
        np.testing.assert_allclose(location[0] + 0.5 * location[2], 0.3, atol=0.05)
        np.testing.assert_allclose(location[1], 0.2, atol=0.05)
        np.testing.assert_allclose(log_scale, [-1.0, 0.1], atol=0.1)


def test_luck_lasts_as_it_was_made_to() -> None:
    steps = np.random.default_rng(1).normal(size=(4000, 12)).cumsum(axis=1)
    series = {h: steps[:, h - 1] for h in (1, 2, 4, 8, 12)}
    assert _lasting(series) == pytest.approx(0.5, abs=0.03)
    assert _lasting({5: series[4]}) == 0.5
    assert _lasting({1: np.full(9, np.nan), 2: np.ones(9)}) == 0.5


def test_its_own_range_holds_what_comes() -> None:
    inside = []
    for seed in (5, 6):
        panel = returning_panel(seed)
        taught = np.arange(len(panel.a)) % 2 == 0
        asked = np.flatnonzero(~taught)
        quantiles = backtest(panel, taught, asked, 1999, (1, 5), (0.05, 0.5, 0.95))
        column = panel.years.index(1999)
        for k, h in enumerate((1, 5)):
            came = np.log(panel.flows[asked, column + h] / panel.flows[asked, column])
            inside.append(((quantiles[:, k, 0] < came) & (came < quantiles[:, k, 2])).mean())
            assert (quantiles[:, k, 1] < came).mean() == pytest.approx(0.5, abs=0.15)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)


def test_nothing_after_the_last_year_teaches() -> None:
    panel = returning_panel(7)
    flows = panel.flows.copy()
    flows[:, 40:] *= np.random.default_rng(1).lognormal(0, 3, flows[:, 40:].shape)
    changed = FlowPanel(panel.years, panel.countries, panel.a, panel.b, flows)
    texts = [to_json((estimate(p, 1999, horizons=(1, 3), sets=("world",)),)) for p in (panel, changed)]
    assert texts[0] == texts[1]
    assert texts[0] != to_json((estimate(changed, 2001, horizons=(1, 3), sets=("world",)),))


@pytest.mark.parametrize(
    ("years", "last", "message"),
    [(3, None, "0 origins in 3 years; expected at least 1,000"), (3, 1999, "no year 1999; it has 2000 to 2002")],
)
def test_a_panel_that_is_too_small_teaches_nothing(years: int, last: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimate(gravity_panel(1, n=16, years=years)[0], last)


def test_the_vintages_are_those_of_the_package_as_far_as_the_panel_goes(panel: FlowPanel) -> None:
    assert _usual(panel) == [1994, 1997, 2000, 2003, 2005]
    early = FlowPanel(tuple(range(1968, 1997)), panel.countries, panel.a, panel.b, panel.flows[:, :29])
    assert _usual(early) == [1996]
    late = FlowPanel(tuple(range(1978, 2024)), panel.countries, panel.a, panel.b, panel.flows)
    assert _usual(late) == [2009, 2011, 2013, 2023]


def test_all_vintages_that_cannot_be_taught_are_told(panel: FlowPanel) -> None:
    with pytest.raises(CaseError) as told:
        estimate_vintages(panel, [1970, 2020])
    assert len(told.value.problems) == 2
    with pytest.raises(CaseError, match="no vintage"):
        estimate_vintages(panel, [])


# ---- files


def test_parameters_come_back_from_their_text() -> None:
    both = (lively(1), lively(2, last=2001))
    text = to_json(both)
    back = from_json(text)
    assert to_json(back) == text
    assert [one.last for one in back] == [1994, 2001]
    np.testing.assert_allclose(back[1].sets["world"][2].location, both[1].sets["world"][2].location, atol=5e-5)
    assert not back[0].shocks.flags.writeable
    assert repr(back[0]).startswith("what the panel to 1994 teaches: +4.0% a year in common")


def _broken(change: str) -> str:
    data = json.loads(to_json((made(), made(last=2005))))
    second = data["vintages"][1]
    if change == "format":
        data["format"] = "other"
    elif change == "none":
        data["vintages"] = []
    elif change == "order":
        second["last"] = 1990
    elif change == "missing":
        del second["drift"]
    elif change == "short":
        second["centre"] = second["centre"][:-1]
    elif change == "infinite":
        second["lasting"] = float("nan")
    elif change == "horizons":
        second["sets"]["own"][3][0] = 2
    elif change == "uneven":
        second["sets"]["own"].pop()
    elif change == "text":
        second["low"] = "low"
    elif change == "list":
        data["vintages"][1] = [1, 2]
    return json.dumps(data)


BROKEN = {
    "format": "no format 'tumen-trade-forecast-1'", "none": "no vintages", "order": "vintages are 2000, 1990",
    "missing": "vintage 2: 'drift' is missing", "short": "vintage 2: centre has the shape", "infinite": "lasting",
    "horizons": "the horizons of own", "uneven": "different horizons", "text": "vintage 2: could not convert",
    "list": "vintage 2: it is no table",
}  # fmt: skip


@pytest.mark.parametrize("change", BROKEN)
def test_a_file_that_is_none_of_parameters_says_why(change: str, tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(_broken(change))
    with pytest.raises(CaseError) as told:
        read_parameters(path)
    assert BROKEN[change] in str(told.value)
    assert "tumen target estimate" in str(told.value)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("data", [b"", b"id,p\n1,2\n", b"\xff\xfe\x00", b"[]", b"null"])
def test_what_is_no_json_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "parameters.json").write_bytes(data)
    with pytest.raises(CaseError, match="is no file of parameters"):
        read_parameters(tmp_path / "parameters.json")
    with pytest.raises(CaseError, match="cannot be read"):
        read_parameters(tmp_path / "none.json")


# ---- the command


def command(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["tumen", *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def _table(panel: FlowPanel, until: int) -> pd.DataFrame:
    pair, year = np.nonzero(np.isfinite(panel.flows) & (np.array(panel.years) <= until))
    names = np.array(panel.countries)
    one = pd.DataFrame(
        {
            "year": np.array(panel.years)[year], "exporter": names[panel.a[pair]], "importer": names[panel.b[pair]],
            "value": panel.flows[pair, year] / 2,
        }
    )  # fmt: skip
    return pd.concat([one, one.rename(columns={"exporter": "importer", "importer": "exporter"})])


def test_the_command_estimates_what_forecasts_then_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _table(returning_panel(1, n=15), 1997).to_csv(tmp_path / "panel.csv", index=False)
    out = tmp_path / "own.json"
    words = ("target", "estimate", tmp_path / "panel.csv", "--out", out)
    assert command(monkeypatch, *words, "--vintages", "1997") == 0
    assert "Estimated to 1997." in capsys.readouterr().out
    assert [one.last for one in read_parameters(out)] == [1997]
    assert _years(" 1994, 1997,") == [1994, 1997]
    targets = written(tmp_path, GOOD)
    chances = []
    for given in ((), ("--parameters", out)):
        asked = ("target", "forecast", targets, *given, "--out", tmp_path / "chances.csv")
        assert command(monkeypatch, *asked) == 0
        chances.append(pd.read_csv(tmp_path / "chances.csv")["probability"][0])
    assert chances[0] != chances[1]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_command_says_what_is_wrong_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world(2005, 2013).to_csv(tmp_path / "short.csv", index=False)
    out = tmp_path / "own.json"
    words = ("target", "estimate", tmp_path / "short.csv", "--out", out)
    assert command(monkeypatch, *words, "--vintages", "2010,1950") == 1
    told = capsys.readouterr().err
    assert "vintage 1950: the panel has no year 1950; it has 2005 to 2013" in told
    assert "vintage 2010: the panel has" in told
    assert command(monkeypatch, *words, "--vintages", "2010;11") == 2
    assert "expected years with commas between" in capsys.readouterr().err

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tumen.trade.forecast.estimate_vintages", stopped)
    assert command(monkeypatch, *words) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["short.csv"]
    bad = ("target", "forecast", written(tmp_path, GOOD), "--parameters", tmp_path / "short.csv", "--out", out)
    assert command(monkeypatch, *bad) == 1
    assert "is no file of parameters" in capsys.readouterr().err
    assert not out.exists()
