"""What is known of an aircraft: one immutable snapshot, in groups, each with the time it was heard (loop seconds).

A group is None until its first message. Nothing here is guessed: what an aircraft does not say stays None.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.autopilots.base import LandedState
from controller.missions.plan import Home
from controller.wire.enums import ESTIMATOR_STATUS_FLAGS, MAV_SYS_STATUS_SENSOR, MAV_TYPE

_ABSOLUTE = int(ESTIMATOR_STATUS_FLAGS.POS_HORIZ_ABS)
_STANDING = int(ESTIMATOR_STATUS_FLAGS.CONST_POS_MODE)
_PREARM = int(MAV_SYS_STATUS_SENSOR.PREARM_CHECK)


_ON_THE_GROUND = (MAV_TYPE.GROUND_ROVER, MAV_TYPE.SURFACE_BOAT)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last HEARTBEAT: what it is, its mode and whether it is armed. `status` is MAV_STATE."""

    at_s: float
    mav_type: int
    autopilot: int
    armed: bool
    mode: str
    base_mode: int
    custom_mode: int
    status: int


@dataclass(frozen=True, slots=True)
class Position:
    """Position and velocity from GLOBAL_POSITION_INT."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    boot_ms: int
    """Time since the autopilot started, ms."""
    lat_deg: float
    """Latitude, degrees (WGS-84)."""
    lon_deg: float
    """Longitude, degrees (WGS-84)."""
    alt_amsl_m: float
    """Altitude above mean sea level, m."""
    alt_rel_m: float
    """Altitude above home, m."""
    vel_ned: tuple[float, float, float]
    """Velocity north, east, down, m/s."""
    heading_deg: float | None
    """Heading, degrees clockwise from north; None if the autopilot does not know it."""

    @property
    def ground_speed_m_s(self) -> float:
        """Horizontal speed over ground, m/s."""
        north, east, _ = self.vel_ned
        return float((north * north + east * east) ** 0.5)


@dataclass(frozen=True, slots=True)
class Attitude:
    """Attitude from ATTITUDE: rotation of the body (FRD) against NED."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    roll_rad: float
    """Roll angle, rad."""
    pitch_rad: float
    """Pitch angle, rad; nose up is positive."""
    yaw_rad: float
    """Yaw angle, rad clockwise from north."""
    rates_frd: tuple[float, float, float]
    """Angular rates about forward, right and down axes, rad/s."""


@dataclass(frozen=True, slots=True)
class Hud:
    """Speeds and throttle from VFR_HUD."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    airspeed_m_s: float | None
    """Airspeed, m/s; None without an airspeed sensor."""
    ground_speed_m_s: float
    """Horizontal speed over ground, m/s."""
    climb_m_s: float
    """Climb rate, m/s; up is positive."""
    throttle_percent: int
    """Throttle, 0 to 100 %."""


@dataclass(frozen=True, slots=True)
class Battery:
    """Battery from SYS_STATUS; a value that is not measured is None."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    voltage_v: float | None
    """Voltage, V."""
    current_a: float | None
    """Current, A."""
    remaining_percent: int | None
    """Remaining charge by the autopilot's own estimate, %."""


@dataclass(frozen=True, slots=True)
class Gps:
    """GPS receiver from GPS_RAW_INT."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    fix: int
    """GPS_FIX_TYPE; 3 and above is a 3D fix."""
    satellites: int | None
    """Number of visible satellites; None if unknown."""
    hdop: float | None
    """Horizontal dilution of precision; None if unknown."""
    lat_deg: float
    """Latitude, degrees (WGS-84)."""
    lon_deg: float
    """Longitude, degrees (WGS-84)."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """EKF_STATUS_REPORT or ESTIMATOR_STATUS: `flags` is ESTIMATOR_STATUS_FLAGS, `good` whether it knows where it is."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    flags: int
    good: bool


@dataclass(frozen=True, slots=True)
class Health:
    """SYS_STATUS's bits (MAV_SYS_STATUS_SENSOR)."""

    at_s: float
    present: int
    enabled: int
    healthy: int

    @property
    def prearm_ok(self) -> bool | None:
        """Whether the autopilot's pre-arm checks pass; None where it says neither yes nor that it checks.

        PX4 sets only the healthy bit, and leaves the other two alone.
        """
        if self.healthy & _PREARM:
            return True
        return False if (self.present | self.enabled) & _PREARM else None

    @property
    def unhealthy(self) -> int:
        """Bits of sensors that are there, in use and not well."""
        return self.present & self.enabled & ~self.healthy


