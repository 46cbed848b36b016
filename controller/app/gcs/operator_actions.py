"""Commands of the live view: a key selects one, `y` within five seconds confirms it, any other key cancels it.

No single key sends a command. The confirmation is another key, because a key held down repeats itself.
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
class OperatorAction:
    """A command to the aircraft: its key is the first letter of `name`, `question` is what the operator confirms."""

    name: str
    question: str
    run: Callable[[Vehicle], Awaitable[str | None]]
    """Sends the command and returns a remark on the result, or None."""

    @property
    def key(self) -> str:
        """Key that selects the action."""
        return self.name[0]


def actions(plan: Plan | None = None) -> dict[str, OperatorAction]:
    """Return the actions by their keys; with a plan there is also one that uploads it."""
    upload = (
        OperatorAction(
            "upload",
            f"upload {Path(plan.path).name} ({len(plan.items)} items) to the aircraft",
            lambda vehicle: gcs_mission.upload(vehicle, plan),
        )
        if plan is not None
        else None
    )
    found = (
        OperatorAction("arm", "arm the motors", _without_remark(Vehicle.arm)),
        OperatorAction("disarm", "disarm (on the ground only)", _without_remark(Vehicle.disarm)),
        OperatorAction(
            "take off",
            f"take off to {TAKEOFF_M:g} m",
            _without_remark(lambda vehicle: vehicle.takeoff(TAKEOFF_M)),
        ),
        upload,
        OperatorAction("mission", "arm and fly the mission on board", gcs_mission.start),
        OperatorAction("pause", "stop and hold position", _without_remark(Vehicle.pause)),
        OperatorAction("resume", "continue the mission", _without_remark(Vehicle.resume)),
        OperatorAction("home", "return home and land", _without_remark(Vehicle.return_home)),
        OperatorAction("land", "land at the present position", _without_remark(Vehicle.land)),
    )
    return {action.key: action for action in found if action is not None}


def _without_remark(
    command: Callable[[Vehicle], Awaitable[None]],
) -> Callable[[Vehicle], Awaitable[str | None]]:
    async def run(vehicle: Vehicle) -> None:
        await command(vehicle)

    return run


class KeyConfirmation:
    """Turns key presses into confirmed keys; `keys` are the keys that need a confirmation."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._waiting = ""
        self._until_s = 0.0

    def press(self, key: str, now: float) -> str | None:
        """Return the waiting key if `key` confirms it, else None."""
        waiting = self.waiting(now)
        self._waiting = ""
        if key == CONFIRM:
            return waiting or None
        if key in self._keys:
            self._waiting, self._until_s = key, now + CONFIRM_S
        return None

    def waiting(self, now: float) -> str:
        """Return the key that waits for its confirmation, "" for none."""
        return self._waiting if self._waiting and now <= self._until_s else ""

    def left_s(self, now: float) -> float:
        """Return for how many more seconds it waits."""
        return max(0.0, self._until_s - now)
