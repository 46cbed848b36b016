"""PX4 in SITL on its simulator interface: who says what when, without I/O.

PX4 connects and says HEARTBEAT; from then on it gets a HIL_SENSOR every 4 ms of simulated time. Until its first
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
from hil.bridges.pace import SpeedMonitor
from hil.bridges.px4.answers import AnswerStamps, AnswerTimeout
from hil.bridges.px4.outputs import LOCKSTEP, ActuatorCommands, outputs_of
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.sensors.load import STANDARD_IMU_HZ

PX4 = 12  # MAV_AUTOPILOT_PX4
SET_MESSAGE_INTERVAL, STATE_QUATERNION = 511, 115
SPEAK_S = 3.0  # of silence before it is said
PORT = 4560  # of instance 0
BEHIND_S = 1.0  # what a slow machine lost is not caught up beyond this


class Px4Sitl(StateMachine[None]):
    """Feeds one PX4. `make_feed` makes the aircraft anew at each connection, for PX4 begins anew as well.

    `speed` is a multiple of real time, infinite for as fast as PX4 answers. `tell` gets lines for people; `cause` is why most
    often nobody connects, asked when that is said.
    """

    def __init__(
        self,
        make_feed: Callable[[], SensorFeed],
        *,
        speed: float = 1.0,
        tell: Callable[[str], None],
        cause: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self.link_diagnosis = LinkDiagnosis()  # kept by who hands over the messages
        self._cause = cause or not_started
        self._make_feed = make_feed
        self._speed = speed
        self._period_s = 0.0  # between two samples on the clock; 0 is as fast as PX4 answers
        self._tell = tell
        self.feed: SensorFeed | None = None
        self.steps = self.answers = self.unanswered = 0
        self._disconnected()

    @property
    def late(self) -> int:
        """Answers to samples that were given up on already."""
        return self._stamps.late

    def _disconnected(self) -> None:
        self.feed = None
        self.link_diagnosis.clear()
        self._joined = self._lockstep = self._waiting = False
        self._answers, self._stamps, self._pace = AnswerTimeout(), AnswerStamps(), SpeedMonitor(self._speed)
        self._state_interval_us = 0
        self._spoken: set[str] = set()

    # --- the machine ---

    def start(self, now: float) -> list[Message]:
        """PX4 speaks first."""
        self.deadline = now + SPEAK_S
        return []

    def joined(self, now: float) -> None:
        """Somebody has connected."""
        self._disconnected()
        self._joined = True
        self.deadline = now + SPEAK_S

    def lost(self, now: float) -> None:
        """The connection is gone."""
        if self.feed is not None:
            self._tell(
                f"PX4 closed the connection after {self.feed.plant.time_s:.1f} s of simulated time; "
                "the aircraft is set back home and waits for the next one"
            )
        self._disconnected()
        self.deadline = now + SPEAK_S

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        match message.name:
            case "HEARTBEAT" if self.feed is None:
                return self._greet(message, now)
            case "COMMAND_LONG" if message.command == SET_MESSAGE_INTERVAL:
                self._ask_interval(message)
            case "HIL_ACTUATOR_CONTROLS" if self.feed is not None:
                return self._answered(message, now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.feed is None:
            self._explain_silence(now)
            return []
        if self._waiting:
            silent_s = now - self._asked_at
            if silent_s >= SPEAK_S:
                self._say_once(
                    "stopped",
                    f"PX4 has not answered for {SPEAK_S:g} s: expected HIL_ACTUATOR_CONTROLS after each HIL_SENSOR. "
                    "Is it stopped in a debugger, or too busy? The simulation waits for it",
                )
            self.unanswered += 1
            self._answers.missed()
            self._pace = SpeedMonitor(self._speed)  # waited for, not slow
            return self._send(now, again=True)
        if not self._lockstep and now - self._greeted_at >= SPEAK_S:
            self._say_once(
                "idle",
                f"PX4 takes sensors but has sent no HIL_ACTUATOR_CONTROLS for {SPEAK_S:g} s: is pwm_out_sim running "
                "(pwm_out_sim status), and is the airframe one for a simulator (SYS_AUTOSTART)?",
            )
        return self._send(now)

    def _explain_silence(self, now: float) -> None:
        """Nothing PX4 would say has come for a while."""
        self.deadline = None
        if not self._joined:
            self._tell(f"nothing connected for {SPEAK_S:g} s: expected PX4 as a client. {self._cause()}")
        elif "stranger" not in self._spoken:
            self.deadline = now + SPEAK_S  # it may speak yet
            self._say_once(
                f"mute {self.link_diagnosis.kind}",
                f"somebody is connected, but {self.link_diagnosis}: expected PX4's HEARTBEAT, which it sends at once. This port is "
                "PX4's simulator interface alone; ground stations and browsers connect elsewhere",
            )

    # --- what PX4 says ---

    def _greet(self, message: Message, now: float) -> list[Message]:
        if message.autopilot != PX4:
            self._say_once(
                "stranger",
                f"heard a heartbeat of autopilot type {message.autopilot}, expected PX4 ({PX4}): this port is PX4's "
                "simulator interface. ArduPilot wants `landline hil ardupilot`, a ground station a port of PX4's own",
            )
            return []
        self.feed = self._make_feed()
        self.feed.state_interval_us = self._state_interval_us
        self._period_s = self.feed.period_s / self._speed
        self._commands = ActuatorCommands(outputs_of(self.feed.plant.airframe), self._tell)
        self._greeted_at = self._asked_at = self._due = now
        return self._send(now)

    def _ask_interval(self, message: Message) -> None:
        """PX4 asks from another thread than the one that greets: either may be first."""
        if message.param1 == STATE_QUATERNION:
            self._state_interval_us = max(0, round(message.param2)) if math.isfinite(message.param2) else 0
            if self.feed is not None:
                self.feed.state_interval_us = self._state_interval_us

    def _answered(self, message: Message, now: float) -> list[Message]:
        feed = self.feed
        assert feed is not None
        feed.plant.drive(self._commands.take(message))
        self.answers += 1
        if self._stamps.went_back(message.time_usec):
            self._say_once(
                "back", f"PX4's clock went back to {message.time_usec / 1e6:.3f} s; it is taken as it is"
            )
        if not message.flags & LOCKSTEP:
            self._say_once(
                "free",
                "this PX4 is built without lockstep: it runs in real time, and runs differ from each other",
            )
            return []
        self._lockstep = True
        if self._stamps.is_late(feed.sampled_us, message.time_usec, feed.period_s * 1e6) or not self._waiting:
            return []
        self._waiting = False
        self._answers.came()
        if self._answers.skips_samples:
            self._explain_seldom(round(1.0 / feed.period_s))
        if now < self._due:
            self.deadline = self._due
            return []
        return self._send(now)

    def _explain_seldom(self, rate_hz: int) -> None:
        line = "PX4 leaves samples unanswered, so that they are no longer waited for: runs may differ from each other"
        if rate_hz > STANDARD_IMU_HZ:
            line += f". At {rate_hz} a second it has to be started with IMU_GYRO_RATEMAX at {rate_hz} or more (its default is 400)"
        self._say_once("seldom", line)

    # --- time ---

    def _send(self, now: float, *, again: bool = False) -> list[Message]:
        """The next sample; from its sending on PX4's answer is waited for."""
        assert self.feed is not None
        said = self.feed.step()
        self.steps += 1
        if not again:
            self._asked_at = now
        self._waiting = self._lockstep
        self._due += self._period_s
        if now - self._due > BEHIND_S:
            self._due = now
        if line := self._pace.step(now, self.feed.plant.time_s):
            self._tell(line)
        free_s = self._due if self._period_s else now + self.feed.period_s
        self.deadline = now + self._answers.timeout_s if self._waiting else free_s
        return said

    def _say_once(self, what: str, line: str) -> None:
        if what not in self._spoken:
            self._spoken.add(what)
            self._tell(line)


def not_started(port: int = PORT) -> str:
    """Why most often nobody connects to this port."""
    return (
        "Is it started (make px4_sitl none_iris), for this machine (PX4_SIM_HOSTNAME) and for this port "
        f"({port}; it takes {PORT} + its instance)?"
    )
