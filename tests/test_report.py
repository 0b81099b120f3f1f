"""The report: what a page must carry, what it must never carry, and charts that survive any answer."""

from __future__ import annotations

import hashlib
import math
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import tumen.report
from report_answers import about, answers, debt, history, parameters, path, spread_of, trade
from tumen.claims._answer import Answer, Driver, Envelope, Figure, PathSummary, SourceNote
from tumen.claims._values import format_tick
from tumen.report import About, ParameterRow, render, style
from tumen.report._canvas import Anchor, Spot, drawing
from tumen.report._fan import fan
from tumen.report._plots import histogram
from tumen.report._view import link

# ---- reading a page


class Page(HTMLParser):
    """Tags, attributes and text of a page, as a browser's parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, key, value in self.attributes if key == name]


def charts(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL)]


def labels(chart: ElementTree.Element) -> list[tuple[str, Spot, float]]:
    """Each label's words, place and size."""
    found = []
    for text in chart.iter("{http://www.w3.org/2000/svg}text"):
        style_text = text.get("style", "")
        size = float(re.findall(r"font-size: ([\d.]+)px", style_text)[0])
        middle, end = "text-anchor: middle" in style_text, "text-anchor: end" in style_text
        anchor: Anchor = "center" if middle else "right" if end else "left"
        found.append((text.text or "", Spot(float(text.get("x", "0")), float(text.get("y", "0")), anchor), size))
    return found


def shapes(chart: ElementTree.Element, color: str) -> list[list[tuple[float, float]]]:
    """Polygons, or lines, that are filled or drawn in a colour."""
    found = []
    for path_element in chart.iter("{http://www.w3.org/2000/svg}path"):
        if re.search(rf"(?:fill|stroke): {color}\b", path_element.get("style", "")):
            for part in path_element.get("d", "").split("M")[1:]:
                numbers = [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", part)]
                found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return render(answers(), parameters(), about())


def test_the_page_loads_nothing_and_links_only_to_the_web(page: str) -> None:
    parsed = Page(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "image"} & set(parsed.tags)
    assert not parsed.values("src")
    assert not re.search(r"@import|url\((?!#)|javascript:", page)
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert re.match(r"https?://|#", value) if tag == "a" else value.startswith("#")


def test_ids_are_unique_and_every_reference_finds_its_own(page: str) -> None:
    parsed = Page(page)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids)) > 50
    wanted = [value[1:] for value in parsed.values("href") if value.startswith("#")]
    wanted += [name for value in parsed.values("aria-labelledby") for name in value.split()]
    wanted += re.findall(r"url\(#([^)]+)\)", page)
    assert set(wanted) <= set(ids)


