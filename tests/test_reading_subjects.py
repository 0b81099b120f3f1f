"""What a clause is about: the words of each subject, their false friends, and what only goes on."""

from __future__ import annotations

import re

import pytest

from tumen.reading._needed import needed
from tumen.reading._subjects import goes_on, named_goal, subjects_of, told_by
from tumen.reading._tables import table
from tumen.reading._words import Shelf


def about(text: str, *known: str) -> str:
    """The first subject of a text on a page that names the `known` ones elsewhere; none is an empty word."""
    found = told_by(text, 0, len(text), known=known)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("debt_treatment", "Tajikistan handed over 1,100 sq km of the Pamirs to settle a debt to China."),
        ("clearing", "Colombo will pay for Iranian oil with tea."),
        ("sanction", "Moscow lifted a ban on Georgian mineral water."),
        ("sanction", "The EU agreed to cut off three banks from SWIFT."),
        ("hazard", "Gunmen kidnapped four surveyors near the border on Tuesday."),
        ("hazard", "The pipeline was blown up for the third time this year."),
        ("hazard", "North Korea test-fired two short-range missiles on Thursday."),
        ("hazard", "A cyclone washed away eleven bridges along the coast."),
        ("hazard", "The army shelled villages close to the railway."),
        ("hazard", "A blast damaged the compressor station at Lebedyn."),
        ("hazard", "Dockers went on strike at the port on Monday."),
        ("labour_export", "Kathmandu will let 30,000 nurses go to work abroad; remittances are a quarter of income."),
        ("labour_export", "Vientiane sends some 4,000 loggers to the Russian Far East each year."),
        ("labour_export", "Qatar promised to cap the fees that recruiters charge guest workers."),
        ("labour_export", "Manila banned new maids from leaving for Kuwait."),
        ("labour_export", "Cuba dispatched 200 doctors to Algeria in the spring."),
        ("clearing", "Iranian tea buyers now pay Delhi in rupees through a vostro account."),
        ("clearing", "Ankara and Moscow agreed to use their national currencies for a third of invoices."),
        ("clearing", "The central bank drew on its currency swap with Beijing."),
        ("clearing", "Minsk pays partly in kind, with tractors."),
        ("clearing", "Turkmenistan delivered 2,000 tonnes of cotton for every tonne of aluminium."),
        ("clearing", "The two sides want to bypass the dollar."),
        ("clearing", "Refiners keep the money in correspondent accounts at a Kolkata bank."),
        ("debt_treatment", "Moody's thinks that the republic will default before Christmas."),
        ("debt_treatment", "It must pay back $700 million of eurobonds that mature in May."),
        ("debt_treatment", "Accra owes its creditors $13 billion."),
        ("debt_treatment", "Moscow wiped out $20 billion of African debts."),
        ("debt_treatment", "The ministry wants repayments to Beijing put off, and its loans rescheduled."),
        ("debt_treatment", "Holdouts went to a court in New York."),
        ("debt_treatment", "Russia will swap the loan for shares, a form of debt relief."),
        ("sanction", "Moscow outlawed Moldovan wine in 2006."),
        ("sanction", "Canberra stopped the sale of helicopters to Suva after the coup."),
        ("sanction", "Beijing suspended imports of pineapples from Taiwan."),
        ("sanction", "The government severed rail and air links with its neighbour."),
        ("sanction", "Kyiv halted trains, mail and buses to the peninsula."),
        ("sanction", "Brussels froze the assets of two hundred officials."),
        ("sanction", "Turkey closed its border with Armenia in 1993."),
        ("sanction", "Salmon was banned from Chinese shops after the prize."),
        ("mine", "The copper deposit at Aynak holds 11 million tonnes of metal."),
        ("mine", "Rio Tinto will ship concentrate from the open pit from July."),
        ("mine", "It won a concession for coal seams near Tete, an iron ore project and a smelter."),
        ("mine", "Prospecting rights went to a company from Perth."),
        ("railway", "Workers laid the last sleepers and the first locomotives were tried."),
        ("railway", "The two networks have a different gauge, so wagons are lifted at the border."),
        ("railway", "There would be 400 km of track."),
        ("railway", "Bullet trains would cover the distance in three hours."),
        ("railway", "The narrow-gauge branch line to the quarry was abandoned."),
        ("pipeline", "Welders closed the last joint near Alashankou."),
        ("pipeline", "A second gas trunk line is to follow by 2012."),
        ("pipeline", "The compressor stations lift throughput to 40 bcm."),
        ("pipeline", "High-voltage cables would cross the strait."),
        ("pipeline", "Dhaka hopes to import 500 megawatts of electricity through a converter station."),
        ("pipeline", "The interconnector will let Estonia leave the Russian grid."),
        ("pipeline", "Piped gas from Baku comes at $250."),
        ("capacity", "A berth for container ships and two cranes are under construction."),
        ("capacity", "Rosatom is to build two reactors on the coast."),
        ("capacity", "The LNG terminal at Klaipeda opened in December."),
        ("capacity", "The government will widen the railway's bottlenecks and upgrade the line from Omsk."),
        ("capacity", "A refinery with room for 10 million tonnes would rise beside the canal."),
        ("capacity", "The bridge over the Amur will be finished in 2019."),
        ("capacity", "A Chinese company won the runway of the new airport."),
        ("inducement", "Pyongyang shut down its nuclear plant and got heavy fuel oil."),
        ("inducement", "Seoul promised rice and fertiliser in return for stopping the tests."),
        ("inducement", "Kyiv was offered cheaper gas in exchange for control of its network."),
        ("inducement", "Libya agreed to give up its weapons for a promise of trade."),
        ("inducement", "The president offered an amnesty to fighters."),
        ("programme", "A free economic zone of 90 hectares near the airport draws few tenants."),
        ("programme", "The five-year development plan foresees 6% growth."),
        ("programme", "Beijing and Minsk opened an industrial park."),
        ("programme", "He came home with a package of deals worth $24 billion."),
        ("programme", "The cohesion fund paid €3 billion."),
        ("trade_target", "They aim to lift bilateral trade to $100 billion by 2020."),
        ("trade_target", "Commerce should treble within a decade, the ministers said."),
        ("trade_target", "The target of $30 billion for trade was set in 2012."),
        ("trade_cost", "Negotiators will resume talks on a free-trade accord."),
        ("trade_cost", "The customs union takes in Kyrgyzstan from May."),
        ("trade_cost", "Washington slapped a duty of 25% on steel in its trade war."),
        ("trade_cost", "Trucks wait six days because of border formalities."),
        ("trade", "The two agriculture ministers signed a protocol on fresh cherries."),
        ("trade", "Customs data show that China shipped goods worth $11 billion there."),
        ("trade", "Dhaka and Qatargas signed an LNG contract for 15 years."),
        ("trade", "Turnover between the two fell by a fifth."),
        ("trade", "The minister hopes for easier access to the Chinese market for beef."),
        ("coalition", "The five states will found a joint bank."),
        ("coalition", "He proposed a peace conference of the region."),
        ("coalition", "The trilateral commission meets in Tashkent."),
        ("alignment", "Harare voted against the resolution at the UN."),
        ("alignment", "To Minsk the loan is a card to play against Brussels."),
        ("alignment", "It looks like an attempt to slip out of Moscow's embrace."),
        ("alignment", "He called China a reliable ally and accused America of bullying."),
        ("alignment", "The tilt towards Beijing may not last."),
        ("alignment", "Gas gives the Kremlin leverage over its neighbours."),
    ],
)
def test_words_of_every_subject(subject: str, text: str) -> None:
    assert about(text) == subject


