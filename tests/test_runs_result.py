"""What a run comes to: its tables and labelled data, and standard errors that mean what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm, t

import tumen
from tumen import Case, Result
from tumen.case import new_case
from tumen.claims import probability
from tumen.errors import TumenError, UnknownName
from tumen.uncertainty import stratified

DRAWS = 1024


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("cases") / "schools"
    new_case(folder)
    return tumen.load(folder)


@pytest.fixture(scope="module")
def result(case: Case) -> Result:
    return tumen.run(case, draws=DRAWS, seed=3, keep=["money"])


@pytest.fixture(scope="module")
def bundled(reference_run: Result) -> Result:
    return reference_run


class TestFrames:
    def test_agree_with_the_answers(self, case: Case, result: Result) -> None:
        answer = result.claims["relief"]
        frame = result.to_frame("money.relief", initiative="settlement", rate="5 %/yr")
        assert list(frame.index) == ["money.relief"]
        assert list(frame.columns) == ["mean", "p05", "p25", "p50", "p75", "p95"]
        row = frame.loc["money.relief"]
        assert (row["p05"], row["p50"], row["p95"]) == (answer.p05, answer.median, answer.p95)

    def test_agree_draw_by_draw_with_the_data(self, result: Result) -> None:
        frame = result.to_frame("money.relief", initiative="settlement", rate="5 %/yr", each_draw=True)
        assert frame.shape == (DRAWS, 1)
        kept = result.data["claims"]["value"].sel(claim="relief")
        assert np.array_equal(frame["money.relief"], kept)

    def test_by_year(self, case: Case, result: Result) -> None:
        where = {"initiative": "settlement", "cost": "school_cost"}
        frame = result.to_frame("money.fund_coverage", **where)
        assert tuple(frame.index) == case.years
        draws = result.to_frame("money.fund_coverage", **where, each_draw=True)
        assert draws.shape == (DRAWS, len(case.years))
        assert np.allclose(draws.mean(), frame["mean"], rtol=1e-12)
        assert np.allclose(draws.quantile(0.25), frame["p25"], rtol=1e-12)
        answer = result.claims["ten_schools"]
        by_2035 = draws.loc[:, 2024:2035].max(axis=1)
        assert np.median(by_2035) == answer.median
        assert np.mean(by_2035 >= 10) == answer.probability

    def test_of_a_run_read_back(self, case: Case, result: Result, tmp_path: Path) -> None:
        tumen.run(case, draws=DRAWS, seed=3, keep=["money"], out=tmp_path)
        known = tumen.open_run(tmp_path)
        where = {"initiative": "settlement", "rate": "5 %/yr"}
        assert known.to_frame("money.relief", **where).equals(result.to_frame("money.relief", **where))

    def test_under_a_scenario(self, case: Case) -> None:
        plain, pays = (tumen.run(case, draws=256, scenario=name) for name in (None, "pays_in_full"))
        shares = [run.to_frame("money.paid_share", initiative="settlement")["mean"].item() for run in (plain, pays)]
        assert shares[0] < 0.9
        assert shares[1] == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("measure", "where", "error", "message"),
        [
            ("money.releif", {}, UnknownName, "no measure 'money.releif'; did you mean money.relief"),
            ("money.relief", {}, TumenError, "money.relief: initiative: is missing"),
            (
                "money.relief",
                {"initiative": "setlement", "rate": "5 %/yr"},
                TumenError,
                "money.relief: initiative: `setlement` is no debt_treatment of this case; did you mean settlement",
            ),
            (
                "money.relief",
                {"initiative": "settlement", "rat": "5 %/yr"},
                TumenError,
                r"money.relief: rat: the measure takes no `rat`; did you mean rate\?; money.relief: rate: is missing",
            ),
            ("money.relief", {"initiative": "settlement", "rate": "5 km"}, TumenError, "money.relief: rate: .*5 km"),
            ("money.relief", {"initiative": "settlement", "rate": 0.05}, TumenError, "0.05. is a plain number"),
            (
                "trade.two_way",
                {"between": ("AAA", "BBB")},
                TumenError,
                "the case has no trade path between AAA and BBB",
            ),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, result: Result, measure: str, where: dict[str, object], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            result.to_frame(measure, **where)

    def test_trade_of_the_bundled_case(self, bundled: Result) -> None:
        frame = bundled.to_frame("trade.two_way", between=("RUS", "PRK"))
        assert tuple(frame.index) == bundled.case.years
        assert (frame["p05"] < frame["p50"]).loc[2015:].all()
        where = dict(bundled.case.claims["trade_2020"].where)
        last = int(where.pop("by"))
        draws = bundled.to_frame("trade.two_way", **where, each_draw=True)
        assert np.median(draws.loc[:, 2014:last].max(axis=1)) == bundled.claims["trade_2020"].median


class TestData:
    def test_groups_and_units(self, result: Result) -> None:
        data = result.data
        assert set(data.children) == {"worlds", "money", "claims"}
        assert data.attrs["title"] == result.case.title
        assert data["claims"]["value"].dims == ("claim", "draw")
        assert dict(zip(data["claims"]["claim"].values, data["claims"]["unit"].values, strict=True)) == {
            name: answer.unit for name, answer in result.claims.items()
        }
        assert data["money"]["line_mean"].attrs["units"] == "millions of its own currency"
        assert set(data["money"]["currency"].values) == {"USD"}

    def test_wide_arrays_keep_summaries_unless_asked(self, case: Case, result: Result) -> None:
        assert "line_draws" not in tumen.run(case, draws=256).data["money"]
        money = result.data["money"]
        assert money["line_draws"].dims == ("line", "draw", "year")
        assert np.allclose(money["line_draws"].mean("draw"), money["line_mean"], rtol=1e-12, atol=1e-12)
        assert np.allclose(money["line_draws"].std("draw"), money["line_sd"], rtol=1e-9, atol=1e-9)
        low, high = money["stock_draws"].quantile([0.05, 0.95], "draw")
        assert np.allclose(low, money["stock_quantile"].sel(level=0.05))
        assert np.allclose(high, money["stock_quantile"].sel(level=0.95))

    def test_the_file_holds_the_same(self, case: Case, result: Result, tmp_path: Path) -> None:
        tumen.run(case, draws=DRAWS, seed=3, keep=["money"], out=tmp_path)
        with xr.open_datatree(tmp_path / "results.nc") as data:
            assert data.identical(result.data)

    def test_answers_are_looked_up_like_a_mapping(self, result: Result) -> None:
        answers = result.claims
        assert "relief" in answers
        assert "releif" not in answers
        assert answers.get("relief") is answers["relief"]
        assert answers.get("releif") is None
        assert answers.get("releif", 3) == 3
        with pytest.raises(UnknownName, match="there is no claim 'releif'; did you mean relief"):
            answers["releif"]

    def test_a_result_shows_its_answers(self, result: Result) -> None:
        assert repr(result).startswith(
            "A debt settlement between two neighbours (invented figures): 1,024 draws, seed 3\n"
        )
        assert "ten_schools" in result._repr_html_()


def _exact(kind: str) -> tuple[float, float]:
    """A threshold and the exact probability of a problem whose answer is known."""
    if kind == "sum":  # of two normals, one of them three times the other
        return 4.0, float(norm.sf(4.0 / np.sqrt(10.0)))
    if kind == "one":  # one uniform: strata leave almost nothing to chance
        return 0.7137, 1.0 - 0.7137
    return 0.3, 0.3 - 0.3 * np.log(0.3)  # a product of two uniforms is at most 0.3


def _passed(kind: str, seed: int, chunks: int) -> np.ndarray:
    threshold, _ = _exact(kind)
    first, second = (
        np.concatenate([stratified(seed, chunk, name, 256) for chunk in range(chunks)]) for name in ("first", "second")
    )
    if kind == "sum":
        return norm.ppf(first) + 3.0 * norm.ppf(second) >= threshold
    if kind == "one":
        return first >= threshold
    return first * second <= threshold


class TestStandardErrors:
    @pytest.mark.parametrize("kind", ["sum", "one", "product"])
    def test_cover_a_known_probability(self, kind: str) -> None:
        """Of 400 runs of 16 chunks, 95 % come within 2.13 standard errors, the 97.5 % point of t with 15 degrees."""
        _, exact = _exact(kind)
        reach, runs = float(t.ppf(0.975, 15)), 400
        answers = [probability(_passed(kind, seed, 16)) for seed in range(runs)]
        covered = sum(abs(share - exact) <= reach * se for share, se in answers) / runs
        assert 0.92 <= covered <= 0.98
        shares = np.array([share for share, _ in answers])
        assert shares.mean() == pytest.approx(exact, abs=4 * shares.std() / np.sqrt(runs))
        assert np.sqrt(np.mean([se**2 for _, se in answers])) == pytest.approx(shares.std(), rel=0.1)

    def test_strata_leave_less_to_chance_than_the_textbook_says(self) -> None:
        _, exact = _exact("sum")
        _, se = probability(_passed("sum", 1, 64))
        assert se < 0.8 * np.sqrt(exact * (1 - exact) / (64 * 256))

    def test_halves_of_the_draws_agree(self, case: Case, bundled: Result) -> None:
        """The first and the last half of the draws, claim by claim; 3.5 errors, for dozens of claims are looked at."""
        compared = 0
        for run in (tumen.run(case), bundled):
            for name, answer in run.claims.items():
                values = run.data["claims"]["value"].sel(claim=name).values
                passed = _met(answer.test, answer.threshold, values)
                assert probability(passed) == (answer.probability, answer.se)
                middle = passed.size // 2
                (first, a), (last, b) = probability(passed[:middle]), probability(passed[middle:])
                textbook = np.sqrt(answer.probability * (1 - answer.probability) / middle)  # few chunks tell little
                assert abs(first - last) <= 3.5 * max(np.hypot(a, b), textbook), name
                compared += first != last
        assert compared >= 5


def _met(test: str, threshold: tuple[float, ...], values: np.ndarray) -> np.ndarray:
    kind = test.partition(" ")[0]
    if kind == "at_least":
        return values >= threshold[0] * (1 - 1e-12)
    if kind == "between":
        return (values >= threshold[0]) & (values <= threshold[1])
    return values <= threshold[0] * (1 + 1e-12)
