"""Compasses of ArduPilot: the aircraft is turned around all axes until each compass reports its result.

MAG_CAL_PROGRESS holds the per cent of a compass, MAG_CAL_REPORT its result, repeated until the next start. Source:
AP_Compass_Calibration.cpp, CompassCalibrator.h.
"""

from __future__ import annotations

from typing import Any

from controller.protocol.calibration.base import Calibration
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

_RUNNING, SUCCEEDED = (1, 2, 3), 4  # MAG_CAL_STATUS
_FAILURES = {
    5: "the measurements do not fit",
    6: "its orientation is set wrong",
    7: "its field strength is wrong",
}


class CalibrationByCompasses(Calibration):
    """Follows the progress of all compasses."""

    def __init__(self, target: Address, command: int, params: tuple[float, ...], **options: Any) -> None:
        super().__init__(target, command, params, answer_s=5.0, silence_s=30.0, **options)
        self._percent: dict[int, int] = {}
        self._ended: dict[int, str] = {}
        self._failed = False

    def begun(self, now: float) -> None:  # noqa: ARG002
        self.show(phase="measuring", percent=0)

    def follow(self, message: Message, now: float) -> list[Message]:
        if message.name == "STATUSTEXT":
            self.show(says=message.text.strip())
        if not self._accepted:
            return []  # before the answer reports may be those of the calibration before
        if message.name == "MAG_CAL_PROGRESS" and message.cal_status in _RUNNING:
            self.heard(now)
            self._percent[message.compass_id] = min(int(message.completion_pct), 100)
            self._show(message.cal_mask)
        if message.name == "MAG_CAL_REPORT" and message.cal_status >= SUCCEEDED:
            self.heard(now)
            self._take_report(message)
            self._show(message.cal_mask)
            if len(self._ended) >= max(bin(message.cal_mask).count("1"), 1):
                return self._finish()
        return []

    def _take_report(self, message: Message) -> None:
        if message.cal_status == SUCCEEDED:
            self._percent[message.compass_id] = 100
            self._ended[message.compass_id] = f"fitness {message.fitness:.1f}"
        else:
            self._failed = True
            self._ended[message.compass_id] = _FAILURES.get(message.cal_status, "it failed")

    def _show(self, mask: int) -> None:
        known = {one for one in range(8) if mask >> one & 1} | set(self._percent)
        rows = tuple((one, self._percent.get(one, 0), self._ended.get(one, "")) for one in sorted(known))
        self.show(phase="measuring", compasses=rows, percent=min(percent for _, percent, _ in rows))

    def _finish(self) -> list[Message]:
        if not self._failed:
            return self.end("done", reboot=True)
        words = ", ".join(f"compass {one + 1}: {why}" for one, why in sorted(self._ended.items()))
        return self.end("failed", words)

    def stop_messages(self) -> list[Message]:
        return [self.command(MAV_CMD.DO_CANCEL_MAG_CAL, 0.0)]
