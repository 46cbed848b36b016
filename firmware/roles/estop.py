"""Two inputs that command aircraft by hand: the emergency stop, and a button that has to be held to confirm.

Promises: an input acts only after it has been held for `hold_ms` without a break (a spike or a bump does nothing), and once a
press; while it is held and has not acted, `confirming` says so, for a light. The emergency stop commands every aircraft; its
commands go past queues, budgets, rules and a locked firewall, over every radio, until each has answered; while it is held, as a
latching one is, they go to every aircraft that is first heard then, too, and the dead-man orders nothing. The button brings
the armed ones home (or lands them); it obeys the rules, and does nothing while the stop is held or not yet answered. Either
takes the place of what the dead-man has ordered or would order.
"""

from firmware.core.ticks import clamp_past, diff
from firmware.roles.fleet import Fleet
from firmware.roles.fleet_command import FleetCommand

# What to do, and its COMMAND_LONG: number, param1, param2. 21196 disarms in flight (MAV_CMD_COMPONENT_ARM_DISARM).
COMMANDS = {
    "terminate": (185, 1, 0),
    "disarm": (400, 0, 21196),
    "land": (21, 0, 0),
    "return": (20, 0, 0),
}


class HeldInput:
    """`only_armed`: the others are left alone."""

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
        """The state of the input now; True when this made it act."""
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
        """It has acted and is held still, as a latching stop is."""
        return self._acted

    def confirming(self) -> bool:
        """Held, but not yet long enough."""
        return self.is_down and not self._acted
