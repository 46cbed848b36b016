"""Shapefiles and tables of points as shapes: outlines, holes, names, other coordinates, and damaged files."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from controller.app.planning.areas import read_area
from controller.missions.errors import PlanError
from controller.missions.shapes.reader import read_shapes

Points = list[tuple[float, float]]
WGS84 = CRS.from_epsg(4326).to_wkt("WKT1_ESRI").encode()
# East and north; an outline runs clockwise, a hole the other way.
OUTLINE: Points = [(8.0, 47.0), (8.0, 47.1), (8.1, 47.1), (8.1, 47.0), (8.0, 47.0)]
HOLE: Points = [(8.02, 47.02), (8.04, 47.02), (8.04, 47.04), (8.02, 47.02)]


def record(kind: int, *parts: Points) -> bytes:
    """Content of a record of a line or polygon."""
    points = [value for part in parts for point in part for value in point]
    starts = [sum(len(one) for one in parts[:index]) for index in range(len(parts))]
    head = struct.pack("<i4dii", kind, 0, 0, 0, 0, len(parts), len(points) // 2)
    return head + struct.pack(f"<{len(parts)}i{len(points)}d", *starts, *points)


def shp(*records: bytes) -> bytes:
    body = b"".join(struct.pack(">ii", n, len(one) // 2) + one for n, one in enumerate(records, start=1))
    return (
        struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(body) // 2)
        + struct.pack("<ii8d", 1000, 5, *[0.0] * 8)
        + body
    )


def dbf(*names: str) -> bytes:
    """A table of one column, name."""
    field = b"NAME".ljust(11, b"\0") + b"C" + bytes(4) + bytes([20]) + bytes(15)
    head = struct.pack("<B3xIHH20x", 3, len(names), 65, 21) + field + b"\r"
    return head + b"".join(b" " + name.encode().ljust(20) for name in names)


def packed(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_polygons_with_holes_and_lines_are_taken_with_their_names() -> None:
    data = shp(record(5, OUTLINE, HOLE), record(3, OUTLINE[:2]), struct.pack("<i2d", 1, 8.0, 47.0))
    files = {"a/Field.shp": data, "a/Field.PRJ": WGS84, "a/field.dbf": dbf("Süd", "Rail", "P")}
    found = read_shapes(packed(files), "field.zip")
    assert [(one.kind, one.name) for one in found.shapes] == [("area", "Süd"), ("line", "Rail")]
    assert found.shapes[0].points == tuple((north, east) for east, north in OUTLINE[:-1])
    assert [len(hole) for hole in found.shapes[0].holes] == [3]
    assert found.notes == ("not taken: 1 × point (only areas and lines are)",)


def test_two_outlines_of_one_record_are_two_areas_and_keep_their_own_holes() -> None:
    beside = [(east + 1.0, north) for east, north in OUTLINE]
    data = shp(record(15, beside, OUTLINE, HOLE))
    found = read_shapes(packed({"a.shp": data, "a.prj": WGS84}), "a.zip")
    assert [len(one.holes) for one in found.shapes] == [0, 1]


def test_other_coordinates_are_projected() -> None:
    utm = CRS.from_epsg(25832)
    there = Transformer.from_crs(4326, utm, always_xy=True)
    points = [there.transform(*one) for one in OUTLINE]
    files = {"a.shp": shp(record(5, points)), "a.prj": utm.to_wkt("WKT1_ESRI").encode()}
    (area,) = read_shapes(packed(files), "a.zip").shapes
    for (lat, lon), (east, north) in zip(area.points, OUTLINE, strict=False):
        assert (lon, lat) == (pytest.approx(east, abs=1e-7), pytest.approx(north, abs=1e-7))


def test_a_shapefile_on_the_disk_is_read_with_the_files_beside_it(tmp_path: Path) -> None:
    for name, data in {"f.shp": shp(record(5, OUTLINE)), "f.prj": WGS84, "f.dbf": dbf("Field")}.items():
        (tmp_path / name).write_bytes(data)
    assert read_area(tmp_path / "f.shp").name == "Field"


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (shp(record(5, OUTLINE)), "pack the .shp, .prj and .dbf into one .zip"),
        (packed({"a.shp": shp(record(5, OUTLINE))}), "no .prj says which coordinates it has"),
        (packed({"a.shp": b"", "b.shp": b""}), "the archive has 2: a.shp, b.shp"),
        (packed({"a.shp": b"x", "a.prj": WGS84}), "its .shp is of another format"),
        (packed({"a.shp": shp(record(5, OUTLINE)), "a.prj": b"moon"}), "its .prj is not understood"),
        (packed({"a.shp": shp(record(5, OUTLINE))[:-9], "a.prj": WGS84}), "it is damaged"),
        (
            packed({"a.shp": shp(record(5, [(900.0, 0.0)] * 4)), "a.prj": WGS84}),
            "cannot read|invalid position",
        ),
        (packed({"a.shp": b"\0" * 50_000_000, "a.prj": WGS84}), "larger than 8 MiB"),
        (packed({"../a.shp": b"", "../a.prj": WGS84}), "a path leaves the archive"),
    ],
)
def test_a_shapefile_that_does_not_say_enough_is_refused(data: bytes, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_shapes(data, "bad.zip")
    assert any(one in str(caught.value) for one in named.split("|"))
    assert "\n" not in str(caught.value)


def test_the_points_of_a_table_are_a_line() -> None:
    found = read_shapes("Name;Breite;Länge\nA;47,5;8,25\nB;47,6;8,25\n".encode(), "towers.csv")
    assert [(one.kind, one.points) for one in found.shapes] == [("line", ((47.5, 8.25), (47.6, 8.25)))]
    assert found.notes == ("the points of the table are one line, in their order",)


@settings(max_examples=25)
@given(st.binary(max_size=8), st.integers(0, 300))
def test_damaged_shapefiles_are_shapes_or_one_line(noise: bytes, at: int) -> None:
    data = shp(record(5, OUTLINE, HOLE))
    table = dbf("A")
    damaged = data[:at] + noise + data[at + len(noise) :]
    files = {"a.shp": damaged, "a.prj": WGS84, "a.dbf": table[: at % 90] + noise + table[at % 90 :]}
    try:
        read_shapes(packed(files), "bad.zip")
    except PlanError as error:
        assert "\n" not in str(error)
