"""Detects that a second vehicle uses the same system id, or that the autopilot restarted.

Two vehicles with one system id look like one vehicle whose type changes, or whose time since boot jumps back
and forth. A command for one of them would move the other, so none is sent while the problem lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.wire.enums import MAV_TYPE, describe
from controller.wire.message import Message

_JUMP_S = 5.0
# Stamps of one autopilot that arrive late over a slow link, and the drift of its clock.
_SAME_CLOCK_S = 10.0
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
        self._last: tuple[float, float] | None = None
        """Time since boot and when it arrived, both in seconds."""
        self._before_jump: tuple[float, float] | None = None

    def receive(self, message: Message, now: float) -> IdentityProblem | None:
        """Return the problem that this message, received at `now`, shows; None where it shows none or a known one."""
        if message.name == "HEARTBEAT":
            return self._check_type(message)
        if message.name in ("GLOBAL_POSITION_INT", "ATTITUDE", "SYSTEM_TIME"):
            return self._check_boot_time(message.time_boot_ms / 1e3, now)
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

    def _check_boot_time(self, boot_s: float, now: float) -> IdentityProblem | None:
        last, self._last = self._last, (boot_s, now)
        if last is None:
            return None
        step_s = boot_s - last[0]
        if step_s < -_JUMP_S:
            self._before_jump = last
            return self._report(
                IdentityProblem("the autopilot restarted: its time since boot began again", restarted=True)
            )
        # A restarted aircraft that was not heard for a while jumps ahead too, but not back to its clock of before.
        if step_s > now - last[1] + _JUMP_S and self._is_clock_before_jump(boot_s, now):
            return self._report(IdentityProblem(_TWO_CLOCKS))
        return None

    def _is_clock_before_jump(self, boot_s: float, now: float) -> bool:
        if self._before_jump is None:
            return False
        before_s, at_s = self._before_jump
        return abs(boot_s - before_s - (now - at_s)) < _SAME_CLOCK_S

    def _report(self, problem: IdentityProblem) -> IdentityProblem | None:
        """Keep and return a problem; each restart is one, and none ends the sign of another vehicle."""
        if problem == self.problem and not problem.restarted:
            return None
        if self.problem is None or self.problem.restarted or not problem.restarted:
            self.problem = problem
        return problem


def _vehicle(stack: int, mav_type: int) -> str:
    """Return the names of MAV_AUTOPILOT and MAV_TYPE."""
    return f"{describe('MAV_AUTOPILOT', stack)} {describe('MAV_TYPE', mav_type)}"


def _same_type(one: int, two: int) -> bool:
    """Compare MAV_TYPEs; PX4 and ArduPilot may send GENERIC until they know their airframe."""
    return one == two or MAV_TYPE.GENERIC in (one, two)
