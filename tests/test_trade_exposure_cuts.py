"""What both sides lose if ties are cut, and the command `tumen trade exposure`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trade_worlds
from tumen.cli import main
from tumen.errors import CaseError, UnknownName
from tumen.trade import Baseline, Shock

FLOWS = "exporter,importer,value\nA,A,100\nA,B,20\nB,A,10\nB,B,50\nC-D,C-D,30\nC-D,A,5\nA,C-D,5\nB,C-D,2\nC-D,B,2\n"


def balanced_world(size: int = 5, theta: float = 4.0) -> Baseline:
    trade = trade_worlds.flows(np.random.default_rng(3), size)
    return Baseline.from_arrays(trade + trade.T, trade_worlds.names(size), elasticity=theta)


def home_share(base: Baseline) -> np.ndarray:
    return np.asarray(base.flows[0].diagonal() / base.flows[0].sum(axis=0))


@pytest.mark.parametrize("closure", ["bilateral", "additive", "balanced"])
def test_autarky_costs_what_the_home_share_says(closure: str) -> None:
    base = balanced_world(theta=3.0)
    found = base.autarky_losses(closure)
    assert found["country"].tolist() == list(base.countries)
    assert found["loss"].to_numpy() == pytest.approx(1 - home_share(base) ** (1 / 3), rel=1e-9)
    assert set(found["reason"]) == {""}


def test_in_autarky_a_deficit_is_lost_too() -> None:
    base = trade_worlds.world(np.random.default_rng(4), 4)
    wanted = 1 - home_share(base) ** 0.25 * base.output / base.spending
    assert base.autarky_losses("bilateral")["loss"].to_numpy() == pytest.approx(wanted, rel=1e-8)
    additive = base.autarky_losses("additive")
    assert additive["loss"].isna().all()
    assert additive["reason"].str.contains("is cut off from the rest with a").all()


def test_all_pairs_that_trade_each_an_exact_equilibrium() -> None:
    trade = trade_worlds.flows(np.random.default_rng(5), 4)
    trade[0, 1] = trade[1, 0] = 0.0
    base = Baseline.from_arrays(trade, trade_worlds.names(4), elasticity=4.0)
    found = base.losses_from_cuts(closure="bilateral")
    assert list(found.columns) == ["a", "b", "loss_a", "loss_b", "reason"]
    assert len(found) == 5
    assert ("C00", "C01") not in set(zip(found["a"], found["b"], strict=True))
    for row in found.to_dict("records"):
        welfare = base.counterfactual(Shock.between(row["a"], row["b"]), "bilateral").welfare
        places = [base.countries.index(row[side]) for side in ("a", "b")]
        assert [row["loss_a"], row["loss_b"]] == pytest.approx(list(1 - welfare[places]), abs=1e-12)


@pytest.mark.parametrize("closure", ["bilateral", "balanced"])
def test_a_group_loses_what_its_members_do_in_money(closure: str) -> None:
    base = trade_worlds.world(np.random.default_rng(6), 5)
    groups = {"east": ["C00", "C01"], "west": ["C02", "C03"]}
    found = base.losses_from_cuts(groups=groups, closure=closure)
    assert found[["a", "b"]].to_numpy().tolist() == [["east", "west"]]
    after = base.counterfactual(Shock.between(groups["east"], groups["west"]), closure)
    spending = after.baseline.spending
    lost = spending * (1 - after.welfare)
    assert found.loc[0, "loss_a"] == pytest.approx(lost[:2].sum() / spending[:2].sum(), rel=1e-12)
    assert found.loc[0, "loss_b"] == pytest.approx(lost[2:4].sum() / spending[2:4].sum(), rel=1e-12)
    mixed = base.losses_from_cuts([("east", "C04"), ("C04", "west")], groups, closure)
    assert mixed["a"].tolist() == ["east", "C04"]


def star(home: float = 8.0) -> Baseline:
    """C00 trades with C01 only, with a deficit."""
    trade = np.array([[home, 1.0, 0.0], [1.5, 30.0, 4.0], [0.0, 3.0, 20.0]])
    return Baseline.from_arrays(trade, trade_worlds.names(3), elasticity=4.0)


def test_the_last_tie_cut_is_autarky() -> None:
    base = star()
    pair = [("C00", "C01")]
    cut = base.losses_from_cuts(pair, closure="bilateral")
    alone = base.autarky_losses("bilateral").set_index("country")["loss"]
    assert cut.loc[0, "loss_a"] == pytest.approx(alone["C00"], rel=1e-9)
    assert cut.loc[0, "loss_a"] == pytest.approx(1 - (8 / 9.5) ** 0.25 * 9 / 9.5, rel=1e-9)
    additive = base.losses_from_cuts(pair, closure="additive")
    assert np.isnan(additive.loc[0, ["loss_a", "loss_b"]].to_numpy(dtype=float)).all()
    assert "C00 is cut off from the rest with a deficit" in additive.loc[0, "reason"]


def test_a_country_that_makes_nothing_for_itself_cannot_live_alone() -> None:
    found = star(home=0.0).losses_from_cuts([("C00", "C01"), ("C01", "C02")])
    assert "C00" in found.loc[0, "reason"]
    assert np.isnan(found.loc[0, "loss_a"])
    assert found.loc[1, "reason"] == ""
    assert found.loc[1, "loss_b"] > 0


def test_many_sectors_lose_more_than_their_sum() -> None:
    """Without inputs, autarky costs the product of sectors' losses at their spending shares; a gap in one is told."""
    trade = trade_worlds.flows(np.random.default_rng(8), 3, imbalance=0.0)
    trade = trade + trade.T
    cube = np.array([trade, 2 * trade])
    theta = np.array([3.0, 6.0])
    base = Baseline.from_arrays(cube, trade_worlds.names(3), elasticity=theta)
    home = trade.diagonal() / trade.sum(axis=0)
    wanted = 1 - home ** (1 / 9) * home ** (2 / 18)
    assert base.autarky_losses()["loss"].to_numpy() == pytest.approx(wanted, rel=1e-8)
    cube[1, 0, 0] = 0.0
    reasons = Baseline.from_arrays(cube, trade_worlds.names(3), elasticity=theta).autarky_losses()["reason"]
    assert "no supplier is left for sector 2 in C00" in reasons[0]


