"""SQL over all flights: right results, SELECT only, and tables that are renewed with their logs."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.logs.query import parquet_tables
from controller.logs.query.parquet_tables import VERSION, ColumnsError, ensure_tables, existing_tables
from controller.logs.query.sql import FlightQueries, QueryError
from controller.wire import dialect
from tests.support.data_folders import CASES
from tests.support.logs.logged_flights import START_US, flight_frames, write_flight
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

FIRST, SECOND = "20260517T064000Z-copter-1", "20260518T064000Z-copter-2"


def two(flights: Path) -> None:
    write_flight(flights, FIRST, roll=0.1)
    write_flight(flights, SECOND, roll=0.4, seconds=30, warnings=1)


def run(flights: Path, sql: str) -> list[tuple[Any, ...]]:
    return list(FlightQueries(flights).run(sql).rows)


def test_a_message_can_be_asked_for_over_all_flights(tmp_path: Path) -> None:
    two(tmp_path)
    result = FlightQueries(tmp_path).run(
        "SELECT flight, count(*) AS n, round(max(roll), 3) AS roll FROM ATTITUDE GROUP BY flight ORDER BY flight"
    )
    assert result.columns == ["flight", "n", "roll"]
    assert list(result.rows) == [(FIRST, 20, pytest.approx(0.1)), (SECOND, 30, pytest.approx(0.4))]
    assert result.problems == []


def test_times_are_timestamps_and_arrays_are_lists(tmp_path: Path) -> None:
    two(tmp_path)
    question = f"""
        SELECT utc::VARCHAR, time_us, voltages[1], frame_system FROM battery_status
        WHERE flight = '{FIRST}' ORDER BY utc LIMIT 1
    """
    assert run(tmp_path, question) == [("2026-05-17 06:40:00", START_US, 15000, 1)]


def test_the_catalogue_joins_with_messages_events_and_parameters(tmp_path: Path) -> None:
    two(tmp_path)
    question = """
        SELECT f.flight, f.duration_s, count(e.kind), any_value(p.value)
        FROM flights f JOIN events e USING (flight) JOIN params p USING (flight)
        WHERE p.name = 'WPNAV_SPEED' AND e.kind = 'warning' GROUP BY ALL
    """
    assert run(tmp_path, question) == [(SECOND, 30.0, 1, 500.0)]
    texts = "SELECT DISTINCT text, severity FROM STATUSTEXT"
    assert run(tmp_path, texts) == [("Battery 0 low", 4)]


def test_series_and_on_board_logs_are_there_beside_the_telemetry(tmp_path: Path) -> None:
    two(tmp_path)
    (tmp_path / FIRST / "00000017.BIN").write_bytes(dataflash_sample())
    (tmp_path / FIRST / "log.ulg").write_bytes(ulog_sample())
    rows = run(tmp_path, "SELECT log, max(home_m) FROM series_altitude GROUP BY log ORDER BY log")
    assert rows == [("00000017.BIN", 20.0), ("frames.tlog", 20.0), ("log.ulg", pytest.approx(20.0))]
    assert run(tmp_path, "SELECT time_us, Roll FROM bin_ATT") == [(START_US + 1_000_000, 10.0)]
    assert run(tmp_path, "SELECT instance, voltage_v FROM ulg_battery_status") == [(0, pytest.approx(15.2))]
    assert run(tmp_path, "SELECT mode FROM series_mode WHERE log = 'log.ulg' ORDER BY time_us") == [
        ("LOITER",),
        ("MISSION",),
    ]


def test_tables_are_counted(tmp_path: Path) -> None:
    two(tmp_path)
    tables = FlightQueries(tmp_path).tables()
    assert (tables["ATTITUDE"], tables["HEARTBEAT"], tables["flights"], tables["params"]) == (50, 100, 2, 4)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM ATITUDE", "perhaps ATTITUDE"),
        ("SELECT * FROM zzz", "logs sql --tables names them all"),
        ("SELECT rol FROM ATTITUDE", 'column "rol" not found'),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "cannot run 2 statements at once"),
        ("", "cannot run 0 statements at once"),
        ("DROP TABLE flights", "cannot run DROP"),
        ("COPY (SELECT 1) TO 'out.csv'", "cannot run COPY"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'out.csv'", "cannot run EXPLAIN"),
        ("INSTALL httpfs", "cannot run LOAD"),
        ("SET enable_external_access = true", "cannot run SET"),
        ("ATTACH 'x.db'", "cannot run ATTACH"),
        ("WITH t AS (COPY (SELECT 1) TO 'out.csv') SELECT * FROM t", "Error"),
        ("SELECT * FROM read_text('{flight}/events.jsonl')", "Permission Error"),
        ("WITH t AS (COPY (SELECT 1) TO '{flight}/frames.tlog') SELECT * FROM t", "Error"),
        ("SELECT * FROM 'https://example.invalid/a.parquet'", "Permission Error"),
    ],
)
def test_an_invalid_query_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, why: str
) -> None:
    flights = tmp_path / "flights"
    flight = write_flight(flights, FIRST, seconds=4)
    frames = (flight / "frames.tlog").read_bytes()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError) as raised:
        run(flights, sql.replace("{flight}", str(flight)))
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (flight / "frames.tlog").read_bytes() == frames
    assert [path.name for path in tmp_path.iterdir()] == ["flights"]


def test_columns_follow_their_logs_and_are_made_once(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST)
    steps: list[tuple[str, int, int]] = []

    def count() -> int:
        queries = FlightQueries(tmp_path, progress=lambda *step: steps.append(step))
        return int(next(queries.run("SELECT count(*) FROM ATTITUDE").rows)[0])

    assert (count(), count()) == (20, 20)
    assert steps == [("reading logs", 0, 1), ("reading logs", 1, 1)]
    (flight / "frames.tlog").write_bytes(flight_frames(seconds=25))
    assert count() == 25
    shutil.rmtree(flight / "columns")
    assert count() == 25
    assert len(steps) == 6
    assert [path.name for path in flight.iterdir() if path.name.startswith("columns")] == ["columns"]


def test_messages_of_all_aircraft_are_there_and_the_series_is_of_the_first(tmp_path: Path) -> None:
    (tmp_path / FIRST).mkdir()
    shutil.copy(CASES / "two_aircraft.tlog", tmp_path / FIRST / "frames.tlog")
    each = "SELECT frame_system, count(*) FROM GLOBAL_POSITION_INT GROUP BY 1 ORDER BY 1"
    assert run(tmp_path, each) == [(1, 60), (2, 60)]
    assert run(tmp_path, "SELECT count(*) FROM series_position") == [(60,)]
    assert run(tmp_path, each) == [(1, 60), (2, 60)]


def written(flight: Path) -> set[str]:
    """Names in the folder of columns, of the folder itself included if it has another name."""
    return {path.name for path in (flight / "columns").iterdir()}


def test_a_query_writes_only_the_tables_that_it_names(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST)
    assert run(tmp_path, "SELECT count(*) FROM ATTITUDE") == [(20,)]
    assert written(flight) == {"tables.json", "ATTITUDE.parquet"}
    assert FlightQueries(tmp_path).tables()["series_battery"] == 20
    assert written(flight) == {"tables.json", "ATTITUDE.parquet"}
    question = "SELECT count(*) FROM attitude JOIN series_battery USING (time_us)"
    assert run(tmp_path, question) == [(20,)]
    assert written(flight) == {"tables.json", "ATTITUDE.parquet", "series_battery.parquet"}


def test_a_table_that_a_killed_process_began_is_written_whole(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST)
    run(tmp_path, "SELECT count(*) FROM ATTITUDE")
    for folder in (flight, flight / "columns"):
        left = folder / "columns.old"
        left.mkdir()
        (left / "GPS_RAW_INT.parquet").write_bytes(b"PAR1")
        os.utime(left, (0, 0))
    assert run(tmp_path, "SELECT count(*) FROM GPS_RAW_INT") == [(20,)]
    assert written(flight) == {"tables.json", "ATTITUDE.parquet", "GPS_RAW_INT.parquet"}
    (flight / "frames.tlog").write_bytes(flight_frames(seconds=25))
    assert run(tmp_path, "SELECT count(*) FROM GPS_RAW_INT") == [(25,)]
    assert written(flight) == {"tables.json", "GPS_RAW_INT.parquet"}
    assert [path.name for path in flight.iterdir() if path.name.startswith("columns")] == ["columns"]


def test_several_may_add_different_tables_at_once(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST, seconds=4)
    names = ["attitude", "gps_raw_int", "series_battery", "events"]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda name: ensure_tables(flight, {name}), names):
            assert found.tables["ATTITUDE"] == 4
    assert ensure_tables(flight, names).complete(names)
    assert len(written(flight)) == 5


def test_rows_of_a_log_that_changed_meanwhile_are_not_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flight gets more frames, and another process writes it again, while a table is being written."""
    flight = write_flight(tmp_path, FIRST, seconds=4)
    ensure_tables(flight, {"heartbeat"})
    real, done = parquet_tables.tables_of, []

    def disturbed(source: Path, **options: Any) -> Any:
        parts = list(real(source, **options))
        if not done:
            done.append(True)
            (flight / "frames.tlog").write_bytes(flight_frames(seconds=9))
            ensure_tables(flight, {"heartbeat"})
        return parts

    monkeypatch.setattr(parquet_tables, "tables_of", disturbed)
    ensure_tables(flight, {"attitude"})
    assert run(tmp_path, "SELECT count(*) FROM ATTITUDE") == [(9,)]


