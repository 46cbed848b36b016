"""One aircraft of a session: requests its telemetry and mission, and tells the operator what it does and says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from controller.app.fly.event_record import text_fields
from controller.app.gcs import mission as gcs_mission
from controller.app.gcs.display import sender_title
from controller.app.gcs.display_state import SILENT_S, MissionView
from controller.app.gcs.order_runner import TERMINAL, Operator, OrderRunner, Tell
from controller.app.gcs.orders import Order
from controller.app.gcs.reached_items import ReachedItems
from controller.app.gcs.track import Track
from controller.app.station import Station
from controller.errors import LandlineError
from controller.logs.record.event_file import EventKind
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.vehicle.identity import IdentityProblem
from controller.vehicle.monitoring.event_words import read_event_words
from controller.vehicle.state import ReceivedText, VehicleState
from controller.vehicle.vehicle import Vehicle
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message

REQUEST_HOME_S = 5.0
NOTE_MISSION_S = 2.0
_HAS_FENCE = int(MAV_PROTOCOL_CAPABILITY.MISSION_FENCE)
_HAS_RALLY = int(MAV_PROTOCOL_CAPABILITY.MISSION_RALLY)


Begin = Callable[[str, Coroutine[Any, Any, None], bool], None]


class AircraftSession:
    """An aircraft that the session monitors and commands.

    `tell` records and shows an event, `begin(name, work, again)` starts a task of the session: one of a name at a time,
    unless `again`. `on_mission(plan)` is called when the mission on board is another than before.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        station: Station,
        *,
        tell: Tell,
        begin: Begin,
        on_mission: Callable[[Plan], None],
    ) -> None:
        self.vehicle = vehicle
        self.alarm = ""
        """Reason why commands are blocked, "" for none."""
        self._station = station
        self._clock = station.clock
        self._tell = tell
        self._begin_task = begin
        self._on_mission = on_mission
        self._silent_since_s: float | None = None
        self._armed_at_s = vehicle.aircraft_now_s if vehicle.state.armed else None
        self._shown_items: tuple[MissionItem, ...] | None = None
        self._reached_items: ReachedItems | None = None
        self.track = Track()
        """Where it was since the session found it."""
        self.onboard_changes = 0
        """Number of times that mission, fence or rally points on board became known anew."""
        self.orders = OrderRunner(vehicle, tell, self._begin_order)
        vehicle.watch(self._receive)
        vehicle.watch_texts(self._on_text)
        vehicle.mission.watch_changes(self._on_mission_changed)
        vehicle.mission.watch_onboard(self._on_onboard)
        vehicle.watch_identity(self._on_identity_problem)

    def start(self) -> None:
        """Announce the aircraft, and request its telemetry and its mission."""
        self._tell("note", f"{self.vehicle} connected", name="aircraft", aircraft=str(self.vehicle))
        self.vehicle.named_addresses.watch(lambda text: self._tell("note", text, name="address"))
        self._begin("requests", self._request_all())
        self._begin("home", self._request_home())

    def _begin(self, name: str, work: Coroutine[Any, Any, None], *, again: bool = False) -> None:
        self._begin_task(
            f"{name} {self.vehicle.address.system}.{self.vehicle.address.component}", work, again
        )

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task about this aircraft, which ends with the session; return it."""
        task: asyncio.Task[None] = asyncio.create_task(work)

        async def follow() -> None:
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()

        self._begin(name, follow(), again=True)
        return task

    def tell(self, kind: EventKind, text: str, /, **fields: Any) -> None:
        """Record an event about this aircraft and show it to the operators."""
        self._tell(kind, text, **fields)

    def _begin_order(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            finally:
                self._note_mission()

        self._begin(name, run(), again=True)

    # The operator

    def run(self, order: Order, operator: Operator = TERMINAL) -> None:
        """Send an order now, or refuse it now; its outcomes are events."""
        self.orders.run(order, operator)

    def check_silence(self) -> None:
        """Tell when telemetry has stopped or come back."""
        silent_s = self.vehicle.silent_s
        if (silent_s > SILENT_S) == (self._silent_since_s is not None):
            return
        if self._silent_since_s is None:
            self._silent_since_s = self._clock.now() - silent_s
            self._tell("link", f"no telemetry for {silent_s:.0f} s", up=False, silent_s=silent_s)
        else:
            silent_s = self._clock.now() - self._silent_since_s
            self._silent_since_s = None
            self._tell("link", f"telemetry received again after {silent_s:.0f} s", up=True, silent_s=silent_s)
            # It may have restarted meanwhile, and then sends little until the streams are requested again.
            self._begin("requests", self._request_all())

    # The aircraft

    async def _request_all(self) -> None:
        """Request the telemetry and the mission that the view shows."""
        vehicle = self.vehicle
        try:
            await vehicle.request_version()
            refused = await vehicle.request_streams()
            if refused:
                self._tell(
                    "warning", f"the aircraft does not send {', '.join(refused)} at the requested rate"
                )
            await self._download_mission()
            await self._download_areas()
            if not self._station.is_slow:
                await read_event_words(vehicle)
        except LandlineError as error:
            self._tell("warning", str(error))

    async def _request_home(self) -> None:
        while self.vehicle.state.home is None:
            await asyncio.sleep(REQUEST_HOME_S)
            await self.vehicle.request_home()

    async def _download_mission(self) -> None:
        await gcs_mission.download(self.vehicle)
        self._note_mission()

    async def _download_areas(self) -> None:
        """Download fence and rally points after the mission, which a slow link must bring first.

        An aircraft that does not name them among its capabilities is not asked on a slow link: it may not answer, and
        the tries would displace telemetry.
        """
        firmware = self.vehicle.firmware
        named = firmware is not None and firmware.capabilities & (_HAS_FENCE | _HAS_RALLY)
        if named or not self._station.is_slow:
            await self.vehicle.mission.download_areas()

    async def _download_mission_again(self) -> None:
        try:
            await self._download_mission()
            await self._download_areas()
        except LandlineError as error:
            self._tell("warning", f"the mission on board has changed and could not be downloaded: {error}")

    def _on_onboard(self) -> None:
        self.onboard_changes += 1
        if self.vehicle.mission.onboard is not None:
            self._begin("note mission", self._note_mission_soon())

    async def _note_mission_soon(self) -> None:
        """Note it after the download that follows an upload: the aircraft may store it differently."""
        await asyncio.sleep(NOTE_MISSION_S)
        self._note_mission()

    def _note_mission(self) -> None:
        """Record and announce the mission on board, if it differs from the one before."""
        mission = self.vehicle.mission.onboard
        if mission is None or (
            self._shown_items is not None and gcs_mission.same(self._shown_items, mission.items)
        ):
            return
        items = self._shown_items = mission.items
        self._reached_items = ReachedItems(self.vehicle.autopilot, items)
        self._on_mission(mission.plan)
        text = f"the mission on board has {len(items)} items" if items else "there is no mission on board"
        self._tell("mission", text, items=len(items))

    def _receive(self, message: Message, before: VehicleState, after: VehicleState) -> None:
        if after.position is not None and after.position is not before.position:
            self.track.add(after.position)
        if message.name == "HEARTBEAT":
            if before.mode != after.mode:
                self._tell("mode", f"mode {after.mode}", mode=after.mode)
            if before.armed != after.armed:
                self._armed_at_s = self.vehicle.aircraft_now_s if after.armed else None
                self._tell("note", "armed" if after.armed else "disarmed", name="armed", armed=after.armed)
        for number in self._reached_items.receive(message, before, after) if self._reached_items else ():
            total = len(self._shown_items or ())
            self._tell("mission", f"item {number} of {total} reached", item=number, of=total, reached=True)

    def _on_text(self, text: ReceivedText) -> None:
        fields = text_fields(text.severity, text.text, text.sender, text.event)
        self._tell("text", f"{sender_title(text.sender)}: {text.text}", **fields)

    def _on_mission_changed(self, what: str) -> None:
        self._tell("warning", what)
        self._begin("mission", self._download_mission_again())

    def _on_identity_problem(self, problem: IdentityProblem) -> None:
        self._tell("warning", problem.what)
        if not problem.restarted:
            self.alarm = f"COMMANDS BLOCKED: {problem.what}"
        else:
            self._begin("requests", self._request_all())

    # Display

    @property
    def title(self) -> str:
        """Autopilot, kind and system id, with the firmware's version once it is known."""
        firmware = self.vehicle.firmware
        return f"{self.vehicle} {firmware.version}" if firmware else str(self.vehicle)

    @property
    def armed_for_s(self) -> float | None:
        """Time since it was armed, s, by the aircraft's clock; None while it is disarmed."""
        return None if self._armed_at_s is None else self.vehicle.aircraft_now_s - self._armed_at_s

    def mission_view(self) -> MissionView:
        """Return the mission on board with the current item."""
        vehicle = self.vehicle
        onboard, status = vehicle.mission.onboard, vehicle.state.mission
        flown = vehicle.state.mode in vehicle.autopilot.mission_modes
        number = (
            vehicle.autopilot.number_of(status.current) if status and status.current is not None else None
        )
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
