"""QGroundControl's CSV telemetry: series, tables, review, report and export as for any log, and errors of one line."""

from __future__ import annotations

import math
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.export.export import export
from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.chunked import in_chunks, summarize
from controller.logs.formats.qgc_csv.format import FORMAT
from controller.logs.formats.read import open_log, read_bytes
from controller.logs.formats.registry import format_of, format_of_file
from controller.logs.privacy.anonymize_log import anonymize_log
from controller.logs.query.sql import FlightQueries
from controller.logs.report.report import write_report
from controller.logs.review.findings import review
from controller.logs.series.read import read_series
from tests.support.cli import landline_here
from tests.support.logs.logged_flights import write_flight

SAMPLE = Path(__file__).parents[4] / "vectors/logs/qgc_telemetry.csv"
WHOLE = SAMPLE.read_bytes()
HEADER, *LINES = WHOLE.splitlines(keepends=True)


def write(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(parts))
    return path


def test_a_csv_log_is_recognized_by_its_columns_and_no_other_csv_is() -> None:
    assert format_of(memoryview(WHOLE)) is FORMAT
    assert format_of_file(SAMPLE) is FORMAT
    for other in (b"", b"Timestamp,", b"Timestamp,a,b\n1,2,3\n", b"utc_us,lat_deg\n", WHOLE[1:]):
        assert not FORMAT.recognizes(memoryview(other))


def test_another_csv_beside_photos_or_in_a_flight_is_no_log(tmp_path: Path) -> None:
    assert format_of_file(write(tmp_path / "truth.csv", b"utc_us,lat_deg\n")) is None


def test_the_series_have_the_names_and_units_of_every_log() -> None:
    view = read_series(SAMPLE)
    assert set(view.channels) == {"position", "altitude", "speed", "airspeed", "attitude", "battery", "gps"}
    assert view.clock == "utc"
    row = {
        name: {column: values[20] for column, values in view.channels[name].items()} for name in view.channels
    }
    assert view.channels["position"].times_us[20] == 1_779_007_220_157_000
    assert row["position"]["lat_deg"] == pytest.approx(47.3977 + 50 / 111_194.9, abs=1e-6)
    assert (row["altitude"]["home_m"], row["altitude"]["msl_m"]) == (20.0, 508.0)
    assert (row["speed"]["ground_m_s"], row["speed"]["climb_m_s"]) == (5.0, 0.0)
    assert row["attitude"]["yaw_rad"] == pytest.approx(math.radians(-1.0))
    assert row["battery"]["used_ah"] == pytest.approx(0.1)
    assert row["battery"]["left_share"] == pytest.approx(0.9)
    assert (row["gps"]["fix"], row["gps"]["satellites"], row["gps"]["hdop"]) == (3.0, 14.0, 0.8)
    assert math.isnan(row["airspeed"]["air_m_s"])


def test_missing_columns_and_assumptions_are_listed_as_problems() -> None:
    log = open_log(SAMPLE)
    assert any("time zone" in line for line in log.problems)
    assert any("flight modes" in line for line in log.problems)
    fewer = read_bytes(memoryview(b"Timestamp,altitudeRelative,x\n2026-05-17 08:40:00.000,1.0,2\n"), SAMPLE)
    assert "no column for position, speed, attitude, battery, gps" in fewer.problems
    assert set(fewer.series().channels) == {"altitude"}


def test_columns_without_numbers_are_texts() -> None:
    table = open_log(SAMPLE).tables["telemetry"]
    assert table["clock.currentTime"][3] == "08:40:03"
    assert table["roll"].dtype == np.float64


def test_the_command_line_decodes_reviews_and_reports_it(tmp_path: Path) -> None:
    found = landline_here("logs", "decode", str(SAMPLE), "--json", home=tmp_path)
    assert found.code == 0
    assert found.summary["format"] == "qgc-csv"
    assert found.summary["types"] == {"telemetry": len(LINES)}
    assert landline_here("logs", "review", str(SAMPLE), home=tmp_path).code == 0
    assert (
        landline_here("logs", "report", str(SAMPLE), "--out", str(tmp_path / "a.html"), home=tmp_path).code
        == 0
    )
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "CSV telemetry log" in page
    assert "above home" in page


def test_the_review_compares_the_battery_and_the_gps() -> None:
    found = review(open_log(SAMPLE))
    assert {"battery sag", "gps satellites", "gps hdop"} <= set(found.judged)
    assert "failsafe" not in found.judged


