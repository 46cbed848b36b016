"""Plans written as DJI missions: the form that DJI's apps read, round trips, and what is lost."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from controller.app.mission_files import convert_file
from controller.errors import UserError
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.files import open_plan, save_plan
from controller.missions.formats.wpml.reader import read
from controller.missions.formats.wpml.writer import losses, write
from controller.missions.plan import Home, Plan, PlanItem
from controller.terrain.geoid import egm96_m
from tests.support.dji import wpml_files as dji

TAKEOFF = PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=25.0, param4=math.nan)
NORTH = PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=47.0, lon_deg=8.5, alt_m=30.0, param4=math.nan)
EAST = replace(NORTH, lon_deg=8.51)
SPEED = PlanItem(command=int(CMD.DO_CHANGE_SPEED), frame=2, param1=1.0, param2=6.0, param3=-1.0)
RETURN = PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH), frame=2)


def order(command: int, *params: float) -> PlanItem:
    values = (*params, *(0.0,) * 7)[:7]
    return PlanItem.of_params(int(command), 2, values)


def lost(plan: Plan) -> list[str]:
    """Return what is lost, without the two things that no plan of another program says."""
    found = list(losses(plan))
    assert {"which DJI aircraft flies it", "what happens when the remote control is lost"} <= {
        one.what for one in found
    }
    return [str(one) for one in found if one.why not in ("the plan does not say", "a plan does not say")]


def test_the_archive_has_both_documents_with_their_elements_in_order() -> None:
    plan = Plan(items=(TAKEOFF, SPEED, NORTH, order(CMD.IMAGE_START_CAPTURE, 0, 0, 1), EAST, RETURN))
    with zipfile.ZipFile(io.BytesIO(write(plan))) as archive:
        assert archive.namelist() == ["wpmz/template.kml", "wpmz/waylines.wpml"]
        template, flown = (ElementTree.fromstring(archive.read(name)) for name in archive.namelist())
    space = "{http://www.dji.com/wpmz/1.0.6}"
    config = [one.tag.replace(space, "") for one in flown.findall(f".//{space}missionConfig/*")]
    assert config == [
        "flyToWaylineMode",
        "finishAction",
        "exitOnRCLost",
        "executeRCLostAction",
        "takeOffSecurityHeight",
        "globalTransitionalSpeed",
        "droneInfo",
        "payloadInfo",
    ]
    assert flown.findtext(f".//{space}executeHeightMode") == "relativeToStartPoint"
    assert flown.findtext(f".//{space}actionActuatorFunc") == "takePhoto"
    assert template.findtext(f".//{space}templateType") == "waypoint"
    assert template.findtext(f".//{space}heightMode") == "relativeToStartPoint"
    for root in (template, flown):
        assert [one.text for one in root.findall(f".//{space}index")] == ["0", "1"]


def test_a_plan_of_what_wpml_knows_is_written_without_loss_and_read_equal() -> None:
    items = (
        *(TAKEOFF, SPEED, order(CMD.DO_MOUNT_CONTROL, -90, 0, 0, 0, 0, 0, 2)),
        *(replace(NORTH, param1=1.0), order(CMD.IMAGE_START_CAPTURE, 0, 0, 1), order(CMD.CONDITION_YAW, 200)),
        *(replace(EAST, param2=8.0), order(CMD.VIDEO_START_CAPTURE), order(CMD.SET_CAMERA_ZOOM, 3, 48)),
        order(CMD.NAV_DELAY, 4, -1, -1, -1),
        *(
            replace(NORTH, alt_m=41.25, param1=5.5),
            order(CMD.VIDEO_STOP_CAPTURE),
            order(CMD.SET_CAMERA_FOCUS, 5),
        ),
        order(CMD.DO_SET_CAM_TRIGG_DIST, 12.5, 0, 1),
        *(EAST, order(CMD.DO_SET_CAM_TRIGG_DIST), RETURN),
    )
    plan = Plan(items=(TAKEOFF, *items[1:]), hover_speed_m_s=6.0)
    again = read(write(plan), "job.kmz")
    assert lost(plan) == []
    # DJI's aircraft take off to the height of the first waypoint.
    assert again.items == (replace(TAKEOFF, alt_m=30.0), *items[1:])


def test_a_file_of_all_kinds_is_the_same_after_reading_writing_and_reading() -> None:
    heading = dji.tags(waypointHeadingMode="smoothTransition", waypointHeadingAngle=-120.5)
    fixed = dji.tags(
        waypointHeadingMode="fixed", waypointHeadingAngle=33.3333333333, waypointHeadingAngleEnable=1
    )
    poi = dji.tags(waypointHeadingMode="towardPOI", waypointPoiPoint="47.1,8.6,0")
    shots = dji.group(dji.action("takePhoto"), first=1, last=3, trigger="multipleTiming", every=2.2)
    even = dji.group(
        dji.action("gimbalEvenlyRotate", gimbalPitchRotateAngle=-33),
        first=2,
        last=3,
        trigger="betweenAdjacentPoints",
    )
    look = dji.group(
        dji.action("orientedShoot", aircraftHeading=-113.059, gimbalPitchRotateAngle=-81.443, focalLength=24),
        dji.action("hover", hoverTime=2.5),
        dji.action("startRecord"),
    )
    points = [
        dji.waypoint(0, look, heading=heading),
        dji.waypoint(1, shots, heading=fixed, speed=3.3),
        dji.waypoint(2, even, heading=fixed, turn="coordinateTurn", damping=7),
        dji.waypoint(3, heading=poi, height=12.345),
        dji.waypoint(4, heading=heading, turn="toPointAndPassWithContinuityCurvature"),
    ]
    first = read(dji.packed(dji.document(dji.wayline(*points), dji.wayline(*points))), "job.kmz")
    again = read(write(first), "again.kmz")
    assert again.items == first.items
    assert len(first.items) > 40


def test_heights_above_sea_level_are_written_above_the_ellipsoid() -> None:
    plan = Plan(items=(TAKEOFF, replace(NORTH, frame=0, alt_m=500.0), replace(EAST, frame=0, alt_m=510.0)))
    plan = replace(plan, home=Home(47.0, 8.5, 430.0))
    geoid_m = float(egm96_m(np.asarray([47.0]), np.asarray([8.5]))[0])
    assert 45.0 < geoid_m < 50.0
    data = write(plan)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        flown, template = (
            archive.read("wpmz/waylines.wpml").decode(),
            archive.read("wpmz/template.kml").decode(),
        )
    assert "<wpml:executeHeightMode>WGS84<" in flown
    assert f"<wpml:executeHeight>{round(500.0 + geoid_m, 4):g}" in flown
    assert "<wpml:height>500<" in template
    assert f"<wpml:takeOffRefPoint>47,8.5,{430.0 + geoid_m:.3f}<" in template
    again = read(data, "job.kmz")
    assert [item.alt_m for item in again.items if item.name == "NAV_WAYPOINT"] == [500.0, 510.0]
    assert again.home == Home(47.0, 8.5, 430.0)


def test_heights_above_several_zeros_are_written_above_home_or_refused() -> None:
    plan = Plan(items=(TAKEOFF, replace(NORTH, frame=0, alt_m=500.0), EAST), home=Home(47.0, 8.5, 430.0))
    found = [item.alt_m for item in read(write(plan), "job.kmz").items if item.name == "NAV_WAYPOINT"]
    assert found == [70.0, 30.0]
    assert any("instead: heights above the planned home" in one for one in lost(plan))
    with pytest.raises(PlanError, match="the heights of the plan have several zeros"):
        write(replace(plan, home=None))


@pytest.mark.parametrize(
    ("item", "named"),
    [
        (order(CMD.DO_JUMP, 2, 3), "DO_JUMP (WPML has no action for it; instead: the flight without it)"),
        (order(CMD.CONDITION_YAW, 30, 0, 1, 1), "nose +30° from where it is"),
        (order(CMD.DO_MOUNT_CONTROL, -10, 0, 20, 0, 0, 0, 2), "roll and yaw of the camera"),
        (order(CMD.IMAGE_START_CAPTURE, 0, 2, 0), ""),
        (order(CMD.IMAGE_START_CAPTURE, 0, 2, 3), "2 s between photos"),
        (order(CMD.SET_CAMERA_ZOOM, 1, 10), "WPML zooms by focal length"),
        (order(CMD.NAV_DELAY, -1, 12, 0, 0), "NAV_DELAY until a time of day"),
        (replace(EAST, command=int(CMD.NAV_LOITER_TURNS)), "instead: a stop at its place"),
        (replace(EAST, comment="# tower 7"), "comment '# tower 7'"),
    ],
)
def test_what_wpml_does_not_know_is_told_with_its_item(item: PlanItem, named: str) -> None:
    plan = Plan(items=(TAKEOFF, SPEED, NORTH, item, EAST, RETURN))
    found = lost(plan)
    assert all(one.startswith("item 4: ") for one in found)
    assert bool(found) is bool(named)
    assert named in "".join(found)
    read(write(plan), "job.kmz")


def test_a_plan_that_leaves_things_open_says_what_is_written_for_them() -> None:
    assert lost(Plan(items=(NORTH, EAST))) == [
        "the speed, which the plan leaves to the aircraft (WPML needs a speed; instead: 5 m/s)",
        "that the plan has no take-off (DJI's aircraft always take off by themselves; instead: a climb to 20 m)",
    ]
    assert any("which DJI aircraft flies it" in one.what for one in losses(Plan(items=(NORTH, EAST))))


def test_a_plan_without_a_waypoint_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="the plan has no waypoint"):
        save_plan(Plan(items=(TAKEOFF, RETURN)), tmp_path / "job.kmz")
    assert list(tmp_path.iterdir()) == []


def test_only_the_heading_of_a_waypoint_for_px4_is_written() -> None:
    turned, loiter = replace(EAST, param4=90.0), replace(EAST, command=int(CMD.NAV_LOITER_TIME), param4=90.0)
    for item, firmware, count in ((turned, 12, 1), (turned, 3, 0), (loiter, 12, 0)):
        plan = Plan(items=(TAKEOFF, SPEED, NORTH, item, RETURN), firmware_type=firmware)
        items = read(write(plan), "job.kmz").items
        assert [one.param1 for one in items if one.name == "CONDITION_YAW"] == [90.0] * count


def test_a_landing_elsewhere_is_a_waypoint_and_a_landing() -> None:
    land = replace(EAST, command=int(CMD.NAV_LAND), alt_m=0.0)
    found = read(write(Plan(items=(TAKEOFF, SPEED, NORTH, land))), "job.kmz").items
    assert [item.name for item in found[-2:]] == ["NAV_WAYPOINT", "NAV_LAND"]
    assert (found[-2].lon_deg, found[-2].alt_m, found[-1].lon_deg) == (8.51, 30.0, 8.51)


def test_the_dji_aircraft_of_a_written_mission_is_chosen_by_name(tmp_path: Path) -> None:
    source = Path(__file__).parents[5] / "examples" / "inspection.plan"
    report = convert_file(source, tmp_path / "job.kmz", drone="m3e")
    assert "which DJI aircraft flies it" not in {one.what for one in report.losses}
    notes = str(open_plan(tmp_path / "job.kmz").notes)
    assert "planned for the DJI aircraft M3E with M3E camera" in notes
    with pytest.raises(UserError, match="unknown DJI aircraft 'Mavic 9'"):
        convert_file(source, tmp_path / "other.kmz", drone="Mavic 9")


def test_a_dji_mission_survives_the_way_through_a_plan_file(tmp_path: Path) -> None:
    (tmp_path / "job.kmz").write_bytes(dji.job(dji.waypoint(0), dji.waypoint(1)))
    report = convert_file(tmp_path / "job.kmz", tmp_path / "job.plan")
    assert [one.what for one in report.losses] == ["remote control lost: goBack", "home position"]
    convert_file(tmp_path / "job.plan", tmp_path / "again.kmz")
    first, again = open_plan(tmp_path / "job.kmz"), open_plan(tmp_path / "again.kmz")
    assert [item.params[:3] for item in again.items] == [item.params[:3] for item in first.items]
    with pytest.raises(PlanError, match="cannot convert without loss: remote control lost: goBack"):
        convert_file(tmp_path / "job.kmz", tmp_path / "strict.plan", strict=True)
    assert not (tmp_path / "strict.plan").exists()
