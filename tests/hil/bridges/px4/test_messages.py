"""Messages to PX4 equal those of pymavlink byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import common

from controller.wire.address import address
from controller.wire.codec import encode
from hil.autopilot.control.estimator_types import GpsReading
from hil.bridges.px4.messages import (
    BARO,
    IMU,
    MAG,
    distance_sensor,
    hil_gps,
    hil_imu,
    hil_optical_flow,
    hil_sensor,
    hil_state_quaternion,
)
from hil.sensors.flow import FlowReading
from hil.sensors.rangefinder import RangeReading
from hil.sim.ground_truth import Truth

GPS = GpsReading(9, 1.8, 3, 47.3977419, 8.5455938, 488.123, (3.0, -4.0, 0.5), 0.9, 1.3, 0.06, 12)
GOT = [0.1, -0.2, 0.3, 0.5, -0.25, -9.75, 0.21, 0.01, 0.43, 95550.0, 284.65]
TRUTH = Truth(
    pos_ned=(1.0, 2.0, -3.0),
    vel_ned=(3.0, -4.0, 0.5),
    quaternion=(0.5, 0.5, -0.5, 0.5),
    euler_rad=(0.0, 0.0, 0.0),
    rates_frd=(0.1, -0.2, 0.3),
    lat_deg=-35.3632610,
    lon_deg=149.1652300,
    alt_amsl_m=584.25,
    rotor_speeds_rad_s=(0.0,) * 4,
    wind_ned=(3.0, 0.0, 0.5),
)
US = 5_004_000


def test_golden_bytes() -> None:
    ours = [
        hil_sensor(US, GOT, IMU | MAG | BARO),
        hil_sensor(US, GOT, IMU),
        hil_imu(US, 2, (0.5, -0.25, -9.75), (0.1, -0.2, 0.3)),
        hil_gps(1_700_000_000_000_000, GPS),
        hil_state_quaternion(US, TRUTH, (-9.0, -1.0, -8.5), gravity_m_s2=9.8),
        distance_sensor(US, RangeReading(2.34, valid=True), least_m=0.1, most_m=40.0),
        distance_sensor(US, RangeReading(40.0, valid=False), least_m=0.1, most_m=40.0),
        hil_optical_flow(US, FlowReading(0.02, (0.125, -0.25), (0.5, -0.75, 0.0625), 200)),
    ]
    imu = (0.5, -0.25, -9.75, 0.1, -0.2, 0.3)
    height_m = ours[0].pressure_alt
    theirs = [
        common.MAVLink_hil_sensor_message(
            US, *imu, 0.21, 0.01, 0.43, 955.5, 0.0, height_m, 11.5, 0x1FFF & ~0x400, 0
        ),
        common.MAVLink_hil_sensor_message(US, *imu, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0),
        common.MAVLink_hil_sensor_message(US, *imu, 0, 0, 0, 0, 0, 0, 0, 0x3F, 2),
        common.MAVLink_hil_gps_message(
            1_700_000_000_000_000, 3, 473977419, 85455938, 488123, 90, 130,
            500, 300, -400, 50, 30687, 12,
        ),
        common.MAVLink_hil_state_quaternion_message(
            US, [0.5, 0.5, -0.5, 0.5], 0.1, -0.2, 0.3, -353632610, 1491652300, 584250,
            300, -400, 50, 400, 400, 1000, 8500, 800,
        ),
        common.MAVLink_distance_sensor_message(
            5004, 10, 4000, 234, 0, 0, 25, 0, 0, 0, [0, 0, 0, 0], 100
        ),
        common.MAVLink_distance_sensor_message(5004, 10, 4000, 4000, 0, 0, 25, 0, 0, 0, [0, 0, 0, 0], 1),
        common.MAVLink_hil_optical_flow_message(
            US, 0, 20_000, 0.125, -0.25, 0.5, -0.75, 0.0625, 0, 200, 0, -1.0
        ),
    ]  # fmt: skip
    mav = common.MAVLink(None, srcSystem=1, srcComponent=200)
    for mine, other in zip(ours, theirs, strict=True):
        mav.seq = 0
        assert encode(mine, seq=0, source=address(1, 200)).hex() == bytes(other.pack(mav)).hex(), mine.name


def test_pressure_altitude_is_that_of_the_standard_atmosphere() -> None:
    height_m = hil_sensor(US, GOT, BARO).pressure_alt
    assert height_m == pytest.approx(493.2, abs=2.0)  # ICAO Doc 7488 table: 955.5 hPa


def test_a_vehicle_that_stands_has_no_acceleration() -> None:
    level = replace(TRUTH, quaternion=(1.0, 0.0, 0.0, 0.0))
    message = hil_state_quaternion(US, level, (0.0, 0.0, -9.81), gravity_m_s2=9.81)
    assert (message.xacc, message.yacc, message.zacc) == (0, 0, 0)
