"""What a page gets: states with exact ages, tracks, missions on board, links, texts; and only the news."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.link.memory import memory_pair
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.onboard import OnboardAreas
from controller.missions.plan import Home, Plan, PlanItem
from controller.protocol.statustext import statustext_messages
from controller.vehicle.state import Attitude, VehicleState, Wind
from controller.web.live import snapshot
from controller.web.live.client import MOST_UNSEEN
from controller.web.live.onboard import MOST_PATH_POINTS, onboard_json
from controller.wire import messages as m
from controller.wire.enums import MAV_CMD
from tests.support.flights import SQUARE, TAKEOFF, plan_of, waypoint
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle
from tests.support.web import LivePage, web_station

CORNERS = tuple(FencePoint(47.39 + north, 8.54 + east) for north, east in ((0, 0), (0.02, 0), (0.02, 0.02)))
FENCED = Plan(
    items=SQUARE.items,
    home=SQUARE.home,
    fence=Fence((FencePolygon(CORNERS),), (FenceCircle(CORNERS[0], 25.0, inclusion=False),)),
    rally=(RallyPoint(47.398, 8.546, 30.0),),
)


async def states(page: LivePage, group: str) -> dict[str, Any]:
    """The next value of a group of the aircraft."""
    while True:
        for one in (await page.next("state"))["states"]:
            if group in one:
                return dict(one[group])


async def test_a_page_gets_the_groups_that_changed_and_nothing_else(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        hello = page.hello["aircraft"][0]
        assert (hello["id"], hello["title"]) == ("1.1", "ArduPilot copter 1 4.7.0")
        assert hello["state"]["heartbeat"]["mode"] == "STABILIZE"
        assert "takeoff" in hello["actions"]
        await asyncio.sleep(1)
        page.drain()
        web.aircraft.mode = "GUIDED"
        assert (await states(page, "heartbeat"))["mode"] == "GUIDED"
        web.aircraft.silent = True
        await asyncio.sleep(3)
        page.drain()
        await asyncio.sleep(10)
        assert [one for one in page.drain() if one["type"] == "state"] == []


async def test_a_value_that_waits_for_a_slow_page_grows_old(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await states(page, "position")
        page.drain()
        page.stop_reading()
        await asyncio.sleep(0.5)  # one message is on its way, the next ones wait
        web.aircraft.silent = True
        await asyncio.sleep(5)
        page.read_again()
        await asyncio.sleep(0.1)
        waited = [one for one in page.drain() if one["type"] == "state"][-1]
        assert 4.0 < waited["states"][0]["position"]["age_s"] < 6.0


async def test_a_page_that_confirms_what_it_shows_is_not_flooded(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await page.send({"type": "seen"})
        await asyncio.sleep(1)
        page.drain()
        await asyncio.sleep(10)
        assert len([one for one in page.drain() if one["type"] == "state"]) <= MOST_UNSEEN
        for _ in range(MOST_UNSEEN):
            await page.send({"type": "seen"})
        newest = (await page.next("state"))["states"][0]
        assert newest["position"]["age_s"] < 1.0


async def test_a_page_opened_late_gets_the_whole_track(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        await web.until(lambda: web.session.aircraft[web.aircraft.address].track.points)
        begin = web.aircraft.place[0]
        for step in range(1, 21):
            web.aircraft.place[0] = begin + step * 1e-4
            await asyncio.sleep(1)
        async with web.live() as page:
            track = page.hello["aircraft"][0]["track"]
            assert track[0][0] == pytest.approx(begin, abs=1e-5)
            assert track[-1][0] == pytest.approx(begin + 20e-4, abs=1.1e-4)
            assert len(track) >= 18


async def test_mission_fence_and_rally_points_on_board_are_on_the_map(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        vehicle = web.session.aircraft[web.aircraft.address].vehicle
        uploading = asyncio.create_task(vehicle.mission.upload(FENCED))
        while not (mission := (await page.next("mission"))["mission"])["fence"] or not mission["items"]:
            pass
        await uploading
        assert [item["name"] for item in mission["items"]][:2] == ["NAV_TAKEOFF", "NAV_WAYPOINT"]
        assert [(area["kind"], area["inclusion"], area["radius_m"]) for area in mission["fence"]] == [
            ("polygon", True, 0.0),
            ("circle", False, 25.0),
        ]
        assert mission["rally"] == [{"lat_deg": 47.398, "lon_deg": 8.546, "alt_m": 30.0}]
        async with web.live() as late:
            assert late.hello["aircraft"][0]["mission"] == mission


async def test_areas_on_board_before_the_session_are_downloaded(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        vehicle = web.session.aircraft[web.aircraft.address].vehicle
        await web.until(lambda: vehicle.mission.areas.rally is not None)
        assert (vehicle.mission.areas.fence, vehicle.mission.areas.rally) == (Fence(), ())


def test_the_path_has_the_curve_of_a_spline_and_is_bounded() -> None:
    spline = PlanItem(command=82, lat_deg=47.3987, lon_deg=8.5466, alt_m=20.0)
    plan = plan_of(TAKEOFF, waypoint(60), spline, waypoint(60, 60))
    assert len(onboard_json(plan, OnboardAreas(), plan.home)["path"]) > 20
    jump = PlanItem(command=177, frame=2, param1=2.0, param2=9000.0)
    repeated = plan_of(TAKEOFF, waypoint(60), waypoint(60, 60), jump)
    path = onboard_json(repeated, OnboardAreas(), Home(47.39, 8.54, 400.0))["path"]
    assert len(path) == MOST_PATH_POINTS
    assert onboard_json(None, OnboardAreas(), None)["known"] is False


async def test_links_are_told_each_second_with_loss_and_age(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await asyncio.sleep(3)
        page.drain()
        link = (await page.next("links"))["links"][0]
        assert (link["name"], link["kind"], link["up"]) == ("memory:ground", "memory", True)
        assert link["frames_per_s"] > 1
        assert link["age_s"] < 2
        assert link["loss_percent"] == 0.0
        web.aircraft.silent = True
        await asyncio.sleep(8)
        page.drain()
        assert (await page.next("links"))["links"][0]["age_s"] > 5


async def test_texts_have_their_senders_and_are_no_events(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await web.aircraft._send(statustext_messages("Hello pilot", 4, 1))
        text = (await page.next("text"))["text"]
        assert (text["text"], text["severity_name"], text["sender"]) == (
            "Hello pilot",
            "warning",
            "autopilot",
        )
        assert not [one for one in page.drain() if one["type"] == "event" and one["event"]["kind"] == "text"]


async def test_wind_comes_from_the_autopilots_estimate(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        await web.aircraft._send([m.WIND(direction=-90.0, speed=6.25, speed_z=0.0)])
        assert (await states(page, "wind"))["from_deg"] == 270.0


async def test_an_action_goes_to_the_named_aircraft_alone(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, asyncio.TaskGroup() as group:
        ours, theirs = memory_pair("second", "second aircraft")
        second = ScriptedVehicle("px4", web.session.clock, Script(ready_at_s=0.0), system=2)
        flying = group.create_task(second.run(theirs))
        await web.session.station.add(ours)
        await web.until(lambda: len(web.session.aircraft) == 2)
        async with web.live() as page:
            message = {"type": "act", "request": "1", "aircraft": "2.1", "name": "arm", "args": {}}
            await page.send(message)
            assert (await page.next("aircraft", pilot=page.hello["client"]))["aircraft"]["id"] == "2.1"
            assert (await page.next("action", outcome="done"))["action"]["aircraft"] == "2.1"
        assert (web.aircraft.armed, second.armed) == (False, True)
        assert MAV_CMD.COMPONENT_ARM_DISARM not in [command for command, _ in web.aircraft.commands]
        flying.cancel()


def test_values_that_are_no_numbers_become_null() -> None:
    state = VehicleState(attitude=Attitude(1.0, float("nan"), 0.5, 0.0, (0, 0, 0)), wind=Wind(1.0, 3.0, 90.0))
    groups = snapshot.changed_groups(state, None, lambda seq: seq)
    assert groups["attitude"].at(3.5) == '{"roll_deg":null,"pitch_deg":28.65,"yaw_deg":0.0,"age_s":2.500}'
    assert groups["in_air"].at(3.5) == "null"
    assert snapshot.changed_groups(state, state, lambda seq: seq) == {}
