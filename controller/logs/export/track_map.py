"""Export the track for maps: KML for Google Earth and QGIS, GeoJSON for the web, GPX for all that reads tracks; mode
changes and warnings are points.
Altitudes are metres above mean sea level, which is what KML means by absolute; RFC 7946 defines them above the
ellipsoid, so the GeoJSON names their reference.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from controller.clock import iso_utc
from controller.errors import UserError
from controller.logs.export.gpx import gpx_text
from controller.logs.export.result import Exported, ExportError, TimeSpan
from controller.logs.export.track_event import TrackEvent, xml_text
from controller.logs.flights import store
from controller.logs.formats.base import Log
from controller.logs.formats.read import open_log
from controller.logs.series.view import Channel, SeriesView


def write_map(
    sources: list[Path],
    export_format: str,
    target: Path,
    *,
    name: str,
    span: TimeSpan,
    system: int | None = None,
) -> Exported:
    """Write the track of the first log that has positions; `system` as for `open_log`. Raises ExportError if none
    has."""
    log, view, problems = _located(sources, system)
    track = _cut(view.channels["position"], span) if view else None
    if log is None or view is None or track is None or len(track[0]) < 2:
        where = str(sources[0].parent if len(sources) > 1 else sources[0])
        raise ExportError(
            "cannot export a track: the log has no positions", where=where, hint="; ".join(problems) or None
        )
    points = _points(log, view, sources, span)
    if export_format == "gpx":
        text = gpx_text(name, track, points, utc=view.clock == "utc")
    else:
        track = (*track[:3], np.nan_to_num(track[3]))
        text = _kml(name, track, points) if export_format == "kml" else _geojson(name, track, points)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    notes = (*log.problems, *log.notes, *view.notes)
    return Exported(target, 1, len(track[0]), tuple(problems), notes)


def _located(sources: list[Path], system: int | None) -> tuple[Log | None, SeriesView | None, list[str]]:
    problems = []
    for source in sources:
        if source.suffix in (".jsonl", ".json"):
            continue
        try:
            log = open_log(source, system=system)
            view = log.series()
        except UserError as error:
            if len(sources) == 1:
                raise
            problems.append(str(error))
            continue
        if "position" in view.channels:
            return log, view, problems
    return None, None, problems


def _cut(place: Channel, span: TimeSpan) -> tuple[Any, ...]:
    rows = (place.times_us >= span.from_utc_us) & (place.times_us <= span.to_utc_us)
    rows &= np.isfinite(place["lat_deg"]) & np.isfinite(place["lon_deg"])
    return place.times_us[rows], *(place[column][rows] for column in ("lat_deg", "lon_deg", "msl_m"))


def _points(log: Log, view: SeriesView, sources: list[Path], span: TimeSpan) -> list[TrackEvent]:
    found: list[tuple[int, str, str]] = []
    mode = view.channels.get("mode")
    if mode is not None:
        found += [
            (time_us, f"{name}{'' if armed else ' (disarmed)'}", "mode")
            for time_us, name, armed in zip(
                mode.times_us.tolist(), mode["mode"].tolist(), mode["armed"].tolist(), strict=True
            )
        ]
    events = next((source for source in sources if source.name == store.EVENTS), None)
    for event in store.read_events(events.parent) if events else []:
        if event.get("kind") == "warning":
            try:
                moment = datetime.fromisoformat(str(event.get("utc")))
            except ValueError:
                continue
            at_us = log.time_of_stamp_us(round(moment.timestamp() * 1e6))
            found.append((at_us, str(event.get("text", "")), "warning"))
    place = view.channels["position"]
    points = []
    for time_us, text, kind in sorted(found):
        if span.from_utc_us <= time_us <= span.to_utc_us:
            at = min(int(np.searchsorted(place.times_us, time_us)), place.count - 1)
            where = (float(place[column][at]) for column in ("lat_deg", "lon_deg", "msl_m"))
            points.append(TrackEvent(text, kind, time_us, *where))
    return points


_KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document>
<name>{name}</name>
<Style id="track"><LineStyle><color>ff0078ff</color><width>3</width></LineStyle></Style>
<Placemark>
<name>{name}</name>
<styleUrl>#track</styleUrl>
<gx:Track>
<altitudeMode>absolute</altitudeMode>
{track}
</gx:Track>
</Placemark>
{points}</Document>
</kml>
"""
_KML_POINT = """<Placemark><name>{text}</name><description>{kind}</description>\
<TimeStamp><when>{when}</when></TimeStamp>\
<Point><altitudeMode>absolute</altitudeMode><coordinates>{lon:.7f},{lat:.7f},{alt:.2f}</coordinates></Point></Placemark>
"""


def _kml(name: str, track: tuple[Any, ...], points: list[TrackEvent]) -> str:
    times_us, lats_deg, lons_deg, msl_m = (column.tolist() for column in track)
    lines = [f"<when>{iso_utc(time_us)}</when>" for time_us in times_us]
    lines += [
        f"<gx:coord>{lon:.7f} {lat:.7f} {alt:.2f}</gx:coord>"
        for lat, lon, alt in zip(lats_deg, lons_deg, msl_m, strict=True)
    ]
    marks = [
        _KML_POINT.format(
            text=_xml(point.text),
            kind=point.kind,
            when=iso_utc(point.time_us),
            lon=point.lon_deg,
            lat=point.lat_deg,
            alt=point.msl_m,
        )
        for point in points
    ]
    return _KML.format(name=_xml(name), track="\n".join(lines), points="".join(marks))


def _xml(text: str) -> str:
    """Escape a text for KML."""
    return escape(xml_text(text))


def _geojson(name: str, track: tuple[Any, ...], points: list[TrackEvent]) -> str:
    times_us, lats_deg, lons_deg, msl_m = (column.tolist() for column in track)
    line = {
        "type": "Feature",
        "properties": {
            "flight": name,
            "altitudes": "metres above mean sea level",
            "coordTimes": [iso_utc(time_us) for time_us in times_us],
        },
        "geometry": {
            "type": "LineString",
            "coordinates": [
                [round(lon, 7), round(lat, 7), round(alt, 2)]
                for lat, lon, alt in zip(lats_deg, lons_deg, msl_m, strict=True)
            ],
        },
    }
    marks = [
        {
            "type": "Feature",
            "properties": {"kind": point.kind, "text": point.text, "time": iso_utc(point.time_us)},
            "geometry": {
                "type": "Point",
                "coordinates": [
                    round(value, digits)
                    for value, digits in ((point.lon_deg, 7), (point.lat_deg, 7), (point.msl_m, 2))
                ],
            },
        }
        for point in points
    ]
    return json.dumps({"type": "FeatureCollection", "features": [line, *marks]}, ensure_ascii=False) + "\n"
