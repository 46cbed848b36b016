"""Calibration of the sensors of one aircraft."""
