"""Whether an aircraft holds at the end of a mission that ends in the air."""

from __future__ import annotations

from controller.autopilots.commands import RETURN_TO_LAUNCH
from controller.vehicle.item_progress import ItemTracker, distance_m
from controller.vehicle.monitoring.modes import COMPLETE
from controller.vehicle.state import VehicleState
from controller.wire.enums import MAV_CMD

_LOITER_FOR_EVER = int(MAV_CMD.NAV_LOITER_UNLIM)
# A plane circles home or its loiter point with a radius of usually 60 to 80 m; a rover stops at its target.
_AT_PLACE_M, _ROVER_AT_PLACE_M = 250.0, 5.0


def holds_at_end(tracker: ItemTracker, state: VehicleState) -> bool:
    """Return whether the aircraft, at the last item, has come where it holds."""
    if not state.under_way or not tracker.at_last:
        return False
    command = tracker.last_command
    if command == RETURN_TO_LAUNCH:
        home = state.home
        return home is not None and _is_at(state, (home.lat_deg, home.lon_deg))
    if command == _LOITER_FOR_EVER:
        place = tracker.position_of(tracker.current) if tracker.current else None
        return place is None or _is_at(state, place)
    complete = state.mission is not None and state.mission.state == COMPLETE
    return complete or tracker.last in tracker.reached


def _is_at(state: VehicleState, place: tuple[float, float]) -> bool:
    position, radius_m = state.position, _ROVER_AT_PLACE_M if state.is_ground_vehicle else _AT_PLACE_M
    return position is not None and distance_m(place, (position.lat_deg, position.lon_deg)) <= radius_m
