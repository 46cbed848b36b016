"""The session of a ground station: finds and monitors the aircraft, turns the operator's commands into MAVLink, records
everything."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from controller.app.fly.event_record import text_fields
from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.display import printable, sender_title
from controller.app.gcs.display_state import DisplayState, LinkView, MissionView
from controller.app.gcs.link_rates import LinkMeter
from controller.app.gcs.operator_actions import NEXT_NAME, actions
from controller.app.gcs.operator_input import (
    Ask,
    Decision,
    Leave,
    Next,
    OperatorInput,
    Refuse,
    Run,
    describe_left,
    not_connected,
)
from controller.app.gcs.orders import Order
from controller.app.gcs.sleep_watch import watch_sleep
from controller.app.station import Station
from controller.clock import asleep_s, iso_utc
from controller.errors import LinkError
from controller.logs.record.event_file import EventKind
from controller.logs.record.recorder import FlightRecorder
from controller.missions.formats import qgc_plan
from controller.missions.plan import Plan
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import LinkChange
from controller.vehicle.state import ReceivedText, VehicleState
from controller.vehicle.telemetry import TEXTS_KEPT
from controller.vehicle.vehicle import Vehicle
from controller.wire.address import Address

HEARTBEAT_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """An event of the session: `kind` and `fields` for `--json` and the record, `text` for the operator.

    `t_s` is the event loop's time in seconds, `utc` the time of day in ISO 8601. `aircraft` is the address of the
    aircraft that it is about, None for the station or a link.
    """

    t_s: float
    utc: str
    kind: str
    text: str
    fields: dict[str, Any]
    aircraft: Address | None = None


class GcsSession:
    """Session of operators with the aircraft on the links, or with the one of `system`.

    Inside `running`, call `press` for each key, and `alive` as long as the user interface works. `watch` adds a
    listener for the events; `leave` is set when the operator quits. Keys command the `selected` aircraft alone.
    """

    def __init__(
        self,
        station: Station,
        recorder: FlightRecorder,
        *,
        on_event: Callable[[SessionEvent], None],
        system: int | None = None,
        plan: Plan | None = None,
        asleep_s: Callable[[], float] = asleep_s,
    ) -> None:
        self._asleep_s = asleep_s
        self.station = station
        self.clock = station.clock
        self.aircraft: dict[Address, AircraftSession] = {}
        """The aircraft found, in the order of their first heartbeats."""
        self.selected: AircraftSession | None = None
        """The aircraft that keys command: the first one found, until the operator selects another."""
        self.leave = asyncio.Event()
        self.last_line = ""
        self.recorder = recorder
        self._watchers: tuple[Callable[[SessionEvent], None], ...] = (on_event,)
        self._system = system
        self.interrupted = False
        """Whether the operator left with Ctrl-C."""
        self._input = OperatorInput(actions(plan), self._vehicles)
        self._meters: dict[LinkEndpoint, LinkMeter] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._numbers = count(1)
        self._box_texts: deque[ReceivedText] = deque(maxlen=TEXTS_KEPT)

    @property
    def vehicle(self) -> Vehicle | None:
        """The selected aircraft, None before one was found."""
        return self.selected.vehicle if self.selected else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Find the aircraft and serve the operator; commands in progress at the end are cancelled."""
        self.station.hub.watch(self._link_changed)
        stop_box_texts = self.station.watch_box_texts(self._on_box_text)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._begin("find", self._find())
            self._begin("sleep", watch_sleep(self.clock.now, self._asleep_s, self._on_sleep))
            try:
                yield
            finally:
                stop_box_texts()
                for task in self._tasks.values():
                    task.cancel()

    def left(self) -> str:
        """Describe the state in which each aircraft is left."""
        return describe_left(self._vehicles())

    def _vehicles(self) -> list[Vehicle]:
        return [one.vehicle for one in self.aircraft.values()]

    # The operator

    def alive(self) -> None:
        """Keep the ground station's heartbeat going, and check whether telemetry has stopped or come back."""
        self.station.alive()
        for one in self.aircraft.values():
            one.check_silence()

    @property
    def typing(self) -> bool:
        """Whether keys are letters of a value that is typed."""
        return bool(self._input.entry(self.clock.now()))

    def press(self, key: str) -> None:
        """Process a key press, or pasted text (see `line_entry.PASTE`)."""
        self._decide(self._input.press(key, self.clock.now(), self.vehicle))

    def interrupt(self) -> None:
        """Process Ctrl-C: it asks while an aircraft is armed, as the quit key does; a second one leaves."""
        self._decide(self._input.interrupt(self.clock.now(), self.vehicle))
        self.interrupted = self.leave.is_set()

    def _decide(self, decision: Decision) -> None:
        match decision:
            case Leave():
                self.leave.set()
            case Run(order):
                self._run_order(order)
            case Next():
                self._select_next()
            case Ask(text, key):
                self._publish("question", text, {"key": key})
            case Refuse(text):
                self.tell("warning", text)

    def _run_order(self, order: Order) -> None:
        if self.selected is None:
            self.tell("warning", not_connected(order.title))
        else:
            self.selected.run(order)

    def _select_next(self) -> None:
        """Select the next aircraft; a question that waits for the one before is cancelled by the key."""
        order = list(self.aircraft.values())
        if self.selected is None or len(order) < 2:
            self.tell("warning", f"{NEXT_NAME}: there is no other aircraft")
            return
        self.selected = order[(order.index(self.selected) + 1) % len(order)]
        self.tell(
            "note",
            f"{self.selected.vehicle} selected",
            name="selected",
            about=self.selected.vehicle.address,
        )

    def _on_sleep(self, slept_s: float) -> None:
        """End what was in progress: the operator of before the sleep does not see what the aircraft does now."""
        why = f"this computer slept for {slept_s:.0f} s in the middle of it; look at the aircraft first"
        for one in self.aircraft.values():
            one.orders.interrupt(why)
        self.tell(
            "warning",
            f"this computer slept for {slept_s:.0f} s: what is shown may be from before",
            name="sleep",
            slept_s=round(slept_s, 1),
        )

    # The aircraft

    async def _find(self) -> None:
        said = ""
        while True:
            try:
                found = await self.station.new_vehicles(
                    self.aircraft, self._system, timeout_s=None if self.aircraft else HEARTBEAT_WITHIN_S
                )
            except LinkError as error:
                if said != str(error):
                    said = str(error)
                    self.tell("note", said)
                continue
            for vehicle in found:
                self._add(vehicle)

    def _add(self, vehicle: Vehicle) -> None:
        tell = partial(self.tell, about=vehicle.address)
        one = AircraftSession(
            vehicle,
            self.station,
            tell=tell,
            begin=self._begin,
            on_mission=partial(self._record_mission, vehicle.address.system),
        )
        self.aircraft[vehicle.address] = one
        if self.selected is None:
            self.selected = one
        one.start()

    def _record_mission(self, system: int, plan: Plan) -> None:
        if plan.items:
            self.recorder.mission(qgc_plan.write(plan), system=system)

    def _on_box_text(self, text: ReceivedText) -> None:
        self._box_texts.append(text)
        fields = text_fields(text.severity, text.text, text.sender, text.event)
        self.tell("text", f"{sender_title(text.sender)}: {text.text}", **fields)

    def _link_changed(self, change: LinkChange) -> None:
        name = change.endpoint.name
        self.tell("link", f"{name}: {change.why}", name=name, up=change.up, why=change.why)

    # Events

    def watch(self, watcher: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call `watcher(event)` for each event of the session. Returns a function that ends the calls."""
        self._watchers = (*self._watchers, watcher)

        def stop() -> None:
            self._watchers = tuple(kept for kept in self._watchers if kept is not watcher)

        return stop

    def _publish(self, kind: str, text: str, fields: dict[str, Any], aircraft: Address | None = None) -> None:
        now_s, utc = self.clock.now(), iso_utc(self.clock.utc_us())
        event = SessionEvent(now_s, utc, kind, text, fields, aircraft)
        for watcher in self._watchers:
            watcher(event)

    def warn(self, line: str) -> None:
        """Show a warning that is in the record already."""
        self.last_line = line
        self._publish("warning", line, {"text": line})

    def tell(self, kind: EventKind, text: str, /, *, about: Address | None = None, **fields: Any) -> None:
        """Record an event, of the aircraft `about` if it is given, and show it to the operators."""
        text = printable(text)
        if kind in ("action", "warning", "note") and "text" not in fields:
            fields["text"] = text
        if about is not None:
            fields["system"] = about.system
        self.recorder.event(kind, **fields)
        if kind not in ("text", "mode", "mission"):  # the view shows these elsewhere
            self.last_line = text
        self._publish(kind, text, fields, about)

    def _begin(self, name: str, work: Coroutine[Any, Any, None], again: bool = False) -> None:
        """Start a task; a second one of the same name only with `again`."""
        running = self._tasks.get(name)
        if running is not None and not running.done() and not again:
            work.close()
            return
        if again:
            name = f"{name} {next(self._numbers)}"
        self._tasks = {key: task for key, task in self._tasks.items() if not task.done()}
        self._tasks[name] = self._group.create_task(work, name=name)

    # Display

    def link_views(self) -> list[LinkView]:
        """Return every link with its rates of the last second and its loss of the last ten."""
        now = self.clock.now()
        return [self._meter(link, now).view(now) for link in self.station.hub.links]

    def display_state(self) -> DisplayState:
        """Return everything that the view of the selected aircraft shows now."""
        one, vehicle, now = self.selected, self.vehicle, self.clock.now()
        others = len(self.aircraft) - 1
        return DisplayState(
            title=_title(one, others),
            state=self._shown_state(),
            now_s=now,
            silent_s=vehicle.silent_s if vehicle else math.inf,
            links=self.link_views(),
            mission=one.mission_view() if one else MissionView(),
            armed_for_s=one.armed_for_s if one else None,
            alarm=one.alarm if one else "",
            keys=self._input.keys,
            help_lines=self._input.help_lines,
            utc_us=self.clock.utc_us(),
            entry=self._input.entry(now),
            question=self._input.question(now, self.vehicle),
            left_s=self._input.left_s(now),
            last_line=self.last_line,
            record=f"{self.recorder.frame_count:,} frames in {self.recorder.folder}",
        )

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


def _title(one: AircraftSession | None, others: int) -> str:
    if one is None:
        return "no aircraft yet"
    return f"{one.title} (and {others} more: n)" if others else one.title
