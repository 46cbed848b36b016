"""Accelerometers of ArduPilot: it names a position once a second, and the operator confirms that the aircraft is there.

The position is MAV_CMD_ACCELCAL_VEHICLE_POS in a COMMAND_LONG of the autopilot; the same command with the same number
confirms it. While it measures it names none. After the end it repeats the result once a second until the next start. It
has no command to stop: a start while one runs is accepted and goes on where that was. Source: AP_AccelCal.cpp.
"""

from __future__ import annotations

from typing import Any

from controller.protocol.calibration.base import SIDES, Calibration, side_states
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

SUCCESS, FAILED = 16777215, 16777216  # ACCELCAL_VEHICLE_POS
# It names the position again within a second where it has not begun to measure.
ASKED_AGAIN_S = 1.5


class CalibrationByPositions(Calibration):
    """Follows the positions that the aircraft names."""

    def __init__(self, target: Address, command: int, params: tuple[float, ...], **options: Any) -> None:
        super().__init__(target, command, params, answer_s=40.0, silence_s=20.0, **options)
        self._step = 0
        self._confirmed_at_s: float | None = None
        self.show(sides=side_states(dict.fromkeys(SIDES, False)))

    def follow(self, message: Message, now: float) -> list[Message]:
        if message.name == "STATUSTEXT":
            self.show(says=message.text.strip())
        if (
            message.name != "COMMAND_LONG"
            or message.command != MAV_CMD.ACCELCAL_VEHICLE_POS
            or not self._accepted
        ):
            return []  # before the answer it may still repeat the result of the calibration before
        self.heard(now)
        wanted = int(message.param1)
        if wanted == SUCCESS:
            self.show(sides=side_states(dict.fromkeys(SIDES, True)))
            return self.end("done")
        if wanted == FAILED:
            return self.end(
                "failed", "the autopilot could not use the measurements; hold still in each position"
            )
        if 1 <= wanted <= len(SIDES):
            self._ask(wanted, now)
        return []

    def _ask(self, step: int, now: float) -> None:
        again = self._confirmed_at_s is None or now - self._confirmed_at_s > ASKED_AGAIN_S
        if step == self._step and not again:
            return
        self._step, self._confirmed_at_s = step, None
        done = {side: at < step for at, side in enumerate(SIDES, 1)}
        wanted = SIDES[step - 1]
        self.show(phase="position", wanted=wanted, confirm=True, sides=side_states(done, wanted))

    def confirm(self, now: float) -> list[Message]:
        if self.outcome is not None or not self.view.confirm:
            return []
        self._confirmed_at_s = now
        self.show(phase="measuring", confirm=False)
        return [self.command(MAV_CMD.ACCELCAL_VEHICLE_POS, float(self._step))]

    def stop_note(self) -> str:
        return (
            "the autopilot has no command to stop it and waits for the next position: "
            "start it again to go on, or restart the autopilot"
        )
