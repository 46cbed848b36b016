"""MAVLink wire format: bytes to frames, frames to messages and back. No I/O, no clock, no logging."""
