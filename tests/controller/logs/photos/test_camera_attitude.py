"""The camera's attitude at a photo, from each message that a gimbal or an autopilot logs."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.logs.formats.read import open_log
from controller.logs.photos.camera_attitude import camera_attitude_in, with_camera
from controller.logs.photos.camera_events import CameraEvent
from controller.logs.photos.flown import photos_of_events
from controller.logs.photos.position_tags import xmp_packet
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.enums import GIMBAL_DEVICE_FLAGS as FLAGS
from tests.support.logs.logged_flights import LAT, LON, START_US
from tests.support.logs.onboard_logs import DataFlashWriter, UlogWriter
from tests.support.logs.sample_logs import UTC_US, dataflash_sample, ulog_sample

VEHICLE_YAW_DEG = 100.0
IN_VEHICLE, IN_EARTH = int(FLAGS.YAW_IN_VEHICLE_FRAME), int(FLAGS.YAW_IN_EARTH_FRAME)
NAN = math.nan


def quaternion(yaw_deg: float, pitch_deg: float, roll_deg: float = 0.0) -> tuple[float, float, float, float]:
    """Return w, x, y, z of turns about z, then the new y, then the new x, by Hamilton's product."""
    found = np.array([1.0, 0.0, 0.0, 0.0])
    for axis, angle_deg in ((2, yaw_deg), (1, pitch_deg), (0, roll_deg)):
        half = math.radians(angle_deg) / 2
        turn = np.zeros(4)
        turn[0], turn[1 + axis] = math.cos(half), math.sin(half)
        w, v = found[0], found[1:]
        found = np.array([w * turn[0] - v @ turn[1:], *(w * turn[1:] + turn[0] * v + np.cross(v, turn[1:]))])
    w, x, y, z = found.tolist()
    return w, x, y, z


def tlog(path: Path, *messages: object, component: int = 1) -> Path:
    """A record with the aircraft's yaw, and messages of a gimbal, at one moment."""
    pilot, gimbal, out = Encoder(address(1, 1)), Encoder(address(1, component)), bytearray()
    yaw = math.radians(VEHICLE_YAW_DEG)
    own = [m.HEARTBEAT(type=2, autopilot=3), m.ATTITUDE(yaw=yaw), m.ATTITUDE(yaw=yaw)]
    for number, message in enumerate(own):
        out += (START_US + number).to_bytes(8, "big") + pilot.pack(message)
    for message in messages:
        out += START_US.to_bytes(8, "big") + gimbal.pack(message)  # type: ignore[arg-type]
    path.write_bytes(bytes(out))
    return path


def camera_deg(path: Path, utc_us: int = START_US) -> list[float]:
    """Roll, pitch and yaw of the camera at a photo, degrees."""
    log = open_log(path)
    [event] = with_camera([CameraEvent(utc_us, LAT, LON)], camera_attitude_in(log, log.series()))
    return [
        math.degrees(one) for one in (event.camera_roll_rad, event.camera_pitch_rad, event.camera_yaw_rad)
    ]


def status(q: tuple[float, ...], flags: int, delta_deg: float = NAN, device: int = 0) -> object:
    return m.GIMBAL_DEVICE_ATTITUDE_STATUS(
        q=q, flags=flags, delta_yaw=math.radians(delta_deg), gimbal_device_id=device
    )


@pytest.mark.parametrize(
    ("flags", "delta_deg", "yaw_deg"),
    [
        (IN_EARTH, NAN, 30.0),
        (IN_EARTH, 50.0, 30.0),
        (IN_VEHICLE, NAN, 130.0),
        (IN_VEHICLE, 50.0, 80.0),
        (IN_VEHICLE, 0.0, 130.0),
        (int(FLAGS.YAW_LOCK), 50.0, 30.0),
        (0, 50.0, 130.0),
        (int(FLAGS.YAW_LOCK) | IN_VEHICLE, NAN, 130.0),
    ],
)
@pytest.mark.parametrize("component", [1, 154])
def test_the_flags_say_what_the_yaw_counts_from(
    tmp_path: Path, flags: int, delta_deg: float, yaw_deg: float, component: int
) -> None:
    message = status(quaternion(30.0, -45.0, 5.0), flags, delta_deg)
    found = camera_deg(tlog(tmp_path / "a.tlog", message, component=component))
    assert found == pytest.approx([5.0, -45.0, yaw_deg], abs=1e-3)


def test_straight_down_the_turn_is_the_yaw_whatever_the_quaternion_calls_it(tmp_path: Path) -> None:
    # A roll of 20 degrees at a pitch of -90 turns the picture as a yaw does.
    message = status(quaternion(30.0, -90.0, 20.0), IN_EARTH)
    found = camera_deg(tlog(tmp_path / "a.tlog", message))
    assert found[:2] == pytest.approx([0.0, -90.0], abs=0.1)
    turned = rotated(quaternion(30.0, -90.0, 20.0), np.array([0.0, 0.0, -1.0]))
    assert found[2] == pytest.approx(math.degrees(math.atan2(turned[1], turned[0])), abs=0.1)


