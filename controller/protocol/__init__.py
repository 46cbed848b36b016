"""MAVLink services as state machines without I/O and clock, in both roles: client (ground) and server (vehicle)."""
