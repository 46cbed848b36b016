"""Areas and lines of KML, KMZ, GPX and GeoJSON: what is taken, what is not, and files that are broken or hostile."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.missions.errors import PlanError
from controller.missions.geodesic import distance_m
from controller.missions.shapes.reader import MAX_BYTES, read_shapes
from controller.missions.shapes.shape import MOST_CORNERS

RING = "8.0,47.0,500 8.1,47.0,500\n 8.1,47.1,500 8.0,47.1,500 8.0,47.0,500"
CORNERS = ((47.0, 8.0), (47.0, 8.1), (47.1, 8.1), (47.1, 8.0))
AREA = f"<outerBoundaryIs><LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs>"
HOLE = AREA.replace("outer", "inner")
LINE = "<LineString><coordinates>8,47 8.1,47.2</coordinates></LineString>"


def kml(content: str, name: str = "Field &amp; wood") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    placemark = f"<Folder><Placemark><name>{name}</name>{content}</Placemark></Folder>"
    return f"{head}{placemark}</Document></kml>".encode()


def kmz(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def geojson(*geometries: Any, **fields: Any) -> bytes:
    features = [{"type": "Feature", "properties": {"name": "A"}, "geometry": one} for one in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features, **fields}).encode()


def test_polygons_and_lines_of_kml_keep_their_names() -> None:
    both = f"<MultiGeometry><Polygon>{AREA}</Polygon>{LINE}</MultiGeometry>"
    area, line = read_shapes(kml(both), "a.kml").shapes
    assert (area.kind, area.name, area.points) == ("area", "Field & wood", CORNERS)
    assert (line.kind, line.points) == ("line", ((47.0, 8.0), (47.2, 8.1)))


def test_a_kmz_is_its_first_document() -> None:
    wrong = kml(LINE.replace("47.2", "48"))
    data = kmz({"files/a.png": b"x", "other.kml": wrong, "doc.kml": kml(LINE)})
    assert read_shapes(data, "a.kmz").shapes == read_shapes(kml(LINE), "a.kml").shapes


def test_a_track_of_google_is_a_line() -> None:
    track = "<gx:Track><when>x</when><gx:coord>8 47 5</gx:coord><gx:coord>8.1 47.2 5</gx:coord></gx:Track>"
    (line,) = read_shapes(kml(track), "a.kml").shapes
    assert line.points == ((47.0, 8.0), (47.2, 8.1))


def test_tracks_and_routes_of_gpx_are_lines() -> None:
    points = '<{0} lat="47" lon="8"/><{0} lat="47.2" lon="8.1"><ele>500</ele></{0}>'
    data = (
        f'<gpx><wpt lat="1" lon="2"/><trk><name>T</name><trkseg>{points.format("trkpt")}</trkseg></trk>'
        f"<rte><name>R</name>{points.format('rtept')}</rte></gpx>"
    ).encode()
    found = read_shapes(data, "a.gpx")
    assert [(one.kind, one.name) for one in found.shapes] == [("line", "T"), ("line", "R")]
    assert {one.points for one in found.shapes} == {((47.0, 8.0), (47.2, 8.1))}
    assert found.notes == ("not taken: 1 × waypoint of GPX (a single point)",)


def test_polygons_and_lines_of_geojson_are_taken() -> None:
    ring = [[lon, lat, 500] for lat, lon in (*CORNERS, CORNERS[0])]
    line = [[8, 47], [8.1, 47.2]]
    data = geojson(
        {"type": "MultiPolygon", "coordinates": [[ring, ring]]},
        {"type": "GeometryCollection", "geometries": [{"type": "MultiLineString", "coordinates": [line]}]},
        {"type": "Point", "coordinates": [8, 47]},
        None,
    )
    found = read_shapes(data, "a.geojson")
    assert [(one.kind, one.name) for one in found.shapes] == [("area", "A"), ("line", "A")]
    assert found.shapes[0].points == CORNERS
    assert found.shapes[0].holes == (CORNERS,)
    assert [note.partition(" (")[0] for note in found.notes] == ["not taken: 1 × point"]


def test_holes_of_kml_belong_to_their_area() -> None:
    hole = (
        "<innerBoundaryIs><LinearRing><coordinates>8.01,47.01 8.02,47.01 8.02,47.02 8.01,47.01</coordinates>"
    )
    holed = f"<Polygon>{AREA}{hole}</LinearRing></innerBoundaryIs></Polygon>"
    first, second = read_shapes(kml(f"{holed}<Polygon>{AREA}</Polygon>"), "a.kml").shapes
    assert first.holes == (((47.01, 8.01), (47.01, 8.02), (47.02, 8.02)),)
    assert second.holes == ()


def test_a_hole_without_a_surface_is_told() -> None:
    hole = "<innerBoundaryIs><LinearRing><coordinates>8,47 8,47</coordinates></LinearRing></innerBoundaryIs>"
    found = read_shapes(kml(f"<Polygon>{AREA}{hole}</Polygon>"), "a.kml")
    assert found.shapes[0].holes == ()
    assert found.notes == ("not taken: 1 × hole with fewer than 3 corners",)


def test_whatever_is_not_taken_is_told_and_no_link_is_followed() -> None:
    extra = (
        f"<Polygon>{AREA}{HOLE}</Polygon><Point><coordinates>8,47</coordinates></Point>"
        "<NetworkLink><Link><href>http://192.0.2.1/a.kml</href></Link></NetworkLink><Model/>"
        "<LineString><coordinates>8,47 8,47</coordinates></LineString>"
    )
    found = read_shapes(kml(extra), "a.kml")
    assert len(found.shapes) == 1
    assert sorted(found.notes) == [
        "not taken: 1 × 3D model",
        "not taken: 1 × line with fewer than 2 points",
        "not taken: 1 × network link (it is not followed)",
        "not taken: 1 × point (only areas and lines are)",
    ]


def test_a_long_track_becomes_a_line_near_it() -> None:
    places = [(47.0 + index * 1e-5, 8.0 + (index % 100) * 1e-6) for index in range(5000)]
    text = " ".join(f"{lon},{lat}" for lat, lon in places)
    found = read_shapes(kml(f"<LineString><coordinates>{text}</coordinates></LineString>"), "a.kml")
    (line,) = found.shapes
    assert 2 < len(line.points) <= MOST_CORNERS
    assert distance_m(*line.points[0], *places[0]) < 0.01
    assert distance_m(*line.points[-1], *places[-1]) < 0.01
    assert f"{len(line.points)} of 5000 points" in found.notes[0]


BOMB = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><kml><name>&b;</name></kml>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (BOMB.encode(), "declares a document type"),
        (b'<!DOCTYPE kml SYSTEM "http://192.0.2.1/a.dtd"><kml/>', "declares a document type"),
        (BOMB.encode("utf-16"), "declares a document type"),
        (b"<kml>" + b"<Folder>" * 200, "nested too deeply"),
        (b"<kml><Document>", "invalid XML"),
        (b"<kml>&x;</kml>", "invalid XML"),
        (b'<?xml version="1.0" encoding="no-such"?><kml/>', "invalid XML"),
        (b"<html><body/></html>", "no KML and no GPX"),
        (b"PK\x03\x04" + b"\0" * 50, "cannot read the archive"),
        (kmz({"a.txt": b"x"}), "there is no KML in it"),
        (kmz({"doc.kml": bytes(MAX_BYTES + 1)}), "larger than 8 MiB"),
        (bytes(MAX_BYTES + 1), "larger than 8 MiB"),
        (b"\x89PNG", "no KML, KMZ, GPX, GeoJSON, shapefile or CSV"),
        (b"", "no KML, KMZ, GPX, GeoJSON, shapefile or CSV"),
        (kml(LINE.replace("47.2", "north")), "invalid coordinates '8.1,north'"),
        (kml(LINE.replace("47.2", "91")), "latitude 91"),
        (kml(LINE.replace("47.2", "nan")), "latitude nan"),
        (b'<gpx><trkseg><trkpt lat="1"/></trkseg></gpx>', "no latitude and longitude"),
        (b'{"fileType": "Plan"}', "no GeoJSON"),
        (b"[1]", "no GeoJSON"),
        (geojson({"type": "Polygon", "coordinates": [[1]]}), "longitude and latitude"),
        (geojson({"type": "LineString", "coordinates": [[1, True]]}), "longitude and latitude"),
        (geojson({"type": "LineString", "coordinates": {}}), "must be a list"),
        (geojson({"type": "LineString"}), "coordinates: invalid field: it is missing"),
        (geojson(crs={"properties": {"name": "EPSG:25832"}}), "not in WGS 84"),
        (b'{"type": "LineString", "coordinates": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_or_hostile_file_gets_one_line(data: bytes, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_shapes(data, "a")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_zip_of_very_many_files_is_refused_before_they_are_listed() -> None:
    data = kmz({"doc.kml": kml(LINE)}) + b"PK\x01\x02" * 6000
    with pytest.raises(PlanError, match="more than 5000 files"):
        read_shapes(data, "a.kmz")


def test_more_points_than_the_limit_are_refused() -> None:
    text = "8,47 8.1,47.2 " * 100_001
    with pytest.raises(PlanError, match="more than 200000 points"):
        read_shapes(kml(f"<LineString><coordinates>{text}</coordinates></LineString>"), "a.kml")


@given(data=st.data())
def test_no_change_of_bytes_breaks_the_reader(data: st.DataObject) -> None:
    samples = [kml(f"<Polygon>{AREA}{HOLE}</Polygon>"), kmz({"doc.kml": kml(LINE)})]
    samples.append(geojson({"type": "LineString", "coordinates": [[8, 47], [8.1, 47.2]]}))
    changed = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_shapes(bytes(changed[: data.draw(st.integers(0, len(changed)))]), "a")
    except PlanError as error:
        assert "\n" not in str(error)
        return
    assert all(len(one.points) >= 2 for one in found.shapes)
