"""Reviews and reports of damaged logs: whatever stands in them, nothing worse than an error of ours."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.read import read_bytes
from controller.logs.report.report import write_report
from controller.logs.review.findings import review
from tests.support.logged_flights import flight_frames
from tests.support.onboard_logs import DataFlashWriter, UlogWriter

US = 1_000_000


def copter() -> bytes:
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


def px4() -> bytes:
    """Two minutes of the topics that the review looks at, one sample of each a second."""
    log = UlogWriter()
    topics: dict[str, tuple[str, str]] = {
        "vehicle_status": ("uint8_t nav_state;uint8_t nav_state_user_intention;uint8_t arming_state;bool failsafe;", "BBB?"),
        "vehicle_global_position": ("double lat;double lon;float alt;", "ddf"),
        "home_position": ("float alt;", "f"),
        "vehicle_imu_status": ("uint32_t[3] accel_clipping;float accel_vibration_metric;", "IIIf"),
        "estimator_status": ("float vel_test_ratio;float pos_test_ratio;float hgt_test_ratio;float mag_test_ratio;", "ffff"),
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


WHOLE = {"tlog": flight_frames(seconds=60), "bin": copter(), "ulg": px4()}


def test_whole_ones_are_judged_in_every_respect() -> None:
    judged = {which: review(read_bytes(memoryview(raw), Path(which))).judged for which, raw in WHOLE.items()}
    assert {"motor balance", "battery resistance", "board power", "skipped items", "failsafe"} <= set(
        judged["bin"]
    )
    assert {"motor balance", "battery resistance", "board power", "skipped items", "failsafe"} <= set(
        judged["ulg"]
    )


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_damaged_log_is_judged_and_reported_or_refused(tmp_path_factory: Any, data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(sorted(WHOLE)))
    raw = bytearray(WHOLE[which])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        hurt = data.draw(st.binary(min_size=1, max_size=40))
        # Overwritten, or cut out and something else put there.
        raw[at : at + (len(hurt) if data.draw(st.booleans()) else data.draw(st.integers(0, 300)))] = hurt
    del raw[data.draw(st.integers(len(raw) // 2, len(raw))) :]
    log = tmp_path_factory.mktemp("damaged") / f"a.{which}"
    log.write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            review(read_bytes(memoryview(bytes(raw)), log))
            write_report(log, log.with_suffix(".html"))
        except UserError:
            return