def test_a_table_whose_columns_change_within_a_folder_is_one(tmp_path: Path) -> None:
    from tests.support.logs.onboard_logs import DataFlashWriter

    flight = write_flight(tmp_path, FIRST, seconds=4)
    for name, letters, code, value in (("a.bin", "Qf", "Qf", 1.5), ("b.bin", "QN", "Q16s", b"text")):
        log = DataFlashWriter()
        log.define("TWO", 30, letters, "TimeUS,V", code)
        log.write("TWO", 1, value)
        (flight / name).write_bytes(bytes(log.data))
    assert run(tmp_path, "SELECT V FROM bin_TWO ORDER BY V") == [("1.5",), ("text",)]
    assert written(flight) == {"tables.json", "bin_TWO.parquet", "bin_TWO~2.parquet"}


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", json.dumps({"version": VERSION}), json.dumps({"version": -1})]
)
def test_columns_with_a_spoilt_list_are_made_anew(tmp_path: Path, manifest: str) -> None:
    flight = write_flight(tmp_path, FIRST, seconds=4)
    ensure_tables(flight)
    (flight / "columns" / "tables.json").write_text(manifest)
    assert existing_tables(flight) is None
    assert ensure_tables(flight).tables["ATTITUDE"] == 4


def test_columns_of_an_older_layout_are_made_anew(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST, seconds=4)
    ensure_tables(flight)
    manifest = flight / "columns" / "tables.json"
    older = json.loads(manifest.read_text()) | {"version": VERSION - 1}
    manifest.write_text(json.dumps(older))
    assert existing_tables(flight) is None


