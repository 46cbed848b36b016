"""DJI flight records: exact values of every version that opens, and one line for those that do not."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.read import read_bytes
from controller.logs.formats.registry import recognized
from controller.logs.photos.camera_attitude import camera_attitude_in
from tests.support.logs import history_files as files

BEGIN_US = files.BEGIN_UTC_MS * 1000
VERSIONS = (1, 5, 6, 7, 8, 11, 12)


def read(data: bytes) -> Log:
    return read_bytes(memoryview(data), Path("DJIFlightRecord_2024-03-15.txt"))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_open_version_gives_the_same_flight(version: int) -> None:
    log = read(files.dji_txt(version))
    assert log.format.name == "dji-txt"
    channels = log.series().channels
    position, battery = channels["position"], channels["battery"]
    seconds = np.arange(files.ROWS)
    assert position.times_us.tolist() == (BEGIN_US + 250_000 + seconds * 1_000_000).tolist()
    assert position["lat_deg"] == pytest.approx(files.LAT_DEG + seconds * files.STEP_DEG, abs=1e-12)
    assert position["home_m"] == pytest.approx(seconds * 2.0)
    assert position["msl_m"] == pytest.approx(seconds * 2.0 + files.HOME_MSL_M)
    assert channels["speed"]["ground_m_s"] == pytest.approx(np.full(files.ROWS, 5.0))
    assert channels["speed"]["climb_m_s"] == pytest.approx(np.full(files.ROWS, 2.0))
    assert np.degrees(channels["attitude"]["yaw_rad"][0]) == pytest.approx(-10.0)
    camera = camera_attitude_in(log, log.series())
    assert camera is not None
    angles = [np.degrees(one[0]) for one in (camera.roll_rad, camera.pitch_rad, camera.yaw_rad)]
    assert angles == pytest.approx([1.0, -60.0, -120.0])
    # The battery's record follows the position's: a row has the one before it.
    assert battery["voltage_v"][1:] == pytest.approx(np.full(files.ROWS - 1, 15.5))
    assert battery["left_share"][1:] == pytest.approx((90 - seconds[:-1]) / 100)
    assert battery["current_a"][1:] == pytest.approx(np.full(files.ROWS - 1, 7.5))
    assert channels["mode"]["mode"].tolist() == ["P-GPS", "P-GPS"]
    assert channels["mode"]["armed"].tolist() == [False, True]
    assert log.counts["photos"] == 1
    assert [(one.text, one.severity) for one in log.texts()] == [("Strong wind", 4)]
    identity = log.identity
    assert (identity.model, identity.firmware) == ("Mavic Pro", "1.4.244.0")
    assert identity.serial == files.SERIAL[: 10 if version <= 7 else 16]
    assert not any("damaged" in line for line in log.problems)


@pytest.mark.parametrize("version", [13, 14])
def test_an_encrypted_version_is_one_line_with_what_to_do(version: int) -> None:
    data = struct.pack("<QHB", 0, 436, version).ljust(100, b"\0") + b"\0" + bytes(range(1, 200))
    with pytest.raises(LogUnreadable) as error:
        read(data)
    assert f"version {version} is encrypted" in str(error.value)
    assert "export this flight as CSV" in str(error.value)


def test_damaged_bytes_cost_their_own_records_alone() -> None:
    data = bytearray(files.dji_txt(9))
    data[900:1000] = b"\xaa" * 100
    log = read(bytes(data))
    assert files.ROWS - 2 <= log.series().channels["altitude"].count <= files.ROWS
    assert any("damaged" in line for line in log.problems)


def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    data = files.dji_txt(9)
    log = read(data[: len(data) // 2])
    assert 3 < log.series().channels["position"].count < files.ROWS
    assert any("cut off" in line for line in log.problems)


@pytest.mark.parametrize("data", [b"", b"Dear reader,\n" * 20, bytes(300), b"\xff" * 300])
def test_other_files_are_not_taken_for_flight_records(data: bytes) -> None:
    assert recognized(memoryview(data)) is None


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([files.dji_txt(version) for version in (5, 9, 12)]), st.data())
def test_any_change_of_the_bytes_is_read_or_refused(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data)))
    changed = data[:at] + draw.draw(st.binary(max_size=20)) + data[at + draw.draw(st.integers(0, 40)) :]
    try:
        log = read(changed)
        series = log.series()
    except UserError:
        return
    assert all(np.all(np.diff(channel.times_us) >= 0) for channel in series.channels.values())
