"""State of a vehicle as its telemetry reports it: an immutable snapshot in groups, one for each kind of message.

A group is None before its first message. Values that the vehicle does not report stay None; nothing is estimated here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.autopilots.state_view import LandedState
from controller.missions.plan import Home
from controller.protocol.announcements import AUTOPILOT
from controller.track_length import has_place
from controller.wire.enums import ESTIMATOR_STATUS_FLAGS, MAV_SYS_STATUS_SENSOR, MAV_TYPE

_ABSOLUTE = int(ESTIMATOR_STATUS_FLAGS.POS_HORIZ_ABS)
_CONSTANT_POSITION = int(ESTIMATOR_STATUS_FLAGS.CONST_POS_MODE)
_PREARM = int(MAV_SYS_STATUS_SENSOR.PREARM_CHECK)

_GROUND_VEHICLES = (MAV_TYPE.GROUND_ROVER, MAV_TYPE.SURFACE_BOAT)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Vehicle type, autopilot and flight mode from HEARTBEAT."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    mav_type: int
    """MAV_TYPE."""
    autopilot: int
    """MAV_AUTOPILOT."""
    armed: bool
    """Whether the motors are armed."""
    mode: str
    """Name of the flight mode, as the autopilot calls it."""
    base_mode: int
    """MAV_MODE_FLAG bits."""
    custom_mode: int
    """Number of the flight mode, by the autopilot's own numbering."""
    status: int
    """MAV_STATE."""


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
    def has_place(self) -> bool:
        """Whether latitude and longitude are known; without a position an autopilot sends 0, 0."""
        return has_place(self.lat_deg, self.lon_deg)

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
class VfrHud:
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
class Wind:
    """Wind by the autopilot's estimate, from WIND, WIND_COV or HIGH_LATENCY2."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    speed_m_s: float
    """Horizontal speed, m/s."""
    from_deg: float
    """Direction from which it blows, degrees clockwise from north."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimator status from EKF_STATUS_REPORT or ESTIMATOR_STATUS."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    flags: int
    """ESTIMATOR_STATUS_FLAGS bits."""
    good: bool
    """Whether there is a global position."""


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """Sensor bits (MAV_SYS_STATUS_SENSOR) from SYS_STATUS."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    present: int
    """Bits of the sensors that are present."""
    enabled: int
    """Bits of the sensors that are enabled."""
    healthy: int
    """Bits of the sensors that are healthy."""

    @property
    def prearm_ok(self) -> bool | None:
        """Whether the autopilot's pre-arm checks pass; None where it does not report them.

        PX4 sets only the healthy bit of the pre-arm check, never the present and enabled bits.
        """
        if self.healthy & _PREARM:
            return True
        return False if (self.present | self.enabled) & _PREARM else None

    @property
    def unhealthy(self) -> int:
        """Bits of the sensors that are present and enabled but not healthy."""
        return self.present & self.enabled & ~self.healthy


@dataclass(frozen=True, slots=True)
class MissionStatus:
    """Mission progress from MISSION_CURRENT and MISSION_ITEM_REACHED, in sequence numbers of the messages."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    current: int | None = None
    """Sequence number of the current item."""
    total: int | None = None
    """Number of mission items that the vehicle reports."""
    state: int = 0
    """MISSION_STATE; 0 where the autopilot does not report it."""
    ids: tuple[int, int, int] = (0, 0, 0)
    """Ids of mission, fence and rally points on board; 0 where the autopilot does not report them."""
    current_at_s: float | None = None
    """Time of the last MISSION_CURRENT, s."""
    reached: int | None = None
    """Sequence number last reported as reached; None before the first."""
    reached_at_s: float | None = None
    """Time of that report, s."""


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text for the operator: a STATUSTEXT reassembled from its chunks, or an EVENT in words."""

    at_s: float
    """Time of the message, seconds of the event loop's clock."""
    severity: int
    """MAV_SEVERITY: 0 to 3 are errors, 4 is a warning."""
    text: str
    """The whole text."""
    sender: str = AUTOPILOT
    """Name of the component."""
    event: str = ""
    """Name or number of the EVENT, empty for a STATUSTEXT."""


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Immutable snapshot of everything received from a vehicle. A group is None before its first message."""

    last_message_at_s: float | None = None
    """Time of the last message of any kind, s; None before the first."""
    boot_ms: int | None = None
    """Time since the autopilot started, ms, from the last message that has it; it falls back when it restarts."""
    heartbeat: Heartbeat | None = None
    """Last HEARTBEAT."""
    position: Position | None = None
    """Last GLOBAL_POSITION_INT."""
    attitude: Attitude | None = None
    """Last ATTITUDE."""
    vfr_hud: VfrHud | None = None
    """Last VFR_HUD."""
    battery: Battery | None = None
    """Battery, from SYS_STATUS."""
    gps: Gps | None = None
    """GPS receiver, from GPS_RAW_INT."""
    estimator: Estimator | None = None
    """Estimator, from EKF_STATUS_REPORT or ESTIMATOR_STATUS."""
    health: SensorHealth | None = None
    """Sensor health, from SYS_STATUS."""
    wind: Wind | None = None
    """Wind, from WIND, WIND_COV or HIGH_LATENCY2."""
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
    texts: tuple[ReceivedText, ...] = field(default=(), repr=False)
    """Latest texts for the operator, oldest first."""

    @property
    def armed(self) -> bool:
        """Whether the last HEARTBEAT has the armed flag."""
        return self.heartbeat is not None and self.heartbeat.armed

    @property
    def mode(self) -> str:
        """Name of the flight mode as the autopilot calls it, "" before the first heartbeat."""
        return self.heartbeat.mode if self.heartbeat else ""

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
    def boot_s(self) -> float | None:
        """Time since the autopilot started, s; None before the first message that has it."""
        return self.boot_ms / 1e3 if self.boot_ms is not None else None

    @property
    def in_air(self) -> bool | None:
        """Whether it flies: from EXTENDED_SYS_STATE, else from armed and height above home; None if unknown."""
        if self.heartbeat is not None and (self.is_ground_vehicle or not self.heartbeat.armed):
            return False
        if self.landed is not LandedState.UNKNOWN:
            return self.landed is not LandedState.ON_GROUND
        if self.heartbeat is None or self.position is None:
            return None
        return self.position.alt_rel_m > 1.0

    @property
    def under_way(self) -> bool | None:
        """Whether it flies, or for a rover or boat whether it is armed; None if unknown."""
        return self.armed if self.is_ground_vehicle else self.in_air

    @property
    def is_ground_vehicle(self) -> bool:
        """Whether it is a rover or a boat."""
        return self.heartbeat is not None and self.heartbeat.mav_type in _GROUND_VEHICLES

    def describe(self) -> str:
        """Describe it in a few words: in the air or on the ground, height, armed, mode."""
        if self.heartbeat is None:
            return "unknown"
        armed = "armed" if self.armed else "disarmed"
        place = {True: "in the air", False: "on the ground", None: "in the air or on the ground: unknown"}[
            self.in_air
        ]
        height = f" at {self.position.alt_rel_m:.0f} m" if self.in_air and self.position else ""
        return f"{place}{height}, {armed}, mode {self.mode}"

    def silent_s(self, now: float) -> float:
        """Return the seconds since the last message; infinite before the first."""
        return now - self.last_message_at_s if self.last_message_at_s is not None else float("inf")


def has_global_position(flags: int, *, reject_constant_position: bool) -> bool:
    """Whether ESTIMATOR_STATUS_FLAGS report a global position.

    ArduPilot's estimator sets CONST_POS_MODE while it waits for GPS. PX4's also sets it on the ground with a good
    position, so there the flag must be ignored.
    """
    return bool(flags & _ABSOLUTE) and not (reject_constant_position and flags & _CONSTANT_POSITION)
