"""Answers such as the reference case gives, and some that it should not: what the tests of the report show."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from tumen.claims._answer import (
    Answer,
    Breakeven,
    Driver,
    Envelope,
    Figure,
    HistoryPoint,
    PathSummary,
    SourceNote,
)
from tumen.report import About, ParameterRow

KOTRA = SourceNote(
    "kotra-2014",
    "N. Korea overall trade volume grows to record high in 2013",
    "KOTRA, by Yonhap",
    "2014-05-22",
    "http://english.yonhapnews.co.kr/northkorea/2014/05/21/16/0401000000AEN20140521003200320F.html",
)
REUTERS = SourceNote(
    "reuters-2014",
    "Russia, N. Korea to settle trade in roubles",
    "Reuters",
    "2014-06-05",
    "https://www.reuters.com/article/russia-northkorea-trade-idUSL6N0OM28V20140605?feedType=RSS",
    "quotes federal customs data that were public in the first quarter of 2014",
)
NKNEWS = SourceNote(
    "nknews-2014",
    "Russia signs economic development protocol with North Korea",
    "NK News",
    "2014-04",
    "https://www.nknews.org/2014/04/russia-signs-economic-development-protocol-with-north-korea/",
)
BARE = SourceNote("own-2014", "Computed here from the terms: 1090 / 40", "", "2014", "")
COST_CUT = Breakeven(
    "ruble_settlement.cost_cut", "share", 0.03, 0.0, 0.30, None,
    (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30), (0.018, 0.026, 0.04, 0.07, 0.11, 0.17, 0.24),
)  # fmt: skip
FUEL = Breakeven(
    "deliveries.fuel", "MUSD/yr", 40.0, 0.0, 900.0, 655.0,
    (0.0, 150.0, 300.0, 450.0, 600.0, 750.0, 900.0), (0.017, 0.04, 0.1, 0.24, 0.43, 0.62, 0.78),
)  # fmt: skip
HAIRCUT = Breakeven(
    "debt_deal.haircut", "share", 0.9, 0.5, 1.0, 0.72,
    (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0), (0.1, 0.24, 0.46, 0.68, 0.83, 0.88, 0.91),
)  # fmt: skip


def history() -> tuple[HistoryPoint, ...]:
    """Two statistics from 2000 to 2013 that disagree, as those of the pair do."""
    kotra = {2000: 46, 2004: 210, 2005: 232, 2006: 211, 2007: 159.6, 2008: 110.5, 2009: 62, 2010: 110.5, 2011: 113}
    ranges: dict[int, tuple[float, float]]
    ranges = {2004: (207, 213), 2007: (126, 160), 2008: (98, 111), 2010: (100.3, 124), 2011: (99, 114)}
    kotra |= {2012: 75.7, 2013: 104}
    ranges |= {2012: (68.6, 75.7)}
    points = [HistoryPoint(y, v, "KOTRA", KOTRA.key, *ranges.get(y, (None, None))) for y, v in kotra.items()]
    customs = {2000: 105, 2012: 68.6, 2013: 112.7}
    return (*points, *(HistoryPoint(y, v, "Russian customs", REUTERS.key) for y, v in customs.items()))


def path(log_scale: bool = True) -> PathSummary:
    years = tuple(range(2014, 2036))
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    scores = (-1.645, -0.674, 0.0, 0.674, 1.645)
    rows = tuple(
        tuple(108 * math.exp(0.045 * (t - 2013) + z * 0.24 * math.sqrt(t - 2013)) for t in years) for z in scores
    )
    return PathSummary(years, levels, rows, history(), log_scale)


def trade() -> Answer:
    return Answer(
        claim="trade_2020",
        row="1",
        said="Two-way trade is to reach $1 billion a year by 2020.",
        by="Alexander Galushka, Russia's minister for the Far East, and officials in Pyongyang, March 2014",
        measure="trade.two_way",
        measure_doc="Two-way goods trade, in current dollars of the year.",
        where=(("between", "RUS, PRK"), ("year", "2020"), ("statistics", "russian-customs")),
        unit="MUSD",
        test="at_least",
        threshold=(1000.0,),
        probability=0.0213,
        se=0.0031,
        median=148.0,
        p05=52.0,
        p95=421.0,
        draws=4096,
        target_year=2020,
        drivers=(
            Driver("pair_volatility", 0.41, 0.34, 0.47, 0.12),
            Driver("chance", 0.31, 0.27, 0.36, 0.0),
            Driver("joint_growth", 0.14, 0.09, 0.19, 0.38),
            Driver("sanctions.start", 0.06, 0.02, 0.10, -0.24),
            Driver("measurement_noise", 0.02, 0.0, 0.05, 0.02),
        ),
        breakevens=(COST_CUT, FUEL),
        envelope=Envelope("trade_2013 * (1 + growth)^7", 152.0),
        figures=(
            Figure("growth needed", 0.366, "1/yr", 0.35, 0.38, "from the level of 2013 to 2020, each year"),
            Figure("growth 2000-2013", 0.065, "1/yr"),
            Figure("peak so far, 2005", 232.0, "MUSD"),
        ),
        sources=(NKNEWS, KOTRA, REUTERS),
        path=path(),
        note="The two sources differ by 8 % for 2013 and by 60 points on the growth in that year.",
    )


def spread_of(median: float, sigma: float, count: int = 40) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A lognormal's histogram between its 0.5 and 99.5 % quantiles."""
    low, high = median * math.exp(-2.58 * sigma), median * math.exp(2.58 * sigma)
    edges = [low + (high - low) * i / count for i in range(count + 1)]

    def below(v: float) -> float:
        return 0.5 * (1 + math.erf(math.log(v / median) / sigma / math.sqrt(2)))

    return tuple(edges), tuple(4096 * (below(b) - below(a)) for a, b in pairwise(edges))


