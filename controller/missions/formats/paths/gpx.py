"""GPX as missions: its one route or track, or its waypoints in order (GPX 1.0 and 1.1).

`ele` is the elevation, which receivers write above mean sea level; GPX has no other height.
"""

from __future__ import annotations

from controller.missions.errors import PlanError
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.paths.out import PlaceOut, number, way_out
from controller.missions.formats.paths.places import Above, PlaceCollector, Vertex, checked_height
from controller.missions.formats.paths.xml_text import element, escaped
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanSource
from controller.missions.shapes.archive import MAX_BYTES
from controller.missions.shapes.shape import place
from controller.missions.shapes.xml_events import XmlEvents

NAME = "gpx"
TITLE = "GPX"
_HEAD_BYTES = 4096
_POINTS = ("trkpt", "rtept", "wpt")


def sniff(data: bytes) -> bool:
    """Return whether the file is GPX."""
    head = data[:_HEAD_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"<") and b"<gpx" in head


def read(data: bytes, file: str) -> Plan:
    """Read a plan from GPX. Raises PlanError with file:line."""
    if len(data) > MAX_BYTES:
        raise PlanError(f"cannot read GPX: larger than {MAX_BYTES // 1024**2} MiB", where=file)
    found = PlaceCollector(file, TITLE, why="receivers write ele so")
    _Reader(file, found).parse(data)
    plan = found.plan()
    source = PlanSource(path=file, format=NAME, text="", as_it_is=False)
    return Plan(items=plan.items, notes=plan.notes, losses=plan.losses, source=source)


class _Reader(XmlEvents):
    def __init__(self, file: str, found: PlaceCollector) -> None:
        super().__init__(file)
        self._found = found
        self._name = ""
        self._vertices: list[Vertex] = []
        self._at: tuple[float, float] = (0.0, 0.0)
        self._height_m: float | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a track, a route or a point."""
        if name in ("trk", "rte"):
            self._name, self._vertices = "", []
        elif name in _POINTS:
            try:
                self._at = place(float(attributes["lat"]), float(attributes["lon"]), self.where)
            except (KeyError, ValueError):
                raise PlanError("invalid point: it has no latitude and longitude", where=self.where) from None
            self._height_m = None

    def end(self, name: str, text: str) -> None:
        """Take a name, a height, a point, or a line with its last point; segments of a track follow each other."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if name == "name" and parent in ("trk", "rte"):
            self._name = text
        elif name == "ele" and parent in _POINTS:
            try:
                self._height_m = checked_height(float(text), self.where)
            except ValueError:
                raise PlanError(f"invalid height {text[:30]!r}", where=self.where) from None
        elif name in _POINTS:
            vertex = Vertex(*self._at, self._height_m, Above.SEA, self.line)
            if name == "wpt":
                self._found.point(vertex)
            else:
                self._vertices.append(vertex)
        elif name in ("trk", "rte"):
            self._found.line(self._name, self._vertices)


def write(plan: Plan) -> bytes:
    """Return the way of the plan as a route, without the parts that `losses` lists."""
    way = way_out(plan, TITLE, _loss_of_height)
    points = "".join(_point(number_, one) for number_, one in enumerate(way.places, start=1))
    route = element("rte", element("name", escaped(plan.path)) + points)
    attributes = 'version="1.1" creator="Landline" xmlns="http://www.topografix.com/GPX/1/1"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<gpx {attributes}>{route}</gpx>\n'.encode()


def losses(plan: Plan) -> list[ConversionLoss]:
    """Return the parts of the plan that GPX cannot hold."""
    return way_out(plan, TITLE, _loss_of_height).lost


def _point(index: int, one: PlaceOut) -> str:
    height = element("ele", number(one.above_sea_m)) if one.above_sea_m is not None else ""
    at = f'lat="{number(one.item.lat_deg)}" lon="{number(one.item.lon_deg)}"'
    return f"\n<rtept {at}>{height}{element('name', str(index))}</rtept>"


def _loss_of_height(one: PlaceOut) -> tuple[str, str] | None:
    if one.above_sea_m is not None:
        return None
    return "GPX heights are above sea level, and that of this place is not known", "a point without a height"


FORMAT = MissionFormat(
    name=NAME,
    title=TITLE,
    endings=(".gpx",),
    sniff=sniff,
    read=read,
    write=write,
    losses=losses,
)
