"""The emergency stop: an input that commands every aircraft to stop, whatever else is going on.

Promises: it acts only after the input has been held for `hold_ms` without a break (a spike or a bump does nothing); it acts once
a press; its commands go past queues, budgets, rules and a locked firewall, over every radio, until each aircraft has answered.
"""

from firmware.core.ticks import diff
from firmware.roles.fleet import Fleet
from firmware.roles.order import Order

# What to do, and its COMMAND_LONG: number, param1, param2. 21196 disarms in flight (MAV_CMD_COMPONENT_ARM_DISARM).
COMMANDS = {
    "terminate": (185, 1, 0),
    "disarm": (400, 0, 21196),
    "land": (21, 0, 0),
    "return": (20, 0, 0),
}


class EmergencyStop:
    def __init__(self, action: str, hold_ms: int) -> None:
        self.order = Order()
        self.hold_ms = hold_ms
        self.presses = 0
        self.addressed = 0  # aircraft, at the last press
        self._command = COMMANDS[action]
        self._down = False
        self._acted = False
        self._since_ms = 0

    def input(self, pressed: bool, now_ms: int, fleet: Fleet) -> bool:
        """The state of the input now; True when this made the stop act."""
        if not pressed:
            self._down = self._acted = False
            return False
        if not self._down:
            self._down = True
            self._since_ms = now_ms
        if self._acted or diff(now_ms, self._since_ms) < self.hold_ms:
            return False
        self._acted = True
        self.presses += 1
        command, param1, param2 = self._command
        self.addressed = self.order.begin(command, param1, param2, fleet, False)
        return True

    def confirming(self) -> bool:
        """Held, but not yet long enough."""
        return self._down and not self._acted