def debt(claim: str, doc: str, threshold: float, median: float, sigma: float, probability: float) -> Answer:
    return Answer(
        claim=claim,
        row="8",
        said="Russia forgives 90 % of the Soviet-era debt of $10.96 billion; the rest goes into a joint fund.",
        by="State Duma, ratified 18 April 2014",
        measure="money.relief",
        measure_doc=doc,
        where=(("initiative", "debt_deal"), ("discount rate", "5 % a year")),
        unit="MUSD",
        test="at_least",
        threshold=(threshold,),
        probability=probability,
        se=0.0 if probability in {0.0, 1.0} else 0.0071,
        median=median,
        p05=median * math.exp(-1.645 * sigma),
        p95=median * math.exp(1.645 * sigma),
        draws=4096,
        drivers=(
            Driver("missed_instalments", 0.62, 0.58, 0.66, -0.74),
            Driver("payments_without_deal", 0.21, 0.16, 0.27, 0.41),
            Driver("chance", 0.08, 0.04, 0.12, 0.0),
        ),
        breakevens=(HAIRCUT,),
        envelope=Envelope("stock * haircut * price", median * 2.6, WARNING),
        figures=(Figure("face value written off", 9870.0, "MUSD"), Figure("debt at market price", 1210.0, "MUSD")),
        sources=(REUTERS, BARE),
        histogram=spread_of(median, sigma),
    )


WARNING = "it is 2.6 times the median: the formula lacks arrears"
LONG = "a very long remark that somebody pasted from a protocol without thinking of who would have to read it, " * 6


def answers() -> list[Answer]:
    """Ten answers: a path, five of debt, certain and impossible ones, one of long texts, one of hardly anything."""
    five = [
        debt("relief_5", "Relief at 5 %, present value of payments forgone.", 600.0, 840.0, 0.42, 0.789),
        debt("relief_10", "Relief at 10 %, present value of payments forgone.", 600.0, 420.0, 0.4, 0.185),
        debt("relief_market", "Relief against the market price of the debt.", 1000.0, 700.0, 0.6, 0.276),
        debt("fund_2020", "Balance of the joint fund at the end of the year.", 250.0, 262.0, 0.18, 0.606),
        replace(
            debt("fund_share", "Share of a railway like Khasan-Rajin that the fund covers.", 1.0, 0.62, 0.3, 0.056),
            unit="share",
            target_year=2025,
        ),
    ]
    none = replace(
        debt("relief_face", "Relief at the face value of the debt, with interest.", 9870.0, 840.0, 0.42, 0.0),
        breakevens=(),
        sources=(),
    )
    every = replace(
        debt("fund_positive", "Balance of the joint fund in 2025.", 1.0, 410.0, 0.2, 1.0),
        drivers=(),
        breakevens=(),
        figures=(),
        envelope=None,
    )
    wordy = replace(
        trade(),
        claim="a_claim_with_a_name_that_goes_on_and_on_and_would_not_fit_a_narrow_column_anywhere",
        said=LONG,
        by=LONG[:140],
        measure_doc=LONG[:150],
        note=LONG,
        path=path(log_scale=False),
        sources=(replace(KOTRA, title=LONG, address="https://example.org/" + "x" * 300), NKNEWS),
        drivers=tuple(Driver(f"an_assumption.with_a_rather_long_name_{i}", 0.1, 0.05, 0.2, -0.3) for i in range(12)),
        figures=(Figure(LONG[:90], 12345.6, "MUSD", 10000.0, 20000.0, LONG[:200]),),
    )
    bare = Answer(
        "bare", "", "", "", "delivery.completed", "Year of completion", (), "year", "by", (2025.0,), 0.44, 0.012,
        2027.0, 2019.0, 2034.0, 512,
        histogram=((2016.0, 2020.0, 2024.0, 2028.0, 2032.0, 2036.0), (60, 120, 170, 110, 52)),
    )  # fmt: skip
    return [trade(), *five, none, every, wordy, bare]


def parameters() -> list[ParameterRow]:
    return [
        ParameterRow(
            "trade.level_2013", "triangular 104, 108, 112.7", "MUSD", "$108m", "$105m", "$112m", "assumption",
            (KOTRA, REUTERS), "2014-05-22", "KOTRA and the Russian ministry differ; the distribution spans both",
        ),
        ParameterRow("debt_deal.haircut", "0.9", "share", "90 %", "", "", "lever", (REUTERS,), "", ""),
        ParameterRow("oil", "mean-reverting, 2000-2014", "USD/bbl", "$98", "$52", "$171", "process", (), "", ""),
        ParameterRow("instalments", "40", "", "40", "", "", "fixed", (BARE,), "", "twice a year for 20 years"),
        ParameterRow("odd_kind", "1", "", "", "", "", "something_else", (), "", LONG),
    ]  # fmt: skip


def about() -> About:
    return About(
        title="Russia's turn to Korea",
        as_of="2014-05-31",
        draws=4096,
        seed=1,
        scenario="base",
        version="0.1.0",
        case_hash="3f9c2ab81d7e44f0",
        horizon="2013-2035",
        sourced_share=0.82,
        summary="Trade of $1bn by 2020 and the write-off of the Soviet-era debt, as announced in spring 2014, tested "
        "against what was known on 31 May 2014.",
        limits=("What the two governments agreed in secret.", "Trade that neither customs service records."),
    )
