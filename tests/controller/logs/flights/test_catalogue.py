"""Catalogue: correct rows, updated from the folders, rebuilt without loss, shared by processes."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from controller.logs.flights import catalogue_facts
from controller.logs.flights.catalogue import (
    FILE,
    Catalogue,
    CatalogueError,
    CatalogueRow,
    read_catalogue_row,
)
from tests.support.cli import ROOT
from tests.support.logs.logged_flights import LAT, LON, METRE_DEG, write_flight

FIRST, SECOND, THIRD = (f"2026051{n}T064000Z-copter-{n}" for n in (7, 8, 9))


def three(flights: Path) -> None:
    write_flight(flights, FIRST)
    write_flight(flights, SECOND, seconds=30, warnings=2, outcome="aborted")
    write_flight(flights, THIRD, lat_deg=LAT + 5000 * METRE_DEG, seconds=10)


def listed(flights: Path, where: str = "", near: tuple[float, float, float] | None = None) -> list[str]:
    with Catalogue(flights) as catalogue:
        catalogue.refresh()
        return [flight.flight for flight in catalogue.find(where, near=near)]


def test_a_catalogue_row_holds_the_facts_of_a_flight(tmp_path: Path) -> None:
    write_flight(tmp_path, FIRST, warnings=2, alarms=2)
    with Catalogue(tmp_path) as catalogue:
        assert catalogue.refresh() == 1
        (row,) = catalogue.find()
    frames = tmp_path / FIRST / "frames.tlog"
    assert row == CatalogueRow(
        flight=FIRST,
        flown_utc=f"{FIRST[:4]}-{FIRST[4:6]}-{FIRST[6:8]}T{FIRST[9:11]}:{FIRST[11:13]}:{FIRST[13:15]}Z",
        started_utc="2026-05-17T06:40:00.000000Z",
        simulated=0,
        aircraft="copter-7",
        firmware="ArduPilot copter 1 4.7.0",
        lat_deg=LAT,
        lon_deg=LON,
        duration_s=20.0,
        armed_s=15.0,
        flight_time_s=None,
        wall_time_s=None,
        modes="STABILIZE,AUTO",
        warnings=2,
        aircraft_warnings=2,
        max_alt_m=20.0,
        max_speed_m_s=5.0,
        # In motion from the fifth second to the last, though disarmed in the eighteenth.
        distance_m=pytest.approx(70.0, abs=0.1),  # type: ignore[arg-type]
        battery_used_ah=pytest.approx(0.076),  # type: ignore[arg-type]
        outcome="completed",
        crash="",
        frames=162,
        bytes=frames.stat().st_size,
        bad_bytes=0,
        events=6,
        systems="1/1,255/190",
        serial="",
        source="",
    )


def test_flights_are_found_by_condition_and_by_place(tmp_path: Path) -> None:
    three(tmp_path)
    assert listed(tmp_path) == [FIRST, SECOND, THIRD]
    assert listed(tmp_path, "warnings > 0 AND modes LIKE '%AUTO%'") == [SECOND]
    assert listed(tmp_path, "duration_s < 15 or outcome = 'aborted'") == [SECOND, THIRD]
    assert listed(tmp_path, "warnings > 0 -- the windy one") == [SECOND]
    assert listed(tmp_path, near=(LAT, LON, 1000)) == [FIRST, SECOND]
    assert listed(tmp_path, "outcome = 'completed'", near=(LAT, LON, 6000)) == [FIRST, THIRD]


def test_only_new_or_changed_flights_are_read_again(tmp_path: Path) -> None:
    three(tmp_path)
    with Catalogue(tmp_path) as catalogue:
        steps: list[tuple[int, int]] = []
        assert catalogue.refresh(lambda done, of: steps.append((done, of))) == 3
        assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
        assert catalogue.refresh() == 0
        with (tmp_path / FIRST / "events.jsonl").open("a") as events:
            events.write('{"kind":"warning","text":"late"}\n')
        shutil.rmtree(tmp_path / SECOND)
        assert catalogue.refresh() == 1
        assert [(row.flight, row.warnings) for row in catalogue.find()] == [(FIRST, 1), (THIRD, 0)]


@pytest.mark.parametrize("damage", ["delete", "garbage", "older", "cut"])
def test_a_missing_or_damaged_catalogue_is_rebuilt_from_the_folders(tmp_path: Path, damage: str) -> None:
    three(tmp_path)
    before = listed(tmp_path)
    file = tmp_path / FILE
    if damage == "delete":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"not a database at all" * 100)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        with sqlite3.connect(file) as db:
            db.execute("ALTER TABLE flights DROP COLUMN modes")
            db.execute("PRAGMA user_version = 0")
        db.close()
    assert listed(tmp_path, "modes <> ''") == before


def test_a_catalogue_deleted_while_it_is_open_does_no_harm(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows does not let an open file be deleted")
    three(tmp_path)
    with Catalogue(tmp_path) as catalogue:
        (tmp_path / FILE).unlink()
        catalogue.refresh()
        assert [row.flight for row in catalogue.find()] == [FIRST, SECOND, THIRD]
    assert listed(tmp_path) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("altitude > 3", "no such column: altitude"),
        ("warnings >", "invalid condition"),
        ("1); DELETE FROM flights; --", "invalid condition"),
        ("flight IN (SELECT load_extension('x'))", "not authorized"),
        ("1) UNION SELECT * FROM flights --", "invalid condition"),
    ],
)
def test_an_invalid_condition_is_one_line(tmp_path: Path, where: str, why: str) -> None:
    three(tmp_path)
    with pytest.raises(CatalogueError, match=why):
        listed(tmp_path, where)
    assert listed(tmp_path) == [FIRST, SECOND, THIRD]


def test_flights_without_frames_or_with_a_cut_record_have_a_row(tmp_path: Path) -> None:
    write_flight(tmp_path, FIRST)
    (tmp_path / FIRST / "frames.tlog").unlink()
    write_flight(tmp_path, SECOND)
    path = tmp_path / SECOND / "frames.tlog"
    path.write_bytes(path.read_bytes()[:-20])
    write_flight(tmp_path, THIRD)
    (tmp_path / THIRD / "frames.tlog").write_bytes(b"\xff" * 3000)
    with Catalogue(tmp_path) as catalogue:
        catalogue.refresh()
        rows = catalogue.find()
    assert [(row.frames, row.bad_bytes > 0) for row in rows] == [(0, False), (160, True), (0, True)]
    assert [row.max_alt_m for row in rows] == [None, 20.0, None]
    assert {row.outcome for row in rows} == {"completed"}


def test_a_catalogue_in_a_read_only_folder_is_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert listed(tmp_path) == [FIRST, SECOND, THIRD]
    assert not (tmp_path / FILE).exists()
    assert listed(tmp_path / "nowhere") == []


def test_a_catalogue_locked_by_another_process_is_waited_for(tmp_path: Path) -> None:
    three(tmp_path)
    listed(tmp_path)
    (tmp_path / FIRST / "events.jsonl").unlink()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.extend(listed(tmp_path, "events = 0")))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    other.execute("ROLLBACK")
    other.close()
    waiting.join()
    assert found == [FIRST]


AT_ONCE = """
import sys
from pathlib import Path
from controller.logs.flights.catalogue import Catalogue
for _ in range(8):
    with Catalogue(Path(sys.argv[1])) as catalogue:
        catalogue.refresh()
        assert len(catalogue.find()) == 12, catalogue.find()
        if sys.argv[2] == "change":
            for events in Path(sys.argv[1]).glob("*/events.jsonl"):
                with events.open("a") as file:
                    file.write('{"kind":"warning"}\\n')
