"""Routes of the plan view, under /api/plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute, Route

from controller.app.gcs.session import GcsSession
from controller.missions.formats.text_file import MAX_BYTES
from controller.missions.shapes.reader import MAX_BYTES as MAX_SHAPE_BYTES
from controller.web.access import observer, pilot
from controller.web.plans import commands, files, pattern, shapes
from controller.web.plans.aboard import PlanAboard
from controller.web.plans.checks import PlanChecks
from controller.web.plans.staged import StagedPlans

#: A plan as JSON holds the text of its file besides its items, which are smaller there than in the file.
MAX_PLAN_BYTES = 3 * MAX_BYTES // 2


def plan_routes(session: GcsSession, staged: StagedPlans) -> list[BaseRoute]:
    """Return the routes; none changes what is on board: an upload is an order of the live connection.

    Reading the mission on board takes the link, so that only a pilot may ask for it.
    """
    checks, aboard = PlanChecks(session), PlanAboard(session, staged)
    return [
        Route("/api/plans/formats", observer(files.formats)),
        Route("/api/plans/commands", observer(commands.describe)),
        _post("/api/plans/open", observer(files.open_file, max_body=MAX_BYTES)),
        _post("/api/plans/shapes", observer(shapes.read, max_body=MAX_SHAPE_BYTES)),
        _post("/api/plans/losses", observer(files.losses, max_body=MAX_PLAN_BYTES)),
        _post("/api/plans/save", observer(files.save, max_body=MAX_PLAN_BYTES)),
        _post("/api/plans/check", observer(checks.check, max_body=MAX_PLAN_BYTES)),
        _post("/api/plans/pattern", observer(pattern.generate)),
        _post("/api/plans/stage", pilot(aboard.stage, max_body=MAX_PLAN_BYTES)),
        _post("/api/plans/onboard", pilot(aboard.read)),
        _post("/api/plans/compare", pilot(aboard.compare, max_body=MAX_PLAN_BYTES)),
        Route("/api/plans/progress", observer(aboard.progress)),
    ]


def _post(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["POST"])
