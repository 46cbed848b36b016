"""Protocol of PX4 on a board in HITL over its serial port, without I/O: sensors in real time, motor commands back.

The board has its own clock, so there is no lockstep. It sends only after it has received heartbeats, and reads the
simulator only with SYS_HITL set, which bit 32 of its heartbeat shows (docs/en/simulation/hitl.md of PX4-Autopilot).
Ground truth is never sent: a board would fly on it (mavlink_receiver.cpp, handle_message_hil_state_quaternion).
"""

from __future__ import annotations

from collections.abc import Callable

from controller.protocol.state_machine import StateMachine
from controller.protocol.timesync import TimesyncService
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message
from hil.bridges.link_diagnosis import LinkDiagnosis
from hil.bridges.px4.outputs import ActuatorCommands, outputs_of
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.sitl import PX4
from hil.bridges.serve import SIMULATOR
from hil.bridges.speed_monitor import SpeedMonitor

HIL_ENABLED = 32  # MAV_MODE_FLAG_HIL_ENABLED
AUTOPILOT_COMPONENT = 1
EAGER_S, CALM_S = 0.05, 1.0  # between heartbeats, before and after the board has answered
SILENCE_S = 3.0
LOST_S = 3.0
BEHIND_S = 0.5
FRAME_BYTES = 74  # of HIL_SENSOR in MAVLink 2


def least_baud(imu_hz: int) -> int:
    """Return the least baud rate: 10 bits a byte, and half of the line for other messages."""
    return 10 * FRAME_BYTES * imu_hz * 2


class Px4Hitl(StateMachine[None]):
    """Feeds one board, whose outputs are used only in HIL mode. `note` gets lines for the user.

    `utc_us` is the UTC time sent with every heartbeat: the board has no battery-backed clock.
    """

    def __init__(
        self, make_feed: Callable[[], SensorFeed], *, utc_us: Callable[[], int], note: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.link_diagnosis = LinkDiagnosis()  # filled by the endpoint
        self._speed_monitor = SpeedMonitor(1.0)
        self._utc_us = utc_us
        self._timesync = TimesyncService(SIMULATOR)
        self._make_feed = make_feed
        self._note = note
        self.feed: SensorFeed | None = None
        self.ignored = 0  # outputs received outside HIL mode
        self.answers = 0
        self._noted: set[str] = set()

    def start(self, now: float) -> list[Message]:
        self._switched_on = self._began = self._beat_due = self._due = self._fed_since = now
        self._heartbeat_at: float | None = None
        return self.tick(now)

    def lost(self, now: float) -> None:
        """Note a lost serial port; the aircraft stays where it is, and the board is searched when the port is back."""
        self._note("serial port lost; the simulation is paused until the cable is back")
        self._search_again(now)

    # --- messages of the board ---

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
                self.feed.plant.drive(self._commands.update(message))
        elif message.name == "TIMESYNC":
            return self._timesync.receive(message, source, now)
        return []

    def _heartbeat(self, message: Message, now: float) -> None:
        if message.autopilot != PX4:
            self._note_once(
                "stranger",
                f"the board has autopilot type {message.autopilot}, expected PX4 ({PX4}); ArduPilot simulates on the"
                " board itself (docs/howto/ardupilot-hardware.md)",
            )
            return
        first, self._heartbeat_at = self._heartbeat_at is None, now
        if not message.base_mode & HIL_ENABLED:
            self._note_once(
                "mode",
                "the board is not in HIL mode, so its outputs are not used: set SYS_HITL to 1 and an airframe for HITL "
                "(SYS_AUTOSTART 1001), then restart it",
            )
            self.feed = None
            return
        if self.feed is None:
            self.feed = self._make_feed()
            self._commands = ActuatorCommands(outputs_of(self.feed.plant.airframe), self._note)
            self._fed_since = now
        if first or self._due < now - BEHIND_S:
            self._due = now

    # --- time ---

    def tick(self, now: float) -> list[Message]:
        messages: list[Message] = []
        if now >= self._beat_due:
            self._beat_due = now + (CALM_S if self._heartbeat_at is not None else EAGER_S)
            messages.append(m.HEARTBEAT(type=0, autopilot=8, system_status=4))
            if self._heartbeat_at is not None:
                on_ms = round((now - self._switched_on) * 1e3)
                messages.append(m.SYSTEM_TIME(time_unix_usec=self._utc_us(), time_boot_ms=on_ms))
        if self._heartbeat_at is None:
            if now - self._began >= SILENCE_S and "stranger" not in self._noted:
                self._explain_silence()
            self.deadline = self._beat_due
            return messages
        if now - self._heartbeat_at > LOST_S:
            self._note_once(
                "gone", f"the board has sent no HEARTBEAT for {LOST_S:g} s; searching for it again"
            )
            self._search_again(now)
        if self.feed is not None:
            if now >= self._due:
                messages += self.feed.step()
                if line := self._speed_monitor.step(now, self.feed.plant.time_s):
                    self._note(line)
                self._due = max(self._due + self.feed.period_s, now - BEHIND_S)
            if not self.answers and now - self._fed_since >= SILENCE_S:
                self._note_once(
                    "idle",
                    f"the board takes sensors but has sent no HIL_ACTUATOR_CONTROLS for {SILENCE_S:g} s:"
                    " does its firmware have pwm_out_sim (`pwm_out_sim status` in its console),"
                    " and is the baud rate high enough?",
                )
            self.deadline = min(self._due, self._beat_due)
        else:
            self.deadline = self._beat_due
        return messages

    def _search_again(self, now: float) -> None:
        self._heartbeat_at, self._began = None, now
        self.link_diagnosis.clear()

    def _explain_silence(self) -> None:
        kind = self.link_diagnosis.kind
        if kind == "nothing":
            line = (
                f"received nothing from the board for {SILENCE_S:g} s: expected PX4's HEARTBEAT. Are port and baud rate"
                " right, is MAVLink on that port (MAV_0_CONFIG), is another program using it?"
            )
        else:
            line = f"the board {self.link_diagnosis}: expected PX4's HEARTBEAT. " + (
                "Is it a port of PX4, not of a radio or a camera?"
                if kind == "mavlink"
                else "Usually the baud rate differs from SER_TEL1_BAUD, or the port has no MAVLink (MAV_0_CONFIG)"
            )
        self._note_once(f"silent {kind}", line)

    def _note_once(self, topic: str, line: str) -> None:
        if topic not in self._noted:
            self._noted.add(topic)
            self._note(line)
