"""Actions of WPML as mission items: what DJI's Cloud API documents list, and two more that DJI Pilot 2 writes."""

from __future__ import annotations

from collections.abc import Callable

from controller.missions.commands import CMD
from controller.missions.formats.wpml.document import Action
from controller.missions.formats.wpml.elements import Fields
from controller.missions.formats.wpml.flight import (
    FOCUS_AUTO_SINGLE,
    FOCUS_RANGE,
    ZOOM_FOCAL_LENGTH,
    Flight,
)

_LONGEST_S = 86_400.0
_NO_NAMES = "a mission item carries no file names"
_NO_LENS = "a mission item carries no choice of a lens"
_OWN_NAMES, _OWN_LENS = "the camera's own names", "the lenses that the camera is set to"
#: Actions that take photos, once or again and again by the trigger of their group.
PHOTOS = frozenset({"takePhoto", "startContinuousShooting"})


def act(action: Action, flight: Flight) -> None:
    """Add the items of an action at a waypoint, or its loss."""
    taken = _ACTIONS.get(action.name)
    if taken is None:
        name = action.name[:40] or "without a name"
        flight.lose(f"action {name}", "no mission item does that", "the flight without it")
    else:
        taken(action.fields, flight)


def lens(fields: Fields, flight: Flight) -> None:
    """Note what a mission item does not say of photos and videos."""
    if fields.has("fileSuffix"):
        flight.lose(f"file name suffix {fields.text('fileSuffix')[:40]!r}", _NO_NAMES, _OWN_NAMES)
    if fields.has("payloadLensIndex"):
        flight.lose(f"lens {fields.text('payloadLensIndex')[:40]}", _NO_LENS, _OWN_LENS)
    if fields.has("payloadPositionIndex") and fields.integer("payloadPositionIndex"):
        what = f"payload position {fields.integer('payloadPositionIndex')}"
        flight.lose(what, "a mission orders the first camera", "the same with the first camera")


def _take_photo(fields: Fields, flight: Flight) -> None:
    flight.photo()
    lens(fields, flight)


def _start_record(fields: Fields, flight: Flight) -> None:
    flight.settle()
    flight.order(CMD.VIDEO_START_CAPTURE)
    lens(fields, flight)


def _stop_record(_: Fields, flight: Flight) -> None:
    flight.order(CMD.VIDEO_STOP_CAPTURE)


def _stop_shooting(_: Fields, flight: Flight) -> None:
    flight.stop_photos()


def _focus(fields: Fields, flight: Flight) -> None:
    if fields.flag("isInfiniteFocus"):
        flight.order(CMD.SET_CAMERA_FOCUS, FOCUS_RANGE, 100.0)
        return
    flight.order(CMD.SET_CAMERA_FOCUS, FOCUS_AUTO_SINGLE)
    if fields.has("focusX"):
        what = "the region of the picture to focus on"
        flight.lose(what, "a mission item carries no region", "one autofocus")


def _zoom(fields: Fields, flight: Flight) -> None:
    focal_mm = fields.number("focalLength", 0.0, 10_000.0)
    flight.order(CMD.SET_CAMERA_ZOOM, ZOOM_FOCAL_LENGTH, focal_mm)
    flight.notes["zoom is ordered as a focal length"] = "a camera that does not know it keeps its zoom"


def _gimbal_rotate(fields: Fields, flight: Flight) -> None:
    relative = fields.text("gimbalRotateMode") == "relativeAngle"
    if fields.flag("gimbalPitchRotateEnable"):
        pitch_deg = fields.number("gimbalPitchRotateAngle", -360.0, 360.0)
        if relative and flight.pitch_deg is None:
            flight.lose(f"camera {pitch_deg:+g}° from where it was", "its pitch before is not known")
        else:
            flight.turn_camera(pitch_deg + (flight.pitch_deg or 0.0 if relative else 0.0))
    if fields.flag("gimbalYawRotateEnable"):
        _gimbal_yaw(fields, flight, relative=relative)
    if fields.flag("gimbalRollRotateEnable"):
        roll_deg = fields.number("gimbalRollRotateAngle", -360.0, 360.0)
        if roll_deg:
            flight.lose(f"camera roll {roll_deg:g}°", "the camera is kept level", "the camera level")
    if fields.flag("gimbalRotateTimeEnable"):
        seconds = fields.number("gimbalRotateTime", 0.0, _LONGEST_S)
        flight.lose(f"camera turns in {seconds:g} s", "a mission item carries no time", "its own speed")


