"""The aircraft heard, learned from the heartbeats of their autopilots: address, whether armed, and how long silent.

An aircraft has a place from its first heartbeat that the rules let down until it has been silent for ten minutes. With every
place taken a new one takes that of the longest silent aircraft that was disarmed when last heard; if none has been silent
for ten seconds it is left out, which `unlisted` says.
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
    """Place `i` is free while `systems[i]` is 0, which no aircraft has."""

    def __init__(self) -> None:
        self.systems = bytearray(MAX_AIRCRAFT)
        self.components = bytearray(MAX_AIRCRAFT)
        self.armed = bytearray(MAX_AIRCRAFT)
        self.silent_s = [0] * MAX_AIRCRAFT
        self.unlisted = 0  # system of an aircraft that found no place, until one does
        self._second_ms = 0
        self._started = False

    def heartbeat(self, view: View) -> None:
        """A HEARTBEAT that came down. Those of cameras, gimbals, companions, radios and ground stations are not aircraft."""
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
                return  # a second one on board: the first is the one that is commanded
            self.components[i] = component
        self.armed[i] = 1 if view.u8(6) & _SAFETY_ARMED else 0
        self.silent_s[i] = 0

    def tick(self, now_ms: int) -> None:
        """Let time pass, a second at a time."""
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
        """Its place, -1 if it has none."""
        for i in range(MAX_AIRCRAFT):
            if self.systems[i] == system:
                return i
        return -1

    def in_contact(self, system: int) -> bool:
        i = self.place(system)
        return i >= 0 and self.silent_s[i] < CONTACT_S

    def is_armed(self, system: int) -> bool:
        """As far as is known."""
        i = self.place(system)
        return i >= 0 and self.armed[i] == 1

    def any_armed(self) -> bool:
        return any(self.armed)  # asked each turn, so nothing may be allocated

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
