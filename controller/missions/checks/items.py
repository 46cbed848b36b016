"""Checks of one item by itself: its height, its speed, its frame, and whether the aircraft can do it at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD
from controller.missions.estimate import WINGED_TYPES, alt_above_home_m
from controller.missions.plan import Home, PlanItem


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond the plain limit a warning, beyond the `_error` one the plan is not flown. Metres and metres per second.

    120 m above ground is the ceiling of open-category flight in Europe and most of the world; the others are what
    sorts a plan for the wrong field or a slipped digit from an honest mission.
    """

    alt_m: float = 120.0
    alt_error_m: float = 1000.0
    leg_m: float = 2_000.0
    leg_error_m: float = 50_000.0
    total_m: float = 20_000.0
    first_item_m: float = 500.0
    first_item_error_m: float = 5_000.0
    speed_m_s: float = 25.0


_VTOL_TYPES = frozenset(range(19, 26))
_VTOL_ONLY = frozenset({CMD.NAV_VTOL_TAKEOFF, CMD.NAV_VTOL_LAND, CMD.DO_VTOL_TRANSITION})
#: Commands that are spoken to an aircraft but mean nothing inside a mission, on either stack.
_NOT_FOR_MISSIONS = (
    "PREFLIGHT_",
    "REQUEST_",
    "GET_",
    "SET_MESSAGE_INTERVAL",
    "COMPONENT_ARM_DISARM",
    "MISSION_START",
    "RUN_PREARM",
)
_PURE_FIXED_WING = frozenset({1})
_GROUND_TYPES = {10: "a rover", 11: "a boat"}
_FLIGHT_ONLY = _VTOL_ONLY | commands.TAKEOFFS | commands.LANDINGS


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an aircraft cannot do. `name` is how to call it in a finding; `impossible` are MAV_CMD numbers."""

    name: str = "this aircraft"
    impossible: frozenset[int] = frozenset()
    winged: bool = False
    has_terrain_data: bool = False
    flies: bool = True

    @classmethod
    def of_type(cls, vehicle_type: int) -> Capabilities:
        """What is known from the MAV_TYPE alone; nothing is held impossible for type 0, unknown."""
        if vehicle_type in _VTOL_TYPES or vehicle_type == 0:
            return cls(winged=vehicle_type != 0)
        if vehicle_type in _GROUND_TYPES:
            return cls(name=_GROUND_TYPES[vehicle_type], impossible=_FLIGHT_ONLY, flies=False)
        if vehicle_type in _PURE_FIXED_WING:
            return cls(
                name="a fixed-wing aircraft", impossible=_VTOL_ONLY | {CMD.NAV_PAYLOAD_PLACE}, winged=True
            )
        return cls(name="a multirotor", impossible=_VTOL_ONLY, winged=vehicle_type in WINGED_TYPES)


@dataclass(frozen=True, slots=True)
class _Question:
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
    """Everything wrong or odd with one item."""
    asked = _Question(item, number, home, limits, capabilities)
    for part in _PARTS:
        yield from part(asked)


def _possible(asked: _Question) -> Iterator[Finding]:
    item = asked.item
    if item.name.startswith(_NOT_FOR_MISSIONS):
        yield asked.error(f"{item.name} is not a mission command", "no autopilot takes it inside a mission")
    elif item.command in asked.can.impossible:
        yield asked.error(f"{asked.can.name} cannot do {item.name}", "the item would be refused or skipped")
    if not item.autocontinue:
        yield asked.warning("it does not go on by itself (autocontinue is off)", "the mission may stop here")


def _frame(asked: _Question) -> Iterator[Finding]:
    item = asked.item
    if not commands.has_position(item.command):
        return
    if item.frame not in commands.GLOBAL_FRAMES:
        yield asked.error(
            f"{item.name} in frame {item.frame}", "autopilots take places in global frames only"
        )
    elif item.frame in commands.TERRAIN_FRAMES and not asked.can.has_terrain_data:
        yield asked.warning(
            f"{item.alt_m:g} m above the terrain",
            "the aircraft needs terrain data of the whole way or a rangefinder",
        )


def _height(asked: _Question) -> Iterator[Finding]:
    item, limits = asked.item, asked.limits
    if item.command not in commands.DESTINATIONS or item.command in commands.LANDINGS or not asked.can.flies:
        return
    if item.frame not in commands.GLOBAL_FRAMES:
        return
    known = item.frame not in commands.AMSL_FRAMES or (asked.home is not None and asked.home.alt_known)
    if not known:
        yield asked.note(
            f"{item.alt_m:g} m above sea level",
            "home's altitude is not known, so the height cannot be checked",
        )
        return
    alt_m = alt_above_home_m(item, asked.home)
    if item.command in commands.TAKEOFFS and alt_m <= 0.0:
        yield asked.error(f"a take-off to {alt_m:.0f} m above home", "it must go up")
    elif item.alt_m == 0.0 and item.frame not in commands.AMSL_FRAMES:
        yield asked.warning(
            "altitude 0", "ArduPilot keeps its altitude, other autopilots descend to the ground"
        )
    elif alt_m < 0.0:
        in_amsl = item.frame in commands.AMSL_FRAMES and alt_m < -50.0
        if in_amsl:
            yield asked.error(
                f"{item.alt_m:g} m above sea level is {-alt_m:.0f} m below home",
                "was an altitude above home meant?",
            )
        else:
            yield asked.warning(f"{-alt_m:.0f} m below home", "is there a valley?")
    elif item.command in commands.TAKEOFFS and alt_m < 2.0:
        yield asked.warning(f"a take-off to {alt_m:g} m only", "ground effect and grass")
    if alt_m > limits.alt_error_m:
        yield asked.error(f"{alt_m:.0f} m above home", f"the limit is {limits.alt_error_m:g} m")
    elif alt_m > limits.alt_m:
        yield asked.warning(f"{alt_m:.0f} m above home", f"{limits.alt_m:g} m is the usual legal limit")


def _speed(asked: _Question) -> Iterator[Finding]:
    item = asked.item
    if item.command != CMD.DO_CHANGE_SPEED:
        return
    speed_m_s, kind = item.param2, item.param1
    if math.isnan(speed_m_s) or speed_m_s in (-1.0, -2.0):  # leave it, back to the default
        return
    if kind not in (0.0, 1.0, 2.0, 3.0):
        yield asked.warning(
            f"speed of kind {kind:g}", "0 is through the air, 1 over ground, 2 climbing, 3 sinking"
        )
    if speed_m_s < 0.0:
        yield asked.error(f"a speed of {speed_m_s:g} m/s", "a speed is positive, or -1 to leave it")
    elif speed_m_s == 0.0:
        yield asked.warning("a speed of 0 m/s", "some autopilots ignore it, some stop")
    elif speed_m_s > asked.limits.speed_m_s * (2.0 if asked.can.winged else 1.0):
        yield asked.warning(f"a speed of {speed_m_s:g} m/s", "few aircraft of this kind fly that fast")


def _waits(asked: _Question) -> Iterator[Finding]:
    item = asked.item
    if item.command in (CMD.NAV_LOITER_TIME, CMD.NAV_DELAY, CMD.CONDITION_DELAY, CMD.NAV_LOITER_TURNS):
        if math.isnan(item.param1) or (item.param1 < 0 and item.command != CMD.NAV_DELAY):
            yield asked.error(f"{item.name} of {item.param1:g}", "a time or a count is needed")
        elif item.param1 > 3600:
            yield asked.warning(f"{item.name} of {item.param1:g}", "longer than most batteries last")


_PARTS: tuple[Callable[[_Question], Iterator[Finding]], ...] = (_possible, _frame, _height, _speed, _waits)
