"""Interface of a control core inside a simulation: ground truth beside the estimate, and the fault schedule.

Only SIM_ parameters, INJECT_FAILURE and ground truth messages use it, as in the autopilots' own simulators.
"""

from __future__ import annotations

from typing import Protocol

from hil.autopilot.control.core import ControlCore
from hil.autopilot.control.estimator_types import Vector3
from hil.faults.schedule import Fault
from hil.sensors.rangefinder import RangeReading


class GroundTruth(Protocol):
    """Simulated state without sensor errors."""

    @property
    def quaternion(self) -> tuple[float, float, float, float]: ...
    @property
    def euler_rad(self) -> Vector3: ...
    @property
    def rates_frd(self) -> Vector3: ...
    @property
    def vel_ned(self) -> Vector3: ...
    @property
    def wind_ned(self) -> Vector3: ...
    @property
    def lat_deg(self) -> float: ...
    @property
    def lon_deg(self) -> float: ...
    @property
    def alt_amsl_m(self) -> float: ...


class SimulatedCore(ControlCore, Protocol):
    """A control core with its simulation.

    `battery_override_v` replaces the measured battery voltage. `gps_enabled` False takes the GPS fix away. `faults` is
    the fault schedule; it can be changed where `supports_faults`.
    """

    battery_override_v: float | None
    gps_enabled: bool
    faults: tuple[Fault, ...]
    supports_faults: bool

    @property
    def range_reading(self) -> RangeReading | None:
        """Reading of the downward rangefinder, None without one."""

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: 0 fixed wings, 1 transition to wings, 3 on rotors, 4 on wings."""

    @property
    def indicated_airspeed_m_s(self) -> float | None:
        """Indicated airspeed of the pitot tube, None without one."""

    @property
    def truth(self) -> GroundTruth:
        """The ground truth of this step."""
