"""GPX: tracks and routes as lines (GPX 1.0 and 1.1)."""

from __future__ import annotations

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.shapes.shape import ShapeCollector, place
from controller.missions.shapes.xml_events import XmlEvents


class GpxReader(XmlEvents):
    """Reads the tracks and routes of a GPX document into a collector; each segment of a track is a line."""

    def __init__(self, file: str, found: ShapeCollector) -> None:
        super().__init__(file)
        self._found = found
        self._name = ""
        self._points: list[Position] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a track, a segment or a route; take a point."""
        if name in ("trk", "rte"):
            self._name = ""
        if name in ("trkseg", "rte"):
            self._points = []
        elif name in ("trkpt", "rtept"):
            self._points.append(self._place(attributes))
        elif name == "wpt":
            self._found.skip("waypoint of GPX (a single point)")

    def end(self, name: str, text: str) -> None:
        """Take a name, and a line with its last point."""
        if name == "name" and self.path[-2:-1] in (["trk"], ["rte"]):
            self._name = text
        elif name in ("trkseg", "rte"):
            self._found.line(self._name, self._points)

    def _place(self, attributes: dict[str, str]) -> Position:
        try:
            return place(float(attributes["lat"]), float(attributes["lon"]), self.where)
        except (KeyError, ValueError):
            raise PlanError("invalid point: it has no latitude and longitude", where=self.where) from None
