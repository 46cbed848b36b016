"""Sticks of a ground station for each autopilot: the axes of MANUAL_CONTROL, and what the aircraft requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.autopilots.base import Autopilot
from controller.autopilots.vehicle_class import VehicleClass

FULL = 1000


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on the aircraft: `name` is the parameter, `ok` None where its value is not known."""

    key: str
    name: str
    value: float | int | None
    wanted: str
    ok: bool | None


def manual_axes(autopilot: Autopilot, x: int, y: int, z: int, r: int) -> tuple[int, int, int, int]:
    """Return the axes of MANUAL_CONTROL: forward, right, thrust, yaw right. All are -1000 to 1000 here.

    Thrust is 0 to 1000 on the wire: ArduPilot's copters ignore the whole message where it is negative. Rovers of
    ArduPilot take -1000 to 1000, for reverse. Source: handle_manual_control_axes of each vehicle of ArduPilot;
    mavlink_receiver.cpp of PX4.
    """
    reverses = autopilot.name == "ArduPilot" and autopilot.kind is VehicleClass.ROVER
    return x, y, z if reverses else (z + FULL) // 2, r


def requirements(
    autopilot: Autopilot, values: Mapping[str, float | int], own_system: int
) -> list[Requirement]:
    """Return the conditions under which the aircraft follows the sticks of this ground station."""
    if autopilot.name == "PX4":
        mode = values.get("COM_RC_IN_MODE")
        allowed = None if mode is None else mode in (1, 2, 3, 5, 6)
        return [
            Requirement("source", "COM_RC_IN_MODE", mode, "1, 2, 3, 5, 6", allowed),
            _told("loss_time", "COM_RC_LOSS_T", values),
            _told("loss_action", "NAV_RCL_ACT", values),
        ]
    name = next((one for one in ("MAV_GCS_SYSID", "SYSID_MYGCS") if one in values), "MAV_GCS_SYSID")
    station = values.get(name)
    highest = values.get(f"{name}_HI", 0)
    matches = None if station is None else station == own_system or station <= own_system <= highest
    found = [
        Requirement("station", name, station, str(own_system), matches),
        _told("override_time", "RC_OVERRIDE_TIME", values),
    ]
    throttle = next((one for one in ("FS_THR_ENABLE", "THR_FAILSAFE") if one in values), "")
    return [*found, _told("loss_action", throttle, values)] if throttle else found


def _told(key: str, name: str, values: Mapping[str, float | int]) -> Requirement:
    """Return a parameter that the operator should know, whatever its value."""
    return Requirement(key, name, values.get(name), "", None)
