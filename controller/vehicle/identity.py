"""Is it still the same aircraft? Watches one address for signs that another answers under it, or that it restarted.

Two vehicles with one system number look like one that changes its mind: their types differ, or their times since boot jump
back and forth. A command meant for one would move the other, so it is a reason to send none.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.wire.enums import MAV_TYPE, describe
from controller.wire.message import Message

_JUMP_MS = 5_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """`restarted`: one jump back of its clock. Otherwise another vehicle speaks under the same number."""

    what: str
    restarted: bool = False


class IdentityWatch:
    """Fed with the messages of one address; `trouble` is the last found, kept until `forgive`."""

    def __init__(self, heartbeat: Message) -> None:
        self.trouble: Trouble | None = None
        self._stack = heartbeat.autopilot
        self._type = heartbeat.type
        self._boot_ms: int | None = None
        self._fell_back = False

    def hear(self, message: Message) -> Trouble | None:
        """News, if this message is a reason for any."""
        if message.name == "HEARTBEAT":
            return self._heartbeat(message)
        if message.name in ("GLOBAL_POSITION_INT", "ATTITUDE", "SYSTEM_TIME"):
            return self._clock(message.time_boot_ms)
        return None

    def forgive(self) -> None:
        """The operator has looked."""
        self.trouble = None

    def _heartbeat(self, message: Message) -> Trouble | None:
        if message.autopilot == self._stack and _kin(message.type, self._type):
            return None
        return self._found(
            Trouble(
                f"heartbeats of a {describe('MAV_AUTOPILOT', message.autopilot)} {describe('MAV_TYPE', message.type)} come "
                f"under the number of the {describe('MAV_AUTOPILOT', self._stack)} {describe('MAV_TYPE', self._type)}"
            )
        )

    def _clock(self, boot_ms: int) -> Trouble | None:
        before, self._boot_ms = self._boot_ms, boot_ms
        if before is None:
            return None
        if boot_ms < before - _JUMP_MS:
            again, self._fell_back = self._fell_back, True
            if again:
                return self._found(Trouble("two vehicles speak under this number: their clocks take turns"))
            return self._found(Trouble("the autopilot restarted: its time began anew", restarted=True))
        if self._fell_back and boot_ms > before + _JUMP_MS:
            return self._found(Trouble("two vehicles speak under this number: their clocks take turns"))
        return None

    def _found(self, trouble: Trouble) -> Trouble | None:
        if trouble == self.trouble:
            return None
        self.trouble = trouble
        return trouble


def _kin(one: int, two: int) -> bool:
    """PX4 and ArduPilot may begin with type 0, before they know their airframe."""
    return one == two or MAV_TYPE.GENERIC in (one, two)
