"""Orders by their names, with the values that a page sends, and which of them an autopilot can carry out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.app.gcs import orders
from controller.app.typed_fields import Fields
from controller.autopilots.base import Autopilot
from controller.autopilots.procedures import ProcedureUnavailable
from controller.autopilots.state_view import LandedState
from controller.autopilots.vehicle_class import VehicleClass
from controller.errors import UserError
from controller.near_names import did_you_mean, near_names
from controller.vehicle.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class _Kind:
    make: Callable[[Fields, Vehicle], orders.Order]
    can: Callable[[Autopilot], bool]


def order(name: str, values: Fields, vehicle: Vehicle) -> orders.Order:
    """Return the order `name` with its values, not checked against the aircraft's state yet.

    Raises UserError for an unknown name or a wrong value, SafetyRefused for a value out of range.
    """
    kind = _KINDS.get(name)
    if kind is None:
        raise UserError(f"invalid action: {name[:40]!r} is unknown{did_you_mean(near_names(name, _KINDS))}")
    made = kind.make(values, vehicle)
    values.end()
    if not kind.can(vehicle.autopilot):
        raise UserError(f"cannot {made.title}: {vehicle} has no such command")
    return made


def available(autopilot: Autopilot) -> list[str]:
    """Return the names of the orders that this autopilot can carry out."""
    return [name for name, kind in _KINDS.items() if kind.can(autopilot)]


# Autopilots


def _does(procedure: Callable[[Autopilot], object]) -> Callable[[Autopilot], bool]:
    def can(autopilot: Autopilot) -> bool:
        try:
            procedure(autopilot)
        except ProcedureUnavailable:
            return False
        return True

    return can


def _always(autopilot: Autopilot) -> bool:  # noqa: ARG001 - signature of `can`
    return True


def _flies(can: Callable[[Autopilot], bool]) -> Callable[[Autopilot], bool]:
    return lambda autopilot: autopilot.kind is not VehicleClass.ROVER and can(autopilot)


class _Ready:
    """State of an aircraft that knows its home: whether a procedure exists must not depend on the moment."""

    armed = False
    mode = ""
    landed = LandedState.ON_GROUND
    alt_rel_m = 0.0
    home_alt_amsl_m = 0.0
    prearm_ok = True
    gps_fix = 3
    position_good = True
    boot_s = 60.0


_goes = _does(lambda autopilot: autopilot.goto(47.0, 8.0, 10.0, _Ready()))
_has_missions = _does(lambda autopilot: autopilot.resume())


def _stop_now(values: Fields, vehicle: Vehicle) -> orders.Order:  # noqa: ARG001 - signature of `make`
    if not values.flag("force", default=False):
        raise UserError("cannot stop the motors: force is not true; it stops them in flight too")
    return orders.emergency_stop()


_HEIGHT = (-1e5, 1e5)  # the safety check names the range that can be flown
_KINDS: dict[str, _Kind] = {
    "arm": _Kind(lambda _, __: orders.arm(), _always),
    "disarm": _Kind(lambda _, __: orders.disarm(), _always),
    "emergency_stop": _Kind(_stop_now, _always),
    "takeoff": _Kind(
        lambda values, _: orders.takeoff(values.number("alt_m", *_HEIGHT)),
        _flies(_does(lambda autopilot: autopilot.takeoff(10.0, _Ready()))),
    ),
    "goto": _Kind(
        lambda values, vehicle: orders.goto(
            values.number("lat_deg", -90, 90),
            values.number("lon_deg", -180, 180),
            values.number("alt_m", *_HEIGHT),
            vehicle,
        ),
        _goes,
    ),
    "altitude": _Kind(lambda values, _: orders.altitude(values.number("alt_m", *_HEIGHT)), _flies(_goes)),
    "speed": _Kind(lambda values, _: orders.speed(values.number("speed_m_s", -1e5, 1e5)), _goes),
    "mode": _Kind(
        lambda values, vehicle: orders.mode(values.text("mode", most=40), vehicle),
        lambda one: bool(one.modes),
    ),
    "pause": _Kind(lambda _, __: orders.pause(), _does(lambda autopilot: autopilot.pause())),
    "resume": _Kind(lambda _, __: orders.resume(), _has_missions),
    "return": _Kind(lambda _, __: orders.return_home(), _does(lambda autopilot: autopilot.return_home())),
    "land": _Kind(lambda _, __: orders.land(), _flies(_does(lambda autopilot: autopilot.land()))),
    "start_mission": _Kind(lambda _, __: orders.start_mission(), _has_missions),
    "jump_to_item": _Kind(
        lambda values, _: orders.jump_to_item(values.integer("number", 1, 65_535)), _has_missions
    ),
}
