"""The series of three log formats: the same names, units and clock."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from controller.autopilots import ardupilot_modes
from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass, vehicle_class
from controller.logs.series.mode_names import heartbeat_mode, px4_state
from controller.logs.series.read import read_series
from controller.logs.series.view import COLUMNS, SeriesView
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.enums import MAV_TYPE
from tests.support.logs.logged_flights import LAT, LON, START_US, flight_frames
from tests.support.logs.sample_logs import UTC_US, dataflash_sample, ulog_sample


def at(view: SeriesView, channel: str, row: int = -1) -> dict[str, Any]:
    return {name: values[row] for name, values in view.channels[channel].items()}


def view_of(folder: Path, name: str, data: bytes) -> SeriesView:
    path = folder / name
    path.write_bytes(data)
    return read_series(path)


def test_the_three_formats_give_the_same_names_and_units(tmp_path: Path) -> None:
    views = [
        view_of(tmp_path, "a.tlog", flight_frames()),
        view_of(tmp_path, "a.bin", dataflash_sample()),
        view_of(tmp_path, "a.ulg", ulog_sample()),
    ]
    for which, view in enumerate(views):
        assert {name: tuple(channel) for name, channel in view.channels.items()} == COLUMNS
        # The second after the first GPS time, or the sixth of the telemetry.
        row = 5 if which == 0 else 0
        place = at(view, "position", row)
        assert place["lat_deg"] == pytest.approx(LAT, abs=1e-6)
        assert (place["lon_deg"], place["msl_m"], place["home_m"]) == pytest.approx((LON, 508.0, 20.0))
        assert at(view, "altitude", row) == pytest.approx({"msl_m": 508.0, "home_m": 20.0})
        assert at(view, "velocity") == pytest.approx({"north_m_s": 3.0, "east_m_s": 4.0, "down_m_s": -0.5})
        assert at(view, "speed") == pytest.approx({"ground_m_s": 5.0, "climb_m_s": 0.5})
        assert at(view, "airspeed") == pytest.approx({"air_m_s": 6.5})
        assert at(view, "battery")["voltage_v"] == pytest.approx(15.2)
        gps = at(view, "gps", row)
        assert (gps["satellites"], gps["hdop"], gps["msl_m"]) == pytest.approx((14, 1.21, 508.0))


def test_angles_are_radians_between_minus_pi_and_pi(tmp_path: Path) -> None:
    bin_angles = at(view_of(tmp_path, "a.bin", dataflash_sample()), "attitude")
    assert bin_angles == pytest.approx(
        {"roll_rad": math.radians(10), "pitch_rad": math.radians(-5), "yaw_rad": math.radians(-90)}
    )
    ulg_angles = at(view_of(tmp_path, "a.ulg", ulog_sample()), "attitude")
    assert ulg_angles == pytest.approx(
        {"roll_rad": 0.0, "pitch_rad": 0.0, "yaw_rad": math.radians(-90)}, abs=1e-6
    )


def test_on_board_logs_count_from_1970_with_a_gps_time(tmp_path: Path) -> None:
    for name, data in (("a.bin", dataflash_sample()), ("a.ulg", ulog_sample())):
        view = view_of(tmp_path, name, data)
        # The first GPS time is two seconds after boot, the attitude three.
        assert (view.clock, view.channels["attitude"].times_us.tolist()) == ("utc", [UTC_US + 1_000_000])


def test_an_on_board_log_that_never_learnt_the_time_counts_from_boot(tmp_path: Path) -> None:
    for name, data in (("a.bin", dataflash_sample(gps_week=0)), ("a.ulg", ulog_sample(utc=False))):
        view = view_of(tmp_path, name, data)
        assert (view.clock, view.channels["attitude"].times_us.tolist()) == ("boot", [3_000_000])


def test_modes_are_rows_of_change_with_the_arming(tmp_path: Path) -> None:
    tlog = view_of(tmp_path, "a.tlog", flight_frames()).channels["mode"]
    assert [column.tolist() for column in tlog.values()] == [
        ["STABILIZE", "AUTO", "STABILIZE"],
        [False, True, False],
    ]
    assert ((tlog.times_us - START_US) / 1e6).tolist() == [0, 3, 18]
    plane = view_of(tmp_path, "a.bin", dataflash_sample()).channels["mode"]
    # Arming started the log, since its first event is disarming.
    assert [column.tolist() for column in plane.values()] == [["AUTO", "FBWA", "FBWA"], [True, True, False]]
    px4 = view_of(tmp_path, "a.ulg", ulog_sample()).channels["mode"]
    assert [column.tolist() for column in px4.values()] == [["LOITER", "MISSION"], [False, True]]


def test_unknown_values_of_a_log_are_nan(tmp_path: Path) -> None:
    battery = at(view_of(tmp_path, "a.ulg", ulog_sample()), "battery")
    assert math.isnan(battery["current_a"])
    assert (battery["used_ah"], battery["left_share"]) == pytest.approx((1.5, 0.8))


def test_a_battery_of_several_cells_is_the_sum_of_those_that_are_there(tmp_path: Path) -> None:
    battery = at(view_of(tmp_path, "a.tlog", flight_frames()), "battery", 5)
    assert battery == pytest.approx(
        {"number": 0, "voltage_v": 15.2, "current_a": 15.2, "used_ah": 0.02, "left_share": 0.85}
    )


def test_the_old_names_of_ulogs_gps_are_read_in_their_old_units(tmp_path: Path) -> None:
    gps = at(view_of(tmp_path, "a.ulg", ulog_sample(old_names=True)), "gps")
    assert (gps["lat_deg"], gps["lon_deg"], gps["msl_m"]) == pytest.approx((LAT, LON, 508.0))


def test_messages_of_other_senders_are_not_in_the_series(tmp_path: Path) -> None:
    others = b"".join(
        START_US.to_bytes(8, "big") + Encoder(address(*sender)).pack(m.ATTITUDE(roll=1.0))
        for sender in ((2, 1), (1, 154))
    )
    view = view_of(tmp_path, "a.tlog", flight_frames() + others)
    attitude = view.channels["attitude"]
    assert (attitude.count, attitude["roll_rad"].max()) == (20, pytest.approx(0.1))
    assert "MODE" not in " ".join(view.channels["mode"]["mode"].tolist())


def test_the_armed_part_of_a_flight_is_found(tmp_path: Path) -> None:
    view = view_of(tmp_path, "a.tlog", flight_frames())
    assert view.armed(view.channels["position"].times_us).tolist() == [False] * 3 + [True] * 15 + [False] * 2


@pytest.mark.parametrize(
    ("table", "vehicle_type"),
    [
        (ardupilot_modes.COPTER, 2),
        (ardupilot_modes.PLANE, 1),
        (ardupilot_modes.ROVER, 10),
        (ardupilot_modes.SUBMARINE, 12),
    ],
)
def test_ardupilots_modes_are_called_as_on_the_live_link(table: dict[str, int], vehicle_type: int) -> None:
    assert {heartbeat_mode(3, vehicle_type, 1, number): number for number in table.values()} == table


@pytest.mark.parametrize(
    "mav_type", [2, 3, 4, 13, 14, 15, 29, 35, 43, 1, 19, 20, 21, 22, 23, 24, 10, 11, 12], ids=MAV_TYPE
)
def test_a_type_has_the_modes_of_its_vehicle_live_and_in_logs(mav_type: int) -> None:
    table = ArduPilot(vehicle_class(mav_type)).modes
    assert {heartbeat_mode(3, mav_type, 1, mode.custom_mode) for mode in table.values()} == table.keys()


def test_a_blimp_has_modes_of_its_own() -> None:
    assert [heartbeat_mode(3, 7, 1, number) for number in (0, 3, 4)] == ["LAND", "LOITER", "RTL"]


def test_px4s_modes_are_called_as_on_the_live_link() -> None:
    px4 = PX4(VehicleClass.COPTER)
    for name, wanted in px4.modes.items():
        custom = (wanted.custom_mode << 16) | (wanted.custom_submode << 24)
        assert heartbeat_mode(12, 2, 1, custom) == name == px4.mode_name(1, custom)
    assert {px4_state(number) for number in range(31)} - set(px4.modes) == {
        "DESCEND",
        *(f"MODE {n}" for n in (7, 9, 11, 16)),
    }
    assert heartbeat_mode(12, 2, 1, 99 << 16) == px4.mode_name(1, 99 << 16)


@pytest.mark.parametrize(
    ("name", "highest_m", "modes"),
    [
        # The flown distance of each mission, from the README of the shared data.
        ("arducopter_mission.bin", 40, ["GUIDED", "AUTO", "AUTO"]),
        ("arducopter_square.bin", 20, ["GUIDED", "AUTO", "AUTO"]),
        ("px4_square.ulg", 20, ["LOITER", "MISSION", "MISSION", "LOITER", "RTL", "LOITER"]),
        ("arduplane_vtol.tlog", 63, ["QLOITER", "CIRCLE", "GUIDED", "QLAND", "QLAND"]),
    ],
)
def test_real_logs_have_the_altitude_and_the_modes_they_were_flown_with(
    shared_data: Path, name: str, highest_m: float, modes: list[str]
) -> None:
    view = read_series(shared_data / "logs" / name)
    assert view.channels["altitude"]["home_m"].max() == pytest.approx(highest_m, abs=2)
    assert view.channels["mode"]["mode"].tolist() == modes
