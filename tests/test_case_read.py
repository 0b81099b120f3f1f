"""What a case is once it has been read: its figures by name, its scenarios, its dates, its digest."""

from __future__ import annotations

import datetime as dt
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tumen import uncertainty as u
from tumen._load import bundled_cases, load
from tumen.case import Case, decimal_year, latest_day, new_case
from tumen.errors import CaseError, RunError, UnitError, UnknownName

HERE = Path(__file__).parent
EVERY_FORM = HERE / "every_form"
Change = Callable[..., Path]


@pytest.fixture(scope="module")
def case() -> Case:
    return load(EVERY_FORM)


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """A copy of the case with one text put in the place of another."""

    def change(old: str, new: str, file: str = "case.yaml") -> Path:
        folder = tmp_path / "changed"
        if not folder.exists():
            shutil.copytree(EVERY_FORM, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return change


def problems(folder: Path) -> list[str]:
    with pytest.raises(CaseError) as raised:
        load(folder)
    return [str(problem) for problem in raised.value.problems]


# ---- figures


def test_the_head_of_a_case(case: Case) -> None:
    assert (case.name, case.scenario) == ("every_form", "")
    assert case.as_of == dt.date(2024, 6, 30)
    assert case.as_of_year == pytest.approx(2024 + 181 / 366)
    assert case.years == tuple(range(2023, 2041))
    assert case.players["CCC"] == "Its neighbour"
    assert list(case.trade) == ["a_b"]
    assert list(case.claims) == ["relief", "fund", "schools", "stops", "trade", "slow", "tie", "pressed"]


def test_every_figure_has_a_name(case: Case) -> None:
    names = [parameter.name for parameter in case.parameters]
    assert len(set(names)) == len(names)
    wanted = {
        "three", "walk.volatility", "default.hazard.years", "default.rate", "rate.drift", "gdp_b.long_run_sd",
        "a_b.extra_growth", "settlement.stock", "settlement.schedule.interest", "settlement.fund.projects.school.cost",
        "small.haircut", "world.goods.ore.short_run", "world.size.BBB", "rails.cut", "isolation.measures.ceiling.limit",
        "isolation.caps.pipe.limit", "standing.leak.discount",
    }  # fmt: skip
    assert wanted <= set(names)


def test_a_figure_takes_the_source_of_its_group(case: Case) -> None:
    assert case.parameter("settlement.stock").source == ("ministry",)
    assert case.parameter("three").source == ("ministry", "yearbook")
    assert case.parameter("rate.drift").source == ("yearbook",)  # that of the table's rows
    assert case.parameter("bare").source == ()
    own = [parameter for parameter in case.parameters if parameter.quantity.reference is None]
    assert case.sourced_share == sum(bool(parameter.source) for parameter in own) / len(own)
    assert 0.9 < case.sourced_share < 1


def test_references_are_followed(case: Case) -> None:
    assert case.parameter("small.haircut").name == "flat"
    assert case.distribution("small.haircut") == u.uniform(0.01, 0.05)
    assert case.distribution("default.rate") == u.gamma(1.5, 15.0)
    with pytest.raises(UnknownName, match=r"did you mean settlement\.stock\?"):
        case.parameter("settlement.stok")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("default.rate", "1/yr"), ("default.hazard.years", "yr"), ("rate.start", "RUB/USD"), ("rate.drift", "1/yr"),
        ("rate.volatility", "1"), ("reverting.mean", "RUB/USD"), ("reverting.half_life", "yr"),
        ("jumping.jump_rate", "1/yr"), ("jumping.jump_mean", "1"), ("gdp_a.start", "1/yr"), ("gdp_a.long_run", "1/yr"),
        ("gdp_a.persistence", "1"), ("gdp_a.trend_sd", "1/yr"), ("gdp_a.noise_sd", "1/yr"), ("coal.half_life", "yr"),
        ("coal.mean", "MUSD/t"),
    ],
)  # fmt: skip
def test_units_of_the_parameters_of_processes(case: Case, name: str, unit: str) -> None:
    assert case.parameter(name).quantity.unit.label == unit


def test_a_stated_long_run_is_shown_as_it_is_drawn(case: Case) -> None:
    shown = case.parameter("gdp_b.long_run")
    assert case.distribution("gdp_b.long_run") == u.normal(0.03, 0.02)
    assert shown.quantity.distribution == u.normal(0.03, 0.02)
    assert (shown.quantity.text, shown.source, shown.derived) == ("3 %/yr, sd 2 %/yr", ("yearbook",), False)


def test_the_blueprint_draws_what_the_case_says(case: Case) -> None:
    blueprint = case.blueprint
    assert set(blueprint.processes) == set(case.file.processes)
    assert "small.haircut" not in blueprint.assumptions  # a reference is drawn once, under its own name
    assert [group.members for group in blueprint.correlations] == [
        ("three", "smooth"),
        ("walk.volatility", "coal.mean"),
        ("walk", "coal", "oil"),
    ]
    assert blueprint.correlations[0].matrix == ((1.0, 0.5), (0.5, 1.0))
    worlds = u.draw(blueprint, seed=1, chunk=0)
    np.testing.assert_array_equal(worlds.values["settlement.haircut"], 0.8)
    assert np.corrcoef(worlds.values["three"], worlds.values["smooth"])[0, 1] > 0.3


