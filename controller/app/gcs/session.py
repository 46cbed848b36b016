"""What goes on behind the live view: the aircraft is found and watched, keys become orders, everything is written down."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from controller.app.gcs import mission as gcs_mission
from controller.app.gcs.display import SILENT_S, MissionView, Picture, printable
from controller.app.gcs.link_rates import LinkMeter
from controller.app.gcs.mission_watch import MissionWatch
from controller.app.gcs.operator_actions import LEAVE, LEAVE_NAME, Action, Confirm, actions
from controller.app.station import Station
from controller.errors import LandlineError, LinkError
from controller.logs.record.recorder import EventKind, FlightRecorder
from controller.missions.files import text_for
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import LinkChange
from controller.vehicle.identity import Trouble
from controller.vehicle.state import VehicleState, new_texts
from controller.vehicle.vehicle import Vehicle
from controller.wire.message import Message

ASK_HOME_S = 5.0
HEAR_S = 5.0


@dataclass(frozen=True, slots=True)
class News:
    """Something happened: `kind` and `fields` for machines and the record, `text` for people."""

    t_s: float
    kind: str
    text: str
    fields: dict[str, Any]


class Session:
    """One operator at one aircraft. Inside `running`: call `press` for each key, `alive` while the operator is there.

    `tell` gets the news as they come; `leave` is set when the operator wants to go.
    """

    def __init__(
        self,
        station: Station,
        recorder: FlightRecorder,
        *,
        tell: Callable[[News], None],
        system: int | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.station = station
        self.clock = station.clock
        self.vehicle: Vehicle | None = None
        self.leave = asyncio.Event()
        self.said = ""
        self._recorder = recorder
        self._listener = tell
        self._system = system
        self._actions: dict[str, Action] = actions(plan)
        self._confirm = Confirm(frozenset({*self._actions, LEAVE}))
        self._meters: dict[LinkEndpoint, LinkMeter] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._silent_since_s: float | None = None
        self._armed_at_s: float | None = None
        self._trouble = ""
        self._kept: tuple[MissionItem, ...] | None = None
        self._mission: MissionWatch | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for the aircraft, and serve; orders that are not finished at the end are broken off."""
        self.station.hub.watch(self._link_changed)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._begin("find", self._find())
            try:
                yield
            finally:
                for task in self._tasks.values():
                    task.cancel()

    def left(self) -> str:
        """How the aircraft is, in words."""
        if self.vehicle is None:
            return "no aircraft was heard"
        words = self.vehicle.state.describe()
        return f"{words}, last heard {self.vehicle.silent_s:.0f} s ago" if self._silent else words

    # The operator

    def alive(self) -> None:
        """The operator is there; also the moment at which silence is noticed."""
        self.station.alive()
        if self.vehicle is None or self._silent == (self._silent_since_s is not None):
            return
        if self._silent_since_s is None:
            silent_s = self.vehicle.silent_s
            self._silent_since_s = self.clock.now() - silent_s
            self._tell("link", f"no word from the aircraft for {silent_s:.0f} s", up=False, silent_s=silent_s)
        else:
            silent_s = self.clock.now() - self._silent_since_s
            self._silent_since_s = None
            self._tell("link", f"heard again after {silent_s:.0f} s", up=True, silent_s=silent_s)
            # It may have restarted meanwhile, and then sends next to nothing unasked.
            self._begin("greet", self._greet(self.vehicle))

    @property
    def _silent(self) -> bool:
        return self.vehicle is not None and self.vehicle.silent_s > SILENT_S

    def press(self, key: str) -> None:
        """The operator pressed a key."""
        now = self.clock.now()
        if key == LEAVE and not (self.vehicle is not None and self.vehicle.state.armed):
            self.leave.set()
            return
        sure = self._confirm.press(key, now)
        if sure == LEAVE:
            self.leave.set()
        elif sure is not None:
            self._order(self._actions[sure])
        elif question := self._question():
            self._listener(News(now, "question", f"{question}?  y = yes, any other key = no", {"key": key}))

    def _question(self) -> str:
        waiting = self._confirm.waiting(self.clock.now())
        if waiting == LEAVE:
            return f"the aircraft is {self.left()}, and stays so. Leave"
        return self._actions[waiting].question if waiting else ""

    def _order(self, action: Action) -> None:
        vehicle = self.vehicle
        if vehicle is None:
            self._tell("warning", f"{action.name}: no aircraft is heard yet; nothing was sent")
            return

        async def do() -> None:
            self._tell("action", f"{action.name} ...", name=action.name, outcome="ordered")
            try:
                more = await action.do(vehicle)
            except LandlineError as error:
                outcome = {"name": action.name, "outcome": "failed", "exit_code": error.exit_code}
                self._tell("action", f"{action.name}: {error}", **outcome, why=str(error))
            else:
                words = f"{action.name}: done{f' ({more})' if more else ''}"
                self._tell("action", words, name=action.name, outcome="done")
            self._keep_mission(vehicle)

        self._begin(f"order {action.name}", do(), again=True)

    # The aircraft

    async def _find(self) -> None:
        while self.vehicle is None:
            try:
                vehicle = await self.station.vehicle(self._system, timeout_s=HEAR_S)
            except LinkError:
                continue
            self.vehicle = vehicle
            vehicle.watch(self._hear)
            vehicle.watch_trouble(self._doubt)
            if vehicle.state.armed:
                self._armed_at_s = self.clock.now()
            self._tell("note", f"{vehicle} is heard", name="aircraft", aircraft=str(vehicle))
            self._begin("greet", self._greet(vehicle))
        while self.vehicle.state.home is None:
            await asyncio.sleep(ASK_HOME_S)
            await self.vehicle.ask_home()

    async def _greet(self, vehicle: Vehicle) -> None:
        """Ask for all that the view shows."""
        try:
            await vehicle.introduce()
            missed = await vehicle.ask_streams()
            if missed:
                self._tell("warning", f"the aircraft does not send {', '.join(missed)} at the rate asked for")
            await self._read_mission(vehicle)
        except LandlineError as error:
            self._tell("warning", str(error))

    async def _read_mission(self, vehicle: Vehicle) -> None:
        await gcs_mission.read(vehicle)
        self._keep_mission(vehicle)

    async def _read_mission_again(self, vehicle: Vehicle) -> None:
        try:
            await self._read_mission(vehicle)
        except LandlineError as error:
            self._tell("warning", f"the mission on board has changed and could not be read: {error}")

    def _keep_mission(self, vehicle: Vehicle) -> None:
        """Record the mission on board and tell of it, if it is another than before."""
        plan, items = vehicle.mission.plan, vehicle.mission.items
        if plan is None or items is None or (self._kept is not None and gcs_mission.same(self._kept, items)):
            return
        self._kept = items
        self._mission = MissionWatch(vehicle.autopilot, items)
        if items:
            self._recorder.mission(text_for(plan, "mission.plan"))
        text = f"the mission on board has {len(items)} items" if items else "there is no mission on board"
        self._tell("mission", text, items=len(items))

    def _hear(self, message: Message, before: VehicleState, after: VehicleState) -> None:
        if message.name == "HEARTBEAT":
            if before.mode != after.mode:
                self._tell("mode", f"mode {after.mode}", mode=after.mode)
            if before.armed != after.armed:
                self._armed_at_s = self.clock.now() if after.armed else None
                self._tell("note", "armed" if after.armed else "disarmed", name="armed", armed=after.armed)
        for number in self._mission.hear(message, before, after) if self._mission else ():
            total = len(self._kept or ())
            self._tell("mission", f"item {number} of {total} reached", item=number, of=total, reached=True)
        for text in new_texts(before, after):
            self._tell("text", f"aircraft: {text.text}", severity=text.severity, text=text.text)
        old, new = before.mission, after.mission
        if old is not None and new is not None and old.total != new.total and self.vehicle is not None:
            self._begin("mission", self._read_mission_again(self.vehicle))

    def _doubt(self, trouble: Trouble) -> None:
        self._tell("warning", trouble.what)
        if not trouble.restarted:
            self._trouble = f"NO COMMAND IS SENT: {trouble.what}"
        elif self.vehicle is not None:
            self._begin("greet", self._greet(self.vehicle))

    def _link_changed(self, change: LinkChange) -> None:
        name = change.endpoint.name
        self._tell("link", f"{name}: {change.why}", name=name, up=change.up, why=change.why)

    # Telling

    def say(self, line: str) -> None:
        """Words for the operator that are in the record already."""
        self.said = line
        self._listener(News(self.clock.now(), "warning", line, {"text": line}))

    def _tell(self, kind: EventKind, words: str, /, **fields: Any) -> None:
        words = printable(words)
        if kind in ("action", "warning", "note") and "text" not in fields:
            fields["text"] = words
        self._recorder.event(kind, **fields)
        if kind not in ("text", "mode", "mission"):  # the view has places of their own for these
            self.said = words
        self._listener(News(self.clock.now(), kind, words, fields))

    def _begin(self, name: str, work: Coroutine[Any, Any, None], *, again: bool = False) -> None:
        """Do something beside; a second one of the same name only when `again` says so."""
        running = self._tasks.get(name)
        if running is not None and not running.done() and not again:
            work.close()
            return
        if again:
            name = f"{name} {self.clock.now()}"
        self._tasks = {key: task for key, task in self._tasks.items() if not task.done()}
        self._tasks[name] = self._group.create_task(work, name=name)

    # Showing

    def picture(self) -> Picture:
        """Everything as it is now."""
        vehicle, now = self.vehicle, self.clock.now()
        waiting = self._confirm.waiting(now)
        return Picture(
            title=_title(vehicle) if vehicle else "no aircraft yet",
            state=vehicle.state if vehicle else VehicleState(),
            now_s=now,
            silent_s=vehicle.silent_s if vehicle else math.inf,
            links=[self._meter(link, now).view(now) for link in self.station.hub.links],
            mission=_mission(vehicle) if vehicle else MissionView(),
            armed_for_s=now - self._armed_at_s if self._armed_at_s is not None else None,
            trouble=self._trouble,
            keys=[*(action.name for action in self._actions.values()), LEAVE_NAME],
            question=self._question(),
            left_s=self._confirm.left_s(now) if waiting else 0.0,
            said=self.said,
            record=f"{self._recorder.frame_count:,} frames in {self._recorder.folder}",
        )

    def _meter(self, link: LinkEndpoint, now: float) -> LinkMeter:
        meter = self._meters.get(link)
        if meter is None:
            meter = self._meters[link] = LinkMeter(link, now)
        return meter


def _title(vehicle: Vehicle) -> str:
    return f"{vehicle} {vehicle.firmware.version}" if vehicle.firmware else str(vehicle)


def _mission(vehicle: Vehicle) -> MissionView:
    plan, status = vehicle.mission.plan, vehicle.state.mission
    flown = vehicle.state.mode in vehicle.autopilot.mission_modes
    number = vehicle.autopilot.number_of(status.current) if status and status.current is not None else None
    if number is not None and not (flown or number > 1):
        number = None
    if plan is None:
        return MissionView(None, number)
    if number is None or not 0 < number <= len(plan.items):
        return MissionView(len(plan.items))
    item = plan.items[number - 1]
    where = (item.lat_deg, item.lon_deg) if item.has_position else None
    return MissionView(len(plan.items), number, item.name, where)
