"""Ground truth of a simulated vehicle, with the types of the estimator (`hil.autopilot.control.estimator_types`)."""

from __future__ import annotations

from dataclasses import dataclass

from hil.autopilot.control.estimator_types import Estimate, GpsReading, Ready, Sensors, Vector3

__all__ = ["Estimate", "GpsReading", "Ready", "Sensors", "Truth", "Vector3"]


@dataclass(frozen=True, slots=True)
class Truth:
    """Ground truth: for logs, tests and displays only, not for the autopilot.

    Positions are m NED of home, attitude is body to NED, rates are rad/s FRD, `wind_ned` is the motion of the air, m/s.
    """

    pos_ned: Vector3
    vel_ned: Vector3
    quaternion: tuple[float, float, float, float]
    euler_rad: Vector3
    rates_frd: Vector3
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    rotor_speeds_rad_s: tuple[float, ...]
    wind_ned: Vector3
