"""Calibration and radio of the set-up view, called by pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT16
from controller.wire import messages as m
from tests.support.scripted.script import Script
from tests.support.web import Answer, Web, web_station

PAGE = "0123456789abcdef"
RADIO = [
    ParamValue("FLTMODE1", 5, INT8),
    ParamValue("FLTMODE2", 6, INT8),
    ParamValue("FLTMODE_CH", 5, INT8),
    ParamValue("RC5_MAX", 1900, INT16),
    ParamValue("RC5_MIN", 1100, INT16),
    ParamValue("RCMAP_ROLL", 1, INT8),
]

PULSES = {f"chan{at}_raw": 1500 for at in range(1, 9)} | {"chan5_raw": 1300, "chan8_raw": 0xFFFF}
CHANNELS = m.RC_CHANNELS(time_boot_ms=1, chancount=8, rssi=127, **PULSES)


@asynccontextmanager
async def station(folder: Path, stack: str = "ardupilot") -> AsyncIterator[Web]:
    script = Script(ready_at_s=0.0, params=list(RADIO), messages=[CHANNELS])
    async with web_station(folder, stack, script) as web, web.live(f"/live?page={PAGE}"):
        yield web


async def call(web: Web, what: str, **more: Any) -> Answer:
    path = f"/api/setup/calibration/{what}"
    return await web.post(path, {"aircraft": "1.1", **more}, landline_page=PAGE)


async def last(web: Web) -> Any:
    return (await web.get("/api/setup/calibration?aircraft=1.1")).json["last"]


async def test_each_autopilot_offers_its_own(tmp_path: Path) -> None:
    for stack, names in {
        "ardupilot": ["accel", "accel_simple", "compass", "gyro", "level", "pressure"],
        "px4": ["accel", "compass", "gyro", "level", "pressure", "airspeed"],
    }.items():
        async with station(tmp_path / stack, stack) as web:
            state = (await web.get("/api/setup/calibration?aircraft=1.1")).json
            assert [one["name"] for one in state["offered"]] == names
            assert state["last"] is None


async def test_a_refused_calibration_says_so_on_every_page_and_in_the_record(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        begun = await call(web, "begin", name="gyro")
        assert begun.json["last"]["active"]
        await asyncio.sleep(5)
        view = await last(web)
        assert (view["phase"], view["active"]) == ("failed", False)
        assert "UNSUPPORTED" in view["says"]
        texts = [one["text"] for one in web.record if one["kind"] == "action"]
        assert texts[0] == "page 1: calibration gyro ..."
        assert texts[1].startswith("calibration gyro: failed")


async def test_no_armed_aircraft_is_calibrated(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        web.aircraft.armed = True
        await web.until(lambda: web.session.vehicle and web.session.vehicle.state.armed)
        assert "is armed" in (await call(web, "begin", name="accel")).error
        assert 241 not in [number for number, _ in web.aircraft.commands]


async def test_only_what_runs_is_confirmed_or_stopped(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        for what in ("confirm", "stop"):
            assert "no calibration runs" in (await call(web, what)).error
        assert "unknown calibration" in (await call(web, "begin", name="airspeed")).error


async def test_the_channels_the_switch_and_its_mode_are_shown_with_their_age(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        await web.post("/api/params/read", {"aircraft": "1.1"})
        await asyncio.sleep(20)
        await web.get("/api/setup/radio?aircraft=1.1")
        await asyncio.sleep(2.0)
        radio = (await web.get("/api/setup/radio?aircraft=1.1")).json
        assert 0.0 <= radio["age_s"] < 0.5
        assert radio["rssi_percent"] == 50
        assert radio["channels"][0]["use"] == "roll"
        fifth = radio["channels"][4]
        assert (fifth["use"], fifth["pulse_us"], fifth["low_us"], fifth["high_us"]) == (
            "modes",
            1300,
            1100,
            1900,
        )
        assert radio["channels"][7]["pulse_us"] is None
        assert radio["switch"]["channel"] == 5
        assert radio["switch"]["modes"][:2] == ["LOITER", "RTL"]
        assert radio["switch"]["position"] == 1
