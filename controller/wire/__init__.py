"""MAVLink on the wire: bytes to frames, frames to messages and back. Pure: no I/O, no clock, no logging."""
