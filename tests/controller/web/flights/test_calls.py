"""Calls of the review view: the list, a replay, a plot, verification, exports; wrong ones get one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from controller.logs.flights.imports import import_files
from controller.logs.flights.store import flight_log
from controller.web.flights.jobs.arrays import unpack
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.logs import history_files as files
from tests.support.logs.logged_flights import START_US, flight_frames
from tests.support.logs.recorded_flights import write_chained_flight
from tests.support.logs.recorded_tlogs import write_circle
from tests.support.web import Web, web_station

FLOWN = "20260517T093012Z-copter"
RUNNING = "20260518T080000Z-running"
LONG = "20260517T120000Z-copter"
CRASHED = "20260517T130000Z-copter"


@asynccontextmanager
async def station(tmp_path: Path) -> AsyncIterator[Web]:
    """A session whose flights folder holds one earlier flight: a circle of a minute."""
    write_circle(tmp_path / "flights" / FLOWN / "frames.tlog", seconds=60)
    async with web_station(tmp_path / "flights" / RUNNING) as web:
        yield web


async def until_read(web: Web) -> None:
    """Wait until every flight is in the catalogue."""
    async with asyncio.timeout(30):
        while (await web.get("/api/flights/progress")).json["refreshing"] is not None:  # noqa: ASYNC110 - a call
            await asyncio.sleep(0.1)


async def test_the_list_has_all_flights_and_marks_the_running_one(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        before = (await web.get("/api/flights?refresh=1")).json
        assert [row["flight"] for row in before["rows"]] == [RUNNING, FLOWN]
        await until_read(web)
        rows = (await web.get("/api/flights")).json["rows"]
        assert [row["state"] for row in rows] == ["recording", "ready"]
        assert rows[1]["duration_s"] == pytest.approx(60, abs=1.5)
        assert rows[1]["max_alt_m"] == pytest.approx(20, abs=0.1)


async def test_a_replay_has_the_track_and_the_modes(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        answer = await web.get(f"/api/flights/{FLOWN}/replay")
        assert answer.status == 200, answer.body
        header, arrays = unpack(answer.body)
        assert [mode["name"] for mode in header["modes"]] == ["LOITER"]
        assert header["length_s"] == pytest.approx(60, abs=1.5)
        assert len(arrays["position.lat_deg"]) == len(arrays["position.t"]) == 300
        assert arrays["altitude.home_m"].max() == pytest.approx(20, abs=0.1)


async def test_a_flight_opens_with_few_rows_and_all_of_them_can_be_had(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        write_circle(tmp_path / "flights" / LONG / "frames.tlog", seconds=1000)
        header, first = unpack((await web.get(f"/api/flights/{LONG}/replay?part=first")).body)
        whole_header, whole = unpack((await web.get(f"/api/flights/{LONG}/replay")).body)
    assert header["thinned"]
    assert not whole_header["thinned"]
    assert whole_header["modes"] == header["modes"]
    assert first.keys() == whole.keys()
    assert len(whole["position.t"]) == 5000
    assert first["position.t"].tolist() == whole["position.t"][::2].tolist()
    assert first["position.lat_deg"].tolist() == whole["position.lat_deg"][::2].tolist()


async def test_the_list_marks_a_crash_that_the_record_does_not_name(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        folder = tmp_path / "flights" / CRASHED
        folder.mkdir()
        text = Encoder(address(1, 1)).pack(m.STATUSTEXT(severity=1, text="Crash: Disarming: AngErr=121>30"))
        stamp = (START_US + 20_000_000).to_bytes(8, "big")
        (folder / "frames.tlog").write_bytes(flight_frames(alarms=0) + stamp + text)
        await web.get("/api/flights?refresh=1")
        await until_read(web)
        rows = {row["flight"]: row for row in (await web.get("/api/flights")).json["rows"]}
    assert "AngErr=121" in rows[CRASHED]["crash"]
    assert rows[CRASHED]["outcome"] == ""
    assert rows[FLOWN]["crash"] == ""


async def test_a_review_names_what_can_be_plotted(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        review = (await web.get(f"/api/flights/{FLOWN}/review")).json
        tables = {table["name"]: table for table in review["tables"]}
        assert "roll" in tables["ATTITUDE"]["fields"]
        assert tables["ATTITUDE"]["units"]["roll"] == "rad"
        assert tables["ATTITUDE"]["senders"] == ["1/1"]
        texts = [event for event in review["events"] if event["kind"] == "text"]
        assert [(one["text"], one["severity_name"], one["sender"]) for one in texts] == [
            ("PreArm: Compass not healthy", "warning", "autopilot")
        ]


async def test_a_plot_has_the_points_of_a_message_and_of_a_series(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        header, _ = unpack((await web.get(f"/api/flights/{FLOWN}/replay")).body)
        query = f"series=ATTITUDE.roll@1/1&series=series_attitude.roll_rad&first_us={header['first_us']}"
        answer = await web.get(f"/api/flights/{FLOWN}/plot?{query}&from=0&to=30&width=500")
        assert answer.status == 200, answer.body
        listed, arrays = unpack(answer.body)
        assert [one["name"] for one in listed["series"]] == ["ATTITUDE.roll@1/1", "series_attitude.roll_rad"]
        assert arrays["0.t"].max() == pytest.approx(30, abs=0.3)
        # Series are shown in degrees, messages as they are.
        assert arrays["1.v"] == pytest.approx(arrays["0.v"] * 57.29578, rel=1e-5)
        rows = (
            (await web.get(f"/api/flights/{FLOWN}/plot.csv?{query}&from=0&to=1")).body.decode().splitlines()
        )
        assert rows[0] == "time_s,series,value"
        assert len(rows) > 2


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("plot?series=ATTITUDE.nothing", "cannot plot: the log has no such series"),
        ("plot?series=NOTHING.x", "cannot plot: the log has no such series"),
        ("plot?series=bad", "invalid name of a series"),
        ("plot", "cannot plot: choose from 1 to 12 series"),
        ("plot?series=A.b&from=x", "cannot plot: 'from' is no number"),
        ("plot?series=A.b&from=nan", "cannot plot: 'from' is no number"),
        ("plot?series=A.b&from=5&to=4", "cannot plot: the time span is empty"),
        ("export/exe", "invalid format 'exe'"),
        ("export/anonymized?level=none", "invalid level 'none'"),
    ],
)
async def test_a_wrong_call_gets_one_line(tmp_path: Path, path: str, line: str) -> None:
    async with station(tmp_path) as web:
        answer = await web.get(f"/api/flights/{FLOWN}/{path}")
        assert answer.status == 400
        assert line in answer.error


@pytest.mark.parametrize("name", ["..", "%2e%2e", "nothing", ".ssh", "..%2f..%2fetc", "file-000000000000"])
@pytest.mark.parametrize("call", ["replay", "review", "report", "export/kml"])
async def test_a_wrong_flight_gets_one_line(tmp_path: Path, name: str, call: str) -> None:
    async with station(tmp_path) as web:
        answer = await web.get(f"/api/flights/{name}/{call}")
        assert answer.status in (400, 404)
        assert answer.error.startswith("cannot ")


async def test_a_damaged_log_gets_one_line_and_keeps_its_events(tmp_path: Path) -> None:
    folder = tmp_path / "flights" / "20260516T000000Z-broken"
    folder.mkdir(parents=True)
    (folder / "frames.tlog").write_bytes(b"\0" * 5000)
    event = {"utc": "2026-05-16T00:00:00Z", "t_s": 1.0, "kind": "warning", "text": "the disk is full"}
    (folder / "events.jsonl").write_text(json.dumps(event) + "\n")
    async with station(tmp_path) as web:
        assert "cannot read the log" in (await web.get(f"/api/flights/{folder.name}/replay")).error
        review = (await web.get(f"/api/flights/{folder.name}/review")).json
        assert [one["text"] for one in review["events"]] == ["the disk is full"]
        assert "cannot read the log" in review["notes"][0]


async def test_a_flight_verifies_and_a_changed_one_names_the_place(tmp_path: Path) -> None:
    folder = tmp_path / "flights" / "20260515T000000Z-signed"
    keys = tmp_path / "flights" / RUNNING / "keys"
    async with station(tmp_path) as web:
        write_chained_flight(folder, keys, flight=folder.name)
        found = (await web.post(f"/api/flights/{folder.name}/verify", {})).json
        assert (found["ok"], found["closed"], found["key_known"]) == (True, True, True)
        data = bytearray((folder / "frames.tlog").read_bytes())
        data[100] ^= 1
        (folder / "frames.tlog").write_bytes(data)
        found = (await web.post(f"/api/flights/{folder.name}/verify", {})).json
        assert not found["ok"]
        assert "were changed" in found["first_bad"]["why"]


async def test_an_imported_flight_verifies_as_a_file_and_not_as_a_record(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(files.airdata())
    [done] = import_files([old], tmp_path / "flights")
    async with station(tmp_path) as web:
        found = (await web.post(f"/api/flights/{done.flight}/verify", {})).json
        assert found["ok"]
        assert found["imported"]["name"] == "old.csv"
        assert found["imported"]["why"] == ""
        assert "signed_by" not in found
        flight_log(tmp_path / "flights" / done.flight).write_text(files.airdata() + "\n")
        found = (await web.post(f"/api/flights/{done.flight}/verify", {})).json
        assert not found["ok"]
        assert "has changed" in found["imported"]["why"]


async def test_a_report_runs_in_a_page_that_cannot_call_the_server(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        answer = await web.get(f"/api/flights/{FLOWN}/report")
        assert answer.status == 200
        assert answer.body.startswith(b"<!doctype html>")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts")
        assert "default-src 'none'" in policy


async def test_an_export_is_a_download_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        answer = await web.get(f"/api/flights/{FLOWN}/export/kml")
        assert answer.status == 200, answer.body
        assert f'filename="{FLOWN}.kml"' in answer.headers["content-disposition"]
        assert b"<kml" in answer.body
        left = {path.name for path in (tmp_path / "flights" / FLOWN).iterdir()}
        assert left <= {"frames.tlog", "columns"}


async def test_a_dropped_log_is_opened_from_a_temporary_file(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        data = (tmp_path / "flights" / FLOWN / "frames.tlog").read_bytes()
        name = (await web.post("/api/flights/files?name=my%20flight.tlog", data)).json["name"]
        header, _ = unpack((await web.get(f"/api/flights/{name}/replay")).body)
        assert header["name"] == "my flight.tlog"
        assert name not in {path.name for path in (tmp_path / "flights").iterdir()}
        refused = await web.post("/api/flights/files?name=holiday.jpg", b"\xff\xd8\xff")
        assert "cannot open 'holiday.jpg': it is no flight log" in refused.error


async def test_a_log_is_opened_by_its_path(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        path = tmp_path / "flights" / FLOWN / "frames.tlog"
        name = (await web.post("/api/flights/files/open", {"path": str(path)})).json["name"]
        assert (await web.get(f"/api/flights/{name}/review")).json["summary"]["frames"] > 500
        for wrong in ({"path": 5}, {}, [], {"path": "frames.tlog"}, {"path": str(path), "more": 1}):
            assert (await web.post("/api/flights/files/open", wrong)).status == 400


async def test_photos_of_a_folder_without_any_get_one_line(tmp_path: Path) -> None:
    async with station(tmp_path) as web:
        body = {"folder": str(tmp_path), "first_us": 0}
        assert "no JPEG files" in (await web.post(f"/api/flights/{FLOWN}/photos", body)).error
        assert (await web.get(f"/api/flights/{FLOWN}/photos/0")).status == 404
