"""Vehicle context shared by all parts of the autopilot: estimate, home, parameters, heading, outgoing messages."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from controller.protocol.params.server import ParamStore
from controller.protocol.statustext import statustext_messages
from controller.wire.enums import MAV_SEVERITY, MAV_VTOL_STATE
from controller.wire.message import Message
from hil.autopilot.control.estimator_types import Estimate, Sensors
from hil.autopilot.control.simulated_core import SimulatedCore
from hil.autopilot.services.event_sender import EventSender
from hil.autopilot.stacks.stack_events import SentEvent
from hil.geodesy import MEAN_RADIUS_M, lla_to_ned, ned_to_lla

Vector3 = tuple[float, float, float]

ON_ROTORS = int(MAV_VTOL_STATE.MC)
CRITICAL, WARNING = int(MAV_SEVERITY.CRITICAL), int(MAV_SEVERITY.WARNING)
EMERGENCY = int(MAV_SEVERITY.EMERGENCY)
NOTICE, INFO = int(MAV_SEVERITY.NOTICE), int(MAV_SEVERITY.INFO)


@dataclass(frozen=True, slots=True)
class Place:
    """A place on Earth; the height is above mean sea level."""

    lat_deg: float
    lon_deg: float
    alt_amsl_m: float


class VehicleContext:
    """Context of one vehicle. `update` must be called once in each step, before the estimate is read."""

    def __init__(
        self, core: SimulatedCore, params: ParamStore, events: EventSender, *, numbers_texts: bool
    ) -> None:
        self.events = events
        self.core = core
        self.armed_at_s = 0.0  # time of the last arming
        self.armed_yaw_rad = 0.0  # heading at the last arming
        self.params = params
        self.home: Place | None = None
        self.speed_m_s: float | None = None  # by DO_CHANGE_SPEED, until disarmed
        self.max_speed_m_s = 20.0 if core.airframe.wing is None else 40.0
        self.climb_m_s: float | None = None
        self.descend_m_s: float | None = None
        self.roi: Place | None = None
        self.yaw_rad: float | None = None  # by CONDITION_YAW, until the next waypoint
        self.gcs_connected = False  # a ground station's heartbeat arrived recently
        self.fence_breached = False
        self.breached_fences = ""  # ArduPilot's names of the breached fences
        self.remaining_override: float | None = None  # battery charge, 0..1
        self.list_ids: dict[
            str, int
        ] = {}  # fields of MISSION_CURRENT: ids of mission, fence and rally points
        self.outbox: list[Message] = []  # for all links
        self._numbers_texts = numbers_texts
        self._text_id = 0
        self.est: Estimate = core.estimate
        self._sensors: Sensors | None = None
        self.settled_s = 0.0  # the position estimate does not count before this time

    def update(self) -> None:
        """Take the estimate of this step; the sensor values follow when they are read."""
        est = self.core.estimate
        if est.ready.gps_used and self.core.time_s < self.settled_s:
            est = replace(est, ready=replace(est.ready, gps_used=False))
        self.est = est
        self._sensors = None

    @property
    def sensors(self) -> Sensors:
        """Sensor values of this step."""
        if self._sensors is None:
            self._sensors = self.core.sensors
        return self._sensors

    @property
    def time_s(self) -> float:
        """Seconds since power-on."""
        return self.core.time_s

    @property
    def hovers(self) -> bool:
        """Whether rotors carry the vehicle."""
        return self.core.vtol_state == ON_ROTORS

    @property
    def armed(self) -> bool:
        return self.core.armed

    @property
    def armed_s(self) -> float:
        """Seconds since the last arming."""
        return self.time_s - self.armed_at_s

    @property
    def remaining(self) -> float:
        """Battery charge, 0..1."""
        if self.remaining_override is not None:
            return self.remaining_override
        return self.sensors.battery_remaining

    # --- places ---

    @property
    def height_m(self) -> float:
        """Height above home, or above the place of power-on before home is set."""
        base = self.home.alt_amsl_m if self.home else self.core.home.alt_amsl_m
        return self.est.alt_amsl_m - base

    @property
    def here(self) -> Place:
        """The estimated place."""
        return Place(self.est.lat_deg, self.est.lon_deg, self.est.alt_amsl_m)

    def ned(self, place: Place) -> Vector3:
        """Return the point in the control core's NED frame, whose heights follow the curved Earth."""
        north, east = self._flat(place.lat_deg, place.lon_deg)
        up = place.alt_amsl_m - self.core.home.alt_amsl_m
        return north, east, -(up - (north * north + east * east) / (2.0 * MEAN_RADIUS_M))

    def place(self, pos_ned: Vector3) -> Place:
        """Return the place of a point in the control core's NED frame."""
        origin = self.core.home
        return Place(*ned_to_lla(*pos_ned, origin.lat_deg, origin.lon_deg, origin.alt_amsl_m))

    def height_of(self, pos_ned: Vector3) -> float:
        """Return the height above home of a point in NED."""
        base = self.home.alt_amsl_m if self.home else self.core.home.alt_amsl_m
        return self.place(pos_ned).alt_amsl_m - base

    def at_height(self, pos_ned: Vector3, height_m: float) -> Vector3:
        """Return the point above or below `pos_ned` that is `height_m` above home."""
        return pos_ned[0], pos_ned[1], pos_ned[2] - (height_m - self.height_of(pos_ned))

    def home_ned(self) -> Vector3:
        """Return home, or the place of power-on before home is set."""
        return self.ned(self.home) if self.home else (0.0, 0.0, 0.0)

    def distance_m(self, pos_ned: Vector3) -> float:
        """Return the horizontal distance to a point."""
        here = self.est.pos_ned
        return math.hypot(pos_ned[0] - here[0], pos_ned[1] - here[1])

    def _flat(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        origin = self.core.home
        north, east, _ = lla_to_ned(
            lat_deg, lon_deg, origin.alt_amsl_m, origin.lat_deg, origin.lon_deg, origin.alt_amsl_m
        )
        return north, east

    # --- heading ---

    def heading_to(self, pos_ned: Vector3) -> float | None:
        """Return the heading to a point, or None within 2 m of it."""
        here = self.est.pos_ned
        north, east = pos_ned[0] - here[0], pos_ned[1] - here[1]
        return math.atan2(east, north) if math.hypot(north, east) > 2.0 else None

    def yaw_setpoint(self, ahead_rad: float | None) -> float | None:
        """Return the heading to the region of interest, else a commanded heading, else `ahead_rad`."""
        if self.roi is not None:
            return self.heading_to(self.ned(self.roi))
        return self.yaw_rad if self.yaw_rad is not None else ahead_rad

    # --- messages ---

    def send(self, message: Message) -> None:
        """Queue a message for all links."""
        self.outbox.append(message)

    def send_text(self, text: str, severity: int = INFO, *, event: SentEvent | None = None) -> None:
        """Queue a STATUSTEXT, in as many chunks as its length takes, and the event that says the same.

        A tab at the end says that an event comes too. `event` replaces the one that the stack has for this text.
        """
        stack_events = self.events.stack
        event = event or stack_events.of_text(text, severity)
        tab = "\t" if event is not None or stack_events.in_report(text) else ""
        self._text_id = self._text_id % 0xFFFF + 1
        pieces = statustext_messages(text + tab, severity, self._text_id)
        if self._numbers_texts and len(pieces) == 1:
            pieces = [pieces[0].replace(id=self._text_id)]
        self.outbox += pieces
        if event is not None:
            self.send_event(event)

    def send_event(self, event: SentEvent) -> None:
        """Queue an event, where the stack has events."""
        self.outbox += self.events.send(event, self.time_s)
