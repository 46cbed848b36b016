"""Checks of single items: altitude, speed, frame, and whether the aircraft supports the command."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from controller.missions import commands
from controller.missions.areas import kind_of
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD, FRAME
from controller.missions.estimate import VTOL_TYPES, WINGED_TYPES, alt_above_home_m
from controller.missions.plan import Home, PlanItem
from controller.wire.enums import MAV_ROI, MAV_TYPE


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the checks, in metres and metres per second. Above a limit is a warning, above its `_error` an error.

    120 m above ground is the limit of open-category flight in Europe and most other countries; the other limits
    detect a plan for another site or a misplaced digit.
    """

    alt_m: float = 120.0
    alt_error_m: float = 1000.0
    leg_m: float = 2_000.0
    leg_error_m: float = 50_000.0
    total_m: float = 20_000.0
    first_item_m: float = 500.0
    first_item_error_m: float = 5_000.0
    speed_m_s: float = 25.0


_VTOL_ONLY = frozenset({CMD.NAV_VTOL_TAKEOFF, CMD.NAV_VTOL_LAND, CMD.DO_VTOL_TRANSITION})
#: Beginnings of the names of commands that neither autopilot accepts in a mission.
NOT_FOR_MISSIONS = (
    "PREFLIGHT_",
    "REQUEST_",
    "GET_",
    "SET_MESSAGE_INTERVAL",
    "COMPONENT_ARM_DISARM",
    "MISSION_START",
    "RUN_PREARM",
)
_GROUND_TYPES = {int(MAV_TYPE.GROUND_ROVER): "a rover", int(MAV_TYPE.SURFACE_BOAT): "a boat"}
_FLIGHT_ONLY = _VTOL_ONLY | commands.TAKEOFFS | commands.LANDINGS


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capabilities of an aircraft.

    `name` is used in findings; `impossible` are unsupported MAV_CMD numbers; `needs_takeoff` says that a mission
    without a takeoff item does not begin on the ground.
    """

    name: str = "this aircraft"
    impossible: frozenset[int] = frozenset()
    winged: bool = False
    has_terrain_data: bool = False
    flies: bool = True
    needs_takeoff: bool = True

    @classmethod
    def of_type(cls, vehicle_type: int) -> Capabilities:
        """Return the capabilities of a MAV_TYPE; for type 0 (unknown) every command is possible."""
        if vehicle_type in VTOL_TYPES or vehicle_type == 0:
            return cls(winged=vehicle_type != 0)
        if vehicle_type in _GROUND_TYPES:
            return cls(name=_GROUND_TYPES[vehicle_type], impossible=_FLIGHT_ONLY, flies=False)
        if vehicle_type == MAV_TYPE.FIXED_WING:
            return cls(
                name="a fixed-wing aircraft", impossible=_VTOL_ONLY | {CMD.NAV_PAYLOAD_PLACE}, winged=True
            )
        return cls(name="a multirotor", impossible=_VTOL_ONLY, winged=vehicle_type in WINGED_TYPES)


@dataclass(frozen=True, slots=True)
class _ItemContext:
    item: PlanItem
    number: int
    home: Home | None
    limits: Limits
    can: Capabilities

    def error(self, what: str, why: str) -> Finding:
        return Finding(Severity.ERROR, self.number, what, why)

    def warning(self, what: str, why: str) -> Finding:
        return Finding(Severity.WARNING, self.number, what, why)

    def note(self, what: str, why: str) -> Finding:
        return Finding(Severity.NOTE, self.number, what, why)


def findings(
    item: PlanItem, number: int, *, home: Home | None, limits: Limits, capabilities: Capabilities
) -> Iterator[Finding]:
    """Yield all findings of one item."""
    context = _ItemContext(item, number, home, limits, capabilities)
    for part in _PARTS:
        yield from part(context)


def _possible(context: _ItemContext) -> Iterator[Finding]:
    item = context.item
    if (kind := kind_of(item.command)) != "mission":
        yield context.error(
            f"{item.name} is a {kind} item, not a mission item", f"it belongs into the plan's {kind} list"
        )
    elif item.name.startswith(NOT_FOR_MISSIONS):
        yield context.error(f"{item.name} is not a mission command", "no autopilot accepts it in a mission")
    elif item.command in context.can.impossible:
        yield context.error(
            f"{context.can.name} cannot do {item.name}", "the item would be refused or skipped"
        )
    if not item.autocontinue:
        yield context.warning("autocontinue is off", "the mission may stop here")


def _frame(context: _ItemContext) -> Iterator[Finding]:
    item = context.item
    if not commands.has_position(item.command) or _is_without_place(item):
        return
    if item.frame not in commands.GLOBAL_FRAMES:
        yield context.error(
            f"{item.name} in frame {item.frame}", "autopilots accept positions in global frames only"
        )
    elif item.frame in commands.TERRAIN_FRAMES and not context.can.has_terrain_data:
        yield context.warning(
            f"{item.alt_m:g} m above the terrain",
            "the aircraft needs terrain data for the whole route, or a rangefinder",
        )


def _is_without_place(item: PlanItem) -> bool:
    """Return whether an item needs no place and is in the frame without one, as QGroundControl writes
    DO_LAND_START, and as PX4 demands it."""
    if item.frame != FRAME.MISSION:
        return False
    match item.command:
        case CMD.DO_LAND_START | CMD.DO_RETURN_PATH_START:
            return True
        case CMD.DO_SET_HOME:
            return item.param1 == 1  # here
        case CMD.NAV_ROI | CMD.DO_SET_ROI:
            return bool(item.param1 != MAV_ROI.LOCATION)
        case _:
            return False


def _height(context: _ItemContext) -> Iterator[Finding]:
    item, limits = context.item, context.limits
    if (
        item.command not in commands.DESTINATIONS
        or item.command in commands.LANDINGS
        or not context.can.flies
    ):
        return
    if item.frame not in commands.GLOBAL_FRAMES:
        return
    known = item.frame not in commands.AMSL_FRAMES or (context.home is not None and context.home.alt_known)
    if not known:
        yield context.note(
            f"{item.alt_m:g} m above sea level",
            "home's altitude is unknown, so the altitude cannot be checked",
        )
        return
    alt_m = alt_above_home_m(item, context.home)
    if item.command in commands.TAKEOFFS and alt_m <= 0.0:
        yield context.error(f"a takeoff to {alt_m:.0f} m above home", "the altitude must be above home")
    elif item.alt_m == 0.0 and item.frame not in commands.AMSL_FRAMES:
        yield context.warning(
            "altitude 0", "ArduPilot keeps its altitude; other autopilots descend to the ground"
        )
    elif alt_m < 0.0:
        in_amsl = item.frame in commands.AMSL_FRAMES and alt_m < -50.0
        if in_amsl:
            yield context.error(
                f"{item.alt_m:g} m above sea level is {-alt_m:.0f} m below home",
                "check whether the altitude is above home",
            )
        else:
            yield context.warning(f"{-alt_m:.0f} m below home", "check the terrain")
    elif item.command in commands.TAKEOFFS and alt_m < 2.0:
        yield context.warning(
            f"a takeoff to only {alt_m:g} m", "ground effect and vegetation affect the flight"
        )
    if alt_m > limits.alt_error_m:
        yield context.error(f"{alt_m:.0f} m above home", f"the limit is {limits.alt_error_m:g} m")
    elif alt_m > limits.alt_m:
        yield context.warning(f"{alt_m:.0f} m above home", f"{limits.alt_m:g} m is the usual legal limit")


def _speed(context: _ItemContext) -> Iterator[Finding]:
    item = context.item
    if item.command != CMD.DO_CHANGE_SPEED:
        return
    speed_m_s, kind = item.param2, item.param1
    if math.isnan(speed_m_s) or speed_m_s in (-1.0, -2.0):  # no change, back to the default
        return
    if kind not in (0.0, 1.0, 2.0, 3.0):
        yield context.warning(
            f"speed type {kind:g}", "0 is airspeed, 1 ground speed, 2 climb speed, 3 descent speed"
        )
    if speed_m_s < 0.0:
        yield context.error(f"a speed of {speed_m_s:g} m/s", "a speed is positive, or -1 for no change")
    elif speed_m_s == 0.0:
        yield context.warning("a speed of 0 m/s", "some autopilots ignore it, others stop")
    elif speed_m_s > context.limits.speed_m_s * (2.0 if context.can.winged else 1.0):
        yield context.warning(f"a speed of {speed_m_s:g} m/s", "few aircraft of this type fly that fast")


def _waits(context: _ItemContext) -> Iterator[Finding]:
    item = context.item
    if item.command in (CMD.NAV_LOITER_TIME, CMD.NAV_DELAY, CMD.CONDITION_DELAY, CMD.NAV_LOITER_TURNS):
        if math.isnan(item.param1) or (item.param1 < 0 and item.command != CMD.NAV_DELAY):
            yield context.error(f"{item.name} of {item.param1:g}", "it needs a time or a number of turns")
        elif item.param1 > 3600:
            yield context.warning(f"{item.name} of {item.param1:g}", "most batteries do not last that long")


_PARTS: tuple[Callable[[_ItemContext], Iterator[Finding]], ...] = (_possible, _frame, _height, _speed, _waits)
