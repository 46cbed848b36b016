"""Heights of items for other programs: above the take-off, the ground or the sea, and never one for another."""

from __future__ import annotations

from controller.missions import commands
from controller.missions.errors import PlanError
from controller.missions.plan import Plan, PlanItem


def home_altitude_m(plan: Plan) -> float | None:
    """Return the altitude of the planned home above mean sea level in m, None if it is not known."""
    home = plan.home
    return home.alt_amsl_m if home and home.alt_known and (home.lat_deg or home.lon_deg) else None


def above_home_or_ground(plan: Plan, item: PlanItem, title: str) -> tuple[float, bool]:
    """Return the height of an item in m, and whether it is above the ground, else above the take-off.

    Raises PlanError for a height above sea level without a known home, and for a local frame.
    """
    if item.frame in commands.TERRAIN_FRAMES:
        return item.alt_m, True
    if item.frame in commands.RELATIVE_FRAMES:
        return item.alt_m, False
    home_m = home_altitude_m(plan)
    if item.frame in commands.AMSL_FRAMES and home_m is not None:
        return round(item.alt_m - home_m, 4), False
    raise PlanError(
        f"cannot write {title}: {item.name} has a height above sea level, and the altitude of home is not known",
        where=plan.location_of(item),
        hint="give heights above home, or a home with its altitude",
    )


def above_sea_m(plan: Plan, item: PlanItem) -> float | None:
    """Return the height of an item above mean sea level in m, None where it cannot be told."""
    if item.frame in commands.AMSL_FRAMES:
        return item.alt_m
    home_m = home_altitude_m(plan)
    if item.frame in commands.RELATIVE_FRAMES and home_m is not None:
        return round(item.alt_m + home_m, 4)
    return None
