"""Why two runs differ: changed inputs, changed answers, and which input changes which answer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import tumen
from equilibrium_support import SMALL_WORLD
from explanation_support import CLAIMS
from tumen import Comparison, Result, _compare_shares, cli
from tumen._compare import REMAINDER, ClaimChange, _median_error
from tumen._compare_inputs import changed_inputs
from tumen._compare_shares import OWN, TOGETHER, Share
from tumen.case import new_case
from tumen.errors import RunError, UnknownName

# The skeleton, so that a fund's cover is a product: (what is paid) x (share of the fund) / (cost of a school).
COST = ("    triangular: [20, 25, 40]\n    unit: MUSD\n", "    value: 25 MUSD\n")
SHARE = ("      share: 100 %\n", "      share: paid_in\n")
PAID = ("assumptions:\n", "assumptions:\n  paid_in: 30 %\n  unused: 1 MUSD\n")
QUICK = (  # no levers, no envelope: they take time and say nothing here
    ("    levers:\n      - settlement.haircut\n      - default.rate\n    envelope: 100 / 15 * 11 / school_cost\n", ""),
    ("    levers:\n      - settlement.payments_without_deal\n", ""),
    ("    test: at_least 1000 %\n", "    test: at_least 70 %\n"),
)
PRODUCT = (COST, SHARE, PAID, *QUICK)
CHEAP = ("    value: 25 MUSD\n", "    value: 12.5 MUSD\n")
LARGE = ("  paid_in: 30 %\n", "  paid_in: 60 %\n")


def written(folder: Path, *changes: tuple[str, str], file: str = "case.yaml") -> Path:
    """A file of a case with texts replaced."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder


def skeleton(folder: Path, *changes: tuple[str, str]) -> Path:
    new_case(folder)
    return written(folder, *changes)


def ran(folder: Path, seed: int = 1, draws: int = 256, scenario: str | None = None) -> Result:
    return tumen.run(folder, draws=draws, seed=seed, scenario=scenario, workers=1)


def total(found: Comparison, claim: str) -> tuple[float, float]:
    """The parts of a claim's change together, the remainder included: of the probability and of the median."""
    parts = found.explained(claim)
    return sum(part.probability for part in parts), sum(part.median or 0.0 for part in parts)


