"""Every call with JSON takes any JSON: a wrong value gets one line, and never an exception of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.missions.files import open_plan
from controller.web.access import declaration_of
from controller.web.app import web_routes
from controller.web.flights.library import FlightLibrary
from controller.web.maps.routes import MapPlaces
from controller.web.plans.plan_json import plan_as_json
from tests.support.source_tree import ROOT
from tests.support.web import Web, web_station

PLAN = plan_as_json(open_plan(ROOT / "examples" / "inspection.plan"))
SETTINGS = {
    "height_m": 50,
    "overshoot_m": 0,
    "camera": None,
    "spacing_m": 20,
    "trigger_m": 10,
    "angle_deg": 0,
    "crosshatch": False,
}
CORNERS = [[47.0, 8.0], [47.001, 8.0], [47.001, 8.001]]
SMALL = {**PLAN, "items": PLAN["items"][:2], "source": None}
CALLS: dict[str, Any] = {
    "/api/session": {"code": "a"},
    "/api/plans/losses": {"plan": SMALL, "format": "qgc-plan"},
    "/api/plans/save": {"plan": SMALL, "format": "qgc-plan"},
    "/api/plans/check": {"plan": SMALL, "aircraft": None, "autopilot": "px4", "max_alt_m": 100},
    "/api/plans/pattern": {"kind": "survey", "points": CORNERS, "settings": SETTINGS, "start": None},
    "/api/plans/stage": {"plan": SMALL},
    "/api/plans/onboard": {"aircraft": "1.1"},
    "/api/plans/compare": {"plan": SMALL, "aircraft": "7.1"},
    "/api/flights/files/open": {"path": "/nothing/here"},
    "/api/flights/a/photos": {"folder": "/nothing", "first_us": 0, "offset_s": 1.0},
    "/api/params/read": {"aircraft": "7.1"},
    "/api/params/compare": {"aircraft": "7.1", "file": "A 1", "name": "a.params"},
    "/api/params/set": {"aircraft": "1.1", "name": "A", "value": "1", "outside": False, "armed": False},
    "/api/params/load": {"aircraft": "1.1", "everything": False, "values": [{"name": "A", "value": "1"}]},
    "/api/params/stop": {"aircraft": "1.1"},
    "/api/maps/terrain": {"points": [[47.0, 8.0]]},
    "/api/setup/calibration/begin": {"aircraft": "1.1", "name": "a"},
    "/api/setup/calibration/confirm": {"aircraft": "1.1"},
    "/api/setup/calibration/stop": {"aircraft": "1.1"},
}
# The body is a file, or nothing.
OTHERS = ("/api/plans/open", "/api/plans/shapes", "/api/flights/files", "/api/maps", "/api/params/give_docs")
OTHERS += ("/api/flights/{name}/again", "/api/flights/{name}/verify")
MARK = "the value"
NASTY = (
    "null",
    "true",
    "1e999",
    "-1e308",
    "9" * 400,
    "9" * 5000,
    '""',
    r'"\ud800"',
    r'"a\u0000b\n\u001b[2J"',
    '"' + "x" * 10_000 + '"',
    "[]",
    "{}",
    r'{"\ud800": 1}',
    "[[]]",
    "[9" + "9" * 400 + ", 1]",
    "[[9" + "9" * 400 + ", 1]]",
    "[" * 5000 + "]" * 5000,
    "NaN",
    "-Infinity",
)


def marked(value: Any) -> Iterator[Any]:
    """Yield the value with each of its parts in turn replaced by `MARK`."""
    yield MARK
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for other in marked(part):
            yield (
                {**value, key: other} if isinstance(value, dict) else [*value[:key], other, *value[key + 1 :]]
            )
    if isinstance(value, dict):
        yield {**value, MARK: 1}


async def asked(web: Web, path: str, body: bytes) -> None:
    answer = await web.call("POST", path, body, {"content-type": "application/json"})
    assert answer.status < 500, f"{path} {body[:300]!r}: {answer.body!r}"
    if answer.status >= 400:
        assert answer.error


async def test_every_call_with_json_is_tried(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        routes = web_routes(web.feed, FlightLibrary(tmp_path), web.site, MapPlaces())
        paths = {
            getattr(route, "path", "")
            for route in routes
            if declaration_of(route) and "POST" in (getattr(route, "methods", None) or ())
        }
        known = {path.replace("/a/", "/{name}/") for path in CALLS} | set(OTHERS)
        assert paths == known


@pytest.mark.parametrize(
    "path",
    # A plan has many fields; the others show in a second whether the readers of fields hold.
    [
        pytest.param(path, marks=pytest.mark.slow) if '"plan"' in json.dumps(CALLS[path]) else path
        for path in CALLS
    ],
)
async def test_a_wrong_value_anywhere_gets_one_line(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path / "home"))
    async with web_station(tmp_path / "record") as web, web.live():
        whole = json.dumps(CALLS[path])
        for shape in marked(CALLS[path]):
            text = json.dumps(shape)
            for nasty in NASTY:
                if nasty[0] == '"' or f'"{MARK}":' not in text:
                    await asked(web, path, text.replace(f'"{MARK}"', nasty).encode())
        for cut in range(0, len(whole), 1 + len(whole) // 40):
            await asked(web, path, whole[:cut].encode())
        for raw in (b"\xff\xfe{}", b"\xff", b"\0" * 100, b'{"a":"\xed\xa0\x80"}'):
            await asked(web, path, raw)
        assert not [one for one in web.aircraft.received if one.name in ("PARAM_SET", "MISSION_COUNT")]
