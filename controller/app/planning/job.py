"""A planned job: from the route of a pattern to the plan that flies it, and its figures.

The stages are pure functions of `controller.missions`; this module puts them in their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from controller.app.planning.over_ground import TerrainSettings, over_ground
from controller.missions.commands import CMD, FRAME
from controller.missions.coverage.target import target_of, with_target
from controller.missions.errors import PlanError
from controller.missions.estimate import FlightEstimate, estimate
from controller.missions.plan import Home, Plan, PlanItem
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.keep_out_proof import refuse_crossing
from controller.missions.route.photos import count_photos
from controller.missions.route.route import HeightAbove, Route
from controller.missions.route.terrain import Terrain, return_height_m, with_transits
from controller.wire.enums import MAV_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """What a job is flown with, beside its route."""

    style: ItemStyle = field(default_factory=ItemStyle)
    vehicle_type: int = int(MAV_TYPE.QUADROTOR)
    firmware_type: int = 0
    home: Home | None = None
    """Take-off and return; None: the first stop, with a remark."""
    speed_m_s: float | None = None
    transit_height_m: float | None = None
    """Height of take-off, m above home; None: that of the highest stop near the way."""
    terrain: TerrainSettings | None = None
    """The ground; None: heights stay as the route has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that can be flown: one plan for each flight, and what the operator must know."""

    route: Route
    plans: tuple[Plan, ...]
    photos: int
    estimates: tuple[FlightEstimate, ...]
    remarks: tuple[str, ...]
    terrain: Terrain | None = None
    return_height_m: float | None = None
    """Height above home that is safe for a return from anywhere, m; None where no terrain says so."""

    @property
    def distance_m(self) -> float:
        """Length of all flights, m."""
        return sum(one.distance_m for one in self.estimates)

    @property
    def duration_s(self) -> float:
        """Duration of all flights, s."""
        return sum(one.duration_s for one in self.estimates)


def plan_job(route: Route, settings: JobSettings) -> Job:
    """Return the plans of a route. Raises PlanError for a route that cannot be flown."""
    if not route.stops:
        raise PlanError(f"cannot plan the {route.pattern}: there is nothing to fly")
    remarks = list(route.remarks)
    before = len(remarks)
    home = settings.home
    if home is None:
        first = route.stops[0]
        home = Home(first.lat_deg, first.lon_deg, 0.0, alt_known=False)
        remarks.append("home is the first point of the route: --home LAT,LON,ALT sets the place of take-off")
    target = target_of(route)
    terrain, return_m = None, None
    if settings.terrain is not None:
        route, terrain = over_ground(route, settings.terrain, home, settings.speed_m_s)
        return_m = return_height_m(route, terrain)
        remarks = [*route.remarks, *remarks[before:]]
        remarks.append(f"safe return height: set that of the aircraft to {return_m:g} m above home or more")
    elif route.above is HeightAbove.GROUND:
        remarks.append(
            "the autopilot follows its own terrain: --terrain FILE proves the clearance before the flight"
        )
    plan = _plan(route, replace(settings, home=home), terrain)
    if target is not None:
        plan = with_target(plan, target)
    refuse_crossing(plan, route.keep_out)
    flown = estimate(plan)
    return Job(
        route=route,
        plans=(plan,),
        photos=count_photos(route),
        estimates=(flown,),
        remarks=tuple(remarks),
        terrain=terrain,
        return_height_m=return_m,
    )


def _plan(route: Route, settings: JobSettings, terrain: Terrain | None) -> Plan:
    """Return the plan of one flight: take-off, the route, and the return."""
    if terrain is not None:
        route = with_transits(route, terrain)
    first = route.stops[0]
    if route.above is HeightAbove.SEA:
        raise PlanError("cannot plan a take-off to a height above sea level: the height of home is not known")
    height_m = settings.transit_height_m or max(first.height_m, 5.0)
    speed = settings.speed_m_s
    items = [
        PlanItem(
            command=int(CMD.NAV_TAKEOFF),
            frame=int(FRAME.GLOBAL_RELATIVE_ALT),
            param4=math.nan,
            alt_m=round(height_m, 2),
        )
    ]
    if speed is not None:
        items.append(
            PlanItem(
                command=int(CMD.DO_CHANGE_SPEED),
                frame=int(FRAME.MISSION),
                param1=1.0,
                param2=speed,
                param3=-1.0,
            )
        )
    items += items_of(route, settings.style)
    items.append(PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=int(FRAME.MISSION)))
    return Plan(
        items=tuple(items),
        home=settings.home,
        cruise_speed_m_s=speed,
        hover_speed_m_s=speed,
        vehicle_type=settings.vehicle_type,
        firmware_type=settings.firmware_type,
    )
