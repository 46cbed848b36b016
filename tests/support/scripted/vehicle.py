"""Scripted vehicle for tests: the real MAVLink servers with a simple flight model, and faults at exact moments.

It flies straight lines at constant speed. Its purpose is refusals, silence and mode changes by another operator;
flights with physics belong to the simulator.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

from controller.autopilot_facts.facts import ARDUPILOT, PX4, StackFacts
from controller.autopilots.ardupilot_modes import COPTER, PLANE
from controller.clock import Clock
from controller.link.base import Link
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.protocol.messages.server import IntervalService
from controller.protocol.mission import behavior as mission_behavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.storage import (
    ListStorage,
    ardupilot_fence,
    ardupilot_rally,
    px4_fence,
    px4_rally,
)
from controller.protocol.mission.store import MissionStore
from controller.protocol.params.server import ParamBehavior, ParamService, ParamStore
from controller.protocol.params.values import ParamValue
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
from tests.support.scripted.script import Script
from tests.support.scripted.telemetry import HOME, PX4_MODES, message_makers

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = 0, 1, 2, 3, 4
STEP_S = 0.2


class _AreaStore(MissionStore):
    """Fence or rally points, stored as the stack does."""

    def __init__(self, storage: ListStorage) -> None:
        super().__init__()
        self._storage = storage

    def replace(self, items: Sequence[MissionItem], *, current: int | None = None) -> None:
        super().replace([self._storage.stored(item) for item in items], current=current)


class ScriptedVehicle:
    """Vehicle with the stack "ardupilot" (a copter), "arduplane" or "px4"; start `run` as a task."""

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
        self.received: list[Message] = []
        self.silent = False
        self._first = 0 if stack == "px4" else 1
        self._busy_until = 0.0
        self._mode_before = ""
        self._mission = MissionStore(on_change=self._uploaded)
        areas = (px4_fence(), px4_rally()) if stack == "px4" else (ardupilot_fence(), ardupilot_rally())
        behavior = mission_behavior.PX4 if stack == "px4" else mission_behavior.ARDUPILOT
        self._missions = MissionService(
            self.address,
            {0: self._mission, 1: _AreaStore(areas[0]), 2: _AreaStore(areas[1])},
            behavior,
            validate=lambda _, seq: 3 if seq == self.script.refused_item else 0,
            home=self._home_item,
            set_current=self._select,
        )
        encoding = ParamEncoding.BYTEWISE if stack == "px4" else ParamEncoding.C_CAST
        values = [ParamValue("TKOFF_ALT", 50.0, REAL32), ParamValue("TEST_COUNT", 7, 6)]
        self.params = ParamStore([*values, *self.script.params])
        ids = {name: dialect.by_name(name).msg_id for name in self._makers()}
        self._intervals = IntervalService(
            self.address,
            self._make,
            {ids["HEARTBEAT"]: 1.0, ids["SYS_STATUS"]: 0.2}
            | ({ids["MISSION_CURRENT"]: 1.0} if stack == "px4" else {}),
            known=frozenset(ids.values()),
            refused=frozenset((42,)) if stack == "px4" else frozenset(),
        )
        self._intervals_ids = {number: name for name, number in ids.items()}
        facts = StackFacts(PX4 if stack == "px4" else ARDUPILOT)
        self._machines: list[StateMachine[Any]] = [
            CommandService(self.address, self._command),
            self._missions,
            ParamService(
                self.address,
                self.params,
                encoding,
                hash_check=stack == "px4",
                behavior=ParamBehavior(sends_errors=facts.flag("unknown_parameter")),
            ),
            self._intervals,
            *self.script.services,
        ]
        self._encoder = Encoder(self.address)
        self._link: Link | None = None
        self._began = 0.0
        self._armed_at_s = 0.0

    @property
    def uptime_s(self) -> float:
        return self.clock.now() - self._began

    @property
    def items(self) -> tuple[MissionItem, ...]:
        """Plan items on board, without home."""
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
            group.create_task(self._fly_and_stream())

    async def _read(self, link: Link) -> None:
        framer = Framer()
        while chunk := await link.read():
            for frame in framer.feed(chunk):
                message = frame.message()
                self.received.append(message)
                self._fall_silent()
                if self.silent:
                    continue
                for machine in self._machines:
                    await self._send(machine.receive(message, frame.source, self.clock.now()))

    async def _fly_and_stream(self) -> None:
        reported_s = -100.0
        while True:
            await asyncio.sleep(STEP_S)
            now = self.clock.now()
            self._fall_silent()
            await self._fly(now)
            if self.script.prearm_text and not self.prearm_ok and self.uptime_s - reported_s >= 30:
                reported_s = self.uptime_s
                await self._send_text(self.script.prearm_text, 2)
            for machine in self._machines:
                if machine.deadline is not None and now >= machine.deadline:
                    await self._send(machine.tick(now))

    async def _send(self, messages: list[Message]) -> None:
        assert self._link is not None
        for message in messages:
            if not self.silent:
                await self._link.write(self._encoder.pack(message))

    def _fall_silent(self) -> None:
        if self.script.silent_when is not None and self.script.silent_when(self):
            self.silent = True

    async def _send_text(self, text: str, severity: int) -> None:
        await self._send(statustext_messages(text, severity, 7))

    # Commands

    def _command(self, call: ReceivedCommand, now: float) -> CommandReply:
        known = self._intervals.handle(call, now)
        if known is not None:
            return known
        self.commands.append((call.command, call.params))
        match call.command:
            case MAV_CMD.DO_SET_MODE:
                return self._set_mode(int(call.params[1]), int(call.params[2]))
            case MAV_CMD.COMPONENT_ARM_DISARM:
                return self._set_armed(call.params[0] > 0.5)
            case (
                MAV_CMD.MISSION_START
                | MAV_CMD.DO_REPOSITION
                | MAV_CMD.NAV_TAKEOFF
                | MAV_CMD.RUN_PREARM_CHECKS
            ):
                return CommandReply(ACCEPTED)
        return CommandReply(UNSUPPORTED)

    def _set_mode(self, number: int, sub: int) -> CommandReply:
        if self.stack == "px4":
            name = next((name for name, pair in PX4_MODES.items() if pair == (number, sub)), "")
        else:
            table = PLANE if self.stack == "arduplane" else COPTER
            name = next((name for name, value in table.items() if value == number), "")
        if not name:
            return CommandReply(DENIED)
        if name == self.script.mode_refused:
            return CommandReply(FAILED, messages=tuple(statustext_messages(self.script.mode_text, 3, 9)))
        self.mode = name
        return CommandReply(ACCEPTED)

    def _set_armed(self, armed: bool) -> CommandReply:
        early = self.uptime_s < self.script.arms_from_s
        if armed and (self.script.arm_refusals > 0 or not self.prearm_ok or early):
            self.script.arm_refusals -= 1
            return CommandReply(FAILED, messages=tuple(statustext_messages(self.script.arm_text, 2, 8)))
        if not armed and self.script.disarm_refused:
            return CommandReply(FAILED)
        if armed:
            self._armed_at_s = self.uptime_s
        self.armed = armed
        return CommandReply(ACCEPTED)

    def _uploaded(self, items: tuple[MissionItem, ...]) -> None:
        self.script.stale_mission = False
        if self.stack == "px4" and items:  # it keeps the number of its item
            self.current = min(self.current, len(items) - 1)
        else:
            self.current = self._first - 1 if self._first else 0
        if self.script.changes_items is not None:
            # Not by replace(), which would call this method again.
            self._mission.items = self.script.changes_items(items)

    def _select(self, seq: int) -> bool:
        if self.script.keeps_current:
            return False
        self.current = seq
        return True

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
            if (
                self._mode_before
                and self.script.takeover_ends_after_s is not None
                and now >= self._busy_until
            ):
                self.mode, self._mode_before = self._mode_before, ""
            return
        if self.number < 1:
            self.current = self._first
        if now < self._busy_until or not 1 <= self.number <= len(self.items):
            return
        item = self.items[self.number - 1]
        if self.number in self.script.takeover_modes:
            self._mode_before = self.mode
            self.mode = self.script.takeover_modes.pop(self.number)
            self._busy_until = now + (self.script.takeover_ends_after_s or 0.0)
            return
        if self.script.stops_at_item == self.number:
            return
        if self.script.lands_at_item == self.number:
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
        await self._send([self.mission_current()])

    def _move(self, lat_deg: float, lon_deg: float, alt_m: float) -> None:
        north = (lat_deg - self.place[0]) * 111_195
        east = (lon_deg - self.place[1]) * 111_195 * math.cos(math.radians(lat_deg))
        distance = math.hypot(north, east)
        fraction = 1.0 if distance < 1e-6 else min(1.0, self.script.speed_m_s * STEP_S / distance)
        self.place[0] += (lat_deg - self.place[0]) * fraction
        self.place[1] += (lon_deg - self.place[1]) * fraction
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

    # Telemetry

    @property
    def boot_ms(self) -> int:
        """Time since the start, in milliseconds."""
        return round(self.script.boot_ms + self.uptime_s * 1000 * self.script.clock_speed) % 2**32

    @property
    def shown_armed(self) -> bool:
        """Whether HEARTBEAT shows armed."""
        return self.armed and self.uptime_s >= self._armed_at_s + self.script.armed_shown_after_s

    @property
    def ready(self) -> bool:
        """Whether it has a position and home."""
        return self.uptime_s >= self.script.ready_at_s

    @property
    def prearm_ok(self) -> bool:
        """Whether the pre-arm checks pass."""
        return self.ready and not self.script.stale_mission

    def mission_current(self) -> Message:
        """Return MISSION_CURRENT."""
        self._missions.current_seq = max(0, self.current)
        return self._missions.current()

    def _make(self, msg_id: int) -> Message | None:
        return self._makers()[self._intervals_ids[msg_id]]()

    def _makers(self) -> dict[str, Callable[[], Message | None]]:
        return {**message_makers(self), **{one.name: lambda one=one: one for one in self.script.messages}}

    def _home_item(self) -> MissionItem:
        return MissionItem(frame=0, command=16, x=round(HOME[0] * 1e7), y=round(HOME[1] * 1e7), z=HOME[2])
