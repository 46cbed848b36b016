"""Structure scans of QGroundControl, planned from their parameters: the same ring at each layer, nose to the wall.

Layers and heights are those of StructureScanComplexItem. Its camera is aimed by DO_SET_ROI_WPNEXT_OFFSET, which
ArduPilot does not know; here the nose turns to the wall of each side, and the gimbal to its pitch.
"""

from __future__ import annotations

import math

from controller.missions.errors import PlanError
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.replan.parameters import StructureParameters
from controller.missions.route.route import Route, Stop

_MITRE = 10.0


def structure_route(scan: StructureParameters) -> Route:
    """Return the route of a structure scan. Raises PlanError for a ring or a layer that cannot be flown."""
    on_earth = LocalMap.around(scan.corners)
    ring = _ring(on_earth.all_to_map(scan.corners), scan.camera.distance_m)
    step_m = scan.camera.trigger_m
    if step_m <= 0.0 and scan.layers > 1:
        raise PlanError("cannot plan the structure scan: its layers have no height")
    first_m = scan.top_m - step_m / 2.0 if scan.from_top else scan.bottom_m + step_m / 2.0
    heights_m = [first_m + (-step_m if scan.from_top else step_m) * layer for layer in range(scan.layers)]
    if min(heights_m) <= 0.0:
        raise PlanError(
            f"cannot plan the structure scan: a layer lies {min(heights_m):g} m above home",
            hint="use fewer layers",
        )
    places = [on_earth.to_earth(point) for point in ring]
    headings_deg = _headings_deg(ring)
    entry = Stop(
        lat_deg=places[0][0], lon_deg=places[0][1], height_m=scan.entrance_m, pitch_deg=scan.pitch_deg
    )
    stops = [entry]
    for height_m in heights_m:
        for index in [*range(len(ring)), 0]:
            last = len(stops) and index == 0 and stops[-1].trigger_m > 0.0
            stops.append(
                Stop(
                    lat_deg=places[index][0],
                    lon_deg=places[index][1],
                    height_m=height_m,
                    heading_deg=headings_deg[index],
                    trigger_m=0.0 if last else scan.camera.spacing_m,
                )
            )
    stops.append(Stop(lat_deg=entry.lat_deg, lon_deg=entry.lon_deg, height_m=entry.height_m))
    return Route(pattern="structure", stops=tuple(stops), passes=scan.layers)


def _ring(corners: list[MapPoint], distance_m: float) -> list[MapPoint]:
    """Return the corners of the flight, from that nearest to the first corner, in the order of the outline."""
    import shapely

    outline = shapely.Polygon(corners)
    if not outline.is_valid or outline.area < 1.0:
        raise PlanError("cannot plan the structure scan: its outline crosses itself, or has no area")
    around = outline.buffer(distance_m, join_style="mitre", mitre_limit=_MITRE)
    if around.geom_type != "Polygon" or around.is_empty:
        raise PlanError("cannot plan the structure scan: no ring fits around it")
    ring = shapely.LinearRing(around.exterior)
    if ring.is_ccw != outline.exterior.is_ccw:
        ring = shapely.reverse(ring)
    points = [(float(x), float(y)) for x, y in ring.coords[:-1]]
    first = min(range(len(points)), key=lambda index: math.dist(points[index], corners[0]))
    return points[first:] + points[:first]


def _headings_deg(ring: list[MapPoint]) -> list[float]:
    """Return the direction from each side of the ring to the structure inside, degrees."""
    import shapely

    turn = -90.0 if shapely.LinearRing(ring).is_ccw else 90.0
    found = []
    for index, begin in enumerate(ring):
        end = ring[(index + 1) % len(ring)]
        found.append((math.degrees(math.atan2(end[0] - begin[0], end[1] - begin[1])) + turn) % 360.0)
    return found
