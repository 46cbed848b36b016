"""Calibration of sensors: one machine for each way in which autopilots lead through it."""
