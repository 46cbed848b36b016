"""A CSV of points as a mission: latitude, longitude and a height whose column says what it is above.

Names of columns are English or German, in any order; a column `altitude` alone is refused, because it says nothing of
its zero. The columns of a route that UgCS exports as CSV (`AltitudeAGL`, `AltitudeAMSL`) are among the names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.formats.litchi import columns as litchi
from controller.missions.formats.mission_format import ReadFormat
from controller.missions.formats.paths.places import Above, PlaceCollector, Vertex
from controller.missions.formats.table import Row, Table, header_of, read_table
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.plan import Plan, PlanSource

NAME = "points"
TITLE = "CSV of points"
_METRES_PER_FOOT = 0.3048
_UNIT = re.compile(r"[\[(]\s*(m|metres|meter|ft|feet|deg|°|grad)\s*[\])]")
LATITUDE = ("latitude", "lat", "latdeg", "breite", "breitengrad", "geographischebreite")
LONGITUDE = (
    "longitude",
    "lon",
    "londeg",
    "lng",
    "long",
    "länge",
    "laenge",
    "längengrad",
    "laengengrad",
    "geographischelänge",
    "geographischelaenge",
)
_LABEL = ("name", "id", "nr", "number", "nummer", "bezeichnung", "wpnumber", "point", "punkt")
_HEIGHTS = {
    Above.GROUND: (
        "altitudeagl", "heightagl", "agl", "heightaboveground", "höheübergrund", "höheüberboden",
        "hoeheuebergrund", "hoeheueberboden",
    ),
    Above.HOME: (
        "heighthome", "heightabovehome", "heightabovetakeoff", "relativealtitude", "altituderelative",
        "höheüberstart", "hoeheueberstart",
    ),
    Above.SEA: (
        "altitudeamsl", "heightamsl", "amsl", "altitudemsl", "msl", "heightabovesealevel", "höheübernn",
        "höheübernhn", "höheübermeer", "hoeheuebernn", "hoeheuebernhn", "hoeheuebermeer",
    ),
    Above.ELLIPSOID: (
        "heightellipsoid", "ellipsoidheight", "ellipsoidalheight", "altitudewgs84", "ellipsoidhöhe", "ellipsoidhoehe",
        "ellipsoidischehöhe", "ellipsoidischehoehe",
    ),
}  # fmt: skip
_UNSTATED = ("altitude", "alt", "height", "höhe", "hoehe", "elevation", "ele", "z")
_TIMES = ("time", "date", "zeit", "datum", "timestamp")
_HINT = "name the column height_agl, height_home, height_amsl or height_ellipsoid"


@dataclass(frozen=True, slots=True)
class PointColumns:
    """Columns of a table of points, by their names in the file in lower case; `label` is "" for none."""

    latitude: str
    longitude: str
    label: str


def key(column: str) -> str:
    """Return the name of a column without its unit, spaces and signs."""
    return re.sub(r"[\W_]", "", _UNIT.sub("", column.lower()))


def sniff(data: bytes) -> bool:
    """Return whether the file is a table with a header that is no Litchi mission."""
    return len(header_of(data)) > 1 and not litchi.sniff(data)


def point_columns(table: Table, file: str) -> PointColumns:
    """Return the columns of the places. Raises PlanError with the columns seen."""
    latitude, longitude, label = (
        next((one.lower() for one in table.columns if key(one) in names), "")
        for names in (LATITUDE, LONGITUDE, _LABEL)
    )
    if not latitude or not longitude:
        missing = "longitude" if latitude else "latitude"
        raise PlanError(
            f"cannot read the table: no column {missing}; it has {table.shown_columns}",
            where=file,
            hint="name the columns latitude and longitude, in degrees (WGS 84)",
        )
    return PointColumns(latitude, longitude, label)


def read(data: bytes, file: str) -> Plan:
    """Read a plan from a table of points, in its order. Raises PlanError with file:line and column."""
    table = read_table(data, file)
    columns = point_columns(table, file)
    if any(key(one).startswith(_TIMES) for one in table.columns):
        raise PlanError(
            "invalid mission file: this table is a recorded flight, it has times",
            where=file,
            hint="it holds a flight, no plan: landline logs reads it",
        )
    height, above = _height_column(table, file)
    found = PlaceCollector(file, TITLE, why=f"of column {height[:40]}")
    for row in table.rows:
        found.point(_vertex(row, columns, height, above))
    plan = found.plan()
    source = PlanSource(path=file, format=NAME, text="", as_it_is=False)
    return Plan(items=plan.items, notes=plan.notes, losses=plan.losses, source=source)


def _height_column(table: Table, file: str) -> tuple[str, Above]:
    for above, names in _HEIGHTS.items():
        for column in table.columns:
            if key(column) in names:
                return column.lower(), above
    unstated = next((one for one in table.columns if key(one) in _UNSTATED), None)
    if unstated is not None:
        raise PlanError(
            f"cannot tell what the heights of column {unstated[:40]!r} are above", where=file, hint=_HINT
        )
    raise PlanError(
        f"cannot read a mission: no column of heights; it has {table.shown_columns}", where=file, hint=_HINT
    )


def _vertex(row: Row, columns: PointColumns, height: str, above: Above) -> Vertex:
    unit = _UNIT.search(height)
    in_feet = unit is not None and unit[1] in ("ft", "feet")
    height_m = row.number(height, -MAX_ALTITUDE_M, MAX_ALTITUDE_M) * (_METRES_PER_FOOT if in_feet else 1.0)
    lat_deg = row.number(columns.latitude, -90.0, 90.0)
    lon_deg = row.number(columns.longitude, -180.0, 180.0)
    return Vertex(lat_deg, lon_deg, round(height_m, 4), above, str(row.line))


FORMAT = ReadFormat(
    name=NAME,
    title=TITLE,
    sniff=sniff,
    read=read,
)
