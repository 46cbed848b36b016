"""The mission on board: uploaded with read-back, downloaded, cleared, started, monitored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from controller.errors import AircraftRefused, LinkError, UserError
from controller.missions.fence import Fence, rally_wire_items
from controller.missions.from_wire import home_from_wire, plan_from_wire
from controller.missions.onboard import Onboard, OnboardAreas, OnboardMission
from controller.missions.plan import Plan
from controller.protocol.mission.client_clear import MissionClear, MissionSetCurrent
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import ALL, FENCE, MISSION, RALLY, TYPE_NAMES
from controller.vehicle.command_arbiter import CommandArbiter
from controller.vehicle.connection import Connection
from controller.vehicle.mission_events import mission_events
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.mission_upload import (
    OnProgress,
    PlanUpload,
    VerifiedUpload,
    kept_text,
    run_to_item,
    select_first,
    upload_text,
)
from controller.vehicle.mission_verdict import MissionWatch, wait_for_home, wait_for_verdict
from controller.vehicle.monitoring.events import FlightOutcome, ItemUpdate, MissionEnded, MonitorLimits
from controller.vehicle.procedure_runner import ProcedureRunner
from controller.vehicle.state import VehicleState
from controller.wire.message import Message


class Mission:
    """The mission of one aircraft, also available as `vehicle.mission`.

    `onboard` is the mission last uploaded or downloaded: `start` and `progress` use it where none is passed to
    them. It is None until then, after `clear`, and after an upload that failed.
    """

    def __init__(self, connection: Connection, runner: ProcedureRunner, arbiter: CommandArbiter) -> None:
        self._connection = connection
        self._runner = runner
        self._arbiter = arbiter
        self._transfer_lock = asyncio.Lock()
        self._changing = False
        self._changes = 0
        self._onboard = Onboard()

    @property
    def onboard(self) -> OnboardMission | None:
        """The mission last uploaded or downloaded."""
        return self._onboard.mission

    @onboard.setter
    def onboard(self, mission: OnboardMission | None) -> None:
        self._onboard.mission = mission

    @property
    def areas(self) -> OnboardAreas:
        """Fence and rally points last uploaded or downloaded."""
        return self._onboard.areas

    def watch_onboard(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher()` after each upload, download and deletion here. Returns a function that ends the calls."""
        return self._onboard.watch(watcher)

    def watch_changes(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call `watcher(what)` when another ground station has changed mission, fence or rally points on board.

        Returns a function that ends the calls.
        """
        watch, own_changes = MissionWatch(), self._changes
        watch.expect(self._connection.state)

        def receive(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
            nonlocal own_changes
            if message.name != "MISSION_CURRENT" or self._changing:
                return
            if own_changes != self._changes:
                own_changes = self._changes
                watch.expect(after)
            elif names := watch.changed(after):
                watcher(f"{' and '.join(names)} on board changed by another ground station")

        return self._connection.watch(receive)

    async def upload(
        self,
        plan: Plan,
        *,
        progress: OnProgress | None = None,
        clear_fence: bool = False,
        clear_rally: bool = False,
    ) -> VerifiedUpload:
        """Upload a plan with its fence and rally points, read all of it back and compare.

        A plan without items leaves the mission on board as it is. A fence or rally points on board stay where the
        plan has none, unless `clear_fence` or `clear_rally` deletes them. The first item becomes the current one, in
        the air too.

        Raises UserError for an empty plan, PlanError, MissionRefused, VerificationFailed naming item and field,
        MissionRejected where the aircraft accepts the items and will not fly them, SafetyRefused without the home
        position that the plan needs, AircraftRefused if another item stays the current one, LinkError.
        """
        fence, rally = plan.fence.wire_items(), rally_wire_items(plan.rally)
        if not (plan.items or fence or rally or clear_fence or clear_rally):
            raise UserError(
                "cannot upload the plan: it has no items, no fence and no rally points",
                where=plan.path,
                hint="clear() empties the mission on board",
            )
        exchange = PlanUpload(self._connection, plan, progress)
        began_s = self._connection.clock.now()
        mission: OnboardMission | None = None
        notes: tuple[str, ...] = ()
        kept, cleared = {FENCE: "", RALLY: ""}, []
        async with self._change():
            if plan.items:
                self.onboard = None
                mission, notes = await exchange.mission()
            for items, mission_type, clears in ((fence, FENCE, clear_fence), (rally, RALLY, clear_rally)):
                if items:
                    await exchange.area(items, mission_type)
                elif clears:
                    await exchange.clear(mission_type)
                    cleared.append(TYPE_NAMES[mission_type])
                elif plan.items and (aboard := await exchange.aboard(mission_type)):
                    kept[mission_type] = kept_text(aboard, mission_type)
            self._onboard.set_areas(
                fence=plan.fence if fence or clear_fence else None,
                rally=plan.rally if rally or clear_rally else None,
            )
            if mission is not None:
                # The fence counts for the verdict too.
                notes += await wait_for_verdict(self._connection, len(mission.items), began_s)
                notes += await self._select_first(mission)
                self.onboard = mission
        return VerifiedUpload(
            len(plan.items),
            len(fence),
            len(rally),
            notes,
            mission,
            what=upload_text(plan, fence, rally),
            kept_fence=kept[FENCE],
            kept_rally=kept[RALLY],
            cleared=tuple(cleared),
        )

    async def _select_first(self, mission: OnboardMission) -> tuple[str, ...]:
        try:
            before = await select_first(self._connection, mission)
        except LinkError:
            return ("the aircraft does not report its current item",)
        if before is None:
            return ()
        return (f"the aircraft was at item {before} of the mission before; it is at item 1 now",)

    async def download(self, *, progress: OnProgress | None = None, with_areas: bool = True) -> Plan:
        """Download the mission, and with `with_areas` the fence and rally points. Raises MissionRefused, LinkError."""
        connection = self._connection
        first_seq = connection.autopilot.first_seq
        async with self._transfer_lock:
            exchange = PlanUpload(connection, Plan(), progress)
            received = await exchange.fetch(MISSION)
            areas: dict[int, Sequence[MissionItem]] = {}
            for mission_type in (FENCE, RALLY) if with_areas else ():
                # Aircraft without fences refuse, old firmware does not answer.
                areas[mission_type] = await exchange.aboard(mission_type, remark=False)
        items = connection.autopilot.plan_items(received)
        if not first_seq:
            await wait_for_home(connection)
        home = home_from_wire(received[0]) if first_seq and received else connection.state.home
        heartbeat = connection.state.heartbeat
        plan = plan_from_wire(
            items,
            home=home,
            fence=areas.get(FENCE, ()),
            rally=areas.get(RALLY, ()),
            vehicle_type=heartbeat.mav_type if heartbeat else 0,
            firmware_type=heartbeat.autopilot if heartbeat else 0,
        )
        if with_areas:
            self._onboard.set_areas(fence=plan.fence, rally=plan.rally)
        self.onboard = OnboardMission(plan, tuple(received[first_seq:]))
        return plan

    async def download_areas(self) -> OnboardAreas:
        """Download fence and rally points; those of an aircraft that has none are empty. Raises LinkError."""
        async with self._transfer_lock:
            exchange = PlanUpload(self._connection, Plan(), None)
            fence, rally = [await exchange.aboard(kind, remark=False) for kind in (FENCE, RALLY)]
            plan = plan_from_wire((), home=None, fence=fence, rally=rally)
            self._onboard.set_areas(fence=plan.fence, rally=plan.rally)
        return self.areas

    async def clear(self, *, everything: bool = False) -> tuple[str, ...]:
        """Delete the mission on board, with `everything` also fence and rally points.

        Returns what stays on board, in words. Raises MissionRefused, VerificationFailed, LinkError.
        """
        connection = self._connection
        async with self._change():
            mission_type = ALL if everything else MISSION
            await connection.run(
                MissionClear(
                    connection.address,
                    mission_type,
                    own_address=connection.exchange.own_address,
                    timing=connection.timing,
                )
            )
            self.onboard = None
            if everything:
                self._onboard.set_areas(fence=Fence(), rally=())
                return ()
            exchange = PlanUpload(connection, Plan(), None)
            aboard = {kind: await exchange.aboard(kind) for kind in (FENCE, RALLY)}
            return tuple(kept_text(items, kind) for kind, items in aboard.items() if items)

    async def start(self, mission: OnboardMission | None = None, *, from_disarmed: bool = False) -> None:
        """Arm if needed and start the mission on board, by default `onboard`, at its first item.

        With `from_disarmed` an aircraft that is armed already is left as it is. Raises SafetyRefused then, UserError
        where none was uploaded or downloaded, AircraftRefused with the aircraft's reasons or if another item stays the
        current one, LinkError.
        """
        connection = self._connection
        onboard = self._required(mission, "start")
        items = onboard.items
        async with self._arbiter.acquire("starting the mission"):
            await select_first(connection, onboard, explicitly=True)
            await self._runner.run(
                lambda: connection.autopilot.start_mission(items, connection.state),
                from_disarmed=from_disarmed,
            )

    async def jump(self, number: int) -> None:
        """Make an item of the mission on board, numbered from 1, the current one.

        Raises UserError where it has no such item, AircraftRefused if another item stays current, LinkError.
        """
        connection = self._connection
        items = self._required(None, "change").items
        if not 1 <= number <= len(items):
            raise UserError(
                f"cannot go to item {number} of the mission: it has {len(items)} items",
                hint="give a number of an item on board",
            )
        async with self._arbiter.acquire(f"item {number}"):
            machine = MissionSetCurrent(
                connection.address,
                connection.autopilot.seq_of(number),
                # Items before the next navigation item need no flying, and are passed over at once.
                accepts=connection.autopilot.passed_over(items, number),
                timing=connection.timing,
            )
            await run_to_item(connection, machine, number)

    async def progress(
        self, mission: OnboardMission | None = None, *, limits: MonitorLimits | None = None
    ) -> AsyncIterator[ItemUpdate]:
        """Yield each item as the aircraft flies to it and reaches it, until the mission has ended.

        Call it before or right after `start`. Raises UserError where no mission was uploaded or downloaded,
        LinkError when telemetry stops, AircraftRefused when the aircraft leaves the mission.
        """
        connection = self._connection
        items = self._required(mission, "monitor").items
        monitor = MissionMonitor(connection.autopilot, items, limits or MonitorLimits())
        async with mission_events(connection, monitor) as events:
            async for event in events:
                if isinstance(event, ItemUpdate):
                    yield event
                elif isinstance(event, MissionEnded):
                    if event.outcome is FlightOutcome.LOST:
                        raise LinkError(
                            event.why, hint="the failsafe settings of the aircraft decide what it does now"
                        )
                    if event.outcome is FlightOutcome.ABORTED:
                        raise AircraftRefused(event.why)
                    return

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[None]:
        """Hold the lock for a transfer that changes what is on board."""
        async with self._transfer_lock:
            self._changing = True
            try:
                yield
            finally:
                self._changing = False
                self._changes += 1

    def _required(self, mission: OnboardMission | None, action: str) -> OnboardMission:
        mission = mission or self.onboard
        if mission is None:
            raise UserError(
                f"cannot {action} the mission: none was uploaded or downloaded",
                hint="call upload(plan) or download() first",
            )
        return mission
