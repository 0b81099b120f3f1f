"""What becomes of projects: closed forms, a project worked by hand, and rules that hold for every input."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.delivery import Course, Project, simulate, states
from tumen.errors import UnknownName

YEARS = tuple(range(2014, 2030))
AS_OF = 2014.5
MANY = 40_000


def project(name: str = "line", draws: int = 1, **changes: Any) -> Project:
    shape = (draws, len(YEARS))
    plain: dict[str, Any] = {"ready": np.ones(shape, dtype=bool), "start": 2015.0, "build": 3.0}
    return Project(name=name, **{**plain, **changes})


def course(*projects: Project, as_of: float = AS_OF) -> Course:
    """The course of the last of them."""
    return simulate(YEARS, as_of, projects)[projects[-1].name]


def lucky(seed: int, draws: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((3, draws, len(YEARS)))


# ------------------------------------------------------------------------------------------------------ by hand


def test_a_project_worked_by_hand() -> None:
    # Decided at once on 1 July 2016, when its gate has opened in that year; 2 years planned, half as long again.
    ready = np.array([[year >= 2016 for year in YEARS]])
    done = course(
        project(ready=ready, start=2016.5, build=2.0, delay=1.5, overrun=1.2, reached=0.8, ramp=2.0, life=5.0)
    )
    assert (done.decided[0], done.opened[0], done.abandoned[0]) == (2016.5, 2019.5, np.inf)
    spent = dict(zip(YEARS, done.spent[0], strict=True))
    assert [spent[year] for year in range(2015, 2021)] == pytest.approx([0, 0.2, 0.4, 0.4, 0.2, 0])
    working = dict(zip(YEARS, done.working[0], strict=True))
    # Half of 2019 on the way up: the mean of s/2 over half a year is 1/8, so 1/16 of the year; then 0.5, then the top.
    expected = {2019: 0.8 / 16, 2020: 0.8 * 0.5, 2021: 0.8 * (0.4375 + 0.5), 2022: 0.8, 2024: 0.4, 2025: 0}
    assert {year: working[year] for year in expected} == pytest.approx(expected)


def test_the_unlucky_are_given_up_on_the_way_and_spend_until_then() -> None:
    luck = np.zeros((3, 1, len(YEARS)))
    luck[1], luck[2] = 2.0, 0.0  # Φ(2) = 0.98 is above 0.9; given up half way
    done = course(project(build=4.0, overrun=2.0, completed=0.9, luck=luck))
    assert (done.opened[0], done.abandoned[0]) == (np.inf, 2017.0)
    assert done.spent[0, :4] == pytest.approx([0, 0.5, 0.5, 0])
    assert done.working.max() == 0
    found = states(done, YEARS)
    assert [name for year in range(5) for name, state in found.items() if state[0, year]] == [
        "waiting", "building", "building", "abandoned", "abandoned",
    ]  # fmt: skip


def test_what_takes_no_time_is_spent_and_opened_at_once() -> None:
    done = course(project(start=2016.25, build=0.0, overrun=1.3))
    assert done.opened[0] == 2016.25
    assert done.spent[0].tolist() == [0, 0, 1.3] + [0] * 13
    assert done.working[0, 2] == pytest.approx(0.75)


def test_what_is_built_opened_as_it_did_and_spends_nothing() -> None:
    luck = np.full((3, 1, len(YEARS)), 9.0)
    done = course(project(built=True, start=2008.0, build=5.75, overrun=9.0, delay=9.0, completed=0.0, luck=luck))
    assert (done.decided[0], done.opened[0], done.abandoned[0]) == (2008.0, 2013.75, np.inf)
    assert done.spent.sum() == 0
    assert (done.working == 1).all()


def test_what_stops_is_taken_from_what_works() -> None:
    down = np.zeros((1, len(YEARS)))
    down[0, 5] = 0.25
    assert course(project(build=0.0, down=down)).working[0, 4:7].tolist() == [1.0, 0.75, 1.0]


def test_nothing_is_decided_before_as_of_nor_unless_ready() -> None:
    assert course(project(start=2010.0)).decided[0] == AS_OF
    assert course(project(ready=np.zeros((1, len(YEARS)), dtype=bool))).decided[0] == np.inf
    assert course(project(start=np.inf)).decided[0] == np.inf
    assert course(project(pace=0.0)).decided[0] == np.inf


def test_a_project_waits_for_what_it_needs() -> None:
    link, trunk = project("link", build=3.5), project("trunk", needs=("link",))
    timeline = simulate(YEARS, AS_OF, [trunk, link])
    assert list(timeline.courses) == ["trunk", "link"]  # as given, whatever the order of the work
    assert timeline["trunk"].decided[0] == timeline["link"].opened[0] == 2018.5
    failed = project("link", completed=0.0)
    assert course(failed, trunk).decided[0] == np.inf


# ------------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("pace", [0.1, 0.4, 2.5])
def test_the_wait_is_exponential(pace: float) -> None:
    done = course(project(draws=MANY, pace=pace, luck=lucky(1, MANY)))
    for year in (2015, 2016, 2020, 2028):
        expected = 1 - np.exp(-pace * (year + 1 - 2015))
        assert abs(done.decided_by(year).mean() - expected) < 4.5 * np.sqrt(expected * (1 - expected) / MANY)
    # Within the year, too: the quarter of a year in which it is decided.
    quarter = 1 - np.exp(-pace * 1.25)
    assert abs((done.decided < 2016.25).mean() - quarter) < 4.5 * np.sqrt(quarter * (1 - quarter) / MANY)


def test_as_many_are_completed_as_said_and_the_rest_is_given_up_at_any_time() -> None:
    done = course(project(draws=MANY, completed=0.7, build=4.0, luck=lucky(2, MANY)))
    assert abs(np.isfinite(done.opened).mean() - 0.7) < 4.5 * np.sqrt(0.21 / MANY)
    assert (np.isfinite(done.opened) ^ np.isfinite(done.abandoned)).all()
    share = (done.abandoned[np.isfinite(done.abandoned)] - 2015) / 4
    assert np.quantile(share, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    # The mean outlay: 0.7 in full, 0.3 half.
    assert done.spent.sum(axis=1).mean() == pytest.approx(0.85, abs=0.01)


def test_certain_and_impossible_are_so_for_any_luck() -> None:
    for score in (-40.0, 40.0):
        luck = np.full((3, 1, len(YEARS)), score)
        assert course(project(luck=luck, completed=1.0)).opened[0] == 2018
        assert course(project(luck=luck, completed=0.0)).opened[0] == np.inf


# --------------------------------------------------------------------------------------------------- properties

scores = st.floats(-40, 40)
positive = st.floats(0, 1e6)
shares = st.floats(0, 1)


@st.composite
def anything(draw: st.DrawFn) -> Project:
    """A project with any figures that it may have."""
    n, years = 2, len(YEARS)
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    scale = draw(st.sampled_from([0.0, 1.0, 40.0]))
    return Project(
        name="any",
        ready=rng.random((n, years)) < draw(shares),
        start=draw(st.one_of(st.floats(1990, 2040), st.just(np.inf))),
        build=draw(st.one_of(st.floats(0, 40), st.sampled_from([0.0, 1e-300, 1e-9, 1e6]))),
        pace=draw(st.one_of(positive, st.sampled_from([0.0, 1e-300, np.inf]))),
        delay=draw(st.floats(1e-3, 50)),
        overrun=draw(st.floats(0, 50)),
        completed=draw(shares),
        reached=draw(shares),
        ramp=draw(st.one_of(st.floats(0, 50), st.sampled_from([1e-300, 1e6]))),
        down=rng.random((n, years)),
        life=draw(st.one_of(st.floats(0, 60), st.just(np.inf))),
        luck=np.clip(rng.standard_normal((3, n, years)) * scale, -40, 40),
    )


@given(anything())
@settings(max_examples=200)
def test_results_are_numbers_in_their_ranges(given_project: Project) -> None:
    done = course(given_project)
    for field in fields(done):
        assert not np.isnan(getattr(done, field.name)).any(), field.name
        assert not getattr(done, field.name).flags.writeable
    assert (done.working >= 0).all()
    assert (done.working <= given_project.reached[:, None] * (1 - given_project.down)).all()
    assert (done.spent >= 0).all()
    ends = YEARS[-1] + 1
    whole = done.spent.sum(axis=1)
    assert (whole <= given_project.overrun * (1 + 1e-9)).all()
    finished = done.opened <= ends
    assert whole[finished] == pytest.approx(given_project.overrun[finished], rel=1e-9)
    assert (done.decided >= np.maximum(given_project.start, AS_OF)).all()
    for draw in np.flatnonzero(np.isfinite(done.decided)):
        assert given_project.ready[draw, YEARS.index(int(done.decided[draw]))]
    happened = np.isfinite(done.decided)
    assert (np.isfinite(done.opened) ^ np.isfinite(done.abandoned) == happened).all()
    assert (sum(state.astype(int) for state in states(done, YEARS).values()) == 1).all()


@given(anything(), st.floats(1, 100), st.floats(0, 10), st.integers(0, 2**32 - 1))
@settings(max_examples=200)
def test_later_gates_later_starts_and_slower_paces_never_bring_anything_forward(
    given_project: Project, slower: float, later: float, seed: int
) -> None:
    before = course(given_project)
    closed = given_project.ready & (np.random.default_rng(seed).random(given_project.ready.shape) < 0.7)
    for change in (
        {"ready": closed},
        {"pace": given_project.pace / slower},
        {"start": given_project.start + later},
        {"completed": given_project.completed / slower},
    ):
        after = course(replace(given_project, **change))
        assert (after.decided >= before.decided).all(), change
        assert (after.opened >= before.opened).all(), change


@given(anything(), st.floats(0, 20))
def test_a_later_opening_of_what_it_needs_never_brings_it_forward(given_project: Project, later: float) -> None:
    waiting = replace(given_project, needs=("first",))
    alone = course(given_project)
    dates = []
    for wait in (0.0, later):
        first = project("first", draws=2, start=2014.5, build=1.0 + wait)
        dates.append(course(first, waiting).decided)
        assert (dates[-1] >= 2015.5 + wait).all()
    assert (dates[1] >= dates[0]).all()
    assert (dates[0] >= alone.decided).all()


def test_a_draw_does_not_depend_on_the_others() -> None:
    luck = lucky(3, 6)
    whole = course(project(draws=6, luck=luck, pace=0.4, completed=0.6))
    part = course(project(draws=2, luck=luck[:, 2:4], pace=0.4, completed=0.6))
    for field in fields(part):
        np.testing.assert_array_equal(getattr(part, field.name), getattr(whole, field.name)[2:4])


# ------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"completed": 1.5}, "'line': completed is 1.5 in draw 0; expected a share from 0 to 1"),
        ({"delay": 0.0}, "delay is 0 in draw 0; expected a factor above 0"),
        ({"build": np.inf}, "build is inf in draw 0; expected a finite number of 0 or more"),
        ({"pace": np.nan}, "pace is nan in draw 0; expected a number of 0 or more"),
        ({"overrun": -1.0}, "overrun is -1 in draw 0"),
        ({"start": np.nan}, "start is nan in draw 0; expected a number"),
        ({"life": np.ones(3)}, r"life has the shape \(3,\); expected \(1,\) or a single number"),
        ({"ready": np.ones(3, dtype=bool)}, r"ready has the shape \(3,\); expected \(draw, year\)"),
        ({"luck": np.full((3, 1, len(YEARS)), np.nan)}, "luck is nan in draw 0"),
    ],
)
def test_bad_figures_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        project(**changes)


def test_projects_that_cannot_be_ordered_are_named() -> None:
    with pytest.raises(ValueError, match=r"in a circle: ('a' needs 'b' needs 'a'|'b' needs 'a' needs 'b')"):
        simulate(YEARS, AS_OF, [project("a", needs=("b",)), project("b", needs=("a",))])
    with pytest.raises(UnknownName, match="project 'trunk' needs 'linc', which is none; did you mean link"):
        simulate(YEARS, AS_OF, [project("link"), project("trunk", needs=("linc",))])
    with pytest.raises(ValueError, match="two projects have the name 'a'"):
        simulate(YEARS, AS_OF, [project("a"), project("a")])
    with pytest.raises(ValueError, match="draws as the first project has"):
        simulate(YEARS, AS_OF, [project("a"), project("b", draws=2)])
    with pytest.raises(ValueError, match="expected consecutive years"):
        simulate((2014, 2016), AS_OF, [])
    with pytest.raises(UnknownName, match="did you mean line"):
        simulate(YEARS, AS_OF, [project("line")])["lime"]


def test_a_timeline_reads_as_a_table() -> None:
    shown = repr(simulate(YEARS, AS_OF, [project("link"), project("trunk", needs=("link",), completed=0.0)])).split(
        "\n"
    )
    assert shown[0] == "2 projects, 2014-2029, seen from 2014.5, 1 draws"
    assert shown[1].split() == ["by", "the", "end", "decided", "opened", "abandoned", "opens,", "median"]
    assert shown[2].split() == ["link", "100%", "100%", "0%", "2018.0"]
    assert shown[3].split() == ["trunk", "100%", "0%", "100%", "never"]
