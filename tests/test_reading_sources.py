"""Who says so, over the ways in which news English names him, and the sentences in which nobody does."""

# ruff: noqa: E501

from __future__ import annotations

import datetime as dt

import pytest

from tumen.reading import Page, read_page
from tumen.reading._attribution import attribution_of, attributions_of, is_anonymous, pronoun_speaks, teller_of

BEFORE = [
    ("Rosa Quispe, the transport minister, values the contract at some $700 million.", "Rosa Quispe, the transport minister"),
    ("Tariq Aziz Khan, Pakistan's petroleum minister, has pledged to finish by June.", "Tariq Aziz Khan, Pakistan's petroleum minister"),
    ("Petroline, the builder, reckons with a bill of €2bn.", "Petroline, the builder"),
    ("Dang Van Minh, head of the Mekong Grid Company, said towers would stand by May.", "Dang Van Minh, head of the Mekong Grid Company"),
    ("Halcrow, a British consultancy, calculated in 2004 that the bridge would cost £90m.", "Halcrow, a British consultancy"),
    ("Sinosure and Exim, which will insure the loan together, put the risk at 4%.", "Sinosure and Exim"),
    ("Kofi Mensah, who heads the ports authority, told Reuters that two berths would open.", "Kofi Mensah"),
    ("Moody's, however, expects the kingdom to default next year.", "Moody's"),
    ("Turkey, for its part, gave its word that it would pay for the tunnel.", "Turkey"),
    ("Last week the energy ministry in Sofia said that gas would flow in 2015.", "the energy ministry in Sofia"),
    ("In March a deputy governor of the central bank told parliament the swap was worth 3bn yuan.", "a deputy governor of the central bank"),
    ("Finance Minister Jean Ntaganda spoke of 12,000 new jobs.", "Finance Minister Jean Ntaganda"),
    ("The surveyors see room for 18m tonnes of coal a year.", "The surveyors"),
    ("Her ministry projects 2.4 million passengers a year.", "Her ministry"),
    ("The project's owners foresee ten trains a day.", "The project's owners"),
    ("The parliament in Astana has budgeted 40 billion tenge for the road.", "The parliament in Astana"),
    ("Sonelgaz and Enel, the two utilities, arrive at a cost of 900 million euros.", "Sonelgaz and Enel, the two utilities"),
    ("The study by Mott MacDonald came out at $11 billion.", "The study by Mott MacDonald"),
    ("Home Secretary Maria Gomez counts $3 billion in Russian promises.", "Home Secretary Maria Gomez"),
    ("Critics of the dam argue that the reservoir will silt up.", "Critics of the dam"),
    ("Hydrologists question whether the river holds enough water.", "Hydrologists"),
    ("Diplomats see little chance that sanctions will be lifted.", "Diplomats"),
    ("Opposition deputies were less impressed, asking who would pay.", "Opposition deputies"),
    ("Economists at two local brokerages remain unconvinced.", "Economists at two local brokerages"),
    ("Shippers are not persuaded that the canal will be ready.", "Shippers"),
    ("The auditors are sceptical about the date.", "The auditors"),
    ("A trader in Baku wonders whether the oil exists.", "A trader in Baku"),
    ("Hauliers complain that the border is shut half the week.", "Hauliers"),
    ("Farmers fear that the lake will drown their fields.", "Farmers"),
    ("Analysts do not believe that tolls will ever repay the debt.", "Analysts"),
    ("The governor was quoted as saying that the mine would open in 2012.", "The governor"),
    ("Ivan Petrov was quoted by Interfax as saying that the price had been agreed.", "Ivan Petrov"),
    ("President Islam Karimov has vowed to double cotton exports by 2010.", "President Islam Karimov"),
    ("Trade figures show that Chile bought goods worth $2 billion.", "Trade figures"),
    ("The central bank's figures put the deficit at $300 million.", "The central bank's figures"),
    ("A survey by the chamber of commerce found that only a third would use the line.", "A survey by the chamber of commerce"),
    ("The EBRD forecasts trade of $5 billion by 2018.", "The EBRD"),
    ("Gazexport wants buyers to pay $180 for each thousand cubic metres.", "Gazexport"),
    ("Residents of the valley doubt they will be paid.", "Residents of the valley"),
    ("Bankers close to the talks reckon the bonds will be swapped at 60 cents.", "Bankers close to the talks"),
    ("The road is to cost $1.1bn, but lenders are wary of the tolls.", "lenders"),
    ("A loan the IMF puts at $2 billion has been frozen.", "the IMF"),
    ("The upgrade, which engineers in Harare estimate at $60 million, may start in May.", "engineers in Harare"),
    ("It is the first of 40 engines that Bombela has promised to deliver.", "Bombela"),
    ("Beijing has undertaken to supply grain for three years.", "Beijing"),
    ("The Asian lender (ADLB) said that it would pay a tenth.", "The Asian lender (ADLB)"),
    ("At the Nordic Institute, Per Lund questions whether the cable can pay.", "the Nordic Institute, Per Lund"),
    ("Russia, Iran and India said that the corridor would open in 2020.", "Russia, Iran and India"),
]  # fmt: skip
AFTER = [
    ("The line is a quarter built, officials in Hanoi said.", "officials in Hanoi"),
    ("Exports reached $3.1 billion, customs data show.", "customs data"),
    ("The state owes Chinese lenders $2 billion, finance ministry figures show.", "finance ministry figures"),
    ("The loan will be drawn in May, a source at the bank said.", "a source at the bank"),
    ("Nobody will use it, said a banker who asked not to be named.", "a banker who asked not to be named"),
    ("Work starts in June, according to the energy ministry in Minsk.", "the energy ministry in Minsk"),
    ("According to Deputy Premier Olga Berg, the plant will run by 2016.", "Deputy Premier Olga Berg"),
    ("By the ministry's own count, 30,000 men left last year.", "the ministry"),
    ("The line will pay for itself, in the words of Luis Alva, its director.", "Luis Alva, its director"),
    ("The port is a white elephant, as Mr Tan put it.", "Mr Tan"),
    ("The railway would cost $4 billion, the prime minister told parliament on Monday.", "the prime minister"),
    ("Peru will pay nothing until then, President Alan Garcia repeated on Tuesday.", "President Alan Garcia"),
    ("A rebate could be had, its spokesman hinted, in return for a stake.", "its spokesman"),
    ("The dam has cost $4 billion, officials in Dushanbe report.", "officials in Dushanbe"),
    ("The gas will never come, noted a Paris consultant, who had seen the wells.", "a Paris consultant"),
    ("The bill has been estimated at $6bn by the World Bank.", "the World Bank"),
    ("The reactor was switched off, the foreign ministry announced, hours before the talks.", "the foreign ministry"),
    ('"It will be ready in May," said Chen Wei, the site manager.', "Chen Wei, the site manager"),
    ("Kenya owes $5bn, as estimated by the Fund.", "the Fund"),
    ("Traffic will treble by 2020, the consultants reckon.", "the consultants"),
    ("The canal will open in 2014, Egypt's transport minister said on Sunday after talks in Rome.", "Egypt's transport minister"),
    ("Libya will get $2bn, Tass reported, citing a Kremlin aide.", "Tass"),
]  # fmt: skip
MORE = [
    ("Work will be over by May, the head of the port authority, Ali Ismail, said.", "the head of the port authority, Ali Ismail"),
    ("A spokesman for the ministry denied that the loan had been cut.", "A spokesman for the ministry"),
    ("The price will be $200, people familiar with the talks said.", "people familiar with the talks"),
    ("Iran will get $2 billion, two officials with knowledge of the matter told Reuters.", "two officials with knowledge of the matter"),
    ("Speaking in Vladivostok, Deputy Prime Minister Arkady Dvorkovich put the cost at 900 billion roubles.", "Deputy Prime Minister Arkady Dvorkovich"),
    ("The cost will be borne by shippers, Kenya Railways admits.", "Kenya Railways"),
    ("The Asian Development Bank, in a report last month, estimated the gap at $8 billion.", "The Asian Development Bank"),
    ("But analysts at Citi think that volumes will be half of that.", "analysts at Citi"),
    ("Moscow says it is ready to sell the gas for $100.", "Moscow"),
    ("The line will cost $1.3 billion, of which the government of Rwanda says it will pay a third.", "the government of Rwanda"),
    ("\"The port can take only small ships,\" says Park Jin-ho, a researcher at the Korea Maritime Institute.", "Park Jin-ho, a researcher at the Korea Maritime Institute"),
    ("Trade could triple by 2015, Nazarbayev said in Astana.", "Nazarbayev"),
    ("Remittances were worth 48% of output, by the World Bank's reckoning.", "the World Bank"),
    ("Debt stands at 90% of output on the IMF's figures.", "the IMF"),
    ("Some economists doubt the arithmetic.", "Some economists"),
    ("\"They will never sign,\" a European diplomat in Tashkent said.", "a European diplomat in Tashkent"),
    ("Western bankers have been less enthusiastic, and consider the forecast of 20m tonnes fanciful.", "Western bankers"),
    ("Environmental groups are worried that the road will open the forest to loggers.", "Environmental groups"),
    ("The chamber of mines is counting on 4m tonnes a year.", "The chamber of mines"),
    ("Rosneft's chief executive, Igor Sechin, has promised $2bn.", "Rosneft's chief executive, Igor Sechin"),
    ("Wang Yilin, chairman of CNPC, told the forum in Baku that the line would be full.", "Wang Yilin, chairman of CNPC"),
    ("Local newspapers put the number of workers at 5,000.", "Local newspapers"),
    ("State television reported that the bridge had opened.", "State television"),
    ("China would lend $10bn more, President Hu Jintao announced at the summit.", "President Hu Jintao"),
    ("Uganda's opposition calls the price a robbery.", "Uganda's opposition"),
    ("Traffic should reach 9m passengers by 2020, the operator forecasts.", "the operator"),
    ("Energy Intelligence, a newsletter, reported that the price was $250.", "Energy Intelligence, a newsletter"),
    ("The OECD's development centre has warned of a shortage of water.", "The OECD's development centre"),
    ("Jean Dupont of Areva reckons the plant would take nine years.", "Jean Dupont of Areva"),
    ("Afghan traders grumble that the trucks are held for weeks.", "Afghan traders"),
    ("India would spend $500m, Mr Modi said at Chabahar.", "Mr Modi"),
    ("Sanctions will not be lifted, a senior American official said on condition of anonymity.", "a senior American official"),
    ("Nepal's electricity authority hopes to export 500 MW by 2020.", "Nepal's electricity authority"),
    ("GTK has set the price at $3 a tonne.", "GTK"),
    ("The test, said the defence minister, was a success.", "the defence minister"),
    ("The figure is too low, in the view of the energy regulator.", "the energy regulator"),
    ("Villagers say they have not been paid.", "Villagers"),
    ("Asked about the price, Prime Minister Sheikh Hasina said that it would be settled in June.", "Prime Minister Sheikh Hasina"),
    ("The Kazakh side has said nothing about the price and insists that the gas is spoken for.", "The Kazakh side"),
    ("Tokyo Gas has calculated that the cargoes would be cheaper by a tenth.", "Tokyo Gas"),
    ("Mongolia's mining ministry expects that 30m tonnes will cross the border in 2015.", "Mongolia's mining ministry"),
    ("Standard Chartered's Lagos office sees the naira falling to 400.", "Standard Chartered's Lagos office"),
    ("But former finance minister Antoinette Sayeh told this newspaper the bonds would never be repaid.", "former finance minister Antoinette Sayeh"),
    ("The ship will never sail, one of the negotiators admitted in private.", "one of the negotiators"),
    ("The consortium behind the line says it has sold 70% of the capacity.", "The consortium behind the line"),
    ("Hanwha and Posco have each pledged $300 million.", "Hanwha and Posco"),
    ("An internal memo of the ministry estimates the losses at $80m.", "An internal memo of the ministry"),
    ("The prospectus puts revenues at $90m a year.", "The prospectus"),
    ("A faster line would pay, the authors of the study conclude.", "the authors of the study"),
    ("Mr Lungu's office announced that talks with China had begun.", "Mr Lungu's office"),
    ("The tunnel will open in March, said the chief of the railways, Hakan Kaya.", "the chief of the railways, Hakan Kaya"),
    ("Xinhua said the swap had been doubled to 200 billion yuan.", "Xinhua"),
    ("Sinopec may take 20%, according to a person briefed on the plan.", "a person briefed on the plan"),
    ("Two people briefed on the talks said that the price was $280.", "Two people briefed on the talks"),
    ("Exports were 2.1m barrels a day, according to the Energy Information Administration.", "the Energy Information Administration"),
    ("Fitch Ratings cut its forecast and now projects growth of 2%.", "Fitch Ratings"),
    ("The minister promised that by 2012 every village would have power.", "The minister"),
    ("The government's own auditors found that half of the money had gone.", "The government's own auditors"),
    ("Local officials fret that the mine will dry up the wells.", "Local officials"),
    ("Few of the jobs have gone to locals, residents complain.", "residents"),
    ("Kyrgyzstan's president, Almazbek Atambayev, is adamant that the line must be built to Russian gauge.", "Kyrgyzstan's president, Almazbek Atambayev"),
    ("Washington suspects that the port will house warships.", "Washington"),
    ("New Delhi worries about a Chinese base.", "New Delhi"),
    ("Vietnam's industry ministry has put the shortfall in 2020 at 5,000 megawatts.", "Vietnam's industry ministry"),
    ("The Asian Development Bank thinks the upgrade could be done for $200m.", "The Asian Development Bank"),
    ("The terminal, which CK Hutchison values at $1.2 billion, is for sale.", "CK Hutchison"),
    ("The company's chairman, Ho Ching, was cautious: the loan would be drawn in stages.", "The company's chairman, Ho Ching"),
    ("Gas could flow in 2019 if the partners decide this year, Statoil believes.", "Statoil"),
    ("\"We shall lose $200m a year,\" Bulgaria's prime minister, Boyko Borisov, complained.", "Bulgaria's prime minister, Boyko Borisov"),
    ("Ministers in both capitals talk of $5bn a year by 2020.", "Ministers in both capitals"),
    ("Azerbaijan's state oil fund has earmarked $640m.", "Azerbaijan's state oil fund"),
    ("Donald Kaberuka, head of the African Development Bank, called it the best road on the continent.", "Donald Kaberuka, head of the African Development Bank"),
    ("Trade officials are hoping for a doubling by 2013.", "Trade officials"),
    ("Some in Astana fear a flood of Chinese goods.", "Some in Astana"),
    ("The Chinese embassy in Lusaka has denied that the utility was to be seized.", "The Chinese embassy in Lusaka"),
]  # fmt: skip
NOBODY = [
    "Georgians told to pay double.",
    "A few notes:",
    "The aid was booked on Tehran's account.",
    "China set up a fund.",
    "Officials from both countries signed the papers and opened the gate.",
    "Hopes were high.",
    "China, the biggest buyer, cut its orders.",
    "The talks resume in May.",
    "The rail link, first proposed in 1990, was dropped.",
    "Turkmen gas now goes to China.",
    "Reports of a deal are premature.",
    "The pledge of $2 billion was repeated.",
    "The promise was kept.",
    "Hundreds of villagers protested in the square.",
    "The company added 200 wagons to its fleet.",
    "The state oil company has awarded the contract to Eni.",
    "The railway, which China built, opened in May.",
    "Trade has been growing since 2005.",
    "The state bank called in the loan.",
    "Brazil found oil off its coast.",
    "The Chinese gave a loan of $200m.",
    "The president spoke in Astana on Monday.",
    "India spent $100m on the port.",
    "The company reported to the ministry.",
    "The police counted the trucks.",
    "Rwanda saw its exports fall.",
    "Iran's offer was dismissed by nobody.",
    "The visit was announced in May.",
    "The price is thought to be $200.",
    "It is believed to have cost $3bn.",
    "Exports are expected to double.",
    "China has lent Zambia $6bn.",
    "The ministry has hired a bank.",
    "The company will build 200 km of track.",
    "The IMF's programme ends in June.",
    "Ministers signed the deal in front of reporters.",
    "A promise by Beijing is still open.",
    "Kenya's request was turned down.",
    "The pipeline, called Nabucco, was dropped.",
    "The railway was named after the president.",
    "The bank guaranteed the loan.",
    "Turkey denied entry to the ships.",
    "The port authority has priced out small shippers.",
    "Mr Chavez gave Cuba 100,000 barrels a day.",
    "The parliament approved the budget.",
    "The company called a meeting of its lenders.",
    "The visit was seen as a success.",
    "The plan was welcomed in Seoul.",
    "Workers placed the last rail at dawn.",
    "Students questioned in May were freed.",
    "China sent six engineers to the site.", "Peru and Bolivia signed an accord on Friday.", "The line is 400 km long.",
    "The contract promises 20 trains a day.", "The deal puts an end to ten years of haggling.", "Tunisia called off the tender.",
    "The ministers put their names to a pact.", "The power plant came to a halt in May.", "Russia wrote off most of the debt.",
    "Claims of about $2 billion were dropped.", "Estimates of the cost vary from $2bn to $3bn.", "The report was published in June.",
    "A report of 300 pages was handed to the cabinet.", "Officials met in Vienna on Monday.", "The minister flew to Tehran last week.",
    "It said nothing of the price.", "He added that it would be late.", "They hope to finish by 2012.",
    "According to the contract, the plant passes to Armenia after 15 years.", "By the agreement of 2009 the loan runs for ten years.",
    "SEOUL (Reuters) - The reactor has been shut.", "TASHKENT, June 4 (Interfax) -- The first gas flowed on Monday.",
    "Questions of money remain.", "Doubts about the route have grown.", "Hopes of a quick start have faded.", "The promised loan has not come.",
    "The bridge was expected to open in May.", "Uzbekistan plans to build a line of 200 km.", "Kazakhstan wants to join by 2015.",
    "The company found gas in 2005.", "The dispute was settled in court.", "Desert projects keep slipping.",
    "Trade between the two came to $7 billion last year.", "The two governments set up a commission.", "The president called for calm.",
    "The president called on Beijing to help.", "The engine seats 300.", "Work was begun by Chinese crews in March.",
    "The tunnel was built by Strabag.", "Georgia declared independence in 1991.",
    "The project aims to halve the journey.", "The railway would cost $2 billion.", "The scheme sees 20,000 men at work.",
    "Cement exports added to the surplus.", "Ships wait a week at the pier.", "In 2010 the road was widened.",
    "The Fund lent $300 million in 2008.", "Annual growth is put at 4%.", "The pledges were not kept.", "The plan counts on foreign money.",
    "Prices set a record in May.", "The border gives the town its living.", "The price remains uncertain.", "The cost is certain to rise.",
    "Rain put the work back by a month.", "Brussels paid 40 million euros.", "Dredgers added 2 km to the quay.", "The law states the terms.",
    "Toyota cars make up half of the imports.",
]  # fmt: skip


