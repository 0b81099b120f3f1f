"""A map of a network: places, and routes as wide as what they carry, over outlines of countries.

What is there is in grey and whole, what is planned in the accent and dashed, what is built in no draw a thin grey dash:
no route is told by hue alone. Widths are in proportion to the median flow, the widest of a unit at full width. Routes
between the same two places run side by side; those over the sea bend to the side where they cross the least land.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from tumen.claims._values import format_range, format_tick, format_value
from tumen.report import style
from tumen.report._canvas import Box, Canvas, Spot, shorten, text_width, typeset
from tumen.report._outlines import Floats, contains
from tumen.report._routes import Line, Route, carried, cut, draw_line, laid, length_of, ribbon, widths
from tumen.report._terrain import SPAN, fitted, ground, projected
from tumen.report._view import Chart

__all__ = ["Mapped", "NetworkMap", "Place", "Route", "can_draw_map", "map_height", "mapped", "network_map"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a network; `lat` and `lon` in degrees north and east, `country` in any words."""

    name: str
    title: str
    country: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class NetworkMap:
    """A network to be shown as a map, with its caption."""

    title: str
    gloss: str
    places: tuple[Place, ...]
    routes: tuple[Route, ...]


def can_draw_map(drawn: NetworkMap) -> bool:
    """Whether at least one place has coordinates."""
    return bool(_placed(drawn))


def _placed(drawn: NetworkMap) -> dict[str, Place]:
    """Places whose coordinates are on the globe, by name."""
    known = (p for p in drawn.places if math.isfinite(p.lat) and math.isfinite(p.lon))
    return {p.name: p for p in known if abs(p.lat) <= 90 and abs(p.lon) <= 360}


def _degrees(places: dict[str, Place]) -> Floats:
    return np.array([(p.lon, p.lat) for p in places.values()])


def _joined(drawn: NetworkMap, places: dict[str, Place]) -> list[Route]:
    return [r for r in drawn.routes if r.origin in places and r.destination in places and r.origin != r.destination]


def map_height(drawn: NetworkMap, width: float) -> float:
    """A height that suits the shape of what is shown, px."""
    if not can_draw_map(drawn):
        return 0.0
    _, points = projected(_degrees(_placed(drawn)))
    across, down = np.maximum(np.ptp(points, axis=0), SPAN)
    wide = width > 500
    shape = float(down / across) * (1.0 if wide else 1.1)
    return round(width * min(max(shape, 0.5 if wide else 0.85), 0.78 if wide else 1.2) + (30 if wide else 80))


# ---- labels


class _Labels:
    """Labels that keep clear of each other and of what they must not cover; one without room is left out."""

    def __init__(self, canvas: Canvas, frame: Box) -> None:
        self.canvas, self.kept = canvas, list[Box]()
        self.frame = Box(frame.left + 2, frame.top + 2, frame.right - 2, frame.bottom - 2)

    def free(self, box: Box) -> bool:
        inside = box.overlap(self.frame) > 0.999 * (box.right - box.left) * (box.bottom - box.top)
        return inside and not any(box.overlap(other) for other in self.kept)

    def covers(self, box: Box) -> float:
        """How much of a box lies over what is drawn, as a share of it."""
        return sum(box.overlap(other) for other in self.canvas.taken) / (
            (box.right - box.left) * (box.bottom - box.top)
        )

    def put(
        self, spots: Sequence[Spot], words: str, color: str, size: float, bold: bool = False, most: float = math.inf
    ) -> None:
        """A label at the spot that covers the least of what is drawn; none where each covers more than `most`."""
        free = [spot for spot in spots if self.free(spot.box(words, size))]
        if most < math.inf:
            free = [spot for spot in free if self.covers(spot.box(words, size)) < most]
        self.canvas.place(free, words, color, size, bold)
        if free:
            self.kept.append(self.canvas.taken[-1])


def _around(x: float, y: float, size: float) -> list[Spot]:
    """Spots about a dot, the best first."""
    spots = []
    for out in (0.0, 5.0, 11.0, 18.0):
        a, b = 7 + out, size * 0.62 + 5 + out
        spots += [Spot(x + a, y), Spot(x - a, y, "right"), Spot(x, y - b, "center"), Spot(x, y + b, "center")]
        spots += [Spot(x + dx * (5 + out / 2), y + dy, "left" if dx > 0 else "right")
                  for dy in (-b, b) for dx in (1, -1)]  # fmt: skip
    return spots


def _beside(line: Line, words: str, letters: float) -> list[Spot]:
    """Spots beside a route, from its middle outwards, so far from it that the words clear it however it lies."""
    length, spots = length_of(line.way), []
    half, high = text_width(words, letters) / 2, 0.62 * letters
    for part in (0.42, 0.3, 0.52, 0.75, 0.22, 0.84, 0.6):
        before, after = cut(line.way, max(0.0, part * length - 2), min(length, part * length + 2))[[0, -1]]
        along = (after - before) / max(float(np.hypot(*(after - before))), 1e-9)
        x, y = ((before + after) / 2).tolist()
        for side in (1, -1):
            nx, ny = -side * float(along[1]), side * float(along[0])
            out = line.width / 2 + 2 + abs(nx) * half + abs(ny) * high
            spots.append(Spot(x + nx * out, y + ny * out, "center"))
    return spots


