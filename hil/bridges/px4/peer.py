"""Emulated PX4 on its simulator interface, after SimulatorMavlink.cpp of PX4-Autopilot.

Its quirks: HEARTBEAT and a request for the truth at connecting; incomplete groups of HIL_SENSOR are dropped; only IMU
0 moves the clock; nothing is sent before the first outputs are published; one HIL_ACTUATOR_CONTROLS a step, all zero
while disarmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from controller.wire import messages as m
from controller.wire.address import AUTOPILOT, Address, SystemId
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.airframes.load import load_airframe
from hil.autopilot.control.detached import ReceivedGroundTruth
from hil.bridges.peer import AutopilotEmulator
from hil.bridges.px4.outputs import outputs_of
from hil.frames import to_euler
from hil.geodesy import Home, lla_to_ned
from hil.sensors import layout as sn
from hil.sensors.pitot import AirspeedReading
from hil.sim.loops.make import STACKS

ACCEL, GYRO, MAG, BARO, DIFF_PRESSURE = 0x7, 0x38, 0x1C0, 0x1A00, 0x400  # SensorSource, SimulatorMavlink.hpp
# bits, first value after the time, number of values, place in the readings
GROUPS = ((GYRO, 3, 3, sn.GYRO), (ACCEL, 0, 3, sn.ACCEL), (MAG, 6, 3, sn.MAG), (BARO, 9, 1, sn.BARO_PA))
QUIET_SAMPLES = 100  # samples before the first outputs; a real PX4 needs them until its modules run
TRUTH_US = 5000
CYCLE_US = 4000  # of the emulated autopilot


class Px4Peer:
    """PX4 that connects to a simulator; `lockstep` False is a build without lockstep."""

    def __init__(
        self,
        home: Home,
        *,
        airframe: str | Path = "quad_x",
        system_id: int = 1,
        lockstep: bool = True,
        params: Mapping[str, float] | None = None,
    ) -> None:
        # Ground stations see ArduPlane or Rover on wings and wheels, where PX4 is not emulated; the simulator sees PX4.
        stack = "px4" if ("px4", load_airframe(airframe).kind) in STACKS else "ardupilot"
        self.emulator = AutopilotEmulator(stack, home, airframe=airframe, system_id=system_id, params=params)
        self._outputs = outputs_of(self.emulator.loop.airframe)
        self.deadline: float | None = None
        self.samples = 0
        self.dropped_groups = 0
        self._encoder = Encoder(Address(SystemId(system_id), AUTOPILOT))
        self._framer = Framer()
        self._home = home
        self._lockstep = lockstep
        self._clock_us = self._origin_us = self._cycle_due_us = 0

    def start(self, now: float) -> bytes:  # noqa: ARG002
        """Send the first messages of a new connection."""
        beat = m.HEARTBEAT(type=2, autopilot=12, mavlink_version=3)
        ask = m.COMMAND_LONG(command=511, param1=115, param2=TRUTH_US)
        return self._encoder.pack(ask) + self._encoder.pack(beat)  # sent by two threads of PX4, in any order

    def tick(self, now: float) -> bytes:  # noqa: ARG002
        """Send nothing: PX4 has only its simulator's clock."""
        return b""

    def feed(self, data: bytes, now: float) -> bytes:  # noqa: ARG002
        """Handle the simulator's frames and return the outputs."""
        out = b""
        for frame in self._framer.feed(data):
            if not frame.known:
                continue
            message = frame.message()
            match frame.name:
                case "HIL_SENSOR":
                    out += self._sensor(message)
                case "HIL_GPS" if message.id == 0:  # the emulated autopilot has one receiver
                    self._gps(message)
                case "HIL_STATE_QUATERNION":
                    self.emulator.loop.read_ground_truth = partial(_ground_truth, message)
        return out

    def _sensor(self, message: Message) -> bytes:
        got, fields = self.emulator.loop.readings, message.fields_updated
        if message.id != 0:
            return b""
        time_us, *values = message  # in the order of the message definition
        for group, first, count, at in GROUPS:
            if fields & group == group:
                got[at : at + count] = values[first : first + count]
            elif fields & group:
                self.dropped_groups += 1
        if fields & BARO == BARO:
            got[sn.BARO_PA] *= 100.0
            got[sn.BARO_TEMPERATURE_K] = message.temperature + 273.15
        if fields & DIFF_PRESSURE:
            self.emulator.loop.indicated_airspeed_m_s = AirspeedReading(
                message.diff_pressure * 100.0
            ).indicated_airspeed_m_s
        if time_us <= self._clock_us:
            return b""  # lockstep time never goes back
        if not self.samples:
            self._origin_us = time_us
        self._clock_us = time_us
        self.samples += 1
        if time_us >= self._cycle_due_us:
            self._cycle_due_us = time_us + CYCLE_US
            self.emulator.cycle((self._clock_us - self._origin_us) * 1e-6)
        if self.samples <= QUIET_SAMPLES:
            return b""
        return self._encoder.pack(self._controls())

    def _controls(self) -> Message:
        loop = self.emulator.loop
        controls = [0.0] * 16
        if loop.armed:
            for output, duty in zip(self._outputs, loop.motor_outputs, strict=False):
                controls[output.number - 1] = output.value(duty)
        made: Message = m.HIL_ACTUATOR_CONTROLS(
            time_usec=self._clock_us - self._origin_us,  # PX4 counts from its first sample on (drv_hrt.cpp)
            controls=tuple(controls),
            mode=1 | (128 if loop.armed else 0),
            flags=int(self._lockstep),
        )
        return made

    def _gps(self, message: Message) -> None:
        got, home = self.emulator.loop.readings, self._home
        place = (message.lat * 1e-7, message.lon * 1e-7, message.alt * 1e-3)
        got[sn.GPS_COUNT] += 1
        got[sn.GPS_TIME] = self.emulator.time_s
        got[sn.GPS_FIX] = message.fix_type
        got[sn.GPS_EPH], got[sn.GPS_EPV] = message.eph * 0.01, message.epv * 0.01
        got[sn.GPS_SATELLITES] = message.satellites_visible
        if message.fix_type >= 3:
            got[sn.GPS_POS : sn.GPS_POS + 3] = lla_to_ned(*place, home.lat_deg, home.lon_deg, home.alt_amsl_m)
            got[sn.GPS_VEL : sn.GPS_VEL + 3] = message.vn * 0.01, message.ve * 0.01, message.vd * 0.01


def _ground_truth(message: Message) -> ReceivedGroundTruth:
    return ReceivedGroundTruth(
        quaternion=message.attitude_quaternion,
        euler_rad=to_euler(*message.attitude_quaternion),
        rates_frd=(message.rollspeed, message.pitchspeed, message.yawspeed),
        vel_ned=(message.vx * 0.01, message.vy * 0.01, message.vz * 0.01),
        lat_deg=message.lat * 1e-7,
        lon_deg=message.lon * 1e-7,
        alt_amsl_m=message.alt * 1e-3,
    )
