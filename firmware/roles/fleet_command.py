"""One command to several aircraft, repeated until each has acknowledged, at a limited rate."""

from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import View
from firmware.mavlite.pack import Packer
from firmware.roles.fleet import MAX_AIRCRAFT, Fleet

COMMAND_LONG = 76
REPEAT_MS = 500
TRIES = 11

_IDLE = 0
_OPEN = 1
_DONE = 2
_REFUSED = 3
_SILENT = 4

ACKED_OK = (0, 5)  # MAV_RESULT: accepted, in progress
_TEMPORARILY_REJECTED = 1


class FleetCommand:
    """COMMAND_LONG to several aircraft; `confirmation` counts the repetitions, so that each counts as one command.

    `begin` starts a new command with fixed addressees, independent of later changes of the fleet. `addressed`,
    `accepted`, `refused` and `unanswered` count aircraft.
    """

    def __init__(self) -> None:
        self.command = 0
        self._param1 = 0
        self._param2 = 0
        self.systems = bytearray(MAX_AIRCRAFT)
        self._components = bytearray(MAX_AIRCRAFT)
        self._states = bytearray(MAX_AIRCRAFT)
        self._tries = bytearray(MAX_AIRCRAFT)
        self._began = False
        self._last_ms = 0
        self.active = False
        self.trying = False  # the last transmission reached an aircraft in contact
        self.addressed = 0
        self.accepted = 0
        self.refused = 0
        self.unanswered = 0

    def begin(self, command: int, param1: int, param2: int, fleet: Fleet, only_armed: bool) -> int:
        """Address every aircraft (or every armed one); return how many."""
        self.command = command
        self._param1 = param1
        self._param2 = param2
        self._began = False
        self.trying = True
        self.addressed = self.accepted = self.refused = self.unanswered = 0
        for i in range(MAX_AIRCRAFT):
            wanted = fleet.systems[i] != 0 and (fleet.armed[i] == 1 or not only_armed)
            self.systems[i] = fleet.systems[i]
            self._components[i] = fleet.components[i]
            self._states[i] = _OPEN if wanted else _IDLE
            self._tries[i] = 0
            self.addressed += 1 if wanted else 0
        self.active = self.addressed > 0
        return self.addressed

    def extend(self, fleet: Fleet) -> int:
        """Address aircraft listed since `begin` as well; return how many.

        An abandoned aircraft that is in contact again gets new tries; a forgotten one counts as new.
        """
        count = 0
        for i in range(MAX_AIRCRAFT):
            system = fleet.systems[i]
            if self._states[i] == _OPEN:
                continue
            if not system:
                self.systems[i] = 0
            elif system == self.systems[i]:
                if self._states[i] == _SILENT and fleet.in_contact(system):
                    self._states[i] = _OPEN
                    self._tries[i] = 0
                    self.unanswered -= 1
                    self.active = True
            else:
                self.systems[i] = system
                self._components[i] = fleet.components[i]
                self._states[i] = _OPEN
                self._tries[i] = 0
                count += 1
        if count:
            self.addressed += count
            self.active = True
            self._began = False
        return count

    def cancel(self) -> None:
        """Stop sending; the counts stay."""
        self.active = False
        for i in range(MAX_AIRCRAFT):
            self._states[i] = _IDLE

    def due(self, now_ms: int) -> bool:
        """Whether the open commands are due to be sent (again)."""
        if not self.active:
            return False
        self._last_ms = clamp_past(self._last_ms, now_ms, REPEAT_MS)
        return not self._began or diff(now_ms, self._last_ms) >= REPEAT_MS

    def is_unanswered(self) -> bool:
        """Whether the command of an addressed aircraft is pending, refused or unacknowledged."""
        count = 0
        for state in self._states:
            if state != _IDLE and state != _DONE:
                count += 1
        return count > 0

    def is_executing(self, fleet: Fleet) -> bool:
        """Whether an aircraft that accepted it is still armed."""
        count = 0
        for i in range(MAX_AIRCRAFT):
            if self._states[i] == _DONE and fleet.is_armed(self.systems[i]):
                count += 1
        return count > 0

    def is_open(self, i: int) -> bool:
        return self._states[i] == _OPEN

    def frame(self, i: int, packer: Packer) -> View:
        """Return the command frame for the aircraft in place `i`."""
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
            self.systems[i],
            self._components[i],
            self._tries[i],
        )

    def sent(self, i: int) -> None:
        """Count a try: it was sent to an aircraft in contact."""
        self._tries[i] += 1

    def went(self, now_ms: int) -> None:
        """Record the time of a transmission."""
        self._began = True
        self._last_ms = now_ms

    def is_exhausted(self, i: int) -> bool:
        return self._tries[i] >= TRIES

    def give_up(self, i: int) -> None:
        """Give up an aircraft that did not acknowledge."""
        self.unanswered += 1
        self._settle(i, _SILENT)

    def drop(self, i: int) -> None:
        """Remove an aircraft from the addressees."""
        self.addressed -= 1
        self._settle(i, _IDLE)

    def answer(self, view: View, asker: int) -> None:
        """Handle a COMMAND_ACK; `asker` is the sender's system. "In progress" counts as accepted."""
        if not self.active or view.u16(0) != self.command or view.u8(8) not in (0, asker):
            return
        result = view.u8(2)
        for i in range(MAX_AIRCRAFT):
            if self._states[i] != _OPEN or result == _TEMPORARILY_REJECTED:
                continue  # repeated
            if self.systems[i] != view.system or self._components[i] != view.component:
                continue
            if result in ACKED_OK:
                self.accepted += 1
                self._settle(i, _DONE)
            else:
                self.refused += 1
                self._settle(i, _REFUSED)

    def outcome(self, name: str) -> str:
        """What became of it, in a line of at most 50 letters."""
        silent = self.addressed - self.accepted - self.refused
        return (
            f"{name} to {self.addressed}: {self.accepted} accepted, {self.refused} refused, {silent} silent"
        )

    def _settle(self, i: int, state: int) -> None:
        self._states[i] = state
        for other in self._states:
            if other == _OPEN:
                return
        self.active = False
