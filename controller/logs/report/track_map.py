"""The track as SVG: flown and planned line, mission items, start, scale and north arrow. Without map tiles it needs
no network."""

from __future__ import annotations

import json
import math
from html import escape

import numpy as np

from controller.geo import LocalPlane
from controller.logs.report.data import FlightData, Track
from controller.logs.report.findings import Pin, pins_of
from controller.logs.report.series import Array

WIDTH, HEIGHT, EDGE = 860, 480, 40
MOST_POINTS = 1500


class _Projection:
    """Map projection about the middle of all shown places: equirectangular, centimetres off over some kilometres."""

    def __init__(self, lats: list[float], lons: list[float]) -> None:
        self._plane = LocalPlane((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
        south, west = self._plane.north_east_m(min(lats), min(lons))
        north, east = self._plane.north_east_m(max(lats), max(lons))
        width, height = east - west, north - south
        self.scale = min((WIDTH - 2 * EDGE) / max(width, 20.0), (HEIGHT - 2 * EDGE) / max(height, 20.0))

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Pixel position of a place (degrees)."""
        north, east = self._plane.north_east_m(lat, lon)
        return WIDTH / 2 + east * self.scale, HEIGHT / 2 - north * self.scale


def _line(frame: _Projection, lats: Array, lons: Array) -> str:
    return " ".join(
        "{:.1f},{:.1f}".format(*frame.xy(lat, lon))
        for lat, lon in zip(lats.tolist(), lons.tolist(), strict=True)
    )


def _thin(track: Track) -> tuple[Array, Array, Array]:
    step = max(1, len(track.times_s) // MOST_POINTS)
    keep = np.unique(np.append(np.arange(0, len(track.times_s), step), len(track.times_s) - 1))
    return track.times_s[keep], track.lats_deg[keep], track.lons_deg[keep]


def track_map(data: FlightData) -> str:
    """The map as an HTML figure; empty without positions."""
    if data.track is None:
        return ""
    places = [(number, *place) for number, place in sorted(data.places.items())]
    times, lats, lons = _thin(data.track)
    frame = _Projection(
        [*lats.tolist(), *(lat for _, lat, _ in places), *(lat for lat, _ in data.planned)],
        [*lons.tolist(), *(lon for _, _, lon in places), *(lon for _, lon in data.planned)],
    )
    parts = [f'<polyline class="flown" points="{_line(frame, lats, lons)}"/>']
    key = '<span class="key flown">flown</span>'
    if len(places) > 1:
        # Thin, over the broad flown line, so that both are visible where they coincide.
        planned = " ".join("{:.1f},{:.1f}".format(*frame.xy(lat, lon)) for lat, lon in data.planned)
        parts.append(f'<polyline class="planned" points="{planned}"/>')
        key += ' <span class="key planned">planned</span>'
    for number, lat, lon in places:
        x, y = frame.xy(lat, lon)
        kind = "reached" if number in data.reached else "missed"
        parts.append(f'<circle class="item {kind}" cx="{x:.1f}" cy="{y:.1f}" r="9"/>')
        parts.append(f'<text class="item" x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle">{number}</text>')
    x, y = frame.xy(float(lats[0]), float(lons[0]))
    parts.append(
        f'<path class="home" d="M{x - 7:.1f},{y:.1f} l7,-8 7,8 v8 h-14 z"><title>start</title></path>'
    )
    parts += _pins(pins_of(data.review), frame)
    parts.append(_scale_bar(frame.scale))
    parts.append(
        f'<g class="north" transform="translate({WIDTH - 26},34)"><path d="M0,-18 L6,8 L0,3 L-6,8 Z"/>'
        '<text y="22" text-anchor="middle">N</text></g>'
    )
    xs, ys = zip(*(frame.xy(a, b) for a, b in zip(lats.tolist(), lons.tolist(), strict=True)), strict=True)
    points = {
        "t": [round(t, 2) for t in times.tolist()],
        "x": [round(x, 1) for x in xs],
        "y": [round(y, 1) for y in ys],
    }
    payload = escape(json.dumps(points, separators=(",", ":")), quote=True)
    return (
        f'<figure class="map" data-track="{payload}"><figcaption><b>Track</b> {key}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="The track from above, north up">'
        f'{"".join(parts)}<circle class="here" cx="-20" cy="-20" r="6"/></svg></figure>'
    )


def _pins(pins: list[Pin], frame: _Projection) -> list[str]:
    """The numbers of findings beside their places, each with a line to it; none covers another."""
    taken: list[tuple[float, float]] = []
    parts = []
    for pin in pins:
        x, y = frame.xy(pin.lat_deg, pin.lon_deg)
        at_x, at_y = _free(x, y, taken)
        taken.append((at_x, at_y))
        parts.append(
            f'<g class="found {pin.grade}"><title>{escape(pin.text)}</title>'
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{at_x:.1f}" y2="{at_y:.1f}"/>'
            f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="8"/>'
            f'<text x="{at_x:.1f}" y="{at_y + 3.5:.1f}" text-anchor="middle">{pin.number}</text></g>'
        )
    return parts


def _free(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """A free point near x, y on the map, searched in rings of growing radius."""
    for step in range(60):
        turn, far = math.radians(-60 + 45 * step), 26 + 20 * (step // 8)
        at = (x + far * math.cos(turn), y + far * math.sin(turn))
        inside = 10 < at[0] < WIDTH - 10 and 10 < at[1] < HEIGHT - 10
        if inside and all(math.dist(at, other) > 18 for other in taken):
            return at
    return x, y


def _scale_bar(scale: float) -> str:
    """A scale bar of a round length, some 150 pixels."""
    most = 180 / scale
    power = 10.0 ** math.floor(math.log10(most))
    length = next(power * factor for factor in (5, 2, 1) if power * factor <= most)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y, end = HEIGHT - 18, EDGE + length * scale
    return (
        f'<path class="scale" d="M{EDGE},{y - 5} v5 H{end:.1f} v-5"/>'
        f'<text class="tick" x="{(EDGE + end) / 2:.1f}" y="{y - 6}" text-anchor="middle">{text}</text>'
    )
