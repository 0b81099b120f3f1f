"""Makes the table of world trade of the reference case from the world's statistics and a few figures entered by hand.

    TUMEN_SHARED=../shared python benchmarks/case_trade.py > world_trade.csv

Needs pandas and pyarrow. Reads `data/world/gravity_2013.parquet` (totals by pair, 2013, importers' figures, gaps such
as Czechia's filled with exporters' figures of 2012), `trade_unctad_1995_2005_sitc1.parquet` (the split into goods,
2005) and `un_ama_1990_2024.parquet` (GDP and value added, 2013). Nothing that was not public in national returns or in
those tables' editions of spring 2014 is used but for later revisions of GDP.

Ten players and the rest of the world; six goods. Of a pair's total, the split of 2005 gives food (SITC 0, 1, 4), fuels
(3), chemicals (5) and the rest; fuels are made dearer by `DEARER`, for oil doubled while other goods rose by a sixth.
Oil's share of fuels and fertiliser's share of chemicals are by exporter, entered below; the rest of goods are
manufactures, ores and wood among them. Domestic sales are GDP less exports. Oil's follow what is used, those of other
goods value added; of manufactures they are `GROSS` times value added less half of exports, since trade is gross and GDP
is not; services are what is left, and are not traded. Trade of the DPRK is KOTRA's total, entered by hand with its
goods, because mirror data mix the two Koreas up and code their own trade as zero.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd

WHO = ["RUS", "PRK", "KOR", "CHN", "USA", "JPN", "EU", "IRN", "UKR", "ASP", "ROW"]
GOODS = ["oil", "energy", "food", "fertiliser", "manufactures"]
EU = [
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA",
    "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE", "GBR",
]  # fmt: skip
ASP = [
    "TWN", "HKG", "MAC", "MNG", "VNM", "THA", "MYS", "SGP", "IDN", "PHL", "BRN", "KHM", "LAO", "MMR", "IND", "BGD",
    "LKA", "PAK", "AUS", "NZL", "PNG", "TLS", "NPL",
]  # fmt: skip
YEAR, SPLIT, DEARER, GROSS = 2013, 2005, 1.75, 1.5

# Oil and its products in exports of fuels; the rest is gas, coal and power. From memory of customs and energy reviews.
OIL_SHARE = {
    "RUS": 0.78, "PRK": 0.03, "KOR": 0.97, "CHN": 0.65, "USA": 0.75, "JPN": 0.9, "EU": 0.8, "IRN": 0.96, "UKR": 0.3,
    "ASP": 0.45, "ROW": 0.82,
}  # fmt: skip
OIL_SHARE_TO = {("RUS", "UKR"): 0.15, ("RUS", "JPN"): 0.58, ("RUS", "KOR"): 0.75, ("RUS", "USA"): 0.98}
FERTILISER_SHARE = {
    "RUS": 0.3, "PRK": 0.0, "KOR": 0.01, "CHN": 0.06, "USA": 0.025, "JPN": 0.004, "EU": 0.012, "IRN": 0.15, "UKR": 0.3,
    "ASP": 0.02, "ROW": 0.08,
}  # fmt: skip
# Consumption of oil in 2012, million barrels a day, and its price; from memory of the annual reviews of energy.
OIL_USE = {
    "RUS": 3.2, "PRK": 0.0, "KOR": 2.46, "CHN": 10.2, "USA": 18.6, "JPN": 4.7, "EU": 13.0, "IRN": 2.0, "UKR": 0.28,
    "ASP": 11.9, "ROW": 23.4,
}  # fmt: skip
PRICE = 108.8  # USD a barrel, Brent 2013

# The DPRK's trade in 2013, MUSD: totals of KOTRA, goods of Chinese customs and KOTRA's half-yearly reports.
DPRK_BUYS = {  # from: oil, energy, food, fertiliser, manufactures
    "CHN": (718, 50, 400, 65, 2397),
    "RUS": (33, 8, 12, 1, 42.6),
    "ASP": (30, 0, 40, 5, 145),
    "EU": (1, 0, 8, 0, 32),
    "UKR": (0, 0, 2, 2, 10),
    "USA": (0, 0, 5, 0, 2),
    "ROW": (12, 0, 40, 8, 55),
    "KOR": (0, 0, 2, 0, 8),
}
DPRK_SELLS = {
    "CHN": (20, 1390, 120, 2, 1378),
    "RUS": (0, 0, 0.4, 0, 7.3),
    "ASP": (5, 25, 10, 0, 110),
    "EU": (0, 0, 2, 0, 28),
    "UKR": (0, 0, 0, 0, 1),
    "ROW": (0, 15, 6, 0, 100),
    "KOR": (0, 0, 5, 0, 85),
}
BY_HAND = {
    "CHN": (
        "yonhap-2014;businesskorea-2014",
        "total of KOTRA; oil, grain and fertiliser of Chinese customs from memory",
    ),
    "RUS": ("yonhap-2014", "total of KOTRA; fuel three tenths to four tenths of Russian shipments"),
    "KOR": ("nzherald-2014", "wages and local purchases at Kaesong; what passes through the enclave is left out"),
}
REST = ("yonhap-2014", "KOTRA's total less China and Russia, split by partners' figures without Korea-code mix-ups")


def world() -> Path:
    root = os.environ.get("TUMEN_SHARED") or str(Path(__file__).parents[2] / "shared")
    return Path(root) / "data" / "world"


def region(code: str) -> str:
    if code in WHO:
        return code
    return "EU" if code in EU else "ASP" if code in ASP else "ROW"


def totals() -> pd.DataFrame:
    """MUSD by exporter and importer, inside a region too."""
    pairs = pd.read_parquet(world() / "gravity_2013.parquet").query("exporter != importer")
    pairs = pairs.assign(**{end: pairs[end].astype(str).map(region) for end in ("exporter", "importer")})
    table = pairs.pivot_table(index="exporter", columns="importer", values="trade_filled_musd", aggfunc="sum")
    return table.reindex(index=WHO, columns=WHO).fillna(0.0)


def split() -> pd.DataFrame:
    """Shares of food, fuels and chemicals in each pair's trade of 2005, fuels at the prices of 2013."""
    table = pd.read_parquet(world() / "trade_unctad_1995_2005_sitc1.parquet").query("year == @SPLIT")
    table = table.assign(
        exporter=table.exporter.astype(str).map(region), importer=table.importer.astype(str).map(region),
        code=table.section.astype(str).str.extract(r"SITC(\d)", expand=False),
    )  # fmt: skip
    named = {"0": "food", "1": "food", "4": "food", "3": "fuels", "5": "chemicals"}
    known = table[table.code.notna() & (table.code != "9")]
    known = known.assign(kind=known.code.map(named).fillna("rest"))
    sums = known.pivot_table(
        index=["exporter", "importer"], columns="kind", values="exports_kusd", aggfunc="sum", observed=True
    ).fillna(0.0)
    sums["fuels"] *= DEARER
    return sums.div(sums.sum(axis=1), axis=0)