def test_headings_descend_in_order_and_tables_are_told(page: str) -> None:
    parsed = Page(page)
    levels = [int(tag[1]) for tag in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert parsed.tags.count("caption") == parsed.tags.count("table")
    headers = [tag for tag in parsed.tags if tag == "th"]
    assert len(headers) == len([1 for tag, name, _ in parsed.attributes if tag == "th" and name == "scope"])


def test_every_claim_has_its_line_and_its_card(page: str) -> None:
    parsed = Page(page)
    text = " ".join(" ".join(parsed.words).split())
    for number, answer in enumerate(answers(), 1):
        anchor = next(v for v in parsed.values("id") if v.startswith(f"claim-{number}-") and not v.endswith("-title"))
        assert f"#{anchor}" in parsed.values("href")
        assert " ".join(answer.said.split()) in text
        assert answer.claim in text
    assert "none of 4,096 draws" in text
    assert "all of 4,096 draws" in text
    assert not re.search(r'class="big[^"]*">(0|100)\s', page)
    assert "No source is given for this claim." in text
    assert "Check. It is 2.6 times the median" in text
    assert "31 May 2014" in text
    assert "What the two governments agreed in secret." in text


def test_charts_are_drawn_twice_and_can_be_read_aloud(page: str) -> None:
    drawn = charts(page)
    widths = [chart.get("viewBox", "").split()[2] for chart in drawn]
    assert page.count('<div class="wide">') == page.count('<div class="narrow">') == 10
    assert widths.count(str(style.WIDE)) == 10
    for chart in drawn:
        title, words = chart[0].text or "", chart[1].text or ""
        assert title
        assert len(words) > 40
        assert chart.get("role") == "img"
        assert chart.get("aria-labelledby") == f"{chart[0].get('id')} {chart[1].get('id')}"


def test_labels_do_not_touch_each_other_nor_leave_the_chart(page: str) -> None:
    for chart in charts(page):
        width, height = (float(v) for v in chart.get("viewBox", "").split()[2:])
        boxes = [(words, spot.box(words, size)) for words, spot, size in labels(chart)]
        assert boxes
        for i, (words, box) in enumerate(boxes):
            assert box.left >= -1, words
            assert box.right <= width + 1, words
            assert box.bottom <= height + 1, words
            for others, other in boxes[:i]:
                assert box.overlap(other) < 1, (words, others)


@pytest.mark.parametrize("log_scale", [True, False])
@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
def test_the_fan_tells_the_quantiles(log_scale: bool, width: int) -> None:
    answer = replace(trade(), path=path(log_scale))
    with drawing():
        chart = ElementTree.fromstring(fan(answer, "k", width))
    words = {text: spot for text, spot, _ in labels(chart)}
    assert {"KOTRA", "Russian customs", "median", "5 %", "95 %"} <= set(words)
    assert any(text.startswith("Claimed: at least $1.0bn by 2020") for text in words)
    # Two labelled ticks give the scale; the drawn median and band must then stand at the path's own values.
    low, high = (100.0, 1000.0) if log_scale else (500.0, 1000.0)
    y_low, y_high = (words[format_tick(v, "MUSD", 2000)].y for v in (low, high))

    def value(y: float) -> float:
        part = (y - y_low) / (y_high - y_low)
        return float(low * (high / low) ** part if log_scale else low + part * (high - low))

    off = 0.36 * style.CHART
    median = shapes(chart, style.ACCENT)[0]
    data = answer.path
    assert data is not None
    assert len(median) == len(data.years) + 1
    assert value(median[0][1] + off) == pytest.approx(112.7, rel=0.02)  # joined to the statistics that settle it
    assert [value(y + off) for _, y in median[1:]] == pytest.approx(list(data.quantiles[2]), rel=0.02)
    band = shapes(chart, style.FAN[0])[0]
    upper = [value(y + off) for _, y in band[1 : len(data.years) + 1]]
    assert upper == pytest.approx(list(data.quantiles[4]), rel=0.02)


def test_disagreement_and_a_source_s_own_range_are_drawn() -> None:
    with drawing():
        chart = ElementTree.fromstring(fan(trade(), "k"))
    whiskers = [line for line in shapes(chart, style.MUTED) if line[0][0] == line[-1][0] and line[0][1] < 369]
    ranged = [p for p in history() if p.low is not None]
    assert len(whiskers) == len(ranged)
    marks = list(chart.iter("{http://www.w3.org/2000/svg}use"))
    assert len(marks) == len(history()) + 1  # and the ring of the target
    assert len({use.get("href") for use in marks}) == 3


def area(polygons: list[list[tuple[float, float]]]) -> float:
    total = 0.0
    for polygon in polygons:
        pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
        total += 0.5 * abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs))
    return total


@pytest.mark.parametrize(
    ("test", "threshold"), [("at_least", (800.0,)), ("at_most", (700.0,)), ("between", (500.0, 900.0))]
)
def test_the_blue_part_of_a_histogram_is_the_share_that_holds(test: str, threshold: tuple[float, ...]) -> None:
    answer = replace(debt("x", "Relief.", 600.0, 840.0, 0.42, 0.5), test=test, threshold=threshold)
    edges, counts = answer.histogram
    low, high = (threshold[0], math.inf) if test == "at_least" else (-math.inf, threshold[-1])
    low = threshold[0] if test == "between" else low
    held = sum(
        count * max(0.0, min(b, high) - max(a, low)) / (b - a)
        for count, (a, b) in zip(counts, pairwise(edges), strict=True)
    )
    with drawing():
        chart = ElementTree.fromstring(histogram(answer, "k"))
    blue, grey = area(shapes(chart, style.ACCENT)), area(shapes(chart, style.REST))
    assert blue / (blue + grey) == pytest.approx(held / sum(counts), abs=0.01)


def test_a_far_threshold_is_named_without_pressing_the_bars_into_a_corner() -> None:
    answer = replace(debt("x", "Relief.", 1e7, 840.0, 0.42, 0.0))
    with drawing():
        chart = ElementTree.fromstring(histogram(answer, "k"))
    words = [text for text, _, _ in labels(chart)]
    assert "Claimed: at least $10trn \N{RIGHTWARDS ARROW}" in words
    assert "holds in no draw" in words
    across = [x for polygon in shapes(chart, style.REST) for x, _ in polygon]
    assert max(across) - min(across) > 0.8 * style.WIDE


