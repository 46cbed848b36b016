"""Commands that query and export: their text and JSON output, and their errors."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.logs.flights.store import ARCHIVE
from tests.support.logs.logged_flights import LAT, LON, write_flight

FIRST, SECOND = "20260517T064000Z-copter-1", "20260518T064000Z-copter-2"


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    write_flight(tmp_path / "flights", FIRST)
    write_flight(tmp_path / "flights", SECOND, warnings=3, roll=0.4, lat_deg=LAT + 1)
    return tmp_path / "flights"


class CommandResult:
    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        capsys.readouterr()
        self.code = main(["logs", *map(str, arguments)])
        self.out, self.err = capsys.readouterr()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def test_flights_are_listed_by_condition_and_by_place(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = CommandResult(capsys, "ls", "--flights", flights, "--json").events
    assert [Path(event["flight"]).name for event in every[:-1]] == [FIRST, SECOND]
    assert every[0]["systems"] == [[1, 1], [255, 190]]
    assert every[0]["modes"] == ["STABILIZE", "AUTO"]
    assert every[-1] == {"event": "summary", "flights": 2, "folder": str(flights), "encrypted": 0}
    warned = CommandResult(capsys, "ls", "--flights", flights, "--where", "warnings > 2")
    assert [line.split()[0] for line in warned.out.splitlines()] == ["flight", SECOND]
    assert "3 of Landline, 1 of the aircraft  completed" in warned.out
    near = CommandResult(capsys, "ls", "--flights", flights, "--near", f"{LAT},{LON}")
    assert [line.split()[0] for line in near.out.splitlines()] == ["flight", FIRST]
    none = CommandResult(capsys, "ls", "--flights", flights, "--where", "frames = 0")
    assert (none.code, none.out, "no matching flights" in none.err) == (0, "", True)


def test_flights_are_listed_under_a_header_in_the_order_in_which_they_were_flown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flights = tmp_path / "flights"
    write_flight(flights, SECOND)
    simulated = write_flight(flights, "20260601T100000Z-quad")
    events = (simulated / "events.jsonl").read_text(encoding="utf-8")
    events = events.replace('"kind": "start"', '"kind": "start", "seed": 7', 1)
    (simulated / "events.jsonl").write_text(events, encoding="utf-8")
    # Its chain keeps the name under which a renamed flight was recorded; another one has its first event.
    recorded = write_flight(flights, "a name of its own")
    (recorded / "chain.jsonl").write_text('{"flight":"20260602T100000Z-quad"}\n', encoding="ascii")
    write_flight(flights, "zoo")
    listed = CommandResult(capsys, "ls", "--flights", flights).out.splitlines()
    assert listed[0].split() == [
        *("flight", "flown", "(UTC)", "min:s", "latitude", "longitude", "highest", "distance"),
        *("warnings", "outcome"),
    ]
    names = ["zoo", SECOND, "20260601T100000Z-quad", "a name of its own"]
    assert [line[: len(name)] for line, name in zip(listed[1:], names, strict=True)] == names
    assert "2026-06-01 10:00" in listed[3]
    assert listed[3].endswith("completed, simulated (2026-05-17 06:40)")
    assert "1 of the aircraft" in listed[2]
    rows = CommandResult(capsys, "ls", "--flights", flights, "--json").events
    assert [(row["flown_utc"], row["simulated"]) for row in rows[:-1]] == [
        ("2026-05-17T06:40:00Z", 0),
        (f"{SECOND[:4]}-{SECOND[4:6]}-{SECOND[6:8]}T{SECOND[9:11]}:{SECOND[11:13]}:{SECOND[13:15]}Z", 0),
        ("2026-06-01T10:00:00Z", 1),
        ("2026-06-02T10:00:00Z", 0),
    ]
    shown = CommandResult(capsys, "show", "last", "--flights", flights, "--json").events[-1]
    assert shown["flight"].endswith("a name of its own")


def test_an_encrypted_flight_is_listed_by_name_and_matches_no_condition(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encrypted = flights / "20260517T120000Z-plane-9"
    encrypted.mkdir()
    (encrypted / ARCHIVE).write_bytes(b"age")
    every = CommandResult(capsys, "ls", "--flights", flights)
    assert [line.split()[:2] for line in every.out.splitlines()][2] == [encrypted.name, "encrypted"]
    assert [line.split()[0] for line in every.out.splitlines()] == ["flight", FIRST, encrypted.name, SECOND]
    events = CommandResult(capsys, "ls", "--flights", flights, "--json").events
    assert [(event["flight"], event["encrypted"]) for event in events[:-1]] == [
        (str(flights / FIRST), False),
        (str(encrypted), True),
        (str(flights / SECOND), False),
    ]
    asked = CommandResult(capsys, "ls", "--flights", flights, "--where", "frames > 0")
    assert (encrypted.name in asked.out, "1 encrypted flight not searched" in asked.err) == (False, True)


def test_a_query_result_is_a_table_or_objects_or_csv(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = (
        "SELECT flight, round(max(roll)::DOUBLE, 2) AS most, NULL AS n FROM ATTITUDE GROUP BY 1 ORDER BY 1"
    )
    table = CommandResult(capsys, "sql", question, "--flights", flights)
    assert [line.split() for line in table.out.splitlines()] == [
        ["flight", "most", "n"],
        [FIRST, "0.1"],
        [SECOND, "0.4"],
    ]
    assert "2 rows" in table.err
    objects = CommandResult(capsys, "sql", question, "--flights", flights, "--json").events
    assert objects[0] == {"event": "row", "row": {"flight": FIRST, "most": 0.1, "n": None}}
    assert (objects[-1]["rows"], objects[-1]["columns"]) == (2, ["flight", "most", "n"])
    as_csv = CommandResult(capsys, "sql", question, "--flights", flights, "--csv").out
    assert list(csv.reader(io.StringIO(as_csv)))[2] == [SECOND, "0.4", ""]


def test_a_long_result_keeps_its_column_widths(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = CommandResult(
        capsys, "sql", "SELECT range AS n FROM range(1200)", "--flights", flights
    ).out.splitlines()
    assert (len(lines), lines[0], lines[1], lines[1200].strip()) == (1201, "n", "  0", "1199")


def test_the_tables_are_listed(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = CommandResult(capsys, "sql", "--tables", "--flights", flights, "--json").events
    assert listed[-1]["tables"]["ATTITUDE"] == 40
    assert "           40  ATTITUDE" in CommandResult(capsys, "sql", "--tables", "--flights", flights).out


def test_a_flight_is_exported_by_name_and_a_log_by_path(
    flights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CommandResult(capsys, "export", "last", "--as", "kml", "--flights", flights, "--json")
    assert ran.events == [
        {
            "event": "summary",
            "file": f"{SECOND}.kml",
            "format": "kml",
            "files": 1,
            "rows": 20,
            "problems": [],
            "notes": [],
        }
    ]
    assert (tmp_path / f"{SECOND}.kml").is_file()
    frames = flights / FIRST / "frames.tlog"
    span = ["--from", "2026-05-17T06:40:05Z", "--to", "2026-05-17T06:40:09Z"]
    cut = CommandResult(capsys, "export", frames, "--out", "a.csv", "--table", "attitude", *span)
    assert cut.out == "a.csv: 5 rows\n"
    CommandResult(capsys, "export", FIRST, "--as", "parquet", "--flights", flights)
    assert (tmp_path / f"{FIRST}-parquet" / "ATTITUDE.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["sql", "DROP TABLE flights"], "cannot run DROP"),
        (["sql"], "cannot query: no SQL given"),
        (["ls", "--where", "height > 3"], "no such column: height"),
        (["ls", "--near", "here"], "invalid place 'here'"),
        (["export", FIRST], "cannot export: no format given"),
        (["export", FIRST, "--as", "xls"], "invalid format 'xls'"),
        (["export", FIRST, "--as", "csv", "--proof"], "cannot use --as or --table with --proof"),
        (["export", FIRST, "--as", "csv", "--from", "2026-11-26"], "no data in the time span"),
        (
            ["export", FIRST, "--proof", "--to", "2026-05-17T06:00Z"],
            "from 2026-05-17T06:40:00Z to 2026-05-17T06:40:20Z",
        ),
        (["export", "missing.ulg", "--as", "kml"], "missing.ulg: cannot read log: no such file"),
        (["report", FIRST, "--out", "."], "--out .: cannot write the report: this is a folder"),
        (["report", "missing.bin"], "missing.bin: cannot read log: no such file"),
        (["review", "missing.tlog"], "missing.tlog: cannot read log: no such file"),
        (["review", os.devnull], "cannot read log: not a file"),
        (["sql", "SELECT 1 FROM ATTITUD"], "unknown table 'ATTITUD' (your input); perhaps ATTITUDE"),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(
    flights: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    ran = CommandResult(capsys, *arguments, "--flights", flights)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ["ls"],
        ["sql", "SELECT 1 FROM ATTITUDE"],
        ["verify", "--all"],
        ["erase", "--keep-days", "1", "--yes"],
        ["encrypt", "last", "--to", "age1"],
        ["decrypt", "last"],
        ["merge-box", "last", "--from", "card"],
    ],
    ids=lambda command: command[0],
)
def test_an_invalid_flights_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    for flights, why in (
        (file, "cannot read flights: not a folder"),
        (tmp_path / "gone", "cannot read flights: no such folder"),
    ):
        ran = CommandResult(capsys, *command, "--flights", flights)
        assert (ran.code, ran.out, why in ran.err) == (2, "", True)
    empty = CommandResult(capsys, "sql", "SELECT 1 FROM ATTITUDE", "--flights", tmp_path)
    assert "unknown table 'ATTITUDE' (your input); there are no flights in" in empty.err


def test_a_simulated_flights_time_span_is_given_by_its_own_clock(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = flights / FIRST / "events.jsonl"
    events.write_text(events.read_text().replace('"vehicle": "copter-1"', '"vehicle": "copter-1", "seed": 7'))
    ran = CommandResult(capsys, "export", FIRST, "--as", "kml", "--from", "2026-11-26", "--flights", flights)
    assert "by the simulation's clock" in ran.err


def test_an_empty_log_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.tlog").touch()
    ran = CommandResult(capsys, "export", tmp_path / "empty.tlog", "--as", "kml")
    assert (ran.code, ran.err.count("your input")) == (2, 1)


def test_anonymize_lists_files_not_copied_and_refuses_an_empty_folder(
    flights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "public"
    ran = CommandResult(capsys, "anonymize", flights / FIRST, "--out", out, "--json")
    assert ran.events[-1]["others"] == ["events.jsonl", "params.json"]
    assert "not copied: events.jsonl, params.json" in ran.err
    assert [path.name for path in out.iterdir()] == ["frames.tlog"]
    (tmp_path / "nothing").mkdir()
    nothing = CommandResult(capsys, "anonymize", tmp_path / "nothing")
    assert (nothing.code, "no photos or logs" in nothing.err) == (2, True)


def test_the_newest_flight_is_anonymized_as_last(
    flights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(flights.parent))
    monkeypatch.chdir(tmp_path)
    ran = CommandResult(capsys, "anonymize", "last", "--out", tmp_path / "public")
    assert ran.code == 0, ran.err
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["frames.tlog"]


def test_events_are_shown_without_the_notation_of_python(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (flights / FIRST / "events.jsonl").open("a") as events:
        events.write(
            '{"t_s": 9.0, "kind": "check", "ok": false, "reasons": ["no GPS fix", "no home"], "at": {}}\n'
        )
    shown = CommandResult(capsys, "show", FIRST, "--flights", flights).out
    assert "ok=no  reasons=no GPS fix, no home  at=none" in shown


def test_an_unknown_column_is_answered_with_near_ones(
    flights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = CommandResult(capsys, "sql", "SELECT flihgt FROM flights", "--flights", flights)
    assert (ran.code, "flihgt" in ran.err, "flight" in ran.err.partition("perhaps")[2]) == (2, True, True)
