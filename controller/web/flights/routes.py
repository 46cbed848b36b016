"""Calls of the review view, `/api/flights/...`."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from controller.errors import UserError
from controller.web.access import observer, pilot
from controller.web.body import json_body
from controller.web.flights.jobs.source import FIRST, REPLAY, REVIEW
from controller.web.flights.library import FlightLibrary
from controller.web.flights.requests import while_open
from controller.web.flights.upload import MOST_BYTES, receive_log

BINARY = "application/octet-stream"
_MOST_SERIES = 12
# The report's own script may run, in a page that cannot call this server and that no other page can reach.
_REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts allow-popups; default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def flight_routes(library: FlightLibrary) -> list[BaseRoute]:
    """Return the routes of the review view."""
    calls = _Calls(library)
    one = "/api/flights/{name}"
    return [
        Route("/api/flights", observer(calls.listing)),
        Route("/api/flights/progress", observer(calls.list_progress)),
        Route("/api/flights/files", pilot(calls.upload, max_body=MOST_BYTES), methods=["POST"]),
        Route("/api/flights/files/open", pilot(calls.open_path, max_body=10_000), methods=["POST"]),
        Route(f"{one}/replay", observer(calls.replay)),
        Route(f"{one}/review", observer(calls.review)),
        Route(f"{one}/progress", observer(calls.progress)),
        Route(f"{one}/again", observer(calls.again, max_body=100), methods=["POST"]),
        Route(f"{one}/plot", observer(calls.plot)),
        Route(f"{one}/plot.csv", observer(calls.plot_csv)),
        Route(f"{one}/verify", observer(calls.verify, max_body=100), methods=["POST"]),
        Route(f"{one}/report", observer(calls.report)),
        Route(f"{one}/export/{{kind}}", observer(calls.export)),
        Route(f"{one}/photos", pilot(calls.photos, max_body=10_000), methods=["POST"]),
        Route(f"{one}/photos/{{number:int}}", observer(calls.thumbnail)),
    ]


class _Calls:
    def __init__(self, library: FlightLibrary) -> None:
        self._library = library

    async def listing(self, request: Request) -> Response:
        refresh = request.query_params.get("refresh") == "1"
        return JSONResponse(await self._library.listing(refresh=refresh))

    async def list_progress(self, request: Request) -> Response:  # noqa: ARG002 - signature of a handler
        return JSONResponse(self._library.list_progress())

    async def upload(self, request: Request) -> Response:
        title = request.query_params.get("name", "log")
        name = await receive_log(request, self._library.places, title)
        return JSONResponse({"name": name})

    async def open_path(self, request: Request) -> Response:
        fields = await json_body(request)
        path = fields.text("path", most=4096)
        fields.end()
        return JSONResponse({"name": self._library.places.open_path(path)})

    async def replay(self, request: Request) -> Response:
        """Send the replay; with `part=first` the one of few rows, which is a tenth of a long flight's bytes."""
        part = FIRST if request.query_params.get("part") == "first" else REPLAY
        path = await while_open(request, self._library.made(_name(request), part))
        return FileResponse(path, media_type=BINARY, headers={"Cache-Control": "no-store"})

    async def review(self, request: Request) -> Response:
        path = await while_open(request, self._library.made(_name(request), REVIEW))
        return FileResponse(path, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def progress(self, request: Request) -> Response:
        return JSONResponse(self._library.progress(_name(request)))

    async def again(self, request: Request) -> Response:
        """Take the running flight as it is now."""
        self._library.places.refresh_snapshot(_name(request))
        return JSONResponse({})

    async def plot(self, request: Request) -> Response:
        first_us, span_s, series = _plotted(request)
        width = _whole(request, "width", 1000)
        made = self._library.plot(_name(request), series, first_us=first_us, span_s=span_s, width=width)
        return Response(await while_open(request, made), media_type=BINARY)

    async def plot_csv(self, request: Request) -> Response:
        first_us, span_s, series = _plotted(request)
        made = self._library.plot_csv(_name(request), series, first_us, span_s)
        return self._download(await while_open(request, made), f"{self._title(request)}-plot.csv")

    async def verify(self, request: Request) -> Response:
        return JSONResponse(await while_open(request, self._library.verify(_name(request))))

    async def report(self, request: Request) -> Response:
        path = await while_open(request, self._library.export(_name(request), "report", ""))
        return FileResponse(
            path, headers=_REPORT_HEADERS, background=BackgroundTask(self._library.forget, path)
        )

    async def export(self, request: Request) -> Response:
        level = request.query_params.get("level", "identity")
        kind = request.path_params["kind"]
        path = await while_open(request, self._library.export(_name(request), kind, level))
        return self._download(path, f"anonymized-flight{path.suffix}" if kind == "anonymized" else path.name)

    async def photos(self, request: Request) -> Response:
        fields = await json_body(request)
        folder = fields.text("folder", most=4096)
        first_us = fields.integer("first_us", 0, 1 << 53)
        offset_s = fields.number("offset_s", -1e10, 1e10) if "offset_s" in fields else None
        made = self._library.photos(_name(request), folder, first_us, offset_s)
        return JSONResponse(await while_open(request, made))

    async def thumbnail(self, request: Request) -> Response:
        data = await self._library.thumbnail(_name(request), request.path_params["number"])
        if data is None:
            raise HTTPException(404, "cannot show the photo: choose its folder again")
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    def _download(self, path: Path, name: str) -> Response:
        after = BackgroundTask(self._library.forget, path)
        return FileResponse(path, media_type=BINARY, filename=name, background=after)

    def _title(self, request: Request) -> str:
        return Path(self._library.places.title_of(_name(request))).stem


def _name(request: Request) -> str:
    name = request.path_params["name"]
    assert isinstance(name, str)
    return name


def _plotted(request: Request) -> tuple[int, tuple[float, float], list[str]]:
    series = request.query_params.getlist("series")
    if not 0 < len(series) <= _MOST_SERIES:
        raise UserError(f"cannot plot: choose from 1 to {_MOST_SERIES} series")
    begin_s, end_s = _number(request, "from", 0.0), _number(request, "to", 1e9)
    if begin_s >= end_s:
        raise UserError("cannot plot: the time span is empty")
    return _whole(request, "first_us", 0), (begin_s, end_s), series


def _number(request: Request, name: str, otherwise: float) -> float:
    return _parsed(request, name, otherwise, float)


def _whole(request: Request, name: str, otherwise: int) -> int:
    return int(_parsed(request, name, otherwise, int))


def _parsed(request: Request, name: str, otherwise: float, kind: Callable[[str], float]) -> float:
    text = request.query_params.get(name, "")
    try:
        value = kind(text[:40]) if text else otherwise
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e18:
        raise UserError(f"cannot plot: '{name}' is no number")
    return value
