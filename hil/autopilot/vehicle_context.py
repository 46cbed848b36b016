"""The aircraft as all parts of the autopilot see it: estimate, home, parameters, heading policy, and a mouth."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from controller.protocol.params.server import ParamStore
from controller.protocol.statustext import statustext_messages
from controller.wire.message import Message
from hil.autopilot.control.estimator_types import Estimate, Sensors
from hil.autopilot.control.simulated_core import SimulatedCore
from hil.geodesy import MEAN_RADIUS_M, lla_to_ned, ned_to_lla

Vector3 = tuple[float, float, float]

ON_ROTORS = 3  # MAV_VTOL_STATE

# MAV_SEVERITY
CRITICAL, ERROR, WARNING, NOTICE, INFO = 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Place:
    """A place on Earth; the height is above mean sea level."""

    lat_deg: float
    lon_deg: float
    alt_amsl_m: float


class VehicleContext:
    """One aircraft. `look` must be called once in each step, before anything else reads the estimate."""

    def __init__(
        self, loop: SimulatedCore, params: ParamStore, *, tab_ends_text: bool, numbers_texts: bool
    ) -> None:
        self.loop = loop
        self.params = params
        self.home: Place | None = None
        self.speed_m_s: float | None = None  # DO_CHANGE_SPEED, until landed
        self.most_speed_m_s = 20.0 if loop.airframe.wing is None else 40.0
        self.climb_m_s: float | None = None
        self.descend_m_s: float | None = None
        self.roi: Place | None = None
        self.yaw_rad: float | None = None  # CONDITION_YAW, until the next waypoint
        self.ground_seen = False  # whether a ground station's heartbeat was heard lately
        self.remaining_override: float | None = None  # battery, 0..1
        self.outbox: list[Message] = []  # for everybody who listens
        self._tab = "\t" if tab_ends_text else ""
        self._numbers_texts = numbers_texts
        self._texts = 0
        self.est: Estimate = loop.estimate
        self._sensors: Sensors | None = None
        self.settled_s = 0.0  # positions count as unknown before this time

    def look(self) -> None:
        """Take the estimate and the readings of this step."""
        est = self.loop.estimate
        if est.ready.gps_used and self.loop.time_s < self.settled_s:
            est = replace(est, ready=replace(est.ready, gps_used=False))
        self.est = est
        self._sensors = None

    @property
    def sensors(self) -> Sensors:
        """The readings of this step."""
        if self._sensors is None:
            self._sensors = self.loop.sensors
        return self._sensors

    @property
    def time_s(self) -> float:
        """Seconds since power-on."""
        return self.loop.time_s

    @property
    def hovers(self) -> bool:
        """Whether rotors carry it."""
        return self.loop.vtol_state == ON_ROTORS

    @property
    def armed(self) -> bool:
        return self.loop.armed

    @property
    def remaining(self) -> float:
        """Battery charge, 0..1."""
        if self.remaining_override is not None:
            return self.remaining_override
        return self.sensors.battery_remaining

    # --- places ---

    @property
    def height_m(self) -> float:
        """Above home, or above the switch-on place before there is a home."""
        base = self.home.alt_amsl_m if self.home else self.loop.home.alt_amsl_m
        return self.est.alt_amsl_m - base

    @property
    def here(self) -> Place:
        return Place(self.est.lat_deg, self.est.lon_deg, self.est.alt_amsl_m)

    def ned(self, place: Place) -> Vector3:
        """NED of the control core. Heights are along the vertical there, so that a level flight stays level."""
        north, east = self._flat(place.lat_deg, place.lon_deg)
        up = place.alt_amsl_m - self.loop.home.alt_amsl_m
        return north, east, -(up - (north * north + east * east) / (2.0 * MEAN_RADIUS_M))

    def place(self, pos_ned: Vector3) -> Place:
        origin = self.loop.home
        return Place(*ned_to_lla(*pos_ned, origin.lat_deg, origin.lon_deg, origin.alt_amsl_m))

    def height_of(self, pos_ned: Vector3) -> float:
        """Above home, of a point in NED."""
        base = self.home.alt_amsl_m if self.home else self.loop.home.alt_amsl_m
        return self.place(pos_ned).alt_amsl_m - base

    def at_height(self, pos_ned: Vector3, height_m: float) -> Vector3:
        """The point above or below `pos_ned` that is `height_m` above home."""
        return pos_ned[0], pos_ned[1], pos_ned[2] - (height_m - self.height_of(pos_ned))

    def home_ned(self) -> Vector3:
        """Home, or the switch-on place before there is a home."""
        return self.ned(self.home) if self.home else (0.0, 0.0, 0.0)

    def distance_m(self, pos_ned: Vector3) -> float:
        """Along the ground."""
        here = self.est.pos_ned
        return math.hypot(pos_ned[0] - here[0], pos_ned[1] - here[1])

    def _flat(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        origin = self.loop.home
        north, east, _ = lla_to_ned(
            lat_deg, lon_deg, origin.alt_amsl_m, origin.lat_deg, origin.lon_deg, origin.alt_amsl_m
        )
        return north, east

    # --- heading ---

    def heading_to(self, pos_ned: Vector3) -> float | None:
        """Towards a point, or None where it is too near to say."""
        here = self.est.pos_ned
        north, east = pos_ned[0] - here[0], pos_ned[1] - here[1]
        return math.atan2(east, north) if math.hypot(north, east) > 2.0 else None

    def wanted_yaw(self, ahead_rad: float | None) -> float | None:
        """The region of interest first, then a commanded heading, then `ahead_rad`."""
        if self.roi is not None:
            return self.heading_to(self.ned(self.roi))
        return self.yaw_rad if self.yaw_rad is not None else ahead_rad

    # --- speaking ---

    def send(self, message: Message) -> None:
        """Broadcast on all links with this step's messages."""
        self.outbox.append(message)

    def say(self, text: str, severity: int = INFO) -> None:
        """A STATUSTEXT, in as many pieces as it takes."""
        self._texts = self._texts % 0xFFFF + 1
        pieces = statustext_messages(text + self._tab, severity, self._texts)
        if self._numbers_texts and len(pieces) == 1:
            pieces = [pieces[0].replace(id=self._texts)]
        self.outbox += pieces
