"""What differs between machines: ports, pins, storage, the watchdog."""
