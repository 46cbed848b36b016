"""One upload of a plan: mission, fence and rally points, each sent, read back and compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from controller.autopilots.readback import ReadbackDifference
from controller.errors import AircraftRefused, LandlineError, LinkError, VerificationFailed
from controller.missions.checks.findings import item_ranges
from controller.missions.list_texts import fence_kinds, fence_text, lists_text, rally_text
from controller.missions.onboard import OnboardMission
from controller.missions.plan import Plan
from controller.protocol.mission.client_clear import MissionClear, MissionSetCurrent
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import FENCE, MISSION, UNSUPPORTED_FRAME, MissionRefused
from controller.protocol.state_machine import Progress
from controller.protocol.timing import RetryPolicy
from controller.vehicle.connection import Connection
from controller.vehicle.mission_verdict import home_for

OnProgress = Callable[[Progress], None]

# PX4 sends MISSION_CURRENT once a second, and at once when it changes.
_CURRENT_LISTEN_S = 1.5
# An aircraft without fences may not answer; it is asked only for a remark.
_REMARK_POLICY = RetryPolicy(1.5, 2, "ours: three times, because the answer is only a remark")


@dataclass(frozen=True, slots=True)
class VerifiedUpload:
    """Numbers of items that were uploaded and read back equal.

    `notes` name the fields that were sent, or are stored on board, differently from the plan file. `mission` is None
    where only a fence or rally points were uploaded. `what` names all lists in words, `kept_fence` and `kept_rally`
    those that stay on board because the plan has none, `cleared` those that were cleared.
    """

    items: int
    fence_items: int
    rally_points: int
    notes: tuple[str, ...]
    mission: OnboardMission | None
    what: str = ""
    kept_fence: str = ""
    kept_rally: str = ""
    cleared: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.what


class PlanUpload:
    """Exchange of the lists of `plan` with one aircraft."""

    def __init__(self, connection: Connection, plan: Plan, progress: OnProgress | None) -> None:
        self._connection = connection
        self._plan = plan
        self._progress = progress

    # The mission

    async def mission(self) -> tuple[OnboardMission, tuple[str, ...]]:
        """Upload the mission, read it back and compare; return it with the notes.

        Raises SafetyRefused without the home position that the plan needs, MissionRefused, VerificationFailed,
        LinkError.
        """
        plan, autopilot = self._plan, self._connection.autopilot
        planned = plan.wire_items(first_seq=autopilot.first_seq)
        wire = autopilot.wire_plan(planned, await home_for(self._connection, plan, planned))
        try:
            await self._send(wire.items, MISSION)
        except MissionRefused as refusal:
            raise self._with_plan_item(refusal) from None
        differences = autopilot.readback_differences(wire.items, await self.fetch(MISSION))
        self._verify(differences)
        mission = OnboardMission(plan, wire.items[autopilot.first_seq :])
        return mission, wire.notes + self._allowed_differences(differences)

    def _with_plan_item(self, refusal: MissionRefused) -> MissionRefused:
        """Return the refusal with the number and file position of the item in the plan."""
        plan = self._plan
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
        """Describe the values that this autopilot stores differently: one note for all items with the same change.

        A value of zero lost is not worth a note.
        """
        number_of = self._connection.autopilot.number_of
        numbers: dict[tuple[str, str | None], list[int]] = {}
        for one in differences:
            number = number_of(one.seq)
            if one.sent and one.field not in ("frame", "autocontinue") and number is not None:
                numbers.setdefault((str(one), one.why), []).append(number)
        return tuple(_stored_otherwise(found, one, why) for (one, why), found in numbers.items())

    def _verify(self, differences: Sequence[ReadbackDifference]) -> None:
        plan = self._plan
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

    # Fence and rally points

    async def area(self, items: Sequence[MissionItem], mission_type: int) -> None:
        """Upload a fence or rally points, read them back and compare.

        An autopilot that may drop an acknowledged fence is asked again after some seconds. Raises MissionRefused,
        VerificationFailed, LinkError.
        """
        settling = self._connection.autopilot.fence_settling if mission_type == FENCE else None
        if settling is None:
            await self._send_and_compare(items, mission_type)
            return
        before = await self.fetch(FENCE)
        clears = bool(before) and fence_kinds(before) != fence_kinds(items)
        if clears:
            await self.clear(FENCE)
            await asyncio.sleep(settling.clear_wait_s)
        try:
            await self._send_until_stored(items, settling.count_after_s)
        except LandlineError as error:
            if clears:
                error.add_note(
                    "the fence that was on board is deleted: upload the fence again before the flight"
                )
            raise

    async def _send_until_stored(self, items: Sequence[MissionItem], count_after_s: float) -> None:
        """Upload a fence and count it again after some seconds; a dropped one is sent once more."""
        for is_last_try in (False, True):
            await self._send_and_compare(items, FENCE)
            await asyncio.sleep(count_after_s)
            stored = await self.fetch(FENCE)
            if stored or is_last_try:
                self._compare_area(items, stored, FENCE)
                return

    async def clear(self, mission_type: int) -> None:
        """Delete one list. Raises MissionRefused, VerificationFailed, LinkError."""
        connection = self._connection
        await connection.run(
            MissionClear(
                connection.address,
                mission_type,
                own_address=connection.exchange.own_address,
                timing=connection.timing,
            )
        )

    async def aboard(self, mission_type: int, *, remark: bool = True) -> tuple[MissionItem, ...]:
        """Return a list; empty where the aircraft refuses or does not answer, after fewer tries for a `remark`."""
        try:
            return await self.fetch(mission_type, remark=remark)
        except (AircraftRefused, LinkError):
            return ()

    async def _send_and_compare(self, items: Sequence[MissionItem], mission_type: int) -> None:
        await self._send(items, mission_type)
        self._compare_area(items, await self.fetch(mission_type), mission_type)

    def _compare_area(
        self, sent: Sequence[MissionItem], received: Sequence[MissionItem], mission_type: int
    ) -> None:
        differences = self._connection.autopilot.readback_differences(sent, received, mission_type)
        wrong = next((difference for difference in differences if difference.why is None), None)
        if wrong is None:
            return
        name = "fence" if mission_type == FENCE else "rally points"
        what = (
            f"points sent: {_count(wrong.sent)}, on board: {_count(wrong.received)}"
            if wrong.field == "items"
            else f"point {wrong.seq + 1}: {wrong}"
        )
        raise VerificationFailed(
            f"the {name} on board differ from the plan: {what}",
            where=self._plan.path,
            hint="upload again; do not fly with the fence and rally points on board",
        )

    # Transfers

    async def _send(self, items: Sequence[MissionItem], mission_type: int) -> None:
        connection = self._connection
        machine = MissionUpload(
            connection.address,
            items,
            mission_type,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        await connection.run(machine, progress=self._progress)

    async def fetch(self, mission_type: int, *, remark: bool = False) -> tuple[MissionItem, ...]:
        """Download one list; for a `remark` an aircraft that does not answer is asked fewer times."""
        connection = self._connection
        timing = connection.timing
        machine = MissionDownload(
            connection.address,
            mission_type,
            own_address=connection.exchange.own_address,
            timing=replace(timing, mission_open=_REMARK_POLICY) if remark else timing,
        )
        return (await connection.run(machine, progress=self._progress)).items


def kept_text(items: Sequence[MissionItem], mission_type: int) -> str:
    """Return the words for a list on board that the plan does not replace."""
    return fence_text(items) if mission_type == FENCE else rally_text(items)


def upload_text(plan: Plan, fence: Sequence[MissionItem], rally: Sequence[MissionItem]) -> str:
    """Return the words for all lists of a plan."""
    return lists_text(len(plan.items), fence, rally)


async def select_first(
    connection: Connection, mission: OnboardMission, *, explicitly: bool = False
) -> int | None:
    """Make the first item of the mission on board the current one.

    With `explicitly` the message is sent whatever is current. Returns the number of the item that was current before,
    None where it was the first. Raises AircraftRefused if another item stays current, LinkError if the aircraft does
    not report its current item.
    """
    autopilot = connection.autopilot
    reported = connection.state.mission is not None and connection.state.mission.current is not None
    starts = autopilot.start_seqs(mission.items)
    machine = MissionSetCurrent(
        connection.address,
        autopilot.first_seq,
        accepts=starts,
        listen_s=_CURRENT_LISTEN_S if reported and not explicitly else 0.0,
        timing=connection.timing,
    )
    await run_to_item(connection, machine, 1, hint="; do not start the mission on board")
    return None if machine.before is None or machine.before in starts else autopilot.number_of(machine.before)


async def run_to_item(
    connection: Connection, machine: MissionSetCurrent, number: int, *, hint: str = ""
) -> None:
    """Run `machine`, which makes item `number` the current one. Raises AircraftRefused where another stays, LinkError.

    `hint` is added to the next step for the operator.
    """
    try:
        await connection.run(machine)
    except MissionRefused:
        stays = connection.autopilot.number_of(machine.reported) if machine.reported is not None else None
        raise AircraftRefused(
            f"the aircraft stays at item {stays} of the mission and does not go to item {number}",
            hint=f"read its status texts{hint}",
        ) from None


def _stored_otherwise(numbers: Sequence[int], one: str, why: str | None) -> str:
    ranges = item_ranges(numbers).split(" ", 1)[1]
    return f"item {ranges}: {one} ({why})" if len(numbers) == 1 else f"items {ranges}: {one} ({why})"


def _count(number: float | None) -> str:
    return f"{number or 0:.0f}"
