"""Detects that a second vehicle uses the same system id, or that the autopilot restarted.

Two vehicles with one system id look like one vehicle whose type changes, or whose time since boot jumps back
and forth. A command for one of them would move the other, so none is sent while the problem lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.wire.enums import MAV_TYPE, describe
from controller.wire.message import Message

_JUMP_MS = 5_000
_TWO_CLOCKS = "two vehicles use this system id: the time since boot jumps back and forth"


@dataclass(frozen=True, slots=True)
class IdentityProblem:
    """A sign that the aircraft restarted (`restarted`), or that another vehicle uses its system id."""

    what: str
    restarted: bool = False


class IdentityMonitor:
    """Checks the messages from one address; `problem` is the last one found, kept until `clear`."""

    def __init__(self, heartbeat: Message) -> None:
        self.problem: IdentityProblem | None = None
        self._stack = heartbeat.autopilot
        self._type = heartbeat.type
        self._boot_ms: int | None = None
        self._jumped_back = False

    def receive(self, message: Message) -> IdentityProblem | None:
        """Return the problem that this message shows, None where there is none or it is known already."""
        if message.name == "HEARTBEAT":
            return self._check_type(message)
        if message.name in ("GLOBAL_POSITION_INT", "ATTITUDE", "SYSTEM_TIME"):
            return self._check_boot_time(message.time_boot_ms)
        return None

    def clear(self) -> None:
        """Forget the problem, once the operator has checked it."""
        self.problem = None

    def _check_type(self, message: Message) -> IdentityProblem | None:
        if message.autopilot == self._stack and _same_type(message.type, self._type):
            return None
        return self._report(
            IdentityProblem(
                f"a {_vehicle(message.autopilot, message.type)} sends heartbeats with the system id of the "
                f"{_vehicle(self._stack, self._type)}"
            )
        )

    def _check_boot_time(self, boot_ms: int) -> IdentityProblem | None:
        before, self._boot_ms = self._boot_ms, boot_ms
        if before is None:
            return None
        if boot_ms < before - _JUMP_MS:
            again, self._jumped_back = self._jumped_back, True
            if again:
                return self._report(IdentityProblem(_TWO_CLOCKS))
            return self._report(
                IdentityProblem("the autopilot restarted: its time since boot began again", restarted=True)
            )
        if self._jumped_back and boot_ms > before + _JUMP_MS:
            return self._report(IdentityProblem(_TWO_CLOCKS))
        return None

    def _report(self, problem: IdentityProblem) -> IdentityProblem | None:
        if problem == self.problem:
            return None
        self.problem = problem
        return problem


def _vehicle(stack: int, mav_type: int) -> str:
    """Return the names of MAV_AUTOPILOT and MAV_TYPE."""
    return f"{describe('MAV_AUTOPILOT', stack)} {describe('MAV_TYPE', mav_type)}"


def _same_type(one: int, two: int) -> bool:
    """Compare MAV_TYPEs; PX4 and ArduPilot may send GENERIC until they know their airframe."""
    return one == two or MAV_TYPE.GENERIC in (one, two)
