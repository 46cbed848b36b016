"""Wind of HIGH_LATENCY2, whose direction the autopilots count in opposite senses."""

from __future__ import annotations

from controller.wire.enums import MAV_AUTOPILOT


def high_latency_from_deg(autopilot: int, wind_heading: int) -> float:
    """Return from where the wind blows, degrees; `wind_heading` is in units of two degrees.

    ArduPilot sends the direction from which it blows, PX4 that to which it blows.
    """
    to = autopilot == MAV_AUTOPILOT.PX4
    return (wind_heading * 2.0 + (180.0 if to else 0.0)) % 360.0
