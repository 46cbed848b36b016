"""HEARTBEAT: sender with a dead-man switch, and monitor of another system's heartbeat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from controller.protocol import timing
from controller.protocol.state_machine import StateMachine
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

MAVLINK_VERSION = 3


class HeartbeatSender(StateMachine[None]):
    """Sends HEARTBEAT every `interval_s`, but only while the application calls `feed`.

    To an autopilot, the ground station's heartbeat means that an operator supervises the flight. Therefore:

    * Nothing is sent before the first `feed`.
    * The feed that opens the gate sends a heartbeat at once; while the gate is open, one follows every `interval_s`.
    * The gate closes `dead_man_s` after the last feed; from then on no heartbeat is sent.
    * The next feed opens it again.
    * Frequent feeding does not increase the rate.

    With `dead_man_s` None the gate is always open (simulated autopilot). `update` changes mode and state; the change
    takes effect with the next heartbeat.
    """

    def __init__(
        self,
        *,
        type: int,  # noqa: A002 - MAVLink's own name
        autopilot: int,
        base_mode: int = 0,
        custom_mode: int = 0,
        system_status: int = 4,  # MAV_STATE_ACTIVE
        interval_s: float = timing.HEARTBEAT_INTERVAL_S,
        dead_man_s: float | None = timing.DEAD_MAN_S,
    ) -> None:
        super().__init__()
        self.message = m.HEARTBEAT(
            type=type,
            autopilot=autopilot,
            base_mode=base_mode,
            custom_mode=custom_mode,
            system_status=system_status,
            mavlink_version=MAVLINK_VERSION,
        )
        self._interval_s = interval_s
        self._dead_man_s = dead_man_s
        self._open_until = -math.inf if dead_man_s is not None else math.inf
        self._due: float | None = None

    @classmethod
    def ground_station(cls, *, dead_man_s: float | None = timing.DEAD_MAN_S) -> HeartbeatSender:
        """Return the sender of a ground station: type GCS, no autopilot."""
        return cls(type=enums.MAV_TYPE.GCS, autopilot=enums.MAV_AUTOPILOT.INVALID, dead_man_s=dead_man_s)

    def update(self, **fields: int) -> None:
        """Change fields of the heartbeat, `base_mode=..., custom_mode=..., system_status=...`."""
        self.message = self.message.replace(**fields)

    def start(self, now: float) -> list[Message]:
        return self._send(now)

    def feed(self, now: float) -> list[Message]:
        """Confirm that the operator is present. Returns the heartbeat if one is due."""
        if self._dead_man_s is not None:
            self._open_until = max(self._open_until, now + self._dead_man_s)
        return self._send(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def tick(self, now: float) -> list[Message]:
        return self._send(now)

    def _send(self, now: float) -> list[Message]:
        if now >= self._open_until:
            self.deadline = None
            return []
        if self._due is not None and now < self._due:
            self.deadline = self._due
            return []
        # Keep the phase after a small delay; restart it after a gap.
        late = self._due is None or now - self._due >= self._interval_s
        self._due = (now if late or self._due is None else self._due) + self._interval_s
        self.deadline = self._due
        return [self.message]


class Presence(Enum):
    """Presence of a monitored system."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """Change of a peer's presence at `at_s`; `silent_s` is the time since its last heartbeat."""

    presence: Presence
    at_s: float
    silent_s: float


class HeartbeatMonitor(StateMachine[None]):
    """Monitors the HEARTBEAT of one peer: `presence`, and `changes()` since the last call.

    Sends nothing, never ends.
    """

    def __init__(self, peer: Address, *, lost_after_s: float = timing.HEARTBEAT_LOST_S) -> None:
        super().__init__()
        self.peer = peer
        self.presence = Presence.UNKNOWN
        self.last: Message | None = None
        self.last_at_s: float | None = None
        self._lost_after_s = lost_after_s
        self._changes: list[PresenceChange] = []

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "HEARTBEAT" or source != self.peer:
            return []
        silent_s = now - self.last_at_s if self.last_at_s is not None else 0.0
        self.last, self.last_at_s = message, now
        if self.presence is not Presence.PRESENT:
            self._become(Presence.PRESENT, now, silent_s)
        self.deadline = now + self._lost_after_s
        return []

    def tick(self, now: float) -> list[Message]:
        if self.deadline is not None and now >= self.deadline and self.last_at_s is not None:
            self._become(Presence.LOST, now, now - self.last_at_s)
            self.deadline = None
        return []

    def changes(self) -> list[PresenceChange]:
        """Return the changes since the last call, in order."""
        taken, self._changes = self._changes, []
        return taken

    def _become(self, presence: Presence, now: float, silent_s: float) -> None:
        self.presence = presence
        self._changes.append(PresenceChange(presence, now, silent_s))