def _gimbal_yaw(fields: Fields, flight: Flight, *, relative: bool) -> None:
    """Turn the nose where the gimbal alone would turn, so that the camera looks there."""
    yaw_deg = fields.number("gimbalYawRotateAngle", -360.0, 360.0)
    of_aircraft = relative or fields.text("gimbalHeadingYawBase") == "aircraft"
    if of_aircraft and not yaw_deg:
        return
    if not of_aircraft:
        if flight.heading_deg != yaw_deg % 360.0:
            flight.turn_nose(yaw_deg)
            what = f"the gimbal turns to {yaw_deg:g}° without the nose"
            flight.lose(what, "not every gimbal turns", "the nose turns there with the camera")
        return
    what = f"the gimbal turns {yaw_deg:+g}° from the nose"
    if flight.heading_deg is None:
        flight.lose(
            what, "not every gimbal turns, and the direction of the nose is not given", "camera ahead"
        )
    else:
        flight.turn_nose(flight.heading_deg + yaw_deg)
        flight.lose(what, "not every gimbal turns", "the nose turns there with the camera")


def evenly(fields: Fields, flight: Flight) -> None:
    """Turn the camera at the begin of a leg, where DJI's turns it along the leg."""
    pitch_deg = fields.number("gimbalPitchRotateAngle", -360.0, 360.0)
    flight.turn_camera(pitch_deg)
    flight.lose(
        f"the camera turns evenly to {pitch_deg:g}°",
        "no mission item turns it along a leg",
        "it turns at the begin of the leg",
    )


def _rotate_yaw(fields: Fields, flight: Flight) -> None:
    direction = {"clockwise": 1.0, "counterClockwise": -1.0}.get(fields.text("aircraftPathMode"), 0.0)
    flight.turn_nose(fields.number("aircraftHeading", -360.0, 360.0), direction)


def _hover(fields: Fields, flight: Flight) -> None:
    flight.wait(fields.number("hoverTime", 0.0, _LONGEST_S))


def _oriented_shoot(fields: Fields, flight: Flight) -> None:
    if fields.has("aircraftHeading"):
        flight.turn_nose(fields.number("aircraftHeading", -360.0, 360.0))
    flight.turn_camera(fields.number("gimbalPitchRotateAngle", -360.0, 360.0))
    if fields.has("focalLength") and fields.number("focalLength") > 0.0:
        _zoom(fields, flight)
    flight.photo()
    if fields.flag("accurateFrameValid"):
        what = "the target is found again in the picture"
        flight.lose(what, "an autopilot compares no pictures", "the photo with nose and camera as they were")
    lens(fields, flight)


def _pano(fields: Fields, flight: Flight) -> None:
    flight.photo()
    mode = fields.text("panoShotSubMode")[:40] or "panorama"
    flight.lose(f"panorama ({mode})", "no mission item turns the camera all round", "one photo")


def _point_cloud(fields: Fields, flight: Flight) -> None:
    what = f"laser scanner: {fields.text('recordPointCloudOperate')[:40] or 'record'}"
    flight.lose(what, "no mission item orders a laser scanner", "the flight alone: start the scanner by hand")


def _directory(fields: Fields, flight: Flight) -> None:
    flight.lose(f"folder {fields.text('directoryName')[:40]!r}", _NO_NAMES, _OWN_NAMES)


def _focus_type(fields: Fields, flight: Flight) -> None:
    what = f"focus {fields.text('cameraFocusType')[:40]}"
    flight.lose(what, "no mission item sets it", "the focus that the camera is set to")


def _event(fields: Fields, flight: Flight) -> None:
    what = f"gimbal event {fields.text('gimbalEvent')[:40]}".rstrip()
    flight.lose(what, "no mission item does that", "the flight without it")


_ACTIONS: dict[str, Callable[[Fields, Flight], None]] = {
    "takePhoto": _take_photo,
    "startContinuousShooting": _take_photo,
    "stopContinuousShooting": _stop_shooting,
    "startRecord": _start_record,
    "stopRecord": _stop_record,
    "focus": _focus,
    "setFocusType": _focus_type,
    "zoom": _zoom,
    "customDirName": _directory,
    "gimbalRotate": _gimbal_rotate,
    "gimbalEvenlyRotate": evenly,
    "gimbalEvent": _event,
    "rotateYaw": _rotate_yaw,
    "hover": _hover,
    "accurateShoot": _oriented_shoot,
    "orientedShoot": _oriented_shoot,
    "panoShot": _pano,
    "recordPointCloud": _point_cloud,
}
