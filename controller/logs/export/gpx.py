"""The track as GPX 1.1, which photo, map and hiking programs read.

Elevations are metres above mean sea level, times are UTC; a point has neither where the log does not know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from controller.clock import iso_utc
from controller.logs.export.track_event import TrackEvent, xml_text

NAMESPACE = "http://www.topografix.com/GPX/1/1"
# A segment has no break in reception: after a longer gap a new one begins.
_GAP_US = 10_000_000


def gpx_text(name: str, track: tuple[Any, ...], points: Sequence[TrackEvent], *, utc: bool) -> str:
    """Return the file: a waypoint for each event, and the track. `track` is times (us), degrees, degrees, metres;
    `utc` says whether the times are UTC."""
    root = ElementTree.Element("gpx", {"xmlns": NAMESPACE, "version": "1.1", "creator": "Landline"})
    meta = ElementTree.SubElement(root, "metadata")
    ElementTree.SubElement(meta, "name").text = xml_text(name)
    if utc:
        ElementTree.SubElement(meta, "time").text = iso_utc(int(track[0][0]))
    for event in points:
        at = _point(root, "wpt", (event.time_us, event.lat_deg, event.lon_deg, event.msl_m), utc=utc)
        ElementTree.SubElement(at, "name").text = xml_text(event.text)
        ElementTree.SubElement(at, "type").text = event.kind
    path = ElementTree.SubElement(root, "trk")
    ElementTree.SubElement(path, "name").text = xml_text(name)
    for rows in _segments(track[0]):
        segment = ElementTree.SubElement(path, "trkseg")
        for row in zip(*(column[rows].tolist() for column in track), strict=True):
            _point(segment, "trkpt", row, utc=utc)
    ElementTree.indent(root, "")
    text: str = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _segments(times_us: Any) -> Iterator[slice]:
    begins = [0, *(np.flatnonzero(np.diff(times_us) > _GAP_US) + 1).tolist(), len(times_us)]
    yield from map(slice, begins[:-1], begins[1:])


def _point(parent: Any, tag: str, row: tuple[int, float, float, float], *, utc: bool) -> Any:
    time_us, lat_deg, lon_deg, msl_m = row
    # The schema wants longitudes below 180 degrees.
    lon_deg = -180.0 if lon_deg >= 180 else lon_deg
    point = ElementTree.SubElement(parent, tag, {"lat": f"{lat_deg:.7f}", "lon": f"{lon_deg:.7f}"})
    if np.isfinite(msl_m):
        ElementTree.SubElement(point, "ele").text = f"{msl_m:.2f}"
    if utc:
        ElementTree.SubElement(point, "time").text = iso_utc(time_us)
    return point
