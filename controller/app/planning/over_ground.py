"""A job over terrain: what the ground is, how high home lies on it, and the route in heights above home."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.errors import SafetyRefused, UserError
from controller.missions.coverage.ground_samples import GroundSamples, sampled_ground
from controller.missions.plan import Home, Plan
from controller.missions.route.pace import Pace
from controller.missions.route.route import HeightAbove, Route
from controller.missions.route.terrain import Terrain, follow, prove_clearance, usual_clearance_m
from controller.terrain.ground import Ground
from controller.terrain.read import TerrainError

# So far may a stated altitude of home lie from the terrain's, m; SRTM is right to 9 m (USGS).
_HOME_TOLERANCE_M = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TerrainSettings:
    """The ground of a job and how far above it the aircraft stays; None: a share of the lowest height."""

    ground: Ground
    clearance_m: float | None = None
    flat_outside: bool = False


def over_ground(route: Route, settings: TerrainSettings, home: Home, pace: Pace) -> tuple[Route, Terrain]:
    """Return the route in heights above home, its clearance proven, and the terrain that says so.

    Raises UserError for a clearance that is none, SafetyRefused where it does not hold or the terrain does not cover
    the route.
    """
    lowest_m = min(stop.height_m for stop in route.stops)
    terrain, remarks = terrain_at(home, settings, usual_clearance_m(lowest_m))
    remarks.append(
        f"heights of the terrain are above {settings.ground.datum}, its clearance is {terrain.clearance_m:g} m"
    )
    route = route.with_stops(route.stops, *remarks)
    if route.above is HeightAbove.GROUND:
        return follow(route, terrain, pace), terrain
    return prove_clearance(route, terrain), terrain


def terrain_at(home: Home, settings: TerrainSettings, clearance_m: float) -> tuple[Terrain, list[str]]:
    """Return the terrain with the height of home on it, and what to say of that.

    `clearance_m` counts where the settings have none. Raises UserError for a clearance that is none, SafetyRefused
    where the height of home is not known.
    """
    home_m, remarks = _height_of(home, settings.ground)
    if settings.clearance_m is not None:
        clearance_m = settings.clearance_m
    if not (math.isfinite(clearance_m) and clearance_m >= 0.0):
        raise UserError(f"invalid clearance of {clearance_m:g} m", hint="use 0 or more")
    place = (home.lat_deg, home.lon_deg)
    terrain = Terrain(
        ground=settings.ground,
        home=place,
        home_m=home_m,
        clearance_m=clearance_m,
        flat_outside=settings.flat_outside,
    )
    return terrain, remarks


def terrain_under(plan: Plan, settings: TerrainSettings) -> tuple[Terrain, list[str]]:
    """Return the terrain for what a plan's photos show, and what to say of it. Raises UserError without a home."""
    if plan.home is None:
        raise UserError(
            "cannot use terrain: the plan has no home that its heights are above",
            where=plan.path,
            hint="leave out --terrain",
        )
    return terrain_at(plan.home, settings, 0.0)


def ground_samples(route: Route, terrain: Terrain) -> GroundSamples | None:
    """Return the ground of a job as it travels in its plan, for the coverage of the flown photos."""
    return sampled_ground(route, lambda lats, lons: terrain.ground.heights_m(lats, lons) - terrain.home_m)


def _height_of(home: Home, ground: Ground) -> tuple[float, list[str]]:
    """Return the ground's height at home, m above the terrain's zero, and what to say of it."""
    home_m = ground.height_m(home.lat_deg, home.lon_deg)
    stated_m = math.nan
    if home.alt_known:
        try:
            stated_m = ground.from_egm96_m(home.lat_deg, home.lon_deg, home.alt_amsl_m)
        except TerrainError:
            if math.isnan(home_m):
                raise
    if math.isnan(home_m):
        if math.isnan(stated_m):
            raise SafetyRefused(
                f"the terrain does not cover home at {home.lat_deg:.5f},{home.lon_deg:.5f}",
                hint="add the terrain of that place, or give --home LAT,LON,ALT",
            )
        return stated_m, []
    if abs(stated_m - home_m) > _HOME_TOLERANCE_M:
        return home_m, [
            f"the stated altitude of home is {stated_m - home_m:+.0f} m off the terrain: heights are from the terrain"
        ]
    return home_m, []
