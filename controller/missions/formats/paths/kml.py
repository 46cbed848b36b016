"""KML and KMZ as missions: one line or track with heights, or points in order (OGC KML 2.2, and Google's gx:).

`clampToGround` is KML's default and says that the heights are not meant: such a line is none to fly. `absolute` is
above mean sea level, which is EGM96 (OGC 07-147r2, 9.20); `relativeToGround` above the ground under each place.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.missions.errors import PlanError
from controller.missions.formats.paths.places import Above, PlaceCollector, Vertex, checked_height
from controller.missions.formats.wpml.archive import is_wpml
from controller.missions.plan import Plan, PlanSource
from controller.missions.shapes.archive import MAX_BYTES, ZIP, document_of_kmz
from controller.missions.shapes.kml import NOT_TAKEN, SPACED_COMMA
from controller.missions.shapes.shape import place
from controller.missions.shapes.xml_events import XmlEvents

NAME = "kml"
TITLE = "KML"
_HEAD_BYTES = 4096
_ABOVE = {
    "absolute": Above.SEA,
    "relativeToGround": Above.GROUND,
    "relativeToSeaFloor": Above.GROUND,
}
_SHAPES = ("LineString", "LinearRing", "Point", "Track")


def sniff(data: bytes) -> bool:
    """Return whether the file is KML, or a KMZ that holds no mission of DJI's own format (WPML)."""
    if data.startswith(ZIP):
        return b".kml" in data.lower() and not is_wpml(data)
    head = data[:_HEAD_BYTES].replace(b"\0", b"")
    return b"<kml" in head and b"wpml" not in head


def read(data: bytes, file: str) -> Plan:
    """Read a plan from KML or KMZ. Raises PlanError with file:line."""
    if data.startswith(ZIP):
        data = document_of_kmz(data, file)
    if len(data) > MAX_BYTES:
        raise PlanError(f"cannot read KML: larger than {MAX_BYTES // 1024**2} MiB", where=file)
    found = PlaceCollector(file, TITLE, why="its altitudeMode says so")
    _Reader(file, found).parse(data)
    plan = found.plan()
    return Plan(
        items=plan.items,
        notes=plan.notes,
        losses=plan.losses,
        source=PlanSource(path=file, format=NAME, text="", as_it_is=False),
    )


class _Reader(XmlEvents):
    def __init__(self, file: str, found: PlaceCollector) -> None:
        super().__init__(file)
        self._found = found
        self._name = ""
        self._mode = ""
        self._vertices: list[Vertex] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a placemark or a shape; count what no mission has."""
        if name == "kml" and any("dji.com" in value for value in attributes.values()):
            raise PlanError(
                "cannot read this KML: it is of an old DJI app, with heights in fields of its own",
                where=self.where,
                hint="export the mission as KMZ from DJI Pilot 2, or as CSV from Litchi's Mission Hub",
            )
        if name == "Placemark":
            self._name = ""
        elif name in _SHAPES:
            self._mode, self._vertices = "", []
        elif name == "Polygon":
            self._found.areas += 1
        elif name in NOT_TAKEN:
            self._found.skip(NOT_TAKEN[name])

    def end(self, name: str, text: str) -> None:
        """Take a name, an altitude mode, places, or a shape."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if name == "name" and parent == "Placemark":
            self._name = text
        elif name == "altitudeMode" and parent in _SHAPES:
            self._mode = text.strip()
        elif name == "coordinates" and parent in _SHAPES:
            self._vertices = list(self._places(text))
        elif name == "coord" and parent == "Track":
            self._vertices.append(self._vertex(text.split()))
        elif name in ("LineString", "Track"):
            self._found.line(self._name, self._with_mode())
        elif name == "Point" and self._vertices:
            self._found.point(self._with_mode()[0])

    def _with_mode(self) -> list[Vertex]:
        """Return the places with what their heights are above; the mode may follow them in the file."""
        above = _ABOVE.get(self._mode)
        return [Vertex(one.lat_deg, one.lon_deg, one.height_m, above, one.line) for one in self._vertices]

    def _places(self, text: str) -> Iterator[Vertex]:
        if ", " in text or " ," in text:
            text = SPACED_COMMA.sub(",", text)
        return (self._vertex(one.split(",")) for one in text.split())

    def _vertex(self, words: list[str]) -> Vertex:
        try:
            lon_deg, lat_deg = float(words[0]), float(words[1])
            height_m = float(words[2]) if len(words) > 2 and words[2] else None
        except (ValueError, IndexError):
            shown = ",".join(words)[:40]
            raise PlanError(f"invalid coordinates {shown!r}", where=self.where) from None
        lat_deg, lon_deg = place(lat_deg, lon_deg, self.where)
        return Vertex(lat_deg, lon_deg, checked_height(height_m, self.where), None, self.line)
