"""Encoding of ArduPilot's JSON interface: servo packets in, one line with the vehicle's state out.

Source: libraries/SITL/SIM_JSON.{h,cpp} and examples/JSON/readme.md of ardupilot. The parser searches each key as a
substring of the whole line and reads the number behind it. So the order of keys is such that no key hides another,
there are no spaces, and only finite numbers are written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

MAGIC_16, MAGIC_32 = 18458, 29569
SERVOS_16, SERVOS_32 = Struct("<HHI16H"), Struct("<HHI32H")
# MOT_PWM_MIN to MOT_PWM_MAX and SERVOn_MIN to SERVOn_MAX that JSON models expect.
MIN_US, SPAN_US = 1000.0, 1000.0


class InvalidServoPacket(ValueError):
    """A datagram is not a servo packet; the message describes it."""


@dataclass(frozen=True, slots=True)
class ServoPacket:
    """One servo packet. `pwm_us` has 16 or 32 pulse widths; 0 is no output."""

    frame_rate_hz: int
    frame_count: int
    pwm_us: tuple[int, ...]


def parse_servos(data: bytes) -> ServoPacket:
    """Decode a servo packet. Raises InvalidServoPacket."""
    for layout, magic in ((SERVOS_16, MAGIC_16), (SERVOS_32, MAGIC_32)):
        if len(data) == layout.size:
            found, rate, count, *pwm = layout.unpack(data)
            if found == magic:
                return ServoPacket(rate, count, tuple(pwm))
            raise InvalidServoPacket(f"{len(data)} bytes with magic {found}, not {magic}")
    kind = ""
    if data[:1] in (b"\xfd", b"\xfe"):
        kind = ", a MAVLink frame by its first byte"
    elif data[:1] in (b"{", b"\n"):
        kind = ", JSON by its first byte"
    raise InvalidServoPacket(f"{len(data)} bytes{kind}, not {SERVOS_16.size} or {SERVOS_32.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonState:
    """Vehicle state for ArduPilot: NED of home and FRD, in rad, m, s; `airspeed_m_s` is along the body's x axis.

    `rc_us` are pulse widths of up to 12 RC channels; without them ArduPilot simulates its own transmitter.
    """

    time_s: float
    gyro_frd: Sequence[float]
    accel_frd: Sequence[float]
    pos_ned: Sequence[float]
    vel_ned: Sequence[float]
    euler_rad: Sequence[float]
    quaternion: Sequence[float]
    wind_ned: Sequence[float]
    airspeed_m_s: float
    battery_v: float
    battery_a: float
    range_m: float | None = None
    rc_us: Sequence[int] = ()


def state_line(state: JsonState) -> bytes:
    """Return the line between two newlines, as the parser expects. Raises ValueError for a value not finite."""
    # Both attitudes: some versions read a rangefinder only with Euler angles, and all prefer the quaternion.
    parts = [
        f'{{"timestamp":{state.time_s:.6f}',
        f'"imu":{{"gyro":{_row(state.gyro_frd)},"accel_body":{_row(state.accel_frd)}}}',
        f'"position":{_row(state.pos_ned)}',
        f'"attitude":{_row(state.euler_rad)}',
        f'"quaternion":{_row(state.quaternion)}',
        f'"velocity":{_row(state.vel_ned)}',
        f'"velocity_wind":{_row(state.wind_ned)}',
        f'"airspeed":{state.airspeed_m_s:.6g}',
        f'"battery":{{"voltage":{state.battery_v:.6g},"current":{state.battery_a:.6g}}}',
    ]
    if state.range_m is not None:
        parts.append(f'"rng_1":{state.range_m:.6g}')
    if state.rc_us:
        channels = ",".join([f'"rc_{number}":{us}' for number, us in enumerate(state.rc_us, 1)])
        parts.append(f'"rc":{{{channels}}}')
    line = ",".join(parts)
    if not math.isfinite(
        sum(state.gyro_frd) + sum(state.accel_frd) + sum(state.pos_ned) + sum(state.vel_ned)
        + sum(state.quaternion) + sum(state.euler_rad) + sum(state.wind_ned)
        + state.time_s + state.airspeed_m_s + state.battery_v + state.battery_a + (state.range_m or 0.0)
    ):  # fmt: skip
        raise ValueError(f"not finite: {line}")
    return f"\n{line}}}\n".encode()


def _row(values: Sequence[float]) -> str:
    return "[" + ",".join([f"{value:.9g}" for value in values]) + "]"
