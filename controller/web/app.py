"""The web application: the page, the live connection and the calls of each view, behind one guard."""

from __future__ import annotations

from collections.abc import Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, WebSocketRoute

from controller.errors import LandlineError
from controller.web.headers import OwnOriginOnly
from controller.web.live.feed import LiveFeed
from controller.web.page import PageFiles


def web_app(feed: LiveFeed, hosts: Collection[str]) -> Starlette:
    """Return the application; `hosts` are the values of the `Host` header that are served."""
    return Starlette(
        routes=[WebSocketRoute("/live", feed.serve), Mount("/", PageFiles())],
        middleware=[Middleware(OwnOriginOnly, hosts=hosts)],
        exception_handlers={LandlineError: _refused, HTTPException: _not_served},
    )


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 - signature of a handler
    return JSONResponse({"error": str(error)}, 400)


async def _not_served(request: Request, error: Exception) -> Response:  # noqa: ARG001 - signature of a handler
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"cannot answer: {error.detail}"}, error.status_code)