def _name_places(
    labels: _Labels, places: dict[str, Place], at: dict[str, Floats], lines: Sequence[Line], size: float
) -> None:
    """Names of places, those with the wider routes first."""
    weight = {name: max((line.width for line in lines if name in (line.route.origin, line.route.destination)),
                        default=0.0) for name in places}  # fmt: skip
    for name in sorted(places, key=lambda name: -weight[name]):
        x, y = (float(v) for v in at[name])
        labels.put(_around(x, y, size), shorten(places[name].title or name, 26), style.INK, size, bold=True)


def _name_countries(labels: _Labels, land: dict[str, list[Floats]]) -> None:
    """Names of countries where there is room within them, near their middle; the larger first."""
    largest = {name: max(rings, key=_area) for name, rings in land.items()}
    for name in sorted(largest, key=lambda name: -_area(largest[name])):
        ring, words = largest[name], name.upper()
        (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
        if right - left < text_width(words, 9.5):
            continue
        grid = np.array(
            [(x, y) for x in np.linspace(left, right, 17)[1:-1] for y in np.linspace(top, bottom, 15)[1:-1]]
        )
        middle = ring.mean(axis=0) / 2 + np.array([left + right, top + bottom]) / 4
        inner = grid[contains(ring, grid)]
        nearest = inner[np.hypot(*(inner - middle).T).argsort(kind="stable")]
        spots = (Spot(x, y, "center") for x, y in nearest[_apart(labels, nearest, words)].tolist())
        labels.put([s for s in [next((s for s in spots if _within(ring, s.box(words, 9.5))), None)] if s],
                   words, style.MUTED, 9.5)  # fmt: skip


def _apart(labels: _Labels, middles: Floats, words: str) -> npt.NDArray[np.bool_]:
    """At which middles the name of a country keeps six pixels from what is drawn."""
    box = Spot(0.0, 0.0, "center").box(words, 9.5)
    x, y = middles.T[:, :, None]
    taken = [(b.left, b.top, b.right, b.bottom) for b in labels.canvas.taken]
    left, top, right, bottom = np.array(taken).reshape(-1, 4).T
    across = (x + box.left - 6 < right) & (left < x + box.right + 6)
    return np.asarray(~(across & (y + box.top - 6 < bottom) & (top < y + box.bottom + 6)).any(axis=1))


def _within(ring: Floats, box: Box) -> bool:
    corners = [(x, y) for x in np.linspace(box.left, box.right, 5) for y in (box.top, box.bottom)]
    return bool(contains(ring, np.array(corners)).all())


def _area(ring: Floats) -> float:
    x, y = ring.T
    return abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2


# ---- the whole


def network_map(drawn: NetworkMap, key: str, width: float, height: float) -> Markup:
    """The map as an inline SVG whose ids begin with `key`; blank where no place has coordinates."""
    places = _placed(drawn)
    if not places:
        return Markup("")
    wide = width > 500
    full, letters = (13.0, style.CHART) if wide else (9.0, 11.5)
    canvas = Canvas(width, height)
    routes = _joined(drawn, places)
    entries = _legend(routes, full)
    rows = _rows(entries, width)
    frame = Box(0.5, 0.5, width - 0.5, height - 26 * len(rows) - 9)
    conic, points = fitted(_degrees(places), frame)
    at = dict(zip(places, points, strict=True))
    land = ground(canvas, conic, frame)
    lines = laid(routes, at, full, [ring for rings in land.values() for ring in rings], frame)
    labels = _Labels(canvas, frame)
    for line in sorted(lines, key=lambda line: (not line.route.idle, carried(line.route.flow) > 0)):
        draw_line(canvas, line)
    for line in lines:
        steps = np.arange(0, length_of(line.way), 9.0 + line.width / 2)
        r = line.width / 2 + 2
        for x, y in (cut(line.way, s, s + 0.1)[0] for s in steps):
            canvas.taken.append(Box(float(x) - r, float(y) - r, float(x) + r, float(y) + r, 2.0))
    for x, y in points.tolist():
        canvas.dots([x], [y], style.PAPER, "o", True, 9.5)
        canvas.dots([x], [y], style.INK, "o", True, 5.0)
        labels.kept.append(Box(x - 5, y - 5, x + 5, y + 5))
    _name_places(labels, places, at, lines, letters)
    for line in lines:
        if line.width > 0.12 * full and not line.route.idle:
            words = _figure(line.route)
            labels.put(_beside(line, words, letters - 1), words, line.color, letters - 1, most=0.3)
    _name_countries(labels, land)
    _draw_legend(canvas, rows, frame.bottom + 21)
    return canvas.svg(key, drawn.title, _describe(drawn))


def _figure(route: Route) -> str:
    return typeset(format_tick(abs(route.flow), route.unit, abs(route.flow)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sample of a line with its words."""

    words: str
    width: float
    color: str
    dashed: bool


def _legend(routes: Sequence[Route], full: float) -> list[_Entry]:
    """What the lines mean, as far as they are on the map, and how wide a round flow of each unit is."""
    entries = []
    if any(not r.planned for r in routes):
        entries.append(_Entry("there already", 3.5, style.MUTED, False))
    if any(r.planned and not r.idle for r in routes):
        entries.append(_Entry("planned", 3.5, style.ACCENT, True))
    if any(r.idle for r in routes):
        entries.append(_Entry("built in no draw", 1.1, style.MUTED, True))
    largest: dict[str, tuple[float, float]] = {}
    for route, width in zip(routes, widths(routes, full), strict=True):
        if not route.idle:
            largest[route.unit] = max(largest.get(route.unit, (0.0, 0.0)), (carried(route.flow), width))
    for unit, (flow, width) in largest.items():
        if flow > 0:
            power = 10.0 ** math.floor(math.log10(flow))
            value = max(f * power for f in (1, 2, 5) if f * power <= flow * (1 + 1e-9))
            entries.append(_Entry(typeset(format_value(value, unit)), value / flow * width, style.MUTED, False))
    return entries


def _rows(entries: Sequence[_Entry], width: float) -> list[list[tuple[float, _Entry]]]:
    """Entries of the legend in rows, each with where it begins."""
    rows: list[list[tuple[float, _Entry]]] = []
    x = width
    for entry in entries:
        wide = 46 + text_width(entry.words) + 14
        if not rows or x + wide > width:
            rows.append([])
            x = 2.0
        rows[-1].append((x, entry))
        x += wide
    return rows


def _draw_legend(canvas: Canvas, rows: Sequence[Sequence[tuple[float, _Entry]]], top: float) -> None:
    for k, row in enumerate(rows):
        y = top + 26 * k
        for x, entry in row:
            if entry.width < 1.2:
                canvas.line((x, x + 36), (y, y), entry.color, entry.width, "--")
            else:
                spans = [(0, 8), (14, 22), (28, 36)] if entry.dashed else [(0, 36)]
                pieces = [np.array([(x + a, y), (x + b, y)]) for a, b in spans]
                canvas.areas([ribbon(piece, entry.width) for piece in pieces], entry.color)
            canvas.text(Spot(x + 44, y), entry.words, style.MUTED)


def _describe(drawn: NetworkMap) -> str:
    """The flows in words."""
    lines = [f"{row.title}, {row.way}: {row.flow} a year, 5-95 % {row.spread}; built: {row.built}."
             for row in _table(drawn)]  # fmt: skip
    places = ", ".join(f"{p.title or p.name} ({p.country})" if p.country else p.title or p.name for p in drawn.places)
    return " ".join([f"Places: {places}.", *(lines or ["No routes."])])


# ---- the table below it


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table."""

    title: str
    way: str
    flow: str
    spread: str
    used: str
    built: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A network ready for the page: its map in two widths (none where no place has coordinates) and its table."""

    network: NetworkMap
    chart: Chart | None
    rows: tuple[_Row, ...]
    back: bool


def mapped(maps: Sequence[NetworkMap]) -> tuple[Mapped, ...]:
    """Maps and tables for the page."""
    made = []
    for number, drawn in enumerate(maps, 1):
        chart = None
        if can_draw_map(drawn):
            wide, narrow = (
                network_map(drawn, f"map{number}{letter}", width, map_height(drawn, width))
                for letter, width in (("w", style.WIDE), ("n", style.NARROW))
            )
            chart = Chart(drawn.title, drawn.gloss, wide, narrow)
        made.append(Mapped(drawn, chart, tuple(_table(drawn)), any(r.low < 0 or r.flow < 0 for r in drawn.routes)))
    return tuple(made)


def _table(drawn: NetworkMap) -> list[_Row]:
    titles = {p.name: p.title or p.name for p in drawn.places}
    rows = []
    for r in drawn.routes:
        way = f"{titles.get(r.origin, r.origin)} to {titles.get(r.destination, r.destination)}"
        certain = {0.0: "in no draw", 1.0: "in every draw"}.get(r.built)
        built = certain or format_value(r.built, "share") if r.planned else "there already"
        flow = format_value(r.flow, r.unit).removesuffix(" a year")
        spread = format_range(r.low, r.high, r.unit).replace(" a year", "")
        way = f"{way}, {r.mode}" if r.mode else way
        used = format_value(r.used, "share") if math.isfinite(r.used) else "\N{EN DASH}"
        rows.append(_Row(r.title or r.name, way, flow, spread, used, built))
    return rows
