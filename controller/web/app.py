"""The web application: the page, the live connection and the calls of each view, behind one guard."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, WebSocketRoute

from controller.errors import LandlineError
from controller.web.access import observer, undeclared
from controller.web.bugs import ReportBugs
from controller.web.flights.library import FlightLibrary
from controller.web.flights.routes import flight_routes
from controller.web.headers import OwnOriginOnly
from controller.web.live.feed import LiveFeed
from controller.web.maps.routes import MapPlaces, map_routes
from controller.web.page import PageFiles
from controller.web.params.routes import param_routes
from controller.web.plans.routes import plan_routes
from controller.web.session_routes import Identify, SessionRoutes
from controller.web.setup.routes import setup_routes
from controller.web.site import Site


def web_routes(feed: LiveFeed, flights: FlightLibrary, site: Site, maps: MapPlaces) -> list[BaseRoute]:
    """Return every route of the application; the calls of each view come from its own module."""
    return [
        *SessionRoutes(site.logins, secure=site.secure).routes(),
        WebSocketRoute("/live", observer(feed.serve)),
        *plan_routes(feed.session, feed.staged),
        *flight_routes(flights),
        *param_routes(feed.session),
        *map_routes(maps),
        *setup_routes(feed.session),
        Mount("/", PageFiles()),
    ]


def web_app(feed: LiveFeed, flights: FlightLibrary, site: Site, maps: MapPlaces | None = None) -> Starlette:
    """Return the application of this site; without `maps` it has those of the data folder."""
    app = guarded_app(web_routes(feed, flights, site, maps or MapPlaces()), site)
    app.state.feed = feed  # the calls of the views ask it which page has control
    return app


def guarded_app(routes: Sequence[BaseRoute], site: Site) -> Starlette:
    """Return an application of these routes behind the guard; each route must declare its role."""
    missing = undeclared(routes)
    if missing:
        raise AssertionError(f"routes without a role: {', '.join(missing)}; see controller.web.access")
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(ReportBugs, on_bug=site.on_bug),
            Middleware(OwnOriginOnly, origins=site.origins),
            Middleware(Identify, logins=site.logins),
        ],
        exception_handlers={LandlineError: refused, HTTPException: not_served},
    )
    app.router.redirect_slashes = False
    return app


async def refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 - signature of a handler
    return JSONResponse({"error": str(error).encode("utf-8", "replace").decode()}, 400)


async def not_served(request: Request, error: Exception) -> Response:  # noqa: ARG001 - signature of a handler
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail.startswith("cannot ") else f"cannot answer: {error.detail}"
    return JSONResponse({"error": detail}, error.status_code, error.headers)