def test_what_is_wrong_is_said_at_once() -> None:
    base = star()
    with pytest.raises(CaseError) as told:
        base.losses_from_cuts([("C00", "C00"), ("C0", "C01"), ("C01", "Y")])
    assert len(told.value.problems) == 3
    assert "C00 and C00 share C00" in str(told.value)
    with pytest.raises(CaseError, match="no country 'C9'"):
        base.losses_from_cuts(groups={"east": ["C9"], "west": ["C00"]})
    with pytest.raises(CaseError, match="has no members"):
        base.losses_from_cuts(groups={"east": [], "west": ["C00"]})
    with pytest.raises(CaseError, match="bears the name of a country"):
        base.losses_from_cuts(groups={"C01": ["C00"], "west": ["C02"]})
    with pytest.raises(CaseError, match="share C00"):
        base.losses_from_cuts(groups={"east": ["C00", "C01"], "west": ["C00"]})
    with pytest.raises(UnknownName, match="no closure"):
        base.losses_from_cuts(closure="none")


def tumen(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["tumen", "trade", "exposure", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    path = tmp_path / "flows.csv"
    path.write_text(FLOWS, encoding="utf-8")
    return path


def test_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, pairs, cuts = (tmp_path / name for name in ("out.csv", "pairs.csv", "cuts.csv"))
    words = ["--flows", str(flows), "--elasticity", "4", "--out", str(out), "--pairs", str(pairs)]
    cut = ["--cut", "A-B", "--cut", "C-D-A", "--cuts-out", str(cuts), "--closure", "world-share"]
    assert tumen(monkeypatch, *words, *cut) == 0
    printed = capsys.readouterr().out
    base = Baseline.from_table(flows, 4.0)
    exposure = base.exposure("world_share")
    pd.testing.assert_frame_equal(pd.read_csv(out), exposure.to_frame(), rtol=1e-10, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_csv(pairs), exposure.pairs(), rtol=1e-10, check_dtype=False)
    found = pd.read_csv(cuts)
    assert found[["a", "b"]].to_numpy().tolist() == [["A", "B"], ["C-D", "A"]]
    wanted = base.losses_from_cuts([("A", "B"), ("C-D", "A")], closure="world_share")
    assert found["loss_b"].to_numpy() == pytest.approx(wanted["loss_b"].to_numpy(), rel=1e-10)
    assert "Exposure of 3 countries" in printed
    assert "loss_a" in printed


def test_cuts_of_all_pairs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path) -> None:
    cuts = tmp_path / "cuts.csv"
    words = ["--flows", str(flows), "--elasticity", "4", "--out", str(tmp_path / "out.csv"), "--cuts-out", str(cuts)]
    assert tumen(monkeypatch, *words) == 0
    bilateral = Baseline.from_table(flows, 4.0).losses_from_cuts()
    assert pd.read_csv(cuts)["loss_a"].to_numpy() == pytest.approx(bilateral["loss_a"].to_numpy(), rel=1e-10)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cut", "AB"), "expected two countries with a hyphen between"),
        (("--cut", "A-X"), "there is no country 'X'"),
        (("--cut", "A-A"), "share A"),
    ],
)
def test_a_cut_that_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flows: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    out = tmp_path / "out.csv"
    assert tumen(monkeypatch, "--flows", str(flows), "--elasticity", "4", "--out", str(out), *words) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.csv")
    assert tumen(monkeypatch, "--flows", str(tmp_path / "none.csv"), "--elasticity", "4", "--out", out) == 1
    assert "none.csv" in capsys.readouterr().err
