"""The mission on board: sent, read back and compared; fetched, cleared, started, followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from controller.vehicle.mission_events import following
from controller.vehicle.mission_monitor import Ended, Follower, FollowLimits, Outcome, Stepped
from controller.vehicle.steps import perform

if TYPE_CHECKING:
    from controller.vehicle.vehicle import Vehicle

Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What went up and came back the same. `notes` say what was sent, or is kept aboard, differently than in the file."""

    items: int
    fence_items: int
    rally_points: int
    notes: tuple[str, ...]


class Mission:
    """`items` are the plan's items of the mission last sent or read (without home), None before that."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._turn = asyncio.Lock()
        self.plan: Plan | None = None
        self.items: tuple[MissionItem, ...] | None = None

    async def upload(self, plan: Plan, *, progress: Tell | None = None) -> Uploaded:
        """Send a plan with its fence and rally points, read all of it back and compare.

        Raises UserError for an empty plan, PlanError, MissionRefused, VerificationFailed naming item and field, LinkError.
        """
        vehicle = self._vehicle
        if not plan.items:
            raise UserError(
                "the plan has no items to upload",
                where=plan.path,
                hint="clear() empties the mission on board",
            )
        wire = vehicle.autopilot.wire_plan(
            plan.wire_items(first_seq=vehicle.autopilot.first_seq), plan.home or vehicle.state.home
        )
        async with self._turn:
            self.plan = self.items = None
            try:
                await self._send(wire.items, MISSION, progress)
            except MissionRefused as refusal:
                raise self._named(refusal, plan) from None
            found = vehicle.autopilot.differences(wire.items, await self._fetch(MISSION, progress))
            self._verify(found, plan)
            fence, rally = plan.fence.wire_items(), rally_wire_items(plan.rally)
            for items, kind in ((fence, FENCE_MISSION_TYPE), (rally, RALLY_MISSION_TYPE)):
                if items:
                    await self._send(items, kind, progress)
                    area = vehicle.autopilot.area_differences(items, await self._fetch(kind, progress))
                    _verify_area(area, plan, kind)
            self.plan, self.items = plan, wire.items[vehicle.autopilot.first_seq :]
        return Uploaded(len(plan.items), len(fence), len(rally), wire.notes + self._losses(found))

    async def download(self, *, progress: Tell | None = None, with_areas: bool = True) -> Plan:
        """The plan on board, with fence and rally points where the aircraft has them. Raises MissionRefused, LinkError."""
        vehicle = self._vehicle
        async with self._turn:
            received = await self._fetch(MISSION, progress)
            areas: dict[int, Sequence[MissionItem]] = {}
            for kind in (FENCE_MISSION_TYPE, RALLY_MISSION_TYPE) if with_areas else ():
                try:
                    areas[kind] = await self._fetch(kind, progress)
                except (AircraftRefused, LinkError):
                    # Aircraft without fences refuse, old ones do not answer at all.
                    areas[kind] = ()
        items = vehicle.autopilot.plan_items(received)
        home = home_from_wire(received[0]) if vehicle.autopilot.first_seq and received else vehicle.state.home
        beat = vehicle.state.beat
        self.items = tuple(received[vehicle.autopilot.first_seq :])
        self.plan = plan_from_wire(
            items,
            home=home,
            fence=areas.get(FENCE_MISSION_TYPE, ()),
            rally=areas.get(RALLY_MISSION_TYPE, ()),
            vehicle_type=beat.mav_type if beat else 0,
            firmware_type=beat.autopilot if beat else 0,
        )
        return self.plan

    async def clear(self, *, everything: bool = False) -> None:
        """Empty the mission on board; with `everything` fence and rally points too. Raises MissionRefused, LinkError."""
        vehicle = self._vehicle
        async with self._turn:
            kind = ALL if everything else MISSION
            await vehicle.run(
                MissionClear(
                    vehicle.address, kind, own_address=vehicle.exchange.own_address, timing=vehicle.timing
                )
            )
            self.plan = self.items = None

    async def start(self) -> None:
        """Arm where needed and begin the mission last uploaded. Raises AircraftRefused with the aircraft's reasons."""
        vehicle = self._vehicle
        items = self._flown()
        async with vehicle.helm.take("starting the mission"):
            steps = vehicle.possible(lambda: vehicle.autopilot.start_mission(items, vehicle.state))
            await perform(vehicle, steps)

    async def progress(self, *, limits: FollowLimits | None = None) -> AsyncIterator[Stepped]:
        """Each item as it is reached, until the mission has ended. Call it before or right after `start`.

        Raises LinkError when the aircraft falls silent, and AircraftRefused when it stops following the mission.
        """
        vehicle = self._vehicle
        async with following(
            vehicle, Follower(vehicle.autopilot, self._flown(), limits or FollowLimits())
        ) as events:
            async for event in events:
                if isinstance(event, Stepped):
                    yield event
                elif isinstance(event, Ended):
                    if event.outcome is Outcome.LOST:
                        raise LinkError(
                            event.why, hint="the aircraft's own failsafe decides what it does now"
                        )
                    if event.outcome is Outcome.ABORTED:
                        raise AircraftRefused(event.why)
                    return

    def _flown(self) -> tuple[MissionItem, ...]:
        if self.items is None:
            raise UserError("no mission was uploaded or downloaded yet", hint="upload one first")
        return self.items

    async def _send(self, items: Sequence[MissionItem], kind: int, progress: Tell | None) -> None:
        vehicle = self._vehicle
        machine = MissionUpload(
            vehicle.address, items, kind, own_address=vehicle.exchange.own_address, timing=vehicle.timing
        )
        await vehicle.run(machine, progress=progress)

    async def _fetch(self, kind: int, progress: Tell | None) -> tuple[MissionItem, ...]:
        vehicle = self._vehicle
        machine = MissionDownload(
            vehicle.address, kind, own_address=vehicle.exchange.own_address, timing=vehicle.timing
        )
        return (await vehicle.run(machine, progress=progress)).items

    def _named(self, refusal: MissionRefused, plan: Plan) -> MissionRefused:
        """The refusal with the plan's own number and place of the item."""
        number = self._vehicle.autopilot.number_of(refusal.item) if refusal.item is not None else None
        if number is None or not 0 < number <= len(plan.items):
            return refusal
        item = plan.items[number - 1]
        frame = f" in frame {item.frame}" if refusal.result == UNSUPPORTED_FRAME else ""
        return MissionRefused(
            f"the aircraft refuses item {number} ({item.name}{frame})",
            refusal.result,
            item=refusal.item,
            where=plan.place(item),
            hint="take it out of the plan or change it; the mission aboard may be incomplete",
        )

    def _losses(self, found: Sequence[ReadbackDifference]) -> tuple[str, ...]:
        """What the autopilot does not keep of the plan; a field that held nothing is no loss, whatever it became."""
        number_of = self._vehicle.autopilot.number_of
        return tuple(
            f"item {number_of(one.seq)}: {one} ({one.why})"
            for one in found
            if one.sent and one.field not in ("frame", "autocontinue") and number_of(one.seq) is not None
        )

    def _verify(self, found: Sequence[ReadbackDifference], plan: Plan) -> None:
        wrong = [difference for difference in found if difference.why is None]
        if not wrong:
            return
        first = wrong[0]
        more = f", and {len(wrong) - 1} more differences" if len(wrong) > 1 else ""
        number = self._vehicle.autopilot.number_of(first.seq)
        if first.field == "items":
            what = f"{_count(first.sent)} items were sent and {_count(first.received)} came back"
        else:
            what = f"{f'item {number}' if number else 'home'}: {first}"
        place = plan.place(plan.items[number - 1]) if number and number <= len(plan.items) else plan.path
        raise VerificationFailed(
            f"the mission aboard is not the one sent: {what}{more}",
            where=place,
            hint="upload again; do not fly what is aboard",
        )


def _verify_area(found: Sequence[ReadbackDifference], plan: Plan, kind: int) -> None:
    wrong = next((difference for difference in found if difference.why is None), None)
    if wrong is not None:
        name = "fence" if kind == FENCE_MISSION_TYPE else "rally points"
        raise VerificationFailed(
            f"the {name} aboard differ from those sent: point {wrong.seq + 1}: {wrong}",
            where=plan.path,
            hint="upload again; do not fly with what is aboard",
        )


def _count(number: float | None) -> str:
    return f"{number or 0:.0f}"
