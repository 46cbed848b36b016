"""A planned job: from the route of a pattern to the plan that flies it, and its figures.

The stages are pure functions of `controller.missions`; this module puts them in their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from controller.app.planning.energy import CALM, PowerFigures, Wind, energy_wh
from controller.app.planning.over_ground import TerrainSettings, ground_samples, over_ground
from controller.missions.commands import CMD, FRAME
from controller.missions.coverage.target import target_of, with_target
from controller.missions.errors import PlanError
from controller.missions.estimate import WINGED_TYPES, FlightEstimate, FlightSpeeds, estimate
from controller.missions.keeps_away import marked
from controller.missions.plan import Home, Plan, PlanItem
from controller.missions.route.camera_speed import with_camera_speed
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.keep_out_proof import refuse_crossing
from controller.missions.route.pace import Pace
from controller.missions.route.photos import count_photos
from controller.missions.route.refills import between_refills, landing_at
from controller.missions.route.route import HeightAbove, Route
from controller.missions.route.split import split_route
from controller.missions.route.terrain import (
    Terrain,
    cleared_way,
    from_take_off,
    return_height_m,
    with_transits,
)
from controller.wire.enums import MAV_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """What one flight may take, with the share `reserve` left when it is home. At least one of the two is known."""

    minutes: float | None = None
    """Flight time of a full battery."""
    wh: float | None = None
    """Energy of a full battery, Wh; it needs the aircraft's power."""
    reserve: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """What a job is flown with, beside its route."""

    style: ItemStyle = field(default_factory=ItemStyle)
    vehicle_type: int = int(MAV_TYPE.QUADROTOR)
    firmware_type: int = 0
    home: Home | None = None
    """Take-off and return; None: the first stop, with a remark."""
    speed_m_s: float | None = None
    """Speed over ground, m/s; None: that of `speeds`."""
    speeds: FlightSpeeds = field(default_factory=FlightSpeeds)
    """What the autopilot's own settings fly where the job orders nothing."""
    transit_height_m: float | None = None
    """Height of take-off, m above home; None: that of the highest stop near the way."""
    stored_items: int = 724
    """Items that a usual board stores: 724 in 16 kB of storage."""
    terrain: TerrainSettings | None = None
    """The ground; None: heights stay as the route has them."""
    exposure_s: float | None = None
    """Longest exposure of the photos, s; None: blur does not limit the speed."""
    power: PowerFigures | None = None
    """Power of the aircraft; None: no energy is estimated."""
    wind: Wind = CALM
    battery: Battery | None = None
    """Battery of one flight; None: the job is one flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that can be flown: one plan for each flight, and what the operator must know."""

    route: Route
    plans: tuple[Plan, ...]
    photos: int
    """Photos of all flights; one at which a line is cut counts in both."""
    estimates: tuple[FlightEstimate, ...]
    energies_wh: tuple[float, ...]
    """Energy of each flight, Wh; empty where the aircraft's power is not known."""
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
    """Return the plans of a route, one for each flight.

    Raises PlanError for a route that cannot be flown, SafetyRefused for one that no battery comes home from or that
    comes too near to the ground.
    """
    if not route.stops:
        raise PlanError(f"cannot plan the {route.pattern}: there is nothing to fly")
    added = []
    home = settings.home
    if home is None:
        first = route.stops[0]
        home = Home(first.lat_deg, first.lon_deg, 0.0, alt_known=False)
        settings = replace(settings, home=home)
        added.append("home is the first point of the route: --home LAT,LON,ALT sets the place of take-off")
    target = target_of(route)
    route = with_camera_speed(route, _pace(settings).along_m_s, exposure_s=settings.exposure_s)
    terrain, return_m = None, None
    if settings.terrain is not None:
        pace = _pace(settings)
        climbing = Pace(along_m_s=pace.along_m_s, climb_m_s=pace.climb_m_s, sink_m_s=pace.sink_m_s)
        if settings.vehicle_type in WINGED_TYPES:
            # Wings need their speed: over steep ground such an aircraft is higher, not slower.
            climbing = replace(climbing, slowest_m_s=pace.along_m_s)
        route, terrain = over_ground(route, settings.terrain, home, climbing)
        target = None if target is None else replace(target, ground=ground_samples(route, terrain))
        flown = [from_take_off(one, terrain) for one in between_refills(route)]
        return_m = max(return_height_m(*one) for one in flown)
        route = cleared_way(route, terrain)
        added.append(f"safe return height: set that of the aircraft to {return_m:g} m above home or more")
    elif route.above is HeightAbove.GROUND:
        added.append(
            "the autopilot follows its own terrain: --terrain FILE proves the clearance before the flight"
        )
    flights = _flights(route, settings, terrain)
    if len(flights) > len(between_refills(route)):
        added.append(f"the job is longer than a battery: it is cut into {len(flights)} flights from home")
    plans = tuple(_plan(one, settings, terrain) for one in flights)
    most = max(len(plan.items) for plan in plans)
    if most > settings.stored_items:
        added.append(
            f"the flight has {most} items: many boards store {settings.stored_items}. If the upload is refused, "
            "--battery-minutes cuts the job into shorter flights"
        )
    if route.way_out is not None:
        plans = tuple(marked(plan, route.pattern) for plan in plans)
    for plan in plans:
        refuse_crossing(plan, route.keep_out)
    estimates = tuple(estimate(plan, pace=_pace(settings)) for plan in plans)
    power = settings.power
    return Job(
        route=route,
        plans=plans if target is None else tuple(with_target(plan, target) for plan in plans),
        photos=sum(count_photos(one) for one in flights),
        estimates=estimates,
        energies_wh=tuple(energy_wh(one, power, settings.wind, _pace(settings)) for one in estimates)
        if power
        else (),
        remarks=(*route.remarks, *added),
        terrain=terrain,
        return_height_m=return_m,
    )


