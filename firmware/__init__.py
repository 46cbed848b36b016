"""The ground box: MicroPython between the telemetry radios and the laptop."""