def rotated(q: tuple[float, float, float, float], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    w, u = q[0], np.array(q[1:])
    return np.asarray(vector + 2 * w * np.cross(u, vector) + 2 * np.cross(u, np.cross(u, vector)))


def test_of_two_gimbals_the_first_one_is_the_cameras(tmp_path: Path) -> None:
    both = (
        status(quaternion(1.0, -10.0), IN_EARTH, device=2),
        status(quaternion(2.0, -60.0), IN_EARTH, device=1),
    )
    assert camera_deg(tlog(tmp_path / "a.tlog", *both)) == pytest.approx([0.0, -60.0, 2.0], abs=1e-3)


@pytest.mark.parametrize("q", [(NAN, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (3.0, 0.0, 0.0, 0.0)])
def test_a_quaternion_that_is_none_gives_no_attitude(tmp_path: Path, q: tuple[float, ...]) -> None:
    log = open_log(tlog(tmp_path / "a.tlog", status(q, IN_EARTH)))
    assert camera_attitude_in(log, log.series()) is None


def test_mount_orientation_has_both_yaws_or_that_from_the_nose(tmp_path: Path) -> None:
    both = m.MOUNT_ORIENTATION(roll=1.0, pitch=-30.0, yaw=20.0, yaw_absolute=121.0)
    assert camera_deg(tlog(tmp_path / "a.tlog", both)) == pytest.approx([1.0, -30.0, 121.0], abs=1e-3)
    nose = m.MOUNT_ORIENTATION(roll=1.0, pitch=-30.0, yaw=20.0)
    assert camera_deg(tlog(tmp_path / "b.tlog", nose)) == pytest.approx([1.0, -30.0, 120.0], abs=1e-3)


@pytest.mark.parametrize(("yaw_earth", "yaw_deg"), [(-80.0, -80.0), (NAN, -70.0)])
def test_a_dataflash_log_has_the_camera_in_mnt(tmp_path: Path, yaw_earth: float, yaw_deg: float) -> None:
    more = DataFlashWriter()
    labels = "TimeUS,I,DesRoll,Roll,DesPitch,Pitch,DesYawB,YawB,DesYawE,YawE"
    more.define("MNT", 40, "QBffffffff", labels, "QBffffffff")
    # The sample's aircraft flies a yaw of 270 degrees.
    more.write("MNT", 3_000_000, 0, NAN, 2.0, -50.0, -48.0, NAN, 20.0, NAN, yaw_earth)
    more.write("MNT", 3_000_000, 1, NAN, 9.0, -9.0, -9.0, NAN, 9.0, NAN, 9.0)
    path = tmp_path / "a.bin"
    path.write_bytes(dataflash_sample() + bytes(more.data))
    assert camera_deg(path, UTC_US + 1_000_000) == pytest.approx([2.0, -48.0, yaw_deg], abs=1e-3)


def test_a_ulog_has_the_camera_in_gimbal_device_attitude_status(tmp_path: Path) -> None:
    log = UlogWriter()
    log.data[:] = ulog_sample()
    log.format(
        "gimbal_device_attitude_status:uint64_t timestamp;float[4] q;float delta_yaw;uint16_t device_flags;"
    )
    log.subscribe(30, "gimbal_device_attitude_status")
    log.sample(30, struct.pack("<Q4ffH", 3_000_000, *quaternion(15.0, -70.0), NAN, IN_EARTH))
    path = tmp_path / "a.ulg"
    path.write_bytes(bytes(log.data))
    view = open_log(path).series()
    moment_us = int(view.channels["attitude"].times_us[0])
    assert camera_deg(path, moment_us) == pytest.approx([0.0, -70.0, 15.0], abs=1e-3)


def test_a_photo_takes_the_cameras_heading_and_pitch_and_they_are_written(tmp_path: Path) -> None:
    log = open_log(tlog(tmp_path / "a.tlog", status(quaternion(200.0, -60.0), IN_EARTH)))
    view = log.series()
    taken = CameraEvent(START_US, LAT, LON, 500.0, 20.0, yaw_rad=1.0)
    [event] = with_camera([taken], camera_attitude_in(log, view))
    photos = photos_of_events([event], view, None)
    assert (photos.headings_deg[0], photos.pitches_deg[0]) == pytest.approx((200.0, -60.0), abs=1e-3)
    packet = xmp_packet(event).decode()
    assert 'GimbalPitchDegree="-60.00"' in packet
    assert 'GimbalYawDegree="-160.00"' in packet
    assert 'FlightYawDegree="+57.30"' in packet
    [late] = with_camera([CameraEvent(START_US + 3_000_000)], camera_attitude_in(log, view))
    assert math.isnan(late.camera_pitch_rad)
