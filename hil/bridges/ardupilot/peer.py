"""Emulated ArduPilot on its JSON interface, after SIM_JSON.cpp of ardupilot.

Its quirks: it sends servos first and then waits; after a second of silence it sends the same packet again; it finds
keys as substrings of the line; time that goes back counts as no time; it makes its sensors from the simulation's
ground truth.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from hil.bridges.ardupilot.outputs import outputs_of
from hil.bridges.ardupilot.wire import MAGIC_16, SERVOS_16
from hil.bridges.peer import AutopilotEmulator
from hil.frames import ned_to_body
from hil.geodesy import Home
from hil.sensors import layout as sn
from hil.sensors.gps import WITHOUT_FIX
from hil.sensors.suite import FAST_STEPS, STEP_S
from hil.world.atmosphere import pressure_pa, temperature_k
from hil.world.magnetic import field_at

RATE_HZ = 1200  # SIM_RATE_HZ of SITL
RESEND_S = 1.0
CYCLE_S = FAST_STEPS * STEP_S
SLOW_S = 0.02
GPS_S = 0.2  # GPS_RATE_MS
GPS_LATENCY_S = 0.135  # SIM_GPS1_LAG_MS and half a poll
GPS_FIX_AT_S = 5.0


class KeyNotFound(ValueError):
    """A key is missing in the line."""


def find_row(line: str, section: str, key: str) -> list[float]:
    """Return the numbers of a key, found as the parser does: first the section's name, then the key's."""
    at = line.find(section)
    if at >= 0:
        at = line.find(key, at + len(section) + 1)
    if at < 0:
        raise KeyNotFound(f"{section}/{key}")
    text = line[at + len(key) + 2 :]
    if text.startswith("["):
        return [float(part) for part in text[1 : text.index("]")].split(",")]
    end = min(stop for stop in (text.find(","), text.find("}"), len(text)) if stop >= 0)
    return [float(text[:end])]


class ArduPilotPeer:
    """ArduPilot that requests every step from a simulation."""

    def __init__(
        self,
        home: Home,
        *,
        airframe: str | Path = "quad_x",
        system_id: int = 1,
        params: Mapping[str, float] | None = None,
        seed: int = 0,
        pace_s: float = 0.0,
    ) -> None:
        """`pace_s` is the least time between two servo packets on the caller's clock, s (SIM_SPEEDUP)."""
        self.emulator = AutopilotEmulator(
            "ardupilot", home, airframe=airframe, system_id=system_id, params=params
        )
        self._outputs = outputs_of(self.emulator.loop.airframe)
        self.deadline: float | None = None
        self.frame_count = 0
        self.resent = self.bad_lines = 0
        self._home = home
        self._field = field_at(home)
        self._random = random.Random(seed)
        self._pace_s = pace_s
        self._last_s = self._time_s = 0.0
        self._cycles = 0
        self._gps: deque[tuple[float, list[float], list[float]]] = deque()
        self._gps_due_s = 0.0
        self._waiting = True

    def start(self, now: float) -> bytes:
        self._due = now
        self.deadline = now + RESEND_S
        return self._servos()

    def tick(self, now: float) -> bytes:
        """Send the last packet again after a second of silence, or the next one when it is due."""
        if self._waiting:
            self.resent += 1
            self.deadline = now + RESEND_S
            return self._servos()
        return self._request_step(now)

    def feed(self, data: bytes, now: float) -> bytes:
        """Handle a line of the simulation; return the next servo packet if it is due."""
        start, end = data.find(b"\n"), data.rfind(b"\n")
        if start < 0 or end <= start or not self._waiting:
            return b""
        try:
            self._read_line(data[start + 1 : end].decode("ascii", "replace"))
        except (KeyNotFound, ValueError):
            self.bad_lines += 1
            return b""
        self.frame_count += 1
        self._waiting = False
        self._due = max(self._due + self._pace_s, now - 0.5)
        if self._due > now:
            self.deadline = self._due
            return b""
        return self._request_step(now)

    def _request_step(self, now: float) -> bytes:
        self._waiting = True
        self.deadline = now + RESEND_S
        return self._servos()

    def _servos(self) -> bytes:
        loop = self.emulator.loop
        pwm = [0] * 16
        for output, duty in zip(self._outputs, loop.motor_outputs, strict=False):
            pwm[output.number - 1] = output.pulse_us(duty if loop.armed else None)
        return SERVOS_16.pack(MAGIC_16, RATE_HZ, self.frame_count, *pwm)

    def _read_line(self, line: str) -> None:
        (stamp_s,) = find_row(line, "", "timestamp")
        gyro, accel = find_row(line, "imu", "gyro"), find_row(line, "imu", "accel_body")
        pos, vel = find_row(line, "", "position"), find_row(line, "", "velocity")
        quaternion = find_row(line, "", "quaternion")
        passed_s = stamp_s - self._last_s
        self._last_s = stamp_s
        if passed_s <= 0.0:
            return  # "Detected physics reset"
        self._time_s += passed_s
        got = self.emulator.loop.readings
        got[sn.GYRO : sn.GYRO + 3] = [value + self._random.gauss(0.0, 0.003) for value in gyro]
        got[sn.ACCEL : sn.ACCEL + 3] = [value + self._random.gauss(0.0, 0.05) for value in accel]
        self._sense_gps(pos, vel)
        if self._time_s < self._cycles * CYCLE_S:
            return
        self._cycles += 1
        if self.emulator.loop.airframe.wing is not None:
            (airspeed_m_s,) = find_row(line, "", "airspeed")
            self.emulator.loop.indicated_airspeed_m_s = max(airspeed_m_s + self._random.gauss(0.0, 0.2), 0.0)
        alt_m = self._home.alt_amsl_m - pos[2]
        got[sn.BARO_PA] = pressure_pa(alt_m, 0.0) + self._random.gauss(0.0, 1.0)
        got[sn.BARO_TEMPERATURE_K] = temperature_k(alt_m, 0.0)
        field = self._field
        w, x, y, z = quaternion
        got[sn.MAG : sn.MAG + 3] = ned_to_body(
            w, x, y, z, field.north_gauss, field.east_gauss, field.down_gauss
        )
        self.emulator.cycle(self._time_s)

    def _sense_gps(self, pos: list[float], vel: list[float]) -> None:
        if self._time_s >= self._gps_due_s:
            self._gps_due_s += GPS_S
            self._gps.append((self._time_s, pos, vel))
        if not self._gps or self._time_s < self._gps[0][0] + GPS_LATENCY_S:
            return
        at_s, pos, vel = self._gps.popleft()
        got = self.emulator.loop.readings
        got[sn.GPS_COUNT] += 1
        got[sn.GPS_TIME] = at_s
        fixed = at_s >= GPS_FIX_AT_S
        got[sn.GPS_FIX] = 3 if fixed else 1
        got[sn.GPS_SATELLITES] = 10 if fixed else 0
        claimed = (1.2, 1.8, 0.1) if fixed else (WITHOUT_FIX,) * 3
        got[sn.GPS_EPH], got[sn.GPS_EPV], got[sn.GPS_SPEED_ACC] = claimed
        if fixed:
            got[sn.GPS_POS : sn.GPS_POS + 3] = [value + self._random.gauss(0.0, 0.1) for value in pos]
            got[sn.GPS_VEL : sn.GPS_VEL + 3] = [value + self._random.gauss(0.0, 0.05) for value in vel]
