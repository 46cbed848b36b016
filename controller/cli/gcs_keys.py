"""The few commands of the live view: a key, and the same key again within three seconds. Nothing is sent by one key alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controller.vehicle.vehicle import Vehicle

CONFIRM_S = 3.0
TAKEOFF_M = 10.0


@dataclass(frozen=True, slots=True)
class Action:
    """What a key asks of the aircraft; `question` is what the operator confirms."""

    key: str
    name: str
    question: str
    do: Callable[[Vehicle], Awaitable[None]]


ACTIONS: dict[str, Action] = {
    action.key: action
    for action in (
        Action("a", "arm", "arm the motors", lambda vehicle: vehicle.arm()),
        Action("d", "disarm", "disarm (only on the ground)", lambda vehicle: vehicle.disarm()),
        Action("t", "take off", f"take off to {TAKEOFF_M:g} m", lambda vehicle: vehicle.takeoff(TAKEOFF_M)),
        Action("m", "mission", "arm and start the mission on board", lambda vehicle: vehicle.mission.start()),
        Action("p", "pause", "stop and hold here", lambda vehicle: vehicle.pause()),
        Action("r", "resume", "go on with the mission", lambda vehicle: vehicle.resume()),
        Action("h", "home", "return home and land", lambda vehicle: vehicle.return_home()),
        Action("l", "land", "land here", lambda vehicle: vehicle.land()),
    )
}


class Confirm:
    """Turns key presses into confirmed keys. Another key, or three seconds, and the first is forgotten."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._waiting = ""
        self._until_s = 0.0

    def press(self, key: str, now: float) -> str | None:
        """The key, when this was its second press in time; otherwise None."""
        if key not in self._keys:
            self._waiting = ""
            return None
        if key == self._waiting and now <= self._until_s:
            self._waiting = ""
            return key
        self._waiting, self._until_s = key, now + CONFIRM_S
        return None

    def waiting(self, now: float) -> str:
        """The key that waits to be confirmed, "" for none."""
        return self._waiting if self._waiting and now <= self._until_s else ""
