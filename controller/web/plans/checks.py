"""Checks and figures of a plan: those of `landline mission check`, for an aircraft, an autopilot, or neither."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import Aircraft, check_plan, read_checked_parameters
from controller.app.gcs.session import GcsSession
from controller.app.mission_files import (
    PlanReport,
    check_alone,
    check_for_autopilot,
    contents,
    finding_as_json,
    size_text,
)
from controller.app.plan_table import table_rows
from controller.missions import commands
from controller.missions.checks.check import by_severity
from controller.missions.checks.findings import Finding, Severity, grouped
from controller.missions.checks.items import Limits
from controller.missions.commands import CMD
from controller.missions.estimate import WINGED_TYPES, FlightLeg
from controller.missions.formats.json_node import JsonNode
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.plan import Home, Plan
from controller.vehicle.vehicle import Vehicle
from controller.web.access import may_transmit
from controller.web.plans.aircraft_of import vehicle_of
from controller.web.plans.answer import json_answer
from controller.web.plans.plan_json import body_as_node, invalid_items, plan_from_json
from controller.wire.address import Address

Json = dict[str, Any]
# Reading the parameters that a check uses, from an aircraft that does not answer all of them.
_PARAMS_S = 8.0


class PlanChecks:
    """Checks plans for the aircraft of a session.

    The parameters that a check uses are read once an aircraft, for a pilot's check.
    """

    def __init__(self, session: GcsSession) -> None:
        self._session = session
        self._read: set[Address] = set()

    async def check(self, request: Request) -> Response:
        """Answer findings, figures and legs for `aircraft`, or for `autopilot` and the plan's vehicle type."""
        node = await asyncio.to_thread(body_as_node, await request.body())
        plan = await asyncio.to_thread(plan_from_json, node["plan"])
        wrong = await asyncio.to_thread(invalid_items, plan)
        if wrong:
            return JSONResponse({**_findings(wrong), "figures": None, "legs": [], "rows": [], "home": None})
        options = FlyOptions(limits=_limits(node["max_alt_m"]))
        if node["aircraft"].value is not None:
            vehicle = vehicle_of(self._session, node["aircraft"].text())
            if may_transmit(request):
                await self._read_parameters(vehicle)
            report, home = await self._check_on(vehicle, plan, options)
        elif node["autopilot"].value is not None:
            name = node["autopilot"].text()
            report, home = await asyncio.to_thread(check_for_autopilot, plan, name, options), plan.home
        else:
            report, home = await asyncio.to_thread(check_alone, plan, options), plan.home
        return await json_answer(lambda: _report_as_json(report, home))

    async def _read_parameters(self, vehicle: Vehicle) -> None:
        """Read the parameters that a check uses, which takes the link for some seconds, once."""
        if vehicle.address in self._read:
            return
        self._read.add(vehicle.address)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PARAMS_S):
                await read_checked_parameters(vehicle)

    async def _check_on(
        self, vehicle: Vehicle, plan: Plan, options: FlyOptions
    ) -> tuple[PlanReport, Home | None]:
        found: list[Finding] = []
        if vehicle.state.home is None:
            what = "the aircraft has no home position yet"
            found.append(Finding(Severity.WARNING, 0, what, "checked from the home of the plan"))
        home = vehicle.state.home or plan.home
        aircraft = Aircraft.of(vehicle)
        more, flown = await asyncio.to_thread(check_plan, plan, aircraft, options, to_fly=bool(plan.items))
        report = PlanReport(plan, (), tuple(by_severity(found + more)), flown, aircraft=str(vehicle))
        return report, home


def _limits(node: JsonNode) -> Limits:
    return Limits() if node.value is None else replace(Limits(), alt_m=node.number(1.0, MAX_ALTITUDE_M))


def _findings(findings: list[Finding]) -> Json:
    return {
        "findings": [finding_as_json(one) for one in grouped(findings)],
        "errors": sum(one.severity is Severity.ERROR for one in findings),
        "warnings": sum(one.severity is Severity.WARNING for one in findings),
    }


def _report_as_json(report: PlanReport, home: Home | None) -> Json:
    flown = report.estimate
    return {
        **_findings(list(report.findings)),
        "checked_for": report.aircraft,
        "figures": {
            "text": size_text(report),
            "contents": contents(report.plan),
            "distance_m": flown.distance_m,
            "duration_s": flown.duration_s,
            "max_alt_m": flown.max_alt_m,
            "farthest_m": flown.farthest_m,
            "endless": flown.order.endless,
        },
        "legs": [_leg_as_json(leg, report.plan) for leg in flown.legs],
        "rows": [
            {"parameters": row.parameters, "distance_m": row.distance_m}
            for row in table_rows(report.plan, flown)
        ],
        "home": None
        if home is None
        else {
            "lat_deg": home.lat_deg,
            "lon_deg": home.lon_deg,
            "alt_amsl_m": home.alt_amsl_m if home.alt_known else None,
        },
    }


def _leg_as_json(leg: FlightLeg, plan: Plan) -> Json:
    command = plan.items[leg.number - 1].command
    winged = plan.vehicle_type in WINGED_TYPES
    return {
        # A copter climbs where it stands, and is flown level from there.
        "climbs": command == CMD.NAV_VTOL_TAKEOFF or (command == CMD.NAV_TAKEOFF and not winged),
        # A landing or return is flown level to its place, and then down.
        "lands": command in commands.LANDINGS or command == CMD.NAV_RETURN_TO_LAUNCH,
        "number": leg.number,
        "distance_m": round(leg.distance_m, 1),
        "from_alt_m": leg.from_alt_m,
        "to_alt_m": leg.to_alt_m,
        "path": [[round(lat, 7), round(lon, 7)] for lat, lon in leg.path],
    }
