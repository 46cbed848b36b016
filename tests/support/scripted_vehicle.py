"""A vehicle made of the real vehicle-side machines and a very simple idea of flying, which can be told to misbehave.

It moves along straight lines at constant speed and takes itself for perfect; what it is good for is refusals, silence and
others taking over, at an exact moment. Flights with physics are the simulator's.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from controller.autopilots.ardupilot_modes import COPTER, PLANE
from controller.clock import Clock
from controller.link.base import Link
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.protocol.messages.server import IntervalService
from controller.protocol.mission import behavior as mission_behavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.params.client import ParamValue
from controller.protocol.params.server import ParamService, ParamStore
from controller.protocol.params.wire import REAL32, ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.protocol.statustext import statustext_messages
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from controller.wire.enums import MAV_CMD
from controller.wire.framer import Framer
from controller.wire.message import Message

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = 0, 1, 2, 3, 4
HOME = (47.3977, 8.5456, 488.0)
STEP_S = 0.2
_PX4_MODES = {
    "LOITER": (4, 3),
    "MISSION": (4, 4),
    "RTL": (4, 5),
    "LAND": (4, 6),
    "TAKEOFF": (4, 2),
    "POSCTL": (3, 0),
}
PREARM = 1 << 28


@dataclass
class Script:
    """What it does wrong. Times are seconds since it was started."""

    ready_at_s: float = 5.0
    prearm_text: str = ""
    arm_refusals: int = 0
    arm_text: str = "Arm: Gyros inconsistent"
    mode_refused: str = ""
    mode_text: str = ""
    nak_item: int | None = None
    falls_silent: Callable[[ScriptedVehicle], bool] | None = None
    alters_items: Callable[[tuple[MissionItem, ...]], tuple[MissionItem, ...]] | None = None
    takes_over: dict[int, str] = field(default_factory=dict)
    """At this plan item somebody puts it into this mode, once."""
    gives_back_after_s: float | None = None
    sticks_at: int | None = None
    lands_at: int | None = None
    stays_armed: bool = False
    battery_percent: int = 90
    speed_m_s: float = 15.0
    services: list[StateMachine[Any]] = field(default_factory=list)
    """What else it answers, and the capabilities it claims for it."""
    capabilities: int = 0


class ScriptedVehicle:
    """`stack` is "ardupilot" (a copter), "arduplane" or "px4"; `run` it as a task."""

    def __init__(self, stack: str, clock: Clock, script: Script | None = None, *, system: int = 1) -> None:
        self.stack = stack
        self.script = script or Script()
        self.address: Address = address(system, 1)
        self.clock = clock
        self.armed = False
        self.mode = {"ardupilot": "STABILIZE", "arduplane": "MANUAL", "px4": "LOITER"}[stack]
        self.place = [HOME[0], HOME[1], 0.0]
        self.current = 0
        self.reached: list[int] = []
        self.commands: list[tuple[int, tuple[float, ...]]] = []
        self.heard: list[Message] = []
        self.silent = False
        self._first = 0 if stack == "px4" else 1
        self._busy_until = 0.0
        self._mode_before = ""
        self._mission = MissionStore(on_change=self._uploaded)
        behavior = mission_behavior.PX4 if stack == "px4" else mission_behavior.ARDUPILOT
        self._missions = MissionService(
            self.address,
            {0: self._mission, 1: MissionStore(), 2: MissionStore()},
            behavior,
            validate=lambda _, seq: 3 if seq == self.script.nak_item else 0,
            home=self._home_item,
        )
        encoding = ParamEncoding.BYTEWISE if stack == "px4" else ParamEncoding.C_CAST
        values = [ParamValue("TKOFF_ALT", 50.0, REAL32), ParamValue("TEST_COUNT", 7, 6)]
        self.params = ParamStore(values)
        ids = {name: dialect.by_name(name).msg_id for name in self._makers()}
        self._intervals = IntervalService(
            self.address,
            self._make,
            {ids["HEARTBEAT"]: 1.0, ids["SYS_STATUS"]: 0.2},
            known=frozenset(ids.values()),
            refused=frozenset((42,)) if stack == "px4" else frozenset(),
        )
        self._intervals_ids = {number: name for name, number in ids.items()}
        self._machines: list[StateMachine[Any]] = [
            CommandService(self.address, self._command),
            self._missions,
            ParamService(self.address, self.params, encoding, hash_check=stack == "px4"),
            self._intervals,
            *self.script.services,
        ]
        self._encoder = Encoder(self.address)
        self._link: Link | None = None
        self._began = 0.0

    @property
    def uptime_s(self) -> float:
        return self.clock.now() - self._began

    @property
    def items(self) -> tuple[MissionItem, ...]:
        """The plan's items on board, without home."""
        return self._mission.items[self._first :]

    @property
    def number(self) -> int:
        """Number of the current item, from 1."""
        return self.current + 1 - self._first

    async def run(self, link: Link) -> None:
        """Serve until cancelled."""
        self._began, self._link = self.clock.now(), link
        await self._send([message for machine in self._machines for message in machine.start(self._began)])
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(link))
            group.create_task(self._live())

    async def _read(self, link: Link) -> None:
        framer = Framer()
        while chunk := await link.read():
            for frame in framer.feed(chunk):
                message = frame.message()
                self.heard.append(message)
                self._fall_silent()
                if self.silent:
                    continue
                for machine in self._machines:
                    await self._send(machine.receive(message, frame.source, self.clock.now()))

    async def _live(self) -> None:
        told_s = -100.0
        while True:
            await asyncio.sleep(STEP_S)
            now = self.clock.now()
            self._fall_silent()
            await self._fly(now)
            if self.script.prearm_text and not self._ready() and self.uptime_s - told_s >= 30:
                told_s = self.uptime_s
                await self._say(self.script.prearm_text, 2)
            for machine in self._machines:
                if machine.deadline is not None and now >= machine.deadline:
                    await self._send(machine.tick(now))

    async def _send(self, messages: list[Message]) -> None:
        assert self._link is not None
        for message in messages:
            if not self.silent:
                await self._link.write(self._encoder.pack(message))

    def _fall_silent(self) -> None:
        if self.script.falls_silent is not None and self.script.falls_silent(self):
            self.silent = True

    async def _say(self, text: str, severity: int) -> None:
        await self._send(statustext_messages(text, severity, 7))

    # Commands

    def _command(self, call: ReceivedCommand, now: float) -> CommandReply:
        known = self._intervals.handle(call, now)
        if known is not None:
            return known
        self.commands.append((call.command, call.params))
        match call.command:
            case MAV_CMD.DO_SET_MODE:
                return self._mode_wanted(int(call.params[1]), int(call.params[2]))
            case MAV_CMD.COMPONENT_ARM_DISARM:
                return self._arm_wanted(call.params[0] > 0.5)
            case (
                MAV_CMD.MISSION_START
                | MAV_CMD.DO_REPOSITION
                | MAV_CMD.NAV_TAKEOFF
                | MAV_CMD.RUN_PREARM_CHECKS
            ):
                return CommandReply(ACCEPTED)
        return CommandReply(UNSUPPORTED)

    def _mode_wanted(self, number: int, sub: int) -> CommandReply:
        if self.stack == "px4":
            name = next((name for name, pair in _PX4_MODES.items() if pair == (number, sub)), "")
        else:
            table = PLANE if self.stack == "arduplane" else COPTER
            name = next((name for name, value in table.items() if value == number), "")
        if not name:
            return CommandReply(DENIED)
        if name == self.script.mode_refused:
            return CommandReply(FAILED, messages=tuple(statustext_messages(self.script.mode_text, 3, 9)))
        self.mode = name
        return CommandReply(ACCEPTED)

    def _arm_wanted(self, wanted: bool) -> CommandReply:
        if wanted and (self.script.arm_refusals > 0 or not self._ready()):
            self.script.arm_refusals -= 1
            return CommandReply(FAILED, messages=tuple(statustext_messages(self.script.arm_text, 2, 8)))
        self.armed = wanted
        return CommandReply(ACCEPTED)

    def _ready(self) -> bool:
        return self.uptime_s >= self.script.ready_at_s

    def _uploaded(self, items: tuple[MissionItem, ...]) -> None:
        self.current = self._first - 1 if self._first else 0
        if self.script.alters_items is not None:
            # Not by replace(), which would call us again.
            self._mission.items = self.script.alters_items(items)

    # Flying

    async def _fly(self, now: float) -> None:
        if not self.armed:
            return
        mission_mode = {"px4": "MISSION"}.get(self.stack, "AUTO")
        if self.mode in ("RTL", "LAND", "QRTL"):
            self._move(HOME[0], HOME[1], self.place[2]) if self.mode == "RTL" else None
            if self.mode == "LAND" or self._at(HOME[0], HOME[1], self.place[2]):
                self._descend()
            return
        if self.mode in ("TAKEOFF",):
            self.place[2] = min(50.0, self.place[2] + 5.0 * STEP_S)
            return
        if self.mode != mission_mode:
            if self._mode_before and self.script.gives_back_after_s is not None and now >= self._busy_until:
                self.mode, self._mode_before = self._mode_before, ""
            return
        if self.number < 1:
            self.current = self._first
        if now < self._busy_until or not 1 <= self.number <= len(self.items):
            return
        item = self.items[self.number - 1]
        if self.number in self.script.takes_over:
            self._mode_before = self.mode
            self.mode = self.script.takes_over.pop(self.number)
            self._busy_until = now + (self.script.gives_back_after_s or 0.0)
            return
        if self.script.sticks_at == self.number:
            return
        if self.script.lands_at == self.number:
            self._descend()
            return
        await self._do(item, now)

    async def _do(self, item: MissionItem, now: float) -> None:
        match item.command:
            case MAV_CMD.NAV_TAKEOFF:
                self.place[2] = min(item.z, self.place[2] + 5.0 * STEP_S)
                done = self.place[2] >= item.z
            case MAV_CMD.NAV_RETURN_TO_LAUNCH:
                self._move(HOME[0], HOME[1], self.place[2])
                if self.stack == "px4" or self.stack == "arduplane":
                    self.mode = "RTL"
                if self._at(HOME[0], HOME[1], self.place[2]):
                    self._descend()
                return
            case MAV_CMD.NAV_LAND:
                self._move(item.x / 1e7, item.y / 1e7, self.place[2])
                if self._at(item.x / 1e7, item.y / 1e7, self.place[2]):
                    self._descend()
                return
            case MAV_CMD.NAV_WAYPOINT | MAV_CMD.NAV_LOITER_UNLIM | MAV_CMD.NAV_LOITER_TIME:
                self._move(item.x / 1e7, item.y / 1e7, item.z)
                done = (
                    self._at(item.x / 1e7, item.y / 1e7, item.z) and item.command != MAV_CMD.NAV_LOITER_UNLIM
                )
                if done:
                    self._busy_until = now + item.param1
            case _:
                done = True
        if done:
            await self._next(item)

    async def _next(self, item: MissionItem) -> None:
        if item.command <= 95:
            self.reached.append(self.current)
            await self._send([m.MISSION_ITEM_REACHED(seq=self.current)])
        if self.number < len(self.items):
            self.current += 1
            while self.items[self.number - 1].command > 95 and self.number < len(self.items):
                self.current += 1
        elif self.stack == "px4":
            self.mode = "LOITER"
        elif self.stack == "arduplane":
            self.mode = "RTL"
        await self._send([self._make_mission_current()])

    def _move(self, lat_deg: float, lon_deg: float, alt_m: float) -> None:
        north = (lat_deg - self.place[0]) * 111_195
        east = (lon_deg - self.place[1]) * 111_195 * math.cos(math.radians(lat_deg))
        far = math.hypot(north, east)
        share = 1.0 if far < 1e-6 else min(1.0, self.script.speed_m_s * STEP_S / far)
        self.place[0] += (lat_deg - self.place[0]) * share
        self.place[1] += (lon_deg - self.place[1]) * share
        climb = max(-5.0 * STEP_S, min(5.0 * STEP_S, alt_m - self.place[2]))
        self.place[2] += climb

    def _at(self, lat_deg: float, lon_deg: float, alt_m: float) -> bool:
        near = abs(lat_deg - self.place[0]) < 1e-6 and abs(lon_deg - self.place[1]) < 1e-6
        return near and abs(alt_m - self.place[2]) < 0.5

    def _descend(self) -> None:
        self.place[2] = max(0.0, self.place[2] - 3.0 * STEP_S)
        if self.place[2] == 0.0 and not self.script.stays_armed:
            self.armed = False
            if self.stack == "px4":
                self.mode = "LOITER"

    # Messages

    def _makers(self) -> dict[str, Callable[[], Message | None]]:
        return {
            "HEARTBEAT": self._make_heartbeat,
            "SYS_STATUS": self._make_sys_status,
            "GLOBAL_POSITION_INT": self._make_position,
            "ATTITUDE": lambda: m.ATTITUDE(time_boot_ms=self._boot_ms()),
            "VFR_HUD": m.VFR_HUD,
            "GPS_RAW_INT": lambda: m.GPS_RAW_INT(fix_type=3 if self._ready() else 1, satellites_visible=10),
            "EKF_STATUS_REPORT": lambda: m.EKF_STATUS_REPORT(flags=831 if self._ready() else 167),
            "ESTIMATOR_STATUS": lambda: m.ESTIMATOR_STATUS(flags=1023 if self._ready() else 1),
            "EXTENDED_SYS_STATE": lambda: m.EXTENDED_SYS_STATE(landed_state=2 if self.place[2] > 0.3 else 1),
            "MISSION_CURRENT": self._make_mission_current,
            "HOME_POSITION": self._make_home,
            "AUTOPILOT_VERSION": lambda: m.AUTOPILOT_VERSION(
                flight_sw_version=0x040700FF, capabilities=self.script.capabilities
            ),
        }

    def _make(self, msg_id: int) -> Message | None:
        return self._makers()[self._intervals_ids[msg_id]]()

    def _boot_ms(self) -> int:
        return round(self.uptime_s * 1000)

    def _make_heartbeat(self) -> Message:
        if self.stack == "px4":
            main, sub = _PX4_MODES[self.mode]
            custom, autopilot, kind = main << 16 | sub << 24, 12, 2
        else:
            table = PLANE if self.stack == "arduplane" else COPTER
            custom, autopilot, kind = table[self.mode], 3, 1 if self.stack == "arduplane" else 2
        return m.HEARTBEAT(
            type=kind,
            autopilot=autopilot,
            base_mode=1 | 128 * self.armed,
            custom_mode=custom,
            system_status=3,
        )

    def _make_sys_status(self) -> Message:
        healthy = PREARM if self._ready() else 0
        return m.SYS_STATUS(
            onboard_control_sensors_present=PREARM,
            onboard_control_sensors_enabled=PREARM,
            onboard_control_sensors_health=healthy,
            voltage_battery=12600,
            current_battery=500,
            battery_remaining=self.script.battery_percent,
        )

    def _make_position(self) -> Message:
        return m.GLOBAL_POSITION_INT(
            time_boot_ms=self._boot_ms(),
            lat=round(self.place[0] * 1e7),
            lon=round(self.place[1] * 1e7),
            alt=round((HOME[2] + self.place[2]) * 1e3),
            relative_alt=round(self.place[2] * 1e3),
        )

    def _make_mission_current(self) -> Message:
        self._missions.current_seq = max(0, self.current)
        return self._missions.current()

    def _make_home(self) -> Message | None:
        if not self._ready():
            return None
        return m.HOME_POSITION(
            latitude=round(HOME[0] * 1e7), longitude=round(HOME[1] * 1e7), altitude=round(HOME[2] * 1e3)
        )

    def _home_item(self) -> MissionItem:
        return MissionItem(frame=0, command=16, x=round(HOME[0] * 1e7), y=round(HOME[1] * 1e7), z=HOME[2])


def moved(number: int, **change: Any) -> Callable[[tuple[MissionItem, ...]], tuple[MissionItem, ...]]:
    """For `Script.alters_items`: item at this index comes back changed."""
    return lambda items: tuple(
        replace(item, **change) if at == number else item for at, item in enumerate(items)
    )
