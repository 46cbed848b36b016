"""Choice of the failsafe for a stack."""

from __future__ import annotations

from collections.abc import Mapping

from hil.autopilot.commander import Commander
from hil.autopilot.failsafe.arducopter import ArduCopterFailsafe
from hil.autopilot.failsafe.arduplane import ArduPlaneFailsafe
from hil.autopilot.failsafe.ardurover import ArduRoverFailsafe
from hil.autopilot.failsafe.base import Failsafe
from hil.autopilot.failsafe.px4 import Px4Failsafe
from hil.autopilot.vehicle_context import VehicleContext

FAILSAFES: Mapping[str, type[Failsafe]] = {
    "arducopter": ArduCopterFailsafe,
    "arduplane": ArduPlaneFailsafe,
    "ardurover": ArduRoverFailsafe,
    "px4": Px4Failsafe,
}


def make_failsafe(name: str, vehicle: VehicleContext, commander: Commander) -> Failsafe:
    """Return the failsafe that a stack names in its member `failsafe`."""
    return FAILSAFES[name](vehicle, commander)
