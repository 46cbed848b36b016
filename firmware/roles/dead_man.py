"""Dead-man: actions of the box when the laptop's heartbeat stops.

    WAITING --laptop's heartbeat--> ALIVE --silent_ms--> HOLDING --hold_ms--> EXPIRED
                                      ^                     |                    |
                                      +---- laptop's heartbeat (from either) ----+

Promises, each with a test:
* Before the laptop's first heartbeat the box sends nothing in its name.
* Only a permitted heartbeat of a ground station counts as life; other frames and garbage do not.
* While HOLDING the box sends the laptop's heartbeat once a second, continuing its sequence.
* At the end of the hold time the action is commanded once to each armed aircraft; with the action "none", or no
  aircraft armed, nothing is commanded. An aircraft out of contact is commanded when it is back in contact and still
  armed.
* The emergency stop and the button replace the dead-man: its commands are cancelled, and it commands nothing until the
  laptop has returned or, if the laptop was not lost, until all aircraft are disarmed.
* After the hold time the heartbeat stops, so that the aircraft's GCS failsafe can act. It continues only while a
  command (of the dead-man, stop or button) is being sent to an aircraft in contact, or was accepted by one that is
  still armed, so that the failsafe does not override it. An aircraft out of contact is left to its failsafe.
* The laptop's return resets the dead-man in any state.
* Every change of state is reported; the returning laptop also gets the commands sent meanwhile and their results.
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

SILENT_TEXTS = {HOLDING: "laptop silent: keeping its heartbeat", EXPIRED: "laptop silent: hold time over"}


class DeadMan:
    """Dead-man state machine; `station` holds the laptop's ids, from its heartbeat, for frames sent in its name."""

    def __init__(self, silent_ms: int, hold_ms: int, action: int) -> None:
        self.silent_ms = silent_ms
        self.hold_ms = hold_ms
        self.action = action
        self.state = WAITING
        self.station = Packer(255, 190)
        self.fleet_command = FleetCommand()
        self.by_hand: FleetCommand | None = None  # command of the stop or the button that replaced ours
        self.by_hand_name = ""
        self._heard_ms = 0
        self._held_ms = 0
        self._sent_ms = 0

    def from_laptop(self, view: View, now_ms: int) -> bool:
        """Handle a permitted frame from the laptop; True if it has arrived or is back (call `outcomes`, then `end`)."""
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
        """Return the commands sent while the laptop was silent, with their results."""
        found = []
        if self.state >= HOLDING and self.by_hand:
            found.append(self.by_hand.outcome(self.by_hand_name))
        if self.state == EXPIRED and self.fleet_command.addressed:
            found.append(
                self.fleet_command.outcome("return" if self.fleet_command.command == RETURN else "land")
            )
        return found

    def end(self) -> str:
        """Reset on the laptop's first arrival or its return; return the text that reports it."""
        text = "laptop is here" if self.state == WAITING else "laptop is back"
        self.state = ALIVE
        self.fleet_command.cancel()
        self.by_hand = None
        return text

    def yield_to(self, order: FleetCommand, name: str) -> None:
        """Let a command of the stop or the button replace the dead-man's."""
        self.fleet_command.cancel()
        self.by_hand = order
        self.by_hand_name = name

    def tick(self, now_ms: int, fleet: Fleet) -> bool:
        """Update the state; True if it changed."""
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
        """Return the laptop's heartbeat to send now, None if none is due."""
        order = self.by_hand or self.fleet_command
        if self.state != HOLDING and not (
            self.state == EXPIRED and (order.is_executing(fleet) or (order.active and order.trying))
        ):
            return None
        if diff(now_ms, self._sent_ms) < HEARTBEAT_EVERY_MS:
            return None
        self._sent_ms = now_ms
        return self.station.pack(HEARTBEAT, "<IBBBBB", 0, _TYPE_GCS, _AUTOPILOT_INVALID, 0, _STATE_ACTIVE, 3)