@pytest.mark.parametrize(("text", "source"), [*BEFORE, *MORE])
def test_named_before_the_verb(text: str, source: str) -> None:
    found = attribution_of(text)
    assert found is not None
    assert found.source == source


@pytest.mark.parametrize(("text", "source"), AFTER)
def test_named_after_what_is_said(text: str, source: str) -> None:
    found = attribution_of(text)
    assert found is not None
    assert (found.source, text[found.start : found.start + len(source)]) == (source, source)


@pytest.mark.parametrize("text", NOBODY)
def test_who_only_does_something_says_nothing(text: str) -> None:
    assert attributions_of(text) == ()


def test_a_promise_is_not_speech() -> None:
    assert [one.speaks for one in attributions_of("Iran has promised to finish the line by May.")] == [False]
    assert [one.speaks for one in attributions_of("Iran said that the line would be finished by May.")] == [True]
    assert [one.speaks for one in attributions_of("The line will be late, analysts believe.")] == [True]


@pytest.mark.parametrize(
    ("text", "about", "source"),
    [
        ("Ann Ray says trains will run in 2020; her advisers foresee ten a day.", "2020", "Ann Ray"),
        ("Ann Ray says trains will run in 2020; her advisers foresee ten a day.", "ten a day", "her advisers"),
        (
            "Oman's minister spoke of 9,000 jobs, while Patel wants tenants to make goods worth $1bn.",
            "9,000",
            "Oman's minister",
        ),
        ("Oman's minister spoke of 9,000 jobs, while Patel wants tenants to make goods worth $1bn.", "$1bn", "Patel"),
        ("The mine yields 9m tonnes a year, and the firm puts the railway at $2bn.", "9m", None),
        ("Kabul expects $90 million in fees, its finance minister said.", "$90", "its finance minister"),
        ("Officials say that Beijing has pledged $2 billion.", "$2", "Officials"),
    ],
)
def test_each_tells_his_own_part(text: str, about: str, source: str | None) -> None:
    found = teller_of(text, text.index(about), (0, len(text)))
    assert (found.source if found else None) == source


def test_he_goes_on() -> None:
    assert pronoun_speaks("The rest will follow in 2015, he added.")
    assert pronoun_speaks("They put the cost at $2bn.")
    assert not pronoun_speaks("The rest will follow in 2015.")
    page = Page(
        "a.txt",
        "A line for the Andes\n\nLIMA -- Peru will build a railway of 900 km to Ilo, transport minister Ana Lopez said on Friday. "
        "The railway would cost $3 billion, she added.\n",
        dt.date(2013, 3, 4),
    )
    assert [one.source for one in read_page(page).claims if one.unit == "USD"] == ["transport minister Ana Lopez"]


def test_sources_without_a_name() -> None:
    assert is_anonymous("a source at the bank")
    assert not is_anonymous("Rosa Quispe, the transport minister")