@pytest.mark.parametrize("form", ["csv", "parquet", "kml", "geojson", "mcap"])
def test_it_is_exported(tmp_path: Path, form: str) -> None:
    written = export(SAMPLE, form, tmp_path / "out")
    assert written.rows > 0
    assert written.target.exists()


def test_it_is_asked_in_sql_beside_a_flight(tmp_path: Path) -> None:
    folder = write_flight(tmp_path)
    shutil.copy(SAMPLE, folder / "2026-05-17 08-40-00 vehicle1.csv")
    rows = list(FlightQueries(tmp_path).run('SELECT count(*), max("gps.count") FROM csv_telemetry').rows)
    assert rows == [(len(LINES), 14.0)]


@pytest.mark.parametrize("chunk_bytes", [400, 3000])
def test_chunks_of_any_size_are_the_whole(tmp_path: Path, chunk_bytes: int) -> None:
    path = write(tmp_path / "a.csv", HEADER, *LINES[:20], b"broken line\n", *LINES[20:])
    logs = list(in_chunks(path, chunk_bytes=chunk_bytes))
    assert len(logs) > 2
    joined = np.concatenate([log.tables["telemetry"]["gps.lat"] for log in logs if log.messages])
    assert joined.tolist() == open_log(path).tables["telemetry"]["gps.lat"].tolist()
    counted = summarize(path, chunk_bytes=chunk_bytes)
    assert (counted.messages, counted.size_bytes) == (len(LINES), path.stat().st_size)
    assert (counted.bad_bytes, counted.lost.places) == (12, 1)


@pytest.mark.parametrize("level", ["shift", "position", "identity"])
@pytest.mark.parametrize("chunk_bytes", [600, 1_000_000])
def test_an_anonymized_copy_has_no_place(tmp_path: Path, level: Any, chunk_bytes: int) -> None:
    done = anonymize_log(SAMPLE, tmp_path / "b.csv", level, chunk_bytes=chunk_bytes)
    copy = done.path.read_text(encoding="utf-8")
    assert done.kept == done.messages == len(LINES)
    assert "47.39" not in copy
    assert "32TMT" not in copy
    assert ("0012:34:56" in copy) == (level != "identity")
    assert ("position" in read_series(done.path).channels) == (level == "shift")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((), "no message of any log format"),
        ((b"2026-05-17 08:40:00.000,1,2\n",), "no message of any log format"),
        ((HEADER,), "no line of telemetry follows"),
        ((HEADER, b"noise\n" * 50), "no line of telemetry follows"),
        ((HEADER, LINES[0][:-20]), "no line of telemetry follows"),
        ((HEADER[:-1],), "no line of telemetry follows"),
    ],
)
def test_a_file_without_telemetry_is_refused_in_one_line(
    tmp_path: Path, parts: tuple[bytes, ...], problem: str
) -> None:
    path = write(tmp_path / "a.csv", *parts)
    with pytest.raises(LogUnreadable, match=problem):
        open_log(path)
    found = landline_here("logs", "review", str(path), home=tmp_path)
    assert found.code == 2
    assert problem in found.err
    assert found.err.count("\n") == 1


def test_a_truncated_last_line_and_wrong_numbers_cost_only_themselves(tmp_path: Path) -> None:
    wrong = LINES[5].replace(b",14,", b",fourteen,")
    log = open_log(write(tmp_path / "a.csv", HEADER, *LINES[:5], wrong, LINES[6], LINES[7][:-9]))
    assert log.messages == 7
    assert log.lost.only_truncated
    assert any(line.startswith("gps.count: values that are no numbers") for line in log.problems)
    counts = log.tables["telemetry"]["gps.count"]
    assert np.isnan(counts[5])
    assert counts[6] == 14.0


def test_a_line_without_end_is_skipped(tmp_path: Path) -> None:
    log = open_log(write(tmp_path / "a.csv", HEADER, LINES[0], b"x" * 9_000_000 + b"\n", LINES[1]))
    assert log.messages == 2
    assert log.bad_bytes == 9_000_001


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_csv_log_is_read_or_refused(tmp_path_factory: Any, data: st.DataObject) -> None:
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        put = data.draw(
            st.one_of(st.binary(max_size=30), st.sampled_from([b",", b"\n", b"nan", b"1e999", b"--.--"]))
        )
        raw[at : at + data.draw(st.integers(0, 300))] = put
    log = write(tmp_path_factory.mktemp("damaged") / "a.csv", bytes(raw))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            review(open_log(log))
            summarize(log, chunk_bytes=data.draw(st.integers(200, 5000)))
            write_report(log, log.with_suffix(".html"))
        except UserError:
            return
