"""KML: areas and lines of its placemarks (OGC KML 2.2). Links to other places are never followed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.shapes.shape import ShapeCollector, place
from controller.missions.shapes.xml_events import XmlEvents

#: Elements of KML that are neither a shape nor a way.
NOT_TAKEN = {
    "NetworkLink": "network link (it is not followed)",
    "GroundOverlay": "picture on the ground",
    "ScreenOverlay": "picture on the screen",
    "PhotoOverlay": "photo",
    "Model": "3D model",
}
#: Some planners put spaces round the commas, which KML separates places by.
SPACED_COMMA = re.compile(r"\s*,\s*")


class KmlReader(XmlEvents):
    """Reads the shapes of a KML document into a collector."""

    def __init__(self, file: str, found: ShapeCollector) -> None:
        super().__init__(file)
        self._found = found
        self._name = ""
        self._track: list[Position] = []
        self._outline: list[Position] = []
        self._holes: list[list[Position]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - method of the base
        """Begin a placemark or a track; count what is not taken."""
        if name == "Placemark":
            self._name = ""
        elif name == "Track":
            self._track = []
        elif name == "Polygon":
            self._outline, self._holes = [], []
        elif name in NOT_TAKEN:
            self._found.skip(NOT_TAKEN[name])

    def end(self, name: str, text: str) -> None:
        """Take a name, the coordinates of a shape, or a track."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if name == "name" and parent == "Placemark":
            self._name = text
        elif name == "coordinates":
            self._coordinates(parent, text)
        elif name == "coord" and parent == "Track":
            self._track.append(self._place(text.split()))
        elif name == "Track":
            self._found.line(self._name, self._track)
        elif name == "Polygon":
            self._found.area(self._name, self._outline, self._holes)

    def _coordinates(self, parent: str, text: str) -> None:
        if parent == "Point":
            for position in self._places(text):
                self._found.point(self._name, position)
        elif parent == "LinearRing" and "innerBoundaryIs" in self.path:
            self._holes.append(list(self._places(text)))
        elif parent == "LinearRing" and "Polygon" in self.path:
            self._outline = list(self._places(text))
        elif parent == "LinearRing":
            self._found.area(self._name, self._places(text))
        elif parent == "LineString":
            self._found.line(self._name, self._places(text))

    def _places(self, text: str) -> Iterator[Position]:
        if ", " in text or " ," in text:
            text = SPACED_COMMA.sub(",", text)
        return (self._place(one.split(",")) for one in text.split())

    def _place(self, words: list[str]) -> Position:
        try:
            lon_deg, lat_deg = float(words[0]), float(words[1])
        except (ValueError, IndexError):
            shown = ",".join(words)[:40]
            raise PlanError(f"invalid coordinates {shown!r}", where=self.where) from None
        return place(lat_deg, lon_deg, self.where)
