"""Pages to claims, held against what a person marked: five shared pages, and twelve of our own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tumen.reading import Page, link, open_page, read_page, score

OWN = Path(__file__).parent / "reading_pages"

# Of each shared page: words of clutter that must go, and how its text ends.
CLUTTER = {
    "nikkei-2014": ["Icon", "{{", "Sponsored", "trusted insights", "$0.99", "trial period", "unlimited", "print phone"],
    "blog-2014": ["More From", "More on This Topic", "Related Topics"],
    "turkey-iran-2012": [
        "Sign in",
        "SHARE",
        "Advertisement",
        "Related stories",
        "Five things",
        "{{",
        "3 months",
        "Menu",
    ],
    "tapi-2015": ["Skip to", "Archive", "Tags:", "Leave a comment", "Required fields"],
    "sgr-2014": ["LOG IN", "Breaking", "ADVERTISEMENT", "READ NEXT", "Newsletter", "Page 1 of 2", "BUSINESS DAILY"],
}


def scores(gold: Path) -> dict[str, float]:
    return {one.field: one.f1 for one in score(gold)}


def test_the_shared_pages_are_read_as_they_should_be(shared: Path) -> None:
    found = scores(shared / "data/pages/gold.csv")
    assert found["claims"] >= 0.95
    assert found["quantity"] >= 0.95
    assert found["date"] >= 0.95
    assert found["subject"] >= 0.95
    assert found["kind"] >= 0.95
    assert found["actors"] >= 0.95


def test_our_own_pages_meet_the_same_bars() -> None:
    found = scores(OWN / "gold.csv")
    assert found["claims"] >= 0.9
    assert found["quantity"] >= 0.95
    assert found["date"] >= 0.9
    assert found["subject"] >= 0.85
    assert found["kind"] >= 0.8
    assert found["actors"] >= 0.85


@pytest.mark.parametrize("folder", ["plain", "varied"])
def test_pages_by_others_are_read_as_well(folder: str) -> None:
    found = scores(OWN / folder / "gold.csv")
    assert found["claims"] >= 0.92
    assert found["quantity"] >= 0.92
    assert found["date"] >= 0.92
    assert found["subject"] >= 0.81
    assert found["kind"] >= 0.87
    assert found["actors"] >= 0.84


@pytest.mark.parametrize("name", CLUTTER)
def test_clutter_goes_and_no_sentence_is_lost(shared: Path, name: str) -> None:
    page = open_page(shared / "data/pages" / f"{name}.txt", dt.date(2015, 1, 1))
    reading = read_page(page)
    text = "\n".join(block.text for block in reading.blocks)
    assert [words for words in CLUTTER[name] if words in text] == []
    long = [
        line.strip() for line in page.original.splitlines() if line.strip().endswith(".") and len(line.split()) > 14
    ]
    body = " ".join(text.split())
    assert long
    assert all(" ".join(line.lstrip("• ").split()) in body for line in long)


@pytest.mark.parametrize("name", CLUTTER)
def test_every_character_kept_is_where_it_says(shared: Path, name: str) -> None:
    page = open_page(shared / "data/pages" / f"{name}.txt")
    for block in read_page(page).blocks:
        assert "".join(page.original[place] for place in block.places) == block.text
    for sentence in read_page(page).sentences:
        assert page.original[sentence.start : sentence.end].split() == sentence.text.split()


def test_two_pages_of_2014_are_joined(shared: Path) -> None:
    pages = shared / "data/pages"
    story = link([
        read_page(open_page(pages / "nikkei-2014.txt", dt.date(2014, 5, 5))),
        read_page(open_page(pages / "blog-2014.txt", dt.date(2014, 5, 6))),
    ])  # fmt: skip
    visits = [one for one in story.events if "Yury Trutnev" in one.people]
    assert len(visits) == 1
    assert visits[0].people == ("Yury Trutnev", "Yuri Trutnev")
    assert len({story.claims[number].page for number in visits[0].claims}) == 2
    kinds = [one.kind for one in story.initiatives]
    assert len(kinds) == len(set(kinds))
    places = [str(one) for one in story.disagreements if one.sort == "place"]
    assert len(places) == 1
    assert "South Korea" in places[0]


def test_places_in_html_are_those_of_the_source() -> None:
    page = open_page(OWN / "guinea-ore-2014.html", dt.date(2014, 5, 27))
    reading = read_page(page)
    assert reading.title == "A mountain of ore waits for its railway"
    text = " ".join(sentence.text for sentence in reading.sentences)
    assert [words for words in ("Ten ports", "Privacy", "Not text at all") if words in text] == []
    for claim in reading.claims:
        source = page.original[claim.start : claim.end].replace("&rsquo;", "’").replace("&nbsp;", " ")
        assert source == claim.text
    assert any("$20 billion" in claim.text for claim in reading.claims)


def test_the_date_line_dates_the_page() -> None:
    assert read_page(open_page(OWN / "zambia-debt-2021.txt")).date == dt.date(2021, 6, 21)
    assert read_page(Page("a", "Peru and Chile signed a pact on Friday.")).date is None


def test_every_claim_says_how_it_was_found() -> None:
    for path in sorted(OWN.glob("*.txt")):
        for claim in read_page(open_page(path)).claims:
            assert claim.method.startswith("rule:")
            assert claim.clause in claim.text
