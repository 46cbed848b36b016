"""The control core as modes and missions see it: commands in, beliefs out. `hil.sim.loops.multirotor.MultirotorSim` is one."""

from __future__ import annotations

from typing import Protocol

from hil.airframes.load import Airframe
from hil.autopilot.control.estimator_types import Estimate, Sensors, Vector3
from hil.autopilot.control.setpoints import Setpoint
from hil.geodesy import Home


class ControlCore(Protocol):
    """Flies set-points on sensors; knows nothing of MAVLink, modes or missions."""

    airframe: Airframe
    home: Home
    armed: bool  # disarmed = motors stopped

    @property
    def time_s(self) -> float:
        """Seconds since power-on."""

    @property
    def estimate(self) -> Estimate: ...

    @property
    def sensors(self) -> Sensors: ...

    @property
    def throttle(self) -> float:
        """Mean thrust fraction, 0..1."""

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Duty of each motor, 0..1."""

    @property
    def setpoint_ned(self) -> Vector3:
        """The moving point the position controller follows."""

    def command(self, setpoint: Setpoint) -> None: ...
