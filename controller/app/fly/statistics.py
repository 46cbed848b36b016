"""Statistics of a flight: maximum height, distance flown, flight time."""

from __future__ import annotations

import math

from controller.track_length import TrackMeter
from controller.vehicle.aircraft_clock import SILENCE_S
from controller.vehicle.state import VehicleState

_FIX_2D, _FIX_3D = 2, 3


class FlightStatistics:
    """Accumulates the statistics from each state of the aircraft while the mission is flown."""

    def __init__(self) -> None:
        self.max_alt_m = 0.0
        self.flight_time_s = 0.0  # in the air; for a rover or boat, armed; by the aircraft's clock
        self._track = TrackMeter()
        self._last_position_s = -1.0
        self._had_fix = False
        self._under_way_at_s: float | None = None

    def add(self, state: VehicleState, now: float) -> None:
        """Add a state received at `now`, seconds of the aircraft's clock.

        The time between two states is flown if it was under way at both; a silent link is not flown.
        """
        position = state.position
        self._add_position(state)
        before = self._under_way_at_s is not None
        under_way = state.armed and (before if state.under_way is None else state.under_way)
        if self._under_way_at_s is not None and now - self._under_way_at_s <= SILENCE_S:
            self.flight_time_s += max(0.0, now - self._under_way_at_s)
        self._under_way_at_s = now if under_way else None
        if position is not None and state.armed:
            self.max_alt_m = max(self.max_alt_m, position.alt_rel_m)

    @property
    def distance_m(self) -> float:
        """Length of the track over ground while armed, metres."""
        return self._track.length_m

    def _add_position(self, state: VehicleState) -> None:
        """Add each position once; without a fix (after there was one) its place is not known."""
        position, fix = state.position, state.gps_fix
        self._had_fix = self._had_fix or (fix is not None and fix >= _FIX_3D)
        if position is None or position.at_s == self._last_position_s:
            return
        self._last_position_s = position.at_s
        without_fix = self._had_fix and fix is not None and fix < _FIX_2D
        self._track.add(
            position.boot_ms / 1e3,
            math.nan if without_fix else position.lat_deg,
            position.lon_deg,
            position.ground_speed_m_s,
            counted=state.armed,
        )
