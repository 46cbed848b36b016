"""The part of MAVLink that the box needs: checksum, framing, signatures, its own messages."""
