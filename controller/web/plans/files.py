"""Files of plans: opened from their bytes, saved in every format that the project writes, with the losses before."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.errors import UserError
from controller.missions.errors import PlanError
from controller.missions.formats import registry
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.text_file import MAX_BYTES
from controller.missions.losses import grouped_losses
from controller.missions.plan import Plan
from controller.web.plans.answer import plan_answer
from controller.web.plans.plan_json import body_as_node, invalid_items, plan_from_json

Json = dict[str, Any]
_MAX_NAME = 200


async def formats(request: Request) -> Response:  # noqa: ARG001 - signature of a route
    """Answer the formats that are read and written, and the largest file that is read."""
    written = [_format_as_json(one) for one in registry.FORMATS]
    read = [one.title for one in registry.FORMATS] + [one.title for one in registry.READ_ONLY]
    return JSONResponse({"written": written, "read": read, "max_bytes": MAX_BYTES})


async def open_file(request: Request) -> Response:
    """Answer the plan of a file: the body is the file, `name` its name."""
    name = request.query_params.get("name", "plan")[:_MAX_NAME]
    rows = {"yes": True, "no": False}.get(request.query_params.get("home_row", ""))
    data = await request.body()
    plan = await asyncio.to_thread(registry.read, data, name, home_row=rows)
    return await plan_answer(plan)


async def losses(request: Request) -> Response:
    """Answer what a file of `format` cannot hold of the plan."""
    plan, format_ = await asyncio.to_thread(_plan_and_format, await request.body())
    lost = await asyncio.to_thread(registry.losses, plan, format_)
    shown = [one.as_json() for one in grouped_losses(lost)]
    return JSONResponse({"losses": shown, "unchanged": format_.unchanged(plan)})


async def save(request: Request) -> Response:
    """Answer the plan as a file of `format`, called `name`."""
    plan, format_ = await asyncio.to_thread(_plan_and_format, await request.body())
    data = await asyncio.to_thread(format_.write, plan)
    name = _file_name(request.query_params.get("name", "plan"), format_)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _plan_and_format(body: bytes) -> tuple[Plan, MissionFormat]:
    node = body_as_node(body)
    name, plan = node["format"].text(), plan_from_json(node["plan"])
    if wrong := invalid_items(plan):
        raise PlanError(f"cannot save the plan: {wrong[0]}", where=plan.path)
    for format_ in registry.FORMATS:
        if format_.name == name:
            return plan, format_
    known = " or ".join(format_.name for format_ in registry.FORMATS)
    raise UserError(f"unknown format {name[:40]!r}", hint=f"use {known}")


def _file_name(name: str, format_: MissionFormat) -> str:
    plain = "".join(char for char in name if char.isprintable() and char not in '/\\:*?"<>|').strip(". ")
    plain = plain[:_MAX_NAME] or "plan"
    return plain if plain.lower().endswith(format_.endings) else plain + format_.endings[0]


def _format_as_json(format_: MissionFormat) -> Json:
    return {"name": format_.name, "title": format_.title, "endings": list(format_.endings)}
