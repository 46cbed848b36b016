"""Actions of DJI missions: the mission items that do the same, or what is lost and what flies instead."""

from __future__ import annotations

import pytest

from controller.missions.formats.wpml.reader import read
from controller.missions.plan import Plan
from tests.support.dji import wpml_files as dji

PITCH = {"gimbalPitchRotateEnable": 1, "gimbalPitchRotateAngle": -60}
YAW = {"gimbalYawRotateEnable": 1, "gimbalYawRotateAngle": 30}


def done_at_first_waypoint(plan: Plan) -> list[tuple[str, tuple[float, ...]]]:
    """Return the items between the first and the second waypoint, without the speed: name and first parameters."""
    at = [number for number, item in enumerate(plan.items) if item.name == "NAV_WAYPOINT"]
    between = plan.items[at[0] + 1 : at[1]]
    return [(item.name, item.params[:3]) for item in between if item.name != "DO_CHANGE_SPEED"]


def losses_of(plan: Plan) -> list[str]:
    return [f"{one.item}: {one.what} -> {one.instead}" for one in plan.losses if one.item]


def flown(*actions: str, trigger: str = "reachPoint", last: int = 0, every: float = 0) -> Plan:
    group = dji.group(*actions, trigger=trigger, last=last, every=every)
    return read(dji.job(dji.waypoint(0, group), dji.waypoint(1), dji.waypoint(2)), "job.kmz")


@pytest.mark.parametrize(
    ("action", "items", "losses"),
    [
        (dji.action("takePhoto", useGlobalPayloadLensIndex=1), [("IMAGE_START_CAPTURE", (0, 0, 1))], []),
        (
            dji.action("takePhoto", fileSuffix="tower 7", payloadLensIndex="wide,ir", payloadPositionIndex=1),
            [("IMAGE_START_CAPTURE", (0, 0, 1))],
            [
                "file name suffix 'tower 7' -> the camera's own names",
                "lens wide,ir -> the lenses that the camera is set to",
                "payload position 1 -> the same with the first camera",
            ],
        ),
        (dji.action("startRecord"), [("VIDEO_START_CAPTURE", (0, 0, 0))], []),
        (dji.action("stopRecord"), [("VIDEO_STOP_CAPTURE", (0, 0, 0))], []),
        (dji.action("focus", isInfiniteFocus=1), [("SET_CAMERA_FOCUS", (2, 100, 0))], []),
        (
            dji.action("focus", focusX=0.4, focusY=0.5, isPointFocus=1),
            [("SET_CAMERA_FOCUS", (5, 0, 0))],
            ["the region of the picture to focus on -> one autofocus"],
        ),
        (
            dji.action("setFocusType", cameraFocusType="manual"),
            [],
            ["focus manual -> the focus that the camera is set to"],
        ),
        (dji.action("zoom", focalLength=48), [("SET_CAMERA_ZOOM", (3, 48, 0))], []),
        (
            dji.action("customDirName", directoryName="line 3"),
            [],
            ["folder 'line 3' -> the camera's own names"],
        ),
        (dji.action("gimbalRotate", **PITCH), [("DO_MOUNT_CONTROL", (-60, 0, 0))], []),
        (
            dji.action("gimbalRotate", **YAW, gimbalHeadingYawBase="north"),
            [("CONDITION_YAW", (30, 0, 0))],
            ["the gimbal turns to 30° without the nose -> the nose turns there with the camera"],
        ),
        (
            dji.action("gimbalRotate", **YAW, gimbalHeadingYawBase="aircraft"),
            [],
            ["the gimbal turns +30° from the nose -> camera ahead"],
        ),
        (
            dji.action(
                "gimbalRotate",
                gimbalRollRotateEnable=1,
                gimbalRollRotateAngle=5,
                gimbalRotateTimeEnable=1,
                gimbalRotateTime=4,
            ),
            [],
            ["camera roll 5° -> the camera level", "camera turns in 4 s -> its own speed"],
        ),
        (
            dji.action("gimbalRotate", **PITCH, gimbalRotateMode="relativeAngle"),
            [],
            ["camera -60° from where it was -> "],
        ),
        (
            dji.action("gimbalEvent", gimbalEvent="recenter"),
            [],
            ["gimbal event recenter -> the flight without it"],
        ),
        (
            dji.action("rotateYaw", aircraftHeading=-90, aircraftPathMode="counterClockwise"),
            [("CONDITION_YAW", (270, 0, -1))],
            [],
        ),
        (dji.action("rotateYaw", aircraftHeading=10), [("CONDITION_YAW", (10, 0, 0))], []),
        (
            dji.action(
                "orientedShoot",
                aircraftHeading=90,
                gimbalPitchRotateAngle=-30,
                focalLength=24,
                accurateFrameValid=1,
            ),
            [
                ("CONDITION_YAW", (90, 0, 0)),
                ("DO_MOUNT_CONTROL", (-30, 0, 0)),
                ("SET_CAMERA_ZOOM", (3, 24, 0)),
                ("NAV_DELAY", (6, -1, -1)),
                ("IMAGE_START_CAPTURE", (0, 0, 1)),
            ],
            ["the target is found again in the picture -> the photo with nose and camera as they were"],
        ),
        (
            dji.action("accurateShoot", gimbalPitchRotateAngle=-30),
            [
                ("DO_MOUNT_CONTROL", (-30, 0, 0)),
                ("NAV_DELAY", (2, -1, -1)),
                ("IMAGE_START_CAPTURE", (0, 0, 1)),
            ],
            [],
        ),
        (
            dji.action("panoShot", panoShotSubMode="panoShot_360"),
            [("IMAGE_START_CAPTURE", (0, 0, 1))],
            ["panorama (panoShot_360) -> one photo"],
        ),
        (
            dji.action("recordPointCloud", recordPointCloudOperate="startRecord"),
            [],
            ["laser scanner: startRecord -> the flight alone: start the scanner by hand"],
        ),
        (dji.action("megaphone"), [], ["action megaphone -> the flight without it"]),
    ],
)
def test_an_action_is_items_or_a_loss(
    action: str, items: list[tuple[str, tuple[float, ...]]], losses: list[str]
) -> None:
    plan = flown(action)
    assert done_at_first_waypoint(plan) == items
    assert losses_of(plan) == [f"3: {one}" for one in losses]