def test_a_table_keeps_its_rows(case: Case) -> None:
    table = case.tables["trade.csv"]
    first, last = table.rows[0], table.rows[-1]
    assert (first.year, first.value, first.low, first.high, first.statistics) == (2011, 46.0, 41.4, 50.6, "customs")
    assert (first.note, first.known, first.line) == ("first, and second", None, 2)
    assert (last.source, last.known, last.low) == (("ministry", "yearbook"), "2022-03", None)
    assert case.tables["gdp.csv"].rows[0].value == 100_000.0  # bnUSD in MUSD
    assert case.tables["rate.csv"].rows[0].line == 3  # after a remark and the header
    assert table.unit.label == "MUSD"


def test_a_case_is_frozen(case: Case) -> None:
    with pytest.raises(AttributeError):
        case.name = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        case.file.title = "other"


def test_a_case_can_be_handed_to_another_process(case: Case) -> None:
    again: Case = pickle.loads(pickle.dumps(case))
    assert again.hash == case.hash
    assert repr(again) == repr(case)
    assert set(again.scenarios) == set(case.scenarios)


def test_what_a_case_looks_like(case: Case) -> None:
    shown = repr(case).splitlines()
    assert shown[0] == "every_form: Every form that a case can take (invented figures)"
    assert shown[1] == "  as of      2024-06-30, years 2023-2040"
    assert "  claim      relief: money.relief at_least 400 MUSD" in shown
    assert "  initiative settlement (debt_treatment)" in shown
    assert repr(case.under("calm")).splitlines()[0].endswith("[calm]")


# ---- scenarios


def test_a_scenario_sets_values_and_leaves_the_rest(case: Case) -> None:
    calm = case.under("calm")
    assert calm.initiatives["settlement"].stops_paying is None  # type: ignore[attr-defined]
    assert case.initiatives["settlement"].stops_paying == "default"  # type: ignore[attr-defined]
    assert calm.parameter("three").quantity == case.parameter("three").quantity
    assert calm.hash == case.hash
    assert calm.under(None) is calm
    assert calm.under("calm") is calm
    assert case.under("") is case
    with pytest.raises(UnknownName, match="did you mean calm"):
        case.under("clam")


def test_a_scenario_stands_on_another(case: Case) -> None:
    rich = case.under("rich")
    assert rich.initiatives["settlement"].stops_paying is None  # type: ignore[attr-defined] -- from `calm`
    assert rich.distribution("three") == u.triangular(30, 35, 50)
    assert rich.parameter("settlement.schedule.interest").quantity.central == 0.02
    assert rich.claims["relief"].test.text == "at_least 300 MUSD"


def test_the_later_scenario_prevails(changed: Change) -> None:
    folder = changed("settlement.schedule.interest: 2 %/yr\n", "settlement.stops_paying: default\n")
    assert load(folder, "rich").initiatives["settlement"].stops_paying == "default"  # type: ignore[attr-defined]


def test_a_scenario_may_add_what_was_not_there(changed: Change) -> None:
    folder = changed(
        "      relief.test: at_least 300 MUSD\n",
        "      assumptions.new: {uniform: [1 %, 2 %], source: yearbook}\n      small.haircut: new\n",
    )
    rich = load(folder, "rich")
    assert rich.distribution("small.haircut") == u.uniform(0.01, 0.02)
    assert "new" not in load(folder).file.assumptions


def test_what_is_wrong_in_a_scenario_is_said_at_its_line(changed: Change) -> None:
    folder = changed("      relief.test: at_least 300 MUSD\n", "      relief.test: at_least 300 km\n")
    (problem,) = problems(folder)
    assert problem.startswith("case.yaml:214: claims.relief.test: money.relief is in MUSD, the test in km")


def test_load_takes_a_scenario(case: Case) -> None:
    assert load(EVERY_FORM, "calm").scenario == "calm"
    with pytest.raises(UnknownName):
        load(EVERY_FORM, "storm")


# ---- dates: no case may know its own future


def test_a_figure_of_a_later_source_is_refused(changed: Change) -> None:
    (problem,) = problems(changed("status: published_parameter, source: later", "source: later"))
    assert problem.startswith("case.yaml:16: assumptions.flat: source `later` is dated 2025, after the case's as_of")


@pytest.mark.parametrize("excuse", ["known: 2024-06-30", "known: 2023", "status: constant"])
def test_a_later_source_may_restate_what_was_known(changed: Change, excuse: str) -> None:
    load(changed("status: published_parameter, source: later", f"{excuse}, source: later"))


