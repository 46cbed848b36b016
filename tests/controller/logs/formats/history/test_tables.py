"""Tables of other programs: exact times, positions, heights, speeds and batteries in any units and separators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.read import open_log, read_bytes
from controller.logs.formats.registry import recognized
from controller.logs.photos.camera_attitude import camera_attitude_in
from tests.support.logs import history_files as files

BEGIN_US = files.BEGIN_UTC_MS * 1000
HEIGHTS_M = np.arange(files.ROWS) * 2.0
LATS_DEG = files.LAT_DEG + np.arange(files.ROWS) * files.STEP_DEG


def read(text: str) -> Log:
    return read_bytes(memoryview(text.encode()), Path("flight.csv"))


def check_place(log: Log, *, msl: bool = True) -> None:
    position = log.series().channels["position"]
    assert position["lat_deg"] == pytest.approx(LATS_DEG, abs=1e-9)
    assert position["lon_deg"] == pytest.approx(np.full(files.ROWS, files.LON_DEG), abs=1e-9)
    assert position["home_m"] == pytest.approx(HEIGHTS_M, abs=1e-5)
    if msl:
        assert position["msl_m"] == pytest.approx(HEIGHTS_M + files.HOME_MSL_M, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        files.airdata(),
        files.airdata(feet=False),
        "\ufeff" + files.airdata(),
        files.airdata(separator=";", comma=True),
        files.airdata(separator="\t", comma=True),
    ],
    ids=["feet and mph", "metres", "byte order mark", "decimal commas", "tabs"],
)
def test_airdata_gives_si_units_from_any_header(text: str) -> None:
    log = read(text)
    assert log.format.name == "airdata"
    check_place(log)
    channels = log.series().channels
    assert channels["speed"]["ground_m_s"] == pytest.approx(np.full(files.ROWS, 5.0), abs=1e-5)
    assert channels["speed"]["climb_m_s"] == pytest.approx(np.full(files.ROWS, 2.0), abs=1e-5)
    assert channels["battery"]["left_share"][3] == pytest.approx(0.87)
    assert channels["battery"]["voltage_v"][3] == 15.5
    assert np.degrees(channels["attitude"]["pitch_rad"][0]) == pytest.approx(-3)


def test_airdata_times_are_as_fine_as_its_milliseconds() -> None:
    times_us = read(files.airdata()).series().channels["position"].times_us
    assert np.diff(times_us).tolist() == [100_000] * (files.ROWS - 1)
    # The whole seconds change at 0.5 s: that dates the first row to a tenth.
    assert times_us[0] == BEGIN_US + 500_000


def test_photos_are_counted_where_their_flag_goes_up() -> None:
    log = read(files.airdata())
    assert log.counts["photos"] == 2
    assert log.tables["photos"]["lat_deg"] == pytest.approx(LATS_DEG[[5, 9]])
    videos = log.tables["videos"]
    assert (videos["seconds"].tolist(), videos["home_m"].tolist()) == ([0.8], [pytest.approx(22.0)])
    (text,) = log.texts()
    assert (text.text, text.time_us) == ("Obstacle ahead", BEGIN_US + 900_000)


def test_local_times_of_a_dji_table_are_read_as_utc_and_it_says_so() -> None:
    log = read(files.dji_csv())
    assert log.series().channels["position"].times_us[0] == BEGIN_US + 3_600_000_000 + 500_000
    assert any("does not name their zone" in line for line in log.problems)
    check_place(log)
    assert log.series().channels["mode"]["armed"].tolist() == [False, True]
    assert (log.identity.model, log.identity.serial) == ("Mavic of Eva", files.SERIAL)
    assert [(one.text, one.severity) for one in log.texts()] == [("Strong wind", 4)]


def test_times_with_a_zone_in_a_dji_table_are_utc() -> None:
    log = read(files.dji_csv(local=False))
    assert log.series().channels["position"].times_us[0] == BEGIN_US + 500_000
    assert not any("zone" in line for line in log.problems)


def test_litchi_has_no_height_above_sea_level_and_millivolts_are_seen() -> None:
    log = read(files.litchi())
    check_place(log, msl=False)
    channels = log.series().channels
    assert np.isnan(channels["position"]["msl_m"]).all()
    assert channels["battery"]["voltage_v"].tolist() == [15.5] * files.ROWS
    assert channels["position"].times_us[0] == BEGIN_US + 250_000
    assert any("millivolts" in line for line in log.problems)


def test_the_utc_column_is_taken_wherever_the_local_one_stands() -> None:
    rows = [line.split(",") for line in files.litchi().splitlines()]
    utc, local = rows[0].index("datetime(utc)"), rows[0].index("datetime(local)")
    for row in rows:
        row[utc], row[local] = row[local], row[utc]
    log = read("\n".join(",".join(row) for row in rows))
    assert log.series().channels["position"].times_us[0] == BEGIN_US + 250_000
    alone = read(files.litchi().replace("datetime(utc),", "other,"))
    assert alone.series().channels["position"].times_us[0] == BEGIN_US + 250_000 + 3_600_000_000
    assert any("does not name their zone" in line for line in alone.problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zeit,Breite,Laenge,Hoehe\n1,2,3,4\n", "its columns are 'Zeit', 'Breite', 'Laenge', 'Hoehe'"),
        (
            files.airdata().replace("speed(mph)", "speed(furlong)", 1),
            "'speed(furlong)': its unit is not known",
        ),
        (files.airdata().replace("2024", "never"), "no date and time"),
        (files.airdata().splitlines()[0] + "\n", "no date and time"),
    ],
    ids=["another language", "another unit", "no time", "no row"],
)
def test_a_table_that_cannot_be_read_is_one_line(text: str, words: str) -> None:
    with pytest.raises(LogUnreadable) as error:
        read(text)
    assert words in str(error.value)
    assert error.value.exit_code == 2


def test_damaged_rows_are_left_out_and_counted() -> None:
    lines = files.airdata().splitlines()
    lines[4], lines[7] = "garbage", lines[7].replace("2024", "20x4")
    log = read("\n".join(lines))
    assert len(log.tables["telemetry"]["latitude"]) == files.ROWS - 2
    assert any(line.startswith("2 damaged rows") for line in log.problems)


def test_places_that_are_none_do_not_reach_the_track() -> None:
    log = read(files.airdata().replace(f"{files.LAT_DEG:.7f}", "1e300"))
    assert log.series().channels["position"].count == files.ROWS - 1


def test_a_plan_of_litchi_is_no_flight(tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text("latitude,longitude,altitude(m),heading(deg),curvesize(m),rotationdir\n48,8,30,0,0,0\n")
    assert recognized(memoryview(plan.read_bytes())) is None
    with pytest.raises(UserError, match="of no format"):
        open_log(plan)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([files.airdata(), files.dji_csv(), files.litchi()]), st.data())
def test_any_change_of_a_table_is_read_or_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    other = data.draw(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20))
    changed = text[:at] + other + text[at + data.draw(st.integers(0, 40)) :]
    try:
        log = read(changed)
    except UserError:
        return
    assert (
        len(log.series().channels["position"].times_us) <= log.messages
        if "position" in log.series().channels
        else 1
    )


def test_a_table_of_two_batteries_and_a_gimbal_is_read_by_its_own_names() -> None:
    names = (
        "CUSTOM.date [local],CUSTOM.updateTime [local],OSD.latitude,OSD.longitude,OSD.height [ft],OSD.yaw,"
        "GIMBAL.pitch,GIMBAL.roll,GIMBAL.yaw,CAMERA.isPhoto,BATTERY1.chargeLevel [%],BATTERY2.chargeLevel [%],"
        "BATTERY1.voltage [V],BATTERY1.current [A],APP.tip,APP.warning"
    )
    rows = [
        f"2024-03-15,8:58:{24 + at}.91 AM,47.1,8.2,{at},38.4,-60,1,-120,{at == 2},99,98,51.8,1.4,,"
        f"{'Strong wind' if at == 3 else ''}"
        for at in range(6)
    ]
    log = read("\n".join([names, *rows]) + "\n")
    battery = log.series().channels["battery"]
    assert (battery["voltage_v"][0], battery["current_a"][0], battery["left_share"][0]) == (51.8, 1.4, 0.99)
    assert [text.text for text in log.texts()] == ["Strong wind"]
    found = camera_attitude_in(log, log.series())
    assert found is not None
    angles = [np.degrees(one[0]) for one in (found.roll_rad, found.pitch_rad, found.yaw_rad)]
    assert angles == pytest.approx([1.0, -60.0, -120.0])
    assert "camera" not in log.tables
    assert camera_attitude_in(read(files.airdata()), log.series()) is None


def test_an_altitude_that_is_the_height_again_is_not_above_sea_level() -> None:
    names = "CUSTOM.updateTime,OSD.latitude,OSD.longitude,OSD.height [m],OSD.altitude [m]"
    rows = [f"2018/07/04 09:19:{31 + at}.701,55.4,10.4,{at * 2.4},{at * 2.4:.0f}" for at in range(6)]
    log = read("\n".join([names, *rows]) + "\n")
    position = log.series().channels["position"]
    assert np.isnan(position["msl_m"]).all()
    assert position["home_m"][5] == 12.0
    assert any("height above take-off again" in line for line in log.problems)


@pytest.mark.parametrize(
    ("date", "guessed"), [("5/10/2023", True), ("5/5/2023", False), ("13/5/2023", False)]
)
def test_a_date_that_may_begin_with_the_day_is_told(date: str, guessed: bool) -> None:
    names = "CUSTOM.date [local],CUSTOM.updateTime [local],OSD.latitude,OSD.longitude"
    log = read(f"{names}\n{date},9:58:24 AM,47.1,8.2\n{date},9:58:25 AM,47.1,8.2\n")
    assert any("may begin with the day" in line for line in log.problems) == guessed
