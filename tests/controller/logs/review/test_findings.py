"""Findings of whole flights: a sound flight has none; each fault put into it gives one finding with grade and place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.logs.formats.health import off_segment_m
from controller.logs.formats.read import open_log
from controller.logs.review.findings import Finding, review
from controller.logs.review.power import fit_resistance
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from tests.support.logs import reviewed_logs as logs
from tests.support.logs.logged_flights import flight_frames
from tests.support.logs.reviewed_logs import (
    LAT,
    METRE_DEG,
    ROWS,
    TIMES,
    ColumnTable,
    copter,
    dataflash,
    px4,
    ulog,
)

Tables = dict[str, ColumnTable]


def _kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def test_a_sound_flight_is_judged_in_everything_and_has_no_finding() -> None:
    found = review(dataflash(copter()))
    assert found.findings == []
    assert {
        "battery resistance",
        "battery sag",
        "board power",
        "board power swing",
        "compass against the earth's field",
        "compass strength",
        "compasses apart",
        "failsafe",
        "fence",
        "mode change",
        "motor balance",
        "motors on the compass",
        "off the planned line",
        "skipped items",
    } <= set(found.judged)


def _weak_compass(tables: Tables) -> None:
    tables["MAG"]["MagX"], tables["MAG"]["MagZ"] = np.full(2 * ROWS, 100.0), np.full(2 * ROWS, 100.0)


def _turned_compass(tables: Tables) -> None:
    sign = np.where(tables["MAG"]["I"] == 1, -1.0, 1.0)
    for axis in ("MagX", "MagZ"):
        tables["MAG"][axis] = tables["MAG"][axis] * sign


def _motors_on_compass(tables: Tables) -> None:
    pushed = np.repeat(logs.throttle(), 2)
    for axis in ("MagX", "MagZ"):
        tables["MAG"][axis] = tables["MAG"][axis] * (1 - 0.4 * (pushed - 0.5))


def _worn_battery(tables: Tables) -> None:
    tables["BAT"]["Volt"] = 16.4 - 0.08 * tables["BAT"]["Curr"]


def _empty_battery(tables: Tables) -> None:
    tables["BAT"]["Volt"][500:] -= 2.6


def _brown_out(tables: Tables) -> None:
    tables["POWR"]["Vcc"][300] = 4.55


def _crooked_motor(tables: Tables) -> None:
    tables["RCOU"]["C2"] = logs.column(1600)


def _off_the_line(tables: Tables) -> None:
    tables["POS"]["Lng"][200:220] += 30 * METRE_DEG / np.cos(np.radians(LAT))


def _failsafe_mode(tables: Tables) -> None:
    tables["MODE"] = ColumnTable(
        TimeUS=TIMES[[0, 400]], Mode=np.array([3, 6]), ModeNum=np.array([3, 6]), Rsn=np.array([2, 3])
    )


def _fence(tables: Tables) -> None:
    tables["ERR"] = ColumnTable(TimeUS=TIMES[[200, 250]], Subsys=np.array([9, 9]), ECode=np.array([2, 0]))


def _radio(tables: Tables) -> None:
    tables["ERR"] = ColumnTable(TimeUS=TIMES[[200]], Subsys=np.array([5]), ECode=np.array([1]))


def _skipped(tables: Tables) -> None:
    for name in ("CMD", "MISE"):
        there = tables[name]["CNum"] == 2
        tables[name]["Lng"] = tables[name]["Lng"] + there * 50 * METRE_DEG
    for name, rows in tables["MISE"].items():
        tables["MISE"][name] = rows[[0, 2]]
    tables["MISE"]["TimeUS"] = TIMES[[0, 10]]


FAULTS: dict[str, tuple[Callable[[Tables], None], set[str], str]] = {
    "a weak compass": (_weak_compass, {"compass strength", "compass against the earth's field"}, "look"),
    "a compass that points backwards": (_turned_compass, {"compasses apart"}, "look"),
    "motors that pull the compass": (_motors_on_compass, {"motors on the compass"}, "look"),
    "a worn battery": (_worn_battery, {"battery resistance"}, "look"),
    "an empty battery": (_empty_battery, {"battery sag"}, "bad"),
    "a brown-out": (_brown_out, {"board power", "board power swing"}, "bad"),
    "a motor that works harder": (_crooked_motor, {"motor balance"}, "look"),
    "a track off the line": (_off_the_line, {"off the planned line"}, "look"),
    "a failsafe that changes the mode": (_failsafe_mode, {"mode change"}, "bad"),
    "a fence breached": (_fence, {"fence"}, "bad"),
    "a radio lost": (_radio, {"failsafe"}, "bad"),
    "an item passed over": (_skipped, {"skipped items"}, "look"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_alone_with_its_grade_its_place_and_its_source(name: str) -> None:
    break_it, kinds, grade = FAULTS[name]
    tables = copter()
    break_it(tables)
    found = review(dataflash(tables)).findings
    assert set(_kinds(found)) == kinds
    assert found[0].grade == grade
    assert all(finding.threshold_source for finding in found)
    assert all(finding.lat_deg is not None and LAT - 0.01 < finding.lat_deg < LAT + 0.01 for finding in found)


def test_a_requested_mode_change_is_no_finding() -> None:
    tables = copter()
    tables["MODE"] = ColumnTable(
        TimeUS=TIMES[[0, 400, 500]],
        Mode=np.array([3, 6, 9]),
        ModeNum=np.array([3, 6, 9]),
        Rsn=np.array([2, 1, 2]),
    )
    assert review(dataflash(tables)).findings == []


def test_a_log_that_was_never_armed_is_not_judged() -> None:
    tables = copter()
    tables["ARM"]["TimeUS"] = TIMES[:1] - 1
    tables["POWR"]["Vcc"] = logs.column(3.0)
    found = review(dataflash(tables))
    assert (found.never_armed, found.findings, found.judged) == (True, [], [])


def test_the_resistance_is_not_taken_from_a_battery_that_empties() -> None:
    amps = 20 + 5 * np.sin(np.arange(ROWS) / 7)
    used = np.cumsum(amps) * 0.1
    volts = 16.8 - used * 1e-3 - 0.03 * amps
    assert fit_resistance(TIMES, volts, amps) == pytest.approx(0.03, abs=2e-4)


def test_the_distance_is_to_the_leg_and_past_its_ends_to_the_end() -> None:
    a, b = np.array([[LAT, 8.0]]), np.array([[LAT + 100 * METRE_DEG, 8.0]])
    squeezed = METRE_DEG / np.cos(np.radians(LAT))
    for north_m, east_m, off_m in ((50, 7, 7), (130, 0, 30), (-40, 30, 50)):
        here = np.array([[LAT + north_m * METRE_DEG, 8.0 + east_m * squeezed]])
        assert off_segment_m(here, a, b)[0] == pytest.approx(off_m, abs=0.1)
    assert off_segment_m(b, a, a)[0] == pytest.approx(100, abs=0.1)


def test_an_unrequested_px4_mode_and_a_raised_failsafe_flag_are_found() -> None:
    tables = px4()
    tables["vehicle_status"]["nav_state"] = np.where(np.arange(ROWS) > 300, 5, 3)
    flags = np.zeros(ROWS, np.bool_)
    flags[290:] = True
    always = np.ones(ROWS, np.bool_)
    tables["failsafe_flags"] = ColumnTable(
        timestamp=TIMES, battery_warning=flags, manual_control_signal_lost=always, geofence_breached=~always
    )
    found = review(ulog(tables)).findings
    assert [(finding.kind, finding.text) for finding in found] == [
        ("failsafe", "battery warning"),
        ("mode change", "to RTL, by the autopilot; the user's mode was MISSION"),
    ]


def test_px4_is_held_to_the_error_in_metres_and_to_pdop_and_not_to_hdop() -> None:
    tables = px4()
    tables["vehicle_gps_position"] = ColumnTable(
        timestamp=TIMES,
        fix_type=logs.column(3),
        satellites_used=logs.column(12),
        hdop=logs.column(1.6),
        vdop=logs.column(2.2),
        eph=logs.column(3.5),
        epv=logs.column(4.5),
    )
    found = review(ulog(tables))
    assert [(finding.kind, round(finding.worst, 2)) for finding in found.findings] == [
        ("gps accuracy", 3.5),
        ("gps pdop", 2.72),
    ]
    assert "gps hdop" not in found.judged


def _tlog(
    path: Path,
    *,
    autopilot: int,
    vibration: float = 0.0,
    silent: bool = False,
    gcs: bool = True,
    last_item: int | None = None,
) -> Any:
    """Thirty seconds of heartbeats and vibration; the mode changes at 20 s; optionally a gap of 8 s after 10 s."""
    encoder, ground, data = Encoder(address(1, 1)), Encoder(GROUND_STATION), b""
    for second in range(30):
        at_us = 1_770_000_000_000_000 + second * 1_000_000
        if gcs:
            data += at_us.to_bytes(8, "big") + ground.pack(m.HEARTBEAT(type=6, autopilot=8))
        if last_item is not None:
            item = m.MISSION_ITEM_INT(seq=second % 3, command=16, x=470000000, y=80000000)
            data += at_us.to_bytes(8, "big") + ground.pack(item)
            data += at_us.to_bytes(8, "big") + encoder.pack(m.MISSION_CURRENT(seq=last_item))
        if silent and 10 < second < 18:
            continue
        custom = 4 if second < 20 else 6
        if autopilot == 12:
            custom = (4 << 16) | ((4 if second < 20 else 5) << 24)
        beat = m.HEARTBEAT(
            type=2, autopilot=autopilot, base_mode=209, custom_mode=custom, system_status=4, mavlink_version=3
        )
        shaken = m.VIBRATION(vibration_x=vibration, vibration_y=vibration, vibration_z=1.0)
        for message in (beat, shaken):
            data += (at_us + 1).to_bytes(8, "big") + encoder.pack(message)
    path.write_bytes(data)
    return open_log(path)


def test_px4s_vibration_metrics_are_not_held_to_ardupilots_limit(tmp_path: Path) -> None:
    path = tmp_path / "frames.tlog"
    ardupilot = review(_tlog(path, autopilot=3, vibration=40.0, gcs=False)).findings
    px4_found = review(_tlog(path, autopilot=12, vibration=40.0, gcs=False))
    assert _kinds(ardupilot) == ["vibration", "vibration"]
    assert (_kinds(px4_found.findings), "vibration" in px4_found.judged) == ([], True)


def test_a_silence_is_found_and_one_that_is_short_is_not(tmp_path: Path) -> None:
    found = review(_tlog(tmp_path / "frames.tlog", autopilot=3, silent=True, gcs=False)).findings
    assert [(finding.kind, finding.worst) for finding in found] == [
        ("link loss", pytest.approx(8.0, abs=0.01))
    ]
    assert _kinds(review(_tlog(tmp_path / "frames.tlog", autopilot=3, gcs=False)).findings) == []


def _counted(path: Path, missing: set[int]) -> Any:
    """A minute of ten frames a second, each a metre further north, without the missing ones."""
    encoder, data = Encoder(address(1, 1)), b""
    for number in range(600):
        beat = m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=4, system_status=4)
        place = m.GLOBAL_POSITION_INT(lat=round((LAT + number * METRE_DEG) * 1e7), lon=80_000_000)
        raw = encoder.pack(place if number % 10 else beat)
        if number not in missing:
            data += (1_770_000_000_000_000 + number * 100_000).to_bytes(8, "big") + raw
    path.write_bytes(data)
    return open_log(path)


def test_frames_missing_by_sequence_number_are_found_with_count_and_place(tmp_path: Path) -> None:
    # Every second frame of the seconds 20 to 30.
    (found,) = review(_counted(tmp_path / "frames.tlog", set(range(201, 300, 2)))).findings
    assert (found.kind, found.grade, found.rows, found.of) == ("frames lost", "bad", 2, 12)
    assert found.worst == pytest.approx(50.0, abs=1.5)
    assert (found.first_us - 1_770_000_000_000_000) / 1e6 == pytest.approx(22.5, abs=0.1)
    assert found.lat_deg == pytest.approx(LAT + 225 * METRE_DEG, abs=3 * METRE_DEG)


def test_a_frame_lost_now_and_then_is_no_finding(tmp_path: Path) -> None:
    found = review(_counted(tmp_path / "frames.tlog", set(range(7, 600, 40))))
    assert (found.findings, "frames lost" in found.judged) == ([], True)


def test_an_uncommanded_mode_is_found_only_if_the_log_has_the_ground_station(
    tmp_path: Path,
) -> None:
    path = tmp_path / "frames.tlog"
    told = review(_tlog(path, autopilot=3))
    untold = review(_tlog(path, autopilot=3, gcs=False))
    assert [finding.text[:14] for finding in told.findings] == ["GUIDED to RTL:"]
    assert "mode change" not in untold.judged


@pytest.mark.parametrize(("item", "findings"), [(2, 0), (1, 1)])
def test_the_end_of_the_mission_may_change_the_mode_and_its_middle_may_not(
    tmp_path: Path, item: int, findings: int
) -> None:
    found = review(_tlog(tmp_path / "frames.tlog", autopilot=12, last_item=item)).findings
    assert _kinds(found) == ["mode change"] * findings


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("arducopter/survey", []),
        ("arducopter/fs_gcs", ["failsafe", "mode change", "critical message"]),
        ("arducopter/fs_batt", ["battery sag", "failsafe", "mode change", "critical message"]),
        ("px4/survey", []),
        (
            "px4/fs_gcs",
            ["failsafe", "critical message", "mode change", "critical message", "mode change"],
        ),
        ("arduplane/ap1", []),
    ],
)
def test_real_flights_with_failsafes_show_them_and_sound_ones_show_nothing(
    shared_data: Path, name: str, kinds: list[str]
) -> None:
    read = open_log(shared_data / "reference" / f"{name}.tlog")
    assert _kinds(review(read).findings) == kinds


def test_a_flight_of_our_own_recording_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "frames.tlog"
    path.write_bytes(flight_frames())
    assert review(open_log(path)).judged
