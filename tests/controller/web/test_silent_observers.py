"""Observers never make the station transmit: the link belongs to the pilots."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.missions.files import open_plan
from controller.web.access import Role, declaration_of
from controller.web.app import web_routes
from controller.web.flights.library import FlightLibrary
from controller.web.maps.routes import MapPlaces
from controller.web.plans.plan_json import plan_as_json
from tests.support.source_tree import ROOT
from tests.support.web import Web, web_station

PLAN = plan_as_json(open_plan(ROOT / "examples" / "inspection.plan"))
# A parameter that PX4 lists only after its first use, so that it is asked for by name.
COMPARED = {"aircraft": "1.1", "file": "1 1 MPC_XY_CRUISE 7 9\n1 1 MIS_TAKEOFF_ALT 3 9\n", "name": "a.params"}
CHECKED = {"plan": PLAN, "aircraft": "1.1", "autopilot": None, "max_alt_m": None}
CALLS: dict[str, tuple[str, Any]] = {
    "/api/params/state": ("/api/params/state?aircraft=1.1", None),
    "/api/params/list": ("/api/params/list?aircraft=1.1", None),
    "/api/params/docs": ("/api/params/docs?aircraft=1.1", None),
    "/api/params/file": ("/api/params/file?aircraft=1.1", None),
    "/api/params/compare": ("/api/params/compare", COMPARED),
    "/api/plans/check": ("/api/plans/check", CHECKED),
    "/api/plans/progress": ("/api/plans/progress?aircraft=1.1", None),
    "/api/setup/calibration": ("/api/setup/calibration?aircraft=1.1", None),
    "/api/setup/radio": ("/api/setup/radio?aircraft=1.1", None),
    "/api/setup/joystick": ("/api/setup/joystick?aircraft=1.1", None),
}
# These have no aircraft among their values.
WITHOUT_AIRCRAFT = ("/api/plans/formats", "/api/plans/commands", "/api/plans/open", "/api/plans/losses")
WITHOUT_AIRCRAFT += ("/api/plans/shapes", "/api/plans/save", "/api/plans/pattern")


def asked(web: Web) -> int:
    return len([one for one in web.aircraft.received if one.name not in ("HEARTBEAT", "TIMESYNC")])


async def call(web: Web, path: str) -> None:
    address, body = CALLS[path]
    answer = await (web.get(address) if body is None else web.post(address, body))
    assert answer.status == 200, answer.error
    await asyncio.sleep(2)


async def _quiet(web: Web) -> None:
    """Wait until everything that the session itself asks for has come or was given up."""
    before = -1
    while before != asked(web):
        before = asked(web)
        await asyncio.sleep(8)


async def test_no_call_of_an_observer_reaches_the_aircraft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path / "home"))
    async with web_station(tmp_path / "record", "px4") as web, web.live(role=Role.OBSERVER) as page:
        routes = web_routes(web.feed, FlightLibrary(tmp_path), web.site, MapPlaces())
        known = set(CALLS) | set(WITHOUT_AIRCRAFT)
        for route in routes:
            path = getattr(route, "path", "")
            declared = declaration_of(route)
            if (
                declared is not None
                and declared.role < Role.PILOT
                and path.startswith(("/api/params", "/api/plans", "/api/setup"))
            ):
                assert path in known, f"{path} is new: is anything sent for an observer?"
        assert (await web.post("/api/params/read", {"aircraft": "1.1"})).status == 200
        await _quiet(web)
        web.role = Role.OBSERVER
        before = asked(web)
        await page.send({"type": "act", "request": "1", "aircraft": "1.1", "name": "arm", "args": {}})
        for path in CALLS:
            await call(web, path)
            assert asked(web) == before, path
        web.role = Role.PILOT
        for path in ("/api/params/compare", "/api/plans/check", "/api/setup/radio"):
            before = asked(web)
            await call(web, path)
            assert asked(web) > before, path