# ---- what must never happen

EVIL = """</title></style><script>alert(1)</script><img src=x onerror=alert(2)>'"`{{ 7*7 }}{% raw %}]]>-->"""
EVIL += "<svg/onload=a>$x$"


def poisoned(number: int) -> Answer:
    base = trade()
    note = SourceNote(EVIL, EVIL, EVIL, EVIL, "javascript:alert(1)", EVIL)
    bad = SourceNote("b", EVIL, "", "2014", 'https://example.org/"onmouseover="alert(1)')
    points = tuple(replace(p, statistics=EVIL) for p in base.path.history) if base.path and number else ()
    return replace(
        base,
        claim=EVIL, row=EVIL, said=EVIL, by=EVIL, measure=EVIL, measure_doc=EVIL, where=((EVIL, EVIL),), unit=EVIL,
        test=EVIL if number else "at_least", note=EVIL,
        drivers=(Driver(EVIL, 0.5, 0.4, 0.6, 0.1),),
        breakevens=(replace(base.breakevens[1], lever=EVIL, unit=EVIL),),
        envelope=Envelope(EVIL, 1.0, EVIL),
        figures=(Figure(EVIL, 1.0, EVIL, note=EVIL),),
        sources=(note, bad),
        path=replace(base.path, history=points) if base.path and number else None,
        histogram=spread_of(840.0, 0.4),
    )  # fmt: skip


def test_a_case_cannot_put_markup_into_the_page() -> None:
    row = ParameterRow(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, (poisoned(0).sources[0],), EVIL, EVIL)
    told = About(EVIL, EVIL, 256, 1, EVIL, EVIL, EVIL, EVIL, 0.5, EVIL, (EVIL,))
    evil = render([poisoned(0), poisoned(1)], [row], told)
    good = render([trade(), trade()], parameters(), about())
    parsed = Page(evil)
    assert set(parsed.tags) <= set(Page(good).tags)
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    assert all(value.startswith(("#", "https://", "http://")) for value in parsed.values("href"))
    assert 'onmouseover="' not in evil
    assert "{{ 7*7 }}" in evil
    assert "alert(1)" in "".join(parsed.words)
    assert all(ElementTree.tostring(chart) for chart in charts(evil))


def test_what_a_page_cannot_carry_is_left_out() -> None:
    text = "a\x00b\x1bc\ud800d\N{RIGHT-TO-LEFT OVERRIDE}e\nf"
    answer = replace(trade(), said=text, measure_doc=text, by="Корея 한국 ✓")
    told = render([answer], [], replace(about(), title=text))
    assert told.encode("utf-8")
    assert "abc\N{REPLACEMENT CHARACTER}de" in told
    assert "Корея 한국 ✓" in told
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", told)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a?b=c&d#e", True),
        (" http://example.org ", True),
        ("HTTPS://example.org", True),
        ("ftp://example.org", False),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://", False),
        ("https://[::1", False),
        ('https://example.org/"x', False),
        ("", False),
    ],
)
def test_only_addresses_of_the_web_become_links(address: str, kept: bool) -> None:
    assert link(address) == (address.strip() if kept else "")


@pytest.mark.parametrize("seed", range(12))
def test_no_number_breaks_a_page(seed: int) -> None:
    chance = random.Random(seed)
    odd = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1e-300, 1e300, 1.0, 5e-324)

    def number(value: float | None) -> float:
        return chance.choice(odd) if value is None or chance.random() < 0.35 else value

    base, base_path = trade(), path(chance.random() < 0.5)
    broken = replace(
        base,
        threshold=tuple(number(v) for v in base.threshold),
        test=chance.choice(("at_least", "at_most", "between", "by", "")),
        probability=number(base.probability), se=number(base.se), median=number(base.median),
        p05=number(base.p05), p95=number(base.p95),
        drivers=tuple(
            Driver(d.name, number(d.share), number(d.low), number(d.high), number(d.rank_correlation))
            for d in base.drivers
        ),
        breakevens=tuple(
            replace(
                b, base=number(b.base), low=number(b.low), high=number(b.high), value=number(b.value),
                grid=tuple(map(number, b.grid)), probabilities=tuple(map(number, b.probabilities)),
            )
            for b in base.breakevens
        ),
        envelope=Envelope("x", number(1.0)),
        figures=tuple(replace(f, value=number(f.value), low=number(f.low), high=number(f.high)) for f in base.figures),
        path=replace(
            base_path,
            quantiles=tuple(
                tuple(v if chance.random() < 0.97 else number(None) for v in row) for row in base_path.quantiles
            ),
            history=tuple(replace(p, value=number(p.value), low=number(p.low)) for p in base_path.history),
        ),
        histogram=(tuple(map(number, range(5))), tuple(map(number, range(4)))),
    )  # fmt: skip
    told = render([broken, replace(broken, path=None)], [], about())
    assert "</html>" in told
    for chart in charts(told):
        assert not re.search(r"\b(nan|inf)\b", ElementTree.tostring(chart, encoding="unicode").split("</desc>")[-1])


