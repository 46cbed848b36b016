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
    """GLOBAL_POSITION_INT: degrees (WGS84), metres above sea level and above home, m/s north, east, down, heading in degrees."""

    at_s: float
    boot_ms: int
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    alt_rel_m: float
    vel_ned: tuple[float, float, float]
    heading_deg: float | None

    @property
    def ground_speed_m_s(self) -> float:
        north, east, _ = self.vel_ned
        return float((north * north + east * east) ** 0.5)


@dataclass(frozen=True, slots=True)
class Attitude:
    """ATTITUDE: radians, body to north-east-down, and rad/s about the body's axes."""

    at_s: float
    roll_rad: float
    pitch_rad: float
    yaw_rad: float
    rates_frd: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Hud:
    """VFR_HUD: m/s, throttle in per cent. `airspeed_m_s` is None where there is no sensor."""

    at_s: float
    airspeed_m_s: float | None
    ground_speed_m_s: float
    climb_m_s: float
    throttle_percent: int


@dataclass(frozen=True, slots=True)
class Battery:
    """SYS_STATUS's battery; None where not measured. `remaining_percent` is the autopilot's own estimate."""

    at_s: float
    voltage_v: float | None
    current_a: float | None
    remaining_percent: int | None


@dataclass(frozen=True, slots=True)
class Gps:
    """GPS_RAW_INT: `fix` is GPS_FIX_TYPE (3 and above is a 3D fix); `hdop` None if unknown."""

    at_s: float
    fix: int
    satellites: int | None
    hdop: float | None
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class Estimator:
    """EKF_STATUS_REPORT or ESTIMATOR_STATUS: `flags` is ESTIMATOR_STATUS_FLAGS, `good` whether it knows where it is."""

    at_s: float
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
    current: int | None = None
    total: int | None = None
    state: int = 0
    reached: int | None = None
    reached_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """One STATUSTEXT, put together from its pieces. `severity` is MAV_SEVERITY: 0 to 3 are errors, 4 a warning."""

    at_s: float
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Everything, as of the last message."""

    heard_at_s: float | None = None
    beat: Beat | None = None
    position: Position | None = None
    attitude: Attitude | None = None
    hud: Hud | None = None
    battery: Battery | None = None
    gps: Gps | None = None
    estimator: Estimator | None = None
    health: Health | None = None
    landed: LandedState = LandedState.UNKNOWN
    landed_at_s: float | None = None
    mission: MissionStatus | None = None
    home: Home | None = None
    home_at_s: float | None = None
    texts: tuple[Text, ...] = field(default=(), repr=False)

    @property
    def armed(self) -> bool:
        return self.beat is not None and self.beat.armed

    @property
    def mode(self) -> str:
        """The mode's own name, "" before the first heartbeat."""
        return self.beat.mode if self.beat else ""

    @property
    def alt_rel_m(self) -> float | None:
        return self.position.alt_rel_m if self.position else None

    @property
    def home_alt_amsl_m(self) -> float | None:
        return self.home.alt_amsl_m if self.home else None

    @property
    def prearm_ok(self) -> bool | None:
        return self.health.prearm_ok if self.health else None

    @property
    def gps_fix(self) -> int | None:
        return self.gps.fix if self.gps else None

    @property
    def position_good(self) -> bool | None:
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
