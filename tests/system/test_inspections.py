"""Inspections planned and flown by command: each photo is taken where, and looks where, it was planned."""

from __future__ import annotations

import csv
import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil
from pymavlink.quaternion import QuaternionBase
from pyproj import Geod

from controller.missions.commands import CMD
from controller.missions.files import open_plan
from controller.missions.plan import Plan, PlanItem
from tests.support.cli import COMMAND, ROOT, environment, landline, landline_here

WGS84 = Geod(ellps="WGS84")
FOOT = (47.3977, 8.5456)
TURBINE = (
    "turbine", "47.3977,8.5456", "--hub-m", "25", "--blade-m", "12", "--chord-m", "1", "--tower-m", "2",
    "--yaw-deg", "250", "--rotor-deg", "20", "--parts", "blades", "--stand-off-m", "8", "--plane-clear-m", "5",
)  # fmt: skip
ORBIT = ("orbit", "47.3977,8.5456", "--radius-m", "15", "--photos", "12", "--heights-m", "12,20")


def planned_and_flown(tmp_path: Path, words: tuple[str, ...], autopilot: str) -> tuple[Plan, Path]:
    plan = tmp_path / "job.plan"
    planned = landline_here("mission", "plan", *words, "--autopilot", autopilot, "--out", plan, home=tmp_path)
    assert planned.code == 0, planned.err
    flown = landline(
        "fly", plan, "--sim", "quad_x", "--autopilot", autopilot, "--json", "--out", tmp_path, home=tmp_path
    )
    assert flown.code == 0, flown.err
    assert flown.summary["outcome"] == "completed"
    return open_plan(plan), Path(flown.summary["flight"])


def photo_messages(flight: Path) -> list[Any]:
    log: Any = mavutil.mavlink_connection(str(flight / "frames.tlog"), dialect="ardupilotmega")
    found: dict[int, Any] = {}
    while (message := log.recv_match(type=["CAMERA_FEEDBACK", "CAMERA_IMAGE_CAPTURED"])) is not None:
        fed_back = message.get_type() == "CAMERA_FEEDBACK"
        found[message.img_idx if fed_back else message.image_index] = message
    log.close()
    return [found[index] for index in sorted(found)]


def true_headings(flight: Path) -> tuple[list[int], list[float]]:
    with (flight / "truth.csv").open() as file:
        rows = list(csv.DictReader(file))
    start_us = int(rows[0]["utc_us"])
    return [int(row["utc_us"]) - start_us for row in rows], [float(row["yaw_deg"]) for row in rows]


def planned_photos(plan: Plan) -> list[tuple[PlanItem, float]]:
    """Return the waypoint of each photo and the pitch that the gimbal was ordered to before it."""
    found, pitch, waypoint = [], math.nan, plan.items[0]
    for item in plan.items:
        if item.command == CMD.NAV_WAYPOINT:
            waypoint = item
        elif item.command == CMD.DO_MOUNT_CONTROL:
            pitch = item.param1
        elif item.command == CMD.IMAGE_START_CAPTURE:
            found.append((waypoint, pitch))
    return found


def off_deg(one: float, two: float) -> float:
    return abs((one - two + 180.0) % 360.0 - 180.0)


def check_aim(messages: list[Any], flight: Path, headings: list[float], within_deg: float) -> None:
    """Check the nose at each photo: the aircraft's own estimate, and the truth of the simulator."""
    times_us, true = true_headings(flight)
    for message, heading in zip(messages, headings, strict=True):
        fed_back = message.get_type() == "CAMERA_FEEDBACK"
        own = message.yaw if fed_back else math.degrees(QuaternionBase(message.q).euler[2])
        assert off_deg(own, heading) < 3.0
        at_us = message.time_usec if fed_back else message.time_boot_ms * 1000
        index = min(range(len(times_us)), key=lambda one: abs(times_us[one] - at_us))
        assert off_deg(true[index], heading) < within_deg


def check_places(messages: list[Any], waypoints: list[PlanItem]) -> None:
    for message, waypoint in zip(messages, waypoints, strict=True):
        lat_deg, lon_deg, up_m = place_of(message)
        _, _, off_m = WGS84.inv(lon_deg, lat_deg, waypoint.lon_deg, waypoint.lat_deg)
        assert off_m < 1.5
        assert up_m == pytest.approx(waypoint.alt_m, abs=1.5)


