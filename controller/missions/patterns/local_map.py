"""A map around one place, in metres east and north: distances from its centre are exact on the WGS-84 ellipsoid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from controller.missions.path import Position

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

MapPoint: TypeAlias = tuple[float, float]
"""East and north in metres."""


def bearing_deg(begin: Sequence[float], end: Sequence[float]) -> float:
    """Return the direction of a leg on a map, from north, clockwise, degrees in [0, 360)."""
    # Rounded first: a hair west of north is 0, not 360.
    return round(math.degrees(math.atan2(end[0] - begin[0], end[1] - begin[1])), 9) % 360.0


def between(begin: MapPoint, end: MapPoint, share: float) -> MapPoint:
    """Return the point at a share of a leg: 0 is its begin, 1 its end."""
    return begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])


class LocalMap:
    """Azimuthal equidistant map. Places over the date line and at a pole are near each other on it, as on the earth."""

    def __init__(self, center: Position) -> None:
        from pyproj import Proj

        lat_deg, lon_deg = center
        self._proj = Proj(proj="aeqd", lat_0=lat_deg, lon_0=lon_deg, ellps="WGS84")

    @classmethod
    def around(cls, places: Sequence[Position]) -> LocalMap:
        """Return a map around the first of the places, moved to their middle."""
        first = cls(places[0])
        points = [first.to_map(one) for one in places]
        east, north = (sum(values) / len(points) for values in zip(*points, strict=True))
        return cls(first.to_earth((east, north)))

    def to_map(self, place: Position) -> MapPoint:
        """Return east and north, m, of latitude and longitude, degrees."""
        east, north = self._proj(place[1], place[0])
        return float(east), float(north)

    def to_earth(self, point: MapPoint) -> Position:
        """Return latitude and longitude, degrees."""
        lon_deg, lat_deg = self._proj(point[0], point[1], inverse=True)
        return float(lat_deg), float(lon_deg)

    def all_to_map(self, places: Iterable[Position]) -> list[MapPoint]:
        """Return the points of places."""
        return [self.to_map(one) for one in places]

    def rings(self, area: BaseGeometry) -> tuple[tuple[Position, ...], ...]:
        """Return the corners of a polygon, then those of its holes; nothing for another geometry."""
        if area.is_empty or area.geom_type != "Polygon":
            return ()
        rings = (area.exterior, *area.interiors)
        return tuple(tuple(self.to_earth((x, y)) for x, y in ring.coords[:-1]) for ring in rings)

    def arrays_to_map(self, lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> NDArray[Any]:
        """Return east and north, m, of places, arrays of shape (n,); the result has the shape (n, 2)."""
        import numpy as np

        return np.column_stack(self._proj(lons_deg, lats_deg))

    def arrays_to_earth(self, points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return latitudes and longitudes, degrees, of points of shape (n, 2)."""
        lons_deg, lats_deg = self._proj(points[:, 0], points[:, 1], inverse=True)
        return lats_deg, lons_deg
