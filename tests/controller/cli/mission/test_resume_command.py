"""A flight that was aborted is resumed from its record, and together they take every photo."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from controller.app.planning.resume import flown_part
from controller.logs.formats.read import open_log
from controller.logs.photos.camera_events import camera_events_in
from controller.missions.commands import CMD
from controller.missions.files import open_plan, save_plan
from controller.missions.path import Position
from controller.missions.plan import Home, Plan, PlanItem
from tests.support.cli import CommandResult, landline, landline_here

FIELD = [[8.545, 47.397], [8.547, 47.397], [8.547, 47.3985], [8.545, 47.3985], [8.545, 47.397]]
APART_M = 15.0
LINE_BEGINS = 7  # item of the begin of the second line


def _record(folder: Path, *reached: int) -> Path:
    """Return the folder of a flight without photos that reached these items."""
    flight = folder / "20260101T000000Z-quad_x"
    flight.mkdir(parents=True)
    (flight / "frames.tlog").write_bytes(b"")
    rows = [{"kind": "start", "utc": "2026-01-01T00:00:00.000000Z", "t_s": 0.0}]
    rows += [
        {"kind": "mission", "utc": "2026-01-01T00:01:00Z", "t_s": 60.0, "item": one, "reached": True}
        for one in reached
    ]
    (flight / "events.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return flight


def _plan() -> Plan:
    points = [
        PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=47.0 + 0.001 * at, lon_deg=8.0, alt_m=30.0)
        for at in range(4)
    ]
    items = (
        PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=30.0),
        *points,
        PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH)),
    )
    return Plan(items=items, home=Home(47.0, 8.0, 400.0))


def test_a_record_is_resumed_from_the_next_item(tmp_path: Path) -> None:
    flight = _record(tmp_path / "flights", 1, 2, 3)
    save_plan(_plan(), flight / "mission.plan")
    target = tmp_path / "rest.plan"
    resumed = landline_here("mission", "resume", str(flight), "--out", str(target), "--json", home=tmp_path)
    assert resumed.code == 0, resumed.err
    assert (resumed.summary["completed"], resumed.summary["photo"]) == (False, False)
    left = [(item.name, item.lat_deg) for item in open_plan(target).items]
    assert left == [(item.name, item.lat_deg) for item in (_plan().items[0], *_plan().items[3:])]


def test_a_completed_flight_says_so_and_writes_nothing(tmp_path: Path) -> None:
    flight = _record(tmp_path / "flights", 1, 2, 3, 4, 5, 6)
    save_plan(_plan(), flight / "mission.plan")
    target = tmp_path / "rest.plan"
    resumed = landline_here("mission", "resume", str(flight), "--out", str(target), home=tmp_path)
    assert resumed.code == 0
    assert "the flight was completed" in resumed.out
    assert not target.exists()


def test_a_record_without_a_plan_is_one_line(tmp_path: Path) -> None:
    flight = _record(tmp_path / "flights", 1)
    refused = landline_here("mission", "resume", str(flight), home=tmp_path)
    assert refused.code == 2
    assert "its record has no plan" in refused.err
    assert len(refused.err.splitlines()) == 1


@pytest.mark.slow
def test_an_aborted_flight_and_its_rest_take_every_photo_of_the_whole(tmp_path: Path) -> None:
    field, whole, rest = tmp_path / "field.geojson", tmp_path / "whole.plan", tmp_path / "rest.plan"
    field.write_text(json.dumps({"type": "Polygon", "coordinates": [FIELD]}))
    words = ("mission", "plan", "survey", str(field), "--home", "47.3968,8.5448,488", "--speed", "8")
    planned = landline_here(
        *words, "--spacing-m", "40", "--trigger-m", str(APART_M), "--out", str(whole), home=tmp_path
    )
    assert planned.code == 0, planned.err
    once = _flown(whole, tmp_path)
    at_begin_s = next(
        event["t_s"] for event in once.events if event["event"] == "item" and event["number"] == LINE_BEGINS
    )
    # A flight of one seed is the same until the motor fails, on the line.
    ended = _flown(whole, tmp_path, "--fault", f"motor1 dead {at_begin_s + 8.0:.0f}")
    aborted = Path(ended.summary["flight"])
    assert (ended.summary["outcome"], flown_part(aborted).reached) == ("crashed", LINE_BEGINS)
    resumed = landline_here("mission", "resume", str(aborted), "--out", str(rest), "--json", home=tmp_path)
    assert resumed.summary["photo"], resumed.err
    after = _flown(rest, tmp_path)
    assert once.summary["outcome"] == after.summary["outcome"] == "completed", after.err
    expected = _photos(Path(once.summary["flight"]))
    taken = np.asarray([*_photos(aborted), *_photos(Path(after.summary["flight"]))])
    for lat, lon in expected:
        north_m = (taken[:, 0] - lat) * 111_194.0
        east_m = (taken[:, 1] - lon) * 111_194.0 * math.cos(math.radians(lat))
        assert np.hypot(north_m, east_m).min() < APART_M / 2.0
    assert len(_photos(Path(after.summary["flight"]))) < len(expected)


def _flown(plan: Path, home: Path, *words: str) -> CommandResult:
    return landline("fly", str(plan), "--sim", "quad_x", "--speed", "max", *words, "--json", home=home)


def _photos(flight: Path) -> list[Position]:
    log = open_log(flight / "frames.tlog")
    return [(one.lat_deg, one.lon_deg) for events in camera_events_in(log, 0).values() for one in events]
