"""Commands of the live view: a key selects one, `y` within five seconds confirms it, any other key cancels it.

No single key sends a command. The confirmation is another key, because a key held down repeats itself. Some commands
take a value: it is typed and ended with Enter before the question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.app.gcs import mission as gcs_mission
from controller.app.gcs import orders, typed_values
from controller.app.gcs.orders import Order
from controller.missions.plan import Plan
from controller.vehicle.vehicle import Vehicle

CONFIRM = "y"
LEAVE, LEAVE_NAME = "q", "quit"
HELP, HELP_NAME = "?", "? help"
NEXT, NEXT_NAME = "n", "next aircraft"
CONFIRM_S = 5.0


@dataclass(frozen=True, slots=True)
class ValueAction:
    """A command with a value that the operator types; its key is the first letter of `title`."""

    title: str
    summary: str
    prompt: Callable[[Vehicle], str]
    """Returns the text in front of the typed value."""
    parse: Callable[[str, Vehicle], Order]
    """Returns the order with the typed value. Raises UserError or SafetyRefused for a value that cannot be sent."""

    @property
    def key(self) -> str:
        """Key that selects the action."""
        return self.title[0]


def actions(plan: Plan | None = None) -> dict[str, Order | ValueAction]:
    """Return the actions by their keys; with a plan there is also one that uploads it."""
    upload = (
        orders.upload(
            Path(plan.path).name, len(plan.items), lambda vehicle: gcs_mission.upload(vehicle, plan)
        )
        if plan is not None
        else None
    )
    found = (
        orders.arm(),
        orders.disarm(),
        ValueAction("take off", "take off to a height", typed_values.takeoff_prompt, _takeoff),
        upload,
        orders.start_mission(),
        orders.pause(),
        orders.resume(),
        ValueAction(
            "go to", "fly to a position or a height, and hold there", typed_values.goto_prompt, _goto
        ),
        ValueAction("speed", "change the speed", typed_values.speed_prompt, _speed),
        ValueAction("flight mode", "change the flight mode", typed_values.mode_prompt, orders.mode),
        orders.return_home(),
        orders.land(),
    )
    return {action.key: action for action in found if action is not None}


def help_lines(known: dict[str, Order | ValueAction]) -> list[tuple[str, str]]:
    """Return each key with the command that it selects."""
    rows = [
        (key, action.summary if isinstance(action, ValueAction) else action.words)
        for key, action in known.items()
    ]
    return [
        *rows,
        (LEAVE, "quit; the aircraft stays as it is, and the record is closed (also Ctrl-C)"),
        (NEXT, "select the next aircraft, where the links carry several; commands go to the selected one"),
        (HELP, "show or hide this list (Esc also hides it)"),
        (CONFIRM, f"confirm a command within {CONFIRM_S:g} s; any other key cancels it"),
    ]


def _takeoff(typed: str, vehicle: Vehicle) -> Order:
    return orders.takeoff(typed_values.takeoff_height(typed, vehicle))


def _goto(typed: str, vehicle: Vehicle) -> Order:
    return orders.goto(*typed_values.target(typed, vehicle), vehicle)


def _speed(typed: str, vehicle: Vehicle) -> Order:
    return orders.speed(typed_values.speed(typed, vehicle))


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
