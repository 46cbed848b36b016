"""MAV_RESULT values as plain integers."""

from __future__ import annotations

from controller.wire.enums import MAV_RESULT

ACCEPTED = int(MAV_RESULT.ACCEPTED)
DENIED = int(MAV_RESULT.DENIED)
UNSUPPORTED = int(MAV_RESULT.UNSUPPORTED)
FAILED = int(MAV_RESULT.FAILED)
UNSUPPORTED_MAV_FRAME = 9  # MAV_RESULT_COMMAND_UNSUPPORTED_MAV_FRAME; not in the bundled dialect
