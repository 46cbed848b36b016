"""The numbers of a flight, gathered from its states: highest point, way gone, time under way."""

from __future__ import annotations

from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState

# Below this a step is the noise of a standing aircraft.
_STEP_M = 1.0


class Tally:
    """Fed with each state while the mission is followed."""

    def __init__(self) -> None:
        self.max_alt_m = 0.0
        self.distance_m = 0.0
        self.flight_time_s = 0.0  # in the air, or armed for one that drives
        self._last_place: tuple[float, float] | None = None
        self._under_way_since: float | None = None

    def add(self, state: VehicleState, now: float) -> None:
        position = state.position
        if not state.armed:
            self._land(now)
            return
        if state.under_way and self._under_way_since is None:
            self._under_way_since = now
        elif state.under_way is False:
            self._land(now)
        if position is None:
            return
        self.max_alt_m = max(self.max_alt_m, position.alt_rel_m)
        here = (position.lat_deg, position.lon_deg)
        if self._last_place is None:
            self._last_place = here
            return
        step_m = distance_m(self._last_place, here)
        if step_m >= _STEP_M:
            self.distance_m += step_m
            self._last_place = here

    def end(self, now: float) -> None:
        """No more states will come."""
        self._land(now)

    def _land(self, now: float) -> None:
        if self._under_way_since is not None:
            self.flight_time_s += now - self._under_way_since
            self._under_way_since = None
