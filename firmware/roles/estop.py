"""Hardware inputs that command aircraft: the emergency stop and the return-or-land button.

Promises:
* An input triggers after it was held for `hold_ms` without interruption, once per press; shorter pulses do nothing.
  `confirming` is True while it is held and has not triggered, for a light.
* The emergency stop commands every aircraft. Its commands bypass queues, budgets, rules and a locked firewall, over
  every radio, until each aircraft has acknowledged. While it is held (latching switch), newly seen aircraft are
  commanded as well, and the dead-man commands nothing.
* The button returns (or lands) the armed aircraft. It obeys the rules, and does nothing while the stop is held or
  pending.
* Both replace the dead-man's commands.
"""

from firmware.core.ticks import clamp_past, diff
from firmware.roles.fleet import Fleet
from firmware.roles.fleet_command import FleetCommand

# Action -> COMMAND_LONG command, param1, param2. 21196 disarms in flight (MAV_CMD_COMPONENT_ARM_DISARM).
COMMANDS = {
    "terminate": (185, 1, 0),
    "disarm": (400, 0, 21196),
    "land": (21, 0, 0),
    "return": (20, 0, 0),
}


class HeldInput:
    """An input that triggers a command when held; with `only_armed`, only for armed aircraft."""

    def __init__(self, action: str, hold_ms: int, only_armed: bool) -> None:
        self.action = action
        self.fleet_command = FleetCommand()
        self.hold_ms = hold_ms
        self.presses = 0
        self.is_down = False
        self._only_armed = only_armed
        self._command = COMMANDS[action]
        self._acted = False
        self._since_ms = 0

    def input(self, pressed: bool, now_ms: int, fleet: Fleet) -> bool:
        """Update the input; return True if it triggered now."""
        if not pressed:
            self.is_down = self._acted = False
            return False
        if not self.is_down:
            self.is_down = True
            self._since_ms = now_ms
        self._since_ms = clamp_past(self._since_ms, now_ms, 2 * self.hold_ms + 1)
        if self._acted or diff(now_ms, self._since_ms) < self.hold_ms:
            return False
        self._acted = True
        self.presses += 1
        command, param1, param2 = self._command
        self.fleet_command.begin(command, param1, param2, fleet, self._only_armed)
        return True

    def holds(self) -> bool:
        """Whether it has triggered and is still held, as a latching switch."""
        return self._acted

    def confirming(self) -> bool:
        """Whether it is held but has not triggered yet."""
        return self.is_down and not self._acted
