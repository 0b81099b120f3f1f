"""The map of a network: outlines decoded, routes as wide as their flows, names that keep clear of each other."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from report_answers import about, answers, parameters
from test_report import Page, labels, shapes
from tumen.report import NetworkMap, Place, Route, render, style
from tumen.report._canvas import Box, drawing
from tumen.report._map import map_height, network_map
from tumen.report._outlines import Conic, Floats, clip_line, clip_ring, contains, decoded, outlines, thin
from tumen.report._terrain import fitted

EVIL = "<script>alert(1)</script>\"'& {{ 7*7 }} </svg>"


def route(name: str, origin: str, destination: str, flow: float, **changes: object) -> Route:
    made = Route(name, name, origin, destination, "pipeline", False, flow, 0.6 * flow, 1.2 * flow, "bcm/yr", 0.7, 1.0)
    return replace(made, **changes)  # type: ignore[arg-type]


PLACES = (
    Place("sak", "Sakhalin", "RUS", 51.4, 143.3),
    Place("kha", "Khabarovsk", "RUS", 48.5, 135.1),
    Place("vla", "Vladivostok", "RUS", 43.1, 131.9),
    Place("cha", "Chayanda", "RUS", 60.4, 112.0),
    Place("bla", "Blagoveshchensk", "RUS", 50.3, 127.5),
    Place("har", "Harbin", "CHN", 45.8, 126.5),
    Place("bei", "Beijing", "CHN", 39.9, 116.4),
    Place("won", "Wonsan", "PRK", 39.2, 127.4),
    Place("seo", "Seoul", "KOR", 37.6, 127.0),
    Place("wsi", "West Siberia", "RUS", 66.0, 76.0),
    Place("xin", "Xinjiang", "CHN", 45.0, 85.0),
)
ROUTES = (
    route("Sakhalin line", "sak", "kha", 5.5),
    route("Power of Siberia", "cha", "bla", 38.0, planned=True, built=0.82),
    route("Korea line", "vla", "won", 4.2, planned=True, built=0.21),
    route("Altai", "wsi", "xin", 0.0, planned=True, built=0.0),
    route("West-East", "xin", "bei", 30.0),
    route("by ship", "sak", "seo", 9.5, mode="LNG ship"),
    route("back", "cha", "kha", -3.2, planned=True, built=0.3, low=-6.0, high=4.0),
    route("old", "bla", "har", 4.0),
    route("new", "bla", "har", 36.0, planned=True, built=0.82),
)
GAS = NetworkMap("Gas in North-East Asia", "Medians a year.", PLACES, ROUTES)


def drawn(network: NetworkMap, width: float = style.WIDE, height: float | None = None) -> str:
    with drawing():
        return str(network_map(network, "k", width, height or map_height(network, width)))


# ---- outlines


def inside(code: str, lon: float, lat: float) -> bool:
    country = next(c for c in outlines().countries if c.code == code)
    return sum(bool(contains(ring, np.array([(lon, lat)]))[0]) for ring in country.rings) % 2 == 1


@pytest.mark.parametrize(
    ("code", "lon", "lat", "true"),
    [
        ("410", 127.8, 36.5, True),  # the middle of South Korea
        ("410", 126.5, 33.4, True),  # Jeju, an island of it
        ("410", 127.0, 39.5, False),
        ("408", 127.0, 39.5, True),
        ("410", 130.5, 38.0, False),  # the sea
        ("643", 104.3, 52.3, True),  # Irkutsk
        ("643", 143.3, 51.4, True),  # Sakhalin
        ("643", 185.0, 66.5, True),  # Chukotka, beyond 180 degrees: 175 west
        ("156", 116.4, 39.9, True),
    ],
)
def test_known_places_lie_in_their_countries(code: str, lon: float, lat: float, true: bool) -> None:
    assert inside(code, lon, lat) == true


def test_rings_are_closed_and_no_edge_jumps_across_the_world() -> None:
    rings = [ring for country in outlines().countries for ring in country.rings]
    assert len(rings) > 1000
    for ring in rings:
        assert (ring[0] == ring[-1]).all()
        assert np.abs(np.diff(ring[:, 0])).max() < 90
        assert np.isfinite(ring).all()


def test_arcs_are_sums_of_differences_and_are_read_backwards() -> None:
    topology = {
        "transform": {"scale": [0.5, 2.0], "translate": [10.0, 20.0]},
        "arcs": [[[0, 0], [4, 0], [0, 3]], [[0, 0], [0, 3], [4, 0]], [[4, 3], [4, 0], [0, -3], [-8, 0]]],
        "objects": {
            "countries": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "id": "1", "properties": {"name": "West"}, "arcs": [[0, ~1]]},
                    {"type": "MultiPolygon", "id": "2", "properties": {"name": "East"}, "arcs": [[[0, 2]]]},
                    {"type": None, "id": "3"},
                ],
            }
        },
    }
    found = decoded(topology)
    west = [(10, 20), (12, 20), (12, 26), (10, 26), (10, 20)]
    assert [tuple(p) for p in found.countries[0].rings[0]] == west
    east = [(10, 20), (12, 20), (12, 26), (14, 26), (14, 20), (10, 20)]
    assert [tuple(p) for p in found.countries[1].rings[0]] == east
    assert found.countries[2].rings == ()
    assert np.isfinite(found.borders[:, 0]).sum() == 3  # arc 0 alone is shared
    assert np.isfinite(found.coasts[:, 0]).sum() == 7


def area(ring: Floats) -> float:
    x, y = ring.T
    return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2


def test_a_ring_and_a_line_are_cut_at_the_rectangle() -> None:
    diamond = np.array([(0.0, 2.0), (2.0, 0.0), (0.0, -2.0), (-2.0, 0.0), (0.0, 2.0)])
    assert area(clip_ring(diamond, (-1, -1, 1, 1))) == pytest.approx(4.0)
    assert area(clip_ring(diamond, (0, 0, 9, 9))) == pytest.approx(2.0)
    assert len(clip_ring(diamond, (5, 5, 6, 6))) == 0
    zigzag = np.array([(-3.0, 0.0), (3.0, 0.0), (np.nan, np.nan), (0.0, 0.5), (0.5, 0.5), (5.0, 0.5), (0.0, 0.9)])
    pieces = clip_line(zigzag, (-1, -1, 1, 1))
    assert [piece.tolist()[0] for piece in pieces[:2]] == [[-1.0, 0.0], [0.0, 0.5]]
    assert pieces[0].tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert len(pieces) == 3
    assert all(np.isfinite(piece).all() and (np.abs(piece) <= 1).all() for piece in pieces)


def test_thinning_keeps_the_shape() -> None:
    turn = np.linspace(0, 2 * np.pi, 5000)
    circle = 50 * np.column_stack((np.cos(turn), np.sin(turn)))
    fewer = thin(circle)
    assert 20 < len(fewer) < 500
    assert area(fewer) == pytest.approx(area(circle), rel=0.01)
    assert (fewer[[0, -1]] == circle[[0, -1]]).all()


@pytest.mark.parametrize(("south", "north"), [(35.0, 65.0), (-40.0, -10.0), (-10.0, 10.0), (50.0, 50.0)])
def test_the_projection_keeps_lengths_along_meridians_and_standard_parallels(south: float, north: float) -> None:
    conic = Conic.about(100.0, south, north)
    a, b = conic(np.array([(100.0, south), (100.0, south + 7)]))
    assert math.dist(a, b) == pytest.approx(math.radians(7))
    assert b[1] < a[1]  # north is up
    parallel = south + (north - south) / 6
    a, b = conic(np.array([(100.0, parallel), (100.01, parallel)]))
    assert math.dist(a, b) == pytest.approx(math.radians(0.01) * math.cos(math.radians(parallel)), rel=0.02)
    assert b[0] > a[0]  # and east is right


def test_places_on_both_sides_of_180_degrees_stand_close() -> None:
    points = np.array([(177.5, 64.7), (-165.4, 64.5), (150.8, 59.6)])
    _, at = fitted(points, Box(0, 0, 800, 500))
    assert at[2, 0] < at[0, 0] < at[1, 0]
    assert ((at > 0) & (at < (800, 500))).all()
    assert math.dist(at[0], at[1]) > 100


# ---- the map


def test_widths_are_in_proportion_to_flows() -> None:
    a, b, c = (Place(n, n, "", lat, 100.0) for n, lat in (("a", 40.0), ("b", 45.0), ("c", 50.0)))
    far = Place("d", "d", "", 45.0, 125.0)
    routes = (route("x", "a", "b", 20.0), route("y", "b", "c", 5.0), route("z", "b", "d", 10.0))
    chart = ElementTree.fromstring(drawn(NetworkMap("t", "", (a, b, c, far), routes)))
    ribbons = [s for s in shapes(chart, style.MUTED) if len(s) > 30]  # triangles are heads of arrows
    found = sorted(math.dist(ribbon[0], ribbon[65]) for ribbon in ribbons)
    assert found == pytest.approx([13 / 4, 13 / 2, 13], rel=0.02)
    legend = [s for s in shapes(chart, style.MUTED) if len(s) == 4]
    sample = legend[-1]
    assert math.dist(sample[0], sample[3]) == pytest.approx(13.0, rel=0.02)  # "20 bcm a year"
    assert any(words.replace("\N{NO-BREAK SPACE}", " ") == "20 bcm a year" for words, _, _ in labels(chart))


def test_an_arrow_points_where_the_flow_goes() -> None:
    places = (Place("a", "a", "", 45.0, 100.0), Place("b", "b", "", 45.0, 110.0))
    for flow, sign in ((10.0, 1), (-10.0, -1)):
        chart = ElementTree.fromstring(drawn(NetworkMap("t", "", places, (route("x", "a", "b", flow),))))
        back, tip, other = next(s for s in shapes(chart, style.MUTED) if len(s) in (3, 4))[:3]
        assert sign * (tip[0] - (back[0] + other[0]) / 2) > 5


def test_routes_of_a_pair_lie_apart_and_what_is_never_built_is_thin_grey_and_dashed() -> None:
    places = (Place("a", "a", "", 45.0, 100.0), Place("b", "b", "", 45.0, 110.0))
    both = (route("x", "a", "b", 10.0), route("y", "b", "a", 10.0))
    chart = ElementTree.fromstring(drawn(NetworkMap("t", "", places, both)))
    ribbons = [s for s in shapes(chart, style.MUTED) if len(s) > 30]
    assert len(ribbons) == 2
    middles = sorted(np.mean([p[1] for p in (*s[14:19], *s[47:52])]) for s in ribbons)
    assert middles[1] - middles[0] > 13
    never = (route("x", "a", "b", 10.0, planned=True, built=0.0),)
    svg = drawn(NetworkMap("t", "", places, never))
    assert re.search(rf"stroke-dasharray[^\"]*; stroke: {style.MUTED}; stroke-width: 1.1", svg)
    assert style.ACCENT not in svg


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
def test_names_neither_touch_each_other_nor_leave_the_map(width: int) -> None:
    chart = ElementTree.fromstring(drawn(GAS, width))
    height = float(chart.get("viewBox", "").split()[3])
    found = [(words, spot.box(words, size)) for words, spot, size in labels(chart)]
    assert {"Sakhalin", "Beijing", "West Siberia"} <= {words for words, _ in found}
    assert len([words for words, _ in found if "bcm" in words]) > 3
    for i, (words, box) in enumerate(found):
        assert box.left >= -1, words
        assert box.right <= width + 1, words
        assert box.bottom <= height + 1, words
        for others, other in found[:i]:
            assert box.overlap(other) < 1, (words, others)


def test_nothing_is_drawn_beyond_the_frame() -> None:
    for width in (style.WIDE, style.NARROW):
        svg = drawn(GAS, width)
        chart = ElementTree.fromstring(re.sub(r"<defs>.*?</defs>", "", svg))  # dots are defined about nought
        height = float(chart.get("viewBox", "").split()[3])
        for color in (style.PAPER, style.REST, style.RULE, style.MUTED, style.ACCENT):
            for x, y in (point for shape in shapes(chart, color) for point in shape if len(shape) > 12):
                assert -0.1 <= x <= width + 0.1
                assert -0.1 <= y <= height + 0.1
        assert not re.search(r"\bnan\b|\binf\b", svg, re.IGNORECASE)
        assert len(svg) < 200_000


def test_the_map_can_be_read_aloud_and_is_the_same_again() -> None:
    first = drawn(GAS)
    assert drawn(GAS) == first
    chart = ElementTree.fromstring(first)
    assert chart[0].text == GAS.title
    told = chart[1].text or ""
    assert "Power of Siberia, Chayanda to Blagoveshchensk, pipeline: 38 bcm a year" in told
    assert "Sakhalin (RUS)" in told


ONE = NetworkMap("one", "", PLACES[:1], ())
AROUND = tuple(Place(str(k), f"place {k}", "", 10.0 * (k % 5) - 20, 60.0 * k) for k in range(6))


@pytest.mark.parametrize(
    "network",
    [
        ONE,
        NetworkMap("twice", "", (PLACES[0], replace(PLACES[0], name="x")), (route("x", "sak", "x", 3.0),)),
        NetworkMap("around", "", AROUND, tuple(route(str(k), str(k), str((k + 1) % 6), 1.0 + k) for k in range(6))),
        NetworkMap("pole", "", (Place("n", "pole", "", 90.0, 0.0), Place("m", "near", "", 85.0, 120.0)), ()),
        NetworkMap("south", "", (Place("n", "pole", "", -90.0, 0.0), Place("m", "near", "", -60.0, 20.0)), ()),
        NetworkMap("bering", "", (Place("a", "Anadyr", "", 64.7, 177.5), Place("b", "Nome", "", 64.5, -165.4)),
                   (route("cable", "a", "b", 2.0, mode="sea"),)),
        NetworkMap("odd", "", (*PLACES[:3], Place("q", "q", "", math.nan, 0.0), Place("r", "r", "", 5.0, math.inf)),
                   (route("x", "sak", "q", 3.0), route("y", "sak", "nowhere", 3.0), route("z", "sak", "sak", 3.0),
                    route("n", "sak", "kha", math.nan, low=math.nan, high=math.inf, used=math.nan, built=math.nan),
                    route("h", "kha", "vla", 1e300), route("s", "kha", "vla", 1e-50))),
        NetworkMap("units", "", PLACES[:3],
                   (route("x", "sak", "kha", 3e6, unit="t/yr"), route("y", "kha", "vla", 2.0))),
    ],
    ids=lambda network: network.title,
)  # fmt: skip
@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
def test_no_network_breaks_the_map(network: NetworkMap, width: int) -> None:
    svg = drawn(network, width)
    assert ElementTree.fromstring(svg) is not None
    assert not re.search(r"(?<![\w])(?:nan|inf)(?![\w])", re.sub(r"<(title|desc|text).*?</\1>", "", svg), re.IGNORECASE)


def test_no_place_no_map() -> None:
    empty = NetworkMap("t", "g", (), ())
    assert drawn(empty, height=300) == ""
    page = render([], [], about(), maps=[empty, NetworkMap("u", "", (), (route("x", "a", "b", 1.0),))])
    assert page.count("There is nothing to draw.") == 2
    assert page.count('<table class="flows">') == 1


# ---- the page


def test_a_page_shows_the_map_twice_and_every_route_in_the_table() -> None:
    page = render(answers()[:1], parameters(), about(), maps=[GAS])
    parsed = Page(page)
    text = " ".join(" ".join(parsed.words).split()).replace("\N{NO-BREAK SPACE}", " ")
    assert page.count('<div class="wide">') == page.count('<div class="narrow">') == 2
    for row in ROUTES:
        assert row.name in text
    assert "in no draw" in text
    assert "82 %" in text
    assert "a flow below zero goes the other way" in text
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    wanted = [value[1:] for value in parsed.values("href") if value.startswith("#")]
    wanted += [name for value in parsed.values("aria-labelledby") for name in value.split()]
    assert set(wanted) <= set(ids)
    assert parsed.tags.count("caption") == parsed.tags.count("table")
    assert page == render(answers()[:1], parameters(), about(), maps=[GAS])
    known = {style.PAPER, style.INK, style.MUTED, style.RULE, style.FAINT, style.ACCENT, style.REST, *style.FAN}
    assert set(re.findall(r"#[0-9a-f]{6}\b", page)) <= known | set(style.SHADES)
    assert "networks-title" not in render(answers()[:1], parameters(), about())


def test_names_from_a_case_cannot_put_markup_into_the_map() -> None:
    places = tuple(replace(p, title=EVIL, country=EVIL) for p in PLACES)
    routes = tuple(replace(r, name=EVIL, title=EVIL, mode=EVIL) for r in ROUTES)
    evil = NetworkMap(EVIL, EVIL, places, (*routes, replace(ROUTES[0], unit=EVIL)))
    page = render([], [], about(), maps=[evil])
    assert set(Page(page).tags) <= set(Page(render(answers(), parameters(), about(), maps=[GAS])).tags)
    assert "<script" not in page
    assert "{{ 7*7 }}" in page
    assert ElementTree.fromstring(drawn(evil)) is not None
