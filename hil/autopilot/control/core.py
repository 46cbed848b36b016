"""Interface of a control core to modes and missions: setpoints in, estimate out."""

from __future__ import annotations

from typing import Protocol

from hil.airframes.load import Airframe
from hil.autopilot.control.estimator_types import Estimate, Sensors, Vector3
from hil.autopilot.control.setpoints import Setpoint
from hil.geodesy import Home


class ControlCore(Protocol):
    """Estimator and controllers of one vehicle, without MAVLink, modes and missions."""

    airframe: Airframe
    home: Home
    armed: bool  # disarmed: motors stopped

    @property
    def time_s(self) -> float:
        """Seconds since power-on."""

    @property
    def estimate(self) -> Estimate:
        """The estimate of this step."""

    @property
    def sensors(self) -> Sensors:
        """The sensor readings of this step."""

    @property
    def throttle(self) -> float:
        """Mean thrust fraction, 0..1."""

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Duty of each motor, 0..1."""

    @property
    def setpoint_ned(self) -> Vector3:
        """Setpoint of the position controller."""

    @property
    def wanted_roll_pitch_rad(self) -> tuple[float, float]:
        """Roll and pitch that the attitude controller wants; the present ones while it does not run."""

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
