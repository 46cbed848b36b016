"""The plan on board: read into the page, compared with the plan there, and plans staged for an upload."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.app.gcs.session import GcsSession
from controller.app.mission_files import contents
from controller.app.plan_table import command_words
from controller.app.typed_fields import Fields
from controller.autopilots.base import Autopilot
from controller.errors import UserError
from controller.missions.differences import ItemDifference, item_differences
from controller.missions.errors import PlanError
from controller.missions.fence import rally_wire_items
from controller.missions.list_texts import fence_text, rally_text
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import FENCE, RALLY
from controller.vehicle.vehicle import Vehicle
from controller.web.plans.aircraft_of import vehicle_of
from controller.web.plans.answer import json_answer, plan_answer
from controller.web.plans.plan_json import body_as_node, invalid_items, plan_from_json
from controller.web.plans.staged import StagedPlans

Json = dict[str, Any]


class PlanAboard:
    """Routes about the plan on board of the aircraft of a session."""

    def __init__(self, session: GcsSession, staged: StagedPlans) -> None:
        self._session = session
        self._staged = staged

    async def stage(self, request: Request) -> Response:
        """Keep a plan for the order `upload_plan`; answer its id."""
        node = await asyncio.to_thread(body_as_node, await request.body())
        plan = await asyncio.to_thread(plan_from_json, node["plan"])
        if wrong := await asyncio.to_thread(invalid_items, plan):
            raise PlanError(f"cannot upload the plan: {wrong[0]}", where=plan.path)
        if not (plan.items or plan.has_areas or plan.unflyable):
            raise UserError(
                "cannot upload the plan: it has no items, no fence and no rally points",
                where=plan.path,
                hint="add an item, or clear the mission on board",
            )
        return JSONResponse({"plan": self._staged.put(plan), "contents": contents(plan)})

    async def read(self, request: Request) -> Response:
        """Read mission, fence and rally points of `aircraft`, and answer them as a plan."""
        fields = Fields.parse(await request.body(), of="request")
        name = fields.text("aircraft", most=20)
        fields.end()
        plan = await self._read(vehicle_of(self._session, name), name)
        return await plan_answer(plan)

    async def compare(self, request: Request) -> Response:
        """Read what is on board of `aircraft`, and answer how `plan` differs from it."""
        node = await asyncio.to_thread(body_as_node, await request.body())
        plan = await asyncio.to_thread(plan_from_json, node["plan"])
        name = node["aircraft"].text()
        if wrong := await asyncio.to_thread(invalid_items, plan):
            raise PlanError(f"cannot compare the plan: {wrong[0]}", where=plan.path)
        vehicle = vehicle_of(self._session, name)
        aboard = await self._read(vehicle, name)
        return await json_answer(lambda: _comparison(plan, aboard, vehicle))

    async def progress(self, request: Request) -> Response:
        """Answer how far the last transfer with `aircraft` is."""
        return JSONResponse(self._staged.progress(request.query_params.get("aircraft", "")[:20]))

    async def _read(self, vehicle: Vehicle, name: str) -> Plan:
        return await vehicle.mission.download(progress=self._staged.watcher(name))


def _comparison(plan: Plan, aboard: Plan, vehicle: Vehicle) -> Json:
    autopilot, onboard = vehicle.autopilot, vehicle.mission.onboard
    planned = plan.wire_items(first_seq=autopilot.first_seq)
    wired = autopilot.wire_plan(planned, vehicle.state.home or plan.home).items[autopilot.first_seq :]

    def changed_fields(one: MissionItem, two: MissionItem) -> list[str]:
        # The first of a list is home on an autopilot that has a home item.
        before = [one] * autopilot.first_seq
        found = autopilot.readback_differences([*before, one], [*before, two])
        return [difference.field for difference in found if difference.why is None]

    items = item_differences(wired, onboard.items if onboard else (), changed_fields)
    fence, rally = plan.fence.wire_items(), rally_wire_items(plan.rally)
    return {
        "items": [_difference_as_json(one) for one in items] if plan.items else [],
        "contents": contents(aboard),
        "onboard_items": len(aboard.items),
        "has_items": bool(plan.items),
        "fence": _area("fence", fence, aboard.fence.wire_items(), autopilot, FENCE),
        "rally": _area("rally points", rally, rally_wire_items(aboard.rally), autopilot, RALLY),
        "notes": [f"{note.what} ({note.why})" for note in aboard.notes],
    }


def _area(
    name: str, planned: Sequence[MissionItem], aboard: Sequence[MissionItem], autopilot: Autopilot, kind: int
) -> Json:
    words = fence_text if kind == FENCE else rally_text
    differ = any(one.why is None for one in autopilot.readback_differences(planned, aboard, kind))
    return {
        "name": name,
        "same": not differ,
        "planned": words(planned) if planned else "none",
        "onboard": words(aboard) if aboard else "none",
    }


def _difference_as_json(one: ItemDifference) -> Json:
    return {
        "kind": one.kind,
        "number": one.number,
        "onboard_number": one.onboard_number,
        "command": command_words(one.command),
        "fields": [
            {"name": field.name, "planned": _number(field.planned), "onboard": _number(field.onboard)}
            for field in one.fields
        ],
    }


def _number(value: float) -> str:
    return f"{value:.10g}"
