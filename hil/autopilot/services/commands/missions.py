"""Commands for the mission: start, pause, current item, landing sequence."""

from __future__ import annotations

import math
from collections.abc import Mapping

from controller.wire.enums import MAV_CMD
from hil.autopilot.services.commands.group import CommandGroup, Handler
from hil.autopilot.services.commands.results import ACCEPTED, DENIED, FAILED, UNSUPPORTED
from hil.autopilot.services.commands.vehicle_command import VehicleCommand
from hil.autopilot.stacks.modes import ModeKind

PAUSE, CONTINUE = 0.0, 1.0  # DO_PAUSE_CONTINUE
KEEP_ITEM = -1.0  # DO_SET_MISSION_CURRENT


class MissionCommands(CommandGroup):
    """Flight by the stored mission."""

    def handlers(self) -> Mapping[int, Handler]:
        handlers: dict[int, Handler] = {
            MAV_CMD.DO_LAND_START: self._start_landing,
            MAV_CMD.MISSION_START: self._start,
        }
        if self._stack.supports_pause:
            handlers[MAV_CMD.DO_PAUSE_CONTINUE] = self._pause_or_continue
        if self._stack.supports_set_item:
            handlers[MAV_CMD.DO_SET_MISSION_CURRENT] = self._select_item
        return handlers

    def _start(self, command: VehicleCommand) -> int:
        commander, stack = self._commander, self._stack
        first, last = command.params[:2]
        if not commander.navigator.valid:
            return stack.results.no_mission
        if stack.start_selects_item:
            chosen = math.isfinite(first) and first > 0
            if chosen and not commander.navigator.select(int(first)):
                return DENIED
        elif first or last:
            return DENIED
        if not commander.change_mode(stack.modes.named(stack.mission_mode)).ok:
            return self._not_now
        if self._vehicle.armed and commander.navigator.item is None:
            commander.start_mission()
        return ACCEPTED

    def _start_landing(self, command: VehicleCommand) -> int:  # noqa: ARG002
        """Continue the mission at its first DO_LAND_START item."""
        navigator = self._commander.navigator
        items = enumerate(navigator.items)
        start = next((seq for seq, item in items if item.command == MAV_CMD.DO_LAND_START), None)
        if not self._stack.supports_land_start:
            return UNSUPPORTED
        if start is None or not navigator.select(start):
            return FAILED
        return self._change_mode(self._stack.mission_mode)

    def _pause_or_continue(self, command: VehicleCommand) -> int:
        commander, action = self._commander, command.params[0]
        if action not in (PAUSE, CONTINUE):
            return DENIED
        if commander.mode.kind is ModeKind.GUIDED:
            if action == PAUSE:
                commander.guided.fly(self._vehicle, (0.0, 0.0, 0.0))
                commander.use_guided()
            return ACCEPTED
        return self._result(commander.pause_mission() if action == PAUSE else commander.continue_mission())

    def _select_item(self, command: VehicleCommand) -> int:
        seq, reset = command.params[:2]
        if not math.isfinite(seq) or seq < KEEP_ITEM:
            return DENIED
        navigator = self._commander.navigator
        if reset > 0.5:
            navigator.reset()
        if seq == KEEP_ITEM:
            return ACCEPTED
        return ACCEPTED if navigator.select(int(seq)) else FAILED
