"""Heights that ArduPilot climbs to by itself, and what a landing on command needs of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from controller.autopilots.commands import HasCommand, starts_with_takeoff
from controller.autopilots.plan_checks import Climb, PlanContext, return_climb
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import Finding, Severity
from controller.missions.commands import CMD

_FACTS = StackFacts(ARDUPILOT)
#: What to do about the commands that ArduPilot refuses and that plans for PX4 often hold.
INSTEAD: Mapping[int, str] = {
    CMD.SET_CAMERA_MODE: "set the camera's mode before the flight and remove the item",
    CMD.DO_SET_CAM_TRIGG_INTERVAL: "it takes photos by distance; replace the item by a DO_SET_CAM_TRIGG_DIST",
    CMD.DO_SET_ACTUATOR: "it drives outputs with DO_SET_SERVO; replace the item",
}
_KEYS = {VehicleClass.COPTER: "copter", VehicleClass.PLANE: "plane", VehicleClass.VTOL: "vtol"}


def _return_heights(kind: VehicleClass) -> Iterator[tuple[tuple[str, float], ...]]:
    """Yield the names of each return height with their units in metres; the first that the aircraft has counts."""
    for names in _FACTS.table("return_heights").get(_KEYS.get(kind, ""), ()):
        pairs = (name.split("=") for name in names)
        yield tuple((name, float(unit_m)) for name, unit_m in pairs)


def checked_params(kind: VehicleClass) -> tuple[tuple[str, ...], ...]:
    """Return the parameters that the checks use, with the alternative names of each."""
    heights = tuple(tuple(name for name, _ in names) for names in _return_heights(kind))
    return (*heights, ("WP_LOITER_RAD",)) if kind is VehicleClass.PLANE else heights


def climbs(context: PlanContext, kind: VehicleClass, handover_alt_m: float) -> tuple[Climb, ...]:
    """Return the heights of a takeoff in TAKEOFF mode, and of a return as far as its parameters have been read."""
    found = []
    if takes_off_by_mode(context.plan.items, kind):
        what = f"the takeoff in TAKEOFF mode climbs to {handover_alt_m:g} m above home"
        found.append(Climb(what, handover_alt_m, "the plan has no takeoff item"))
    for names in _return_heights(kind):
        for name, unit_m in names:
            if name in context.params:
                if context.params[name] > 0.0:
                    found.append(return_climb(name, context.params[name] * unit_m))
                break
    return tuple(found)


def takes_off_by_mode(items: Sequence[HasCommand], kind: VehicleClass) -> bool:
    """Return whether `landline fly` begins this mission in TAKEOFF mode: a plane's plan without a takeoff item."""
    return kind is VehicleClass.PLANE and bool(items) and not starts_with_takeoff(items)


def takeoff_note(handover_alt_m: float) -> Finding:
    """Return the note for a plan that begins in TAKEOFF mode."""
    return Finding(
        Severity.NOTE,
        0,
        "the plan has no takeoff item",
        f"the plane takes off in TAKEOFF mode and begins the mission at {handover_alt_m:g} m",
    )


def land_missing(items: Sequence[HasCommand]) -> str:
    """Return why a plane cannot be told to land with this mission, "" if it can."""
    if any(item.command == _FACTS.integer("landing_on_command") for item in items):
        return ""
    return "ArduPlane lands by the landing sequence of its mission, and the plan has no DO_LAND_START item"


def vtol_items_on_copters() -> frozenset[int]:
    """Return the VTOL takeoffs and landings that a copter takes as its own."""
    return _FACTS.integers("vtol_items_on_copters")


def loiter_radius_m() -> float:
    """Return the default of WP_LOITER_RAD, the radius of a plane's circles."""
    return _FACTS.number("loiter_radius")
