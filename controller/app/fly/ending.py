"""The end of a flight: the command after a mission that ends in the air, and the wait for the landing."""

from __future__ import annotations

from controller.app.fly.options import FlyOptions
from controller.app.fly.reporter import Reporter
from controller.errors import AircraftRefused
from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState
from controller.vehicle.vehicle import Vehicle

_HOME_M, _AT_REST_M_S = 5.0, 0.5  # a rover within this distance of home and slower than this has returned


async def end_flight(vehicle: Vehicle, options: FlyOptions, reporter: Reporter) -> None:
    """Send the command of `options.at_end` to an aircraft that is still armed, and wait until it has landed.

    Raises AircraftRefused if it does not land and disarm in time.
    """
    if not vehicle.state.armed:
        return
    if options.at_end == "nothing":
        reporter.warn(
            f"the mission has ended; aircraft: {vehicle.state.describe()}; no further command is sent"
        )
        return
    command = "return" if options.at_end == "return" else "land"
    reporter.phase("end", f"commanding the aircraft to {command}, as --at-end asks")
    await (vehicle.return_home() if options.at_end == "return" else vehicle.land())
    if not await vehicle.wait(has_returned, options.land_within_s):
        raise AircraftRefused(
            f"the aircraft did not land and disarm within {options.land_within_s:g} s of the {command} command",
            hint=f"aircraft: {vehicle.state.describe()}",
        )


def has_returned(state: VehicleState) -> bool:
    """Whether a return or landing is over; a rover stays armed at home."""
    if not state.armed:
        return True
    if not state.is_ground_vehicle or state.position is None or state.home is None:
        return False
    position = state.position
    away_m = distance_m((position.lat_deg, position.lon_deg), (state.home.lat_deg, state.home.lon_deg))
    return away_m < _HOME_M and position.ground_speed_m_s < _AT_REST_M_S
