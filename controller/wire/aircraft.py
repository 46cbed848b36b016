"""Which senders of a HEARTBEAT are aircraft: not ground stations, gimbals, cameras, transponders and radios."""

from __future__ import annotations

from controller.wire.address import AUTOPILOT
from controller.wire.enums import MAV_AUTOPILOT, MAV_TYPE

# Types of components, and of stations on the ground.
NO_AIRCRAFT = frozenset(
    (
        MAV_TYPE.GCS,
        MAV_TYPE.ANTENNA_TRACKER,
        MAV_TYPE.ONBOARD_CONTROLLER,
        MAV_TYPE.GIMBAL,
        MAV_TYPE.ADSB,
        MAV_TYPE.CAMERA,
        MAV_TYPE.CHARGING_STATION,
        MAV_TYPE.FLARM,
        MAV_TYPE.SERVO,
        MAV_TYPE.ODID,
        MAV_TYPE.BATTERY,
        MAV_TYPE.PARACHUTE,
        MAV_TYPE.LOG,
        MAV_TYPE.OSD,
        MAV_TYPE.IMU,
        MAV_TYPE.GPS,
        MAV_TYPE.WINCH,
        MAV_TYPE.ILLUMINATOR,
        MAV_TYPE.GRIPPER,
        MAV_TYPE.RADIO,
    )
)


def is_aircraft(vehicle_type: int, autopilot: int, component: int) -> bool:
    """Return whether a HEARTBEAT with this type and autopilot, from this component, is of an aircraft's autopilot."""
    return component == AUTOPILOT and autopilot != MAV_AUTOPILOT.INVALID and vehicle_type not in NO_AIRCRAFT


def may_be_aircraft(vehicle_type: int, autopilot: int, component: int) -> bool:
    """Return whether it may be one where its system has none by `is_aircraft`: at an unusual component, or a tracker.

    A generic autopilot at another component is a radio or a payload.
    """
    if vehicle_type == MAV_TYPE.GCS or autopilot == MAV_AUTOPILOT.INVALID:
        return False
    return component == AUTOPILOT or (autopilot != MAV_AUTOPILOT.GENERIC and vehicle_type not in NO_AIRCRAFT)