@pytest.mark.parametrize(
    "text",
    [
        "The company has a good track record and is on track.",
        "The rise is in line with the forecast.",
        "The sides drew a red line and are on the front line.",
        "A pipeline of projects is in the pipeline.",
        "The minister hopes to bridge the gap and to build bridges with the opposition.",
        "The deal paves the road to peace; a road map was shown.",
        "A bus terminal stands there.",
        "The prisoner swap took an hour and the two swapped notes.",
        "Markets heaved a sigh of relief, and relief workers left.",
        "It did so to its credit and by default.",
        "The Highways Department means to hand it over by June.",
        "The Railways Ministry expects it next year.",
        "The Ministry of Mines and Energy declined to comment.",
        "A spokesman for the Ports Authority gave no date.",
        "The trade minister and the trade union were at odds.",
        "They traded barbs for an hour.",
        "The opposition attacked the plan.",
        "A war of words broke out over it.",
        "Storm of protest greeted the speech.",
        "The power struggle goes on, and the great powers look on.",
        "Tear gas was used near the gas station.",
        "It hit a land mine.",
        "He lost his train of thought.",
        "It derailed the talks.",
        "They upgraded ties.",
        "The army will be modernised by modernising its armed forces.",
        "The row was settled, and the rebuke was clear.",
        "It gave credit for the idea.",
        "The Soviet Union was gone by then.",
        "The news conference ended at noon.",
        "Owing to rain the ceremony was put off.",
        "Ban Ki-moon spoke.",
        "He studied mining engineering; she was trained as a lawyer.",
        "The bank has a branch in the port city of Odessa.",
        "It is a gauge of confidence; pollsters gauge the mood.",
    ],
)
def test_false_friends_tell_nothing(text: str) -> None:
    assert about(text) == ""


