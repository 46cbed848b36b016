"""Inspections planned and flown by command: each photo is taken where, and looks where, it was planned."""

from __future__ import annotations

import csv
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil
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


def check_photos(plan: Plan, flight: Path, heading_of: Any) -> None:
    taken, photos = photo_messages(flight), planned_photos(plan)
    assert len(taken) == len(photos)
    times_us, headings = true_headings(flight)
    for message, (waypoint, _) in zip(taken, photos, strict=True):
        fed_back = message.get_type() == "CAMERA_FEEDBACK"
        lon, up_m = (message.lng, message.alt_rel) if fed_back else (message.lon, message.relative_alt / 1e3)
        _, _, off_m = WGS84.inv(lon / 1e7, message.lat / 1e7, waypoint.lon_deg, waypoint.lat_deg)
        assert off_m < 1.5
        assert up_m == pytest.approx(waypoint.alt_m, abs=1.5)
        at_us = message.time_usec if fed_back else message.time_boot_ms * 1000
        index = min(range(len(times_us)), key=lambda one: abs(times_us[one] - at_us))
        assert off_deg(headings[index], heading_of(waypoint)) < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_each_photo_of_a_turbine_is_taken_with_the_nose_to_the_blade(tmp_path: Path, autopilot: str) -> None:
    plan, flight = planned_and_flown(tmp_path, TURBINE, autopilot)
    yaw = math.radians(250.0)
    overhang = (5.0 * math.sin(yaw), 5.0 * math.cos(yaw))

    def blade_seen_from(waypoint: PlanItem) -> float:
        words = waypoint.extra.split('"')[-2].split()
        along_m, turn = float(words[-2]), math.radians(20.0 + 120.0 * "ABC".index(words[1]))
        # Seen from the front, the observer's right is the rotor's left.
        aside = along_m * math.sin(turn)
        east = overhang[0] - aside * math.cos(yaw)
        north = overhang[1] + aside * math.sin(yaw)
        azimuth, _, away_m = WGS84.inv(waypoint.lon_deg, waypoint.lat_deg, FOOT[1], FOOT[0])
        foot = (away_m * math.sin(math.radians(azimuth)), away_m * math.cos(math.radians(azimuth)))
        return math.degrees(math.atan2(foot[0] + east, foot[1] + north))

    check_photos(plan, flight, blade_seen_from)
    assert {item.extra for item, _ in planned_photos(plan)} != {""}


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_each_photo_of_an_orbit_is_taken_with_the_nose_to_its_middle(tmp_path: Path, autopilot: str) -> None:
    plan, flight = planned_and_flown(tmp_path, ORBIT, autopilot)
    check_photos(plan, flight, lambda item: WGS84.inv(item.lon_deg, item.lat_deg, FOOT[1], FOOT[0])[0])


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
