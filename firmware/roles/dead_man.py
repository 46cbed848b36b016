"""The dead-man: what the box does when the laptop falls silent.

    WAITING --laptop's heartbeat--> ALIVE --silent_ms--> HOLDING --hold_ms--> EXPIRED
                                      ^                     |                    |
                                      +---- laptop's heartbeat (from either) ----+

Promises, each tested by its sentence:
* Before the laptop's first heartbeat nothing is sent in its name.
* Only the heartbeat of a ground station that the rules let up counts; other frames and garbage do not keep it alive.
* While HOLDING its heartbeat goes on in its name, once a second, with its sequence going on.
* When the hold time ends the action is commanded exactly once to each armed aircraft; with the action "none", or with no
  aircraft armed, nothing is commanded. One that is not heard then is commanded when it is heard again, if it is still armed.
* The emergency stop and the button take its place: what it has ordered is taken back, and it orders nothing until the laptop
  has returned from its silence, or, having been there all along, sees no aircraft armed.
* After the hold time the heartbeat stops, so that the aircraft's own failsafe may act; it goes on only while the action (or
  the stop, or the button) is being commanded to an aircraft that is heard, or has been accepted by one that is armed still, so
  that the failsafe does not undo it. An aircraft that hears us and is not heard is left to its failsafe.
* The laptop's return ends it at any point, and makes it ready to act once more.
* Every change of state is said; to the laptop that returns, also what was commanded meanwhile and what became of it.
"""

from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import View
from firmware.mavlite.pack import Packer
from firmware.roles.fleet import Fleet
from firmware.roles.fleet_command import FleetCommand

HEARTBEAT = 0
HEARTBEAT_EVERY_MS = 1000

WAITING = 0
ALIVE = 1
HOLDING = 2
EXPIRED = 3

NOTHING = 0
RETURN = 20  # MAV_CMD_NAV_RETURN_TO_LAUNCH
LAND = 21  # MAV_CMD_NAV_LAND
ACTIONS = {"none": NOTHING, "return": RETURN, "land": LAND}

_TYPE_GCS = 6
_AUTOPILOT_INVALID = 8
_STATE_ACTIVE = 4

STATE_TEXTS = (
    "laptop not heard yet",
    "laptop is back",
    "laptop silent: keeping its heartbeat",
    "laptop silent: hold time over",
)


class DeadMan:
    """`station` is the laptop's identity: learned from its heartbeat, used for what is sent in its name."""

    def __init__(self, silent_ms: int, hold_ms: int, action: int) -> None:
        self.silent_ms = silent_ms
        self.hold_ms = hold_ms
        self.action = action
        self.state = WAITING
        self.station = Packer(255, 190)
        self.fleet_command = FleetCommand()
        self.by_hand: FleetCommand | None = None  # of the stop or the button, which took the place of ours
        self.by_hand_name = ""
        self._heard_ms = 0
        self._held_ms = 0
        self._sent_ms = 0

    def from_laptop(self, view: View, now_ms: int) -> bool:
        """Any frame of the laptop that may go up; True when the state changed (then `outcomes`, then `end` it)."""
        station = self.station
        if view.msg_id == HEARTBEAT and view.u8(4) == _TYPE_GCS:
            station.system = view.system
            station.component = view.component
            station.next_seq = (view.seq + 1) & 0xFF
            self._heard_ms = now_ms
            if self.state != ALIVE:
                return True
        elif view.system == station.system and view.component == station.component:
            station.next_seq = (view.seq + 1) & 0xFF
        return False

    def outcomes(self) -> "list[str]":
        """What was commanded while the laptop was silent, and what has become of it."""
        found = []
        if self.state >= HOLDING and self.by_hand:
            found.append(self.by_hand.outcome(self.by_hand_name))
        if self.state == EXPIRED and self.fleet_command.addressed:
            found.append(
                self.fleet_command.outcome("return" if self.fleet_command.command == RETURN else "land")
            )
        return found

    def end(self) -> None:
        """The laptop is back."""
        self.state = ALIVE
        self.fleet_command.cancel()
        self.by_hand = None

    def yield_to(self, order: FleetCommand, name: str) -> None:
        """A hand on the stop or the button has commanded: that holds, and nothing of ours."""
        self.fleet_command.cancel()
        self.by_hand = order
        self.by_hand_name = name

    def tick(self, now_ms: int, fleet: Fleet) -> bool:
        """Let time pass; True when the state changed."""
        self._sent_ms = clamp_past(self._sent_ms, now_ms, HEARTBEAT_EVERY_MS)
        if self.state == ALIVE and self.by_hand and not self.by_hand.active and not fleet.any_armed():
            self.by_hand = None
        if self.state == ALIVE and diff(now_ms, self._heard_ms) >= self.silent_ms:
            self.state = HOLDING
            self._held_ms = now_ms
            self._sent_ms = now_ms - HEARTBEAT_EVERY_MS
            self.fleet_command.addressed = self.fleet_command.accepted = 0
            return True
        if self.state == HOLDING and diff(now_ms, self._held_ms) >= self.hold_ms:
            self.state = EXPIRED
            if self.action != NOTHING and not self.by_hand:
                self.fleet_command.begin(self.action, 0, 0, fleet, True)
            return True
        return False

    def heartbeat(self, now_ms: int, fleet: Fleet) -> "View | None":
        """The heartbeat to send up in the laptop's name now, if one is due."""
        order = self.by_hand or self.fleet_command
        if self.state != HOLDING and not (
            self.state == EXPIRED and (order.is_being_executed(fleet) or (order.active and order.trying))
        ):
            return None
        if diff(now_ms, self._sent_ms) < HEARTBEAT_EVERY_MS:
            return None
        self._sent_ms = now_ms
        return self.station.pack(HEARTBEAT, "<IBBBBB", 0, _TYPE_GCS, _AUTOPILOT_INVALID, 0, _STATE_ACTIVE, 3)
