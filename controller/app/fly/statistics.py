"""Statistics of a flight: maximum height, distance flown, flight time."""

from __future__ import annotations

from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState

# Shorter steps are position noise of an aircraft at rest.
_STEP_M = 1.0


class FlightStatistics:
    """Accumulates the statistics from each state of the aircraft while the mission is flown."""

    def __init__(self) -> None:
        self.max_alt_m = 0.0
        self.distance_m = 0.0
        self.flight_time_s = 0.0  # in the air; for a rover or boat, armed
        self._last_position: tuple[float, float] | None = None
        self._under_way_since: float | None = None

    def add(self, state: VehicleState, now: float) -> None:
        """Add a state received at `now` (event loop seconds)."""
        position = state.position
        if not state.armed:
            self._stop_timer(now)
            return
        if state.under_way and self._under_way_since is None:
            self._under_way_since = now
        elif state.under_way is False:
            self._stop_timer(now)
        if position is None:
            return
        self.max_alt_m = max(self.max_alt_m, position.alt_rel_m)
        here = (position.lat_deg, position.lon_deg)
        if self._last_position is None:
            self._last_position = here
            return
        step_m = distance_m(self._last_position, here)
        if step_m >= _STEP_M:
            self.distance_m += step_m
            self._last_position = here

    def end(self, now: float) -> None:
        """Close the statistics: no more states will follow."""
        self._stop_timer(now)

    def _stop_timer(self, now: float) -> None:
        if self._under_way_since is not None:
            self.flight_time_s += now - self._under_way_since
            self._under_way_since = None