@pytest.mark.parametrize("known", ["2024-07-01", "2024-07", "2024"])
def test_known_is_taken_at_its_latest_day(changed: Change, known: str) -> None:
    (problem,) = problems(changed("status: published_parameter, source: later", f"known: {known}, source: later"))
    assert f"assumptions.flat: first known {known}, after the case's as_of 2024-06-30" in problem


def test_a_source_of_the_day_itself_is_in_time(changed: Change) -> None:
    load(changed("date: 2024-01-15", "date: 2024-06-30", "sources.yaml"))


def test_a_source_without_a_date_needs_a_known(changed: Change) -> None:
    found = problems(changed(", date: 2023-10", "", "sources.yaml"))
    assert found
    assert all("source `yearbook` has no date; date it in sources.yaml, or say `known:`" in each for each in found)
    assert len([each for each in found if each.startswith("rate.csv:")]) == 1  # not one a row


def test_a_figure_without_a_source_has_no_date_to_check(case: Case) -> None:
    assert case.parameter("bare").source == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2014-02-03", dt.date(2014, 2, 3)),
        ("2014-02", dt.date(2014, 2, 28)),
        ("2012-2", dt.date(2012, 2, 29)),
        ("2013", dt.date(2013, 12, 31)),
        (2013, dt.date(2013, 12, 31)),
    ],
)
def test_the_latest_day_that_a_date_can_mean(text: object, day: dt.date) -> None:
    assert latest_day(text) == day


@pytest.mark.parametrize("text", ["2014-02-30", "2014-13", "14-02-03", "3 May 2014", "", None, True, 2014.5, "0000"])
def test_what_is_no_date(text: object) -> None:
    with pytest.raises(UnitError):
        latest_day(text)


def test_decimal_years_agree_with_those_of_the_processes() -> None:
    for day in (dt.date(2013, 1, 1), dt.date(2014, 5, 31), dt.date(2016, 12, 31)):
        assert decimal_year(day) == u.decimal_year(day)


# ---- the digest


def test_the_digest_changes_with_any_file(case: Case, changed: Change) -> None:
    assert len(case.hash) == 16
    assert set(case.files) == {path.name for path in EVERY_FORM.iterdir()}
    seen = {case.hash}
    for file in sorted(case.files):
        text = (EVERY_FORM / file).read_text(encoding="utf-8")
        last = text.rstrip("\n").splitlines()[-1]
        folder = changed(last, last + " ", file)
        seen.add(load(folder).hash)
    assert len(seen) == len(case.files) + 1


def test_the_digest_does_not_change_with_the_folder(case: Case, tmp_path: Path) -> None:
    shutil.copytree(EVERY_FORM, tmp_path / "elsewhere")
    assert load(tmp_path / "elsewhere").hash == case.hash
    (tmp_path / "elsewhere" / "README.md").write_text("not a part of the case")
    assert load(tmp_path / "elsewhere").hash == case.hash


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(case: Case, tmp_path: Path) -> None:
    shutil.copytree(EVERY_FORM, tmp_path / "marked")
    for file in case.files:
        path = tmp_path / "marked" / file
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(tmp_path / "marked").hash == case.hash


def test_line_ends_of_another_system(case: Case, tmp_path: Path) -> None:
    shutil.copytree(EVERY_FORM, tmp_path / "other")
    for file in case.files:
        path = tmp_path / "other" / file
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    again = load(tmp_path / "other")
    assert [p.quantity for p in again.parameters] == [p.quantity for p in case.parameters]
    assert again.tables == case.tables


# ---- where cases come from


def test_bundled_cases_are_sound() -> None:
    assert "russia-korea-2014" in bundled_cases()
    for name in bundled_cases():
        found = load(name)
        assert found.name == name
        assert found.sourced_share > 0.9


def test_a_case_by_its_file() -> None:
    assert load(EVERY_FORM / "case.yaml").name == "every_form"


def test_a_new_case_is_sound(tmp_path: Path) -> None:
    written = new_case(tmp_path / "mine")
    assert sorted(path.name for path in written) == ["case.yaml", "sources.yaml"]
    found = load(tmp_path / "mine")
    assert found.name == "mine"
    assert found.claims
    assert found.sourced_share == 1
    assert "\nas_of: 2024-06-30" in (tmp_path / "mine" / "case.yaml").read_text()
    assert any(source.date for source in found.sources.values())


def test_a_new_case_may_take_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert new_case(tmp_path / "empty")


def test_a_new_case_leaves_a_full_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty; name a new folder"):
        new_case(tmp_path)
    with pytest.raises(RunError, match="not empty; name a new folder"):
        new_case(tmp_path / "notes.txt")
    with pytest.raises(RunError, match="cannot be made"):
        new_case(tmp_path / "notes.txt" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_new_case_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "sources.yaml":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunError, match="No space left on device"):
        new_case(tmp_path / "mine")
    assert not list(tmp_path.iterdir())
