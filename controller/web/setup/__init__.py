"""Set-up of an aircraft on the page: calibration, radio and modes, joystick."""