def _pace(settings: JobSettings) -> FlightSpeeds:
    """Return the speeds of the autopilot's own settings, or those of the job."""
    pace = replace(settings.speeds, along_m_s=settings.speed_m_s or settings.speeds.along_m_s)
    return replace(pace, accel_m_s2=0.0) if settings.vehicle_type in WINGED_TYPES else pace


def _flights(route: Route, settings: JobSettings, terrain: Terrain | None) -> tuple[Route, ...]:
    """Return the flights of a route: one for each tank, each of which one battery flies with its reserve left."""
    battery, power = settings.battery, settings.power
    tanks = between_refills(route)
    if battery is None:
        return tanks
    share = 1.0 - battery.reserve

    def fits(flight: Route) -> bool:
        flown = estimate(_plan(flight, settings, terrain), pace=_pace(settings))
        if battery.minutes is not None and flown.duration_s > battery.minutes * 60.0 * share:
            return False
        return (
            battery.wh is None
            or power is None
            or energy_wh(flown, power, settings.wind, _pace(settings)) <= battery.wh * share
        )

    return tuple(flight for tank in tanks for flight in split_route(tank, fits))


def _plan(route: Route, settings: JobSettings, terrain: Terrain | None) -> Plan:
    """Return the plan of one flight: take-off, the route, and the return or a landing elsewhere."""
    home, higher_m = settings.home, 0.0
    if home is not None:
        route = replace(route, land_at=route.land_at or (home.lat_deg, home.lon_deg))
    if terrain is not None:
        route, there = from_take_off(route, terrain)
        higher_m = there.home_m - terrain.home_m
        route = with_transits(route, there)
    if home is not None and route.take_off is not None:
        # Without terrain the ground there is taken as high as home.
        home = Home(*route.take_off, home.alt_amsl_m + higher_m, alt_known=home.alt_known)
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
    if home is None or route.land_at in (None, (home.lat_deg, home.lon_deg)):
        items.append(PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=int(FRAME.MISSION)))
    elif route.land_at is not None:
        items += landing_at(route.land_at, route.stops[-1], height_m, heading=settings.style.open_heading)
    return Plan(
        items=tuple(items),
        home=home,
        cruise_speed_m_s=speed,
        hover_speed_m_s=speed,
        vehicle_type=settings.vehicle_type,
        firmware_type=settings.firmware_type,
    )