def place_of(message: Any) -> tuple[float, float, float]:
    if message.get_type() == "CAMERA_FEEDBACK":
        return message.lat / 1e7, message.lng / 1e7, message.alt_rel
    return message.lat / 1e7, message.lon / 1e7, message.relative_alt / 1e3


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_each_photo_of_a_turbine_is_taken_with_the_nose_to_the_blade(tmp_path: Path, autopilot: str) -> None:
    plan, flight = planned_and_flown(tmp_path, TURBINE, autopilot)
    yaw = math.radians(250.0)
    overhang = (5.0 * math.sin(yaw), 5.0 * math.cos(yaw))

    photos = planned_photos(plan)
    messages = photo_messages(flight)
    check_places(messages, [waypoint for waypoint, _ in photos])
    headings = []
    for waypoint, pitch in photos:
        words = json.loads(waypoint.extra)["asset"].split()
        along_m, turn = float(words[-2]), math.radians(20.0 + 120.0 * "ABC".index(words[1]))
        # Seen from the front, the observer's right is the rotor's left. Names have whole metres.
        aside = along_m * math.sin(turn)
        azimuth, _, away_m = WGS84.inv(waypoint.lon_deg, waypoint.lat_deg, FOOT[1], FOOT[0])
        east = away_m * math.sin(math.radians(azimuth)) + overhang[0] - aside * math.cos(yaw)
        north = away_m * math.cos(math.radians(azimuth)) + overhang[1] + aside * math.sin(yaw)
        up_m = 25.0 + along_m * math.cos(turn) - waypoint.alt_m
        headings.append(math.degrees(math.atan2(east, north)))
        assert pitch == pytest.approx(math.degrees(math.atan2(up_m, math.hypot(east, north))), abs=4.0)
    # Up to 4 degrees are the whole metres of the names, up to 2 the turn that counts as made.
    check_aim(messages, flight, headings, 6.0)


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_each_photo_of_an_orbit_is_taken_with_the_nose_to_its_middle(tmp_path: Path, autopilot: str) -> None:
    plan, flight = planned_and_flown(tmp_path, ORBIT, autopilot)
    messages, waypoints = photo_messages(flight), [waypoint for waypoint, _ in planned_photos(plan)]
    check_places(messages, waypoints)
    headings = [WGS84.inv(one.lon_deg, one.lat_deg, FOOT[1], FOOT[0])[0] for one in waypoints]
    check_aim(messages, flight, headings, 5.0)


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_photos_in_flight_along_a_power_line_look_at_it(tmp_path: Path, autopilot: str) -> None:
    towers = tmp_path / "towers.csv"
    towers.write_text("name;lat;lon\n14;47,3977;8,5456\n15;47,3977;8,5464\n")
    words = (
        "strip",
        str(towers),
        "--trigger-m",
        "8",
        "--tower-m",
        "15",
        "--stand-off-m",
        "8",
        "--half-width-m",
        "3",
    )
    _, flight = planned_and_flown(tmp_path, words, autopilot)
    messages = photo_messages(flight)
    places = [place_of(message) for message in messages]
    # 60 m of span: 8 photos of it and one of each tower, from each side.
    assert len(messages) == 2 * (8 + 2)
    assert {round(abs(lat_deg - FOOT[0]) * 111_190.0 / 11.0) for lat_deg, _, _ in places} == {1}
    # From the south they look north. The simulated compass is off by up to 5 degrees.
    check_aim(messages, flight, [0.0 if lat_deg < FOOT[0] else 180.0 for lat_deg, _, _ in places], 7.0)


@pytest.mark.slow
def test_a_planned_turbine_is_flown_from_a_pipe(tmp_path: Path) -> None:
    planned = subprocess.run(
        [*COMMAND, "mission", "plan", *TURBINE],
        capture_output=True,
        check=True,
        env=environment(tmp_path),
        cwd=ROOT,
    )
    flown = subprocess.run(
        [*COMMAND, "fly", "-", "--sim", "quad_x", "--out", str(tmp_path)],
        input=planned.stdout, capture_output=True, check=False, env=environment(tmp_path), cwd=ROOT,
    )  # fmt: skip
    assert flown.returncode == 0, flown.stderr.decode()
