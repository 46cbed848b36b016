"""Commands of the live view: a key selects one, `y` within five seconds confirms it, any other key cancels it.

No single key sends a command. The confirmation is another key, because a key held down repeats itself. Some commands
take a value: it is typed and ended with Enter before the question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from controller.app.gcs import mission as gcs_mission
from controller.app.gcs import typed_values
from controller.missions.plan import Plan
from controller.vehicle.vehicle import Vehicle

CONFIRM = "y"
LEAVE, LEAVE_NAME = "q", "quit"
HELP, HELP_NAME = "?", "? help"
NEXT, NEXT_NAME = "n", "next aircraft"
CONFIRM_S = 5.0


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


@dataclass(frozen=True, slots=True)
class ValueAction:
    """A command with a value that the operator types; its key is the first letter of `name`."""

    name: str
    summary: str
    prompt: Callable[[Vehicle], str]
    """Returns the text in front of the typed value."""
    parse: Callable[[str, Vehicle], OperatorAction]
    """Returns the action with the typed value. Raises UserError or SafetyRefused for a value that cannot be sent."""

    @property
    def key(self) -> str:
        """Key that selects the action."""
        return self.name[0]


def actions(plan: Plan | None = None) -> dict[str, OperatorAction | ValueAction]:
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
        ValueAction("take off", "take off to a height", typed_values.takeoff_prompt, _takeoff),
        upload,
        OperatorAction("mission", "arm and fly the mission on board", gcs_mission.start),
        OperatorAction("pause", "stop and hold position", _without_remark(Vehicle.pause)),
        OperatorAction("resume", "continue the mission", _without_remark(Vehicle.resume)),
        ValueAction(
            "go to", "fly to a position or a height, and hold there", typed_values.goto_prompt, _goto
        ),
        ValueAction("speed", "change the speed", typed_values.speed_prompt, _speed),
        ValueAction("flight mode", "change the flight mode", typed_values.mode_prompt, _mode),
        OperatorAction("home", "return home and land", _without_remark(Vehicle.return_home)),
        OperatorAction("land", "land at the present position", _without_remark(Vehicle.land)),
    )
    return {action.key: action for action in found if action is not None}


def help_lines(known: dict[str, OperatorAction | ValueAction]) -> list[tuple[str, str]]:
    """Return each key with the command that it selects."""
    rows = [
        (key, action.summary if isinstance(action, ValueAction) else action.question)
        for key, action in known.items()
    ]
    return [
        *rows,
        (LEAVE, "quit; the aircraft stays as it is, and the record is closed (also Ctrl-C)"),
        (NEXT, "select the next aircraft, where the links carry several; commands go to the selected one"),
        (HELP, "show or hide this list (Esc also hides it)"),
        (CONFIRM, f"confirm a command within {CONFIRM_S:g} s; any other key cancels it"),
    ]


def _takeoff(typed: str, vehicle: Vehicle) -> OperatorAction:
    alt_m = typed_values.takeoff_height(typed, vehicle)
    return OperatorAction(
        "take off", f"take off to {alt_m:g} m", _without_remark(lambda to: to.takeoff(alt_m))
    )


def _goto(typed: str, vehicle: Vehicle) -> OperatorAction:
    lat_deg, lon_deg, alt_m = typed_values.target(typed, vehicle)
    far = typed_values.from_here(lat_deg, lon_deg, vehicle)
    return OperatorAction(
        "go to",
        f"fly to {lat_deg:.6f}, {lon_deg:.6f} at {alt_m:g} m{far} and hold there",
        _without_remark(lambda to: to.goto(lat_deg, lon_deg, alt_m)),
    )


def _speed(typed: str, vehicle: Vehicle) -> OperatorAction:
    speed_m_s = typed_values.speed(typed, vehicle)
    return OperatorAction(
        "speed", f"fly at {speed_m_s:g} m/s", _without_remark(lambda to: to.set_speed(speed_m_s))
    )


def _mode(typed: str, vehicle: Vehicle) -> OperatorAction:
    mode = typed_values.mode(typed, vehicle)
    return OperatorAction(
        "flight mode", f"change the flight mode to {mode}", _without_remark(lambda to: to.set_mode(mode))
    )


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
            self.ask(key, now)
        return None

    def ask(self, key: str, now: float) -> None:
        """Wait for the confirmation of `key`."""
        self._waiting, self._until_s = key, now + CONFIRM_S

    def waiting(self, now: float) -> str:
        """Return the key that waits for its confirmation, "" for none."""
        return self._waiting if self._waiting and now <= self._until_s else ""

    def left_s(self, now: float) -> float:
        """Return for how many more seconds it waits."""
        return max(0.0, self._until_s - now)
