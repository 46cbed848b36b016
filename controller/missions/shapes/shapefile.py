"""Shapefiles: polygons and lines of a .shp with the names of its .dbf, in the coordinates of its .prj.

ESRI Shapefile Technical Description (1998). The three files are read from one archive. The rings of a polygon that
run clockwise are outlines, the others holes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.shapes.archive import Archive
from controller.missions.shapes.shape import ShapeCollector, place

MAGIC = struct.pack(">i", 9994)
_HEADER_BYTES = 100
_BOX_BYTES = 32
_LINES, _AREAS, _POINTS = (3, 13, 23), (5, 15, 25), (1, 8, 11, 18, 21, 28)
_NAME_FIELDS = ("name", "title", "bezeichnun", "id")
_MOST_PARTS = 10_000

Ring = list[Position]
_ToEarth = Callable[[Sequence[float], Sequence[float]], Ring]


def read_shapefile(archive: Archive, file: str, found: ShapeCollector) -> None:
    """Read the shapes of the one shapefile of an archive into a collector. Raises PlanError."""
    names = archive.names(".shp")
    if len(names) > 1:
        shown = ", ".join(one[-40:] for one in names[:5])
        raise PlanError(
            f"cannot choose the shapefile: the archive has {len(names)}: {shown}",
            where=file,
            hint="leave one of them in it",
        )
    stem = names[0][: -len(".shp")].lower()
    beside = {one.lower(): one for one in (*archive.names(".prj"), *archive.names(".dbf"))}
    if f"{stem}.prj" not in beside:
        raise PlanError(
            "cannot read the shapefile: no .prj says which coordinates it has",
            where=file,
            hint="put the .prj into the archive",
        )
    to_earth = _projection(archive.read(beside[f"{stem}.prj"]), file)
    labels = _labels(archive.read(beside[f"{stem}.dbf"])) if f"{stem}.dbf" in beside else []
    try:
        for index, (kind, record) in enumerate(_records(archive.read(names[0]), file)):
            label = labels[index] if index < len(labels) else ""
            _take(kind, record, label, to_earth, found)
    except (struct.error, IndexError):
        raise PlanError(
            "cannot read the shapefile: it is damaged", where=file, hint="export it again"
        ) from None


def _records(data: bytes, file: str) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record."""
    if not data.startswith(MAGIC):
        raise PlanError(
            "cannot read the shapefile: its .shp is of another format", where=file, hint="export it again"
        )
    at = _HEADER_BYTES
    while at + 8 <= len(data):
        (words,) = struct.unpack_from(">i", data, at + 4)
        record = data[at + 8 : at + 8 + 2 * words]
        if words < 2 or len(record) < 2 * words:
            raise IndexError
        yield struct.unpack_from("<i", record)[0], record
        at += 8 + 2 * words


def _take(kind: int, record: bytes, label: str, to_earth: _ToEarth, found: ShapeCollector) -> None:
    if kind in _LINES:
        for part in _parts(record):
            found.line(label, to_earth(*part))
    elif kind in _AREAS:
        for outline, holes in _polygons([to_earth(*part) for part in _parts(record)]):
            found.area(label, outline, holes)
    elif kind in _POINTS:
        found.skip("point (only areas and lines are)")
    elif kind != 0:
        found.skip(f"shape of the kind {kind}")


def _parts(record: bytes) -> Iterator[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Yield eastings and northings of each part of a line or polygon."""
    parts, points = struct.unpack_from("<ii", record, 4 + _BOX_BYTES)
    if not 0 <= parts <= _MOST_PARTS or points < 0:
        raise IndexError
    starts = struct.unpack_from(f"<{parts}i", record, 12 + _BOX_BYTES)
    values = struct.unpack_from(f"<{2 * points}d", record, 12 + _BOX_BYTES + 4 * parts)
    for start, end in zip(starts, (*starts[1:], points), strict=True):
        if not 0 <= start <= end <= points:
            raise IndexError
        yield values[2 * start : 2 * end : 2], values[2 * start + 1 : 2 * end : 2]


def _polygons(rings: list[Ring]) -> Iterator[tuple[Ring, list[Ring]]]:
    """Yield each outline with the holes in it."""
    from shapely import Polygon

    rings = [one for one in rings if len(set(one)) >= 3]
    outlines = [one for one in rings if _is_clockwise(one)] or rings
    holes = [one for one in rings if not any(one is other for other in outlines)]
    left = holes
    for outline in outlines:
        area = Polygon(outline).buffer(0)
        inside = [one for one in left if area.covers(Polygon(one).representative_point())]
        left = [one for one in left if not any(one is other for other in inside)]
        yield outline, inside
    # A hole outside of all outlines is an outline that runs the wrong way.
    for ring in left:
        yield ring, []


def _is_clockwise(ring: Ring) -> bool:
    """Return whether a ring runs clockwise, seen with east to the right."""
    closed = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum((lon2 - lon1) * (lat2 + lat1) for (lat1, lon1), (lat2, lon2) in closed) > 0.0


def _projection(prj: bytes, file: str) -> _ToEarth:
    """Return what takes eastings and northings of a .prj to latitude and longitude."""
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError, ProjError

    try:
        system = CRS.from_wkt(prj.decode("utf-8", errors="replace").strip())
        transformer = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except (CRSError, ProjError):
        raise PlanError(
            "cannot read the shapefile: its .prj is not understood",
            where=file,
            hint="export it in WGS 84 (EPSG:4326)",
        ) from None

    def to_earth(east: Sequence[float], north: Sequence[float]) -> Ring:
        lons, lats = transformer.transform(east, north)
        return [place(float(lat), float(lon), file) for lat, lon in zip(lats, lons, strict=True)]

    return to_earth


def _labels(dbf: bytes) -> list[str]:
    """Return the names of the records, [] where the table has no column of names or is damaged."""
    try:
        count, header, size = struct.unpack_from("<IHH", dbf, 4)
        offset = 1
        for at in range(32, header - 32, 32):
            name = dbf[at : at + 11].split(b"\0")[0].decode("ascii", errors="replace").lower()
            width = dbf[at + 16]
            if name in _NAME_FIELDS:
                return [
                    _text(dbf[header + size * row + offset :][:width])
                    for row in range(min(count, (len(dbf) - header) // max(size, 1)))
                ]
            offset += width
    except (struct.error, IndexError):
        pass
    return []


def _text(cell: bytes) -> str:
    try:
        return cell.decode("utf-8").strip()
    except UnicodeDecodeError:
        return cell.decode("latin-1").strip()
