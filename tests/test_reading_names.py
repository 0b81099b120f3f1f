"""Names that stand for states, in sentences of news English of 1992-2023: what counts, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from tumen.reading._actors import codes, codes_in, find_actors, whole_names
from tumen.reading._names import leaders, lookup
from tumen.reading._tables import records, words

# year, sentence, codes in their order
COUNTS = [
    (2012, "The UAE lent the DRC $200m for a road to Lubumbashi.", "ARE COD"),
    (2007, "The U.S. and the DPRK met; the PRC and the ROK looked on.", "USA PRK CHN KOR"),
    (2001, "The Mozambicans and the Poles asked the Turks for credit.", "MOZ POL TUR"),
    (2019, "Filipinos, Swedes, Danes, Finns and Spaniards work there.", "PHL SWE DNK FIN ESP"),
    (2016, "Downing Street told the Elysee and the Casa Rosada.", "GBR FRA ARG"),
    (2014, "The Blue House and Zhongnanhai were silent; so was the Kremlin.", "KOR CHN RUS"),
    (2013, "Nay Pyi Taw and Astana have no railway between them.", "MMR KAZ"),
    (2020, "Nur-Sultan wants wagons at Khorgos and Alashankou.", "KAZ CHN"),
    (2010, "Planalto sent a letter to Aso Rock and to Ankara.", "BRA NGA TUR"),
    (2015, "Trains from Mombasa will reach Kampala before those from Lobito reach Kolwezi.", "KEN UGA AGO COD"),
    (2017, "China Merchants runs the port of Hambantota and looks at Gwadar.", "CHN LKA PAK"),
    (2016, "The pipe from Kyaukpyu to Ruili is half empty.", "MMR CHN"),
    (2005, "Oil will flow from Sangachal to Ceyhan by way of Supsa.", "AZE TUR GEO"),
    (2009, "Gas for Swinoujscie would come from Ras Laffan.", "POL QAT"),
    (2013, "Trains wait at Zabaikalsk and Manzhouli, trucks at Blagoveshchensk and Heihe.", "RUS CHN"),
    (2018, "Ships from Doraleh and Berbera call at Jebel Ali.", "DJI SOM ARE"),
    (2014, "A road from Walvis Bay to Katima Mulilo and Sesheke was tarred.", "NAM ZMB"),
    (2012, "Ore from Moatize goes by Nacala, some of it to the port of Beira.", "MOZ"),
    (2014, "Soya from Mato Grosso might go out by Ilo or Matarani.", "BRA PER"),
    (2011, "Gazprom and Eni hold equal shares; Wintershall and EDF joined later.", "RUS ITA DEU FRA"),
    (2014, "Transneft and Rosneft asked VTB and VEB for money.", "RUS"),
    (2013, "CNPC and KazMunaiGas lifted the line's capacity; Uzbekneftegaz and SOCAR did not.", "CHN KAZ UZB AZE"),
    (2006, "BOTAS pays NIGC in dollars.", "TUR IRN"),
    (2012, "ONGC, GAIL and NTPC bid; IRCON and SAIL did not.", "IND"),
    (2015, "BNDES lent Petrobras what PDVSA and YPF had wanted.", "BRA VEN ARG"),
    (2018, "Sonangol owes more than Sonatrach and NNPC together.", "AGO DZA NGA"),
    (2010, "PGNiG and Gaz-System hired Snam.", "POL ITA"),
    (2019, "Terna and STEG will lay the cable.", "ITA TUN"),
    (2016, "The Export-Import Bank of China and Sinosure back the mill.", "CHN"),
    (2013, "China Exim lent it; ICBC and CDB stayed away.", "CHN"),
    (2017, "JBIC, JICA and Mitsui will pay a third, Kepco and Kogas another.", "JPN KOR"),
    (2009, "Qatargas ships to Korea Gas and to PTT.", "QAT KOR THA"),
    (2016, "KAI does not want to be the landlord of Petronas and Pertamina.", "MYS IDN"),
    (2012, "DP World and Mubadala looked at Tartus.", "ARE SYR"),
    (2018, "Aramco and ADNOC would own half of the refinery at Ratnagiri.", "SAU ARE IND"),
    (2010, "Vale has the licence that Codelco gave up.", "BRA CHL"),
    (1997, "Chernomyrdin promised Kuchma cheaper gas.", "RUS UKR"),
    (2009, "Cristina Kirchner and Lula agreed on the dam; so did Fernando Lugo.", "ARG BRA PRY"),
    (2003, "Chirac and Schroeder flew to meet Putin.", "FRA DEU RUS"),
    (2018, "Zelenskyy was an actor when Poroshenko ruled.", "UKR"),
    (2020, "Zelenskyy and Duda opened the line.", "UKR POL"),
    (2009, "Qadhafi, or Gaddafi as some write, met Berlusconi.", "LBY ITA"),
    (1999, "Chissano thanked Mandela and Mkapa.", "MOZ ZAF TZA"),
    (2014, "Nazarbayev told Lukashenko that Berdymukhamedov would come.", "KAZ BLR TKM"),
    (2002, "Rakhmonov, Akayev and Karimov share one river.", "TJK KGZ UZB"),
    (2016, "Zeman, Fico and Szydlo opposed Mogherini.", "CZE SVK POL EU"),
    (2013, "Abdullah Ensour promised the line from Basra to Aqaba.", "JOR IRQ"),
    (2015, "Tusk spoke for the heads of government.", "EU"),
    (2012, "Tusk opened the harbour.", "POL"),
    (2014, "A Sino-Russian bank, a Franco-German engine and a Russo-Turkish pipe.", "CHN RUS FRA DEU TUR"),
    (2014, "The Chinese-built line through Laos is late.", "CHN LAO"),
    (2006, "The six-party talks went on.", "PRK KOR USA CHN JPN RUS"),
    (2015, "TAPI has no money yet.", "TKM AFG PAK IND"),
    (2017, "Brussels will pay; the Commission of the EU said so.", "EU"),
    (2011, "Central bankers at the Riksbank, the Bundesbank and Norges Bank agreed.", "SWE DEU NOR"),
    (1996, "Zaire and Burma, once Rhodesia's friends.", "COD MMR ZWE"),
    (1995, "FYROM and the Federal Republic of Yugoslavia signed.", "MKD SRB"),
    (2004, "The Taliban hold the pass; Kabul does not.", "AFG"),
    (2012, "Hong Kong and Macau asked Kosovo, Palestine and Taiwan.", "HKG MAC XKX PSE TWN"),
    (2011, "The pipeline ends at the Iranian frontier.", "IRN"),
    (2012, "Officials in London said that Britain would pay.", "GBR"),
    (2012, "Raul Castro is expected in Paris in February.", "CUB FRA"),
    (2016, "Ukrainian exporters sold grain to Georgian wine makers.", "UKR GEO"),
    (2014, "Work on the Nicaragua Canal and the Suez Canal Economic Zone began.", "NIC EGY"),
    (2013, "Niger Delta gas goes to Warri.", "NGA"),
    (2010, "Russian Railways and Korail surveyed Rajin.", "RUS KOR PRK"),
    (2019, "TotalEnergies of France sold it to a Norwegian firm.", "FRA NOR"),
    (2008, "PLN wants coal from Kalimantan.", "IDN"),
    (2000, "Jiang Zemin met Obuchi and Kim Dae-jung.", "CHN JPN KOR"),
    (1993, "Hosokawa and Kohl met Yeltsin.", "JPN DEU RUS"),
    (2021, "Hichilema, Geingob and Masisi opened the bridge.", "ZMB NAM BWA"),
    (2022, "Sogavare signed with Li Keqiang.", "SLB CHN"),
    (2013, "Mukdahan and Savannakhet have one bridge, Nong Khai and Thanaleng another.", "THA LAO"),
    (2014, "Trucks queue at Chirundu, Kasumbalesa and Beitbridge.", "ZMB COD ZWE"),
    (2014, "Coal from Gashuun Sukhait goes to Ganqimaodu.", "MNG CHN"),
    (2010, "Power from Rogun and Sangtuda could reach Peshawar.", "TJK PAK"),
    (2014, "The Trans-Anatolian line, said Rovnag Abdullayev, begins in Baku.", "AZE"),
]
TRAPS = [
    (2009, "Penspen, a British consultancy, put the cost at $10bn.", ""),
    (2012, "Analysts at a Dutch bank and the Paris Club disagreed over Ghana.", "NLD GHA"),
    (2012, "The London Club forgave nothing.", ""),
    (2015, "The Geneva talks and the Vienna Convention are no help.", ""),
    (2013, "It is the Dutch disease, or else the Monroe doctrine.", ""),
    (2013, "A Vienna-based trader and a Kuwait-based fund served Peking duck.", ""),
    (2012, "Tankers cross the Persian Gulf, the Indian Ocean and the South China Sea.", ""),
    (2015, "The Trans-Siberian and Turkish Stream were in the papers; so was Brent.", ""),
    (2014, "Ships pass the Suez Canal or the Panama Canal.", ""),
    (2018, "They will settle in Japanese yen, US dollars, Swiss francs and Russian roubles.", ""),
    (2018, "Hong Kong dollars and Singapore dollars are pegged or managed.", ""),
    (2014, "The Financial Times, the Moscow Times, China Daily and the Bangkok Post wrote of it.", ""),
    (2014, "Total trade fell. Total investment of $3bn was promised.", ""),
    (2014, "Total output and total cost rose.", ""),
    (2011, "A London-listed miner with a Liberian-flagged ship.", ""),
    (2011, "The South American, Latin American and North American markets grew.", ""),
    (2011, "Central America and the West Indies trade little.", ""),
    (2012, "Economists in Hong Kong and bankers in Singapore doubt it.", ""),
    (2012, "Lenders met in Paris; the court sat in The Hague.", ""),
    (2012, "Analysts in Seoul doubt it.", ""),
    (2012, "The Korean War and the Vietnam War are over; the Iraq war too.", ""),
    (2014, "The Ukraine crisis and the Syrian civil war cost much.", ""),
    (2013, "Chinese newspapers and Turkish media said so; an Iranian analyst agreed.", ""),
    (2013, "The Russian daily Kommersant reported it.", ""),
    (2013, "A graduate of the University of London and of Moscow State University.", ""),
    (2013, "The Gulf of Guinea and the Strait of Malacca are full of pirates.", ""),
    (2013, "George Washington and Charles Darwin never met Michael Jordan.", ""),
    (2013, "The banks of the Congo River and of the Uruguay river are low.", ""),
    (2014, "Mary and Victoria work in a Nice hotel as Santos wrote.", ""),
    (2014, "Male workers split the bill at the bar; a man in a van waited.", ""),
    (2014, "Park closed at noon, and Lee and Kim went home.", ""),
    (2017, "It will be ready in May, or by May 2019.", ""),
    (2016, "The Kyoto Protocol, the Doha Round and the Uruguay Round were hard.", ""),
    (2016, "The Paris agreement and the Minsk accords were signed.", ""),
    (2016, "The World Bank, the IMF, the ADB, the EBRD and the EIB lend.", ""),
    (2016, "ASEAN, OPEC, NATO and the WTO met; so did the African Union.", ""),
    (2009, "Georgia Tech and Atlanta, Georgia, are far away.", ""),
    (2015, "New England, New Guinea and South Georgia have no railway.", ""),
    (2012, "Militants attacked a Shell platform; Fitch was not asked.", ""),
    (2014, "Rio Tinto, Glencore and BHP withdrew.", ""),
    (2012, "The mine lies close to the Lithuanian border and 30 km from the Chinese border.", ""),
    (1999, "Obama and Macron were students then.", ""),
    (2018, "The north of the country is poor, the South Pole is cold.", ""),
    (2014, "Dubai crude and Urals crude fell.", ""),
    (2013, "Anglo-Dutch and Anglo-Swiss groups came.", ""),
    (2012, "A German measles outbreak, an Indian summer and a Mexican standoff.", ""),
    (2012, "IOC and CIC are letters that many bear.", ""),
    (2013, "Poland said so in an English-language, Russian-speaking town.", "POL"),
    (2013, "The Brazilian real fell, but Brazilian real estate rose.", "BRA"),
    (2013, "The Chinese won the contract; the Korean won fell.", "CHN"),
    (2011, "Bitterfeld, Gotham and Ruritania are not in the table.", ""),
    (2013, "Moscow (Reuters) - Kazakhstan will pay.", "KAZ"),
    (2013, "Beijing, May 5 - Laos will pay.", "LAO"),
    (2013, "Moscow - Beijing trains run daily.", "CHN"),
    (
        2017,
        "Researchers at the Stockholm International Peace Research Institute and the Kiel Institute count arms.",
        "",
    ),
    (2013, "The London Metal Exchange and the New York Stock Exchange closed.", ""),
    (2014, "A Guinea pig, a Siberian tiger and a Tasmanian devil.", ""),
    (2014, "Jordan River water and Panama hat makers.", ""),
    (2014, "The Warsaw Pact and the Treaty of Rome.", ""),
    (2014, "Total said that it will stay; Uganda agreed.", "UGA"),
    (2014, "The Organization of American States and the American Enterprise Institute.", ""),
    (2013, "Prague School of linguists, Vienna circle, Oslo accords.", ""),
]
NORTH = ("PRK", "KOR", "USA")


@pytest.mark.parametrize(("year", "text", "wanted"), [*COUNTS, *TRAPS])
def test_states_named_in_a_sentence(year: int, text: str, wanted: str) -> None:
    assert " ".join(codes_in(find_actors(text, year))) == wanted


@pytest.mark.parametrize(
    ("text", "page", "wanted"),
    [
        ("On June 30 the South sent rice, and the North kept silent.", NORTH, "KOR PRK"),
        ("North-South talks failed.", NORTH, "PRK KOR"),
        ("The South's loan is unpaid; the South Sea is wide.", NORTH, "KOR"),
        ("The north of the town and the South of France.", NORTH, "FRA"),
        ("Oil of the South crosses the North.", ("SSD", "SDN"), "SSD SDN"),
        ("The South is poor.", ("ITA", "DEU"), ""),
        ("A railway through Kashmir and Punjab.", ("PAK", "CHN"), "PAK"),
        ("A railway through Kashmir and Punjab.", ("IND",), "IND"),
        ("A Dominican port.", ("DMA",), "DMA"),
        ("A Dominican port.", (), "DOM"),
        ("The refinery of IOC.", ("IND",), "IND"),
        ("A field near Hyderabad.", ("PAK",), "IND"),
        ("Tripoli will pay.", (), "LBY"),
        ("A mill in Tripoli.", ("LBN",), "LBN"),
        ("Sofia and Lima agreed; Colombo did not.", (), "BGR PER LKA"),
        ("Work at Khorgos.", ("KAZ",), "KAZ"),
    ],
)
def test_names_of_several_states_follow_the_page(text: str, page: tuple[str, ...], wanted: str) -> None:
    assert " ".join(codes_in(find_actors(text, 2010, (), page))) == wanted


def test_a_common_surname_counts_once_the_whole_name_was_given() -> None:
    known = whole_names("President Park Geun-hye met Prime Minister Theresa May.")
    assert known == {("Park", "KOR"), ("May", "GBR")}
    assert codes_in(find_actors("Park thanked May in May.", 2016, known)) == ("KOR", "GBR")
    assert codes_in(find_actors("Work begins in May.", 2016, known)) == ()


def test_a_king_of_one_name_is_the_one_of_the_page() -> None:
    assert codes_in(find_actors("King Abdullah agreed.", 2010, (), ("JOR",))) == ("JOR",)
    assert codes_in(find_actors("King Abdullah agreed.", 2010, (), ("SAU",))) == ("SAU",)
    assert codes_in(find_actors("King Abdullah agreed.", 2018)) == ("JOR",)


def test_firms_that_stand_for_no_state_act_for_themselves() -> None:
    assert [one.how for one in find_actors("Total withdrew.", 2014)] == ["organisation"]
    assert [one.how for one in find_actors("They attacked a Shell platform.", 2014)] == ["firm"]


def test_every_table_is_whole() -> None:
    known = codes()
    for row in records("states"):
        assert words(row["names"]), row
    for name, column in (("companies", "code"), ("groups", "codes"), ("leaders", "code")):
        for row in records(name):
            assert set(row[column].split()) <= known, row
            assert None not in row.values(), row
    for row in records("leaders"):
        assert int(row["from"]) <= int(row["to"] or 9999), row


MEMBERS = """
AFG ALB DZA AND AGO ATG ARG ARM AUS AUT AZE BHS BHR BGD BRB BLR BEL BLZ BEN BTN BOL BIH BWA BRA BRN BGR BFA BDI
CPV KHM CMR CAN CAF TCD CHL CHN COL COM COG CRI CIV HRV CUB CYP CZE PRK COD DNK DJI DMA DOM ECU EGY SLV GNQ ERI
EST SWZ ETH FJI FIN FRA GAB GMB GEO DEU GHA GRC GRD GTM GIN GNB GUY HTI HND HUN ISL IND IDN IRN IRQ IRL ISR ITA
JAM JPN JOR KAZ KEN KIR KWT KGZ LAO LVA LBN LSO LBR LBY LIE LTU LUX MDG MWI MYS MDV MLI MLT MHL MRT MUS MEX FSM
MCO MNG MNE MAR MOZ MMR NAM NRU NPL NLD NZL NIC NER NGA MKD NOR OMN PAK PLW PAN PNG PRY PER PHL POL PRT QAT KOR
MDA ROU RUS RWA KNA LCA VCT WSM SMR STP SAU SEN SRB SYC SLE SGP SVK SVN SLB SOM ZAF SSD ESP LKA SDN SUR SWE CHE
SYR TJK TZA THA TLS TGO TON TTO TUN TUR TKM TUV UGA UKR ARE GBR USA URY UZB VUT VEN VNM YEM ZMB ZWE
"""


def test_every_state_is_known() -> None:
    assert len(MEMBERS.split()) == 193
    assert set(MEMBERS.split()) <= codes()
    assert {"TWN", "XKX", "PSE", "HKG", "MAC", "VAT", "EU"} <= codes()


def test_looking_up_stays_fast() -> None:
    assert len(lookup()[1]) > 6000
    assert len(leaders()[1]) > 2000
    text = "Officials of the ministry said on Tuesday that trains from Mombasa to Nairobi would carry more by 2017. "
    find_actors(text, 2014)
    begin = time.perf_counter()
    for number in range(400):
        find_actors(f"{text}{number}", 2014)
    assert time.perf_counter() - begin < 1.0
