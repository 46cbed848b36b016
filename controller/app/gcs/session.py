"""The session behind the live view: finds and monitors the aircraft, turns keys into commands, records everything."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from controller.app.fly.event_record import text_fields
from controller.app.gcs import mission as gcs_mission
from controller.app.gcs.display import SILENT_S, DisplayState, MissionView, printable, sender_title
from controller.app.gcs.link_rates import LinkMeter
from controller.app.gcs.operator_actions import OperatorAction, actions
from controller.app.gcs.operator_input import (
    Ask,
    Decision,
    Leave,
    OperatorInput,
    Refuse,
    Run,
    describe_left,
    not_connected,
)
from controller.app.gcs.reached_items import ReachedItems
from controller.app.station import Station
from controller.clock import iso_utc
from controller.errors import LandlineError, LinkError
from controller.logs.record.event_file import EventKind
from controller.logs.record.recorder import FlightRecorder
from controller.missions.formats import qgc_plan
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import LinkChange
from controller.vehicle.identity import IdentityProblem
from controller.vehicle.monitoring.event_words import read_event_words
from controller.vehicle.state import ReceivedText, VehicleState
from controller.vehicle.telemetry import TEXTS_KEPT
from controller.vehicle.vehicle import Vehicle
from controller.wire.message import Message

REQUEST_HOME_S = 5.0
HEARTBEAT_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """An event of the session: `kind` and `fields` for `--json` and the record, `text` for the operator.

    `t_s` is the event loop's time in seconds, `utc` the time of day in ISO 8601.
    """

    t_s: float
    utc: str
    kind: str
    text: str
    fields: dict[str, Any]


class GcsSession:
    """Session of one operator with one aircraft.

    Inside `running`, call `press` for each key, and `alive` as long as the user interface works. `on_event` is
    called for each event; `leave` is set when the operator quits.
    """

    def __init__(
        self,
        station: Station,
        recorder: FlightRecorder,
        *,
        on_event: Callable[[SessionEvent], None],
        system: int | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.station = station
        self.clock = station.clock
        self.vehicle: Vehicle | None = None
        self.leave = asyncio.Event()
        self.last_line = ""
        self._recorder = recorder
        self._on_event = on_event
        self._system = system
        self.interrupted = False
        """Whether the operator left with Ctrl-C."""
        self._input = OperatorInput(actions(plan))
        self._meters: dict[LinkEndpoint, LinkMeter] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._silent_since_s: float | None = None
        self._armed_at_s: float | None = None
        self._alarm = ""
        self._box_texts: deque[ReceivedText] = deque(maxlen=TEXTS_KEPT)
        self._shown_items: tuple[MissionItem, ...] | None = None
        self._reached_items: ReachedItems | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Find the aircraft and serve the operator; commands in progress at the end are cancelled."""
        self.station.hub.watch(self._link_changed)
        stop_box_texts = self.station.watch_box_texts(self._on_box_text)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._begin("find", self._find())
            try:
                yield
            finally:
                stop_box_texts()
                for task in self._tasks.values():
                    task.cancel()

    def left(self) -> str:
        """Describe the state in which the aircraft is left."""
        return describe_left(self.vehicle)

    # The operator

    def alive(self) -> None:
        """Keep the ground station's heartbeat going, and check whether telemetry has stopped or come back."""
        self.station.alive()
        if self.vehicle is None or self._silent == (self._silent_since_s is not None):
            return
        if self._silent_since_s is None:
            silent_s = self.vehicle.silent_s
            self._silent_since_s = self.clock.now() - silent_s
            self._tell("link", f"no telemetry for {silent_s:.0f} s", up=False, silent_s=silent_s)
        else:
            silent_s = self.clock.now() - self._silent_since_s
            self._silent_since_s = None
            self._tell("link", f"telemetry received again after {silent_s:.0f} s", up=True, silent_s=silent_s)
            # It may have restarted meanwhile, and then sends little until the streams are requested again.
            self._begin("requests", self._request_all(self.vehicle))

    @property
    def _silent(self) -> bool:
        return self.vehicle is not None and self.vehicle.silent_s > SILENT_S

    def press(self, key: str) -> None:
        """Process a key press, or pasted text (see `line_entry.PASTE`)."""
        self._decide(self._input.press(key, self.clock.now(), self.vehicle))

    def interrupt(self) -> None:
        """Process Ctrl-C: it asks while the aircraft is armed, as the quit key does; a second one leaves."""
        self._decide(self._input.interrupt(self.clock.now(), self.vehicle))
        self.interrupted = self.leave.is_set()

    def _decide(self, decision: Decision) -> None:
        match decision:
            case Leave():
                self.leave.set()
            case Run(action):
                self._run_action(action)
            case Ask(text, key):
                self._on_event(self._event("question", text, {"key": key}))
            case Refuse(text):
                self._tell("warning", text)

    def _run_action(self, action: OperatorAction) -> None:
        vehicle = self.vehicle
        if vehicle is None:
            self._tell("warning", not_connected(action.name))
            return

        async def run() -> None:
            self._tell("action", f"{action.name} ...", name=action.name, outcome="ordered")
            try:
                remark = await action.run(vehicle)
            except LandlineError as error:
                outcome = {"name": action.name, "outcome": "failed", "exit_code": error.exit_code}
                self._tell("action", f"{action.name}: {error}", **outcome, why=str(error))
            else:
                text = f"{action.name}: done{f' ({remark})' if remark else ''}"
                self._tell("action", text, name=action.name, outcome="done")
            self._note_mission(vehicle)

        self._begin(f"action {action.name}", run(), again=True)

    # The aircraft

    async def _find(self) -> None:
        said = ""
        while self.vehicle is None:
            try:
                vehicle = await self.station.vehicle(self._system, timeout_s=HEARTBEAT_WITHIN_S)
            except LinkError as error:
                if said != str(error):
                    said = str(error)
                    self._tell("note", said)
                continue
            self.vehicle = vehicle
            vehicle.watch(self._receive)
            vehicle.watch_texts(self._on_text)
            vehicle.mission.watch_changes(self._on_mission_changed)
            vehicle.watch_identity(self._on_identity_problem)
            if vehicle.state.armed:
                self._armed_at_s = vehicle.aircraft_now_s
            self._tell("note", f"{vehicle} connected", name="aircraft", aircraft=str(vehicle))
            self._begin("requests", self._request_all(vehicle))
        while self.vehicle.state.home is None:
            await asyncio.sleep(REQUEST_HOME_S)
            await self.vehicle.request_home()

    async def _request_all(self, vehicle: Vehicle) -> None:
        """Request the telemetry and the mission that the view shows."""
        try:
            await vehicle.request_version()
            refused = await vehicle.request_streams()
            if refused:
                self._tell(
                    "warning", f"the aircraft does not send {', '.join(refused)} at the requested rate"
                )
            await self._download_mission(vehicle)
            if not self.station.is_slow:
                await read_event_words(vehicle)
        except LandlineError as error:
            self._tell("warning", str(error))

    async def _download_mission(self, vehicle: Vehicle) -> None:
        await gcs_mission.download(vehicle)
        self._note_mission(vehicle)

    async def _download_mission_again(self, vehicle: Vehicle) -> None:
        try:
            await self._download_mission(vehicle)
        except LandlineError as error:
            self._tell("warning", f"the mission on board has changed and could not be downloaded: {error}")

    def _note_mission(self, vehicle: Vehicle) -> None:
        """Record and announce the mission on board, if it differs from the one before."""
        mission = vehicle.mission.onboard
        if mission is None or (
            self._shown_items is not None and gcs_mission.same(self._shown_items, mission.items)
        ):
            return
        items = self._shown_items = mission.items
        self._reached_items = ReachedItems(vehicle.autopilot, items)
        if items:
            self._recorder.mission(qgc_plan.write(mission.plan))
        text = f"the mission on board has {len(items)} items" if items else "there is no mission on board"
        self._tell("mission", text, items=len(items))

    def _receive(self, message: Message, before: VehicleState, after: VehicleState) -> None:
        if message.name == "HEARTBEAT":
            if before.mode != after.mode:
                self._tell("mode", f"mode {after.mode}", mode=after.mode)
            if before.armed != after.armed:
                self._armed_at_s = self.vehicle.aircraft_now_s if after.armed and self.vehicle else None
                self._tell("note", "armed" if after.armed else "disarmed", name="armed", armed=after.armed)
        for number in self._reached_items.receive(message, before, after) if self._reached_items else ():
            total = len(self._shown_items or ())
            self._tell("mission", f"item {number} of {total} reached", item=number, of=total, reached=True)

    def _on_text(self, text: ReceivedText) -> None:
        fields = text_fields(text.severity, text.text, text.sender, text.event)
        self._tell("text", f"{sender_title(text.sender)}: {text.text}", **fields)

    def _on_mission_changed(self, what: str) -> None:
        self._tell("warning", what)
        if self.vehicle is not None:
            self._begin("mission", self._download_mission_again(self.vehicle))

    def _on_box_text(self, text: ReceivedText) -> None:
        self._box_texts.append(text)
        self._on_text(text)

    def _on_identity_problem(self, problem: IdentityProblem) -> None:
        self._tell("warning", problem.what)
        if not problem.restarted:
            self._alarm = f"COMMANDS BLOCKED: {problem.what}"
        elif self.vehicle is not None:
            self._begin("requests", self._request_all(self.vehicle))

    def _link_changed(self, change: LinkChange) -> None:
        name = change.endpoint.name
        self._tell("link", f"{name}: {change.why}", name=name, up=change.up, why=change.why)

    # Events

    def _event(self, kind: str, text: str, fields: dict[str, Any]) -> SessionEvent:
        return SessionEvent(self.clock.now(), iso_utc(self.clock.utc_us()), kind, text, fields)

    def warn(self, line: str) -> None:
        """Show a warning that is in the record already."""
        self.last_line = line
        self._on_event(self._event("warning", line, {"text": line}))

    def _tell(self, kind: EventKind, text: str, /, **fields: Any) -> None:
        text = printable(text)
        if kind in ("action", "warning", "note") and "text" not in fields:
            fields["text"] = text
        self._recorder.event(kind, **fields)
        if kind not in ("text", "mode", "mission"):  # the view shows these elsewhere
            self.last_line = text
        self._on_event(self._event(kind, text, fields))

    def _begin(self, name: str, work: Coroutine[Any, Any, None], *, again: bool = False) -> None:
        """Start a task; while one of the same name runs, start a second one only with `again`."""
        running = self._tasks.get(name)
        if running is not None and not running.done() and not again:
            work.close()
            return
        if again:
            name = f"{name} {self.clock.now()}"
        self._tasks = {key: task for key, task in self._tasks.items() if not task.done()}
        self._tasks[name] = self._group.create_task(work, name=name)

    # Display

    def display_state(self) -> DisplayState:
        """Return everything that the view shows now."""
        vehicle, now = self.vehicle, self.clock.now()
        return DisplayState(
            title=_title(vehicle) if vehicle else "no aircraft yet",
            state=self._shown_state(),
            now_s=now,
            silent_s=vehicle.silent_s if vehicle else math.inf,
            links=[self._meter(link, now).view(now) for link in self.station.hub.links],
            mission=_mission_view(vehicle) if vehicle else MissionView(),
            armed_for_s=self._armed_for_s,
            alarm=self._alarm,
            keys=self._input.keys,
            help_lines=self._input.help_lines,
            utc_us=self.clock.utc_us(),
            entry=self._input.entry(now),
            question=self._input.question(now, self.vehicle),
            left_s=self._input.left_s(now),
            last_line=self.last_line,
            record=f"{self._recorder.frame_count:,} frames in {self._recorder.folder}",
        )

    @property
    def _armed_for_s(self) -> float | None:
        """Time since it was armed, s, by the aircraft's clock."""
        if self._armed_at_s is None or self.vehicle is None:
            return None
        return self.vehicle.aircraft_now_s - self._armed_at_s

    def _shown_state(self) -> VehicleState:
        """Return the state of the aircraft, with the texts of the ground box among its own."""
        state = self.vehicle.state if self.vehicle else VehicleState()
        texts = sorted((*state.texts, *self._box_texts), key=lambda text: text.at_s)
        return replace(state, texts=tuple(texts)) if self._box_texts else state

    def _meter(self, link: LinkEndpoint, now: float) -> LinkMeter:
        meter = self._meters.get(link)
        if meter is None:
            meter = self._meters[link] = LinkMeter(link, now)
        return meter


def _title(vehicle: Vehicle) -> str:
    return f"{vehicle} {vehicle.firmware.version}" if vehicle.firmware else str(vehicle)


def _mission_view(vehicle: Vehicle) -> MissionView:
    onboard, status = vehicle.mission.onboard, vehicle.state.mission
    flown = vehicle.state.mode in vehicle.autopilot.mission_modes
    number = vehicle.autopilot.number_of(status.current) if status and status.current is not None else None
    if number is not None and not (flown or number > 1):
        number = None
    if onboard is None:
        return MissionView(None, number)
    plan = onboard.plan
    if number is None or not 0 < number <= len(plan.items):
        return MissionView(len(plan.items))
    item = plan.items[number - 1]
    position = (item.lat_deg, item.lon_deg) if item.has_position else None
    return MissionView(len(plan.items), number, item.name, position)
