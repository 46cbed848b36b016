"""Calibrations of PX4: it leads through them with status texts that begin with "[cal] ".

It measures a side as soon as the aircraft rests on it, in any order. MAV_CMD_PREFLIGHT_CALIBRATION without any value
stops it. Source: calibration_messages.h, calibration_routines.cpp, mag_calibration.cpp.
"""

from __future__ import annotations

import re
from typing import Any

from controller.protocol.calibration.base import Calibration, side_states
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

_MARK = "[cal] "
# PX4 names the side that is down; "up" is an aircraft on its back.
_SIDES = {
    "down": "level",
    "left": "left",
    "right": "right",
    "front": "nose_down",
    "back": "nose_up",
    "up": "back",
}
_PROGRESS = re.compile(r"progress <(\d+)>")
_SIDE = re.compile(
    r"^(down|left|right|front|back|up) (orientation detected|side done|side already completed)"
)


class CalibrationByTexts(Calibration):
    """Follows the texts."""

    def __init__(self, target: Address, command: int, params: tuple[float, ...], **options: Any) -> None:
        super().__init__(target, command, params, answer_s=5.0, silence_s=120.0, **options)
        self._done: dict[str, bool] = {}

    def begun(self, now: float) -> None:  # noqa: ARG002
        self.show(phase="measuring")

    def follow(self, message: Message, now: float) -> list[Message]:
        if message.name != "STATUSTEXT":
            return []
        if message.chunk_seq > 0 and message.id:
            self.show(says=self.view.says + message.text.rstrip())
            return []
        text = message.text.rstrip()
        if not text.startswith(_MARK):
            return []
        self.heard(now)
        return self._take(text.removeprefix(_MARK))

    def _take(self, words: str) -> list[Message]:
        if words.startswith("calibration done"):
            self.show(percent=100, sides=side_states(dict.fromkeys(self._done, True)))
            return self.end("done", words)
        if words.startswith("calibration failed"):
            return self.end("failed", words)
        if words.startswith("calibration cancelled"):
            return self.end("cancelled", words)
        progress = _PROGRESS.search(words)
        if progress:
            self.show(percent=min(int(progress[1]), 100))
            return []
        self.show(says=words)
        if words.startswith("calibration started"):
            self.show(phase="measuring", percent=0)
        elif words.startswith("pending:"):
            self._take_pending(words)
        elif found := _SIDE.match(words):
            self._take_side(_SIDES[found[1]], found[2])
        return []

    def _take_pending(self, words: str) -> None:
        pending = {_SIDES[one] for one in words.removeprefix("pending:").split() if one in _SIDES}
        if not self._done:
            # The compasses may be measured on fewer sides than all: those of the first list.
            self._done = {side: False for side in _SIDES.values() if side in pending}
        for side in self._done:
            self._done[side] = side not in pending
        self.show(phase="position", sides=side_states(self._done))

    def _take_side(self, side: str, what: str) -> None:
        self._done.setdefault(side, False)
        if what == "orientation detected":
            self.show(phase="measuring", wanted=side, sides=side_states(self._done, side))
            return
        self._done[side] = True
        self.show(phase="position", wanted="", sides=side_states(self._done))

    def stop_messages(self) -> list[Message]:
        return [self.command(MAV_CMD.PREFLIGHT_CALIBRATION)]
