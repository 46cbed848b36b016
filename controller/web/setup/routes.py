"""Routes of the set-up view besides the parameters, under /api/setup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.session import GcsSession
from controller.autopilots.manual_control import requirements
from controller.web.access import may_transmit, observer, pilot
from controller.web.aircraft_choice import aircraft_of
from controller.web.body import json_body
from controller.web.live.control import controlled, operator_of
from controller.web.setup.calibration import Calibrations
from controller.web.setup.radio import RadioWatch


def setup_routes(session: GcsSession) -> list[BaseRoute]:
    """Return the routes."""
    calls = SetupCalls(session)
    return [
        Route("/api/setup/calibration", observer(calls.calibration)),
        Route("/api/setup/radio", observer(calls.radio)),
        Route("/api/setup/joystick", observer(calls.joystick)),
        _post("/api/setup/calibration/begin", pilot(calls.begin)),
        _post("/api/setup/calibration/confirm", pilot(calls.confirm)),
        _post("/api/setup/calibration/stop", pilot(calls.stop)),
    ]


def _post(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["POST"])


class SetupCalls:
    """Calls of the pages about the aircraft of a session."""

    def __init__(self, session: GcsSession) -> None:
        self._session = session
        self._calibrations = Calibrations()
        self._radios: dict[AircraftSession, RadioWatch] = {}

    async def calibration(self, request: Request) -> Response:
        """Return what can be calibrated, and what runs."""
        return JSONResponse(self._calibrations.state(self._of_query(request)))

    async def begin(self, request: Request) -> Response:
        """Begin a calibration."""
        fields = await json_body(request)
        aircraft, name = fields.text("aircraft", most=20), fields.text("name", most=40)
        fields.end()
        one = controlled(request, aircraft, "calibrate")
        self._calibrations.begin(one, name, operator_of(request).name)
        return JSONResponse(self._calibrations.state(one))

    async def confirm(self, request: Request) -> Response:
        """Say that the aircraft is in the position that it wants."""
        one = await self._controlled(request)
        self._calibrations.confirm(one)
        return JSONResponse(self._calibrations.state(one))

    async def stop(self, request: Request) -> Response:
        """Stop the calibration."""
        one = await self._controlled(request)
        self._calibrations.stop(one)
        return JSONResponse(self._calibrations.state(one))

    async def radio(self, request: Request) -> Response:
        """Return the channels of the radio and the modes of its switch."""
        one = self._of_query(request)
        if one not in self._radios:
            self._radios[one] = RadioWatch(one)
        return JSONResponse(self._radios[one].state(ask=may_transmit(request)))

    async def joystick(self, request: Request) -> Response:
        """Return what the aircraft requires for the sticks of this station."""
        vehicle = self._of_query(request).vehicle
        values = {name: one.value for name, one in vehicle.params.known.items()}
        own = vehicle.exchange.own_address.system
        rows = [asdict(one) for one in requirements(vehicle.autopilot, values, own)]
        return JSONResponse({"own_system": own, "requirements": rows})

    def _of_query(self, request: Request) -> AircraftSession:
        return aircraft_of(self._session, request.query_params.get("aircraft", ""))

    async def _controlled(self, request: Request) -> AircraftSession:
        fields = await json_body(request)
        aircraft = fields.text("aircraft", most=20)
        fields.end()
        return controlled(request, aircraft, "calibrate")
