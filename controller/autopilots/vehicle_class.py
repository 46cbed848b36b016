"""Vehicle classes: kinds of vehicles with their own modes and procedures."""

from __future__ import annotations

from enum import Enum

from controller.missions.estimate import VTOL_TYPES
from controller.wire.enums import MAV_TYPE


class VehicleClass(Enum):
    """Vehicle classes with their own modes and procedures. The value is the name for the user."""

    COPTER = "copter"
    PLANE = "plane"
    VTOL = "VTOL plane"
    ROVER = "rover"
    SUBMARINE = "submarine"
    OTHER = "vehicle"


_CLASS_OF_TYPE = {
    **dict.fromkeys(
        (
            MAV_TYPE.QUADROTOR,
            MAV_TYPE.COAXIAL,
            MAV_TYPE.HELICOPTER,
            MAV_TYPE.HEXAROTOR,
            MAV_TYPE.OCTOROTOR,
            MAV_TYPE.TRICOPTER,
            MAV_TYPE.DODECAROTOR,
            MAV_TYPE.DECAROTOR,
            MAV_TYPE.GENERIC_MULTIROTOR,
        ),
        VehicleClass.COPTER,
    ),
    MAV_TYPE.FIXED_WING: VehicleClass.PLANE,
    **dict.fromkeys(VTOL_TYPES, VehicleClass.VTOL),
    MAV_TYPE.GROUND_ROVER: VehicleClass.ROVER,
    MAV_TYPE.SURFACE_BOAT: VehicleClass.ROVER,
    MAV_TYPE.SUBMARINE: VehicleClass.SUBMARINE,
}


def vehicle_class(mav_type: int) -> VehicleClass:
    """Return the vehicle class of a HEARTBEAT's `type` (MAV_TYPE)."""
    return _CLASS_OF_TYPE.get(mav_type, VehicleClass.OTHER)