def test_strange_shapes_are_no_chart_but_still_a_card() -> None:
    base = trade()
    shapes_of = [
        PathSummary((), (), ()),
        PathSummary((2014,), (0.5,), ((1.0,),)),
        PathSummary((2014, 2015), (), ()),
        PathSummary((2015, 2014), (0.5, 0.05), ((1.0, 2.0), (0.5, 1.0))),
        PathSummary((2014, 2015), (0.05, 0.95), ((0.0, 0.0), (0.0, 0.0)), log_scale=True),
        PathSummary((2013, 2014), (0.5,), ((-5.0, -5.0),), history(), True),
    ]
    histograms: list[tuple[tuple[float, ...], tuple[float, ...]]] = [
        ((), ()), ((1.0,), ()), ((1.0, 1.0), (4.0,)), ((0.0, 1.0), (0.0,)), ((0.0, 1.0), (5.0,)),
    ]  # fmt: skip
    strange = [replace(base, path=item) for item in shapes_of]
    strange += [replace(base, path=None, histogram=item) for item in histograms]
    told = render(strange, [], about())
    assert told.count('class="card"') == len(strange)
    assert told.count('<div class="wide">') == 4


def test_a_page_of_nothing() -> None:
    told = render([], [], replace(about(), summary="", limits=(), sourced_share=0.0))
    assert "The case makes no claim." in told
    assert "The case has no parameters." in told


def test_ten_cards_are_drawn_within_three_seconds() -> None:
    start = time.process_time()
    render(answers(), parameters(), about())
    assert time.process_time() - start < 3


# ---- the same bytes, without a trace


def test_the_same_input_gives_the_same_bytes_in_any_process(page: str) -> None:
    assert render(answers(), parameters(), about()) == page
    assert not re.search(r"\b20[2-9]\d-\d\d-\d\dT|/site-packages|/home/|/tmp/", page)
    code = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "import report_answers as t\n"
        "from tumen.report import render\n"
        "page = render(t.answers(), t.parameters(), t.about())\n"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    folders = [str(Path(__file__).parent), str(Path(tumen.report.__file__).parents[2])]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *folders],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "77"},
    )  # fmt: skip
    assert run.stdout.split() == [hashlib.sha256(page.encode()).hexdigest()]


# ---- the look


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [style.INK, style.MUTED, style.ACCENT])
@pytest.mark.parametrize("ground", [style.PAPER, style.FAINT, style.FAN[0]])
def test_text_has_the_contrast_of_wcag_aa(color: str, ground: str) -> None:
    assert (luminance(ground) + 0.05) / (luminance(color) + 0.05) >= 4.5


@pytest.mark.parametrize(("color", "ground"), [*((style.INK, s) for s in style.SHADES), (style.PAPER, style.ACCENT)])
def test_figures_of_a_matrix_have_the_contrast_of_wcag_aa(color: str, ground: str) -> None:
    light, dark = sorted((luminance(color), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_all_colours_come_from_one_place(page: str) -> None:
    known = {style.PAPER, style.INK, style.MUTED, style.RULE, style.FAINT, style.ACCENT, style.REST, *style.FAN}
    known |= set(style.SHADES)
    assert set(re.findall(r"#[0-9a-f]{6}\b", page)) <= known
    sheet = (Path(style.__file__).parent / "style.css").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb\(|hsl\(", sheet)
    assert set(re.findall(r"var\(--(\w+)\)", sheet)) <= set(re.findall(r"--(\w+):", style.css_variables()))
