"""Keyboard of the operator as a machine without I/O: keys in, the operator's decision out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from controller.app.gcs.display_state import SILENT_S
from controller.app.gcs.line_entry import ESCAPE, LineEntry
from controller.app.gcs.operator_actions import (
    HELP,
    HELP_NAME,
    LEAVE,
    LEAVE_NAME,
    NEXT,
    NEXT_NAME,
    KeyConfirmation,
    ValueAction,
    help_lines,
)
from controller.app.gcs.orders import Order
from controller.errors import LandlineError
from controller.vehicle.vehicle import Vehicle

NO_AIRCRAFT = "no aircraft was found"


@dataclass(frozen=True, slots=True)
class Run:
    """The operator has confirmed an order."""

    order: Order


@dataclass(frozen=True, slots=True)
class Leave:
    """The operator quits."""


@dataclass(frozen=True, slots=True)
class Next:
    """The operator selects the next aircraft."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question waits for the operator: a confirmation, or a value to type."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """An action cannot be sent, for this reason."""

    text: str


Decision: TypeAlias = Run | Leave | Next | Ask | Refuse | None


class OperatorInput:
    """State of the keyboard: the question that waits, the value that is typed, the help that is shown.

    Times are seconds of one clock; `vehicle` is the selected aircraft, None before there is one, and `aircraft()`
    returns all of them: quitting leaves every one as it is.
    """

    def __init__(
        self, actions: dict[str, Order | ValueAction], aircraft: Callable[[], Sequence[Vehicle]] = tuple
    ) -> None:
        self._actions = actions
        self._aircraft = aircraft
        at_once = {key for key, action in actions.items() if isinstance(action, Order)}
        self._confirmation = KeyConfirmation(frozenset({*at_once, LEAVE}))
        self._chosen: Order | None = None
        self._entry: tuple[ValueAction, Vehicle, LineEntry] | None = None
        self._help = False

    def press(self, key: str, now: float, vehicle: Vehicle | None) -> Decision:
        """Process a key press, or pasted text (see `line_entry.PASTE`)."""
        if self._entry is not None:
            return self._type(key, now)
        if key == LEAVE and not any(one.state.armed for one in self._aircraft()):
            return Leave()
        confirmed = self._confirmation.press(key, now)
        action = self._actions.get(key)
        if confirmed == LEAVE:
            return Leave()
        if confirmed is not None:
            return Run(self._chosen) if self._chosen is not None else None
        if key == HELP:
            self._help = not self._help
        elif key == ESCAPE:
            self._help = False
        elif key == NEXT:
            return Next()
        elif isinstance(action, ValueAction):
            return self._begin_entry(action, now, vehicle)
        elif self._confirmation.waiting(now):
            self._chosen = action
            return self._ask(key, now, vehicle)
        return None

    def interrupt(self, now: float, vehicle: Vehicle | None) -> Decision:
        """Process Ctrl-C: it asks while an aircraft is armed, as the quit key does; a second one leaves."""
        self._entry = None
        if self._confirmation.waiting(now) == LEAVE:
            return Leave()
        return self.press(LEAVE, now, vehicle)

    def _begin_entry(self, action: ValueAction, now: float, vehicle: Vehicle | None) -> Decision:
        if vehicle is None:
            return Refuse(not_connected(action.title))
        self._entry = (action, vehicle, LineEntry(now))
        return Ask(f"{action.prompt(vehicle)}:", action.key)

    def _type(self, key: str, now: float) -> Decision:
        assert self._entry is not None
        action, vehicle, entry = self._entry
        entry.press(key, now)
        if entry.cancelled or entry.done:
            self._entry = None
        if not entry.done:
            return None
        try:
            self._chosen = action.parse(entry.text, vehicle)
        except LandlineError as error:
            return Refuse(f"{action.title}: {error}")
        self._confirmation.ask(action.key, now)
        return self._ask(action.key, now, vehicle)

    def _ask(self, key: str, now: float, vehicle: Vehicle | None) -> Ask:
        return Ask(f"{self.question(now, vehicle)}?  y = yes, any other key = no", key)

    # Display

    def question(self, now: float, vehicle: Vehicle | None) -> str:
        """Return the question that waits for its confirmation, "" for none."""
        waiting = self._confirmation.waiting(now)
        if waiting == LEAVE:
            left = describe_left(self._aircraft(), armed_only=True)
            return f"aircraft: {left}; it stays so. Quit"
        if not waiting or self._chosen is None:
            return ""
        named = f"{vehicle}: " if vehicle is not None and len(self._aircraft()) > 1 else ""
        return f"{named}{self._chosen.words}"

    def left_s(self, now: float) -> float:
        """Return for how many more seconds the question waits."""
        return self._confirmation.left_s(now) if self._confirmation.waiting(now) else 0.0

    def entry(self, now: float) -> str:
        """Return the prompt and the value typed so far, "" while none is typed."""
        if self._entry is None:
            return ""
        action, vehicle, line = self._entry
        return "" if line.expired(now) else f"{action.prompt(vehicle)}: {line.text}"

    @property
    def keys(self) -> list[str]:
        """Names of the actions; the first letter of each is its key."""
        return [*(action.title for action in self._actions.values()), NEXT_NAME, LEAVE_NAME, HELP_NAME]

    @property
    def help_lines(self) -> Sequence[tuple[str, str]]:
        """Keys with their actions, while the help is shown."""
        return help_lines(self._actions) if self._help else ()


def describe_left(aircraft: Sequence[Vehicle], *, armed_only: bool = False) -> str:
    """Describe the state in which each aircraft is left, with the age of the telemetry where it has stopped.

    With several aircraft each is named; `armed_only` leaves out the disarmed ones.
    """
    if not aircraft:
        return NO_AIRCRAFT
    if len(aircraft) == 1:
        return _left(aircraft[0])
    shown = [one for one in aircraft if one.state.armed or not armed_only]
    return "; ".join(f"{one}: {_left(one)}" for one in shown)


def _left(vehicle: Vehicle) -> str:
    state = vehicle.state.describe()
    silent = vehicle.silent_s > SILENT_S
    return f"{state} (last telemetry {vehicle.silent_s:.0f} s ago)" if silent else state


def not_connected(name: str) -> str:
    """Return the reason why an action cannot be sent without an aircraft."""
    return f"{name}: cannot send: no aircraft connected; wait for a heartbeat"