def test_several_may_make_the_same_columns_at_once(tmp_path: Path) -> None:
    flight = write_flight(tmp_path, FIRST, seconds=4)
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(ensure_tables, [flight] * 4))
        assert {files.tables["ATTITUDE"] for files in written} == {4}
        assert [path.name for path in flight.iterdir() if path.name.startswith("columns")] == ["columns"]
        assert run(tmp_path, "SELECT count(*) FROM ATTITUDE") == [(4,)]
        (flight / "columns" / "tables.json").write_text("{}")


@pytest.mark.parametrize("moment", [2, 3])
def test_columns_that_come_or_go_while_older_ones_are_replaced_are_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """At the second rename another process has removed the old folder, at the third it has put its own there."""
    flight = write_flight(tmp_path, FIRST, seconds=4)
    target = ensure_tables(flight).folder
    (target / "tables.json").write_text("{}")
    real = Path.rename
    count = 0

    def disturbed(self: Path, to: Path) -> Path:
        nonlocal count
        count += 1
        if count == moment == 2:
            shutil.rmtree(target)
        elif count == moment == 3:
            target.mkdir()
            (target / "tables.json").write_text("{}")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", disturbed)
    assert ensure_tables(flight).tables["ATTITUDE"] == 4
    assert existing_tables(flight) is not None
    assert [path.name for path in flight.iterdir() if path.name.startswith("columns")] == ["columns"]


