"""Forwarding between ground stations and a board in HITL, which keeps the board in HIL mode.

A mode change without bit 32 is denied by PX4 ("Set SYS_HITL to 0 and reboot to disable HITL"), so the bit is put in;
a frame that is signed cannot be changed and passes as it is.
"""

from __future__ import annotations

from controller.wire.codec import encode
from controller.wire.frame import Frame

HIL_ENABLED = 32
DO_SET_MODE = 176
SIMULATOR_ONLY = frozenset({"HIL_ACTUATOR_CONTROLS"})


def to_ground(frame: Frame) -> bytes:
    """Return the bytes of a board's frame for ground stations, none for messages that are for the simulator only."""
    return b"" if frame.name in SIMULATOR_ONLY else frame.raw


def to_board(frame: Frame) -> bytes:
    """Return the bytes of a ground station's frame for the board, with the HIL bit in mode changes."""
    if not frame.known or frame.signed:
        return frame.raw
    message = frame.message()
    if message.name == "SET_MODE" and not message.base_mode & HIL_ENABLED:
        message = message.replace(base_mode=message.base_mode | HIL_ENABLED)
    elif message.name == "COMMAND_LONG" and message.command == DO_SET_MODE:
        mode = int(message.param1)
        if mode & HIL_ENABLED:
            return frame.raw
        message = message.replace(param1=float(mode | HIL_ENABLED))
    else:
        return frame.raw
    return encode(message, seq=frame.seq, source=frame.source, version=frame.version)
