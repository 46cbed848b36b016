"""Shapes of any file: KML, KMZ, GPX, GeoJSON, shapefiles and tables of points, known by their content."""

from __future__ import annotations

import re

from controller.missions.errors import PlanError
from controller.missions.formats.paths import points_csv
from controller.missions.formats.table import header_of, read_table
from controller.missions.shapes.archive import MAX_BYTES, ZIP, Archive, document_of_kmz
from controller.missions.shapes.geojson import read_geojson
from controller.missions.shapes.gpx import GpxReader
from controller.missions.shapes.kml import KmlReader
from controller.missions.shapes.shape import ShapeCollector, ShapeFile
from controller.missions.shapes.shapefile import MAGIC, read_shapefile

__all__ = ["MAX_BYTES", "read_shapes"]

_ROOT = re.compile(rb"<(?:\w+:)?(kml|gpx)[\s>/]")
_HEAD_BYTES = 4096


def read_shapes(data: bytes, file: str) -> ShapeFile:
    """Return the areas and lines of a file; `file` is its name for errors. Raises PlanError."""
    if len(data) > MAX_BYTES:
        raise PlanError(
            f"cannot read the shapes: larger than {MAX_BYTES // 1024**2} MiB",
            where=file,
            hint="export a part of it",
        )
    found = ShapeCollector(file)
    if data.startswith(ZIP):
        archive = Archive(data, file, "the archive")
        if archive.names(".shp"):
            read_shapefile(archive, file, found)
            return found.result()
        data = document_of_kmz(data, file)
    head = _head(data)
    if head.startswith(b"<"):
        root = _ROOT.search(head)
        if root is None:
            raise PlanError(
                "cannot read the shapes: this XML is no KML and no GPX", where=file, hint="export it as KML"
            )
        reader = KmlReader if root[1] == b"kml" else GpxReader
        reader(file, found).parse(data)
    elif head.startswith((b"{", b"[")):
        read_geojson(data, file, found)
    elif data.startswith(MAGIC):
        raise PlanError(
            "cannot read the shapefile: its .prj and .dbf are other files",
            where=file,
            hint="pack the .shp, .prj and .dbf into one .zip",
        )
    elif header_of(data):
        _read_points(data, file, found)
    else:
        raise PlanError(
            "cannot read the shapes: no KML, KMZ, GPX, GeoJSON, shapefile or CSV",
            where=file,
            hint="export the area or line as one of these",
        )
    return found.result()


def _read_points(data: bytes, file: str, found: ShapeCollector) -> None:
    """Take the points of a table as a line in their order."""
    table = read_table(data, file)
    columns = points_csv.point_columns(table, file)
    points = [
        (row.number(columns.latitude, -90.0, 90.0), row.number(columns.longitude, -180.0, 180.0))
        for row in table.rows
    ]
    found.line("", points)
    found.note("the points of the table are one line, in their order")


def is_shapes(data: bytes) -> bool:
    """Return whether a file is XML, JSON, an archive or a shapefile, and no table of text."""
    return data.startswith((ZIP, MAGIC)) or _head(data).startswith((b"<", b"{", b"["))


def _head(data: bytes) -> bytes:
    return data[:_HEAD_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