def gdp(indicator: str) -> pd.Series:
    table = pd.read_parquet(world() / "un_ama_1990_2024.parquet").query("year == @YEAR and indicator == @indicator")
    return table.assign(who=table.iso3.astype(str).map(region)).groupby("who").usd.sum().reindex(WHO) / 1e6


def foreign() -> dict[tuple[str, str, str], float]:
    """MUSD by exporter, importer and good of all but the DPRK, with what the two regions trade inside."""
    trade, shares, flows = totals(), split(), {}
    for i in WHO:
        for j in WHO:
            total = trade.loc[i, j]
            if "PRK" in (i, j) or total <= 0:
                continue
            share = shares.loc[(i, j)] if (i, j) in shares.index else pd.Series({"rest": 1.0})
            fuels, chemicals = share.get("fuels", 0.0) * total, share.get("chemicals", 0.0) * total
            oil = OIL_SHARE_TO.get((i, j), OIL_SHARE[i])
            flows[i, j, "oil"], flows[i, j, "energy"] = oil * fuels, (1 - oil) * fuels
            flows[i, j, "food"] = share.get("food", 0.0) * total
            flows[i, j, "fertiliser"] = FERTILISER_SHARE[i] * chemicals
            flows[i, j, "manufactures"] = total - sum(flows[i, j, good] for good in GOODS[:4])
    return flows


def domestic(flows: dict[tuple[str, str, str], float]) -> None:
    """Adds domestic sales: GDP less exports, split by value added, and for oil by what is used."""
    size, farms = gdp("gdp"), gdp("va_agriculture")
    made = gdp("va_manufacturing")
    mines = gdp("va_industry") - made
    for i in WHO:
        inside = {good: flows.pop((i, i, good), 0.0) for good in GOODS}
        sold = {good: sum(flows.get((i, j, good), 0.0) for j in WHO if j != i) for good in GOODS}
        bought = {good: sum(flows.get((j, i, good), 0.0) for j in WHO if j != i) for good in GOODS}
        own = size[i] - sum(sold.values())
        used = OIL_USE[i] * 0.365 * PRICE * 1000
        home = {
            "oil": max(used - bought["oil"], 0.02 * used),
            "energy": max(0.5 * mines[i] - sold["energy"], 0.04 * size[i]),
            "food": max(1.4 * farms[i] - sold["food"], 0.8 * farms[i]),
            "fertiliser": max(0.05 * farms[i] - bought["fertiliser"], 0.01 * farms[i]),
        }
        home["manufactures"] = max(GROSS * made[i] - 0.5 * sold["manufactures"], 0.5 * made[i])
        home |= {good: max(home[good], inside[good]) for good in home}
        home["services"] = own - sum(home.values())
        if home["services"] <= 0.1 * size[i]:
            raise ValueError(f"{i}: services are {home['services']:,.0f} of {size[i]:,.0f}")
        flows |= {(i, i, good): value for good, value in home.items()}


def main() -> None:
    flows = foreign()
    for partners, bought in ((DPRK_BUYS, True), (DPRK_SELLS, False)):
        for partner, values in partners.items():
            ends = (partner, "PRK") if bought else ("PRK", partner)
            flows |= {(*ends, good): value for good, value in zip(GOODS, values, strict=True)}
    domestic(flows)
    out = sys.stdout
    out.write("exporter,importer,good,value,unit,source,known,note\n")
    for i in WHO:
        for j in WHO:
            source, note = ("un-ama", "GDP less exports") if i == j else ("comtrade-2014;unctad-2006", "")
            if "PRK" in (i, j) and i != j:
                source, note = BY_HAND.get(j if i == "PRK" else i, REST)
            for good in (*GOODS, "services"):
                value = flows.get((i, j, good), 0.0)
                if value >= 0.05:
                    digits = f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
                    out.write(f'{i},{j},{good},{digits},MUSD,{source},2014-05,"{note}"\n')


if __name__ == "__main__":
    main()
