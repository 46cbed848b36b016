"""Small on-board logs: a one-moment flight in both formats, and two minutes with every record that a review reads."""

from __future__ import annotations

import math
import struct
from typing import Any

from tests.support.logs.logged_flights import FIELD_M, LAT, LON, START_US
from tests.support.logs.onboard_logs import DataFlashWriter, UlogWriter

UTC_US = START_US
# 2026-05-17T06:40:00 UTC is 18 s later in GPS time: week 2419, a Sunday.
GPS_WEEK, GPS_MS = 2419, (6 * 3600 + 40 * 60 + 18) * 1000


def dataflash_sample(*, gps_week: int = GPS_WEEK) -> bytes:
    """Return a DataFlash log with one sample of each channel, at the place and time of `logged_flights`."""
    log = DataFlashWriter()
    log.define("GPS", 20, "QBBIHBcLLe", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt", "QBBIHBhiii")
    log.define("POS", 21, "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt", "Qiifff")
    log.define("ATT", 22, "Qfff", "TimeUS,Roll,Pitch,Yaw", "Qfff")
    log.define("XKF1", 23, "QBfff", "TimeUS,C,VN,VE,VD", "QBfff")
    log.define("BAT", 24, "QBffffB", "TimeUS,Inst,Volt,VoltR,Curr,CurrTot,RemPct", "QBffffB")
    log.define("MODE", 25, "QMBB", "TimeUS,Mode,ModeNum,Rsn", "QBBB")
    log.define("ARM", 26, "QB", "TimeUS,ArmState", "QB")
    log.define("MSG", 27, "QZ", "TimeUS,Message", "Q64s")
    log.define("ARSP", 28, "QBf", "TimeUS,I,Airspeed", "QBf")
    lat, lon = round(LAT * 1e7), round(LON * 1e7)
    log.write("MSG", 1_000_000, b"ArduPlane V4.6.0 (0123abcd)")
    log.write("MODE", 1_000_000, 10, 10, 2)
    log.write("GPS", 2_000_000, 0, 4, GPS_MS, gps_week, 14, 121, lat, lon, 50800)
    log.write("POS", 3_000_000, lat, lon, 508.0, 20.0, 20.0)
    log.write("ATT", 3_000_000, 10.0, -5.0, 270.0)
    log.write("XKF1", 3_000_000, 0, 3.0, 4.0, -0.5)
    log.write("XKF1", 3_000_000, 1, 9.0, 9.0, 9.0)
    log.write("BAT", 3_000_000, 0, 15.2, 15.3, 15.2, 1500.0, 80)
    log.write("ARSP", 3_000_000, 0, 6.5)
    log.write("MODE", 4_000_000, 5, 5, 2)
    log.write("ARM", 5_000_000, 0)
    return bytes(log.data)


def ulog_sample(*, old_names: bool = False, utc: bool = True) -> bytes:
    """Return the same moment as a ULog; `old_names` uses the GPS fields of PX4 before 1.14."""
    log = UlogWriter()
    log.format("vehicle_global_position:uint64_t timestamp;double lat;double lon;float alt;")
    log.format("home_position:uint64_t timestamp;float alt;")
    log.format("vehicle_local_position:uint64_t timestamp;float vx;float vy;float vz;")
    log.format("airspeed_validated:uint64_t timestamp;float true_airspeed_m_s;")
    log.format("vehicle_attitude:uint64_t timestamp;float[4] q;")
    log.format(
        "battery_status:uint64_t timestamp;float voltage_v;float current_a;float discharged_mah;float remaining;"
    )
    place = (
        "int32_t lat;int32_t lon;int32_t alt;"
        if old_names
        else "double latitude_deg;double longitude_deg;double altitude_msl_m;"
    )
    log.format(
        f"vehicle_gps_position:uint64_t timestamp;uint64_t time_utc_usec;{place}"
        "float hdop;uint8_t fix_type;uint8_t satellites_used;"
    )
    log.format("vehicle_status:uint64_t timestamp;uint8_t nav_state;uint8_t arming_state;")
    for number, topic in enumerate(
        [
            "vehicle_global_position",
            "home_position",
            "vehicle_local_position",
            "airspeed_validated",
            "vehicle_attitude",
            "battery_status",
            "vehicle_gps_position",
            "vehicle_status",
        ]
    ):
        log.subscribe(number, topic)
    log.sample(7, struct.pack("<QBB", 1_000_000, 4, 1))
    utc_us = UTC_US if utc else 0
    fix = (
        struct.pack("<3i", round(LAT * 1e7), round(LON * 1e7), 508_000)
        if old_names
        else struct.pack("<3d", LAT, LON, 508.0)
    )
    log.sample(6, struct.pack("<QQ", 2_000_000, utc_us) + fix + struct.pack("<fBB", 1.21, 3, 14))
    log.sample(1, struct.pack("<Qf", 2_500_000, FIELD_M))
    log.sample(7, struct.pack("<QBB", 2_600_000, 3, 2))
    log.sample(0, struct.pack("<Qddf", 3_000_000, LAT, LON, 508.0))
    log.sample(2, struct.pack("<Qfff", 3_000_000, 3.0, 4.0, -0.5))
    log.sample(3, struct.pack("<Qf", 3_000_000, 6.5))
    half = math.radians(-90) / 2
    log.sample(4, struct.pack("<Q4f", 3_000_000, math.cos(half), 0.0, 0.0, math.sin(half)))
    log.sample(5, struct.pack("<Q4f", 3_000_000, 15.2, -1.0, 1500.0, 0.8))
    log.sample(7, struct.pack("<QBB", 3_100_000, 3, 2))
    return bytes(log.data)


US = 1_000_000


def copter_dataflash() -> bytes:
    """Two minutes of the records that the review looks at, one of each a second."""
    log = DataFlashWriter()
    types = (
        ("MODE", "QMBB", "TimeUS,Mode,ModeNum,Rsn", "QBBB"),
        ("ARM", "QB", "TimeUS,ArmState", "QB"),
        ("ERR", "QBB", "TimeUS,Subsys,ECode", "QBB"),
        ("POS", "QLLff", "TimeUS,Lat,Lng,Alt,RelHomeAlt", "Qiiff"),
        ("VIBE", "QBfffI", "TimeUS,IMU,VibeX,VibeY,VibeZ,Clip", "QBfffI"),
        ("XKF4", "QBcccc", "TimeUS,C,SV,SP,SH,SM", "QBhhhh"),
        ("MAG", "QBhhh", "TimeUS,I,MagX,MagY,MagZ", "QBhhh"),
        ("CTUN", "Qf", "TimeUS,ThO", "Qf"),
        ("BAT", "QBfffB", "TimeUS,Inst,Volt,Curr,CurrTot,RemPct", "QBfffB"),
        ("POWR", "Qf", "TimeUS,Vcc", "Qf"),
        ("RCOU", "QHHHH", "TimeUS,C1,C2,C3,C4", "QHHHH"),
        ("GPS", "QBBIHBcLLe", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt", "QBBIHBhiii"),
        ("PARM", "QNf", "TimeUS,Name,Value", "Q16sf"),
        ("CMD", "QHHLL", "TimeUS,CNum,CId,Lat,Lng", "QHHii"),
        ("MISE", "QHHLL", "TimeUS,CNum,CId,Lat,Lng", "QHHii"),
        ("MSG", "QZ", "TimeUS,Message", "Q64s"),
    )
    for number, (name, letters, labels, code) in enumerate(types, 30):
        log.define(name, number, letters, labels, code)
    log.write("MSG", US, b"ArduCopter V4.6.0")
    log.write("MODE", US, 3, 3, 2)
    log.write("ARM", US, 1)
    for motor in range(4):
        log.write("PARM", US, b"SERVO%d_FUNCTION" % (motor + 1), 33.0 + motor)
    for second in range(1, 121):
        now, lat = second * US, 470_000_000 + second * 90
        log.write("POS", now, lat, 80_000_000, 520.0, 20.0)
        log.write("VIBE", now, second % 2, 5.0, 5.0, 5.0, 0)
        log.write("XKF4", now, 0, 10, 10, 10, 10)
        log.write("MAG", now, second % 2, 200, 0, 430)
        log.write("CTUN", now, 0.3 + 0.01 * (second % 30))
        log.write("BAT", now, 0, 15.0 - 0.02 * (second % 30), 10.0 + second % 30, 10.0 * second, 80)
        log.write("POWR", now, 5.0)
        log.write("RCOU", now, 1500, 1510, 1490, 1500)
        log.write("GPS", now, 0, 4, 1000 * second, 2400, 14, 90, lat, 80_000_000, 52000)
        if second % 40 == 0:
            log.write("CMD", now, second // 40, 16, lat, 80_000_000)
            log.write("MISE", now, second // 40, 16, lat, 80_000_000)
    log.write("ERR", 60 * US, 5, 1)
    log.write("MODE", 61 * US, 6, 6, 3)
    log.write("ARM", 121 * US, 0)
    return bytes(log.data)


def px4_ulog() -> bytes:
    """Two minutes of the topics that the review looks at, one sample of each a second."""
    log = UlogWriter()
    topics: dict[str, tuple[str, str]] = {
        "vehicle_status": (
            "uint8_t nav_state;uint8_t nav_state_user_intention;uint8_t arming_state;bool failsafe;", "BBB?",
        ),
        "vehicle_global_position": ("double lat;double lon;float alt;", "ddf"),
        "home_position": ("float alt;", "f"),
        "vehicle_imu_status": ("uint32_t[3] accel_clipping;float accel_vibration_metric;", "IIIf"),
        "estimator_status": (
            "float vel_test_ratio;float pos_test_ratio;float hgt_test_ratio;float mag_test_ratio;", "ffff",
        ),
        "vehicle_magnetometer": ("float[3] magnetometer_ga;", "fff"),
        "vehicle_thrust_setpoint": ("float[3] xyz;", "fff"),
        "battery_status": ("float voltage_v;float current_a;float discharged_mah;float remaining;", "ffff"),
        "system_power": ("float voltage5v_v;", "f"),
        "actuator_motors": ("float[12] control;", "12f"),
        "mission_result": ("int32_t seq_reached;", "i"),
        "navigator_mission_item": (
            "uint16_t sequence_current;uint16_t nav_cmd;double latitude;double longitude;", "HHdd",
        ),
        "failsafe_flags": ("bool battery_warning;bool geofence_breached;", "??"),
    }  # fmt: skip
    log.keyed("P", "int32_t CA_ROTOR_COUNT", struct.pack("<i", 4))
    for topic, (fields, _) in topics.items():
        log.format(f"{topic}:uint64_t timestamp;{fields}")
    for number, topic in enumerate(topics):
        log.subscribe(number, topic)
    codes = {topic: (number, f"<Q{code}") for number, (topic, (_, code)) in enumerate(topics.items())}

    def sample(topic: str, second: int, *values: Any) -> None:
        number, code = codes[topic]
        log.sample(number, struct.pack(code, second * US, *values))

    for second in range(1, 121):
        lat, armed = 47.0 + second * 9e-6, 2 if second < 119 else 1
        sample("vehicle_status", second, 3 if second < 100 else 5, 3, armed, second > 110)
        sample("vehicle_global_position", second, lat, 8.0, 520.0)
        sample("home_position", second, 500.0)
        sample("vehicle_imu_status", second, 0, 0, 0, 2.0)
        sample("estimator_status", second, 0.1, 0.1, 0.1, 0.1)
        sample("vehicle_magnetometer", second, 0.2, 0.0, 0.43)
        sample("vehicle_thrust_setpoint", second, 0.0, 0.0, -0.3 - 0.01 * (second % 30))
        sample("battery_status", second, 15.0 - 0.02 * (second % 30), 10.0 + second % 30, 10.0 * second, 0.8)
        sample("system_power", second, 5.0)
        sample("actuator_motors", second, *[0.5] * 4, *[float("nan")] * 8)
        sample("navigator_mission_item", second, second // 40, 16, lat, 8.0)
        sample("mission_result", second, second // 40 - 1)
        sample("failsafe_flags", second, second > 90, False)
    log.text(60 * US, 2, "motor failure")
    return bytes(log.data)
