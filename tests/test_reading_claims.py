"""What a sentence claims: whether it claims anything, how much, of what sort and subject, by sentences of our own."""

from __future__ import annotations

import datetime as dt

import pytest

from tumen.reading import Page, read_page
from tumen.reading._claims import Claim

DAY = dt.date(2016, 6, 15)  # a Wednesday
BEFORE = {
    "railway": "Ghana and Mali signed an agreement in May on a railway from Tema to Bamako.",
    "pipeline": "Oman and India signed an agreement in May on a gas pipeline under the sea.",
    "debt": "Chad and France signed an agreement in May on the rescheduling of Chad's debt.",
    "duties": "Peru and Vietnam signed a free-trade accord in May.",
    "": "",
}


def claims(sentence: str, before: str = "railway") -> list[Claim]:
    """The claims of a sentence that stands after another one on the same page."""
    lead = BEFORE[before]
    page = Page("page", f"A headline that names nothing much\n\n{lead}\n\n{sentence}\n", DAY)
    return [one for one in read_page(page).claims if one.text not in lead]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Dealers in Accra wonder whether the line will ever fill its wagons.", "doubt"),
        ("Few in Bamako expect the trains to run on time.", "doubt"),
        ("A harbour master in Tema sees little chance that the line will be ready.", "doubt"),
        ("Campaigners call the scheme a road to nowhere.", "doubt"),
        ("The finance ministry has undertaken to bear the cost of the stations.", "pledge"),
        ("Mali's transport minister gave his word that the track would be laid in three years.", "pledge"),
        ("Ghana would rather have the line moved to Takoradi, and has suggested starting there.", "proposal"),
        ("Brussels was asked to pay for a third of the line.", "proposal"),
        ("The two governments want the line to carry 3 million tonnes a year by 2022.", "target"),
        ("The port of Tema is to handle 9 million tonnes a year by 2025.", "target"),
        ("Consultants arrived at a figure of $2.1 billion for the line.", "estimate"),
        ("The engineers value the work at 900 million euros.", "estimate"),
        ("The railway ministry counts on 400,000 passengers a year.", "forecast"),
        ("Merchants in Kayes expect the railway to halve the price of cement.", "forecast"),
        ("Under the pact Mali owns 40 per cent of the line.", "agreement"),
        ("On Monday the two sides put their names to a contract for the rails.", "agreement"),
        ("Mali's opposition leader branded Ghana a bad neighbour.", "statement"),
        ("To our mind the line matters more to Accra than to Bamako.", "judgement"),
        ("Ghana is weighing a second track to Kumasi.", "plan"),
        ("The first trains should leave Tema in the spring of 2019.", "plan"),
        ("On 3 June the first rails were landed at Tema.", "event"),
        ("Last Friday Ghana halted the work on the railway.", "event"),
        ("Last year the old line carried 200,000 tonnes.", "report"),
        ("The line is 60 per cent complete.", "report"),
    ],
)
def test_the_sort_of_a_claim(sentence: str, kind: str) -> None:
    assert [one.kind for one in claims(sentence)] == [kind]


@pytest.mark.parametrize(
    ("sentence", "before", "subject"),
    [
        ("Repayment of the loan begins after seven years.", "railway", "railway"),
        ("The first half of the arrears was written off in April.", "debt", "debt_treatment"),
        ("It is to carry 8 billion cubic metres a year.", "pipeline", "pipeline"),
        ("Duties on 80 per cent of goods are to fall to nothing.", "duties", "trade_cost"),
        ("Peru sent Vietnam goods worth $90 million last year.", "duties", "trade"),
        ("The Highways Department of Ghana will lay the first 12 km.", "railway", "railway"),
        ("In April Russia outlawed the import of Estonian sprats.", "", "sanction"),
        ("Gunmen blew up a pumping station near Kirkuk on Sunday.", "", "hazard"),
    ],
)
def test_the_subject_is_named_or_carried(sentence: str, before: str, subject: str) -> None:
    assert {one.subject for one in claims(sentence, before)} == {subject}


@pytest.mark.parametrize(
    "sentence",
    [
        "Who will pay for the stations is another matter.",
        "Neither government would say where the rails come from.",
        "The route has yet to be published.",
        "Similar promises have been made before.",
        "Iron ore has lost a third of its price since January.",
        "Would anybody ride on it?",
        "Three things are worth saying about the line:",
    ],
)
def test_remarks_claim_nothing(sentence: str) -> None:
    assert claims(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        ("The 540-km line will cost $1.9 billion.", {"540 km", "1900000000 USD"}),
        ("Mali lends 30 per cent and reckons that its section will take four years.", {"30 percent", "4 yr"}),
        ("China lends $400m for the rails and $150m for the stations.", {"400000000 USD", "150000000 USD"}),
        ("It runs for 310 km and is to be finished in 2020.", {"310 km", " "}),
        ("The old line moved 90,000 tonnes last year, against 2 million in its best days.", {"90000 t"}),
        ("Trade came to $3 billion last year, against $5 billion in 2012.", {"3000000000 USD", "5000000000 USD"}),
    ],
)
def test_a_verb_of_its_own_makes_a_claim_of_its_own(sentence: str, figures: set[str]) -> None:
    assert {f"{one.quantity} {one.unit}" for one in claims(sentence)} == figures


def test_a_journey_of_its_own_day_stands_beside_what_was_signed() -> None:
    (visit, deal) = claims("Vladimir Putin came to Hanoi on 9 June and took home a contract for two reactors.", "")
    assert (visit.subject, visit.date, visit.actors) == ("visit", "2016-06-09", ("RUS", "VNM"))
    assert (deal.kind, deal.subject) == ("agreement", "capacity")


def test_of_a_debtor_and_its_lenders_the_debtor_is_carried() -> None:
    lead = "Chad owes $90 million to France, Libya, Sudan and Spain, and Chad cannot pay."
    page = Page("page", f"Chad asks for time\n\n{lead} The debts are to be repaid over 12 years.\n", DAY)
    last = read_page(page).claims[-1]
    assert (last.subject, last.actors) == ("debt_treatment", ("TCD",))


@pytest.mark.parametrize(
    "lead",
    [
        "QUITO, June 14, 2016 - ",
        "QUITO, Ecuador, June 14 -- ",
        "QUITO, 14 June 2016 (Newswire) -- ",
        "(Newswire, June 14, 2016) ",
        "QUITO: ",
    ],
)
def test_where_a_report_was_sent_from_is_no_part_of_it(lead: str) -> None:
    text = f"{lead}Ecuador and Peru signed an agreement on Monday on a road from Loja to Piura."
    (claim,) = claims(text, "")
    assert (claim.kind, claim.subject, claim.date) == ("agreement", "capacity", "2016-06-13")
    assert claim.actors == ("ECU", "PER")


def test_the_place_and_day_of_sending_date_a_page() -> None:
    page = Page("page", "A road for the south\n\nQUITO, June 14, 2016 - Ecuador and Peru signed a treaty on Monday.\n")
    assert read_page(page).date == dt.date(2016, 6, 14)


def test_what_is_gone_round_takes_no_part() -> None:
    (claim,) = claims("In May Georgia and Turkey agreed on a gas pipeline bypassing Russia.", "")
    assert claim.actors == ("GEO", "TUR")


def test_a_doubt_after_but_stands_for_itself() -> None:
    pledge, doubt = claims(
        "Mali has pledged 2 million tonnes of ore a year, but shippers doubt that the line can carry it."
    )
    assert (pledge.kind, doubt.kind, doubt.source) == ("pledge", "doubt", "shippers")
    assert doubt.hedged
