"""A command to the vehicle, decoded from COMMAND_LONG or COMMAND_INT."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.protocol.command.server import ReceivedCommand
from controller.wire.enums import MAV_FRAME

# Supported MAV_FRAME -> whether heights are above home.
GLOBAL_FRAMES = {
    int(MAV_FRAME.GLOBAL): False,
    int(MAV_FRAME.GLOBAL_INT): False,
    int(MAV_FRAME.GLOBAL_RELATIVE_ALT): True,
    int(MAV_FRAME.GLOBAL_RELATIVE_ALT_INT): True,
}
NO_PLACE = 0x7FFFFFFF  # x or y of COMMAND_INT
Params = tuple[float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class VehicleCommand:
    """A MAV_CMD with its seven parameters. Parameters 5 and 6 are degrees where they are a position."""

    command: int
    params: Params
    height_above_home: bool  # parameter 7, else above mean sea level
    frame_supported: bool = True


def decode(call: ReceivedCommand, *, long_height_above_home: bool, ignores_frame: bool) -> VehicleCommand:
    """Return the command of a call; `long_height_above_home` tells what heights of COMMAND_LONG are.

    With `ignores_frame` heights of COMMAND_INT are above mean sea level in every frame, and INT32_MAX is no place.
    """
    if call.frame is None:
        one, two, three, four, five, six, seven = call.params[:7]
        params = (one, two, three, four, five, six, seven)
        return VehicleCommand(call.command, params, long_height_above_home)
    one, two, three, four = call.params[:4]
    place = (
        math.nan if ignores_frame and one_e7 == NO_PLACE else one_e7 / 1e7 for one_e7 in (call.x, call.y)
    )
    params = (one, two, three, four, next(place), next(place), call.z)
    above_home = GLOBAL_FRAMES.get(call.frame, False) and not ignores_frame
    return VehicleCommand(call.command, params, above_home, call.frame in GLOBAL_FRAMES)
