"""Calibrations of an emulated autopilot on one link: led through as the real one does, with sensors that need none.

The simulated aircraft is not turned: each side takes its time and is done. Calibrations that the real autopilot answers
only when it has measured are accepted at once; see `maintenance`.
"""

from __future__ import annotations

from controller.protocol.calibration.server import CalibrationServer
from controller.protocol.command.server import CommandReply, ReceivedCommand
from controller.wire.address import GROUND_STATION
from controller.wire.enums import MAV_CMD
from hil.autopilot.services.commands.results import ACCEPTED, FAILED, TEMPORARILY_REJECTED
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext

# Parameter of PREFLIGHT_CALIBRATION, from 0, and its value: what is calibrated.
_KINDS = {
    (0, 1): "gyro",
    (1, 1): "compass",
    (2, 1): "baro",
    (4, 1): "accel",
    (4, 2): "level",
    (5, 1): "airspeed",
    (5, 2): "airspeed",
}


class CalibrationCommands:
    """Commands of the calibrations; `server` sends what leads through them."""

    def __init__(self, vehicle: VehicleContext, stack: AutopilotStack) -> None:
        self._vehicle = vehicle
        self._by_texts = stack.calibrates_by_texts
        self.server = CalibrationServer("texts" if self._by_texts else "positions", GROUND_STATION)

    def handle(self, call: ReceivedCommand, now: float) -> CommandReply | None:
        """Carry out a command that leads through a calibration; None for any other."""
        if self._vehicle.armed:
            return None
        if call.command == MAV_CMD.PREFLIGHT_CALIBRATION:
            return self._preflight(call, now)
        if self._by_texts:
            return None
        if call.command == MAV_CMD.DO_START_MAG_CAL:
            return self._begin("compass", call, now)
        if call.command == MAV_CMD.DO_CANCEL_MAG_CAL:
            self.server.stop(now)
            return CommandReply(ACCEPTED)
        if call.command == MAV_CMD.ACCELCAL_VEHICLE_POS:
            return CommandReply(ACCEPTED if self.server.confirm(call.params[0], now) else FAILED)
        return None

    def _preflight(self, call: ReceivedCommand, now: float) -> CommandReply | None:
        params = call.params if call.frame is None else (*call.params, call.x, call.y, call.z)
        kind = next((name for (at, value), name in _KINDS.items() if params[at] == value), "")
        if self._by_texts:
            if not any(params) and self.server.busy:
                return CommandReply(ACCEPTED, messages=tuple(self.server.stop(now)))
            if self.server.busy:
                return CommandReply(TEMPORARILY_REJECTED)
            return self._begin(kind, call, now) if kind else None
        return self._begin(kind, call, now) if kind == "accel" else None

    def _begin(self, kind: str, call: ReceivedCommand, now: float) -> CommandReply:
        self.server.ground = call.source
        self.server.begin(kind, now)
        return CommandReply(ACCEPTED)
