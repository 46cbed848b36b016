"""Routes of the parameters, under /api/params. Values are texts with all their digits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from controller.app.gcs.session import GcsSession
from controller.app.typed_fields import Fields
from controller.autopilots.param_docs.read import LARGEST
from controller.errors import UserError
from controller.protocol.params.wire import is_integer
from controller.vehicle.param_files import FORMATS, parse_param_file, text_of
from controller.web.access import may_transmit, observer, pilot
from controller.web.aircraft_choice import aircraft_of
from controller.web.body import body_bytes, json_body
from controller.web.live.aircraft_news import aircraft_id
from controller.web.live.control import controlled, operator_of
from controller.web.params.aircraft_params import AircraftParams
from controller.web.params.compare import compare, plan_of
from controller.web.params.numbers import shown

Json = dict[str, Any]
MOST_FILE_BYTES = 1 << 20
MOST_NAMES = 5000
_ENDINGS = {"qgc": ".params", "lines": ".param", "json": ".json"}


def param_routes(session: GcsSession) -> list[BaseRoute]:
    """Return the routes."""
    calls = ParamCalls(session)
    files = MOST_FILE_BYTES * 2
    return [
        Route("/api/params/state", observer(calls.state)),
        Route("/api/params/list", observer(calls.list)),
        Route("/api/params/docs", observer(calls.docs)),
        Route("/api/params/file", observer(calls.file)),
        _post("/api/params/read", pilot(calls.read)),
        _post("/api/params/compare", observer(calls.compare, max_body=files)),
        _post("/api/params/give_docs", pilot(calls.give_docs, max_body=LARGEST)),
        _post("/api/params/set", pilot(calls.set)),
        _post("/api/params/load", pilot(calls.load, max_body=files)),
        _post("/api/params/stop", pilot(calls.stop)),
    ]


def _post(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["POST"])


class ParamCalls:
    """Calls of the pages about the parameters of all aircraft of a session."""

    def __init__(self, session: GcsSession) -> None:
        self._session = session
        self._known: dict[str, AircraftParams] = {}

    async def state(self, request: Request) -> Response:
        """Return what is being done and how far it is."""
        return JSONResponse((await self._of_query(request)).state())

    async def list(self, request: Request) -> Response:
        """Return all values that were read: name to value, whether it is a whole number, and whether it is kept."""
        params = await self._of_query(request)
        autopilot = params.vehicle.autopilot
        rows = {
            name: [shown(one.value), int(is_integer(one.type)), int(autopilot.maintains(name))]
            for name, one in sorted(params.values.items())
        }
        return JSONResponse({"version": params.state()["version"], "values": rows})

    async def docs(self, request: Request) -> Response:
        """Return the documentation of the parameters that were read."""
        params = await self._of_query(request)
        docs = {name: params.docs[name].as_json() for name in params.values if name in params.docs}
        for name, default in params.defaults().items():
            docs.setdefault(name, {})["default"] = default
        for name in params.vehicle.autopilot.reboot_params:
            if name in params.values:
                docs.setdefault(name, {})["reboot"] = True
        return JSONResponse({"source": params.docs.source, "docs": docs})

    async def file(self, request: Request) -> Response:
        """Return the parameters that were read as a file: `format` is qgc, lines or json."""
        params = await self._of_query(request)
        layout = request.query_params.get("format", "qgc")
        if layout not in FORMATS:
            raise UserError(f"unknown format {layout[:20]!r}", hint=f"give one of {', '.join(FORMATS)}")
        if not params.values:
            raise UserError("cannot save: the parameters have not been read", hint="read them first")
        vehicle = params.vehicle
        firmware = f" {vehicle.firmware.version}" if vehicle.firmware else ""
        about = (f"Stack: {vehicle.autopilot.name}{firmware}", f"Vehicle: {vehicle.autopilot.kind.value}")
        text = text_of(params.values, layout, source=vehicle.address, about=about)
        name = f"{vehicle.autopilot.name}-{vehicle.address.system}{_ENDINGS[layout]}".lower()
        return JSONResponse({"name": name, "text": text, "count": len(params.values)})

    async def read(self, request: Request) -> Response:
        """Begin to read all parameters."""
        fields = await json_body(request)
        params = await self._of(fields)
        fields.end()
        params.read()
        return JSONResponse(params.state())

    async def compare(self, request: Request) -> Response:
        """Compare with a file (`file`: its text, `name`), with another aircraft (`other`), or with the defaults."""
        fields = await json_body(request, most_bytes=MOST_FILE_BYTES * 2)
        params = await self._of(fields)
        _need_values(params)
        ask = may_transmit(request)
        if fields.flag("defaults", default=False):
            fields.end()
            defaults = params.defaults()
            if not defaults:
                raise UserError(
                    f"cannot compare: the defaults of {params.vehicle} are not known",
                    hint="give the documentation file of its firmware",
                )
            return JSONResponse({**await compare(params, defaults, ask=ask), "notes": []})
        if "other" in fields:
            other = await self._params(fields.text("other", most=20))
            fields.end()
            _need_values(other)
            values = {name: one.value for name, one in other.values.items()}
            return JSONResponse({**await compare(params, values, ask=ask), "notes": []})
        text = fields.text("file", most=MOST_FILE_BYTES)
        name = fields.text("name", most=200)
        fields.end()
        found = await asyncio.to_thread(parse_param_file, text.encode(), name)
        if len(found.values) > MOST_NAMES:
            raise UserError(
                f"cannot compare: {len(found.values)} parameters, at most {MOST_NAMES}", where=name
            )
        return JSONResponse({**await compare(params, found.values, ask=ask), "notes": found.notes})

    async def give_docs(self, request: Request) -> Response:
        """Use a documentation file: the body is the file, `name` its name."""
        params = await self._of_query(request)
        data = await body_bytes(request, most_bytes=LARGEST)
        await params.give_docs(data, request.query_params.get("name", "documentation")[:200])
        return JSONResponse(params.state())

    async def set(self, request: Request) -> Response:
        """Write one value and read it back."""
        fields = await json_body(request)
        params = await self._of(fields)
        name, value = fields.text("name", most=16), fields.text("value", most=60)
        outside, armed = fields.flag("outside", default=False), fields.flag("armed", default=False)
        fields.end()
        by = _pilot(request, params, f"write {name}")
        done = await params.set(name, value, by=by, outside=outside, armed=armed)
        return JSONResponse(done)

    async def load(self, request: Request) -> Response:
        """Begin to write chosen values: a list of objects with name and value."""
        fields = await json_body(request, most_bytes=MOST_FILE_BYTES * 2)
        params = await self._of(fields)
        everything = fields.flag("everything", default=False)
        chosen: dict[str, str] = {}
        for row in fields.items("values", most=MOST_NAMES):
            name, value = row.text("name", most=16), row.text("value", most=60)
            row.end()
            chosen[name] = value
        fields.end()
        by = _pilot(request, params, "write parameters")
        params.load(plan_of(params, chosen, everything=everything), by=by)
        return JSONResponse(params.state())

    async def stop(self, request: Request) -> Response:
        """Stop what runs; a load leaves what it has written."""
        fields = await json_body(request)
        params = await self._of(fields)
        fields.end()
        if params.writes:
            _pilot(request, params, "stop what another page writes")
        params.stop()
        return JSONResponse(params.state())

    async def _of_query(self, request: Request) -> AircraftParams:
        return await self._params(request.query_params.get("aircraft", ""))

    async def _of(self, fields: Fields) -> AircraftParams:
        return await self._params(fields.text("aircraft", most=20))

    async def _params(self, name: str) -> AircraftParams:
        one = aircraft_of(self._session, name)
        if name not in self._known or self._known[name].one is not one:
            self._known[name] = AircraftParams(one, self._session.clock.utc_us)
        params = self._known[name]
        await params.prepare()
        return params


def _pilot(request: Request, params: AircraftParams, title: str) -> str:
    """Return the name of the page, which must have control of the aircraft. Raises SafetyRefused."""
    controlled(request, aircraft_id(params.vehicle.address), title)
    return operator_of(request).name


def _need_values(params: AircraftParams) -> None:
    if not params.values:
        raise UserError(
            f"cannot compare: the parameters of {params.vehicle} have not been read", hint="read them first"
        )
