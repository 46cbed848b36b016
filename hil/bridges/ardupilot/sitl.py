"""ArduPilot in SITL on its JSON interface: who says what when, without I/O.

ArduPilot sends its servos and waits for one line of truth; that is the lockstep, and its SIM_SPEEDUP the pace. A packet with
the number of the last one is the same again (it asks anew after a second of silence); a lower number is a restart, and so
are the first numbers from another port when the old one has gone quiet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hil.bridges.ardupilot.outputs import outputs_of
from hil.bridges.ardupilot.wire import InvalidServoPacket, JsonState, parse_servos, state_line
from hil.bridges.pace import SpeedMonitor
from hil.faults.schedule import Part
from hil.faults.sensor_faults import SensorFaults
from hil.frames import ned_to_body, to_euler
from hil.physics import state as ps
from hil.physics.params import SEA_LEVEL_DENSITY
from hil.sensors.rangefinder import slant_range_m
from hil.sensors.suite import STEP_S
from hil.sim.plant.plant import Plant

PORT = 9002  # of instance 0
SPEAK_S = 3.0
QUIET_S, FIRST = (
    0.5,
    1,
)  # of the old one's silence and of the count, when one that was started again has another port
SLOWEST_HZ = 50  # SCHED_LOOP_RATE of plane and rover; nothing of ArduPilot asks for less
RANGE_MAX_M, FAR_M = 50.0, 1000.0  # beyond RNGFND1_MAX of any setting
SENSED_BY_ARDUPILOT = (Part.GYRO, Part.ACCEL, Part.MAG, Part.BARO, Part.GPS, Part.AIRSPEED, Part.FLOW)


class ArduPilotSitl:
    """Answers one ArduPilot. `make_plant` makes the aircraft anew whenever ArduPilot begins anew.

    `rc_us` are the pulse widths of a transmitter whose sticks nobody moves. `sender` in `receive` is anything that tells two
    autopilots apart. `speed` is a multiple of real time that is expected of it at least. `tell` gets lines for people; `cause`
    is why most often nothing comes, asked when that is said.
    """

    def __init__(
        self,
        make_plant: Callable[[], Plant],
        *,
        rc_us: Sequence[int] = (),
        speed: float = 1.0,
        tell: Callable[[str], None],
        cause: Callable[[], str] | None = None,
    ) -> None:
        self._make_plant = make_plant
        self._rc_us = tuple(rc_us)
        self._pace = SpeedMonitor(speed)
        self._cause = cause or not_started
        self._tell = tell
        self.plant: Plant | None = None
        self.steps = self.repeats = self.strange = 0
        self.deadline: float | None = None
        self._count = -1
        self._reply = b""
        self._sender: Any = None
        self._heard_at = 0.0
        self._spoken: set[str] = set()

    def start(self, now: float) -> None:
        """ArduPilot speaks first."""
        self._heard_at = now
        self.deadline = now + SPEAK_S

    def tick(self, now: float) -> None:
        """Nothing came for a while."""
        if now - self._heard_at < SPEAK_S:
            self.deadline = self._heard_at + SPEAK_S
            return
        self.deadline = None
        if self.plant is None:
            heard = "nothing but what was named above" if self.strange else "nothing"
            self._say_once(
                "silent",
                f"heard {heard} for {SPEAK_S:g} s: expected ArduPilot's servo packets. {self._cause()}",
            )
        else:
            self._say_once(
                "stopped",
                f"ArduPilot has sent no servos for {SPEAK_S:g} s; the simulation waits. "
                "Is it stopped in a debugger, or has it ended?",
            )

    def receive(self, data: bytes, sender: Any, now: float) -> bytes | None:
        """One datagram; returns the line to answer with, if any. Raises Diverged when the physics leaves the numbers."""
        try:
            servos = parse_servos(data)
        except InvalidServoPacket as error:
            self.strange += 1
            self._say_once(
                "strange",
                f"heard {error}: expected ArduPilot's servo packets here. This port is the physics' own; "
                "ground stations connect to ArduPilot (TCP 5760)",
            )
            return None
        anew = sender != self._sender and servos.frame_count <= FIRST
        another = sender != self._sender and self._sender is not None
        if another and now - self._heard_at < (QUIET_S if anew else SPEAK_S):
            self._say_once(
                f"second {sender}",
                f"a second autopilot ({sender[0]}:{sender[1]}) sends to this port; it gets no answer. Each needs a simulation "
                "and an --instance of its own",
            )
            return None
        self._sender, self._heard_at, self.deadline = sender, now, now + SPEAK_S
        self._spoken.discard("stopped")
        if servos.frame_count == self._count and self._reply and not anew:
            self.repeats += 1
            return self._reply
        if self.plant is None or anew or servos.frame_count < self._count:
            self._begin(restarted=self.plant is not None)
        if line := self._pace.step(now, self._steps * STEP_S):
            self._tell(f"{line}, or ArduPilot itself")
        self._count = servos.frame_count
        return self._step([output.duty(servos.pwm_us) for output in self._outputs], servos.frame_rate_hz)

    def _begin(self, *, restarted: bool) -> None:
        if restarted:
            self._tell("ArduPilot counts its frames from the start again; the aircraft is set back home")
        self.plant = self._make_plant()
        self._outputs = outputs_of(self.plant.airframe)
        self._range_faults = SensorFaults(Part.RANGEFINDER)
        self._steps = 0
        mute = sorted(
            {fault.part.name.lower() for fault in self.plant.faults if fault.part in SENSED_BY_ARDUPILOT}
        )
        if mute:
            self._say_once(
                "mute",
                f"faults of {', '.join(mute)} have no effect: ArduPilot makes these sensors itself, from the truth; "
                "use its SIM_ parameters (SIM_GPS1_ENABLE, SIM_BARO_DISABLE, ...)",
            )

    def _step(self, duties: list[float], rate_hz: int) -> bytes:
        plant = self.plant
        assert plant is not None
        plant.drive(duties)
        # Whole milliseconds: ArduPilot takes the time it is given, as long as that is faster than its loop.
        self._steps += max(1, int(1.0 / STEP_S) // max(rate_hz, SLOWEST_HZ))
        plant.advance(self._steps * STEP_S)
        self.steps += 1
        self._reply = state_line(_state_of(plant, self._rc_us, self._look_down(plant)))
        return self._reply

    def _look_down(self, plant: Plant) -> float:
        """What the rangefinder says. Beyond its end, and off, it says far: what is left out would be the last value for ever."""
        row: list[float] = plant.state.tolist()
        pos, quaternion = row[ps.POS : ps.POS + 3], row[ps.QUAT : ps.QUAT + 4]
        true_m = slant_range_m(pos, quaternion, plant.ground_below)
        if not any(fault.part is Part.RANGEFINDER for fault in plant.faults):
            return true_m if true_m is not None and true_m < RANGE_MAX_M else FAR_M
        shown = self._range_faults.apply(
            (math.inf if true_m is None else true_m,), plant.time_s, plant.faults
        )
        return shown[0] if shown is not None and 0.0 <= shown[0] < RANGE_MAX_M else FAR_M

    def _say_once(self, what: str, line: str) -> None:
        if what not in self._spoken:
            self._spoken.add(what)
            self._tell(line)


def _state_of(plant: Plant, rc_us: tuple[int, ...], range_m: float) -> JsonState:
    """The truth of now. What is felt is that of the last millisecond."""
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
        # Taken for what the pitot tube says (SIM_JSON.cpp: airspeed_pitot), which is less than the true one in thin air.
        airspeed_m_s=max(air[0], 0.0) * math.sqrt(plant.density_kg_m3 / SEA_LEVEL_DENSITY),
        battery_v=row[ps.VOLTAGE],
        battery_a=row[ps.CURRENT],
        range_m=range_m,
        rc_us=rc_us,
    )


def not_started(port: int = PORT) -> str:
    """Why most often nothing comes to this port."""
    return (
        "Is SITL started (sim_vehicle.py -v ArduCopter -f JSON:ADDRESS OF THIS MACHINE --add-param-file=FILE, the one that "
        f"--params writes), and does it send to port {port} (9002, 10 more for each further instance, or --sim-port-out)?"
    )
