"""Zero of the heights of a plan that is written as WPML, which has one for all waypoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.missions import commands
from controller.missions.commands import FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.wpml import heights
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem

_ABOVE_HOME = frozenset({FRAME.GLOBAL_RELATIVE_ALT, FRAME.GLOBAL_RELATIVE_ALT_INT})
_ABOVE_GROUND = frozenset({FRAME.GLOBAL_TERRAIN_ALT, FRAME.GLOBAL_TERRAIN_ALT_INT})
_AT_ENDS = commands.TAKEOFFS | commands.LANDINGS


@dataclass(frozen=True, slots=True)
class Zero:
    """Height mode of the waylines (`mode`) and of the template; `geoids_m` are those of the items, by number."""

    mode: str
    template: str
    geoids_m: dict[int, float] = field(default_factory=dict)
    home_amsl_m: float | None = None
    loss: ConversionLoss | None = None

    def height(self, item: PlanItem, number: int) -> float:
        """Return the height of an item as the waylines state it, m."""
        if self.mode == heights.ELLIPSOID:
            return round(item.alt_m + self.geoids_m[number], 4)
        if item.frame in commands.AMSL_FRAMES:
            return round(item.alt_m - (self.home_amsl_m or 0.0), 3)
        return item.alt_m

    def above_home(self, item: PlanItem) -> float | None:
        """Return the height of a take-off above home, m; None where it is not known."""
        if item.frame not in commands.AMSL_FRAMES:
            return item.alt_m
        return None if self.home_amsl_m is None else item.alt_m - self.home_amsl_m

    def of_template(self, height_m: float, number: int) -> tuple[float, float]:
        """Return a height of the waylines as the template's `height` and `ellipsoidHeight`, m."""
        if self.mode == heights.ELLIPSOID:
            return round(height_m - self.geoids_m[number], 3), height_m
        return height_m, height_m


def zero_of(plan: Plan) -> Zero:
    """Return the zero for the heights of a plan. Raises PlanError for several zeros that cannot be made one."""
    flown = [
        (number, item)
        for number, item in enumerate(plan.items, start=1)
        if item.command in commands.DESTINATIONS and item.command not in _AT_ENDS and item.has_position
    ]
    home_m = plan.home.alt_amsl_m if plan.home and plan.home.alt_known else None
    frames = {item.frame for _, item in flown}
    if frames <= _ABOVE_HOME:
        return Zero(heights.ABOVE_HOME, heights.ABOVE_HOME, home_amsl_m=home_m)
    if frames <= _ABOVE_GROUND:
        loss = ConversionLoss(
            0,
            "heights above the terrain data",
            "DJI's aircraft measure the ground",
            "heights above the ground",
        )
        return Zero("realTimeFollowSurface", "aboveGroundLevel", home_amsl_m=home_m, loss=loss)
    if frames <= commands.AMSL_FRAMES:
        found = heights.geoids_m([(item.lat_deg, item.lon_deg) for _, item in flown])
        geoids_m = {number: geoid_m for (number, _), geoid_m in zip(flown, found, strict=True)}
        return Zero(heights.ELLIPSOID, "EGM96", geoids_m, home_m)
    if frames <= _ABOVE_HOME | commands.AMSL_FRAMES and home_m is not None:
        why = "WPML has one height mode for all waypoints"
        loss = ConversionLoss(0, "heights above mean sea level", why, "heights above the planned home")
        return Zero(heights.ABOVE_HOME, heights.ABOVE_HOME, home_amsl_m=home_m, loss=loss)
    raise PlanError(
        "cannot write a DJI mission: WPML has one height mode, and the heights of the plan have several zeros",
        where=plan.path,
        hint="give all waypoints heights above home",
    )
