"""When a flight last made progress: by an item, a change of mode or arming, or by moving."""

from __future__ import annotations

from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState

_MOVED_M, _CLIMBED_M = 5.0, 1.0


class ProgressClock:
    """Seconds since the last progress of one flight."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._place: tuple[float, float, float] | None = None

    def progress(self, now: float) -> None:
        """Note progress."""
        self._at = now

    def position(self, state: VehicleState, now: float) -> None:
        """Note progress where the aircraft has moved."""
        position, before = state.position, self._place
        if position is None:
            return
        here = (position.lat_deg, position.lon_deg, position.alt_rel_m)
        if (
            before is None
            or distance_m(before[:2], here[:2]) > _MOVED_M
            or abs(before[2] - here[2]) > _CLIMBED_M
        ):
            self._place = here
            self._at = now

    def stalled_s(self, now: float) -> float:
        """Return the seconds since the last progress; 0 before monitoring began."""
        return 0.0 if self._at is None else now - self._at