def test_a_flight_whose_columns_cannot_be_written_is_named_and_the_others_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(tmp_path)
    make = tempfile.mkdtemp

    def refused(prefix: str, dir: Path) -> str:  # noqa: A002 - the name of mkdtemp's own
        if dir.name == FIRST:
            raise PermissionError(13, "Permission denied")
        return make(prefix=prefix, dir=dir)

    # Permissions do not stop an administrator, and not on every system.
    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    with pytest.raises(ColumnsError, match=f"{FIRST}.*Permission denied"):
        ensure_tables(tmp_path / FIRST)
    result = FlightQueries(tmp_path).run("SELECT DISTINCT flight FROM ATTITUDE")
    assert list(result.rows) == [(SECOND,)]
    assert len(result.problems) == 1
    assert FIRST in result.problems[0]


def test_a_log_that_cannot_be_read_is_named_and_the_others_answer(tmp_path: Path) -> None:
    two(tmp_path)
    (tmp_path / FIRST / "frames.tlog").write_bytes(b"\0" * 100)
    result = FlightQueries(tmp_path).run("SELECT DISTINCT flight FROM ATTITUDE")
    assert list(result.rows) == [(SECOND,)]
    assert any(FIRST in problem and "no message" in problem for problem in result.problems)
    assert run(tmp_path, f"SELECT count(*) FROM events WHERE flight = '{FIRST}'") == [(4,)]


def test_a_message_that_grew_a_field_is_one_table_with_the_older_rows_empty(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    two(tmp_path)
    run(tmp_path, "SELECT 1 FROM ATTITUDE")
    path = tmp_path / FIRST / "columns" / "ATTITUDE.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("added", pa.array([1.5] * table.num_rows)), path)
    rows = run(tmp_path, "SELECT flight, max(added), count(*) FROM ATTITUDE GROUP BY 1 ORDER BY 1")
    assert rows == [(FIRST, 1.5, 20), (SECOND, None, 30)]


def test_a_flight_folder_with_a_quote_in_its_name_is_only_a_name(tmp_path: Path) -> None:
    write_flight(tmp_path, "it's a flight", seconds=4)
    assert run(tmp_path, "SELECT DISTINCT flight FROM ATTITUDE") == [("it's a flight",)]


def test_no_field_of_any_message_has_the_name_of_a_column_of_ours() -> None:
    ours = {"flight", "utc", "time_us", "frame_system", "frame_component", "frame_seq", "landline_file"}
    for name in dialect.message_names():
        labels = [field.name.lower() for field in dialect.by_name(name).fields]
        assert not ours & set(labels)
        assert len(labels) == len(set(labels))


def test_labels_that_differ_in_case_only_are_numbered(tmp_path: Path) -> None:
    from tests.support.logs.onboard_logs import DataFlashWriter

    flight = write_flight(tmp_path, FIRST, seconds=4)
    log = DataFlashWriter()
    log.define("TWO", 30, "Qff", "TimeUS,p,P", "Qff")
    log.write("TWO", 1, 1.0, 2.0)
    (flight / "a.bin").write_bytes(bytes(log.data) + struct.pack("<B", 0))
    assert run(tmp_path, "SELECT p, P_2 FROM bin_TWO") == [(1.0, 2.0)]
