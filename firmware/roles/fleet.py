"""List of aircraft, from the heartbeats of their autopilots: ids, armed state and time since the last heartbeat.

An aircraft is listed from its first permitted heartbeat until ten minutes after its last. In a full list, a new
aircraft replaces the disarmed one that has been silent for the longest time, at least ten seconds; else `unlisted`
holds its system.
"""

from firmware.core.ticks import diff
from firmware.mavlite.frame import View

MAX_AIRCRAFT = 8
CONTACT_S = 5
REPLACEABLE_AFTER_S = 10
FORGET_AFTER_S = 600
AUTOPILOT = 1  # MAV_COMP_ID_AUTOPILOT1
_GENERIC = 0
_AUTOPILOT_INVALID = 8
_TYPE_GCS = 6
_SAFETY_ARMED = 128


class Fleet:
    """Aircraft by place; place `i` is free while `systems[i]` is 0."""

    def __init__(self) -> None:
        self.systems = bytearray(MAX_AIRCRAFT)
        self.components = bytearray(MAX_AIRCRAFT)
        self.armed = bytearray(MAX_AIRCRAFT)
        self.silent_s = [0] * MAX_AIRCRAFT
        self.unlisted = 0  # system of an aircraft that found no place, else 0
        self._second_ms = 0
        self._started = False

    def heartbeat(self, view: View) -> None:
        """Handle a downlink HEARTBEAT; those of cameras, gimbals, companions, radios and ground stations are
        ignored.
        """
        autopilot, system, component = view.u8(5), view.system, view.component
        if autopilot == _AUTOPILOT_INVALID or view.u8(4) == _TYPE_GCS or system == 0:
            return
        if component != AUTOPILOT and autopilot == _GENERIC:
            return
        i = self.place(system)
        if i < 0:
            i = self._free_place()
            if i < 0:
                self.unlisted = system
                return
            self.unlisted = 0
            self.systems[i] = system
            self.components[i] = component
        elif component != self.components[i]:
            if component != AUTOPILOT:
                return  # a second autopilot on board: commands go to the first
            self.components[i] = component
        self.armed[i] = 1 if view.u8(6) & _SAFETY_ARMED else 0
        self.silent_s[i] = 0

    def tick(self, now_ms: int) -> None:
        """Count the seconds of silence."""
        if not self._started:
            self._started = True
            self._second_ms = now_ms
        if 0 <= diff(now_ms, self._second_ms) < 1000:
            return
        self._second_ms = now_ms
        for i in range(MAX_AIRCRAFT):
            if self.systems[i]:
                self.silent_s[i] += 1
                if self.silent_s[i] >= FORGET_AFTER_S:
                    self._clear(i)

    def place(self, system: int) -> int:
        """Return the place of a system, -1 if it is not listed."""
        for i in range(MAX_AIRCRAFT):
            if self.systems[i] == system:
                return i
        return -1

    def in_contact(self, system: int) -> bool:
        i = self.place(system)
        return i >= 0 and self.silent_s[i] < CONTACT_S

    def is_armed(self, system: int) -> bool:
        """Whether its last heartbeat reported armed."""
        i = self.place(system)
        return i >= 0 and self.armed[i] == 1

    def any_armed(self) -> bool:
        return any(self.armed)  # called every turn: allocates nothing

    def _free_place(self) -> int:
        longest = -1
        for i in range(MAX_AIRCRAFT):
            if not self.systems[i]:
                return i
            if not self.armed[i] and self.silent_s[i] >= REPLACEABLE_AFTER_S:
                if longest < 0 or self.silent_s[i] > self.silent_s[longest]:
                    longest = i
        if longest >= 0:
            self._clear(longest)
        return longest

    def _clear(self, i: int) -> None:
        self.systems[i] = self.components[i] = self.armed[i] = 0
        self.silent_s[i] = 0