@pytest.mark.parametrize(
    ("known", "subject", "text"),
    [
        ("railway", "railway", "Russian Railways said on Friday that it is ready."),
        ("pipeline", "", "Russian Railways said on Friday that it is ready."),
        ("railway debt_treatment", "railway", "The line would cost $3 billion."),
        ("pipeline debt_treatment", "pipeline", "The trunk line would cost $10 billion."),
        ("railway pipeline", "", "The line would cost $3 billion."),
        ("debt_treatment railway", "debt_treatment", "Interest would fall to 1 per cent."),
        ("railway", "", "The loan carries 2 per cent."),
        ("inducement capacity", "inducement", "The rice left on Sunday."),
        ("capacity", "", "The rice left on Sunday."),
        ("programme", "programme", "Tenants are to bring 35,000 jobs."),
        ("clearing", "clearing", "No yuan has been seen so far."),
        ("", "", "The gas will come."),
    ],
)
def test_weak_words_tell_what_the_page_is_about(known: str, subject: str, text: str) -> None:
    assert about(text, *known.split()) == subject


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("railway", "The railway will be rebuilt after the war."),
        ("pipeline", "Despite American sanctions the pipeline is to be finished."),
        ("railway", "From Santos to the port of Ilo the rails would run 3,750 km."),
        ("railway", "Kenya, which has built a dam, expects the railway to pay."),
        ("", "Without a railway it will stay empty."),
        ("capacity", "It has asked for a stake in the port."),
        ("railway", "Under the development plan a railway comes first."),
        ("sanction", "After a coup the sale of arms was banned."),
        ("mine", "It signed for the copper mine; trade will gain."),
    ],
)
def test_what_only_stands_around_goes_after(subject: str, text: str) -> None:
    assert about(text) == subject


def test_names_of_organisations_tell_nothing() -> None:
    text = "The Development Bank gave a sum."
    assert told_by(text, 0, len(text), [(4, 20)]) == ()


def test_mentions_stand_in_the_order_of_the_text() -> None:
    found = subjects_of("A dam, a railway and a copper mine are planned.")
    assert [one.name for one in found if not one.weak] == ["capacity", "railway", "mine"]


@pytest.mark.parametrize(
    "text",
    [
        "Ground will be broken in May.",
        "A twin has been drawn for the other bank.",
        "Both units are to be ready by 2020.",
        "Neither loan has been disbursed.",
        "Most of the money comes from Beijing.",
        "Passengers will board in 2021.",
        "The first cargo should dock in June.",
        "Commissioning is due in March.",
        "The outlay is put at a billion.",
        "Under the bargain more will follow.",
        "The second reactor comes a year later.",
        "Its terms were not published.",
        "The consortium has asked for a year more.",
        "The bill falls on the taxpayer.",
        "Unit one starts up in 2017.",
        "The builder promised an early finish.",
    ],
)
def test_goes_on(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text",
    [
        "Elections are due in the spring.",
        "He was born in a village near Kazan.",
        "Presidents have changed their minds before.",
        "The president flew home on Sunday.",
        "Opposition deputies left the hall.",
        "Prices rose by a tenth in the capital.",
    ],
)
def test_does_not_go_on(text: str) -> None:
    assert not goes_on(text)


def test_a_goal_named_before() -> None:
    assert named_goal("Few think that the target will be met.")
    assert named_goal("They missed it by far, and this figure is out of reach.")
    assert not named_goal("The striker scored late.")


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        (r"\bpipe-?lines?\b", ("pipe",)),
        (r"\b(?:the |a )?(?:dam|port)s?\b", ("dam", "port")),
        (r"\b(the|of) lines?\b(?! of work)", ("line",)),
        (r"\bgas (deal|supply)", ("deal", "supply")),
        (r"\bloan|debt\b", ("loan", "debt")),
        (r"(?<!free )trad(e|ing)", ("trad",)),
        (r"\d+ (km)?", ()),
        (r"loan|\d+", ()),
        (r"[abc]loan{2}", ("loan",)),
    ],
)
def test_letters_that_a_pattern_needs(pattern: str, letters: tuple[str, ...]) -> None:
    assert needed(pattern) == letters


def test_no_pattern_is_passed_over() -> None:
    text = (
        "Trains, gas pipelines, dams and coal mines were banned; creditors wrote off the debt, workers went abroad, "
        "the free-trade accord lifts bilateral trade, rebels attacked, aid in return for freezing enrichment, a joint "
        "bank, yuan swaps, an industrial park, an ally of Moscow, a visit to Tehran."
    )
    rows = table("subjects")["subject"]
    patterns = [one for row in rows for key in ("first", "words", "weak") for one in row.get(key, ())]
    tried = {one.pattern for one in Shelf([patterns]).likely(text.lower())[0]}
    capitals = [one.replace("[A-Z]", "(?-i:[A-Z])") for one in patterns]
    matching = {one for one in capitals if re.search(one, text, re.IGNORECASE)}
    assert matching
    assert matching <= tried
    assert len(tried) < len(patterns) / 2
