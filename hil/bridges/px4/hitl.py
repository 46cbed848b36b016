"""PX4 on a board in HITL, over its serial port: sensors in at the wall's pace, motor commands out, without I/O.

The board keeps its own clock, so there is no lockstep. It speaks only after it heard heartbeats, and listens to the
simulator only with SYS_HITL set, which its heartbeat shows in bit 32 (docs/en/simulation/hitl.md of PX4-Autopilot). The true
state is never sent: on a board it would be flown on (mavlink_receiver.cpp, handle_message_hil_state_quaternion).
"""

from __future__ import annotations

from collections.abc import Callable

from controller.protocol.state_machine import StateMachine
from controller.protocol.timesync import TimesyncService
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message
from hil.bridges.link_diagnosis import LinkDiagnosis
from hil.bridges.pace import SpeedMonitor
from hil.bridges.px4.outputs import ActuatorCommands, outputs_of
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.sitl import PX4
from hil.bridges.serve import SIMULATOR

HIL_ENABLED = 32  # MAV_MODE_FLAG_HIL_ENABLED
AUTOPILOT_COMPONENT = 1
EAGER_S, CALM_S = 0.05, 1.0  # between heartbeats, before and after the board was heard
SPEAK_S = 3.0
LOST_S = 3.0
BEHIND_S = 0.5
FRAME_BYTES = 74  # of HIL_SENSOR in MAVLink 2


def least_baud(imu_hz: int) -> int:
    """10 bits a byte; half of the line is left for all else."""
    return 10 * FRAME_BYTES * imu_hz * 2


class Px4Hitl(StateMachine[None]):
    """Feeds one board. Its outputs move nothing before it was seen in HIL mode. `tell` gets lines for people.

    `utc_us` is the time the board is told with every calm heartbeat: it has no clock that survives its power.
    """

    def __init__(
        self, make_feed: Callable[[], SensorFeed], *, utc_us: Callable[[], int], tell: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.link_diagnosis = LinkDiagnosis()  # kept by who hands over the messages
        self._pace = SpeedMonitor(1.0)
        self._utc_us = utc_us
        self._timesync = TimesyncService(SIMULATOR)
        self._make_feed = make_feed
        self._tell = tell
        self.feed: SensorFeed | None = None
        self.ignored = 0  # outputs that came outside HIL mode
        self.answers = 0
        self._spoken: set[str] = set()

    def start(self, now: float) -> list[Message]:
        self._switched_on = self._began = self._beat_due = self._due = self._fed_since = now
        self._heard_at: float | None = None
        return self.tick(now)

    def lost(self, now: float) -> None:
        """The cable is out: when it is back the board is looked for anew, the aircraft stays where it is."""
        self._tell("the serial port is gone; put the cable back, the simulation stands still until then")
        self._look_anew(now)

    # --- what the board says ---

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if source.component != AUTOPILOT_COMPONENT:
            return []
        if message.name == "HEARTBEAT":
            self._heartbeat(message, now)
        elif message.name == "HIL_ACTUATOR_CONTROLS":
            if self.feed is None:
                self.ignored += 1
            else:
                self.answers += 1
                self.feed.plant.drive(self._commands.take(message))
        elif message.name == "TIMESYNC":
            return self._timesync.receive(message, source, now)
        return []

    def _heartbeat(self, message: Message, now: float) -> None:
        if message.autopilot != PX4:
            self._say_once(
                "stranger",
                f"the board is of autopilot type {message.autopilot}, expected PX4 ({PX4}); ArduPilot simulates on its own "
                "board (docs/howto/ardupilot-hardware.md)",
            )
            return
        first, self._heard_at = self._heard_at is None, now
        if not message.base_mode & HIL_ENABLED:
            self._say_once(
                "mode",
                "the board is not in HIL mode, so its outputs are not used: set SYS_HITL to 1 and an airframe for HITL "
                "(SYS_AUTOSTART 1001), then restart it",
            )
            self.feed = None
            return
        if self.feed is None:
            self.feed = self._make_feed()
            self._commands = ActuatorCommands(outputs_of(self.feed.plant.airframe), self._tell)
            self._fed_since = now
        if first or self._due < now - BEHIND_S:
            self._due = now

    # --- time ---

    def tick(self, now: float) -> list[Message]:
        said: list[Message] = []
        if now >= self._beat_due:
            self._beat_due = now + (CALM_S if self._heard_at is not None else EAGER_S)
            said.append(m.HEARTBEAT(type=0, autopilot=8, system_status=4))
            if self._heard_at is not None:
                on_ms = round((now - self._switched_on) * 1e3)
                said.append(m.SYSTEM_TIME(time_unix_usec=self._utc_us(), time_boot_ms=on_ms))
        if self._heard_at is None:
            if now - self._began >= SPEAK_S and "stranger" not in self._spoken:
                self._explain_silence()
            self.deadline = self._beat_due
            return said
        if now - self._heard_at > LOST_S:
            self._say_once(
                "gone", f"the board has sent no HEARTBEAT for {LOST_S:g} s; it is looked for again"
            )
            self._look_anew(now)
        if self.feed is not None:
            if now >= self._due:
                said += self.feed.step()
                if line := self._pace.step(now, self.feed.plant.time_s):
                    self._tell(line)
                self._due = max(self._due + self.feed.period_s, now - BEHIND_S)
            if not self.answers and now - self._fed_since >= SPEAK_S:
                self._say_once(
                    "idle",
                    f"the board takes sensors but has sent no HIL_ACTUATOR_CONTROLS for {SPEAK_S:g} s: does its firmware have "
                    "pwm_out_sim (ask `pwm_out_sim status` in its console), and is the line fast enough for its stream?",
                )
            self.deadline = min(self._due, self._beat_due)
        else:
            self.deadline = self._beat_due
        return said

    def _look_anew(self, now: float) -> None:
        self._heard_at, self._began = None, now
        self.link_diagnosis.clear()

    def _explain_silence(self) -> None:
        kind = self.link_diagnosis.kind
        if kind == "nothing":
            line = (
                f"heard nothing from the board for {SPEAK_S:g} s: expected PX4's HEARTBEAT. Is it the right port and baud "
                "rate, is MAVLink on that port (MAV_0_CONFIG), is another program using it?"
            )
        else:
            line = f"the board {self.link_diagnosis}: expected PX4's HEARTBEAT. " + (
                "Is it PX4's own port, and not a radio's or a camera's?"
                if kind == "mavlink"
                else "Usually the baud rate is not the port's (SER_TEL1_BAUD), or the port is not MAVLink's (MAV_0_CONFIG)"
            )
        self._say_once(f"silent {kind}", line)

    def _say_once(self, what: str, line: str) -> None:
        if what not in self._spoken:
            self._spoken.add(what)
            self._tell(line)