def test_a_first_hover_is_the_hold_and_a_later_one_a_delay() -> None:
    plan = flown(dji.action("hover", hoverTime=4), dji.action("takePhoto"), dji.action("hover", hoverTime=3))
    first = next(item for item in plan.items if item.name == "NAV_WAYPOINT")
    assert first.param1 == 4.0
    assert done_at_first_waypoint(plan) == [("IMAGE_START_CAPTURE", (0, 0, 1)), ("NAV_DELAY", (3, -1, -1))]


def test_a_photo_waits_until_nose_and_camera_have_turned() -> None:
    actions = [
        dji.action("rotateYaw", aircraftHeading=90),
        dji.action("hover", hoverTime=0.5),
        dji.action("takePhoto"),
    ]
    plan = flown(*actions)
    assert done_at_first_waypoint(plan)[1:] == [
        ("NAV_DELAY", (6, -1, -1)),
        ("IMAGE_START_CAPTURE", (0, 0, 1)),
    ]


@pytest.mark.parametrize(
    ("trigger", "begin", "end"),
    [
        ("multipleTiming", ("IMAGE_START_CAPTURE", (0, 2.5, 0)), ("IMAGE_STOP_CAPTURE", (0, 0, 0))),
        ("multipleDistance", ("DO_SET_CAM_TRIGG_DIST", (2.5, 0, 1)), ("DO_SET_CAM_TRIGG_DIST", (0, 0, 0))),
    ],
)
def test_repeated_photos_begin_and_end_at_their_waypoints(
    trigger: str, begin: tuple[str, tuple[float, ...]], end: tuple[str, tuple[float, ...]]
) -> None:
    plan = flown(
        dji.action("gimbalRotate", **PITCH), dji.action("takePhoto"), trigger=trigger, last=2, every=2.5
    )
    assert done_at_first_waypoint(plan) == [("DO_MOUNT_CONTROL", (-60, 0, 0)), begin]
    assert [(item.name, item.params[:3]) for item in plan.items[-2:-1]] == [end]
    assert losses_of(plan) == []


def test_photos_of_a_group_at_one_waypoint_are_one_photo() -> None:
    plan = flown(dji.action("takePhoto"), trigger="multipleTiming", every=2)
    assert done_at_first_waypoint(plan) == [("IMAGE_START_CAPTURE", (0, 0, 1))]
    assert losses_of(plan) == ["3: repeated photos at one waypoint -> one photo"]


def test_what_happens_along_a_leg_happens_at_its_begin() -> None:
    turn = dji.action("gimbalEvenlyRotate", gimbalPitchRotateAngle=-20)
    plan = flown(turn, dji.action("takePhoto"), trigger="betweenAdjacentPoints", last=1)
    assert done_at_first_waypoint(plan) == [("DO_MOUNT_CONTROL", (-20, 0, 0))]
    assert losses_of(plan) == [
        "3: the camera turns evenly to -20° -> it turns at the begin of the leg",
        "3: action takePhoto along a leg -> the flight without it",
    ]


def test_actions_of_an_unknown_trigger_are_lost() -> None:
    plan = flown(dji.action("takePhoto"), trigger="moonrise")
    assert losses_of(plan) == ["3: actions with the trigger moonrise -> the flight without them"]


def test_actions_before_a_wayline_stand_before_its_first_waypoint() -> None:
    start = dji.tag(
        "startActionGroup", dji.action("gimbalRotate", **PITCH) + dji.action("hover", hoverTime=2)
    )
    plan = read(dji.job(dji.waypoint(0), dji.waypoint(1), start=start), "job.kmz")
    assert [item.name for item in plan.items[:5]] == [
        "NAV_TAKEOFF",
        "DO_CHANGE_SPEED",
        "DO_MOUNT_CONTROL",
        "NAV_DELAY",
        "NAV_WAYPOINT",
    ]


def test_continuous_shooting_of_pilot_2_is_repeated_photos() -> None:
    begin = dji.group(dji.action("startContinuousShooting"), last=1, trigger="multipleDistance", every=20)
    end = dji.group(dji.action("stopContinuousShooting"), first=1)
    plan = read(dji.job(dji.waypoint(0, begin), dji.waypoint(1, end), dji.waypoint(2)), "job.kmz")
    assert [item.param1 for item in plan.items if item.name == "DO_SET_CAM_TRIGG_DIST"] == [20.0, 0.0]
    assert "IMAGE_STOP_CAPTURE" not in {item.name for item in plan.items}
