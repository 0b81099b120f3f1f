"""Figures and dates of single sentences: units, orders of words, ranges, terms, tenses, and what is neither."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.reading import find_dates, find_quantities
from tumen.reading._calendar import ends_of
from tumen.reading._dates import page_date
from tumen.reading._facts import _is_principal
from tumen.reading._figures import amount
from tumen.reading._quantities import comparable, localised

DAY = dt.date(2014, 5, 12)  # a Monday


def principal(text: str) -> list[str]:
    """The quantities that a sentence may be about."""
    dates = find_dates(text, DAY, "2012-03-05")
    every = find_quantities(text, [(one.start, one.end) for one in dates])
    return [f"{one.value} {one.unit}" for one in every if _is_principal(text, one, every)]


def dated(text: str) -> list[str]:
    return [one.iso for one in find_dates(text, DAY, "2012-03-05")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Minsk will pay $150 for a thousand cubic metres.", "150 USD/(1000 m3)"),
        ("A thousand cubic metres would cost $250.", "250 USD/(1000 m3)"),
        ("The price of a thousand cubic metres will be $179.", "179 USD/(1000 m3)"),
        ("Kiev paid a price per thousand cubic metres of $268.", "268 USD/(1000 m3)"),
        ("The fee is $2.50 per 1,000 cubic metres per 100 km.", "2.5 USD/(1000 m3)/(100 km)"),
        ("LNG fetches $4 per million Btu.", "4 USD/MMBtu"),
        ("The dam sells power at 8 cents per kWh.", "0.08 USD/kWh"),
        ("Freight costs $60 a tonne.", "60 USD/t"),
        ("The toll comes to 12 euros for each tonne.", "12 EUR/t"),
        ("A $95-a-barrel price would help.", "95 USD/bbl"),
        ("A barrel of crude fetched $104.", "104 USD/bbl"),
        ("They return two kilowatt-hours for every cubic metre.", "2 kWh/m3"),
        ("The price will rise from $268.5 to $485 per 1,000 cubic metres.", "485 USD/(1000 m3)"),
        ("Kiev paid $5 million for a container terminal.", "5000000 USD"),
        ("Beijing holds some $9 billion of that debt.", "9000000000 USD"),
    ],
)
def test_prices_in_every_order(text: str, wanted: str) -> None:
    (found,) = principal(text)
    value, _, unit = found.partition(" ")
    assert comparable(value, unit) == comparable(*wanted.split(" ", 1)) is not None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The loan is for 12 billion baht.", "12000000000 THB"),
        ("Haifa will invest 2bn shekels.", "2000000000 ILS"),
        ("Pretoria put up R50bn.", "50000000000 ZAR"),
        ("The budget is N720bn.", "720000000000 NGN"),
        ("It will cost 5 billion kroner.", "5000000000 NOK"),
        ("Delhi offered 1,200 crore rupees.", "12000000000 INR"),
        ("Dhaka will spend 3 lakh crore taka.", "3000000000000 BDT"),
        ("Doha pledged QAR 5bn.", "5000000000 QAR"),
        ("Islamabad owes 300 billion Pakistani rupees.", "300000000000 PKR"),
        ("Turkey lent US$2.1bn.", "2100000000 USD"),
        ("They need two and a half billion dollars.", "2500000000 USD"),
        ("A quarter of a million tonnes went by sea.", "250000 t"),
        ("A 1.7-billion-baht contract was drawn up.", "1700000000 THB"),
        ("Freight costs 40 million pounds more.", "40000000 GBP"),
    ],
)
def test_money_of_all_states_with_scale_words(text: str, wanted: str) -> None:
    assert principal(text) == [wanted]


def test_money_that_names_its_state_is_not_that_of_the_page() -> None:
    (own,) = find_quantities("300 billion rupees")
    (named,) = find_quantities("300 billion Pakistani rupees")
    assert localised(own, ["NPL"]).unit == "NPR"
    assert localised(named, ["NPL"]).unit == "PKR"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The park covers 7.5 sq km.", ["7.5 km2"]),
        ("The zone covers 10,000 hectares.", ["100 km2"]),
        ("The line carries 1.2 million bpd.", ["1200000 bbl/day"]),
        ("The port handles 1.5m TEU a year.", ["1500000 TEU/yr"]),
        ("The airport will take 8 million passengers a year.", ["8000000 count/yr"]),
        ("It will measure 410km.", ["410 km"]),
        ("The bridge will be 2,500 metres long.", ["2.5 km"]),
        ("The lorries climb to 4,000 metres.", []),
        ("The dam is 145 metres high.", []),
        ("Sixty km from the border stands a fort.", []),
        ("Some 2,000 Chinese workers arrived.", ["2000 count"]),
        ("They ordered 26,000 rifles.", ["26000 count"]),
        ("Tunis will ship 30 bcm to Rome annually.", ["30000000000 m3/yr"]),
        ("The line has an annual capacity of 55 billion cubic metres.", ["55000000000 m3/yr"]),
        ("Each year the port earns $40m.", ["40000000 USD/yr"]),
        ("The fee is 30 million dollars per annum.", ["30000000 USD/yr"]),
        ("It takes 10 bcm a year of its own gas.", ["10000000000 m3/yr"]),
        ("It bought 5 million tonnes a year ago.", ["5000000 t"]),
        ("The loan carries interest of 2.5% a year.", ["2.5 percent"]),
        ("The credit carries 150 basis points.", ["1.5 percent"]),
    ],
)
def test_measures_and_rates(text: str, wanted: list[str]) -> None:
    assert principal(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Three-fifths of the freight goes by road.", "60 percent"),
        ("Four in five migrants send money home.", "80 percent"),
        ("One out of every four trains is late.", "25 percent"),
        ("Nine-tenths of the debt was cancelled.", "90 percent"),
        ("Brussels is asked to shoulder half.", "50 percent"),
        ("Trade fell by a third.", "33.3333333333 percent"),
        ("Moscow bought the remaining half of the firm for $7 billion.", "7000000000 USD"),
        ("Trade grew sixfold.", "6 times"),
        ("The debt is six times as large.", "6 times"),
        ("Over the past two decades trade tripled.", "3 times"),
        ("He visited Lima three times.", "3 count"),
    ],
)
def test_shares_and_factors_in_words(text: str, wanted: str) -> None:
    assert principal(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It will cost between $2 billion and $3 billion.", "2000000000/3000000000 USD"),
        ("It would take 20 to 25 million tonnes a year.", "20000000/25000000 t/yr"),
        ("Estimates range from $5 billion to $8 billion.", "5000000000/8000000000 USD"),
        ("They would cut the dam's budget from $9 billion to $4 billion.", "4000000000 USD"),
        ("Output would fall from 5 to 3 million tonnes a year.", "3000000 t/yr"),
        ("They will raise capacity from 2,000 to 3,500 megawatts.", "3500 MW"),
        ("They agreed a swap of 20 billion baht, or $600 million.", "20000000000 THB"),
    ],
)
def test_ranges_and_changes(text: str, wanted: str) -> None:
    assert principal(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The contract runs for over two decades.", ["20 yr"]),
        ("It is to stay in force for three decades.", ["30 yr"]),
        ("The output goes abroad for the first 12 years.", ["12 yr"]),
        ("The credit may be drawn for four years.", ["4 yr"]),
        ("Quito has 20 years to pay it back.", ["20 yr"]),
        ("He said that the work would last six years.", ["6 yr"]),
        ("It signed a 50-year deal.", ["50 yr"]),
        ("It leased the port to Dubai for 99 years.", ["99 yr"]),
        ("The journey was cut from two days to 11 hours.", ["11 h"]),
        ("Talks have dragged on for ten years.", []),
        ("For three years, the plant has stood idle.", []),
        ("After five years of haggling they signed.", []),
        ("The idea is thirty years old.", []),
        ("He has ruled for 20 years.", []),
        ("The tunnel took six years to build.", []),
    ],
)
def test_terms_and_mere_background(text: str, wanted: list[str]) -> None:
    assert principal(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "There was once another idea for one line.",
        "He spoke of Boeing 747 flights under Article 5 of the G20 text.",
        "The CASA-1000 line and the 7th summit were discussed.",
        "Call +44 20 7946 2000 for details.",
        "Jubilee 2000 welcomed it, and so did Vision 2030.",
        "Under Resolution 1929 banks are barred.",
        "MiG-29 fighters were shown, and an A380.",
        "He took the 6:30 train to Gate 14.",
        "One of the workers, aged 54, said so.",
        "A double-track line was laid.",
        "The first half of the match was dull; it ended 3-1.",
        "The 20-year-old law was dropped.",
        "As drawn today, the track would reach the sea.",
        "Today the port is empty, and it now pays more.",
        "The march of trade may stop.",
    ],
)
def test_numbers_and_words_that_are_neither(text: str) -> None:
    assert (principal(text), dated(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It will charge more from Jan. 1.", ["2015-01-01"]),
        ("They will settle in pesos from next month.", ["2014-06"]),
        ("It is to take gas from June.", ["2014-06"]),
        ("It would be asked for before the end of the year.", ["2014-12"]),
        ("It is to be live before June.", ["2014-06"]),
        ("Trade was small before 2010.", ["../2010"]),
        ("Probably not before 2031.", ["2031/.."]),
        ("Work will not start until 2020.", ["2020/.."]),
        ("It can open in 2019 at the earliest.", ["2019/.."]),
        ("It runs the network until 2037.", ["../2037"]),
        ("The line has been closed since last week.", ["2014-05-05/.."]),
        ("Promised since the 1990s, it never came.", ["1990/.."]),
        ("An earlier swap, dating from April 2009, was not drawn.", ["2009-04"]),
        ("After Friday's talks he left.", ["2014-05-09"]),
        ("After the 2008 war trade stopped.", ["2008"]),
        ("It must be finished no later than July.", ["2014-07"]),
    ],
)
def test_open_ends_and_plain_points(text: str, wanted: list[str]) -> None:
    assert dated(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("He spent October 18 to 21 in Peru.", ["2013-10-18/2013-10-21"]),
        ("They met on 18-21 October 2012.", ["2012-10-18/2012-10-21"]),
        ("The fair ran from 28 October to 2 November 2012.", ["2012-10-28/2012-11-02"]),
        ("They will meet again on June 3 and 4.", ["2014-06-03/2014-06-04"]),
        ("It was sold in January-September 2013.", ["2013-01/2013-09"]),
        ("It was sold in the first nine months of 2013.", ["2013-01/2013-09"]),
        ("Exports grew in Q3 2013 and in H1 2019.", ["2013-07/2013-09", "2019-01/2019-06"]),
        ("The tender comes out in the second half of next year.", ["2015-07/2015-12"]),
        ("Sales rose in fiscal 2018 and fell in 2016-17.", ["2018", "2016/2017"]),
        ("It opened on May 20th, 2013.", ["2013-05-20"]),
        ("It will start early next month.", ["2014-06-01/2014-06-10"]),
        ("It stopped at the end of last month.", ["2014-04"]),
        ("It will be ready by the end of the decade.", ["2019"]),
        ("It will be done within ten years.", ["2024"]),
        ("The pact was signed in the summer of 2011.", ["2011-06/2011-09"]),
    ],
)
def test_parts_and_ranges(text: str, wanted: list[str]) -> None:
    assert [ends_of(one) for one in dated(text)] == [ends_of(one) for one in wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("They mean to hand it over by March.", ["2015-03"]),
        ("Prices fell by March.", ["2014-03"]),
        ("They signed it on Friday.", ["2014-05-09"]),
        ("The five meet again on Wednesday.", ["2014-05-14"]),
        ("They signed it last Wednesday.", ["2014-05-07"]),
        ("Officials said on Friday it will open in June.", ["2014-05-09", "2014-06"]),
        ("Kenya agreed in June to put money into it.", ["2013-06"]),
        ("In November floods tore up the track.", ["2013-11"]),
        ("The law takes effect on January 1.", ["2015-01-01"]),
        ("They signed it today.", ["2014-05-12"]),
        ("He promised at the weekend that they would help.", ["2014-05-10/2014-05-11"]),
        ("A trip is pencilled in for next May.", ["2015-05"]),
        ("One unit starts in 2017 and the other a year later.", ["2017", "2018"]),
        ("It came into force on 1 July 2012 and lapsed a year later.", ["2012-07-01", "2013"]),
        ("On the same day the two signed a treaty.", ["2012-03-05"]),
        ("Work resumed two months after that.", ["2012-05"]),
    ],
)
def test_past_or_to_come_by_the_tense_of_the_clause(text: str, wanted: list[str]) -> None:
    assert dated(text) == wanted


@pytest.mark.parametrize("line", ["LIMA, 21 June 2021", "Monday, June 21, 2021", "2021-06-21 09:42", "21.6.2021"])
def test_a_date_line_in_any_form(line: str) -> None:
    assert page_date(["Menu", "June 2021", "May 3", line]) == dt.date(2021, 6, 21)


def test_areas_are_compared_in_one_unit() -> None:
    assert comparable("100", "km2") == comparable("10000", "ha")


@given(st.integers(1, 999), st.sampled_from(["million", "bn", "crore", "thousand"]))
def test_a_scale_word_multiplies(number: int, scale: str) -> None:
    factor = {"million": 1e6, "bn": 1e9, "crore": 1e7, "thousand": 1e3}[scale]
    assert amount(str(number), scale) == number * factor
    (found,) = find_quantities(f"It cost {number} {scale} rupees.")
    assert (found.low, found.unit) == (number * factor, "INR")


@given(st.text(alphabet="0123456789,.-/ $€%mbnaeotfryMJ:'", max_size=60))
def test_nothing_breaks_on_odd_text(text: str) -> None:
    for one in find_quantities(text):
        assert text[one.start : one.end] == one.text
        assert one.low <= one.high
    for date in find_dates(text, DAY):
        first, last = ends_of(date.iso)
        assert first == ".." or last == ".." or first <= last
