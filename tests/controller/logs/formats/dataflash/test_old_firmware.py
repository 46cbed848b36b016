"""DataFlash logs of 2013 to 2018, which have other records, times and banners than today's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.read import open_log, read_bytes
from controller.logs.privacy.anonymize_log import anonymize_log
from controller.logs.privacy.anonymize_rules import LEVELS, Level
from tests.support.logs import old_dataflash as old

CASES = Path(__file__).resolve().parents[4] / "data" / "cases"
YEARS: dict[str, Callable[[], bytes]] = {
    "2013": lambda: old.arducopter_2013(week=False),
    "2013 with week": lambda: old.arducopter_2013(week=True),
    "2014": old.arducopter_2014,
    "2015": old.ardupilot_2015,
}


def read(data: bytes) -> Log:
    return read_bytes(memoryview(data), Path("a.bin"))


def begin_of(log: Log) -> str:
    view = log.series()
    assert view.clock == "utc"
    return datetime.fromtimestamp(view.channels["gps"].times_us[0] / 1e6, UTC).isoformat()


@pytest.mark.parametrize("year", YEARS)
def test_a_log_of_each_year_has_the_whole_flight(year: str) -> None:
    log = read(YEARS[year]())
    assert (log.bad_bytes, log.problems) == (0, ())
    channels = log.series().channels
    assert channels["position"].count == channels["velocity"].count == old.SECONDS
    assert np.ptp(channels["position"].times_us) == (old.SECONDS - 1) * 1_000_000
    assert channels["altitude"]["home_m"].tolist() == [30.0] * old.SECONDS
    mode = channels["mode"]
    assert set(mode["mode"]) == {"LOITER"}
    assert mode["armed"].tolist() == [False, True, False]
    assert np.ptp(mode.times_us[1:]) / 1e6 == pytest.approx(old.SECONDS - 1, abs=1.5)
    assert channels["battery"]["voltage_v"][0] == pytest.approx(16.2)
    assert channels["battery"]["current_a"][0] == pytest.approx(15.2)


@pytest.mark.parametrize(
    ("year", "begin"),
    [
        # GPS time was 16 s ahead of UTC from July 2012, 17 s from July 2015.
        ("2013 with week", "2013-08-19T03:46:24+00:00"),
        ("2014", "2014-10-20T03:46:24+00:00"),
        ("2015", "2015-08-31T03:46:23+00:00"),
    ],
)
def test_the_date_follows_from_gps_week_and_time_of_week(year: str, begin: str) -> None:
    assert begin_of(read(YEARS[year]())) == begin


def test_a_log_without_a_week_number_has_no_date() -> None:
    assert read(old.arducopter_2013(week=False)).series().clock == "boot"


def test_records_without_a_time_have_that_of_the_record_before() -> None:
    log = read(old.arducopter_2014())
    errors = log.first("ERR")
    assert errors is not None
    assert errors.times_us.tolist() == [130_000_000]
    assert log.texts()[0].time_us == 100_000_000
    exported = {table.name: table.read()[0] for table in log.export_tables(5)}
    assert exported["bin_EV"]["time_us"].tolist() == [101_000_005, 159_000_005]


@pytest.mark.parametrize(
    ("banner", "number", "mode"),
    [
        ("APM:Copter V3.3 (acf36df9)", 6, "RTL"),
        ("APM:Copter solo-1.5.3 (b9ac2a4e)", 6, "RTL"),
        ("Blimp V4.6.0 (5ea0d4c4)", 2, "VELOCITY"),
        ("ArduCopter V3.1.5 (3c57e771)", 8, "POSITION"),
        ("APM:Plane V3.8.0 (b1dd95dd)", 11, "RTL"),
        ("ArduPlane V3.0.1", 5, "FBWA"),
        ("ArduPlane V4.5.7 (0358a9c2)", 5, "FBWA"),
        ("APM:Rover v3.1.2 (d5f0b3ab)", 10, "AUTO"),
        ("ArduRover v2.44", 11, "RTL"),
        ("ArduSub V3.5.2 (ecd9e1d4)", 2, "ALT_HOLD"),
    ],
)
def test_the_banner_of_any_year_names_the_vehicle(banner: str, number: int, mode: str) -> None:
    found = read(old.ardupilot_2015(banner, mode=number)).series().channels["mode"]
    assert set(found["mode"]) == {mode}


def test_two_types_of_one_name_are_one_table_in_the_order_of_the_log() -> None:
    log = read(old.two_types_of_one_name())
    table = log.tables["TWO"]
    assert log.counts["TWO"] == 8
    assert table["TimeUS"].tolist() == list(range(8))
    assert table["V"].tolist() == [0.5, 0.0, 1.5, 1.0, 2.5, 2.0, 3.5, 3.0]
    assert table["Name"].tolist() == [b"first", b"second"] * 4
    np.testing.assert_array_equal(table["More"], [np.nan, 0, np.nan, 1, np.nan, 2, np.nan, 3])


def test_a_log_without_a_description_of_fmt_is_read() -> None:
    log = read(old.without_description_of_fmt())
    assert log.counts == {"FMT": 2, "PARM": 1}
    assert log.parameters == {"SYSID_THISMAV": 1.0}


def test_records_before_their_description_are_read() -> None:
    log = read(old.described_late())
    assert (log.counts, log.bad_bytes) == ({"FMT": 3, "MSG": 4, "ATT": 8}, 0)
    assert log.tables["ATT"]["Roll"].tolist() == list(range(8))


def test_the_text_of_a_log_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "2014-10-20 03-46.log"
    path.write_text("FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format\nMODE, Loiter, 500\n")
    with pytest.raises(LogUnreadable, match=r"text of a DataFlash log .*; use the \.bin file"):
        open_log(path)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "name",
    [
        *YEARS,
        "two types",
        "late",
        "no FMT",
        "timems_2014.bin",
        "fmt_late.bin",
        "gps_only.bin",
        "banner_old.bin",
        "six_cells.bin",
    ],
)
def test_an_anonymized_copy_holds_the_same_messages_and_no_place(
    tmp_path: Path, name: str, level: Level
) -> None:
    made: dict[str, Callable[[], bytes]] = {
        **YEARS,
        "two types": old.two_types_of_one_name,
        "late": old.described_late,
        "no FMT": old.without_description_of_fmt,
    }
    source = CASES / name
    if name in made:
        source = tmp_path / "source.bin"
        source.write_bytes(made[name]())
    done = anonymize_log(source, tmp_path / "copy.bin", level)
    before, after = open_log(source), open_log(tmp_path / "copy.bin")
    assert after.counts == before.counts
    assert (done.messages, done.kept) == (before.messages, before.messages)
    assert np.array_equal(times(after, "GPS"), times(before, "GPS"))
    for place in [*latitudes(before)][:10]:
        assert place.to_bytes(4, "little") not in (tmp_path / "copy.bin").read_bytes()


def times(log: Log, name: str) -> Any:
    rows = log.first(name)
    return None if rows is None else rows.times_us


def latitudes(log: Log) -> set[int]:
    """Latitudes in the log's GPS records, in 1e-7 degrees."""
    rows = log.first("GPS")
    return set() if rows is None else {round(value * 1e7) for value in rows["Lat"].tolist()}