"""


def test_a_flight_read_in_chunks_has_the_same_catalogue_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_flight(tmp_path, warnings=2, alarms=3)
    whole = read_catalogue_row(folder)
    monkeypatch.setattr(catalogue_facts, "_CHUNK_BYTES", 700)
    assert read_catalogue_row(folder) == whole


def test_an_impossible_time_is_ignored(tmp_path: Path) -> None:
    folder = write_flight(tmp_path)
    undamaged = read_catalogue_row(folder)
    data = bytearray((folder / "frames.tlog").read_bytes())
    data[:8] = b"\xff" * 8
    (folder / "frames.tlog").write_bytes(data)
    (folder / "events.jsonl").unlink()
    damaged = read_catalogue_row(folder)
    assert (damaged.duration_s, damaged.started_utc) == (undamaged.duration_s, undamaged.started_utc)


def test_two_processes_may_use_the_catalogue_at_once(tmp_path: Path) -> None:
    for number in range(12):
        write_flight(tmp_path, f"20260517T0640{number:02d}Z-copter-1", seconds=6)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, str(tmp_path), how],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for how in ("change", "read")
    ]
    ended = [(process.communicate()[1], process.returncode) for process in both]
    assert ended == [("", 0), ("", 0)]
    with Catalogue(tmp_path) as catalogue:
        catalogue.refresh()
        assert {row.warnings for row in catalogue.find()} == {8}
