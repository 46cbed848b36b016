"""The mission on board: uploaded with read-back, downloaded, cleared, started, monitored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from controller.autopilots.readback import ReadbackDifference
from controller.errors import AircraftRefused, LinkError, UserError, VerificationFailed
from controller.missions.fence import FENCE_MISSION_TYPE, RALLY_MISSION_TYPE, rally_wire_items
from controller.missions.from_wire import home_from_wire, plan_from_wire
from controller.missions.plan import Plan
from controller.protocol.mission.client_clear import MissionClear
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import ALL, MISSION, UNSUPPORTED_FRAME, MissionRefused
from controller.protocol.state_machine import Progress
from controller.vehicle.command_arbiter import CommandArbiter
from controller.vehicle.connection import Connection
from controller.vehicle.mission_events import mission_events
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import FlightOutcome, ItemUpdate, MissionEnded, MonitorLimits
from controller.vehicle.procedure_runner import ProcedureRunner

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class OnboardMission:
    """A mission that was uploaded and read back, or downloaded.

    `items` are the plan's items as the aircraft holds them, without the home item.
    """

    plan: Plan
    items: tuple[MissionItem, ...]


@dataclass(frozen=True, slots=True)
class VerifiedUpload:
    """Numbers of items that were uploaded and read back equal.

    `notes` name the fields that were sent, or are stored on board, differently from the plan file. `mission` is None
    where only a fence or rally points were uploaded.
    """

    items: int
    fence_items: int
    rally_points: int
    notes: tuple[str, ...]
    mission: OnboardMission | None

    def __str__(self) -> str:
        fence = f"a fence of {self.fence_items} items" if self.fence_items else ""
        mission = f"{self.items} items" if self.items else ""
        rally = f"{self.rally_points} rally points" if self.rally_points else ""
        parts = [part for part in (mission, fence, rally) if part]
        return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


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
        self.onboard: OnboardMission | None = None

    async def upload(self, plan: Plan, *, progress: OnProgress | None = None) -> VerifiedUpload:
        """Upload a plan with its fence and rally points, read all of it back and compare.

        A plan without mission items replaces only the fence, and the rally points, that it has: the mission on board
        is left alone. Raises UserError for an empty plan, PlanError, MissionRefused, VerificationFailed naming item
        and field, LinkError.
        """
        if not plan.items and not plan.has_areas:
            raise UserError(
                "cannot upload the plan: it has no items",
                where=plan.path,
                hint="clear() empties the mission on board",
            )
        async with self._transfer_lock:
            mission: OnboardMission | None = None
            notes: tuple[str, ...] = ()
            if plan.items:
                mission, notes = await self._upload_mission(plan, progress)
            fence, rally = plan.fence.wire_items(), rally_wire_items(plan.rally)
            for items, mission_type in ((fence, FENCE_MISSION_TYPE), (rally, RALLY_MISSION_TYPE)):
                if items:
                    await self._upload_area(items, mission_type, plan, progress)
            self.onboard = mission or self.onboard
        return VerifiedUpload(len(plan.items), len(fence), len(rally), notes, mission)

    async def _upload_mission(
        self, plan: Plan, progress: OnProgress | None
    ) -> tuple[OnboardMission, tuple[str, ...]]:
        """Upload the mission items, read them back and compare; return the mission and notes."""
        connection = self._connection
        first_seq = connection.autopilot.first_seq
        wire = connection.autopilot.wire_plan(
            plan.wire_items(first_seq=first_seq), plan.home or connection.state.home
        )
        self.onboard = None
        try:
            await self._send(wire.items, MISSION, progress)
        except MissionRefused as refusal:
            raise self._with_plan_item(refusal, plan) from None
        differences = connection.autopilot.readback_differences(
            wire.items, await self._fetch(MISSION, progress)
        )
        self._verify(differences, plan)
        return OnboardMission(plan, wire.items[first_seq:]), wire.notes + self._allowed_differences(
            differences
        )

    async def _upload_area(
        self, items: Sequence[MissionItem], mission_type: int, plan: Plan, progress: OnProgress | None
    ) -> None:
        """Upload a fence or rally points, read them back and compare."""
        await self._send(items, mission_type, progress)
        received = await self._fetch(mission_type, progress)
        _verify_area(
            self._connection.autopilot.readback_differences(items, received, mission_type), plan, mission_type
        )

    async def download(self, *, progress: OnProgress | None = None, with_areas: bool = True) -> Plan:
        """Download the mission, and with `with_areas` the fence and rally points. Raises MissionRefused, LinkError."""
        connection = self._connection
        first_seq = connection.autopilot.first_seq
        async with self._transfer_lock:
            received = await self._fetch(MISSION, progress)
            areas: dict[int, Sequence[MissionItem]] = {}
            for mission_type in (FENCE_MISSION_TYPE, RALLY_MISSION_TYPE) if with_areas else ():
                try:
                    areas[mission_type] = await self._fetch(mission_type, progress)
                except (AircraftRefused, LinkError):
                    # Aircraft without fences refuse, old firmware does not answer.
                    areas[mission_type] = ()
        items = connection.autopilot.plan_items(received)
        home = home_from_wire(received[0]) if first_seq and received else connection.state.home
        heartbeat = connection.state.heartbeat
        plan = plan_from_wire(
            items,
            home=home,
            fence=areas.get(FENCE_MISSION_TYPE, ()),
            rally=areas.get(RALLY_MISSION_TYPE, ()),
            vehicle_type=heartbeat.mav_type if heartbeat else 0,
            firmware_type=heartbeat.autopilot if heartbeat else 0,
        )
        self.onboard = OnboardMission(plan, tuple(received[first_seq:]))
        return plan

    async def clear(self, *, everything: bool = False) -> None:
        """Delete the mission on board, with `everything` also fence and rally points.

        Raises MissionRefused, LinkError.
        """
        connection = self._connection
        async with self._transfer_lock:
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

    async def start(self, mission: OnboardMission | None = None) -> None:
        """Arm if needed and start the mission on board, by default `onboard`.

        Raises UserError where none was uploaded or downloaded, AircraftRefused with the aircraft's reasons.
        """
        connection = self._connection
        items = self._required(mission, "start").items
        async with self._arbiter.acquire("starting the mission"):
            await self._runner.run(lambda: connection.autopilot.start_mission(items, connection.state))

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

    def _required(self, mission: OnboardMission | None, action: str) -> OnboardMission:
        mission = mission or self.onboard
        if mission is None:
            raise UserError(
                f"cannot {action} the mission: none was uploaded or downloaded",
                hint="call upload(plan) or download() first",
            )
        return mission

    async def _send(
        self, items: Sequence[MissionItem], mission_type: int, progress: OnProgress | None
    ) -> None:
        connection = self._connection
        machine = MissionUpload(
            connection.address,
            items,
            mission_type,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        await connection.run(machine, progress=progress)

    async def _fetch(self, mission_type: int, progress: OnProgress | None) -> tuple[MissionItem, ...]:
        connection = self._connection
        machine = MissionDownload(
            connection.address,
            mission_type,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        return (await connection.run(machine, progress=progress)).items

    def _with_plan_item(self, refusal: MissionRefused, plan: Plan) -> MissionRefused:
        """Return the refusal with the number and file position of the item in the plan."""
        number_of = self._connection.autopilot.number_of
        number = number_of(refusal.item) if refusal.item is not None else None
        if number is None or not 0 < number <= len(plan.items):
            return refusal
        item = plan.items[number - 1]
        frame = f" in frame {item.frame}" if refusal.result == UNSUPPORTED_FRAME else ""
        return MissionRefused(
            f"the aircraft refuses item {number} ({item.name}{frame})",
            refusal.result,
            item=refusal.item,
            where=plan.location_of(item),
            hint="remove or change the item; the mission on board may be incomplete",
        )

    def _allowed_differences(self, differences: Sequence[ReadbackDifference]) -> tuple[str, ...]:
        """Describe the values that this autopilot stores differently; a value of zero lost is not worth a note."""
        number_of = self._connection.autopilot.number_of
        return tuple(
            f"item {number_of(one.seq)}: {one} ({one.why})"
            for one in differences
            if one.sent and one.field not in ("frame", "autocontinue") and number_of(one.seq) is not None
        )

    def _verify(self, differences: Sequence[ReadbackDifference], plan: Plan) -> None:
        wrong = [difference for difference in differences if difference.why is None]
        if not wrong:
            return
        first = wrong[0]
        more = f", and {len(wrong) - 1} more differences" if len(wrong) > 1 else ""
        number = self._connection.autopilot.number_of(first.seq)
        if first.field == "items":
            what = f"{_count(first.sent)} items were sent and {_count(first.received)} were read back"
        else:
            what = f"{f'item {number}' if number else 'home'}: {first}"
        place = (
            plan.location_of(plan.items[number - 1]) if number and number <= len(plan.items) else plan.path
        )
        raise VerificationFailed(
            f"the mission on board differs from the plan: {what}{more}",
            where=place,
            hint="upload again; do not fly the mission on board",
        )


def _verify_area(differences: Sequence[ReadbackDifference], plan: Plan, mission_type: int) -> None:
    wrong = next((difference for difference in differences if difference.why is None), None)
    if wrong is not None:
        name = "fence" if mission_type == FENCE_MISSION_TYPE else "rally points"
        raise VerificationFailed(
            f"the {name} on board differ from the plan: point {wrong.seq + 1}: {wrong}",
            where=plan.path,
            hint="upload again; do not fly with the fence and rally points on board",
        )


def _count(number: float | None) -> str:
    return f"{number or 0:.0f}"
