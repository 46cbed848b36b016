"""Vehicle state that procedures read."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class LandedState(Enum):
    """MAV_LANDED_STATE."""

    UNKNOWN = 0
    ON_GROUND = 1
    IN_AIR = 2
    TAKING_OFF = 3
    LANDING = 4


class StateView(Protocol):
    """Vehicle state that procedures read; `vehicle.state.VehicleState` implements it."""

    @property
    def armed(self) -> bool: ...
    @property
    def mode(self) -> str: ...
    @property
    def landed(self) -> LandedState: ...
    @property
    def alt_rel_m(self) -> float | None: ...
    @property
    def home_alt_amsl_m(self) -> float | None: ...
    @property
    def prearm_ok(self) -> bool | None: ...
    @property
    def gps_fix(self) -> int | None: ...
    @property
    def position_good(self) -> bool | None: ...
    @property
    def boot_s(self) -> float | None: ...
