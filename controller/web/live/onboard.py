"""Mission, fence and rally points on board as JSON for the map."""

from __future__ import annotations

from typing import Any

from controller.missions.estimate import estimate
from controller.missions.fence import Fence, RallyPoint
from controller.missions.onboard import OnboardAreas
from controller.missions.plan import Home, Plan

Json = dict[str, Any]
EMPTY: Json = {"known": False, "items": [], "path": [], "fence": [], "rally": []}
# A mission that repeats its legs hundreds of times is drawn as far as that; the rest lies over it.
MOST_PATH_POINTS = 5000


def onboard_json(plan: Plan | None, areas: OnboardAreas, home: Home | None) -> Json:
    """Return items, path, fence and rally points; heights in metres in the frame of each item.

    It estimates the flight, which takes milliseconds for a long mission: call it in a thread.
    """
    return {
        "known": plan is not None,
        "items": [
            {
                "number": number,
                "command": item.command,
                "name": item.name,
                "lat_deg": item.lat_deg if item.has_position else None,
                "lon_deg": item.lon_deg if item.has_position else None,
                "alt_m": item.alt_m,
                "frame": item.frame,
            }
            for number, item in enumerate(plan.items if plan else (), 1)
        ],
        "path": _path(plan, home) if plan else [],
        "fence": _fence(areas.fence) if areas.fence else [],
        "rally": [_rally(point) for point in areas.rally or ()],
    }


def _path(plan: Plan, home: Home | None) -> list[tuple[float, float]]:
    """Return the places flown over, latitude and longitude in degrees: lines, arcs, splines, circles."""
    points: list[tuple[float, float]] = []
    for leg in estimate(plan, home=home).legs:
        for lat_deg, lon_deg in leg.path:
            point = (round(lat_deg, 7), round(lon_deg, 7))
            if not points or points[-1] != point:
                points.append(point)
        if len(points) >= MOST_PATH_POINTS:
            break
    return points[:MOST_PATH_POINTS]


def _fence(fence: Fence) -> list[Json]:
    polygons = [
        {
            "kind": "polygon",
            "inclusion": polygon.inclusion,
            "points": [(corner.lat_deg, corner.lon_deg) for corner in polygon.corners],
            "radius_m": 0.0,
        }
        for polygon in fence.polygons
    ]
    circles = [
        {
            "kind": "circle",
            "inclusion": circle.inclusion,
            "points": [(circle.center.lat_deg, circle.center.lon_deg)],
            "radius_m": circle.radius_m,
        }
        for circle in fence.circles
    ]
    return [*polygons, *circles]


def _rally(point: RallyPoint) -> Json:
    return {"lat_deg": point.lat_deg, "lon_deg": point.lon_deg, "alt_m": point.alt_m}
