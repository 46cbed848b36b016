"""Mission items as actions of WPML."""

from __future__ import annotations

import math

from controller.missions.commands import CMD, MOUNT_TARGETING
from controller.missions.formats.wpml.flight import (
    FOCUS_AUTO_SINGLE,
    FOCUS_RANGE,
    ZOOM_FOCAL_LENGTH,
)
from controller.missions.plan import PlanItem

#: Name of an action, and its parameters in DJI's order.
Order = tuple[str, tuple[tuple[str, float | str], ...]]
Loss = tuple[str, str, str]

_PAYLOAD = ("payloadPositionIndex", 0)
_NO_ACTION = "WPML has no action for it"
_MOST_PHOTOS = 20


def orders_of(item: PlanItem) -> tuple[list[Order], Loss | None]:
    """Return the actions of an item at a waypoint, and what of it is lost (what, why, what flies instead)."""
    if item.command in _TAKEN:
        return _TAKEN[item.command](item)
    return [], (item.name, _NO_ACTION, "the flight without it")


def hover(seconds: float) -> Order:
    """Return the action that waits."""
    return ("hover", (("hoverTime", seconds),))


def photo() -> Order:
    """Return the action that takes a photo."""
    return ("takePhoto", (_PAYLOAD, ("useGlobalPayloadLensIndex", 1)))


def _photos(item: PlanItem) -> tuple[list[Order], Loss | None]:
    count = int(item.param3) if math.isfinite(item.param3) else 0
    if 1 <= count <= _MOST_PHOTOS:
        loss = (
            None if count == 1 else (f"{item.param2:g} s between photos", _NO_ACTION, "one after the other")
        )
        return [photo()] * count, loss
    return [photo()], (f"{count or 'endless'} photos at once", _NO_ACTION, "one photo")


def _shutter(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.lat_deg == 1.0:  # parameter 5 of DO_DIGICAM_CONTROL: shoot
        return [photo()], None
    return [], (item.name, _NO_ACTION, "the flight without it")


def _video(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.command == CMD.VIDEO_START_CAPTURE:
        return [("startRecord", (_PAYLOAD, ("useGlobalPayloadLensIndex", 1)))], None
    return [("stopRecord", (_PAYLOAD,))], None


def _stop_photos(_: PlanItem) -> tuple[list[Order], Loss | None]:
    return [], None  # nothing is being taken


def _mount(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.alt_m != MOUNT_TARGETING or math.isnan(item.param1):
        return [], (f"{item.name} mode {item.alt_m:g}", _NO_ACTION, "the camera as it was")
    loss = None
    if item.param2 or item.param3:
        loss = ("roll and yaw of the camera", "only its pitch is written", "its pitch")
    return [_pitch(item.param1)], loss


def _gimbal(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if math.isnan(item.param1):
        return [], (item.name, _NO_ACTION, "the camera as it was")
    loss = (
        None
        if math.isnan(item.param2) or not item.param2
        else ("yaw of the camera", "only its pitch is written", "")
    )
    return [_pitch(item.param1)], loss


def _pitch(pitch_deg: float) -> Order:
    return (
        "gimbalRotate",
        (
            ("gimbalHeadingYawBase", "aircraft"),
            ("gimbalRotateMode", "absoluteAngle"),
            ("gimbalPitchRotateEnable", 1),
            ("gimbalPitchRotateAngle", pitch_deg),
            ("gimbalRollRotateEnable", 0),
            ("gimbalRollRotateAngle", 0),
            ("gimbalYawRotateEnable", 0),
            ("gimbalYawRotateAngle", 0),
            ("gimbalRotateTimeEnable", 0),
            ("gimbalRotateTime", 0),
            _PAYLOAD,
        ),
    )


def _yaw(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.param4:
        return [], (
            f"nose {item.param1:+g}° from where it is",
            "WPML counts from north",
            "the nose as it was",
        )
    heading_deg = round((item.param1 + 180.0) % 360.0 - 180.0, 6)
    way = "counterClockwise" if item.param3 < 0 else "clockwise"
    parameters: tuple[tuple[str, float | str], ...] = (("aircraftHeading", heading_deg),)
    # Without a direction DJI's aircraft take the shorter way.
    return [("rotateYaw", (*parameters, ("aircraftPathMode", way)) if item.param3 else parameters)], None


def _wait(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.param1 >= 0.0:
        return [hover(item.param1)], None
    return [], (f"{item.name} until a time of day", _NO_ACTION, "the flight without it")


def _zoom(item: PlanItem) -> tuple[list[Order], Loss | None]:
    if item.param1 != ZOOM_FOCAL_LENGTH or not item.param2 > 0.0:
        return [], (item.name, "WPML zooms by focal length", "the zoom as it was")
    return [("zoom", (_PAYLOAD, ("focalLength", item.param2)))], None


def _focus(item: PlanItem) -> tuple[list[Order], Loss | None]:
    infinite = item.param1 == FOCUS_RANGE and item.param2 == 100.0
    if not infinite and item.param1 != FOCUS_AUTO_SINGLE:
        return [], (item.name, "WPML focuses by itself or on infinity", "the focus as it was")
    parameters: tuple[tuple[str, float | str], ...] = (_PAYLOAD, ("isPointFocus", 0))
    if infinite:
        parameters = (*parameters, ("isInfiniteFocus", 1))
    return [("focus", parameters)], None


_TAKEN = {
    int(CMD.IMAGE_START_CAPTURE): _photos,
    int(CMD.IMAGE_STOP_CAPTURE): _stop_photos,
    int(CMD.DO_DIGICAM_CONTROL): _shutter,
    int(CMD.VIDEO_START_CAPTURE): _video,
    int(CMD.VIDEO_STOP_CAPTURE): _video,
    int(CMD.DO_MOUNT_CONTROL): _mount,
    int(CMD.DO_GIMBAL_MANAGER_PITCHYAW): _gimbal,
    int(CMD.CONDITION_YAW): _yaw,
    int(CMD.NAV_DELAY): _wait,
    int(CMD.SET_CAMERA_ZOOM): _zoom,
    int(CMD.SET_CAMERA_FOCUS): _focus,
}