@dataclass(frozen=True, slots=True)
class MissionStatus:
    """Sequence numbers on the wire. `state` is MISSION_STATE (0: not told); `reached` the last reported, None if none."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    current: int | None = None
    """Sequence number of the current item."""
    total: int | None = None
    """Number of mission items that the vehicle reports."""
    state: int = 0
    reached: int | None = None
    reached_at_s: float | None = None
    """Time of that report, s."""


@dataclass(frozen=True, slots=True)
class Text:
    """One STATUSTEXT, put together from its pieces. `severity` is MAV_SEVERITY: 0 to 3 are errors, 4 a warning."""

    at_s: float
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Immutable snapshot of everything received from a vehicle. A group is None before its first message."""

    heard_at_s: float | None = None
    """Time of the last message of any kind, s; None before the first."""
    beat: Beat | None = None
    """Last HEARTBEAT."""
    position: Position | None = None
    """Last GLOBAL_POSITION_INT."""
    attitude: Attitude | None = None
    """Last ATTITUDE."""
    hud: Hud | None = None
    """Last VFR_HUD."""
    battery: Battery | None = None
    """Battery, from SYS_STATUS."""
    gps: Gps | None = None
    """GPS receiver, from GPS_RAW_INT."""
    estimator: Estimator | None = None
    """Estimator, from EKF_STATUS_REPORT or ESTIMATOR_STATUS."""
    health: Health | None = None
    """Sensor health, from SYS_STATUS."""
    landed: LandedState = LandedState.UNKNOWN
    """MAV_LANDED_STATE, from EXTENDED_SYS_STATE."""
    landed_at_s: float | None = None
    """Time of the last EXTENDED_SYS_STATE, s."""
    mission: MissionStatus | None = None
    """Progress of the mission on board."""
    home: Home | None = None
    """Home position of the vehicle, from HOME_POSITION."""
    home_at_s: float | None = None
    """Time of the last HOME_POSITION, s."""
    texts: tuple[Text, ...] = field(default=(), repr=False)
    """Latest STATUSTEXT messages, oldest first."""

    @property
    def armed(self) -> bool:
        """Whether the last HEARTBEAT has the armed flag."""
        return self.beat is not None and self.beat.armed

    @property
    def mode(self) -> str:
        """The mode's own name, "" before the first heartbeat."""
        return self.beat.mode if self.beat else ""

    @property
    def alt_rel_m(self) -> float | None:
        """Altitude above home, m; None before the first position."""
        return self.position.alt_rel_m if self.position else None

    @property
    def home_alt_amsl_m(self) -> float | None:
        """Altitude of home above mean sea level, m; None if unknown."""
        return self.home.alt_amsl_m if self.home else None

    @property
    def prearm_ok(self) -> bool | None:
        """Whether the pre-arm checks pass; None if the autopilot does not report them."""
        return self.health.prearm_ok if self.health else None

    @property
    def gps_fix(self) -> int | None:
        """GPS_FIX_TYPE; None before the first GPS_RAW_INT."""
        return self.gps.fix if self.gps else None

    @property
    def position_good(self) -> bool | None:
        """Whether the position estimate can be used for flight; None if not reported."""
        return self.estimator.good if self.estimator else None

    @property
    def in_air(self) -> bool | None:
        """Whether it flies: by the autopilot's own word, else by armed and height; None when nothing tells."""
        if self.beat is not None and (self.drives or not self.beat.armed):
            return False
        if self.landed is not LandedState.UNKNOWN:
            return self.landed is not LandedState.ON_GROUND
        if self.beat is None or self.position is None:
            return None
        return self.position.alt_rel_m > 1.0

    @property
    def under_way(self) -> bool | None:
        """In the air, or armed where it is one that drives or floats; None when nothing tells."""
        return self.armed if self.drives else self.in_air

    @property
    def drives(self) -> bool:
        """Whether it is a rover or a boat, which never leaves the ground."""
        return self.beat is not None and self.beat.mav_type in _ON_THE_GROUND

    def describe(self) -> str:
        """Where it is and how, in a few words."""
        if self.beat is None:
            return "unknown"
        armed = "armed" if self.armed else "disarmed"
        place = {True: "in the air", False: "on the ground", None: "where is not known"}[self.in_air]
        height = f" at {self.position.alt_rel_m:.0f} m" if self.in_air and self.position else ""
        return f"{place}{height}, {armed}, mode {self.mode}"

    def silent_s(self, now: float) -> float:
        """Seconds since anything was heard; infinite before."""
        return now - self.heard_at_s if self.heard_at_s is not None else float("inf")


def position_is_absolute(flags: int, *, standing_counts: bool) -> bool:
    """Whether ESTIMATOR_STATUS_FLAGS tell of a position on the globe.

    ArduPilot's filter sets CONST_POS_MODE while it waits for GPS; PX4's sets it, with a good position, on the ground: there it
    does not count.
    """
    return bool(flags & _ABSOLUTE) and not (standing_counts and flags & _STANDING)


def new_texts(before: VehicleState, after: VehicleState) -> tuple[Text, ...]:
    """The texts that `after` has and `before` had not yet."""
    last = before.texts[-1] if before.texts else None
    new: list[Text] = []
    for text in reversed(after.texts):
        if text is last:
            break
        new.append(text)
    return tuple(reversed(new))
