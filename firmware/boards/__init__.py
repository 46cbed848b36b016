"""Board drivers: ports, pins, storage, watchdog."""
