"""The few commands of the live view: a key names one, `y` within five seconds confirms it, any other key drops it.

Nothing is sent by one key alone. The second key is another one because a key held down repeats itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from controller.app.gcs import mission as gcs_mission
from controller.missions.plan import Plan
from controller.vehicle.vehicle import Vehicle

CONFIRM = "y"
LEAVE, LEAVE_NAME = "q", "quit"
CONFIRM_S = 5.0
TAKEOFF_M = 10.0


@dataclass(frozen=True, slots=True)
class Action:
    """What a key asks of the aircraft; the key is the first letter of `name`, `question` is what the operator confirms."""

    name: str
    question: str
    do: Callable[[Vehicle], Awaitable[str | None]]
    """Returns what there is to tell beside that it is done."""

    @property
    def key(self) -> str:
        return self.name[0]


def actions(plan: Plan | None = None) -> dict[str, Action]:
    """All of them by their keys; with a plan also the one that sends it."""
    upload = (
        Action(
            "upload",
            f"send {Path(plan.path).name} ({len(plan.items)} items) to the aircraft",
            lambda vehicle: gcs_mission.send(vehicle, plan),
        )
        if plan is not None
        else None
    )
    found = (
        Action("arm", "arm the motors", _quiet(Vehicle.arm)),
        Action("disarm", "disarm (on the ground only)", _quiet(Vehicle.disarm)),
        Action("take off", f"take off to {TAKEOFF_M:g} m", _quiet(lambda to: to.takeoff(TAKEOFF_M))),
        upload,
        Action("mission", "arm and fly the mission on board", gcs_mission.start),
        Action("pause", "stop and hold here", _quiet(Vehicle.pause)),
        Action("resume", "go on with the mission", _quiet(Vehicle.resume)),
        Action("home", "return home and land", _quiet(Vehicle.return_home)),
        Action("land", "land here", _quiet(Vehicle.land)),
    )
    return {action.key: action for action in found if action is not None}


def _quiet(order: Callable[[Vehicle], Awaitable[None]]) -> Callable[[Vehicle], Awaitable[str | None]]:
    async def do(vehicle: Vehicle) -> None:
        await order(vehicle)

    return do


class Confirm:
    """Turns key presses into confirmed keys: `keys` are those that may be confirmed."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._waiting = ""
        self._until_s = 0.0

    def press(self, key: str, now: float) -> str | None:
        """The key that `key` confirms, or None."""
        waiting = self.waiting(now)
        self._waiting = ""
        if key == CONFIRM:
            return waiting or None
        if key in self._keys:
            self._waiting, self._until_s = key, now + CONFIRM_S
        return None

    def waiting(self, now: float) -> str:
        """The key that waits to be confirmed, "" for none."""
        return self._waiting if self._waiting and now <= self._until_s else ""

    def left_s(self, now: float) -> float:
        """How long it still waits."""
        return max(0.0, self._until_s - now)
