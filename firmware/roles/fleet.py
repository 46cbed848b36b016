"""The aircraft heard, learned from their heartbeats: number, and whether armed."""

from firmware.mavlite.frame import View

MAX_AIRCRAFT = 8
_AUTOPILOT_INVALID = 8
_SAFETY_ARMED = 128


class Fleet:
    def __init__(self) -> None:
        self.systems = bytearray(MAX_AIRCRAFT)
        self.components = bytearray(MAX_AIRCRAFT)
        self.armed = bytearray(MAX_AIRCRAFT)
        self.count = 0

    def heartbeat(self, view: View) -> None:
        """A HEARTBEAT that came down. Those of cameras, radios and the like are not aircraft."""
        if view.u8(5) == _AUTOPILOT_INVALID:
            return
        system = view.system
        i = 0
        while i < self.count and self.systems[i] != system:
            i += 1
        if i == self.count:
            if i == MAX_AIRCRAFT:
                return
            self.count += 1
            self.systems[i] = system
            self.components[i] = view.component
        self.armed[i] = 1 if view.u8(6) & _SAFETY_ARMED else 0

    def any_armed(self) -> bool:
        return any(self.armed[i] for i in range(self.count))
