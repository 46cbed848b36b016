"""As much of MAVLink as the box needs: checksum, framing, signatures, a few messages of its own."""
