"""Answers that hold a whole plan: made in a thread and in small steps, so that telemetry does not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from controller.app.mission_files import contents
from controller.missions.formats.gentle_json import gentle_dumps
from controller.missions.plan import Plan
from controller.web.plans.plan_json import plan_as_json


async def plan_answer(plan: Plan) -> Response:
    """Return the answer with `plan`, and with its `contents` in words."""
    return await json_answer(lambda: {"plan": plan_as_json(plan), "contents": contents(plan)})


async def json_answer(make: Callable[[], Any]) -> Response:
    """Return the answer with the value that `make()` returns."""
    return Response(await asyncio.to_thread(lambda: gentle_dumps(make())), media_type="application/json")
