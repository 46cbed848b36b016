"""Landline's simulator: physics, sensors, emulated autopilot and bridges to PX4 and ArduPilot."""
