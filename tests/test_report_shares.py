"""Bars of shares, and ranges beside marks: figures that stand where they should, and input that cannot break them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from report_answers import about, answers, parameters
from test_report import Page, labels, shapes
from tumen.report import Mark, Range, Ranges, Share, Shares, render, style
from tumen.report._canvas import drawing
from tumen.report._ranges import ranges_chart
from tumen.report._shares import shares_chart

EVIL = "<script>alert(1)</script>\"'& {{ 7*7 }} </svg>"
SPLIT = Shares(
    "Who gets what of the line",
    "Present value, medians.",
    "MUSD",
    (
        ("Shapley value", (Share("Russia", 4200.0, 1900.0, 7400.0), Share("DPRK", 1600.0, -300.0, 2900.0),
                           Share("China", -240.0, -900.0, 150.0))),
        ("nucleolus", (Share("Russia", 2100.0, 1700.0, 7100.0), Share("DPRK", 1100.0, 100.0, 2300.0))),
    ),
)  # fmt: skip
FEE = Ranges(
    "Transit fee of the DPRK",
    "A year.",
    "MUSD/yr",
    (
        Range("Shapley value", 60.0, 145.0, 290.0, "share of joint gains"),
        Range("Nucleolus", 40.0, 95.0, 210.0),
        Range("Cost of transit", 18.0, 31.0, 52.0, "tariff of comparable lines"),
    ),
    (
        Mark("Asked in Pyongyang", 300.0, 500.0, "press reports of 2011"),
        Mark("Named by Gazprom", 100.0, 100.0),
        Mark("Fee of Ukraine per 1000 km", 110.0, 110.0),
        Mark("Offered", 150.0, 150.0),
    ),
)


def bars(split: Shares = SPLIT, width: float = style.WIDE) -> str:
    with drawing():
        return str(shares_chart(split, "k", width))


def rows(fee: Ranges = FEE, width: float = style.WIDE) -> str:
    with drawing():
        return str(ranges_chart(fee, "k", width))


def texts(svg: str) -> list[str]:
    return [words.replace("\N{NO-BREAK SPACE}", " ") for words, _, _ in labels(ElementTree.fromstring(svg))]


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
@pytest.mark.parametrize("draw", [bars, rows], ids=["shares", "ranges"])
def test_labels_keep_clear_and_the_same_input_gives_the_same_bytes(draw: object, width: int) -> None:
    svg = draw(width=width)  # type: ignore[operator]
    assert svg == draw(width=width)  # type: ignore[operator]
    chart = ElementTree.fromstring(svg)
    height = float(chart.get("viewBox", "").split()[3])
    found = [(words, spot.box(words, size)) for words, spot, size in labels(chart)]
    for i, (words, box) in enumerate(found):
        assert box.left >= -1, words
        assert box.right <= width + 1, words
        assert -1 <= box.top < box.bottom <= height + 1, words
        for others, other in found[:i]:
            assert box.overlap(other) < 1, (words, others)
    assert not re.search(r"\bnan\b|\binf\b", svg)
    assert len(chart[1].text or "") > 60


def test_bars_are_in_proportion_and_go_left_below_zero() -> None:
    chart = ElementTree.fromstring(bars())
    first = [s for s in shapes(chart, style.ACCENT) if len(s) > 3][1:]  # without the legend
    second = [s for s in shapes(chart, style.FAN[2]) if len(s) > 3][1:]
    lengths = [s[1][0] - s[0][0] for s in first]
    assert lengths[1] / lengths[0] == pytest.approx(1600 / 4200, abs=0.01)
    assert lengths[2] / lengths[0] == pytest.approx(-240 / 4200, abs=0.01)
    assert (second[0][1][0] - second[0][0][0]) / lengths[0] == pytest.approx(0.5, abs=0.01)
    assert len({s[0][0] for s in first + second}) == 1  # all from zero
    found = texts(bars())
    assert {"Russia", "DPRK", "China", "Shapley value", "nucleolus", "$4.2bn", "−$240m", "no value"} <= set(found)


def test_a_range_stands_on_the_axis_where_its_ends_are() -> None:
    chart = ElementTree.fromstring(rows())
    low, high = sorted(p[0] for p in next(s for s in shapes(chart, style.FAN[2]) if s[0][1] == s[1][1]))
    span = sorted({p[0] for p in shapes(chart, style.FAN[0])[0]})
    # 60-290 of the first row against the span 300-500
    assert (high - low) / (span[-1] - span[0]) == pytest.approx(230 / 200, abs=0.01)
    assert span[0] - high == pytest.approx((span[-1] - span[0]) / 20, abs=0.1)
    found = texts(rows())
    assert "Asked in Pyongyang: $300–500m" in found
    assert "Offered: $150m" in found
    assert "$145m ($60–290m)" in found


def test_no_line_of_a_mark_runs_through_the_label_of_another() -> None:
    for width in (style.WIDE, style.NARROW):
        chart = ElementTree.fromstring(rows(width=width))
        flags = [spot.box(w, size) for w, spot, size in labels(chart) if ":" in w]
        assert len(flags) == 4
        risers = [s for s in shapes(chart, style.INK) if len(s) == 2 and s[0][0] == s[1][0]]
        for (x, y), (_, z) in risers:
            # Labels are written from their baseline here, so the box is that of the letters to within a few pixels.
            assert not any(b.left < x < b.right and min(y, z) < b.top < b.bottom < max(y, z) for b in flags)


NOTHING = Shares("t", "g", "MUSD", ())
ODD = Shares(
    "t", "g", "MUSD", (("a", (Share("x", math.nan, 0.0, 1.0), Share("y", 1.0, math.nan, math.inf))), ("b", ()))
)


@pytest.mark.parametrize(
    "split",
    [
        ODD,
        Shares("t", "", "MUSD", (("a", (Share("x", 0.0, 0.0, 0.0),)),)),
        Shares("t", "", "share", (("a", (Share("x", -1.0, -1.0, -1.0),)),)),
        Shares("t", "", "MUSD", (("a", (Share("x", -5e9, -9e9, -1e9), Share("z", 1e-9, 0.0, 1.0))),)),
        Shares("t", "", "",
               tuple((f"a very long name of a solution, the {k}", (Share("p" * 90, k, 0, 9),)) for k in range(7))),
    ],
)  # fmt: skip
def test_no_shares_break_the_chart(split: Shares) -> None:
    for width in (style.WIDE, style.NARROW):
        svg = bars(split, width)
        assert ElementTree.fromstring(svg) is not None
        assert not re.search(r"\bnan\b|\binf\b", svg)


@pytest.mark.parametrize(
    "fee",
    [
        Ranges("t", "", "MUSD", (Range("x", 0.0, 0.0, 0.0),), ()),
        Ranges("t", "", "MUSD", (Range("x", 5.0, 5.0, 5.0),), (Mark("m", 5.0, 5.0),)),
        Ranges("t", "", "MUSD", (Range("x", -9.0, -5.0, -4.0), Range("y", math.nan, 1.0, 2.0)),
               (Mark("m", 5.0, math.inf),)),
        Ranges("t", "", "MUSD", (Range("x" * 99, 1.0, 2.0, 3.0, "n" * 99),),
               tuple(Mark("m" * 60, 2.0, 2.0) for _ in range(6))),
        Ranges("t", "", "share", (Range("x", 0.1, 0.2, 0.3),), (Mark("m", 0.4, 0.2),)),
    ],
)  # fmt: skip
def test_no_ranges_break_the_chart(fee: Ranges) -> None:
    for width in (style.WIDE, style.NARROW):
        svg = rows(fee, width)
        assert ElementTree.fromstring(svg) is not None
        assert not re.search(r"\bnan\b|\binf\b", svg)


def test_nothing_to_draw_is_said_so() -> None:
    none = Ranges("t", "g", "MUSD", (), FEE.marks)
    assert bars(NOTHING) == rows(none) == ""
    page = render([], [], about(), shares=[NOTHING], ranges=[none])
    assert page.count("There is nothing to draw.") == 2


def test_a_page_shows_them_in_their_own_sections() -> None:
    page = render(answers()[:1], parameters(), about(), shares=[SPLIT], ranges=[FEE])
    parsed = Page(page)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    assert {"shares-title", "ranges-title"} <= set(ids)
    assert "networks-title" not in ids
    text = " ".join(" ".join(parsed.words).split())
    assert "press reports of 2011" in text
    bare = render(answers()[:1], parameters(), about())
    assert not {"shares-title", "ranges-title"} & set(Page(bare).values("id"))
    known = {style.PAPER, style.INK, style.MUTED, style.RULE, style.FAINT, style.ACCENT, style.REST, *style.FAN}
    assert set(re.findall(r"#[0-9a-f]{6}\b", page)) <= known | set(style.SHADES)


def test_names_from_a_case_cannot_put_markup_into_the_page() -> None:
    split = Shares(EVIL, EVIL, EVIL, ((EVIL, tuple(replace(s, player=EVIL) for s in SPLIT.solutions[0][1])),))
    fee = Ranges(EVIL, EVIL, EVIL, tuple(replace(r, label=EVIL, note=EVIL) for r in FEE.ranges),
                 tuple(replace(m, label=EVIL, note=EVIL) for m in FEE.marks))  # fmt: skip
    page = render([], [], about(), shares=[split], ranges=[fee])
    good = render(answers(), parameters(), about(), shares=[SPLIT], ranges=[FEE])
    assert set(Page(page).tags) <= set(Page(good).tags)
    assert "<script" not in page
    assert "{{ 7*7 }}" in page
