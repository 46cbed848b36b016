"""The routes of the plan view, called without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from controller.app.gcs.session import GcsSession
from controller.errors import LandlineError
from controller.web.app import not_served, refused
from controller.web.headers import OwnOriginOnly
from controller.web.plans.routes import plan_routes
from tests.support.web import HOST, Web


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of our sample files; see the fixtures of the mission tests."""
    return Path(__file__).parents[3] / "vectors" / "missions"


@pytest.fixture
def call() -> Callable[..., tuple[int, bytes]]:
    """Call a route without aircraft: path, body as bytes or as a value for JSON; returns status and body."""
    session = cast("GcsSession", SimpleNamespace(aircraft={}))
    app = Starlette(
        routes=plan_routes(session),
        middleware=[Middleware(OwnOriginOnly, hosts={HOST})],
        exception_handlers={LandlineError: refused, HTTPException: not_served},
    )
    web = Web(app, session, cast("Any", None), [], Path())

    def call(path: str, body: Any = b"", method: str = "POST") -> tuple[int, bytes]:
        answer = asyncio.run(web.call(method, path, body))
        return answer.status, answer.body

    return call
