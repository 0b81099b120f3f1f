"""Each step of reading by itself: sentences, quantities, dates, actors, who says so."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.reading import Page, clean, find_dates, find_quantities, read_page, split
from tumen.reading._actors import codes_in, find_actors
from tumen.reading._attribution import attribution_of
from tumen.reading._calendar import ends_of
from tumen.reading._link import same_person
from tumen.reading._quantities import comparable

DAY = dt.date(2014, 5, 12)  # a Monday


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("about 40% of a plan", "40", "percent"),
        ("roughly 12 billion cubic metres of Omani gas a year", "12000000000", "m3/yr"),
        ("$2 per 1,000 m3 per 100 km", "2", "USD/(1000 m3)/(100 km)"),
        ("fall from 30 US cents to 9 cents per tonne-kilometre", "0.09", "USD/(t km)"),
        ("$350-390 per thousand cubic metres", "350/390", "USD/(1000 m3)"),
        ("between $300m and $500m", "300000000/500000000", "USD"),
        ("some €1.5bn", "1500000000", "EUR"),
        ("half a million tonnes", "500000", "t"),
        ("300,000 barrels a day", "300000", "bbl/day"),
        ("a tenth of the cost", "10", "percent"),
        ("tripling trade", "3", "times"),
        ("a 70 billion rupee swap", "70000000000", "INR"),
        ("20,000 Tajik workers", "20000", "count"),
        ("a 600-mile line", "965.6064", "km"),
        ("2 euros for each 1,000 cubic metres", "2", "EUR/(1000 m3)"),
        ("five gigawatts", "5000", "MW"),
        ("150bn roubles", "150000000000", "RUB"),
    ],
)
def test_quantities_in_base_units(text: str, value: str, unit: str) -> None:
    found = [one for one in find_quantities(text) if one.role == ""]
    assert [(one.value, one.unit) for one in found] == [(value, unit)]


def test_the_same_sum_in_other_money_is_not_told_twice() -> None:
    first, second = find_quantities("a swap of 10 billion yuan ($1.6 billion)")
    assert (first.unit, first.role, second.unit, second.role) == ("CNY", "", "USD", "also")


def test_figures_are_compared_in_base_units() -> None:
    assert comparable("350", "USD/(1000 m3)") == comparable("0.35", "USD/m3")
    assert comparable("609", "km") != comparable("609", "mi")
    assert comparable("1", "no such unit") is None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("signed on Sunday", "2014-05-11"),
        ("last week", "2014-05-05/2014-05-11"),
        ("in mid-April", "2014-04-10/2014-04-20"),
        ("later this month", "2014-05"),
        ("since March 2013", "2013-03/.."),
        ("through 2013", "../2013"),
        ("until 2026", "../2026"),
        ("the summit was held in November", "2013-11"),
        ("is to start in October", "2014-10"),
        ("by the end of next year", "2015-12"),
        ("between 2010 and 2013", "2010/2013"),
        ("from March 2012 to June 2014", "2012-03/2014-06"),
        ("last autumn", "2013-09/2013-12"),
        ("two weeks ago", "2014-04-28"),
        ("within five years", "2019"),
        ("in the second quarter of 2015", "2015-04/2015-06"),
        ("yesterday", "2014-05-11"),
        ("on 3 February 2012", "2012-02-03"),
        ("was banned in July", "2013-07"),
    ],
)
def test_dates_against_the_page(text: str, iso: str) -> None:
    assert [one.iso for one in find_dates(text, DAY)] == [iso]


def test_a_date_may_follow_another() -> None:
    assert find_dates("A month later he returned.", DAY, "2014-03-20/2014-03-31")[0].iso == "2014-04"
    assert find_dates("A month later he returned.", DAY) == ()


def test_without_a_day_only_whole_dates_are_told() -> None:
    assert [one.iso for one in find_dates("last week, in May 2013 and on Friday", None)] == ["2013-05"]


def test_numbers_that_are_no_dates() -> None:
    assert find_dates("2,000 men, 2000 km of track and $2010", DAY) == ()
    assert find_dates("they may march on", DAY) == ()


@given(st.dates(dt.date(1900, 1, 1), dt.date(2090, 1, 1)))
def test_ends_of_an_interval_are_in_order(day: dt.date) -> None:
    for text in ("last week", "this month", "next quarter", "last year", "by mid-2020", "early next year"):
        for one in find_dates(text, day):
            first, last = ends_of(one.iso)
            assert first == ".." or last == ".." or first <= last


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Ankara and Tehran", ("TUR", "IRN")),
        ("the Kremlin told Bishkek", ("RUS", "KGZ")),
        ("Equatorial Guinea and Guinea", ("GNQ", "GIN")),
        ("the Ukrainian crisis", ()),
        ("Mary lives here", ()),
        ("a field near Mary", ("TKM",)),
        ("South Sudanese and Sudanese", ("SSD", "SDN")),
        ("Erdoğan flew to Doha", ("TUR", "QAT")),
        ("President Obama", ("USA",)),
        ("U.S. officials in New Delhi", ("USA", "IND")),
    ],
)
def test_actors(text: str, codes: tuple[str, ...]) -> None:
    assert codes_in(find_actors(text, 2014)) == codes


def test_leaders_count_in_their_time_only() -> None:
    assert codes_in(find_actors("Obama", 2014)) == ("USA",)
    assert codes_in(find_actors("Obama", 1999)) == ()


def test_korean_means_those_whom_the_page_names() -> None:
    assert codes_in(find_actors("a Korean line", 2014, (), ("PRK", "KOR"))) == ("PRK", "KOR")
    assert codes_in(find_actors("a Korean line", 2014)) == ("KOR",)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("The line will be late, a Chilean engineer said on Monday.", "a Chilean engineer"),
        ("It would cost $3 billion, according to the Andean Bank.", "the Andean Bank"),
        ("Officials in Lima put its cost at $2 billion.", "Officials in Lima"),
        (
            "Work stopped, said a banker in Quito who asked not to be named.",
            "a banker in Quito who asked not to be named",
        ),
        ("The line is 400 km long.", None),
    ],
)
def test_who_says_so(text: str, source: str | None) -> None:
    found = attribution_of(text)
    assert (found.source if found else None) == source


def test_sentences() -> None:
    text = "The U.S. and the E.U. met Mr. Smith. He left at 3.5 p.m. It cost $1.5 bn. “Why?” he asked. Work began."
    sentences = split(clean(Page("a", text + " And then a long enough sentence follows here.")))
    assert sentences[0].text == "The U.S. and the E.U. met Mr. Smith."
    assert "It cost $1.5 bn." in [one.text for one in sentences]


def test_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "Peru and Bolivia signed an agreement on Friday to build a railway from the\n"
        "high plain to the port of Ilo, which would cost $7 billion and take nine years.\n"
    )
    page = Page("a", text, DAY)
    (block,) = clean(page)
    assert block.kind == "body"
    assert "the high plain" in block.text
    assert all(block.text[i] == " " or text[place] == block.text[i] for i, place in enumerate(block.places))
    assert [claim.subject for claim in read_page(page).claims][:1] == ["railway"]


def test_names_that_are_spelled_in_two_ways() -> None:
    assert same_person("Yury Trutnev", "Yuri Trutnev")
    assert same_person("Sergei Lavrov", "Sergey Lavrov")
    assert not same_person("Kim Yong Nam", "Kim Jong Un")
    assert not same_person("Evo Morales", "Ana Morales")
