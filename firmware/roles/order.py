"""One command to several aircraft, repeated until each has answered, never more often than stated."""

from firmware.core.ticks import diff
from firmware.mavlite.frame import View
from firmware.mavlite.pack import Packer
from firmware.roles.fleet import MAX_AIRCRAFT, Fleet

COMMAND_LONG = 76
REPEAT_MS = 500
TRIES = 10

_IDLE = 0
_OPEN = 1
_DONE = 2
_REFUSED = 3
_SILENT = 4


class Order:
    """COMMAND_LONG with `confirmation` counting the repetitions, so that the aircraft knows them for one command.

    An order is given once; `begin` again is a new order. `accepted`, `refused`, `unanswered` count aircraft.
    """

    def __init__(self) -> None:
        self.command = 0
        self._param1 = 0
        self._param2 = 0
        self._states = bytearray(MAX_AIRCRAFT)
        self._tries = 0
        self._last_ms = 0
        self.active = False
        self.accepted = 0
        self.refused = 0
        self.unanswered = 0

    def begin(self, command: int, param1: int, param2: int, fleet: Fleet, only_armed: bool) -> int:
        """Address every aircraft (or every armed one); returns how many."""
        self.command = command
        self._param1 = param1
        self._param2 = param2
        self._tries = 0
        self.accepted = self.refused = self.unanswered = 0
        count = 0
        for i in range(MAX_AIRCRAFT):
            wanted = i < fleet.count and (fleet.armed[i] or not only_armed)
            self._states[i] = _OPEN if wanted else _IDLE
            count += 1 if wanted else 0
        self.active = count > 0
        return count

    def due(self, now_ms: int) -> bool:
        """Whether the open ones should be sent (again) now."""
        return self.active and (self._tries == 0 or diff(now_ms, self._last_ms) >= REPEAT_MS)

    def is_open(self, i: int) -> bool:
        return self._states[i] == _OPEN

    def frame(self, i: int, fleet: Fleet, packer: Packer) -> View:
        """The command for aircraft `i`."""
        return packer.pack(
            COMMAND_LONG,
            "<fffffffHBBB",
            self._param1,
            self._param2,
            0,
            0,
            0,
            0,
            0,
            self.command,
            fleet.systems[i],
            fleet.components[i],
            self._tries,
        )

    def sent(self, now_ms: int) -> None:
        """All open ones have been sent."""
        self._last_ms = now_ms
        self._tries += 1
        if self._tries > TRIES:
            for i in range(MAX_AIRCRAFT):
                if self._states[i] == _OPEN:
                    self._states[i] = _SILENT
                    self.unanswered += 1
            self.active = False

    def answer(self, view: View, fleet: Fleet) -> None:
        """A COMMAND_ACK that came down. "In progress" counts as taken."""
        if not self.active or view.u16(0) != self.command:
            return
        result = view.u8(2)
        open_left = 0
        for i in range(fleet.count):
            if self._states[i] != _OPEN:
                continue
            if fleet.systems[i] != view.system:
                open_left += 1
            elif result in (0, 5):
                self._states[i] = _DONE
                self.accepted += 1
            elif result == 1:  # temporarily rejected: asked again
                open_left += 1
            else:
                self._states[i] = _REFUSED
                self.refused += 1
        if not open_left:
            self.active = False
