"""The ground of a map: a projection that holds some points, and under them sea, land, coasts and borders."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tumen.report import style
from tumen.report._canvas import Box, Canvas
from tumen.report._outlines import Conic, Floats, clip_line, clip_ring, outlines, thin

__all__ = ["SPAN", "fitted", "ground", "projected"]

_SPECK = 1.6  # an island smaller than this is left out, px
SPAN = 0.14  # the least width of what is shown, radians of latitude


def projected(degrees: Floats) -> tuple[Conic, Floats]:
    """A projection about points of longitude and latitude, and the points in it.

    Its meridian is opposite to the widest gap between the points, so that 180 degrees is no edge.
    """
    around = np.sort(degrees[:, 0] % 360.0)
    gaps = np.append(around[1:], around[0] + 360.0) - around
    widest = int(gaps.argmax())
    meridian = float(around[(widest + 1) % len(around)] + (360.0 - gaps[widest]) / 2)
    south, north = float(degrees[:, 1].min()), float(degrees[:, 1].max())
    conic = Conic.about(meridian, max(-89.0, south - 3), min(89.0, north + 3))
    return conic, conic(conic.near(degrees))


def fitted(degrees: Floats, frame: Box) -> tuple[Conic, Floats]:
    """The projection scaled so that all points stand within the frame, with a margin for their names."""
    conic, points = projected(degrees)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = frame.right - frame.left, frame.bottom - frame.top
    across, down = (float(v) for v in np.maximum(high - low, 1e-9))
    margin = 0.085 * wide
    scale = min((wide - 2 * margin) / across, (tall - 2 * min(margin, 40)) / down, min(wide, tall) / SPAN)
    middle = (low + high) / 2 * scale
    left, top = (frame.left + frame.right) / 2 - middle[0], (frame.top + frame.bottom) / 2 - middle[1]
    return replace(conic, scale=scale, left=float(left), top=float(top)), points * scale + (left, top)


def _land(conic: Conic, frame: Box) -> dict[str, list[Floats]]:
    """Rings of the countries within the frame, px, by the country's name."""
    rectangle = (frame.left, frame.top, frame.right, frame.bottom)
    half = (conic.meridian - 180.0, -91.0, conic.meridian + 180.0, 91.0)
    found: dict[str, list[Floats]] = {}
    for country in outlines().countries:
        for ring in country.rings:
            first, last = float(ring[:, 0].min()), float(ring[:, 0].max())
            for turn in range(math.ceil((half[0] - last) / 360), math.floor((half[2] - first) / 360) + 1):
                turned = ring + np.array((360.0 * turn, 0.0))
                whole = half[0] <= first + 360 * turn and last + 360 * turn <= half[2]
                points = conic(turned if whole else clip_ring(turned, half))
                if len(points) > 3 and _meets(points, frame) and np.ptp(points, axis=0).max() > _SPECK:
                    inside = clip_ring(thin(points), rectangle).round(1)
                    if len(inside) > 2:
                        found.setdefault(country.name, []).append(inside)
    return found


def _meets(points: Floats, frame: Box) -> bool:
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return bool(left < frame.right and right > frame.left and top < frame.bottom and bottom > frame.top)


def _stroke(canvas: Canvas, conic: Conic, lines: Floats, frame: Box, color: str, width: float) -> None:
    """Coasts or borders as one line with gaps."""
    degrees = conic.near(lines)
    # Where a line leaves the map at one side and comes back at the other, it is cut.
    torn = np.flatnonzero(np.abs(np.diff(degrees[:, 0])) > 180) + 1
    points = thin(conic(np.insert(degrees, torn, np.nan, axis=0)))
    pieces = clip_line(points, (frame.left, frame.top, frame.right, frame.bottom))
    pieces = [p.round(1) for p in pieces if np.ptp(p, axis=0).max() > _SPECK or (p[0] != p[-1]).any()]
    gap = np.full((1, 2), np.nan)
    if pieces:
        joined = np.concatenate([part for piece in pieces for part in (piece, gap)][:-1])
        canvas.line(joined[:, 0].tolist(), joined[:, 1].tolist(), color, width)


def ground(canvas: Canvas, conic: Conic, frame: Box) -> dict[str, list[Floats]]:
    """Sea, land, borders and coasts; gives the land back."""
    corners = [
        (frame.left, frame.top),
        (frame.right, frame.top),
        (frame.right, frame.bottom),
        (frame.left, frame.bottom),
    ]
    canvas.areas([corners], style.SHADES[0])
    land = _land(conic, frame)
    canvas.areas([[(float(x), float(y)) for x, y in ring] for rings in land.values() for ring in rings], style.PAPER)
    _stroke(canvas, conic, outlines().borders, frame, style.RULE, 0.9)
    _stroke(canvas, conic, outlines().coasts, frame, style.REST, 0.9)
    xs, ys = zip(*corners, corners[0], strict=True)
    canvas.line(xs, ys, style.RULE, 1.0)
    return land
