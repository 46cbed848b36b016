"""KML, KMZ, GPX and GeoJSON as missions: their way, the zero of their heights, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.errors import PlanError
from controller.missions.formats import registry
from controller.missions.plan import Plan

LINE = "8.5456,47.3977,30 8.5456,47.3987,35"
GROUND, SEA, HOME = 10, 0, 3


def kml(*shapes: str) -> bytes:
    marks = "".join(f"<Folder><Placemark><name>A &amp; B</name>{one}</Placemark></Folder>" for one in shapes)
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'.encode()


def line(mode: str, text: str = LINE) -> str:
    return f"<LineString><altitudeMode>{mode}</altitudeMode><coordinates>{text}</coordinates></LineString>"


def gpx(*parts: str) -> bytes:
    return f'<gpx version="1.1">{"".join(parts)}</gpx>'.encode()


def geojson(*features: tuple[str, Any, dict[str, Any]]) -> bytes:
    made = [
        {"type": "Feature", "properties": fields, "geometry": {"type": kind, "coordinates": places}}
        for kind, places, fields in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": made}).encode()


def way(plan: Plan) -> list[tuple[float, float, float, int]]:
    """Places between the take-off and the return that reading adds."""
    assert [plan.items[0].name, plan.items[-1].name] == ["NAV_TAKEOFF", "NAV_RETURN_TO_LAUNCH"]
    assert {item.name for item in plan.items[1:-1]} == {"NAV_WAYPOINT"}
    return [(item.lat_deg, item.lon_deg, item.alt_m, item.frame) for item in plan.items[1:-1]]


@pytest.mark.parametrize(
    ("mode", "frame", "said"),
    [
        ("absolute", SEA, "heights are above mean sea level (its altitudeMode says so)"),
        ("relativeToGround", GROUND, "heights are above the ground (its altitudeMode says so)"),
    ],
)
def test_a_line_of_kml_keeps_the_zero_of_its_heights(mode: str, frame: int, said: str) -> None:
    plan = registry.read(kml(line(mode)), "a.kml")
    assert way(plan) == [(47.3977, 8.5456, 30.0, frame), (47.3987, 8.5456, 35.0, frame)]
    assert said in map(str, plan.notes)


def test_an_altitude_mode_of_google_and_behind_the_places_counts() -> None:
    track = (
        "<gx:Track><gx:coord>8.5 47.5 600</gx:coord><gx:coord>8.6 47.5 610</gx:coord>"
        "<altitudeMode>absolute</altitudeMode></gx:Track>"
    )
    assert way(registry.read(kml(track), "a.kml"))[1] == (47.5, 8.6, 610.0, SEA)
    floor = f"<LineString><coordinates>{LINE}</coordinates>"
    floor += "<gx:altitudeMode>relativeToSeaFloor</gx:altitudeMode></LineString>"
    assert way(registry.read(kml(floor), "a.kml"))[0][3] == GROUND


def test_a_kmz_is_read_as_its_document() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", kml(line("absolute")))
    assert way(registry.read(packed.getvalue(), "a.kmz")) == way(
        registry.read(kml(line("absolute")), "a.kml")
    )


def test_points_are_the_way_where_no_line_has_heights() -> None:
    points = [
        f"<Point><altitudeMode>relativeToGround</altitudeMode><coordinates>8.5,47.{n},20</coordinates></Point>"
        for n in range(3)
    ]
    plan = registry.read(kml(line("clampToGround"), *points), "a.kml")
    assert [one[0] for one in way(plan)] == [47.0, 47.1, 47.2]
    assert [str(one) for one in plan.losses] == [
        "1 × line without heights (the row of points is the mission)"
    ]


def test_heights_of_gpx_are_above_sea_level_and_its_route_is_the_way() -> None:
    points = "".join(f'<rtept lat="47.{n}" lon="8"><ele>50{n}</ele></rtept>' for n in range(2))
    plan = registry.read(gpx('<wpt lat="1" lon="2"/>', f"<rte><name>R</name>{points}</rte>"), "a.gpx")
    assert way(plan) == [(47.0, 8.0, 500.0, SEA), (47.1, 8.0, 501.0, SEA)]
    assert [loss.what for loss in plan.losses] == ["1 × point"]


def test_segments_of_a_track_follow_each_other() -> None:
    segment = '<trkseg><trkpt lat="47" lon="8"><ele>5</ele></trkpt></trkseg>'
    assert len(way(registry.read(gpx(f"<trk>{segment * 3}</trk>"), "a.gpx"))) == 3


# EGM96's own test points (NIMA, README of the distribution): the geoid's height there.
@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "geoid_m"),
    [
        (38.6281550, 269.7791550, -31.629),
        (-14.6212170, 305.0211140, -2.966),
        (46.8743190, 102.4487290, -43.572),
        (-23.6174460, 133.8747120, 15.868),
        (38.6254730, 359.9995000, 50.065),
        (-0.4667440, 0.0023000, 17.330),
    ],
)
def test_heights_above_the_ellipsoid_are_converted(lat_deg: float, lon_deg: float, geoid_m: float) -> None:
    lon_deg = (lon_deg + 180.0) % 360.0 - 180.0
    places = [[lon_deg, lat_deg, 500.0], [lon_deg, lat_deg, 510.0]]
    plan = registry.read(geojson(("LineString", places, {})), "a.geojson")
    assert plan.items[1].alt_m == pytest.approx(500.0 - geoid_m, abs=0.1)
    assert plan.items[1].frame == SEA
    assert any("converted to mean sea level by the geoid EGM96" in note.what for note in plan.notes)


def test_a_feature_says_what_its_heights_are_above() -> None:
    features = [("Point", [8.5, 47.0 + n], {"height_m": 30, "height_above": "ground"}) for n in range(2)]
    assert way(registry.read(geojson(*features), "a.geojson"))[1] == (48.0, 8.5, 30.0, GROUND)
    plan = registry.read(geojson(("LineString", [[8, 47, 30], [8, 48, 30]], {"height_above": "home"})), "a")
    assert [one[3] for one in way(plan)] == [HOME, HOME]


POLYGON = "<Polygon><outerBoundaryIs><LinearRing><coordinates>8,47 8,48 9,48</coordinates></LinearRing>"
POLYGON += "</outerBoundaryIs></Polygon>"
BARE = gpx('<rte><rtept lat="47" lon="8"/><rtept lat="47" lon="9"/></rte>')


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (kml(line("clampToGround")), "KML does not say how high this place is"),
        (kml(line("absolute", "8,47 8,48")), "KML does not say how high this place is"),
        (BARE, "GPX does not say how high this place is"),
        (geojson(("Point", [8, 47], {})), "GeoJSON does not say how high this place is"),
        (geojson(("Point", [8, 47], {"height_m": 5})), "has height_m without height_above"),
        (geojson(("Point", [8, 47, 5], {"height_above": "sea"})), "height_above 'sea' is not known"),
        (kml(line("absolute"), line("absolute")), "which line is the mission: 2 lines, A & B, A & B"),
        (kml(POLYGON), "the KML has only areas"),
        (kml(), "the KML has no line and no point"),
        (kml(line("absolute", "8,97,5 8,98,5")), "invalid position: latitude 97"),
        (kml(line("absolute", "8,47,1e9 8,48,5")), "invalid height 1e+09 m"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + kml(line("absolute")), "document type"),
        (b'<kml xmlns:mis="www.dji.com"><Document/></kml>', "old DJI app"),
        (b'{"route": {"name": "R", "legs": []}}', "route of another planner"),
        (b'{"type": "PlanComponent", "rootComponent": {}}', "a plan of Dronelink"),
    ],
)
def test_what_is_no_mission_is_refused_with_its_place(data: bytes, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        registry.read(data, "bad")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value.where).startswith("bad")


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("doc.kml", b" " * 50_000_000, "larger than 8 MiB"),
        ("../../doc.kml", b"", "a path leaves the archive, '../../doc.kml'"),
        ("/etc/doc.kml", b"", "a path leaves the archive"),
        ("a\\..\\..\\doc.kml", b"", "a path leaves the archive"),
    ],
)
def test_a_zip_bomb_and_a_path_out_of_the_archive_are_refused(name: str, content: bytes, named: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    with pytest.raises(PlanError) as caught:
        registry.read(packed.getvalue(), "bad.kmz")
    assert named in str(caught.value)


def test_ten_thousand_places_are_read() -> None:
    text = " ".join(f"8.{n:05},47,{n % 90 + 10}" for n in range(10_000))
    assert len(way(registry.read(kml(line("absolute", text)), "long.kml"))) == 10_000


SAMPLES: tuple[Callable[[], bytes], ...] = (
    lambda: kml(line("absolute")),
    lambda: gpx('<rte><rtept lat="47" lon="8"><ele>5</ele></rtept><rtept lat="47" lon="9"/></rte>'),
    lambda: geojson(("LineString", [[8, 47, 5], [8, 48, 5]], {"name": "x", "height_above": "home"})),
)


@settings(max_examples=30)
@given(st.sampled_from(SAMPLES), st.binary(max_size=12), st.integers(0, 260), st.integers(0, 9))
def test_damaged_bytes_are_a_plan_or_one_line(
    sample: Callable[[], bytes], noise: bytes, at: int, cut: int
) -> None:
    data = sample()
    try:
        registry.read(data[:at] + noise + data[at + cut :], "bad")
    except PlanError as error:
        assert "\n" not in str(error)


def test_an_archive_of_dji_is_no_kmz_in_any_folder() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("template.kml", kml())
        archive.writestr("waylines.wpml", b"")
    assert [one.name for one in registry.FORMATS if one.sniff(packed.getvalue())] == ["wpml"]
