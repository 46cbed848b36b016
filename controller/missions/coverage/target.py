"""Target of a job: what its photos are to show, and by which camera. It travels in the plan's file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from controller.missions.coverage.ground_samples import GroundSamples, read_samples
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.plan import Plan
from controller.missions.route.route import MOST_PANELS, Panel, Place, Route

KEY = "landlineCoverage"
"""Field of a plan's file, beside those of its format, that holds the target; other programs ignore it."""
_VERSION = 1
_CAMERA = ("sensor_width_mm", "sensor_height_mm", "focal_mm", "image_width_px", "image_height_px")
_MOST_CORNERS = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """What photos are to show: the ground inside the first ring and outside the others, and panels of an object.

    `pattern` names what planned it. Heights of panels have the zero of the photos' heights.
    """

    pattern: str
    camera: Camera
    outline: tuple[tuple[Position, ...], ...] = ()
    panels: tuple[Panel, ...] = ()
    ground: GroundSamples | None = None
    """The ground, in heights above home; None for level ground."""


def target_of(route: Route) -> Target | None:
    """Return the target of a route; None without a camera."""
    if route.camera is None:
        return None
    return Target(route.pattern, route.camera, route.outline, route.panels)


def with_target(plan: Plan, target: Target) -> Plan:
    """Return the plan with the target in its file's fields."""
    kept = json.loads(plan.extra) if plan.extra else {"mission": {}}
    kept[KEY] = {
        "version": _VERSION,
        "pattern": target.pattern,
        "camera": {name: getattr(target.camera, name) for name in (*_CAMERA, "name")},
        "outline": [[[round(lat, 8), round(lon, 8)] for lat, lon in ring] for ring in target.outline],
        "panels": [
            {"name": one.name} | {part: _triple(getattr(one, part)) for part in ("corner", "along", "up")}
            for one in target.panels
        ],
    }
    if target.ground is not None:
        kept[KEY]["ground"] = target.ground.as_json()
    return replace(plan, extra=json.dumps(kept, sort_keys=True, allow_nan=False))


def target_in(plan: Plan) -> Target | None:
    """Return the target that a plan's file holds; None where it holds none. Raises PlanError for a damaged one."""
    held = json.loads(plan.extra).get(KEY) if plan.extra else None
    if held is None:
        return None
    try:
        return _read(held)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise PlanError(
            f"invalid target of the coverage: {what}", where=f"{plan.path}: {KEY}", hint="plan the job again"
        ) from None


def _read(held: Any) -> Target:
    if held["version"] != _VERSION:
        raise ValueError(f"version {held['version']!r} is not known")
    camera = held["camera"]
    values = {name: float(camera[name]) for name in _CAMERA}
    if not all(math.isfinite(one) and one > 0.0 for one in values.values()):
        raise ValueError("a value of the camera is not above 0")
    pixels = {name: int(values.pop(name)) for name in _CAMERA[3:]}
    name = str(camera.get("name", ""))[:80]
    rings = tuple(tuple(_position(one) for one in ring) for ring in held["outline"])
    if sum(map(len, rings)) > _MOST_CORNERS or any(len(ring) < 3 for ring in rings):
        raise ValueError(f"a ring needs 3 corners, and all together at most {_MOST_CORNERS}")
    if len(held["panels"]) > MOST_PANELS:
        raise ValueError(f"more than {MOST_PANELS} panels")
    panels = tuple(
        Panel(str(one["name"])[:80], *(_place(one[part]) for part in ("corner", "along", "up")))
        for one in held["panels"]
    )
    known = Camera(**values, **pixels, name=name)  # type: ignore[arg-type]
    ground = read_samples(held["ground"]) if "ground" in held else None
    return Target(str(held["pattern"])[:80], known, rings, panels, ground)


def _triple(place: Place) -> list[float]:
    return [round(place.lat_deg, 8), round(place.lon_deg, 8), round(place.height_m, 3)]


def _position(pair: Any) -> Position:
    lat_deg, lon_deg = (float(one) for one in pair)
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise ValueError("a corner is at no place on the earth")
    return lat_deg, lon_deg


def _place(triple: Any) -> Place:
    lat_deg, lon_deg = _position(triple[:2])
    height_m = float(triple[2])
    if not abs(height_m) < 1e5:
        raise ValueError("a panel has no height")
    return Place(lat_deg, lon_deg, height_m)
