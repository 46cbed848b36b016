"""Calibration that is over when the autopilot has answered the command, as ArduPilot's gyroscopes, level and barometer.

Source: GCS_MAVLINK::_handle_command_preflight_calibration of ArduPilot: it measures first, up to 30 s.
"""

from __future__ import annotations

from typing import Any

from controller.protocol.calibration.base import Calibration
from controller.wire.address import Address
from controller.wire.message import Message


class CalibrationByAnswer(Calibration):
    """Waits for the answer; status texts are shown."""

    def __init__(self, target: Address, command: int, params: tuple[float, ...], **options: Any) -> None:
        super().__init__(target, command, params, answer_s=40.0, silence_s=5.0, **options)
        self.show(phase="measuring")

    def follow(self, message: Message, now: float) -> list[Message]:  # noqa: ARG002
        if message.name == "STATUSTEXT":
            self.show(says=message.text.strip())
        return []

    def begun(self, now: float) -> None:  # noqa: ARG002
        self.end("done")

    def stop_note(self) -> str:
        return "the autopilot has no command to stop it; it ends by itself within seconds"
