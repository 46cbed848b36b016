"""Protocol of ArduPilot SITL's JSON interface at the simulator's side, without I/O.

ArduPilot sends servo outputs and waits for one line with the vehicle's state; that is the lockstep, and its
SIM_SPEEDUP sets the speed. A packet with the last frame count is a repetition (ArduPilot sends it again after a
second of silence); a lower count is a restart, and so are the first counts from another port when the old one is
silent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hil.bridges.ardupilot.outputs import outputs_of
from hil.bridges.ardupilot.wire import InvalidServoPacket, JsonState, parse_servos, state_line
from hil.bridges.speed_monitor import SpeedMonitor
from hil.faults.schedule import Part
from hil.faults.sensor_faults import SensorFaults
from hil.frames import ned_to_body, to_euler
from hil.physics import state as ps
from hil.physics.params import SEA_LEVEL_DENSITY
from hil.sensors.rangefinder import slant_range_m
from hil.sensors.suite import STEP_S
from hil.sim.plant.plant import Plant

PORT = 9002  # of instance 0
SILENCE_S = 3.0
# A restarted ArduPilot may use another port: required silence of the old one, and highest frame count of the new one.
QUIET_S, FIRST = 0.5, 1
SLOWEST_HZ = 50  # SCHED_LOOP_RATE of plane and rover, the lowest of all
RANGE_MAX_M, FAR_M = 50.0, 1000.0  # FAR_M is beyond any RNGFND1_MAX
SENSED_BY_ARDUPILOT = (Part.GYRO, Part.ACCEL, Part.MAG, Part.BARO, Part.GPS, Part.AIRSPEED, Part.FLOW)


class ArduPilotSitl:
    """Answers one ArduPilot; `make_plant` makes a new aircraft whenever ArduPilot restarts.

    `rc_us` are pulse widths of an RC transmitter at rest. `sender` in `receive` identifies an autopilot. `speed` is
    the least expected multiple of real time. `note` gets lines for the user; `cause` returns the likely cause of
    silence.
    """

    def __init__(
        self,
        make_plant: Callable[[], Plant],
        *,
        rc_us: Sequence[int] = (),
        speed: float = 1.0,
        note: Callable[[str], None],
        cause: Callable[[], str] | None = None,
    ) -> None:
        self._make_plant = make_plant
        self._rc_us = tuple(rc_us)
        self._speed_monitor = SpeedMonitor(speed)
        self._cause = cause or not_started
        self._note = note
        self.plant: Plant | None = None
        self.steps = self.repeats = self.invalid_packets = 0
        self.deadline: float | None = None
        self._count = -1
        self._reply = b""
        self._sender: Any = None
        self._last_packet_s = 0.0
        self._noted: set[str] = set()

    def start(self, now: float) -> None:
        """Wait for ArduPilot, which sends first."""
        self._last_packet_s = now
        self.deadline = now + SILENCE_S

    def tick(self, now: float) -> None:
        """Report a silent ArduPilot."""
        if now - self._last_packet_s < SILENCE_S:
            self.deadline = self._last_packet_s + SILENCE_S
            return
        self.deadline = None
        if self.plant is None:
            received = "no servo packets" if self.invalid_packets else "nothing"
            self._note_once(
                "silent",
                f"received {received} for {SILENCE_S:g} s: expected ArduPilot's servo packets. {self._cause()}",
            )
        else:
            self._note_once(
                "stopped",
                f"ArduPilot has sent no servo packets for {SILENCE_S:g} s; the simulation waits. "
                "Is it stopped in a debugger, or has it ended?",
            )

    def receive(self, data: bytes, sender: Any, now: float) -> bytes | None:
        """Handle a datagram and return the answer, if any. Raises Diverged when the simulation diverges."""
        try:
            servos = parse_servos(data)
        except InvalidServoPacket as error:
            self.invalid_packets += 1
            self._note_once(
                "strange",
                f"received {error}: expected ArduPilot's servo packets. This port is for the simulator only; "
                "connect ground stations to ArduPilot (TCP 5760)",
            )
            return None
        restarted = sender != self._sender and servos.frame_count <= FIRST
        another = sender != self._sender and self._sender is not None
        if another and now - self._last_packet_s < (QUIET_S if restarted else SILENCE_S):
            self._note_once(
                f"second {sender}",
                f"a second autopilot ({sender[0]}:{sender[1]}) sends to this port and gets no answer. Each needs"
                " its own simulation and --instance",
            )
            return None
        self._sender, self._last_packet_s, self.deadline = sender, now, now + SILENCE_S
        self._noted.discard("stopped")
        if servos.frame_count == self._count and self._reply and not restarted:
            self.repeats += 1
            return self._reply
        if self.plant is None or restarted or servos.frame_count < self._count:
            self._begin(restarted=self.plant is not None)
        if line := self._speed_monitor.step(now, self._steps * STEP_S):
            self._note(f"{line}, or ArduPilot is slow")
        self._count = servos.frame_count
        return self._step([output.duty(servos.pwm_us) for output in self._outputs], servos.frame_rate_hz)

    def _begin(self, *, restarted: bool) -> None:
        if restarted:
            self._note("ArduPilot restarted (frame count starts again); the aircraft is back at home")
        self.plant = self._make_plant()
        self._outputs = outputs_of(self.plant.airframe)
        self._range_faults = SensorFaults(Part.RANGEFINDER)
        self._steps = 0
        ignored = sorted(
            {fault.part.name.lower() for fault in self.plant.faults if fault.part in SENSED_BY_ARDUPILOT}
        )
        if ignored:
            self._note_once(
                "ignored faults",
                f"faults of {', '.join(ignored)} have no effect: ArduPilot simulates these sensors itself; "
                "use its SIM_ parameters (SIM_GPS1_ENABLE, SIM_BARO_DISABLE, ...)",
            )

    def _step(self, duties: list[float], rate_hz: int) -> bytes:
        plant = self.plant
        assert plant is not None
        plant.drive(duties)
        # Whole milliseconds: ArduPilot accepts any step that is shorter than its loop period.
        self._steps += max(1, int(1.0 / STEP_S) // max(rate_hz, SLOWEST_HZ))
        plant.advance(self._steps * STEP_S)
        self.steps += 1
        self._reply = state_line(_state_of(plant, self._rc_us, self._range_m(plant)))
        return self._reply

    def _range_m(self, plant: Plant) -> float:
        """Return the rangefinder distance, FAR_M beyond its range or off: ArduPilot keeps the last value otherwise."""
        row: list[float] = plant.state.tolist()
        pos, quaternion = row[ps.POS : ps.POS + 3], row[ps.QUAT : ps.QUAT + 4]
        true_m = slant_range_m(pos, quaternion, plant.ground_below)
        if not any(fault.part is Part.RANGEFINDER for fault in plant.faults):
            return true_m if true_m is not None and true_m < RANGE_MAX_M else FAR_M
        reading = self._range_faults.apply(
            (math.inf if true_m is None else true_m,), plant.time_s, plant.faults
        )
        return reading[0] if reading is not None and 0.0 <= reading[0] < RANGE_MAX_M else FAR_M

    def _note_once(self, topic: str, line: str) -> None:
        if topic not in self._noted:
            self._noted.add(topic)
            self._note(line)


def _state_of(plant: Plant, rc_us: tuple[int, ...], range_m: float) -> JsonState:
    """Return the ground truth now; specific force is that of the last millisecond."""
    row: list[float] = plant.state.tolist()
    w, x, y, z = quaternion = row[ps.QUAT : ps.QUAT + 4]
    pos, vel = row[ps.POS : ps.POS + 3], row[ps.VEL : ps.VEL + 3]
    wind = plant.wind_ned
    air = ned_to_body(w, x, y, z, vel[0] - wind[0], vel[1] - wind[1], vel[2] - wind[2])
    return JsonState(
        time_s=plant.time_s,
        gyro_frd=row[ps.RATE : ps.RATE + 3],
        accel_frd=row[ps.SPECIFIC : ps.SPECIFIC + 3],
        pos_ned=pos,
        vel_ned=vel,
        euler_rad=to_euler(w, x, y, z),
        quaternion=quaternion,
        wind_ned=wind,
        # ArduPilot takes it as the airspeed sensor's (SIM_JSON.cpp: airspeed_pitot), so it is indicated airspeed.
        airspeed_m_s=max(air[0], 0.0) * math.sqrt(plant.density_kg_m3 / SEA_LEVEL_DENSITY),
        battery_v=row[ps.VOLTAGE],
        battery_a=row[ps.CURRENT],
        range_m=range_m,
        rc_us=rc_us,
    )


def not_started(port: int = PORT) -> str:
    """Return the usual causes when no ArduPilot sends to this port."""
    return (
        "Is SITL started (sim_vehicle.py -v ArduCopter -f JSON:ADDRESS_OF_THIS_MACHINE --add-param-file=FILE with"
        f" the FILE of --params), and does it send to port {port} (9002 plus 10 per instance, or --sim-port-out)?"
    )
