"""A control core on a simulator's bench: the truth beside the belief, and switches for what a simulation may break.

Only what real autopilots' simulators offer too (SIM_ parameters, INJECT_FAILURE, ground truth messages) may use it.
"""

from __future__ import annotations

from typing import Protocol

from hil.autopilot.control.core import ControlCore
from hil.autopilot.control.estimator_types import Vector3
from hil.faults.schedule import Fault
from hil.sensors.rangefinder import RangeReading


class GroundTruth(Protocol):
    """What really is."""

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
    """`battery_override_v` is a voltage to show in place of the battery's own; `gps_enabled` False takes its fix away.

    `faults` is the schedule of what breaks when, if anything can be broken from here.
    """

    battery_override_v: float | None
    gps_enabled: bool
    faults: tuple[Fault, ...]
    can_break: bool

    @property
    def range_found(self) -> RangeReading | None:
        """What a rangefinder that looks down says, if there is one."""

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: 0 wings alone, 1 from rotors to wings, 3 on rotors, 4 on wings."""

    @property
    def indicated_m_s(self) -> float | None:
        """What a pitot tube says, if there is one."""

    @property
    def truth(self) -> GroundTruth: ...
