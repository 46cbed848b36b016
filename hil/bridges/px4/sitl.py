"""Protocol of PX4 SITL's simulator interface at the simulator's side, without I/O.

PX4 connects and sends HEARTBEAT; from then on it gets a HIL_SENSOR every 4 ms of simulated time. Until its first
HIL_ACTUATOR_CONTROLS the simulation runs freely; after it, in lockstep: no step without an answer
(docs/en/simulation/index.md of PX4-Autopilot; SimulatorMavlink.cpp).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from controller.protocol.state_machine import StateMachine
from controller.wire.address import Address
from controller.wire.message import Message
from hil.bridges.link_diagnosis import LinkDiagnosis
from hil.bridges.px4.answer_timing import AnswerStamps, AnswerTimeout
from hil.bridges.px4.outputs import LOCKSTEP, ActuatorCommands, outputs_of
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.speed_monitor import SpeedMonitor
from hil.sensors.load import STANDARD_IMU_HZ

PX4 = 12  # MAV_AUTOPILOT_PX4
SET_MESSAGE_INTERVAL, STATE_QUATERNION = 511, 115
SILENCE_S = 3.0  # of silence before it is reported
PORT = 4560  # of instance 0
BEHIND_S = 1.0  # a longer delay of a slow machine is not caught up


class Px4Sitl(StateMachine[None]):
    """Feeds one PX4; `make_feed` makes a new aircraft at each connection, as PX4 restarts as well.

    `speed` is a multiple of real time, infinite for as fast as PX4 answers. `note` gets lines for the user; `cause`
    returns the likely cause when PX4 does not connect.
    """

    def __init__(
        self,
        make_feed: Callable[[], SensorFeed],
        *,
        speed: float = 1.0,
        note: Callable[[str], None],
        cause: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self.link_diagnosis = LinkDiagnosis()  # filled by the endpoint
        self._cause = cause or not_started
        self._make_feed = make_feed
        self._speed = speed
        self._period_s = 0.0  # between two samples in real time; 0: as fast as PX4 answers
        self._note = note
        self.feed: SensorFeed | None = None
        self.steps = self.answers = self.unanswered = 0
        self._disconnected()

    @property
    def late(self) -> int:
        """Number of answers that came after their timeout."""
        return self._stamps.late

    def _disconnected(self) -> None:
        self.feed = None
        self.link_diagnosis.clear()
        self._joined = self._lockstep = self._waiting = False
        self._answers, self._stamps, self._speed_monitor = (
            AnswerTimeout(),
            AnswerStamps(),
            SpeedMonitor(self._speed),
        )
        self._state_interval_us = 0
        self._noted: set[str] = set()

    # --- the machine ---

    def start(self, now: float) -> list[Message]:
        """Wait for PX4, which sends first."""
        self.deadline = now + SILENCE_S
        return []

    def connected(self, now: float) -> None:
        """Start a new connection."""
        self._disconnected()
        self._joined = True
        self.deadline = now + SILENCE_S

    def lost(self, now: float) -> None:
        """End a lost connection."""
        if self.feed is not None:
            self._note(
                f"PX4 closed the connection after {self.feed.plant.time_s:.1f} s of simulated time; "
                "the aircraft is back at home and waits for the next connection"
            )
        self._disconnected()
        self.deadline = now + SILENCE_S

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        match message.name:
            case "HEARTBEAT" if self.feed is None:
                return self._start_feed(message, now)
            case "COMMAND_LONG" if message.command == SET_MESSAGE_INTERVAL:
                self._set_state_interval(message)
            case "HIL_ACTUATOR_CONTROLS" if self.feed is not None:
                return self._answered(message, now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.feed is None:
            self._explain_silence(now)
            return []
        if self._waiting:
            silent_s = now - self._sent_at
            if silent_s >= SILENCE_S:
                self._note_once(
                    "stopped",
                    f"PX4 has not answered for {SILENCE_S:g} s: expected HIL_ACTUATOR_CONTROLS after each HIL_SENSOR. "
                    "Is it stopped in a debugger, or is the machine too slow? The simulation waits",
                )
            self.unanswered += 1
            self._answers.timed_out()
            self._speed_monitor = SpeedMonitor(self._speed)  # a wait is not a slow simulation
            return self._send(now, again=True)
        if not self._lockstep and now - self._started_at >= SILENCE_S:
            self._note_once(
                "idle",
                f"PX4 takes sensors but has sent no HIL_ACTUATOR_CONTROLS for {SILENCE_S:g} s: is pwm_out_sim running "
                "(pwm_out_sim status), and is the airframe one for a simulator (SYS_AUTOSTART)?",
            )
        return self._send(now)

    def _explain_silence(self, now: float) -> None:
        """Report that no message of PX4 has come."""
        self.deadline = None
        if not self._joined:
            self._note(f"no connection for {SILENCE_S:g} s: expected PX4 as a client. {self._cause()}")
        elif "stranger" not in self._noted:
            self.deadline = now + SILENCE_S  # it may still send
            self._note_once(
                f"mute {self.link_diagnosis.kind}",
                f"the connected client {self.link_diagnosis}: expected PX4's HEARTBEAT, which it sends at once."
                " This port"
                " is for PX4 only; connect ground stations and browsers elsewhere",
            )

    # --- messages of PX4 ---

    def _start_feed(self, message: Message, now: float) -> list[Message]:
        if message.autopilot != PX4:
            self._note_once(
                "stranger",
                f"received a heartbeat of autopilot type {message.autopilot}, expected PX4 ({PX4}): this port is for"
                " PX4 only. Use `landline hil ardupilot` for ArduPilot; connect a ground station to PX4",
            )
            return []
        self.feed = self._make_feed()
        self.feed.state_interval_us = self._state_interval_us
        self._period_s = self.feed.period_s / self._speed
        self._commands = ActuatorCommands(outputs_of(self.feed.plant.airframe), self._note)
        self._started_at = self._sent_at = self._due = now
        return self._send(now)

    def _set_state_interval(self, message: Message) -> None:
        """Set the interval of ground truth; PX4 requests it in another thread, before or after its heartbeat."""
        if message.param1 == STATE_QUATERNION:
            self._state_interval_us = max(0, round(message.param2)) if math.isfinite(message.param2) else 0
            if self.feed is not None:
                self.feed.state_interval_us = self._state_interval_us

    def _answered(self, message: Message, now: float) -> list[Message]:
        feed = self.feed
        assert feed is not None
        feed.plant.drive(self._commands.update(message))
        self.answers += 1
        if self._stamps.clock_went_back(message.time_usec):
            self._note_once(
                "back", f"PX4's clock went back to {message.time_usec / 1e6:.3f} s; the simulation goes on"
            )
        if not message.flags & LOCKSTEP:
            self._note_once(
                "free",
                "PX4 is built without lockstep: it runs in real time, and runs are not repeatable",
            )
            return []
        self._lockstep = True
        if self._stamps.is_late(feed.sampled_us, message.time_usec, feed.period_s * 1e6) or not self._waiting:
            return []
        self._waiting = False
        self._answers.answered()
        if self._answers.skips_samples:
            self._explain_skipped(round(1.0 / feed.period_s))
        if now < self._due:
            self.deadline = self._due
            return []
        return self._send(now)

    def _explain_skipped(self, rate_hz: int) -> None:
        line = (
            "PX4 skips samples, so the simulation no longer waits for each answer: runs may not be repeatable"
        )
        if rate_hz > STANDARD_IMU_HZ:
            line += f". For {rate_hz} Hz start PX4 with IMU_GYRO_RATEMAX of {rate_hz} or more (its default is 400)"
        self._note_once("seldom", line)

    # --- time ---

    def _send(self, now: float, *, again: bool = False) -> list[Message]:
        """Send the next sample and wait for PX4's answer to it."""
        assert self.feed is not None
        messages = self.feed.step()
        self.steps += 1
        if not again:
            self._sent_at = now
        self._waiting = self._lockstep
        self._due += self._period_s
        if now - self._due > BEHIND_S:
            self._due = now
        if line := self._speed_monitor.step(now, self.feed.plant.time_s):
            self._note(line)
        free_s = self._due if self._period_s else now + self.feed.period_s
        self.deadline = now + self._answers.timeout_s if self._waiting else free_s
        return messages

    def _note_once(self, topic: str, line: str) -> None:
        if topic not in self._noted:
            self._noted.add(topic)
            self._note(line)


def not_started(port: int = PORT) -> str:
    """Return the usual causes when no PX4 connects to this port."""
    return (
        "Is it started (make px4_sitl none_iris), for this machine (PX4_SIM_HOSTNAME) and for this port "
        f"({port}; it takes {PORT} + its instance)?"
    )
