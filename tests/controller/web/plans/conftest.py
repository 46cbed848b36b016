"""The routes of the plan view, called without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.app.gcs.session import GcsSession
from controller.web.plans.routes import plan_routes
from controller.web.plans.staged import StagedPlans
from tests.support.web import web_of_routes


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of our sample files; see the fixtures of the mission tests."""
    return Path(__file__).parents[3] / "vectors" / "missions"


@pytest.fixture
def call() -> Callable[..., tuple[int, bytes]]:
    """Call a route without aircraft: path, body as bytes or as a value for JSON; returns status and body."""
    session = cast("GcsSession", SimpleNamespace(aircraft={}))
    web = web_of_routes(plan_routes(session, StagedPlans()))

    def call(path: str, body: Any = b"", method: str = "POST") -> tuple[int, bytes]:
        answer = asyncio.run(web.call(method, path, body))
        return answer.status, answer.body

    return call
