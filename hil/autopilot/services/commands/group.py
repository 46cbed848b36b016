"""Base class of the groups of commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from hil.autopilot.commander import Commander, CommanderResult
from hil.autopilot.services.commands.results import ACCEPTED
from hil.autopilot.services.commands.vehicle_command import VehicleCommand
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext

Handler = Callable[[VehicleCommand], int]


class CommandGroup(ABC):
    """Handlers of related commands on one vehicle; each returns a MAV_RESULT."""

    def __init__(self, vehicle: VehicleContext, commander: Commander, stack: AutopilotStack) -> None:
        self._vehicle, self._commander, self._stack = vehicle, commander, stack
        self._not_now = stack.results.not_now

    @abstractmethod
    def handlers(self) -> Mapping[int, Handler]:
        """Return the handlers by MAV_CMD."""

    def _result(self, result: CommanderResult) -> int:
        return ACCEPTED if result.ok else self._not_now

    def _change_mode(self, name: str) -> int:
        return self._result(self._commander.change_mode(self._stack.modes.named(name)))
