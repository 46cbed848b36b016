"""Calls of the parameters: read, documented, changed with read-back, compared, loaded, saved and undone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT32, REAL32
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.param_pack import opener
from tests.support.scripted.script import Script
from tests.support.web import Answer, Web, web_station

PARAMS = [
    ParamValue("BATT_CAPACITY", 3300, INT32),
    ParamValue("FS_THR_ENABLE", 1, INT8),
    ParamValue("LOIT_SPEED", 1250.5, REAL32),
    ParamValue("RTL_ALT", 1500, INT32),
    ParamValue("STAT_BOOTCNT", 3, INT32),
]
PAGE = "0123456789abcdef"
DOCS = {
    "json": {"version": 0},
    "RTL_": {
        "RTL_ALT": {
            "DisplayName": "Height of the return",
            "Description": "Height to which it climbs",
            "Range": {"low": "200", "high": "8000"},
            "Units": "cm",
            "RebootRequired": "True",
        }
    },
    "FS_": {"FS_THR_ENABLE": {"DisplayName": "Failsafe", "Values": {"0": "Off", "1": "Return", "3": "Land"}}},
    "BATT_": {"BATT_CAPACITY": {"DisplayName": "Capacity", "ReadOnly": "True"}},
}


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path / "home"))


@asynccontextmanager
async def station(folder: Path, *, read: bool = True, **script: Any) -> AsyncIterator[Web]:
    made = Script(ready_at_s=0.0, params=list(PARAMS), **script)
    async with web_station(folder / "record", script=made) as web, web.live(f"/live?page={PAGE}"):
        if read:
            await web.post("/api/params/read", {"aircraft": "1.1"})
            await idle(web)
        yield web


async def state(web: Web) -> Any:
    return (await web.get("/api/params/state?aircraft=1.1")).json


async def idle(web: Web) -> Any:
    now: dict[str, Any] = {}

    async def poll() -> bool:
        nonlocal now
        now = await state(web)
        return not now["busy"]

    import asyncio

    async with asyncio.timeout(60):
        while not await poll():  # noqa: ASYNC110 - a condition behind a call
            await asyncio.sleep(0.1)
    return now


async def give_docs(web: Web) -> Answer:
    return await web.post("/api/params/give_docs?aircraft=1.1&name=apm.pdef.json", json.dumps(DOCS).encode())


async def set_value(web: Web, name: str, value: str, **more: Any) -> Answer:
    body = {"aircraft": "1.1", "name": name, "value": value, **more}
    return await web.post("/api/params/set", body, landline_page=PAGE)


def onboard(web: Web, name: str) -> float:
    return next(one.value for one in web.aircraft.params.values() if one.name == name)


async def test_values_are_read_once_and_shown_with_all_their_digits(tmp_path: Path) -> None:
    async with station(tmp_path, read=False) as web:
        before = await state(web)
        assert before["count"] == 0
        assert (await web.post("/api/params/read", {"aircraft": "1.1"})).json["busy"] == "read"
        after = await idle(web)
        assert after["count"] >= len(PARAMS)
        values = (await web.get("/api/params/list?aircraft=1.1")).json["values"]
        assert values["LOIT_SPEED"] == ["1250.5", 0, 0]
        assert values["STAT_BOOTCNT"] == ["3", 1, 1]


async def test_values_that_other_work_has_read_are_shown_and_counted(tmp_path: Path) -> None:
    async with station(tmp_path, read=False) as web:
        before = await state(web)
        (one,) = web.session.aircraft.values()
        await one.vehicle.params.list()
        after = await state(web)
        assert after["count"] >= len(PARAMS)
        assert after["version"] != before["version"]


async def test_a_file_of_the_operator_documents_them_and_is_kept(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        assert (await web.get("/api/params/docs?aircraft=1.1")).json["docs"] == {}
        assert (await give_docs(web)).json["docs"] == {"source": "apm.pdef.json", "count": 3}
    async with station(tmp_path / "again") as web:
        docs = (await web.get("/api/params/docs?aircraft=1.1")).json
        assert docs["source"] == "apm.pdef.json"
        assert docs["docs"]["RTL_ALT"] == {
            "title": "Height of the return",
            "text": "Height to which it climbs",
            "unit": "cm",
            "low": 200,
            "high": 8000,
            "reboot": True,
        }


async def test_a_file_that_documents_nothing_is_refused_with_one_line(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        for data in (b"{}", b"no json", b"<!DOCTYPE x><paramfile/>", b"\xfd7zXZ\0cut"):
            answer = await web.post("/api/params/give_docs?aircraft=1.1&name=x.json", data)
            assert answer.status == 400
            assert answer.error.startswith("x.json: cannot read the documentation")


async def test_a_value_is_written_read_back_recorded_and_can_be_undone(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        answer = await set_value(web, "RTL_ALT", "3000")
        assert answer.json == {"name": "RTL_ALT", "before": "1500", "value": "3000", "reboot": False}
        assert onboard(web, "RTL_ALT") == 3000
        (change,) = (await state(web))["changes"]
        assert (change["name"], change["before"], change["after"], change["by"]) == (
            "RTL_ALT", "1500", "3000", "page 1",
        )  # fmt: skip
        await set_value(web, "RTL_ALT", change["before"])
        assert onboard(web, "RTL_ALT") == 1500
        written = [(one["before"], one["value"]) for one in web.record if one["kind"] == "param"]
        assert written == [(1500, 3000), (3000, 1500)]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("RTL_ALT", "30,5", "decimal comma"),
        ("RTL_ALT", "high", "not a number"),
        ("RTL_ALT", "1500.5", "is not a whole number"),
        ("RTL_ALT", "20000001", "not exact as a 32-bit float"),
        ("RTL_ALT", "9000", "is above the documented range: 200 to 8000 cm"),
        ("FS_THR_ENABLE", "2", "is not one of the documented options: 0, 1, 3"),
        ("FS_THR_ENABLE", "300", "is not one of"),
        ("BATT_CAPACITY", "1000", "read only"),
        ("STAT_BOOTCNT", "0", "the autopilot maintains it"),
        ("NO_SUCH_NAME", "1", "the aircraft has no such parameter"),
    ],
)
async def test_a_wrong_value_is_refused_and_not_sent(tmp_path: Path, name: str, value: str, why: str) -> None:
    async with station(tmp_path) as web:
        await give_docs(web)
        answer = await set_value(web, name, value, outside=name == "RTL_ALT" and value == "20000001")
        assert answer.status == 400
        assert why in answer.error
        assert not [one for one in web.aircraft.received if one.name == "PARAM_SET"]


async def test_a_value_outside_the_documented_range_needs_a_second_word(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        await give_docs(web)
        assert (await set_value(web, "RTL_ALT", "9000", outside=True)).json["value"] == "9000"


async def test_an_armed_aircraft_needs_a_second_word_and_takes_no_load(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        web.aircraft.armed = True
        await web.until(lambda: web.session.vehicle and web.session.vehicle.state.armed)
        assert "is armed" in (await set_value(web, "RTL_ALT", "2000")).error
        rows = [{"name": "RTL_ALT", "value": "2500"}]
        refused = await web.post("/api/params/load", {"aircraft": "1.1", "values": rows}, landline_page=PAGE)
        assert "is armed" in refused.error
        assert onboard(web, "RTL_ALT") == 1500
        assert (await set_value(web, "RTL_ALT", "2000", armed=True)).json["value"] == "2000"


FILE = "RTL_ALT,3000\nFS_THR_ENABLE,1\nSTAT_BOOTCNT,7\nNO_SUCH,1\nBATT_CAPACITY,3000000000\nLOIT_SPEED,900\n"


async def test_a_file_is_compared_row_by_row_with_reasons(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        body = {"aircraft": "1.1", "file": FILE, "name": "tuned.param"}
        found = (await web.post("/api/params/compare", body)).json
        assert {row["name"]: row["state"] for row in found["rows"]} == {
            "BATT_CAPACITY": "unfit", "FS_THR_ENABLE": "same", "LOIT_SPEED": "differs", "NO_SUCH": "absent",
            "RTL_ALT": "differs", "STAT_BOOTCNT": "left",
        }  # fmt: skip
        reasons = {row["name"]: row["why"] for row in found["rows"]}
        assert "outside the parameter type's range" in reasons["BATT_CAPACITY"]
        assert "maintains" in reasons["STAT_BOOTCNT"]
        assert "RTL_ALT" not in found["missing"]
        assert found["missing"]


async def test_a_broken_file_is_refused_with_its_line(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        body = {"aircraft": "1.1", "file": "RTL_ALT,3000\nRTL_ALT,12,5\n", "name": "bad.param"}
        answer = await web.post("/api/params/compare", body)
        assert answer.status == 400
        assert answer.error.startswith("bad.param:2: invalid value '12,5'")


async def test_chosen_rows_are_written_with_the_result_of_each(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        rows = [{"name": "RTL_ALT", "value": "3000"}, {"name": "LOIT_SPEED", "value": "900"}]
        rows += [{"name": "STAT_BOOTCNT", "value": "7"}, {"name": "NO_SUCH", "value": "1"}]
        await web.post("/api/params/load", {"aircraft": "1.1", "values": rows}, landline_page=PAGE)
        result = (await idle(web))["result"]
        assert result["changed"] == {
            "RTL_ALT": ["1500", "3000", False],
            "LOIT_SPEED": ["1250.5", "900", False],
        }
        assert sorted(result["failed"]) == ["NO_SUCH", "STAT_BOOTCNT"]
        assert [one["name"] for one in (await state(web))["changes"]] == ["RTL_ALT", "LOIT_SPEED"]
        assert onboard(web, "STAT_BOOTCNT") == 3


async def test_a_saved_file_differs_in_nothing(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        for layout in ("qgc", "lines", "json"):
            saved = (await web.get(f"/api/params/file?aircraft=1.1&format={layout}")).json
            body = {"aircraft": "1.1", "file": saved["text"], "name": saved["name"]}
            found = (await web.post("/api/params/compare", body)).json
            assert {row["state"] for row in found["rows"]} == {"same"}
            assert found["missing"] == []


async def test_only_the_page_that_has_control_writes(tmp_path: Path) -> None:
    async with station(tmp_path) as web, web.live("/live?page=fedcba9876543210"):
        await set_value(web, "RTL_ALT", "2000")
        body = {"aircraft": "1.1", "name": "RTL_ALT", "value": "3000"}
        for page in ("fedcba9876543210", "an unknown page"):
            assert (await web.post("/api/params/set", body, landline_page=page)).status == 400
        rows = {"aircraft": "1.1", "values": [{"name": "RTL_ALT", "value": "3000"}]}
        refused = await web.post("/api/params/load", rows, landline_page="fedcba9876543210")
        assert "control" in refused.error
        assert onboard(web, "RTL_ALT") == 2000


@pytest.mark.parametrize("asked", ["-4", "nan", "soon", ""])
async def test_a_call_that_the_network_held_back_writes_nothing(tmp_path: Path, asked: str) -> None:
    async with station(tmp_path) as web:
        body = {"aircraft": "1.1", "name": "RTL_ALT", "value": "3000"}
        when = str(web.session.clock.now() - 4) if asked == "-4" else asked
        refused = await web.post("/api/params/set", body, landline_page=PAGE, landline_time=when)
        assert refused.status == 400
        assert "on its way" in refused.error or "load the page again" in refused.error
        assert not [one for one in web.aircraft.received if one.name == "PARAM_SET"]


async def test_wrong_calls_get_one_line_and_change_nothing(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        for path, body in {
            "/api/params/set": {"aircraft": "9.9", "name": "RTL_ALT", "value": "1"},
            "/api/params/load": {"aircraft": "1.1", "values": [{"name": "RTL_ALT"}]},
            "/api/params/compare": {"aircraft": "1.1", "file": 7, "name": "x"},
            "/api/params/read": {"aircraft": "1.1", "more": 1},
        }.items():
            answer = await web.post(path, body, landline_page=PAGE)
            assert answer.status == 400
            assert answer.error
        assert not [one for one in web.aircraft.received if one.name == "PARAM_SET"]


def with_file(**more: Any) -> dict[str, Any]:
    """A script of an aircraft that serves its parameters in a file, with their defaults."""
    defaults = {"RTL_ALT": 3000, "LOIT_SPEED": 1250.5, "FS_THR_ENABLE": 1, "BATT_CAPACITY": 3300}
    server = ArduPilotFtpServer({}, generated={"@PARAM": opener(lambda: PARAMS, defaults)})
    return {"services": [server], "capabilities": int(MAV_PROTOCOL_CAPABILITY.FTP), **more}


async def test_defaults_that_the_aircraft_tells_stand_in_the_documentation(tmp_path: Path) -> None:
    async with station(tmp_path, **with_file()) as web:
        docs = (await web.get("/api/params/docs?aircraft=1.1")).json["docs"]
        assert {name: doc.get("default") for name, doc in docs.items()} == {
            "BATT_CAPACITY": 3300,
            "FS_THR_ENABLE": 1,
            "LOIT_SPEED": 1250.5,
            "RTL_ALT": 3000,
            "STAT_BOOTCNT": 3,
        }


async def test_the_parameters_are_compared_with_their_defaults(tmp_path: Path) -> None:
    async with station(tmp_path, **with_file()) as web:
        found = (await web.post("/api/params/compare", {"aircraft": "1.1", "defaults": True})).json
        differing = [
            (row["name"], row["onboard"], row["file"]) for row in found["rows"] if row["state"] != "same"
        ]
        assert differing == [("RTL_ALT", "1500", "3000")]


async def test_without_known_defaults_there_is_no_comparison_with_them(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        answer = await web.post("/api/params/compare", {"aircraft": "1.1", "defaults": True})
        assert answer.status == 400
        assert "the defaults of ArduPilot copter 1 are not known" in answer.json["error"]
