"""Ground box firmware: a MicroPython bridge between the telemetry radios and the laptop."""