def by_input(found: Comparison, claim: str) -> dict[str, Share]:
    return {part.input: part for part in found.explained(claim)}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The first run: a case whose first claim is a product of what the tests change."""
    return ran(skeleton(tmp_path_factory.mktemp("cases") / "schools", *PRODUCT))


@pytest.fixture(scope="module")
def cheaper(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The same case with schools of half the cost."""
    return second(tmp_path_factory.mktemp("cases"), CHEAP)


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The same case with schools of half the cost and twice the share of the fund."""
    return second(tmp_path_factory.mktemp("cases"), CHEAP, LARGE)


def second(tmp_path: Path, *changes: tuple[str, str], seed: int = 1) -> Result:
    """The same case with further texts replaced."""
    folder = skeleton(tmp_path / "schools", *PRODUCT)
    return ran(written(folder, *changes), seed)


def assert_adds_up(found: Comparison) -> None:
    for change in found.claims:
        probability, median = total(found, change.claim)
        assert probability == pytest.approx(change.difference, abs=1e-12)
        assert change.median_difference is not None
        assert median == pytest.approx(change.median_difference, rel=1e-9, abs=1e-9)


class TestAttribution:
    def test_nothing_changed(self, product: Result) -> None:
        found = tumen.compare(product, product)
        assert found.paired
        assert found.inputs == found.shares == found.idle == ()
        assert all(change.same and not change.beyond and change.difference == 0 for change in found.claims)
        assert "2 claims are the same in every draw" in repr(found)

    def test_one_assumption_has_all_of_the_paired_difference(self, product: Result, cheaper: Result) -> None:
        found = tumen.compare(product, cheaper)
        (change,) = (item for item in found.inputs if item.kind == "figure")
        assert (change.name, change.before, change.after) == ("assumptions.school_cost", "25 MUSD", "12.5 MUSD")
        (part,) = found.explained("ten_schools")
        ends = [run.data["claims"]["value"].sel(claim="ten_schools").to_numpy() for run in (product, cheaper)]
        difference = (ends[1] > 0.7).astype(float) - (ends[0] > 0.7)
        assert part.input == "assumptions.school_cost"
        assert part.probability == pytest.approx(difference.mean(), abs=1e-15)
        assert part.probability > 0.1
        assert part.se == pytest.approx(difference.std(ddof=1) / 16)
        assert part.median == pytest.approx(np.median(ends[1]) - np.median(ends[0]))
        assert found.explained("relief") == ()
        assert found.claim("relief").same

    def test_of_a_product_each_has_the_same_where_both_double(self, product: Result, doubled: Result) -> None:
        found = tumen.compare(product, doubled)
        base = product.claims["ten_schools"].median
        parts = by_input(found, "ten_schools")  # M to 2M by either, to 4M by both
        assert parts.keys() == {"assumptions.school_cost", "assumptions.paid_in"}
        assert all(part.median == pytest.approx(1.5 * base) for part in parts.values())
        assert_adds_up(found)

    def test_of_a_product_in_closed_form(self, product: Result, tmp_path: Path) -> None:
        threefold = ("  paid_in: 30 %\n", "  paid_in: 90 %\n")
        found = tumen.compare(product, second(tmp_path, CHEAP, threefold))
        base, parts = product.claims["ten_schools"].median, by_input(found, "ten_schools")
        assert parts["assumptions.school_cost"].median == pytest.approx(((2 - 1) + (6 - 3)) / 2 * base)
        assert parts["assumptions.paid_in"].median == pytest.approx(((3 - 1) + (6 - 2)) / 2 * base)
        assert_adds_up(found)

    def test_an_input_that_nothing_uses_is_idle(self, product: Result, tmp_path: Path) -> None:
        found = tumen.compare(product, second(tmp_path, CHEAP, ("  unused: 1 MUSD\n", "  unused: 2 MUSD\n")))
        assert found.idle == ("assumptions.unused",)
        assert "Changes no answer: assumptions.unused." in repr(found)
        assert by_input(found, "ten_schools").keys() == {"assumptions.school_cost"}

    def test_a_claims_own_test_is_told_apart(self, product: Result, tmp_path: Path) -> None:
        after = second(tmp_path, CHEAP, ("at_least 70 %", "at_least 100 %"))
        found = tumen.compare(product, after)
        assert {item.name: item.kind for item in found.inputs}["claims.ten_schools.test"] == "claim"
        parts = by_input(found, "ten_schools")
        assert parts.keys() == {"assumptions.school_cost", OWN}
        values = [run.data["claims"]["value"].sel(claim="ten_schools").to_numpy() for run in (product, after)]
        v = {(x, low): (values[x] >= low).mean() for x in (0, 1) for low in (0.7, 1.0)}
        own = ((v[0, 1.0] - v[0, 0.7]) + (v[1, 1.0] - v[1, 0.7])) / 2
        assert own < 0
        assert parts[OWN].probability == pytest.approx(own, abs=1e-12)
        assert parts[OWN].median == 0
        assert_adds_up(found)

    def test_only_a_claims_test(self, product: Result, tmp_path: Path) -> None:
        found = tumen.compare(product, second(tmp_path, ("at_least 70 %", "at_least 10 %")))
        (part,) = found.explained("ten_schools")
        assert part.input == OWN
        assert part.probability == pytest.approx(found.claim("ten_schools").difference)
        assert part.probability > 0
        idle = tumen.compare(product, second(tmp_path / "idle", ("at_least 70 %", "at_least 70.0 %")))
        assert idle.idle == ("claims.ten_schools.test",)

    def test_what_makes_no_case_alone_is_joined(self, product: Result, tmp_path: Path) -> None:
        named = ("assumptions:\n", "assumptions:\n  written_off: 60 %\n")
        lever = ("    haircut:\n      lever: 80 %\n      from: 0 %\n      to: 100 %\n", "    haircut: written_off\n")
        found = tumen.compare(product, second(tmp_path, named, lever, CHEAP))
        one = "assumptions.written_off + initiatives.settlement.haircut"
        assert found.joined == (one,)
        assert by_input(found, "ten_schools").keys() == {one, "assumptions.school_cost"}
        base, parts = product.claims["ten_schools"].median, by_input(found, "ten_schools")
        assert parts[one].median == pytest.approx(1.5 * base)  # two fifths are paid in place of one
        assert_adds_up(found)

    def test_sampled_orders_add_up_as_well(
        self, product: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        haircut = ("      lever: 80 %\n", "      lever: 60 %\n")
        after = second(tmp_path, CHEAP, LARGE, haircut)
        exact = tumen.compare(product, after)
        monkeypatch.setattr(_compare_shares, "_EXACT", 1)
        sampled = tumen.compare(product, after)
        assert (exact.orders, sampled.orders) == (0, 2 * _compare_shares._ORDERS)
        assert_adds_up(sampled)
        for name, part in by_input(exact, "ten_schools").items():
            assert by_input(sampled, "ten_schools")[name].median == pytest.approx(part.median, rel=0.35)

    def test_many_idle_inputs_leave_the_rest_exact(self, product: Result, tmp_path: Path) -> None:
        many = "".join(f"  idle_{k}: 1 MUSD\n" for k in range(9))
        found = tumen.compare(product, second(tmp_path, CHEAP, LARGE, ("assumptions:\n", "assumptions:\n" + many)))
        assert found.orders == 0
        assert len(found.idle) == 9
        assert by_input(found, "ten_schools").keys() == {"assumptions.school_cost", "assumptions.paid_in"}

    def test_too_many_are_taken_by_section(self, product: Result, tmp_path: Path) -> None:
        many = "".join(f"  idle_{k}: 1 MUSD\n" for k in range(12))
        haircut = ("      lever: 80 %\n", "      lever: 60 %\n")
        changed = second(tmp_path, CHEAP, haircut, ("assumptions:\n", "assumptions:\n" + many))
        parts = by_input(tumen.compare(product, changed), "ten_schools")
        assert parts.keys() == {"assumptions (13 entries)", "initiatives.settlement.haircut"}

    def test_is_the_same_every_time(self, product: Result, doubled: Result) -> None:
        assert tumen.compare(product, doubled) == tumen.compare(product, doubled)

    def test_the_order_of_runs_turns_the_sign(self, product: Result, doubled: Result) -> None:
        there, back = tumen.compare(product, doubled), tumen.compare(doubled, product)
        for name, part in by_input(there, "ten_schools").items():
            other = by_input(back, "ten_schools")[name]
            assert part.probability == pytest.approx(-other.probability, abs=1e-12)
            assert part.median == pytest.approx(-(other.median or 0.0))

    def test_without_attribution(self, product: Result, cheaper: Result) -> None:
        found = tumen.compare(product, cheaper, attribute=False)
        assert found.shares == ()
        assert found.draws == 0
        assert found.claim("ten_schools").beyond

    @pytest.mark.parametrize("draws", [0, 10**9])
    def test_draws_that_cannot_be(self, product: Result, draws: int) -> None:
        with pytest.raises(ValueError, match="draws"):
            tumen.compare(product, product, draws=draws)


class TestSettings:
    def test_another_seed_is_a_remainder(self, product: Result, tmp_path: Path) -> None:
        found = tumen.compare(product, second(tmp_path, seed=2))
        assert not found.paired
        assert ("seed", "1", "2") in {(item.name, item.before, item.after) for item in found.inputs}
        assert {part.input for part in found.shares} == {REMAINDER}
        assert not any(change.same for change in found.claims)
        assert not found.claim("ten_schools").beyond
        assert_adds_up(found)

    def test_another_seed_and_a_change(self, product: Result, tmp_path: Path) -> None:
        found = tumen.compare(product, second(tmp_path, CHEAP, seed=2))
        parts = by_input(found, "ten_schools")
        assert parts["assumptions.school_cost"].median == pytest.approx(product.claims["ten_schools"].median)
        assert found.claim("ten_schools").beyond
        assert_adds_up(found)

    def test_few_draws_of_many(self, tmp_path: Path) -> None:
        folder = skeleton(tmp_path / "schools", *PRODUCT)
        before = ran(folder, draws=512)
        found = tumen.compare(before, ran(written(folder, CHEAP), draws=512))
        assert found.draws == 256
        assert_adds_up(found)
        whole = tumen.compare(before, ran(folder, draws=512), draws=4096)
        assert whole.draws == 512
        assert REMAINDER not in by_input(whole, "ten_schools")

    def test_a_scenario_is_told_by_what_it_sets(self, product: Result, tmp_path: Path) -> None:
        folder = skeleton(tmp_path / "schools", *PRODUCT)
        found = tumen.compare(product, ran(folder, scenario="pays_in_full"))
        told = {item.name: (item.before, item.after) for item in found.inputs}
        assert told["scenario"] == ("none", "pays_in_full")
        assert told["initiatives.settlement.stops_paying"] == ("default", "null")
        assert by_input(found, "ten_schools").keys() == {"initiatives.settlement.stops_paying"}
        assert_adds_up(found)

    def test_another_version(self, product: Result, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        tumen.run(product.case, draws=256, workers=1, out=folder)
        record = json.loads((folder / "run.json").read_text())
        record["versions"]["tumen"] = "0.0.1"
        (folder / "run.json").write_text(json.dumps(record))
        found = tumen.compare(folder, product)
        assert ("version of tumen", "0.0.1") in {(item.name, item.before) for item in found.inputs}
        assert all(change.same for change in found.claims)

    def test_two_different_cases(self, product: Result, tmp_path: Path) -> None:
        title = ("title: A debt settlement between two neighbours (invented figures)", "title: Quite another")
        folder = skeleton(tmp_path / "other", *PRODUCT, title)
        found = tumen.compare(product, ran(written(folder, CHEAP, LARGE)))
        assert "two different cases" in found.warnings[0]
        assert "Warning: two different cases" in repr(found)
        assert by_input(found, "ten_schools").keys() == {TOGETHER}
        assert_adds_up(found)


class TestInputs:
    def test_claims_that_one_run_has(self, product: Result, tmp_path: Path) -> None:
        renamed = second(tmp_path, ("  relief:\n", "  some_relief:\n"))
        found = tumen.compare(product, renamed)
        assert (found.only_before, found.only_after) == (("relief",), ("some_relief",))
        assert [change.claim for change in found.claims] == ["ten_schools"]
        assert "Only in the second: some_relief." in repr(found)

    def test_remarks_are_words(self, product: Result, tmp_path: Path) -> None:
        note = ("    note: a school of the size that the two sides spoke of\n", "    note: of another size\n")
        found = tumen.compare(product, second(tmp_path, note))
        (change,) = found.inputs
        assert (change.name, change.kind, change.piece) == ("assumptions.school_cost", "words", ())
        assert found.shares == ()
        assert "1 remark, title or source differs too." in repr(found)

    def test_an_entry_may_be_called_note(self, product: Result, tmp_path: Path) -> None:
        after = second(tmp_path, ("assumptions:\n", "assumptions:\n  note: 3 MUSD\n"))
        (change,) = changed_inputs(product.case, after.case)
        assert (change.name, change.before, change.after, change.kind) == ("assumptions.note", "", "3 MUSD", "figure")

    def test_a_table_by_its_rows(self, tmp_path: Path) -> None:
        runs: list[Result] = []
        row = (SMALL_WORLD / "flows.csv").read_text(encoding="utf-8").splitlines()[2]
        exporter, importer, good, value = row.split(",")
        for place, changes in (("first", []), ("again", [(row, row.removesuffix(value) + f"{2 * float(value):g}")])):
            folder = tmp_path / place / "world"
            shutil.copytree(SMALL_WORLD, folder)
            with (folder / "case.yaml").open("a", encoding="utf-8") as file:
                file.write(CLAIMS)
            (folder / "sources.yaml").write_text("speech: {title: A speech (invented), date: 2024-01-15}\n")
            runs.append(ran(written(folder, *changes, file="flows.csv")))
        found = tumen.compare(*runs)
        (change,) = found.inputs
        assert change.name == f"flows.csv [{exporter}, {importer}, {good}] value"
        assert (change.before, float(change.after)) == (value, 2 * float(value))
        assert {part.input for part in found.shares} == {change.name}
        assert any(change.beyond for change in found.claims)
        assert_adds_up(found)


class TestErrors:
    def test_of_medians_that_are_independent(self) -> None:
        rng = np.random.default_rng(1)
        x, y = rng.standard_normal((2, 40_000))
        assert _median_error(x, y, paired=False) == pytest.approx(np.sqrt(2 * np.pi / 2 / 40_000), rel=0.05)

    def test_of_medians_on_the_same_worlds(self) -> None:
        rng = np.random.default_rng(2)
        x = rng.standard_normal(40_000)
        assert _median_error(x, x + 3, paired=True) == pytest.approx(0, abs=1e-12)
        y = x + rng.standard_normal(40_000)
        spread = np.std([np.median(y[k::400]) - np.median(x[k::400]) for k in range(400)])
        assert _median_error(x, y, paired=True) == pytest.approx(spread / 20, rel=0.15)

    def test_a_shapley_value_by_its_definition(self) -> None:
        rng = np.random.default_rng(3)
        values = rng.standard_normal((5, 8))
        found = _compare_shares._shapley(values)
        for k in range(3):
            added = [_added(values, order, k) for order in permutations(range(3))]
            assert found[:, k] == pytest.approx(np.mean(added, axis=0))

    def test_what_is_no_run(self, product: Result, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="is no finished run"):
            tumen.compare(tmp_path, product)
        folder = tmp_path / "run"
        tumen.run(product.case, draws=256, workers=1, out=folder)
        (folder / "answers.json").write_text("[", encoding="utf-8")
        with pytest.raises(RunError, match=r"answers\.json"):
            tumen.compare(product, folder)

    def test_an_unknown_claim(self, product: Result) -> None:
        found = tumen.compare(product, product)
        with pytest.raises(UnknownName, match="did you mean ten_schools"):
            found.claim("ten_school")


def _added(values: np.ndarray, order: Sequence[int], player: int) -> np.ndarray:  # type: ignore[type-arg]
    """What one adds in one order, (draw,)."""
    before = sum(1 << k for k in order[: order.index(player)])
    return np.asarray(values[:, before | 1 << player] - values[:, before])


@pytest.fixture(scope="module")
def folders(product: Result, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("runs")
    tumen.run(product.case, draws=256, workers=1, out=place / "before")
    folder = skeleton(place / "schools", *PRODUCT, ("  relief:\n", "  some_relief:\n"))
    tumen.run(written(folder, CHEAP, LARGE), draws=256, workers=1, out=place / "after")
    return place / "before", place / "after"


class TestCommand:
    def invoke(self, *words: object) -> tuple[int, str, str]:
        found = CliRunner().invoke(cli.app, ["compare", *map(str, words)], env={"COLUMNS": "80"})
        return found.exit_code, found.stdout, found.stderr

    def test_shows_what_differs(self, folders: tuple[Path, Path], tmp_path: Path) -> None:
        table = tmp_path / "out.csv"
        code, shown, problems = self.invoke(*folders, "--out", table)
        assert (code, problems) == (0, "")
        for text in ("assumptions.school_cost", "ten_schools", "Only in the first: relief", "What brings it about"):
            assert text in shown
        assert all(len(line) <= 80 for line in shown.splitlines() if "From" not in line and "Written" not in line)
        lines = table.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "part,claim,input,what,before,after,difference,se,beyond"
        assert sum(line.startswith("attribution,ten_schools,") for line in lines) == 4

    def test_one_claim_without_attribution(self, folders: tuple[Path, Path]) -> None:
        code, shown, _ = self.invoke(*folders, "--claim", "ten_schools", "--no-attribution")
        assert code == 0
        assert "ten_schools" in shown
        assert "What brings it about" not in shown

    def test_problems(self, folders: tuple[Path, Path], tmp_path: Path) -> None:
        code, _, problems = self.invoke(folders[0], tmp_path)
        assert (code, "is no finished run" in problems) == (4, True)
        code, _, problems = self.invoke(*folders, "--claim", "ten_school", "--no-attribution")
        assert (code, "did you mean ten_schools" in problems) == (1, True)


def test_claims_stand_in_the_order_of_their_change() -> None:
    from tumen._compare import _size

    def change(name: str, after: float, median: float, *, beyond: bool = True, same: bool = False) -> ClaimChange:
        return ClaimChange(name, "MUSD", 0.5, after, 0.01, 1.0, median, median - 1, 0.1, same, beyond, 256, 256)

    ranked = [
        change("most", 0.9, 1.0), change("down", 0.2, 1.0), change("median", 0.5, 9.0), change("less", 0.5, 2.0),
        change("within", 0.51, 1.0, beyond=False), change("same", 0.5, 1.0, beyond=False, same=True),
    ]  # fmt: skip
    shuffled = [ranked[k] for k in (3, 5, 0, 4, 2, 1)]
    assert sorted(shuffled, key=_size) == ranked
